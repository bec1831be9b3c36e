"""The main tables of notebooks 10 and 20, as a careful pandas + lifelines user computes them.

Incidences come from statsmodels: lifelines would move tied days apart by chance, and is slower.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from statsmodels.duration.survfunc import CumIncidenceRight

from benchmarks.features.pandas_peer import indicators
from benchmarks.peer import Tables, Task
from benchmarks.whole.signs import SIGNS, weekly_checks, with_signs
from benchmarks.whole.tables import CAUSES, Crm, read_crm

HORIZONS = (30, 60, 90, 180)
LANDMARKS = (3, 7, 14, 30)
EARLY_DAYS, FULL_HORIZON, SHOWN_DAY = (7, 14, 30, 45), 90, 30
WEEKLY = tuple(range(7, 183, 7))
TESTED = {1: "lost", 2: "won"}
NOT_TESTED = ("lead_id", "first_channel", "first_contact_weekday", "contacts_per_week")
MIN_EVENTS = 10


def pipeline(task: Task) -> Tables:
    """Read the CRM and make the four tables."""
    crm = read_crm(task.inputs, pd.Timestamp(task.options["as_of"]))
    checks = with_signs(crm, weekly_checks(crm, sorted({*WEEKLY, *EARLY_DAYS})))
    return {
        "outcomes": _outcomes(crm.leads),
        "indicators": _indicator_ratios(crm),
        "signs": _sign_ratios(checks),
        "sign_shares": _sign_shares(checks),
    }


def _incidence(rows: pd.DataFrame, cause: int, days: list[int]) -> list[float]:
    """Read the share ended by one cause by each of these days."""
    found = CumIncidenceRight(rows["duration_days"].to_numpy(), rows["cause"].to_numpy())
    place = np.searchsorted(found.times, days, side="right")
    return list(np.concatenate(([0.0], found.cinc[cause - 1]))[place])


def _outcomes(leads: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for code, cause in CAUSES.items():
        if (leads["cause"] == code).any():
            shares = _incidence(leads, code, list(HORIZONS))
            rows += [
                (f"cause={cause};horizon_days={day}", share)
                for day, share in zip(HORIZONS, shares, strict=True)
            ]
    return pd.DataFrame(rows, columns=["key", "share"])


def _indicator_ratios(crm: Crm) -> pd.DataFrame:
    """Fit each indicator alone at each landmark, per standard deviation."""
    rows = []
    ends = crm.leads[["lead_id", "duration_days", "cause"]]
    for day in LANDMARKS:
        found = indicators(crm.leads, crm.contacts, as_of=crm.as_of, landmark_days=day)
        frame = found.merge(ends[ends["duration_days"] > day], on="lead_id")
        for (code, cause), name in itertools.product(TESTED.items(), found.columns):
            if name in NOT_TESTED:
                continue
            coef = _per_deviation(frame, name, code)
            if coef is not None:
                rows.append((f"cause={cause};landmark_days={day};indicator={name}", coef))
    return pd.DataFrame(rows, columns=["key", "coef"])


def _per_deviation(frame: pd.DataFrame, name: str, code: int) -> float | None:
    """Fit one column; None where too few of the lost or won differ in it."""
    column = frame[name].astype(float)
    if name.endswith("_hours"):
        column = column.clip(lower=1 / 60).transform(np.log)
    kept = column.notna()
    values, event = column[kept], frame.loc[kept, "cause"] == code
    if not len(values) or event.sum() < MIN_EVENTS / 2:
        return None
    differing = 1.0 - values.value_counts().max() / len(values)
    if 2 * differing * event.sum() < MIN_EVENTS:
        return None
    rows = pd.DataFrame(
        {
            "x": values / values.std(ddof=0),
            "days": frame.loc[kept, "duration_days"],
            "event": event,
        }
    )
    return float(CoxPHFitter().fit(rows, "days", "event").params_["x"])


def _sign_ratios(checks: pd.DataFrame) -> pd.DataFrame:
    """Fit each sign alone on the week that follows each weekly check."""
    weeks = checks[checks["check_days"].isin(WEEKLY)]
    stop = weeks["check_days"] + 7
    ended = weeks["duration_days"] <= stop
    rows = []
    for sign, (code, cause) in itertools.product(SIGNS, TESTED.items()):
        frame = pd.DataFrame(
            {
                "x": weeks[sign],
                "entry": weeks["check_days"],
                "days": np.minimum(weeks["duration_days"], stop),
                "event": ended & (weeks["cause"] == code),
            }
        ).dropna()
        fit = CoxPHFitter().fit(frame, "days", "event", entry_col="entry")
        rows.append((f"cause={cause};sign={sign}", float(fit.params_["x"])))
    return pd.DataFrame(rows, columns=["key", "coef"])


def _sign_shares(checks: pd.DataFrame) -> pd.DataFrame:
    """Shares lost within horizons, with and without each sign, of leads open on a day."""
    places = {(day, FULL_HORIZON) for day in EARLY_DAYS}
    places |= {(SHOWN_DAY, horizon) for horizon in (14, 30, 60)}
    rows = []
    for (day, horizon), sign in itertools.product(sorted(places), SIGNS):
        there = checks[checks["check_days"] == day]
        for shown, value in (("yes", 1.0), ("no", 0.0)):
            part = there[there[sign] == value]
            if len(part) < MIN_EVENTS or not (part["cause"] == 1).any():
                continue
            share = _incidence(part, 1, [day + horizon])[0]
            place = f"cause=lost;landmark_days={day};horizon_days={horizon}"
            rows.append((f"{place};sign={sign};shown={shown}", share))
    return pd.DataFrame(rows, columns=["key", "share"])
