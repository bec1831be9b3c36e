"""Who loses more: how leads end by representative, product, customer and profile (M05, first cut).

Decisions:
* The tested question is how leads end, not how fast: among leads that end at the same age, are
  more of them lost, rather than won, at some levels? A factor that speeds up losses and wins alike
  (a representative who closes his leads in the books, another who leaves them open) makes nothing
  fail. Cause-specific hazards by level, and the log-rank test of speed, stand beside as
  diagnostics. Given that a lead ends at age t, the odds of lost against won are the ratio of the
  two hazards at t, so open leads bias nothing here.
* Leads are compared within their month of opening: a customer who had bought before, a new
  representative, a new product are always of a later time than the others, and times differ.
* One omnibus test per factor (hypergeometric, stratified by month of opening and age at the
  ending: exact variance, valid with many levels), one per number; they alone are the family
  M05:profile. Levels are tested, and shrunk, only in a factor that stands there: each standing
  factor's levels by Benjamini-Hochberg at q * R / m, where R of m factors stand (family
  M05:levels; its p_adj is already multiplied by m / R, so that the limit stays q). That keeps the
  expected share of false levels, averaged over the standing factors, at q.
* Levels with fewer than `min_cell` leads, or with fewer than `min_cell` expected losses or wins,
  are pooled; a pool that is still too small is left out.

Source: Prentice et al. (1978) for the ratio of cause-specific hazards; Mantel (1966) for the
test; Benjamini and Bogomolov (2014) for families chosen by data; shrinkage by the method of
moments (DerSimonian and Laird 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.factors import Factor, FactorTable
from crm_analysis.deals.hazards import (
    LevelsTest,
    OneByOne,
    cox_by_level,
    cox_one_by_one,
    levels_test,
)
from crm_analysis.deals.levels import LOST, WON, age_bands, between_variance, pooled_levels
from crm_analysis.estimates import (
    Estimate,
    Status,
    adjust_families,
    is_finding,
    refuse,
    segment,
    status_by_events,
)
from crm_analysis.survival.curves import log_rank
from crm_analysis.survival.normal import critical, two_sided
from crm_analysis.survival.risk_table import compress

FAMILY = "M05:profile"
LEVEL_FAMILY = "M05:levels"
_LEAST_LEVELS = 3
ENDINGS = (LOST, WON)

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Thresholds of the analysis, from the configuration."""

    min_cell: int = 5
    min_events: int = 10
    fdr_q: float = 0.05
    alpha: float = 0.05


def profile_estimates(table: FactorTable, *, limits: Limits) -> tuple[Estimate, ...]:
    """Which factors go with how leads end, and which of their levels?

    Parameters
    ----------
    table : FactorTable
        One row per lead with its factors as known at the opening.
    limits : Limits
        Cell, event and error limits.

    Returns
    -------
    tuple of Estimate
        Per factor with levels `ending_kind_chi2_per_df`, per number
        `log_loss_to_win_ratio_per_sd` (role result, family M05:profile, p_adj filled); levels as
        result rows of family M05:levels where their factor stands, else as diagnostics without a
        test; hazards of loss and of win by level and the speed test as diagnostics.

    Notes
    -----
    One factor at a time: a representative who is given the hard customers is not told apart from
    one who loses them.
    """
    tests: list[Estimate] = []
    levels: dict[str, list[Estimate]] = {}
    beside: list[Estimate] = []
    for factor in table.factors:
        if factor.kind == "number":
            tests.append(_number_test(table.frame, factor, limits))
            continue
        frame = pooled_levels(table.frame, factor.name, min_cell=limits.min_cell)
        tests.append(_kind_test(frame, factor, limits))
        if frame["level"].nunique() >= 2:
            levels[factor.name], hazards = _level_rows(frame, factor, limits)
            beside += [*hazards, *_speed_tests(frame, factor)]
    asked = adjust_families(tests)
    standing = standing_factors(asked, q=limits.fdr_q)
    told = [
        row
        for name, rows in levels.items()
        for row in (
            _adjusted_levels(_shrunk(rows, limits), standing, limits)
            if name in standing.factors
            else _untested(rows)
        )
    ]
    return (*asked, *told, *beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which factors stand, and how many questions were asked for each of them (m / R)."""

    factors: frozenset[str]
    per_standing: float


def standing_factors(rows: Sequence[Estimate], *, q: float) -> Standing:
    """Read from the adjusted tests of whole factors which of them stand."""
    tested = [row for row in rows if row.family == FAMILY and row.p_adj is not None]
    stands = frozenset(_factor(row) for row in tested if is_finding(row, q))
    return Standing(factors=stands, per_standing=len(tested) / max(len(stands), 1))


def _adjusted_levels(
    rows: list[Estimate], standing: Standing, limits: Limits
) -> tuple[Estimate, ...]:
    """Adjust the levels of one standing factor; m / R pays for having chosen the factor."""
    return tuple(
        row
        if row.p_adj is None
        else replace(row, p_adj=min(1.0, row.p_adj * standing.per_standing))
        for row in adjust_families(rows)
    )


def _kind_test(frame: pd.DataFrame, factor: Factor, limits: Limits) -> Estimate:
    """Test whether lost against won differs by level among leads that end at the same age."""
    closed = frame[frame["cause"].isin((LOST, WON))]
    events = int((closed["cause"] == LOST).sum())
    row = Estimate(
        module="M05",
        quantity="ending_kind_chi2_per_df",
        segment=segment(factor=factor.name),
        method="mantel_by_month_and_age",
        n=len(closed),
        events=events,
        family=FAMILY,
        evidence="associational",
        note=_notes(frame, factor),
    )
    if min(events, len(closed) - events) < limits.min_events:
        return refuse(row, "too_few_events")
    test = _ending_kind(closed)
    if test is None:
        return refuse(row, "no_spread")
    status: Status = "ok" if factor.time_known else "weak"
    return replace(row, estimate=test.chi2 / test.df, p=test.p, status=status)


def _ending_kind(closed: pd.DataFrame) -> LevelsTest | None:
    """Compare lost with won by level among leads of one month that ended at about one age."""
    level, _ = pd.factorize(closed["level"], sort=True)
    lost = (closed["cause"] == LOST).to_numpy()
    return levels_test(level.astype(np.int64), lost, age_bands(closed).to_numpy(dtype=np.int64))


def _speed_tests(frame: pd.DataFrame, factor: Factor) -> list[Estimate]:
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


def _number_test(frame: pd.DataFrame, factor: Factor, limits: Limits) -> Estimate:
    """Test a number per standard deviation: loss hazard ratio against win hazard ratio."""
    values = pd.to_numeric(frame[factor.name], errors="coerce").to_numpy(float, na_value=np.nan)
    present = np.isfinite(values)
    rows, values = frame[present], values[present]
    lost, won = int((rows["cause"] == LOST).sum()), int((rows["cause"] == WON).sum())
    row = Estimate(
        module="M05",
        quantity="log_loss_to_win_ratio_per_sd",
        segment=segment(factor=factor.name),
        method="cox_efron_difference_by_month",
        n=len(rows),
        events=lost + won,
        family=FAMILY,
        evidence="associational",
        note="" if factor.time_known else "profile_time_unknown",
    )
    if min(lost, won) < limits.min_events:
        return refuse(row, "too_few_events")
    if values.std() == 0:
        return refuse(row, "no_spread")
    fits = _loss_and_win(values / values.std(), rows)
    status: Status = "ok" if factor.time_known else "weak"
    return _difference(row, fits, 0, status=status, alpha=limits.alpha)


def _loss_and_win(column: Floats, rows: pd.DataFrame) -> tuple[OneByOne, OneByOne]:
    duration, month, lost, won = _ends(rows)
    return (
        cox_one_by_one(column[:, None], duration, lost, strata=month),
        cox_one_by_one(column[:, None], duration, won, strata=month),
    )


def _levels_loss_and_win(level: Codes, rows: pd.DataFrame) -> tuple[OneByOne, OneByOne]:
    duration, month, lost, won = _ends(rows)
    return (
        cox_by_level(level, duration, lost, strata=month),
        cox_by_level(level, duration, won, strata=month),
    )


def _ends(rows: pd.DataFrame) -> tuple[Floats, Codes, Bools, Bools]:
    """Return days at risk, month of opening, and which leads were lost and won."""
    duration = np.maximum(rows["duration_days"].to_numpy(dtype=float), 0.5)
    cause = rows["cause"].to_numpy()
    month = rows["opened_month"].to_numpy(dtype=np.int64)
    return duration, month, cause == LOST, cause == WON


def _difference(
    row: Estimate, fits: tuple[OneByOne, OneByOne], place: int, *, status: Status, alpha: float
) -> Estimate:
    """Write log HR of loss minus log HR of win; the two are independent in large samples."""
    loss, win = fits
    if not (loss.converged[place] and win.converged[place]):
        return refuse(row, "separated")
    value = float(loss.log_hazard_ratio[place] - win.log_hazard_ratio[place])
    se = float(np.hypot(loss.se[place], win.se[place]))
    half = critical(alpha) * se
    return replace(
        row,
        estimate=value,
        ci_lo=value - half,
        ci_hi=value + half,
        p=two_sided(value / se),
        status=status,
    )


def _level_rows(
    frame: pd.DataFrame, factor: Factor, limits: Limits
) -> tuple[list[Estimate], list[Estimate]]:
    """Compare each level with all others: loss against win, and each hazard on its own."""
    level, names = pd.factorize(frame["level"], sort=True)
    fits = _levels_loss_and_win(level.astype(np.int64), frame)
    n_leads = np.bincount(level, minlength=len(names))
    ended = [np.bincount(level[frame["cause"] == code], minlength=len(names)) for code in ENDINGS]
    ratios: list[Estimate] = []
    hazards: list[Estimate] = []
    for place, name in enumerate(names):
        if len(names) == 2 and place == 0:
            continue  # two levels mirror each other
        events = [int(counted[place]) for counted in ended]
        row = Estimate(
            module="M05",
            quantity="log_loss_to_win_ratio",
            segment=segment(factor=factor.name, level=name),
            method="cox_efron_difference_by_month",
            n=int(n_leads[place]),
            events=sum(events),
            family=LEVEL_FAMILY,
            evidence="associational",
            note=_notes(frame, factor),
        )
        status = _level_status(min(events), factor, limits)
        if status == "not_estimable":
            ratios.append(refuse(row, "too_few_events"))
        else:
            ratios.append(_difference(row, fits, place, status=status, alpha=limits.alpha))
        for fit, count, cause in zip(fits, events, ("lost", "won"), strict=True):
            hazards.append(_level_hazard(row, (fit, place, count), cause, limits))
    return ratios, hazards


def _level_status(events: int, factor: Factor, limits: Limits) -> Status:
    status = status_by_events(events, min_events=limits.min_events)
    return "weak" if status == "ok" and not factor.time_known else status


def _level_hazard(
    like: Estimate, fitted: tuple[OneByOne, int, int], cause: str, limits: Limits
) -> Estimate:
    fit, place, events = fitted
    status = status_by_events(events, min_events=limits.min_events)
    row = replace(
        like,
        quantity="log_hazard_ratio_level",
        segment=f"{segment(cause=cause)};{like.segment}",
        method="cox_efron_by_month",
        role="diagnostic",
        events=events,
        family=None,
    )
    if status == "not_estimable" or not fit.converged[place]:
        return refuse(row, "too_few_events")
    value, se = float(fit.log_hazard_ratio[place]), float(fit.se[place])
    half = critical(limits.alpha) * se
    return replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half, status=status)


def _untested(rows: list[Estimate]) -> list[Estimate]:
    """Keep levels of a factor that does not stand as numbers without a test."""
    return [
        replace(
            row,
            role="diagnostic",
            p=None,
            family=None,
            note=";".join(filter(None, (row.note, "levels_not_tested"))),
        )
        for row in rows
    ]


def _shrunk(rows: list[Estimate], limits: Limits) -> list[Estimate]:
    """Shrink the levels of a factor that stands; p stays that of the unshrunk comparison.

    Fewer than three levels cannot tell true differences from chance, and a spread of 0 would
    draw all levels into one point without an interval: both are left unshrunk.
    """
    z = critical(limits.alpha)
    usable = [row for row in rows if row.estimate is not None and row.ci_hi is not None]
    values = np.array([row.estimate for row in usable], dtype=float)
    variances = np.array([(row.ci_hi or 0.0) for row in usable], dtype=float) - values
    variances = (variances / z) ** 2
    spread = between_variance(values, variances)
    if len(usable) < _LEAST_LEVELS or spread == 0:
        return rows
    centre = float(np.average(values, weights=1 / (variances + spread)))
    by_segment: dict[str, Estimate] = {}
    for row, value, variance in zip(usable, values, variances, strict=True):
        keep = spread / (spread + variance)
        shrunk = centre + keep * (value - centre)
        half = z * float(np.sqrt(keep * variance))
        note = ";".join(filter(None, (row.note, "shrunk")))
        by_segment[row.segment] = replace(
            row,
            estimate=float(shrunk),
            ci_lo=float(shrunk - half),
            ci_hi=float(shrunk + half),
            note=note,
        )
    return [by_segment.get(row.segment, row) for row in rows]


def _factor(row: Estimate) -> str:
    return row.segment.split("=", 1)[1]


def _notes(frame: pd.DataFrame, factor: Factor) -> str:
    n_pooled = 0 if frame.empty else int(frame["n_pooled"].iloc[0])
    codes = [
        f"rare_pooled: {n_pooled}" if n_pooled else "",
        "" if factor.time_known else "profile_time_unknown",
    ]
    return ";".join(filter(None, codes))
