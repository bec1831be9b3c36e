"""What exports from CRMs and Excel look like, and what the source makes of it."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from openpyxl import Workbook

from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.source import load
from crm_analysis.source.fitting import find_fitting
from crm_analysis.source.headers import map_headers
from crm_analysis.source.typed import type_table
from tests.source.folders import (
    CUSTOMERS,
    LEADS,
    found,
    report_of,
    rows_of,
    with_cell,
    write_csv,
    write_folder,
)

AS_OF = "2024-03-31"


def typed_cells(
    table: str, column: str, values: list[object], *, tz: str = "Asia/Shanghai"
) -> tuple[list[object], list[str | None]]:
    """Type some cells of one column; return the values and what was done to each."""
    connection = ibis.duckdb.connect()
    frame = pd.DataFrame({"_line": range(len(values)), column: values})
    raw = connection.create_table("raw_cells", frame)
    headers = map_headers(TABLES[table], [column], file="x.csv")
    typed = type_table(connection, raw, TABLES[table], headers=headers, file="x.csv", tz=tz)
    rows = typed.rows.order_by("_line").to_pyarrow().to_pylist()
    codes = [row.get(f"{column}!code") for row in rows]
    return [row[column] for row in rows], codes


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def test_amounts_as_people_type_them():
    given = ["1,234.50", "3.2万", "１２３．５", "¥ 99", "100元", "1.5亿", "N/A", "-1,000", "7.25",
             "1e3", "", "5 萬"]  # fmt: skip
    values, codes = typed_cells("leads", "amount", given)
    assert values == [
        *map(Decimal, ("1234.5", "32000", "123.5", "99", "100", "150000000")),
        None, *map(Decimal, ("-1000", "7.25", "1000")), None, Decimal(50000),
    ]  # fmt: skip
    assert codes == [
        "thousands", "ten_thousands", "full_width", "currency_sign", "currency_sign",
        "ten_thousands", "missing_word", "thousands", None, None, None, "ten_thousands",
    ]  # fmt: skip


def test_decimal_commas_are_refused_not_guessed():
    given = ["1.234,50", "12,5", "1.234.567", "1,23,456", "0,5"]
    values, codes = typed_cells("leads", "amount", given)
    assert values == [None] * 5
    assert codes == ["decimal_comma"] * 5


def test_money_is_exact_to_four_decimals():
    values, _ = typed_cells("leads", "amount", ["0.1", "12345678901234.5678", "1.23456万"])
    assert values == [Decimal("0.1"), Decimal("12345678901234.5678"), Decimal("12345.6")]


def test_whole_numbers():
    values, codes = typed_cells(
        "customers", "birth_year", ["1980", "1980.0", "１９９０", "x", "1.5"]
    )
    assert values == [1980, 1980, 1990, None, None]
    assert codes == [None, "whole_number", "full_width", "type", "type"]


def test_shares_may_come_in_percent():
    values, codes = typed_cells("winback", "p_treat", ["0.8", "80%", "８０％", ".5"])
    assert values == pytest.approx([0.8, 0.8, 0.8, 0.5])
    assert codes == [None, "percent", "percent", None]


def test_times_as_people_and_excel_write_them():
    given = ["2024-03-01 09:30:00", "2024/3/1 9:30", "2024年3月1日 9时30分", "20240301", "45352",
             "45352.5", "２０２４－０３－０１", "2024-03-01T09:30:00.5", "2024.03.01"]  # fmt: skip
    values, codes = typed_cells("leads", "opened_at", given)
    day = moment("2024-03-01")
    assert values == [
        moment("2024-03-01 09:30"), moment("2024-03-01 09:30"), moment("2024-03-01 09:30"), day,
        day, moment("2024-03-01 12:00"), day, moment("2024-03-01 09:30:00.500"), day,
    ]  # fmt: skip
    assert codes == [
        None, "date_form", "date_form", "date_form", "excel_date", "excel_date", "full_width",
        None, "date_form",
    ]  # fmt: skip


def test_offsets_become_local_time_also_over_a_clock_change():
    given = ["2024-03-01T00:30:00Z", "2024-03-01 00:30:00+08:00", "2024-03-01 00:30:00-0530"]
    values, codes = typed_cells("leads", "opened_at", given)
    assert values == [
        moment("2024-03-01 08:30"), moment("2024-03-01 00:30"), moment("2024-03-01 14:00"),
    ]  # fmt: skip
    assert codes == ["utc_offset"] * 3
    summer = ["2024-03-31T00:59:59Z", "2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z"]
    values, _ = typed_cells("leads", "opened_at", summer, tz="Europe/Berlin")
    assert values == [
        moment("2024-03-31 01:59:59"), moment("2024-03-31 03:00"), moment("2024-10-27 02:00"),
    ]  # fmt: skip


def test_a_time_in_a_date_column_is_cut_and_listed():
    values, codes = typed_cells("customers", "created_at", ["2024-03-01 09:30:00", "2024-03-02"])
    assert values == [dt.date(2024, 3, 1), dt.date(2024, 3, 2)]
    assert codes == ["cut_time", None]


def test_words_come_in_many_forms():
    given = ["QQ", "微信", "wechat", "面谈", "拜访", "電話", " Meet ", "ＣＡＬＬ", "E-Mail", "meet"]
    values, codes = typed_cells("interactions", "channel", given)
    assert values == [
        "qq", "wechat", "wechat", "meet", "meet", "call", "meet", "call", "email", "meet",
    ]  # fmt: skip
    assert codes == ["alias", "alias", None, "alias", "alias", *["alias"] * 4, None]


def test_truth_comes_in_many_forms():
    values, codes = typed_cells("leads", "visited_store", ["是", "0", "TRUE", "n", "maybe", ""])
    assert values == [True, False, True, False, None, None]
    assert codes == ["alias", "alias", "alias", "alias", "value", None]


def test_lists_are_joined_by_semicolons():
    values, codes = typed_cells("customers", "media", ["tv；radio", "tv、radio ", "tv;radio", "无"])
    assert values == ["tv;radio", "tv;radio", "tv;radio", None]
    assert codes == ["separators", "separators", None, "missing_word"]
    values, codes = typed_cells("issues", "tone", ["lie;ignored", "撒谎;rude", "lie;happy"])
    assert values == ["lie;ignored", "lie;bad_attitude", None]
    assert codes == [None, "alias", "value"]


def test_ids_lose_blanks_and_full_width_but_free_text_does_not():
    values, codes = typed_cells("leads", "lead_id", ["L1 ", "Ｌ２", "L3", "无"])
    assert values == ["L1", "L2", "L3", None]
    assert codes == ["blanks", "full_width", None, "missing_word"]
    values, _ = typed_cells("customers", "concerns", ["价格，太高！", "N/A", "ＡＢ"])
    assert values == ["价格，太高！", None, "ＡＢ"]


UNSEEN = ["\u200b", "\u200d", "\ufeff", "\u202e", "\u2066", "\u00ad", "\x07", "\x00"]


@pytest.mark.parametrize("sign", UNSEEN, ids=[f"{ord(sign):04X}" for sign in UNSEEN])
@pytest.mark.parametrize(
    ("table", "column", "given", "value"),
    [
        ("leads", "lead_id", "L{}1", "L1"),
        ("leads", "status", "wo{}n", "won"),
        ("leads", "status", "{}成交", "won"),
        ("leads", "visited_store", "true{}", True),
        ("leads", "amount", "1{}2.5", Decimal("12.5")),
        ("leads", "opened_at", "2024-{}03-01", dt.datetime(2024, 3, 1)),
        ("customers", "media", "tv;{}radio", "tv;radio"),
        ("leads", "lead_id", "{}", None),
    ],
)
def test_signs_that_do_not_show_are_taken_out_and_told(sign, table, column, given, value):
    values, codes = typed_cells(table, column, [given.format(sign), given.format("") or None])
    assert values == [value, value]
    assert codes == ["invisible_signs", None if given != "{}成交" else "alias"]


@pytest.mark.parametrize("sign", [sign for sign in UNSEEN if sign != "\u200d"])
def test_signs_that_do_not_show_are_taken_out_of_free_text_but_joiners_stay(sign):
    family = "👨\u200d👩\u200d👧"
    values, codes = typed_cells("customers", "concerns", [f"too{sign} dear", family, "too\ndear"])
    assert values == ["too dear", family, "too\ndear"]
    assert codes == ["invisible_signs", None, None]


def test_a_refused_value_is_told_as_refused_also_with_signs_that_do_not_show():
    values, codes = typed_cells("leads", "status", ["slee\u200bping"])
    assert (values, codes) == ([None], ["value"])


@pytest.mark.parametrize("sign", ["\u200b", "\x00"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_signs_that_do_not_show_are_counted_and_listed_with_their_numbers(tmp_path, form, sign):
    rows = with_cell("leads", 2, "lead_id", f"L{sign}1")
    rows[2][1] = f"C{sign}2"
    if (form, sign) != ("parquet", "\x00"):
        rows[0][3] = f"sta{sign}tus"
    folder = write_folder(tmp_path, leads=None)
    if form == "csv":
        write_csv(folder / "leads.csv", rows)
    else:
        pd.DataFrame(rows[1:], columns=rows[0]).to_parquet(folder / "leads.parquet")
    report = report_of(folder)
    assert not report.problem(), report.problem()
    told = found(report, rule="invisible_signs")
    first = int(form == "csv")
    assert told[["column", "line", "value", "severity"]].values.tolist() == [
        ["customer_id", first + 2, f"C<U+{ord(sign):04X}>2", "repair"],
        ["lead_id", first + 1, f"L<U+{ord(sign):04X}>1", "repair"],
    ]
    counts = report.counts[report.counts["rule"] == "invisible_signs"]
    assert counts["n_rows"].tolist() == [1, 1]
    assert report.row_counts.set_index("table").loc["leads", "n_repaired"] == 2
    assert found(report, table="interactions", rule="reference").empty
    alias = found(report, rule="header_alias")["column"].tolist()
    assert alias == (["status"] if rows[0][3] != "status" else [])


def test_a_required_cell_with_nothing_but_unseen_signs_is_missing(tmp_path):
    report = report_of(write_folder(tmp_path, leads=with_cell("leads", 3, "status", "\u200b")))
    [fault] = found(report, rule="required").to_dict("records")
    assert (fault["line"], fault["column"], fault["severity"]) == (3, "status", "exclude")


def test_typed_columns_that_fit_keep_their_types():
    given = [dt.datetime(2024, 3, 1, 9, 30), None]
    values, codes = typed_cells("leads", "opened_at", given)
    assert values == given
    assert codes == [None, None]
    values, _ = typed_cells("customers", "customer_id", [12.0, 13.0])
    assert values == ["12", "13"]
    values, codes = typed_cells("leads", "amount", [1.5, float("inf")])
    assert (values, codes) == ([Decimal("1.5"), None], [None, "type"])
    zoned = pd.Timestamp("2024-03-01 00:30", tz="UTC")
    values, _ = typed_cells("leads", "opened_at", [zoned])
    assert values == [moment("2024-03-01 08:30")]


def test_columns_that_fit_are_found_by_one_query():
    table = TABLES["leads"]
    raw = ibis.memtable({"lead_id": ["L1", "L2"], "status": ["won", "成交"], "amount": ["1", None]})
    columns = {name: (name, table.column(name)) for name in raw.columns}
    connection = ibis.duckdb.connect()
    stored = connection.create_table("some_leads", raw.to_pyarrow())
    assert find_fitting(stored, columns, table=table) == {"lead_id", "amount"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path, encoding, separator):
    rows = with_cell("leads", 2, "product", "轿车, 大型; 进口")
    folder = write_folder(tmp_path, leads=None, interactions=None)
    write_csv(folder / "leads.csv", rows, separator=separator, encoding=encoding)
    report = report_of(folder)
    assert "轿车, 大型; 进口" in set(report.tables["leads"].product.execute())
    assert len(found(report, rule="encoding", value="gb18030")) == (encoding == "gb18030")


def test_chinese_headers_labels_and_file_names_in_gb18030(tmp_path):
    folder = tmp_path
    write_csv(
        folder / "客户.csv",
        [["客户编号", "创建时间"], ["C1", "2024/1/1"], ["C2", "45300"]],
        encoding="gb18030",
    )
    write_csv(
        folder / "leads.csv",
        [["商机编号", "客戶編號", "创建时间", "状态", "关闭时间", "金额"],
         ["L1", "C1", "2024-03-01 09:00", "成交", "2024-03-02 10:00", "３．２万"]],
        encoding="gb18030",
    )  # fmt: skip
    report = report_of(folder)
    assert not report.problem(), report.problem()
    [lead] = report.tables["leads"].execute().to_dict("records")
    assert (lead["status"], lead["amount"]) == ("won", Decimal(32000))
    assert not found(report, rule="header_alias").empty


@pytest.mark.parametrize("name", ["leads.csv.gz", "leads.tsv", "leads.parquet", "leads.xlsx"])
def test_file_formats_give_the_same_rows(tmp_path, name):
    folder = write_folder(tmp_path, leads=None, interactions=None)
    path = folder / name
    if name.endswith("gz"):
        text = "\n".join(",".join(row) for row in LEADS) + "\n"
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith("tsv"):
        write_csv(path, LEADS, separator="\t")
    elif name.endswith("parquet"):
        pd.DataFrame(LEADS[1:], columns=LEADS[0]).to_parquet(path)
    else:
        book = Workbook()
        for row in LEADS:
            book.active.append(row)
        book.save(path)
    expected = write_folder(tmp_path / "plain", interactions=None)
    here = report_of(folder).tables["leads"].order_by("lead_id").execute()
    there = report_of(expected).tables["leads"].order_by("lead_id").execute()
    pd.testing.assert_frame_equal(here, there)


def test_a_workbook_brings_a_table_per_sheet_with_typed_cells(tmp_path):
    book = Workbook()
    book.active.title = "customers"
    for row in CUSTOMERS:
        book.active.append(row)
    sheet = book.create_sheet("leads")
    sheet.append(LEADS[0])
    sheet.append([])
    sheet.append(["L1", "C1", dt.datetime(2024, 3, 1, 9), "open", None, 12.5, "car"])
    sheet.append(["L2", "C1", 45352.5, "open", None, "1.234,50", "car"])
    book.save(tmp_path / "export.xlsx")
    report = report_of(tmp_path)
    [fault] = found(report, rule="decimal_comma").to_dict("records")
    assert (fault["file"], fault["line"]) == ("export.xlsx:leads", 4)
    assert found(report, rule="excel_date")["line"].tolist() == [4]
    [lead] = report.tables["leads"].execute().to_dict("records")
    assert (lead["opened_at"], lead["amount"]) == (
        pd.Timestamp("2024-03-01 09:00"),
        Decimal("12.5"),
    )


def test_lines_are_counted_as_an_editor_does(tmp_path):
    folder = write_folder(tmp_path, leads=None, interactions=None)
    (folder / "leads.csv").write_text(
        "sep=;\n"
        "lead_id;customer_id;opened_at;status;closed_at;amount;product\n"
        'L1;C1;2024-03-01;open;;1;"two\nlines"\n'
        "\n"
        "L2;C2;2024-03-01;asleep;;1;car\n"
    )
    [fault] = found(report_of(folder), rule="value").to_dict("records")
    assert fault["line"] == 6


def test_line_ends_of_windows(tmp_path):
    folder = write_folder(tmp_path, interactions=None)
    text = (folder / "leads.csv").read_bytes().replace(b"\n", b"\r\n").replace(b"lost", b"gone")
    (folder / "leads.csv").write_bytes(text)
    report = report_of(folder)
    [fault] = found(report, rule="value").to_dict("records")
    assert (fault["line"], fault["value"]) == (3, "gone")
    assert set(report.tables["leads"].product.execute()) == {"car", "van"}


def test_own_factors_are_kept_with_the_type_of_their_cells(tmp_path):
    rows = [[*row, "5", "2024-01-01", "007"] for row in rows_of("customers")]
    rows[0][-3:] = ["x_points", "X Since", "x_zip"]
    folder = write_folder(tmp_path, customers=rows, interactions=None)
    customers = load(str(folder), as_of=AS_OF).table("customers")
    types = {name: str(customers[name].type()) for name in customers.columns if name[:2] == "x_"}
    assert types == {"x_points": "float64", "x_since": "date", "x_zip": "string"}


def test_a_limit_of_memory_that_is_none_is_refused(tmp_path):
    from crm_analysis.errors import UsageError

    folder = write_folder(tmp_path)
    with pytest.raises(UsageError, match="memory_limit"):
        load(str(folder), as_of=AS_OF, config=Config(memory_limit="lots"))
    assert load(str(folder), as_of=AS_OF, config=Config(memory_limit="500MB")).has("leads")
