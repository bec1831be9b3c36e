"""Start–stop rows: pencil, edges, lifelines, and immortal time undone."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.compressed import cox_table
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.risk_table import compress, risk_table
from crm_analysis.survival.time_varying import running_count, start_stop


def spells(**columns):
    return pd.DataFrame({"lead_id": ["a"], "duration_days": [10], "event": [True], **columns})


def changes(*rows):
    return pd.DataFrame(list(rows), columns=["lead_id", "day", "asked"])


def cut(*rows, duration=10):
    found = start_stop(spells().assign(duration_days=duration), changes(*rows), start={"asked": 0})
    return found[["entry_days", "exit_days", "asked", "event"]].to_numpy().tolist()


def test_no_change_is_one_row():
    assert cut() == [[0, 10, 0, True]]


def test_a_change_holds_from_the_end_of_its_day():
    assert cut(("a", 4, 1)) == [[0, 4, 0, False], [4, 10, 1, True]]


def test_a_change_on_the_last_day_or_later_changes_nothing():
    assert cut(("a", 10, 1), ("a", 12, 1)) == [[0, 10, 0, True]]


def test_a_change_on_or_before_day_0_is_the_start():
    assert cut(("a", 0, 1)) == cut(("a", -3, 1)) == [[0, 10, 1, True]]


def test_the_last_change_of_a_day_counts():
    assert cut(("a", 4, 1), ("a", 4, 2)) == [[0, 4, 0, False], [4, 10, 2, True]]


def test_a_missing_value_leaves_the_state():
    assert cut(("a", 2, 1), ("a", 4, None))[-1] == [4, 10, 1, True]


def test_a_spell_of_0_days_is_half_a_day():
    assert cut(("a", 0, 1), duration=0) == [[0, 0.5, 1, True]]


def test_changes_of_unknown_leads_are_ignored():
    assert cut(("b", 4, 1)) == [[0, 10, 0, True]]


def test_further_columns_are_carried():
    found = start_stop(spells(rep="r"), changes(("a", 4, 1)), start={"asked": 0})
    assert found["rep"].tolist() == ["r", "r"]


def test_a_late_entry_keeps_the_state_but_not_the_days_before():
    found = start_stop(spells(entry_days=5), changes(("a", 4, 1), ("a", 7, 2)), start={"asked": 0})
    rows = found[["entry_days", "exit_days", "asked", "event"]].to_numpy().tolist()
    assert rows == [[5, 7, 1, False], [7, 10, 2, True]]


def test_days_at_risk_and_events_are_kept():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "lead_id": [f"l{i}" for i in range(50)],
            "duration_days": rng.integers(1, 40, 50),
            "event": rng.random(50) < 0.5,
        }
    )
    contacts = pd.DataFrame(
        {"lead_id": rng.choice(frame["lead_id"], 300), "day": rng.integers(0, 40, 300)}
    )
    rows = start_stop(frame, running_count(contacts, "n"), start={"n": 0})
    days = (rows["exit_days"] - rows["entry_days"]).groupby(rows["lead_id"]).sum()
    assert (rows["exit_days"] > rows["entry_days"]).all()
    assert days.to_dict() == frame.set_index("lead_id")["duration_days"].to_dict()
    assert rows["event"].sum() == frame["event"].sum()


@pytest.fixture(scope="module")
def immortal():
    """2000 leads; contacts at .1 a day without any effect on loss (mean 50 days)."""
    rng = np.random.default_rng(30)
    n = 2000
    end, gone = rng.exponential(50, n), rng.uniform(60, 200, n)
    frame = pd.DataFrame({"lead_id": np.arange(n), "event": end <= gone})
    frame["duration_days"] = np.floor(np.minimum(end, gone)).astype(int)
    lead = np.repeat(np.arange(n), rng.poisson(0.1 * np.minimum(end, gone)))
    day = np.floor(rng.random(len(lead)) * np.minimum(end, gone)[lead]).astype(int)
    return frame, pd.DataFrame({"lead_id": lead, "day": day})


def test_immortal_time_misleads_totals_but_not_running_counts(immortal):
    frame, contacts = immortal
    totals = frame.assign(n=frame["lead_id"].map(contacts.groupby("lead_id").size()).fillna(0))
    naive = cox_efron(totals, covariates=["n"]).term("n")
    rows = start_stop(frame, running_count(contacts, "n"), start={"n": 0})
    honest = cox_efron(rows, covariates=["n"], duration="exit_days", entry="entry_days").term("n")
    assert naive.coef < -0.3
    assert honest.coef == pytest.approx(0, abs=0.03)
    assert honest.p > 0.01


def test_equals_lifelines(immortal):
    from lifelines import CoxTimeVaryingFitter

    frame, contacts = immortal
    few = frame[frame["lead_id"] < 300]
    rows = start_stop(few, running_count(contacts, "n"), start={"n": 0})
    fit = cox_efron(rows, covariates=["n"], duration="exit_days", entry="entry_days")
    witness = CoxTimeVaryingFitter().fit(
        rows, id_col="lead_id", event_col="event", start_col="entry_days", stop_col="exit_days"
    )
    assert fit.coef[0] == pytest.approx(witness.params_.iloc[0], abs=1e-5)
    assert fit.se[0] == pytest.approx(witness.standard_errors_.iloc[0], abs=1e-5)


@pytest.mark.parametrize("strata", [[], ["half"]], ids=["plain", "strata"])
def test_pieces_counted_in_the_engine_give_the_fit_of_the_pieces(immortal, strata):
    """Running counts up to 3 are patterns; a lead's pieces stand in several of them."""
    frame, contacts = immortal
    known = frame.assign(half=frame["lead_id"] % 2)
    rows = start_stop(known, running_count(contacts, "contacts"), start={"contacts": 0})
    rows = rows.assign(contacts=rows["contacts"].clip(upper=3), cause=rows["event"].astype(int))
    by = ["contacts", "half"]
    risk = risk_table(ibis.memtable(rows), by, entry="entry_days", exit="exit_days")
    pieces = compress(rows, by, entry="entry_days", exit="exit_days")
    pd.testing.assert_frame_equal(risk, pieces, check_dtype=False)
    fit = cox_table(risk, covariates=["contacts"], strata=strata)
    how = {"duration": "exit_days", "entry": "entry_days"}
    whole = cox_efron(rows, covariates=["contacts"], strata=strata, **how)
    assert (fit.n, fit.events) == (whole.n, whole.events) == (len(rows), frame["event"].sum())
    np.testing.assert_allclose(fit.coef, whole.coef, atol=1e-9)
    np.testing.assert_allclose(fit.se, whole.se, atol=1e-9)
    assert fit.loglik == pytest.approx(whole.loglik, abs=1e-7)
