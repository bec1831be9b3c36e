"""The list goes out, comes back filled in, and the next month's page has learned from it."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.answers.failure_reasons import read_reasons, reasons_part
from crm_analysis.cli import main
from crm_analysis.config import Config
from crm_analysis.reasons.wording import worded
from crm_analysis.report.publish import write_csv
from crm_analysis.source import load
from crm_analysis.world import scenario, write
from crm_analysis.world.write import World

QUICK = Config(n_boot=100)


@pytest.fixture
def uncoded(tmp_path):
    """S07 without human codes, a text of it in words that no codebook knows."""
    world = scenario("S07", seed=2)
    reasons = world.tables["reasons"].assign(code_a=None, code_b=None)
    new = reasons.index[reasons["source"] == "callback"][:40]
    reasons.loc[new, "text"] = [f"zzgh qwrt mnbv {at % 4}" for at in range(len(new))]
    write(World({**world.tables, "reasons": reasons}, world.truth, world.as_of), tmp_path / "crm")
    return tmp_path, world.as_of


def test_what_was_coded_is_learned_and_not_asked_again(uncoded):
    place, as_of = uncoded
    state = str(place / "state")
    first = load(str(place / "crm"), as_of=as_of, state=state)
    [listed] = reasons_part(first, QUICK).lists
    write_csv(listed.frame, place / "list.csv")
    told = pd.read_csv(place / "list.csv", encoding="utf-8-sig", dtype=str)
    strange = told["text"].str.startswith("zzgh")
    assert strange.head(5).any()
    told.loc[strange, "code_a"] = "stock"
    told.to_csv(place / "list.csv", index=False, encoding="gb18030")
    source = ["--source", str(place / "crm"), "--state", state]
    assert main(["codes", "import", str(place / "list.csv"), *source]) == 0
    second = load(str(place / "crm"), as_of=as_of, state=state)
    read = read_reasons(second, QUICK)
    human = read.coded[read.coded["basis"] == "human"]
    assert len(human) == strange.sum()
    assert set(human["codes"]) == {("stock",)}
    alike = read.coded["text"].map(worded).isin(set(told.loc[strange, "text"].map(worded)))
    assert alike.sum() == 40
    assert set(read.coded.loc[alike, "codes"]) == {("stock",)}
    [again] = reasons_part(second, QUICK, read).lists
    assert not asked_words(again.frame) & set(told.loc[strange, "text"].map(worded))
    assert second.fingerprint != first.fingerprint


def asked_words(listed) -> set[str]:
    """Return the wordings of a list that do not stand there for measuring."""
    asked = listed[~listed["why_en"].str.contains("measuring")]
    return set(asked["text"].map(worded))


def test_no_round_asks_for_words_of_the_round_before(uncoded):
    place, as_of = uncoded
    state = str(place / "state")
    asked: list[set[str]] = []
    for _ in range(2):
        known = load(str(place / "crm"), as_of=as_of, state=state)
        [listed] = reasons_part(known, QUICK).lists
        asked.append(asked_words(listed.frame))
        frame = listed.frame.assign(code_a="price")
        write_csv(frame, place / "list.csv")
        given = ["--source", str(place / "crm"), "--state", state]
        assert main(["codes", "import", str(place / "list.csv"), *given]) == 0
    assert asked[0]
    assert not asked[0] & asked[1]
