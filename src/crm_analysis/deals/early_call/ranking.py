"""Is a lost lead ranked above one that was not lost? The weighted AUC and what each lead adds.

Ties count half. The variance is that of the leads' influences (DeLong's where all weights are 1);
the difference of two scores' AUC on the same leads is the difference of their influences.

Sources: DeLong, DeLong and Clarke-Pearson (1988); Blanche, Dartigues and Jacqmin-Gadda (2013) for
the weights under censoring (taken as given in the variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.survival.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The AUC, and each lead's influence on it (their sum is 0)."""

    auc: float
    influence: Floats

    @property
    def se(self) -> float:
        """Return the standard error."""
        return float(np.sqrt((self.influence**2).sum()))


def weighted_auc(score: Floats, lost: Bools, weight: Floats) -> Ranked:
    """Return the weighted share of pairs, lost and not lost, that a score puts in order.

    Examples
    --------
    Of the lost one at .6 both others lie below, of the one at .3 only that at .1, which counts
    three times as much as the one at .4: (1 + .75) / 2.

    >>> lost = np.array([True, True, False, False])
    >>> weighted_auc(np.array([0.6, 0.3, 0.1, 0.4]), lost, np.array([1.0, 1.0, 3.0, 1.0])).auc
    0.875
    """
    cases, others = weight * lost, weight * ~lost
    below = _share_below(score, others)
    above = 1.0 - _share_below(score, cases)
    n_cases, n_others = cases.sum(), others.sum()
    auc = float(cases @ below / n_cases)
    influence = cases * (below - auc) / n_cases + others * (above - auc) / n_others
    return Ranked(auc=auc, influence=_unbiased(influence, cases > 0, others > 0))


def _share_below(score: Floats, weight: Floats) -> Floats:
    """Return by lead the weighted share of the others whose score is below its own, ties half."""
    values, place = np.unique(score, return_inverse=True)
    mass = np.bincount(place, weights=weight, minlength=len(values))
    run = np.cumsum(mass)
    share: Floats = ((run - mass / 2) / max(float(run[-1]), 1e-300))[place]
    return share


def _unbiased(influence: Floats, cases: Bools, others: Bools) -> Floats:
    """Divide by n - 1 instead of n within cases and within others, as DeLong does."""
    scaled = influence.copy()
    for part in (cases, others):
        n = int(part.sum())
        scaled[part] *= np.sqrt(n / max(n - 1, 1))
    return scaled
