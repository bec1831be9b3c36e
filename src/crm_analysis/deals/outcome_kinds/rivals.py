"""Losses to rivals: how far apart the prices were, and whether the best customers go (A-51, C-05).

Decisions:
* The gap is our price over the rival's, taken in pairs within a lead, as a mean of logs: a rival
  that asks half is as far away as one that asks double. It is tested where the same brand was
  bought elsewhere, since there the product was the same.
* The offers count as close where the whole interval lies within 5 %.
* The best customers are the leads of the top fifth by what the customer was known to have spent in
  the year before the opening, among leads of customers who had bought; losses to rivals compete
  with all other endings.
"""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.outcome_kinds.lost_leads import RIVAL_KINDS
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment, status_by_events
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.survival.competing import CumulativeIncidence, aalen_johansen, contrast
from crm_analysis.survival.risk_table import compress
from crm_analysis.survival.spells import lead_spells

FAMILY = "M05:rivals"
CLOSE = 0.05
TOP_SHARE = 0.20
YEAR_DAYS = 365
TIERS = ("top fifth", "others")
TO_RIVAL = 1

Floats = npt.NDArray[np.float64]


def price_gaps(lost: pd.DataFrame, *, limits: Limits) -> tuple[Estimate, ...]:
    """By how much was our price above the rival's, where the customer went to a rival?

    Parameters
    ----------
    lost : DataFrame
        From `lost_leads.lost_leads`.
    limits : Limits
        Event and error limits.

    Returns
    -------
    tuple of Estimate
        `price_gap_to_rival` (0.10 = ours was 10 % higher) per kind; tested where the same brand
        was bought elsewhere.
    """
    rows = []
    for kind in RIVAL_KINDS:
        part = lost[lost["lost_to"] == kind]
        priced = part[(part["quoted_price"] > 0) & (part["rival_price"] > 0)]
        logs = np.log((priced["quoted_price"] / priced["rival_price"]).to_numpy(float))
        tested = kind == "same_brand_elsewhere"
        row = Estimate(
            module="M05",
            quantity="price_gap_to_rival",
            segment=segment(lost_to=kind),
            method="paired_log_ratio_t",
            role="result" if tested else "diagnostic",
            n=len(part),
            events=len(priced),
            family=FAMILY if tested else None,
            evidence="associational" if tested else "descriptive",
        )
        rows.append(_gap(row, logs, limits))
    return tuple(rows)


def _gap(row: Estimate, logs: Floats, limits: Limits) -> Estimate:
    """Fill in the mean of paired log ratios, as a share, with its t interval."""
    status = status_by_events(len(logs), min_events=limits.min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    mean, se = float(logs.mean()), float(logs.std(ddof=1) / np.sqrt(len(logs)))
    if se == 0:
        return refuse(row, "no_spread")
    half = float(stdtrit(len(logs) - 1, 1 - limits.alpha / 2)) * se
    p = float(2 * stdtr(len(logs) - 1, -abs(mean / se))) if row.family else None
    return replace(
        row,
        estimate=float(np.expm1(mean)),
        ci_lo=float(np.expm1(mean - half)),
        ci_hi=float(np.expm1(mean + half)),
        p=p,
        status=status,
    )


def is_close(row: Estimate) -> bool:
    """Say whether the offers were close: the whole interval within 5 %."""
    return (
        row.ci_lo is not None and row.ci_hi is not None and -CLOSE < row.ci_lo <= row.ci_hi < CLOSE
    )


def tier_estimates(known: Known, *, days: int, limits: Limits) -> tuple[Estimate, ...]:
    """Do rivals win over the best customers more often than the others?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` with `lost_to`, and `order_lines`.
    days : int
        Shares are read so many days after the opening.
    limits : Limits
        Event and error limits.

    Returns
    -------
    tuple of Estimate
        `rival_loss_probability` per tier and their difference (family M05:rivals); nothing where
        the data are not there.
    """
    if "order_lines" not in known.tables or not known.has("leads", "lost_to"):
        return ()
    frame = _by_rival(known)
    if frame.empty:
        return ()
    top = frame["spend"] >= frame["spend"].quantile(1 - TOP_SHARE)
    found = {
        tier: aalen_johansen(
            compress(frame.loc[inside, ["duration_days", "cause"]]), alpha=limits.alpha
        )
        for tier, inside in zip(TIERS, (top, ~top), strict=True)
    }
    shares = [_share(shares, tier, days) for tier, shares in found.items()]
    return (*shares, _difference(found, days, limits))


def spending_leads(known: Known) -> ir.Table:
    """Return leads of customers who had bought in the year before: days, ending, way, spend."""
    leads = known.table("leads")
    spells = lead_spells(leads, as_of=known.observed_until)
    lines = known.table("order_lines")
    paid = lines.select(buyer="customer_id", day=lines.known_at.date(), paid="amount")
    since = spells.opened.delta(paid.day, unit="day")
    before = (since > 0) & (since <= YEAR_DAYS)
    joined = spells.join(paid, (spells.customer_id == paid.buyer) & before)
    spend = joined.group_by(key="lead_id").aggregate(spend=joined.paid.sum().cast("float64"))
    lost_to = leads.select(link="lead_id", went="lost_to")
    return (
        spells.join(spend.filter(spend.spend > 0), spells.lead_id == spend.key)
        .join(lost_to, spells.lead_id == lost_to.link)
        .select("lead_id", "duration_days", "cause", "spend", "went")
    )


def _by_rival(known: Known) -> pd.DataFrame:
    """Collect those leads; loss to a rival is the ending of interest, all others compete."""
    frame = collect(spending_leads(known)).sort_values("lead_id", ignore_index=True)
    to_rival = (frame["cause"] == 1) & frame["went"].isin(RIVAL_KINDS)
    other = np.where(frame["cause"] == 0, 0, np.where(frame["cause"] == 2, 2, 3))
    return frame.assign(cause=np.where(to_rival, TO_RIVAL, other))


def _share(shares: CumulativeIncidence, tier: str, days: int) -> Estimate:
    read = shares.at(days, TO_RIVAL)
    row = Estimate(
        module="M05",
        quantity="rival_loss_probability",
        segment=segment(tier=tier, horizon_days=days),
        method="aalen_johansen",
        estimate=read.estimate,
        ci_lo=read.ci_lo,
        ci_hi=read.ci_hi,
        n=shares.n,
        events=read.events,
    )
    return row if read.shown else refuse(row, "few_at_risk")


def _difference(found: dict[str, CumulativeIncidence], days: int, limits: Limits) -> Estimate:
    gap = contrast(found[TIERS[0]], found[TIERS[1]], day=days, cause=TO_RIVAL)
    events = min(shares.at(days, TO_RIVAL).events for shares in found.values())
    row = Estimate(
        module="M05",
        quantity="rival_loss_difference",
        segment=segment(horizon_days=days),
        method="aalen_johansen_difference",
        n=sum(shares.n for shares in found.values()),
        events=events,
        family=FAMILY,
        evidence="associational",
    )
    status = status_by_events(events, min_events=limits.min_events)
    if not gap.shown:
        return refuse(row, "few_at_risk")
    if gap.p is None or status == "not_estimable":
        return refuse(row, "too_few_events")
    return replace(
        row, estimate=gap.difference, ci_lo=gap.ci_lo, ci_hi=gap.ci_hi, p=gap.p, status=status
    )


def rival_estimates(
    known: Known, lost: pd.DataFrame, *, days: int, limits: Limits
) -> tuple[Estimate, ...]:
    """Give price gaps and losses by tier, adjusted together."""
    return adjust_families(
        [*price_gaps(lost, limits=limits), *tier_estimates(known, days=days, limits=limits)]
    )
