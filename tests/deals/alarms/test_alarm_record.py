"""How good the alarms were: who is judged, who counts once, and which losses were missed."""

from __future__ import annotations

from datetime import date, timedelta
from math import comb

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.deals.alarms.raised import OPEN_DEAL
from crm_analysis.deals.alarms.record import median_interval, record_estimates, warnable_losses
from crm_analysis.deals.alarms.settlement import alarm_endings, settle
from crm_analysis.source import load
from crm_analysis.state import State
from tests.state.alarms import a_round, alarm

MARCH, APRIL, JUNE, SEPTEMBER = (
    date(2026, 3, 31), date(2026, 4, 30), date(2026, 6, 30), date(2026, 9, 30)
)  # fmt: skip


def known_leads(folder, leads):
    """Write leads (opened, status, closed) and read them as of September."""
    folder.mkdir()
    leads = leads | {"fresh": ("2026-09-29", "open", "")}
    rows = [f"{name},C{name},{a},{how},{b}" for name, (a, how, b) in leads.items()]
    (folder / "leads.csv").write_text(
        "lead_id,customer_id,opened_at,status,closed_at\n" + "\n".join(rows) + "\n", "utf-8"
    )
    (folder / "customers.csv").write_text(
        "customer_id,created_at\n" + "".join(f"C{name},2025-12-01\n" for name in leads), "utf-8"
    )
    return load(str(folder), as_of=SEPTEMBER).table("leads")


def record(tmp_path, leads, said):
    """Write alarms down, settle them in September, and return the estimates by their key."""
    state = State.at(tmp_path / "state")
    state.add_alarms(said)
    book = state.alarms(SEPTEMBER)
    rows = known_leads(tmp_path / "crm", leads)
    names = book.alarms["name"].tolist()
    found = settle(book, alarm_endings(rows, names), as_of=SEPTEMBER, kind=OPEN_DEAL)
    losses = warnable_losses(rows, found, book.rounds, as_of=SEPTEMBER)
    return {
        (row.quantity, row.segment): row for row in record_estimates(found, losses, min_events=1)
    }


def test_a_deal_counts_once_in_all_and_once_in_each_month(tmp_path):
    leads = {"A": ("2026-03-01", "lost", "2026-05-20"), "B": ("2026-03-01", "open", "")}
    said = [alarm(name, day) for name in "AB" for day in (MARCH, APRIL)]
    rows = record(tmp_path, leads, said)
    assert (rows["alarm_precision", ""].events, rows["alarm_precision", ""].n) == (1, 2)
    for month in ("2026-03", "2026-04"):
        assert rows["alarm_precision", f"month={month}"].n == 2
    assert rows["alarm_count", "outcome=raised"].estimate == 4
    assert rows["alarm_count", "outcome=lost"].estimate == 2


def test_only_alarms_whose_horizon_is_over_are_judged(tmp_path):
    """One lost early within a horizon that still runs would make the record too good."""
    leads = {
        "old": ("2026-03-01", "open", ""),
        "young": ("2026-07-01", "lost", "2026-08-20"),
    }
    said = [alarm("old", MARCH), alarm("young", date(2026, 7, 31))]
    rows = record(tmp_path, leads, said)
    assert (rows["alarm_precision", ""].events, rows["alarm_precision", ""].n) == (0, 1)
    assert rows["alarm_count", "outcome=lost"].estimate == 1


def test_void_deals_and_those_that_had_ended_are_not_judged(tmp_path):
    leads = {
        "void": ("2026-03-01", "void", "2026-04-20"),
        "ended": ("2026-03-01", "lost", "2026-03-20"),
        "lost": ("2026-03-01", "lost", "2026-04-20"),
    }
    rows = record(tmp_path, leads, [alarm(name) for name in leads])
    assert (rows["alarm_precision", ""].events, rows["alarm_precision", ""].n) == (1, 1)
    assert rows["alarm_corrected_count", "month=2026-03"].estimate == 1
    assert rows["alarm_count", "outcome=raised"].estimate == 3


def test_what_was_kept_back_is_no_part_of_what_was_said(tmp_path):
    leads = {name: ("2026-03-01", "lost", "2026-04-20") for name in "AB"}
    rows = record(tmp_path, leads, [alarm("A"), alarm("B", warned=False)])
    assert rows["alarm_precision", ""].n == 1
    assert rows["unwarned_loss_difference", ""].status == "not_estimable"
    assert rows["alarm_count", "outcome=raised"].estimate == 2


def test_the_record_is_told_by_rule(tmp_path):
    leads = {"A": ("2026-03-01", "lost", "2026-05-20"), "B": ("2026-03-01", "open", "")}
    said = [alarm("A"), alarm("B"), alarm("A", APRIL, rule_version="2")]
    rows = record(tmp_path, leads, said)
    assert rows["alarm_precision", "rule_version=1"].estimate == 0.5
    assert rows["alarm_precision", "rule_version=2"].estimate == 1.0


def test_missed_losses_are_those_that_were_open_on_a_day_of_alarms(tmp_path):
    leads = {
        "warned": ("2026-03-01", "lost", "2026-04-20"),
        "missed": ("2026-03-01", "lost", "2026-04-21"),
        "between": ("2026-04-01", "lost", "2026-04-22"),  # opened and lost between two days
        "before": ("2026-03-01", "lost", "2026-03-20"),
        "that day": ("2026-03-01", "lost", "2026-03-31"),
        "the next": ("2026-04-01", "lost", "2026-04-30"),
        "too late": ("2026-03-01", "lost", "2026-09-20"),  # after the horizon of every day
        "won": ("2026-03-01", "won", "2026-04-20"),
        "second": ("2026-04-01", "lost", "2026-06-02"),
    }
    said = [a_round(MARCH), a_round(APRIL), alarm("warned"), alarm("won"), alarm("second", APRIL)]
    rows = record(tmp_path, leads, said)
    missed = rows["alarm_missed_share", ""]
    assert (missed.events, missed.n) == (1, 3)
    assert rows["alarm_missed_share", "month=2026-04"].estimate == 0.5
    assert rows["alarm_missed_share", "month=2026-06"].estimate == 0.0


def test_a_loss_is_missed_only_once_a_horizon_is_over(tmp_path):
    """Early losses of a horizon that still runs are not the same kind as those to come."""
    leads = {
        "old": ("2026-03-01", "lost", "2026-04-20"),
        "young": ("2026-07-01", "lost", "2026-08-20"),
        "both": ("2026-03-01", "lost", "2026-08-21"),  # in time by the later day only
    }
    august = date(2026, 7, 31)
    rows = record(tmp_path, leads, [a_round(MARCH), a_round(august), alarm("old")])
    missed = rows["alarm_missed_share", ""]
    assert (missed.events, missed.n) == (0, 1)
    assert ("alarm_missed_share", "month=2026-08") not in rows
    assert rows["alarm_losses_open_count", ""].estimate == 2
    assert rows["alarm_losses_open_count", ""].n == 3


def test_days_without_any_alarm_count_for_what_was_missed(tmp_path):
    leads = {"missed": ("2026-03-01", "lost", "2026-04-21")}
    rows = record(tmp_path, leads, [a_round(MARCH)])
    assert rows["alarm_missed_share", ""].estimate == 1.0
    assert rows["alarm_precision", ""].status == "not_estimable"


@given(st.integers(6, 60), st.sampled_from([0.05, 0.1, 0.01]))
def test_the_interval_of_a_median_covers_as_it_says(n, alpha):
    """Coverage of order statistics r to n+1-r is 1 - 2 P(Binomial(n, 1/2) < r), exactly."""
    interval = median_interval(range(1, n + 1), alpha=alpha)
    if interval is None:
        assert 2 / 2**n > alpha
        return
    rank = int(interval.lo)

    def outside(rank):
        return 2 * sum(comb(n, k) for k in range(rank)) / 2**n

    assert interval.hi == n + 1 - rank
    assert outside(rank) <= alpha + 1e-12
    assert outside(rank + 1) > alpha - 1e-12


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 200)), min_size=1, max_size=12))
def test_precision_and_false_alarms_are_one(tmp_path_factory, fates):
    leads = {}
    for number, (how, days) in enumerate(fates):
        status = ("open", "lost", "won", "void")[how]
        end = (MARCH + timedelta(days=min(days, 180))).isoformat() if how else ""
        leads[f"L{number}"] = ("2026-03-01", status, end)
    rows = record(tmp_path_factory.mktemp("any"), leads, [alarm(name) for name in leads])
    right, wrong = rows["alarm_precision", ""], rows["alarm_false_share", ""]
    if right.estimate is None:
        assert wrong.estimate is None
        return
    assert right.estimate + wrong.estimate == pytest.approx(1)
    assert right.ci_lo + wrong.ci_hi == pytest.approx(1)
    n_void = sum(how == 3 and days <= 90 for how, days in fates)
    assert right.n == len(fates) - n_void


def test_facts_of_later_days_change_no_settlement(tmp_path):
    state = State.at(tmp_path / "state")
    state.add_alarms([alarm("A"), alarm("B")])
    leads = {"A": ("2026-03-01", "lost", "2026-05-20"), "B": ("2026-03-01", "open", "")}
    later = leads | {"B": ("2026-03-01", "lost", "2026-10-02")}
    later["C"] = ("2026-10-01", "lost", "2026-10-03")
    found = []
    for name, rows in (("before", leads), ("after", later)):
        table = known_leads(tmp_path / name, rows)
        book = state.alarms(SEPTEMBER)
        endings = alarm_endings(table, ["A", "B"])
        found.append(settle(book, endings, as_of=SEPTEMBER, kind=OPEN_DEAL))
    pd.testing.assert_frame_equal(found[0].alarms, found[1].alarms)
    assert found[0].news == found[1].news


def test_a_loss_whose_alarm_was_kept_back_was_neither_foretold_nor_missed(tmp_path):
    leads = {name: ("2026-03-01", "lost", "2026-04-20") for name in ("said", "kept", "none")}
    said = [a_round(MARCH), alarm("said"), alarm("kept", warned=False)]
    missed = record(tmp_path, leads, said)["alarm_missed_share", ""]
    assert (missed.events, missed.n) == (1, 2)


def test_a_loss_that_was_kept_back_once_and_foretold_once_was_foretold(tmp_path):
    said = [a_round(MARCH), a_round(APRIL), alarm("A", warned=False), alarm("A", APRIL)]
    missed = record(tmp_path, {"A": ("2026-03-01", "lost", "2026-05-20")}, said)
    assert (missed["alarm_missed_share", ""].events, missed["alarm_missed_share", ""].n) == (0, 1)


def test_what_is_forgotten_after_it_was_settled_is_missed_by_nobody(tmp_path):
    """Said, kept back and never raised, lost on the same day: of 3 that count, 1 was missed."""
    leads = {name: ("2026-03-01", "lost", "2026-04-20") for name in ("A", "B", "kept", "none")}
    state = State.at(tmp_path / "state")
    state.add_alarms([a_round(MARCH), alarm("A"), alarm("B"), alarm("kept", warned=False)])
    rows = known_leads(tmp_path / "crm", leads)

    def missed(day):
        book = state.alarms(day)
        endings = alarm_endings(rows, book.alarms["name"].dropna().tolist())
        found = settle(book, endings, as_of=day, kind=OPEN_DEAL)
        state.add_alarms(found.news)
        losses = warnable_losses(rows, found, book.rounds, as_of=day)
        [row] = [
            row
            for row in record_estimates(found, losses, min_events=1)
            if (row.quantity, row.segment) == ("alarm_missed_share", "")
        ]
        return row.events, row.n

    assert missed(SEPTEMBER) == (1, 3)
    assert state.forget(alarm("A").person) == 1
    assert missed(SEPTEMBER + timedelta(days=1)) == (1, 3)
    assert state.forget(alarm("kept").person) == 1
    assert missed(SEPTEMBER + timedelta(days=2)) == (1, 3)
