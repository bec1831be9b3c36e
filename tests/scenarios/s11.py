"""S11: indicators that go together.

Span, number and mean gap of contacts are tied by a product; only the span drives loss (.8 per
standard deviation). Null: none does. Scored on the part of the page about contacts, at day 120.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from crm_analysis.answers.failure_contacts import contacts_part
from crm_analysis.answers.part import Part
from crm_analysis.estimates import Estimate, read_segment
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S11")

TITLE = "Collinear indicators"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
LANDMARK_DAYS = 120
SPAN, COUNT, GAP = TIED = ("contact_span_days", "n_contacts", "mean_gap_days")
REPEAT, REPEATED = "call_share", "meet_share"


def score(seed: int, variant: str) -> list[Score]:
    """Score groups, importance, members beside one another, and what is needed."""
    with loaded("S11", seed=seed, planted=variant == "planted") as known:
        settings = replace(known.config, landmark_days=(LANDMARK_DAYS,), horizon_days=60)
        part = contacts_part(known, settings)
    if variant == "null":
        return [minimal(seed, part)]
    return [
        *together(seed, part),
        *beside(seed, part),
        *warned(seed, part),
        repeat(seed, part),
    ]


def group_of(part: Part) -> tuple[Estimate, set[str]]:
    """Return the importance row of the group that holds the span, and its members."""
    rows = [row for row in part.estimates if row.quantity == "group_importance_share"]
    members = [(row, set(read_segment(row.segment)["group"].split("+"))) for row in rows]
    return next((row, names) for row, names in members if SPAN in names)


def together(seed: int, part: Part) -> list[Score]:
    """Score that the three are one group, and that it, or the span, is what matters."""
    row, names = group_of(part)
    kept = needed(part)
    return [
        made(
            seed,
            "span, number and interval are one group",
            ("yes", float(len(names)), "every seed"),
            passed=set(TIED) <= names,
        ),
        made(
            seed,
            "span needed, or importance of its group",
            ("1", row.estimate or 0.0, "needed or ≥ .9"),
            passed=SPAN in kept or (row.estimate or 0.0) >= 0.9,
        ),
        made(
            seed,
            "members of the group needed",
            ("1", float(len(kept & names)), "at most 1"),
            passed=len(kept & names) <= 1,
        ),
    ]


def needed(part: Part) -> set[str]:
    """Return the indicators of the minimal set."""
    rows = [row for row in part.estimates if row.method == "cox_efron_needed"]
    return {read_segment(row.segment)["indicator"] for row in rows}


def beside(seed: int, part: Part) -> list[Score]:
    """Score that number and interval tell nothing beside the span."""
    rows = {
        read_segment(row.segment)["indicator"]: row
        for row in part.estimates
        if row.method == "cox_efron_within_group"
    }
    scores = []
    for name in (COUNT, GAP):
        row = rows[name]
        holds = row.ci_lo is not None and row.ci_hi is not None and row.ci_lo <= 0 <= row.ci_hi
        scores.append(
            made(
                seed,
                f"{name} beside the span: interval holds 0",
                ("0", row.estimate or 0.0, "17 of 20 seeds"),
                passed=holds,
                min_pass_share=17 / 20,
            )
        )
    return scores


def minimal(seed: int, part: Part) -> Score:
    """Score that no indicator is needed where nothing was planted."""
    row = next(row for row in part.estimates if row.quantity == "minimal_indicators_count")
    n = row.estimate or 0.0
    return made(
        seed,
        "indicators needed",
        ("0", n, "none in 16 of 20 seeds"),
        passed=n == 0,
        variant="null",
        min_pass_share=16 / 20,
    )


def warned(seed: int, part: Part) -> list[Score]:
    """Score that the number alone looks highly significant, and carries its warning."""
    segment = f"cause=lost;landmark_days={LANDMARK_DAYS};indicator={COUNT}"
    row = next(row for row in part.estimates if (row.segment, row.role) == (segment, "result"))
    n_told = sum(
        read_segment(str(one.finding.estimate_key[2])).get("indicator") in TIED
        for one in part.told
        if one.finding.estimate_key is not None
    )
    return [
        made(
            seed,
            "number of contacts alone: p, shown with the warning",
            ("trap", row.p or 0.0, "< .001, noted"),
            passed=(row.p or 1.0) < 0.001 and "collinear_group" in row.note,
        ),
        made(
            seed,
            "findings told of the three",
            ("1", float(n_told), "at most 1"),
            passed=n_told <= 1,
        ),
    ]


def repeat(seed: int, part: Part) -> Score:
    """Score that an exact repeat is left out, and that this is said."""
    segment = f"cause=lost;landmark_days={LANDMARK_DAYS};indicator={REPEAT}"
    row = next(row for row in part.estimates if (row.segment, row.role) == (segment, "result"))
    return made(
        seed,
        "exact repeat left out with a note",
        ("yes", float(row.estimate is None), "every seed"),
        passed=row.estimate is None and row.note.endswith(f"duplicate_column: {REPEATED}"),
    )
