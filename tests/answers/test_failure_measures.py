"""A measure is told once on the page on lost deals, with all that was found on it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from crm_analysis.answers.failure_causes import answer
from crm_analysis.answers.failure_headline import answer_text, leading, standing_answers
from crm_analysis.answers.failure_measures import clearness, measure_of, once_a_measure
from crm_analysis.answers.part import Told
from crm_analysis.answers.revealed_findings import Stated, revealed_told
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
from crm_analysis.results import Finding
from tests.scenarios.loaded import loaded


def row(
    module: str, quantity: str, *, p_adj: float = 0.001, estimate: float = 0.5, **pairs: object
) -> Estimate:
    return Estimate(
        module=module, quantity=quantity, segment=segment(**pairs), method="m", estimate=estimate,
        ci_lo=estimate - 0.2, ci_hi=estimate + 0.2, p=p_adj / 2, p_adj=p_adj,
        family=f"{module}:x", evidence="adjusted",
    )  # fmt: skip


def told(of: Estimate, name: str, *, short: str | None = None) -> Told:
    finding = Finding(
        sentence=Text(f"{name} sized.", f"{name}量。"), evidence="adjusted",
        action=Text(f"Do {name}.", f"做{name}。"), estimate_key=of.key,
    )  # fmt: skip
    return Told(
        finding=finding, name=Text(name, name), size=None, strength=1.0,
        short=None if short is None else Text(short, short),
    )  # fmt: skip


def habit(name: str, **given: object) -> Estimate:
    pairs = {"cause": "lost", "landmark_days": 7, "indicator": name, **given}
    return row("M03", "log_hazard_ratio_per_sd", **pairs)


def seen(code: str, **given: object) -> Estimate:
    pairs = {"cause": "lost", "landmark_days": 14, "code": code, **given}
    return row("M06", "revealed_log_hazard_ratio", **pairs)


def test_a_habit_and_its_reason_are_one_finding_that_leaves_its_place_to_others():
    weaker, stronger = habit("first_response_hours", p_adj=0.02), seen("speed")
    other = habit("n_contacts", p_adj=0.03)
    parts = [
        [told(weaker, "habit", short="As a habit."), told(other, "contacts")],
        [told(stronger, "hours", short="Said and seen.")],
    ]
    first, second = once_a_measure(parts, (weaker, stronger, other), q=0.05)
    assert [one.name.en for one in first] == ["contacts"]
    [merged] = second
    assert merged.finding.estimate_key == stronger.key
    assert merged.finding.sentence.en == "hours sized. On the same measure: As a habit."
    assert merged.finding.sentence.zh == "hours量。同一指标另见：As a habit."
    assert merged.finding.action.en == "Do hours."


def test_the_stronger_evidence_keeps_the_place_whichever_line_it_is_of():
    parts = [[told(habit("first_response_hours"), "habit")], [told(seen("speed"), "hours")]]
    clear = habit("first_response_hours", p_adj=1e-6)
    rows = (clear, seen("speed"))
    assert [len(part) for part in once_a_measure(parts, rows, q=0.05)] == [1, 0]
    weak = (replace(clear, status="weak"), seen("speed"))
    assert [len(part) for part in once_a_measure(parts, weak, q=0.05)] == [0, 1]


def test_what_is_said_and_not_seen_never_takes_the_place_of_what_stands():
    stands, missed = habit("first_response_hours", p_adj=0.04), seen("speed", p_adj=0.3)
    parts = [[told(stands, "habit")], [told(missed, "gap", short="Said, not seen.")]]
    [merged], none = once_a_measure(parts, (stands, missed), q=0.05)
    assert none == []
    assert merged.finding.estimate_key == stands.key
    assert merged.finding.sentence.en.endswith("On the same measure: Said, not seen.")


def test_losing_goes_before_winning_on_the_same_measure():
    won, lost = habit("first_response_hours", cause="won", p_adj=1e-9), seen("speed")
    parts = [[told(won, "winning")], [told(lost, "losing")]]
    assert [len(part) for part in once_a_measure(parts, (won, lost), q=0.05)] == [0, 1]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (row("M05", "log_loss_to_win_ratio_per_sd", factor="distance_km"), seen("distance")),
        (row("M05", "log_loss_to_win_ratio_per_sd", factor="income_annual"), seen("cost_careful")),
        (row("M05", "log_loss_to_win_ratio", factor="rival_nearby", level="yes"),
         seen("rival_nearby")),
        (row("M03", "state_log_hazard_ratio", cause="lost", state="promise_broken"),
         seen("promise_broken")),
        (row("M05", "price_gap_to_rival", lost_to="same_brand_elsewhere"), seen("price")),
        (row("M05", "ending_kind_bend_chi2_per_df", factor="age_years"),
         row("M05", "log_loss_to_win_ratio_per_sd", factor="age_years")),
    ],
)  # fmt: skip
def test_the_same_measure_is_known_across_the_lines(one, same):
    assert measure_of(one.key) == measure_of(same.key) is not None


def test_other_questions_and_other_measures_stay_apart():
    kinds = row("M05", "outcome_kind_chi2_per_df", factor="distance_km")
    rows = (kinds, seen("distance"), habit("n_contacts"), habit("n_channels"))
    parts = [[told(each, str(place)) for place, each in enumerate(rows)]]
    assert once_a_measure(parts, rows, q=0.05) == parts
    assert measure_of(kinds.key) is None


def test_a_strong_effect_of_price_leads_before_a_marginal_habit():
    chance, price = habit("n_channels", p_adj=0.049), seen("price", p_adj=1e-60)
    every = [told(chance, "channels"), told(price, "our price")]
    standing = standing_answers((chance, price), q=0.05)
    assert [one.name.en for one in leading(every, standing)] == ["our price", "channels"]
    words = answer_text((chance, price), every, days=90, q=0.05)
    assert words.en.startswith("Losing goes with “our price” and “channels”")
    assert words.zh.startswith("丢单与“our price”和“channels”")


def test_the_headline_names_no_measure_twice():
    rows = (habit("first_response_hours"), seen("speed", p_adj=1e-9), seen("price", p_adj=0.01))
    every = [told(each, name) for each, name in zip(rows, ("habit", "hours", "price"), strict=True)]
    names = [one.name.en for one in leading(every, standing_answers(rows, q=0.05))]
    assert names == ["habit", "price"]


def test_of_equal_p_the_larger_effect_for_its_interval_is_clearer():
    small, large = (seen("price", p_adj=0.0, estimate=size) for size in (0.3, -0.9))
    assert sorted((small, large), key=clearness) == [large, small]


def test_a_reason_that_calls_for_no_word_is_told_with_how_often_it_is_stated():
    lost, won = seen("price"), seen("price", cause="won", p_adj=0.5)
    frame = pd.DataFrame([{"code": "price", "stated": 0.08, "is_corrected": False, "flag": ""}])
    stated = Stated(frame=frame, n_reasons=200, names={})
    [one] = revealed_told((lost, won), stated, landmark_days=14, q=0.05)
    assert "“price” is given for 8.0 % of losses (as noted)." in one.finding.sentence.en
    assert one.short is not None
    assert one.finding.sentence.en.startswith(one.short.en)


def test_in_a_world_of_slow_responses_the_measure_is_told_once_and_tables_keep_both():
    with loaded("S08", seed=1, planted=True) as known:
        page = answer(known)
    keys = [one.estimate_key for one in page.findings if one.estimate_key is not None]
    measures = [measure for key in keys if (measure := measure_of(key)) is not None]
    assert len(set(measures)) == len(measures)
    assert "speed" in measures
    [one] = [one for one in page.findings if measure_of(one.estimate_key) == "speed"]
    assert "hardly ever said" in one.sentence.en
    assert "On the same measure: A higher value of" in one.sentence.en
    rows = [each for each in page.estimates if measure_of(each.key) == "speed"]
    assert {each.module for each in rows} == {"M03", "M06"}
    contacts = page.table("contact_habits").frame
    assert contacts.astype(str).apply(lambda line: line.str.contains("first contact")).any().any()
