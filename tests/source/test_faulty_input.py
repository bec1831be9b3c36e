"""Every kind of faulty input is named with file, line, column, value and what is allowed."""

from __future__ import annotations

import gzip
import json
import zipfile

import pytest

from crm_analysis.config import Config
from crm_analysis.errors import CrmAnalysisError, DataError
from crm_analysis.source import connect, load
from tests.source.folders import (
    LEADS,
    found,
    report_of,
    rows_of,
    with_cell,
    write_csv,
    write_folder,
)

CELLS = [
    # table, line, column, value, rule, severity, a part of what is allowed
    ("leads", 3, "amount", "1.234,50", "decimal_comma", "exclude", "decimal point"),
    ("leads", 3, "amount", "12,5", "decimal_comma", "exclude", "1234.50"),
    ("leads", 3, "amount", "a lot", "type", "exclude", "an amount"),
    ("leads", 3, "amount", "NaN!", "type", "exclude", "an amount"),
    ("leads", 3, "amount", "99999999999999999", "too_large", "exclude", "14 digits before"),
    ("leads", 3, "amount", "9" * 60, "too_large", "exclude", "14 digits before"),
    ("leads", 3, "amount", "(100)", "parentheses", "exclude", "-100.00; a negative amount"),
    ("leads", 3, "amount", "（¥1,000.50）", "parentheses", "exclude", "minus sign"),
    ("leads", 3, "amount", "(see note)", "type", "exclude", "an amount"),
    ("leads", 3, "amount", "12%", "type", "exclude", "an amount"),
    ("leads", 3, "opened_at", "01/03/2024", "day_first", "exclude", "2024-03-01"),
    ("leads", 3, "opened_at", "03.01.24 10:00", "day_first", "exclude", "two ways"),
    ("leads", 3, "opened_at", "2024-02-30 10:00:00", "type", "exclude", "a time such as"),
    ("leads", 3, "opened_at", "yesterday", "type", "exclude", "2024-03-01 09:30:00"),
    ("leads", 3, "opened_at", "1024-03-01", "year", "exclude", "1900 to 2199"),
    ("leads", 3, "opened_at", "1899-12-31", "year", "exclude", "1900 to 2199"),
    ("leads", 3, "closed_at", "2206-01-01", "year", "exclude", "1900 to 2199"),
    ("customers", 3, "created_at", "2206-01-01", "year", "exclude", "1900 to 2199"),
    ("order_lines", 2, "due_at", "2206-01-01", "year", "exclude", "1900 to 2199"),
    ("leads", 3, "opened_at", "", "required", "exclude", "a value"),
    ("leads", 3, "closed_at", "", "required", "exclude", "unless status is open"),
    ("leads", 3, "closed_at", "2024-02-01", "time_order", "exclude", "not before opened_at"),
    ("leads", 4, "closed_at", "2024-03-08", "open_but_closed", "exclude", "empty"),
    ("leads", 3, "status", "sleeping", "value", "exclude", "open, won, lost, void"),
    ("leads", 3, "lost_to", "moon", "value", "repair", "other_brand"),
    ("leads", 3, "customer_id", "C99", "reference", "exclude", "customers; add its row there"),
    ("leads", 3, "customer_id", "", "required", "exclude", "a value"),
    ("leads", 3, "visited_store", "perhaps", "value", "exclude", "true, false"),
    ("customers", 3, "created_at", "2024-13-01", "type", "exclude", "a date"),
    ("customers", 3, "birth_year", "19x5", "type", "exclude", "a whole number"),
    ("customers", 3, "n_children", "1.5", "type", "exclude", "a whole number"),
    ("customers", 3, "n_children", "9" * 19, "too_large", "exclude", "at most 18 digits"),
    ("customers", 3, "kind", "robot", "value", "exclude", "individual, organisation"),
    ("customers", 3, "referrer_id", "C77", "reference", "repair", "emptied"),
    ("customers", 3, "lat", "95", "range", "exclude", "90"),
    ("interactions", 2, "channel", "pigeon", "value", "exclude", "meet, call"),
    ("interactions", 2, "minutes", "-4", "range", "repair", "0 to 1440 minutes; emptied"),
    ("interactions", 2, "at", "", "required", "exclude", "unless planned_at is given"),
    ("interactions", 2, "lead_id", "L77", "reference", "repair", "lead_id of table leads"),
    ("order_lines", 2, "essential", "2", "value", "exclude", "true, false"),
    ("order_lines", 2, "qty", "inf", "type", "exclude", "a number"),
    ("order_lines", 2, "qty", "1e400", "too_large", "exclude", "below 1e308"),
]


@pytest.mark.parametrize(
    ("table", "line", "column", "value", "rule", "severity", "allowed"), CELLS,
    ids=[f"{cell[0]}-{cell[2]}-{cell[3] or 'empty'}" for cell in CELLS],
)  # fmt: skip
def test_a_faulty_cell_is_named(tmp_path, table, line, column, value, rule, severity, allowed):
    others = {name: None for name in ("interactions", "order_lines")}  # keeps the test quick
    folder = write_folder(tmp_path, **{**others, table: with_cell(table, line, column, value)})
    report = report_of(folder)
    [fault] = found(report, rule=rule, column=column).to_dict("records")
    assert (fault["file"], fault["line"], fault["value"]) == (f"{table}.csv", line, value)
    assert fault["severity"] == severity
    assert allowed in fault["allowed"]
    counted = report.counts[(report.counts["rule"] == rule) & (report.counts["column"] == column)]
    assert counted["n_rows"].tolist() == [1]
    used = report.row_counts.set_index("table").loc[table]
    assert used["n_in"] == used["n_used"] + used["n_excluded"]
    assert used["n_excluded"] == (severity == "exclude")


def test_all_faults_are_told_at_once(tmp_path):
    rows = with_cell("leads", 2, "status", "sleeping")
    rows[2][5], rows[3][2] = "1.234,50", "soon"
    folder = write_folder(
        tmp_path, leads=rows, customers=with_cell("customers", 4, "created_at", "x")
    )
    rules = set(report_of(folder).faults["rule"])
    assert {"value", "decimal_comma", "type"} <= rules


def test_too_many_excluded_rows_stop_a_load_and_say_where(tmp_path):
    folder = write_folder(tmp_path, leads=with_cell("leads", 3, "amount", "1.234,50"))
    with pytest.raises(DataError, match="1 of 4 rows are excluded") as caught:
        load(str(folder), as_of="2024-03-31")
    assert "leads.csv line 3, amount = '1.234,50'" in str(caught.value)
    assert caught.value.exit_code == 3
    assert load(
        str(folder), as_of="2024-03-31", config=Config(max_excluded_share=0.5)
    ).row_counts.set_index("table").loc["leads", "n_used"] == 3  # fmt: skip


def test_a_missing_required_column_is_fatal_and_guesses_at_its_name(tmp_path):
    rows = rows_of("leads")
    rows[0][3] = "statsu"
    report = report_of(write_folder(tmp_path, leads=rows))
    [fault] = found(report, rule="missing_column").to_dict("records")
    assert (fault["file"], fault["line"], fault["column"]) == ("leads.csv", 1, "status")
    assert "'statsu'" in fault["allowed"]
    assert report.fatal
    [stranger] = found(report, rule="unknown_column").to_dict("records")
    assert stranger["allowed"].startswith("did you mean status?")


def test_the_same_header_twice_is_fatal_and_in_the_rejects(tmp_path):
    folder = write_folder(tmp_path)
    text = (folder / "leads.csv").read_text(encoding="utf-8").splitlines()
    doubled = [f"{line},{'Status' if n == 0 else 'lost'}" for n, line in enumerate(text)]
    (folder / "leads.csv").write_text("\n".join(doubled) + "\n", encoding="utf-8")
    report = report_of(folder)
    [fault] = found(report, rule="doubled_column").to_dict("records")
    assert (fault["severity"], fault["column"], fault["file"]) == ("fatal", "status", "leads.csv")
    assert "doubled_column" in set(report.rejects["rule"])


def test_a_doubled_column_is_fatal(tmp_path):
    rows = [[*row, row[5]] for row in LEADS]
    rows[0][-1] = "成交金额"
    [fault] = found(report_of(write_folder(tmp_path, leads=rows)), rule="doubled_column").to_dict(
        "records"
    )
    assert fault["severity"] == "fatal"
    assert fault["allowed"] == "one column for amount"


@pytest.mark.parametrize("missing", ["customers", "all that can be analysed"])
def test_a_missing_table_is_fatal(tmp_path, missing):
    if missing == "customers":
        folder = write_folder(tmp_path, customers=None)
    else:
        folder = write_folder(tmp_path, leads=None, order_lines=None)
    report = report_of(folder)
    [fault] = found(report, rule="missing_table").to_dict("records")
    assert fault["severity"] == "fatal"
    with pytest.raises(DataError, match="missing_table"):
        load(str(folder), as_of="2024-03-31")


def test_an_empty_table_counts_as_missing(tmp_path):
    report = report_of(write_folder(tmp_path, customers=rows_of("customers")[:1]))
    assert len(found(report, rule="empty_table", table="customers")) == 1
    assert report.fatal


def test_conflicting_rows_of_a_key_are_fatal_with_their_lines(tmp_path):
    rows = rows_of("leads")
    rows.append([*rows[1][:5], "777", "car"])
    report = report_of(write_folder(tmp_path, leads=rows))
    faults = found(report, rule="conflicting_key")
    assert faults["line"].tolist() == [2, 6]
    assert faults["key"].tolist() == ["L1", "L1"]
    assert report.fatal


def test_identical_rows_are_dropped_listed_and_counted(tmp_path):
    rows = rows_of("leads")
    report = report_of(write_folder(tmp_path, leads=[*rows, rows[1], rows[1]]))
    faults = found(report, rule="identical_rows")
    assert faults["severity"].tolist() == ["repair", "repair"]
    assert faults["line"].tolist() == [6, 7]
    used = report.row_counts.set_index("table").loc["leads"]
    assert (used["n_in"], used["n_excluded"], used["n_used"], used["n_faulty"]) == (6, 2, 4, 0)
    assert not report.problem()


def test_a_row_of_a_wrong_length_is_named_with_its_line(tmp_path):
    folder = write_folder(tmp_path)
    text = (folder / "leads.csv").read_text()
    lines = text.splitlines()
    lines.insert(3, "L9,C1,2024-03-01")
    (folder / "leads.csv").write_text("\n".join(lines) + "\n")
    report = report_of(folder)
    [fault] = found(report, rule="fields").to_dict("records")
    assert (fault["file"], fault["line"], fault["table"]) == ("leads.csv", 4, "leads")
    assert fault["allowed"] == "7 fields as in the header"
    used = report.row_counts.set_index("table").loc["leads"]
    assert (used["n_in"], used["n_excluded"], used["n_used"]) == (5, 1, 4)


def test_an_open_quote_is_named_with_its_line(tmp_path):
    folder = write_folder(tmp_path)
    with (folder / "leads.csv").open("a") as stream:
        stream.write('L9,C1,2024-03-01,open,,5,"never closed\nL10,C2,2024-03-01,open,,5,car\n')
    [fault] = found(report_of(folder), rule="unreadable").to_dict("records")
    assert (fault["file"], fault["line"], fault["severity"]) == ("leads.csv", 6, "fatal")


@pytest.mark.parametrize(
    ("name", "advice"),
    [("leads.zip", "unpack"), ("leads.txt", "save it as .csv"), ("leads.json", ".parquet"),
     ("leads.xls", ".xlsx")],
)  # fmt: skip
def test_other_formats_are_refused_with_advice(tmp_path, name, advice):
    folder = write_folder(tmp_path, leads=None)
    if name.endswith("zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("leads.csv", "lead_id\n")
    else:
        (folder / name).write_text(json.dumps({"lead_id": 1}))
    [fault] = found(report_of(folder), rule="file_format").to_dict("records")
    assert (fault["file"], fault["severity"]) == (name, "fatal")
    assert advice in fault["allowed"]


def test_a_note_beside_the_data_is_only_a_warning(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "notes.txt").write_text("remember the milk")
    report = report_of(folder)
    assert found(report, file="notes.txt")["severity"].tolist() == ["warning"]
    assert not report.problem()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("lead_id,x\n".encode("utf-16"), "UTF-16"),
        (b"lead_id,x\n\xff\xff\n", "unknown encoding"),
        ("名字\n甲乙\n丙丁\n".encode() + "名字是甲\n".encode("gb18030"), "lines in UTF-8"),
        (b"", "an empty file"),
    ],
    ids=["utf-16", "unknown", "mixed", "empty"],
)
def test_a_file_that_cannot_be_decoded_is_fatal(tmp_path, content, words):
    folder = write_folder(tmp_path)
    (folder / "leads.csv").write_bytes(content)
    [fault] = found(report_of(folder), rule="unreadable").to_dict("records")
    assert (fault["file"], fault["severity"]) == ("leads.csv", "fatal")
    assert words in fault["value"]


@pytest.mark.parametrize("name", ["leads.parquet", "leads.xlsx", "leads.csv.gz"])
def test_a_damaged_file_is_fatal(tmp_path, name):
    folder = write_folder(tmp_path, leads=None)
    whole = gzip.compress(b"lead_id,customer_id\n" * 500)
    (folder / name).write_bytes(whole[: len(whole) // 2] if name.endswith("gz") else b"rubbish")
    [fault] = found(report_of(folder), rule="unreadable").to_dict("records")
    assert (fault["file"], fault["severity"]) == (name, "fatal")
    with pytest.raises(DataError):
        load(str(folder), as_of="2024-03-31")


def test_two_files_for_one_table_are_fatal(tmp_path):
    folder = write_folder(tmp_path)
    write_csv(folder / "leads.tsv", LEADS, separator="\t")
    write_csv(folder / "线索.csv", LEADS)
    report = report_of(folder)
    assert report.fatal
    assert {"leads.tsv"} <= set(report.faults["file"])


def test_an_unknown_table_is_a_warning_with_a_guess(tmp_path):
    folder = write_folder(tmp_path)
    write_csv(folder / "custmers.csv", [["a"], ["1"]])
    [fault] = found(report_of(folder), rule="unknown_table").to_dict("records")
    assert fault["allowed"] == "did you mean customers?"


def test_a_won_lead_without_an_order_is_a_warning(tmp_path):
    orders = [row for row in rows_of("order_lines") if row[0] != "O1"]
    orders.append(["O9", "A9", "C8", "2024-12-01 00:00:00", "5", "true"])
    [fault] = found(
        report_of(write_folder(tmp_path, order_lines=orders)), rule="won_without_order"
    ).to_dict("records")
    assert (fault["value"], fault["line"], fault["severity"]) == ("L1", 2, "warning")
    assert found(report_of(write_folder(tmp_path)), rule="won_without_order").empty


def merged_customers(**into):
    """Return the good customers, some merged into another."""
    rows = [[*row, into.get(row[0], "")] for row in rows_of("customers")]
    rows[0][-1] = "merged_into"
    return rows


def test_circles_of_merged_customers_are_told_with_all_other_faults(tmp_path):
    rows = merged_customers(C1="C2", C2="C1", C3="C1", C4="C5", C6="C7", C7="C8", C8="C6")
    leads = with_cell("leads", 3, "amount", "1.234,50")
    folder = write_folder(tmp_path, customers=rows, leads=leads)
    report = report_of(folder)
    told = found(report, rule="merged_in_circle")
    assert told[["file", "line", "column", "value"]].values.tolist() == [
        ["customers.csv", line, "merged_into", value]
        for line, value in ((2, "C2"), (3, "C1"), (7, "C7"), (8, "C8"), (9, "C6"))
    ]
    assert set(told["severity"]) == {"fatal"}
    assert set(told["allowed"]) == {"a chain of merges that ends at a customer who was not merged"}
    assert report.counts.set_index("rule").loc["merged_in_circle", "n_rows"] == 5
    assert len(found(report, rule="decimal_comma")) == 1
    with pytest.raises(DataError, match=r"line 2, merged_into = 'C2'.*merged_in_circle"):
        load(str(folder), as_of="2024-03-31")


def test_a_customer_merged_into_itself_was_not_merged(tmp_path):
    rows = merged_customers(C1="C1", C2="C3")
    folder = write_folder(tmp_path, customers=rows)
    report = report_of(folder)
    [fault] = found(report, rule="merged_into_itself").to_dict("records")
    assert (fault["line"], fault["value"], fault["severity"]) == (2, "C1", "repair")
    known = load(str(folder), as_of="2024-03-31")
    ids = set(known.table("customers").customer_id.to_pandas())
    assert "C1" in ids and "C2" not in ids


def test_an_order_that_names_no_lead_loses_the_name(tmp_path):
    orders = with_cell("order_lines", 2, "lead_id", "L77")
    orders[2][-1] = "L2"
    report = report_of(write_folder(tmp_path, order_lines=orders))
    [fault] = found(report, rule="reference", table="order_lines").to_dict("records")
    assert (fault["file"], fault["line"], fault["column"]) == ("order_lines.csv", 2, "lead_id")
    assert (fault["value"], fault["severity"]) == ("L77", "repair")
    assert fault["allowed"] == "a lead_id of table leads; emptied"
    lines = report.tables["order_lines"].order_by("line_id").to_pandas()
    assert lines["lead_id"].isna().tolist() == [True, False]
    assert lines["lead_id"][1] == "L2"


def test_orders_without_a_time_leave_the_leads_checked(tmp_path):
    orders = [[*row[:3], *row[4:]] for row in rows_of("order_lines")]
    report = report_of(write_folder(tmp_path, order_lines=orders))
    assert found(report, rule="missing_column")["column"].tolist() == ["at"]
    assert report.row_counts.set_index("table").loc["leads", "n_used"] == 4


def test_at_most_a_thousand_rows_of_a_rule_are_listed_but_all_are_counted(tmp_path):
    rows = rows_of("leads")
    for number in range(1500):
        rows.append([f"X{number}", "C1", "2024-03-01 09:00:00", "asleep", "", "1", "car"])
    report = report_of(write_folder(tmp_path, leads=rows))
    assert len(found(report, rule="value", column="status")) == 1000
    counts = report.counts[report.counts["rule"] == "value"]
    assert counts["n_rows"].tolist() == [1500]


HOSTILE = ["'); DROP TABLE leads; --", 'a"b', "=cmd|' /C calc'!A0", "<script>alert(1)</script>",
           "select", "\\1$1", "%s{}", "名;字", "🙂"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(tmp_path, name):
    rows = with_cell("leads", 2, "product", name)
    rows = [[*row, row[5]] for row in rows]
    rows[0][-1] = f"x_{name}"
    safe = name.replace("/", "_")
    folder = write_folder(tmp_path / f"it's {safe}", leads=rows)
    write_csv(folder / f"{safe}.csv", [[name, "b"], ["1", "2"]])
    known = load(str(folder), as_of="2024-03-31")
    products = set(known.table("leads").product.execute())
    assert name in products
    assert len(known.table("leads").execute()) == 4


def test_no_faulty_folder_ends_in_a_traceback(tmp_path):
    (tmp_path / "customers.csv").write_bytes(b'\x00\x01,\n\n,,,\n"')
    (tmp_path / "leads.csv").write_text("\n\n\n")
    with pytest.raises(CrmAnalysisError):
        load(str(tmp_path), as_of="2024-03-31")
    assert connect(str(tmp_path), config=Config()).faults


def test_items_of_a_list_say_how_they_are_separated(tmp_path):
    issues = [["issue_id", "customer_id", "opened_at", "kind", "outcome", "tone"],
              ["P1", "C1", "2024-03-01", "promise", "open", "lie,ignored"]]  # fmt: skip
    report = report_of(write_folder(tmp_path, issues=issues))
    [fault] = found(report, rule="value", column="tone").to_dict("records")
    assert fault["allowed"].startswith(
        "items separated by ; (；、，and | are read too), each one of"
    )
    assert "bad_attitude" in fault["allowed"]
