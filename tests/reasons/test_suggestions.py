"""New codes are suggested from what no code was found for; old codes are read by the crosswalk."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.errors import UsageError
from crm_analysis.reasons.codebook import read_codebook
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.recoding import names_read, recode, recoding_changes
from crm_analysis.reasons.suggestions import cluster_agreement, suggest_codes
from tests.reasons.test_codebook import SMALL, written


def coded(texts) -> pd.DataFrame:
    ids = [f"Y{at:03d}" for at in range(len(texts))]
    return code_reasons(pd.DataFrame({"reason_id": ids, "text": texts}))


def noise(n: int, seed: int = 3) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("天地玄黄宇宙洪荒日月盈昃辰宿列张"), 7)) for _ in range(n)]


def test_a_new_reason_is_suggested_within_its_language():
    zh = [f"发票抬头开错{i}" for i in "甲乙丙丁戊己庚辛壬癸子丑"]
    en = [f"invoice made out to {who}" for who in ("me", *"abcdefghijk")]
    found = suggest_codes(coded([*zh, *en, "<script>"])).sort_values("script", ignore_index=True)
    assert found["script"].tolist() == ["han", "latin"]
    assert found["n_texts"].tolist() == [12, 12]
    assert "发票" in found["wordings"][0][0]
    assert "invoice" in found["wordings"][1][0]
    assert not any(set("<>=") & set(word) for words in found["wordings"] for word in words)


@pytest.mark.parametrize("texts", [[], ["嗯"] * 50, noise(60)], ids=["none", "one text", "noise"])
def test_nothing_is_suggested_where_nothing_is_shared(texts):
    assert suggest_codes(coded(texts)).empty


def test_groups_of_mixed_texts_follow_the_language():
    said = (
        "我们大家都觉得价格高",
        "我们大家都觉得距离远",
        "all of us think of price",
        "all of us think of roads",
    )
    texts = [f"{one}{i}" for one in said for i in range(20)]
    found = cluster_agreement(
        texts,
        languages=["zh"] * 40 + ["en"] * 40,
        codes=(["price"] * 20 + ["distance"] * 20) * 2,
    )
    assert found is not None
    assert found.with_language > found.with_code
    assert cluster_agreement(["a", "b"], languages=["en", "en"], codes=["x", "y"]) is None


def test_an_old_month_is_read_by_the_new_codebook_and_the_change_is_shown(tmp_path):
    book = read_codebook(written(tmp_path, SMALL))
    old = [("dear_or_slow", "slow"), ("gone",), ("slow",), ("never_known",)]
    new = recode(old, version="1", codebook=book)
    assert new == [("dear", "slow"), (), ("slow",), ()]
    ids = ["Y1", "Y2", "Y3", "Y4"]
    changes = recoding_changes(pd.Series(old, index=ids), pd.Series(new, index=ids))
    assert changes.values.tolist() == [
        ["dear_or_slow", "dear", 1, 0.25],
        ["gone", "unclassified", 1, 0.25],
        ["never_known", "unclassified", 1, 0.25],
    ]
    assert recode(new, version="2", codebook=book) == new
    with pytest.raises(UsageError, match=r"there are: '1', '2'"):
        recode(old, version="0", codebook=book)


def test_names_that_are_no_code_are_shown_with_what_they_were_read_as(tmp_path):
    book = read_codebook(written(tmp_path, SMALL))
    said = pd.DataFrame({"code_a": ["dear_or_slow; slow", "gone", "Slow", None], "code_b": "rain"})
    assert names_read(said, book).values.tolist() == [
        ["rain", "", False, 4],
        ["dear_or_slow", "dear;slow", True, 1],
        ["gone", "", True, 1],
    ]
