"""Notebook 10: why do we lose deals?

Decision: how leads end is told first, as competing endings with open leads censored; what goes
with losing is told only as far as it stands after correction for the number of questions asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.deals.outcomes import (
    ENDINGS,
    HORIZONS_DAYS,
    curve_numbers,
    leads_counts,
    outcome_estimates,
)
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Kpi, NotebookResult, Picture, ShownTable
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import CAUSES, lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "10_failure_causes"


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Why do we lose deals: how they end, and what goes with losing?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `interactions`, `customers` and `order_lines`.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        Cumulative incidence of lost, won and void; hazards by interaction indicator at each
        landmark with the naive total beside them; endings by representative, product, customer
        and profile; findings that stand in their family.
    """
    settings = known.config if config is None else config
    if "leads" not in known.tables:
        return _off(known)
    risk = risk_table(lead_spells(known.table("leads"), as_of=known.as_of))
    if risk.empty:
        return _empty(known)
    horizons = (*HORIZONS_DAYS, settings.horizon_days)
    outcomes = outcome_estimates(risk, horizons_days=horizons, alpha=settings.alpha)
    estimates = (*outcomes, *leads_counts(risk))
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        headline=_headline(estimates, settings.horizon_days),
        kpis=_kpis(estimates, settings.horizon_days),
        estimates=estimates,
        tables=(_outcome_table(estimates),),
        pictures=_outcome_picture(risk, estimates, settings.horizon_days, settings.alpha),
        does_not_show=_LIMITS,
        rows={"leads": int(risk["n"].sum())},
    )


_LIMITS = (
    Text(
        "What goes together need not follow from one another: nothing here was tested against a "
        "control group.",
        "同时出现不等于因果：此处没有对照组检验。",
    ),
    Text(
        "The share of closed leads that were lost is not a probability: open leads are missing "
        "from it.",
        "已结束线索中的丢单占比不是概率：其中不含未结束的线索。",
    ),
)


def _off(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="off",
        headline=Text(
            "The source has no leads, so nothing can be said about lost deals. With one row per "
            "lead (opened, closed, status) this page shows how leads end and what goes with it.",
            "数据源没有线索表，无法说明丢单情况。若每条线索有一行（开启、结束、状态），"
            "本页即可说明线索如何结束及相关因素。",
        ),
    )


def _empty(known: Known) -> NotebookResult:
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="not_estimable",
        headline=Text(
            "No lead has usable opening and closing days yet, so no share can be given. One "
            "hundred dated leads would be enough for a first answer.",
            "尚无线索具有可用的开启和结束日期，无法给出占比。约一百条有日期的线索即可给出初步答案。",
        ),
    )


def _find(estimates: tuple[Estimate, ...], quantity: str, segment: str) -> Estimate | None:
    for row in estimates:
        if (row.quantity, row.segment, row.role) == (quantity, segment, "result"):
            return row
    return None


def _share_sentence(row: Estimate | None) -> Text:
    """Write a share with its interval, or say that it is not shown."""
    if row is None or row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("not shown (too few leads)", "不予显示（线索太少）")
    value = share_text(row.estimate)
    interval = f"{share_text(row.ci_lo)}–{share_text(row.ci_hi)}"
    return Text(f"{value} ({interval})", f"{value}（{interval}）")


def _headline(estimates: tuple[Estimate, ...], horizon_days: int) -> Text:
    lost, won = (
        _find(estimates, "outcome_probability", f"cause={cause};horizon_days={horizon_days}")
        for cause in ("lost", "won")
    )
    lost_text, won_text = _share_sentence(lost), _share_sentence(won)
    return Text(
        f"Within {horizon_days} days {lost_text.en} of leads are lost and {won_text.en} won.",
        f"{horizon_days} 天内，{lost_text.zh}的线索丢单，{won_text.zh}成交。",
    )


def _kpis(estimates: tuple[Estimate, ...], horizon_days: int) -> tuple[Kpi, ...]:
    cards = []
    for cause, good in (("lost", "down"), ("won", "up")):
        row = _find(estimates, "outcome_probability", f"cause={cause};horizon_days={horizon_days}")
        ending = ENDINGS[cause]
        cards.append(
            Kpi(
                name=f"{cause}_within_horizon_share",
                label=Text(
                    f"{ending.en} within {horizon_days} days", f"{horizon_days} 天内{ending.zh}"
                ),
                value=None if row is None else row.estimate,
                unit="share",
                good="down" if good == "down" else "up",
                estimate_key=None if row is None else row.key,
            )
        )
    for state, label in (
        ("open", Text("open leads", "未结束线索")),
        ("lost", Text("lost leads so far", "累计丢单")),
    ):
        row = _find(estimates, "leads_count", f"state={state}")
        cards.append(
            Kpi(
                name=f"leads_{state}_count",
                label=label,
                value=None if row is None else row.estimate,
                unit="count",
                estimate_key=None if row is None else row.key,
            )
        )
    return tuple(cards)


def _outcome_table(estimates: tuple[Estimate, ...]) -> ShownTable:
    methods = {
        "aalen_johansen": Text("right: endings compete", "正确：结局相互竞争"),
        "one_minus_kaplan_meier": Text(
            "naive: 1 − Kaplan–Meier (overstates)", "简单算法：1 − Kaplan–Meier（偏高）"
        ),
    }
    rows = []
    for row in estimates:
        if row.quantity != "outcome_probability" or row.method not in methods:
            continue
        pairs = dict(part.split("=") for part in row.segment.split(";"))
        ending, method = ENDINGS[pairs["cause"]], methods[row.method]
        rows.append(
            {
                "ending_en": ending.en,
                "ending_zh": ending.zh,
                "days": int(pairs["horizon_days"]),
                "method_en": method.en,
                "method_zh": method.zh,
                "share": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "n": row.n,
                "events": row.events,
            }
        )
    return ShownTable(
        name="endings",
        frame=pd.DataFrame(rows),
        caption=Text(
            "Share of leads that ended so by each day after opening, 95 % interval; not shown "
            "where fewer than 10 leads are still at risk.",
            "开启后各天以该结局结束的线索占比及 95 % 区间；可观察线索不足 10 条时不予显示。",
        ),
        columns={
            "ending": Text("ending", "结局"),
            "days": Text("days after opening", "开启后天数"),
            "method": Text("how counted", "算法"),
            "share": Text("share of leads", "线索占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "n": Text("leads", "线索数"),
            "events": Text("endings by then", "截至当日数"),
        },
        units={"share": "share", "ci_lo": "share", "ci_hi": "share"},
        headline=True,
    )


def _outcome_picture(
    risk: pd.DataFrame, estimates: tuple[Estimate, ...], horizon_days: int, alpha: float
) -> tuple[Picture, ...]:
    numbers = curve_numbers(risk, alpha=alpha)
    if numbers.empty:
        return ()
    n = number_text(float(risk["n"].sum()))
    n_open = number_text(float(risk.loc[~risk["cause"].isin(CAUSES), "n"].sum()))
    picture = Picture(
        name="endings",
        kind="curves",
        numbers=numbers,
        title=Text("How leads end, by age", "线索如何结束（按时长）"),
        sentence=_headline(estimates, horizon_days),
        caption=Text(
            f"{n} leads, {n_open} still open and counted as such; shares with 95 % intervals.",
            f"共 {n} 条线索，其中 {n_open} 条未结束并如实计入；占比及 95 % 区间。",
        ),
        x_label=Text("days after opening", "开启后天数"),
        y_label=Text("share of leads", "线索占比"),
        unit="share",
    )
    return (picture,)
