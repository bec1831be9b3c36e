"""S01: nothing has an effect, and nothing may be found.

2,000 leads (won .35, lost .45, open .20) whose ending owes nothing to contacts, assessments,
profile or own factors, and no opening month wins more or less at equal age. The world is its own
null. Scored on the two notebooks about leads and on the funnel.

Not scored is M01:optimism: the probabilities that representatives note owe nothing to what comes,
so that they miss it is no false finding.

Per family at most 4 of 20 seeds may hold a rejection; over all families and seeds together at most
the 99th percentile of the binomial at .05. Coverage is read over all cells of all seeds, because
the cells of one world go up and down together.
"""

from __future__ import annotations

from functools import cache, partial

from scipy import stats

from crm_analysis.answers import failure_causes, loss_patterns, sales_funnel
from crm_analysis.estimates import families, is_finding
from crm_analysis.results import NotebookResult
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S01", variant="null")

TITLE = "Global null, many indicators"
VARIANTS = ("null",)
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
FAMILIES = (
    "M01:source",
    "M01:trend",
    "M03:indicators",
    "M04:tracks",
    "M05:profile",
    "M05:calendar",
    "M05:interactions",
    "M06:revealed",
)
Q = 0.05
CELLS = (
    "log_hazard_ratio_per_sd",
    "log_hazard_ratio_level",
    "log_loss_to_win_ratio",
    "log_loss_to_win_ratio_per_sd",
    "track_log_hazard_ratio",
    "revealed_log_hazard_ratio",
    "won_by_day_share_change",
    "won_by_day_share_difference",
)


@cache
def facts(seed: int) -> dict[str, float]:
    """Run the notebooks on one world and keep what is scored."""
    with loaded("S01", seed=seed) as known:
        results = (failure_causes.answer(known), loss_patterns.answer(known))
        funnel = sales_funnel.answer(known)
    rows = [row for result in (*results, funnel) for row in result.estimates]
    rows = [row for row in rows if row.family != "M01:optimism"]
    cells = [
        row
        for row in rows
        if row.quantity in CELLS and row.role in ("result", "diagnostic") and row.ci_lo is not None
    ]
    tested = {family.name: family for family in families(rows, q=Q)}
    return {
        **{name: tested[name].n_bh for name in FAMILIES},
        "asked": sum(family.m for family in tested.values()),
        "unadjusted": sum(family.n_unadjusted for family in tested.values()),
        "cells": len(cells),
        "covering": sum(row.ci_lo <= 0 <= row.ci_hi for row in cells),
        "honest": all(says_so(result) for result in results),
        "shown": "questions_asked" in [table.name for table in results[0].tables],
    }


def says_so(result: NotebookResult) -> bool:
    """A page without a finding says that no regularity was found, and only such a page."""
    found = any(is_finding(row, Q) for row in result.estimates)
    silent = result.headline.en.startswith("No regularity found")
    return found != silent and bool(result.findings) == found


def score(seed: int, variant: str) -> list[Score]:
    """Score one world, and with the last seed all worlds together."""
    seen = facts(seed)
    scores = [
        made(
            seed,
            f"{name}: rejections",
            ("0", seen[name], "none in 16 of 20 seeds"),
            passed=seen[name] == 0,
            min_pass_share=16 / 20,
        )
        for name in FAMILIES
    ]
    share = seen["unadjusted"] / seen["asked"]
    scores += [
        made(
            seed,
            "no regularity found, in words, where nothing stands",
            ("yes", seen["honest"], "every seed"),
            passed=bool(seen["honest"]),
        ),
        made(
            seed,
            "unadjusted p < .05, share of questions, shown",
            (".05", share, "≤ .20, shown"),
            passed=share <= 0.20 and bool(seen["shown"]),
        ),
    ]
    return [*scores, *together(seed)] if seed == SEEDS[-1] else scores


def together(seed: int) -> list[Score]:
    """Score coverage and rejections over all seeds; the worlds are not made twice."""
    worlds = [facts(each) for each in SEEDS]
    covered = sum(one["covering"] for one in worlds) / sum(one["cells"] for one in worlds)
    n_rejecting = sum(one[name] > 0 for one in worlds for name in FAMILIES)
    most = int(stats.binom.ppf(0.99, len(worlds) * len(FAMILIES), Q))
    return [
        made(
            seed,
            "intervals that cover 0, all cells and seeds",
            (".95", covered, ".93-.97"),
            passed=0.93 <= covered <= 0.97,
        ),
        made(
            seed,
            "families with a rejection, all seeds",
            (f"{Q * len(worlds) * len(FAMILIES):.0f}", n_rejecting, f"at most {most}"),
            passed=n_rejecting <= most,
        ),
    ]
