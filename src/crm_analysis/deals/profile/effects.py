"""Who loses more: how leads end by representative, product, customer and profile (M05).

Decisions:
* The tested question is how leads end, not how fast: among leads that end at the same age, are
  more of them lost, rather than won, at some levels? A factor that speeds up losses and wins alike
  (a representative who closes his leads in the books, another who leaves them open) makes nothing
  fail. Cause-specific hazards by level, and the log-rank test of speed, stand beside as
  diagnostics. Given that a lead ends at age t, the odds of lost against won are the ratio of the
  two hazards at t, so open leads bias nothing here.
* Where leads carry no durations the same questions are asked of closed leads by logistic
  regression, and each row says so.
* Leads are compared within their month of opening: a customer who had bought before, a new
  representative, a new product are always of a later time than the others, and times differ.
* One omnibus test per factor (hypergeometric, stratified by month of opening and age at the
  ending: exact variance, valid with many levels), one per number and one per bend of an age or
  income; they alone are the family M05:profile. Levels are tested, and shrunk, only in a factor
  that stands there: each standing factor's levels by Benjamini-Hochberg at q * R / m, where R of m
  questions stand (family M05:levels; its p_adj is already multiplied by m / R, so that the limit
  stays q). That keeps the expected share of false levels, averaged over the standing factors, at q.
* Levels with fewer than `min_cell` leads, or with fewer than `min_cell` expected losses or wins,
  are pooled; a pool that is still too small is left out.

Source: Prentice et al. (1978) for the ratio of cause-specific hazards; Mantel (1966) for the
test; Benjamini and Bogomolov (2014) for families chosen by data; shrinkage by the method of
moments (DerSimonian and Laird 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.deals.comparison.kind_tests import FAMILY, kind_test, speed_tests
from crm_analysis.deals.comparison.levels import pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.profile.level_factors import FAMILY as LEVEL_FAMILY
from crm_analysis.deals.profile.level_factors import level_rows, shrunk, untested
from crm_analysis.deals.profile.number_factors import bend_tests, number_test
from crm_analysis.estimates import Estimate, adjust_families, is_finding, read_segment

__all__ = [
    "FAMILY",
    "LEVEL_FAMILY",
    "Limits",
    "Standing",
    "profile_estimates",
    "standing_factors",
]


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
        `log_loss_to_win_ratio_per_sd`, per age or income `ending_kind_bend_chi2_per_df` (role
        result, family M05:profile, p_adj filled); levels as result rows of family M05:levels where
        their factor stands, else as diagnostics without a test; hazards of loss and of win by
        level (shares among closed leads where leads carry no durations) and the speed test as
        diagnostics.

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
            tests.append(number_test(table.frame, factor, limits))
            tests += bend_tests(table.frame, factor, limits)
            continue
        frame = pooled_levels(table.frame, factor.name, min_cell=limits.min_cell)
        tests.append(kind_test(frame, factor, limits))
        if frame["level"].nunique() >= 2:
            levels[factor.name], hazards = level_rows(frame, factor, limits)
            beside += [*hazards, *speed_tests(frame, factor)]
    asked = adjust_families(tests)
    standing = standing_factors(asked, q=limits.fdr_q)
    told = [
        row
        for name, rows in levels.items()
        for row in (
            _adjusted_levels(shrunk(rows, limits), standing)
            if name in standing.factors
            else untested(rows)
        )
    ]
    return (*asked, *told, *beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Which factors stand, and how many questions were asked for each that stands (m / R)."""

    factors: frozenset[str]
    per_standing: float


def standing_factors(rows: Sequence[Estimate], *, q: float) -> Standing:
    """Read from the adjusted tests of whole factors which of them stand."""
    tested = [row for row in rows if row.family == FAMILY and row.p_adj is not None]
    stands = [read_segment(row.segment)["factor"] for row in tested if is_finding(row, q)]
    return Standing(factors=frozenset(stands), per_standing=len(tested) / max(len(stands), 1))


def _adjusted_levels(rows: list[Estimate], standing: Standing) -> tuple[Estimate, ...]:
    """Adjust the levels of one standing factor; m / R pays for having chosen the factor."""
    return tuple(
        row
        if row.p_adj is None
        else replace(row, p_adj=min(1.0, row.p_adj * standing.per_standing))
        for row in adjust_families(rows)
    )
