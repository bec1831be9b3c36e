"""Yes and no from lists and texts of a profile: children, brands, media and concerns."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from crm_analysis.language import Text
from crm_analysis.reasons.codebook import Codebook, read_codebook
from crm_analysis.reasons.dictionary import Dictionary

Made = dict[str, tuple[Text, pd.Series]]
CHILDREN: dict[str, Text] = {
    "child_under_3": Text("a child under 3", "有 3 岁以下子女"),
    "child_3_to_12": Text("a child of 3 to 12", "有 3–12 岁子女"),
    "child_13_to_18": Text("a child of 13 to 18", "有 13–18 岁子女"),
    "daughter": Text("a daughter", "有女儿"),
    "son": Text("a son", "有儿子"),
}
OURS = frozenset(("ours", "our brand", "own", "我方", "本品牌", "自有品牌", "我们"))
_CHILD = re.compile(r"(\d{1,2})\s*([fm]?)", re.IGNORECASE)


def _yes_no(holds: pd.Series, known: pd.Series) -> pd.Series:
    words = np.where(holds.to_numpy(dtype=bool), "yes", "no")
    return pd.Series(words, index=known.index, dtype=object).where(known)


def child_flags(frame: pd.DataFrame) -> Made:
    """Say of each age band and gender whether there is such a child; no children is no."""
    if "children" not in frame:
        return {}
    listed = frame["children"].map(children_of, na_action="ignore")
    none = pd.to_numeric(frame.get("n_children", np.nan), errors="coerce") == 0
    known = listed.notna() | none
    found = _sets(listed)
    return {name: (label, _yes_no(_holds(found, name), known)) for name, label in CHILDREN.items()}


def children_of(text: str) -> frozenset[str]:
    """Read "8f;5m" into the flags that hold.

    Examples
    --------
    >>> sorted(children_of("8f;2m"))
    ['child_3_to_12', 'child_under_3', 'daughter', 'son']
    """
    flags = set()
    for age, gender in _CHILD.findall(str(text)):
        years = int(age)
        if years <= 18:
            flags.add(
                "child_under_3"
                if years < 3
                else "child_3_to_12"
                if years <= 12
                else "child_13_to_18"
            )
        flags |= {"f": {"daughter"}, "m": {"son"}}.get(gender.lower(), set())
    return frozenset(flags)


def brand_flags(frame: pd.DataFrame) -> Made:
    """Say whether our brand, and the brand in use, are among those considered."""
    if "brands_interest" not in frame:
        return {}
    considered = frame["brands_interest"].map(entries_of, na_action="ignore")
    known = considered.notna()
    sets = _sets(considered)
    made: Made = {}
    ours = pd.Series([bool(one & OURS) for one in sets], index=frame.index)
    if ours.any():
        made["considers_ours"] = (Text("considers our brand", "关注本品牌"), _yes_no(ours, known))
    if "brand_current" in frame:
        current = frame["brand_current"].astype("string").str.strip().str.lower()
        stays = pd.Series(
            [brand in one for brand, one in zip(current.fillna(""), sets, strict=True)],
            index=frame.index,
        )
        label = Text("considers the brand in use again", "仍考虑现用品牌")
        made["considers_current"] = (label, _yes_no(stays, known & current.notna()))
    return made


def entries_of(text: str) -> frozenset[str]:
    """Read the entries of a list cell, without blanks and in lower case.

    Examples
    --------
    >>> sorted(entries_of("TV; sites"))
    ['sites', 'tv']
    """
    return frozenset(part.strip().lower() for part in str(text).split(";") if part.strip())


def medium_flags(frame: pd.DataFrame, *, min_cell: int) -> Made:
    """Say of each medium that enough leads have, and lack, whether a customer uses it (A-68)."""
    if "media" not in frame:
        return {}
    used = frame["media"].map(entries_of, na_action="ignore")
    names = {name: Text(f"uses {name}", f"使用{name}") for name in _common(used, min_cell)}
    return {f"medium.{name}": (label, _has(used, name)) for name, label in sorted(names.items())}


def concern_flags(frame: pd.DataFrame, codebook: Codebook | None, *, min_cell: int) -> Made:
    """Say of each code that enough leads have, and lack, whether a customer is concerned by it."""
    if "concerns" not in frame or frame["concerns"].isna().all():
        return {}
    book = read_codebook() if codebook is None else codebook
    coder = Dictionary(book)
    texts = frame["concerns"].dropna().unique()
    coded = {text: frozenset(coder.codes(str(text))) for text in texts}
    told = frame["concerns"].map(coded, na_action="ignore")
    return {
        f"concern.{name}": (
            Text(f"concern: {book.codes[name].label.en}", f"关注：{book.codes[name].label.zh}"),
            _has(told, name),
        )
        for name in sorted(_common(told, min_cell))
    }


def _common(sets: pd.Series, min_cell: int) -> list[str]:
    """Name the entries that at least `min_cell` leads have, and as many have not."""
    told = sets.dropna()
    counts = told.explode().value_counts()
    return [
        str(name) for name in counts.index[(counts >= min_cell) & (counts <= len(told) - min_cell)]
    ]


def _has(sets: pd.Series, name: str) -> pd.Series:
    known = sets.notna()
    return _yes_no(_holds(_sets(sets), name), known)


def _sets(column: pd.Series) -> list[frozenset[str]]:
    """Return each row's set, an empty one where it is missing."""
    return [one if isinstance(one, frozenset) else frozenset() for one in column]


def _holds(sets: list[frozenset[str]], name: str) -> pd.Series:
    return pd.Series([name in one for one in sets], dtype=bool)
