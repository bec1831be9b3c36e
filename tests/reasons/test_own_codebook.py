"""An organisation's own codebook, named in its configuration, replaces ours everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from crm_analysis.answers.failure_reasons import read_reasons
from crm_analysis.cli import main
from crm_analysis.config import Config, read_config
from crm_analysis.errors import ConfigError, UsageError
from crm_analysis.reasons.codebook import codebook_of
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


def test_a_missing_or_faulty_one_is_told(folder):
    config = read_config(folder / "crm_analysis.toml")
    (folder / "codes/own.toml").write_text('name = "x"\n[codes.rain]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml has"):
        codebook_of(config)
    (folder / "codes/own.toml").unlink()
    with pytest.raises(UsageError, match="does not exist"):
        codebook_of(config)
