"""Which lost deals to take up again: those whose customers showed a strong wish (A-49, A-52, A-53).

Decisions:
* The wish is what the customer did before the loss: came to the shop, talked about a price
  (willingness to pay, or a budget), talked about a model. Two of the three are a strong wish.
* Due on the day that the customer named for buying; where the customer postponed or gave up and
  named none, half a year after the loss, which the list calls assumed; else (gone to another
  seller) no day, so the last in the list of their strength.
* Left out: customers who bought since, have a deal open, or whose newest deal was not this one;
  those who asked for no more contact or have left are counted, and not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.advice.totals import counted
from crm_analysis.deals.outcome_kinds.lost_leads import KINDS, LATER_KINDS
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import LANGUAGES, Text
from crm_analysis.source.frames import collect

STRONG = 2
NO_DAY_NAMED_DAYS = 182
SIGNALS: dict[str, Text] = {
    "visited": Text("came to the shop", "到过店"),
    "talked_price": Text("talked about the price", "谈过价格"),
    "talked_model": Text("talked about a model", "谈过型号"),
}
NAMED, ASSUMED = "named", "assumed"
BASES: dict[str, Text] = {
    NAMED: Text("named by the customer", "客户所说"),
    ASSUMED: Text("assumed: half a year after the loss", "推定：丢单后半年"),
}
"""How the day to take a deal up again is known."""
MONTH_DAYS = 365.25 / 12

COLUMNS = (
    *("lead_id", "customer_id", "rep_id", "product", "amount", "closed", "lost_to"),
    *("lost_to_en", "lost_to_zh", "n_signals", "signals_en", "signals_zh", "due", "due_basis"),
    *("due_basis_en", "due_basis_zh", "is_due", "next_step_en", "next_step_zh", "override"),
)

_STEPS: dict[str, Text] = {
    "postponed": Text("ask whether the plan still stands", "询问购买计划是否不变"),
    "not_planning": Text(
        "ask what stood in the way, and whether it still does", "询问当时的障碍是否仍在"
    ),
    "other_brand": Text(
        "ask how the other brand is doing, and when it will be replaced",
        "询问竞品使用情况及更换时间",
    ),
    "same_brand_elsewhere": Text(
        "ask why elsewhere, and offer service", "询问为何在别处购买，并提供服务"
    ),
}
_ANY_STEP = Text("ask where the customer went, and why", "询问客户去向及原因")


def intents(leads: ir.Table, assessments: ir.Table | None) -> ir.Table:
    """Which signals of a wish did each lost deal show before it was lost?

    Parameters
    ----------
    leads, assessments : Table
        The as-of views of T2 and T4; without assessments a talk about price is read from the
        budget alone, and a talk about a model is unknown.

    Returns
    -------
    Table
        lead_id, customer_id, rep_id, product, amount, opened, closed, lost_to, next_buy_at, and
        visited, talked_price, talked_model (0 or 1), of lost deals.
    """
    lost = leads.filter(leads.status == "lost", leads.closed_at.notnull())
    rows = lost.select(
        *("lead_id", "customer_id", "rep_id", "product", "lost_to", "next_buy_at", "closed_at"),
        amount=lost.amount.cast("float64"),
        opened=lost.opened_at.date(),
        closed=lost.closed_at.date(),
        visited=lost.visited_store.fill_null(False).ifelse(1, 0),
        has_budget=lost.budget.notnull().ifelse(1, 0),
    )
    if assessments is None:
        nothing = ibis.literal(0, type="int64")
        told = rows.mutate(talked_price=rows.has_budget, talked_model=nothing)
        return told.drop("has_budget", "closed_at")
    ends = rows.select(link="lead_id", end="closed_at")
    talk = assessments.filter(assessments.kind.isin(["willingness_to_pay", "model_interest"]))
    before = talk.join(ends, talk.lead_id == ends.link)
    before = before.filter(before.known_at <= before.end)
    told = before.group_by(link="link").aggregate(
        n_price=before.count(where=before.kind == "willingness_to_pay"),
        n_model=before.count(where=before.kind == "model_interest"),
    )
    joined = rows.left_join(told, rows.lead_id == told.link)
    price = (joined.n_price.fill_null(0) > 0) | (joined.has_budget == 1)
    return joined.mutate(
        talked_price=price.ifelse(1, 0),
        talked_model=(joined.n_model.fill_null(0) > 0).ifelse(1, 0),
    ).drop("link", "n_price", "n_model", "has_budget", "closed_at")


def gone_since(leads: ir.Table, order_lines: ir.Table | None) -> ir.Table:
    """When was each customer's newest deal opened, and the last purchase made?

    Returns
    -------
    Table
        customer_id, last_opened (date), last_bought (date, NULL where never).
    """
    newest = leads.group_by("customer_id").aggregate(last_opened=leads.opened_at.date().max())
    if order_lines is None:
        return newest.mutate(last_bought=ibis.null("date"))
    paid = order_lines.filter(order_lines.amount > 0)
    bought = paid.group_by(link="customer_id").aggregate(last_bought=paid["at"].date().max())
    joined = newest.left_join(bought, newest.customer_id == bought.link)
    return joined.drop("link")


def wishes(tables: Mapping[str, ir.Table]) -> pd.DataFrame:
    """Return the lost deals whose customer has neither come back nor bought since, one row each."""
    leads = tables["leads"]
    since = gone_since(leads, tables.get("order_lines"))
    told = intents(leads, tables.get("assessments"))
    links = since.select("last_opened", "last_bought", link="customer_id")
    joined = told.join(links, told.customer_id == links.link).drop("link")
    still = joined.filter(
        joined.opened >= joined.last_opened,
        joined.last_bought.isnull() | (joined.last_bought <= joined.closed),
    )
    frame = collect(still.drop("last_opened", "last_bought"))
    for name in ("opened", "closed", "next_buy_at"):
        days = pd.to_datetime(frame[name])
        told = [None if pd.isna(day) else day.date() for day in days]
        frame[name] = pd.Series(told, index=frame.index, dtype=object)
    latest = frame.sort_values(["opened", "lead_id"]).drop_duplicates("customer_id", keep="last")
    ordered: pd.DataFrame = latest.sort_values("lead_id", ignore_index=True)
    return ordered


def due_day(lost_to: object, next_buy: object, closed: date) -> date | None:
    """Return the day on which to take a lost deal up again; None where there is none.

    Examples
    --------
    >>> due_day("postponed", date(2026, 11, 1), date(2026, 5, 1))
    datetime.date(2026, 11, 1)
    >>> due_day("not_planning", None, date(2026, 1, 1))
    datetime.date(2026, 7, 2)
    >>> due_day("other_brand", None, date(2026, 1, 1)) is None
    True
    """
    if isinstance(next_buy, date):
        return next_buy
    return closed + timedelta(days=NO_DAY_NAMED_DAYS) if lost_to in LATER_KINDS else None


def due_basis(next_buy: object, due: date | None) -> str | None:
    """Say how the day is known: a key of `BASES`; None where there is no day.

    Examples
    --------
    >>> due_basis(date(2026, 11, 1), date(2026, 11, 1)), due_basis(None, date(2026, 7, 2))
    ('named', 'assumed')
    """
    if due is None:
        return None
    return NAMED if isinstance(next_buy, date) else ASSUMED


def basis_text(basis: str, due: date, *, as_of: date) -> Text:
    """Say how the day is known, and how long ago it was where that is a month or more.

    Examples
    --------
    >>> basis_text("named", date(2024, 5, 1), as_of=date(2025, 10, 5)).en
    'named by the customer, 17 months ago'
    >>> basis_text("named", date(2025, 10, 1), as_of=date(2025, 10, 5)).en
    'named by the customer'
    """
    months = int((as_of - due).days / MONTH_DAYS)
    if months < 1:
        return BASES[basis]
    ago = Text("a month ago" if months == 1 else f"{months} months ago", f"已过 {months} 个月")
    return BASES[basis] + Text(", ", "，") + ago


def reapproach_list(frame: pd.DataFrame, *, gone: frozenset[str], as_of: date) -> pd.DataFrame:
    """List the lost deals of a strong wish: those that are due first, then by wish and amount.

    Parameters
    ----------
    frame : DataFrame
        From `wishes`.
    gone : frozenset of str
        Customers not to be disturbed.
    as_of : date
        The last known day; what is due by it is due.

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`.
    """
    strong = is_strong(frame)
    rows = frame[strong & ~frame["customer_id"].isin(gone)].copy()
    rows["n_signals"] = rows[list(SIGNALS)].sum(axis=1).astype("int64")
    records = rows.to_dict("records")
    rows["due"] = pd.Series(
        [due_day(row["lost_to"], row["next_buy_at"], row["closed"]) for row in records],
        index=rows.index,
        dtype=object,
    )
    bases = [
        due_basis(row["next_buy_at"], day) for row, day in zip(records, rows["due"], strict=True)
    ]
    told_of = [
        None if base is None else basis_text(base, day, as_of=as_of)
        for base, day in zip(bases, rows["due"], strict=True)
    ]
    rows["due_basis"] = pd.Series(bases, index=rows.index, dtype=object)
    for lang in LANGUAGES:
        told = [None if text is None else text.say(lang) for text in told_of]
        rows[f"due_basis_{lang}"] = pd.Series(told, index=rows.index, dtype=object)
    rows["is_due"] = [isinstance(day, date) and day <= as_of for day in rows["due"]]
    kinds = [str(row["lost_to"]) for row in records]
    words = [KINDS.get(kind, KINDS["unknown"]) for kind in kinds]
    steps = [_STEPS.get(kind, _ANY_STEP) for kind in kinds]
    shown = [[SIGNALS[name] for name in SIGNALS if row[name]] for row in records]
    rows = rows.assign(
        lost_to_en=[text.en for text in words],
        lost_to_zh=[text.zh for text in words],
        signals_en=["; ".join(text.en for text in texts) for texts in shown],
        signals_zh=["；".join(text.zh for text in texts) for texts in shown],
        next_step_en=[text.en for text in steps],
        next_step_zh=[text.zh for text in steps],
        override="",
    )
    ordered = rows.sort_values(
        ["is_due", "n_signals", "due", "amount", "lead_id"],
        ascending=[False, False, True, False, True],
        na_position="last",
        ignore_index=True,
    )
    return ordered.reindex(columns=list(COLUMNS))


def is_strong(frame: pd.DataFrame) -> pd.Series:
    """Say of each lost deal whether its customer showed a strong wish."""
    strong: pd.Series = frame[list(SIGNALS)].sum(axis=1) >= STRONG
    return strong


def reapproach_estimates(listed: pd.DataFrame, *, n_lost: int, n_spared: int) -> list[Estimate]:
    """How many lost deals are worth another approach, by where they went, and how many are due?"""
    kinds = listed["lost_to"].where(listed["lost_to"].isin(list(KINDS)), "unknown")
    return [
        counted("lost_deals_to_reapproach_count", "", len(listed), n_lost),
        *(
            counted(
                "lost_deals_to_reapproach_count",
                segment(lost_to=kind),
                int((kinds == kind).sum()),
                n_lost,
            )
            for kind in KINDS
        ),
        counted("lost_deals_due_count", "", int(listed["is_due"].sum()), len(listed)),
        *(
            counted(
                "lost_deals_due_count",
                segment(day=basis),
                int((listed["is_due"] & (listed["due_basis"] == basis)).sum()),
                len(listed),
            )
            for basis in BASES
        ),
        counted("lost_deals_not_to_disturb_count", "", n_spared, len(listed) + n_spared),
    ]
