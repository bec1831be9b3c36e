"""Texts to codes: the pencil table, hostile cells, honesty of folds, and speed."""

from __future__ import annotations

import importlib
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.reasons import coding_quality, learner
from crm_analysis.reasons.codebook import read_codebook
from crm_analysis.reasons.coding import code_reasons, machine_codes, n_unsettled, unknown_codes
from crm_analysis.reasons.coding_quality import coding_estimates, macro_f1
from crm_analysis.reasons.dictionary import Dictionary
from crm_analysis.reasons.learner import MAX_CHECKED, fit_learner, out_of_fold, proven_codes
from crm_analysis.reasons.to_code import is_measured
from crm_analysis.reasons.wording import CLAUSE_END, MAX_SIGNS, worded

DICTIONARY = Dictionary(read_codebook())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("太贵了", ("price",)),
        ("太 貴 了 ！", ("price",)),
        ("ＴＯＯ ＥＸＰＥＮＳＩＶＥ", ("price",)),
        ("价格不贵，就是太远", ("distance",)),
        ("It isn't expensive; they never called back", ("speed",)),
        ("报价实在是有点高", ("price",)),
        ("报价我不觉得高", ()),
        ("报价，人高", ()),  # no gap goes over the end of a clause
        ("the scarcity of cars", ()),  # no wording inside a word
        ("服务质量", ()),
        ("没有现货，质量也差", ("stock",)),
        ("", ()),
    ],
)
def test_the_dictionary_reads_as_a_person_would(text, codes):
    assert DICTIONARY.codes(text) == codes


def test_what_a_coder_says_stands_and_old_or_unknown_names_are_told():
    said = pd.DataFrame(
        {
            "text": ["太贵", "太贵", "太贵", "太贵", "路太远"],
            "code_a": ["speed; quality", None, "unclassified", "weather", None],
            "code_b": ["price", "速度", None, None, None],
        },
        index=[7, 7, 3, 2, 1],
    )
    found = code_reasons(said)
    assert found["codes"].tolist() == [
        ("speed", "quality"), ("speed",), (), ("price",), ("distance",)
    ]  # fmt: skip
    assert found["basis"].tolist() == ["human", "human", "human", "dictionary", "dictionary"]
    assert found["confidence"].tolist()[:3] == [1.0, 1.0, 1.0]
    assert list(found.index) == [7, 7, 3, 2, 1]
    assert unknown_codes(said, read_codebook()).values.tolist() == [["weather", 1]]


def test_words_that_coders_read_one_way_are_read_that_way_again():
    said = pd.DataFrame(
        {
            "text": [
                "qwrt zzgh",
                "Qwrt, zzgh!",
                "QWRT  zzgh.",
                "mnbv",
                "mnbv",
                "mnbv",
                "N/A",
                "n/a",
            ],
            "code_a": ["stock", None, None, "stock", "price", None, "price", None],
        }
    )
    found = code_reasons(said)
    assert found["codes"].tolist()[1:3] == [(), ("stock",)]
    assert found["basis"].tolist()[1:3] == ["unclassified", "alike"]
    assert found["codes"].tolist()[5:] == [(), ("price",), ()]


@pytest.mark.parametrize("column", ["code_a", "code_b"])
def test_no_reasons_and_no_coder_columns(column):
    empty = pd.DataFrame({"text": pd.Series([], dtype=object), column: pd.Series([], dtype=object)})
    assert list(code_reasons(empty).columns) == ["text", column, "codes", "basis", "confidence"]
    assert code_reasons(pd.DataFrame({"text": ["太贵"]}))["codes"].tolist() == [("price",)]


HOSTILE = (
    '=HYPERLINK("http://x","太贵")',
    "<script>alert('too expensive')</script>",
    "\u202e贵太\u200b太贵\u202c",
    "too\x00expensive \x1b[31mtoo expensive",
    "太贵" * 50_000,
    "too expensive, " * 8_000,
    "\ufdfa" * 100_000,
    ";" * 100_000,
    "a" * 100_000,
    "\ud800 lone",
    None,
    float("nan"),
)


def test_hostile_texts_are_read_quickly_and_stay_as_they_are():
    said = pd.DataFrame({"text": pd.Series(HOSTILE, dtype=object)})
    started = time.process_time()
    found = code_reasons(said)
    assert time.process_time() - started < 5
    assert ["price" in codes for codes in found["codes"]] == [True] * 6 + [False] * 6
    assert found["text"].tolist()[:6] == list(HOSTILE[:6])


@given(st.text())
def test_the_one_form_is_short_stable_and_holds_no_markup(text):
    form = worded(text)
    assert len(form) <= MAX_SIGNS
    assert worded(form) == form
    assert all(sign.isalnum() or sign in f" {CLAUSE_END}" or ord(sign) > 127 for sign in form)
    assert set(DICTIONARY.codes(text)) <= set(read_codebook().codes)


@settings(max_examples=5)
@given(st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(order):
    said = pd.DataFrame(
        {
            "text": [f"{word}{n}" for word in ("款项发票开错", "地铁不到") for n in "一二三四"],
            "code_a": ["price", "price", "price", None, "distance", "distance", "distance", None],
        }
    )
    again = code_reasons(said.iloc[list(order)]).sort_index()
    pd.testing.assert_frame_equal(code_reasons(said), again)


def test_several_codes_are_learned_beside_one_another():
    dear, far = (
        [f"这个数付不起{i}" for i in "甲乙丙丁戊己"],
        [f"要翻两座山{i}" for i in "甲乙丙丁戊己"],
    )
    texts, codes = dear + far, [("price",)] * 6 + [("distance",)] * 6
    scores = fit_learner(texts, codes).scores(["这个数付不起;要翻两座山", "今天天气好"])
    assert (scores.iloc[0] > 0.5).all()
    assert (scores.iloc[1] < 0.5).all()


def test_no_copy_of_a_text_helps_to_code_it():
    """A text that is coded a hundred times is not known to the fold that it lies in."""
    texts = ["qqq"] * 100 + [f"太贵{i}" for i in range(30)] + [f"路远{i}" for i in range(30)]
    codes = [("stock",)] * 100 + [("price",)] * 30 + [("distance",)] * 30
    own = out_of_fold(texts, codes, fit=fit_learner)
    assert "stock" not in own or own.loc[:99, "stock"].isna().all() or own.loc[0, "stock"] < 0.5
    assert (own.loc[100:129, "price"] > 0.5).mean() > 0.9


def test_a_coders_mistake_does_not_reach_its_own_prediction():
    said = pd.DataFrame(
        {
            "text": [f"付不起这个数{i}" for i in range(40)] + [f"要翻两座山{i}" for i in range(40)],
            "code_a": ["price"] * 40 + ["distance"] * 40,
        }
    )
    wrong = said.copy()
    wrong.loc[5, "code_a"] = "distance"
    found = machine_codes(wrong)
    assert found.loc[5, "codes"] == ("distance",)
    assert found.loc[5, "machine"] == ("price",)


def test_codes_given_at_random_teach_nothing():
    rng = np.random.default_rng(5)
    texts = ["".join(rng.choice(list("天地玄黄宇宙洪荒日月"), 8)) for _ in range(400)]
    codes = [(str(code),) for code in rng.choice(["price", "speed", "stock", "brand"], 400)]
    assert len(proven_codes(texts, codes)) <= 1
    rows = pd.DataFrame({"text": texts, "code_a": [code for (code,) in codes]})
    row = coding_estimates(rows)[0]
    assert row.ci_hi is not None
    assert row.ci_hi < 0.25 + 0.05


def test_macro_f1_of_a_pencil_table():
    # price: 1 right of 2 named and 1 found = 2/3; speed: 1 of 1 and 2 found = 2/3
    coder = [("price",), ("price",), ("speed",)]
    machine = [("price", "speed"), (), ("speed",)]
    assert macro_f1(coder, machine) == pytest.approx(2 / 3)
    assert macro_f1([()], [()]) is None


@pytest.mark.parametrize(
    ("n", "seconds"), [(10_000, 15), pytest.param(100_000, 60, marks=pytest.mark.nightly)]
)
def test_many_texts_are_coded_in_time(n, seconds):
    """100,000 texts in under a minute, a quarter of them coded; seconds of this process."""
    world = importlib.import_module("crm_analysis.world.scenarios.s09")
    codes = tuple(code for code in world.phrases() if code != "fillings")
    lost = pd.DataFrame({"lead_id": range(n), "customer_id": range(n), "_closed": np.ones(n)})
    said = world.reasons(lost, codes, np.random.default_rng(1))
    said["text"] += np.arange(n).astype(str)
    assert said["code_a"].notna().sum() > MAX_CHECKED
    started = time.process_time()
    found = code_reasons(said)
    taken = time.process_time() - started
    assert found["codes"].map(len).gt(0).mean() > 0.8
    assert taken < seconds


def test_a_fit_that_does_not_settle_is_not_learned_and_counted(monkeypatch):
    texts = [f"太贵{sign}" for sign in "甲乙丙丁"] + [f"路远{sign}" for sign in "甲乙丙丁"]
    codes = [("price",)] * 4 + [("distance",)] * 4
    assert fit_learner(texts, codes).n_unsettled == 0
    monkeypatch.setattr(learner, "MAX_ITERATIONS", 1)
    found = fit_learner(texts, codes)
    assert (found.codes, found.n_unsettled) == ((), 2)
    said = pd.DataFrame({"text": [*texts, "太贵了", "嗯"], "code_a": [*sum(codes, ()), None, None]})
    coded = code_reasons(said)
    assert n_unsettled(coded) == 2
    assert list(coded["basis"][-2:]) == ["dictionary", "unclassified"]
    assert n_unsettled(said) == 0


def test_hardly_any_coded_text_is_refused_and_an_empty_draw_counts_as_nothing():
    signs = [f"{a}{b}" for a in "天地玄黄宇宙洪荒" for b in "甲乙丙丁戊"]
    one = ["price"] + ["unclassified"] * 39
    row = coding_estimates(pd.DataFrame({"text": signs, "code_a": one}))[0]
    assert row.status == "not_estimable"
    assert "few_coded_texts" in row.note
    assert coding_quality._macro(np.zeros(2), np.zeros(2)) == 0.0


def test_quality_is_told_on_the_reasons_drawn_by_lot_alone():
    ids = [f"Y{n}" for n in range(600)]
    drawn = [is_measured(one) for one in ids]
    texts = [f"太贵{n}" for n in range(600)]
    said = pd.DataFrame({"reason_id": ids, "text": texts, "code_a": "price"})
    row = coding_estimates(said, n_boot=20)[0]
    assert (row.n, row.note) == (sum(drawn), "")
    few = coding_estimates(said.head(60), n_boot=20)[0]
    assert (few.n, few.note) == (60, "not_drawn_by_lot")
