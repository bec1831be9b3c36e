"""The appendix on coding: where codes come from, how well, what was recoded, what is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.answers.reason_coding import coding_part
from crm_analysis.config import Config
from crm_analysis.reasons import learner
from crm_analysis.reasons.codebook import read_codebook
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.frame import reasons_frame
from crm_analysis.source import load


def test_no_reasons_give_an_empty_part():
    empty = code_reasons(pd.DataFrame(columns=["reason_id", "text", "code_a", "code_b"]))
    part = coding_part(empty, read_codebook(), Config())
    assert not (part.estimates or part.appendix or part.lists)


def test_the_demo_is_coded_well_and_says_where_codes_come_from():
    coded = code_reasons(reasons_frame(load("demo:", as_of="2026-10-31")))
    part = coding_part(coded, read_codebook(), Config(n_boot=100))
    [machine] = [row for row in part.estimates if row.quantity == "reasons_machine_f1"]
    assert machine.ci_lo is not None
    assert machine.ci_lo > 0.5
    basis = part.appendix[0].frame
    assert basis["n"].sum() == len(coded)
    assert basis["share"].sum() == pytest.approx(1)
    assert [table.name for table in part.appendix][:2] == [
        "reason_coding_basis", "reason_coding_quality"
    ]  # fmt: skip


def test_codes_that_could_not_be_learned_are_told(monkeypatch):
    said = pd.DataFrame(
        {
            "reason_id": [f"Y{at}" for at in range(8)],
            "text": [f"{text}{sign}" for text in ("太贵", "路远") for sign in "甲乙丙丁"],
            "code_a": ["price"] * 4 + ["distance"] * 4,
        }
    )
    for most, n in ((learner.MAX_ITERATIONS, 0), (1, 2)):
        monkeypatch.setattr(learner, "MAX_ITERATIONS", most)
        part = coding_part(code_reasons(said), read_codebook(), Config(n_boot=100))
        [row] = [row for row in part.estimates if row.quantity == "codes_unsettled_count"]
        assert row.estimate == n
        caption = part.appendix[0].caption
        assert ("2 codes whose fit did not settle" in caption.en) == (n == 2)
        assert ("2 个编码" in caption.zh) == (n == 2)


def test_customers_words_stay_on_the_private_list():
    said = pd.DataFrame(
        {
            "reason_id": [f"Y{at}" for at in range(30)],
            "text": [f"=HYPERLINK(发票抬头开错{'甲乙丙丁戊'[at % 5]}{at})<b>" for at in range(30)],
            "code_a": ["<script>"] + [None] * 29,
        }
    )
    part = coding_part(code_reasons(said), read_codebook(), Config(n_boot=100))
    [suggested] = part.lists
    assert "发票" in suggested.frame["wordings"][0]
    shown = " ".join(table.frame.to_csv() for table in part.appendix)
    assert "发票" not in shown
    assert "script" not in shown
    assert "names not in the codebook" in shown
