"""What win-back drawn by lot brought, by the pattern of the deal lost before, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.answers.playbook_findings import BACK, stands_by_lot
from crm_analysis.deals.advice.drawn_interaction import SHRUNK
from crm_analysis.deals.advice.drawn_patterns import NET
from crm_analysis.deals.advice.first_shown import shown_text
from crm_analysis.estimates import GRADES, Estimate, is_finding, read_segment, segment
from crm_analysis.language import Text, level_text
from crm_analysis.results import ShownTable
from crm_analysis.winback.effect import CONTROL

Found = Mapping[tuple[str, str], Estimate]


def lot_table(
    estimates: Sequence[Estimate], *, q: float, alpha: float, currency: str
) -> tuple[ShownTable, ...]:
    """Show what win-back drawn by lot brought, by the pattern of the deal lost before."""
    found = {(row.quantity, row.segment): row for row in estimates}
    lines = [_line(row, found, q=q) for row in estimates if row.quantity == BACK]
    if not lines:
        return ()
    table = ShownTable(
        name="playbook_by_lot",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Win-back drawn by lot, by what the customer's last lost deal had shown: "
            f"share that bought again, arm less control; {level_text(alpha)} interval; "
            f"{GRADES['randomised'].en}. Beside it the difference drawn towards the arm's mean, "
            "and the margin less cost per assigned customer. A pattern is told apart only where "
            "the arm does more after some patterns than after others.",
            f"抽签挽回，按客户最近丢单曾出现的情形：再购占比，试验组减对照组；"
            f"{level_text(alpha)} 区间；{GRADES['randomised'].zh}。"
            "另列向该组均值收缩后的差异和每位分配客户的毛利减成本。"
            "仅当该组效果因情形而异时才单独说明某一情形。",
        ),
        columns={
            "pattern": Text("what showed", "出现的情形"),
            "arm": Text("arm", "组别"),
            "n_arm": Text("customers, arm", "试验组客户数"),
            "share_arm": Text("bought again, arm", "试验组再购"),
            "n_control": Text("customers, control", "对照组客户数"),
            "share_control": Text("bought again, control", "对照组再购"),
            "difference": Text("difference", "差异"),
            "ci_lo": Text("from", "下限"),
            "ci_hi": Text("to", "上限"),
            "shrunk": Text("difference, shrunk", "收缩后差异"),
            "shrunk_lo": Text("shrunk from", "收缩下限"),
            "shrunk_hi": Text("shrunk to", "收缩上限"),
            "net": Text(f"net a customer, {currency}", f"每位净值，{currency}"),
            "net_lo": Text("net from", "净值下限"),
            "net_hi": Text("net to", "净值上限"),
            "reading": Text("reading", "解读"),
        },
        units={
            **dict.fromkeys(("share_arm", "share_control"), "share"),
            **dict.fromkeys(("difference", "ci_lo", "ci_hi"), "points"),
            **dict.fromkeys(("shrunk", "shrunk_lo", "shrunk_hi"), "points"),
            **dict.fromkeys(("net", "net_lo", "net_hi"), "money"),
        },
    )
    return (table,)


def _line(row: Estimate, found: Found, *, q: float) -> dict[str, object]:
    place = read_segment(row.segment)
    name, reading = shown_text(place["pattern"]), _reading(row, found, q=q)
    arm, control = (_side(found, place, side) for side in (place["arm"], CONTROL))
    shrunk, net = found.get((SHRUNK, row.segment)), found.get((NET, row.segment))
    return {
        "pattern_en": name.en,
        "pattern_zh": name.zh,
        "arm": place["arm"],
        "n_arm": None if arm is None else arm.n,
        "share_arm": None if arm is None else arm.estimate,
        "n_control": None if control is None else control.n,
        "share_control": None if control is None else control.estimate,
        "difference": row.estimate,
        "ci_lo": row.ci_lo,
        "ci_hi": row.ci_hi,
        **_three("shrunk", shrunk),
        **_three("net", net),
        "reading_en": reading.en,
        "reading_zh": reading.zh,
    }


def _side(found: Found, place: Mapping[str, str], side: str) -> Estimate | None:
    told = {"pattern": place["pattern"], "arm": place["arm"], "side": side}
    return found.get(("pattern_return_share", segment(**told, horizon_days=place["horizon_days"])))


def _three(name: str, row: Estimate | None) -> dict[str, float | None]:
    return {
        name: None if row is None else row.estimate,
        f"{name}_lo": None if row is None else row.ci_lo,
        f"{name}_hi": None if row is None else row.ci_hi,
    }


def _reading(row: Estimate, found: Found, *, q: float) -> Text:
    if row.estimate is None:
        return Text("too few bought again", "再购太少")
    if stands_by_lot(row, found, q=q):
        return Text("stands", "成立")
    if is_finding(row, q):
        return Text("not told apart from the arm as a whole, or costs money", "与整组无异或不划算")
    return Text("not shown", "未见差异")
