"""An organisation's own codebook, named in its configuration, replaces ours everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from crm_analysis.answers.failure_reasons import read_reasons
from crm_analysis.answers.reason_coding import coding_part
from crm_analysis.cli import main
from crm_analysis.config import Config, read_config
from crm_analysis.errors import ConfigError, UsageError
from crm_analysis.reasons.codebook import codebook_of, read_codebook
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.frame import reasons_frame
from crm_analysis.reasons.recoding import recoded
from crm_analysis.source import load
from crm_analysis.state import State
from tests.reasons.test_import_codes import AS_OF, HEADER, LINES, REASONS
from tests.source.folders import write_csv, write_folder

OWN = """
name = "ours"
version = "7"
[classes.weather]
en = "weather"
zh = "天气"
[codes.rain]
class = "weather"
label_en = "rain"
label_zh = "下雨"
en = ["rain*"]
zh = ["太贵"]
"""


@pytest.fixture
def folder(tmp_path):
    folder = write_folder(tmp_path / "crm", reasons=REASONS, order_lines=LINES)
    (folder / "crm_analysis.toml").write_text('codebook = "codes/own.toml"\n', encoding="utf-8")
    (folder / "codes").mkdir()
    (folder / "codes/own.toml").write_text(OWN, encoding="utf-8")
    return folder


def test_the_path_counts_from_the_configuration(folder):
    config = read_config(folder / "crm_analysis.toml")
    assert codebook_of(config).version == "7"
    assert codebook_of(Config()).version != "7"


def test_coding_and_import_go_by_it(folder, tmp_path, capsys):
    known = load(str(folder), as_of=AS_OF)
    read = read_reasons(known, known.config)
    assert set(read.coded["codes"]) == {("rain",)}
    rows = [HEADER, [AS_OF, "Y1", "x", "下雨", ""]]
    write_csv(tmp_path / "list.csv", rows)
    told = ["--source", str(folder), "--state", str(tmp_path / "state")]
    assert main(["codes", "import", str(tmp_path / "list.csv"), *told]) == 0
    assert State.at(tmp_path / "state").codes(date(2030, 1, 1)) == {("Y1", "code_a"): "rain"}
    write_csv(tmp_path / "list.csv", [HEADER, [AS_OF, "Y1", "x", "price", ""]])
    assert main(["codes", "import", str(tmp_path / "list.csv"), *told]) == 3
    assert "a code of the codebook 7" in capsys.readouterr().err


def test_what_the_own_codebook_changed_is_shown_and_nothing_where_it_is_ours(folder):
    known = load(str(folder), as_of=AS_OF)
    read = read_reasons(known, known.config)
    shown = {one.name: one for one in coding_part(read.coded, read.codebook, Config()).appendix}
    changes = shown["reason_recoding"].frame
    assert changes[["before_en", "after_en", "n"]].values.tolist() == [["speed", "rain", 5]]
    assert changes["share"].sum() == pytest.approx(1.0)
    assert set(changes["named_en"]) == {"there is none"}
    ours = read_reasons(known, Config())
    shown = {one.name for one in coding_part(ours.coded, ours.codebook, Config()).appendix}
    assert "reason_recoding" not in shown


@pytest.mark.parametrize(("named", "told"), [('["rain"]', True), ("[]", False)])
def test_a_crosswalk_from_our_version_tells_renames_from_changes(folder, named, told):
    version = read_codebook().version
    walk = f'[crosswalk."{version}"]\nspeed = {named}\n'
    (folder / "codes/own.toml").write_text(OWN + walk, encoding="utf-8")
    known = load(str(folder), as_of=AS_OF)
    read = read_reasons(known, known.config)
    changes = recoded(read.coded, read.codebook).set_index("before")
    assert changes["after"].to_dict() == {"speed": "rain"}
    assert changes["by_crosswalk"].to_dict() == {"speed": told}


def test_codes_of_an_earlier_version_are_told_where_they_were_written(folder):
    walk = '[crosswalk."6"]\ndrizzle = ["rain"]\nfog = []\n'
    (folder / "codes/own.toml").write_text(OWN + walk, encoding="utf-8")
    known = load(str(folder), as_of=AS_OF)
    reasons = reasons_frame(known).assign(code_a=["drizzle", "drizzle", "rain", "fog", None])
    book = codebook_of(known.config)
    changes = recoded(code_reasons(reasons, book), book)
    old = changes[changes["version"] == "6"]
    assert old[["before", "after", "n"]].values.tolist() == [
        ["drizzle", "rain", 2],
        ["fog", "rain", 1],
    ]
    assert old["by_crosswalk"].tolist() == [True, False]


def test_a_missing_or_faulty_one_is_told(folder):
    config = read_config(folder / "crm_analysis.toml")
    (folder / "codes/own.toml").write_text('name = "x"\n[codes.rain]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml has"):
        codebook_of(config)
    (folder / "codes/own.toml").unlink()
    with pytest.raises(UsageError, match="does not exist"):
        codebook_of(config)
