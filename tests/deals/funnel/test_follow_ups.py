"""Which follow-ups are overdue: every kind by pencil."""

from __future__ import annotations

from types import SimpleNamespace

import ibis
import pandas as pd

from crm_analysis.deals.funnel.days import day_of
from crm_analysis.deals.funnel.follow_ups import overdue, overdue_estimates
from tests.deals.funnel.pencil import book, stages

UNTIL = 1000


def lost(customer: str, next_buy: float, *, opened: int = 500) -> dict[str, object]:
    return {
        "customer_id": customer, "opened_day": opened, "status": "lost", "closed_day": 600.0,
        "lost_to": "postponed", "next_buy_day": next_buy,
    }  # fmt: skip


def found(rows: list[dict[str, object]], *, idle: float = 0.0, planned: tuple[int, ...] = ()):
    made = book(stages(rows), until=UNTIL)
    made.rows["idle_days"] = idle
    contacts = pd.DataFrame(
        {
            "lead_id": "L0000", "customer_id": "C1", "rep_id": "R1",
            "at": pd.Series([pd.NaT] * len(planned), dtype="datetime64[us]"),
            "planned_at": pd.to_datetime([day_of(day) for day in planned]).astype("datetime64[us]"),
        }
    ).astype(dict.fromkeys(("lead_id", "customer_id", "rep_id"), "string"))  # fmt: skip
    engine = ibis.duckdb.connect()
    table = engine.create_table("interactions", contacts)
    known = SimpleNamespace(tables={"interactions": table}, table=lambda _: table)
    return overdue(known, made)


def counted(frame: pd.DataFrame) -> dict[str, float]:
    rows = overdue_estimates(frame)
    assert {row.quantity for row in rows} == {"follow_ups_overdue_count"}
    return {row.segment: row.estimate for row in rows}


def test_a_postponed_buyer_is_due_from_the_day_named_for_a_year_until_he_asks_again():
    rows = [
        lost("C1", 1000.0),
        lost("C2", 1001.0),  # tomorrow
        lost("C3", 634.0),  # more than a year ago
        lost("C4", 900.0),
        {"customer_id": "C4", "opened_day": 700, "status": "won", "closed_day": 720.0},
    ]
    frame = found(rows)
    assert frame["customer_id"].tolist() == ["C1"]
    assert counted(frame)["kind=postponed"] == 1
    assert frame["days_overdue"].tolist() == [0]


def test_an_open_lead_is_silent_after_fourteen_days_without_contact():
    rows = [{"opened_day": 900}]
    assert counted(found(rows, idle=14.0))["kind=silent"] == 0
    frame = found(rows, idle=15.0)
    assert counted(frame)["kind=silent"] == 1
    assert frame["days_overdue"].tolist() == [1]


def test_a_planned_contact_is_overdue_once_its_day_is_over():
    frame = found([{"opened_day": 990}], planned=(999, 1000, 1001))
    assert counted(frame) == {"kind=silent": 0, "kind=planned": 1, "kind=postponed": 0}
    assert frame["due"].tolist() == [day_of(999).isoformat()]
