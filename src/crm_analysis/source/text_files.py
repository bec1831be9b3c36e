"""Text files as they come from CRMs and Excel: encoding, separator, header, exact line numbers.

Decisions: UTF-8 is tried strictly first, then the configured encodings, strictly; nothing is
guessed. Well-formed files are read by the engine; a file whose number of lines does not fit its
number of rows (quoted line breaks, blank lines, rows of a wrong length) is read again by Python's
own reader, which knows the line of each row.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

SEPARATORS = (",", ";", "\t")
_CHUNK = 1 << 20
_CHINESE = ("gb18030", "gbk", "gb2312")
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\x39\x40-\x7e\x80-\xfe]")
_FOREIGN = re.compile(r"""[^,;\t"\r\n]*[^\x00-\x7f][^,;\t"\r\n]*""")
_ENOUGH, _SAMPLE = 3, 20  # different signs that prove something; letters shown
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
csv.field_size_limit(1 << 28)


class Unreadable(Exception):
    """A file that cannot be read as text; `allowed` says what can be, `line` where it broke."""

    def __init__(self, value: str, allowed: str, line: int | None = None) -> None:
        super().__init__(value)
        self.value, self.allowed, self.line = value, allowed, line


@dataclass(frozen=True, slots=True, kw_only=True)
class TextShape:
    """How a text file is written.

    Parameters
    ----------
    header_lines : int
        Lines before the first row.
    n_lines : int
        Physical lines, a last one without line break included.
    """

    encoding: str
    separator: str
    columns: tuple[str, ...]
    header_lines: int
    n_lines: int


def open_bytes(path: Path) -> IO[bytes]:
    """Open a plain or gzipped file for reading bytes."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def read_shape(path: Path, encodings: tuple[str, ...], *, wide: bool = False) -> TextShape:
    """Find out encoding, separator, header and number of lines of a text file.

    Parameters
    ----------
    path, encodings, wide
        See `find_encoding`; of a UTF-16 file the number of lines is not exact.
    """
    try:
        encoding = find_encoding(path, encodings, wide=wide)
        n_lines = _count_lines(path)
    except (OSError, EOFError) as error:
        raise Unreadable(str(error), "a whole, undamaged file") from error
    with io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="") as text:
        first = text.readline()
        hint = re.fullmatch(r"sep=(.)\s*", first)
        if hint:
            separator, first = hint.group(1), text.readline()
        else:
            separator = find_separator(first)
        text.seek(0)
        reader = csv.reader(text, delimiter=separator)
        columns = next(reader, [])
        if hint:
            columns = next(reader, [])
        return TextShape(
            encoding=encoding,
            separator=separator,
            columns=distinct_headers(columns),
            header_lines=reader.line_num,
            n_lines=n_lines,
        )


def find_encoding(path: Path, encodings: tuple[str, ...], *, wide: bool = False) -> str:
    """Return "utf-8-sig" where the file is UTF-8, else the first configured encoding that fits.

    Parameters
    ----------
    path : Path
        A text file, gzipped or not.
    encodings : tuple of str
        Tried in order after UTF-8.
    wide : bool
        Whether UTF-16 with its mark is read as well; the engine cannot.
    """
    with open_bytes(path) as stream:
        if stream.read(2) in _WIDE_BOMS:
            if wide and _decodes(path, "utf-16"):
                return "utf-16"
            raise Unreadable(
                "UTF-16", "UTF-8 or " + ", ".join(encodings) + ": save it as CSV UTF-8"
            )
    if _decodes(path, "utf-8"):
        return "utf-8-sig"
    _refuse_mixed(path)
    for encoding in encodings:
        if _decodes(path, encoding):
            if codecs.lookup(encoding).name in _CHINESE:
                _refuse_garbled(path, encoding)
            return encoding
    raise Unreadable("unknown encoding", "UTF-8 or " + ", ".join(encodings) + ": save it as UTF-8")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with open_bytes(path) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _refuse_mixed(path: Path) -> None:
    """Refuse a file with lines in UTF-8 and lines in another encoding: it would be garbled.

    Short GB18030 words can look like UTF-8 by chance, so a few such lines are no proof.
    """
    n_utf8, n_other, first_other = 0, 0, 0
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                n_utf8 += 1
            except UnicodeDecodeError:
                n_other += 1
                first_other = first_other or number
    if n_utf8 > 0.2 * (n_utf8 + n_other):
        raise Unreadable(
            f"{n_utf8} lines in UTF-8, {n_other} in another encoding",
            "one encoding in the whole file: export it again as UTF-8",
            first_other,
        )


def _refuse_garbled(path: Path, encoding: str) -> None:
    """Refuse text that GB18030 can decode and that was surely written in something else.

    Nearly every pair of bytes is a sign in GB18030. Two tests are sound. Western text (Latin-1)
    has an accented letter before a plain one, again and again; in Chinese text few signs end in
    the byte of a letter. Big5 has all its frequent signs in A4-C6 and two in five of them end in a
    byte below 7F, which no sign of GB2312 does; the signs that GBK added use bytes Big5 has not.
    """
    pairs: Counter[bytes] = Counter()
    with open_bytes(path) as stream:
        while lines := stream.readlines(_CHUNK):
            pairs.update(_PAIR.findall(b"".join(lines)))
    n_pairs = pairs.total()
    western = {pair: n for pair, n in pairs.items() if pair[0] >= 0xC0 and pair[1:].isalpha()}
    low = {pair: n for pair, n in pairs.items() if 0x40 <= pair[1] <= 0x7E}
    frequent = sum(n for pair, n in pairs.items() if 0xA4 <= pair[0] <= 0xC6)
    if len(western) >= _ENOUGH and sum(western.values()) > 0.7 * n_pairs:
        _refuse_as(path, "Western European text (Latin-1)", "cp1252", encoding)
    few_low = len(low) < _ENOUGH or sum(low.values()) < 0.15 * n_pairs
    if not few_low and frequent > 0.85 * n_pairs and _decodes(path, "cp950"):
        _refuse_as(path, "traditional Chinese text in Big5", "big5", encoding)


def _refuse_as(path: Path, seen: str, right: str, encoding: str) -> NoReturn:
    line, sample = first_foreign(path, encoding)
    raise Unreadable(
        f"{seen}, which {encoding} would read as {sample!r}",
        f'encodings = ["{right}"] in crm_analysis.toml, or the file saved as UTF-8',
        line,
    )


def first_foreign(path: Path, encoding: str) -> tuple[int, str]:
    """Return the first line with a sign that is not ASCII and the words around it as decoded."""
    with open_bytes(path) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.isascii():
                found = _FOREIGN.search(line.decode(encoding, errors="replace"))
                return number, found.group().strip()[:_SAMPLE] if found else ""
    return 1, ""


def _count_lines(path: Path) -> int:
    n_breaks, last = 0, b"\n"
    with open_bytes(path) as stream:
        while chunk := stream.read(_CHUNK):
            n_breaks += chunk.count(b"\n")
            last = chunk[-1:]
    return n_breaks + (last != b"\n")


def find_separator(header: str) -> str:
    r"""Return the separator that occurs most often outside quotes in the header.

    Examples
    --------
    >>> find_separator('customer_id;"kind, of";created_at'), find_separator("a\tb")
    (';', '\t')
    """
    bare = re.sub(r'"[^"]*"', "", header)
    return max(SEPARATORS, key=bare.count)


def distinct_headers(columns: list[str]) -> tuple[str, ...]:
    """Name nameless columns and number doubled ones: engines do not tell "A" from "a".

    Examples
    --------
    >>> distinct_headers(["id", "ID", ""])
    ('id', 'ID_2', 'column_3')
    """
    names: list[str] = []
    for position, given in enumerate(columns, start=1):
        # NUL fits into no query; as another sign without width it is found and told as a repair
        name = given.replace("\0", "\u200b").strip() or f"column_{position}"
        taken = {other.lower() for other in names}
        number, candidate = 2, name
        while candidate.lower() in taken:
            candidate, number = f"{name}_{number}", number + 1
        names.append(candidate)
    return tuple(names)


def read_rows(path: Path, shape: TextShape) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line it begins on; blank lines are passed over."""
    with io.TextIOWrapper(open_bytes(path), encoding=shape.encoding, newline="") as text:
        reader = csv.reader(text, delimiter=shape.separator, strict=True)
        before = 0
        try:
            for row in reader:
                if before >= shape.header_lines and row:
                    yield before + 1, row
                before = reader.line_num
        except csv.Error as error:
            raise Unreadable(
                str(error), "quotes that are closed and doubled inside a field", before + 1
            ) from error
