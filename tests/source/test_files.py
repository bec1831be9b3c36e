"""Files that could be read wrongly without a word: formulas, foreign encodings, links."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest
from openpyxl import Workbook

from crm_analysis.config import Config
from tests.source.folders import LEADS, found, report_of, with_cell, write_csv, write_folder


def workbook(path, *, title="leads", cells=None):
    """Write the good leads as a sheet; some cells changed, as {"F3": "=1+1"}."""
    book = Workbook()
    book.active.title = title
    for row in LEADS:
        book.active.append(row)
    for place, value in (cells or {}).items():
        book.active[place] = value
    book.save(path)


def rewrite(path, old, new):
    """Change the XML of the first sheet, as another program would have written it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_formula_without_its_value_is_fatal_and_named(tmp_path):
    folder = write_folder(tmp_path, leads=None)
    workbook(folder / "export.xlsx", cells={"F3": "=1000*2", "F4": "=1", "E4": "=A1", "H9": "=2"})
    report = report_of(folder)
    faults = found(report, rule="formula")
    assert set(faults["file"]) == {"export.xlsx:leads"}
    places = faults[["column", "line"]].values.tolist()
    assert sorted(places) == [["amount", 3], ["amount", 4], ["closed_at", 4], ["column_8", 9]]
    assert set(faults["severity"]) == {"fatal"} and report.fatal
    assert faults["allowed"].str.contains("open the workbook in Excel and save it").all()
    counts = report.counts[report.counts["rule"] == "formula"].set_index("column")["n_rows"]
    assert counts.to_dict() == {"amount": 2, "closed_at": 1, "column_8": 1}


def test_a_sheet_of_formulas_alone_is_not_empty(tmp_path):
    folder = write_folder(tmp_path, leads=None)
    book = Workbook()
    book.active.title = "leads"
    book.active.append([f"=Sheet9!{letter}1" for letter in "ABCDEFG"])
    book.create_sheet("notes").append(["remember the milk"])
    book.save(folder / "export.xlsx")
    report = report_of(folder)
    assert len(found(report, rule="formula", table="leads", line=1)) == 7
    assert report.fatal


def test_a_formula_with_its_value_is_read(tmp_path):
    folder = write_folder(tmp_path, leads=None)
    workbook(folder / "export.xlsx", cells={"F3": "=1000*2", "E4": '=""'})
    cell = b'<c r="F3"><f>1000*2</f><v /></c>', b'<c r="F3"><f>1000*2</f><v>2000</v></c>'
    empty = b'<c r="E4"><f>""</f><v /></c>', b'<c r="E4" t="str"><f>""</f><v></v></c>'
    rewrite(folder / "export.xlsx", *cell)
    rewrite(folder / "export.xlsx", *empty)
    report = report_of(folder)
    assert found(report, rule="formula").empty
    leads = report.tables["leads"].order_by("lead_id").execute()
    assert leads["amount"].tolist()[:3] == [1000, 2000, 3000]
    assert leads["closed_at"].isna().tolist() == [False, False, True, False]


def test_a_parquet_header_with_nul_is_refused(tmp_path):
    folder = write_folder(tmp_path, leads=None)
    frame = pd.DataFrame(LEADS[1:], columns=[*LEADS[0][:-1], "pro\0duct"])
    frame.to_parquet(folder / "leads.parquet")
    [fault] = found(report_of(folder), rule="unreadable").to_dict("records")
    assert (fault["file"], fault["value"]) == ("leads.parquet", "a header with the sign NUL")


NAMES = {
    "cp1252": ["Müller", "Jürgen Köhler", "Schröder", "Bäcker", "Größe", "Weißer", "Crème"],
    "big5": [
        "報價太高，考慮其他品牌",
        "已經購買別家產品",
        "等待總公司批准預算",
        "客戶不滿意服務態度",
    ],
}


@pytest.mark.parametrize("encoding", NAMES)
def test_text_that_only_looks_like_gb18030_is_refused_with_advice(tmp_path, encoding):
    folder = write_folder(tmp_path, leads=None)
    rows = [[*row[:-1], name] for row, name in zip(LEADS[1:] * 2, NAMES[encoding], strict=False)]
    rows = [LEADS[0], *[[f"L{n}", *row[1:]] for n, row in enumerate(rows)]]
    write_csv(folder / "leads.csv", rows, encoding=encoding)
    (folder / "leads.csv").read_bytes().decode("gb18030")  # it could be read, and be wrong
    [fault] = found(report_of(folder), rule="unreadable").to_dict("records")
    assert (fault["file"], fault["line"], fault["severity"]) == ("leads.csv", 2, "fatal")
    assert f'encodings = ["{encoding}"]' in fault["allowed"]
    report = report_of(folder, Config(encodings=[encoding]))
    assert set(report.tables["leads"].product.execute()) == {row[-1] for row in rows[1:]}


@pytest.mark.parametrize(
    "words",
    [
        ["轿车", "轿车", "轿车"],
        ["报价太高，考虑其他品牌", "已经购买别家产品", "等待总公司批准预算", "客户不满意服务态度"],
        ["報價太高，考慮其他品牌", "已經購買別家產品", "等待總公司批准預算", "客戶不滿意服務態度"],
        ["這個價格貴了", "電話沒有人接", "時間來不及", "會議取消"],
        ["朱镕基 a", "李昇", "陈喆", "王堃"],
        ["Café 咖啡", "é", "ü 型"],
    ],
    ids=["one word", "simplified", "traditional", "traditional too", "rare names", "few accents"],
)
def test_real_gb18030_is_read_and_shown(tmp_path, words):
    folder = write_folder(tmp_path, interactions=None)
    rows = LEADS[:1] + [[*row[:-1], word] for row, word in zip(LEADS[1:], words, strict=False)]
    write_csv(folder / "leads.csv", rows, encoding="gb18030")
    report = report_of(folder)
    assert not report.problem(), report.problem()
    assert set(report.tables["leads"].product.execute()) == {row[-1] for row in rows[1:]}
    [fault] = found(report, rule="encoding").to_dict("records")
    assert (fault["value"], fault["line"], fault["severity"]) == ("gb18030", 2, "warning")
    assert repr(words[0][:20]) in fault["allowed"]


def test_a_link_into_nowhere_and_a_folder_of_parts_are_named(tmp_path):
    folder = write_folder(tmp_path, leads=None, order_lines=None)
    (folder / "leads.csv").symlink_to(tmp_path / "gone.csv")
    (folder / "order_lines.parquet").mkdir()
    report = report_of(folder)
    told = found(report, rule="unreadable").set_index("file")
    assert told.loc["leads.csv", "value"] == "a link to a file that is not there"
    assert told.loc["order_lines.parquet", "value"] == "a folder"
    assert set(told["severity"]) == {"fatal"}
    (folder / "leads.csv").unlink()
    write_csv(folder / "leads.csv", with_cell("leads", 2, "product", "boat"))
    assert set(found(report_of(folder), rule="unreadable")["file"]) == {"order_lines.parquet"}
