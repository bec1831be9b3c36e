"""Which leads' fate within the horizon is known, and for how many others each of them stands.

Decisions (inverse probability of censoring):
* A lead is not known where observation ended before its horizon and before its ending. Observation
  ends on one day for all, so that how long each lead can be watched is known, ended or not.
* A lead lost within the horizon is a case; one that ended otherwise, or was open still at its end,
  is none. Each stands for 1 / share of the leads that could be watched as long as it had to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crm_analysis.survival.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The fates: lost within the horizon, weight (0 where not known).

    Parameters
    ----------
    lost : array (n,)
        Lost within the horizon, as far as known.
    weight : array (n,)
        For how many leads each stands.
    share : float
        Share of the leads that could be watched to the end of the horizon.
    """

    lost: Bools
    weight: Floats
    share: float

    @property
    def known(self) -> Bools:
        """Say whose fate is known."""
        found: Bools = self.weight > 0
        return found


def follow(
    time_days: Floats,
    cause: npt.NDArray[np.int64],
    watched_days: Floats,
    *,
    horizon_days: int,
    lost_code: int = 1,
) -> Followed:
    """Weigh the fates of leads that reached a landmark.

    Parameters
    ----------
    time_days : array (n,)
        Days from the landmark to the ending, or to the end of observation.
    cause : array (n,)
        0 open; other codes are endings.
    watched_days : array (n,)
        Days from the landmark to the end of observation, of every lead.
    horizon_days : int
        From the landmark.
    lost_code : int
        The cause that is the loss.

    Examples
    --------
    Two leads could be watched for 40 days and two for 10; one of these was lost on day 5.

    >>> found = follow(np.array([40.0, 40.0, 5.0, 10.0]), np.array([0, 0, 1, 0]),
    ...     np.array([40.0, 40.0, 10.0, 10.0]), horizon_days=30)
    >>> found.weight.tolist(), found.lost.tolist()
    ([2.0, 2.0, 1.0, 0.0], [False, False, True, False])
    """
    ended = (cause != 0) & (time_days <= np.minimum(horizon_days, watched_days))
    stayed = ~ended & (watched_days >= horizon_days)
    needed = np.where(ended, time_days, float(horizon_days))
    ordered = np.sort(watched_days)
    n = max(len(ordered), 1)
    could = 1 - np.searchsorted(ordered, needed, side="left") / n
    known = ended | stayed
    weight = np.divide(1.0, could, out=np.zeros(len(could)), where=known & (could > 0))
    return Followed(
        lost=ended & (cause == lost_code),
        weight=weight,
        share=float((watched_days >= horizon_days).mean()) if len(ordered) else 0.0,
    )
