"""The evaluation as a whole: what is judged, what is refused, what weakens it."""

from __future__ import annotations

from datetime import date

import numpy as np

from crm_analysis.config import Config
from crm_analysis.winback.evaluation import evaluate
from tests.winback.rounds import ZERO, assignment, day, order, tables

AS_OF = date(2026, 10, 31)


def _world(n: int = 60, *, lift: float = 0.0, seed: int = 1, **given: object):
    """One round of n per arm; 30 % come back, `lift` more of the treated."""
    rng = np.random.default_rng(seed)
    rows, lines = [], []
    for k in range(2 * n):
        arm = "treat" if k % 2 else "control"
        cost = 5 if k % 2 else 0
        rows.append(assignment(f"C{k:03}", arm, **{"cost": cost, **given}))
        if rng.random() < 0.3 + lift * (k % 2):
            lines.append(order(f"C{k:03}", 20, 100, margin=40))
    return {"winback": rows, "order_lines": lines}


def _evaluate(rows, *, as_of: date = AS_OF, **options):
    return evaluate(tables(**rows), observed_until=as_of, config=Config(n_boot=100, **options))


def test_all_horizons_are_told_and_the_configured_one_judged():
    told = _evaluate(_world())
    segments = {row.segment for row in told.estimates if row.quantity == "return_share_difference"}
    assert segments == {f"arm=treat;horizon_days={days}" for days in (30, 60, 90)}
    assert told.horizon_days == 90
    assert _evaluate(_world(), horizon_days=45).horizon_days == 45


def test_a_strong_effect_continues_none_stops():
    assert _evaluate(_world(200, lift=0.4)).verdicts[0].word == "continue"
    assert _evaluate(_world(200, cost=30)).verdicts[0].word in ("change", "stop")


def test_an_immature_round_is_counted_and_not_judged():
    told = _evaluate(_world(), as_of=date(2026, 2, 20))
    assert told.horizon_days == 30
    waiting = {
        row.segment: row.estimate
        for row in told.estimates
        if row.quantity == "immature_assigned_count"
    }
    assert waiting == {
        "round_id=R1;horizon_days=60": 120.0,
        "round_id=R1;horizon_days=90": 120.0,
    }
    early = _evaluate(_world(), as_of=date(2026, 1, 20))
    assert early.horizon_days is None
    assert early.verdicts == ()


def test_orders_after_the_horizon_change_nothing_within_it():
    rows = _world()
    before = _evaluate(rows)
    late = [order(f"C{k:03}", 91.5, 500, margin=400) for k in range(0, 120, 3)]
    after = _evaluate({**rows, "order_lines": [*rows["order_lines"], *late]})
    assert after.estimates == before.estimates


def test_without_a_draw_there_is_no_effect_only_a_warning_row():
    told = _evaluate(_world(randomised=False))
    effects = [row for row in told.estimates if row.quantity == "return_share_difference"]
    assert [(row.status, row.note) for row in effects] == [("not_estimable", "not_randomised")]
    assert effects[0].estimate is None
    assert {row.role for row in told.estimates if row.quantity == "return_share"} == {"naive"}
    assert told.verdicts == ()


def test_a_draw_that_does_not_fit_costs_the_grade_and_the_verdict():
    rows = _world(300, lift=0.3)
    kept = [row for k, row in enumerate(rows["winback"]) if row["arm"] == "control" or k % 4 == 1]
    told = _evaluate({**rows, "winback": kept})
    effects = [row for row in told.estimates if row.quantity == "return_share_difference"]
    assert {(row.status, row.evidence) for row in effects} == {("weak", "associational")}
    assert all("sample_ratio_mismatch" in row.note for row in effects)
    assert told.verdicts[0].word == "not_estimable"


def test_contacted_controls_leave_a_note():
    rows = _world()
    contacts = [
        {
            "interaction_id": f"I{k}",
            "customer_id": f"C{k:03}",
            "at": day(2),
            "direction": "out",
            "channel": "call",
            "round_id": "R1",
        }
        for k in range(8)
    ]
    told = _evaluate({**rows, "interactions": contacts})
    row = told.of_arm("return_share_difference", "treat")
    assert row.note == "controls_contacted: 4"
    assert row.evidence == "randomised"


def test_several_arms_are_judged_each_and_told_together():
    rows = _world(90)
    arms = ("control", "care", "discount")
    winback = [
        {**row, "arm": arms[k % 3], "p_treat": 2 / 3} for k, row in enumerate(rows["winback"])
    ]
    told = _evaluate({**rows, "winback": winback})
    assert [verdict.arm for verdict in told.verdicts] == ["care", "discount"]
    assert told.of_arm("return_share_difference", "any").n == 180
    assert told.of_arm("return_share_difference", "care").n == 120


def test_two_rounds_add_sensitivity_rows_by_round():
    rows = _world()
    second = [{**row, "round_id": "R2", "assigned_at": ZERO} for row in rows["winback"]]
    told = _evaluate({**rows, "winback": [*rows["winback"], *second]})
    by_round = [row for row in told.estimates if row.segment.startswith("round_id=R2;arm")]
    assert {row.role for row in by_round} == {"sensitivity"}
    assert all(row.family is None and row.p_adj is None for row in by_round)


def test_without_orders_returns_are_not_told_and_nothing_is_judged():
    told = _evaluate({"winback": _world()["winback"]})
    assert told.horizon_days is None
    assert not [row for row in told.estimates if row.quantity.startswith("return")]


def test_two_evaluations_are_equal():
    assert _evaluate(_world()) == _evaluate(_world())


def test_an_arm_named_as_all_arms_together_is_told_under_another_name():
    rows = _world(90)
    arms = ("control", "any", "any (arm)")
    winback = [
        {**row, "arm": arms[k % 3], "p_treat": 2 / 3} for k, row in enumerate(rows["winback"])
    ]
    told = _evaluate({**rows, "winback": winback})
    keys = [row.key for row in told.estimates]
    assert len(keys) == len(set(keys))
    assert [verdict.arm for verdict in told.verdicts] == ["any (arm)", "any (arm) (arm)"]
    assert told.of_arm("return_share_difference", "any").n == 180


def test_the_level_of_intervals_by_round_follows_the_configuration():
    rows = _world()
    second = [{**row, "round_id": "R2"} for row in rows["winback"]]
    both = {**rows, "winback": [*rows["winback"], *second]}
    width = [
        row.ci_hi - row.ci_lo
        for alpha in (0.01, 0.2)
        for row in _evaluate(both, alpha=alpha).estimates
        if row.segment == "round_id=R2;arm=treat;horizon_days=90"
    ]
    assert width[0] > width[1]
