"""Indicators beside one another: what a group explains, and which are needed at all (M03, S11).

Decisions:
* Indicators that go together (`collinear`) are one question: the group is tested as a whole, and
  its importance is the share of all explained deviance that is lost without it. The coefficients
  of its members beside one another are shown, but never told as effects of their own.
* Only indicators known for at least four fifths of the leads take part; leads without one of them
  stay out. An indicator on its own is a group of one. At most 15,000 leads, evenly spread, are
  looked at.
* The needed indicators: of each group that stands (Benjamini-Hochberg over the groups) the member
  that tells most alone; then the weakest is dropped until each tells beside the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_analysis.deals.indicators.habits import scaled
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.fitted import CoxFit
from crm_analysis.survival.normal import chi_square_tail

KNOWN_SHARE = 0.8
_MOST_ROWS = 15_000
_FAMILY = "M03:groups"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """What groups explain together, one row a group, and which indicators are needed.

    Parameters
    ----------
    rows : tuple of Estimate
        `group_chi2` and `group_importance_share` a group, the members' own rows, those of the
        needed beside one another, and `minimal_indicators_count`; all of role `diagnostic`.
    needed : tuple of str
        The minimal set.
    """

    rows: tuple[Estimate, ...] = ()
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    frame: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]
    place: dict[str, object]
    limits: tuple[int, float, float]  # min_events, q, alpha

    def fit(self, names: Sequence[str]) -> CoxFit:
        return cox_efron(
            self.frame, covariates=names, min_events=self.limits[0], alpha=self.limits[2]
        )

    def gain(self, names: Sequence[str]) -> float:
        """Return the likelihood-ratio chi-square of some indicators together."""
        if not names:
            return 0.0
        fit = self.fit(names)
        if fit.loglik is None or fit.loglik_null is None:
            return 0.0
        return 2 * (fit.loglik - fit.loglik_null)


def joint_model(
    frame: pd.DataFrame,
    names: Sequence[str],
    groups: Sequence[Sequence[str]],
    *,
    cause_code: int,
    place: dict[str, object],
    limits: tuple[int, float, float] = (10, 0.05, 0.05),
) -> Joint:
    """What does each group of indicators explain, beside all others?

    Parameters
    ----------
    frame : DataFrame
        One row per lead: duration_days, cause and the indicators.
    names : sequence of str
        Indicators without repeats.
    groups : sequence of sequence of str
        From `collinear.collinear_groups`; all other names are groups of their own.
    cause_code : int
        The ending that counts; others are censored.
    place : dict
        cause and landmark_days, for the segments.
    limits : tuple of int and two floats
        min_events, the false discovery rate q, and alpha.
    """
    frame = frame.iloc[:: max(1, -(-len(frame) // _MOST_ROWS))]
    used = _usable(frame, names)
    rows = _complete(frame, used, cause_code)
    ties = [tuple(name for name in group if name in used) for group in groups]
    tied = {name for group in ties for name in group}
    parts = (*[group for group in ties if group], *[(n,) for n in used if n not in tied])
    task = _Task(frame=rows, groups=parts, place=place, limits=limits)
    n_events = int(rows["event"].sum())
    if not parts or 2 * n_events < limits[0] * len(used):
        return Joint()
    found = _group_rows(task, n_events)
    needed = _needed(task, found)
    count = Estimate(
        module="M03",
        quantity="minimal_indicators_count",
        segment=segment(**place),
        method="best_of_standing_groups",
        role="diagnostic",
        estimate=float(len(needed)),
        n=len(rows),
        events=n_events,
        evidence="adjusted",
    )
    members = [
        row
        for group in parts
        if len(group) > 1
        for row in _beside(task, group, method="cox_efron_within_group", note="within_group")
    ]
    kept = _beside(task, needed, method="cox_efron_needed", note="needed_beside_others")
    return Joint(rows=(*found, *members, *kept, count), needed=needed)


def _usable(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Keep the indicators that most leads have and in which they differ."""
    kept = []
    for name in names:
        if name in frame:
            values = scaled(frame[name], name)
            given = values[np.isfinite(values)]
            if len(given) >= KNOWN_SHARE * max(len(values), 1) and len(given) and np.ptp(given) > 0:
                kept.append(name)
    return kept


def _complete(frame: pd.DataFrame, names: Sequence[str], cause_code: int) -> pd.DataFrame:
    """Take the leads that have all indicators, each in standard deviations."""
    columns = {name: scaled(frame[name], name) for name in names}
    rows = pd.DataFrame(
        {
            "duration_days": frame["duration_days"].to_numpy(dtype=float),
            "event": (frame["cause"] == cause_code).to_numpy(),
            **columns,
        }
    )
    rows = pd.DataFrame(rows.loc[np.isfinite(rows[list(names)].to_numpy()).all(axis=1)])
    spread = rows[list(names)].std(ddof=0)
    usable = spread[spread > 0].index
    rows[list(usable)] = rows[list(usable)] / spread[usable]
    whole: pd.DataFrame = rows.reset_index(drop=True)
    return whole


def group_name(group: Sequence[str]) -> str:
    """Name a group by its members."""
    return "+".join(group)


def _group_rows(task: _Task, n_events: int) -> list[Estimate]:
    """Test each group alone, and say what is lost without it."""
    full = task.fit([name for group in task.groups for name in group])
    tests, shares = [], []
    for group in task.groups:
        alone = task.gain(group)
        row = Estimate(
            module="M03",
            quantity="group_chi2",
            segment=segment(**task.place, group=group_name(group)),
            method="cox_likelihood_ratio",
            family=_FAMILY,
            estimate=alone,
            p=chi_square_tail(max(alone, 0.0), len(group)),
            n=len(task.frame),
            events=n_events,
            evidence="associational",
        )
        tests.append(row)
        importance = replace(
            row,
            quantity="group_importance_share",
            method="deviance_lost_without",
            role="diagnostic",
            family=None,
            estimate=_lost_without(full, group),
            p=None,
            evidence="adjusted",
        )
        known = importance.estimate is not None
        shares.append(importance if known else refuse(importance, "not_converged"))
    adjusted = adjust_families(tests)
    return [*(replace(row, role="diagnostic", family=None) for row in adjusted), *shares]


def _lost_without(full: CoxFit, group: Sequence[str]) -> float | None:
    """Return the share of the explained deviance that goes when a group is left out (Wald)."""
    if full.loglik is None or full.loglik_null is None or full.loglik <= full.loglik_null:
        return None
    inside = [place for place, name in enumerate(full.names) if name in group]
    beta, covariance = full.coef[inside], full.covariance[np.ix_(inside, inside)]
    wald = float(beta @ np.linalg.solve(covariance, beta)) if inside else 0.0
    return min(wald / (2 * (full.loglik - full.loglik_null)), 1.0)


def _needed(task: _Task, rows: Sequence[Estimate]) -> tuple[str, ...]:
    """Choose one indicator a standing group, and drop those that tell nothing beside the rest."""
    q, alpha = task.limits[1:]
    tests = [row for row in rows if row.quantity == "group_chi2"]
    chosen = [
        max(group, key=lambda name: task.gain([name]))
        for group, row in zip(task.groups, tests, strict=True)
        if row.p_adj is not None and row.p_adj <= q
    ]
    while chosen:
        worst = max(task.fit(chosen).terms, key=lambda term: 1.0 if term.p is None else term.p)
        if worst.p is not None and worst.p <= alpha:
            break
        chosen.remove(worst.name)
    return tuple(chosen)


def _beside(task: _Task, names: Sequence[str], *, method: str, note: str) -> list[Estimate]:
    """Give each of some indicators its coefficient beside the others."""
    if not names:
        return []
    fit = task.fit(names)
    rows = []
    for term in fit.terms:
        row = Estimate(
            module="M03",
            quantity="log_hazard_ratio_per_sd",
            segment=segment(**task.place, indicator=term.name),
            method=method,
            role="diagnostic",
            estimate=term.coef,
            ci_lo=term.ci_lo,
            ci_hi=term.ci_hi,
            p=term.p,
            n=fit.n,
            events=fit.events,
            status="weak" if term.status == "weak" else "ok",
            evidence="adjusted",
            note=note,
        )
        rows.append(row if term.coef is not None else refuse(row, term.note or "collinear"))
    return rows
