"""Who said what about each loss: one row a deal, the seller's note beside the callback.

Decisions: the seller's side is what sales typed in, whether it is their opinion or what they say
the customer told them; the callback is the only reference, because nobody who sold made it. Where
a side spoke more than once its first word counts, which is nearest to the event. The main code,
the first one, stands for the reason; how often a code is named at all is counted beside it. A
callback in which no reason could be read is none: it says nothing about the seller's note. Nor does
a note that could not be read say anything about the callback (`readable`); it stays a note all the
same, and how many there are is told.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

REP_SOURCES = ("rep_opinion", "customer_to_rep")
REFERENCE = "callback"
UNCLASSIFIED = "unclassified"
UNKNOWN_BAND = "unknown"
LATE_DAYS = (30, 180)


def main_code(codes: Sequence[str]) -> str:
    """Return the first code of a reason, "unclassified" where there is none.

    Examples
    --------
    >>> main_code(("price", "speed")), main_code(())
    ('price', 'unclassified')
    """
    return codes[0] if codes else UNCLASSIFIED


def delay_days(reasons: pd.DataFrame) -> pd.Series:
    """Count the calendar days from the event to the typing; missing where either is unknown.

    A reason typed before the event, as some are, has a delay of 0.
    """
    typed = pd.to_datetime(reasons["recorded_at"]).dt.normalize()
    event = pd.to_datetime(reasons["event_at"]).dt.normalize()
    return (typed - event).dt.days.clip(lower=0).astype(float)


def band_names(late_days: Sequence[int] = LATE_DAYS) -> tuple[str, ...]:
    """Name the bands of delay, the prompt one first.

    Examples
    --------
    >>> band_names((30, 180))
    ('0-30', '31-180', '181+', 'unknown')
    """
    starts = [0, *(cut + 1 for cut in late_days)]
    closed = [f"{start}-{cut}" for start, cut in zip(starts, late_days, strict=False)]
    return (*closed, f"{starts[-1]}+", UNKNOWN_BAND)


def delay_bands(days: pd.Series, late_days: Sequence[int] = LATE_DAYS) -> pd.Series:
    """Name the band of each delay.

    Examples
    --------
    >>> list(delay_bands(pd.Series([0.0, 31.0, 400.0, float("nan")])))
    ['0-30', '31-180', '181+', 'unknown']
    """
    names = np.array(band_names(late_days), dtype=object)
    place = np.searchsorted(np.asarray(late_days, dtype=float), days.to_numpy(float), side="left")
    return pd.Series(np.where(days.isna(), names[-1], names[place]), index=days.index)


def reports(
    coded: pd.DataFrame, *, about: str = "lead_loss", late_days: Sequence[int] = LATE_DAYS
) -> pd.DataFrame:
    """Put what the seller noted beside what the callback heard.

    Parameters
    ----------
    coded : DataFrame
        One row a reason with `codes` (a tuple, the main code first), source, about, lead_id,
        customer_id, reason_id, event_at, recorded_at, lang.
    about : str
        The kind of event that is explained.
    late_days : sequence of int
        Upper ends of the bands of delay.

    Returns
    -------
    DataFrame
        One row a deal (a customer where no deal is named), by `subject`: rep, rep_codes, band,
        delay_days, event_at, lang of the seller's note; callback, callback_codes. None where a
        side said nothing.
    """
    rows = coded[coded["about"] == about]
    rows = rows.assign(
        subject=rows["lead_id"].fillna(rows["customer_id"]),
        main=[main_code(codes) for codes in rows["codes"]],
        delay_days=delay_days(rows),
    )
    rows = rows.sort_values(["recorded_at", "reason_id"])
    rep = _first(rows[rows["source"].isin(REP_SOURCES)])
    call = _first(rows[(rows["source"] == REFERENCE) & (rows["main"] != UNCLASSIFIED)])
    noted = rep[["main", "codes", "delay_days", "event_at", "lang"]]
    noted = noted.set_axis(["rep", "rep_codes", "delay_days", "event_at", "lang"], axis=1)
    noted = noted.assign(band=delay_bands(rep["delay_days"], late_days))
    heard = call[["main", "codes"]].set_axis(["callback", "callback_codes"], axis=1)
    both = noted.join(heard, how="outer").sort_index()
    for name in ("rep", "rep_codes", "band", "lang", "callback", "callback_codes"):
        known = both[name].notna()
        both[name] = [value if has else None for value, has in zip(both[name], known, strict=True)]
    return both.reset_index()


def readable(pairs: pd.DataFrame) -> pd.DataFrame:
    """Take the notes in which no reason could be read for notes that were not made.

    Parameters
    ----------
    pairs : DataFrame
        From `reports`.
    """
    unread = (pairs["rep"] == UNCLASSIFIED).to_numpy(bool)
    kept = {
        name: [
            None if without else value for value, without in zip(pairs[name], unread, strict=True)
        ]
        for name in ("rep", "rep_codes")
    }
    return pairs.assign(
        **{
            name: pd.Series(values, index=pairs.index, dtype=object)
            for name, values in kept.items()
        }
    )


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates("subject").set_index("subject")
