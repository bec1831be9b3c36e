"""Landmark indicators: no effect out of long life, a planted one found, refusals by name."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.indicators.habits import (
    FAMILY,
    column_estimates,
    indicator_estimates,
    indicator_names,
    joined_frame,
    landmark_frame,
    naive_estimates,
    scaled,
    whole_life_frame,
)
from crm_analysis.estimates import Estimate, adjust_families, is_finding
from tests.deals.small_world import AS_OF, small_world


def fitted(seed: int, **options):
    tables = small_world(seed, **options).tables()
    leads, contacts = tables["leads"], tables["interactions"]
    frame = landmark_frame(leads, contacts, landmark_days=14, as_of=AS_OF)
    life = whole_life_frame(leads, contacts, as_of=AS_OF)
    return indicator_estimates({14: frame}), naive_estimates(life)


def row(rows, indicator: str, cause: str = "lost") -> Estimate:
    ending = f"indicator={indicator}"
    return next(
        one for one in rows if one.segment.endswith(ending) and f"cause={cause}" in one.segment
    )


def test_contacts_without_effect_look_protective_only_in_the_naive_row():
    right, naive = fitted(3, n=1200)
    honest, wrong = row(right, "n_contacts"), row(naive, "n_contacts")
    assert honest.estimate == pytest.approx(0, abs=0.12)
    assert wrong.estimate is not None
    assert wrong.estimate < -0.4
    assert (wrong.role, wrong.note, wrong.family) == ("naive", "immortal_time", None)
    assert not any(is_finding(one, 0.05) for one in adjust_families(right))


def test_a_planted_effect_is_found_at_the_landmark():
    right, _ = fitted(4, n=1200, contact_effect=0.5)
    adjusted = adjust_families(right)
    found = row(adjusted, "n_contacts")
    assert is_finding(found, 0.05)
    assert found.family == FAMILY
    assert found.estimate is not None
    assert found.estimate > 0.15


def test_one_landmark_indicator_is_not_asked_twice():
    names = indicator_names()
    assert "n_contacts" in names
    assert "contacts_per_week" not in names  # the same number by a constant
    assert "first_channel" not in names
    assert len(names) == len(set(names))


def frame_of(column: list[float], *, lost: int) -> pd.DataFrame:
    n = len(column)
    cause = [1] * lost + [0] * (n - lost)
    return pd.DataFrame({"duration_days": np.arange(20, 20 + n), "cause": cause, "x": column})


def refused(column: list[float], *, lost: int) -> Estimate:
    blank = Estimate(
        module="M03",
        quantity="log_hazard_ratio_per_sd",
        segment="cause=lost",
        method="cox_efron",
    )
    frame = frame_of(column, lost=lost).rename(columns={"x": "n_contacts"})
    return column_estimates(frame, ["n_contacts"], blank=blank, cause_code=1, limits=(10, 0.05))[0]


def test_refusals_have_a_name_and_no_number():
    spread = [float(value % 7) for value in range(60)]
    assert refused(spread, lost=4).note == "too_few_events"
    assert refused([1.0] * 60, lost=30).note == "no_spread"
    assert refused([np.nan] * 60, lost=30).note == "too_few_events"
    assert refused([1.0] + [0.0] * 59, lost=30).note == "no_spread"  # one lead differs
    for one in (refused(spread, lost=4), refused([1.0] * 60, lost=30)):
        assert (one.estimate, one.p, one.status) == (None, None, "not_estimable")


def test_between_five_and_ten_events_is_weak_and_says_so():
    weak = refused([float(value % 7) for value in range(60)], lost=8)
    assert (weak.status, weak.note) == ("weak", "too_few_events")
    assert weak.estimate is not None


def test_hours_enter_as_logarithms():
    assert scaled(pd.Series([1.0, np.e]), "first_response_hours") == pytest.approx([0.0, 1.0])
    assert scaled(pd.Series([1.0, 3.0]), "n_contacts") == pytest.approx([1.0, 3.0])


def test_a_lead_without_features_is_not_dropped_in_silence():
    spells = pd.DataFrame({"lead_id": ["L1", "L2"], "duration_days": [9, 9], "cause": [0, 1]})
    features = pd.DataFrame({"lead_id": ["L1", "L2", "L3"], "n_contacts": [1, 2, 3]})
    engine = ibis.duckdb.connect()
    both = engine.create_table("spells", spells), engine.create_table("features", features)
    assert list(joined_frame(*both)["lead_id"]) == ["L1", "L2"]  # L3 has no day to watch
    with pytest.raises(ValueError, match="2 leads have a spell, 1 of them features"):
        joined_frame(both[0], both[1].filter(both[1].lead_id != "L2"))
