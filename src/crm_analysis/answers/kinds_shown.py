"""Where lost customers went, in words, tables and pictures (A-50 to A-53, C-05)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from crm_analysis.answers.failure_words import YES_NO, count_text, scaled_ends, share_with_interval
from crm_analysis.answers.part import Told
from crm_analysis.answers.profile_findings import standing_rows
from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.deals.outcome_kinds.later_purchase import curve_frame
from crm_analysis.deals.outcome_kinds.lost_leads import KINDS, LATER_KINDS
from crm_analysis.deals.outcome_kinds.rivals import TIERS, is_close
from crm_analysis.estimates import Estimate, claim, read_segment
from crm_analysis.language import Text, level_text, number_text, points_text, share_text
from crm_analysis.results import ActionList, Picture, ShownTable

_SHARE = {"share": "share", "ci_lo": "share", "ci_hi": "share"}
_ENDS = {"ci_lo": Text("from", "下限"), "ci_hi": Text("to", "上限")}


def kind_picture(estimates: Sequence[Estimate], *, alpha: float) -> tuple[Picture, ...]:
    """Draw the shares of where lost customers went, with simultaneous intervals."""
    rows = [row for row in estimates if row.quantity == "outcome_kind_share"]
    if not rows:
        return ()
    ordered = sorted(rows, key=lambda row: (-(row.estimate or 0.0), row.segment))
    words = [KINDS[read_segment(row.segment)["lost_to"]] for row in ordered]
    numbers = pd.DataFrame(
        {
            "label_en": [word.en for word in words],
            "label_zh": [word.zh for word in words],
            "value": [row.estimate for row in ordered],
            "lo": [row.ci_lo for row in ordered],
            "hi": [row.ci_hi for row in ordered],
        }
    )
    top, word = ordered[0], words[0]
    share, n = share_with_interval(top), number_text(top.n or 0)
    missing = next((row for row in estimates if row.quantity == "outcome_kind_missing_share"), None)
    unknown = share_text((missing.estimate or 0.0) if missing else 0.0)
    picture = Picture(
        name="lost_to",
        kind="bars",
        numbers=numbers,
        title=Text(
            f"Where the lost went: {share_text(top.estimate or 0, 0)} {word.en}",
            f"丢单去向：{share_text(top.estimate or 0, 0)}{word.zh}",
        ),
        sentence=Text(
            f"Of {n} lost leads with a recorded way, {share.en} {word.en}; {unknown} of all lost "
            "leads have none recorded.",
            f"{n} 条记录了去向的丢单中，{share.zh}{word.zh}；全部丢单中 {unknown} 未记录去向。",
        ),
        caption=Text(
            f"Share of lost leads by where the customer went; intervals hold together at "
            f"{level_text(alpha)} (Goodman).",
            f"按去向的丢单占比；各区间同时成立的水平为 {level_text(alpha)}（Goodman）。",
        ),
        x_label=Text("share of lost leads with a recorded way", "记录了去向的丢单占比"),
        unit="share",
    )
    return (picture,)


def later_picture(lost: pd.DataFrame, *, until: date, alpha: float) -> tuple[Picture, ...]:
    """Draw what share of lost customers has bought since, by where they went."""
    numbers = curve_frame(lost, until=until, alpha=alpha)
    if numbers.empty:
        return ()
    last = numbers.groupby(["series_en", "series_zh"], sort=True).last().reset_index()
    ends = zip(last["series_en"], last["series_zh"], last["x"], last["y"], strict=True)
    said = [
        Text(f"{en}: {share_text(y)} by day {x:.0f}", f"{zh}：{x:.0f} 天内 {share_text(y)}")
        for en, zh, x, y in ends
    ]
    said_en, said_zh = "; ".join(one.en for one in said), "；".join(one.zh for one in said)
    picture = Picture(
        name="later_purchase",
        kind="curves",
        numbers=numbers,
        title=Text("Who was lost may buy later", "丢单之后仍可能购买"),
        sentence=Text(f"Share that bought later: {said_en}.", f"后来购买的占比：{said_zh}。"),
        caption=Text(
            "Share of lost customers with an order dated after the day of the loss (Kaplan–Meier, "
            f"{level_text(alpha)} interval), while 10 or more are still followed.",
            f"丢单日之后有订单的客户占比（Kaplan–Meier，{level_text(alpha)} 区间），"
            "仍可跟踪 10 位以上时给出。",
        ),
        x_label=Text("days after the loss", "丢单后天数"),
        y_label=Text("share that has bought", "已购买占比"),
        unit="share",
    )
    return (picture,)


def later_table(estimates: Sequence[Estimate], *, alpha: float) -> tuple[ShownTable, ...]:
    """Show the share that bought by 90, 180 and 365 days after the loss."""
    rows = [row for row in estimates if row.quantity == "later_purchase_probability"]
    lines = []
    for row in rows:
        pairs = read_segment(row.segment)
        words = KINDS[pairs["lost_to"]]
        lines.append(
            {
                "kind_en": words.en,
                "kind_zh": words.zh,
                "days": int(pairs["horizon_days"]),
                "share": row.estimate,
                "ci_lo": row.ci_lo,
                "ci_hi": row.ci_hi,
                "n": row.n,
            }
        )
    if not lines:
        return ()
    table = ShownTable(
        name="later_purchase",
        frame=pd.DataFrame(lines),
        caption=Text(
            f"Share of lost customers who bought later, {level_text(alpha)} interval; not shown "
            "where fewer than 10 are still followed.",
            f"丢单客户后来购买的占比及 {level_text(alpha)} 区间；可跟踪不足 10 位时不予显示。",
        ),
        columns={
            "kind": Text("went", "去向"),
            "days": Text("days after the loss", "丢单后天数"),
            "share": Text("share that bought", "购买占比"),
            **_ENDS,
            "n": Text("lost leads", "丢单数"),
        },
        units=_SHARE,
    )
    return (table,)


def rivals_table(lost: pd.DataFrame, *, least: int) -> tuple[ShownTable, ...]:
    """Show which rivals took how many, and our price over theirs where both are known."""
    told = lost[lost["rival"].notna()]
    counts = told["rival"].value_counts()
    frequent = counts[counts >= least]
    if frequent.empty:
        return ()
    ratio = told["quoted_price"] / told["rival_price"].where(told["rival_price"] > 0)
    median = ratio.groupby(told["rival"]).median()
    priced = ratio.groupby(told["rival"]).count()
    frame = pd.DataFrame(
        {
            "rival": frequent.index,
            "n": frequent.to_numpy(),
            "n_priced": priced.reindex(frequent.index).to_numpy(),
            "ratio": median.where(priced >= least).reindex(frequent.index).to_numpy(),
        }
    )
    table = ShownTable(
        name="rivals",
        frame=frame.sort_values(["n", "rival"], ascending=[False, True], ignore_index=True),
        caption=Text(
            f"Rivals named in at least {least} lost leads, and the median of our price over theirs "
            "where both prices are known.",
            f"至少 {least} 条丢单中提到的竞争对手，及双方价格均已知时我方价格与其之比的中位数。",
        ),
        columns={
            "rival": Text("rival", "竞争对手"),
            "n": Text("lost leads", "丢单数"),
            "n_priced": Text("with both prices", "双方价格已知"),
            "ratio": Text("our price over theirs", "我方价格与其之比"),
        },
        units={"ratio": "ratio"},
    )
    return (table,)


def kind_test_table(estimates: Sequence[Estimate], table: FactorTable) -> tuple[ShownTable, ...]:
    """Show every factor asked about where lost customers went."""
    rows = [row for row in estimates if row.quantity == "outcome_kind_chi2_per_df"]
    if not rows:
        return ()
    labels = [table.factor(read_segment(row.segment)["factor"]).label for row in rows]
    frame = pd.DataFrame(
        {
            "factor_en": [label.en for label in labels],
            "factor_zh": [label.zh for label in labels],
            "n": [row.n for row in rows],
            "p": [row.p for row in rows],
            "p_adj": [row.p_adj for row in rows],
        }
    )
    shown = ShownTable(
        name="lost_to_factors",
        frame=frame,
        caption=Text(
            "Does where lost customers went differ along the factor, within months of opening? One "
            "factor at a time.",
            "同一开启月份内，丢单客户的去向是否随该因素不同？逐个因素检验。",
        ),
        columns={
            "factor": Text("factor", "因素"),
            "n": Text("lost leads", "丢单数"),
            "p": Text("p", "p 值"),
            "p_adj": Text("adjusted p", "校正后 p"),
        },
    )
    return (shown,)


def kinds_told(estimates: Sequence[Estimate], table: FactorTable, *, q: float) -> tuple[Told, ...]:
    """Tell what stands: factors of where they went, the gap to the same brand, the best lost."""
    sizes = {
        read_segment(row.segment)["factor"]: row
        for row in estimates
        if row.quantity == "kind_extra_leads"
    }
    told = []
    for row in standing_rows(estimates, "outcome_kind_chi2_per_df", q):
        factor = read_segment(row.segment)["factor"]
        told.append(_factor_told(row, table.factor(factor).label, sizes.get(factor)))
    told += [_gap_told(row) for row in standing_rows(estimates, "price_gap_to_rival", q)]
    best = [
        row
        for row in estimates
        if row.quantity == "rival_loss_probability"
        and read_segment(row.segment)["tier"] == TIERS[0]
    ]
    told += [
        _tier_told(row, best[0].n or 0)
        for row in standing_rows(estimates, "rival_loss_difference", q)
    ]
    return tuple(told)


def _factor_size(label: Text, size: Estimate | None) -> Text:
    """Write the clearest level and way in lost customers."""
    if size is None:
        return Text(
            " No number of customers is given: the answer is about the whole factor.",
            "不给客户数：该结果涉及整个因素。",
        )
    pairs = read_segment(size.segment)
    level = YES_NO.get(pairs["level"], Text(pairs["level"], pairs["level"]))
    count, went = count_text(scaled_ends(size, 1)), KINDS[pairs["lost_to"]]
    n = number_text(size.n or 0)
    return Text(
        f" The clearest of its differences: of {n} lost customers with {label.en}: {level.en}, "
        f"about {count.en} more {went.en} than at the share of all others.",
        f"其中最明显的差异：{label.zh}为{level.zh}的 {n} 位丢失客户中，比其余客户的占比约多 "
        f"{count.zh} 位{went.zh}。",
    )


def _factor_told(row: Estimate, label: Text, size: Estimate | None) -> Told:
    chi2 = number_text(row.estimate or 0.0, 1)
    sentence = claim(
        Text(f"The factor “{label.en}”", f"因素“{label.zh}”"),
        Text(
            f"differences in where lost customers went ({chi2} times the variation of chance, "
            f"{number_text(row.n or 0)} lost leads)",
            f"丢单去向的差异（为偶然波动的 {chi2} 倍，{number_text(row.n or 0)} 条丢单）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    action = Text(
        f"Ask ten lost customers on either side of “{label.en}” where they went and why.",
        f"按“{label.zh}”两侧各问十位丢失客户：去了哪里、为什么。",
    )
    return Told.of(row, name=label, sentence=sentence + _factor_size(label, size), action=action)


def _gap_told(row: Estimate) -> Told:
    gap, lo, hi = (points_text(value or 0.0).replace("pp", "%") for value in _three(row))
    close = is_close(row)
    sentence = claim(
        Text("Buying our brand elsewhere", "在别家购买同品牌"),
        Text(
            f"a price of ours {gap} against the other seller's ({lo} to {hi}, "
            f"{number_text(row.events or 0)} pairs)" + ("; the offers were close" if close else ""),
            f"我方报价相对对方 {gap}（{lo} 至 {hi}，{number_text(row.events or 0)} 对）"
            + ("；双方报价接近" if close else ""),
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    n = number_text(row.n or 0)
    sentence += Text(
        f" It is about {n} lost customers who bought our brand elsewhere.",
        f"涉及 {n} 位在别家购买同品牌的丢失客户。",
    )
    name = Text("the price gap to other sellers of our brand", "与同品牌其他卖家的价差")
    action = Text(
        "Ask ten of them where they bought, and what else than the price differed.",
        "询问其中十位在哪里购买，以及价格之外还有什么不同。",
    )
    return Told.of(row, name=name, sentence=sentence, action=action)


def _tier_told(row: Estimate, n_best: int) -> Told:
    more = (row.estimate or 0.0) > 0
    gap, lo, hi = (points_text(value or 0.0) for value in _three(row))
    sentence = claim(
        Text("Being among the best fifth of customers by spend", "属于消费前五分之一的客户"),
        Text(
            f"{'more' if more else 'fewer'} losses to rivals ({gap}, {lo} to {hi})",
            f"被竞争对手夺走{'更多' if more else '更少'}（{gap}，{lo} 至 {hi}）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    count, n = count_text(scaled_ends(row, n_best)), number_text(n_best)
    sentence += Text(
        f" Of {n} such leads that is about {count.en} {'more' if more else 'fewer'} lost to rivals "
        "than at the share of the others.",
        f"在 {n} 条此类线索中，比其余线索的占比约{'多' if more else '少'} {count.zh} 条"
        "被竞争对手夺走。",
    )
    name = Text("being among the best customers", "属于最佳客户")
    action = Text(
        "Call the best fifth of customers before their next purchase is due.",
        "在消费前五分之一客户下次购买到期前主动联系。",
    )
    return Told.of(row, name=name, sentence=sentence, action=action)


def _three(row: Estimate) -> tuple[float | None, float | None, float | None]:
    return row.estimate, row.ci_lo, row.ci_hi


def tracking_list(lost: pd.DataFrame) -> tuple[ActionList, ...]:
    """List those who gave up or postponed and have not bought since: keep tracking them."""
    waiting = lost[lost["lost_to"].isin(LATER_KINDS) & lost["first_order_after"].isna()]
    if waiting.empty:
        return ()
    words = waiting["lost_to"].map(KINDS)
    named = waiting.assign(
        lost_to_en=[word.en for word in words], lost_to_zh=[word.zh for word in words]
    )
    columns = [
        *("lead_id", "customer_id", "rep_id", "lost_to", "lost_to_en", "lost_to_zh"),
        *("next_buy_at", "closed"),
    ]
    ordered = named[columns].sort_values(
        ["next_buy_at", "closed", "lead_id"], na_position="last", ignore_index=True
    )
    purpose = Text(
        "Customers who gave up or postponed and have not bought since, the next day of buying "
        "first: they had the wish, so keep in touch.",
        "放弃或推迟且此后未购买的客户，按预计购买日排序：有意愿，请保持联系。",
    )
    return (ActionList(name="lost_to_keep_tracking", frame=ordered, purpose=purpose),)
