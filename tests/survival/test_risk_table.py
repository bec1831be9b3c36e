"""The risk table: made in the engine, equal to counting rows."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.risk_table import compress, counts_by_time, risk_table

SPELLS = pd.DataFrame(
    {
        "duration_days": [5, 2, 2, 5, 2, 9],
        "cause": [1, 1, 0, 1, 1, 0],
        "product": ["p", "p", None, "q", "p", None],
    }
)


def test_counts_by_pattern_time_and_cause_in_order():
    found = risk_table(ibis.memtable(SPELLS), ["product"])
    rows = found.assign(product=found["product"].fillna("-")).to_numpy().tolist()
    assert rows == [
        ["p", 2, 1, 2],
        ["p", 5, 1, 1],
        ["q", 5, 1, 1],
        ["-", 2, 0, 1],
        ["-", 9, 0, 1],
    ]


def test_a_missing_level_is_counted():
    assert risk_table(ibis.memtable(SPELLS), ["product"])["n"].sum() == len(SPELLS)


def test_engine_and_pandas_agree():
    pd.testing.assert_frame_equal(
        risk_table(ibis.memtable(SPELLS)), compress(SPELLS), check_dtype=False
    )


def test_events_precede_censorings_of_the_same_day():
    counts = counts_by_time(compress(SPELLS), (1,))
    assert counts.times.tolist() == [2, 5, 9]
    assert counts.at_risk.tolist() == [6, 3, 1]
    assert counts.events.tolist() == [[2, 2, 0]]


def test_an_empty_table_has_no_times():
    none = risk_table(ibis.memtable(SPELLS).limit(0))
    assert list(none) == ["time_days", "cause", "n"]
    counts = counts_by_time(none, (1, 2))
    assert counts.times.size == 0
    assert counts.events.shape == (2, 0)


def test_patterns_are_summed_over():
    with_product = risk_table(ibis.memtable(SPELLS), ["product"])
    left, right = (counts_by_time(table, (1,)) for table in (with_product, compress(SPELLS)))
    np.testing.assert_array_equal(left.at_risk, right.at_risk)
    np.testing.assert_array_equal(left.events, right.events)


@pytest.mark.parametrize("count", [compress, lambda rows, by: risk_table(ibis.memtable(rows), by)])
def test_columns_of_the_table_itself_cannot_be_patterns(count):
    with pytest.raises(ValueError, match="rename yours"):
        count(SPELLS.assign(n=1), ["n"])
