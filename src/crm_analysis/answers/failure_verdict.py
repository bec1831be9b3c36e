"""The verdict on lost deals: can they be told beforehand from all that is known of them? (A-02)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.part import Part
from crm_analysis.deals.indicators.habits import indicator_names, landmark_frame
from crm_analysis.deals.profile.factors import FactorTable
from crm_analysis.deals.revealed.counterparts import shown_counterparts, untimed_counterparts
from crm_analysis.deals.skill import Judged, forecast_skill
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text
from crm_analysis.results import ShownTable

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

MOST_LEVELS = 30
_EPOCH = date(1970, 1, 1)


def verdict_part(
    known: Known, settings: Config, *, frame: pd.DataFrame, factors: FactorTable, landmark_days: int
) -> Part:
    """Judge all that was known of leads at the landmark by the losses of later quarters.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views; uses `interactions`.
    frame : DataFrame
        From `counterparts.counterpart_frame` at the landmark.
    factors : FactorTable
        What was known at the opening; factors with more than 30 levels, and those of which nobody
        knows when they were typed, are left out.
    landmark_days : int
        The landmark.

    Returns
    -------
    Part
        The row `forecast_auc` and its table by quarter.
    """
    tables = _tables(known, frame, factors, landmark_days)
    judged = forecast_skill(
        frame[["lead_id", "opened_day", "duration_days", "cause"]].set_index("lead_id"),
        tables=tables,
        landmark_days=landmark_days,
        horizon_days=settings.horizon_days,
        last_day=(known.observed_until - _EPOCH).days,
        alpha=settings.alpha,
    )
    return Part(
        estimates=(judged.estimate,), appendix=_table(judged, sum(one.shape[1] for one in tables))
    )


def verdict_text(row: Estimate, *, alpha: float) -> Text:
    """Say whether the lost can be told beforehand, as a clause; empty where it is not known."""
    if row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("", "")
    day = read_segment(row.segment)["landmark_days"]
    numbers = f"AUC {row.estimate:.2f} ({row.ci_lo:.2f}–{row.ci_hi:.2f})"
    if row.ci_lo > 0.5:
        return Text(
            f"; all that is known on day {day} together tells later losses better than no "
            f"information: {numbers}, .5 is chance",
            f"；第 {day} 天已知的全部信息合起来预示此后丢单优于无信息：{numbers}，0.5 为偶然",
        )
    return Text(
        f"; all that is known on day {day} together tells later losses no better than no "
        f"information: {numbers}, .5 is chance",
        f"；第 {day} 天已知的全部信息合起来也不优于无信息：{numbers}，0.5 为偶然",
    )


def _tables(
    known: Known, frame: pd.DataFrame, factors: FactorTable, landmark_days: int
) -> list[pd.DataFrame]:
    """Gather counterparts, contact habits and factors, each one row per lead, by lead."""
    untimed = untimed_counterparts(frame)
    columns = [one.column for one in shown_counterparts(frame) if one.column not in untimed]
    tables = [_by_lead(frame, columns), _coded(factors)]
    if "interactions" in known.tables:
        tables.insert(1, _habits(known, landmark_days, but=columns))
    return tables


def _habits(known: Known, landmark_days: int, *, but: Sequence[str]) -> pd.DataFrame:
    """Read the contact habits that are not among the counterparts, by lead."""
    habits = landmark_frame(
        known.table("leads"),
        known.table("interactions"),
        landmark_days=landmark_days,
        as_of=known.observed_until,
    )
    return _by_lead(
        habits, [name for name in indicator_names() if name in habits and name not in but]
    )


def _by_lead(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Take columns by lead; `set_index` would hold them twice."""
    return rows[list(columns)].set_axis(rows["lead_id"])


def _coded(factors: FactorTable) -> pd.DataFrame:
    """Write levels as columns of 0 and 1; a missing level is 0 in all of them."""
    timed = [one for one in factors.factors if one.time_known]
    numbers = [one.name for one in timed if one.kind == "number"]
    levels = [
        one.name
        for one in timed
        if one.kind == "levels" and factors.frame[one.name].nunique() <= MOST_LEVELS
    ]
    parts = []
    if numbers:
        wide = factors.frame[numbers].apply(pd.to_numeric, errors="coerce").astype(float)
        parts.append(wide.add_prefix("factor."))
    parts += [
        pd.get_dummies(factors.frame[name].astype("string"), prefix=f"factor.{name}", dtype="uint8")
        for name in levels
    ]
    coded = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=factors.frame.index)
    return coded.set_axis(factors.frame["lead_id"])


def _table(judged: Judged, n_columns: int) -> tuple[ShownTable, ...]:
    if judged.estimate.estimate is None:
        return ()
    days = pd.to_datetime(judged.quarters["start_day"], unit="D").dt.strftime("%Y-%m-%d")
    shown = judged.quarters.drop(columns=["start_day", "se"]).assign(start=days)
    table = ShownTable(
        name="verdict",
        frame=shown[["start", "n_trained", "n", "n_lost", "auc"]],
        caption=Text(
            f"How well all {n_columns} things known at the landmark told the losses of later "
            f"quarters (the mean with its interval stands in the headline): each quarter is "
            "forecast by what was known before it began.",
            f"观察日已知的 {n_columns} 项信息合起来预示其后各季度丢单的能力"
            "（均值及区间见首句）：每个季度只用其开始之前已知的信息预测。",
        ),
        columns={
            "start": Text("quarter from", "季度起始"),
            "n_trained": Text("leads learned from", "用于学习的线索"),
            "n": Text("leads forecast", "被预测的线索"),
            "n_lost": Text("of these lost", "其中丢单"),
            "auc": Text("AUC (.5 is chance)", "AUC（0.5 为偶然）"),
        },
        units={"auc": "ratio"},
    )
    return (table,)
