"""Do leads end otherwise at the end of a quarter or a month? The calendar, never the customer.

Decisions:
* Looked at is the day of the ending, at equal age of the leads (`calendar_days`). Profile factors
  are compared within the month of opening and at equal age, so that a calendar effect can never
  appear as one of them.
* A calendar month is one observation, however many leads ended in it: months differ for many
  reasons, and with thousands of leads any two would. The spread between months of one kind is the
  yardstick (quasi-Poisson, quasi-binomial; never less than chance), with t on the cells less two.
* At least six months with three expected endings each, two of either kind, are needed.

Source: McCullagh and Nelder (1989) for the dispersion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.profile.calendar_days import day_counts
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.language import Text
from crm_analysis.proportions import wilson
from crm_analysis.source.known import Known
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import lead_spells

FAMILY = "M05:calendar"
CAUSES = {1: "lost", 2: "won"}
MIN_CELLS, MIN_OF_KIND, MIN_EXPECTED = 6, 2, 3.0
LAST_DAYS = 5

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPart:
    """A part of the calendar: its words, the words of the rest, and which days belong to it."""

    label: Text
    rest: Text
    holds: Callable[[pd.Series], pd.Series]


CALENDAR: dict[str, CalendarPart] = {
    "quarter_end": CalendarPart(
        label=Text("the third month of a quarter", "季度第三个月"),
        rest=Text("the other months", "其他月份"),
        holds=lambda day: day.dt.month % 3 == 0,
    ),
    "month_end": CalendarPart(
        label=Text(f"the last {LAST_DAYS} days of a month", f"每月最后 {LAST_DAYS} 天"),
        rest=Text("the days before", "其余日子"),
        holds=lambda day: day.dt.days_in_month - day.dt.day < LAST_DAYS,
    ),
}


def calendar_estimates(known: Known, *, limits: Limits) -> tuple[Estimate, ...]:
    """Does the time of the ending in quarter and month go with how, and how fast, leads end?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`.
    limits : Limits
        Event and error limits.

    Returns
    -------
    tuple of Estimate
        Per part of the calendar: loss against win and both hazards (family M05:calendar), and the
        shares won among leads closed in it and outside it, as diagnostics.
    """
    risk = risk_table(lead_spells(known.table("leads"), as_of=known.observed_until), ["opened"])
    if risk.empty or risk["time_days"].nunique() < 2:
        return ()
    days = day_counts(risk, causes=CAUSES)
    rows: list[Estimate] = []
    shares: list[Estimate] = []
    for name, part in CALENDAR.items():
        inside = part.holds(days["day"]).to_numpy(dtype=bool)
        cells = _cells(days, inside)
        rows += [_kind(cells, name, limits)]
        rows += [_hazard(cells, name, cause, limits) for cause in CAUSES.values()]
        shares += _shares(days, inside, name, limits)
    return (*adjust_families(rows), *shares)


def _cells(days: pd.DataFrame, inside: Bools) -> pd.DataFrame:
    """Sum days by calendar month and part; cells that expect next to nothing are left out."""
    month = days["day"].dt.year * 12 + days["day"].dt.month
    cells = days.drop(columns="day").groupby([month, inside]).sum()
    cells.index.names = ["month", "inside"]
    expected = cells[[f"expected_{cause}" for cause in CAUSES.values()]]
    return cells[(expected >= MIN_EXPECTED).all(axis=1)].reset_index()


def _row(cells: pd.DataFrame, quantity: str, where: str, *, method: str, n_events: int) -> Estimate:
    return Estimate(
        module="M05",
        quantity=quantity,
        segment=where,
        method=method,
        n=len(cells),
        events=n_events,
        family=FAMILY,
        evidence="adjusted",
    )


def _hazard(cells: pd.DataFrame, name: str, cause: str, limits: Limits) -> Estimate:
    """Compare endings with what ages make expect, inside the part with outside it."""
    observed = cells[f"observed_{cause}"].to_numpy(dtype=float)
    expected = cells[f"expected_{cause}"].to_numpy(dtype=float)
    inside = cells["inside"].to_numpy(dtype=bool)
    row = _row(
        cells,
        "calendar_log_hazard_ratio",
        segment(cause=cause, calendar=name),
        method="quasi_poisson_by_month",
        n_events=int(observed.sum()),
    )
    sums = [(observed[side].sum(), expected[side].sum()) for side in (inside, ~inside)]
    if _too_few(inside) or min(count for count, _ in sums) < limits.min_events:
        return refuse(row, "too_few_events")
    (in_seen, in_due), (out_seen, out_due) = sums
    mean = expected * np.where(inside, in_seen / in_due, out_seen / out_due)
    spread = _dispersion((observed - mean) ** 2 / mean)
    se = float(np.sqrt(spread * (1 / in_seen + 1 / out_seen)))
    value = float(np.log(in_seen / in_due) - np.log(out_seen / out_due))
    return _filled(row, value, se, df=len(cells) - 2, alpha=limits.alpha)


def _kind(cells: pd.DataFrame, name: str, limits: Limits) -> Estimate:
    """Compare lost against won with what ages make expect, inside the part with outside it."""
    lost = cells["observed_lost"].to_numpy(dtype=float)
    n = lost + cells["observed_won"].to_numpy(dtype=float)
    offset = np.log((cells["expected_lost"] / cells["expected_won"]).to_numpy(dtype=float))
    inside = cells["inside"].to_numpy(dtype=bool)
    row = _row(
        cells,
        "calendar_log_loss_to_win_ratio",
        segment(calendar=name),
        method="quasi_binomial_by_month",
        n_events=int(n.sum()),
    )
    fewest = min(min(lost[side].sum(), (n - lost)[side].sum()) for side in (inside, ~inside))
    if _too_few(inside) or fewest < limits.min_events:
        return refuse(row, "too_few_events")
    level = np.zeros(2)
    for place, side in enumerate((inside, ~inside)):
        level[place] = _common_level(lost[side], n[side], offset[side])
    share = 1 / (1 + np.exp(-(offset + np.where(inside, *level))))
    variance = n * share * (1 - share)
    spread = _dispersion((lost - n * share) ** 2 / np.maximum(variance, 1e-9))
    parts = [1 / variance[side].sum() for side in (inside, ~inside)]
    se = float(np.sqrt(spread * sum(parts)))
    return _filled(row, float(level[0] - level[1]), se, df=len(cells) - 2, alpha=limits.alpha)


def _too_few(inside: Bools) -> bool:
    return len(inside) < MIN_CELLS or min(inside.sum(), (~inside).sum()) < MIN_OF_KIND


def _dispersion(squared: Floats) -> float:
    """How much more than chance do months of one kind differ? Never less than chance."""
    return max(1.0, float(squared.sum() / (len(squared) - 2)))


def _common_level(lost: Floats, n: Floats, offset: Floats) -> float:
    """Solve for the level at which expected and seen losses are equal."""
    level = 0.0
    for _ in range(50):
        share = 1 / (1 + np.exp(-(offset + level)))
        step = float((lost - n * share).sum() / max((n * share * (1 - share)).sum(), 1e-9))
        level += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-10:
            break
    return level


def _filled(row: Estimate, value: float, se: float, *, df: int, alpha: float) -> Estimate:
    half = float(stdtrit(df, 1 - alpha / 2)) * se
    p = float(2 * stdtr(df, -abs(value / se)))
    return replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half, p=p)


def _shares(days: pd.DataFrame, inside: Bools, name: str, limits: Limits) -> list[Estimate]:
    """Give the share won among leads closed inside and outside the part."""
    rows = []
    for part, side in (("inside", inside), ("outside", ~inside)):
        won, lost = (int(days.loc[side, f"observed_{cause}"].sum()) for cause in ("won", "lost"))
        share = wilson(won, won + lost, alpha=limits.alpha)
        row = Estimate(
            module="M05",
            quantity="calendar_closed_share",
            segment=segment(cause="won", calendar=name, part=part),
            method="wilson",
            role="diagnostic",
            n=won + lost,
            events=won,
        )
        rows.append(
            refuse(row, "no_events")
            if share is None
            else replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi)
        )
    return rows
