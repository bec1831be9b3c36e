"""Which factor gives the ending away? The leak audit for facts without a clock.

A column that nobody can date may have been filled in by the ending itself: minutes of the closing
call, a reason, a discount. Each such factor is looked at twice: with all factors (*unguarded*), and
with all but this one (*guarded*). As for contacts (`leak_audit`) a gap above .10 is a red flag, but
only where the endings are told to .80 or better with it: a strong cause does less.

Decision: AUCs are averaged over five stratified folds, on at most `MOST_LEADS` closed leads, every
k-th in the order of opening. Only factors that order seven pairs in ten rightly by themselves are
tried: what gives the ending away does so alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.levels import LOST, WON
from crm_analysis.deals.leak_audit import N_FOLDS, RED_FLAG_GAP
from crm_analysis.deals.profile.factor_model import MIN_PER_ENDING, auc, fit_factors
from crm_analysis.estimates import Estimate, segment

GIVES_AWAY = 0.80
ALONE = 0.70
MOST_LEADS = 2000

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLeak:
    """A factor that gives the ending away, with the two AUCs."""

    factor: Factor
    guarded_auc: float
    unguarded_auc: float

    @property
    def gap(self) -> float:
        """What this factor alone adds."""
        return self.unguarded_auc - self.guarded_auc


def factor_leaks(table: FactorTable, *, seed: int = 0) -> tuple[FactorLeak, ...]:
    """Name the factors without a clock that give the ending away, the worst first.

    Parameters
    ----------
    table : FactorTable
        Leads with their factors.
    seed : int
        Of the folds.
    """
    closed = table.frame[table.frame["cause"].isin((LOST, WON))]
    lost = (closed["cause"] == LOST).to_numpy()
    undated = [factor for factor in table.factors if not factor.time_known]
    if min(lost.sum(), (~lost).sum()) < N_FOLDS * MIN_PER_ENDING or not undated:
        return ()
    some = closed.sort_values(["opened_day", "lead_id"]).iloc[:: -(-len(closed) // MOST_LEADS)]
    suspects = [factor for factor in undated if _alone(some, factor) >= ALONE]
    factors = [factor for factor in table.factors if factor.name != "customer_id"]
    if not suspects:
        return ()
    unguarded = _fold_mean_auc(some, factors, seed=seed)
    if unguarded < GIVES_AWAY:
        return ()
    found = [
        FactorLeak(
            factor=factor,
            guarded_auc=_fold_mean_auc(some, [f for f in factors if f != factor], seed=seed),
            unguarded_auc=unguarded,
        )
        for factor in suspects
    ]
    return tuple(sorted((leak for leak in found if leak.gap > RED_FLAG_GAP), key=_worst))


def leak_rows(leaks: Sequence[FactorLeak]) -> tuple[Estimate, ...]:
    """Write the gaps as estimates."""
    return tuple(
        Estimate(
            module="M05",
            quantity="factor_leak_auc_gap",
            segment=segment(factor=leak.factor.name),
            method="fold_mean_auc_difference",
            role="diagnostic",
            estimate=leak.gap,
            note="leak_suspected",
        )
        for leak in leaks
    )


def _worst(leak: FactorLeak) -> tuple[float, str]:
    return -leak.gap, leak.factor.name


def _alone(frame: pd.DataFrame, factor: Factor) -> float:
    """Return the AUC of one factor by itself, fitted and tried on the same leads."""
    model = fit_factors(frame, [factor])
    if model is None:
        return 0.5
    return auc(model.score(frame), (frame["cause"] == LOST).to_numpy()).estimate


def _fold_mean_auc(frame: pd.DataFrame, factors: Sequence[Factor], *, seed: int) -> float:
    from sklearn.model_selection import StratifiedKFold

    if not factors:
        return 0.5
    lost = (frame["cause"] == LOST).to_numpy()
    folds = StratifiedKFold(n_splits=N_FOLDS, shuffle=True, random_state=seed)
    scores = []
    for train, test in folds.split(lost, lost):
        model = fit_factors(frame.iloc[train], factors)
        if model is not None:
            scores.append(auc(model.score(frame.iloc[test]), lost[test]).estimate)
    return float(np.mean(scores)) if scores else 0.5
