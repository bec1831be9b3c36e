"""What share of losses has each reason, when sellers' notes are checked by callbacks?

A random part of the lost is called back (the reference). Among them it is seen what a seller's
code really meant, by how late it was typed; that table, applied to all sellers' notes, gives the
corrected shares: post-stratified double sampling (Tenenbein 1970; for two classes Rogan and
Gladen 1978). Naive, corrected and callback-only shares stand beside each other.

Decisions
---------
* Half a callback a code is added to each row of the table. As far as notes and callbacks of that
  delay band agree beyond chance (kappa) it stands for the noted code, the rest is spread as the
  band's callbacks are. Spread evenly it would draw all shares towards one in the number of codes;
  spread as callbacks alone, it would take from rare codes what notes and callbacks agree on.
* Who was reached is weighted by response within delay band, code, language and time.
* Notes that could not be read are left out on both sides, as such callbacks are: an unread note
  would stand among those that do not name a code, and every code would seem to be noted too rarely.
* A seller's note without callback in its whole band is read by the callbacks of all bands.
* Intervals are percentiles of a bootstrap over deals, at fixed weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import status_by_events
from crm_analysis.proportions import Interval, wilson
from crm_analysis.reasons.reports import LATE_DAYS, UNCLASSIFIED, readable, reports
from crm_analysis.reasons.response import response_weights

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SMOOTHING = 0.5
_TINY = 1e-300
_EXACT = 1e-12
CALLBACK_ERRORS = (0.05, 0.10, 0.15)
COLUMNS = (
    *("code", "naive", "naive_lo", "naive_hi", "corrected", "corrected_lo", "corrected_hi"),
    *("callback", "callback_lo", "callback_hi", "difference", "difference_se", "p"),
    *("mentioned", "n_rep", "n_unread", "n_callback", "n_both", "status", "note"),
)


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


def corrected_shares(sample: DoubleSample, counts: Floats) -> Floats:
    """Return the corrected share of each code, for each row of pattern counts.

    Parameters
    ----------
    sample : DoubleSample
        The patterns.
    counts : array, draws by patterns
        Deals of each pattern: those seen, or bootstrap draws.
    """
    n_rows, n_codes = len(sample.rows), len(sample.codes)
    noted = np.zeros((len(counts), n_rows))
    for at in range(n_rows):
        noted[:, at] = counts[:, sample.row == at].sum(axis=1)
    heard = np.zeros((len(counts), n_rows, n_codes))
    called = sample.heard >= 0
    heard[:, sample.row[called], sample.heard[called]] = counts[:, called] * sample.weight[called]
    meant = heard + _pseudo(sample, heard)
    meant /= np.maximum(meant.sum(axis=2, keepdims=True), _TINY)
    share = noted / noted.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("br,brk->bk", share, meant), dtype=float)


def _pseudo(sample: DoubleSample, heard: Floats) -> Floats:
    """Make half a callback a code for each row, as the callbacks of the row's band agree."""
    bands = np.array([band for band, _ in sample.rows], dtype=object)
    noted = np.array([sample.codes.index(code) for _, code in sample.rows], dtype=np.int64)
    mass = SMOOTHING * len(sample.codes)
    everywhere, agreed = heard.sum(axis=1), _kappa(heard, noted)
    pseudo = np.empty_like(heard)
    for band in set(bands):
        inside = bands == band
        part = heard[:, inside]
        of_band = part.sum(axis=1)
        empty = of_band.sum(axis=1, keepdims=True) == 0
        base = np.where(empty, everywhere, of_band)
        spread = base / np.maximum(base.sum(axis=1, keepdims=True), _TINY)
        kappa = np.where(empty[:, 0], agreed, _kappa(part, noted[inside]))[:, None, None]
        same = np.eye(len(sample.codes))[noted[inside]]
        pseudo[:, inside] = mass * (kappa * same + (1 - kappa) * spread[:, None, :])
    return pseudo


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


def without_callback_error(shares: Floats, error: float) -> Floats:
    """Return shares as they would be heard without error, if callbacks err to any other code.

    Examples
    --------
    >>> without_callback_error(np.array([[0.2 * 0.9 + 0.8 * 0.1, 0.8 * 0.9 + 0.2 * 0.1]]), 0.1)
    array([[0.2, 0.8]])
    """
    n_codes = shares.shape[1]
    if error == 0 or n_codes < 2:
        return shares
    stray = error / (n_codes - 1)
    true = np.clip((shares - stray) / (1 - error - stray), 0.0, None)
    return np.asarray((true / true.sum(axis=1, keepdims=True)).round(12), dtype=float)


def stated_shares(
    coded: pd.DataFrame,
    *,
    about: str = "lead_loss",
    late_days: Sequence[int] = LATE_DAYS,
    min_events: int = 10,
    n_boot: int = 500,
    alpha: float = 0.05,
    callback_error: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """What share of losses has each reason: as noted, as corrected, as heard in callbacks?

    Parameters
    ----------
    coded : DataFrame
        One row a reason with its `codes`; see `reports.reports`.
    about : str
        The kind of event that is explained.
    late_days : sequence of int
        Upper ends of the bands of delay within which callbacks are compared.
    min_events, n_boot, alpha, callback_error, seed
        See `paired_shares`.

    Returns
    -------
    DataFrame
        See `paired_shares`.
    """
    return paired_shares(
        reports(coded, about=about, late_days=late_days),
        min_events=min_events,
        n_boot=n_boot,
        alpha=alpha,
        callback_error=callback_error,
        seed=seed,
    )


def paired_shares(
    pairs: pd.DataFrame,
    *,
    min_events: int = 10,
    n_boot: int = 500,
    alpha: float = 0.05,
    callback_error: float = 0.0,
    seed: int = 0,
    sample: DoubleSample | None = None,
) -> pd.DataFrame:
    """What share of losses has each reason, where notes and callbacks stand side by side?

    Parameters
    ----------
    pairs : DataFrame
        From `reports.reports`.
    min_events : int
        Callbacks with a note needed per free share: so many for ok, half of it for weak.
    n_boot : int
        Bootstrap draws.
    alpha : float
        1 - coverage.
    callback_error : float
        Share of callbacks that name a wrong code, for the sensitivity.
    seed : int
        Of the bootstrap.
    sample : DoubleSample, optional
        From `weighted_sample`, where it was counted already.

    Returns
    -------
    DataFrame
        One row a code, the largest corrected share first: `COLUMNS`. `difference` is corrected
        less naive, with the p of no difference; `mentioned` the share of notes naming the code at
        all. All shares are of the readable notes, `n_rep`; `n_unread` could not be read.
        Where `status` is not_estimable the corrected columns are empty and `note` says why.
    """
    sample = sample or weighted_sample(pairs)
    if not sample.codes:
        return pd.DataFrame(columns=list(COLUMNS))
    frame = _raw_shares(readable(pairs), sample.codes, alpha=alpha)
    frame["n_unread"] = int((pairs["rep"] == UNCLASSIFIED).sum())
    frame["n_both"] = sample.n_both
    status = status_by_events(sample.n_both, max(len(sample.codes) - 1, 1), min_events=min_events)
    note = {"ok": "", "weak": "few_callbacks", "not_estimable": "too_few_callbacks"}[status]
    frame["status"], frame["note"] = status, note
    numbers = ("corrected", "corrected_lo", "corrected_hi", "difference", "difference_se", "p")
    found = (
        {}
        if status == "not_estimable"
        else _corrected(sample, n_boot=n_boot, alpha=alpha, error=callback_error, seed=seed)
    )
    for name in numbers:
        frame[name] = found.get(name, np.full(len(frame), np.nan))
    lead = "naive" if status == "not_estimable" else "corrected"
    frame = frame.sort_values([lead, "code"], ascending=[False, True], ignore_index=True)
    return frame[list(COLUMNS)]


def _corrected(
    sample: DoubleSample, *, n_boot: int, alpha: float, error: float, seed: int
) -> dict[str, Floats]:
    total = int(sample.count.sum())
    draws = np.random.default_rng(seed).multinomial(total, sample.count / total, size=n_boot)
    seen = sample.count[None, :].astype(float)
    values = without_callback_error(corrected_shares(sample, seen), error)[0]
    drawn = without_callback_error(corrected_shares(sample, draws.astype(float)), error)
    lo, hi = np.quantile(drawn, [alpha / 2, 1 - alpha / 2], axis=0)
    difference = values - _noted(sample, seen)[0]
    se = (drawn - _noted(sample, draws.astype(float))).std(axis=0, ddof=1)
    p = [
        math.erfc(abs(d / s) / math.sqrt(2)) if s > _EXACT else 1.0
        for d, s in zip(difference, se, strict=True)
    ]
    return {
        "corrected": values, "corrected_lo": lo, "corrected_hi": hi,
        "difference": difference, "difference_se": se, "p": np.array(p),
    }  # fmt: skip


def _noted(sample: DoubleSample, counts: Floats) -> Floats:
    """Return the naive share of each code, for each row of pattern counts."""
    shares = np.zeros((len(counts), len(sample.codes)))
    code_of_row = [sample.codes.index(code) for _, code in sample.rows]
    codes = np.array(code_of_row, dtype=np.int64)[sample.row]
    for at in range(len(sample.codes)):
        shares[:, at] = counts[:, codes == at].sum(axis=1)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=float)


def _raw_shares(pairs: pd.DataFrame, codes: Sequence[str], *, alpha: float) -> pd.DataFrame:
    """Count each code among the notes and among the callbacks."""
    noted, heard = pairs["rep"].dropna(), pairs["callback"].dropna()
    named = pairs["rep_codes"].dropna()
    rows = []
    for code in codes:
        naive = wilson(int((noted == code).sum()), len(noted), alpha=alpha)
        callback = wilson(int((heard == code).sum()), len(heard), alpha=alpha)
        mentioned = sum(code in given for given in named)
        rows.append(
            {
                "code": code,
                **_ends("naive", naive),
                **_ends("callback", callback),
                "mentioned": mentioned / len(noted) if len(noted) else np.nan,
                "n_rep": len(noted),
                "n_callback": len(heard),
            }
        )
    return pd.DataFrame(rows)


def _ends(name: str, interval: Interval | None) -> dict[str, float]:
    if interval is None:
        return dict.fromkeys((name, f"{name}_lo", f"{name}_hi"), math.nan)
    return {name: interval.estimate, f"{name}_lo": interval.lo, f"{name}_hi": interval.hi}
