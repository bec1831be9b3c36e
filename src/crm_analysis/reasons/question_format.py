"""Does a list of answers give the answer in advance? Prompted against open reasons of a source.

Decisions: answers in which no reason could be read are left out, because open ones are harder to
read than those picked from a list. Ways of asking and reasons both change with the season, so the
two are compared within the quarter of the event, and it is permuted within quarters who was
offered a list. A quarter weighs by what it tells: n open x n prompted / n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.reports import UNCLASSIFIED, main_code

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MIN_PER_FORMAT = 20
_DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatEffect:
    """How far prompted and open answers of one source lie apart.

    Parameters
    ----------
    n_open, n_prompted : int
        Answers that could be read, of quarters in which both ways of asking stand.
    distance : float or None
        Share of answers that would have to change (total variation) within a quarter; None where
        either way of asking has fewer than 20.
    p : float or None
        By permuting who was prompted: chance alone makes the distance larger than 0.
    code : str
        The code that a list brings forth more often, by most.
    """

    source: str
    n_open: int
    n_prompted: int
    distance: float | None = None
    p: float | None = None
    code: str = ""


def format_effects(coded: pd.DataFrame, *, seed: int = 0) -> list[FormatEffect]:
    """Compare prompted with open answers, source by source.

    Parameters
    ----------
    coded : DataFrame
        One row a reason: source, prompted, codes, event_at.
    seed : int
        Of the permutations.
    """
    known = coded[coded["prompted"].notna()]
    rows = known.assign(
        main=[main_code(codes) for codes in known["codes"]],
        quarter=pd.to_datetime(known["event_at"]).dt.to_period("Q").astype(str),
    )
    rows = rows[rows["main"] != UNCLASSIFIED]
    return [_effect(str(source), group, seed) for source, group in rows.groupby("source")]


def _effect(source: str, rows: pd.DataFrame, seed: int) -> FormatEffect:
    names = np.array(sorted(rows["main"].unique()), dtype=object)
    strata = list(_strata(rows, names))
    n_open = int(sum(other.sum() for other, _ in strata))
    n_prompted = int(sum(listed.sum() for _, listed in strata))
    effect = FormatEffect(source=source, n_open=n_open, n_prompted=n_prompted)
    if min(n_prompted, n_open) < MIN_PER_FORMAT:
        return effect
    rng = np.random.default_rng(seed)
    seen, drawn = np.zeros(len(names)), np.zeros((_DRAWS, len(names)))
    weights = np.array([1 / (1 / other.sum() + 1 / listed.sum()) for other, listed in strata])
    for weight, (other, listed) in zip(weights / weights.sum(), strata, strict=True):
        both = other + listed
        draws = rng.multivariate_hypergeometric(
            both, int(listed.sum()), size=_DRAWS, method="marginals"
        )
        seen += weight * _gap(listed[None, :], both)[0]
        drawn += weight * _gap(draws, both)
    total, totals = np.abs(seen).sum(), np.abs(drawn).sum(axis=1)
    p = (1 + int((totals >= total - 1e-12).sum())) / (1 + _DRAWS)
    code = str(names[int(np.argmax(seen))])
    return replace(effect, distance=float(total) / 2, p=p, code=code)


def _strata(rows: pd.DataFrame, names: npt.NDArray[np.object_]) -> Iterator[tuple[Ints, Ints]]:
    """Yield counts by code, open and prompted, of each quarter in which both ways stand."""
    for _, quarter in rows.groupby("quarter"):
        listed = quarter["prompted"].to_numpy(bool)
        if listed.any() and not listed.all():
            place = np.searchsorted(names.astype(str), quarter["main"].to_numpy(str))
            yield (
                np.bincount(place[~listed], minlength=len(names)),
                np.bincount(place[listed], minlength=len(names)),
            )


def _gap(prompted: Ints, both: Ints) -> Floats:
    """Return prompted less open share of each code, for each row of prompted counts."""
    n_prompted = int(prompted[0].sum())
    n_open = int(both.sum()) - n_prompted
    return np.asarray(prompted / n_prompted - (both - prompted) / n_open, dtype=float)
