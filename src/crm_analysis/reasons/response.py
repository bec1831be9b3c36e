"""Which of the called-back stand for those who were not reached? Weights by response.

Whoever answers a callback may differ: short-delay deals, one language, recent losses. The chance
of an answer is fitted by a ridge logistic regression on what is known of every deal, and each
answer counts inversely to it, within bounds. With callbacks drawn at random all weights are near 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
MOST = 5.0  # one answer stands for at most so many average ones
_ROUNDS, _RIDGE = 25, 1.0


def response_weights(pairs: pd.DataFrame) -> pd.Series:
    """Return the weight of each deal with a note and a callback; their mean is 1.

    Parameters
    ----------
    pairs : DataFrame
        From `reports.reports`: band, rep, lang and event_at are what response may depend on.
    """
    noted = pairs[pairs["rep"].notna()]
    called = noted["callback"].notna().to_numpy()
    if not called.any():
        return pd.Series(dtype=float)
    if called.all():
        return pd.Series(1.0, index=noted.index)
    chance = _chances(_design(noted), called.astype(float))[called]
    weight = np.minimum(called.mean() / chance, MOST)
    return pd.Series(weight / weight.mean(), index=noted.index[called])


def _design(noted: pd.DataFrame) -> Floats:
    """Return dummies of band, code and language, and the time of the event with its square."""
    named = noted[["band", "rep", "lang"]].fillna("").astype(str)
    dummies = pd.get_dummies(named, dtype=float).to_numpy()
    event = pd.to_datetime(noted["event_at"])
    days = (event - event.min()).dt.days.to_numpy(float)
    known = np.isfinite(days)
    spread = days[known].std() if known.any() else 0.0
    time = np.where(known, (days - days[known].mean()) / spread, 0.0) if spread > 0 else 0 * days
    time = np.nan_to_num(time)
    return np.column_stack([dummies, time, time**2 - (time**2).mean()])


def _chances(x: Floats, called: Floats) -> Floats:
    """Fit the chance of an answer: Newton steps of the penalised likelihood, a free intercept."""
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.diag(np.r_[1e-9, np.full(x.shape[1], _RIDGE)])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(called.mean() / (1 - called.mean()))
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (called - chance) - penalty @ beta
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, gradient)
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(1 / (1 + np.exp(-design @ beta)), dtype=float)
