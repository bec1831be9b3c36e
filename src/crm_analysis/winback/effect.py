"""Did the contacts bring customers back? Arm against control, all assigned (intention to treat).

Decisions:
* Only rounds whose follow-up was over on the last watched day enter a horizon, whole rounds, not
  rows.
* Arms are compared within cells of round, stratum and drawn share. One cell and no customer twice:
  Newcombe's interval; else stratum dummies with HC1, by customer where one comes twice.
* Nothing is conditioned on being reached. The effect per reached customer is Wald's ratio.
* Without a draw by lot there is no effect here: not_estimable, never a made-up number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import (
    Interval,
    instrumented_difference,
    newcombe,
    stratified_difference,
    wilson,
)

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

CONTROL = "control"
MODULE = "M10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A thing that may happen after assignment: its day column, quantity and family."""

    name: str
    days: str
    quantity: str
    family: str


RETURN = Outcome(
    name="return", days="return_days", quantity="return_share_difference", family="M10:return"
)
OUTCOMES = (
    RETURN,
    Outcome(
        name="engagement",
        days="engagement_days",
        quantity="engagement_share_difference",
        family="M10:secondary",
    ),
    Outcome(
        name="opt_out",
        days="opt_out_days",
        quantity="opt_out_share_difference",
        family="M10:secondary",
    ),
)


def mature(frame: pd.DataFrame, *, horizon_days: int, observed_until: date) -> pd.DataFrame:
    """Keep the rounds whose last assigned customer was followed for the whole horizon."""
    last = pd.to_datetime(frame.groupby("round_id")["assigned_on"].transform("max"))
    return frame[last + timedelta(days=horizon_days) <= pd.Timestamp(observed_until)]


def drawn(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rounds that were drawn by lot and have a control and another arm."""
    by_round = frame.groupby("round_id")
    by_lot = frame["randomised"].astype(bool).groupby(frame["round_id"]).transform("all")
    is_control = frame["arm"] == CONTROL
    n_control = is_control.groupby(frame["round_id"]).transform("sum")
    return frame[by_lot & (n_control > 0) & (n_control < by_round["arm"].transform("size"))]


def treated_arms(frame: pd.DataFrame) -> list[str]:
    """Name the arms other than control, sorted."""
    return sorted(set(frame["arm"]) - {CONTROL})


def arm_against_control(frame: pd.DataFrame, arm: str) -> pd.DataFrame:
    """Keep this arm and the controls of the rounds in which it was drawn."""
    rounds = set(frame.loc[frame["arm"] == arm, "round_id"])
    return frame[frame["arm"].isin([arm, CONTROL]) & frame["round_id"].isin(rounds)]


def cells(frame: pd.DataFrame) -> Ints:
    """Code the cells within which arms may be compared: round, stratum, drawn share."""
    share = frame["p_treat"].astype("float64").round(6)
    parts = [frame["round_id"], frame["stratum"].fillna(""), share.fillna(-1.0)]
    return np.asarray(
        pd.DataFrame(dict(enumerate(parts))).groupby([0, 1, 2]).ngroup(), dtype=np.int64
    )


def customers(frame: pd.DataFrame) -> Ints:
    """Code the customers from 0."""
    return np.asarray(pd.factorize(frame["customer_id"])[0], dtype=np.int64)


def is_treated(frame: pd.DataFrame) -> Ints:
    """Code treatment: 1 in any arm but control."""
    return np.asarray(frame["arm"] != CONTROL, dtype=np.int64)


def within(frame: pd.DataFrame, days: str, *, horizon_days: int) -> Flags:
    """Say for each row whether the event of that day column came within the horizon."""
    return np.asarray(frame[days].astype("float64") <= horizon_days, dtype=np.bool_)


def contrast(
    frame: pd.DataFrame, happened: Flags, *, alpha: float = 0.05
) -> tuple[Interval | None, str]:
    """How far apart are arm and control on a yes/no outcome, and by which method?

    Parameters
    ----------
    frame : DataFrame
        One arm and its controls, see `arm_against_control`.
    happened : array of bool
        The outcome, one per row.
    alpha : float
        1 - coverage.
    """
    treated = is_treated(frame)
    cell, customer = cells(frame), customers(frame)
    repeated = len(np.unique(customer)) < len(frame)
    if len(np.unique(cell)) == 1 and not repeated:
        n = (int(treated.sum()), int((1 - treated).sum()))
        events = (int(happened[treated == 1].sum()), int(happened[treated == 0].sum()))
        return newcombe(events, n, alpha=alpha), "newcombe"
    interval = stratified_difference(
        happened.astype(np.float64),
        treated,
        cell,
        cluster=customer if repeated else None,
        alpha=alpha,
    )
    return interval, "strata_hc1" if not repeated else "strata_cluster"


def differences(
    frame: pd.DataFrame,
    outcome: Outcome,
    *,
    horizon_days: int,
    alpha: float = 0.05,
    min_events: int = 10,
) -> list[Estimate]:
    """Give the difference of each arm to its controls, pooled over rounds.

    Parameters
    ----------
    frame : DataFrame
        Rows of mature, drawn rounds.
    outcome : Outcome
        What happened, by its day column.
    horizon_days : int
        Days after assignment within which it counts.
    alpha, min_events : float, int
        Coverage and refusal; events are those of both arms together.
    """
    rows = []
    for arm in treated_arms(frame):
        both = arm_against_control(frame, arm)
        happened = within(both, outcome.days, horizon_days=horizon_days)
        interval, method = contrast(both, happened, alpha=alpha)
        row = Estimate(
            module=MODULE,
            quantity=outcome.quantity,
            segment=segment(arm=arm, horizon_days=horizon_days),
            method=method,
            n=len(both),
            events=int(happened.sum()),
            family=outcome.family,
            evidence="randomised",
        )
        rows.append(_filled(row, interval, min_events=min_events))
    return rows


def by_round(
    frame: pd.DataFrame,
    outcome: Outcome,
    *,
    horizon_days: int,
    alpha: float = 0.05,
    min_events: int = 10,
) -> list[Estimate]:
    """Give the difference of each arm within each round, as sensitivity rows."""
    rows = []
    options = {"horizon_days": horizon_days, "min_events": min_events}
    for round_id, one in frame.groupby("round_id", sort=True):
        for row in differences(one, outcome, alpha=alpha, **options):
            named = f"{segment(round_id=round_id)};{row.segment}"
            rows.append(replace(row, segment=named, role="sensitivity", family=None))
    return rows


def shares(frame: pd.DataFrame, *, horizon_days: int, alpha: float = 0.05) -> list[Estimate]:
    """Give the share that bought again by arm, with that of the arm's own controls beside it.

    The treated-only share is a warning row. The control arm's own row is over all rounds.
    """
    told = partial(_share, horizon_days=horizon_days, alpha=alpha)
    rows = []
    for arm in treated_arms(frame):
        both = arm_against_control(frame, arm)
        for row in told(both[both["arm"] == arm], "return_share", arm):
            naive = replace(row, role="naive", method="treated_only", note="treated_only")
            rows += [row, naive]
        rows += told(both[both["arm"] == CONTROL], "control_return_share", arm)
    return rows + told(frame[frame["arm"] == CONTROL], "return_share", CONTROL)


def _share(
    own: pd.DataFrame, quantity: str, arm: str, *, horizon_days: int, alpha: float
) -> list[Estimate]:
    """Give the share of these rows that bought again; nothing where there are none."""
    events = int(within(own, "return_days", horizon_days=horizon_days).sum())
    interval = wilson(events, len(own), alpha=alpha)
    if interval is None:
        return []
    return [
        Estimate(
            module=MODULE,
            quantity=quantity,
            segment=segment(arm=arm, horizon_days=horizon_days),
            method="wilson",
            estimate=interval.estimate,
            ci_lo=interval.lo,
            ci_hi=interval.hi,
            n=len(own),
            events=events,
        )
    ]


def per_reached(
    frame: pd.DataFrame, *, horizon_days: int, alpha: float = 0.05, min_events: int = 10
) -> list[Estimate]:
    """Give the effect per customer really reached (CACE), and reached against unreached, naive."""
    rows = []
    for arm in treated_arms(frame):
        both = arm_against_control(frame, arm)
        happened = within(both, "return_days", horizon_days=horizon_days)
        reached = np.asarray(both["was_reached"], dtype=np.bool_)
        treated = is_treated(both) == 1
        row = Estimate(
            module=MODULE,
            quantity="return_share_difference_reached",
            segment=segment(arm=arm, horizon_days=horizon_days),
            method="wald_iv",
            n=len(both),
            events=int(happened.sum()),
            evidence="randomised",
        )
        interval = instrumented_difference(
            happened.astype(np.float64),
            is_treated(both),
            reached.astype(np.int64),
            stratum=cells(both),
            alpha=alpha,
        )
        note = "no_one_reached" if not reached.any() else "no_variation"
        rows.append(_filled(row, interval, min_events=min_events, note=note))
        rows += _reached_against_unreached(row, happened[treated], reached[treated], alpha=alpha)
    return rows


def _reached_against_unreached(
    row: Estimate, happened: Flags, reached: Flags, *, alpha: float
) -> list[Estimate]:
    interval = newcombe(
        (int(happened[reached].sum()), int(happened[~reached].sum())),
        (int(reached.sum()), int((~reached).sum())),
        alpha=alpha,
    )
    if interval is None:
        return []
    naive = replace(
        row,
        role="naive",
        method="reached_against_unreached",
        n=len(happened),
        events=int(happened.sum()),
        evidence="associational",
        note="selected_group",
    )
    return [replace(naive, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi)]


def not_randomised(arms: Sequence[str], *, horizon_days: int, n: int) -> list[Estimate]:
    """Refuse the effect of arms that were not drawn by lot."""
    return [
        Estimate(
            module=MODULE,
            quantity="return_share_difference",
            segment=segment(arm=arm, horizon_days=horizon_days),
            method="none",
            n=n,
            status="not_estimable",
            evidence="associational",
            note="not_randomised",
        )
        for arm in arms
    ]


def _filled(
    row: Estimate, interval: Interval | None, *, min_events: int, note: str = "no_variation"
) -> Estimate:
    """Fill a row with its interval, or refuse it where events are too few (G3)."""
    if interval is None:
        return refuse(row, note)
    status = status_by_events(row.events or 0, min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    return replace(
        row,
        estimate=interval.estimate,
        ci_lo=interval.lo,
        ci_hi=interval.hi,
        p=interval.p,
        status=status,
        note="too_few_events" if status == "weak" else row.note,
    )
