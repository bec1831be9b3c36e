"""What was known at as_of: two clocks, late columns, plans, states, merged ids, freshness."""

from __future__ import annotations

import datetime as dt
from datetime import date

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.errors import DataError, UsageError
from crm_analysis.source import load
from crm_analysis.source.as_of import as_of_view
from crm_analysis.source.moments import ENGINE_TYPES
from crm_analysis.source.states import add_lead_states
from tests.source.folders import rows_of, with_cell, write_folder

AS_OF = date(2024, 3, 31)
LAST = dt.datetime(2024, 3, 31, 23, 59, 59)
NEXT = dt.datetime(2024, 4, 1)
VALUES = {
    "str": "x", "list": "x", "int": 3, "num": 2.5, "share": 0.5, "money": 7, "bool": True,
    "date": date(2024, 3, 1), "ts": dt.datetime(2024, 3, 1),
}  # fmt: skip
LATE = [
    (table.name, number, column)
    for table in TABLES.values()
    for number, late in enumerate(table.late)
    for column in dict.fromkeys((*late.columns, *late.reset))
]


def one_row(name, **changed):
    """Return a table of one row: every column filled long before as_of, some changed."""
    table = TABLES[name]
    row = {column.name: VALUES[column.type] for column in table.columns} | changed
    columns = {
        column.name: ibis.literal(row[column.name]).cast(ENGINE_TYPES[column.type])
        if row[column.name] is not None
        else ibis.null(ENGINE_TYPES[column.type])
        for column in table.columns
    }
    return ibis.memtable({"one": [1]}).select(**columns)


def seen(name, **changed):
    return as_of_view(one_row(name, **changed), TABLES[name], as_of=AS_OF).execute()


def later(table, column):
    """Return a time after as_of in the column's type."""
    return NEXT if TABLES[table].column(column).type == "ts" else NEXT.date()


@pytest.mark.parametrize(("name", "number", "column"), LATE, ids=[f"{a}-{c}" for a, _, c in LATE])
def test_poison_a_late_column_is_masked_until_its_clock(name, number, column):
    late = TABLES[name].late[number]
    clock = late.clock[0] if late.rule == "first" else late.clock[-1]
    [row] = seen(name, **{clock: later(name, clock)}).to_dict("records")
    if column in late.reset:
        assert row[column] == late.reset[column]
    else:
        assert pd.isna(row[column])
    [known] = seen(name).to_dict("records")
    assert known[column] is not None and not pd.isna(known[column])


@pytest.mark.parametrize("name", list(TABLES))
def test_both_clocks_decide_and_the_day_ends_at_midnight(name):
    table = TABLES[name]
    assert len(seen(name)) == 1
    clocks = [*table.event_time, *([table.recorded] if table.recorded else [])]
    for clock in clocks:
        last = LAST if table.column(clock).type == "ts" else LAST.date()
        plan = {table.plan.when: None} if table.plan and table.plan.when else {}
        assert len(seen(name, **{clock: last}, **plan)) == 1
        hidden = seen(name, **{clock: later(name, clock)}, **plan)
        first_of_two = len(table.event_time) > 1 and clock == table.event_time[1]
        assert len(hidden) == int(first_of_two)


def test_a_planned_visit_after_as_of_is_seen_and_its_outcome_is_not():
    [row] = seen("interactions", at=NEXT, planned_at=NEXT, goal_met=True).to_dict("records")
    assert row["planned_at"] == pd.Timestamp(NEXT)
    assert pd.isna(row["at"]) and pd.isna(row["known_at"]) and row["goal_met"] is None
    assert seen("interactions", at=None, planned_at=NEXT, recorded_at=NEXT).empty
    assert seen("interactions", at=None, planned_at=NEXT, recorded_at=None).empty
    assert len(seen("interactions", at=None, planned_at=LAST, recorded_at=None)) == 1


def test_targets_and_actions_are_plans():
    assert len(seen("targets", period_start=NEXT.date(), period_end=NEXT.date())) == 1
    assert seen("targets", period_start=NEXT.date(), recorded_at=None).empty
    assert len(seen("actions", start_at=NEXT)) == 1
    assert seen("actions", start_at=NEXT, recorded_at=None).empty


def test_a_day_before_any_row_was_known_is_refused_in_one_sentence(tmp_path):
    write_folder(tmp_path)
    with pytest.raises(UsageError, match=r"as_of 2001-01-01: none of the source's \d+ rows"):
        load(str(tmp_path), as_of="2001-01-01")


def test_a_lead_closed_after_as_of_is_open(tmp_path):
    folder = write_folder(tmp_path)
    known = load(str(folder), as_of="2024-03-04", config=Config(max_stale_days=60))
    leads = known.table("leads").execute().set_index("lead_id")
    assert leads["status"].to_dict() == {"L1": "open", "L2": "open", "L3": "open", "L4": "open"}
    assert leads["closed_at"].isna().all()
    assert leads["state"].eq("open").all()
    assert known.future_rows == {"customers": 0, "leads": 0, "interactions": 1, "order_lines": 2}
    assert not known.has("order_lines")


def test_a_lead_closed_in_time_but_typed_later_is_open(tmp_path):
    rows = with_cell("leads", 2, "closed_recorded_at", "2024-04-02")
    known = load(
        str(write_folder(tmp_path, leads=rows)), as_of=AS_OF, config=Config(max_stale_days=60)
    )
    leads = known.table("leads").execute().set_index("lead_id")
    assert leads.loc["L1", "status"] == "open"
    assert leads.loc["L2", "status"] == "lost"


def test_rows_from_after_as_of_change_nothing_but_the_count(tmp_path):
    old = load(str(write_folder(tmp_path / "old")), as_of=AS_OF)
    orders = [*rows_of("order_lines"), ["O9", "A9", "C1", "2024-04-01 00:00:00", "9", "true"]]
    leads = [*rows_of("leads"), ["L9", "C2", "2024-04-01 00:00:00", "open", "", "1", "car"]]
    new = load(str(write_folder(tmp_path / "new", order_lines=orders, leads=leads)), as_of=AS_OF)
    assert new.fingerprint == old.fingerprint
    assert new.future_rows["leads"] == old.future_rows["leads"] + 1
    assert new.stale == old.stale


def test_the_fingerprint_ignores_the_order_of_rows_but_sees_every_value(tmp_path):
    rows = rows_of("leads")
    first = load(str(write_folder(tmp_path / "a")), as_of=AS_OF).fingerprint
    turned = [rows[0], *reversed(rows[1:])]
    assert load(str(write_folder(tmp_path / "b", leads=turned)), as_of=AS_OF).fingerprint == first
    other = with_cell("leads", 2, "amount", "1000.0001")
    assert load(str(write_folder(tmp_path / "c", leads=other)), as_of=AS_OF).fingerprint != first


def test_merged_customers_count_for_the_last_of_the_chain(tmp_path):
    rows = [[*row, ""] for row in rows_of("customers")]
    rows[0][-1], rows[1][-1], rows[2][-1] = "merged_into", "C2", "C3"
    known = load(str(write_folder(tmp_path, customers=rows)), as_of=AS_OF)
    assert known.future_rows["customers"] == 0
    assert {"C1", "C2"}.isdisjoint(known.table("customers").customer_id.execute())
    leads = known.table("leads").execute().set_index("lead_id")["customer_id"]
    assert leads.to_dict() == {"L1": "C3", "L2": "C3", "L3": "C3", "L4": "C4"}
    assert set(known.table("order_lines").customer_id.execute()) == {"C3", "C5"}


WINBACK = ["round_id", "customer_id", "assigned_at", "arm", "randomised"]


def merged_folder(folder, *draws):
    """C1 is merged into C2, C4 into C3; draws are (round, customer, day, arm)."""
    customers = [[*row, ""] for row in rows_of("customers")]
    customers[0][-1], customers[1][-1], customers[4][-1] = "merged_into", "C2", "C3"
    rows = [[name, who, day, arm, "true"] for name, who, day, arm in draws]
    return write_folder(folder, customers=customers, winback=[WINBACK, *rows])


def test_a_merged_customer_is_drawn_once_a_round_and_not_at_all_in_two_arms(tmp_path):
    folder = merged_folder(
        tmp_path,
        ("R1", "C1", "2024-03-10", "treat"),
        ("R1", "C2", "2024-03-09", "control"),
        ("R1", "C3", "2024-03-09", "treat"),
        ("R1", "C4", "2024-03-08", "treat"),
        ("R1", "C5", "2024-03-08", "control"),
        ("R2", "C1", "2024-03-20", "control"),
        ("R2", "C2", "2024-04-20", "treat"),
    )
    known = load(str(folder), as_of=AS_OF)
    rows = known.table("winback").order_by("round_id", "customer_id").execute()
    assert rows[["round_id", "customer_id", "arm"]].values.tolist() == [
        ["R1", "C3", "treat"], ["R1", "C5", "control"], ["R2", "C2", "control"],
    ]  # fmt: skip
    assert rows["assigned_at"][0] == pd.Timestamp("2024-03-08")
    told = known.audit[known.audit["table"] == "winback"].set_index("rule")["n_rows"]
    assert told[["merged_conflict", "merged_twice"]].to_dict() == {
        "merged_conflict": 2, "merged_twice": 1,
    }  # fmt: skip
    [count] = known.row_counts[known.row_counts["table"] == "winback"].to_dict("records")
    assert (count["n_in"], count["n_excluded"], count["n_used"], count["n_known"]) == (7, 3, 4, 3)
    assert known.future_rows["winback"] == 1


@pytest.mark.parametrize(
    ("own", "merged", "expected"),
    [
        ("", "2024-03-05 10:00:00", "2024-03-05 10:00:00"),
        ("2024-03-02", "2024-03-05", "2024-03-02"),
        ("2024-03-08", "2024-03-05", "2024-03-05"),
        ("", "2024-04-05", None),
    ],
)
def test_an_opt_out_of_a_merged_id_holds_for_the_customer(tmp_path, own, merged, expected):
    rows = [[*row, "", "", ""] for row in rows_of("customers")]
    rows[0][-3:] = ["merged_into", "opted_out_at", "left_at"]
    rows[1][-3:], rows[2][-3:] = ["C2", merged, "2024-03-01"], ["C3", "", ""]
    rows[3][-2] = own
    known = load(str(write_folder(tmp_path, customers=rows)), as_of=AS_OF)
    [target] = known.table("customers").filter(ibis._.customer_id == "C3").execute().to_dict(
        "records"
    )  # fmt: skip
    found = target["opted_out_at"]
    assert pd.isna(found) if expected is None else found == pd.Timestamp(expected)
    assert pd.isna(target["left_at"])


def lead_states(last_contact, *, lead_id="L1", round_id=None, as_of=AS_OF, days=60):
    leads = ibis.memtable(
        {"lead_id": ["L1", "L2"], "customer_id": ["C1", "C2"], "status": ["open", "won"],
         "opened_at": [dt.datetime(2024, 1, 1)] * 2}
    )  # fmt: skip
    contacts = ibis.memtable(
        {"lead_id": [lead_id], "customer_id": ["C1"], "round_id": [round_id], "at": [last_contact]},
        schema={
            "lead_id": "string",
            "customer_id": "string",
            "round_id": "string",
            "at": "timestamp",
        },
    )
    found = add_lead_states(leads, contacts, as_of=as_of, dormant_days=days)
    return found.execute().set_index("lead_id")["state"].to_dict()


def test_an_open_lead_without_contact_for_sixty_days_is_dormant():
    assert lead_states(dt.datetime(2024, 1, 31)) == {"L1": "dormant", "L2": "won"}
    assert lead_states(dt.datetime(2024, 2, 1, 23, 59)) == {"L1": "open", "L2": "won"}
    assert lead_states(None)["L1"] == "dormant"
    assert lead_states(dt.datetime(2024, 3, 1), lead_id=None)["L1"] == "open"
    assert lead_states(dt.datetime(2024, 3, 1), lead_id="L9")["L1"] == "dormant"
    assert lead_states(None, as_of=date(2024, 2, 29))["L1"] == "open"


def test_a_contact_of_a_win_back_round_is_no_contact_of_a_lead():
    recent = dt.datetime(2024, 3, 1)
    assert lead_states(recent, lead_id=None, round_id="R1")["L1"] == "dormant"
    assert lead_states(recent, lead_id="L1", round_id="R1")["L1"] == "open"


def test_without_interactions_no_lead_is_dormant(tmp_path):
    folder = write_folder(tmp_path, interactions=None)
    known = load(str(folder), as_of="2024-09-30", config=Config(data_through=date(2024, 9, 30)))
    assert set(known.table("leads").state.execute()) == {"won", "lost", "open", "void"}


def test_a_stale_export_gives_no_state_and_one_sentence_why(tmp_path):
    folder = write_folder(tmp_path)
    known = load(str(folder), as_of="2024-04-03")
    assert known.stale is not None
    assert "2024-03-20" in known.stale.en and "14 days before 2024-04-03" in known.stale.en
    assert "2024-03-20" in known.stale.zh
    assert known.table("leads").state.execute().isna().all()
    assert load(str(folder), as_of="2024-03-23").stale is None
    through = Config(data_through=date(2024, 4, 3))
    assert load(str(folder), as_of="2024-04-03", config=through).stale is None


def test_every_view_has_all_columns_typed(tmp_path):
    known = load(str(write_folder(tmp_path)), as_of=AS_OF)
    for name, rows in known.tables.items():
        for column in TABLES[name].columns:
            assert rows[column.name].type() == ibis.dtype(ENGINE_TYPES[column.type]), column.name
        assert rows["known_at"].type() == ibis.dtype("timestamp(6)")
    assert known.has("leads", "amount") and not known.has("leads", "rep_id")


def test_missing_typing_time_is_told_in_the_audit(tmp_path):
    known = load(str(write_folder(tmp_path)), as_of=AS_OF)
    told = known.audit[known.audit["rule"] == "no_typing_time"]
    assert told["allowed"].str.contains("leak check limited to event time").all()
    assert {"leads", "interactions", "order_lines"} <= set(told["table"])


WORDS = st.sampled_from(["won", "成交", "asleep", "", "open"])
MOMENTS = st.sampled_from(["2024-03-01", "45352", "", "01/03/2024", "2024-02-30", "2024-05-01"])
AMOUNTS = st.sampled_from(["1", "1,234.50", "1.234,50", "", "x", "3.2万"])
OWNERS = st.sampled_from(["C1", "C2", " C3", "C99", ""])
ROWS = st.lists(st.tuples(st.sampled_from("abcdefgh"), OWNERS, MOMENTS, WORDS, MOMENTS, AMOUNTS))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_rows_in_are_rows_used_plus_rows_excluded(tmp_path, rows):
    from tests.source.folders import report_of

    leads = [rows_of("leads")[0][:6], *[list(row) for row in rows]]
    folder = write_folder(tmp_path, leads=leads, interactions=None)
    report = report_of(folder)
    counts = report.row_counts.set_index("table")
    if not rows:
        assert "leads" not in counts.index
        return
    row = counts.loc["leads"]
    assert row["n_in"] == len(rows) == row["n_used"] + row["n_excluded"]
    assert row["n_used"] == report.tables["leads"].count().execute()
    assert row["n_repaired"] <= row["n_used"]
    per_rule = report.counts[report.counts["table"] == "leads"]
    listed = report.faults[report.faults["table"] == "leads"].groupby(["rule", "column"]).size()
    rules = per_rule[per_rule["n_rows"] > 0].set_index(["rule", "column"])["n_rows"]
    assert listed[rules.index].to_dict() == rules.to_dict()


def test_too_late_an_as_of_has_nothing_to_hide(tmp_path):
    with pytest.raises(DataError, match="table 'reasons' is missing"):
        load(str(write_folder(tmp_path)), as_of=AS_OF).table("reasons")


ISSUES = ["issue_id", "customer_id", "opened_at", "kind", "outcome", "due_at", "resolved_at",
          "handoffs", "counts_at"]  # fmt: skip
LATER = "2024-04-20"


def test_a_late_value_without_its_clock_is_unknown_and_listed(tmp_path):
    issues = [
        ["P1", "C1", "2024-03-01", "promise", "broken", LATER, "", "3", ""],
        ["P2", "C2", "2024-03-01", "promise", "kept", LATER, "2024-03-20", "2", ""],
        ["P3", "C3", "2024-03-01", "promise", "open", LATER, "", "1", "2024-03-05"],
    ]
    surveys = [
        ["response_id", "customer_id", "sent_at", "answered_at", "nps", "comment"],
        ["S1", "C1", "2024-03-01", "", "9", "good"],
        ["S2", "C2", "2024-03-01", "2024-03-02", "3", ""],
    ]
    actions = [
        ["action_id", "kind", "start_at", "recorded_at", "outcome", "complied"],
        ["A1", "promotion", "2024-03-01", "2024-02-01", "went well", "true"],
    ]
    folder = write_folder(tmp_path, issues=[ISSUES, *issues], surveys=surveys, actions=actions)
    known = load(str(folder), as_of=AS_OF)
    rows = known.table("issues").execute().set_index("issue_id")
    assert rows["outcome"].to_dict() == {"P1": "open", "P2": "kept", "P3": "open"}
    assert rows["handoffs"].fillna(-1).to_dict() == {"P1": -1, "P2": 2, "P3": 1}
    answers = known.table("surveys").execute().set_index("response_id")
    assert answers["nps"].fillna(-1).to_dict() == {"S1": -1, "S2": 3}
    assert answers["comment"].isna().all()
    [action] = known.table("actions").execute().to_dict("records")
    assert action["outcome"] is None and action["complied"] is None
    told = known.audit[known.audit["rule"] == "undated"]
    assert told.set_index(["table", "column"])["n_rows"].to_dict() == {
        ("issues", "outcome"): 1, ("issues", "handoffs"): 1, ("surveys", "nps"): 1,
        ("surveys", "comment"): 1, ("actions", "outcome"): 1, ("actions", "complied"): 1,
    }  # fmt: skip
    assert set(told["severity"]) == {"repair"}
    counts = known.row_counts.set_index("table")
    assert counts.loc[["issues", "surveys", "actions"], "n_repaired"].tolist() == [1, 1, 1]
    assert (counts["n_in"] == counts["n_used"] + counts["n_excluded"]).all()


def test_a_price_without_its_clock_is_kept(tmp_path):
    rows = with_cell("leads", 4, "quoted_price", "9.5")
    known = load(str(write_folder(tmp_path, leads=rows)), as_of=AS_OF)
    assert known.table("leads").quoted_price.max().execute() == pytest.approx(9.5)
    assert "undated" not in set(known.audit["rule"])


@pytest.mark.parametrize(
    ("table", "line", "changed"),
    [
        ("leads", 4, {"status": "lost", "closed_at": LATER, "lost_to": "gone_fishing"}),
        ("leads", 4, {"status": "lost", "closed_at": LATER, "next_buy_at": "1024-01-01"}),
        ("leads", 4, {"status": "won", "closed_at": LATER, "next_buy_at": "soon"}),
        (
            "interactions",
            4,
            {"at": LATER, "cost": "1.234,50", "minutes": "-7", "goal_met": "maybe"},
        ),
    ],
)
def test_a_mistake_made_after_as_of_takes_no_row_out_of_the_past(tmp_path, table, line, changed):
    rows = rows_of(table)
    new = [name for name in changed if name not in rows[0]]
    rows = [[*row, *(new if at == 0 else [""] * len(new))] for at, row in enumerate(rows)]
    before = [list(row) for row in rows]
    for name, value in changed.items():
        rows[line - 1][rows[0].index(name)] = value
    few = Config(max_excluded_share=0.5)
    old = load(str(write_folder(tmp_path / "old", **{table: before})), as_of=AS_OF, config=few)
    known = load(str(write_folder(tmp_path / "new", **{table: rows})), as_of=AS_OF, config=few)
    assert known.fingerprint == old.fingerprint
    [count] = known.row_counts[known.row_counts["table"] == table].to_dict("records")
    assert (count["n_excluded"], count["n_repaired"]) == (0, 1)


MISTAKES = [
    # what was typed into an open lead after as_of, and the first day on which it is known
    ({"status": "sleeping", "closed_at": LATER}, LATER),
    ({"status": "open", "closed_at": LATER}, LATER),
    ({"status": "lost", "closed_at": "21/04/2024", "closed_recorded_at": LATER}, LATER),
    ({"status": "lost", "closed_at": "2206-01-01", "closed_recorded_at": LATER}, LATER),
    ({"status": "lost", "closed_at": "2024-02-01", "closed_recorded_at": LATER}, LATER),
    ({"status": "lost", "closed_at": "", "closed_recorded_at": LATER}, LATER),
    ({"status": "won", "closed_at": LATER, "closed_recorded_at": "later"}, LATER),
    ({"status": "", "closed_at": LATER}, LATER),
    ({"status": "gone", "closed_at": "soon"}, ""),
    ({"status": "lost", "closed_at": "2206-01-01"}, ""),
    ({"status": "sleeping", "closed_at": "2206-01-01"}, ""),
]


@pytest.mark.parametrize(("changed", "since"), MISTAKES)
def test_a_wrong_end_excludes_its_lead_only_from_when_it_was_known(tmp_path, changed, since):
    """Before that day the lead was open, and whoever looked then saw no mistake."""
    new = ["closed_recorded_at"]
    rows = [[*row, *(new if at == 0 else [""])] for at, row in enumerate(rows_of("leads"))]
    before = [list(row) for row in rows]
    for name, value in changed.items():
        rows[3][rows[0].index(name)] = value
    few = Config(max_excluded_share=0.5, max_stale_days=90)
    old = load(str(write_folder(tmp_path / "old", leads=before)), as_of=AS_OF, config=few)
    folder = str(write_folder(tmp_path / "new", leads=rows))
    known = load(folder, as_of=AS_OF, config=few)
    counts = known.row_counts.set_index("table")
    assert (counts["n_in"] == counts["n_used"] + counts["n_excluded"]).all()
    assert counts.loc["leads", "n_excluded"] == (0 if since else 1)
    assert min(known.future_rows.values()) >= 0
    if not since:
        assert "L3" not in set(known.table("leads").lead_id.to_pandas())
        return
    assert known.fingerprint == old.fingerprint
    assert known.future_rows == old.future_rows
    day = date.fromisoformat(since)
    eve = load(folder, as_of=day - dt.timedelta(days=1), config=few)
    assert "L3" in set(eve.table("leads").lead_id.to_pandas())
    then = load(folder, as_of=day, config=few)
    assert "L3" not in set(then.table("leads").lead_id.to_pandas())
    assert then.row_counts.set_index("table").loc["leads", "n_excluded"] == 1


def test_a_column_full_of_wrong_late_values_is_a_broken_export(tmp_path):
    rows = rows_of("interactions")
    for row in rows[1:3]:
        row[rows[0].index("minutes")] = "1.234,50"
    with pytest.raises(
        DataError, match="0 of 3 rows are excluded and 2 lose a wrong value"
    ) as caught:
        load(str(write_folder(tmp_path, interactions=rows)), as_of=AS_OF)
    assert "decimal_comma" in str(caught.value)
