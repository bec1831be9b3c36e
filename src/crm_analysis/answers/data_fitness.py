"""Notebook 00: is the data fit to answer?

Decision: nothing is inferred here. The page tells what is there, what came late, what was
repaired or left out, and which answers are off; numbers on rows from after as_of stand in one
block of this page (the table `rows_in_and_out`) and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.fitness import Fitness, measure
from crm_analysis.answers.fitness_pictures import fitness_pictures
from crm_analysis.answers.fitness_tables import fitness_lists, fitness_tables
from crm_analysis.answers.fitness_words import fitness_findings, headline, limits, todo
from crm_analysis.deals.leak_audit import LeakAudit, LeakWindow
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
from crm_analysis.results import Kpi, NotebookResult

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "00_data_fitness"


def answer(known: Known, config: Config | None = None, *, seed: int = 0) -> NotebookResult:
    """Is the data fit to answer the questions of the other notebooks?

    Parameters
    ----------
    known : Known
        The as-of views with what checking and loading found.
    config : Config, optional
        Settings; None means those of the source.
    seed : int
        Start of the random draws.

    Returns
    -------
    NotebookResult
        Coverage of tables, columns and lost leads; typing delays and batches; lead states;
        the leak audit; repairs and exclusions; what is switched off and why.
    """
    settings = known.config if config is None else config
    fitness = measure(known, settings, seed=seed)
    worst = fitness.leaks is not None and fitness.leaks.red_flag
    estimates = fitness_estimates(fitness)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if worst or known.stale is not None else "ok",
        headline=headline(known, fitness),
        findings=fitness_findings(known, fitness),
        kpis=_kpis(estimates, fitness),
        estimates=estimates,
        tables=fitness_tables(known, fitness),
        pictures=fitness_pictures(fitness),
        lists=fitness_lists(known, fitness),
        does_not_show=limits(fitness),
        todo=todo(fitness),
        rows={row["table"]: int(row["n_known"]) for row in fitness.newest.to_dict("records")},
    )


def fitness_estimates(fitness: Fitness) -> tuple[Estimate, ...]:
    """Write the measures as estimate rows of module M00; none of them is tested."""
    return (
        *_table_rows(fitness),
        *_item_rows(fitness.items),
        *_delay_rows(fitness.delays),
        *_batch_rows(fitness.batches),
        *_state_rows(fitness.states),
        *(_leak_rows(fitness.leaks) if fitness.leaks is not None else ()),
    )


def _row(quantity: str, of: str, value: float | None, **rest: object) -> Estimate:
    settings = {"role": "diagnostic", "evidence": "exact", **rest}
    return Estimate(
        module="M00",
        quantity=quantity,
        segment=of,
        method="count",
        estimate=None if value is None else float(value),
        **settings,  # type: ignore[arg-type]
    )


def _share_row(quantity: str, of: str, events: int, n: int) -> Estimate:
    if n == 0:
        return _row(quantity, of, None, n=0, events=0, status="not_estimable")
    return _row(quantity, of, events / n, n=n, events=events)


def _table_rows(fitness: Fitness) -> list[Estimate]:
    rows = []
    given = fitness.filled[fitness.filled["given"]]
    for row in fitness.newest.to_dict("records"):
        of, own = segment(table=row["table"]), given[given["table"] == row["table"]]
        rows.append(_row("rows_known_count", of, row["n_known"], n=row["n_known"]))
        cells, filled = int(own["n_rows"].sum()), int(own["n_filled"].sum())
        rows.append(_share_row("filled_share", of, filled, cells))
        if pd.notna(row["age_days"]):
            rows.append(_row("newest_row_age_days", of, row["age_days"]))
    return [*rows, _total_filled(given)]


def _total_filled(given: pd.DataFrame) -> Estimate:
    return _share_row("filled_share", "", int(given["n_filled"].sum()), int(given["n_rows"].sum()))


def _item_rows(items: pd.DataFrame) -> list[Estimate]:
    return [
        _share_row(
            "lost_leads_with_data_share", segment(item=row["item"]), row["n_with"], row["n_lost"]
        )
        for row in items.to_dict("records")
    ]


def _delay_rows(delays: pd.DataFrame) -> list[Estimate]:
    rows = []
    for row in delays.to_dict("records"):
        table, n = row["table"], int(row["n_timed"])
        of = segment(table=table)
        rows.append(_row("typing_delay_median_days", of, row["median_days"], n=n))
        rows += [
            _share_row("typed_late_share", segment(table=table, over_days=days), int(row[name]), n)
            for name, days in over_days(delays).items()
        ]
    for name, days in over_days(delays).items():
        late, timed = int(delays[name].sum()), int(delays["n_timed"].sum())
        rows.append(_share_row("typed_late_share", segment(over_days=days), late, timed))
    return rows


def over_days(delays: pd.DataFrame) -> dict[str, int]:
    """Name the threshold columns of the delays frame and their days."""
    return {str(c): int(str(c)[7:]) for c in delays.columns if str(c).startswith("n_over_")}


def _batch_rows(batches: pd.DataFrame) -> list[Estimate]:
    return [
        _row("batch_typed_share", segment(table=row["table"]), row["typed_share"], n=row["n_rows"])
        for row in batches.to_dict("records")
    ]


def _state_rows(states: pd.DataFrame) -> list[Estimate]:
    total = int(states["n"].sum()) if len(states) else 0
    return [
        _row("lead_state_count", segment(state=row["state"]), row["n"], n=total)
        for row in states.to_dict("records")
    ]


def _leak_rows(leaks: LeakAudit) -> list[Estimate]:
    rows = [row for window in leaks.windows for row in _window_rows(window)]
    total = int(leaks.by_rep["n_late"].sum())
    rows.append(_share_row("typed_after_end_share", "", total, leaks.n_contacts))
    for rep in leaks.by_rep[leaks.by_rep["n_late"] > 0].dropna(subset="rep_id").to_dict("records"):
        of = segment(rep_id=rep["rep_id"])
        rows.append(
            _share_row("typed_after_end_share", of, int(rep["n_late"]), int(rep["n_contacts"]))
        )
    return rows


def leak_segment(window: LeakWindow) -> str:
    """Write the segment of a window: window=closing or window=day_14, then rep_id."""
    days = window.landmark_days
    pairs = {"window": "closing" if days is None else f"day_{days}"}
    return segment(**pairs, **({} if window.rep_id is None else {"rep_id": window.rep_id}))


def _window_rows(window: LeakWindow) -> tuple[Estimate, ...]:
    of, n = leak_segment(window), window.n_lost + window.n_won
    settings: dict[str, object] = {"n": n, "events": window.n_lost, "evidence": "descriptive"}
    if window.gap is None:
        settings |= {"status": "not_estimable", "note": "too_few_events"}
    late = {**settings, "role": "naive"}
    if window.gap is not None:
        late["note"] = "typed_after_the_end"
    return (
        _row("contacts_auc", of, window.guarded_auc, **settings),
        _row("contacts_auc", of, window.unguarded_auc, **late),
        _row("leak_auc_gap", of, window.gap, **settings),
    )


def _kpis(estimates: Sequence[Estimate], fitness: Fitness) -> tuple[Kpi, ...]:
    """Choose the cards; one whose number cannot be told is left out."""
    late = next(iter(over_days(fitness.delays).values()), 30)
    modules = {module for switch in fitness.off for module in switch.off if module[0] == "M"}
    cards = [
        _card(estimates, "filled_share", "", Text("fields filled in", "字段填写率"), "up"),
        _card(
            estimates,
            "typed_late_share",
            segment(over_days=late),
            Text(f"rows typed more than {late} days late", f"迟于 {late} 天录入的行"),
            "down",
        ),
        _card(
            estimates,
            "lost_leads_with_data_share",
            segment(item="stated_reason"),
            Text("lost leads with a stated reason", "有丢单原因的丢单"),
            "up",
        ),
        _card(
            estimates,
            "typed_after_end_share",
            "",
            Text("contacts typed after the lead's end", "商机结束后才录入的联系"),
            "down",
        ),
        Kpi(
            name="modules_off",
            label=Text("analyses switched off", "关闭的分析"),
            value=len(modules),
            unit="count",
            good="down",
        ),
    ]
    return tuple(card for card in cards if card is not None)


def _card(
    estimates: Sequence[Estimate], quantity: str, of: str, label: Text, good: str
) -> Kpi | None:
    for row in estimates:
        if (row.quantity, row.segment) == (quantity, of) and row.estimate is not None:
            return Kpi(
                name=quantity,
                label=label,
                value=row.estimate,
                unit="share",
                good="up" if good == "up" else "down",
                estimate_key=row.key,
            )
    return None
