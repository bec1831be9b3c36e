"""Which lost deals are worth another approach, and which are due? (A-49, A-52, A-53)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.advice_shown import count_text
from crm_analysis.answers.loss_open import not_to_contact
from crm_analysis.answers.part import Part
from crm_analysis.deals.advice.reapproach import (
    is_strong,
    reapproach_estimates,
    reapproach_list,
    wishes,
)
from crm_analysis.deals.lost_leads import KINDS
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
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
        lines.append(
            {
                "kind_en": name.en,
                "kind_zh": name.zh,
                "n": row.estimate,
                "due": float(own["is_due"].sum()),
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
            "since and has no newer deal.",
            "值得再次接触的丢单：客户意愿强烈，此后未购买，也没有更新的商机。",
        ),
        columns={
            "kind": Text("where the customer went", "客户去向"),
            "n": Text("deals", "商机数"),
            "due": Text("due now", "已到期"),
            "amount": Text(f"amount, {currency}", f"金额，{currency}"),
        },
        units={"n": "count", "due": "count", "amount": "money"},
    )
    return (table,)
