"""What else was computed of stated reasons: by code, under callback error, by month, to stay."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from crm_analysis.answers.failure_gaps import code_name
from crm_analysis.answers.reason_exhibits import source_name
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.reasons.reports import main_code
from crm_analysis.results import Picture, ShownTable

_FROM, _TO = Text("from", "下限"), Text("to", "上限")
_REASON = Text("reason", "原因")


def code_agreement_table(
    codes: pd.DataFrame, names: Mapping[str, Text], *, alpha: float
) -> tuple[ShownTable, ...]:
    """Show how far sales and callback agree on each reason by itself."""
    if codes.empty:
        return ()
    frame = _named(codes, names)[
        ["reason_en", "reason_zh", "n_first", "n_second", "n_both", "kappa", "lo", "hi"]
    ].astype(dict.fromkeys(("kappa", "lo", "hi"), float))
    table = ShownTable(
        name="reason_agreement_by_code",
        frame=frame,
        caption=Text(
            "Sales and callback on each reason by itself, among lost deals with both; kappa with "
            f"its {level_text(alpha)} interval, a dash where there are too few.",
            f"两者皆有的丢单中，销售与回访就每个原因的一致性；kappa 及其 {level_text(alpha)} "
            "区间，太少时以横线表示。",
        ),
        columns={
            "reason": _REASON,
            "n_first": Text("noted by sales", "销售记录"),
            "n_second": Text("said in callback", "回访所述"),
            "n_both": Text("both", "两者皆有"),
            "kappa": Text("kappa", "kappa"),
            "lo": _FROM,
            "hi": _TO,
        },
        units={
            **dict.fromkeys(("n_first", "n_second", "n_both"), "count"),
            **dict.fromkeys(("kappa", "lo", "hi"), "ratio"),
        },
    )
    return (table,)


def sensitivity_table(
    shares: pd.DataFrame, errors: Mapping[float, pd.DataFrame], names: Mapping[str, Text]
) -> tuple[ShownTable, ...]:
    """Show the corrected shares if callbacks themselves named a wrong reason now and then."""
    if shares["corrected"].isna().all():
        return ()
    frame = _named(shares, names)[["code", "reason_en", "reason_zh", "corrected"]]
    columns = {"reason": _REASON, "corrected": Text("callbacks always right", "回访全对")}
    for error, found in errors.items():
        name = f"error_{round(100 * error)}"
        frame = frame.merge(found[["code", "corrected"]].set_axis(["code", name], axis=1))
        columns[name] = Text(f"{100 * error:.0f} % wrong", f"{100 * error:.0f} % 有误")
    table = ShownTable(
        name="reason_callback_error",
        frame=frame.drop(columns="code"),
        caption=Text(
            "Corrected shares if so many callbacks named any other reason than the true one.",
            "若有该比例的回访说成其他原因，校正后的占比。",
        ),
        columns=columns,
        units=dict.fromkeys([name for name in columns if name != "reason"], "share"),
    )
    return (table,)


def months_table(months: pd.DataFrame) -> tuple[ShownTable, ...]:
    """Show the recent months' reasons, completed by the usual delays."""
    if months.empty:
        return ()
    frame = months[["month", "observed", "completed", "lo", "hi", "completeness"]].copy()
    refused = months["status"] == "not_estimable"
    frame.loc[refused, ["completed", "lo", "hi"]] = None
    frame["note_en"] = ["" if done else "not all typed in yet" for done in ~months["immature"]]
    frame["note_zh"] = ["" if done else "尚未录全" for done in ~months["immature"]]
    table = ShownTable(
        name="reason_months",
        frame=frame,
        caption=Text(
            "Reasons noted by sales, by month of the loss, completed by the delays seen so far (at "
            "most one a lost lead). Do not read an unfinished month as a decline.",
            "销售记录的原因（按丢单月份），按以往录入延迟推算补足（每条丢单至多一条）。"
            "勿把未录全的月份当作下降。",
        ),
        columns={
            "month": Text("month of loss", "丢单月份"),
            "observed": Text("typed in so far", "已录入"),
            "completed": Text("in the end", "最终"),
            "lo": _FROM,
            "hi": _TO,
            "completeness": Text("share typed in", "已录入占比"),
            "note": Text("note", "说明"),
        },
        units={
            "observed": "count",
            **dict.fromkeys(("completed", "lo", "hi"), "count"),
            "completeness": "share",
        },
    )
    return (table,)


def months_picture(months: pd.DataFrame, *, alpha: float) -> tuple[Picture, ...]:
    """Draw the reasons typed in so far beside those expected in the end."""
    known = months[months["status"] == "ok"]
    if len(known) < 2:
        return ()
    ago = pd.RangeIndex(1 - len(months), 1)[known.index.to_numpy()]
    seen = pd.DataFrame(
        {"series_en": "typed in so far", "series_zh": "已录入", "x": ago, "y": known["observed"]}
    )
    end = pd.DataFrame(
        {
            "series_en": "in the end", "series_zh": "最终", "x": ago, "y": known["completed"],
            "lo": known["lo"], "hi": known["hi"],
        }
    )  # fmt: skip
    last = known.iloc[-1]
    n_immature = int(known["immature"].sum())
    return (
        Picture(
            name="reason_months",
            kind="curves",
            numbers=pd.concat([end, seen], ignore_index=True),
            title=Text("Recent months are not all in yet", "近月尚未录全"),
            sentence=Text(
                f"Of {last['month']} {number_text(last['observed'])} reasons are typed in; about "
                f"{number_text(last['completed'])} ({number_text(last['lo'])}–"
                f"{number_text(last['hi'])}) are to be expected in the end. {n_immature} months "
                "are unfinished.",
                f"{last['month']} 已录入 {number_text(last['observed'])} 条原因，最终预计约 "
                f"{number_text(last['completed'])} 条（{number_text(last['lo'])}–"
                f"{number_text(last['hi'])}）。有 {n_immature} 个月尚未录全。",
            ),
            caption=Text(
                f"By month of the loss; {level_text(alpha)} band. Assumes that delays stay as "
                "they were.",
                f"按丢单月份；{level_text(alpha)} 区间带。假定录入延迟不变。",
            ),
            x_label=Text("months before the as-of month", "距截止月的月数"),
            y_label=Text("reasons", "原因数"),
            unit="count",
        ),
    )


def unread_table(counts: pd.DataFrame) -> tuple[ShownTable, ...]:
    """Show how many reasons could not be read, by who said them and how they were asked."""
    if not counts["n_unread"].sum():
        return ()
    ways = {
        "open": Text("asked openly", "开放提问"),
        "list": Text("offered a list", "提供选项"),
        "unknown": Text("not recorded", "未记录"),
    }
    frame = pd.DataFrame(
        {
            "source_en": [source_name(one).en for one in counts["source"]],
            "source_zh": [source_name(one).zh for one in counts["source"]],
            "asked_en": [ways[one].en for one in counts["asked"]],
            "asked_zh": [ways[one].zh for one in counts["asked"]],
            "n": counts["n"],
            "n_unread": counts["n_unread"],
            "share": counts["n_unread"] / counts["n"],
        }
    )
    table = ShownTable(
        name="reasons_unread",
        frame=frame,
        caption=Text(
            "Reasons in which no code could be read. They are left out of all shares and "
            "comparisons; coding some of them by hand teaches the rest.",
            "未能读出编码的原因。它们不计入任何占比和比较；人工编码其中一部分即可让系统学会其余。",
        ),
        columns={
            "source": Text("who said it", "来源"),
            "asked": Text("how asked", "提问方式"),
            "n": Text("reasons", "原因数"),
            "n_unread": Text("not read", "未读出"),
            "share": Text("share", "占比"),
        },
        units={"n": "count", "n_unread": "count", "share": "share"},
    )
    return (table,)


def stay_table(coded: pd.DataFrame, names: Mapping[str, Text]) -> tuple[ShownTable, ...]:
    """Show why customers stay, counted by code."""
    stay = coded[coded["about"] == "stay"]
    if stay.empty:
        return ()
    counts = pd.Series([main_code(codes) for codes in stay["codes"]]).value_counts()
    found = counts.rename_axis("code").rename("n").reset_index()
    found = found.sort_values(["n", "code"], ascending=[False, True], ignore_index=True)
    frame = _named(found.assign(share=found["n"] / len(stay)), names)
    table = ShownTable(
        name="stay_reasons",
        frame=frame[["reason_en", "reason_zh", "n", "share"]],
        caption=Text("Why customers say they stay: main reasons.", "客户所说的留下原因：主因。"),
        columns={"reason": _REASON, "n": Text("times", "次数"), "share": Text("share", "占比")},
        units={"n": "count", "share": "share"},
    )
    return (table,)


def _named(frame: pd.DataFrame, names: Mapping[str, Text]) -> pd.DataFrame:
    labels = [code_name(str(code), names) for code in frame["code"]]
    return frame.assign(
        reason_en=[label.en for label in labels], reason_zh=[label.zh for label in labels]
    )
