"""Spells: one row per lead, every edge of the module docstring."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from crm_analysis.survival.spells import SpellCount, count_spells, lead_spells

AS_OF = date(2026, 1, 31)


def leads(*rows):
    columns = ["lead_id", "opened_at", "closed_at", "status"]
    frame = pd.DataFrame(rows, columns=columns)
    for name in ("opened_at", "closed_at"):
        frame[name] = pd.to_datetime(frame[name], format="mixed").astype("datetime64[us]")
    return ibis.memtable(frame.assign(customer_id="c", rep_id="r", product="p"))


def spells(*rows, **how):
    frame = lead_spells(leads(*rows), as_of=AS_OF, **how).to_pandas()
    return {row.lead_id: (row.duration_days, row.cause) for row in frame.itertuples()}


def test_days_are_calendar_days_not_24_hours():
    row = ("a", "2026-01-01 23:00", "2026-01-02 01:00", "lost")
    assert spells(row) == {"a": (1, 1)}


def test_closed_on_the_opening_day_is_day_0():
    row = ("a", "2026-01-01 08:00", "2026-01-01 23:30", "won")
    assert spells(row) == {"a": (0, 2)}


@pytest.mark.parametrize(("status", "cause"), [("lost", 1), ("won", 2), ("void", 3)])
def test_each_ending_has_its_cause(status, cause):
    assert spells(("a", "2026-01-01", "2026-01-11", status)) == {"a": (10, cause)}


def test_open_leads_are_censored_at_as_of():
    rows = [("a", "2026-01-01", None, "open"), ("b", "2026-01-31 09:00", None, "open")]
    assert spells(*rows) == {"a": (30, 0), "b": (0, 0)}


def test_a_close_after_as_of_is_not_known_yet():
    assert spells(("a", "2026-01-01", "2026-02-01", "lost")) == {"a": (30, 0)}


def test_leads_without_a_spell_are_left_out_and_counted_by_reason():
    rows = [
        ("good", "2026-01-01", None, "open"),
        ("no opening", None, None, "open"),
        ("no closing", "2026-01-01", None, "lost"),
        ("backwards", "2026-01-05", "2026-01-02", "void"),
        ("later", "2026-02-05", None, "open"),
    ]
    assert spells(*rows) == {"good": (30, 0)}
    assert count_spells(leads(*rows), as_of=AS_OF) == SpellCount(
        n_leads=5,
        n_spells=1,
        n_without_opening=1,
        n_without_closing=1,
        n_closed_before_opening=1,
        n_opened_later=1,
    )


def test_landmark_keeps_who_is_open_after_it_and_counts_from_the_opening():
    rows = [
        ("on it", "2026-01-01", "2026-01-08", "lost"),
        ("after", "2026-01-01", "2026-01-09", "lost"),
        ("open on it", "2026-01-24", None, "open"),
        ("open after", "2026-01-23", None, "open"),
    ]
    assert spells(*rows, landmark_days=7) == {"after": (8, 1), "open after": (8, 0)}
    frame = lead_spells(leads(*rows), as_of=AS_OF, landmark_days=7).to_pandas()
    assert set(frame["entry_days"]) == {7}


def test_a_negative_landmark_is_refused():
    with pytest.raises(ValueError, match="0 and more"):
        lead_spells(leads(("a", "2026-01-01", None, "open")), as_of=AS_OF, landmark_days=-1)


def test_no_leads_no_spells():
    none = leads(("a", "2026-01-01", None, "open")).limit(0)
    assert lead_spells(none, as_of=AS_OF).count().execute() == 0
    assert count_spells(none, as_of=AS_OF).n_leads == 0
