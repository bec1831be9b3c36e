"""The playbook in words and tables: what stands, what was drawn by lot, and what was not shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.playbook_findings import playbook_findings
from crm_analysis.answers.playbook_lot_shown import lot_table
from crm_analysis.answers.playbook_shown import adjusted_for, playbook_table
from crm_analysis.deals.advice.drawn_patterns import drawn_estimates
from crm_analysis.deals.advice.playbook import cell_estimates
from crm_analysis.estimates import adjust_families, says_causes
from tests.deals.advice.tables import AS_OF
from tests.deals.advice.test_playbook import LIMITS, deals, drawn


def rows(*, saved: float, seed: int = 0):
    frame = deals(seed, 3000, saved=saved, chosen=0.3)
    lot = drawn_estimates(*drawn(4, 4000), limits=LIMITS, until=AS_OF)
    return adjust_families((*cell_estimates(frame, limits=LIMITS), *lot))


@pytest.fixture(scope="module")
def found():
    return rows(saved=0.15)


def test_what_was_drawn_by_lot_leads_and_only_it_is_a_cause(found):
    lot, seen = playbook_findings(found, q=0.05)
    assert lot.finding.evidence == "randomised"
    assert says_causes(lot.finding.sentence)
    assert "“care” to customers whose last lost deal showed" in lot.finding.sentence.en
    assert "Use “care”" in lot.finding.action.en
    assert seen.finding.evidence == "adjusted"
    assert not says_causes(seen.finding.sentence)
    assert "deals an arm" in seen.finding.action.en


def test_each_finding_says_how_many_it_is_about_with_an_interval(found):
    by_key = {row.key: row for row in found}
    lot, seen = playbook_findings(found, q=0.05)
    effect = by_key[lot.finding.estimate_key]
    told = f"about {100 * effect.estimate:.0f} more buyers ({100 * effect.ci_lo:.0f} to "
    assert told in lot.finding.sentence.en
    effect = by_key[seen.finding.estimate_key]
    [n] = [
        row.n
        for row in found
        if (row.quantity, row.segment) == ("pattern_loss_share", effect.segment)
    ]
    told = f"about {-n * effect.estimate:,.0f} fewer lost deals ({-n * effect.ci_hi:,.0f} to "
    assert told in seen.finding.sentence.en
    assert f"{-n * effect.estimate:,.0f} 单" in seen.finding.sentence.zh


def test_where_work_changes_nothing_no_strategy_is_told():
    told = [playbook_findings(rows(saved=0.0, seed=seed), q=0.05) for seed in range(5)]
    assert sum(one.finding.evidence == "adjusted" for part in told for one in part) <= 1


def test_what_nobody_showed_yet_has_its_cells_and_says_what_they_take():
    names = ["pay_fallen+question_waiting", "track:sudden_drop", "customer_silent"]
    made = cell_estimates(deals(0, 3000, saved=0.15), limits=LIMITS, names=names)
    [table] = playbook_table(
        adjust_families(made), names, q=0.05, alpha=0.05, currency="EUR", min_events=7
    )
    counts = table.frame.groupby("pattern_en", sort=False)["n"].sum()
    assert counts.index.tolist() == [
        "customer would pay less than before while question of the customer left open for days",
        "track: drops in one step",
        "customer not heard for 14 days",
    ]
    assert counts.tolist()[:2] == [0, 0]
    empty = table.frame[table.frame["n"] == 0]
    assert empty["value"].isna().all()
    told = empty.loc[empty["strategy_en"] != "left alone for a week", "reading_en"]
    assert told.str.startswith("too little data: takes 7 deals lost").iloc[:4].all()
    assert table.frame["pattern_zh"].iloc[0] == "客户愿付价格低于先前，同时客户提问多日未答复"


def test_tables_say_what_stands_and_what_a_test_takes(found):
    [table] = playbook_table(found, ["customer_silent"], q=0.05, alpha=0.05, currency="EUR")
    by_done = table.frame.set_index("strategy_en")
    assert by_done.index.tolist() == [
        "left alone for a week",
        "contacted within a week",
        "open question or matter settled within a week",
    ]
    readings = by_done["reading_en"].tolist()
    assert readings[0].startswith("compared with; a test by lot takes ")
    assert readings[1] == "stands, not tested by lot"
    assert readings[2].startswith("too little data: takes 10 deals lost and 10 not lost on each")
    assert "a test by lot of" in readings[2]
    value = by_done.loc["contacted within a week", ["value_lo", "value", "value_hi"]].tolist()
    assert value == sorted(value)
    assert value[0] < value[2]
    assert np.isnan(by_done["difference"].iloc[0])
    assert "EUR" in table.columns["value"].en
    for one in ("value", "value_lo", "value_hi"):
        assert table.units[one] == "money"
    [lot] = lot_table(found, q=0.05, alpha=0.05, currency="EUR")
    by_pattern = lot.frame.set_index("pattern_en")["reading_en"]
    assert by_pattern["deal probability swings up and down"] == "stands"
    assert by_pattern["no sign before the loss"] == "not shown"
    assert lot_table([], q=0.05, alpha=0.05, currency="EUR") == ()
    assert playbook_table([], ["swings"], q=0.05, alpha=0.05, currency="EUR") == ()


def test_a_pattern_by_lot_is_told_only_where_patterns_differ_and_it_pays():
    def told(worth: float, *, alike: bool) -> int:
        made = drawn_estimates(
            *drawn(4, 4000, worth=worth, alike=alike), limits=LIMITS, until=AS_OF, n_boot=100
        )
        return len(playbook_findings(adjust_families(made), q=0.05))

    assert told(100.0, alike=False) == 1
    assert told(100.0, alike=True) == 0  # the arm works everywhere: no pattern is special
    assert told(1.0, alike=False) == 0  # brings them back at a loss


def test_the_lot_table_shows_both_sides_and_money(found):
    [table] = lot_table(found, q=0.05, alpha=0.05, currency="EUR")
    swings = table.frame.set_index("pattern_en").loc["deal probability swings up and down"]
    assert swings["n_arm"] > 0
    assert swings["n_control"] > 0
    apart = swings["share_arm"] - swings["share_control"]
    assert apart == pytest.approx(swings["difference"])
    assert swings["net_lo"] < swings["net"] < swings["net_hi"]
    assert 0 < swings["shrunk"] < swings["difference"]


def test_only_what_was_adjusted_for_is_named(found):
    noted = pd.DataFrame({"last_value": [np.nan, 0.4]})
    assert adjusted_for(noted).en == "age and last noted probability"
    bare = adjusted_for(noted.iloc[:1])
    names = ["customer_silent"]
    [table] = playbook_table(found, names, q=0.05, alpha=0.05, currency="EUR", like=bare)
    assert "of the same age;" in table.caption.en
    assert "probability" not in table.caption.en
    assert "概率" not in table.caption.zh
    told = playbook_findings(found, q=0.05, like=bare)[-1].finding.sentence
    assert "of the same age" in told.en
    assert "probability" not in told.en
