"""polars, lazily: scans of few columns, one sort per table, expressions that stay in its engine."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from benchmarks.peer import Tables, Task

CHANNELS = ["meet", "call", "sms", "qq", "wechat", "im", "email", "sns", "blog", "event", "other"]
CONTACTS = [
    *("interaction_id", "at", "known_at", "direction", "channel", "goal", "goal_met"),
    *("issue_left", "issue_closed_at", "asked_at", "answered_at"),
]
Frame = Any  # polars is not type-checked here: its types cost a minute
Expr = Any


def features(task: Task) -> Tables:
    """Both tables in one query plan each."""
    as_of = date.fromisoformat(task.options["as_of"])
    return {
        "indicators": _indicators(task, as_of, task.options["landmark_days"]).collect(),
        "purchases": _purchases(task, as_of).collect(),
    }


def _indicators(task: Task, as_of: date, landmark_days: int) -> Frame:
    leads = pl.scan_parquet(task.inputs / "leads.parquet")
    contacts = pl.scan_parquet(task.inputs / "interactions.parquet")
    stop = pl.col("opened_at").dt.truncate("1d") + timedelta(days=landmark_days + 1)
    end = datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1)
    windows = (
        leads.select("lead_id", "customer_id", "opened_at", "closed_at", stop=stop)
        .filter(pl.col("stop") <= end)
        .filter(pl.col("closed_at").is_null() | (pl.col("closed_at") >= pl.col("stop")))
        .drop("closed_at")
    )
    named = contacts.filter(pl.col("lead_id").is_not_null()).select("lead_id", *CONTACTS)
    general = contacts.filter(pl.col("lead_id").is_null(), pl.col("round_id").is_null())
    place = ["lead_id", "opened_at", "stop"]
    parts = [
        named.join(windows.select(place), on="lead_id").select(*place, *CONTACTS),
        general.select("customer_id", *CONTACTS)
        .join(windows, on="customer_id")
        .select(*place, *CONTACTS),
    ]
    inside = (pl.col("at") >= pl.col("opened_at")) & (pl.col("known_at") < pl.col("stop"))
    rows = pl.concat([part.filter(inside) for part in parts])
    sums = _stepped(rows).group_by("lead_id").agg(**_sums())
    return windows.join(sums, on="lead_id", how="left").select("lead_id", **_named(landmark_days))


def _stepped(rows: Frame) -> Frame:
    """Sort each lead's contacts and measure the gap before each one."""
    same = pl.col("lead_id") == pl.col("lead_id").shift()
    late = pl.col("answered_at").is_null() | (pl.col("answered_at") >= pl.col("stop"))
    open_issue = pl.col("issue_closed_at").is_null() | (pl.col("issue_closed_at") >= pl.col("stop"))
    ordered = rows.sort("lead_id", "at", "interaction_id").with_columns(
        gap=pl.when(same).then(pl.col("at").dt.date().diff().dt.total_days()),
        second=(same & (pl.col("lead_id") != pl.col("lead_id").shift(2)).fill_null(True)),
        is_out=pl.col("direction") == "out",
        unanswered=(pl.col("direction") == "in") & pl.col("asked_at").is_not_null() & late,
        issue_open=pl.col("issue_left").is_not_null() & open_issue,
    )
    return ordered.with_columns(
        out_at=pl.when("is_out").then("at"),
        question_at=pl.when("unanswered").then("asked_at"),
        issue_at=pl.when("issue_open").then("at"),
        first_gap=pl.when("second").then("gap"),
    )


def _sums() -> dict[str, Expr]:
    """Sum, per lead, what the features are made of."""
    return {
        "n": pl.len(), "n_out": pl.col("is_out").sum(), "first_out": pl.col("out_at").min(),
        "first_at": pl.col("at").min(), "last_at": pl.col("at").max(),
        "last_out": pl.col("is_out").last(), "first_channel": pl.col("channel").first(),
        "n_channels": pl.col("channel").n_unique(),
        "gaps": pl.col("gap").sum(), "gaps_squared": (pl.col("gap") * pl.col("gap")).sum(),
        "longest": pl.col("gap").max(), "first_gap": pl.col("first_gap").max(),
        "last_gap": pl.col("gap").last(), "n_unanswered": pl.col("unanswered").sum(),
        "question": pl.col("question_at").min(), "n_goal": pl.col("goal").count(),
        "n_judged": pl.col("goal_met").count(), "n_met": pl.col("goal_met").sum(),
        "n_issue": pl.col("issue_left").count(), "n_issue_open": pl.col("issue_open").sum(),
        "issue": pl.col("issue_at").min(),
        **{f"of_{name}": (pl.col("channel") == name).sum() for name in CHANNELS},
    }  # fmt: skip


def _share(part: Expr, whole: Expr) -> Expr:
    return pl.when(whole > 0).then(part / whole)


def _days(later: Expr, earlier: Expr) -> Expr:
    return (later.dt.date() - earlier.dt.date()).dt.total_days()


def _seconds(later: Expr, earlier: Expr) -> Expr:
    return (later.dt.truncate("1s") - earlier.dt.truncate("1s")).dt.total_seconds()


def _cv(gaps: Expr, squared: Expr, n: Expr) -> Expr:
    """Sample deviation over mean of n - 1 gaps, from whole sums; NULL below two gaps."""
    mean = gaps / (n - 1)
    spread = (squared - gaps * mean) / (n - 2)
    return pl.when((n >= 3) & (gaps > 0)).then(pl.max_horizontal(spread, 0.0).sqrt() / mean)


def _named(landmark_days: int) -> dict[str, Expr]:
    """Write the features under their names; leads without a contact keep their row."""
    n = pl.col("n").cast(pl.Int64)
    last_day = pl.col("stop") - timedelta(days=1)
    first_out, gaps = pl.col("first_out"), pl.col("gaps")
    issues, still = pl.col("n_issue").cast(pl.Int64), pl.col("n_issue_open").cast(pl.Int64)
    return {
        "first_response_hours": _seconds(first_out, pl.col("opened_at")) / 3600,
        "first_contact_hour": first_out.dt.hour(),
        "first_contact_weekday": first_out.dt.weekday() - 1,
        "n_contacts": n.fill_null(0),
        "contacts_per_week": n.fill_null(0) * 7 / landmark_days,
        "days_since_last_contact": _days(last_day, pl.col("last_at")),
        "contact_span_days": _days(pl.col("last_at"), pl.col("first_at")),
        "mean_gap_days": _share(gaps, n - 1),
        "gap_cv": _cv(gaps, pl.col("gaps_squared"), n),
        "longest_gap_days": pl.col("longest"),
        "gap_trend_days": pl.when(n >= 3).then(pl.col("last_gap") - pl.col("first_gap")),
        "outbound_share": pl.col("n_out") / n,
        "last_by_customer": ~pl.col("last_out"),
        "n_unanswered": pl.col("n_unanswered").fill_null(0),
        "oldest_unanswered_days": _days(last_day, pl.col("question")),
        "n_channels": pl.col("n_channels").fill_null(0),
        "first_channel": pl.col("first_channel"),
        **{f"{name}_share": pl.col(f"of_{name}") / n for name in CHANNELS},
        "goal_stated_share": pl.col("n_goal") / n,
        "goal_met_share": _share(pl.col("n_met"), pl.col("n_judged")),
        "n_open_issues": still.fill_null(0),
        "oldest_open_issue_days": _days(last_day, pl.col("issue")),
        "issue_closed_share": _share(issues - still, issues),
    }


def _purchases(task: Task, as_of: date) -> Frame:
    end = datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1)
    lines = pl.scan_parquet(task.inputs / "order_lines.parquet").filter(pl.col("known_at") < end)
    amount = (pl.col("amount") * 10_000).round().cast(pl.Int64)
    orders = lines.group_by("customer_id", "order_id").agg(
        day=pl.col("at").min().dt.date(),
        net=amount.sum(),
        margin=(pl.col("margin") * 10_000).round().cast(pl.Int64).sum(),
        n_margin=pl.col("margin").count(),
        essential=pl.when("essential").then(amount).sum(),
        other=pl.when(~pl.col("essential")).then(amount).sum(),
        has_essential=(pl.col("essential") & (pl.col("amount") > 0)).any(),
    )
    age = (pl.lit(as_of) - pl.col("day")).dt.total_days()
    orders = orders.with_columns(
        bought=pl.col("net") > 0, last=age < 365, before=(age >= 365) & (age < 730)
    )
    customers = pl.scan_parquet(task.inputs / "customers.parquet").select("customer_id")
    money = orders.group_by("customer_id").agg(**_money())
    whole = customers.join(money, on="customer_id", how="left").join(
        _rhythm(orders), on="customer_id", how="left"
    )
    return whole.select("customer_id", **_bought(as_of))


def _money() -> dict[str, Expr]:
    """Add up orders per customer over all time and the last two years."""
    last, before, bought = pl.col("last"), pl.col("before"), pl.col("bought")
    sums = {
        "n": bought, "n_last": bought & last, "n_before": bought & before,
        "n_essential": bought & pl.col("has_essential"),
        "net": pl.col("net"), "net_before": pl.when(before).then("net"),
        "essential": pl.col("essential"), "other": pl.col("other"),
        "margin": pl.col("margin"), "n_margin": pl.col("n_margin"),
        "n_margin_last": pl.when(last).then("n_margin"),
        **{f"{name}_last": pl.when(last).then(name)
           for name in ("net", "essential", "other", "margin")},
    }  # fmt: skip
    return {name: values.sum() for name, values in sums.items()}


def _rhythm(orders: Frame) -> Frame:
    """Measure the gaps between the purchase days of each customer; 0 days are no gap."""
    same = pl.col("customer_id") == pl.col("customer_id").shift()
    bought = orders.filter("bought").select("customer_id", "day").sort("customer_id", "day")
    steps = bought.with_columns(gap=pl.when(same).then(pl.col("day").diff().dt.total_days()))
    gap = pl.col("gap")
    return steps.group_by("customer_id").agg(
        n_days=(gap.is_null() | (gap > 0)).sum(),
        first_day=pl.col("day").min(), last_day=pl.col("day").max(),
        gaps=gap.sum(), gaps_squared=(gap * gap).sum(),
        longest=pl.when(gap > 0).then(gap).max(),
    )  # fmt: skip


def _bought(as_of: date) -> dict[str, Expr]:
    n_days = pl.col("n_days").cast(pl.Int64)
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
    return {
        **{name: pl.col(column).fill_null(0) for name, column in counts.items()},
        **{name: pl.col(column).fill_null(0) / 10_000 for name, column in money.items()},
        "margin_total": pl.when(pl.col("n_margin") > 0).then(pl.col("margin") / 10_000),
        "margin_last_365_days": pl.when(pl.col("n_margin_last") > 0).then(
            pl.col("margin_last") / 10_000
        ),
        "days_since_first_order": (pl.lit(as_of) - pl.col("first_day")).dt.total_days(),
        "days_since_last_order": (pl.lit(as_of) - pl.col("last_day")).dt.total_days(),
        "mean_order_gap_days": _share(pl.col("gaps"), n_days - 1),
        "order_gap_cv": _cv(pl.col("gaps"), pl.col("gaps_squared"), n_days),
        "longest_order_gap_days": pl.col("longest"),
    }
