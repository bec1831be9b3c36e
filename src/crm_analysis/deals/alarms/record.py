"""How good were the alarms that were really said: precision, lead time, false and missed ones.

Decisions:
* Only alarms whose horizon is over are judged, whether the deal ended early or not: those that
  ended early are not the same kind as those still open.
* A deal counts once, by its first alarm (of the month, or of the rule, where it is told by these):
  alarms of one deal on several days are not independent.
* So is a loss without an alarm: it counts once a horizon in which it could have been warned of is
  over; the others are counted as open.
* Where the key of an alarm was removed after it was settled as lost, a loss of that day without a
  name counts as its own. One that was not settled by then is void: its loss counts as missed as
  long as the deal itself is in the data.
* Void deals were none, and of deals that had ended by the day of the alarm nobody could be warned:
  neither is judged.
* What was kept back by lot was said to nobody: it is not in precision, false alarms and lead time.
  It is compared with what was said, which tells what warning does, not how good the rule is.

Source: Wilson (1927) for shares, Newcombe (1998) for their difference; the interval of a median by
order statistics, as in Conover (1999).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.alarms.settlement import Settled, balance
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import Interval, newcombe, wilson
from crm_analysis.source.frames import collect
from crm_analysis.state import OUTCOMES

MODULE = "M13"
LEAST_KEPT_BACK = 10
_COUNTED = ("raised", *OUTCOMES)


def record_estimates(
    settled: Settled, losses: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Tell the balance of the ledger, and how good its alarms were.

    Parameters
    ----------
    settled : Settled
        Alarms as they stand.
    losses : DataFrame
        From `warnable_losses`.
    """
    judged = _judged(settled.alarms)
    warned = judged[judged["warned"]]
    return (
        *_counts(settled),
        *_shares(warned, min_events=min_events, alpha=alpha),
        *_missed(losses, min_events=min_events, alpha=alpha),
        _contrast(judged, min_events=min_events, alpha=alpha),
    )


def warnable_losses(
    leads: ir.Table, settled: Settled, rounds: pd.DataFrame, *, as_of: date
) -> pd.DataFrame:
    """Return the deals lost within the horizon of a day of alarms on which they were open.

    Parameters
    ----------
    leads : Table
        As-of view.
    rounds : DataFrame
        The book's days of alarms: raised, horizon_days.
    as_of : date
        The last known day.

    Returns
    -------
    DataFrame
        One row per loss: month (of the loss), was_raised (the alarm was said), is_kept_back (its
        only alarms were kept back by lot), is_due (such a horizon is over: until then only the
        early ones of its losses are known).
    """
    if rounds.empty:
        return pd.DataFrame({"month": [], "was_raised": [], "is_kept_back": [], "is_due": []})
    frame = collect(loss_rows(leads, after=rounds["raised"].min().date()))
    warnable = pd.Series(False, index=frame.index)
    raised, silent, is_due = warnable.copy(), warnable.copy(), warnable.copy()
    ends = rounds["raised"] + pd.to_timedelta(rounds["horizon_days"], unit="D")
    for day, end in zip(rounds["raised"], ends, strict=True):
        open_then = (frame["opened"] <= day) & (frame["closed"] > day)
        met = open_then & (frame["closed"] <= end)
        warned = _warned(frame[met], settled.alarms[settled.alarms["raised"] == day])
        warnable |= met
        is_due |= met & (end <= pd.Timestamp(as_of))
        raised |= warned.eq(True).reindex(frame.index, fill_value=False)
        silent |= warned.eq(False).reindex(frame.index, fill_value=False)
    months = pd.to_datetime(frame["closed"]).dt.strftime("%Y-%m")
    found = pd.DataFrame(
        {"month": months, "was_raised": raised, "is_kept_back": silent & ~raised, "is_due": is_due}
    )
    return found[warnable].reset_index(drop=True)


def _warned(losses: pd.DataFrame, alarms: pd.DataFrame) -> pd.Series:
    """Say of losses whether the alarm of a day was said or kept back; missing where none was.

    A forgotten alarm that was settled as lost stands for one nameless loss of that day.
    """
    named = alarms.dropna(subset="name").set_index("name")["warned"]
    found = losses["lead_id"].map(named).astype(object)
    gone = alarms[alarms["name"].isna() & (alarms["outcome"] == "lost")]
    if gone.empty:
        return found
    warned = gone["warned"].set_axis(_turns(gone["ended_on"]))
    free = losses[found.isna()]
    return found.where(found.notna(), warned.reindex(_turns(free["closed"])).set_axis(free.index))


def _turns(days: pd.Series) -> pd.MultiIndex:
    """Number what falls on the same day."""
    day = pd.to_datetime(days)
    return pd.MultiIndex.from_arrays([day, day.groupby(day).cumcount()])


def loss_rows(leads: ir.Table, *, after: date) -> ir.Table:
    """Choose the leads lost after a day: lead_id, opened and closed (days)."""
    lost = leads.filter(leads.status == "lost", leads.closed_at.date() > ibis.literal(after))
    return lost.select("lead_id", opened=lost.opened_at.date(), closed=lost.closed_at.date())


def median_interval(values: Iterable[float], *, alpha: float = 0.05) -> Interval | None:
    """Where does the median lie? Order statistics; None where there are too few for the level.

    Examples
    --------
    >>> interval = median_interval(range(1, 11))
    >>> interval.lo, interval.estimate, interval.hi
    (2.0, 5.5, 9.0)
    """
    from scipy.stats import binom

    ordered = sorted(float(value) for value in values)
    n = len(ordered)
    cut = int(binom.ppf(alpha / 2, n, 0.5)) if n else 0
    if cut < 1:
        return None
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return Interval(estimate=middle, lo=ordered[cut - 1], hi=ordered[n - cut])


def _judged(alarms: pd.DataFrame) -> pd.DataFrame:
    """Keep the alarms that can be judged, oldest first."""
    can_be = alarms["is_due"] & ~alarms["had_ended"] & (alarms["outcome"] != "void")
    return alarms[can_be].sort_values(["raised", "subject"], ignore_index=True)


def _counts(settled: Settled) -> list[Estimate]:
    table = balance(settled)
    rows = [
        _count("alarm_count", segment(month=row["month"], outcome=name), row[name], row["raised"])
        for row in table.to_dict("records")
        for name in _COUNTED
    ]
    total = table[list(_COUNTED)].sum()
    rows += [
        _count("alarm_count", segment(outcome=name), total[name], total["raised"])
        for name in _COUNTED
    ]
    rows += [
        _count("alarm_corrected_count", segment(month=month), n, n_raised)
        for month, n, n_raised in zip(
            table["month"], table["corrected"], table["raised"], strict=True
        )
    ]
    return rows


def _count(quantity: str, where: str, value: int, n: int) -> Estimate:
    return Estimate(
        module=MODULE,
        quantity=quantity,
        segment=where,
        method="ledger",
        estimate=float(value),
        n=int(n),
        evidence="exact",
    )


def _shares(warned: pd.DataFrame, *, min_events: int, alpha: float) -> list[Estimate]:
    """Tell precision, false alarms and lead time in all, by month and by rule."""
    groups = [("", warned)]
    groups += [(segment(month=name), rows) for name, rows in warned.groupby("month")]
    groups += [(segment(rule_version=name), rows) for name, rows in warned.groupby("rule_version")]
    found = []
    for where, rows in groups:
        deals = rows.drop_duplicates("subject")
        lost = deals["outcome"] == "lost"
        for quantity, hits in (("alarm_precision", lost), ("alarm_false_share", ~lost)):
            found.append(_share(quantity, where, hits, min_events=min_events, alpha=alpha))
        days = (deals["ended_on"] - deals["raised"]).dt.days[lost]
        found.append(_lead_time(where, days, alpha=alpha))
    return found


def _share(
    quantity: str, where: str, hits: pd.Series, *, min_events: int, alpha: float
) -> Estimate:
    """Give the share of what is true; few subjects make it weak, none refuses it."""
    interval = wilson(int(hits.sum()), len(hits), alpha=alpha)
    row = Estimate(
        module=MODULE,
        quantity=quantity,
        segment=where,
        method="wilson",
        n=len(hits),
        events=int(hits.sum()),
    )
    if interval is None:
        return refuse(row, "nothing_due")
    return _with(row, interval, weak=len(hits) < min_events)


def _lead_time(where: str, days: pd.Series, *, alpha: float) -> Estimate:
    row = Estimate(
        module=MODULE,
        quantity="alarm_lead_time_days",
        segment=where,
        method="median_order_statistics",
        n=len(days),
        events=len(days),
    )
    interval = median_interval(days, alpha=alpha)
    return refuse(row, "too_few_events") if interval is None else _with(row, interval)


def _missed(losses: pd.DataFrame, *, min_events: int, alpha: float) -> list[Estimate]:
    """Tell the share of losses without an alarm, and how many losses are too early to judge.

    A loss whose alarm was kept back by lot was neither foretold nor missed: it is left out.
    """
    due = losses["is_due"].astype(bool)
    kept_back = losses["is_kept_back"].astype(bool)
    late, due = losses[~due], due & ~kept_back
    missed = ~losses.loc[due, "was_raised"].astype(bool)
    groups: list[tuple[str, pd.Series]] = [("", missed)]
    groups += [(segment(month=name), rows) for name, rows in missed.groupby(losses["month"])]
    shares = [
        _share("alarm_missed_share", where, rows, min_events=min_events, alpha=alpha)
        for where, rows in groups
    ]
    return [_count("alarm_losses_open_count", "", len(late), len(losses)), *shares]


def _contrast(judged: pd.DataFrame, *, min_events: int, alpha: float) -> Estimate:
    """Compare what was kept back by lot with what was said."""
    deals = judged.drop_duplicates("subject")
    lost = deals["outcome"] == "lost"
    arms = [lost[~deals["warned"]], lost[deals["warned"]]]
    row = Estimate(
        module=MODULE,
        quantity="unwarned_loss_difference",
        segment="",
        method="newcombe",
        n=len(deals),
        events=int(lost.sum()),
        family="M13:warning",
        evidence="randomised",
    )
    if min(map(len, arms)) < LEAST_KEPT_BACK:
        return refuse(row, "few_kept_back")
    events = (int(arms[0].sum()), int(arms[1].sum()))
    interval = newcombe(events, (len(arms[0]), len(arms[1])), alpha=alpha)
    assert interval is not None
    status = status_by_events(sum(events), min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    return _with(row, interval, weak=status == "weak")


def _with(row: Estimate, interval: Interval, *, weak: bool = False) -> Estimate:
    return replace(
        row,
        estimate=interval.estimate,
        ci_lo=interval.lo,
        ci_hi=interval.hi,
        p=interval.p,
        status="weak" if weak else "ok",
    )
