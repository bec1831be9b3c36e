"""S08: price is stated by most, slow response is the cause; in the mirror price is the cause."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from crm_analysis.answers.failure_causes import answer
from crm_analysis.deals.revealed.against_stated import Compared, compare
from crm_analysis.deals.revealed.counterparts import counterpart_frame
from crm_analysis.deals.revealed.effects import fit_revealed, revealed_estimates
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.world.scenarios.s08 import LANDMARK_DAYS, SLOPE_LOSS
from tests.scenarios.loaded import loaded
from tests.scenarios.s01 import says_so
from tests.scenarios.score import Score

TITLE = "Price stated, slow response is the cause"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1, 2]


def score(seed: int, variant: str) -> list[Score]:
    """Score the driver's effect and rank, the other's nothing, the flag and the difference."""
    with loaded("S08", seed=seed, planted=variant == "planted") as known:
        found, page = compared(known), answer(known)
    frame = found.frame.set_index("code")
    driver, other = ("speed", "price") if variant == "planted" else ("price", "speed")
    rows = [
        ("driver log hazard ratio", SLOPE_LOSS, frame.at[driver, "log_hazard_ratio"], 0.08),
        ("driver rank", 1, frame.at[driver, "revealed_rank"], 0.0),
        ("other log hazard ratio", 0.0, frame.at[other, "log_hazard_ratio"], 0.08),
    ]
    scores = [_near(seed, variant, *row) for row in rows]
    low, high = frame.at[other, "ci_lo"], frame.at[other, "ci_hi"]
    scores.append(
        Score(
            scenario="S08", seed=seed, variant=variant, quantity="other interval covers 0",
            planted="1", found=float(low <= 0 <= high), tolerance="exact, 17/20",
            passed=low <= 0 <= high, min_pass_share=17 / 20,
        )
    )  # fmt: skip
    name = "hours" if variant == "planted" else "our price"
    headline = page.headline.en
    told = says_so(page) and headline.startswith(f"Losing goes with “{name}")
    scores.append(_near(seed, variant, "the page names the driver and denies nothing",
                        1.0, float(told), 0.0))  # fmt: skip
    return [*scores, *(_planted if variant == "planted" else _mirror)(seed, frame)]


def compared(known: Known) -> Compared:
    """Compare what is stated with what is revealed; shares are the naive ones."""
    revealed = fit_revealed(
        counterpart_frame(known, landmark_days=LANDMARK_DAYS), landmark_days=LANDMARK_DAYS
    )
    told = collect(known.table("reasons").select("lead_id", code="code_a"))
    share = told["code"].value_counts(normalize=True)
    stated = pd.DataFrame({"code": share.index, "naive": share.to_numpy(), "n_rep": len(told)})
    stated["naive_lo"] = stated["naive_hi"] = stated["naive"]
    for name in ("corrected", "corrected_lo", "corrected_hi"):
        stated[name] = float("nan")
    estimates = revealed_estimates(revealed, horizon_days=90)
    return compare(revealed, estimates, stated=stated, stating=told)


def _planted(seed: int, frame: pd.DataFrame) -> list[Score]:
    flags = frame["flag"]
    return [
        _near(seed, "planted", "price-gap difference stated or not",
              0.0, frame.at["price", "difference_sd"], 0.15),
        _near(seed, "planted", "stated share of price", 0.55, frame.at["price", "stated"], 0.05),
        # The flag asks for an interval that covers 0, so it can hold no more often than that does.
        replace(
            _near(seed, "planted", "price flagged said but not seen",
                  1.0, float(flags["price"] == "said_not_seen"), 0.0),
            tolerance="exact, 17/20", min_pass_share=17 / 20,
        ),
        _near(seed, "planted", "other codes flagged said but not seen",
              0.0, float((flags.drop("price") == "said_not_seen").sum()), 0.0),
    ]  # fmt: skip


def _mirror(seed: int, frame: pd.DataFrame) -> list[Score]:
    difference = frame.at["price", "difference_sd"]
    return [
        Score(
            scenario="S08", seed=seed, variant="null",
            quantity="price-gap difference stated or not", planted=">= .5", found=difference,
            tolerance=">= .5", passed=difference >= 0.5,
        ),
        _near(seed, "null", "price flagged said and seen",
              1.0, float(frame.at["price", "flag"] == "said_and_seen"), 0.0),
        _near(seed, "null", "gaps flagged", 0.0,
              float(frame["flag"].isin(("said_not_seen", "seen_not_said")).sum()), 0.0),
    ]  # fmt: skip


def _near(
    seed: int, variant: str, quantity: str, planted: float, found: float, tolerance: float
) -> Score:
    return Score(
        scenario="S08",
        seed=seed,
        variant=variant,
        quantity=quantity,
        planted=f"{planted:g}",
        found=float(found),
        tolerance=f"± {tolerance:g}" if tolerance else "exact",
        passed=abs(found - planted) <= tolerance,
    )
