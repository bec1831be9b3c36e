"""Where do the stated reasons come from? Who said them, how late, in bursts, with empty words.

Decisions: a day is a batch-entry day where at least ten reasons were typed, five times as many as
on a usual typing day, and half of them later than the first limit of delay. A text says nothing
where it has fewer than two letters or is one of the words by which people pass over a field.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm_analysis.reasons.reports import LATE_DAYS, delay_bands, delay_days

MIN_BATCH, TIMES_USUAL = 10, 5
MIN_REPEATED = 10
# Bare forms, in simplified and traditional signs.
_PASSED_OVER = (
    "other others none unknown na nil misc noreason notknown dontknow tbd test xxx lost customer "
    "其他 其它 无 無 没有 沒有 不详 不詳 不明 未知 不清楚 不知道 略 同上 暂无 暫無 无原因 無原因 "
    "客户原因 客戶原因 个人原因 個人原因 丢单 丟單 流失 没成交 沒成交 待补充 待補充"
)
EMPTY_WORDS = frozenset(_PASSED_OVER.split())
_ASKED = {True: "list", False: "open", None: "unknown"}


def bare(text: object) -> str:
    """Write a text without case, width, blanks and punctuation, cut at 200 signs.

    Examples
    --------
    >>> bare(" Ｏther! "), bare("其他。"), bare(None)
    ('other', '其他', '')
    """
    if not isinstance(text, str):
        return ""
    wide = unicodedata.normalize("NFKC", text[:400]).casefold()
    return "".join(sign for sign in wide if sign.isalnum())[:200]


def bare_texts(texts: pd.Series) -> pd.Series:
    """Write each text in its bare form; equal texts are read once."""
    return texts.map({text: bare(text) for text in texts.unique()})


def says_nothing(words: str) -> bool:
    """Say whether a bare text is empty or one of the words by which a field is passed over.

    Examples
    --------
    >>> says_nothing(bare("N/A")), says_nothing(bare("……")), says_nothing(bare("太贵"))
    (True, True, False)
    """
    return len(words) < 2 or words in EMPTY_WORDS


def by_source(coded: pd.DataFrame, *, late_days: Sequence[int] = LATE_DAYS) -> pd.DataFrame:
    """Describe each source: how many, how late, how often prompted, repeated or empty.

    Parameters
    ----------
    coded : DataFrame
        One row a reason: source, prompted, event_at, recorded_at, text.
    late_days : sequence of int
        Limits of delay; a row is late beyond the first, very late beyond the last.

    Returns
    -------
    DataFrame
        One row a source, by name: source, n, n_dated (with a known delay), median_delay_days,
        n_late, n_very_late, n_open (asked without a list), n_prompted, n_empty, n_repeated (the
        same words at least ten times).
    """
    rows = coded.assign(days=delay_days(coded), words=bare_texts(coded["text"]))
    rows["empty"] = [says_nothing(words) for words in rows["words"]]
    again = rows["words"].map(rows["words"].value_counts()) >= MIN_REPEATED
    rows["repeated"] = again & ~rows["empty"]
    prompted = rows["prompted"].astype("boolean")
    rows["open"], rows["listed"] = prompted.eq(False).fillna(False), prompted.fillna(False)
    rows["late"], rows["very_late"] = rows["days"] > late_days[0], rows["days"] > late_days[-1]
    found = rows.groupby("source", sort=True).agg(
        n=("days", "size"),
        n_dated=("days", "count"),
        median_delay_days=("days", "median"),
        n_late=("late", "sum"),
        n_very_late=("very_late", "sum"),
        n_open=("open", "sum"),
        n_prompted=("listed", "sum"),
        n_empty=("empty", "sum"),
        n_repeated=("repeated", "sum"),
    )
    whole = [name for name in found.columns if str(name).startswith("n")]
    return found.astype(dict.fromkeys(whole, "int64")).reset_index()


def by_delay(coded: pd.DataFrame, *, late_days: Sequence[int] = LATE_DAYS) -> pd.DataFrame:
    """Count the reasons of each source by band of delay: source, band, n."""
    rows = coded.assign(band=delay_bands(delay_days(coded), late_days))
    return rows.groupby(["source", "band"], sort=True).size().rename("n").reset_index()


def unread_counts(coded: pd.DataFrame) -> pd.DataFrame:
    """Count the reasons that could not be read, by who said them and how they were asked.

    Returns
    -------
    DataFrame
        One row a source and way of asking: source, asked (open, list, unknown), n, n_unread.
    """
    rows = pd.DataFrame(
        {
            "source": coded["source"],
            "asked": [_ASKED[one] for one in _listed(coded["prompted"])],
            "unread": coded["codes"].map(len).eq(0).astype("int64"),
        }
    )
    found = rows.groupby(["source", "asked"], sort=True)["unread"].agg(["size", "sum"])
    return found.set_axis(["n", "n_unread"], axis=1).reset_index()


def _listed(prompted: pd.Series) -> list[bool | None]:
    known = prompted.notna()
    return [bool(one) if has else None for one, has in zip(prompted, known, strict=True)]


def batch_days(coded: pd.DataFrame, *, late_days: Sequence[int] = LATE_DAYS) -> pd.DataFrame:
    """Find the days on which old reasons were typed in a burst.

    Returns
    -------
    DataFrame
        One row a day, by day: day, n, n_late, usual (reasons on a usual typing day), share (of all
        reasons).
    """
    typed = pd.to_datetime(coded["recorded_at"]).dt.normalize()
    late = delay_days(coded) > late_days[0]
    days = pd.DataFrame({"day": typed, "late": late}).groupby("day")["late"].agg(["size", "sum"])
    usual = float(days["size"].median()) if len(days) else 0.0
    enough = days["size"] >= max(MIN_BATCH, TIMES_USUAL * usual)
    found = days[enough & (days["sum"] >= days["size"] / 2)]
    return pd.DataFrame(
        {
            "day": found.index,
            "n": found["size"].to_numpy(np.int64),
            "n_late": found["sum"].to_numpy(np.int64),
            "usual": usual,
            "share": found["size"].to_numpy(float) / max(len(coded), 1),
        }
    )
