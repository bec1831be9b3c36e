"""S02a: response time drives loss and winning.

Planted: per doubling of the response time the log hazard ratio of loss is .25, that of winning
-.20; closings only after the third day, so that all responses are known by the landmark. Null: both
slopes 0. Scored on what the part of the page about contacts says, per doubling.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from crm_analysis.answers.failure_contacts import contacts_part
from crm_analysis.answers.part import Part
from crm_analysis.deals.indicators.habits import landmark_frame, scaled
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.source.known import Known
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S02a")

TITLE = "Response time drives loss"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
TRUTH = {"lost": (0.25, 0.05), "won": (-0.20, 0.06)}
INDICATOR = "first_response_hours"
LANDMARK_DAYS = 3
Q = 0.05


def score(seed: int, variant: str) -> list[Score]:
    """Score both slopes, the dose-response and the finding; or that nothing is found."""
    with loaded("S02a", seed=seed, planted=variant == "planted") as known:
        settings = replace(known.config, landmark_days=(LANDMARK_DAYS,), horizon_days=60)
        part, doubling = contacts_part(known, settings), sd_of_doublings(known)
    scores = []
    for cause, (truth, tolerance) in TRUTH.items():
        row = response_row(part, cause)
        if variant == "planted":
            scores.append(slope(seed, row, cause, (truth, tolerance), doubling))
        else:
            scores.append(covers(seed, row, cause))
    return [*scores, *(told(seed, part) if variant == "planted" else [quiet(seed, part)])]


def sd_of_doublings(known: Known) -> float:
    """Return the spread of the response time among the leads at the landmark, in doublings."""
    frame = landmark_frame(
        known.table("leads"),
        known.table("interactions"),
        landmark_days=LANDMARK_DAYS,
        as_of=known.as_of,
    )
    return float(np.nanstd(scaled(frame[INDICATOR], INDICATOR)) / np.log(2))


def response_row(part: Part, cause: str) -> Estimate:
    """Return the result row of the response time."""
    segment = f"cause={cause};landmark_days={LANDMARK_DAYS};indicator={INDICATOR}"
    return next(row for row in part.estimates if (row.segment, row.role) == (segment, "result"))


def slope(
    seed: int, row: Estimate, cause: str, truth: tuple[float, float], doubling: float
) -> Score:
    """Score a slope per doubling."""
    assert row.estimate is not None
    found = row.estimate / doubling
    return made(
        seed,
        f"{cause}: log hazard ratio per doubling of the response",
        (str(truth[0]), found, f"± {truth[1]}"),
        passed=abs(found - truth[0]) <= truth[1],
    )


def covers(seed: int, row: Estimate, cause: str) -> Score:
    """Score that the interval holds 0."""
    assert row.ci_lo is not None
    assert row.ci_hi is not None
    inside = row.ci_lo <= 0 <= row.ci_hi
    return made(
        seed,
        f"{cause}: interval holds 0",
        ("0", float(inside), "17 of 20 seeds"),
        passed=inside,
        variant="null",
        min_pass_share=17 / 20,
    )


def told(seed: int, part: Part) -> list[Score]:
    """Score that the response is the first habit told, and that loss rises with it."""
    first = part.told[0].finding.estimate_key if part.told else ("",) * 5
    doses = [row for row in part.estimates if row.quantity == "dose_loss_share"]
    shares = [row.estimate or 0.0 for row in doses]
    return [
        made(
            seed,
            "told first",
            ("yes", float(INDICATOR in first[2]), "every seed"),
            passed=INDICATOR in first[2],
        ),
        made(
            seed,
            "loss rises from the lowest to the middle to the highest fifth",
            ("yes", shares[-1] - shares[0], "every seed"),
            passed=len(shares) == 5 and shares[0] < shares[2] < shares[4],
        ),
        made(
            seed,
            "loss falls nowhere from fifth to fifth beyond its interval",
            ("0", float(len(falls(doses))), "none"),
            passed=not falls(doses),
        ),
    ]


def falls(doses: list[Estimate]) -> list[str]:
    """Name the fifths whose whole interval lies below the share of the one before."""
    return [b.segment for a, b in pairwise(doses) if (b.ci_hi or 0.0) < (a.estimate or 0.0)]


def quiet(seed: int, part: Part) -> Score:
    """Score that no contact habit is found."""
    n_found = sum(is_finding(row, Q) for row in part.estimates)
    return made(
        seed,
        "findings about contacts",
        ("0", float(n_found), "none in 16 of 20 seeds"),
        passed=n_found == 0,
        variant="null",
        min_pass_share=16 / 20,
    )
