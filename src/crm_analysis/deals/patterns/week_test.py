"""Is an ending more frequent in the week after a check where something shows? (M04).

Decisions:
* Stratified by the age of the lead at the check, as a log-rank test with a state that comes and
  goes: at each age those that show it are compared with those that do not, and the differences
  are added up (Mantel-Haenszel score test; no correction for continuity).
* The ratio of the weekly shares is that of Mantel and Haenszel, its interval by Greenland and
  Robins (1985). A week is short beside a life, so it stands for the ratio of hazards.
* A lead counts in every week in which it was open, and ends once; the weeks of one lead need no
  further allowance, as in any test on risk sets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crm_analysis.survival.normal import critical, two_sided

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Weeks at risk and endings by age, of those that show something or of those that do not."""

    at_risk: Counts
    ended: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekTest:
    """What a comparison of two sides says.

    Parameters
    ----------
    n, events : int
        Weeks at risk and endings on both sides, at ages at which both sides are there.
    n_shown, shown_events : int
        Weeks at risk and endings of those that show it.
    expected : float
        Their endings if it made no difference.
    z, p : float
        Score test; 0 and 1 where nothing can vary.
    log_ratio, se : float or None
        Log of the Mantel-Haenszel ratio of weekly shares; None where a side has no ending.
    """

    n: int
    events: int
    n_shown: int
    shown_events: int
    expected: float
    z: float
    p: float
    log_ratio: float | None
    se: float | None

    def interval(self, alpha: float) -> tuple[float, float] | None:
        """Return the interval of the log ratio; None where there is none."""
        if self.log_ratio is None or self.se is None:
            return None
        half = critical(alpha) * self.se
        return self.log_ratio - half, self.log_ratio + half


def week_test(shown: Side, absent: Side) -> WeekTest:
    """Compare the endings of two sides, age by age.

    Examples
    --------
    >>> one = Side(at_risk=np.array([10.0, 10.0]), ended=np.array([4.0, 2.0]))
    >>> other = Side(at_risk=np.array([30.0, 20.0]), ended=np.array([3.0, 1.0]))
    >>> found = week_test(one, other)
    >>> found.events, round(found.expected, 3), round(math.exp(found.log_ratio), 3)
    (10, 2.75, 4.0)
    """
    n1, d1, n0, d0 = shown.at_risk, shown.ended, absent.at_risk, absent.ended
    both = (n1 > 0) & (n0 > 0)
    n1, d1, n0, d0 = n1[both], d1[both], n0[both], d0[both]
    n, d = n1 + n0, d1 + d0
    expected = float((n1 * d / n).sum())
    variance = float((n1 * n0 * d * (n - d) / (n**2 * np.maximum(n - 1, 1))).sum())
    observed = float(d1.sum())
    z = (observed - expected) / math.sqrt(variance) if variance > 0 else 0.0
    log_ratio, se = _ratio(float((d1 * n0 / n).sum()), float((d0 * n1 / n).sum()), (n1, n0, d1, d0))
    return WeekTest(
        n=int(n.sum()),
        events=int(d.sum()),
        n_shown=int(n1.sum()),
        shown_events=int(observed),
        expected=expected,
        z=z,
        p=two_sided(z),
        log_ratio=log_ratio,
        se=se,
    )


def _ratio(
    above: float, below: float, sides: tuple[Counts, Counts, Counts, Counts]
) -> tuple[float | None, float | None]:
    """Return the log ratio with its standard error."""
    if above <= 0 or below <= 0:
        return None, None
    n1, n0, d1, d0 = sides
    n = n1 + n0
    variance = float(((n1 * n0 * (d1 + d0) - d1 * d0 * n) / n**2).sum()) / (above * below)
    return math.log(above / below), math.sqrt(max(variance, 0.0))
