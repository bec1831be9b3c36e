"""What open leads will do and are worth: sums over leads of known chances."""

from __future__ import annotations

import numpy as np
import pytest

from crm_analysis.deals.funnel.weighted import prospect_estimates, prospects
from tests.deals.funnel.pencil import book
from tests.deals.funnel.test_chances import DAYS, LEFT, UNTIL, world


def found(frame):
    whole = book(frame, until=UNTIL, days=DAYS)
    made = prospects(whole, horizon_days=LEFT, settled_days=60)
    return made, {(row.quantity, row.role): row for row in prospect_estimates(made)}


def test_what_is_expected_is_the_sum_of_the_chances_and_money_weighs_them():
    made, rows = found(world(1).assign(amount=100.0))
    pipeline = made.pipeline
    assert len(pipeline) > 20
    for name, chances in (("expected_wins", made.won), ("expected_losses", made.lost)):
        row = rows[name, "result"]
        assert row.estimate == pytest.approx(chances.of(pipeline).sum())
        assert row.ci_lo < row.estimate < row.ci_hi
    ends = sum(rows[name, "result"].estimate for name in ("expected_wins", "expected_losses"))
    assert ends == pytest.approx(len(pipeline), rel=0.15)  # nearly all end within the horizon
    money = rows["weighted_pipeline", "result"]
    assert money.estimate == pytest.approx(100 * made.in_the_end.of(pipeline).sum())
    own = rows["weighted_pipeline", "naive"]
    assert own.estimate == pytest.approx(pipeline["rep_thousandths"].sum() / 1000 * 100)


def test_twice_the_amount_is_twice_the_worth_and_without_amounts_it_is_refused():
    frame = world(2)
    once, twice = (found(frame.assign(amount=size))[1] for size in (100.0, 200.0))
    for role in ("result", "naive"):
        pair = [rows["weighted_pipeline", role].estimate for rows in (once, twice)]
        assert pair[1] == pytest.approx(2 * pair[0])
    none = found(frame.assign(amount=np.nan))[1]
    assert none["weighted_pipeline", "result"].status == "not_estimable"
    assert none["expected_wins", "result"].estimate == once["expected_wins", "result"].estimate
