"""Do two readers of the same losses name the same reasons? Cohen's and Fleiss' kappa.

Kappa is agreement beyond chance: 0 is what two readers reach who ignore the text, 1 is always the
same. Where its interval covers 0 the one reading carries no information about the other.

Sources
-------
Fleiss, Cohen, Everitt 1969 (large-sample error of Cohen's kappa); Fleiss 1971, with raters that
differ in number per subject and a jackknife over subjects for the interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Status

Floats = npt.NDArray[np.float64]
MIN_SUBJECTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Kappa with its interval; no numbers where too few were read twice or all have one code.

    Parameters
    ----------
    agreed : float or None
        Share of subjects given the same code, chance included.
    n : int
        Subjects with two readings or more.
    note : str
        Why there is no kappa: "too_few_pairs" or "one_code_only".
    """

    n: int
    kappa: float | None = None
    se: float | None = None
    lo: float | None = None
    hi: float | None = None
    agreed: float | None = None
    status: Status = "not_estimable"
    note: str = ""

    @property
    def p(self) -> float | None:
        """Two-sided p of kappa = 0 by its own error; None where there is no error."""
        if self.kappa is None or not self.se:
            return None
        return math.erfc(abs(self.kappa / self.se) / math.sqrt(2))


def cohen(first: Sequence[str], second: Sequence[str], *, alpha: float = 0.05) -> Agreement:
    """How far do two readers agree beyond chance?

    Examples
    --------
    >>> round(cohen(["a"] * 15 + ["b"] * 15, ["a"] * 10 + ["b"] * 20).kappa, 3)
    0.667
    """
    names = sorted({*first, *second})
    place = {name: index for index, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    np.add.at(table, ([place[name] for name in first], [place[name] for name in second]), 1.0)
    return cohen_table(table, alpha=alpha)


def cohen_table(table: Floats, *, alpha: float = 0.05) -> Agreement:
    """Return Cohen's kappa of a square table: rows the first reader, columns the second."""
    n = round(float(table.sum()))
    if n < MIN_SUBJECTS:
        return Agreement(n=n, note="too_few_pairs")
    share = table / table.sum()
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    agreed, chance = float(np.trace(share)), float(rows @ columns)
    if chance >= 1 - 1e-12:
        return Agreement(n=n, agreed=agreed, note="one_code_only")
    kappa = (agreed - chance) / (1 - chance)
    total = rows[None, :] + columns[:, None]  # p_j. + p_.i for cell i, j
    inner = np.diag(share) * (1 - (rows + columns) * (1 - kappa)) ** 2
    outer = (share * total**2).sum() - (np.diag(share) * np.diag(total) ** 2).sum()
    bend = (kappa - chance * (1 - kappa)) ** 2
    variance = (inner.sum() + (1 - kappa) ** 2 * outer - bend) / (n * (1 - chance) ** 2)
    return _made(n, kappa, math.sqrt(max(variance, 0.0)), agreed=agreed, alpha=alpha)


def fleiss(counts: Floats, *, alpha: float = 0.05) -> Agreement:
    """How far do several readers agree beyond chance? Subjects by codes, the cells count readers.

    Subjects with fewer than two readings say nothing about agreement and are left out.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    n = len(counts)
    if n < MIN_SUBJECTS:
        return Agreement(n=n, note="too_few_pairs")
    raters = counts.sum(axis=1)
    same = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return Agreement(n=n, agreed=float(same.mean()), note="one_code_only")
    kappa = _fleiss(counts.sum(axis=0, keepdims=True), same.sum(keepdims=True), n)[0]
    left_out = _fleiss(counts.sum(axis=0) - counts, same.sum() - same, n - 1)
    se = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    return _made(n, float(kappa), se, agreed=float(same.mean()), alpha=alpha)


def _fleiss(totals: Floats, same: Floats, n: int) -> Floats:
    """Return kappa for each row of code totals and sum of pairwise agreement."""
    share = totals / totals.sum(axis=1, keepdims=True)
    chance = (share**2).sum(axis=1)
    beyond = same / n - chance
    kappa: Floats = np.divide(beyond, 1 - chance, out=np.ones_like(beyond), where=chance < 1)
    return kappa


def _made(n: int, kappa: float, se: float, *, agreed: float, alpha: float) -> Agreement:
    from scipy.special import ndtri

    half = float(ndtri(1 - alpha / 2)) * se
    return Agreement(
        n=n, kappa=kappa, se=se, lo=max(kappa - half, -1.0), hi=min(kappa + half, 1.0),
        agreed=agreed, status="ok" if n >= 5 * MIN_SUBJECTS else "weak",
    )  # fmt: skip


def per_code(first: Sequence[str], second: Sequence[str], *, alpha: float = 0.05) -> pd.DataFrame:
    """How far do two readers agree on each code by itself, named or not?

    Returns
    -------
    DataFrame
        One row a code, by name: code, n, n_first, n_second, n_both, kappa, lo, hi, status, note.
    """
    one, two = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    rows = []
    for code in sorted({*first, *second}):
        a, b = one == code, two == code
        table = np.array(
            [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]], dtype=float
        )
        found = cohen_table(table, alpha=alpha)
        rows.append(
            {
                "code": code, "n": len(one), "n_first": int(a.sum()), "n_second": int(b.sum()),
                "n_both": int((a & b).sum()), "kappa": found.kappa, "lo": found.lo,
                "hi": found.hi, "status": found.status, "note": found.note,
            }
        )  # fmt: skip
    names = ["code", "n", "n_first", "n_second", "n_both", "kappa", "lo", "hi", "status", "note"]
    return pd.DataFrame(rows, columns=names)


def by_band(
    pairs: pd.DataFrame, bands: Sequence[str], *, alpha: float = 0.05
) -> dict[str, Agreement]:
    """How far do seller and callback agree, by how late the seller typed?

    Parameters
    ----------
    pairs : DataFrame
        From `reports.reports`; rows without both sides say nothing.
    bands : sequence of str
        The bands to return, in order; one without pairs is left out.
    alpha : float
        1 - coverage.
    """
    both = pairs[pairs["rep"].notna() & pairs["callback"].notna()]
    groups = {str(name): rows for name, rows in both.groupby("band")}
    return {
        band: cohen(list(groups[band]["rep"]), list(groups[band]["callback"]), alpha=alpha)
        for band in bands
        if band in groups
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDifference:
    """How much lower kappa is in a late band than in the prompt one.

    Parameters
    ----------
    band : str
        The latest band that has a kappa.
    n : int
        Subjects of both bands.
    """

    band: str
    n: int
    difference: float
    se: float
    p: float


def late_difference(found: Mapping[str, Agreement], bands: Sequence[str]) -> LateDifference | None:
    """How much lower is kappa in the latest band than in the prompt one, with error and p?

    Returns None where one of the two has no kappa.
    """
    known = [band for band in bands if band in found and found[band].kappa is not None]
    known = [band for band in known if band != "unknown"]
    if len(known) < 2 or known[0] != bands[0]:
        return None
    prompt, late = found[known[0]], found[known[-1]]
    assert prompt.kappa is not None and late.kappa is not None
    difference = late.kappa - prompt.kappa
    se = math.hypot(prompt.se or 0.0, late.se or 0.0)
    p = math.erfc(abs(difference / se) / math.sqrt(2)) if se > 0 else 1.0
    return LateDifference(band=known[-1], n=prompt.n + late.n, difference=difference, se=se, p=p)
