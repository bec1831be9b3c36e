"""Does an arm drawn by lot do more after some patterns than after others? (A-48)

Decisions:
* Per arm one test over the patterns comes first (Cochran's Q on the cells' differences); a cell is
  worth telling apart only where it stands.
* Cells are drawn towards the arm's mean by the method of moments; the interval carries what is
  not known of that mean too, so that without a spread a cell has the interval of all.

Source: Cochran (1954); DerSimonian and Laird (1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from crm_analysis.deals.comparison.levels import between_variance
from crm_analysis.estimates import Estimate, read_segment, refuse, segment
from crm_analysis.proportions import Interval
from crm_analysis.survival.normal import chi_square_tail, critical

FAMILY = "M04:playbook_by_lot_interaction"
INTERACTION = "pattern_return_difference_chi2_per_df"
SHRUNK = "pattern_return_share_difference_shrunk"


def interaction_rows(cells: Sequence[Estimate], *, alpha: float) -> list[Estimate]:
    """Test each arm's differences for being one, and draw its cells towards their mean.

    Parameters
    ----------
    cells : sequence of Estimate
        `pattern_return_share_difference` by pattern and arm.
    alpha : float
        1 - coverage.

    Returns
    -------
    list of Estimate
        Per arm `pattern_return_difference_chi2_per_df` in a family of its own; per cell with an
        interval `pattern_return_share_difference_shrunk`, a diagnostic.
    """
    rows = []
    arms = {(read_segment(row.segment)["arm"], _days(row)) for row in cells}
    for arm, days in sorted(arms):
        of_arm = [
            row for row in cells if (read_segment(row.segment)["arm"], _days(row)) == (arm, days)
        ]
        usable = [row for row in of_arm if row.ci_lo is not None and row.ci_hi is not None]
        base = Estimate(
            module="M04",
            quantity=INTERACTION,
            segment=segment(arm=arm, horizon_days=days),
            method="cochran_q",
            n=sum(row.n or 0 for row in usable),
            events=sum(row.events or 0 for row in usable),
            family=FAMILY,
            evidence="randomised",
        )
        rows += _of_arm(base, usable, alpha=alpha)
    return rows


def _of_arm(base: Estimate, cells: Sequence[Estimate], *, alpha: float) -> list[Estimate]:
    if len(cells) < 2:
        return [refuse(base, "no_variation")]
    values, variances = _numbers(cells, alpha=alpha)
    mean = np.average(values, weights=1 / variances)
    q, df = float((((values - mean) ** 2) / variances).sum()), len(cells) - 1
    tested = replace(base, estimate=q / df, p=chi_square_tail(q, df))
    beside = [
        replace(
            row,
            quantity=SHRUNK,
            method="dersimonian_laird",
            role="diagnostic",
            estimate=one.estimate,
            ci_lo=one.lo,
            ci_hi=one.hi,
            p=None,
            p_adj=None,
            family=None,
        )
        for row, one in zip(cells, shrunk_cells(values, variances, alpha=alpha), strict=True)
    ]
    return [tested, *beside]


def shrunk_cells(values: np.ndarray, variances: np.ndarray, *, alpha: float) -> list[Interval]:
    """Draw differences towards their mean, as far as they are alike.

    Examples
    --------
    >>> one, two = shrunk_cells(np.array([0.0, 4.0]), np.array([1.0, 1.0]), alpha=0.05)
    >>> round(one.estimate, 3), round(two.estimate, 3)  # spread 7: 7/8 of the way stays
    (0.25, 3.75)
    """
    spread = between_variance(values, variances)
    weights = 1 / (variances + spread)
    centre, own = np.average(values, weights=weights), spread / (variances + spread)
    means = centre + own * (values - centre)
    half = critical(alpha) * np.sqrt(own * variances + (1 - own) ** 2 / weights.sum())
    return [
        Interval(estimate=float(mean), lo=float(mean - one), hi=float(mean + one))
        for mean, one in zip(means, half, strict=True)
    ]


def _numbers(cells: Sequence[Estimate], *, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([row.estimate for row in cells], dtype=float)
    widths = np.array([(row.ci_hi or 0.0) - (row.ci_lo or 0.0) for row in cells])
    return values, (widths / (2 * critical(alpha))) ** 2


def _days(row: Estimate) -> str:
    return read_segment(row.segment)["horizon_days"]
