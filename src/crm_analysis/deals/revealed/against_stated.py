"""What is said about losses against what losing goes with: two rankings and their two gaps (M06).

Decisions:
* Said is the corrected share where callbacks allow one, else the naive share of the
  representatives' reasons, and the row says which.
* "Said but not seen": a share of at least .10 among the two most stated reasons, an effect whose
  interval covers 0, and data that would have found a log hazard ratio of .15 per standard
  deviation. Without that power nothing is flagged.
* "Seen but not said": an effect on losing that stands in its family, among the two strongest, and
  a reason that is neither among the two most stated nor, by its interval, as much as .10 of them.
* "Said and seen", no gap: such an effect, and a reason among the two most stated or, by its share,
  at least .10 of them.
* Inside the lost leads: is the counterpart worse where its reason was stated? Difference of means
  with Welch's interval; no difference where it was stated at random.

Source: stated against derived importance, Gustafsson and Johnson (2004).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crm_analysis.deals.revealed.counterparts import Counterpart
from crm_analysis.deals.revealed.effects import Revealed
from crm_analysis.estimates import Estimate, is_finding, read_segment, refuse, segment
from crm_analysis.survival.spells import CAUSES

SAID_SHARE = 0.10
ENOUGH_POWER = 0.15
TOP = 2
LEAST_REASONS = 50
LEAST_STATING = 10
SAID_NOT_SEEN, SEEN_NOT_SAID = "said_not_seen", "seen_not_said"
SAID_AND_SEEN = "said_and_seen"
_LOST = next(code for code, name in CAUSES.items() if name == "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Both rankings.

    Parameters
    ----------
    frame : DataFrame
        One row per code that has a counterpart: code, column, side, stated (share), stated_lo,
        stated_hi, is_corrected, stated_rank (1 is the most stated of all codes, also of those
        without a counterpart; missing where never stated), log_hazard_ratio, ci_lo, ci_hi,
        is_finding, revealed_rank (1 is the strongest towards loss), detectable, difference_sd,
        flag ("", "said_not_seen", "seen_not_said" or "said_and_seen"); the most stated first.
    estimates : tuple of Estimate
        The revealed rows with their flags as notes, and the differences inside the lost leads.
    """

    frame: pd.DataFrame
    estimates: tuple[Estimate, ...]


def compare(
    revealed: Revealed,
    estimates: Sequence[Estimate],
    *,
    stated: pd.DataFrame,
    stating: pd.DataFrame,
    q: float = 0.05,
    alpha: float = 0.05,
) -> Compared:
    """Rank the reasons by how often they are stated and by how strongly losing goes with them.

    Parameters
    ----------
    revealed : Revealed
        The joint fits.
    estimates : sequence of Estimate
        From `revealed.revealed_estimates`.
    stated : DataFrame
        One row per code: code, naive, naive_lo, naive_hi, corrected, corrected_lo, corrected_hi
        (missing where there is no correction), n_rep.
    stating : DataFrame
        lead_id and code, one row per reason stated of a lost lead.
    q, alpha : float
        False discovery rate; one minus the level of the intervals.
    """
    differences = [
        _difference(revealed, one, stating, alpha) for one in revealed.counterparts if one.code
    ]
    frame = _ranked(revealed.counterparts, estimates, stated, q)
    n_reasons = int(stated["n_rep"].max()) if len(stated) else 0
    flags = [_flag(row, n_reasons) for row in frame.to_dict("records")]
    told = {read_segment(row.segment)["code"]: row.estimate for row in differences}
    frame = frame.assign(flag=flags, difference_sd=frame["code"].map(told).astype(float))
    by_code = dict(zip(frame["code"], frame["flag"], strict=True))
    return Compared(
        frame=frame,
        estimates=(*(_flagged(row, by_code) for row in estimates), *differences),
    )


def _ranked(
    counterparts: Iterable[Counterpart],
    estimates: Sequence[Estimate],
    stated: pd.DataFrame,
    q: float,
) -> pd.DataFrame:
    said = _said(stated)
    rows = []
    for one in counterparts:
        effect = _row_of(estimates, "revealed_log_hazard_ratio", one.code)
        power = _row_of(estimates, "detectable_log_hazard_ratio", one.code)
        rows.append(
            {
                "code": one.code,
                "column": one.column,
                "side": one.side,
                "log_hazard_ratio": None if effect is None else effect.estimate,
                "ci_lo": None if effect is None else effect.ci_lo,
                "ci_hi": None if effect is None else effect.ci_hi,
                "is_finding": effect is not None and is_finding(effect, q),
                "detectable": None if power is None else power.estimate,
            }
        )
    frame = pd.DataFrame(rows).merge(said, on="code", how="left")
    numbers = ["log_hazard_ratio", "ci_lo", "ci_hi", "detectable", "stated"]
    frame[numbers] = frame[numbers].astype(float)
    frame["revealed_rank"] = frame["log_hazard_ratio"].rank(ascending=False, method="min")
    ordered: pd.DataFrame = frame.sort_values(
        ["stated", "code"], ascending=[False, True], na_position="last", ignore_index=True
    )
    return ordered


def _said(stated: pd.DataFrame) -> pd.DataFrame:
    """Take the corrected share where there is one, else the naive one, and rank."""
    corrected = stated["corrected"].notna()
    told = pd.DataFrame({"code": stated["code"], "is_corrected": corrected})
    for end in ("", "_lo", "_hi"):
        told[f"stated{end}"] = stated[f"corrected{end}"].where(corrected, stated[f"naive{end}"])
    told["stated_rank"] = (
        told["stated"].where(told["stated"] > 0).rank(ascending=False, method="min")
    )
    return told


def _row_of(estimates: Sequence[Estimate], quantity: str, code: str) -> Estimate | None:
    for row in estimates:
        if row.quantity != quantity or row.role not in ("result", "diagnostic"):
            continue
        pairs = read_segment(row.segment)
        if pairs["code"] == code and pairs.get("cause", "lost") == "lost":
            return row if row.estimate is not None else None
    return None


def _flag(row: Mapping[Hashable, Any], n_reasons: int) -> str:
    if n_reasons < LEAST_REASONS or not np.isfinite(row["log_hazard_ratio"]):
        return ""
    share = row["stated"] if np.isfinite(row["stated"]) else 0.0
    is_top = bool(row["stated_rank"] <= TOP)
    covers_none = row["ci_lo"] <= 0 <= row["ci_hi"]
    if is_top and share >= SAID_SHARE and covers_none and row["detectable"] <= ENOUGH_POWER:
        return SAID_NOT_SEEN
    high = row["stated_hi"] if np.isfinite(row["stated_hi"]) else 0.0
    towards_loss = row["is_finding"] and row["log_hazard_ratio"] > 0
    if towards_loss and (is_top or share >= SAID_SHARE):
        return SAID_AND_SEEN
    if towards_loss and row["revealed_rank"] <= TOP and high < SAID_SHARE:
        return SEEN_NOT_SAID
    return ""


def _flagged(row: Estimate, flags: dict[str, str]) -> Estimate:
    pairs = read_segment(row.segment)
    flag = flags.get(pairs["code"], "")
    is_effect = row.quantity == "revealed_log_hazard_ratio" and row.role == "result"
    if not flag or not is_effect or pairs["cause"] != "lost":
        return row
    return replace(row, note=";".join(filter(None, (row.note, flag))))


def _difference(
    revealed: Revealed, one: Counterpart, stating: pd.DataFrame, alpha: float
) -> Estimate:
    """Compare the counterpart between lost leads that state the reason and those that do not."""
    frame = revealed.frame
    lost = frame[(frame["cause"] == _LOST) & frame["lead_id"].isin(stating["lead_id"])]
    says = lost["lead_id"].isin(stating.loc[stating["code"] == one.code, "lead_id"])
    given = lost[one.column].notna()
    a = lost.loc[says & given, one.column].to_numpy(dtype=float)
    b = lost.loc[~says & given, one.column].to_numpy(dtype=float)
    row = Estimate(
        module="M06",
        quantity="stated_counterpart_difference_sd",
        segment=segment(code=one.code),
        method="welch",
        n=len(a) + len(b),
        events=len(a),
        evidence="associational",
    )
    if min(len(a), len(b)) < LEAST_STATING:
        return refuse(row, "few_reasons")
    variances = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    se = sqrt(sum(variances))
    if se == 0:
        return refuse(row, "no_spread")
    parts = variances[0] ** 2 / (len(a) - 1) + variances[1] ** 2 / (len(b) - 1)
    half = float(stdtrit(sum(variances) ** 2 / parts, 1 - alpha / 2)) * se
    value = float(a.mean() - b.mean())
    return replace(row, estimate=value, ci_lo=value - half, ci_hi=value + half)
