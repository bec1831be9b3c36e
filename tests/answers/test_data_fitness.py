"""Notebook 00: what it says, and that every number can be recounted by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers import fitness_words
from crm_analysis.answers.data_fitness import answer
from crm_analysis.source import load
from crm_analysis.world import World, scenario, write

AS_OF = date(2026, 10, 31)


def _load(tmp_path, tables):
    write(World(tables, {}, AS_OF), tmp_path)
    return load(str(tmp_path), as_of=AS_OF)


def _days(*texts):
    return pd.to_datetime(list(texts))


def _few_leads():
    """Four lost leads, one won, one open: few enough to count by hand."""
    n = 6
    return pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(n)],
            "customer_id": [f"C{i}" for i in range(n)],
            "opened_at": pd.Timestamp("2026-10-01"),
            "status": ["lost"] * 4 + ["won", "open"],
            "closed_at": [*_days(*["2026-10-20"] * 5), pd.NaT],
            "rep_id": ["R1", "R1", None, None, "R1", "R1"],
            "recorded_at": pd.Timestamp("2026-10-01"),
        }
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Leads, contacts and reasons counted by hand below."""
    contacts = pd.DataFrame(
        {
            "interaction_id": list("abcde"),
            "customer_id": ["C0", "C0", "C1", "C4", "C5"],
            "lead_id": ["L0", "L0", "L1", "L4", "L5"],
            "at": _days("2026-10-02", "2026-10-05", "2026-10-03", "2026-10-04", "2026-10-30"),
            "direction": "out",
            "channel": "call",
            "rep_id": "R1",
            "recorded_at": _days(
                "2026-10-02", "2026-10-25", "2026-10-03", "2026-10-04", "2026-10-30"
            ),
        }
    )
    reasons = pd.DataFrame(
        {
            "reason_id": list("vwxyz"),
            "customer_id": ["C0", "C1", "C2", "C3", "C3"],
            "lead_id": ["L0", "L1", None, None, None],
            "about": "lead_loss",
            "event_at": _days(
                *["2026-01-01", "2026-09-01", "2026-10-20", "2026-10-20"], "2026-10-20"
            ),
            "recorded_at": _days(*["2026-10-25"] * 5),
            "source": "rep_opinion",
            "text": ["too dear", "slow", "far", "", "price"],
        }
    )
    customers = pd.DataFrame(
        {"customer_id": [f"C{i}" for i in range(6)], "created_at": date(2026, 1, 1)}
    )
    tables = {
        "customers": customers,
        "leads": _few_leads(),
        "interactions": contacts,
        "reasons": reasons[reasons.text != ""],
    }
    return answer(_load(tmp_path_factory.mktemp("small"), tables))


def _estimate(result, quantity, segment, role="diagnostic"):
    return next(
        row
        for row in result.estimates
        if (row.quantity, row.segment, row.role) == (quantity, segment, role)
    )


def test_lost_leads_with_data_are_counted_by_hand(small):
    """L0 and L1 have contacts and a representative; all four have a reason, two by customer."""
    shares = {
        row.segment: (row.events, row.n)
        for row in small.estimates
        if row.quantity == "lost_leads_with_data_share"
    }
    assert shares["item=any_contact"] == (2, 4)
    assert shares["item=rep_id"] == (2, 4)
    assert shares["item=stated_reason"] == (4, 4)
    assert shares["item=contact_gaps"] == (0, 4)


def test_delays_are_counted_by_hand(small):
    """Reasons are measured from the loss: 297, 54, 5 and 5 days."""
    assert _estimate(small, "typing_delay_median_days", "table=reasons").estimate == 5
    assert _estimate(small, "typed_late_share", "table=reasons;over_days=30").events == 2
    assert _estimate(small, "typed_late_share", "table=reasons;over_days=180").events == 1


def test_contacts_typed_after_the_end_are_named(small):
    """One of the four contacts on closed leads was typed five days after the end."""
    row = _estimate(small, "typed_after_end_share", "rep_id=R1")
    assert (row.events, row.n) == (1, 4)
    assert small.lists[0].frame.interaction_id.tolist() == ["b"]


def test_few_leads_give_no_auc(small):
    """Too few to judge is said, not guessed."""
    row = _estimate(small, "leak_auc_gap", "window=closing")
    assert row.status == "not_estimable"
    assert row.estimate is None
    assert row.note == "too_few_events"


def test_lead_states_add_up(small):
    """Every lead has one state."""
    counts = {row.segment: row.estimate for row in small.estimates if "lead_state" in row.quantity}
    assert sum(counts.values()) == 6
    assert counts["state=lost"] == 4


def test_missing_tables_are_said_with_what_they_switch_off(small):
    """Tables that the source lacks are listed with the modules that are off."""
    off = small.table("switched_off").frame
    assert {"order_lines", "assessments", "winback"} <= set(off.missing)
    assert "M07" in off.loc[off.missing == "order_lines", "off"].item()
    assert "analyses are switched off" in small.headline.en
    assert small.todo


def test_rows_in_equal_used_and_excluded(small):
    """The counts reconcile in every table."""
    rows = small.table("rows_in_and_out").frame
    assert (rows.n_in == rows.n_used + rows.n_excluded).all()


def test_rows_taken_out_by_merging_are_told_where_they_stand(tmp_path):
    """They are in no rejects.csv, so the sentence sends the reader to the counts below."""
    frame = pd.DataFrame({"customer_id": ["C0", "C1"], "created_at": date(2026, 1, 1)})
    winback = pd.DataFrame(
        {
            "round_id": "R1",
            "customer_id": ["C0", "C1"],
            "assigned_at": _days("2026-10-01", "2026-10-02"),
            "arm": ["treat", "control"],
            "randomised": True,
        }
    )
    tables = {"customers": frame.assign(merged_into=[None, "C0"]), "leads": _few_leads()[:1]}
    result = answer(_load(tmp_path, {**tables, "winback": winback}))
    rows = result.table("rows_in_and_out")
    [count] = rows.frame[rows.frame.table_en == "Win-back rounds"].to_dict("records")
    assert (count["n_in"], count["n_excluded"]) == (2, 2)
    audit = result.table("repairs_and_exclusions").frame.set_index("rule")
    assert audit.loc["merged_conflict", "n_rows"] == 2
    assert "rows that merging customers took out are only counted, below" in rows.caption.en
    assert "1,000" in rows.caption.en and "1,000" in rows.caption.zh


def test_a_source_without_leads_is_answered(tmp_path):
    """Customers and orders alone: no leak audit, no lost leads, still an answer."""
    customers = pd.DataFrame({"customer_id": ["C0"], "created_at": [date(2026, 1, 1)]})
    lines = pd.DataFrame(
        {
            "line_id": ["1"],
            "order_id": ["1"],
            "customer_id": ["C0"],
            "at": _days("2026-10-30"),
            "amount": [5.0],
        }
    )
    result = answer(_load(tmp_path, {"customers": customers, "order_lines": lines}))
    assert {table.name for table in result.tables} >= {"overview", "columns", "switched_off"}
    assert not result.lists
    assert "analyses are switched off" in result.headline.en


def test_too_few_lost_leads_are_no_ground_to_say_what_is_missing_of_them():
    items = pd.DataFrame({"item": ["any_contact", "contact_gaps"], "n_lost": 4, "n_with": 0})
    assert not fitness_words._thin(items, least=5)
    assert fitness_words._thin(items.assign(n_lost=5), least=5)


def test_stale_data_give_no_list_and_say_why(tmp_path):
    """Leads that end two weeks before as_of: no states, no list, one sentence."""
    leads = _few_leads()
    leads.loc[:, ["opened_at", "recorded_at"]] -= pd.Timedelta(days=30)
    leads["closed_at"] -= pd.Timedelta(days=30)
    customers = pd.DataFrame(
        {"customer_id": [f"C{i}" for i in range(6)], "created_at": date(2026, 1, 1)}
    )
    result = answer(_load(tmp_path, {"customers": customers, "leads": leads}))
    assert result.status == "weak"
    assert not result.lists
    assert all(row.quantity != "lead_state_count" for row in result.estimates)
    assert result.findings[0].status == "weak"


@pytest.mark.parametrize("batch", [True, False])
def test_batch_entry_is_flagged_only_where_typing_is(tmp_path, batch):
    """Half of the contacts typed on one day are flagged; busy days as such are not."""
    rng = np.random.default_rng(3)
    world = scenario("S05", seed=3)
    leads = world.tables["leads"].head(300).reset_index(drop=True)
    rows = leads.iloc[rng.integers(0, 300, 400)].reset_index(drop=True)
    at = rows.opened_at + pd.to_timedelta(rng.integers(0, 20, 400), unit="h")
    at = at.clip(upper=pd.Timestamp("2026-10-30"))
    busy = pd.Timestamp("2026-10-30")
    recorded = at.where(np.arange(400) % 2 == 0, busy) if batch else at
    contacts = pd.DataFrame(
        {
            "interaction_id": [f"I{i}" for i in range(400)],
            "customer_id": rows.customer_id,
            "lead_id": rows.lead_id,
            "at": at,
            "direction": "out",
            "channel": "call",
            "recorded_at": recorded,
        }
    )
    tables = {**world.tables, "interactions": contacts}
    result = answer(_load(tmp_path, tables))
    frame = result.table("batch_entry").frame.set_index("table_en")
    assert (frame.loc["Interactions", "flag_en"] == "batch entry") is batch
    said = [f for f in result.findings if "heaviest" in f.sentence.en]
    assert bool(said) is batch


def test_every_text_has_both_languages(small):
    """No sentence, caption or header is missing in either language."""
    texts = [small.headline, *small.does_not_show, *small.todo]
    texts += [text for finding in small.findings for text in (finding.sentence, finding.action)]
    for table in small.tables:
        texts += [table.caption, *table.columns.values()]
    for picture in small.pictures:
        texts += [picture.title, picture.sentence, picture.caption]
    assert all(text.en and text.zh for text in texts)


def test_shown_tables_have_what_they_announce(small):
    """Every announced column is there, alone or in both languages; one table is the headline."""
    for table in small.tables:
        for name in table.columns:
            pair = {f"{name}_en", f"{name}_zh"}
            assert name in table.frame or pair <= set(table.frame), (table.name, name)
    assert sum(table.headline for table in small.tables) == 1
