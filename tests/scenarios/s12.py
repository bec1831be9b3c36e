"""S12: unbalanced channels and rare levels.

Leads begun by a visit are won at .42, all others at .30; QQ has 15 leads and SNS 3. Null: all .30.
Scored on the part of the page about contacts. The raw ranking, which a tiny channel leads on about
every third seed, must stand beside with its numbers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from crm_analysis.answers.failure_contacts import contacts_part
from crm_analysis.answers.part import Part
from crm_analysis.deals.indicators.channels import best_channel
from crm_analysis.estimates import Estimate, read_segment
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S12")

TITLE = "Unbalanced channels and rare levels"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1, 2]
BEST, TINY = "meet", ("qq", "sns")
TRUTH, TOLERANCE = 0.42, 0.06


def score(seed: int, variant: str) -> list[Score]:
    """Score the ranking by shrunk share (planted), or that channels do not differ (null)."""
    with loaded("S12", seed=seed, planted=variant == "planted") as known:
        part = contacts_part(known, replace(known.config, landmark_days=(3,)))
    return ranked(seed, part) if variant == "planted" else [alike(seed, part)]


def channels(part: Part, role: str) -> dict[str, Estimate]:
    """Return the rows of one role by channel."""
    rows = [row for row in part.estimates if row.quantity == "channel_win_share"]
    return {read_segment(row.segment)["channel"]: row for row in rows if row.role == role}


def ranked(seed: int, part: Part) -> list[Score]:
    """Score the best channel, its share, the tiny ones, and the raw ranking beside."""
    shrunk, raw = channels(part, "result"), channels(part, "naive")
    best = best_channel(tuple(shrunk.values()))
    named = "" if best is None else read_segment(best.segment)["channel"]
    share = shrunk[BEST].estimate or 0.0
    trusted = [name for name in TINY if name in shrunk and shrunk[name].status == "ok"]
    first = max(raw, key=lambda name: raw[name].estimate or 0.0)
    told = [
        one
        for one in part.told
        if (one.finding.estimate_key or ("", ""))[1] == "channel_chi2_per_df"
        and f"“{BEST}”" in one.finding.sentence.en
    ]
    return [
        made(
            seed, "visit is best", (BEST, float(named == BEST), "every seed"), passed=named == BEST
        ),
        made(
            seed,
            "shrunk share won after a visit",
            (f"{TRUTH}", share, f"± {TOLERANCE}"),
            passed=abs(share - TRUTH) <= TOLERANCE,
        ),
        made(
            seed,
            "tiny channels ranked or sure",
            ("0", float(len(trusted)), "none"),
            passed=not trusted and named not in TINY,
        ),
        made(
            seed,
            "raw ranking led by a tiny channel; shown with its numbers",
            ("trap", float(first in TINY), "shown"),
            passed=all((row.n or 0) > 0 and row.note == "raw_ranking" for row in raw.values())
            and set(TINY) <= set(raw),
        ),
        made(seed, "told", ("yes", float(len(told)), "every seed"), passed=len(told) == 1),
    ]


def alike(seed: int, part: Part) -> Score:
    """Score that channels do not differ where nothing was planted."""
    row = next(row for row in part.estimates if row.quantity == "channel_chi2_per_df")
    assert row.p is not None
    return made(
        seed,
        "p of channels alike",
        ("none", row.p, "> .05 in 16/20"),
        passed=row.p > 0.05,
        variant="null",
        min_pass_share=16 / 20,
    )
