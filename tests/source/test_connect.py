"""Which sources can be opened, how views map them, and what is said where they cannot."""

from __future__ import annotations

import sys

import duckdb
import pandas as pd
import pytest

from crm_analysis.config import Config
from crm_analysis.errors import DataError, SourceLost, UsageError
from crm_analysis.source import Settings, check, connect, hold_steady, load, raw_fingerprint
from crm_analysis.source.connect import masked
from crm_analysis.source.files import read_folder
from tests.source.folders import CUSTOMERS, found, report_of, write_csv, write_folder

AS_OF = "2024-03-31"
MAPPING = """
CREATE VIEW customers AS
SELECT who AS customer_id, since AS created_at, _file, _line FROM people;
CREATE VIEW leads AS
SELECT id AS lead_id, who AS customer_id, since AS opened_at, 'open' AS status,
       price AS amount, _file, _line
FROM leads;
"""


def foreign_folder(folder):
    write_csv(folder / "people.csv", [["who", "since"], ["P1", "2024-01-01"], ["P2", "2024/1/2"]])
    write_csv(
        folder / "leads.csv",
        [["id", "who", "since", "price"], ["X1", "P1", "2024-03-01", "1.234,50"],
         ["X2", "P2", "2024-03-02", "3万"]],
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://ann:secret@host/crm", "unknown engine 'mysql'"),
        ("/no/such/folder", "does not exist"),
        ("", "does not exist"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(url, words):
    with pytest.raises(UsageError) as caught:
        connect(url, config=Config())
    message = str(caught.value)
    assert words in message
    assert "a .duckdb file" in message
    assert "secret" not in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_one_file_is_not_a_source(tmp_path):
    write_folder(tmp_path)
    with pytest.raises(UsageError, match="give its folder"):
        connect(str(tmp_path / "leads.csv"), config=Config())


@pytest.mark.parametrize("as_of", ["2024-02-30", "31.03.2024", "", "20240331", "today"])
def test_a_wrong_date_is_one_sentence(as_of):
    with pytest.raises(UsageError, match="write it as 2026-10-31"):
        load("demo:", as_of=as_of)


def test_secrets_of_a_url_are_masked():
    assert masked("spark://u:p@h:1/x?password=p") == "spark://***@h:1/x"
    assert masked("/data/leads") == "/data/leads"
    assert masked("demo:") == "demo:"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:se/cret@host/crm", "postgresql://***@host/crm"),
        ("postgresql://ann:se?cret@host/crm", "postgresql://***@host/crm"),
        ("postgresql://ann:p@ssecret@host", "postgresql://***@host"),
        ("postgresql://host/crm;password=secret", "postgresql://host/crm"),
        ("jdbc:postgresql://ann:secret@host/crm", "jdbc:postgresql://***@host/crm"),
        ("postgresql:host=h password=secret", "postgresql:***"),
        ("ann:p@ssecret@host", "ann:***"),
        ("my-engine:password=secret://h", "my-engine:***"),
        ("host=h password='a secret' dbname=crm", "host=h password=***"),
    ],
)
def test_a_secret_is_never_shown_however_it_is_written(url, shown):
    assert masked(url) == shown
    with pytest.raises(UsageError) as caught:
        connect(url, config=Config())
    assert "secret" not in str(caught.value)


def test_a_folders_own_views_map_it_also_over_a_raw_table_of_the_same_name(tmp_path):
    folder = foreign_folder(tmp_path)
    (folder / "views.sql").write_text(MAPPING)
    report = report_of(folder)
    [fault] = found(report, rule="decimal_comma").to_dict("records")
    assert (fault["file"], fault["line"], fault["value"]) == ("leads.csv", 2, "1.234,50")
    assert report.tables["leads"].lead_id.execute().tolist() == ["X2"]
    assert report.tables["customers"].count().execute() == 2


def test_a_views_file_can_be_given(tmp_path):
    folder = foreign_folder(tmp_path)
    views = tmp_path / "elsewhere.sql"
    views.write_text(MAPPING)
    known = load(str(folder), as_of=AS_OF, views=str(views), config=Config(max_excluded_share=0.5))
    assert known.row_counts["n_used"].tolist() == [2, 1]
    with pytest.raises(UsageError, match="check --views"):
        load(str(folder), as_of=AS_OF, views=str(tmp_path / "none.sql"))


LEADS_VIEW = MAPPING.strip().split(";")[1].strip() + ";"
BROKEN_VIEWS = [
    # what replaces the view of customers, the line and words of the fault, what is allowed
    ("CREATE VIEW customers AS\nSELECT nothing\nFROM people", 7, "nothing", "that runs"),
    ("CREATE VIEW customers AS\nSELEC 1", 7, "SELEC", "named by file"),
    ("COPY people TO 'out.csv'", 6, "COPY is not allowed", "CREATE MACRO"),
    ("ATTACH 'other.duckdb'", 6, "ATTACH is not allowed", "CREATE VIEW"),
    ("CREATE VIEW customers AS SELECT who AS customer_id, since::INT AS created_at FROM people",
     6, "Could not convert", "runs on every row"),
    ('CREATE TABLE "customers" AS SELECT who AS customer_id, since::INT AS created_at FROM people',
     6, "Could not convert", "that runs"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "line", "words", "allowed"), BROKEN_VIEWS,
    ids=["column", "syntax", "copy", "attach", "row", "table"],
)  # fmt: skip
def test_an_error_in_the_views_is_told_with_its_statement_and_all_else(
    tmp_path, sql, line, words, allowed
):
    folder = foreign_folder(tmp_path)
    (folder / "views.sql").write_text(f"-- ours; all\n{LEADS_VIEW}\n{sql};\n")
    (folder / "orders.xlsx").write_text("rubbish")
    report = report_of(folder)
    [fault] = found(report, file="views.sql").to_dict("records")
    assert (fault["line"], fault["rule"], fault["severity"]) == (line, fault["rule"], "fatal")
    assert fault["value"].startswith("statement 2: ") and words in fault["value"]
    assert allowed in fault["allowed"]
    assert "\n" not in fault["value"] + fault["allowed"]
    assert not (tmp_path / "out.csv").exists()
    assert len(found(report, rule="decimal_comma")) == 1  # the other view was checked all the same
    assert len(found(report, file="orders.xlsx")) == 1
    with pytest.raises(DataError, match=rf"views\.sql line {line} \(statement 2: "):
        load(str(folder), as_of=AS_OF)


def test_without_its_view_a_raw_table_is_not_taken_for_the_contracts(tmp_path):
    folder = foreign_folder(tmp_path)
    (folder / "views.sql").write_text(MAPPING.replace("price AS amount", "prise AS amount"))
    report = report_of(folder)
    [fault] = found(report, table="leads").to_dict("records")
    assert (fault["rule"], fault["line"]) == ("views", 6)
    assert "statement 2: " in fault["value"] and "prise" in fault["value"]
    assert report.row_counts["table"].tolist() == ["customers"]


@pytest.mark.parametrize("text", ["CREATE VIEW a AS SELECT 'open", "\xff", "/* open"])
def test_a_views_file_that_never_ends_is_told_too(tmp_path, text):
    folder = foreign_folder(tmp_path)
    (folder / "views.sql").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"views\.sql"):
        load(str(folder), as_of=AS_OF)


def test_sheets_and_files_without_a_tables_name_are_told_what_to_do(tmp_path):
    from openpyxl import Workbook

    folder = write_folder(tmp_path)
    book = Workbook()
    for title in ("Sheet1", "Sheet2"):
        sheet = book.active if title == "Sheet1" else book.create_sheet(title)
        sheet.title = title
        sheet.append(["a"])
        sheet.append(["1"])
    book.save(folder / "export.xlsx")
    write_csv(folder / "export2024.csv", [["a"], ["1"]])
    told = found(report_of(folder), rule="unknown_table").set_index("file")["allowed"]
    assert told["export.xlsx:Sheet1"].startswith("name the sheet after the table it holds: custom")
    assert told["export2024.csv"].startswith("name the file after the table it holds: customers")


def as_duckdb(path, *, statements=()):
    write_folder(path.parent / "csv")
    with duckdb.connect(str(path)) as engine:
        for name in ("customers", "leads", "order_lines"):
            engine.execute(
                f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path.parent}/csv/{name}.csv')"
            )
        for statement in statements:
            engine.execute(statement)
    return path


def test_a_duckdb_file_is_read_with_its_own_views_and_left_alone(tmp_path):
    path = as_duckdb(
        tmp_path / "crm.duckdb",
        statements=[
            "ALTER TABLE leads RENAME TO deals",
            "CREATE VIEW leads AS SELECT * FROM deals WHERE lead_id <> 'L4'",
        ],
    )
    before = raw_fingerprint(str(path))
    known = load(str(path), as_of=AS_OF)
    assert sorted(known.table("leads").lead_id.execute()) == ["L1", "L2", "L3"]
    assert raw_fingerprint(str(path)) == before


def test_views_map_a_duckdb_file(tmp_path):
    path = as_duckdb(tmp_path / "crm.duckdb")
    views = tmp_path / "mine.sql"
    views.write_text("CREATE VIEW leads AS SELECT * REPLACE ('X' || lead_id AS lead_id) FROM leads")
    known = load(str(path), as_of=AS_OF, views=str(views))
    assert sorted(known.table("leads").lead_id.execute()) == ["XL1", "XL2", "XL3", "XL4"]


def test_without_lines_a_fault_cites_the_key(tmp_path):
    path = as_duckdb(
        tmp_path / "crm.duckdb",
        statements=["UPDATE leads SET status = 'asleep' WHERE lead_id = 'L2'"],
    )
    with pytest.raises(DataError, match="table leads key L2, status = 'asleep'"):
        load(str(path), as_of=AS_OF)


def test_a_source_that_vanishes_is_lost(tmp_path):
    pd.DataFrame(CUSTOMERS[1:], columns=CUSTOMERS[0]).to_parquet(tmp_path / "customers.parquet")
    source = connect(str(tmp_path), config=Config())
    (tmp_path / "customers.parquet").unlink()
    with pytest.raises(SourceLost) as caught:
        check(source)
    assert caught.value.exit_code == 4


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path, monkeypatch):
    folder = write_folder(tmp_path)
    module = sys.modules["crm_analysis.source.connect"]

    def read_then_change(*given, **options):
        reading = read_folder(*given, **options)
        with (folder / "customers.csv").open("a", encoding="utf-8") as file:
            file.write("C9,2024-01-09,individual,120000,\n")
        return reading

    monkeypatch.setattr(module, "read_folder", read_then_change)
    source = connect(str(folder), config=Config())
    steady = hold_steady(source, settings=Settings.note(str(folder)))
    with pytest.raises(SourceLost, match="changed while"):
        steady.raise_if_changed()


@pytest.mark.parametrize("change", ["views.sql", "crm_analysis.toml", "mine.sql", "mine.toml"])
def test_views_and_configuration_are_inputs_too(tmp_path, change):
    folder, others = write_folder(tmp_path / "crm"), tmp_path / "others"
    others.mkdir()
    for name in ("mine.sql", "mine.toml"):
        (others / name).write_text("")
    given = {"views": "", "config": ""}
    if change.startswith("mine"):
        given = {"views": str(others / "mine.sql"), "config": str(others / "mine.toml")}
    settings = Settings.note(str(folder), **given)
    steady = hold_steady(connect(str(folder), config=Config()), settings=settings)
    steady.raise_if_changed()
    ((others if change.startswith("mine") else folder) / change).write_text("-- new")
    with pytest.raises(SourceLost, match="the views or the configuration changed while"):
        steady.raise_if_changed()
    again = hold_steady(
        connect(str(write_folder(tmp_path / "again")), config=Config()),
        settings=Settings.note(str(folder), **given),
    )
    assert again.rows == steady.rows
    assert again.fingerprint != steady.fingerprint


def test_a_file_that_is_no_duckdb_file(tmp_path):
    path = tmp_path / "crm.duckdb"
    path.write_text("hello" * 2000)
    with pytest.raises(DataError, match="not a readable DuckDB file"):
        connect(str(path), config=Config())


def test_the_demo_opens_with_its_truth_and_all_tables():
    source = connect("demo:", config=Config())
    assert len(source.tables) == 12
    assert source.truth is not None
    assert not source.faults


def test_a_configuration_beside_the_source_is_used(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "crm_analysis.toml").write_text("lead_dormant_days = 7\n")
    assert load(str(folder), as_of=AS_OF).config.lead_dormant_days == 7
