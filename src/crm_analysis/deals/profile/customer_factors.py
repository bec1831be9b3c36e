"""What is known of a lead's customer at the opening: profile fields, and what follows from them.

Decisions:
* A profile fact counts only where the profile was last typed on or before the opening day; where
  `profile_recorded_at` is absent all are used and the estimate is weak (it may have been typed in
  after the ending). The opening of a rival's shop has a day of its own.
* Age is of the opening year; income is compared on a log scale; both may bend. Children's ages are
  those written down: nobody ages between typing and opening.
* A list becomes its length, and one yes or no for each medium that enough leads have.
* Concerns are coded by the codebook's dictionary: one yes or no a code, never the text itself. A
  motive is compared only where it is evidently chosen from a list: free text is no level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.comparison.factor import Factor, Kind, numbers_of, own_factor
from crm_analysis.deals.profile.flags import brand_flags, child_flags, concern_flags, medium_flags
from crm_analysis.language import Text
from crm_analysis.reasons.codebook import Codebook
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known

LEVELS: dict[str, Text] = {
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
NUMBERS: dict[str, Text] = {
    "birth_year": Text("age", "年龄"),
    "income_annual": Text("yearly income", "年收入"),
    "n_children": Text("number of children", "子女数"),
    "usage_months": Text("months of use", "使用月数"),
    "distance_km": Text("distance in km", "距离（公里）"),
    "management_level": Text("level of management", "管理水平"),
}
LISTS: dict[str, Text] = {
    "brands_used": Text("number of brands used", "用过的品牌数"),
    "brands_interest": Text("number of brands considered", "关注的品牌数"),
    "media": Text("number of media used", "使用的媒体数"),
}
READ_ONLY = ("children", "concerns", "rival_opened_at")
_DROPPED = (*READ_ONLY, "birth_year")
_RENAMED = {"rival_opened_at": "rival_nearby", "birth_year": "age_years"}
_MOST_MOTIVES, _LONGEST_MOTIVE = 20, 40


def customer_factors(
    known: Known, opened_month: pd.Series, *, min_cell: int, codebook: Codebook | None = None
) -> tuple[pd.DataFrame, list[Factor]]:
    """Read each lead's customer as known at the opening.

    Parameters
    ----------
    known : Known
        The as-of views; uses `customers`.
    opened_month : Series
        Year times 12 plus month of the opening, by lead_id.
    min_cell : int
        Leads that a medium or a concern needs.
    codebook : Codebook, optional
        By which concerns are coded; None means ours.

    Returns
    -------
    DataFrame
        lead_id and a column per factor.
    list of Factor
        The factors, in a fixed order.
    """
    wanted = [*LEVELS, *NUMBERS, *LISTS, *READ_ONLY]
    names = [name for name in wanted if known.has("customers", name)]
    own = (
        sorted(name for name in known.tables["customers"].columns if name.startswith("x_"))
        if "customers" in known.tables
        else []
    )
    if not names + own:
        return pd.DataFrame({"lead_id": opened_month.index}), []
    timed = known.has("customers", "profile_recorded_at")
    frame = collect(profiles_at_opening(known, names + own, timed=timed))
    frame = frame.rename(columns={name: f"customer.{name}" for name in own})
    for name in own:
        frame[f"customer.{name}"] = numbers_of(frame[f"customer.{name}"])
    factors = _plain(frame, names, timed=timed)
    _rescale(frame, opened_month)
    more = {
        **child_flags(frame),
        **brand_flags(frame),
        **medium_flags(frame, min_cell=min_cell),
        **concern_flags(frame, codebook, min_cell=min_cell),
    }
    factors += [
        Factor(name=name, label=label, kind="levels", time_known=timed, of_profile=True)
        for name, (label, _) in more.items()
    ]
    made = pd.DataFrame({name: column for name, (_, column) in more.items()}, index=frame.index)
    frame = pd.concat([frame.drop(columns=list(_DROPPED), errors="ignore"), made], axis=1)
    for name in set(LISTS) & set(frame.columns):
        frame[name] = list_length(frame[name])
    factors += [
        own_factor(frame[f"customer.{name}"], time_known=timed, of_profile=True) for name in own
    ]
    return frame, factors


def profiles_at_opening(known: Known, names: list[str], *, timed: bool) -> ir.Table:
    """Join each lead to its customer's profile; what was typed after the opening is missing.

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` and `customers`.
    names : list of str
        Columns of the profile.
    timed : bool
        Whether the source says when a profile was typed.
    """
    leads = known.table("leads").select("lead_id", "customer_id", opened=ibis._["opened_at"].date())
    customers = known.table("customers")
    typed = customers.profile_recorded_at.date() if timed else ibis.null("date")
    own_clock = [name for name in names if name == "rival_opened_at"]
    told = customers.select(*names, link=customers.customer_id, typed=typed)
    joined = leads.join(told, leads.customer_id == told.link)
    known_then = (joined.typed <= joined.opened) if timed else ibis.literal(True)
    hidden = {
        name: known_then.ifelse(joined[name], ibis.null(joined[name].type()))
        for name in names
        if name not in own_clock
    }
    rival = {
        name: (joined[name].cast("date") <= joined.opened).ifelse("yes", "no") for name in own_clock
    }
    return joined.select("lead_id", **hidden, **rival)


def _plain(frame: pd.DataFrame, names: Iterable[str], *, timed: bool) -> list[Factor]:
    """Name the factors that are a field as it stands; a motive in free text is none."""
    kinds: Mapping[str, tuple[Text, Kind]] = {
        **{name: (label, "levels") for name, label in LEVELS.items()},
        **{name: (label, "number") for name, label in (NUMBERS | LISTS).items()},
        "rival_opened_at": (Text("a rival's shop nearby", "附近有竞争门店"), "levels"),
    }
    factors = []
    for name in names:
        if name not in kinds or (name == "motive" and not _is_chosen(frame[name])):
            continue
        label, kind = kinds[name]
        at_once = name == "rival_opened_at"
        factors.append(
            Factor(
                name=_RENAMED.get(name, name),
                label=label,
                kind=kind,
                time_known=timed or at_once,
                curved=name in ("birth_year", "income_annual"),
                log_scale=name == "income_annual",
                of_profile=not at_once,
            )
        )
    return factors


def _is_chosen(column: pd.Series) -> bool:
    """Say whether a text column looks like a choice from a list: few and short values."""
    texts = column.dropna().astype(str)
    return texts.nunique() <= _MOST_MOTIVES and bool((texts.str.len() <= _LONGEST_MOTIVE).all())


def _rescale(frame: pd.DataFrame, opened_month: pd.Series) -> None:
    """Turn years of birth into ages at the opening, and incomes into logs."""
    if "birth_year" in frame:
        year = (frame["lead_id"].map(opened_month) - 1) // 12
        age = year - pd.to_numeric(frame["birth_year"], errors="coerce")
        frame["age_years"] = age.where(age.between(0, 120))
    if "income_annual" in frame:
        income = pd.to_numeric(frame["income_annual"], errors="coerce").astype(float)
        frame["income_annual"] = np.log(income.where(income > 0))
    if "rival_opened_at" in frame:
        frame["rival_nearby"] = frame["rival_opened_at"].fillna("no")


def list_length(column: pd.Series) -> pd.Series:
    """Count the entries of a list cell; missing stays missing."""
    lengths = column.astype("string").str.split(";").map(len, na_action="ignore")
    return pd.to_numeric(lengths, errors="coerce")
