"""Worlds for the coverage of the misreport correction, and the count of what it gets wrong.

Each world is one way in which notes and callbacks come about: 1200 notes, of which so many are
called back. The truth is the share in which callbacks of everybody would name a code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.correction import paired_shares
from crm_analysis.reasons.reports import band_names
from tests.reasons.reasons_frame import EVENT

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
NOTES = 1200
PROMPT, MIDDLE, LATE, _UNKNOWN = band_names()
SIX = {
    "price": 0.20, "speed": 0.25, "quality": 0.15, "attitude": 0.15, "range_few": 0.15,
    "distance": 0.10,
}  # fmt: skip
TWELVE = {
    "price": 0.25, "speed": 0.18, "quality": 0.14, "attitude": 0.11, "range_few": 0.09,
    "distance": 0.07, "trust": 0.05, "stock": 0.04, "brand": 0.03, "values": 0.02,
    "staff": 0.01, "canned": 0.01,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledWorld:
    """How notes and callbacks of a deal come about.

    Parameters
    ----------
    truth : dict of str to float
        Share of each code.
    right : float
        Share of prompt notes that say it; the others are as frequent as the truth is.
    turned : float
        Share of late notes not of the first code that name the first code.
    heard : float
        Share of callbacks that say it; the others are as frequent as the truth is.
    bands : tuple of float
        Share of prompt, middle and late notes.
    called : tuple of float
        How often each band is called back, relative to the others.
    """

    truth: dict[str, float]
    right: float = 0.8
    turned: float = 0.0
    heard: float = 0.92
    bands: tuple[float, float, float] = (0.35, 0.10, 0.55)
    called: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def null(self) -> bool:
        """Whether notes are right on average."""
        return self.turned == 0

    def pairs(self, seed: int, n_called: int) -> pd.DataFrame:
        """Draw notes and callbacks, as `reports` hands them over."""
        rng = np.random.default_rng([seed, n_called])
        codes, shares = np.array([*self.truth], dtype=object), np.array([*self.truth.values()])
        true = rng.choice(len(codes), NOTES, p=shares)
        band = rng.choice(3, NOTES, p=self.bands)
        noted = _else_as_frequent(rng, true, shares, self.right)
        noted = np.where((band == 2) & (rng.random(NOTES) < self.turned), 0, noted)
        heard = _else_as_frequent(rng, true, shares, self.heard)
        odds = np.array(self.called)[band]
        reached = rng.choice(NOTES, n_called, replace=False, p=odds / odds.sum())
        called = np.zeros(NOTES, dtype=bool)
        called[reached] = True
        rep = codes[noted]
        return pd.DataFrame(
            {
                "rep": rep, "rep_codes": [(code,) for code in rep], "lang": "en",
                "callback": np.where(called, codes[heard], None), "event_at": EVENT,
                "band": np.array([PROMPT, MIDDLE, LATE], dtype=object)[band],
            }
        )  # fmt: skip


def _else_as_frequent(rng: np.random.Generator, true: Codes, shares: Floats, right: float) -> Codes:
    other = rng.choice(len(shares), len(true), p=shares)
    return np.where(rng.random(len(true)) < right, true, other)


RARELY = (1.0, 1.0, 0.1)
WORLDS = {
    "late notes turn into price": CalledWorld(truth=SIX, turned=0.6),
    "notes err to nobody's favour": CalledWorld(truth=SIX),
    "notes and callbacks are true": CalledWorld(truth=SIX, right=1.0, heard=1.0),
    "notes are nearly always true": CalledWorld(truth=SIX, right=0.97, heard=0.97),
    "few called of the late": CalledWorld(truth=SIX, turned=0.6, called=RARELY),
    "few called of the late, null": CalledWorld(truth=SIX, called=RARELY),
    "twelve codes": CalledWorld(truth=TWELVE, turned=0.6),
    "twelve codes, null": CalledWorld(truth=TWELVE),
    "twelve codes, nearly true": CalledWorld(truth=TWELVE, right=0.97, heard=0.97),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came out of many draws of a world: one number a draw and code.

    Parameters
    ----------
    off : array, draws by codes
        Corrected share less the truth.
    covered, rejected : array, draws by codes
        Whether the interval holds the truth, and whether p is below .05.
    """

    off: Floats
    covered: Floats
    rejected: Floats


def mean_error(values: Floats) -> float:
    """Return the standard error of the mean of all, draws of a world being independent."""
    by_draw = values.mean(axis=1)
    return float(by_draw.std(ddof=1) / np.sqrt(len(by_draw)))


def measured(world: CalledWorld, n_called: int, *, n_worlds: int, n_boot: int = 200) -> Measured:
    """Correct many draws of a world and note of each code what came out."""
    found = [
        paired_shares(world.pairs(seed, n_called), n_boot=n_boot, seed=seed)
        .set_index("code")
        .reindex([*world.truth])
        for seed in range(n_worlds)
    ]
    truth = np.array([*world.truth.values()])
    middle, lo, hi, p = (
        np.array([one[name].to_numpy(float) for one in found])
        for name in ("corrected", "corrected_lo", "corrected_hi", "p")
    )
    return Measured(
        off=np.nan_to_num(middle) - truth,
        covered=((lo <= truth) & (truth <= hi)).astype(float),
        rejected=(p < 0.05).astype(float),
    )
