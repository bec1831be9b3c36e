"""What stands about the stated reasons, one sentence each, and what they cannot show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from crm_analysis.answers.failure_gaps import code_name
from crm_analysis.answers.failure_words import count_text, scaled_ends
from crm_analysis.answers.part import Told
from crm_analysis.answers.reason_exhibits import band_name, source_name
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.reasons.agreement import Agreement
from crm_analysis.reasons.reports import REP_SOURCES
from crm_analysis.results import Finding

_LOW_KAPPA = 0.40  # below it Landis and Koch (1977) call agreement fair at best
_MANY_UNREAD = 0.05
_SAY_LITTLE = Text("tell little of why", "难以说明原因")
_AGREE_LESS = Text(
    "agree less with customers than prompt ones do", "与客户所说的一致性低于及时记录"
)


def reason_findings(
    estimates: Sequence[Estimate], shares: pd.DataFrame, names: Mapping[str, Text], *, q: float
) -> tuple[Told, ...]:
    """Tell the code noted too often by most, the one too rarely by most, and what spoils notes."""
    standing = [row for row in estimates if is_finding(row, q) and row.module == "M02"]
    moved = [row for row in standing if row.quantity == "reason_share_difference"]
    over = sorted((row for row in moved if (row.estimate or 0) < 0), key=_estimate)[:1]
    under = sorted((row for row in moved if (row.estimate or 0) > 0), key=_estimate)[-1:]
    by_code = shares.set_index("code")
    told = [
        *(_over_noted(row, by_code, names) for row in over),
        *(_under_noted(row, by_code, names) for row in under),
        *(
            _late(row, estimates)
            for row in standing
            if row.quantity == "reasons_kappa_difference" and (row.estimate or 0) < 0
        ),
        *(_prompted(row) for row in standing if row.quantity == "question_format_distance"),
    ]
    return tuple(told)


def _estimate(row: Estimate) -> tuple[float, str]:
    return row.estimate or 0.0, row.segment


def _told(row: Estimate, sentence: Text, action: Text, name: Text) -> Told:
    finding = Finding(
        sentence=sentence, evidence=row.evidence, action=action, status=row.status,
        estimate_key=row.key,
    )  # fmt: skip
    return Told(finding=finding, name=name, size=None, strength=abs(row.estimate or 0.0))


def _both_sides(row: Estimate, shares: pd.DataFrame) -> tuple[str, str, str, str]:
    """Return noted share, corrected share with interval, and deals between them with interval."""
    one: dict[str, Any] = dict(shares.loc[read_segment(row.segment)["code"]])
    ends = f"{share_text(one['corrected_lo'])}–{share_text(one['corrected_hi'])}"
    n = row.n or 0
    sizes = sorted(abs(value or 0.0) * n for value in (row.ci_lo, row.ci_hi))
    deals = f"{number_text(sizes[0])}–{number_text(sizes[1])}"
    count = number_text(abs(row.estimate or 0.0) * n)
    return (
        share_text(one["naive"]),
        f"{share_text(one['corrected'])} ({ends})",
        f"{count} ({deals})",
        number_text(n),
    )


def _over_noted(row: Estimate, shares: pd.DataFrame, names: Mapping[str, Text]) -> Told:
    name = code_name(read_segment(row.segment)["code"], names)
    noted, corrected, deals, n = _both_sides(row, shares)
    sentence = Text(
        f"Sales notes “{name.en}” for {noted} of lost deals, but by what customers say in "
        f"callbacks it is {corrected}: about {deals} of {n} deals are put down to it wrongly.",
        f"销售把 {noted} 的丢单记为“{name.zh}”，但按客户在回访中所说应为 {corrected}："
        f"{n} 单中约有 {deals} 单被误记。",
    )
    action = Text(
        f"Decide nothing on notes of “{name.en}”; call back one in four lost customers each month "
        "and go by what they say.",
        f"勿凭“{name.zh}”的记录作决定；每月回访四分之一的流失客户，以其所说为准。",
    )
    return _told(row, sentence, action, Text(f"{name.en}: noted too often", f"{name.zh}：记录过多"))


def _under_noted(row: Estimate, shares: pd.DataFrame, names: Mapping[str, Text]) -> Told:
    name = code_name(read_segment(row.segment)["code"], names)
    noted, corrected, deals, n = _both_sides(row, shares)
    sentence = Text(
        f"In callbacks customers give “{name.en}” for {corrected} of lost deals, "
        f"though sales notes it for {noted}: about {deals} of {n} deals more.",
        f"客户在回访中把 {corrected} 的丢单归于“{name.zh}”，而销售只记了 {noted}："
        f"{n} 单中约多 {deals} 单。",
    )
    action = Text(
        f"Read ten callbacks that name “{name.en}” and change one thing for a random half of new "
        "leads for a month.",
        f"阅读十条提到“{name.zh}”的回访，在随机一半新线索上改变一件事，试行一个月。",
    )
    return _told(
        row, sentence, action, Text(f"{name.en}: noted too rarely", f"{name.zh}：记录过少")
    )


def _late(row: Estimate, estimates: Sequence[Estimate]) -> Told:
    late = read_segment(row.segment)["band"]
    kappas = {
        read_segment(one.segment).get("band", ""): one
        for one in estimates
        if one.quantity == "reasons_kappa" and "rep_callback" in one.segment
    }
    prompt = next(band for band in kappas if band.startswith("0-"))
    first, last = kappas[prompt].estimate or 0.0, kappas[late].estimate or 0.0
    end = kappas[late].ci_hi
    told = _SAY_LITTLE if end is not None and end < _LOW_KAPPA else _AGREE_LESS
    when, then = band_name(late), band_name(prompt)
    sentence = Text(
        f"Sellers' notes {when.en} {told.en}: agreement with what the customer says is "
        f"{last:.2f}, against {first:.2f} for notes {then.en} (kappa: 0 by chance, 1 always; "
        f"{number_text(row.n or 0)} losses with both).",
        f"{when.zh}的销售记录{told.zh}：与客户所说的一致性为 {last:.2f}，"
        f"{then.zh}的为 {first:.2f}（kappa：0 为偶然，1 为完全一致；两者皆有 "
        f"{number_text(row.n or 0)} 单）。",
    )
    sentence += _late_size(late, estimates)
    action = Text(
        "Have the reason typed within a month of the loss, and leave old gaps empty instead of "
        "filling them in on one day.",
        "丢单后一个月内录入原因；旧的空缺宁可留空，不要集中补录。",
    )
    return _told(row, sentence, action, Text("reasons typed in late", "原因补录过迟"))


def _late_size(band: str, estimates: Sequence[Estimate]) -> Text:
    """Write how many notes were typed so late, over all sellers' sources."""
    first_day = int(band.split("-")[0].removesuffix("+"))
    notes = [
        one
        for one in estimates
        if one.quantity == "reasons_typed_late_share"
        and one.estimate is not None
        and read_segment(one.segment)["source"] in REP_SOURCES
        and int(read_segment(one.segment)["over_days"]) + 1 == first_day
    ]
    if not notes:
        return Text(
            " How many notes that is about was not counted.",
            "未统计涉及多少条记录。",
        )
    parts = [scaled_ends(one, one.n or 0) for one in notes]
    value, low, high = (sum(ends) for ends in zip(*parts, strict=True))
    n, count = number_text(sum(one.n or 0 for one in notes)), count_text((value, low, high))
    return Text(f" It is about {count.en} of {n} notes.", f"在 {n} 条记录中涉及约 {count.zh} 条。")


def _prompted(row: Estimate) -> Told:
    source = source_name(read_segment(row.segment)["source"])
    share, n = share_text(row.estimate or 0.0), number_text(row.n or 0)
    count = number_text((row.estimate or 0.0) * (row.n or 0))
    sentence = Text(
        f"Where a list of answers was offered ({source.en}), reasons fall otherwise than where it "
        f"was not: {share} of answers would have to change, {count} of {n} (without an interval: "
        "such a distance is judged by shuffling).",
        f"有选项提示时（{source.zh}）原因分布与无提示时不同：须改变 {share} 的回答，"
        f"即 {n} 条中的 {count} 条（无区间：该距离由随机置换判断）。",
    )
    action = Text(
        "Ask openly first and code the words afterwards; offer no list.",
        "先开放提问，事后再编码，不提供选项。",
    )
    return _told(row, sentence, action, Text("answers to a list", "选项提示下的回答"))


def _information(found: Agreement | None) -> list[Text]:
    """Say that notes carry no information only where agreement beyond fair is ruled out."""
    if found is None or found.lo is None or found.hi is None or found.lo > 0:
        return []
    if found.hi < _LOW_KAPPA:
        return [
            Text(
                "Sellers' notes carry no information: they agree with callbacks no more than by "
                "chance.",
                "销售记录没有信息：与回访的一致性不超过偶然。",
            )
        ]
    n, ends = number_text(found.n), f"{found.lo:.2f} to {found.hi:.2f}"
    return [
        Text(
            f"Whether sellers' notes carry information cannot be told: too few losses ({n}) have "
            f"a callback beside the note (kappa between {ends}; 0 by chance, 1 always).",
            f"无法判断销售记录是否有信息：记录与回访兼有的丢单太少（{n} 单，kappa 在 "
            f"{ends.replace(' to ', ' 至 ')} 之间；0 为偶然，1 为完全一致）。",
        )
    ]


def limits(
    shares: pd.DataFrame, kappas: Mapping[tuple[str, str], Agreement], batches: pd.DataFrame
) -> tuple[Text, ...]:
    """Say what the stated reasons cannot show."""
    told = [
        Text(
            "A stated reason is what somebody said, the first one if several; it need not be why "
            "the deal was lost. Callbacks speak for those who can be reached.",
            "陈述的原因是某人所说（多个时取首个），未必是丢单的真因；回访只代表联系得上的客户。",
        )
    ]
    if shares["status"].iloc[0] == "not_estimable":
        n_both = number_text(shares["n_both"].iloc[0])
        told.append(
            Text(
                "Sellers' notes are not corrected: too few callbacks "
                f"({n_both} deals with both). Call back a random "
                "quarter of the lost customers.",
                f"销售记录未经校正：回访太少（两者皆有 {n_both} 单）。"
                "请随机回访四分之一的流失客户。",
            )
        )
    told += _unread(shares)
    found = kappas.get(("rep_callback", ""))
    told += _information(found)
    if len(batches):
        days = ", ".join(f"{day:%Y-%m-%d}" for day in batches["day"].head(3))
        share = share_text(float(batches["share"].sum()), 0)
        told.append(
            Text(
                f"{share} of sellers' notes were typed in bursts, long after the loss ({days}).",
                f"{share} 的销售记录是在丢单很久之后集中补录的（{days}）。",
            )
        )
    return tuple(told)


def _unread(shares: pd.DataFrame) -> list[Text]:
    """Say how many notes could not be read, where it is more than a few."""
    n_unread, n_rep = int(shares["n_unread"].iloc[0]), int(shares["n_rep"].iloc[0])
    share = n_unread / max(n_unread + n_rep, 1)
    if share < _MANY_UNREAD:
        return []
    told = share_text(share, 0)
    return [
        Text(
            f"No reason could be read in {told} of sellers' notes; shares are of the others. Code "
            "those that the list of reasons to code puts first.",
            f"{told} 的销售记录无法读出原因，占比只计其余记录；请先编码待编码清单中靠前的各条。",
        )
    ]
