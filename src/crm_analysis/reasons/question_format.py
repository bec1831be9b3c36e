"""Does a list of answers give the answer in advance? Prompted against open reasons of a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.reports import main_code

MIN_PER_FORMAT = 20
_DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatEffect:
    """How far prompted and open answers of one source lie apart.

    Parameters
    ----------
    distance : float or None
        Share of answers that would have to change (total variation); None where either way of
        asking has fewer than 20.
    p : float or None
        By permuting who was prompted: chance alone makes the distance larger than 0.
    code : str
        The code that a list brings forth more often, by most.
    """

    source: str
    n_open: int
    n_prompted: int
    distance: float | None = None
    p: float | None = None
    code: str = ""


def format_effects(coded: pd.DataFrame, *, seed: int = 0) -> list[FormatEffect]:
    """Compare prompted with open answers, source by source.

    Parameters
    ----------
    coded : DataFrame
        One row a reason: source, prompted, codes.
    seed : int
        Of the permutations.
    """
    known = coded[coded["prompted"].notna()]
    rows = known.assign(main=[main_code(codes) for codes in known["codes"]])
    return [_effect(str(source), group, seed) for source, group in rows.groupby("source")]


def _effect(source: str, rows: pd.DataFrame, seed: int) -> FormatEffect:
    asked = rows["prompted"].to_numpy(bool)
    n_prompted, n_open = int(asked.sum()), int((~asked).sum())
    effect = FormatEffect(source=source, n_open=n_open, n_prompted=n_prompted)
    if min(n_prompted, n_open) < MIN_PER_FORMAT:
        return effect
    place, names = pd.factorize(rows["main"], sort=True)
    answers = np.eye(len(names))[place]
    seen = _gap(answers, asked)
    rng = np.random.default_rng(seed)
    drawn = [np.abs(_gap(answers, rng.permutation(asked))).sum() for _ in range(_DRAWS)]
    total = float(np.abs(seen).sum())
    p = (1 + int(np.sum(np.array(drawn) >= total - 1e-12))) / (1 + _DRAWS)
    return FormatEffect(
        source=source, n_open=n_open, n_prompted=n_prompted, distance=total / 2, p=p,
        code=str(names[int(np.argmax(seen))]),
    )  # fmt: skip


def _gap(answers: npt.NDArray[np.float64], asked: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return prompted less open share of each code."""
    return np.asarray(answers[asked].mean(axis=0) - answers[~asked].mean(axis=0), dtype=float)
