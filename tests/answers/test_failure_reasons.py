"""What is said about lost deals, in words: what stands, what cannot be said, and nobody's text."""

from __future__ import annotations

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.answers.failure_reasons import read_reasons, reasons_part
from crm_analysis.answers.part import Part
from crm_analysis.answers.reason_findings import limits, reason_findings
from crm_analysis.config import Config
from crm_analysis.contract import TABLES
from crm_analysis.estimates import adjust_families, is_finding, says_causes
from crm_analysis.language import Text
from crm_analysis.plots.draw import draw
from crm_analysis.reasons.agreement import Agreement, late_difference
from crm_analysis.reasons.credibility import counted_share, kappa_estimates, late_estimate
from crm_analysis.results import NotebookResult
from crm_analysis.source.as_of import as_of_view
from crm_analysis.world import scenario
from crm_analysis.world.write import arrow_table
from tests.answers.worlds import AS_OF, faults, known

QUICK = Config(n_boot=100)
HOSTILE = "=HYPERLINK(1) <script>alert(1)</script> \u202eevil 太贵"


def views_of(name: str = "S07", *, seed: int = 1, planted: bool = True, **changed):
    """Bring a scenario's tables to an engine as known at as_of; `reasons` takes their place."""
    world = scenario(name, seed=seed, planted=planted)
    engine = ibis.duckdb.connect()
    tables = {**world.tables, "reasons": changed.get("reasons", world.tables["reasons"])}
    return {
        table: as_of_view(
            engine.create_table(table, arrow_table(table, frame)), TABLES[table], as_of=AS_OF
        )
        for table, frame in tables.items()
    }


def part_of(views, **given) -> Part:
    return reasons_part(known(views, **given), QUICK)


def as_result(part: Part) -> NotebookResult:
    return NotebookResult(
        notebook="10_failure_causes", as_of=AS_OF, headline=Text("", ""),
        estimates=part.estimates, tables=(*part.tables, *part.appendix), pictures=part.pictures,
        findings=tuple(one.finding for one in part.told),
    )  # fmt: skip


@pytest.fixture(scope="module")
def planted():
    return part_of(views_of())


@pytest.fixture(scope="module")
def null():
    return part_of(views_of(planted=False))


def row(part: Part, quantity: str, where: str):
    [found] = [
        one
        for one in part.estimates
        if (one.quantity, one.segment, one.role) == (quantity, where, "result")
    ]
    return found


def test_the_misreport_is_told_with_both_shares_its_size_and_one_action(planted):
    over, under, late = (one.finding for one in planted.told)
    share = row(planted, "reason_share_corrected", "code=price")
    assert share.estimate == pytest.approx(0.20, abs=0.05)
    assert "“price”" in over.sentence.en
    assert f"{100 * share.estimate:.1f} %" in over.sentence.en
    assert "of 1,200 deals are put down to it wrongly" in over.sentence.en
    assert "hardly" not in under.action.en
    assert "typed after more than 180 days" in late.sentence.en
    keys = {one.key: one for one in planted.estimates}
    for finding in (over, under, late):
        assert is_finding(keys[finding.estimate_key], 0.05)
        assert finding.action.en and finding.action.zh
        assert not says_causes(finding.sentence)


def test_nothing_is_told_where_late_notes_are_as_right_as_prompt_ones(null):
    assert null.told == ()
    assert {one.family for one in null.estimates} >= {"M02:misreport", "M02:credibility"}


def test_notes_that_nobody_can_read_are_no_gap_but_a_row_of_their_own():
    reasons = scenario("S07", seed=1, planted=False).tables["reasons"].copy()
    rng = np.random.default_rng(35)
    gone = reasons["source"].eq("rep_opinion") & (rng.random(len(reasons)) < 0.35)
    reasons.loc[gone, "code_a"] = "unclassified"
    part = part_of(views_of(planted=False, reasons=reasons))
    assert part.told == ()
    shares = next(one for one in part.tables if one.name == "reason_shares").frame
    assert shares["naive"].iloc[:-1].sum() == pytest.approx(1.0)
    assert shares["reason_en"].iloc[-1].startswith("no reason could be read")
    assert shares["naive"].iloc[-1] == pytest.approx(gone.sum() / 1200)
    assert any("could be read in 3" in text.en for text in part.does_not_show)
    stated = read_reasons(known(views_of(planted=False, reasons=reasons)), QUICK).shares
    assert "unclassified" not in set(stated["code"])  # nor does it take a rank of what is stated
    assert faults(as_result(part)) == []


def test_the_noted_share_is_only_ever_a_warning(planted):
    noted = [one for one in planted.estimates if one.method == "noted"]
    assert noted
    assert all(one.role == "naive" and one.note == "as_noted" for one in noted)
    picture = next(one for one in planted.pictures if one.name == "reason_shares")
    warned = picture.numbers[picture.numbers["warning"]]
    assert warned["label_en"].str.endswith("noted by sales").all()


def test_sums_and_limits(planted):
    shares = next(one for one in planted.tables if one.name == "reason_shares").frame
    for kind in ("naive", "corrected", "callback"):
        assert shares[kind].sum() == pytest.approx(1.0, abs=1e-9)
    assert any("2026-10-12" in text.en for text in planted.does_not_show)


def test_pages_can_be_drawn_and_shown_in_both_languages(planted):
    result = as_result(planted)
    assert faults(result) == []
    assert len({one.key for one in result.estimates}) == len(result.estimates)
    for picture in result.pictures:
        for lang in ("en", "zh"):
            draw(picture, lang, narrow=True)


def test_the_list_to_code_leaves_out_what_is_coded_and_is_withheld_where_stale():
    world = scenario("S07", seed=1)
    reasons = world.tables["reasons"].assign(code_a=None, code_b=None)
    views = views_of(reasons=reasons)
    [found] = part_of(views).lists
    assert found.name == "lost_reasons_to_code"
    assert {"as_of", "reason_id", "text", "code_a", "code_b"} <= set(found.frame.columns)
    stale = part_of(views, stale=Text("old", "旧"), observed_until=AS_OF - timedelta(days=30))
    assert stale.lists == ()


def test_customers_words_stay_in_the_private_list():
    reasons = scenario("S07", seed=1).tables["reasons"].head(300).copy()
    reasons["text"] = [f"{HOSTILE} {at}" for at in range(len(reasons))]
    reasons["code_a"] = reasons["code_a"].where(reasons.index % 2 == 0)
    part = part_of(views_of(reasons=reasons))
    result = as_result(part)
    shown = [
        *(one.sentence for one in result.findings),
        *part.does_not_show,
        *(picture.sentence + picture.caption for picture in result.pictures),
        *(table.caption for table in result.tables),
    ]
    frames = [*(one.frame for one in result.tables), *(one.numbers for one in result.pictures)]
    everything = "".join(text.en + text.zh for text in shown) + "".join(map(str, frames))
    assert "HYPERLINK" not in everything
    assert "script" not in everything
    assert part.lists[0].frame["text"].str.contains("HYPERLINK").any()


def test_without_callbacks_the_notes_stand_unchecked_and_say_so():
    reasons = scenario("S07", seed=1).tables["reasons"]
    part = part_of(views_of(reasons=reasons[reasons["source"] == "rep_opinion"]))
    assert part.told == ()
    assert row(part, "reason_share_corrected", "code=price").status == "not_estimable"
    assert any("not corrected: too few callbacks" in text.en for text in part.does_not_show)
    assert "too few callbacks" in part.pictures[0].sentence.en
    assert faults(as_result(part)) == []


def test_callbacks_alone_and_nothing_at_all_do_not_break_the_page():
    reasons = scenario("S07", seed=1).tables["reasons"]
    calls = part_of(views_of(reasons=reasons[reasons["source"] == "callback"]))
    assert faults(as_result(calls)) == []
    views = views_of()
    nothing = part_of({name: views[name] for name in ("customers", "leads")})
    assert (nothing.estimates, nothing.tables) == ((), ())
    assert nothing.does_not_show[0].en.count(".") == 2
    one = part_of(views_of(reasons=reasons.head(1)))
    assert faults(as_result(one)) == []


def test_notes_without_information_are_called_so():
    reasons = scenario("S07", seed=1, planted=False).tables["reasons"].copy()
    rep = reasons["source"] == "rep_opinion"
    reasons.loc[rep, "code_a"] = (
        reasons.loc[rep, "code_a"].sample(frac=1, random_state=1).to_numpy()
    )
    part = part_of(views_of(reasons=reasons))
    assert any("carry no information" in text.en for text in part.does_not_show)


@pytest.mark.parametrize(
    ("n", "half", "words"),
    [(10, 0.6, "cannot be told: too few losses (10)"), (200, 0.1, "carry no information")],
)
def test_few_callbacks_are_not_taken_for_no_information(n, half, words):
    found = Agreement(n=n, kappa=0.05, se=half / 2, lo=0.05 - half, hi=0.05 + half, status="ok")
    shares = pd.DataFrame({"status": ["ok"], "n_both": [n], "n_rep": [n], "n_unread": [0]})
    said = limits(shares, {("rep_callback", ""): found}, pd.DataFrame())
    assert [words in text.en for text in said] == [False, True]
    clear = Agreement(n=n, kappa=0.7, se=0.1, lo=0.5, hi=0.9, status="ok")
    assert len(limits(shares, {("rep_callback", ""): clear}, pd.DataFrame())) == 1


def test_the_order_of_rows_and_the_names_of_leads_do_not_matter(planted):
    reasons = scenario("S07", seed=1).tables["reasons"]
    shuffled = part_of(views_of(reasons=reasons.sample(frac=1, random_state=3)))
    assert shuffled.estimates == planted.estimates


def test_what_others_need_is_read_once():
    read = read_reasons(known(views_of()), QUICK)
    assert set(read.stating.columns) == {"lead_id", "code"}
    assert not read.stating.duplicated().any()
    assert read.names["price"].zh == "价格"
    assert isinstance(read.shares, pd.DataFrame)


@pytest.mark.parametrize(
    ("kappa", "words"), [(0.2, "tell little of why"), (0.6, "agree less with customers")]
)
def test_late_notes_tell_little_only_where_they_agree_little(kappa, words):
    found = {
        band: Agreement(n=100, kappa=at, se=0.05, lo=at - 0.1, hi=at + 0.1, status="ok")
        for band, at in (("0-30", 0.95), ("181+", kappa))
    }
    late = late_estimate(late_difference(found, ("0-30", "181+", "unknown")), alpha=0.05)
    kappas = kappa_estimates({("rep_callback", band): one for band, one in found.items()})
    where = "source=rep_opinion;over_days=180"
    share = counted_share("reasons_typed_late_share", 300, 500, where)
    estimates = adjust_families((*late, *kappas, share))
    [told] = reason_findings(estimates, pd.DataFrame({"code": []}), {}, q=0.05)
    assert words in told.finding.sentence.en
    assert f"is {kappa:.2f}, against 0.95" in told.finding.sentence.en
    assert "200 losses" in told.finding.sentence.en
    ends = f"{500 * share.ci_lo:.0f}–{500 * share.ci_hi:.0f}"
    assert f"It is about 300 ({ends}) of 500 notes." in told.finding.sentence.en
