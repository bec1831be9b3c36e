"""What does losing really go with, of the things that customers and representatives name? (M06)

Decisions:
* All counterparts stand in one model per ending (Cox, Efron ties, from the landmark on), so each
  effect is at equal values of the others. A missing value enters as the mean with a column that
  says so; the coefficient of that column is not told.
* Size is the share of losses within the horizon that would be fewer if no lead were worse off
  than the best quarter is now: each value above the 25th percentile is set to it (a missing one
  stays missing) and the cumulative incidence of loss is computed again with both hazards (a
  population-attributable fraction, if the effect were one). Its interval is by the delta method
  over the coefficients of both hazards, the baselines estimated anew for each.
* An effect that was not found says little by itself: with it stands the log hazard ratio per
  standard deviation that these data would find in four cases of five (80 % power).
* What is measured badly looks weaker than it is: a second row gives the effect had the
  counterpart a reliability of .8.

Source: standardised differences of cumulative incidence, Gran et al. (2015); attributable
fraction, Samuelsen and Eide (2008); attenuation, Spearman (1904) as used for log hazard ratios.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.revealed.counterparts import (
    Counterpart,
    shown_counterparts,
    untimed_counterparts,
)
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.survival.cox import CoxFit, cox_efron
from crm_analysis.survival.normal import critical
from crm_analysis.survival.spells import CAUSES, OPEN

FAMILY = "M06:revealed"
METHOD = "cox_efron_joint"
POWER_Z = 0.8416212335729143  # 80 % power
RELIABILITY = 0.8
BEST_QUARTER = 0.25
_CODES = {name: code for code, name in CAUSES.items()}
_MOST_LEADS = 2000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """The two joint fits, and the design that they were made from.

    Parameters
    ----------
    fits : mapping of str to CoxFit
        By ending, "lost" and "won".
    frame : DataFrame
        What `counterparts.counterpart_frame` gave, missing values as they are.
    design : DataFrame
        lead_id, entry_days, duration_days, cause, the columns of `counterparts` (missing as 0,
        the mean) and one `…_missing` column for each pattern of missing values.
    columns : tuple of str
        The covariates of both fits.
    untimed : frozenset of str
        Counterparts of which some value carries no clock: what rests on them is weak.
    """

    fits: Mapping[str, CoxFit]
    frame: pd.DataFrame
    design: pd.DataFrame
    columns: tuple[str, ...]
    counterparts: tuple[Counterpart, ...]
    landmark_days: int
    untimed: frozenset[str] = frozenset()

    def column(self, code: str) -> str:
        """Return the column of a code's counterpart."""
        return next(one.column for one in self.counterparts if one.code == code)


def fit_revealed(
    frame: pd.DataFrame, *, landmark_days: int, min_events: int = 10, alpha: float = 0.05
) -> Revealed:
    """Fit the hazards of losing and of winning on all counterparts at once.

    Parameters
    ----------
    frame : DataFrame
        From `counterparts.counterpart_frame`.
    landmark_days, min_events, alpha : int, int, float
        The landmark; events per parameter for ok; one minus the level of the intervals.
    """
    counterparts = shown_counterparts(frame)
    design, columns = _design(frame, [one.column for one in counterparts])
    fits = {
        cause: cox_efron(
            design.assign(event=design["cause"] == _CODES[cause]),
            covariates=columns,
            entry="entry_days",
            min_events=min_events,
            alpha=alpha,
        )
        for cause in ("lost", "won")
    }
    return Revealed(
        fits=fits,
        frame=frame,
        design=design,
        columns=tuple(columns),
        counterparts=counterparts,
        landmark_days=landmark_days,
        untimed=untimed_counterparts(frame),
    )


def revealed_estimates(
    revealed: Revealed, *, horizon_days: int, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How does each counterpart go with losing and winning, and how many losses is it about?

    Returns
    -------
    tuple of Estimate
        Per code: `revealed_log_hazard_ratio` of lost and won (family M06:revealed),
        `attributable_share` of the losses within the horizon and the same in deals
        (`extra_lost_leads`), `detectable_log_hazard_ratio` (diagnostics) and the effect at
        reliability .8 (sensitivity).
    """
    rows: list[Estimate] = []
    for one in revealed.counterparts:
        for cause in revealed.fits:
            rows += _effect(revealed, one, cause, alpha)
    shares = attributable(revealed, horizon_days=horizon_days, alpha=alpha)
    n_lost = int(_lost_by(revealed, horizon_days).sum())
    return (*adjust_families(rows), *shares, *(_in_deals(row, n_lost) for row in shares))


def _in_deals(share: Estimate, n_lost: int) -> Estimate:
    """Turn an attributable share into the number of deals lost within the horizon."""
    row = replace(share, quantity="extra_lost_leads", role="diagnostic", n=n_lost, events=None)
    if share.estimate is None or share.ci_lo is None or share.ci_hi is None:
        return row
    value, low, high = (n_lost * end for end in (share.estimate, share.ci_lo, share.ci_hi))
    return replace(row, estimate=value, ci_lo=low, ci_hi=high)


def _design(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Fill missing values with the mean, 0, and mark each pattern of missing values once."""
    kept = ["lead_id", "entry_days", "duration_days", "cause"]
    design = frame[kept].copy()
    marks: dict[bytes, str] = {}
    for name in columns:
        missing = frame[name].isna().to_numpy()
        design[name] = frame[name].fillna(0.0).to_numpy(dtype=float)
        if missing.any() and missing.tobytes() not in marks:
            marks[missing.tobytes()] = f"{name}_missing"
            design[f"{name}_missing"] = missing.astype(float)
    return design, [*columns, *marks.values()]


def _effect(revealed: Revealed, one: Counterpart, cause: str, alpha: float) -> list[Estimate]:
    fit = revealed.fits[cause]
    term = fit.term(one.column)
    pairs = {"cause": cause, "landmark_days": revealed.landmark_days, "code": one.code}
    row = Estimate(
        module="M06",
        quantity="revealed_log_hazard_ratio",
        segment=segment(**pairs),
        method=METHOD,
        n=fit.n,
        events=fit.events,
        family=FAMILY,
        evidence="adjusted",
    )
    if term.coef is None or term.se is None:
        return [refuse(row, term.note or "too_few_events")]
    found = replace(
        row,
        estimate=term.coef,
        ci_lo=term.ci_lo,
        ci_hi=term.ci_hi,
        p=term.p,
        status=term.status,
        note=term.note,
    )
    if one.column in revealed.untimed:
        notes = ";".join(filter(None, (term.note, "time_unknown")))
        found = replace(found, status="weak", note=notes)
    return [found] if cause != "lost" else [found, *_beside(found, term.se, alpha)]


def _beside(row: Estimate, se: float, alpha: float) -> list[Estimate]:
    """Give the smallest effect that would be found, and the effect under bad measurement."""
    detectable = replace(
        row,
        quantity="detectable_log_hazard_ratio",
        role="diagnostic",
        estimate=(critical(alpha) + POWER_Z) * se,
        ci_lo=None,
        ci_hi=None,
        p=None,
        family=None,
        evidence="descriptive",
    )
    ends = (row.estimate, row.ci_lo, row.ci_hi)
    value, low, high = ((number or 0.0) / RELIABILITY for number in ends)
    measured_badly = replace(
        row,
        method=f"{METHOD}_reliability_0.8",
        role="sensitivity",
        estimate=value,
        ci_lo=low,
        ci_hi=high,
        p=None,
        family=None,
    )
    return [detectable, measured_badly]


def attributable(
    revealed: Revealed, *, horizon_days: int, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Which share of the losses within the horizon goes with values worse than the best quarter's?

    Negative where worse values go with fewer losses. Needs both joint fits; a counterpart that
    was refused in the hazard of loss is refused here.
    """
    blank = {
        one.code: Estimate(
            module="M06",
            quantity="attributable_share",
            segment=segment(
                landmark_days=revealed.landmark_days, horizon_days=horizon_days, code=one.code
            ),
            method=f"standardised_{METHOD}",
            n=revealed.fits["lost"].n,
            events=revealed.fits["lost"].events,
            evidence="adjusted",
        )
        for one in revealed.counterparts
    }
    lost = revealed.fits["lost"]
    fitted = [one for one in revealed.counterparts if one.column in lost.names]
    if not fitted or revealed.fits["won"].loglik is None:
        return tuple(refuse(row, "too_few_events") for row in blank.values())
    if not _lost_by(revealed, horizon_days).any():
        return tuple(refuse(row, "no_events") for row in blank.values())
    spread = _spread(revealed, horizon_days, [one.column for one in fitted])
    z = critical(alpha)
    rows = []
    for code, row in blank.items():
        if revealed.column(code) not in spread:
            rows.append(refuse(row, lost.term(revealed.column(code)).note or "no_spread"))
            continue
        value, se = spread[revealed.column(code)]
        filled = replace(row, estimate=value, ci_lo=value - z * se, ci_hi=value + z * se)
        rows.append(replace(filled, status=lost.status, note=lost.note))
    return tuple(rows)


def _lost_by(revealed: Revealed, horizon_days: int) -> npt.NDArray[np.bool_]:
    """Mark the leads lost within the horizon."""
    design, until = revealed.design, revealed.landmark_days + horizon_days
    is_lost = (design["cause"] == _CODES["lost"]) & (design["duration_days"] <= until)
    return is_lost.to_numpy(dtype=bool)


def _spread(
    revealed: Revealed, horizon_days: int, columns: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Return each column's attributable share and its standard error (delta method)."""
    lost, won = revealed.fits["lost"], revealed.fits["won"]
    task = _Standard.of(revealed, until=revealed.landmark_days + horizon_days)
    centre = task.shares(lost.coef, won.coef, columns)
    variance = np.zeros(len(columns))
    for place, fit in enumerate((lost, won)):
        step = 1e-3 * np.maximum(fit.se, 1e-8)
        slopes = np.empty((len(fit.coef), len(columns)))
        for k, width in enumerate(step):
            moved = fit.coef.copy()
            moved[k] += width
            betas = (moved, won.coef) if place == 0 else (lost.coef, moved)
            slopes[k] = (task.shares(*betas, columns) - centre) / width
        variance += np.einsum("kc,kl,lc->c", slopes, fit.covariance, slopes)
    roots = np.sqrt(np.maximum(variance, 0.0))
    return {name: (float(centre[i]), float(roots[i])) for i, name in enumerate(columns)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standard:
    """Leads after the landmark with their covariates, ready to compute shares lost."""

    given: pd.DataFrame  # the counterparts of the chosen leads, missing as NaN
    best: pd.Series  # the best quarter's value of each counterpart
    x: dict[str, Floats]  # by ending, all leads
    names: dict[str, list[str]]
    ended_at: dict[str, Floats]  # by ending, number of endings at each day
    last: npt.NDArray[np.int64]  # place of each lead's last day at risk among the days
    chosen: npt.NDArray[np.int64]  # the leads over which shares are averaged

    @classmethod
    def of(cls, revealed: Revealed, *, until: int) -> _Standard:
        """Set up the days on which anything ends, up to `until`."""
        design = revealed.design
        duration = design["duration_days"].to_numpy(dtype=float)
        cause = design["cause"].to_numpy()
        days = np.unique(duration[(cause != OPEN) & (duration <= until)])
        names = {ending: list(fit.names) for ending, fit in revealed.fits.items()}
        counts = {
            ending: np.bincount(
                np.searchsorted(days, duration[(cause == code) & (duration <= until)]),
                minlength=len(days),
            ).astype(float)
            for code, ending in CAUSES.items()
        }
        n = len(design)
        chosen = np.unique(np.linspace(0, n - 1, min(n, _MOST_LEADS)).astype(np.int64))
        columns = [one.column for one in revealed.counterparts]
        return cls(
            given=revealed.frame[columns].iloc[chosen],
            best=revealed.frame[columns].quantile(BEST_QUARTER),
            x={ending: design[names[ending]].to_numpy(dtype=float) for ending in names},
            names=names,
            ended_at=counts,
            last=np.searchsorted(days, duration, side="right"),
            chosen=chosen,
        )

    def shares(self, lost: Floats, won: Floats, columns: Sequence[str]) -> Floats:
        """Return the attributable share of each column at these coefficients."""
        eta = {"lost": self.x["lost"] @ lost, "won": self.x["won"] @ won}
        steps = {name: self._baseline(eta.get(name), name) for name in self.ended_at}
        now = self._mean_lost({name: eta[name][self.chosen] for name in eta}, steps)
        found = np.empty(len(columns))
        for i, column in enumerate(columns):
            moved = {
                name: self._set_to_best(eta[name], name, column, beta)
                for name, beta in (("lost", lost), ("won", won))
            }
            found[i] = 1.0 - self._mean_lost(moved, steps) / now
        return found

    def _set_to_best(self, eta: Floats, ending: str, column: str, beta: Floats) -> Floats:
        chosen = eta[self.chosen]
        if column not in self.names[ending]:
            return chosen
        slope = beta[self.names[ending].index(column)]
        too_much = (self.given[column] - self.best[column]).clip(lower=0.0).fillna(0.0)
        moved: Floats = chosen - slope * too_much.to_numpy(dtype=float)
        return moved

    def _baseline(self, eta: Floats | None, ending: str) -> Floats:
        """Return Breslow's hazard per day; without covariates that is Nelson and Aalen's."""
        weight = np.ones(len(self.last)) if eta is None else np.exp(eta)
        leaving = np.bincount(self.last, weights=weight, minlength=len(self.ended_at[ending]) + 1)
        at_risk = leaving[::-1].cumsum()[::-1][1:]
        steps: Floats = self.ended_at[ending] / np.maximum(at_risk, 1e-12)
        return steps

    def _mean_lost(self, eta: Mapping[str, Floats], steps: Mapping[str, Floats]) -> float:
        """Average the cumulative incidence of loss over the chosen leads."""
        lost = np.exp(eta["lost"])[:, None] * steps["lost"]
        total = lost + np.exp(eta["won"])[:, None] * steps["won"] + steps["void"]
        before = np.exp(-(total.cumsum(axis=1) - total))
        return float((before * lost).sum(axis=1).mean())
