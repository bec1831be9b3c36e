"""The contract is complete, unambiguous, and says in words what it says in code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm_analysis.contract import (
    CUSTOMER_STATES,
    ENUMERATIONS,
    GLOSSARY,
    LEAD_STATES,
    SWITCHED_OFF,
    TABLES,
    VALUE_ALIASES,
    Table,
    contract_markdown,
    contract_text,
    glossary_text,
    plain,
    simplified,
    switched_off,
    traditional,
    value_label,
)
from crm_analysis.estimates import GRADES

README = Path(__file__).parents[1] / "data" / "README.md"
ALL = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


def test_there_are_twelve_tables_in_order():
    assert [table.number for table in TABLES.values()] == [f"T{i}" for i in range(1, 13)]
    assert all(name == table.name for name, table in TABLES.items())


# Written down apart from the code, from the specification's own list.
COLUMNS = {
    "customers": """customer_id created_at kind gender birth_year occupation industry position
        education personality income_annual marital n_children children motive concerns usage_months
        brands_used brand_current brands_interest source referrer_id contact_routes media region
        distance_km lat lon rival_opened_at partner_type management_level funds_status cost_budget
        wallet_annual owner opted_out_at left_at left_recorded_at contract_end merged_into
        profile_recorded_at""",
    "leads": """lead_id customer_id opened_at filed_at rep_id visited_store product amount
        quoted_price rival_price budget quoted_at rival_price_at budget_at status closed_at
        closed_recorded_at lost_to rival next_buy_at recorded_at""",
    "interactions": """interaction_id customer_id lead_id at planned_at recorded_at direction
        channel rep_id purpose goal goal_met issue_left issue_closed_at asked_at answered_at reached
        attempt_no round_id is_scripted minutes cost issue_id qa_passed discount_asked""",
    "assessments": "customer_id lead_id at recorded_at kind value_num value_text by",
    "reasons": """reason_id customer_id lead_id round_id about event_at said_at recorded_at source
        prompted text lang code_a code_b""",
    "order_lines": """line_id order_id customer_id at recorded_at product category essential qty
        list_amount amount margin promo_id offer lead_id round_id due_at paid_at""",
    "engagement": """event_id customer_id at recorded_at kind n ref_customer_id quality adopted
        topic_id""",
    "surveys": """response_id customer_id sent_at answered_at recorded_at wave nps satisfaction
        expectation experience completeness problem_class issue_codes respondent_role comment""",
    "issues": """issue_id customer_id opened_at recorded_at kind class code found_by promise due_at
        resolved_at outcome handoffs repairs tone escalated assigned_at told_at counts_at""",
    "winback": """round_id customer_id assigned_at recorded_at arm randomised p_treat p_arm stratum
        tier reason_code strategy offer offer_value promised stop_after cost""",
    "targets": "scope scope_id period_start period_end metric target recorded_at",
    "actions": """action_id kind start_at end_at scope_region scope_product customer_id cause_code
        complied baseline_sales expected_sales gross_margin_rate discount_rate material_cost
        publicity_cost staff_cost budget owner due_at done_at outcome recorded_at""",
}


@ALL
def test_columns_are_those_of_the_specification(table: Table):
    assert list(table.column_names) == COLUMNS[table.name].split()


@ALL
def test_every_named_column_exists(table: Table):
    named = [*table.key, *table.event_time, *table.plan_columns, *sum(table.time_order, ())]
    for late in table.late:
        named += [*late.columns, *late.clock, *late.reset]
    if table.plan:
        named += [table.plan.clock, *table.plan.fallback, *filter(None, [table.plan.when])]
    for column in table.columns:
        named += [name for name in (column.known_by, column.required_unless.split("=")[0]) if name]
    assert set(named) <= set(table.column_names)
    assert table.recorded in ("", "recorded_at")


@ALL
def test_clocks_are_times_and_their_own_late_columns(table: Table):
    times = set(table.columns_of_type("date", "ts"))
    assert set(table.event_time) | set(table.plan_columns) <= times
    for late in table.late:
        assert set(late.clock) <= times
        for column, value in late.reset.items():
            assert value in table.column(column).allowed
    masked = {column for late in table.late for column in late.columns}
    for late in table.late:
        assert set(late.clock) <= masked, "a clock that is not masked tells the future"


LATE = {
    "customers": "left_at left_recorded_at opted_out_at",
    "leads": """closed_at closed_recorded_at lost_to rival next_buy_at status filed_at quoted_price
        quoted_at rival_price rival_price_at budget budget_at""",
    "interactions": """at goal_met reached issue_left minutes cost qa_passed discount_asked
        answered_at issue_closed_at""",
    "order_lines": "paid_at",
    "surveys": """answered_at nps satisfaction expectation experience completeness problem_class
        issue_codes respondent_role comment""",
    "issues": """assigned_at told_at resolved_at outcome handoffs repairs tone escalated
        counts_at""",
    "actions": "done_at outcome complied",
}


@ALL
def test_late_columns_are_those_of_the_specification(table: Table):
    masked = {column for late in table.late for column in (*late.columns, *late.reset)}
    assert masked == set(LATE.get(table.name, "").split())


def test_plans_are_known_before_they_happen():
    plans = {name: table.plan for name, table in TABLES.items() if table.plan}
    assert set(plans) == {"interactions", "targets", "actions"}
    assert plans["targets"].fallback == ("period_start",)
    assert plans["actions"].fallback == ("start_at",)
    assert plans["interactions"].when == "planned_at"
    assert all(plan.clock == "recorded_at" for plan in plans.values())


@ALL
def test_only_customers_lack_a_typing_time(table: Table):
    assert (table.recorded == "recorded_at") == (table.name != "customers")
    assert ("recorded_at" in table.column_names) == (table.name != "customers")


@ALL
def test_references_point_at_key_columns(table: Table):
    for column in table.columns:
        if column.references:
            target, _, name = column.references.partition(".")
            assert TABLES[target].key == (name,)


@ALL
def test_every_column_is_explained_in_both_languages(table: Table):
    for column in table.columns:
        assert column.meaning.en and re.search("[\u4e00-\u9fff]", column.meaning.zh), column.name
        assert any(re.search("[\u4e00-\u9fff]", header) for header in column.aliases), column.name
        if column.type == "money":
            assert column.unit.startswith("currency"), column.name
        if column.type == "share":
            assert column.unit == "share" and column.high == 1, column.name


@ALL
def test_no_header_means_two_columns(table: Table):
    meant: dict[str, str] = {}
    for column in table.columns:
        for header in {column.name, *column.aliases, *map(simplified, column.aliases)}:
            assert meant.setdefault(header, column.name) == column.name, header


def test_no_file_name_means_two_tables():
    meant: dict[str, str] = {}
    for table in TABLES.values():
        for name in (table.name, *table.aliases):
            assert meant.setdefault(name, table.name) == table.name, name


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
def test_no_word_means_two_values(enumeration: str):
    meant: dict[str, str] = {}
    for value, word in ENUMERATIONS[enumeration].items():
        for alias in (value, word.en, word.zh, *word.aliases.split()):
            for form in (plain(alias), plain(traditional(alias))):
                assert meant.setdefault(form, value) == value, form
    assert VALUE_ALIASES[enumeration] == meant


@pytest.mark.parametrize("enumeration", set(ENUMERATIONS) - {"bool"})
def test_enumerations_belong_to_columns(enumeration: str):
    table, _, name = enumeration.partition(".")
    column = TABLES[table].column(name)
    open_lists = {"customers.gender", "customers.marital"}
    assert column.allowed == (() if enumeration in open_lists else tuple(ENUMERATIONS[enumeration]))


def test_every_column_with_allowed_values_has_words():
    for table in TABLES.values():
        for column in table.columns:
            if column.allowed:
                assert f"{table.name}.{column.name}" in ENUMERATIONS


@pytest.mark.parametrize(
    ("table", "column", "word", "value"),
    [
        ("interactions", "channel", "QQ", "qq"),
        ("interactions", "channel", "ＱＱ", "qq"),
        ("interactions", "channel", "微信", "wechat"),
        ("interactions", "channel", "WeChat", "wechat"),
        ("interactions", "channel", "面谈", "meet"),
        ("interactions", "channel", "面談", "meet"),
        ("interactions", "channel", "拜訪", "meet"),
        ("interactions", "channel", "電話", "call"),
        ("interactions", "channel", "短信", "sms"),
        ("interactions", "channel", "Gtalk", "im"),
        ("interactions", "channel", "office phone", "call"),
        ("interactions", "direction", "呼出", "out"),
        ("interactions", "direction", "Inbound", "in"),
        ("leads", "status", "成交", "won"),
        ("leads", "status", "丢单", "lost"),
        ("leads", "status", "丟單", "lost"),
        ("leads", "status", "作廢", "void"),
        ("leads", "status", "進行中", "open"),
        ("leads", "status", "Closed-Won", "won"),
        ("leads", "visited_store", "是", "true"),
        ("leads", "visited_store", "否", "false"),
        ("leads", "visited_store", "Y", "true"),
        ("winback", "randomised", "0", "false"),
        ("issues", "tone", "態度差", "bad_attitude"),
        ("customers", "gender", "女士", "female"),
    ],
)
def test_words_for_values(table: str, column: str, word: str, value: str):
    assert TABLES[table].value_aliases(column)[plain(word)] == value


def test_a_column_without_words_has_none():
    assert TABLES["customers"].value_aliases("region") == {}


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("customers", "客户编号", "customer_id"),
        ("customers", "客戶編號", "customer_id"),
        ("customers", "客户編號", "customer_id"),
        ("customers", "Customer ID", "customer_id"),
        ("customers", "ＣＵＳＴＯＭＥＲ＿ＩＤ", "customer_id"),
        ("customers", "聯繫方式", "contact_routes"),
        ("leads", "商機編號", "lead_id"),
        ("leads", "close date", "closed_at"),
        ("order_lines", "實付金額", "amount"),
        ("issues", "class", "class"),
        ("leads", "no such header", None),
    ],
)
def test_headers(table: str, header: str, column: str | None):
    assert TABLES[table].column_for(header) == column


def test_scripts_are_undone_by_each_other():
    text = "客户编号 录入时间 挽回轮次 成交概率"
    assert traditional(text) == "客戶編號 錄入時間 挽回輪次 成交概率"
    assert simplified(traditional(text)) == text


def test_unknown_column_is_refused():
    with pytest.raises(KeyError, match="leads has no column 'colour'"):
        TABLES["leads"].column("colour")


def test_required_columns():
    assert TABLES["leads"].required == ("lead_id", "customer_id", "opened_at", "status")
    assert TABLES["leads"].column("closed_at").required_unless == "status=open"
    assert TABLES["interactions"].column("at").required_unless == "planned_at"
    assert [name for name, table in TABLES.items() if table.own_columns] == ["customers", "leads"]


def test_facts_without_a_clock_name_the_column_that_would_be_one():
    leads = {column.name: column.known_by for column in TABLES["leads"].columns if column.known_by}
    assert leads == {
        "quoted_price": "quoted_at",
        "rival_price": "rival_price_at",
        "budget": "budget_at",
    }
    profile = [c.name for c in TABLES["customers"].columns if c.known_by == "profile_recorded_at"]
    assert "occupation" in profile and "created_at" not in profile


def test_value_labels_say_the_value_where_no_label_is_declared():
    assert value_label("leads.status", "void").say("zh") == "作废"
    assert value_label("leads.product", "X7").say("zh") == "X7"


def test_states():
    assert list(LEAD_STATES) == ["open", "dormant", "won", "lost", "void"]
    assert {"prospect", "has_ordered", "lost", "unknown"} <= set(CUSTOMER_STATES)


def test_gaps_name_tables_and_columns_that_exist():
    for row in SWITCHED_OFF:
        table, _, column = row.missing.partition(".")
        assert table in TABLES
        assert not column or column in TABLES[table].column_names


def test_nothing_is_off_where_all_is_given():
    assert switched_off({name: table.column_names for name, table in TABLES.items()}) == ()


def test_a_missing_table_says_enough():
    given = {name: table.column_names for name, table in TABLES.items() if name != "winback"}
    given["order_lines"] = ["line_id", "order_id", "customer_id", "at", "amount", "recorded_at"]
    rows = [row.missing for row in switched_off(given)]
    assert rows == [
        "winback",
        "order_lines.essential",
        "order_lines.margin",
        "order_lines.list_amount",
    ]


def test_glossary_explains_in_both_languages():
    assert (
        len({term.zh for term in GLOSSARY}) == len({term.en for term in GLOSSARY}) == len(GLOSSARY)
    )
    for term, meaning in GLOSSARY.items():
        assert meaning.en.endswith("."), term.en
        assert meaning.zh.endswith("。"), term.en
    for word in ("hazard ratio", "cumulative incidence", "landmark", "holdout", "void"):
        assert word in {term.en for term in GLOSSARY}


def test_evidence_grades_are_explained_as_they_are_worded():
    assert set(GRADES.values()) <= set(GLOSSARY)


def test_readme_is_made_from_the_contract():
    assert README.read_text(encoding="utf-8") == contract_markdown(), (
        "make it again: python -m crm_analysis.contract > data/README.md"
    )


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ("closed_at and closed_recorded_at", "emptied or put back (rule `undated`)"),
        (
            "counts_at, else resolved_at",
            "without counts_at or resolved_at emptied (rule `undated`)",
        ),
        ("quoted_at", "without quoted_at kept, and weak at a landmark"),
        ("filed_at", "filed_at"),
    ],
)
def test_the_readme_says_what_becomes_of_a_value_without_its_clock(begins, ends):
    [line] = [
        line
        for line in contract_markdown().splitlines()
        if line.startswith(f"* Not yet known before {begins}:")
    ]
    assert line.endswith(ends)


def test_markdown_grids_have_equal_cells():
    width = None
    for line in contract_markdown().splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert width in (None, cells), line
        width = cells


def test_plain_text_names_every_column_and_term():
    shown = contract_text()
    assert all(f"\n{name} " in shown for table in TABLES.values() for name in table.column_names)
    assert all(term.zh in glossary_text() for term in GLOSSARY)
