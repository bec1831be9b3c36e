"""Tracks of probabilities: the signs and the features tell the same story of them."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.signs import SignLimits, checks_at, probability_signs
from crm_analysis.features.assessments import at_landmark

AS_OF = date(2026, 6, 30)
OPENED = pd.Timestamp("2026-03-01 09:00")


def views(rows: pd.DataFrame) -> tuple[ibis.Table, ibis.Table]:
    engine = ibis.duckdb.connect()
    leads = pd.DataFrame({"lead_id": rows["lead_id"].unique()})
    leads = leads.assign(
        customer_id="C" + leads["lead_id"],
        opened_at=OPENED,
        closed_at=pd.Series(pd.NaT, index=leads.index, dtype="datetime64[us]"),
    )
    told = rows.assign(customer_id="C" + rows["lead_id"], kind="deal_probability")
    return engine.create_table("leads", leads), engine.create_table("assessments", told)


def both(rows: pd.DataFrame, day: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Signs and features of the same leads on the same day, by lead."""
    leads, told = views(rows)
    checks = checks_at(leads, days=[day], as_of=AS_OF)
    signs = probability_signs(checks, told, limits=SignLimits()).to_pandas()
    features = at_landmark(leads, told, landmark_days=day, as_of=AS_OF).to_pandas()
    features = features[features["n_assessments"] > 0]
    return tuple(frame.set_index("lead_id").sort_index() for frame in (signs, features))


def test_steps_of_two_tenths_are_turns_however_they_are_stored():
    days = pd.to_timedelta(range(4), unit="D")
    rows = pd.DataFrame(
        {
            "lead_id": "L1",
            "at": OPENED + days,
            "known_at": OPENED + days,
            "value_num": [0.5, 0.7, 0.5, 0.7],
        }
    )
    signs, features = both(rows, 14)
    assert signs.loc["L1", "n_turns"] == 2
    assert features.loc["L1", "n_reversals"] == 2


@pytest.mark.parametrize("day", [3, 7, 14])
def test_signs_and_features_agree_also_where_values_are_typed_late(day):
    rng = np.random.default_rng(7)
    n = 600
    at = OPENED + pd.to_timedelta(rng.integers(1, 15 * 24, n), unit="h")
    late = pd.to_timedelta(rng.choice([0, 0, 30, 100], n), unit="h")
    rows = pd.DataFrame(
        {
            "lead_id": [f"L{i:02d}" for i in rng.integers(0, 60, n)],
            "at": at,
            "known_at": at + late,
            "value_num": rng.integers(0, 11, n) / 10,
        }
    )
    signs, features = both(rows, day)
    assert list(signs.index) == list(features.index)
    pairs = {
        "n_assessments": "n_assessments",
        "last_value": "last_value",
        "largest_drop": "largest_drop",
        "n_turns": "n_reversals",
    }
    for sign, feature in pairs.items():
        assert signs[sign].to_numpy(float) == pytest.approx(features[feature].to_numpy(float))
