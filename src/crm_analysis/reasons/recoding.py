"""Reading an old month by a new codebook: the crosswalk between versions, and what it changes.

Decision: two earlier readings can be told. Where an organisation's own codebook took the place of
ours, all reasons are read by ours again. Of a version that the crosswalk names, only what coders
wrote in its words is known: its wordings are not kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm_analysis.errors import UsageError
from crm_analysis.reasons.codebook import UNCLASSIFIED, Codebook, read_codebook
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.learner import Codes


def recode(codes: Sequence[Codes], *, version: str, codebook: Codebook) -> list[Codes]:
    """What are codes of an earlier version called in this codebook?

    Parameters
    ----------
    codes : sequence of tuple of str
        One tuple a reason, the main code first.
    version : str
        The codebook's version that they were given by.
    codebook : Codebook
        The version to read them by; its crosswalk names the earlier ones.

    Returns
    -------
    list of tuple of str
        A code that the crosswalk does not name keeps its name where this codebook knows it, and is
        dropped where not; doubles are dropped.

    Raises
    ------
    UsageError
        The codebook has no crosswalk from that version.
    """
    if version == codebook.version:
        return [tuple(each) for each in codes]
    if version not in codebook.crosswalk:
        known = ", ".join(repr(one) for one in (*codebook.crosswalk, codebook.version))
        raise UsageError(f"codebook version {version!r}: no crosswalk from it; there are: {known}")
    walk = codebook.crosswalk[version]
    kept = {name: (name,) for name in codebook.codes} | dict(walk)
    return [
        tuple(dict.fromkeys(new for old in each for new in kept.get(old, ()))) for each in codes
    ]


def recoding_changes(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Which reasons changed their main code, and how many?

    Parameters
    ----------
    before, after : Series of tuple
        Codes by reason_id, read by two codebooks; only reasons in both count.

    Returns
    -------
    DataFrame
        One row per pair of main codes that differ: before, after, n, share (of all reasons in
        both), the most frequent first.

    Examples
    --------
    >>> old = pd.Series([("slow",), ("price",)], index=["Y1", "Y2"])
    >>> new = pd.Series([("speed",), ("price",)], index=["Y1", "Y2"])
    >>> recoding_changes(old, new).values.tolist()
    [['slow', 'speed', 1, 0.5]]
    """
    both = before.index.intersection(after.index)
    pairs = pd.DataFrame(
        {"before": before.loc[both].map(_main), "after": after.loc[both].map(_main)}
    )
    changed = pairs[pairs["before"] != pairs["after"]]
    counts = changed.groupby(["before", "after"]).size().rename("n").reset_index()
    counts["share"] = counts["n"] / len(both) if len(both) else 0.0
    return counts.sort_values(["n", "before", "after"], ascending=[False, True, True]).reset_index(
        drop=True
    )


def recoded(coded: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Which reasons have another main code than by the codebook before, and how many?

    Parameters
    ----------
    coded : DataFrame
        One row a reason, as `coding.code_reasons` hands it over, by the codebook in force.
    codebook : Codebook
        The codebook in force.

    Returns
    -------
    DataFrame
        One row per pair of main codes that differ: version (of the codebook before), before,
        after, n, share (of the reasons read by both), by_crosswalk (whether the crosswalk names
        this change; missing where there is none from that version). Empty where nothing changed.
    """
    rows = coded.reset_index(drop=True)
    ours, parts = read_codebook(), []
    if codebook.digest != ours.digest:
        before = code_reasons(rows, ours)["codes"]
        parts.append((ours.version, before))
    parts += [
        (version, _written_in(version, rows, codebook))
        for version in codebook.crosswalk
        if version not in dict(parts)
    ]
    changes = [_changed(version, before, rows["codes"], codebook) for version, before in parts]
    columns = ["version", "before", "after", "n", "share", "by_crosswalk"]
    found = [one for one in changes if len(one)]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _written_in(version: str, rows: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """Return the codes of the reasons that a coder answered in words of an earlier version only."""
    walk = codebook.crosswalk[version]
    found: dict[int, Codes] = {}
    for column in ("code_b", "code_a"):
        given = rows[column].dropna() if column in rows else pd.Series(dtype=object)
        for at, cell in given.items():
            names = tuple(part.strip() for part in _parts(cell) if part.strip())
            if any(name in walk and codebook.code_of(name) is None for name in names):
                found[int(str(at))] = names
    return pd.Series(found, dtype=object)


def _changed(version: str, before: pd.Series, after: pd.Series, codebook: Codebook) -> pd.DataFrame:
    changes = recoding_changes(before, after)
    named: list[bool | None] = [None] * len(changes)
    if version in codebook.crosswalk:
        old = [(code,) for code in changes["before"]]
        new = recode(old, version=version, codebook=codebook)
        named = [code in codes for code, codes in zip(changes["after"], new, strict=True)]
    return changes.assign(version=version, by_crosswalk=pd.Series(named, dtype=object))


def names_read(reasons: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Which names did coders use that are no code of this version, and how were they read?

    Returns
    -------
    DataFrame
        One row per such name, case and blanks aside: given, read_as (codes joined by ";"; "" where
        the crosswalk drops it or the name is not known), is_known, n (rows in which it stands), the
        most frequent first.
    """
    columns = [reasons[name].dropna() for name in ("code_a", "code_b") if name in reasons]
    parts = [
        part.strip()
        for column in columns
        for given in column
        for part in _parts(given)
        if part.strip()
    ]
    counts = pd.Series(parts, dtype=object).value_counts()
    rows = []
    for given, n in zip(counts.index.astype(str), counts, strict=True):
        if codebook.code_of(given) is None:
            read_as, unknown = codebook.read_codes(given)
            rows.append((given, ";".join(read_as), not unknown, int(n)))
    frame = pd.DataFrame(rows, columns=["given", "read_as", "is_known", "n"])
    return frame.sort_values(["n", "given"], ascending=[False, True], ignore_index=True)


def _parts(given: str) -> list[str]:
    return given.replace("；", ";").split(";")


def _main(codes: Codes) -> str:
    return codes[0] if codes else UNCLASSIFIED
