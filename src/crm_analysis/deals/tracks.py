"""What goes before a loss: silence and falling probabilities as signs that switch on and off (M04).

Decisions:
* A sign is read at weekly checks and judged on the week that follows, in a Cox model on the age of
  the lead (time-varying, Efron ties). Every sign is fitted alone.
* Sensitivity: the same sign one week late. A sign that only says what the representative already
  knew fades when it is lagged.
* Size: of the leads still open on one day, the shares lost within the horizon with and without the
  sign (competing endings).
* Nothing here says that acting on a sign changes the ending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.quantities import NOTES
from crm_analysis.source.frames import collect
from crm_analysis.survival.competing import CumulativeIncidence, aalen_johansen, contrast
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.spells import CAUSES, lead_spells

FAMILY = "M04:tracks"
STEP_DAYS = 7
WEEKLY = tuple(range(STEP_DAYS, 183, STEP_DAYS))
TESTED_CAUSES = {code: name for code, name in CAUSES.items() if name in ("lost", "won")}
LOST = 1


def sign_counts(
    leads: ir.Table, checks: ir.Table, parts: Sequence[ir.Table], *, as_of: date
) -> pd.DataFrame:
    """Count leads by check, days at risk, ending and signs shown, in the engine.

    Parameters
    ----------
    leads : Table
        The as-of view of T2.
    checks : Table
        From `signs.checks_at`.
    parts : sequence of Table
        Signs by lead_id and check_days, from `signs.contact_signs` and `probability_signs`.
    as_of : date
        End of the last known day.

    Returns
    -------
    DataFrame
        check_days, duration_days, cause, one column per sign (missing where unknown), n; only
        checks at which the lead was still open.
    """
    spells = lead_spells(leads, as_of=as_of).select("duration_days", "cause", link="lead_id")
    joined = checks.join(spells, checks.lead_id == spells.link)
    table = joined.filter(joined.duration_days > joined.check_days).select(
        "lead_id", "check_days", "duration_days", "cause"
    )
    names: list[str] = []
    for part in parts:
        own = [name for name in SIGNS if name in part.columns]
        told = part.select(*own, link="lead_id", day="check_days")
        beside = table.left_join(
            told, (table.lead_id == told.link) & (table.check_days == told.day)
        )
        table = beside.select(*table.columns, *own)
        names += own
    keys = ["check_days", "duration_days", "cause", *names]
    counted = collect(table.group_by(keys).aggregate(n=table.count()))
    ordered: pd.DataFrame = counted.sort_values(keys, na_position="last", ignore_index=True)
    return ordered


def weekly_rows(counts: pd.DataFrame, *, lag_days: int = 0) -> pd.DataFrame:
    """Turn counts at weekly checks into start-stop rows: the week that follows each check.

    Returns
    -------
    DataFrame
        entry_days, duration_days, cause (0 where nothing ended in that week), signs, is_last
        (the lead's last week), n. A sign once known stays known, so that the rows that are last
        count the leads.
    """
    rows = counts[counts["check_days"].isin(WEEKLY)].copy()
    rows["entry_days"] = rows["check_days"] + lag_days
    rows = rows[rows["duration_days"] > rows["entry_days"]]
    stop = rows["entry_days"] + STEP_DAYS
    rows["cause"] = rows["cause"].where(rows["duration_days"] <= stop, 0)
    rows["is_last"] = (rows["duration_days"] <= stop) | (rows["check_days"] == WEEKLY[-1])
    rows["duration_days"] = np.minimum(rows["duration_days"], stop)
    keys = [name for name in rows.columns if name not in ("n", "check_days")]
    return rows.groupby(keys, dropna=False, as_index=False).agg(n=("n", "sum"))


def sign_estimates(
    counts: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How much faster are leads lost, or won, in the week after a sign shows?

    Returns
    -------
    tuple of Estimate
        `track_log_hazard_ratio` by cause and sign, family M04:tracks; the same a week late as
        role sensitivity.
    """
    rows: list[Estimate] = []
    for lag_days, role in ((0, "result"), (STEP_DAYS, "sensitivity")):
        weeks = weekly_rows(counts, lag_days=lag_days)
        for sign in _signs(counts):
            for code, cause in TESTED_CAUSES.items():
                row = Estimate(
                    module="M04",
                    quantity="track_log_hazard_ratio",
                    segment=segment(cause=cause, sign=sign),
                    method="cox_weekly" if role == "result" else "cox_weekly_one_week_late",
                    role="result" if role == "result" else "sensitivity",
                    family=FAMILY if role == "result" else None,
                    evidence="associational",
                )
                rows.append(_fitted(row, weeks, (sign, code), (min_events, alpha)))
    return tuple(rows)


def _fitted(
    row: Estimate, weeks: pd.DataFrame, what: tuple[str, int], limits: tuple[int, float]
) -> Estimate:
    sign, code = what
    known = weeks[weeks[sign].notna()]
    frame = pd.DataFrame(
        {
            "entry_days": known["entry_days"],
            "duration_days": known["duration_days"],
            "event": known["cause"] == code,
            sign: known[sign].astype(float),
            "n": known["n"],
            "is_last": known["is_last"],
        }
    )
    ended = frame.loc[frame["event"]].groupby(sign)["n"].sum()
    n_leads = int(frame.loc[frame["is_last"], "n"].sum())
    row = replace(row, n=n_leads, events=int(ended.sum()))
    if frame.empty or not ended.sum():
        return refuse(row, "too_few_events")
    fit = cox_efron(
        frame,
        covariates=[sign],
        entry="entry_days",
        repeats="n",
        min_events=limits[0],
        alpha=limits[1],
    )
    term = fit.terms[0]
    if term.coef is None or term.p is None:
        return refuse(row, _note(term.note))
    weak = term.status == "weak" or min(ended.reindex([0.0, 1.0], fill_value=0)) < limits[0]
    return replace(
        row,
        estimate=term.coef,
        ci_lo=term.ci_lo,
        ci_hi=term.ci_hi,
        p=term.p,
        status="weak" if weak else "ok",
        note="too_few_events" if weak else "",
    )


def _note(codes: str) -> str:
    """Keep the first declared note code of a refused fit."""
    first = codes.split(";")[0].split(":")[0].strip()
    return first if first in NOTES else "too_few_events"


def share_estimates(
    counts: pd.DataFrame, *, landmark_days: int, horizon_days: int, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Of leads open on one day, what share is lost within the horizon with and without a sign?

    Returns
    -------
    tuple of Estimate
        `outcome_probability` (cause lost) by sign and shown yes or no, and `extra_lost_leads`:
        leads with the sign times the difference of the shares; diagnostics, no test.
    """
    rows: list[Estimate] = []
    there = counts[counts["check_days"] == landmark_days]
    for sign in _signs(counts):
        shares = {
            shown: _incidence(there[there[sign] == value], alpha)
            for shown, value in (("yes", 1), ("no", 0))
        }
        place = {"landmark_days": landmark_days, "horizon_days": horizon_days}
        day = landmark_days + horizon_days
        for shown, incidence in shares.items():
            blank = Estimate(
                module="M04",
                quantity="outcome_probability",
                segment=segment(cause="lost", **place, sign=sign, shown=shown),
                method="aalen_johansen",
                role="diagnostic",
            )
            rows.append(_read(blank, incidence, day))
        rows.append(_extra(sign, (shares["yes"], shares["no"]), place))
    return tuple(rows)


def _incidence(part: pd.DataFrame, alpha: float) -> CumulativeIncidence | None:
    if part.empty:
        return None
    risk = part.rename(columns={"duration_days": "time_days"})
    summed = risk.groupby(["time_days", "cause"], as_index=False).agg(n=("n", "sum"))
    return aalen_johansen(summed, alpha=alpha)


def _read(row: Estimate, incidence: CumulativeIncidence | None, day: int) -> Estimate:
    if incidence is None:
        return refuse(replace(row, n=0, events=0), "few_at_risk")
    at = incidence.at(day, LOST)
    full = replace(
        row,
        estimate=at.estimate,
        ci_lo=at.ci_lo,
        ci_hi=at.ci_hi,
        n=incidence.n,
        events=at.events,
    )
    return full if at.shown else refuse(full, "few_at_risk")


def _extra(
    sign: str,
    pair: tuple[CumulativeIncidence | None, CumulativeIncidence | None],
    place: dict[str, int],
) -> Estimate:
    """Count the losses beyond those at the share of leads without the sign."""
    row = Estimate(
        module="M04",
        quantity="extra_lost_leads",
        segment=segment(**place, sign=sign),
        method="aalen_johansen_difference",
        role="diagnostic",
    )
    shown, absent = pair
    if shown is None or absent is None:
        return refuse(row, "few_at_risk")
    gap = contrast(shown, absent, day=sum(place.values()), cause=LOST)
    row = replace(
        row,
        estimate=gap.difference * shown.n,
        ci_lo=gap.ci_lo * shown.n,
        ci_hi=gap.ci_hi * shown.n,
        n=shown.n,
    )
    return row if gap.shown else refuse(row, "few_at_risk")


def _signs(counts: pd.DataFrame) -> list[str]:
    return [name for name in SIGNS if name in counts]


def mean_tracks(leads: ir.Table, assessments: ir.Table, *, weeks: int = 8) -> pd.DataFrame:
    """What was the average deal probability in the weeks before leads were lost or won?

    Looks back from the ending: a description of the past, not a forecast.

    Returns
    -------
    DataFrame
        cause, weeks_before (0 = last week), mean_value, n_assessments.
    """
    closed = leads.filter(leads.status.isin(["lost", "won"]), leads.closed_at.notnull())
    told = assessments.filter(
        assessments.kind == "deal_probability", assessments.value_num.notnull()
    ).select("at", "known_at", value="value_num", link="lead_id")
    joined = closed.join(told, closed.lead_id == told.link)
    inside = joined.filter(joined.known_at < joined.closed_at)
    seconds = inside.closed_at.epoch_seconds() - inside["at"].epoch_seconds()
    placed = inside.mutate(
        weeks_before=(seconds.cast("float64") / 604800).floor().cast("int64"),
        thousandths=(inside.value * 1000).round().cast("int64"),
    ).filter(ibis._.weeks_before < weeks)
    sums = placed.group_by("status", "weeks_before").aggregate(
        total=placed.thousandths.sum(), n_assessments=placed.count()
    )
    frame = collect(sums).sort_values(["status", "weeks_before"], ignore_index=True)
    frame["mean_value"] = frame["total"].astype(float) / 1000 / frame["n_assessments"]
    renamed: pd.DataFrame = frame.rename(columns={"status": "cause"})
    return renamed[["cause", "weeks_before", "mean_value", "n_assessments"]]
