"""Which open leads show a sign of loss now, and how is that said in words?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.estimates import Estimate, segment
from crm_analysis.features.windows import end_of_day
from crm_analysis.language import Text
from crm_analysis.source.frames import collect

OPEN_STATES = ("open", "dormant")
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


def reason_text(template: Text, record: Mapping[Hashable, object]) -> Text:
    """Fill a sign's reason with the lead's own numbers.

    Examples
    --------
    >>> from crm_analysis.deals.signs import SIGNS
    >>> reason_text(SIGNS["not_contacted"].reason, {"idle_days": 21}).en
    'no contact for 21 days'
    """
    values = {
        "heard": _whole(record.get("quiet_days")),
        "contact": _whole(record.get("idle_days")),
        "peak": _percent(record.get("peak_probability")),
        "last": _percent(record.get("last_probability")),
        "drop": _points(record.get("largest_drop")),
        "turns": _whole(record.get("n_turns")),
    }
    return Text(template.en.format(**values), template.zh.format(**values))


def _whole(value: object) -> str:
    return "–" if value is None or pd.isna(value) else f"{float(str(value)):.0f}"  # type: ignore[call-overload]


def _percent(value: object) -> str:
    return "–" if value is None or pd.isna(value) else f"{100 * float(str(value)):.0f} %"  # type: ignore[call-overload]


def _points(share: object) -> str:
    return _percent(share).removesuffix(" %")
