"""Signs of a coming loss at checks of a lead's life, in pandas: silence and falling probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from benchmarks.whole.tables import DAY, Crm

QUIET_DAYS = 14
SLACK = 1e-9
MOMENT: Final = "datetime64[us]"
NEVER = np.iinfo("int64").min
SIGNS = ("customer_silent", "not_contacted", "probability_fallen", "sudden_drop", "swings")


def weekly_checks(crm: Crm, days: Sequence[int]) -> pd.DataFrame:
    """Give each lead a check at the end of each of these days on which it was still open."""
    leads = crm.leads[["lead_id", "opened_at", "duration_days", "cause"]]
    parts: list[pd.DataFrame] = []
    for day in days:
        window_end = leads["opened_at"].dt.normalize() + (day + 1) * DAY
        there = (window_end <= crm.as_of + DAY) & (leads["duration_days"] > day)
        parts.append(leads[there].assign(check_days=day, window_end=window_end[there]))
    return pd.concat(parts, ignore_index=True)


def with_signs(crm: Crm, checks: pd.DataFrame) -> pd.DataFrame:
    """Add the signs to checks, each 0 or 1; missing where there is no assessment."""
    place = pd.Series(np.arange(len(crm.leads)), index=crm.leads["lead_id"])
    ordered = checks.assign(code=place.loc[checks["lead_id"]].to_numpy())
    ordered = ordered.sort_values("window_end", kind="stable", ignore_index=True)
    seen = _last_before(ordered, _contacts(crm, place))
    told = _last_before(ordered, _probabilities(crm, place))
    end = ordered["window_end"] - DAY
    quiet = _days_since(end, seen["heard"], ordered["opened_at"])
    idle = _days_since(end, seen["contact"], ordered["opened_at"])
    known = told["peak"].notna()
    return ordered.assign(
        customer_silent=(quiet >= QUIET_DAYS).astype(float),
        not_contacted=(idle >= QUIET_DAYS).astype(float),
        probability_fallen=(told["peak"] - told["last"] >= 0.3 - SLACK).where(known).astype(float),
        sudden_drop=(told["drop"] >= 0.4 - SLACK).where(known).astype(float),
        swings=(told["turns"] >= 2).where(known).astype(float),
    )


def _last_before(checks: pd.DataFrame, track: pd.DataFrame) -> pd.DataFrame:
    """Read the state of each lead's track just before each check's end."""
    moments = track.assign(known_at=track["known_at"].astype(MOMENT))
    return pd.merge_asof(
        checks[["code"]].assign(window_end=checks["window_end"].astype(MOMENT)),
        moments.sort_values("known_at", kind="stable"),
        left_on="window_end",
        right_on="known_at",
        by="code",
        allow_exact_matches=False,
    )


def _contacts(crm: Crm, place: pd.Series) -> pd.DataFrame:
    """Latest contact, and latest in which the customer was heard, as they became known."""
    contacts = crm.contacts[["customer_id", "lead_id", "round_id", "at", "known_at"]].assign(
        heard=(crm.contacts["direction"] == "in") | crm.contacts["reached"].eq(True)
    )
    leads = crm.leads[["lead_id", "customer_id", "opened_at"]]
    has_lead = contacts["lead_id"].notna()
    named = contacts[has_lead].drop(columns="customer_id")
    rest = contacts[~has_lead & contacts["round_id"].isna()].drop(columns="lead_id")
    both = [
        named.merge(leads.drop(columns="customer_id"), on="lead_id"),
        rest.merge(leads, on="customer_id"),
    ]
    columns = ["lead_id", "opened_at", "at", "known_at", "heard"]
    rows = pd.concat([part[columns] for part in both], ignore_index=True)
    rows = rows[rows["at"] >= rows["opened_at"]]
    rows = rows.assign(code=place.loc[rows["lead_id"]].to_numpy())
    rows = rows.sort_values(["code", "known_at"], kind="stable", ignore_index=True)
    moment = rows["at"].astype(MOMENT).astype("int64")
    by_lead = rows["code"].to_numpy()
    latest = moment.groupby(by_lead).cummax()
    heard = moment.where(rows["heard"], NEVER).groupby(by_lead).cummax()
    return pd.DataFrame(
        {
            "code": rows["code"],
            "known_at": rows["known_at"],
            "contact": latest.astype(MOMENT),
            "heard": heard.where(heard > NEVER).astype("Int64").astype(MOMENT),
        }
    )


def _probabilities(crm: Crm, place: pd.Series) -> pd.DataFrame:
    """Last value, peak, largest fall and turns of each lead's probability, as they became known."""
    told = crm.assessments
    told = told[told["lead_id"].isin(place.index) & told["value_num"].notna()]
    told = told.assign(code=place.loc[told["lead_id"]].to_numpy(), value=-told["value_num"])
    told = told.sort_values(["code", "known_at", "at", "value"], ignore_index=True)
    by_lead = told["code"]
    change = told["value_num"].diff().where(by_lead.eq(by_lead.shift()))
    before = change.shift().where(by_lead.eq(by_lead.shift(2)))
    big = 0.2 - SLACK
    turn = (change * before < 0) & (change.abs() >= big) & (before.abs() >= big)
    opened = crm.leads["opened_at"].to_numpy()[by_lead.to_numpy()]
    steps = told.assign(fall=(-change.fillna(0.0)).clip(lower=0), turn=turn.astype("int64"))
    steps = steps[steps["at"] >= opened]
    grouped = steps.groupby("code", sort=False)
    return pd.DataFrame(
        {
            "code": steps["code"],
            "known_at": steps["known_at"],
            "last": steps["value_num"],
            "peak": grouped["value_num"].cummax(),
            "drop": grouped["fall"].cummax(),
            "turns": grouped["turn"].cumsum(),
        }
    )


def _days_since(end: pd.Series, moment: pd.Series, opened: pd.Series) -> pd.Series:
    days: pd.Series = (end - moment.fillna(opened).dt.normalize()).dt.days
    return days
