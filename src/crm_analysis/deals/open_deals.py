"""Which open leads show a sign of loss now, each with its reason in words: a hint, no verdict."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import Estimate, segment
from crm_analysis.features.windows import end_of_day
from crm_analysis.language import Text
from crm_analysis.source.frames import collect

OPEN_STATES = ("open", "dormant")
LIST_COLUMNS = (
    *("lead_id", "customer_id", "rep_id", "product", "opened", "age_days", "amount", "n_signs"),
    *("quiet_days", "idle_days", "last_probability", "peak_probability"),
    *("reason_en", "reason_zh", "action_en", "action_zh"),
)
ANY_SIGN = "any"


def open_leads(leads: ir.Table) -> ir.Table:
    """Keep the leads that have not ended."""
    return leads.filter(leads.state.isin(list(OPEN_STATES)))


def customers_gone(customers: ir.Table, *, columns: Sequence[str], as_of: date) -> frozenset[str]:
    """Name the customers for whom one of these times (opted out, left) is past at as_of."""
    end = end_of_day(ibis.literal(as_of))
    gone = customers.filter(ibis.or_(*(customers[name] < end for name in columns)))
    return frozenset(collect(gone.select("customer_id"))["customer_id"])


def open_signs(leads: ir.Table, parts: Sequence[ir.Table], *, as_of: date) -> pd.DataFrame:
    """Give each open lead its signs as they stand at the end of as_of.

    Parameters
    ----------
    leads : Table
        Open leads only.
    parts : sequence of Table
        Signs at `signs.check_now`, from `contact_signs` and `probability_signs`.
    as_of : date
        End of the last known day.

    Returns
    -------
    DataFrame
        One row per open lead, by lead_id: lead columns, opened, age_days and the signs' columns.
    """
    kept = ["lead_id", "customer_id", "rep_id", "product", "amount"]
    frame = collect(leads.select(*kept, opened=ibis._.opened_at.date()))
    frame["amount"] = pd.to_numeric(frame["amount"]).astype(float)
    frame["opened"] = pd.to_datetime(frame["opened"]).dt.date
    frame["age_days"] = [(as_of - day).days for day in frame["opened"]]
    for part in parts:
        frame = frame.merge(collect(part).drop(columns="check_days"), on="lead_id", how="left")
    ordered: pd.DataFrame = frame.sort_values("lead_id", ignore_index=True)
    return ordered


def sign_counts_now(frame: pd.DataFrame, names: Sequence[str]) -> tuple[Estimate, ...]:
    """How many open leads show each sign, and any of them, now?"""
    columns = {name: frame[name].fillna(0) == 1 for name in names if name in frame}
    if columns:
        columns[ANY_SIGN] = pd.DataFrame(columns).any(axis=1)
    return tuple(
        Estimate(
            module="M04",
            quantity="open_leads_with_sign_count",
            segment=segment(sign=name),
            method="count",
            estimate=float(column.sum()),
            n=len(frame),
            evidence="exact",
        )
        for name, column in columns.items()
    )


def open_deals_list(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """List the open leads that show at least one of these signs, most signs and money first.

    Parameters
    ----------
    frame : DataFrame
        From `open_signs`.
    names : sequence of str
        The signs that stand; others give no reason to be on the list.

    Returns
    -------
    DataFrame
        The columns of `LIST_COLUMNS`; text in both languages.
    """
    shown = [name for name in names if name in frame]
    flags = frame[shown].fillna(0) == 1
    rows = frame.assign(n_signs=flags.sum(axis=1)).loc[flags.any(axis=1)]
    rows = rows.rename(columns={"last_value": "last_probability", "peak_value": "peak_probability"})
    words = [
        _words(record, [name for name in shown if record.get(name) == 1])
        for record in rows.to_dict("records")
    ]
    for column in ("reason_en", "reason_zh", "action_en", "action_zh"):
        rows[column] = [told[column] for told in words]
    ordered = rows.sort_values(
        ["n_signs", "amount", "lead_id"], ascending=[False, False, True], ignore_index=True
    )
    return ordered.reindex(columns=list(LIST_COLUMNS))


def _words(record: Mapping[Hashable, object], names: Sequence[str]) -> dict[str, str]:
    """Write the reasons of one lead, and what to do about the first."""
    reasons = [reason_text(SIGNS[name].reason, record) for name in names]
    action = SIGNS[names[0]].action
    return {
        "reason_en": "; ".join(text.en for text in reasons) + " (a hint, please look)",
        "reason_zh": "；".join(text.zh for text in reasons) + "（仅为提示，请查看）",
        "action_en": action.en,
        "action_zh": action.zh,
    }


def reason_text(template: Text, record: Mapping[Hashable, object]) -> Text:
    """Fill a sign's reason with the lead's own numbers.

    Examples
    --------
    >>> reason_text(SIGNS["not_contacted"].reason, {"idle_days": 21}).en
    'no contact for 21 days'
    """
    values = {
        "heard": _whole(record.get("quiet_days")),
        "contact": _whole(record.get("idle_days")),
        "peak": _percent(record.get("peak_probability")),
        "last": _percent(record.get("last_probability")),
        "drop": _percent(record.get("largest_drop")),
        "turns": _whole(record.get("n_turns")),
    }
    return Text(template.en.format(**values), template.zh.format(**values))


def _whole(value: object) -> str:
    return "–" if value is None or pd.isna(value) else f"{float(str(value)):.0f}"  # type: ignore[call-overload]


def _percent(value: object) -> str:
    return "–" if value is None or pd.isna(value) else f"{100 * float(str(value)):.0f} %"  # type: ignore[call-overload]
