"""Findings, table and pictures of the signs that go before a loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.failure_evidence import ratio_columns
from crm_analysis.answers.failure_words import ratio_text
from crm_analysis.deals.outcomes import ENDINGS
from crm_analysis.deals.signs import SIGNS
from crm_analysis.deals.tracks import TESTED_CAUSES
from crm_analysis.estimates import Estimate, claim, is_finding, read_segment
from crm_analysis.language import Text, level_text, number_text, share_text
from crm_analysis.results import Finding, Picture, ShownTable

Place = tuple[int, int]

_NO_WARNING = Text(
    "No reason for alarm: leads with this sign are lost more slowly; check that they are not "
    "simply forgotten.",
    "无需警惕：有此征兆的线索丢单更慢；请确认它们并非被遗忘。",
)


def _hazard(
    estimates: Sequence[Estimate], sign: str, cause: str, *, role: str = "result"
) -> Estimate | None:
    for row in estimates:
        if row.quantity == "track_log_hazard_ratio" and row.role == role:
            pairs = read_segment(row.segment)
            if (pairs["sign"], pairs["cause"]) == (sign, cause):
                return row
    return None


def _placed(
    estimates: Sequence[Estimate], quantity: str, place: Place, **wanted: str
) -> Estimate | None:
    """Find a share or a count at the day and horizon that are told."""
    day, horizon = place
    full = {"landmark_days": str(day), "horizon_days": str(horizon), **wanted}
    for row in estimates:
        if row.quantity == quantity:
            pairs = read_segment(row.segment)
            if all(pairs.get(name) == value for name, value in full.items()):
                return row
    return None


def told_place(estimates: Sequence[Estimate], day: int, horizons: Sequence[int]) -> Place:
    """Choose the longest horizon at which the shares of all signs may be shown, else the shortest.

    A strong sign leaves few leads open, and a share is shown only where 10 are still at risk.
    """
    for horizon in sorted(horizons, reverse=True):
        rows = [
            _placed(estimates, "extra_lost_leads", (day, horizon), sign=sign)
            for sign in _signs(estimates)
        ]
        if all(row is not None and row.estimate is not None for row in rows):
            return (day, horizon)
    return (day, min(horizons))


def _signs(estimates: Sequence[Estimate]) -> list[str]:
    return [name for name in SIGNS if _hazard(estimates, name, "lost") is not None]


def sign_findings(estimates: Sequence[Estimate], place: Place, *, q: float) -> tuple[Finding, ...]:
    """Tell each sign that stands, by loss where that stands, else by win, strongest first."""
    told: list[tuple[float, Finding]] = []
    for sign in _signs(estimates):
        standing = [
            row
            for cause in TESTED_CAUSES.values()
            if (row := _hazard(estimates, sign, cause)) is not None and is_finding(row, q)
        ]
        if standing:
            finding = _finding(standing[0], sign, estimates, place)
            told.append((abs(standing[0].estimate or 0.0), finding))
    ordered = sorted(told, key=lambda pair: -pair[0])
    return tuple(finding for _, finding in ordered[:7])


def _finding(row: Estimate, sign: str, estimates: Sequence[Estimate], place: Place) -> Finding:
    cause = read_segment(row.segment)["cause"]
    words, ending = SIGNS[sign].label, ENDINGS[cause]
    late = _hazard(estimates, sign, cause, role="sensitivity")
    late_text = "–" if late is None or late.estimate is None else f"{math.exp(late.estimate):.2f}"
    sentence = claim(
        Text(f"“{words.en}”", f"“{words.zh}”"),
        Text(
            f"leads being {ending.en} {ratio_text(row)} times as fast in the week that follows "
            f"(read a week late: {late_text} times)",
            f"其后一周{ending.zh}风险为平时的 {ratio_text(row)} 倍（迟一周读取为 {late_text} 倍）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    is_warning = (cause == "lost") == ((row.estimate or 0.0) > 0)
    return Finding(
        sentence=sentence + _size_text(sign, estimates, place),
        evidence=row.evidence,
        action=SIGNS[sign].action if is_warning else _NO_WARNING,
        status=row.status,
        estimate_key=row.key,
    )


def _size_text(sign: str, estimates: Sequence[Estimate], place: Place) -> Text:
    day, horizon = place
    yes = _placed(estimates, "outcome_probability", place, sign=sign, shown="yes")
    no = _placed(estimates, "outcome_probability", place, sign=sign, shown="no")
    extra = _placed(estimates, "extra_lost_leads", place, sign=sign)
    if any(row is None or row.estimate is None for row in (yes, no, extra)):
        return Text(
            " Too few leads are observed long enough to give shares.",
            "可观察的线索太少，不给占比。",
        )
    assert yes is not None and no is not None and extra is not None
    value, low, high = extra.estimate or 0.0, extra.ci_lo or 0.0, extra.ci_hi or 0.0
    fewer = value < 0
    low, high = (-high, -low) if fewer else (low, high)
    words = Text("fewer", "少丢") if fewer else Text("more", "多丢")
    count, ends = number_text(abs(value)), f"{number_text(low)} to {number_text(high)}"
    return Text(
        f" Of leads still open on day {day}, {share_text(yes.estimate or 0)} with the sign and "
        f"{share_text(no.estimate or 0)} without were lost within the next {horizon} days: about "
        f"{count} {words.en} lost deals ({ends}) among {number_text(extra.n or 0)}.",
        f"到第 {day} 天仍未结束的线索中，其后 {horizon} 天内丢单：有征兆者 "
        f"{share_text(yes.estimate or 0)}，无征兆者 {share_text(no.estimate or 0)}；"
        f"在 {number_text(extra.n or 0)} 条中约{words.zh} {count} 单"
        f"（{ends.replace(' to ', ' 至 ')}）。",
    )


def sign_table(
    estimates: Sequence[Estimate], place: Place, *, q: float, alpha: float
) -> ShownTable:
    """Show every sign: hazards of loss and win, read on time and a week late, and shares."""
    lines = []
    for sign in _signs(estimates):
        for cause in TESTED_CAUSES.values():
            row = _hazard(estimates, sign, cause)
            late = _hazard(estimates, sign, cause, role="sensitivity")
            if row is None:
                continue
            verdict = _verdict(row, q)
            lines.append(
                {
                    "sign_en": SIGNS[sign].label.en,
                    "sign_zh": SIGNS[sign].label.zh,
                    "ending_en": ENDINGS[cause].en,
                    "ending_zh": ENDINGS[cause].zh,
                    **ratio_columns(row),
                    "late": None
                    if late is None or late.estimate is None
                    else math.exp(late.estimate),
                    "verdict_en": verdict.en,
                    "verdict_zh": verdict.zh,
                }
            )
    return ShownTable(
        name="signs",
        frame=pd.DataFrame(lines),
        caption=Text(
            "How many times as fast leads end so in the week after a weekly check that shows the "
            f"sign, against leads of the same age without it; {level_text(alpha)} interval.",
            "每周检查出现征兆后一周内以该结局结束的速度，为同龄无征兆线索的多少倍；"
            f"{level_text(alpha)} 区间。",
        ),
        columns={
            "sign": Text("sign", "征兆"),
            "ending": Text("ending", "结局"),
            "ratio": Text("times as fast", "速度倍数"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "late": Text("read a week late", "迟一周读取"),
            "n": Text("leads", "线索数"),
            "events": Text("endings", "结局数"),
            "p_adj": Text("adjusted p", "校正后 p"),
            "verdict": Text("reading", "解读"),
        },
        units={"ratio": "ratio", "ci_lo": "ratio", "ci_hi": "ratio", "late": "ratio"},
        headline=True,
    )


def _verdict(row: Estimate, q: float) -> Text:
    if row.p is None:
        return Text("too little data", "数据太少")
    return Text("stands", "成立") if is_finding(row, q) else Text("not shown", "未见差异")


def sign_picture(estimates: Sequence[Estimate], *, q: float, alpha: float) -> tuple[Picture, ...]:
    """Draw how much faster leads are lost after each sign."""
    rows = [
        (sign, row)
        for sign in _signs(estimates)
        if (row := _hazard(estimates, sign, "lost")) is not None and row.estimate is not None
    ]
    if not rows:
        return ()
    rows = sorted(rows, key=lambda pair: -(pair[1].estimate or 0.0))
    # What goes with slower loss is no sign of one, however clear it is.
    standing = [is_finding(row, q) and (row.estimate or 0.0) > 0 for _, row in rows]
    numbers = pd.DataFrame(
        [
            {
                "label_en": SIGNS[sign].label.en,
                "label_zh": SIGNS[sign].label.zh,
                "estimate": math.exp(row.estimate or 0.0),
                "ci_lo": math.exp(row.ci_lo or 0.0),
                "ci_hi": math.exp(row.ci_hi or 0.0),
                "highlight": stands,
            }
            for (sign, row), stands in zip(rows, standing, strict=True)
        ]
    )
    n_standing = sum(standing)
    top = SIGNS[rows[0][0]].label
    value = f"{math.exp(rows[0][1].estimate or 0.0):.2f}"
    picture = Picture(
        name="signs",
        kind="forest",
        numbers=numbers,
        title=(
            Text(
                f"{n_standing} of {len(rows)} signs go with faster loss",
                f"{n_standing} 项征兆与更快丢单有关",
            )
            if n_standing
            else Text("No sign goes with faster loss", "没有征兆与更快丢单有关")
        ),
        sentence=Text(
            f"{n_standing} of {len(rows)} signs stand for faster loss; the largest is {value} "
            f"after “{top.en}”.",
            f"{len(rows)} 项征兆中有 {n_standing} 项对更快丢单成立；最大倍数为“{top.zh}”之后的 "
            f"{value}。",
        ),
        caption=Text(
            f"Times as fast as leads of the same age without it, {level_text(alpha)} interval; "
            "seen together, not tested.",
            f"相对于同龄无征兆线索的倍数及 {level_text(alpha)} 区间；同时出现，未经对照检验。",
        ),
        x_label=Text("times as fast (1 = no difference)", "速度倍数（1 为无差异）"),
        unit="ratio",
        reference=1.0,
    )
    return (picture,)


def share_picture(
    estimates: Sequence[Estimate], place: Place, *, standing: Sequence[str], alpha: float
) -> tuple[Picture, ...]:
    """Draw the share lost with and without each sign among leads open on one day."""
    day, horizon = place
    lines = []
    for sign in _signs(estimates):
        for shown, words in (("yes", Text("yes", "有")), ("no", Text("no", "无"))):
            row = _placed(estimates, "outcome_probability", place, sign=sign, shown=shown)
            if row is None or row.estimate is None:
                continue
            label = SIGNS[sign].label
            lines.append(
                {
                    "label_en": f"{label.en}: {words.en}",
                    "label_zh": f"{label.zh}：{words.zh}",
                    "value": row.estimate,
                    "lo": row.ci_lo,
                    "hi": row.ci_hi,
                    "highlight": shown == "yes" and sign in standing,
                }
            )
    if not lines:
        return ()
    numbers = pd.DataFrame(lines)
    top = numbers.loc[numbers["value"].idxmax()]
    value = share_text(float(top["value"]))
    picture = Picture(
        name="lost_by_sign",
        kind="bars",
        numbers=numbers,
        title=_share_title(estimates, place, standing),
        sentence=Text(
            f"Of leads still open on day {day}, the largest share lost within the next {horizon} "
            f"days is {value} ({top['label_en']}).",
            f"到第 {day} 天仍未结束的线索中，其后 {horizon} 天内丢单占比最高为 {value}"
            f"（{top['label_zh']}）。",
        ),
        caption=Text(
            "Share of leads lost, endings competing, open leads counted rightly; "
            f"{level_text(alpha)} interval.",
            f"丢单占比（结局相互竞争，正确计入未结束线索）及 {level_text(alpha)} 区间。",
        ),
        x_label=Text("share of leads lost", "丢单占比"),
        unit="share",
    )
    return (picture,)


def _share_title(estimates: Sequence[Estimate], place: Place, standing: Sequence[str]) -> Text:
    """Say what the clearest sign means for the share lost, or that none stands."""
    for sign in standing[:1]:
        yes = _placed(estimates, "outcome_probability", place, sign=sign, shown="yes")
        no = _placed(estimates, "outcome_probability", place, sign=sign, shown="no")
        if yes is not None and no is not None and yes.estimate is not None:
            with_it, without = share_text(yes.estimate, 0), share_text(no.estimate or 0.0, 0)
            return Text(
                f"With the clearest sign {with_it} are lost, without it {without}",
                f"有最明显征兆者 {with_it} 丢单，无者 {without}",
            )
    return Text("No sign stands for a larger share lost", "没有征兆代表更大的丢单占比")


def track_picture(tracks: pd.DataFrame) -> tuple[Picture, ...]:
    """Draw the average deal probability in the weeks before leads were lost or won."""
    if tracks.empty or tracks["cause"].nunique() < 2:
        return ()
    numbers = pd.DataFrame(
        {
            "series_en": [ENDINGS[cause].en for cause in tracks["cause"]],
            "series_zh": [ENDINGS[cause].zh for cause in tracks["cause"]],
            "x": -tracks["weeks_before"].astype(float),
            "y": tracks["mean_value"].astype(float),
        }
    ).sort_values(["series_en", "x"], ignore_index=True)
    last = tracks[tracks["weeks_before"] == 0].set_index("cause")["mean_value"]
    first = tracks.sort_values("weeks_before").groupby("cause")["mean_value"].last()
    lost = f"{share_text(float(first['lost']), 0)} → {share_text(float(last['lost']), 0)}"
    won = f"{share_text(float(first['won']), 0)} → {share_text(float(last['won']), 0)}"
    picture = Picture(
        name="before_the_end",
        kind="curves",
        numbers=numbers,
        title=Text(f"Before a loss, deal probability went {lost}", f"丢单前成交概率 {lost}"),
        sentence=Text(
            f"Average deal probability over the last weeks: lost leads {lost}, won leads {won}.",
            f"最后数周的平均成交概率：丢单线索 {lost}，成交线索 {won}。",
        ),
        caption=Text(
            "Mean of the assessments typed before the end, by week; looks back from the ending, "
            "so it cannot be used to forecast.",
            "结束前录入的评估按周平均；由结局回看，不能用于预测。",
        ),
        x_label=Text("weeks before the end", "距结束的周数"),
        y_label=Text("mean deal probability", "平均成交概率"),
        unit="share",
    )
    return (picture,)
