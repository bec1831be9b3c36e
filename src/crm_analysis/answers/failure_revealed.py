"""Stated against revealed: is what people say about losses also what losing goes with? (M06)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.failure_gaps import (
    code_name,
    gap_picture,
    gap_table,
    revealed_table,
    sides_table,
)
from crm_analysis.answers.part import Part
from crm_analysis.answers.revealed_findings import Stated, revealed_told
from crm_analysis.deals.revealed.against_stated import compare
from crm_analysis.deals.revealed.counterparts import COUNTERPARTS, shown_counterparts
from crm_analysis.deals.revealed.effects import fit_revealed, revealed_estimates
from crm_analysis.deals.revealed.sides import side_estimates
from crm_analysis.language import Text

if TYPE_CHECKING:
    from crm_analysis.config import Config

LANDMARK_DAYS = 14


def revealed_part(
    frame: pd.DataFrame,
    settings: Config,
    *,
    stated: pd.DataFrame,
    stating: pd.DataFrame,
    names: Mapping[str, Text],
) -> Part:
    """Compare the reasons stated of lost leads with what losing goes with.

    Parameters
    ----------
    frame : DataFrame
        From `counterparts.counterpart_frame` at the day of `revealed_landmark`.
    settings : Config
        Limits and horizon.
    stated : DataFrame
        Shares by code, from `reasons.correction.stated_shares`.
    stating : DataFrame
        lead_id and code, one row per reason stated of a lost lead.
    names : mapping of str to Text
        The codebook's label of each code.
    """
    if not shown_counterparts(frame):
        return Part(does_not_show=(_NOTHING_MEASURED,))
    landmark_days = revealed_landmark(settings)
    min_events, alpha = settings.min_events, settings.alpha
    revealed = fit_revealed(frame, landmark_days=landmark_days, min_events=min_events, alpha=alpha)
    rows = revealed_estimates(revealed, horizon_days=settings.horizon_days, alpha=alpha)
    sides = side_estimates(revealed, min_events=min_events, alpha=alpha)
    if stated.empty or stating.empty:
        unsaid = Stated(frame=pd.DataFrame({"code": []}), n_reasons=0, names=names)
        return Part(
            estimates=(*rows, *sides),
            told=revealed_told(rows, unsaid, landmark_days=landmark_days, q=settings.fdr_q),
            tables=revealed_table(rows),
            does_not_show=(_NO_REASONS,),
        )
    found = compare(
        revealed, rows, stated=stated, stating=stating, q=settings.fdr_q, alpha=settings.alpha
    )
    untimed = bool(revealed.untimed)
    said = Stated(frame=found.frame, n_reasons=int(stated["n_rep"].max()), names=names)
    return Part(
        estimates=(*found.estimates, *sides),
        told=revealed_told(found.estimates, said, landmark_days=landmark_days, q=settings.fdr_q),
        tables=(gap_table(found, names, alpha), *sides_table(sides, alpha)),
        pictures=gap_picture(found, names, landmark_days, alpha),
        does_not_show=(*_unmeasured(stated, names), *((_PRICE_TIME,) if untimed else ())),
    )


def revealed_landmark(settings: Config) -> int:
    """Take the landmark nearest to two weeks: by then prices and first answers are known."""
    days = settings.landmark_days
    return min(days, key=lambda day: (abs(day - LANDMARK_DAYS), day), default=LANDMARK_DAYS)


_NOTHING_MEASURED = Text(
    "Stated reasons are not compared with records: the source has no contacts, prices, issues or "
    "customers that could be measured.",
    "未将所述原因与记录对照：数据源没有可测量的联系、价格、问题或客户信息。",
)
_NO_REASONS = Text(
    "What losing goes with is not compared with what is said: no coded reason of a lost lead is "
    "known.",
    "未对照说法：没有已编码的丢单原因。",
)
_PRICE_TIME = Text(
    "When some prices or profiles became known is not recorded, so what rests on them is weak: it "
    "may have been typed in after the ending.",
    "部分价格或画像的获知时间未记录，与其有关的结果较弱：可能是结束后补录。",
)


def _unmeasured(stated: pd.DataFrame, names: Mapping[str, Text]) -> tuple[Text, ...]:
    """Name the often stated reasons that nothing in the records corresponds to."""
    measured = {one.code for one in COUNTERPARTS}
    often = stated[(stated["naive"] >= 0.05) & ~stated["code"].isin(measured)]
    labels = [code_name(code, names) for code in often["code"] if code != "unclassified"]
    if not labels:
        return ()
    return (
        Text(
            "Nothing in the records corresponds to these stated reasons, so they are neither "
            f"confirmed nor refuted: {', '.join(one.en for one in labels)}.",
            "以下所述原因在记录中没有对应指标，既未证实也未否定："
            f"{'、'.join(one.zh for one in labels)}。",
        ),
    )
