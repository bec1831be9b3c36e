"""What became of alarms about open deals, by what is known on a later day.

Decisions:
* An ending within the horizon named in the alarm settles it; without one by then it is expired,
  and a later ending changes nothing in that.
* A deal that is no longer in the data keeps what was last said of it, and is void where nothing
  was; so is one whose key was removed.
* Nothing said is rewritten: where an ending is recorded late or changed, the new settlement is
  added and counts, and the difference is told as a correction. So is an alarm for a deal that had
  ended by the day of the alarm, which was not known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.source.frames import collect
from crm_analysis.state import OUTCOMES, AlarmBook, Settlement

SETTLED = tuple(one for one in OUTCOMES if one != "open")
_ENDINGS = ("lost", "won", "void")
_KEY = ["subject", "raised"]
_ROW = "\x1e"  # a sign that no id can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Alarms as they stand on a day.

    Parameters
    ----------
    alarms : DataFrame
        Those of the book with outcome, ended_on, is_due (its horizon is over), had_ended (by the
        day of the alarm already) and month, in the order of days and subjects.
    news : tuple of Settlement
        What differs from what was last said: for the ledger.
    corrections : DataFrame
        Every change of what was said so far, this day's included: subject, raised, seen, was, now.
    """

    alarms: pd.DataFrame
    news: tuple[Settlement, ...]
    corrections: pd.DataFrame


def alarm_endings(leads: ir.Table, names: Sequence[str]) -> pd.DataFrame:
    """Return how the leads stand that an alarm was raised for: lead_id, status, closed (a day).

    Parameters
    ----------
    leads : Table
        As-of view.
    names : sequence of str
        Their ids.
    """
    return collect(ending_rows(leads, names))


def ending_rows(leads: ir.Table, names: Sequence[str]) -> ir.Table:
    """Choose the named leads; the ids go in as one literal that the engine splits."""
    given = ibis.literal(_ROW.join(sorted(names))).split(_ROW).unnest().name("named").as_table()
    chosen = leads.semi_join(given, leads.lead_id == given.named)
    return chosen.select("lead_id", "status", closed=chosen.closed_at.date())


def settle(book: AlarmBook, endings: pd.DataFrame, *, as_of: date, kind: str) -> Settled:
    """Settle each alarm of a kind by what is known at the end of a day.

    Parameters
    ----------
    book : AlarmBook
        The ledger before that day.
    endings : DataFrame
        From `alarm_endings`; a lead that is missing is no longer in the data.
    """
    said = book.settlements[book.settlements["kind"] == kind]
    last = said.drop_duplicates(_KEY, keep="last")[[*_KEY, "outcome", "ended_on"]]
    last = last.rename(columns={"outcome": "said_outcome", "ended_on": "said_ended_on"})
    alarms = book.alarms[book.alarms["kind"] == kind].merge(last, on=_KEY, how="left")
    known = endings.rename(columns={"lead_id": "name"}).assign(is_known=True)
    alarms = alarms.merge(known, on="name", how="left").sort_values(
        ["raised", "subject"], ignore_index=True
    )
    alarms["closed"] = pd.to_datetime(alarms["closed"]).astype("datetime64[s]")
    alarms["said_outcome"] = alarms["said_outcome"].fillna("open")
    alarms = _judged(alarms, pd.Timestamp(as_of))
    news = _news(alarms, as_of=as_of, kind=kind)
    alarms["month"] = alarms["raised"].dt.strftime("%Y-%m").astype(object)
    return Settled(
        alarms=alarms.drop(columns=["status", "closed", "is_known"]),
        news=news,
        corrections=_corrections(alarms, said, news),
    )


def _judged(alarms: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Add outcome, ended_on, is_due and had_ended."""
    due = alarms["raised"] + pd.to_timedelta(alarms["horizon_days"], unit="D")
    is_due = due <= today
    here = alarms["is_known"].eq(True)
    in_time = alarms["closed"].isna() | (alarms["closed"] <= due)
    ended = here & alarms["status"].isin(_ENDINGS) & in_time
    outcome = pd.Series("open", index=alarms.index, dtype=object)
    outcome = outcome.mask(here & ~ended & is_due, "expired")
    outcome = outcome.mask(ended, alarms["status"])
    gone = alarms["said_outcome"].where(alarms["said_outcome"] != "open", "void")
    return alarms.assign(
        outcome=outcome.where(here, gone),
        ended_on=alarms["closed"].where(ended).where(here, alarms["said_ended_on"]),
        is_due=is_due,
        had_ended=ended & (alarms["closed"] <= alarms["raised"]),
    )


def _news(alarms: pd.DataFrame, *, as_of: date, kind: str) -> tuple[Settlement, ...]:
    same_day = (alarms["ended_on"] == alarms["said_ended_on"]) | (
        alarms["ended_on"].isna() & alarms["said_ended_on"].isna()
    )
    rows = alarms[(alarms["outcome"] != alarms["said_outcome"]) | ~same_day]
    return tuple(
        Settlement(
            kind=kind,
            subject=str(row["subject"]),
            raised=row["raised"].date(),
            as_of=as_of,
            outcome=row["outcome"],
            ended_on=None if pd.isna(row["ended_on"]) else row["ended_on"].date(),
        )
        for row in rows.to_dict("records")
    )


def _corrections(
    alarms: pd.DataFrame, said: pd.DataFrame, news: tuple[Settlement, ...]
) -> pd.DataFrame:
    """List what was said and is said otherwise (ending or its day), and alarms after an ending."""
    added = pd.DataFrame(
        [
            {"subject": one.subject, "raised": one.raised, "as_of": one.as_of, "now": one.outcome,
             "ended_on": one.ended_on}
            for one in news
        ],
        columns=["subject", "raised", "as_of", "now", "ended_on"],
    )  # fmt: skip
    for name in ("raised", "as_of", "ended_on"):
        added[name] = pd.to_datetime(added[name]).astype("datetime64[s]")
    before = said.rename(columns={"outcome": "now"})[list(added.columns)]
    rows = pd.concat([before, added]) if len(before) else added
    rows = rows.merge(alarms[_KEY], on=_KEY).sort_values([*_KEY, "as_of"], ignore_index=True)
    before_it = rows.groupby(_KEY)
    rows["was"] = before_it["now"].shift().fillna("open")
    was_ended = before_it["ended_on"].shift()
    late = (rows["was"] == "open") & (rows["ended_on"] <= rows["raised"])
    moved = (was_ended != rows["ended_on"]) & (was_ended.notna() | rows["ended_on"].notna())
    changed = (rows["was"] != "open") & ((rows["was"] != rows["now"]) | moved)
    told = rows[late | changed].rename(columns={"as_of": "seen"})
    return told[["subject", "raised", "seen", "was", "now"]].reset_index(drop=True)


def balance(settled: Settled) -> pd.DataFrame:
    """Count alarms by month: raised, each outcome, kept back and corrected.

    Returns
    -------
    DataFrame
        One row per month: month, raised, lost, won, void, expired, open (which add up to raised),
        kept_back, corrected.
    """
    alarms = settled.alarms
    changed = pd.MultiIndex.from_frame(settled.corrections[_KEY])
    alarms = alarms.assign(
        corrected=pd.MultiIndex.from_frame(alarms[_KEY]).isin(changed),
        kept_back=~alarms["warned"],
    )
    months = alarms.groupby("month", sort=True)
    counts = months.size().rename("raised").to_frame()
    for outcome in OUTCOMES:
        counts[outcome] = months["outcome"].agg(lambda rows, one=outcome: int((rows == one).sum()))
    for flag in ("kept_back", "corrected"):
        counts[flag] = months[flag].sum().astype("int64")
    return counts.reset_index()
