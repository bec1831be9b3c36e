"""Which lost deals are worth another approach, and which are due? (A-49, A-52, A-53)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.advice_shown import count_text
from crm_analysis.answers.loss_open import not_to_contact
from crm_analysis.answers.part import Part
from crm_analysis.deals.advice.reapproach import (
    ASSUMED,
    NAMED,
    is_strong,
    reapproach_estimates,
    reapproach_list,
    wishes,
)
from crm_analysis.deals.outcome_kinds.lost_leads import KINDS
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text, number_text
from crm_analysis.results import ActionList, ShownTable

if TYPE_CHECKING:
    from crm_analysis.source.known import Known


def reapproach_part(known: Known) -> Part:
    """List lost deals of customers with a strong wish, due ones first.

    Parameters
    ----------
    known : Known
        The as-of views; nothing is listed where the data are stale.

    Returns
    -------
    Part
        Counts, a table by where they went, and the list `reapproach`.
    """
    if known.stale is not None:
        return Part()
    frame = wishes(known.tables)
    gone = not_to_contact(known)
    spared = int((is_strong(frame) & frame["customer_id"].isin(gone)).sum())
    listed = reapproach_list(frame, gone=gone, as_of=known.as_of)
    estimates = tuple(reapproach_estimates(listed, n_lost=len(frame), n_spared=spared))
    return Part(
        estimates=estimates,
        tables=_table(estimates, listed, currency=str(known.config.currency)),
        lists=(
            ActionList(
                name="reapproach", frame=listed, purpose=_purpose(spared, known.config.min_cell)
            ),
        ),
    )


def due_step(estimates: Sequence[Estimate]) -> list[Text]:
    """Say whom to call again, and of how many the day is but assumed; nothing where none is due."""
    found = {
        row.segment: int(row.estimate or 0)
        for row in estimates
        if row.quantity == "lost_deals_due_count"
    }
    if not found.get(""):
        return []
    named, assumed = (found[segment(day=basis)] for basis in (NAMED, ASSUMED))
    told = []
    if named:
        n = number_text(named)
        told.append(
            Text(
                f"{n} whose named day to buy has come (how long ago, the list says)",
                f"{n} 位其所说的购买日已到或已过的丢单客户（已过多久见名单）",
            )
        )
    if assumed:
        n = number_text(assumed)
        told.append(
            Text(
                f"{n} who named no day and were lost half a year ago or more (the day is assumed)",
                f"{n} 位未说日期、丢单已满半年的丢单客户（日期为推定）",
            )
        )
    en, zh = " and ".join(one.en for one in told), "和 ".join(one.zh for one in told)
    return [
        Text(
            f"Call lost customers again: {en} (list reapproach).",
            f"再次联系 {zh}（名单 reapproach）。",
        )
    ]


def _purpose(spared: int, min_cell: int) -> Text:
    purpose = Text(
        "Lost deals of customers who showed a strong wish (came to the shop, talked about price or "
        "model), who have not bought since; those due first.",
        "意愿强烈（到店、谈价、谈型号）且此后未购买的丢单客户，已到期者在前。",
    )
    if not spared:
        return purpose
    n = count_text(spared, min_cell)
    return purpose + Text(
        f" Not listed: {n} who asked for no more contact or have left.",
        f"未列入：{n} 位已要求不再联系或已离开。",
    )


def _table(
    estimates: Sequence[Estimate], listed: pd.DataFrame, *, currency: str
) -> tuple[ShownTable, ...]:
    """Show how many are worth another approach, and due, by where they went."""
    found = {(row.quantity, row.segment): row for row in estimates}
    kinds = listed["lost_to"].where(listed["lost_to"].isin(list(KINDS)), "unknown")
    lines = []
    for kind, name in KINDS.items():
        row = found["lost_deals_to_reapproach_count", segment(lost_to=kind)]
        own = listed[kinds == kind]
        is_assumed = own["due_basis"] == ASSUMED
        lines.append(
            {
                "kind_en": name.en,
                "kind_zh": name.zh,
                "n": row.estimate,
                "due": float(own["is_due"].sum()),
                "assumed": float((own["is_due"] & is_assumed).sum()),
                "amount": None if own["amount"].isna().all() else float(own["amount"].sum()),
            }
        )
    if listed.empty:
        return ()
    table = ShownTable(
        name="reapproach",
        frame=pd.DataFrame(lines),
        caption=Text(
            "Lost deals worth another approach: the customer showed a strong wish, has not bought "
            "since and has no newer deal. Where the customer postponed or gave up and named no "
            "day, half a year after the loss is assumed.",
            "值得再次接触的丢单：客户意愿强烈，此后未购买，也没有更新的商机。"
            "推迟或放弃而未说日期者，推定为丢单后半年。",
        ),
        columns={
            "kind": Text("where the customer went", "客户去向"),
            "n": Text("deals", "商机数"),
            "due": Text("due now", "已到期"),
            "assumed": Text("of these on an assumed day", "其中日期为推定"),
            "amount": Text(f"amount, {currency}", f"金额，{currency}"),
        },
        units={"n": "count", "due": "count", "assumed": "count", "amount": "money"},
    )
    return (table,)
