"""What did the sellers' notes mean? The table of notes and callbacks, and what follows from it.

A random part of the lost is called back. Among them it is seen what a seller's code really meant,
by how late it was typed; that table, applied to all sellers' notes, gives the corrected shares:
post-stratified double sampling (Tenenbein 1970; for two classes Rogan and Gladen 1978). Rows of few
callbacks borrow from their band, as a pseudo-Bayes table does (Fienberg and Holland 1973).

Decisions
---------
* What is added to a row: two callbacks, and one for each code by the row's share of its band's
  notes. The same to every row would move rare codes to frequent ones, as only rare rows yield.
* As far as notes and callbacks of the band agree beyond chance (kappa) it stands for the noted
  code. The rest is spread as the band's callbacks are, those that agree counted a quarter, with a
  callback a code spread evenly and one as in all bands. Counted fully they draw the others'
  notes to the favourite excuse; not at all, frequent codes lose where errors cancel.
* It stands for those not called: where everybody of a row was called nothing is added.
* Weights by response hold within a row. Between bands they would make twelve callbacks sixty.
* A seller's note without callback in its whole band is read by the callbacks of all bands.
* Draws are of the posterior: a Bayesian bootstrap over deals (Rubin 1981), what is added to the
  rows being drawn too, since a code of which no callback spoke may still be meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.reports import readable
from crm_analysis.reasons.response import response_weights

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SMOOTHING = 1.0
OF_ROW = 2.0
AGREEING = 0.25
_TINY = 1e-300
_EXACT = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleSample:
    """The notes of all deals and what the callbacks made of some, as counts of patterns.

    Parameters
    ----------
    codes : tuple of str
        Every code that either side names, in order.
    rows : tuple of (str, str)
        Delay band and seller's code of each row of the table.
    row, heard : array of int
        Per pattern its row, and its callback's code (-1: not called back).
    count, weight : array
        Deals of the pattern, and their mean response weight.
    """

    codes: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    row: Ints
    heard: Ints
    count: Ints
    weight: Floats

    @property
    def n_both(self) -> int:
        """Deals with a note and a callback."""
        return int(self.count[self.heard >= 0].sum())


def double_sample(pairs: pd.DataFrame, weights: pd.Series | None = None) -> DoubleSample:
    """Count the patterns of note and callback.

    Parameters
    ----------
    pairs : DataFrame
        From `reports.reports`.
    weights : Series, optional
        Response weight of each deal that was called back; 1 without.
    """
    noted = pairs[pairs["rep"].notna()]
    named = {*noted["rep"], *pairs["callback"].dropna()}
    codes = tuple(sorted(named))
    place = {code: at for at, code in enumerate(codes)}
    rows = tuple(sorted(set(zip(noted["band"], noted["rep"], strict=True))))
    at_row = {key: at for at, key in enumerate(rows)}
    frame = pd.DataFrame(
        {
            "row": [at_row[key] for key in zip(noted["band"], noted["rep"], strict=True)],
            "heard": [place[code] if code else -1 for code in noted["callback"]],
            "weight": 1.0 if weights is None else weights.reindex(noted.index).fillna(1.0),
        }
    )
    found = frame.groupby(["row", "heard"])["weight"].agg(["size", "mean"]).reset_index()
    return DoubleSample(
        codes=codes,
        rows=rows,
        row=found["row"].to_numpy(np.int64),
        heard=found["heard"].to_numpy(np.int64),
        count=found["size"].to_numpy(np.int64),
        weight=found["mean"].to_numpy(float),
    )


def weighted_sample(pairs: pd.DataFrame) -> DoubleSample:
    """Count the patterns of readable note and callback, callbacks weighted by response."""
    read = readable(pairs)
    return double_sample(read, response_weights(read))


def corrected_shares(
    sample: DoubleSample, counts: Floats, *, rng: np.random.Generator | None = None
) -> Floats:
    """Return the corrected share of each code, for each row of pattern counts.

    Parameters
    ----------
    sample : DoubleSample
        The patterns.
    counts : array, draws by patterns
        Deals of each pattern: those seen, or draws.
    rng : Generator, optional
        To draw what is added to the rows; without, its mean is added.
    """
    noted = _by_row(sample, counts)
    called = sample.heard >= 0
    heard = np.zeros((len(counts), len(sample.rows), len(sample.codes)))
    heard[:, sample.row[called], sample.heard[called]] = (
        counts[:, called] * _weight_in_row(sample)[called]
    )
    reached = _by_row(sample, np.where(called, counts, 0.0))
    unheard = 1 - reached / np.maximum(noted, _TINY)
    pseudo = _pseudo(sample, heard, noted) * np.clip(unheard, 0.0, 1.0)[:, :, None]
    meant = heard + (pseudo if rng is None else rng.standard_gamma(pseudo))
    meant /= np.maximum(meant.sum(axis=2, keepdims=True), _TINY)
    share = noted / noted.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("br,brk->bk", share, meant), dtype=float)


def noted_shares(sample: DoubleSample, counts: Floats) -> Floats:
    """Return the naive share of each code, for each row of pattern counts.

    Parameters
    ----------
    sample : DoubleSample
        The patterns.
    counts : array, draws by patterns
        Deals of each pattern: those seen, or draws.
    """
    shares = _by_row(sample, counts) @ np.eye(len(sample.codes))[_codes(sample)]
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=float)


def _by_row(sample: DoubleSample, counts: Floats) -> Floats:
    """Count the notes of each row, for each row of pattern counts."""
    return np.asarray(counts @ np.eye(len(sample.rows))[sample.row], dtype=float)


def _codes(sample: DoubleSample) -> Ints:
    """Return the place of the seller's code of each row."""
    return np.array([sample.codes.index(code) for _, code in sample.rows], dtype=np.int64)


def _weight_in_row(sample: DoubleSample) -> Floats:
    """Return the weights of the patterns, those called of a row having a mean of 1."""
    n = np.where(sample.heard >= 0, sample.count, 0).astype(float)
    total = np.bincount(sample.row, weights=n, minlength=len(sample.rows))
    mass = np.bincount(sample.row, weights=n * sample.weight, minlength=len(sample.rows))
    scale = total / np.maximum(mass, _TINY)
    return np.asarray(sample.weight * scale[sample.row], dtype=float)


def _pseudo(sample: DoubleSample, heard: Floats, noted: Floats) -> Floats:
    """Make callbacks to add to each row, as the callbacks of the row's band agree."""
    bands = np.array([band for band, _ in sample.rows], dtype=object)
    code, n_codes = _codes(sample), len(sample.codes)
    loose = heard.copy()
    loose[:, np.arange(len(code)), code] *= AGREEING
    everywhere, agreed = _spread(loose.sum(axis=1)), _kappa(heard, code)
    pseudo = np.empty_like(heard)
    for band in set(bands):
        inside = bands == band
        empty = heard[:, inside].sum(axis=(1, 2)) == 0
        spread = _spread(loose[:, inside].sum(axis=1) + n_codes * everywhere + 1)[:, None, :]
        kappa = np.where(empty, agreed, _kappa(heard[:, inside], code[inside]))[:, None, None]
        mass = SMOOTHING * (OF_ROW + n_codes * _spread(noted[:, inside]))[:, :, None]
        same = np.eye(n_codes)[code[inside]]
        pseudo[:, inside] = mass * (kappa * same + (1 - kappa) * spread)
    return pseudo


def _spread(counts: Floats) -> Floats:
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY), dtype=float)


def _kappa(heard: Floats, noted: Ints) -> Floats:
    """Return the agreement beyond chance of notes and callbacks, 0 to 1, for each draw.

    Parameters
    ----------
    heard : array, draws by rows by codes
        Callbacks of each row.
    noted : array of int
        The code of each row.
    """
    total = np.maximum(heard.sum(axis=(1, 2)), _TINY)
    agree = heard[:, np.arange(len(noted)), noted].sum(axis=1) / total
    said = heard.sum(axis=2) @ np.eye(heard.shape[2])[noted] / total[:, None]
    chance = (said * heard.sum(axis=1) / total[:, None]).sum(axis=1)
    rest = 1 - chance
    found = np.where(rest > _EXACT, (agree - chance) / np.maximum(rest, _EXACT), agree)
    return np.asarray(np.clip(found, 0.0, 1.0), dtype=float)
