"""pandas, written with care: merges on few columns, no `apply`, money in whole ten-thousandths."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.peer import Tables, Task

CHANNELS = ["meet", "call", "sms", "qq", "wechat", "im", "email", "sns", "blog", "event", "other"]
LEADS = ["lead_id", "customer_id", "opened_at", "closed_at"]
CONTACTS = [
    *("interaction_id", "customer_id", "lead_id", "round_id", "at", "known_at", "direction"),
    *("channel", "goal", "goal_met", "issue_left", "issue_closed_at", "asked_at", "answered_at"),
]
LINES = ["customer_id", "order_id", "at", "known_at", "amount", "margin", "essential"]
DAY = pd.Timedelta(days=1)


def features(task: Task) -> Tables:
    """Both tables, one after the other."""
    as_of = pd.Timestamp(task.options["as_of"])
    leads = pd.read_parquet(task.inputs / "leads.parquet", columns=LEADS)
    contacts = pd.read_parquet(task.inputs / "interactions.parquet", columns=CONTACTS)
    days = task.options["landmark_days"]
    found = {"indicators": indicators(leads, contacts, as_of=as_of, landmark_days=days)}
    del leads, contacts
    return {**found, "purchases": _purchases(task, as_of)}


def indicators(
    leads: pd.DataFrame, contacts: pd.DataFrame, *, as_of: pd.Timestamp, landmark_days: int
) -> pd.DataFrame:
    """Interaction indicators of the leads still open at the landmark."""
    windows = at_risk(leads, as_of, landmark_days)
    sums = _sums(_stepped(_within(windows, contacts))).reindex(windows["code"])
    return _named(windows, sums.set_index(windows.index), landmark_days)


def at_risk(leads: pd.DataFrame, as_of: pd.Timestamp, landmark_days: int) -> pd.DataFrame:
    """Keep the leads still open at the end of their landmark day, with that day's end."""
    stop = leads["opened_at"].dt.normalize() + (landmark_days + 1) * DAY
    open_then = leads["closed_at"].isna() | (leads["closed_at"] >= stop)
    kept = leads.assign(stop=stop)[(stop <= as_of + DAY) & open_then].reset_index(drop=True)
    numbered: pd.DataFrame = kept.assign(code=np.arange(len(kept)))
    return numbered


def _within(windows: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the contacts that fall into each lead's window, by lead or by customer."""
    place = windows[["code", "opened_at", "stop"]]
    has_lead = contacts["lead_id"].notna()
    named = contacts[has_lead].drop(columns=["customer_id", "round_id"])
    own = named.merge(place.assign(lead_id=windows["lead_id"]), on="lead_id")
    rest = contacts[~has_lead & contacts["round_id"].isna()].drop(columns=["lead_id", "round_id"])
    general = rest.merge(place.assign(customer_id=windows["customer_id"]), on="customer_id")
    parts = [
        part[(part["at"] >= part["opened_at"]) & (part["known_at"] < part["stop"])]
        for part in (own.drop(columns="lead_id"), general.drop(columns="customer_id"))
    ]
    return pd.concat(parts, ignore_index=True)


def _stepped(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort each lead's contacts and measure the gap before each one."""
    rows = rows.sort_values(["code", "at", "interaction_id"], ignore_index=True)
    same = rows["code"].eq(rows["code"].shift())
    gap = rows["at"].dt.normalize().diff().dt.days.where(same)
    is_in = rows["direction"].eq("in")
    late = rows["answered_at"].isna() | (rows["answered_at"] >= rows["stop"])
    asked = is_in & rows["asked_at"].notna() & late
    issue = rows["issue_left"].notna()
    open_issue = issue & (
        rows["issue_closed_at"].isna() | (rows["issue_closed_at"] >= rows["stop"])
    )
    steps = {
        "code": rows["code"], "at": rows["at"], "channel": rows["channel"], "gap": gap,
        "gap_squared": gap * gap, "first_gap": gap.where(same & ~same.shift(fill_value=False)),
        "n_out": rows["direction"].eq("out"), "is_in": is_in.astype("int8"),
        "out_at": rows["at"].where(rows["direction"].eq("out")),
        "n_unanswered": asked, "question_at": rows["asked_at"].where(asked),
        "n_goal": rows["goal"].notna(), "n_judged": rows["goal_met"].notna(),
        "n_met": rows["goal_met"].eq(True), "n_issue": issue, "n_issue_open": open_issue,
        "issue_at": rows["at"].where(open_issue),
    }  # fmt: skip
    return pd.DataFrame(steps)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Aggregate to one row per lead, channels by a cross count."""
    by_lead = rows.groupby("code", sort=True)
    sums = by_lead.agg(
        n=("code", "size"), n_out=("n_out", "sum"), first_out=("out_at", "min"),
        first_at=("at", "min"), last_at=("at", "max"), gaps=("gap", "sum"),
        gaps_squared=("gap_squared", "sum"), longest=("gap", "max"),
        first_gap=("first_gap", "max"), n_unanswered=("n_unanswered", "sum"),
        question=("question_at", "min"), n_goal=("n_goal", "sum"), n_judged=("n_judged", "sum"),
        n_met=("n_met", "sum"), n_issue=("n_issue", "sum"),
        n_issue_open=("n_issue_open", "sum"), issue=("issue_at", "min"),
    )  # fmt: skip
    first = ~rows["code"].duplicated()
    last = ~rows["code"].duplicated(keep="last")
    sums["first_channel"] = rows["channel"][first].to_numpy()
    sums["last_gap"] = rows["gap"][last].to_numpy()
    sums["last_in"] = rows["is_in"][last].to_numpy()
    used = rows.groupby(["code", "channel"], sort=False).size().unstack(fill_value=0)
    used = used.reindex(columns=CHANNELS, fill_value=0).reindex(sums.index)
    return sums.join(used).assign(n_channels=(used > 0).sum(axis=1))


def _named(windows: pd.DataFrame, sums: pd.DataFrame, landmark_days: int) -> pd.DataFrame:
    """Write the features under their names; leads without a contact keep their row."""
    n, gaps = sums["n"], sums["gaps"]
    last_day = windows["stop"] - DAY
    mean = gaps / (n - 1).where(n > 1)
    two = n >= 3
    spread = ((sums["gaps_squared"] - gaps * mean) / (n - 2).where(two)).clip(lower=0)
    named = {
        "lead_id": windows["lead_id"],
        "first_response_hours": _seconds(sums["first_out"], windows["opened_at"]) / 3600,
        "first_contact_hour": sums["first_out"].dt.hour,
        "first_contact_weekday": sums["first_out"].dt.weekday,
        "n_contacts": n.fillna(0),
        "contacts_per_week": n.fillna(0) * 7 / landmark_days,
        "days_since_last_contact": _days(last_day, sums["last_at"]),
        "contact_span_days": _days(sums["last_at"], sums["first_at"]),
        "mean_gap_days": mean,
        "gap_cv": np.sqrt(spread) / mean.where(mean > 0),
        "longest_gap_days": sums["longest"],
        "gap_trend_days": (sums["last_gap"] - sums["first_gap"]).where(two),
        "outbound_share": sums["n_out"] / n,
        "last_by_customer": sums["last_in"],
        "n_unanswered": sums["n_unanswered"].fillna(0),
        "oldest_unanswered_days": _days(last_day, sums["question"]),
        "n_channels": sums["n_channels"].fillna(0),
        "first_channel": sums["first_channel"],
        **{f"{name}_share": sums[name] / n for name in CHANNELS},
        "goal_stated_share": sums["n_goal"] / n,
        "goal_met_share": sums["n_met"] / sums["n_judged"].where(sums["n_judged"] > 0),
        "n_open_issues": sums["n_issue_open"].fillna(0),
        "oldest_open_issue_days": _days(last_day, sums["issue"]),
        "issue_closed_share": (sums["n_issue"] - sums["n_issue_open"])
        / sums["n_issue"].where(sums["n_issue"] > 0),
    }
    return pd.DataFrame(named)


def _days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    whole: pd.Series = (later.dt.normalize() - earlier.dt.normalize()).dt.days
    return whole


def _seconds(later: pd.Series, earlier: pd.Series) -> pd.Series:
    whole: pd.Series = (later.dt.floor("s") - earlier.dt.floor("s")).dt.total_seconds()
    return whole


def _purchases(task: Task, as_of: pd.Timestamp) -> pd.DataFrame:
    customers = pd.read_parquet(task.inputs / "customers.parquet", columns=["customer_id"])
    lines = pd.read_parquet(task.inputs / "order_lines.parquet", columns=LINES)
    orders = _orders(lines[lines["known_at"] < as_of + DAY])
    del lines
    both = _money(orders, as_of).join(_rhythm(orders), how="outer")
    return _bought(customers, both.reindex(customers["customer_id"]), as_of)


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    """Net the lines of each order in whole ten-thousandths."""
    amount = (lines["amount"] * 10_000).round().astype("int64")
    essential = lines["essential"].eq(True)
    told = lines[["customer_id", "order_id", "at"]].assign(
        net=amount,
        margin=(lines["margin"] * 10_000).round(),
        essential=amount.where(essential, 0),
        other=amount.where(lines["essential"].eq(False), 0),
        has_essential=essential & (amount > 0),
    )
    orders = told.groupby(["customer_id", "order_id"], sort=False).agg(
        day=("at", "min"), net=("net", "sum"), n_margin=("margin", "count"),
        margin=("margin", "sum"), essential=("essential", "sum"), other=("other", "sum"),
        has_essential=("has_essential", "max"),
    )  # fmt: skip
    return orders.reset_index("customer_id").assign(day=orders["day"].dt.normalize().to_numpy())


def _money(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Add up orders per customer over all time and the last two years."""
    age = (as_of - orders["day"]).dt.days
    last, before = age < 365, (age >= 365) & (age < 730)
    bought = orders["net"] > 0
    parts = pd.DataFrame(
        {
            "customer_id": orders["customer_id"],
            "n": bought, "n_last": bought & last, "n_before": bought & before,
            "n_essential": bought & orders["has_essential"],
            "net": orders["net"], "net_last": orders["net"].where(last, 0),
            "net_before": orders["net"].where(before, 0),
            "essential": orders["essential"], "essential_last": orders["essential"].where(last, 0),
            "other": orders["other"], "other_last": orders["other"].where(last, 0),
            "margin": orders["margin"], "margin_last": orders["margin"].where(last, 0),
            "n_margin": orders["n_margin"], "n_margin_last": orders["n_margin"].where(last, 0),
        }
    )  # fmt: skip
    return parts.groupby("customer_id", sort=False).sum()


def _rhythm(orders: pd.DataFrame) -> pd.DataFrame:
    """Measure the gaps between the purchase days of each customer."""
    days = orders.loc[orders["net"] > 0, ["customer_id", "day"]].drop_duplicates()
    days = days.sort_values(["customer_id", "day"], ignore_index=True)
    same = days["customer_id"].eq(days["customer_id"].shift())
    step: pd.Series = days["day"] - days["day"].shift()
    gap = step.dt.days.where(same)
    steps = days.assign(gap=gap, gap_squared=gap * gap)
    return steps.groupby("customer_id", sort=False).agg(
        n_days=("day", "size"), first_day=("day", "min"), last_day=("day", "max"),
        gaps=("gap", "sum"), gaps_squared=("gap_squared", "sum"), longest=("gap", "max"),
    )  # fmt: skip


def _bought(customers: pd.DataFrame, sums: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    n_days, gaps = sums["n_days"], sums["gaps"]
    mean = gaps / (n_days - 1).where(n_days > 1)
    three = n_days >= 3
    spread = ((sums["gaps_squared"] - gaps * mean) / (n_days - 2).where(three)).clip(lower=0)
    counts = {
        "n_orders": "n", "n_orders_last_365_days": "n_last",
        "n_orders_previous_365_days": "n_before", "n_essential_orders": "n_essential",
        "n_purchase_days": "n_days",
    }  # fmt: skip
    money = {
        "amount_total": "net", "amount_last_365_days": "net_last",
        "amount_previous_365_days": "net_before", "essential_amount_total": "essential",
        "essential_amount_last_365_days": "essential_last", "non_essential_amount_total": "other",
        "non_essential_amount_last_365_days": "other_last",
    }  # fmt: skip
    named = pd.DataFrame(
        {
            **{name: sums[column].fillna(0) for name, column in counts.items()},
            **{name: sums[column].fillna(0) / 10_000 for name, column in money.items()},
            "margin_total": sums["margin"].where(sums["n_margin"] > 0) / 10_000,
            "margin_last_365_days": sums["margin_last"].where(sums["n_margin_last"] > 0) / 10_000,
            "days_since_first_order": (as_of - sums["first_day"]).dt.days,
            "days_since_last_order": (as_of - sums["last_day"]).dt.days,
            "mean_order_gap_days": mean,
            "order_gap_cv": np.sqrt(spread) / mean,
            "longest_order_gap_days": sums["longest"],
        }
    )
    return named.rename_axis("customer_id").reset_index()
