"""The headline of the page on lost deals denies nothing that stands, and names only losing."""

from __future__ import annotations

import pandas as pd
import pytest

from crm_analysis.answers.failure_headline import answer_text, leading, standing_answers
from crm_analysis.answers.part import Told
from crm_analysis.answers.revealed_findings import Stated, revealed_told
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
from crm_analysis.results import Finding


def row(module: str, quantity: str, *, p_adj: float = 0.001, **pairs: object) -> Estimate:
    return Estimate(
        module=module, quantity=quantity, segment=segment(**pairs), method="m", estimate=0.5,
        ci_lo=0.3, ci_hi=0.7, p=p_adj / 2, p_adj=p_adj, family=f"{module}:x",
    )  # fmt: skip


def told(of: Estimate, name: str) -> Told:
    finding = Finding(
        sentence=Text(name, name), evidence="adjusted", action=Text("Do.", "做。"),
        estimate_key=of.key,
    )  # fmt: skip
    return Told(finding=finding, name=Text(name, name), size=None, strength=1.0)


HABIT = row("M03", "log_hazard_ratio_per_sd", cause="lost", landmark_days=7, indicator="n_contacts")
WIN_HABIT = row(
    "M03", "log_hazard_ratio_per_sd", cause="won", landmark_days=3, indicator="n_contacts"
)
LEVEL = row("M05", "log_loss_to_win_ratio", factor="rep_id", level="R1")
KINDS = row("M05", "outcome_kind_chi2_per_df", factor="rep_id")
RIVALS = row("M05", "price_gap_to_rival", lost_to="same_brand_elsewhere")
TYPES = row(
    "M05", "interaction_chi2_per_df", landmark_days=45, sign="no_contact_30_days", factor="rep_id"
)
SEEN = row("M06", "revealed_log_hazard_ratio", cause="lost", landmark_days=14, code="price")
CHANNEL = row("M03", "channel_chi2_per_df", landmark_days=3, horizon_days=90)


def headline(*rows: Estimate, extra: tuple[Estimate, ...] = ()) -> str:
    one = [told(each, each.quantity) for each in rows]
    return answer_text((*rows, *extra), one, days=90, q=0.05).en


def test_what_is_measured_of_a_reason_leads_where_no_habit_or_factor_stands():
    assert headline(SEEN).startswith("Losing goes with “revealed_log_hazard_ratio”")
    both = headline(SEEN, HABIT, LEVEL)
    assert "“log_hazard_ratio_per_sd” and “who the representative is”" in both
    assert "revealed" not in both


def test_no_single_representative_is_named():
    said = answer_text((HABIT, LEVEL), [told(HABIT, "calls"), told(LEVEL, "R1")], days=90, q=0.05)
    assert said.en.startswith("Losing goes with “calls” and “who the representative is”")
    assert "R1" not in said.en + said.zh


@pytest.mark.parametrize("other", [KINDS, RIVALS, TYPES])
def test_what_is_not_about_losing_neither_leads_nor_is_denied(other):
    said = headline(other)
    assert "goes with" not in said
    assert "No regularity" not in said
    assert (
        f"1 stand after correction, none of them about how many are lost: “{other.quantity}”"
        in (said)
    )
    assert headline(other, SEEN).startswith("Losing goes with “revealed_log_hazard_ratio”")


def test_a_factor_that_gives_the_ending_away_does_not_make_nothing_stand():
    leak = Estimate(
        module="M05", quantity="factor_leak_auc_gap", segment=segment(factor="rep_id"), method="m",
        role="diagnostic", estimate=0.3, note="leak_suspected",
    )  # fmt: skip
    said = answer_text((LEVEL, leak), [], days=90, q=0.05)
    assert "No regularity" not in said.en
    assert "all for factors that give the ending away" in said.en
    assert "均属泄露结局" in said.zh


def test_no_regularity_is_said_only_where_no_row_stands():
    pairs = {"cause": "lost", "landmark_days": 14, "code": "price"}
    missed = row("M06", "revealed_log_hazard_ratio", p_adj=0.06, **pairs)
    assert headline(missed).startswith("No regularity found")
    untold = answer_text((SEEN,), [], days=90, q=0.05).en
    assert "No regularity" not in untold


def test_winning_is_called_winning_and_losing_goes_first():
    assert headline(CHANNEL).startswith("Winning goes with")
    clearer = [told(WIN_HABIT, "contacts")]
    standing = standing_answers((WIN_HABIT, HABIT), q=0.05)
    assert [one.name.en for one in leading(clearer, standing)] == ["contacts"]
    said = answer_text((WIN_HABIT, HABIT), clearer, days=90, q=0.05).en
    assert said.startswith("Losing goes with “contacts”")  # the same habit stands for losing too
    assert answer_text((WIN_HABIT,), clearer, days=90, q=0.05).en.startswith("Winning goes with")


def revealed(**changed: object) -> list[Estimate]:
    lost = row("M06", "revealed_log_hazard_ratio", cause="lost", landmark_days=14, code="price",
               **changed)  # fmt: skip
    won = row("M06", "revealed_log_hazard_ratio", p_adj=0.5, cause="won", landmark_days=14,
              code="price")  # fmt: skip
    place = segment(landmark_days=14, horizon_days=90, code="price")
    share, deals = (
        Estimate(
            module="M06", quantity=name, segment=place, method="m", estimate=0.25 * n,
            ci_lo=0.2 * n, ci_hi=0.3 * n, n=400, evidence="adjusted",
            role="result" if n == 1 else "diagnostic",
        )
        for name, n in (("attributable_share", 1), ("extra_lost_leads", 400))
    )  # fmt: skip
    return [lost, won, share, deals]


def said(flag: str, share: float) -> Stated:
    frame = pd.DataFrame(
        [{"code": "price", "stated": share, "stated_lo": share - 0.05, "stated_hi": share + 0.05,
          "is_corrected": False, "flag": flag, "detectable": 0.1}]
    )  # fmt: skip
    return Stated(frame=frame, n_reasons=200, names={})


def test_said_and_seen_is_told_with_its_size_in_deals():
    [one] = revealed_told(revealed(), said("said_and_seen", 0.6), landmark_days=14, q=0.05)
    assert one.finding.sentence.en.startswith("Said and seen: “price” is given for 60.0 %")
    assert "the 400 losses of the 90 days after it would be 25.0 % (20.0 % to 30.0 %) fewer" in (
        one.finding.sentence.en
    )
    assert "about 100 lost deals (80 to 120)" in one.finding.sentence.en
    assert "约 100 单（80 至 120）" in one.finding.sentence.zh


def test_what_stands_is_told_where_nobody_says_why():
    nobody = Stated(frame=pd.DataFrame({"code": []}), n_reasons=0, names={})
    [one] = revealed_told(revealed(), nobody, landmark_days=14, q=0.05)
    assert "is given for" not in one.finding.sentence.en
    assert "100 lost deals" in one.finding.sentence.en
    assert revealed_told(revealed(p_adj=0.06), nobody, landmark_days=14, q=0.05) == ()


def test_what_is_said_and_not_seen_has_the_deals_put_down_to_it():
    rows = revealed(p_adj=0.6)
    [one] = revealed_told(rows, said("said_not_seen", 0.5), landmark_days=14, q=0.05)
    assert "Of 200 lost deals with a reason about 100 (90–110) are put down to it" in (
        one.finding.sentence.en
    )
