"""How leads end, for the page on lost deals: cards, table and picture of competing endings."""

from __future__ import annotations

import pandas as pd

from crm_analysis.deals.outcomes import ENDINGS, curve_numbers
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.language import Text, level_text, number_text, share_text
from crm_analysis.results import Kpi, Picture, ShownTable
from crm_analysis.survival.spells import CAUSES


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


def share_pair(estimates: tuple[Estimate, ...], days: int) -> Text:
    """Write the shares lost and won within the horizon as half a sentence."""
    rows = [
        _find(estimates, "outcome_probability", f"cause={cause};horizon_days={days}")
        for cause in ("lost", "won")
    ]
    if all(row is None or row.estimate is None for row in rows):
        return Text(
            f"too few leads were followed for {days} days to show how many are lost or won",
            f"跟踪满 {days} 天的线索太少，无法给出丢单与成交的占比",
        )
    lost, won = (_share_sentence(row) for row in rows)
    return Text(
        f"within {days} days {lost.en} of leads are lost and {won.en} won",
        f"{days} 天内，{lost.zh}的线索丢单，{won.zh}成交",
    )


def outcome_cards(estimates: tuple[Estimate, ...], horizon_days: int) -> tuple[Kpi, ...]:
    """Make the four cards: lost and won within the horizon, leads open, leads lost."""
    cards = []
    for cause in ("lost", "won"):
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
                good="down" if cause == "lost" else "up",
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


def outcome_table(estimates: tuple[Estimate, ...], *, alpha: float) -> ShownTable:
    """Show the share of each ending by day, with the naive number beside."""
    shares = [row for row in estimates if row.quantity == "outcome_probability"]
    naive = {row.segment: row.estimate for row in shares if row.role == "naive"}
    rows = []
    for row in shares:
        if row.role != "result":
            continue
        pairs = read_segment(row.segment)
        ending = ENDINGS[pairs["cause"]]
        rows.append(
            {
                "ending_en": ending.en,
                "ending_zh": ending.zh,
                "days": int(pairs["horizon_days"]),
                "share": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "events": row.events,
                "naive": naive.get(row.segment),
            }
        )
    level = level_text(alpha)
    return ShownTable(
        name="endings",
        frame=pd.DataFrame(rows),
        caption=Text(
            f"Share of leads that ended so by each day after opening, {level} interval; not shown "
            "where fewer than 10 leads are still at risk. The naive share (one minus "
            "Kaplan–Meier of one ending) overstates: it treats the other endings as still open.",
            f"开启后各天以该结局结束的线索占比及 {level} 区间；可观察线索不足 10 条时不予显示。"
            "简单算法（单一结局的 1 减 Kaplan–Meier）偏高：它把其他结局当作仍未结束。",
        ),
        columns={
            "ending": Text("ending", "结局"),
            "days": Text("days after opening", "开启后天数"),
            "share": Text("share of leads", "线索占比"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "events": Text("endings by then", "截至当日数"),
            "naive": Text("naive share: overstates", "简单算法：偏高"),
        },
        units={"share": "share", "ci_lo": "share", "ci_hi": "share", "naive": "share"},
        headline=True,
    )


def outcome_picture(
    risk: pd.DataFrame, estimates: tuple[Estimate, ...], horizon_days: int, alpha: float
) -> tuple[Picture, ...]:
    """Draw the share of each ending by age, as far as it may be shown."""
    numbers = curve_numbers(risk, alpha=alpha)
    if numbers.empty:
        return ()
    n = number_text(float(risk["n"].sum()))
    n_open = number_text(float(risk.loc[~risk["cause"].isin(CAUSES), "n"].sum()))
    shares, level = share_pair(estimates, horizon_days), level_text(alpha)
    picture = Picture(
        name="endings",
        kind="curves",
        numbers=numbers,
        title=_picture_title(estimates, horizon_days),
        sentence=Text(f"{shares.en[0].upper()}{shares.en[1:]}.", f"{shares.zh}。"),
        caption=Text(
            f"{n} leads, {n_open} still open and counted as such; shares with {level} intervals.",
            f"共 {n} 条线索，其中 {n_open} 条未结束并如实计入；占比及 {level} 区间。",
        ),
        x_label=Text("days after opening", "开启后天数"),
        y_label=Text("share of leads", "线索占比"),
        unit="share",
    )
    return (picture,)


def _picture_title(estimates: tuple[Estimate, ...], days: int) -> Text:
    row = _find(estimates, "outcome_probability", f"cause=lost;horizon_days={days}")
    if row is None or row.estimate is None:
        return Text("How leads end, by age", "线索如何结束（按时长）")
    share = share_text(row.estimate, 0)
    return Text(f"{share} of leads are lost within {days} days", f"{days} 天内 {share}的线索丢单")
