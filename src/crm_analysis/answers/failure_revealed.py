"""Stated against revealed: is what people say about losses also what losing goes with? (M06)"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd

from crm_analysis.answers.failure_gaps import (
    AS_NOTED,
    CORRECTED,
    code_name,
    gap_picture,
    gap_table,
    revealed_table,
    sides_table,
)
from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.counterparts import COUNTERPARTS, shown_counterparts
from crm_analysis.deals.revealed import fit_revealed, revealed_estimates
from crm_analysis.deals.sides import side_estimates
from crm_analysis.deals.stated_against_revealed import SAID_NOT_SEEN, Compared, compare
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, share_text
from crm_analysis.results import Finding

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
        shown = revealed_table(rows)
        return Part(estimates=(*rows, *sides), tables=shown, does_not_show=(_NO_REASONS,))
    found = compare(
        revealed, rows, stated=stated, stating=stating, q=settings.fdr_q, alpha=settings.alpha
    )
    untimed = bool(revealed.untimed)
    return Part(
        estimates=(*found.estimates, *sides),
        told=_told(found, names, landmark_days),
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


def _ratio(row: Mapping[str, Any]) -> str:
    ends = [exp(row[name]) for name in ("log_hazard_ratio", "ci_lo", "ci_hi")]
    return f"{ends[0]:.2f} ({ends[1]:.2f}–{ends[2]:.2f})"


def _told(found: Compared, names: Mapping[str, Text], landmark_days: int) -> tuple[Told, ...]:
    told = []
    keys = {
        read_segment(row.segment)["code"]: row
        for row in found.estimates
        if row.quantity == "revealed_log_hazard_ratio"
        and row.role == "result"
        and read_segment(row.segment)["cause"] == "lost"
    }
    for row in found.frame.to_dict("records"):
        if row["flag"]:
            one = {str(name): value for name, value in row.items()}
            told.append(_gap_told(one, keys[one["code"]], names, landmark_days))
    return tuple(told)


def _gap_told(
    row: Mapping[str, Any], estimate: Estimate, names: Mapping[str, Text], landmark_days: int
) -> Told:
    """Tell one gap between saying and seeing, with the numbers of both sides."""
    code = str(row["code"])
    name = code_name(code, names)
    label = next(one.label for one in COUNTERPARTS if one.code == code)
    share = share_text(row["stated"]) if isfinite(row["stated"]) else "0.0 %"
    how = CORRECTED if row["is_corrected"] is True else AS_NOTED
    said = Text(
        f"“{name.en}” is given for {share} of losses ({how.en})",
        f"“{name.zh}”占所述丢单原因的 {share}（{how.zh}）",
    )
    if row["flag"] == SAID_NOT_SEEN:
        found = exp(row["detectable"])
        sentence = said + Text(
            f", yet leads with a worse value of “{label.en}” by day {landmark_days} were not lost "
            f"faster ({_ratio(row)} times per standard deviation; {found:.2f} would have been "
            "found).",
            f"，但第 {landmark_days} 天“{label.zh}”较差的线索并未更快丢失"
            f"（每标准差 {_ratio(row)} 倍；{found:.2f} 倍即可被发现）。",
        )
        action = Text(
            f"Do not act on “{name.en}” because it is said; call back twenty lost customers and "
            "ask what would have changed their mind.",
            f"勿因说法而就“{name.zh}”采取行动；回访二十位流失客户，询问什么能改变其决定。",
        )
    else:
        sentence = Text(
            f"Leads with a worse value of “{label.en}” by day {landmark_days} were lost faster "
            f"({_ratio(row)} times per standard deviation, at equal values of the others), though "
            f"“{name.en}” is hardly ever said ({share} of losses).",
            f"第 {landmark_days} 天“{label.zh}”较差的线索丢失更快"
            f"（其他指标相同时每标准差 {_ratio(row)} 倍），但“{name.zh}”很少被提到（占 {share}）。",
        )
        action = Text(
            f"Improve “{label.en}” for a random half of new leads for a month and compare.",
            f"在随机一半新线索上改善“{label.zh}”一个月并比较。",
        )
    return Told(
        finding=Finding(
            sentence=sentence,
            evidence="adjusted",
            action=action,
            status=estimate.status,
            estimate_key=estimate.key,
        ),
        name=name,
        size=None,
        strength=abs(row["log_hazard_ratio"]),
    )
