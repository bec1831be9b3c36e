"""The codebook: ours holds, an organisation's own is checked as a whole, old names are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_analysis.errors import ConfigError, UsageError
from crm_analysis.reasons.codebook import read_codebook

SMALL = """
name = "ours"
version = "2"
negations_en = ["not"]
negations_zh = ["不"]

[classes.price]
en = "price"
zh = "价格"

[codes.dear]
class = "price"
label_en = "too dear"
label_zh = "太贵"
en = ["dear*"]
zh = ["太贵"]

[codes.slow]
class = "price"
label_en = "slow"
label_zh = "慢"

[crosswalk."1"]
dear_or_slow = ["dear", "slow"]
gone = []
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "codes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_ours_has_the_24_codes_in_five_classes_each_worded_in_both_languages():
    book = read_codebook()
    assert len(book.codes) == 24
    assert set(book.classes) == {"product", "price", "service", "rival", "customer"}
    assert {code.group for code in book.codes.values()} == set(book.classes)
    for code in book.codes.values():
        assert any(wording.isascii() for wording in code.wordings), code.name
        assert any(not wording.isascii() for wording in code.wordings), code.name


def test_one_file_replaces_ours(tmp_path):
    book = read_codebook(written(tmp_path, SMALL))
    assert list(book.codes) == ["dear", "slow"]
    assert book.read_codes("太貴;slow") == (("dear", "slow"), ())
    assert book.read_codes("price") == ((), ("price",))
    assert book.digest != read_codebook().digest


def test_names_of_an_earlier_version_are_read_by_the_crosswalk(tmp_path):
    book = read_codebook(written(tmp_path, SMALL))
    assert book.read_codes("dear_or_slow;slow") == (("dear", "slow"), ())
    assert book.read_codes("gone") == ((), ())


def test_all_faults_of_a_file_are_told_at_once(tmp_path):
    faulty = (
        SMALL.replace('class = "price"\nlabel_en = "too dear"', 'clas = "price"')
        .replace('zh = ["太贵"]', 'zh = ["贵", 3]')
        .replace('label_en = "slow"', 'label_en = "太贵"')
        .replace("gone = []", 'gone = ["deer"]')
        .replace('version = "2"', "")
    )
    with pytest.raises(ConfigError) as told:
        read_codebook(written(tmp_path, faulty))
    message = str(told.value)
    for part in (
        "version: missing",
        "codes.dear.clas: unknown key; did you mean 'class'?",
        "codes.dear.class: missing",
        "codes.dear.label_en: missing",
        "codes.dear.zh: '贵' is too short",
        "codes.dear.zh: 3 is no text",
        "codes.slow: '太贵' also means the code 'dear'",
        "crosswalk.1.gone: 'deer' is no code of this codebook did you mean 'dear'?",
    ):
        assert part in message
    assert "has 8 faults" in message


def test_a_missing_file_and_bad_toml_are_named(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        read_codebook(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_codebook(written(tmp_path, "name = "))
    (tmp_path / "codes.toml").write_bytes("name = '价格'".encode("gb18030"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_codebook(tmp_path / "codes.toml")
