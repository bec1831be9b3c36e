"""Types by tracks: a sign that means more for one type is found; one that means the same is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.profile.type_tracks import differing, interaction_estimates
from crm_analysis.estimates import is_finding
from crm_analysis.language import Text

LIMITS = Limits()
LANDMARK = 14


def world(seed: int, *, main: float = 0.0, more: float = 0.0, n: int = 2400):
    """Leads of two kinds; the sign moves the hazard of loss by `main`, for organisations by `more`.

    Organisations lose 1.5 times as fast with and without the sign.
    """
    rng = np.random.default_rng(seed)
    organisation, shown = rng.random(n) < 0.4, rng.random(n) < 0.5
    loss = 0.01 * np.exp(main * shown + more * shown * organisation + 0.4 * organisation)
    lost, won = rng.exponential(1 / loss), rng.exponential(1 / 0.008, n)
    days = LANDMARK + np.ceil(np.minimum(lost, won))
    frame = pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "duration_days": np.minimum(days, 150).astype(int),
            "cause": np.where(days > 150, 0, np.where(lost < won, 1, 2)),
            "opened_month": rng.integers(1, 13, n),
            "kind": np.where(organisation, "organisation", "individual"),
        }
    )
    signs = pd.DataFrame({"lead_id": frame["lead_id"], "customer_silent": shown.astype(int)})
    kind = Factor(name="kind", label=Text("kind", "类型"), kind="levels")
    return FactorTable(frame=frame, factors=(kind,)), signs


def estimates(seed: int, **effects: float):
    table, signs = world(seed, **effects)
    return interaction_estimates(
        table, signs, landmark_days=LANDMARK, horizon_days=45, limits=LIMITS
    )


def test_a_sign_that_means_more_for_one_type_is_found_with_shares():
    rows = estimates(1, main=0.2, more=0.8)
    (test,) = differing(rows)
    assert is_finding(test, 0.05)
    assert test.segment == "landmark_days=14;sign=customer_silent;factor=kind"
    shares = {row.segment: row for row in rows if row.quantity == "outcome_probability"}
    assert len(shares) == 4
    place = "cause=lost;landmark_days=14;horizon_days=45;sign=customer_silent;shown=yes;factor=kind"
    share = shares[f"{place};level=organisation"]
    loss = 0.01 * np.exp(1.4)
    truth = loss / (loss + 0.008) * (1 - np.exp(-45 * (loss + 0.008)))
    assert share.ci_lo <= truth <= share.ci_hi


def test_the_same_meaning_for_all_types_is_no_interaction():
    p = np.array([differing(estimates(seed, main=0.6))[0].p for seed in range(60)])
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.06)
    assert np.median(p) == pytest.approx(0.5, abs=0.2)


def test_a_level_without_enough_losses_takes_no_part():
    table, signs = world(3, n=60)
    rows = interaction_estimates(
        table, signs, landmark_days=LANDMARK, horizon_days=45, limits=LIMITS
    )
    (test,) = [row for row in rows if row.family]
    assert (test.status, test.note) == ("not_estimable", "too_few_events")
