"""S10b: a pattern of two states, and a decoy.

Planted: losses are 4 times as likely while a noted fall of the probability meets a question left
open; neither alone matters. A change of the model wanted matters in the first half of the time
only. Null: neither. Scored on what the part of the page about combinations says.
"""

from __future__ import annotations

import math
from functools import partial

from crm_analysis.answers.loss_grammar import grammar_part
from crm_analysis.answers.part import Part
from crm_analysis.deals.patterns.replication import Patterns
from crm_analysis.estimates import is_finding
from crm_analysis.world.scenarios.s10b import PLANTED, TOGETHER
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S10b")

TITLE = "Two states that matter together"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
DECOY = "model_switched"
TOLERANCE = 0.35
Q = 0.05


def score(seed: int, variant: str) -> list[Score]:
    """Score what is found, what is rejected and what is told; or that nothing is found."""
    with loaded("S10b", seed=seed, planted=variant == "planted") as known:
        grammar = grammar_part(known, known.config)
    part, patterns = grammar.part, grammar.patterns
    if variant == "null":
        return [quiet(seed, part, patterns)]
    return [*found(seed, part, patterns), *decoy(seed, patterns), alone(seed, patterns)]


def found(seed: int, part: Part, patterns: Patterns) -> list[Score]:
    """Score that the pattern is kept, told first, and of the planted size."""
    kept = [one for one in patterns.before_losses if one.pattern.name == PLANTED]
    size = kept[0].replication.own.log_ratio if kept else None
    log_ratio = math.nan if size is None else size
    told = [one.finding.estimate_key for one in part.told]
    return [
        made(
            seed,
            "log ratio of losses with both states",
            (f"{math.log(TOGETHER):.3f}", log_ratio, f"± {TOLERANCE}"),
            passed=abs(log_ratio - math.log(TOGETHER)) <= TOLERANCE,
        ),
        made(
            seed,
            "told first",
            ("yes", float(bool(told)), "every seed"),
            passed=bool(told) and told[0] is not None and PLANTED in told[0][2],
        ),
    ]


def decoy(seed: int, patterns: Patterns) -> list[Score]:
    """Score that the decoy is found in the first period, and is not kept."""
    seen = [one for one in patterns.results if DECOY in one.pattern.states]
    n_kept = sum(one.is_kept for one in seen)
    return [
        made(
            seed,
            "decoy stands in its period",
            ("yes", float(len(seen)), "every seed"),
            passed=bool(seen),
        ),
        made(
            seed,
            "patterns kept with the decoy in them",
            ("0", float(n_kept), "none in 17 of 20 seeds"),
            passed=n_kept == 0,
            min_pass_share=17 / 20,
        ),
    ]


def alone(seed: int, patterns: Patterns) -> Score:
    """Score that no synonym, part or extension of the pattern is kept beside it."""
    others = [
        one
        for one in patterns.kept
        if one.pattern.name != PLANTED and DECOY not in one.pattern.states
    ]
    return made(
        seed,
        "other patterns kept",
        ("0", float(len(others)), "none in 17 of 20 seeds"),
        passed=not others,
        min_pass_share=17 / 20,
    )


def quiet(seed: int, part: Part, patterns: Patterns) -> Score:
    """Score that nothing is kept, told or announced."""
    n_found = sum(is_finding(row, Q) for row in part.estimates)
    return made(
        seed,
        "patterns kept or told",
        ("0", float(len(patterns.kept)), "none in 16 of 20 seeds"),
        passed=not (patterns.kept or part.told or n_found),
        variant="null",
        min_pass_share=16 / 20,
    )
