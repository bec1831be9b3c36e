"""Does a list of answers give the answer in advance? Prompted against open reasons of a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.reports import main_code

Ints = npt.NDArray[np.int64]
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
    counts = pd.crosstab(rows["main"], asked)
    names, all_, prompted = counts.index, counts.sum(axis=1).to_numpy(), counts[True].to_numpy()
    seen = _gap(prompted[None, :], all_, n_prompted)[0]
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        all_, n_prompted, size=_DRAWS, method="marginals"
    )
    total, totals = np.abs(seen).sum(), np.abs(_gap(drawn, all_, n_prompted)).sum(axis=1)
    p = (1 + int((totals >= total - 1e-12).sum())) / (1 + _DRAWS)
    return FormatEffect(
        source=source, n_open=n_open, n_prompted=n_prompted, distance=float(total) / 2, p=p,
        code=str(names[int(np.argmax(seen))]),
    )  # fmt: skip


def _gap(prompted: Ints, all_: Ints, n_prompted: int) -> npt.NDArray[np.float64]:
    """Return prompted less open share of each code, for each row of prompted counts."""
    n_open = int(all_.sum()) - n_prompted
    return np.asarray(prompted / n_prompted - (all_ - prompted) / n_open, dtype=float)
