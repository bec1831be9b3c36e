"""Was the draw kept? Arm sizes, past covariates, reach, and controls that were contacted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.proportions import Interval, wilson
from crm_analysis.winback.effect import (
    CONTROL,
    MODULE,
    arm_against_control,
    cells,
    mature,
    treated_arms,
)

SAMPLE_RATIO_ALPHA = 0.001
"""A monthly alarm must be rare: one false one in a thousand rounds."""

COVARIATES = ("past_orders", "past_amount", "past_days")


def sample_ratio(frame: pd.DataFrame) -> list[Estimate]:
    """Do the arm sizes of each round fit the shares they were drawn with (SRM, chi-square)?

    Without `p_treat` the draw cannot be checked. Without `p_arm` treated arms share evenly.
    """
    from scipy.special import chdtrc

    rows = []
    for round_id, one in frame.groupby("round_id", sort=True):
        row = Estimate(
            module=MODULE,
            quantity="sample_ratio_chi2",
            segment=segment(round_id=round_id),
            method="chi_square",
            role="diagnostic",
            n=len(one),
        )
        expected = _expected(one)
        if expected is None:
            rows.append(refuse(row, "no_assignment_share"))
            continue
        seen = one.groupby("arm").size().reindex(expected.index, fill_value=0)
        distance = float(((seen - expected) ** 2 / expected).sum())
        p = float(chdtrc(len(expected) - 1, distance))
        rows.append(_with(row, estimate=distance, p=p, failed=p < SAMPLE_RATIO_ALPHA))
    return rows


def failed_rounds(checks: list[Estimate]) -> int:
    """Count the rounds whose arm sizes do not fit."""
    return sum(row.quantity == "sample_ratio_chi2" and row.status == "weak" for row in checks)


def balance(frame: pd.DataFrame) -> list[Estimate]:
    """Do arm and control differ in what was known before the draw? In standard deviations."""
    rows = []
    for arm in treated_arms(frame):
        both = arm_against_control(frame, arm)
        treated = (both["arm"] == arm).to_numpy()
        for covariate in COVARIATES:
            if covariate not in both or both[covariate].isna().all():
                continue
            empty = 0.0 if covariate != "past_days" else np.nan
            values = both[covariate].astype("float64").fillna(empty)
            values = values - values.groupby(cells(both)).transform("mean")
            difference = _standardised(values[treated], values[~treated])
            row = Estimate(
                module=MODULE,
                quantity="balance_smd",
                segment=segment(arm=arm, covariate=covariate),
                method="within_cells",
                role="diagnostic",
                n=int(values.notna().sum()),
                estimate=difference,
                status="ok" if difference is not None else "not_estimable",
                note="" if difference is not None else "no_variation",
            )
            rows.append(row)
    return rows


def reach(frame: pd.DataFrame, *, alpha: float = 0.05) -> list[Estimate]:
    """How many of each arm were reached, and how many controls were contacted all the same?"""
    if "was_reached" not in frame:
        return []
    rows = []
    for arm in treated_arms(frame):
        own = frame.loc[frame["arm"] == arm, "was_reached"].astype(bool)
        share = wilson(int(own.sum()), len(own), alpha=alpha)
        rows += _share("reach_share", segment(arm=arm), share, own)
    controls = frame.loc[frame["arm"] == CONTROL, "was_contacted"].astype(bool)
    share = wilson(int(controls.sum()), len(controls), alpha=alpha)
    rows += _share("controls_contacted_share", "", share, controls)
    return rows


def immature(
    frame: pd.DataFrame, *, horizons: tuple[int, ...], observed_until: date
) -> list[Estimate]:
    """Count the assigned customers of rounds whose follow-up is not over."""
    rows = []
    for horizon_days in horizons:
        kept = mature(frame, horizon_days=horizon_days, observed_until=observed_until)
        waiting = frame.drop(kept.index).groupby("round_id", sort=True).size()
        rows += [
            Estimate(
                module=MODULE,
                quantity="immature_assigned_count",
                segment=segment(round_id=round_id, horizon_days=horizon_days),
                method="count",
                role="diagnostic",
                estimate=float(count),
                n=int(count),
                evidence="exact",
                note="immature",
            )
            for round_id, count in waiting.items()
        ]
    return rows


def _expected(one: pd.DataFrame) -> pd.Series | None:
    """Expected size of each arm of a round from its rows' own shares."""
    if one["p_treat"].isna().any():
        return None
    arms = treated_arms(one)
    p_treat = float(one["p_treat"].astype("float64").sum())
    expected = {CONTROL: len(one) - p_treat}
    given = one["p_arm"].notna().all() if "p_arm" in one else False
    weight = {arm: 1.0 for arm in arms}
    if given:
        weight = {
            arm: float(one.loc[one["arm"] == arm, "p_arm"].astype("float64").mean()) for arm in arms
        }
    total = sum(weight.values())
    expected |= {arm: p_treat * weight[arm] / total for arm in arms}
    sizes = pd.Series(expected)
    return sizes[sizes > 0] if (sizes > 0).sum() > 1 else None


def _with(row: Estimate, *, estimate: float, p: float, failed: bool) -> Estimate:
    return replace(
        row,
        estimate=estimate,
        p=p,
        status="weak" if failed else "ok",
        note="sample_ratio_mismatch" if failed else "",
    )


def _standardised(treated: pd.Series, control: pd.Series) -> float | None:
    spread = np.sqrt((treated.var() + control.var()) / 2)
    if not np.isfinite(spread) or spread == 0:
        return None
    return float((treated.mean() - control.mean()) / spread)


def _share(quantity: str, of: str, share: Interval | None, values: pd.Series) -> list[Estimate]:
    if share is None:
        return []
    return [
        Estimate(
            module=MODULE,
            quantity=quantity,
            segment=of,
            method="wilson",
            role="diagnostic",
            estimate=share.estimate,
            ci_lo=share.lo,
            ci_hi=share.hi,
            n=len(values),
            events=int(values.sum()),
        )
    ]
