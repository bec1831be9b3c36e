"""The codebook: the codes of reasons, their classes, and the wordings by which they are known.

Ours is `codebook.toml` beside this module; one file in the same form replaces it. All faults of a
file are told at once. Decision: what a coder may write into a list is the code's name or its label
in either language, so that nobody needs the English names.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crm_analysis.config import Config
from crm_analysis.errors import ConfigError, UsageError
from crm_analysis.language import Text
from crm_analysis.reasons.codebook_faults import codebook_faults
from crm_analysis.reasons.wording import worded

UNCLASSIFIED = "unclassified"
WORDING_KEYS = ("en", "zh", "zh_hant")
_OURS = Path(__file__).with_name("codebook.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One reason: its class, its label, how it is worded, and what only looks like it."""

    name: str
    group: str
    label: Text
    wordings: tuple[str, ...]
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """Every code with its wordings, in the file's order.

    Parameters
    ----------
    classes : mapping of str to Text
        The super-classes: product, price, service, rival, customer.
    negations : tuple of str
        What takes a wording back when it stands right before it.
    crosswalk : mapping
        Earlier version → its code → the codes of this version.
    digest : str
        Of the file, so that two months say whether they were read by the same codebook.
    """

    name: str
    version: str
    classes: Mapping[str, Text]
    codes: Mapping[str, Code]
    negations: tuple[str, ...]
    crosswalk: Mapping[str, Mapping[str, tuple[str, ...]]]
    digest: str

    def group_of(self, code: str) -> str:
        """Return the class of a code; "unclassified" for what is none."""
        return self.codes[code].group if code in self.codes else UNCLASSIFIED

    def label(self, code: str) -> Text:
        """Return what readers see for a code."""
        if code in self.codes:
            return self.codes[code].label
        return Text("unclassified", "未分类") if code == UNCLASSIFIED else Text(code, code)

    def code_of(self, given: str) -> str | None:
        """Find the code that somebody means by its name or label; None where there is none.

        Examples
        --------
        >>> book = read_codebook()
        >>> book.code_of("Price"), book.code_of("價格"), book.code_of("weather")
        ('price', 'price', None)
        """
        return _names(self).get(worded(given.replace("_", " ")))

    def read_codes(self, given: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Read "price; speed": the codes, the main one first, and what is no code.

        A name of an earlier version stands for its codes of this one.

        Examples
        --------
        >>> read_codebook().read_codes("速度;price; price;weather")
        (('speed', 'price'), ('weather',))
        """
        codes: dict[str, None] = {}
        unknown: dict[str, None] = {}
        for part in given.replace("；", ";").split(";") if isinstance(given, str) else ():
            if not part.strip():
                continue
            found = self._meant(part.strip())
            if found is None:
                unknown[part.strip()] = None
            else:
                codes |= dict.fromkeys(found)
        return tuple(codes), tuple(unknown)

    def _meant(self, given: str) -> tuple[str, ...] | None:
        code = self.code_of(given)
        if code is not None:
            return (code,)
        for version in sorted(self.crosswalk, reverse=True):
            if given in self.crosswalk[version]:
                return self.crosswalk[version][given]
        return None


_known_names: dict[str, dict[str, str]] = {}


def _names(codebook: Codebook) -> dict[str, str]:
    """Return the code by each form in which it may be named; names go before labels."""
    if codebook.digest not in _known_names:
        found = {UNCLASSIFIED: UNCLASSIFIED, worded("未分类"): UNCLASSIFIED}
        for code in codebook.codes.values():
            found |= {worded(code.label.en): code.name, worded(code.label.zh): code.name}
        found |= {worded(name.replace("_", " ")): name for name in codebook.codes}
        _known_names[codebook.digest] = found
    return _known_names[codebook.digest]


def read_codebook(path: Path | None = None) -> Codebook:
    """Read and check a codebook; None means ours.

    Raises
    ------
    UsageError
        The file does not exist or cannot be read.
    ConfigError
        All faults of the file at once, one a line.

    Examples
    --------
    >>> book = read_codebook()
    >>> len(book.codes), book.group_of("rival_offer"), book.label("speed").zh
    (24, 'rival', '速度')
    """
    return _ours() if path is None else _read(path)


def codebook_of(config: Config) -> Codebook:
    """Read the codebook that a configuration names, ours where it names none."""
    return read_codebook(Path(config.codebook) if config.codebook else None)


@cache
def _ours() -> Codebook:
    return _read(_OURS)


def _read(path: Path) -> Codebook:
    try:
        raw = path.read_bytes()
        given = tomllib.loads(raw.decode("utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"codebook {path} does not exist; check the key codebook") from None
    except OSError as error:
        raise UsageError(f"codebook {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name} is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}") from None
    faults = codebook_faults(given)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise ConfigError(f"codebook {path.name} has {count}:{listed}")
    return _made(given, hashlib.blake2b(raw, digest_size=8).hexdigest())


def _made(given: Mapping[str, Any], digest: str) -> Codebook:
    """Build the codebook of what was checked."""
    return Codebook(
        name=given["name"],
        version=given["version"],
        classes={name: Text(one["en"], one["zh"]) for name, one in given["classes"].items()},
        codes={
            name: Code(
                name=name,
                group=one["class"],
                label=Text(one["label_en"], one["label_zh"]),
                wordings=_listed(one.get(key, []) for key in WORDING_KEYS),
                unless=tuple(one.get("unless", [])),
            )
            for name, one in given["codes"].items()
        },
        negations=_listed(given.get(key, []) for key in ("negations_en", "negations_zh")),
        crosswalk={
            version: {old: tuple(new) for old, new in table.items()}
            for version, table in given.get("crosswalk", {}).items()
        },
        digest=digest,
    )


def _listed(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wording for part in parts for wording in part))
