"""The leak audit: flags back-filled contacts, is silent where typing is prompt, refuses few."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.leak_audit import fold_mean_auc, leak_audit


def _crm(*, n=400, backfilled=True, prompt=True, seed=1):
    """Contacts that say nothing about the ending, and notes typed after a loss that do."""
    rng = np.random.default_rng(seed)
    opened = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 60, n), unit="D")
    life = pd.to_timedelta(rng.integers(20, 60, n), unit="D")
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i:04d}" for i in range(n)],
            "customer_id": [f"C{i:04d}" for i in range(n)],
            "rep_id": "R1",
            "opened_at": opened,
            "status": rng.choice(["lost", "won", "void"], n, p=[0.5, 0.4, 0.1]),
            "closed_at": opened + life,
        }
    )
    honest = leads.loc[np.repeat(leads.index, rng.poisson(2, n))].assign(rep_id="R1")
    late = leads.loc[np.repeat(leads.index, (leads.status == "lost") * 2 * backfilled)]
    rows = pd.concat([honest, late.assign(rep_id="R2")], ignore_index=True)
    share = rng.uniform(0.01, 0.3, len(rows))
    rows["at"] = (rows.opened_at + (rows.closed_at - rows.opened_at) * share).dt.round("s")
    rows["known_at"] = rows["at"].where(
        (rows.rep_id == "R1") & prompt, rows.closed_at + pd.Timedelta(days=3)
    )
    rows["interaction_id"] = [f"I{i:05d}" for i in range(len(rows))]
    rows["direction"] = rng.choice(["out", "in"], len(rows))
    for name in ("round_id", "channel", "goal", "issue_left"):
        rows[name] = ""
    for name in ("issue_closed_at", "asked_at", "answered_at"):
        rows[name] = pd.NaT
    con = ibis.duckdb.connect()
    table = con.create_table("interactions", rows.drop(columns=["opened_at", "closed_at"]))
    table = table.mutate(round_id=table.round_id.nullif(""), goal_met=ibis.null("boolean"))
    return con.create_table("leads", leads), table


def test_backfilled_contacts_are_flagged_with_table_and_rows():
    """The gap is red, the rows and the rep who typed them are named."""
    audit = leak_audit(*_crm(), landmarks_days=(7, 14))
    assert audit.red_flag
    closing = audit.windows[0]
    assert closing.landmark_days is None
    assert closing.guarded_auc == pytest.approx(0.5, abs=0.08)
    assert closing.unguarded_auc > 0.8
    assert len(audit.late_rows) == 2 * closing.n_lost
    assert set(audit.late_rows.status) == {"lost"}
    assert audit.by_rep.iloc[0][["rep_id", "late_share"]].tolist() == ["R2", 1.0]


def test_few_single_contacts_leave_the_engine_with_exact_counts(monkeypatch):
    """In a large world the latest typed are listed, and all are counted."""
    whole = leak_audit(*_crm(), landmarks_days=())
    monkeypatch.setattr("crm_analysis.deals.leak_audit.SHOWN", 3)
    audit = leak_audit(*_crm(), landmarks_days=())
    assert len(audit.late_rows) == 3
    assert audit.late_rows.known_at.min() >= whole.late_rows.known_at.nlargest(3).min()
    assert audit.by_rep["n_late"].sum() == len(whole.late_rows) > 3


def test_prompt_typing_is_silent():
    """Without late typing both sides see the same rows: the gap is exactly 0."""
    audit = leak_audit(*_crm(backfilled=False), landmarks_days=(7, 14))
    assert audit.silent
    assert [window.gap for window in audit.windows] == [0, 0, 0]
    assert audit.late_rows.empty


def test_landmark_counts_only_leads_that_outlived_it():
    """A longer landmark has fewer leads at risk."""
    audit = leak_audit(*_crm(), landmarks_days=(14, 40))
    assert audit.windows[0].n_lost == audit.windows[1].n_lost > audit.windows[2].n_lost > 0


def test_too_few_leads_are_refused():
    """Below 25 of either ending no AUC is given, and nothing is called silent or red."""
    audit = leak_audit(*_crm(n=40), landmarks_days=(7,))
    assert audit.worst_gap is None
    assert not audit.red_flag
    assert not audit.silent


def test_fold_mean_auc_of_pure_noise_is_not_biased_low():
    """The fold average lies around one half under the null."""
    rng = np.random.default_rng(5)
    scores = [
        fold_mean_auc(rng.normal(size=(200, 1)), np.repeat([0, 1], 100), seed=0) for _ in range(20)
    ]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.03)
