"""Which reasons should people read next? The list `lost_reasons_to_code`.

Decisions
---------
* Reasons of lost leads come first, those of customers who left after them.
* Most informative first: a wording that stands for many reasons and that the machine reads with
  little confidence. Each wording is listed once. What the machine cannot read counts as wrong; a
  wording of the codebook that no learner has judged is taken to be wrong in one of ten.
* A fixed tenth of all reasons, drawn by a digest of their ids and so the same every month, is for
  measuring: both coders read it, and it is mixed into the list. How well the machine reads is told
  on it alone, because the informative ones are chosen to be hard.
* No suggestion stands in the list: it would give the answer in advance.
* What a person has coded is never listed again, nor are the same words elsewhere, except for the
  second coder's reading of the tenth: that tenth is not moved by what was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from crm_analysis.language import Text
from crm_analysis.reasons.reports import UNCLASSIFIED
from crm_analysis.reasons.wording import worded

MEASURED_SHARE = 0.10
MOST_ROWS = 200
_WORDED_DOUBT = 0.1
_EVERY = 4  # one row in so many is for measuring, as long as there are any
_LONGEST = 1000  # a spreadsheet's cell holds 32,767 signs, a reader's patience fewer
WHY = {
    "measure": Text(
        "drawn by lot, for measuring: both coders", "随机抽取，用于衡量：两位编码员都编"
    ),
    "informative": Text("the most would be read better", "编码后受益最多"),
}
LIST_COLUMNS = (
    *("as_of", "reason_id", "about", "source", "event_at", "lang", "text", "n_same"),
    *("why_en", "why_zh", "code_a", "code_b"),
)


def is_measured(reason_id: str, share: float = MEASURED_SHARE) -> bool:
    """Say whether a reason belongs to the fixed random slice.

    Examples
    --------
    >>> sum(is_measured(f"Y{n}") for n in range(10_000))
    998
    """
    digest = hashlib.blake2b(reason_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def lost_reasons_to_code(
    coded: pd.DataFrame,
    *,
    as_of: date,
    about: Sequence[str] = ("lead_loss", "churn"),
    n_rows: int = MOST_ROWS,
) -> pd.DataFrame:
    """List the reasons that people should code next.

    Parameters
    ----------
    coded : DataFrame
        One row a reason as the coder hands it over: reason_id, text, code_a, code_b, confidence …
    as_of : date
        The day of the list; what comes back counts from it on.
    about : sequence of str
        Which events' reasons are listed, in this order.
    n_rows : int
        The length of the list.

    Returns
    -------
    DataFrame
        The columns of `LIST_COLUMNS`, in the order in which they should be read; `code_a` and
        `code_b` hold what is known and are to be filled in.
    """
    rows = coded.assign(
        code_a=_text(coded["code_a"]),
        code_b=_text(coded["code_b"]),
        words=coded["text"].map({text: worded(text) for text in coded["text"].unique()}),
    )
    rows = rows[rows["words"] != ""]
    read = rows["words"].isin(rows.loc[(rows["code_a"] != "") | (rows["code_b"] != ""), "words"])
    rows = rows.assign(read=read, measured=[is_measured(str(one)) for one in rows["reason_id"]])
    rows = rows[rows["about"].isin(list(about))]
    rows = rows.assign(turn=rows["about"].map({name: at for at, name in enumerate(about)}))
    measured = rows[rows["measured"] & ((rows["code_a"] == "") | (rows["code_b"] == ""))]
    measured = measured.sort_values(["turn", "reason_id"]).assign(why="measure", n_same=1)
    informative = _informative(rows[~rows["measured"] & ~rows["read"]])
    listed = _mixed(measured, informative).head(n_rows)
    listed = listed.assign(
        as_of=as_of.isoformat(),
        event_at=pd.to_datetime(listed["event_at"]).dt.strftime("%Y-%m-%d"),
        text=listed["text"].str.slice(0, _LONGEST),
        why_en=[WHY[one].en for one in listed["why"]],
        why_zh=[WHY[one].zh for one in listed["why"]],
    )
    return listed[list(LIST_COLUMNS)].reset_index(drop=True)


def _text(codes: pd.Series) -> pd.Series:
    return codes.astype(object).where(codes.notna(), "").astype(str).str.strip()


def _informative(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one row a wording; first come those by which the most reasons would be read better."""
    ordered = rows.sort_values(["turn", "recorded_at", "reason_id"], ascending=[True, False, True])
    first = ordered.drop_duplicates("words")
    same = rows["words"].value_counts()
    doubt = 1 - pd.to_numeric(first["confidence"]).astype(float)
    doubt = doubt.fillna(_WORDED_DOUBT).where(first["basis"] != UNCLASSIFIED, 1.0)
    first = first.assign(why="informative", n_same=first["words"].map(same).astype("int64"))
    gain = first["n_same"] * doubt
    return first.assign(gain=gain)[gain > 0].sort_values(
        ["turn", "gain", "recorded_at", "reason_id"], ascending=[True, False, False, True]
    )


def _mixed(measured: pd.DataFrame, informative: pd.DataFrame) -> pd.DataFrame:
    """Put every fourth place to measuring, as long as there are any to measure."""
    turns = np.r_[
        _EVERY * np.arange(len(measured)) + _EVERY - 0.5,
        np.arange(len(informative)) * _EVERY / (_EVERY - 1) + 0.0,
    ]
    both = pd.concat([measured, informative], ignore_index=True)
    return both.iloc[np.argsort(turns, kind="stable")]
