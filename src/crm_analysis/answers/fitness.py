"""What notebook 00 measures: coverage, typing time, batches, freshness, leaks; no wording.

Everything here but `Fitness.rows_in` rests on the as-of view, so that rows from after as_of
change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.contract import LEAD_STATES, TABLES
from crm_analysis.contract.switches import Switch, switched_off
from crm_analysis.deals.leak_audit import LeakAudit, leak_audit
from crm_analysis.features.coverage import ITEMS, filled_counts, lost_leads_with_data
from crm_analysis.features.typing import rows_per_day, typing_delays
from crm_analysis.source.frames import collect

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

TOP_DAYS_SHARE = 0.01
MIN_BATCH_SHARE = 0.10
MIN_BATCH_RATIO = 3.0
MIN_BATCH_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """The measures, one frame each, sorted by table.

    Parameters
    ----------
    filled : DataFrame
        table, column, required, given, n_rows, n_filled.
    items : DataFrame
        item, n_lost, n_with: data held on lost leads; empty without lost leads.
    delays : DataFrame
        table, n_timed, median_days, then n_over_<days> per threshold.
    batches : DataFrame
        table, n_rows, n_top_days, typed_share, event_share, heaviest_day, heaviest_n, flagged.
    states : DataFrame
        state, n.
    newest : DataFrame
        table, n_known, newest_day, age_days.
    leaks : LeakAudit or None
        None without leads, contacts or their typing time.
    off : tuple of Switch
        What the source lacks.
    """

    filled: pd.DataFrame
    items: pd.DataFrame
    delays: pd.DataFrame
    batches: pd.DataFrame
    states: pd.DataFrame
    newest: pd.DataFrame
    leaks: LeakAudit | None
    off: tuple[Switch, ...]


def measure(known: Known, config: Config, *, seed: int = 0) -> Fitness:
    """Measure the data's fitness for all notebooks.

    Parameters
    ----------
    known : Known
        The as-of views.
    config : Config
        Late thresholds and landmarks.
    seed : int
        Of the leak audit's folds.
    """
    return Fitness(
        filled=_filled(known),
        items=_items(known),
        delays=_delays(known, config.late_reason_days),
        batches=_batches(known),
        states=_states(known),
        newest=_newest(known),
        leaks=_leaks(known, config, seed=seed),
        off=switched_off(known.given_columns),
    )


def _present(known: Known) -> list[str]:
    return [name for name in TABLES if name in known.tables]


def _filled(known: Known) -> pd.DataFrame:
    rows = []
    for name in _present(known):
        contract, given = TABLES[name], known.given_columns[name]
        columns = [column for column in contract.column_names if column in given]
        counts = collect(filled_counts(known.table(name), columns=columns)).iloc[0]
        rows += [
            {
                "table": name,
                "column": column,
                "required": column in contract.required,
                "given": column in given,
                "n_rows": int(counts["n_rows"]),
                "n_filled": int(counts[f"n_{column}"]) if column in given else 0,
            }
            for column in contract.column_names
        ]
    return pd.DataFrame(rows)


def _items(known: Known) -> pd.DataFrame:
    frame = pd.DataFrame(columns=["item", "n_lost", "n_with"])
    if "leads" not in known.tables:
        return frame
    counts = collect(lost_leads_with_data(known.tables, as_of=known.as_of)).iloc[0]
    if counts["n_lost"] == 0:
        return frame
    rows = [(item, int(counts["n_lost"]), int(counts.get(item, 0))) for item in ITEMS]
    return pd.DataFrame(rows, columns=list(frame.columns))


def _timed(known: Known) -> list[tuple[str, tuple[str, ...], str]]:
    """List the tables whose typing time and event time are known, with their columns."""
    timed = []
    for name in _present(known):
        contract = TABLES[name]
        events = ("event_at",) if name == "reasons" else contract.event_time
        if events and contract.recorded and known.has(name, contract.recorded):
            timed.append((name, events, contract.recorded))
    return timed


def _delays(known: Known, thresholds: Sequence[int]) -> pd.DataFrame:
    rows = []
    for name, events, recorded in _timed(known):
        expr = typing_delays(known.table(name), event_columns=events, recorded=recorded)
        counts = collect(expr).sort_values("delay_days", ignore_index=True)
        n = int(counts["n"].sum())
        if n == 0:
            continue
        late = {
            f"n_over_{days}": int(counts.loc[counts["delay_days"] > days, "n"].sum())
            for days in thresholds
        }
        rows.append({"table": name, "n_timed": n, "median_days": _median(counts), **late})
    names = ["table", "n_timed", "median_days", *(f"n_over_{days}" for days in thresholds)]
    return pd.DataFrame(rows, columns=names)


def _median(counts: pd.DataFrame) -> float:
    """Return the lower median of a sorted frequency table."""
    position = (counts["n"].sum() + 1) // 2
    return float(counts.loc[counts["n"].cumsum() >= position, "delay_days"].iloc[0])


def _batches(known: Known) -> pd.DataFrame:
    rows = [_batch(known, *timed) for timed in _timed(known)]
    names = ["table", "n_rows", "n_top_days", "typed_share", "event_share"]
    names += ["heaviest_day", "heaviest_n", "flagged"]
    return pd.DataFrame([row for row in rows if row], columns=names)


def _batch(
    known: Known, name: str, events: tuple[str, ...], recorded: str
) -> dict[str, object] | None:
    """Compare typing with events: which share lies on each one's heaviest 1 % of days?

    The days are the calendar days from the first to the last; a flag needs a tenth of all rows
    typed on those days, three times what events would explain.
    """
    table = known.table(name)
    typed = collect(rows_per_day(table, columns=[recorded]))
    happened = collect(rows_per_day(table, columns=events))
    if typed.empty or happened.empty or typed["n"].sum() < MIN_BATCH_ROWS:
        return None
    typed = typed.sort_values(["n", "day"], ascending=[False, True], ignore_index=True)
    typed_share, event_share = _top_share(typed), _top_share(happened)
    heaviest = typed.iloc[0]
    return {
        "table": name,
        "n_rows": int(typed["n"].sum()),
        "n_top_days": _n_top_days(typed),
        "typed_share": typed_share,
        "event_share": event_share,
        "heaviest_day": heaviest["day"].date().isoformat(),
        "heaviest_n": int(heaviest["n"]),
        "flagged": typed_share >= max(MIN_BATCH_SHARE, MIN_BATCH_RATIO * event_share),
    }


def _n_top_days(days: pd.DataFrame) -> int:
    moments = pd.to_datetime(days["day"])
    span = (moments.max() - moments.min()).days + 1
    return max(1, math.floor(TOP_DAYS_SHARE * span))


def _top_share(days: pd.DataFrame) -> float:
    top = days["n"].nlargest(_n_top_days(days)).sum()
    return float(top / days["n"].sum())


def _states(known: Known) -> pd.DataFrame:
    if "leads" not in known.tables or known.stale is not None:
        return pd.DataFrame(columns=["state", "n"])
    leads = known.table("leads")
    counts = collect(leads.group_by("state").aggregate(n=leads.count()))
    number = dict(zip(counts["state"], counts["n"], strict=True))
    return pd.DataFrame([{"state": s, "n": int(number.get(s, 0))} for s in LEAD_STATES])


def _newest(known: Known) -> pd.DataFrame:
    rows = []
    for name in _present(known):
        table = known.table(name)
        found = collect(table.aggregate(n=table.count(), newest=table.known_at.max())).iloc[0]
        newest = pd.Timestamp(found["newest"])
        unknown = pd.isna(newest)
        rows.append(
            {
                "table": name,
                "n_known": int(found["n"]),
                "newest_day": None if unknown else newest.date().isoformat(),
                "age_days": None if unknown else (known.as_of - newest.date()).days,
            }
        )
    return pd.DataFrame(rows)


def _leaks(known: Known, config: Config, *, seed: int) -> LeakAudit | None:
    if "leads" not in known.tables or not known.has("interactions", "recorded_at"):
        return None
    leads, interactions = known.table("leads"), known.table("interactions")
    return leak_audit(leads, interactions, landmarks_days=config.landmark_days, seed=seed)
