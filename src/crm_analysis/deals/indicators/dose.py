"""Loss by the value of an indicator: the more, the more? (the dose-response of M03)"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.deals.indicators.habits import scaled
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.risk_table import compress

LOST = 1
N_DOSES = 5


def dose_bands(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], int]:
    """Cut values into fifths; equal values never part. Give a band each (-1 missing), and how many.

    Examples
    --------
    >>> bands, n = dose_bands(np.array([1.0, 1, 1, 1, 2, 3, np.nan]))
    >>> bands.tolist(), n
    ([0, 0, 0, 0, 1, 2, -1], 3)
    """
    given = np.isfinite(values)
    cuts = np.unique(np.quantile(values[given], np.arange(1, N_DOSES) / N_DOSES))
    bands = np.full(len(values), -1, dtype=np.int64)
    raw = np.searchsorted(cuts, values[given], side="left")
    _, bands[given] = np.unique(raw, return_inverse=True)
    return bands, int(bands.max()) + 1


def dose_estimates(
    frame: pd.DataFrame,
    indicator: str,
    *,
    landmark_days: int,
    horizon_days: int,
    alpha: float = 0.05,
) -> tuple[Estimate, ...]:
    """What share of leads is lost within the horizon, by fifths of an indicator?

    Parameters
    ----------
    frame : DataFrame
        From `contact_frames.contact_frame`.
    indicator : str
        Its column.
    landmark_days, horizon_days : int
        Shares are read `horizon_days` after the landmark.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `dose_loss_share`, lowest values first; `dose` is the range of values, "2-5".
    """
    values = scaled(frame[indicator], indicator)
    if not np.isfinite(values).any():
        return ()
    raw = pd.to_numeric(frame[indicator], errors="coerce").to_numpy(dtype=float)
    bands, n_bands = dose_bands(values)
    return tuple(
        _share(
            frame.loc[bands == band, ["duration_days", "cause"]],
            {
                "landmark_days": landmark_days,
                "horizon_days": horizon_days,
                "indicator": indicator,
                "dose": _range(raw[bands == band]),
            },
            alpha,
        )
        for band in range(n_bands)
    )


def _range(values: npt.NDArray[np.float64]) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.3g}" if low == high else f"{low:.3g}-{high:.3g}"


def _share(rows: pd.DataFrame, pairs: dict[str, object], alpha: float) -> Estimate:
    day = int(str(pairs["landmark_days"])) + int(str(pairs["horizon_days"]))
    incidence = aalen_johansen(compress(rows), alpha=alpha)
    at = incidence.at(day, LOST)
    row = Estimate(
        module="M03",
        quantity="dose_loss_share",
        segment=segment(**pairs),
        method="aalen_johansen",
        role="diagnostic",
        estimate=at.estimate,
        ci_lo=at.ci_lo,
        ci_hi=at.ci_hi,
        n=incidence.n,
        events=at.events,
    )
    return row if at.shown else refuse(row, "few_at_risk")
