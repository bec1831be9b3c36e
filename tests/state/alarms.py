"""Alarms for the tests of the ledger."""

from __future__ import annotations

from datetime import date

from crm_analysis.state import Alarm, Round, Settlement

MARCH, APRIL, MAY = date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)
EVER = date(2100, 1, 1)


def alarm(name="L1", day=MARCH, **changes):
    given = {
        "kind": "open_deal",
        "name": name,
        "person": f"C-{name}",
        "as_of": day,
        "rule_version": "1",
        "horizon_days": 90,
        "score": 0.7,
        "advice": "act",
        "pattern": "sudden_drop",
        "warned": True,
    }
    return Alarm(**(given | changes))


def a_round(day=MARCH, n_watched=10):
    return Round(
        kind="open_deal", as_of=day, rule_version="1", horizon_days=90, n_watched=n_watched
    )


def settlement(subject, day=APRIL, outcome="lost", ended_on=date(2026, 4, 12)):
    return Settlement(
        kind="open_deal", subject=subject, raised=MARCH, as_of=day, outcome=outcome,
        ended_on=ended_on,
    )  # fmt: skip
