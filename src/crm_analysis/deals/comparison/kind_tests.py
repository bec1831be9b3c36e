"""Does a factor with levels go with how leads end, as a whole? And, beside it, with how fast?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor
from crm_analysis.deals.comparison.hazards import LevelsTest, levels_test
from crm_analysis.deals.comparison.levels import LOST, WON, age_bands
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.comparison.odds import has_durations
from crm_analysis.estimates import Estimate, Status, refuse, segment
from crm_analysis.survival.curves import log_rank
from crm_analysis.survival.risk_table import compress

FAMILY = "M05:profile"


def kind_test(frame: pd.DataFrame, factor: Factor, limits: Limits) -> Estimate:
    """Test whether lost against won differs by level among leads of one month and age.

    Where leads carry no durations every lead of a month is of one age: the test is then the score
    test of a logistic regression stratified by month, and its method says so.
    """
    closed = frame[frame["cause"].isin((LOST, WON))]
    events = int((closed["cause"] == LOST).sum())
    dated = has_durations(frame)
    row = Estimate(
        module="M05",
        quantity="ending_kind_chi2_per_df",
        segment=segment(factor=factor.name),
        method="mantel_by_month_and_age" if dated else "logistic_score_by_month",
        n=len(closed),
        events=events,
        family=FAMILY,
        evidence="associational",
        note=factor_notes(frame, factor),
    )
    if min(events, len(closed) - events) < limits.min_events:
        return refuse(row, "too_few_events")
    test = _ending_kind(closed)
    if test is None:
        return refuse(row, "no_spread")
    return replace(row, estimate=test.chi2 / test.df, p=test.p, status=clock_status(factor))


def clock_status(factor: Factor) -> Status:
    """Say weak where it is not known when the fact was typed in."""
    return "ok" if factor.time_known else "weak"


def factor_notes(frame: pd.DataFrame, factor: Factor) -> str:
    """Join the notes that every row of a factor carries."""
    pooled = 0 if frame.empty or "n_pooled" not in frame else int(frame["n_pooled"].iloc[0])
    codes = [
        f"rare_pooled: {pooled}" if pooled else "",
        "" if factor.time_known else "profile_time_unknown",
        "log_scale" if factor.log_scale else "",
        "" if frame.empty or has_durations(frame) else "no_durations",
    ]
    return ";".join(filter(None, codes))


def speed_tests(frame: pd.DataFrame, factor: Factor) -> list[Estimate]:
    """Test by the log-rank test whether leads of some levels end faster; a diagnostic only."""
    if not has_durations(frame):
        return []
    risk = compress(frame[["level", "duration_days", "cause"]], by=("level",))
    rows = []
    for code, cause in ((LOST, "lost"), (WON, "won")):
        test = log_rank(risk, "level", causes=(code,))
        if test is None:
            continue
        rows.append(
            Estimate(
                module="M05",
                quantity="speed_log_rank_chi2_per_df",
                segment=segment(cause=cause, factor=factor.name),
                method="log_rank",
                role="diagnostic",
                estimate=test.statistic / test.df,
                n=len(frame),
                events=int((frame["cause"] == code).sum()),
                p=test.p,
                evidence="associational",
                note="speed_only",
            )
        )
    return rows


def _ending_kind(closed: pd.DataFrame) -> LevelsTest | None:
    """Compare lost with won by level among leads of one month that ended at about one age."""
    level, _ = pd.factorize(closed["level"], sort=True)
    lost = (closed["cause"] == LOST).to_numpy()
    return levels_test(level.astype(np.int64), lost, age_bands(closed).to_numpy(dtype=np.int64))
