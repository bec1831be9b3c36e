"""The factors of a lead that may go with how it ends, as they were known at its opening (M05).

Decisions:
* A profile fact counts only where the profile was last typed on or before the opening day; where
  `profile_recorded_at` is absent all are used and the estimate is weak (it may have been typed in
  after the ending).
* Missing is left out of a factor and not made a level: what is missing is often filled in because
  of the ending.
* A customer is an account, and so a level, where it has at least `min_cell` leads; the level
  `no account` never counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.language import Text
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.survival.spells import lead_spells

NO_ACCOUNT = "no account"

LEAD_LEVELS: dict[str, Text] = {
    "rep_id": Text("representative", "销售代表"),
    "product": Text("product", "产品"),
}
ACCOUNT = Text("customer", "客户")
EXISTING = Text("customer had bought before", "此前已购买")
CUSTOMER_LEVELS: dict[str, Text] = {
    "kind": Text("person or organisation", "个人或机构"),
    "gender": Text("gender", "性别"),
    "occupation": Text("occupation", "职业"),
    "industry": Text("industry", "行业"),
    "position": Text("position", "职位"),
    "education": Text("education", "教育程度"),
    "personality": Text("personality", "性格"),
    "marital": Text("marital status", "婚姻状况"),
    "motive": Text("purchase motive", "购买动机"),
    "brand_current": Text("brand in use", "现用品牌"),
    "source": Text("source", "信息来源"),
    "region": Text("region", "地区"),
    "partner_type": Text("type of partner", "伙伴类型"),
    "funds_status": Text("state of funds", "资金状况"),
}
CUSTOMER_NUMBERS: dict[str, Text] = {
    "birth_year": Text("year of birth", "出生年份"),
    "income_annual": Text("yearly income", "年收入"),
    "n_children": Text("number of children", "子女数"),
    "usage_months": Text("months of use", "使用月数"),
    "distance_km": Text("distance in km", "距离（公里）"),
    "management_level": Text("level of management", "管理水平"),
}
CUSTOMER_LISTS: dict[str, Text] = {
    "brands_used": Text("number of brands used", "用过的品牌数"),
    "brands_interest": Text("number of brands considered", "关注的品牌数"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor: its column in the frame, words, kind, and whether its time is known.

    `curved` asks beside the line whether the number bends; `log_scale` says that it is a log.
    """

    name: str
    label: Text
    kind: Literal["levels", "number"]
    time_known: bool = True
    curved: bool = False
    log_scale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorTable:
    """One row per lead: lead_id, duration_days, cause, opened_month and a column per factor.

    `off` names what could not be compared, with the reason.
    """

    frame: pd.DataFrame
    factors: tuple[Factor, ...]
    off: tuple[Text, ...] = ()


def factor_table(known: Known, *, min_cell: int = 5) -> FactorTable:
    """What was known of each lead at its opening that may go with how it ends?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `customers` and `order_lines`.
    min_cell : int
        Leads that a customer needs to be an account of its own.
    """
    frame, factors, off = _of_leads(known, min_cell=min_cell)
    for columns, more in (_of_customers(known), _purchased_before(known)):
        if columns is not None:
            frame = frame.merge(columns, on="lead_id", how="left", validate="one_to_one")
            factors = [*factors, *more]
    ordered = frame.sort_values("lead_id", ignore_index=True)
    return FactorTable(frame=ordered, factors=tuple(factors), off=tuple(off))


def _of_leads(known: Known, *, min_cell: int) -> tuple[pd.DataFrame, list[Factor], list[Text]]:
    leads = known.table("leads")
    spells = lead_spells(leads, as_of=known.observed_until).select(
        "lead_id",
        "customer_id",
        "rep_id",
        "product",
        "duration_days",
        "cause",
        opened_month=ibis._.opened.year() * 12 + ibis._.opened.month(),
    )
    own = _own_columns(known, "leads")
    frame = collect(spells)
    if own:
        frame = frame.merge(collect(leads.select("lead_id", *own)), on="lead_id")
    factors = [
        Factor(name=name, label=label, kind="levels")
        for name, label in LEAD_LEVELS.items()
        if known.has("leads", name)
    ]
    accounts = _accounts(frame["customer_id"], min_cell=min_cell)
    frame["customer_id"] = accounts
    off = []
    if accounts.nunique() >= 2:
        factors.append(Factor(name="customer_id", label=ACCOUNT, kind="levels"))
    else:
        off.append(
            Text(
                f"Customers are not compared with one another: fewer than two have {min_cell} or "
                "more leads.",
                f"未比较各客户：拥有 {min_cell} 条及以上线索的客户不足两个。",
            )
        )
    factors += [_own_factor(frame[name], time_known=False) for name in own]
    return frame, factors, off


def _accounts(customer_id: pd.Series, *, min_cell: int) -> pd.Series:
    """Keep the ids of customers with enough leads; all others are missing."""
    n_leads = customer_id.map(customer_id.value_counts())
    unnamed = customer_id.astype("string").str.startswith(NO_ACCOUNT)
    return customer_id.where((n_leads >= min_cell) & ~unnamed.fillna(False).astype(bool))


def _of_customers(known: Known) -> tuple[pd.DataFrame | None, list[Factor]]:
    wanted = [*CUSTOMER_LEVELS, *CUSTOMER_NUMBERS, *CUSTOMER_LISTS]
    names = [name for name in wanted if known.has("customers", name)]
    own = _own_columns(known, "customers")
    if "customers" not in known.tables or not names + own:
        return None, []
    timed = known.has("customers", "profile_recorded_at")
    joined = collect(_profiles_at_opening(known, names + own, timed=timed))
    frame = joined.rename(columns={name: f"customer.{name}" for name in own})
    for name in set(names) & set(CUSTOMER_LISTS):
        frame[name] = _list_length(frame[name])
    kinds: dict[str, tuple[Text, Literal["levels", "number"]]] = {
        **{name: (label, "levels") for name, label in CUSTOMER_LEVELS.items()},
        **{name: (label, "number") for name, label in CUSTOMER_NUMBERS.items()},
        **{name: (label, "number") for name, label in CUSTOMER_LISTS.items()},
    }
    factors = [
        Factor(name=name, label=kinds[name][0], kind=kinds[name][1], time_known=timed)
        for name in names
    ]
    factors += [_own_factor(frame[f"customer.{name}"], time_known=timed) for name in own]
    return frame, factors


def _profiles_at_opening(known: Known, names: list[str], *, timed: bool) -> ir.Table:
    """Join each lead to its customer's profile; what was typed after the opening is missing."""
    leads = known.table("leads").select("lead_id", "customer_id", opened=_day("opened_at"))
    customers = known.table("customers")
    typed = customers.profile_recorded_at.date() if timed else ibis.null("date")
    told = customers.select(*names, link=customers.customer_id, typed=typed)
    joined = leads.join(told, leads.customer_id == told.link)
    if timed:
        joined = joined.filter(joined.typed <= joined.opened)
    return joined.select("lead_id", *names)


def _day(column: str) -> ibis.Deferred:
    return ibis._[column].date()


def _purchased_before(known: Known) -> tuple[pd.DataFrame | None, list[Factor]]:
    """Mark leads whose customer was known to have ordered before the opening day (A-45).

    The order counts from the day on which it was known: one typed in late was not known then.
    """
    if "order_lines" not in known.tables:
        return None, []
    leads = known.table("leads").select("lead_id", "customer_id", opened=_day("opened_at"))
    lines = known.table("order_lines").filter(ibis._.amount > 0)
    first = lines.group_by(link="customer_id").aggregate(first_day=lines.known_at.min().date())
    joined = leads.left_join(first, leads.customer_id == first.link)
    before = (joined.first_day < joined.opened).fill_null(False)
    frame = collect(joined.select("lead_id", bought_before=before.ifelse("yes", "no")))
    return frame, [Factor(name="bought_before", label=EXISTING, kind="levels")]


def _own_columns(known: Known, table: str) -> list[str]:
    """Return the organisation's own factors, x_<name>, in name order."""
    if table not in known.tables:
        return []
    return sorted(name for name in known.table(table).columns if name.startswith("x_"))


def _own_factor(column: pd.Series, *, time_known: bool) -> Factor:
    name = str(column.name)
    words = name.split(".")[-1].removeprefix("x_").replace("_", " ")
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    few = column.nunique() <= 2
    return Factor(
        name=name,
        label=Text(words, words),
        kind="number" if is_number and not few else "levels",
        time_known=time_known,
    )


def _list_length(column: pd.Series) -> pd.Series:
    """Count the entries of a list cell; missing stays missing."""
    lengths = column.astype("string").str.split(";").map(len, na_action="ignore")
    return pd.to_numeric(lengths, errors="coerce")
