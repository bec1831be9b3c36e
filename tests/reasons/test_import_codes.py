"""A coded list on its way into the state: every fault at once, nothing from a faulty file."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from crm_analysis.cli import main
from crm_analysis.source import collect, load
from crm_analysis.state import State
from tests.source.folders import rows_of, write_csv, write_folder

AS_OF = "2024-03-31"
HEADER = ["as_of", "reason_id", "text", "code_a", "code_b"]
REASONS = [
    ["reason_id", "customer_id", "lead_id", "about", "event_at", "recorded_at", "source", "text",
     "code_a"],
    *[
        [f"Y{n}", "C2", "L2", "lead_loss", "2024-03-09 10:00:00", "2024-03-09 11:00:00",
         "rep_opinion", "太贵", "speed" if n == 4 else ""]
        for n in range(1, 6)
    ],
    ["Y9", "C2", "L2", "lead_loss", "2024-03-09 10:00:00", "2024-05-09 11:00:00", "callback",
     "later", ""],
]  # fmt: skip
GOOD = [
    HEADER,
    [AS_OF, "Y1", "太贵", "price", "价格;速度"],
    [AS_OF, "Y2", "太贵", " Price ; unclassified ", ""],
    [AS_OF, "Y3", "太贵", "", ""],
    [AS_OF, "Y4", "太贵", "price", ""],
]
STORED = {
    ("Y1", "code_a"): "price",
    ("Y1", "code_b"): "price;speed",
    ("Y2", "code_a"): "price;unclassified",
    ("Y4", "code_a"): "price",
}


LINES = [*rows_of("order_lines"), ["O3", "A3", "C6", "2024-03-30 11:00:00", "10", "false"]]


@pytest.fixture
def place(tmp_path):
    write_folder(tmp_path / "crm", reasons=REASONS, order_lines=LINES)
    return tmp_path


def run(place, path):
    return main(
        [
            "codes",
            "import",
            str(path),
            "--source",
            str(place / "crm"),
            "--state",
            str(place / "state"),
        ]
    )


def stored(place):
    return State.at(place / "state").codes(date(2030, 1, 1))


def written(place, rows, *, encoding="utf-8", separator=",", name="list.csv"):
    write_csv(place / name, rows, encoding=encoding, separator=separator)
    return place / name


@pytest.mark.parametrize(
    ("encoding", "separator", "name"),
    [
        ("utf-8", ",", "list.csv"),
        ("utf-8-sig", ";", "list.csv"),
        ("gb18030", ",", "list.csv"),
        ("gb18030", "\t", "list.csv"),
        ("utf-16", "\t", "list.txt"),
    ],
)
def test_a_list_as_excel_may_save_it_is_stored(place, encoding, separator, name, capsys):
    path = written(place, GOOD, encoding=encoding, separator=separator, name=name)
    assert run(place, path) == 0
    assert stored(place) == STORED
    told = capsys.readouterr().out
    assert "Stored 4 codes of 3 reasons, as of 2024-03-31; 0 were there already." in told
    assert "Conflicts, where the CRM's own code counts: 1\n  Y4 code_a: the CRM says speed" in told


@pytest.mark.parametrize("day", ["3/31/2024", "31/03/2024", "31.03.2024 00:00", "31-3-2024"])
def test_a_day_as_any_country_writes_it_is_read(place, day):
    assert run(place, written(place, [HEADER, *([day, *row[1:]] for row in GOOD[1:])])) == 0
    assert stored(place) == STORED


def test_a_day_in_doubt_is_read_by_a_day_beyond_doubt(place):
    days = ["2024-03-12", "12/03/2024", "03/12/2024", "12.3.2024"]
    rows = [[day, *row[1:]] for day, row in zip(days, GOOD[1:], strict=True)]
    assert run(place, written(place, [HEADER, *rows])) == 0
    assert stored(place) == STORED


def test_a_wrong_day_in_all_rows_is_one_fault(place, capsys):
    rows = [["05/04/2024", f"Y{at}", "x", "price", ""] for at in range(1, 6)]
    assert run(place, written(place, [HEADER, *rows])) == 3
    told = capsys.readouterr().err
    assert "1 fault" in told
    assert "it may be 2024-04-05 or 2024-05-04 (5 rows: 2, 3, 4, …)" in told


def test_a_workbook_is_stored_with_its_dates_and_other_sheets(place):
    path = place / "list.xlsx"
    rows = pd.DataFrame(GOOD[1:], columns=["截止日", "原因编号", "text", "编码甲", "code_b"])
    rows["截止日"] = pd.to_datetime(rows["截止日"])
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["how to code"]}).to_excel(book, sheet_name="notes", index=False)
        rows.to_excel(book, sheet_name="codes", index=False)
    assert run(place, path) == 0
    assert stored(place) == STORED


def test_the_next_load_knows_the_codes(place):
    assert run(place, written(place, GOOD)) == 0
    known = load(str(place / "crm"), as_of=AS_OF, state=str(place / "state"))
    codes = collect(known.table("reasons")).set_index("reason_id")["code_a"]
    assert codes[["Y1", "Y2", "Y4"]].tolist() == ["price", "price;unclassified", "speed"]
    assert codes[["Y3", "Y5"]].isna().all()


def test_a_second_import_adds_nothing_and_a_change_is_told(place, capsys):
    path = written(place, GOOD)
    assert run(place, path) == run(place, path) == 0
    assert "Stored 0 codes of 3 reasons, as of 2024-03-31; 4 were there" in capsys.readouterr().out
    changed = [[*row[:3], "quality", ""] if row[1] == "Y1" else row for row in GOOD]
    assert run(place, written(place, changed)) == 0
    assert (
        "replace an earlier one, which is kept: 1\n  Y1 code_a: was price"
        in capsys.readouterr().out
    )
    assert stored(place) == {**STORED, ("Y1", "code_a"): "quality"}


FAULTS = [
    HEADER,
    [AS_OF, "Y1", "x", "prise", "price;weather"],
    [AS_OF, "Y2", "x", "price", ""],
    [AS_OF, "Y2", "x", "speed", ""],
    [AS_OF, "Y77", "x", "price", ""],
    [AS_OF, "Y9", "x", "price", ""],
    [AS_OF, "", "x", "price", ""],
]
WORDS = [
    ("line 2, code_a = 'prise'", "did you mean 'price'?"),
    ("line 2, code_b = 'weather'", "a code of the codebook"),
    ("line 4, reason_id = 'Y2'", "stands in line 3 already"),
    ("line 5, reason_id = 'Y77'", "known on 2024-03-31"),
    ("line 6, reason_id = 'Y9'", "known on 2024-03-31"),
    ("line 7", "a reason_id in each coded row"),
]


def test_all_faults_are_named_at_once_and_nothing_is_stored(place, capsys):
    assert run(place, written(place, FAULTS)) == 3
    told = capsys.readouterr().err
    assert "list.csv has 6 faults; nothing was stored" in told
    lines = told.splitlines()
    for where, why in WORDS:
        assert any(where in line and why in line for line in lines), (where, why, told)
    assert not (place / "state").exists()


def test_a_faulty_file_leaves_what_was_stored(place):
    assert run(place, written(place, GOOD)) == 0
    assert run(place, written(place, FAULTS)) == 3
    assert stored(place) == STORED


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("04/03/2024", "it may be 2024-03-04 or 2024-04-03"),
        ("31/31/2024", "the day of the list, as 2026-10-31"),
        ("", "the day of the list, as 2026-10-31"),
        ("2024-02-30", "the day of the list, as 2026-10-31"),
        ("2031-03-31", "a day that the data reach; they end on 2024-03-30"),
        ("1999-03-31", "a day that the data reach; they begin later"),
    ],
)
def test_a_wrong_day_is_a_fault_beside_the_others(place, capsys, day, words):
    rows = [HEADER, *([day, *row[1:]] for row in GOOD[1:3]), [day, "Y1", "x", "prise", ""]]
    assert run(place, written(place, rows)) == 3
    told = capsys.readouterr().err
    assert words in told
    assert "prise" in told
    assert "Y1" in told
    assert not (place / "state").exists()


def test_two_days_in_one_file_are_a_fault(place, capsys):
    rows = [*GOOD[:3], ["2024-03-30", *GOOD[4][1:]]]
    assert run(place, written(place, rows)) == 3
    assert (
        "line 4, as_of = '2024-03-30': allowed is one day in the whole file"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(("encoding", "words"), [("big5", "Big5"), ("cp1252", "unknown encoding")])
def test_foreign_encodings_are_refused_not_guessed(place, capsys, encoding, words):
    text = (
        "trop élevé, très cher, déçu, à côté, où, naïf"
        if encoding == "cp1252"
        else "價格太貴了，報價比別家高" * 9
    )
    rows = [[*HEADER], *[[AS_OF, f"Y{n}", text, "price", ""] for n in range(1, 6)]]
    assert run(place, written(place, rows, encoding=encoding)) == 3
    assert words in capsys.readouterr().err
    assert not (place / "state").exists()


def test_half_a_sign_of_utf_16_is_told(place, capsys):
    path = written(place, GOOD, encoding="utf-16")
    path.write_bytes(path.read_bytes()[:-1])
    assert run(place, path) == 3
    assert "UTF-16" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["reason_id", "code_a"], ["Y1", "price"]], "a column as_of"),
        ([["as_of", "reason_id"], [AS_OF, "Y1"]], "a column code_a or code_b"),
        ([["as_of", "reason_id", "code_a", "code_a"], [AS_OF, "Y1", "price", "speed"]], "once"),
        ([HEADER, [AS_OF, "Y1", "太贵", "", ""]], "at least one row with code_a or code_b"),
        ([HEADER, [AS_OF, "Y1", "太贵", "price"]], "5 fields as in the header"),
        ([HEADER], "at least one row"),
    ],
)
def test_a_file_of_another_form_is_refused(place, capsys, rows, words):
    assert run(place, written(place, rows)) == 3
    assert words in capsys.readouterr().err


def test_a_file_of_another_kind_or_none_is_refused(place, capsys):
    assert run(place, place / "none.csv") == 2
    path = place / "list.json"
    path.write_text("{}", encoding="utf-8")
    assert run(place, path) == 3
    assert "a .csv, .tsv or .xlsx file" in capsys.readouterr().err


def test_an_id_that_a_spreadsheet_was_kept_from_running_is_found(tmp_path):
    rows = [REASONS[0], ["=Y+1", *REASONS[1][1:]]]
    write_folder(tmp_path / "crm", reasons=rows, order_lines=LINES)
    path = written(tmp_path, [HEADER, [AS_OF, "'=Y+1", "x", "price", ""]])
    assert run(tmp_path, path) == 0
    assert stored(tmp_path) == {("=Y+1", "code_a"): "price"}


def test_a_busy_state_ends_with_4(place, monkeypatch, capsys):
    import sqlite3

    monkeypatch.setattr("crm_analysis.state.file._WAIT_SECONDS", 0.05)
    assert run(place, written(place, GOOD)) == 0
    other = sqlite3.connect(State.at(place / "state").file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert run(place, written(place, GOOD)) == 4
    finally:
        other.close()
    assert "busy" in capsys.readouterr().err


def test_a_cell_of_a_hundred_thousand_signs_is_cut_in_the_fault(place, capsys):
    rows = [HEADER, [AS_OF, "Y1", "=HYPERLINK(1)", "x" * 100_000, ""]]
    assert run(place, written(place, rows)) == 3
    assert len(capsys.readouterr().err) < 1000


def test_a_reason_with_and_without_the_apostrophe_is_there_twice(place, capsys):
    rows = [HEADER, [AS_OF, "Y1", "太贵", "price", ""], [AS_OF, "'Y1", "太贵", "speed", ""]]
    assert run(place, written(place, rows)) != 0
    assert stored(place) == {}
    assert "each reason once" in "".join(capsys.readouterr())
