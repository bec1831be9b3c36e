"""Each finding comes with its size in customers or deals, and an interval, or says why not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.calendar_shown import calendar_told
from crm_analysis.answers.funnel_cohorts import trend_findings
from crm_analysis.answers.funnel_sources import source_findings
from crm_analysis.answers.profile_findings import profile_told
from crm_analysis.answers.type_tracks_shown import type_track_told
from crm_analysis.deals.comparison.factor import Factor, FactorTable
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.indicators.sizes import number_size
from crm_analysis.deals.outcome_kinds.sizes import kind_sizes
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
from crm_analysis.proportions import newcombe

KIND = Factor(name="kind", label=Text("kind", "类型"), kind="levels")
AGE = Factor(name="age", label=Text("age", "年龄"), kind="number")
LIMITS = Limits()


def standing_row(module: str, quantity: str, **pairs: object) -> Estimate:
    return Estimate(
        module=module, quantity=quantity, segment=segment(**pairs), method="m", estimate=0.1,
        ci_lo=0.05, ci_hi=0.2, n=200, p=0.001, p_adj=0.001, family=f"{module}:x",
    )  # fmt: skip


def table(frame: pd.DataFrame) -> FactorTable:
    return FactorTable(frame=frame, factors=(KIND, AGE))


def leads(n: int, **columns: object) -> pd.DataFrame:
    made = pd.DataFrame({"lead_id": [f"L{i:05d}" for i in range(n)], **columns})
    return made.assign(opened_month=1)


def test_the_clearest_way_is_newcombes_gap_in_customers_by_pencil():
    kinds = np.repeat(["advert", "friend"], [100, 200])
    went = np.repeat(["other_brand", "postponed"] * 2, [70, 30, 60, 140])
    frame = leads(300, duration_days=10, cause=1, kind=kinds, age=30.0)
    lost = pd.DataFrame({"lead_id": frame["lead_id"], "lost_to": went})
    (row,) = kind_sizes(lost, table(frame), ["kind", "age"], limits=LIMITS)
    assert row.segment in (
        "lost_to=other_brand;factor=kind;level=advert",
        "lost_to=postponed;factor=kind;level=friend",
    )
    n, events = (100, (70, 60)) if "advert" in row.segment else (200, (140, 30))
    gap = newcombe(events, (n, 300 - n))
    assert row.estimate == pytest.approx(0.4 * n)
    assert (row.ci_lo, row.ci_hi) == (pytest.approx(gap.lo * n), pytest.approx(gap.hi * n))


def test_without_a_difference_no_way_is_far_from_none():
    kinds = np.tile(["advert", "friend"], 150)
    went = np.repeat(["other_brand", "postponed"], 150)
    frame = leads(300, duration_days=10, cause=1, kind=kinds, age=30.0)
    lost = pd.DataFrame({"lead_id": frame["lead_id"], "lost_to": went})
    assert kind_sizes(lost, table(frame), ["kind"], limits=LIMITS) == ()


def test_a_number_is_sized_by_its_quarters():
    age = np.repeat([20.0, 40.0], 200)
    lost = np.concatenate([np.arange(200) < 40, np.arange(200) < 120])
    frame = leads(400, duration_days=np.where(lost, 50, 100), cause=np.where(lost, 1, 2),
                  kind="a", age=age)  # fmt: skip
    size = number_size(frame, "age", days=90, alpha=0.05)
    assert (size.more.estimate, size.less.estimate) == (pytest.approx(0.6), pytest.approx(0.2))
    assert size.extra.estimate == pytest.approx(80)
    row = standing_row("M05", "log_loss_to_win_ratio_per_sd", factor="age")
    (told,) = profile_told([row], table(frame), limits=LIMITS, days=90)
    assert "60.0 % of the leads with the highest values were lost within 90 days" in (
        told.finding.sentence.en
    )
    assert "about 80 more lost deals" in told.finding.sentence.en
    assert told.size is not None
    flat = number_size(frame.assign(age=30.0), "age", days=90, alpha=0.05)
    assert flat is None


@pytest.mark.parametrize("quantity", ["ending_kind_chi2_per_df", "ending_kind_bend_chi2_per_df"])
def test_where_there_is_no_size_the_reason_is_given(quantity):
    row = standing_row("M05", quantity, factor="kind")
    (told,) = profile_told([row], table(leads(4)), limits=LIMITS, days=90)
    assert "No number of deals is given: the answer is about all its values" in (
        told.finding.sentence.en
    )
    assert "不给单数" in told.finding.sentence.zh


def share(level: str, shown: str, value: float, n: int) -> Estimate:
    pairs = {"cause": "lost", "landmark_days": 45, "horizon_days": 90, "sign": "customer_silent",
             "shown": shown, "factor": "kind", "level": level}  # fmt: skip
    return Estimate(
        module="M05", quantity="outcome_probability", segment=segment(**pairs), method="m",
        role="diagnostic", estimate=value, ci_lo=value - 0.03, ci_hi=value + 0.03, n=n,
    )  # fmt: skip


def test_a_sign_is_sized_for_the_type_that_it_is_about():
    row = standing_row(
        "M05", "interaction_chi2_per_df", landmark_days=45, sign="customer_silent", factor="kind"
    )
    shares = [share("firm", "yes", 0.6, 100), share("firm", "no", 0.2, 80)]
    shares += [share("person", "yes", 0.3, 50), share("person", "no", 0.28, 90)]
    (told,) = type_track_told([row, *shares], table(leads(4)), q=0.05)
    half = 100 * np.hypot(0.03, 0.03)
    assert (
        f"“firm”: of 100 such leads with the sign about 40 ({40 - half:.0f}–{40 + half:.0f})"
        in (told.finding.sentence.en)
    )
    (bare,) = type_track_told([row], table(leads(4)), q=0.05)
    assert "No number of deals is given" in bare.finding.sentence.en


def test_the_calendar_is_sized_by_the_deals_closed_there():
    row = standing_row("M05", "calendar_log_loss_to_win_ratio", calendar="quarter_end")
    parts = [
        Estimate(
            module="M05", quantity="calendar_closed_share", method="wilson", role="diagnostic",
            segment=segment(cause="won", calendar="quarter_end", part=part),
            estimate=won / n, ci_lo=0.1, ci_hi=0.9, n=n, events=won,
        )
        for part, won, n in (("inside", 80, 100), ("outside", 250, 500))
    ]  # fmt: skip
    (told,) = calendar_told([row, *parts], q=0.05)
    gap = newcombe((80, 250), (100, 500))
    assert f"about 30 ({100 * gap.lo:.0f}–{100 * gap.hi:.0f}) deals more won among the 100" in (
        told.finding.sentence.en
    )


def test_a_change_of_the_funnel_is_told_in_deals():
    change = standing_row("M01", "won_by_day_share_change", horizon_days=90)
    deals = Estimate(
        module="M01", quantity="won_by_day_extra_deals", segment="horizon_days=90", method="m",
        role="diagnostic", estimate=-20.0, ci_lo=-35.0, ci_hi=-5.0, n=300,
    )  # fmt: skip
    (told,) = trend_findings([change, deals], q=0.05)
    assert "Of their 300 leads that is about 20 (5–35) fewer deals." in told.sentence.en
    (source,) = source_findings(
        [standing_row("M01", "won_by_day_share_difference", source="friend", horizon_days=90)],
        q=0.05,
    )
    assert "Of their 200 leads that is about 20 (10–40) more deals." in source.sentence.en
