"""Which reasons a text gives by the wordings of the codebook, and where they stand in it.

Decisions: a wording counts where it stands as whole words (Chinese: signs in a row), is not right
behind a negation, has none in its gap, and does not overlap one of the code's exceptions. The code
that is said first is the main one; of two that begin together the longer wording goes first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crm_analysis.reasons.codebook import Codebook
from crm_analysis.reasons.codebook_faults import GAP, head
from crm_analysis.reasons.wording import CLAUSE_END, worded

MAX_GAP = 12  # signs between the parts of a wording
MAX_GAP_EN = 30
_KEYS = (2, 3, 4)  # first signs by which wordings are looked up, as many as they have


@dataclass(frozen=True, slots=True)
class _Wording:
    """One wording ready to be found: its pattern, and whether it makes or takes back the code."""

    code: str
    pattern: re.Pattern[str]
    is_exception: bool


class Dictionary:
    """The wordings of a codebook, ready to be found in texts.

    Parameters
    ----------
    codebook : Codebook
        The codes and their wordings.
    """

    def __init__(self, codebook: Codebook) -> None:
        self._negated = _negation_pattern(codebook.negations)
        self._by_start: dict[str, list[_Wording]] = defaultdict(list)
        for code in codebook.codes.values():
            for is_exception, wordings in ((False, code.wordings), (True, code.unless)):
                for wording in wordings:
                    one = _Wording(code.name, _pattern(wording), is_exception)
                    self._by_start[head(wording)[: _KEYS[-1]]].append(one)
        self._starts = frozenset(start[: _KEYS[0]] for start in self._by_start)

    def codes(self, text: str | None) -> tuple[str, ...]:
        """Return the codes whose wordings a text holds, the one said first in front.

        Examples
        --------
        >>> from crm_analysis.reasons.codebook import read_codebook
        >>> dictionary = Dictionary(read_codebook())
        >>> dictionary.codes("等了三天都没人回复，價格也太貴")
        ('speed', 'price')
        >>> dictionary.codes("It is not expensive, but the shop is too far")
        ('distance',)
        """
        return self.codes_of_worded(worded(text))

    def codes_of_worded(self, text: str) -> tuple[str, ...]:
        """Return the codes of a text that is already in its one form."""
        hits = list(self._hits(text))
        if not hits:
            return ()
        vetoes = [(code, start, end) for code, start, end, is_exception in hits if is_exception]
        found: dict[str, tuple[int, int]] = {}
        for code, start, end, is_exception in hits:
            if is_exception or _is_vetoed(code, start, end, vetoes):
                continue
            found[code] = min(found.get(code, (start, -end)), (start, start - end))
        return tuple(sorted(found, key=lambda code: (found[code], code)))

    def _hits(self, text: str) -> Iterator[tuple[str, int, int, bool]]:
        starts, by_start = self._starts, self._by_start
        for start in range(len(text) - 1):
            if text[start : start + _KEYS[0]] not in starts or _is_inside_word(text, start):
                continue
            for n_signs in _KEYS:
                for one in by_start.get(text[start : start + n_signs], ()):
                    found = one.pattern.match(text, start)
                    if found and (one.is_exception or not self._is_negated(text, found)):
                        yield one.code, start, found.end(), one.is_exception

    def _is_negated(self, text: str, found: re.Match[str]) -> bool:
        """Say whether a negation stands right before the wording or in its gap."""
        before = text[max(0, found.start() - MAX_GAP_EN) : found.start()].rstrip(" ")
        if self._negated.search(before):
            return True
        return any(self._negated.search((gap or "").strip()) for gap in found.groups())


def _is_inside_word(text: str, start: int) -> bool:
    """Say whether a Latin word goes on here that began before."""
    return start > 0 and text[start].isascii() and _is_latin(text[start - 1])


def _is_latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()


def _is_vetoed(code: str, start: int, end: int, vetoes: Iterable[tuple[str, int, int]]) -> bool:
    return any(code == other and start < until and since < end for other, since, until in vetoes)


def _pattern(wording: str) -> re.Pattern[str]:
    parts = [_part(part.strip()) for part in wording.split(GAP)]
    size = MAX_GAP_EN if wording.isascii() else MAX_GAP
    return re.compile(rf"([^{CLAUSE_END}]{{0,{size}}}?)".join(parts))


def _part(part: str) -> str:
    """Write one part as a pattern of whole words; a * takes any ending."""
    body = "".join(
        r"[a-z0-9]*" if piece == "*" else re.escape(_spaced(piece))
        for piece in re.split(r"(\*)", part)
        if piece
    )
    text = worded(part.replace("*", ""))
    first = r"(?<![a-z0-9])" if text[:1].isascii() else ""
    last = r"(?![a-z0-9])" if text[-1:].isascii() else ""
    return first + body + last


def _spaced(piece: str) -> str:
    """Bring a piece into the one form but keep the blanks at its ends."""
    lead, trail = piece[:1] == " ", piece[-1:] == " "
    return " " * lead + worded(piece) + " " * trail


def _negation_pattern(negations: Iterable[str]) -> re.Pattern[str]:
    """Find a negation at the end of what stands before a wording; none is never found."""
    forms = sorted({worded(one) for one in negations} - {""}, key=len, reverse=True)
    each = (rf"(?<![a-z0-9]){re.escape(one)}" if one.isascii() else re.escape(one) for one in forms)
    return re.compile(f"(?:{'|'.join(each)})$") if forms else re.compile(r"(?!)")
