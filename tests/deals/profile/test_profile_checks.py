"""Standing factors asked again: what missing says, completeness, repeated leads, and jointly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.profile.checks import check_estimates, repeated_leads
from crm_analysis.language import Text

LIMITS = Limits()


def factor(name: str, *, of_profile: bool = True) -> Factor:
    return Factor(name=name, label=Text(name, name), kind="levels", of_profile=of_profile)


def world(seed: int, *, n: int = 2500) -> pd.DataFrame:
    """`cause_of` doubles the hazard of loss; `follower` only goes along with it."""
    rng = np.random.default_rng(seed)
    cause_of = rng.random(n) < 0.4
    follower = np.where(rng.random(n) < 0.8, cause_of, ~cause_of)
    lost = rng.exponential(1 / np.where(cause_of, 0.02, 0.01))
    won = rng.exponential(1 / 0.01, n)
    days = np.ceil(np.minimum(lost, won))
    return pd.DataFrame(
        {
            "lead_id": np.arange(n),
            "duration_days": np.minimum(days, 90).astype(int),
            "cause": np.where(days > 90, 0, np.where(lost < won, 1, 2)),
            "opened_month": rng.integers(1, 13, n),
            "cause_of": np.where(cause_of, "yes", "no"),
            "follower": np.where(follower, "yes", "no"),
        }
    )


def checks(frame: pd.DataFrame, *names: str) -> dict[tuple[str, str], float | None]:
    table = FactorTable(frame=frame, factors=tuple(factor(name) for name in names))
    rows = check_estimates(table, names, limits=LIMITS)
    assert {(row.role, row.family) for row in rows} <= {("sensitivity", None)}
    return {(row.segment, row.method): row for row in rows}


JOINT = "joint_cox_efron_difference_by_month"


def test_jointly_the_cause_keeps_its_size_and_the_follower_falls():
    worlds = [checks(world(seed, n=1500), "cause_of", "follower") for seed in range(20)]
    cause = [found["factor=cause_of;level=yes", JOINT] for found in worlds]
    follower = [found["factor=follower;level=yes", JOINT] for found in worlds]
    assert sum(row.ci_lo <= np.log(2) <= row.ci_hi for row in cause) >= 17
    assert sum(row.ci_lo <= 0 <= row.ci_hi for row in follower) >= 17
    assert {row.evidence for row in cause} == {"adjusted"}
    assert all("against_commonest" in row.note for row in cause)


def test_a_copy_is_refused_by_name():
    frame = world(2).assign(copy=lambda rows: rows["cause_of"])
    found = checks(frame, "cause_of", "copy")
    notes = [row.note for (_, method), row in found.items() if method == JOINT]
    assert any("duplicate_column" in note for note in notes)


def test_missing_becomes_a_level_of_its_own():
    frame = world(3)
    frame.loc[frame["cause"] == 1, "follower"] = frame["follower"].where(frame.index % 2 == 0)
    found = checks(frame, "follower")
    row = found["factor=follower", "mantel_by_month_and_age:missing_as_level"]
    assert row.n == frame["cause"].isin((1, 2)).sum()
    assert row.p < 1e-10  # only lost leads lack it


def test_what_only_says_how_well_a_customer_is_known_falls_at_equal_completeness():
    rng = np.random.default_rng(4)
    frame = world(4).drop(columns=["cause_of", "follower"])
    known = (frame["cause"] == 2) & (rng.random(len(frame)) < 0.7) | (rng.random(len(frame)) < 0.2)
    frame["grade"] = np.where(known, "gold", "none")  # given to those whose profile was typed
    for name in ("gender", "occupation", "education"):
        frame[name] = pd.Series(rng.choice(["a", "b"], len(frame))).where(known)
    table = FactorTable(
        frame=frame, factors=tuple(map(factor, ("grade", "gender", "occupation", "education")))
    )
    rows = check_estimates(table, ["grade"], limits=LIMITS)
    (row,) = [row for row in rows if row.method.endswith("equal_completeness")]
    assert row.p is None or row.p > 0.05


def test_repeated_leads_are_counted_and_asked_without():
    frame = world(5, n=600)
    for place in range(4):
        frame[f"other_{place}"] = np.random.default_rng(place).integers(0, 9, 600).astype(str)
    twice = pd.concat([frame, frame.head(100)], ignore_index=True)
    names = ("cause_of", "follower", *(f"other_{place}" for place in range(4)))
    table = FactorTable(frame=twice, factors=tuple(map(factor, names)))
    assert repeated_leads(table).estimate == 100
    rows = check_estimates(table, ["cause_of"], limits=LIMITS)
    (row,) = [row for row in rows if row.method.endswith("distinct_leads")]
    assert row.n == frame["cause"].isin((1, 2)).sum()
    assert repeated_leads(FactorTable(frame=twice, factors=table.factors[:2])) is None


@pytest.mark.parametrize("standing", [[], ["cause_of"]])
def test_one_alone_has_nothing_to_be_adjusted_for(standing):
    table = FactorTable(frame=world(6, n=300), factors=(factor("cause_of", of_profile=False),))
    assert check_estimates(table, standing, limits=LIMITS) == ()
