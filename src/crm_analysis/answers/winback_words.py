"""The sentences of the win-back evaluation, each with its numbers, interval and grade."""

from __future__ import annotations

from dataclasses import dataclass

from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, number_text, points_text, share_text
from crm_analysis.proportions import minimum_detectable_share
from crm_analysis.results import Finding
from crm_analysis.winback.effect import CONTROL
from crm_analysis.winback.evaluation import ANY_ARM, Evaluation
from crm_analysis.winback.verdict import WORDS, Verdict, Word, overall

ARM_NAMES = {
    CONTROL: Text("not contacted (control)", "未联系（对照组）"),
    "treat": Text("contacted", "联系组"),
    ANY_ARM: Text("all contacted", "全部联系组"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sentences need: the rows, the currency, the false discovery rate."""

    evaluation: Evaluation
    currency: str
    fdr_q: float


def arm_text(arm: str) -> Text:
    """Name an arm for readers; an arm of the organisation's own keeps its name."""
    return ARM_NAMES.get(arm, Text(arm, arm))


def arm_subject(arm: str) -> Text:
    """Name an arm as the subject of a sentence."""
    if arm == ANY_ARM:
        return Text("All contacted", "全部联系组")
    if arm in ARM_NAMES:
        return Text(f"The {ARM_NAMES[arm].en} arm", ARM_NAMES[arm].zh)
    return Text(f"The {arm} arm", f"{arm} 组")


def difference_text(row: Estimate) -> Text:
    """Write a difference of shares with its interval and n."""
    if row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("not estimable", "无法估计")
    size, lo, hi = (points_text(value) for value in (row.estimate, row.ci_lo, row.ci_hi))
    n = number_text(row.n or 0)
    return Text(f"{size} (interval {lo} to {hi}, n = {n})", f"{size}（区间 {lo} 至 {hi}，n = {n}）")


def money_text(row: Estimate, currency: str) -> Text:
    """Write net margin per assigned customer, against control, with its interval."""
    if row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("money not estimable", "金额无法估计")
    size, lo, hi = (_signed(value) for value in (row.estimate, row.ci_lo, row.ci_hi))
    return Text(
        f"{size} {currency} net per assigned customer against control (interval {lo} to {hi})",
        f"每位分配客户净额相对对照组 {size} {currency}（区间 {lo} 至 {hi}）",
    )


def headline(told: Told) -> Text:
    """One sentence: what contact earned and brought back, against control."""
    verdicts = [one for one in told.evaluation.verdicts if one.money is not None]
    days = told.evaluation.horizon_days
    arm = ANY_ARM if len(verdicts) > 1 else (verdicts[0].arm if verdicts else "")
    row = told.evaluation.of_arm("return_share_difference", arm)
    back = Text("not estimable", "无法估计") if row is None else difference_text(row)
    if not verdicts:
        return Text(
            "Whether win-back pays cannot be judged: the source has no orders to tell what "
            "contact earned.",
            "无法判断挽回是否划算：数据源没有订单，无从得知联系的收益。",
        )
    several = len(verdicts) > 1
    worth = [_short_money(one, told.currency, named=several) for one in verdicts]
    earned = Text(", ".join(one.en for one in worth), "，".join(one.zh for one in worth))
    lead = _lead(told)
    return Text(
        f"{lead.en}: within {days} days contact changed returns by {back.en} against control and "
        f"earned {earned.en} net per assigned customer.",
        f"{lead.zh}：{days} 天内联系使回购相对对照组变化 {back.zh}；"
        f"每位分配客户净收益 {earned.zh}。",
    )


def money_notes(told: Told) -> frozenset[str]:
    """Collect what the money of all arms rests on."""
    moneys = [one.money for one in told.evaluation.verdicts if one.money is not None]
    return frozenset(code for money in moneys for code in money.note.split(";"))


def _lead(told: Told) -> Text:
    """Say whether win-back pays, and that it is before cost where no cost is recorded."""
    word = overall(told.evaluation.verdicts)
    lead = _LEADS[word]
    if word == "not_estimable" or "no_cost" not in money_notes(told):
        return lead
    return Text(f"Before cost, {lead.en[0].lower()}{lead.en[1:]}", f"未扣成本前，{lead.zh}")


def brief(told: Told) -> Text:
    """Say in one short sentence whether win-back pays: the money, at most two numbers."""
    lead = _lead(told)
    paid = [
        (one.money.estimate, one.arm)
        for one in told.evaluation.verdicts
        if one.money is not None and one.money.estimate is not None
    ]
    if not paid:
        return Text(f"{lead.en}.", f"{lead.zh}。")
    paid.sort(key=lambda pair: (-pair[0], pair[1]))
    ends = [paid[0], paid[-1]] if len(paid) > 1 else paid
    sizes = [f"{_signed(value)} {told.currency}" for value, _ in ends]
    if len(ends) > 1:
        names = [arm_text(arm) for _, arm in ends]
        en = [f"{size} ({name.en})" for size, name in zip(sizes, names, strict=True)]
        zh = [f"{size}（{name.zh}）" for size, name in zip(sizes, names, strict=True)]
    else:
        en = zh = sizes
    joint = Text(" and ", "和 ") if len(paid) < 3 else Text(" to ", "至 ")
    return Text(
        f"{lead.en}: {joint.en.join(en)} net per assigned customer.",
        f"{lead.zh}：每位分配客户净额 {joint.zh.join(zh)}。",
    )


def _short_money(verdict: Verdict, currency: str, *, named: bool) -> Text:
    row = verdict.money
    if row is None or row.estimate is None or row.ci_lo is None or row.ci_hi is None:
        return Text("an unknown amount", "未知")
    size, lo, hi = (_signed(value) for value in (row.estimate, row.ci_lo, row.ci_hi))
    name = arm_text(verdict.arm)
    told = Text(f"{size} {currency} ({lo} to {hi})", f"{size} {currency}（{lo} 至 {hi}）")
    return Text(f"{told.en} ({name.en})", f"{told.zh}（{name.zh}）") if named else told


_LEADS: dict[Word, Text] = {
    "continue": Text("Win-back pays", "挽回划算"),
    "change": Text("Win-back is not shown to pay", "未能证明挽回划算"),
    "stop": Text("Win-back does not pay", "挽回不划算"),
    "not_estimable": Text("Whether win-back pays cannot be judged", "无法判断挽回是否划算"),
}


def decision(told: Told, verdict: Verdict) -> Finding:
    """Tell one arm: money, returns against control, and what to do."""
    arm = arm_subject(verdict.arm)
    row = told.evaluation.of_arm("return_share_difference", verdict.arm)
    back = Text("not estimable", "无法估计")
    if row is not None and row.estimate is not None:
        back = difference_text(row) + _detectable(told, row)
    money = verdict.money
    worth = Text("", "") if money is None else money_text(money, told.currency)
    days, word = told.evaluation.horizon_days, WORDS[verdict.word]
    return Finding(
        sentence=Text(
            f"{arm.en}, {days} days: {worth.en}; returns {back.en}.",
            f"{arm.zh}，{days} 天：{worth.zh}；回购 {back.zh}。",
        ),
        evidence="descriptive" if money is None else money.evidence,
        action=Text(f"{arm.en}: {word.en}.", f"{arm.zh}：{word.zh}。"),
        status="ok" if money is None else money.status,
        estimate_key=None if row is None else row.key,
    )


def trap(told: Told) -> list[Finding]:
    """Tell what counting the contacted alone would claim, and what the controls say to it."""
    evaluation = told.evaluation
    arms = [verdict.arm for verdict in evaluation.verdicts]
    arm = ANY_ARM if len(arms) > 1 else (arms or [""])[0]
    naive = evaluation.of_arm("return_share", arm, role="naive")
    control = evaluation.of_arm("control_return_share", arm)
    if naive is None or control is None or naive.estimate is None or control.estimate is None:
        return []
    seen, alone = share_text(naive.estimate), share_text(control.estimate)
    n, n_control = number_text(naive.n or 0), number_text(control.n or 0)
    return [
        Finding(
            sentence=Text(
                f"{seen} of the contacted came back (n = {n}), but so did {alone} of those not "
                f"contacted (n = {n_control}): the first number alone is not an effect.",
                f"被联系者中 {seen} 回购（n = {n}），但未被联系者中也有 {alone}"
                f"（n = {n_control}）：单看前者不是效果。",
            ),
            evidence="descriptive",
            action=Text(
                "Report win-back only as the difference to the control group.",
                "汇报挽回成果时只报与对照组之差。",
            ),
            estimate_key=naive.key,
        )
    ]


def engagement_finding(told: Told, arm: str) -> list[Finding]:
    """Tell a change in engagement that stands among the secondary outcomes."""
    row = told.evaluation.of_arm("engagement_share_difference", arm)
    if row is None or not is_finding(row, told.fdr_q):
        return []
    name, size = arm_subject(arm), difference_text(row)
    days = told.evaluation.horizon_days
    return [
        Finding(
            sentence=Text(
                f"{name.en}, {days} days: engaged with us, against control {size.en}.",
                f"{name.zh}，{days} 天：与我们互动，相对对照组 {size.zh}。",
            ),
            evidence=row.evidence,
            action=Text(
                "Engagement is not yet money: judge by net margin.",
                "互动还不是收入：以净毛利为准。",
            ),
            status=row.status,
            estimate_key=row.key,
        )
    ]


def opt_out_finding(told: Told, arm: str) -> list[Finding]:
    """Tell a change in opt-outs that stands among the secondary outcomes."""
    row = told.evaluation.of_arm("opt_out_share_difference", arm)
    if row is None or not is_finding(row, told.fdr_q):
        return []
    name, size = arm_subject(arm), difference_text(row)
    days = told.evaluation.horizon_days
    return [
        Finding(
            sentence=Text(
                f"{name.en}, {days} days: opted out, against control {size.en}.",
                f"{name.zh}，{days} 天：退订，相对对照组 {size.zh}。",
            ),
            evidence=row.evidence,
            action=Text(
                "Contact less often: each opt-out closes the door for good.",
                "减少联系次数：每次退订都永久关门。",
            ),
            status=row.status,
            estimate_key=row.key,
        )
    ]


def warnings(told: Told) -> list[Finding]:
    """Tell what weakens the test itself: a draw that does not fit, controls contacted."""
    found = []
    if told.evaluation.n_failed_draws:
        found.append(
            Finding(
                sentence=Text(
                    f"In {told.evaluation.n_failed_draws} round(s) the arm sizes do not fit the "
                    "draw (chi-square p < 0.001): the arms may differ by more than contact.",
                    f"{told.evaluation.n_failed_draws} 个轮次的各组人数与抽签比例不符"
                    "（卡方 p < 0.001）：各组之差可能不只来自联系。",
                ),
                evidence="exact",
                action=Text(
                    "Find out who changed the assignment before any effect is quoted.",
                    "引用任何效果之前，先查明谁改动了分配。",
                ),
                status="weak",
            )
        )
    row = told.evaluation.find("controls_contacted_share", role="diagnostic")
    if row is not None and row.events:
        share = share_text(row.estimate or 0)
        found.append(
            Finding(
                sentence=Text(
                    f"{number_text(row.events)} controls ({share}) were contacted all the same: "
                    "effects look smaller than they are.",
                    f"{number_text(row.events)} 位对照组客户（{share}）仍被联系：效果会被低估。",
                ),
                evidence="exact",
                action=Text(
                    "Keep the control group out of every call list.",
                    "把对照组从所有联系名单中排除。",
                ),
                status="weak",
                estimate_key=row.key,
            )
        )
    return found


def _detectable(told: Told, row: Estimate) -> Text:
    """Beside a null: the smallest difference that the arms could have shown (80 % power)."""
    arm = arm_of(row)
    control = told.evaluation.of_arm("control_return_share", arm)
    own = told.evaluation.of_arm("return_share", arm)
    covers = row.ci_lo is not None and row.ci_hi is not None and row.ci_lo <= 0 <= row.ci_hi
    if not covers or control is None or own is None or control.estimate is None:
        return Text("", "")
    if not own.n or not control.n:
        return Text("", "")
    smallest = minimum_detectable_share(control.estimate, (own.n, control.n)) - control.estimate
    size = points_text(smallest)
    return Text(
        f", not shown to differ (this test could have seen {size})",
        f"，未显示差异（此试验可识别的最小差异为 {size}）",
    )


def _signed(value: float) -> str:
    rounded = round(value, 2)
    return f"{'+' if rounded > 0 else ''}{number_text(rounded or 0.0, 2)}"


def arm_of(row: Estimate) -> str:
    """Read the arm from a segment that `segment(arm=..., horizon_days=...)` wrote."""
    return read_segment(row.segment)["arm"]


def horizon_of(row: Estimate) -> int:
    """Read the horizon from a segment that ends in it."""
    return int(read_segment(row.segment)["horizon_days"])
