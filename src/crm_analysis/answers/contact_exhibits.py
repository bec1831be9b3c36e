"""Tables and pictures about contacts: groups, checks, channels, doses, states, goals and reach."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from crm_analysis.answers.contact_findings import ENDINGS, STATES
from crm_analysis.answers.failure_evidence import INTERVAL_COLUMNS, RATIO_UNITS, ratio_columns
from crm_analysis.deals.comparison.levels import POOLED
from crm_analysis.estimates import Estimate, read_segment
from crm_analysis.features.catalog import CATALOG
from crm_analysis.language import Text, level_text, share_text
from crm_analysis.quantities import NOTES
from crm_analysis.results import Picture, ShownTable

_HABIT = Text("contact habit", "联系习惯")
_SHARE_UNITS = {"share": "share", "ci_lo": "share", "ci_hi": "share", "raw": "share"}
_ENDS = {"ci_lo": Text("from", "下限"), "ci_hi": Text("to", "上限")}


def _pair(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_en": text.en, f"{name}_zh": text.zh}


def group_table(estimates: Sequence[Estimate]) -> tuple[ShownTable, ...]:
    """Show which habits cannot be told apart, and what each group explains beside the others."""
    tests = [row for row in estimates if row.quantity == "group_chi2"]
    if not tests:
        return ()
    shares = {
        read_segment(row.segment)["group"]: row.estimate
        for row in estimates
        if row.quantity == "group_importance_share"
    }
    lines = []
    for row in sorted(tests, key=lambda row: (row.p if row.p is not None else 1.0, row.segment)):
        name = read_segment(row.segment)["group"]
        members = [CATALOG[one].meaning for one in name.split("+")]
        words = Text(" + ".join(m.en for m in members), " + ".join(m.zh for m in members))
        line = {"n_members": len(members), "p_adj": row.p_adj, "share": shares.get(name)}
        lines.append({**_pair("group", words), **line})
    day = read_segment(tests[0].segment)["landmark_days"]
    table = ShownTable(
        name="habit_groups",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Contact habits by day {day} that go together are one question each: p of the group, "
            "and the share of all that is explained about losing that is lost without it. No "
            "effect of a single member can be claimed.",
            f"第 {day} 天时彼此相关的联系习惯合为一问：该组的 p 值，以及去掉该组后损失的解释占比。"
            "不能主张组内单项的效果。",
        ),
        columns={
            "group": Text("habits that go together", "彼此相关的习惯"),
            "n_members": Text("how many", "项数"),
            "p_adj": Text("adjusted p", "校正后 p"),
            "share": Text("lost without it", "去掉后损失"),
        },
        units={"share": "share"},
    )
    return (table,)


_CHECKS = {
    "proportionality_p": Text("same ratio over time? (p)", "比值随时间不变？（p）"),
    "linearity_p": Text("straight relation? (p)", "关系是否为直线？（p）"),
    "largest_influence_se": Text(
        "moved by a single lead at most (standard errors)", "单条线索最多使其移动（标准误）"
    ),
    "e_value": Text(
        "strength a hidden factor would need (E-value, and for the interval)",
        "隐藏因素须有的强度（E 值，及区间端点）",
    ),
}
_BOUNDS = {
    "high": Text("; all of them with high values", "；均为高值者"),
    "low": Text("; all of them with low values", "；均为低值者"),
}


def check_table(rows: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show what becomes of each told habit under each check."""
    if not rows:
        return ()
    table = ShownTable(
        name="habit_checks",
        frame=pd.DataFrame([_check_line(row) for row in rows]),
        caption=Text(
            "The habits that stand, checked: the hazard ratio per standard deviation under other "
            f"readings, {level_text(alpha)} interval, and what could explain it away.",
            f"对成立的习惯的检查：不同口径下每标准差的风险率之比及 {level_text(alpha)} 区间，"
            "以及何种隐藏因素可解释。",
        ),
        columns={
            "indicator": _HABIT,
            "check": Text("check", "检查"),
            "value": Text("ratio or p", "比值或 p"),
            **_ENDS,
        },
        units={"value": "ratio", "ci_lo": "ratio", "ci_hi": "ratio"},
    )
    return (table,)


def _check_line(row: Estimate) -> dict[str, object]:
    pairs = read_segment(row.segment)
    if row.quantity in _CHECKS:
        ends: dict[str, object] = {"value": row.estimate, "ci_lo": row.ci_lo, "ci_hi": row.ci_hi}
        words = _CHECKS[row.quantity]
    else:
        ratios = ratio_columns(row)
        ends = {"value": ratios["ratio"], "ci_lo": ratios["ci_lo"], "ci_hi": ratios["ci_hi"]}
        words = _reading(row)
        words = words + _BOUNDS.get(pairs.get("bound", ""), Text("", ""))
    return {**_pair("indicator", _habit_text(pairs)), **_pair("check", words), **ends}


def _reading(row: Estimate) -> Text:
    if row.role == "result":
        return Text("as told", "如正文")
    notes = [NOTES[note.split(":")[0]] for note in row.note.split(";")]
    return notes[0] if row.estimate is not None else notes[0] + Text("; ", "；") + notes[-1]


def _habit_text(pairs: dict[str, str]) -> Text:
    words, ending = CATALOG[pairs["indicator"]].meaning, ENDINGS[pairs["cause"]]
    day = pairs["landmark_days"]
    return Text(f"{words.en} (day {day}, {ending.en})", f"{words.zh}（第 {day} 天，{ending.zh}）")


def all_days_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show each habit's ratio over all landmarks together."""
    rows = [
        row
        for row in estimates
        if row.note.startswith("all_landmarks") and row.estimate is not None
    ]
    if not rows:
        return ()
    lines = []
    for row in sorted(rows, key=lambda row: (row.p or 0.0, row.segment)):
        pairs = read_segment(row.segment)
        words, ending = CATALOG[pairs["indicator"]].meaning, ENDINGS[pairs["cause"]]
        numbers = {**ratio_columns(row), "p": row.p}
        lines.append({**_pair("indicator", words), **_pair("ending", ending), **numbers})
    table = ShownTable(
        name="habits_all_days",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Every habit over all landmark days together: hazard ratio per standard deviation, "
            f"{level_text(alpha)} interval, each lead counted as one. A second reading: not "
            "counted among the questions asked.",
            f"各习惯合并全部观察日：每标准差的风险率之比及 {level_text(alpha)} 区间，"
            "每条线索只算一个。仅供复核，不计入提问数。",
        ),
        columns={
            "indicator": _HABIT,
            "ending": Text("ending", "结局"),
            **{name: text for name, text in INTERVAL_COLUMNS.items() if name != "p_adj"},
            "p": Text("p", "p 值"),
        },
        units=RATIO_UNITS,
    )
    return (table,)


def state_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show how fast leads end in each state, with the naive ever-or-never ratio beside it."""
    rows = [row for row in estimates if row.quantity == "state_log_hazard_ratio"]
    ever = {row.segment: row.estimate for row in rows if row.role == "naive"}
    lines = []
    for row in rows:
        if row.role != "result" or row.estimate is None:
            continue
        pairs = read_segment(row.segment)
        naive = ever.get(row.segment)
        lines.append(
            {
                **_pair("state", STATES[pairs["state"]]),
                **_pair("ending", ENDINGS[pairs["cause"]]),
                **ratio_columns(row),
                "ever": None if naive is None else math.exp(naive),
            }
        )
    if not lines:
        return ()
    table = ShownTable(
        name="lead_states",
        frame=pd.DataFrame(lines),
        caption=Text(
            "How fast leads end while a state lasts, against while it does not, "
            f"{level_text(alpha)} interval. The last column asks whether a lead was ever in the "
            "state: misleading, because leads that live longer have more time for it. Intervals "
            "take leads as independent: where representatives differ much they are too short.",
            f"状态持续期间与非持续期间结局快慢之比及 {level_text(alpha)} 区间。"
            "末列按“是否曾有”计算：有误导，存续越久越可能出现。"
            "区间以线索相互独立为前提：若各代表差异较大则偏窄。",
        ),
        columns={
            "state": Text("state", "状态"),
            "ending": Text("ending", "结局"),
            **INTERVAL_COLUMNS,
            "ever": Text("ever or never: misleading", "曾有与否：有误导"),
        },
        units={**RATIO_UNITS, "ever": "ratio"},
    )
    return (table,)


def channel_lines(estimates: Sequence[Estimate]) -> pd.DataFrame:
    """List the channels, the highest shrunk share first, those without one last."""
    rows = [row for row in estimates if row.quantity == "channel_win_share"]
    shrunk = {read_segment(r.segment)["channel"]: r for r in rows if r.role == "result"}
    lines = []
    for raw in (row for row in rows if row.role == "naive"):
        channel = read_segment(raw.segment)["channel"]
        row = shrunk.get(channel)
        known = row is not None and row.estimate is not None
        lines.append(
            {
                "channel": channel,
                "n": raw.n,
                "won": raw.events,
                "share": row.estimate if row is not None else None,
                "ci_lo": row.ci_lo if row is not None else None,
                "ci_hi": row.ci_hi if row is not None else None,
                "raw": raw.estimate,
                "ranked": known and row is not None and row.status == "ok",
            }
        )
    frame = pd.DataFrame(lines)
    if frame.empty:
        return frame
    return frame.sort_values(
        ["ranked", "share", "channel"], ascending=[False, False, True], ignore_index=True
    )


def channel_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show the share won by channel of the first contact, shrunk and raw, with the numbers."""
    frame = channel_lines(estimates)
    if frame.empty:
        return ()
    reading = [
        Text("ranked", "参与排名")
        if ranked
        else Text("too few to rank; raw share misleads", "太少，不排名；原始占比有误导")
        for ranked in frame["ranked"]
    ]
    shown = frame.assign(
        reading_en=[text.en for text in reading], reading_zh=[text.zh for text in reading]
    )
    table = ShownTable(
        name="first_channels",
        frame=shown.drop(columns="ranked"),
        caption=Text(
            "Share of leads won by channel of the first contact, drawn to the mean of all channels "
            f"by as much as its few leads demand, {level_text(alpha)} interval; only leads opened "
            f"long enough ago. Channels under the limit are pooled as {POOLED}.",
            f"按首次联系渠道的成交占比（按线索多少向均值收缩）及 {level_text(alpha)} 区间；"
            f"仅含开启足够久的线索，过小渠道合并为 {POOLED}。",
        ),
        columns={
            "channel": Text("first channel", "首次渠道"),
            "n": Text("leads", "线索数"),
            "won": Text("won", "成交数"),
            "share": Text("share won", "成交占比"),
            **_ENDS,
            "raw": Text("raw share", "原始占比"),
            "reading": Text("reading", "解读"),
        },
        units=_SHARE_UNITS,
    )
    return (table,)


def dose_picture(rows: Sequence[Estimate], *, alpha: float) -> tuple[Picture, ...]:
    """Draw the share lost by the value of the clearest habit."""
    shown = [row for row in rows if row.estimate is not None]
    if len(shown) < 3:
        return ()
    pairs = read_segment(shown[0].segment)
    words, day = CATALOG[pairs["indicator"]].meaning, pairs["landmark_days"]
    doses = [read_segment(row.segment)["dose"] for row in shown]
    numbers = pd.DataFrame(
        {
            "label_en": doses,
            "label_zh": doses,
            "value": [row.estimate for row in shown],
            "lo": [row.ci_lo for row in shown],
            "hi": [row.ci_hi for row in shown],
            "highlight": [False] * len(shown),
        }
    )
    first, last = (share_text(row.estimate or 0.0) for row in (shown[0], shown[-1]))
    days = pairs["horizon_days"]
    picture = Picture(
        name="dose_response",
        kind="bars",
        numbers=numbers,
        title=Text(f"Losses by “{words.en}”", f"按“{words.zh}”看丢单"),
        sentence=Text(
            f"Lost within {days} days after day {day}: {first} of the leads with the lowest values "
            f"of “{words.en}” ({doses[0]}), {last} of those with the highest ({doses[-1]}).",
            f"第 {day} 天后 {days} 天内丢单：“{words.zh}”最低（{doses[0]}）的线索 {first}，"
            f"最高（{doses[-1]}）的 {last}。",
        ),
        caption=Text(
            f"Leads still open on day {day} in fifths of the value, equal values together; share "
            f"lost with {level_text(alpha)} interval; not adjusted.",
            f"第 {day} 天仍未结束的线索按取值分为五份（相同值不拆分）；丢单占比及 "
            f"{level_text(alpha)} 区间；未调整。",
        ),
        x_label=Text("share of leads lost", "丢单占比"),
        unit="share",
    )
    return (picture,)


def attainment_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show goals met in sequence, and customers reached by route and after a failure."""
    lines = [
        {**_pair("what", words), "n": row.n, "events": row.events, "share": row.estimate,
         "ci_lo": row.ci_lo, "ci_hi": row.ci_hi}
        for row in estimates
        if (words := _attained(row)) is not None
    ]  # fmt: skip
    if not lines:
        return ()
    table = ShownTable(
        name="goals_and_reach",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Goals met in the order of contacts, and tries that reached the customer, "
            f"{level_text(alpha)} interval. Described only: a change of route may have reasons.",
            f"按次序的目标达成占比与联系上占比及 {level_text(alpha)} 区间。仅为描述："
            "改用途径者可能另有原因。",
        ),
        columns={
            "what": Text("what", "项目"),
            "n": Text("counted", "总数"),
            "events": Text("of which so", "其中"),
            "share": Text("share", "占比"),
            **_ENDS,
        },
        units=_SHARE_UNITS,
    )
    return (table,)


def case_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show after how many days half of the customers' cases are settled."""
    rows = [
        row for row in estimates if row.quantity == "case_open_days" and row.estimate is not None
    ]
    if not rows:
        return ()
    names = {"n": "n", "events": "events", "days": "estimate", "ci_lo": "ci_lo", "ci_hi": "ci_hi"}
    table = ShownTable(
        name="cases_settled",
        frame=pd.DataFrame([{k: getattr(row, name) for k, name in names.items()} for row in rows]),
        caption=Text(
            "Complaints, questions and promises of customers with a lead: days until half of them "
            f"were settled, open ones counted rightly, {level_text(alpha)} interval.",
            f"有线索的客户的投诉、提问与承诺：半数了结所需天数及 {level_text(alpha)} 区间"
            "（正确计入未了结者）。",
        ),
        columns={
            "n": Text("cases", "事项数"),
            "events": Text("settled", "已了结"),
            "days": Text("days until half are settled", "半数了结的天数"),
            **_ENDS,
        },
        units={"days": "days", "ci_lo": "days", "ci_hi": "days"},
    )
    return (table,)


def _attained(row: Estimate) -> Text | None:
    pairs = read_segment(row.segment)
    if row.quantity == "goal_met_share":
        return Text(f"goal {pairs['place']} of a lead met", f"第 {pairs['place']} 个目标达成")
    if row.quantity == "reached_share" and "channel" in pairs and row.method == "wilson":
        return Text(f"reached by {pairs['channel']}", f"经 {pairs['channel']} 联系上")
    if row.quantity == "reached_share" and pairs.get("after_failure") == "same":
        return Text("reached on the same route after a failure", "失败后沿用同一途径联系上")
    if row.quantity == "reached_share":
        return Text("reached on another route after a failure", "失败后改用其他途径联系上")
    if row.quantity == "other_route_gain":
        return Text("difference: another route less the same", "差：其他途径减同一途径")
    return None
