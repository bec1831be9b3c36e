"""Signs at checks by hand, weekly start-stop rows, and a planted and an absent sign."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.open_deals import open_signs, reason_text, sign_counts_now
from crm_analysis.deals.signs import SIGNS, check_now, checks_at, contact_signs, probability_signs
from crm_analysis.deals.tracks import (
    FAMILY,
    mean_tracks,
    share_estimates,
    sign_counts,
    sign_estimates,
    weekly_rows,
)
from crm_analysis.estimates import adjust_families, is_finding
from tests.deals.small_world import AS_OF, small_world

DAY = pd.Timestamp("2026-01-01")


def engine_tables(**frames: pd.DataFrame):
    engine = ibis.duckdb.connect()
    return {name: engine.create_table(name, frame) for name, frame in frames.items()}


def lead(days: int = 0, **given: object) -> pd.DataFrame:
    row = {
        "lead_id": "L1",
        "customer_id": "C1",
        "rep_id": "R1",
        "product": "A",
        "amount": 100.0,
        "opened_at": DAY + pd.Timedelta(days=days, hours=9),
        "closed_at": pd.NaT,
        "status": "open",
        "state": "open",
    }
    frame = pd.DataFrame([{**row, **given}])
    return frame.astype({"closed_at": "datetime64[us]"})


def contact(day: float, *, known: float | None = None, **given: object) -> dict[str, object]:
    row = {
        "lead_id": "L1",
        "customer_id": "C1",
        "round_id": None,
        "at": DAY + pd.Timedelta(days=day),
        "known_at": DAY + pd.Timedelta(days=day if known is None else known),
        "direction": "out",
        "reached": False,
    }
    return {**row, **given}


def judged(day: float, value: float, *, known: float | None = None) -> dict[str, object]:
    return {
        "lead_id": "L1",
        "kind": "deal_probability",
        "value_num": value,
        "at": DAY + pd.Timedelta(days=day),
        "known_at": DAY + pd.Timedelta(days=day if known is None else known),
    }


def typed(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.astype({name: "string" for name in ("round_id",) if name in frame})


def contacts_at(rows: list[dict[str, object]], day: int, *, reached_known: bool = True):
    tables = engine_tables(leads=lead(), contacts=typed(rows))
    checks = checks_at(tables["leads"], days=[day], as_of=date(2026, 6, 30))
    signs = contact_signs(checks, tables["contacts"], reached_known=reached_known)
    return signs.to_pandas().iloc[0]


def test_silence_counts_from_the_last_time_the_customer_was_heard():
    rows = [contact(3.5, reached=True), contact(18.5)]
    at = contacts_at(rows, 21)
    assert (at["quiet_days"], at["idle_days"]) == (18, 3)
    assert (at["customer_silent"], at["not_contacted"]) == (1, 0)
    incoming = [contact(18.5, direction="in"), contact(19.5)]
    assert contacts_at(incoming, 21)["customer_silent"] == 0


def test_silence_counts_from_the_opening_where_nothing_happened():
    at = contacts_at([contact(40.5)], 14)
    assert (at["quiet_days"], at["not_contacted"]) == (14, 1)
    assert contacts_at([contact(40.5)], 13)["not_contacted"] == 0


def test_a_contact_typed_in_after_the_check_does_not_break_the_silence():
    rows = [contact(20.5, known=22.5, reached=True)]
    assert contacts_at(rows, 21)["customer_silent"] == 1
    assert contacts_at(rows, 22)["customer_silent"] == 0


def test_without_reached_only_incoming_contacts_are_heard():
    rows = [contact(18.5, reached=True)]
    assert contacts_at(rows, 21, reached_known=False)["customer_silent"] == 1


def judged_at(rows: list[dict[str, object]], day: int):
    tables = engine_tables(leads=lead(), judged=pd.DataFrame(rows))
    checks = checks_at(tables["leads"], days=[day], as_of=date(2026, 6, 30))
    frame = probability_signs(checks, tables["judged"]).to_pandas()
    return frame.iloc[0] if len(frame) else None


def test_a_fall_from_the_peak_and_a_sudden_drop():
    slow = [judged(1, 0.7), judged(5, 0.5), judged(9, 0.4)]
    at = judged_at(slow, 10)
    assert (at["probability_fallen"], at["sudden_drop"], at["swings"]) == (1, 0, 0)
    at = judged_at([judged(1, 0.7), judged(5, 0.3)], 10)
    assert (at["probability_fallen"], at["sudden_drop"]) == (1, 1)
    assert at["largest_drop"] == pytest.approx(0.4)


def test_swings_need_two_turns_of_size():
    swing = [judged(1, 0.3), judged(2, 0.6), judged(3, 0.3), judged(4, 0.6)]
    assert judged_at(swing, 7)["swings"] == 1
    small = [judged(1, 0.3), judged(2, 0.4), judged(3, 0.3), judged(4, 0.4)]
    assert judged_at(small, 7)["swings"] == 0


def test_a_drop_typed_in_late_is_not_seen_before():
    rows = [judged(1, 0.7), judged(5, 0.2, known=12)]
    assert judged_at(rows, 10)["sudden_drop"] == 0
    assert judged_at(rows, 12)["sudden_drop"] == 1


def test_without_an_assessment_the_sign_is_unknown():
    assert judged_at([judged(12, 0.5)], 10) is None


def test_checks_stop_at_as_of():
    leads = engine_tables(leads=lead())["leads"]
    days = checks_at(leads, days=[7, 14, 21], as_of=date(2026, 1, 16)).to_pandas()["check_days"]
    assert sorted(days) == [7, 14]


def test_weekly_rows_hold_the_week_after_each_check():
    counts = pd.DataFrame(
        {
            "check_days": [7, 14, 30],
            "duration_days": [17, 17, 40],
            "cause": [1, 1, 2],
            "sudden_drop": [0, 1, 1],
            "n": [2, 2, 5],
        }
    )
    rows = weekly_rows(counts).sort_values("entry_days", ignore_index=True)
    assert rows[["entry_days", "duration_days", "cause", "n"]].to_numpy().tolist() == [
        [7, 14, 0, 2],
        [14, 17, 1, 2],
    ]
    assert rows.loc[rows["is_last"], "n"].sum() == 2  # two leads, seen at two checks each
    late = weekly_rows(counts, lag_days=7)
    assert late[["entry_days", "duration_days", "cause"]].to_numpy().tolist() == [[14, 17, 1]]


def read(seed: int, *, effect: bool):
    world = small_world(seed, n=900)
    judged_rows = world.assessments
    if effect:  # the representative marks lost leads down in their last weeks
        lost = world.leads.loc[world.leads["status"] == "lost"].set_index("lead_id")["closed_at"]
        closing = judged_rows["lead_id"].map(lost)
        near = (closing - judged_rows["at"]).dt.days < 20
        value = np.where(near.fillna(False), 0.1, 0.6)
        judged_rows = judged_rows.assign(value_num=value)
    tables = engine_tables(leads=world.leads, judged=judged_rows)
    checks = checks_at(tables["leads"], days=[*range(7, 183, 7), 30], as_of=AS_OF)
    parts = [probability_signs(checks, tables["judged"])]
    return tables, sign_counts(tables["leads"], checks, parts, as_of=AS_OF)


def test_a_fall_before_losses_is_found_with_its_size():
    tables, counts = read(1, effect=True)
    rows = adjust_families(sign_estimates(counts))
    found = next(row for row in rows if row.segment == "cause=lost;sign=probability_fallen")
    assert is_finding(found, 0.05)
    assert found.family == FAMILY
    assert found.estimate is not None
    assert found.estimate > 1
    shares = share_estimates(counts, landmark_days=30, horizon_days=10)
    extra = next(
        row
        for row in shares
        if "sign=probability_fallen" in row.segment and row.n and row.quantity == "extra_lost_leads"
    )
    assert extra.estimate is not None
    assert extra.estimate > 0
    before = mean_tracks(tables["leads"], tables["judged"]).set_index(["cause", "weeks_before"])
    assert before.loc[("lost", 0), "mean_value"] < before.loc[("won", 0), "mean_value"]


def test_noise_in_the_probabilities_is_no_sign():
    _, counts = read(2, effect=False)
    rows = adjust_families(sign_estimates(counts))
    assert not [row for row in rows if is_finding(row, 0.05)]
    assert {row.role for row in rows} == {"result", "sensitivity"}


def test_open_leads_show_their_signs_now_in_both_languages():
    rows = [contact(3.5, reached=True)]
    tables = engine_tables(leads=lead(), contacts=typed(rows))
    as_of = date(2026, 1, 31)
    checks = check_now(tables["leads"], as_of=as_of)
    parts = [contact_signs(checks, tables["contacts"], reached_known=True)]
    frame = open_signs(tables["leads"], parts, as_of=as_of)
    [shown] = frame.to_dict("records")
    assert shown["age_days"] == 30
    assert shown["customer_silent"] == 1
    told = reason_text(SIGNS["customer_silent"].reason, shown)
    assert "27 days" in told.en
    assert "27 天" in told.zh
    counts = {row.segment: row.estimate for row in sign_counts_now(frame, ["customer_silent"])}
    assert counts == {"sign=customer_silent": 1.0, "sign=any": 1.0}
