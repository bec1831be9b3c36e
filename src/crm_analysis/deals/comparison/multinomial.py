"""Odds of one kind of loss against the commonest, by level: multinomial logit, ridge where thin."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor
from crm_analysis.deals.comparison.kind_tests import factor_notes
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.estimates import Estimate, segment
from crm_analysis.survival.normal import critical

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_RUNAWAY = 8.0


def kind_ratios(
    rows: pd.DataFrame, x: Floats, names: tuple[str, ...], factor: Factor, limits: Limits
) -> list[Estimate]:
    """Give the log odds of each kind against the commonest: each level against all others.

    Parameters
    ----------
    rows : DataFrame
        Lost leads with `went`, the kind.
    x : array, shape (n, k)
        A column per level, or the one number per standard deviation.
    names : tuple of str
        The level of each column; "" for a number.
    factor : Factor
        Whose levels they are.
    limits : Limits
        Event and error limits.
    """
    kinds = rows["went"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    order = [str(kind) for kind in kinds.index]
    places = {kind: place for place, kind in enumerate(order)}
    code: Codes = np.asarray(rows["went"].map(places), dtype=np.int64)
    notes = factor_notes(rows.assign(cause=0), factor)
    columns = range(1, x.shape[1]) if x.shape[1] == 2 else range(x.shape[1])  # two levels mirror
    found = []
    for place in columns:
        thin = names[place] != "" and _least(code, x[:, place], len(order)) < limits.min_events
        fit = None if thin else _plain(code, x[:, place], len(order))
        for number, kind in enumerate(order[1:]):
            row = Estimate(
                module="M05",
                quantity="log_kind_ratio",
                segment=segment(lost_to=kind, factor=factor.name)
                + (f";{segment(level=names[place])}" if names[place] else ""),
                method="multinomial_logit",
                role="diagnostic",
                n=len(rows),
                events=int(kinds[kind]),
                evidence="associational",
                note=notes,
            )
            if fit is None:
                found.append(_with_ridge(row, code, x[:, place], number))
                continue
            value, se = fit[0][number], fit[1][number]
            half = critical(limits.alpha) * se
            found.append(replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half))
    return found


def _least(code: Codes, column: Floats, n_kinds: int) -> int:
    """Return the smallest cell of kinds by level."""
    inside = column > 0
    cells = [np.bincount(code[part], minlength=n_kinds) for part in (inside, ~inside)]
    return int(min(cell.min() for cell in cells))


def _plain(code: Codes, column: Floats, n_kinds: int) -> tuple[Floats, Floats] | None:
    """Fit a multinomial logit; None where it does not come to rest."""
    import statsmodels.api as sm

    design = np.column_stack((np.ones(len(column)), column))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = sm.MNLogit(code, design).fit(disp=False, maxiter=50)
        except np.linalg.LinAlgError:
            return None
    coef, se = np.asarray(fit.params)[1], np.asarray(fit.bse)[1]
    sound = bool(fit.mle_retvals["converged"]) and np.isfinite(se).all()
    return (coef, se) if sound and np.abs(coef).max() < _RUNAWAY else None


def _with_ridge(row: Estimate, code: Codes, column: Floats, number: int) -> Estimate:
    """Fit with a normal prior of standard deviation 1 on each log ratio; no test, no interval."""
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1.0).fit(column[:, None], code)
    if fit.coef_.shape[0] == 1:
        value = float(fit.coef_[0, 0])
    else:
        value = float(fit.coef_[number + 1, 0] - fit.coef_[0, 0])
    note = ";".join(filter(None, (row.note, "ridge")))
    return replace(row, estimate=value, method="multinomial_logit_ridge", status="weak", note=note)
