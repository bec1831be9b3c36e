"""Received, filed, contacted, assessed, won or lost: by opening month, with its maturity.

Decision: cohorts are compared at equal age of the lead only, by Aalen–Johansen within the cohort;
a cohort whose youngest lead has not reached that age is marked too young, and no comparison over
time takes it in. Ends of the last days are not all typed in, so every share is read as of the
typing margin before the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.days import month_of
from crm_analysis.deals.funnel.inflow import WON, incidence, spells_at
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.survival.competing import contrast

STAGES = ("received", "filed", "contacted", "assessed", "won", "lost", "void", "open")
WINDOWS = {"today": 1, "7_days": 7, "30_days": 30}
N_COHORTS = 13
NEW_MONTHS, OLD_MONTHS = 3, 12
FAMILY = "M01:trend"


def stage_flags(stages: pd.DataFrame) -> pd.DataFrame:
    """Say of each lead which stages it reached: one column of `STAGES` each."""
    return pd.DataFrame(
        {
            "received": True,
            "filed": stages["filed_day"].notna(),
            "contacted": stages["contact_day"].notna(),
            "assessed": stages["assessed_day"].notna(),
            **{name: stages["status"] == name for name in STAGES[4:]},
        },
        index=stages.index,
    )


def cohort_counts(book: Book) -> pd.DataFrame:
    """Count the stages of each opening month, oldest first.

    Returns
    -------
    DataFrame
        cohort ("2026-10"), the columns of `STAGES`, last_day (of the month, or the last known).
    """
    stages = book.stages
    months = month_of(stages["opened_day"]).set_axis(stages.index)
    counts = stage_flags(stages).groupby(months).sum().rename_axis("cohort").reset_index()
    starts = pd.to_datetime(counts["cohort"] + "-01")
    ends = (starts + pd.offsets.MonthEnd(0) - pd.Timestamp(0)).dt.days
    counts["last_day"] = np.minimum(ends, book.until)
    return counts


def cohort_estimates(
    book: Book, *, horizons_days: Sequence[int], alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How many leads of each month reached each stage, and what share was won by each age?

    Returns
    -------
    tuple of Estimate
        `funnel_leads_count` by cohort and stage, `won_by_day_share` by cohort and age.
    """
    counts = cohort_counts(book).tail(N_COHORTS)
    rows: list[Estimate] = []
    spells = spells_at(book.stages, until=book.until - book.margin, typed_until=book.until)
    months = month_of(spells["opened_day"]).to_numpy()
    for record in counts.to_dict("records"):
        cohort, received = str(record["cohort"]), int(record["received"])
        rows += [
            _count({"cohort": cohort, "stage": stage}, int(record[stage]), received)
            for stage in STAGES
        ]
        oldest = book.until - book.margin - int(record["last_day"])
        part = spells[months == cohort]
        rows += [
            won_by(part, {"cohort": cohort, "horizon_days": days}, days, oldest, alpha)
            for days in horizons_days
        ]
    return tuple(rows)


def window_estimates(book: Book) -> tuple[Estimate, ...]:
    """How many leads were received, filed, left unfiled and contacted today and lately?"""
    stages, rows = book.stages, []
    for window, days in (*WINDOWS.items(), ("all", book.until + 1)):
        first = book.until - days + 1
        came = stages["opened_day"] >= first
        n = int(came.sum())
        found = {
            "received": n,
            "filed": int((came & stages["filed_day"].notna()).sum()),
            "not_filed": int((came & stages["filed_day"].isna()).sum()),
            "contacted": int((stages["last_contact_day"] >= first).sum()),
        }
        rows += [
            _count({"window": window, "stage": stage}, value, n) for stage, value in found.items()
        ]
    delay = (stages["filed_day"] - stages["opened_day"]).dropna()
    rows.append(
        Estimate(
            module="M01",
            quantity="filing_delay_median_days",
            segment="",
            method="median",
            estimate=float(delay.median()) if len(delay) else None,
            n=len(delay),
            status="ok" if len(delay) else "not_estimable",
        )
    )
    return tuple(rows)


def won_by(
    spells: pd.DataFrame, where: dict[str, object], days: int, youngest: int | None, alpha: float
) -> Estimate:
    """Read the share won by an age; `youngest` is the age of the youngest lead of the group.

    None stands for a group of leads of all ages: it is read as far as leads were followed.
    """
    shares = incidence(spells, alpha=alpha)
    row = Estimate(
        module="M01",
        quantity="won_by_day_share",
        segment=segment(**where),
        method="aalen_johansen",
        n=len(spells),
        events=0,
    )
    young = youngest is not None and youngest < days
    followed = bool((spells["cause"] != 0).all()) if youngest is None else not young
    if shares is None:
        return refuse(row, "few_at_risk")
    read = shares.at(days, WON)
    full = replace(
        row,
        estimate=read.estimate,
        ci_lo=read.ci_lo,
        ci_hi=read.ci_hi,
        events=read.events,
        status="weak" if young else "ok",
        note="too_young" if young else "",
    )
    return (
        full
        if read.shown or (followed and len(spells) >= 10)
        else refuse(replace(full, note=""), "too_young" if young else "few_at_risk")
    )


def trend_estimates(
    book: Book, *, horizons_days: Sequence[int], alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Do the newest cohorts that are old enough win less, at equal age, than the year before?"""
    last = book.until - book.margin
    spells = spells_at(book.stages, until=last, typed_until=book.until)
    months = month_of(spells["opened_day"]).to_numpy()
    rows = []
    for days in horizons_days:
        old_enough = cohort_counts(book)
        names = old_enough.loc[last - old_enough["last_day"] >= days, "cohort"].tolist()
        new, old = names[-NEW_MONTHS:], names[-NEW_MONTHS - OLD_MONTHS : -NEW_MONTHS]
        row = Estimate(
            module="M01",
            quantity="won_by_day_share_change",
            segment=segment(horizon_days=days),
            method="aalen_johansen_difference",
            family=FAMILY,
            evidence="associational",
            n=int(np.isin(months, new + old).sum()),
        )
        pair = [incidence(spells[np.isin(months, part)], alpha=alpha) for part in (new, old)]
        if pair[0] is None or pair[1] is None:
            rows.append(refuse(row, "too_young"))
            continue
        gap = contrast(pair[0], pair[1], day=days, cause=WON)
        enough = min(pair[0].n, pair[1].n) >= 10 and gap.p is not None
        full = replace(row, estimate=gap.difference, ci_lo=gap.ci_lo, ci_hi=gap.ci_hi, p=gap.p)
        rows.append(full if enough else refuse(row, "few_at_risk"))
        if enough:
            rows.append(_in_deals(full, pair[0].n))
    return tuple(rows)


def _in_deals(change: Estimate, n_new: int) -> Estimate:
    """Turn a change of the share into deals of the newest cohorts."""
    value, low, high = (
        n_new * (end or 0.0) for end in (change.estimate, change.ci_lo, change.ci_hi)
    )
    return replace(
        change, quantity="won_by_day_extra_deals", role="diagnostic", family=None, p=None,
        estimate=value, ci_lo=low, ci_hi=high, n=n_new,
    )  # fmt: skip


def _count(where: dict[str, str], value: int, n: int) -> Estimate:
    return Estimate(
        module="M01",
        quantity="funnel_leads_count",
        segment=segment(**where),
        method="count",
        estimate=float(value),
        n=n,
        evidence="exact",
    )
