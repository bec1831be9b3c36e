"""What can be measured of stated reasons, on a lead small enough for pencil and paper."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from crm_analysis.features import counterparts

AS_OF = date(2026, 1, 31)
DAY = {"landmark_days": 7, "as_of": AS_OF}


def _table(con, name, frame):
    return con.create_table(name, frame, overwrite=True)


@pytest.fixture
def con():
    return ibis.duckdb.connect()


def _leads(con, **columns):
    nothing = {"quoted_price": None, "rival_price": None, "budget": None}
    clocks = dict.fromkeys(("quoted_at", "rival_price_at", "budget_at", "closed_at"))
    frame = pd.DataFrame(
        {"lead_id": ["a"], "customer_id": ["1"], "opened_at": ["2026-01-01 10:00"]}
        | {name: [value] for name, value in {**nothing, **clocks, **columns}.items()}
    )
    for name in (*clocks, "opened_at"):
        frame[name] = pd.to_datetime(frame[name])
    frame = frame.astype({name: "float64" for name in nothing})
    return _table(con, "leads", frame)


def _contacts(con, rows):
    names = ["at", "known_at", "direction", "purpose", "is_scripted", "asked_at", "answered_at"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("at", "known_at", "asked_at", "answered_at"):
        frame[name] = pd.to_datetime(frame[name])
    frame["is_scripted"] = frame["is_scripted"].astype("boolean")
    frame["purpose"] = frame["purpose"].astype("string")
    frame = frame.assign(
        interaction_id=[str(i) for i in range(len(frame))], lead_id="a", customer_id="1"
    )
    table = _table(con, "contacts", frame)
    return table.mutate(round_id=ibis.null("string"))


def test_contacts_by_pencil(con):
    """First answer after 26 hours; one question open, ours is none; one of two purposes sells."""
    rows = [
        ("2026-01-01 12:00", "2026-01-01 12:00", "in", None, None, "2026-01-01 12:00", None),
        ("2026-01-02 12:00", "2026-01-02 12:00", "out", "sell", True, None, None),
        ("2026-01-03 12:00", "2026-01-03 12:00", "out", "care", False, None, None),
        (
            "2026-01-04 12:00",
            "2026-01-04 12:00",
            "in",
            None,
            None,
            "2026-01-04 12:00",
            "2026-01-05 12:00",
        ),
        ("2026-01-01 11:00", "2026-01-20 12:00", "out", "promo", True, None, None),
        ("2026-01-03 13:00", "2026-01-03 13:00", "out", None, None, "2026-01-03 13:00", None),
    ]
    row = counterparts.of_contacts(_leads(con), _contacts(con, rows), **DAY).execute().iloc[0]
    assert row.response_hours == 26
    assert row.n_unanswered == 1
    assert (row.selling_share, row.scripted_share) == (0.5, 0.5)


def test_a_lead_that_nobody_called_has_waited_the_whole_window(con):
    rows = [("2026-01-01 12:00", "2026-01-01 12:00", "in", None, None, None, None)]
    row = counterparts.of_contacts(_leads(con), _contacts(con, rows), **DAY).execute().iloc[0]
    assert row.response_hours == 7 * 24 + 14
    assert pd.isna(row.selling_share)


@pytest.mark.parametrize(
    ("given", "gap", "timed"),
    [
        ({"quoted_price": 110, "quoted_at": "2026-01-02", "rival_price": 100,
          "rival_price_at": "2026-01-03", "budget": 55, "budget_at": "2026-01-01"}, 0.1, True),
        ({"quoted_price": 110, "quoted_at": "2026-01-02", "rival_price": 100,
          "rival_price_at": "2026-01-09", "budget": 55, "budget_at": "2026-01-01"}, 1.0, True),
        ({"quoted_price": 110, "quoted_at": "2026-01-09", "rival_price": 100,
          "rival_price_at": "2026-01-03"}, None, True),
        ({"quoted_price": 110, "rival_price": 100}, 0.1, False),
        ({"quoted_price": 110, "quoted_at": "2026-01-02", "rival_price": 0,
          "rival_price_at": "2026-01-03"}, None, True),
    ],
)  # fmt: skip
def test_the_price_gap_takes_the_rival_then_the_budget_as_known_at_the_landmark(
    con, given, gap, timed
):
    row = counterparts.of_prices(_leads(con, **given), **DAY).execute().iloc[0]
    assert (
        row.price_gap_share == pytest.approx(gap)
        if gap is not None
        else pd.isna(row.price_gap_share)
    )
    assert bool(row.price_time_known) is timed


def test_trouble_of_the_last_year_counts_as_it_was_known(con):
    """Two tones, one fault, one broken promise: broken later is open, a dispute is none."""
    names = ["opened_at", "known_at", "kind", "tone", "counts_at", "resolved_at", "outcome"]
    rows = [
        ("2025-12-01", "2025-12-01", "fault", "lie;ignored", None, "2025-12-05", "resolved"),
        ("2025-12-02", "2025-12-02", "promise", None, None, "2025-12-20", "broken"),
        ("2025-12-30", "2025-12-30", "promise", "lie", None, "2026-01-20", "broken"),
        ("2024-06-01", "2024-06-01", "fault", "lie", None, "2024-06-02", "resolved"),
        ("2025-12-03", "2025-12-03", "dispute", None, None, "2025-12-19", "broken"),
    ]
    frame = pd.DataFrame(rows, columns=names).assign(customer_id="1")
    for name in ("opened_at", "known_at", "counts_at", "resolved_at"):
        frame[name] = pd.to_datetime(frame[name])
    found = counterparts.of_issues(_leads(con), _table(con, "issues", frame), **DAY)
    row = found.execute().iloc[0]
    assert (row.n_harsh_tones, row.n_faults, row.n_broken_promises) == (2, 1, 1)
    assert row.handling_days == pytest.approx((4 + 18 + 10 + 16) / 4)


def test_a_profile_typed_after_the_opening_is_not_known(con):
    frame = pd.DataFrame(
        {
            "customer_id": ["1"],
            "distance_km": [5.0],
            "income_annual": [9000.0],
            "rival_opened_at": pd.to_datetime(["2026-01-08"]),
            "profile_recorded_at": pd.to_datetime(["2026-01-03"]),
        }
    )
    leads = _leads(con)
    row = counterparts.of_customers(leads, _table(con, "customers", frame), **DAY).execute()
    assert row.distance_km.isna().all()
    assert row.rival_is_nearby.tolist() == [1]


def test_models_asked_for(con):
    frame = pd.DataFrame(
        {
            "lead_id": "a",
            "kind": ["model_interest"] * 3 + ["deal_probability"],
            "value_text": ["X", "Y", "Z", None],
            "at": pd.to_datetime(["2026-01-02", "2026-01-03", "2026-01-12", "2026-01-03"]),
        }
    )
    frame["known_at"] = frame["at"]
    found = counterparts.of_models(_leads(con), _table(con, "assessments", frame), **DAY)
    assert found.execute().n_models.tolist() == [2]
