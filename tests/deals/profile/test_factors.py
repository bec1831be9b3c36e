"""What counts as a factor: profiles as known at the opening, accounts, own columns."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.profile.factors import factor_table
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
    engine = views["leads"].get_backend()
    lines = engine.create_table("order_lines", orders)
    same = {**views, "order_lines": lines.mutate(amount=lines.amount.cast("decimal(18,4)"))}
    told = factor_table(known(same, as_of=date(2026, 6, 30))).frame.set_index("lead_id")
    assert told.loc["L0", "bought_before"] == "yes"
    assert told.loc["L5", "bought_before"] == "no"  # ordered before, typed in two days after


def told(name: str, **customers: object) -> pd.Series:
    table = factor_table(world(**customers), min_cell=1)
    assert name in [factor.name for factor in table.factors]
    return table.frame.set_index("lead_id")[name]


def test_age_is_of_the_opening_year_and_may_bend():
    people = world(birth_year=[1986, 2006, None, 1890])
    table = factor_table(people)
    age = table.frame.set_index("lead_id")["age_years"]
    assert (age["L0"], age["L5"]) == (40, 20)
    assert age[["L6", "L7"]].isna().all()  # not known, and nobody is 136
    assert table.factor("age_years").curved
    assert "birth_year" not in table.frame


def test_income_is_on_a_log_scale():
    table = factor_table(world(income_annual=[np.e, 1.0, 0.0, None]))
    assert table.frame.set_index("lead_id").loc[["L0", "L5"], "income_annual"].to_list() == [1, 0]
    assert table.factor("income_annual").log_scale


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("child_under_3", ["yes", "no", None, "no"]),
        ("child_3_to_12", ["yes", "no", None, "no"]),
        ("child_13_to_18", ["no", "no", None, "yes"]),
        ("daughter", ["yes", "no", None, "no"]),
        ("son", ["yes", "no", None, "no"]),
    ],
)
def test_children_become_flags_and_unknown_stays_unknown(name, said):
    flags = told(name, children=["8f;2m", None, None, "17"], n_children=[2, 0, None, 1])
    assert flags[["L0", "L5", "L6", "L7"]].fillna("").to_list() == [one or "" for one in said]


def test_concerns_are_coded_and_their_text_is_never_a_level():
    texts = ["价格太贵", "too far for me", None, "=HYPERLINK(1)<script>"]
    table = factor_table(world(concerns=texts), min_cell=1)
    frame = table.frame.set_index("lead_id")
    assert frame.loc[["L0", "L5"], "concern.price"].to_list() == ["yes", "no"]
    assert frame.loc[["L0", "L5"], "concern.distance"].to_list() == ["no", "yes"]
    assert pd.isna(frame.loc["L6", "concern.price"])
    assert not {"concerns"} & set(frame.columns)
    assert "HYPERLINK" not in frame.to_csv()


def test_a_motive_in_free_text_is_no_level():
    long = ["送礼" * 30, "for a friend", "own use", "own use"]
    assert "motive" not in [one.name for one in factor_table(world(motive=long)).factors]
    assert told("motive", motive=["gift", "own use", "gift", None])["L0"] == "gift"


def test_brands_and_media_say_yes_or_no():
    brands = {"brands_interest": ["Ours;Qingfeng", "Qingfeng", None, "x"]}
    current = {"brand_current": ["Beishan", "qingfeng", "x", None]}
    ours = told("considers_ours", **brands, **current)
    assert ours[["L0", "L5"]].to_list() == ["yes", "no"]
    same = told("considers_current", **brands, **current)
    assert same[["L0", "L5"]].to_list() == ["no", "yes"]
    assert same[["L6", "L7"]].isna().all()
    media = told("medium.tv", media=["tv;radio", "radio", None, "TV"])
    assert media[["L0", "L5", "L7"]].to_list() == ["yes", "no", "yes"]


def test_a_rival_counts_from_the_day_it_opened():
    opened = pd.to_datetime(["2026-03-10", "2026-03-11", None, None])
    rival = told("rival_nearby", rival_opened_at=opened)
    assert rival[["L0", "L5", "L6"]].to_list() == ["yes", "no", "no"]


def test_days_of_an_own_column_are_numbers():
    table = factor_table(world(x_since=pd.to_datetime(["2026-01-01", "2026-01-03", None, None])))
    since = table.frame.set_index("lead_id")["customer.x_since"]
    assert since["L5"] - since["L0"] == 2
