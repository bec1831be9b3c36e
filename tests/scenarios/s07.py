"""S07: reasons recorded half a year late by the seller turn into "price".

Planted: of the reasons typed after 180 days 60 % of what was not price became "price". Null: late
ones are typed on the same clean-up day, as right as the prompt ones.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from crm_analysis.reasons.agreement import Agreement, by_band, late_difference
from crm_analysis.reasons.correction import stated_shares
from crm_analysis.reasons.provenance import batch_days
from crm_analysis.reasons.reports import band_names, reports
from crm_analysis.source.frames import collect
from tests.reasons.reasons_frame import world_reasons
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S07")

TITLE = "Reasons recorded half a year late by the rep"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1, 2]
CLEAN_UP = pd.Timestamp("2026-10-12")
PROMPT, *_, LATE, _UNKNOWN = band_names()


def score(seed: int, variant: str) -> list[Score]:
    """Score shares, agreement by delay and the clean-up day."""
    with loaded("S07", seed=seed, planted=variant == "planted") as known:
        coded = world_reasons(collect(known.table("reasons")))
    shares = stated_shares(coded, seed=seed).set_index("code")
    bands = by_band(reports(coded), band_names())
    if variant == "null":
        return [*quiet(shares, seed), *late_flag(bands, seed, "null")]
    days = list(batch_days(coded)["day"])
    return [
        *corrected(shares, seed),
        *late_flag(bands, seed, "planted"),
        made(
            seed,
            "batch-entry days found",
            ("1, the right one", float(len(days)), "exact"),
            variant="planted",
            passed=days == [CLEAN_UP],
        ),
    ]


def corrected(shares: pd.DataFrame, seed: int) -> list[Score]:
    """Score the corrected shares and that the naive one is far off."""
    price, speed = shares.loc["price"], shares.loc["speed"]
    return [
        *(
            made(
                seed,
                f"{name} share, corrected",
                (f"{truth:.2f}", row["corrected"], "± .05"),
                variant="planted",
                passed=abs(row["corrected"] - truth) <= 0.05,
            )
            for name, row, truth in (("price", price, 0.20), ("speed", speed, 0.24))
        ),
        made(
            seed,
            "price share, naive",
            (".20 (trap)", price["naive"], ">= .42, told apart"),
            variant="planted",
            passed=price["naive"] >= 0.42 and price["p"] < 0.001,
        ),
    ]


def quiet(shares: pd.DataFrame, seed: int) -> list[Score]:
    """Score that without distortion naive and corrected price hardly differ."""
    difference = float(shares.loc["price", "difference"])
    return [
        made(
            seed,
            "price, corrected less naive",
            ("0", difference, "± .04"),
            variant="null",
            passed=abs(difference) <= 0.04,
        )
    ]


def late_flag(bands: dict[str, Agreement], seed: int, variant: str) -> list[Score]:
    """Score agreement of late against prompt reasons: lower by .15 where planted, else silent."""
    found = late_difference(bands, band_names())
    assert found is not None
    difference, p = found.difference, found.p
    if variant == "null":
        flagged = difference < -0.15 and p < 0.05
        return [
            made(
                seed, "late flag raised", ("no", float(flagged), "never"),
                variant=variant, passed=not flagged,
            )
        ]  # fmt: skip
    kappas = [
        made(
            seed,
            f"kappa, {name}",
            (planted, bands[band].kappa or 0.0, "interval above 0"),
            variant=variant,
            passed=bands[band].lo > 0,
        )
        for name, band, planted in (("prompt", PROMPT, ".68"), ("late", LATE, ".36"))
    ]
    return [
        *kappas,
        made(
            seed,
            "kappa, late less prompt",
            ("-.32", difference, "< -.15, flagged"),
            variant=variant,
            passed=difference < -0.15 and p < 0.05,
        ),
    ]
