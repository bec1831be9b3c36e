"""S18: win-back of those who would come back anyway; planted: eight points more of the treated.

The null is the scenario itself: .20 return in both arms while each contact costs 5. The planted
variant says that the same machinery does see an effect where there is one.

The difference of two shares of 1,500 has a standard error of .0146, so ± .04 is 2.7 of them: in
one world of 160 the tables themselves hold more, whoever counts them. `OUTLYING` names such
seeds; a test counts their tables by plain pandas and refuses a seed that is not one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from crm_analysis.answers import winback_evaluation
from crm_analysis.estimates import Estimate, segment
from crm_analysis.results import NotebookResult
from crm_analysis.source import load
from crm_analysis.world import scenario, write
from tests.scenarios.score import Score

TITLE = "Win-back of those who would return anyway"
OUTLYING = {4: "null"}
SEEDS = [seed for seed in range(1, 22) if seed not in OUTLYING]
QUICK_SEEDS = [1, 2]
PLANTED = {"planted": 0.08, "null": 0.0}
OF_ARM = segment(arm="treat", horizon_days=90)


def score(seed: int, variant: str) -> list[Score]:
    """Answer the win-back question on one world and compare with what was planted."""
    world = scenario("S18", seed=seed, planted=variant == "planted")
    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        result = winback_evaluation.answer(load(folder, as_of=world.as_of))
    effect = _row(result, "return_share_difference")
    naive = _row(result, "return_share", role="naive")
    net = _row(result, "net_margin_difference_per_assigned")
    planted = PLANTED[variant]
    inside = effect.ci_lo <= planted <= effect.ci_hi
    told = [
        _score(
            seed,
            variant,
            quantity="return difference, 90 days",
            planted=f"{planted:.2f}",
            found=effect.estimate,
            tolerance="± .04",
            passed=abs(effect.estimate - planted) <= 0.04 and effect.evidence == "randomised",
        ),
        _score(
            seed,
            variant,
            quantity="interval holds the planted difference",
            planted=f"{planted:.2f}",
            found=float(inside),
            tolerance="17 of 20",
            passed=inside,
            min_pass_share=17 / 20,
        ),
        _score(
            seed,
            variant,
            quantity="treated-only share shown as no effect",
            planted=f"{0.20 + planted:.2f}",
            found=naive.estimate,
            tolerance="± .04, naive",
            passed=abs(naive.estimate - 0.20 - planted) <= 0.04 and naive.note == "treated_only",
        ),
    ]
    return told + (_null(seed, result, net) if variant == "null" else [])


def _null(seed: int, result: NotebookResult, net: Estimate) -> list[Score]:
    action = next(one.action.en for one in result.findings if one.evidence == "randomised")
    ends = any(word in action for word in ("stop", "change"))
    told = [row for row in result.estimates if row.role == "result" and row.p_adj is not None]
    found = sum(row.p_adj <= 0.05 for row in told if row.family == "M10:return")
    return [
        _score(
            seed,
            "null",
            quantity="net margin per assigned below 0",
            planted="< 0",
            found=net.estimate,
            tolerance="< 0",
            passed=net.estimate < 0,
        ),
        _score(
            seed,
            "null",
            quantity="advice is stop or change",
            planted="1",
            found=float(ends),
            tolerance="each seed",
            passed=ends,
        ),
        _score(
            seed,
            "null",
            quantity="findings in family M10:return",
            planted="0",
            found=float(found),
            tolerance="at most 4 of 20 seeds",
            passed=found == 0,
            min_pass_share=16 / 20,
        ),
    ]


def _row(result: NotebookResult, quantity: str, *, role: str = "result") -> Estimate:
    (row,) = [
        row
        for row in result.estimates
        if (row.quantity, row.segment, row.role) == (quantity, OF_ARM, role)
    ]
    return row


def _score(seed: int, variant: str, **given: object) -> Score:
    return Score(scenario="S18", seed=seed, variant=variant, **given)
