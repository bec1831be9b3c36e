"""Where reasons come from: counts by hand, bursts, empty words, and answers to a list."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.reasons.codebook import read_codebook
from crm_analysis.reasons.provenance import (
    bare,
    batch_days,
    by_delay,
    by_source,
    says_nothing,
    unread_counts,
)
from crm_analysis.reasons.question_format import format_effects
from crm_analysis.reasons.readers import coder_pairs, source_counts
from tests.reasons.reasons_frame import EVENT, coded_reasons


def typed_after(days: float) -> dict[str, object]:
    return {"recorded_at": EVENT + pd.Timedelta(days=days)}


def test_counts_by_source_by_hand():
    rows = [
        {**typed_after(1), "text": "same words"},
        *({**typed_after(40), "text": "Same, words!"} for _ in range(9)),
        {**typed_after(200), "text": "其他"},
        {"event_at": None, "text": "…", "prompted": None},
        {"source": "callback", "prompted": True, "text": "太贵"},
    ]
    found = by_source(coded_reasons(rows)).set_index("source")
    rep = found.loc["rep_opinion"]
    assert rep[["n", "n_dated", "n_late", "n_very_late"]].tolist() == [12, 11, 10, 1]
    assert rep["median_delay_days"] == 40
    assert rep[["n_open", "n_prompted", "n_empty", "n_repeated"]].tolist() == [11, 0, 2, 10]
    assert found.loc["callback", ["n_open", "n_prompted"]].tolist() == [0, 1]


def test_delay_bands_by_source():
    rows = [
        typed_after(1),
        typed_after(31),
        typed_after(31),
        {**typed_after(3), "source": "survey"},
    ]
    found = by_delay(coded_reasons(rows))
    assert found.to_dict("records") == [
        {"source": "rep_opinion", "band": "0-30", "n": 1},
        {"source": "rep_opinion", "band": "31-180", "n": 2},
        {"source": "survey", "band": "0-30", "n": 1},
    ]


def entries(per_day: dict[int, int], *, delay: int) -> list[dict[str, object]]:
    return [
        {
            "recorded_at": EVENT + pd.Timedelta(days=day),
            "event_at": EVENT + pd.Timedelta(days=day - delay),
        }
        for day, n in per_day.items()
        for _ in range(n)
    ]


def test_a_burst_of_old_reasons_is_found_and_a_busy_day_of_fresh_ones_is_not():
    usual = entries(dict.fromkeys(range(30), 2), delay=1)
    burst, fresh = entries({40: 60}, delay=200), entries({41: 60}, delay=1)
    [found] = batch_days(coded_reasons([*usual, *burst, *fresh])).to_dict("records")
    assert found["day"] == (EVENT + pd.Timedelta(days=40)).normalize()
    assert (found["n"], found["n_late"], found["usual"]) == (60, 60, 2.0)
    assert found["share"] == pytest.approx(60 / 180)


def test_few_reasons_or_none_are_no_burst():
    assert batch_days(coded_reasons(entries({1: 9}, delay=200))).empty
    assert batch_days(coded_reasons(entries({1: 1}, delay=1)).iloc[:0]).empty


def test_hostile_texts_have_a_short_bare_form():
    assert len(bare("x" * 100_000)) == 200
    assert says_nothing(bare("\u202e\u200b<>")) and says_nothing(bare(float("nan")))
    assert not says_nothing(bare("<script>alert(1)</script>"))


def asked(n: int, shares: tuple[float, float], *, seed: int) -> pd.DataFrame:
    """Draw callbacks; the share of "price" with and without a list."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "source": "callback",
            "prompted": bool(at % 2),
            "codes": ("price",) if rng.random() < shares[at % 2] else ("speed",),
        }
        for at in range(n)
    ]
    return coded_reasons(rows)


def test_a_list_that_brings_forth_price_is_found():
    [found] = format_effects(asked(400, (0.2, 0.6), seed=1))
    assert found.code == "price"
    assert found.distance == pytest.approx(0.4, abs=0.1)
    assert found.p < 0.001
    assert (found.n_open, found.n_prompted) == (200, 200)


def test_where_the_list_changes_nothing_it_is_quiet_at_its_rate():
    p = [format_effects(asked(80, (0.4, 0.4), seed=seed))[0].p for seed in range(40)]
    assert np.mean(np.array(p) < 0.05) <= 0.15
    assert 0.3 < np.mean(p) < 0.75


def test_open_answers_that_nobody_can_read_are_no_difference():
    """Null: asked either way the same is said, but 30 % of open answers cannot be read."""
    p = []
    for seed in range(40):
        rows = asked(400, (0.4, 0.4), seed=seed)
        gone = np.random.default_rng(500 + seed).random(len(rows)) < 0.3
        gone &= ~rows["prompted"].to_numpy(bool)
        codes = [() if out else one for one, out in zip(rows["codes"], gone, strict=True)]
        rows = rows.assign(codes=pd.Series(codes, index=rows.index, dtype=object))
        [found] = format_effects(rows)
        assert found.n_open == 200 - gone.sum()
        p.append(found.p)
    assert np.mean(np.array(p) < 0.05) <= 0.15
    counts = unread_counts(rows).set_index("asked")
    assert counts.loc[["list", "open"], "n"].tolist() == [200, 200]
    assert counts.loc[["list", "open"], "n_unread"].tolist() == [0, gone.sum()]


def test_a_season_in_which_lists_are_handed_out_is_no_difference():
    """Null: within a quarter the list changes nothing; lists and "price" go with one quarter."""
    p = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        late = rng.random(400) < 0.5
        listed = rng.random(400) < np.where(late, 0.8, 0.2)
        price = rng.random(400) < np.where(late, 0.7, 0.2)
        rows = [
            {
                "prompted": bool(one),
                "codes": ("price",) if is_price else ("speed",),
                "event_at": EVENT + pd.Timedelta(days=120 if second else 0),
            }
            for one, is_price, second in zip(listed, price, late, strict=True)
        ]
        p.append(format_effects(coded_reasons(rows))[0].p)
    assert np.mean(np.array(p) < 0.05) <= 0.15


def test_a_distance_by_hand_over_two_quarters():
    """Gaps of .5 (20 of each) and 0 (20 open, 10 listed) weigh as 10 to 20 / 3: .5 x .6."""
    cells = [(0, True, 20, 15), (0, False, 20, 5), (1, True, 10, 5), (1, False, 20, 10)]
    rows = [
        {
            "prompted": listed,
            "codes": ("price",) if at < n_price else ("speed",),
            "event_at": EVENT + pd.Timedelta(days=120 * quarter),
        }
        for quarter, listed, n, n_price in cells
        for at in range(n)
    ]
    [found] = format_effects(coded_reasons(rows))
    assert found.distance == pytest.approx(0.3)
    assert (found.n_open, found.n_prompted, found.code) == (40, 30, "price")


def test_too_few_of_either_way_are_not_compared():
    [found] = format_effects(asked(39, (0.2, 0.6), seed=1))
    assert (found.distance, found.p) == (None, None)
    assert format_effects(coded_reasons([{"prompted": None}])) == []


def test_coders_are_compared_by_their_main_code_where_both_gave_one():
    rows = [
        {"code_a": "价格;speed", "code_b": "price"},
        {"code_a": "speed", "code_b": "unclassified"},
        {"code_a": "weather", "code_b": "price"},
        {"code_a": "price", "code_b": None},
    ]
    first, second = coder_pairs(coded_reasons(rows), read_codebook())
    assert (first, second) == (["price", "speed"], ["price", "unclassified"])


def test_each_source_speaks_once_about_a_loss():
    rows = [
        {"lead_id": "L1", "codes": ("price",)},
        {"lead_id": "L1", "codes": ("speed",), **typed_after(9)},
        {"lead_id": "L1", "codes": ("speed",), "source": "callback"},
        {"lead_id": "L1", "codes": (), "source": "survey"},
        {"lead_id": "L2", "codes": ("price",)},
    ]
    assert source_counts(coded_reasons(rows)).tolist() == [[1, 1], [1, 0]]
