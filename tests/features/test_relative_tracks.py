"""Tracks of closed leads on twelve points of their life, beside numpy's interpolation."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.features.relative_tracks import N_POINTS, POINTS, relative_tracks

AS_OF = date(2026, 3, 31)
OPENED = pd.Timestamp("2026-01-01 09:00")
LIFE = pd.Timedelta(hours=110)  # a step of the grid is ten hours


def made(values, *, status="lost", lead="L1", known=None, **options):
    """The track of one lead from (hours after the opening, value) pairs."""
    hours = [hour for hour, _ in values]
    at = OPENED + pd.to_timedelta(hours, unit="h")
    typed = at if known is None else OPENED + pd.to_timedelta(known, unit="h")
    leads = pd.DataFrame(
        {
            "lead_id": [lead],
            "customer_id": ["C1"],
            "opened_at": [OPENED],
            "closed_at": [OPENED + LIFE if status != "open" else pd.NaT],
            "status": [status],
        }
    ).astype({"opened_at": "datetime64[us]", "closed_at": "datetime64[us]"})
    told = pd.DataFrame(
        {
            "customer_id": "C1",
            "lead_id": lead,
            "at": at,
            "known_at": typed,
            "kind": "deal_probability",
            "value_num": [value for _, value in values],
        }
    )
    con = ibis.duckdb.connect()
    con.create_table("leads", leads)
    con.create_table("told", told)
    rows = relative_tracks(con.table("leads"), con.table("told"), as_of=AS_OF, **options)
    return rows.execute()


def points(frame):
    return frame.loc[0, list(POINTS)].to_numpy(float)


def test_a_track_by_pencil():
    """Level before the first, straight between, level after the last."""
    found = points(made([(10, 0.2), (30, 0.6), (80, 0.1)]))
    by_hand = [0.2, 0.2, 0.4, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]
    assert found == pytest.approx(by_hand)


def test_the_last_value_carried_forward_by_pencil():
    found = points(made([(10, 0.2), (30, 0.6), (80, 0.1)], between="last_value"))
    by_hand = [0.2, 0.2, 0.2, 0.6, 0.6, 0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.1]
    assert found == pytest.approx(by_hand)


def test_of_one_moment_what_was_typed_last_counts():
    values = [(0, 0.5), (55, 0.4), (55, 0.8), (55, 0.6)]
    found = points(made(values, known=[0, 55, 60, 56]))
    assert found[5] == pytest.approx(0.5 + 0.3 * 50 / 55)
    assert found[6:] == pytest.approx([0.8] * 6)


def test_what_is_set_at_the_end_or_typed_later_tells_nothing():
    values = [(0, 0.5), (50, 0.7), (110, 0.0), (60, 0.1)]
    found = made(values, known=[0, 50, 110, 111])
    assert found.loc[0, "n_assessments"] == 2
    assert points(found)[-1] == pytest.approx(0.7)


def test_the_last_days_can_be_left_out():
    values = [(0, 0.5), (50, 0.7), (100, 0.1)]
    assert made(values).loc[0, "last_value"] == pytest.approx(0.1)
    assert made(values, lag_days=1).loc[0, "last_value"] == pytest.approx(0.7)


@pytest.mark.parametrize(("step", "turns"), [(0.2, 2), (0.3, 0)])
def test_the_step_of_a_turn_bites(step, turns):
    values = [(0, 0.5), (20, 0.7), (40, 0.5), (60, 0.7)]
    assert made(values, reversal_step=step).loc[0, "n_reversals"] == turns


@pytest.mark.parametrize("status", ["open", "void"])
def test_only_lost_and_won_leads_have_one(status):
    assert made([(0, 0.5)], status=status).empty
    assert len(made([(0, 0.5)], status="won")) == 1


def test_many_tracks_equal_numpy(crm, frames):
    """Every closed lead of the random CRM, against numpy.interp of its seconds."""
    leads = frames["leads"].assign(status="lost")
    con = ibis.duckdb.connect()
    con.create_table("leads", leads)
    con.create_table("told", frames["assessments"])
    found = relative_tracks(con.table("leads"), con.table("told"), as_of=AS_OF).execute()
    found = found.set_index("lead_id")
    told = frames["assessments"]
    told = told[(told["kind"] == "deal_probability") & told["value_num"].notna()]
    n_compared = 0
    for lead in leads[leads["closed_at"].notna()].itertuples():
        mine = told[
            (told["lead_id"] == lead.lead_id)
            | (told["lead_id"].isna() & (told["customer_id"] == lead.customer_id))
        ]
        mine = mine[(mine["at"] >= lead.opened_at) & (mine["known_at"] < lead.closed_at)]
        mine = mine.sort_values(["at", "known_at", "value_num"], ascending=[True, True, False])
        mine = mine.drop_duplicates("at", keep="last")
        row = found.loc[lead.lead_id]
        if mine.empty:
            assert row[list(POINTS)].isna().all()
            continue
        seconds = (mine["at"] - lead.opened_at).dt.total_seconds()
        grid = np.linspace(0, (lead.closed_at - lead.opened_at).total_seconds(), N_POINTS)
        wanted = np.interp(grid, seconds, mine["value_num"])
        assert row[list(POINTS)].to_numpy(float) == pytest.approx(wanted, rel=1e-9)
        n_compared += 1
    assert n_compared > 50
