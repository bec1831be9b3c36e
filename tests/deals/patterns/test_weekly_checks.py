"""Weeks in two periods: pencil lives, and what nobody could know on the day of the turn."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from crm_analysis.deals.patterns.weekly_checks import (
    DISCOVERY,
    REPLICATION,
    turn_day,
    weekly_checks,
)

AS_OF = date(2026, 6, 30)
TURN = date(2026, 3, 1)
TIMES = ("opened_at", "closed_at", "closed_recorded_at")


def leads(*lives: tuple) -> ibis.Table:
    """Write (opened, closed, status[, closed typed in]) as leads a, b, …"""
    frame = pd.DataFrame(
        [
            {
                "lead_id": "abcdefgh"[place], "customer_id": "1", "rep_id": "r", "product": "p",
                "opened_at": life[0], "closed_at": life[1], "status": life[2],
                "closed_recorded_at": life[3] if len(life) > 3 else life[1],
            }
            for place, life in enumerate(lives)
        ]
    )  # fmt: skip
    for name in TIMES:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return ibis.duckdb.connect().create_table("leads", frame)


def rows(table: ibis.Table, period: int) -> list[tuple]:
    frame = weekly_checks(table, period=period, turn=TURN, as_of=AS_OF).execute()
    frame = frame.sort_values(["lead_id", "check_days"])
    return list(frame[["lead_id", "check_days", "cause"]].itertuples(index=False, name=None))


def test_a_loss_falls_into_the_week_after_the_last_check_before_it():
    told = leads(("2026-01-01 10:00", "2026-01-23 09:00", "lost"))  # day 22
    assert rows(told, DISCOVERY) == [("a", 7, 0), ("a", 14, 0), ("a", 21, 1)]
    assert rows(told, REPLICATION) == []


@pytest.mark.parametrize(("closed", "last"), [("2026-01-15", (7, 2)), ("2026-01-16", (14, 2))])
def test_an_ending_on_the_day_of_a_check_belongs_to_the_week_before(closed, last):
    """Day 14 is over when it is looked at."""
    found = rows(leads(("2026-01-01 10:00", closed, "won")), DISCOVERY)
    assert found[-1][1:] == last


def test_only_weeks_that_were_over_count():
    """Opened on 1 February, 28 days before the day before the turn; or 29 days before as_of."""
    assert rows(leads(("2026-02-01", None, "open")), DISCOVERY) == [("a", 7, 0), ("a", 14, 0)]
    since = rows(leads(("2026-06-01", None, "open")), REPLICATION)
    assert since == [("a", 7, 0), ("a", 14, 0), ("a", 21, 0)]


def test_a_lead_opened_before_the_turn_is_judged_by_what_was_known_then():
    """Closed after the turn, or before it but typed in later: open, as it seemed to be."""
    still = rows(leads(("2026-02-01", None, "open")), DISCOVERY)
    assert rows(leads(("2026-02-01", "2026-03-04", "lost")), DISCOVERY) == still
    assert rows(leads(("2026-02-01", "2026-02-12", "lost", "2026-03-04")), DISCOVERY) == still
    assert rows(leads(("2026-02-01", "2026-02-12", "lost", "2026-02-20")), DISCOVERY) != still


def test_what_happens_after_the_turn_changes_nothing_of_the_first_period():
    early = [("2026-01-05", "2026-02-01", "lost"), ("2026-01-20", None, "open")]
    later = [("2026-03-02", "2026-04-01", "lost"), ("2026-05-02", None, "open")]
    changed = [early[0], ("2026-01-20", "2026-05-05", "won")]
    assert rows(leads(*early), DISCOVERY) == rows(leads(*changed, *later), DISCOVERY)


def test_each_lead_counts_in_one_period():
    told = leads(*[(f"2026-0{month}-15", None, "open") for month in range(1, 6)])
    first, second = ({row[0] for row in rows(told, period)} for period in (0, 1))
    assert first == {"a"}  # no week of the second one was over by the turn
    assert second == {"c", "d", "e"}


def test_the_turn_balances_losses_before_and_since():
    """Eight leads that live five days, one opened each day: by 8 January two
    are lost, and the one opened then is still to be."""
    lives = [(f"2026-01-{day:02d}", f"2026-01-{day + 5:02d}", "lost") for day in range(1, 9)]
    assert turn_day(leads(*lives), as_of=AS_OF) == date(2026, 1, 8)
    assert turn_day(leads(("2026-01-01", "2026-02-01", "won")), as_of=AS_OF) is None
