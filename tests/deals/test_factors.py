"""What counts as a factor: profiles as known at the opening, accounts, own columns."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from crm_analysis.deals.factors import factor_table
from tests.answers.worlds import known

LEADS = pd.DataFrame(
    {
        "lead_id": [f"L{i}" for i in range(8)],
        "customer_id": ["big"] * 5 + ["small", "no account L6", "no account L7"],
        "rep_id": "R1",
        "product": "A",
        "opened_at": pd.Timestamp("2026-03-10 09:00"),
        "closed_at": pd.Timestamp("2026-03-20"),
        "status": "lost",
        "x_hall": ["n", "s"] * 4,
    }
)


def world(**customers: object):
    engine = ibis.duckdb.connect()
    people = pd.DataFrame(
        {"customer_id": ["big", "small", "no account L6", "no account L7"], **customers}
    )
    views = {
        "leads": engine.create_table("leads", LEADS),
        "customers": engine.create_table("customers", people),
    }
    return known(views, as_of=date(2026, 6, 30))


def test_a_profile_typed_after_the_opening_was_not_known():
    typed = pd.to_datetime(["2026-03-10", "2026-03-11", "2026-01-01", "2026-01-01"])
    table = factor_table(world(gender=["f", "m", "m", "f"], profile_recorded_at=typed))
    told = table.frame.set_index("lead_id")["gender"]
    assert told["L0"] == "f"  # typed on the opening day
    assert pd.isna(told["L5"])  # a day later
    gender = next(factor for factor in table.factors if factor.name == "gender")
    assert gender.time_known


def test_without_typing_time_the_fact_is_used_and_marked():
    table = factor_table(world(gender=["f", "m", "m", "f"]))
    assert table.frame["gender"].notna().all()
    assert not next(factor for factor in table.factors if factor.name == "gender").time_known


def test_only_customers_with_enough_leads_are_accounts():
    table = factor_table(world(), min_cell=5)
    assert set(table.frame["customer_id"].dropna()) == {"big"}
    assert "customer_id" not in [factor.name for factor in table.factors]
    assert "fewer than two" in table.off[0].en
    two = factor_table(world(), min_cell=1)
    assert set(two.frame["customer_id"].dropna()) == {"big", "small"}  # never "no account"
    assert "customer_id" in [factor.name for factor in two.factors]


def test_own_columns_of_leads_and_lists_of_customers_become_factors():
    table = factor_table(world(brands_used=["a;b", "c", None, "a"], x_score=[1.0, 2.0, 3.0, 4.0]))
    kinds = {factor.name: factor.kind for factor in table.factors}
    assert kinds["x_hall"] == "levels"
    assert kinds["customer.x_score"] == "number"
    assert table.frame.set_index("lead_id")["brands_used"]["L0"] == 2


def test_an_order_typed_in_after_the_opening_was_not_known():
    orders = pd.DataFrame(
        {
            "customer_id": ["big", "small"],
            "at": pd.to_datetime(["2026-02-01", "2026-02-01"]),
            "known_at": pd.to_datetime(["2026-02-01", "2026-03-12"]),
            "amount": 100.0,
        }
    )
    views = world().tables
    lines = ibis.duckdb.connect().create_table("order_lines", orders)
    lines = lines.mutate(amount=lines.amount.cast("decimal(18,4)"))
    engine = ibis.duckdb.connect()
    same = {name: engine.create_table(name, view.to_pandas()) for name, view in views.items()}
    same["order_lines"] = engine.create_table("order_lines", lines.to_pandas())
    told = factor_table(known(same, as_of=date(2026, 6, 30))).frame.set_index("lead_id")
    assert told.loc["L0", "bought_before"] == "yes"
    assert told.loc["L5", "bought_before"] == "no"  # ordered before, typed in two days after
