"""Normal and chi-square tails."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np


def critical(alpha: float) -> float:
    """Return z of a two-sided interval at level 1 - alpha.

    Examples
    --------
    >>> round(critical(0.05), 4)
    1.96
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha}: allowed is more than 0 and less than 1")
    return NormalDist().inv_cdf(1 - alpha / 2)


def two_sided(z: float) -> float:
    """Return the two-sided p of a z statistic.

    Examples
    --------
    >>> round(two_sided(1.96), 3)
    0.05
    """
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def chi_square_tail(statistic: float, df: int) -> float:
    """Return the upper tail of chi-square; 1 where there is no degree of freedom."""
    from scipy.special import chdtrc

    return float(chdtrc(df, max(statistic, 0.0))) if df > 0 and np.isfinite(statistic) else 1.0
