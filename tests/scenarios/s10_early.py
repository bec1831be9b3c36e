"""S10, early call: what the track says on calendar day 45 beyond its last level.

Leads live 45 to 75 days, so that on day 45 nobody can know how much of the track is still to come.
Each quarter is called by what was known before it; a lead's own end plays no part. Null: endings
do not depend on the track, and no call day may claim skill.
"""

from __future__ import annotations

from crm_analysis.answers.loss_early_call import call_early
from crm_analysis.config import Config
from crm_analysis.deals.early_call.early_call import Call, EarlyCall
from crm_analysis.world.scenarios.s10 import EARLY_DAY, GAIN
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

TITLE = "Early call of losses from the track"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
SCENARIO = "S10"
NULL_AUC = (0.40, 0.57)


def score(seed: int, variant: str) -> list[Score]:
    """Score the calls of one world."""
    planted = variant == "planted"
    with loaded(SCENARIO, seed=seed, planted=planted) as known:
        called = call_early(known, Config())
    assert called is not None
    early = called.early
    [call] = [one for one in early.calls if one.landmark_days == EARLY_DAY]
    return planted_scores(seed, call) if planted else null_scores(seed, call, early)


def planted_scores(seed: int, call: Call) -> list[Score]:
    """Score the gain over the last level, and that it is claimed."""
    gain = call.row("early_call_auc_gain").estimate or 0.0
    slope = call.row("early_call_calibration_slope")
    held = (slope.ci_lo or 0.0) <= 1 <= (slope.ci_hi or 0.0)
    claimed = call.model is not None and call.gains(Config().fdr_q)
    return [
        scored(SCENARIO, seed, "early call: AUC gain over the last level, day 45",
               ("about .20", gain, f">= {GAIN}"), passed=gain >= GAIN),
        scored(SCENARIO, seed, "early call: better than the last level claimed",
               ("1", claimed, "yes"), passed=claimed),
        scored(SCENARIO, seed, "early call: calibration slope",
               ("1", slope.estimate or 0.0, "interval holds 1, 17/20"), passed=held,
               min_pass_share=17 / 20),
    ]  # fmt: skip


def null_scores(seed: int, call: Call, early: EarlyCall) -> list[Score]:
    """Score that nothing is seen, and that no probability may be shown."""
    auc = call.row("early_call_auc").estimate or 0.0
    low, high = NULL_AUC
    n_skilled = len(early.skilled)
    return [
        scored(SCENARIO, seed, "early call: mean AUC over periods, day 45",
               (".5", auc, f"{low}-{high}"), passed=low <= auc <= high, variant="null"),
        scored(SCENARIO, seed, "early call: days that claim skill",
               ("0", n_skilled, "0"), passed=n_skilled == 0, variant="null"),
    ]  # fmt: skip
