"""Do the representatives' probabilities mean what they say? (A-60)

Each lead counts once, at the first month's end at which it stood open with a probability, and its
fate is looked at when it had as long to end as 95 % of all leads take; what is still open then
was not won.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.chances import Window, ended_within, rep_log_odds
from crm_analysis.deals.funnel.inflow import incidence, spells_at
from crm_analysis.deals.funnel.logistic import fit_logistic
from crm_analysis.estimates import Estimate, Status, refuse, segment
from crm_analysis.proportions import wilson
from crm_analysis.survival.normal import critical, two_sided

ENDED_SHARE = 0.95
MIN_LEADS = 30
FAMILY = "M01:optimism"


def settled_days(book: Book) -> int | None:
    """After how many days have 95 % of all leads ended? None where so many never do."""
    shares = incidence(
        spells_at(book.stages, until=book.until - book.margin, typed_until=book.until)
    )
    if shares is None:
        return None
    below = shares.times[shares.survival <= 1 - ENDED_SHARE + 1e-12]
    return int(below[0]) if len(below) else None


def told_and_settled(book: Book, days: int) -> pd.DataFrame:
    """Return one row per lead with a probability whose fate is settled: rep_share, won, rep_id."""
    rows = book.rows[
        book.rows["rep_thousandths"].notna() & (book.rows["day"] + days + book.margin <= book.until)
    ]
    first = rows.sort_values(["lead_id", "day"]).drop_duplicates("lead_id")
    won = ended_within(first, window=Window(left=days), status="won", until=book.until)
    return first.assign(
        rep_share=first["rep_thousandths"].astype(float) / 1000, won=won.astype(float)
    ).reset_index(drop=True)


def optimism_estimates(
    told: pd.DataFrame, *, alpha: float = 0.05, min_events: int = 10
) -> tuple[Estimate, ...]:
    """By how much do representatives say more than comes, all together and one by one?

    Returns
    -------
    tuple of Estimate
        `optimism` of all and by rep_id (family M01:optimism), `calibration_slope` and
        `calibration_intercept` (diagnostics).
    """
    rows = [_optimism(told, "", alpha)]
    if len(told) and told["rep_id"].notna().any():
        rows += [
            _optimism(part, segment(rep_id=rep), alpha)
            for rep, part in told.groupby("rep_id")
            if len(part) >= MIN_LEADS
        ]
    return (*rows, *_line(told, alpha=alpha, min_events=min_events))


def _optimism(told: pd.DataFrame, where: str, alpha: float) -> Estimate:
    row = Estimate(
        module="M01",
        quantity="optimism",
        segment=where,
        method="mean_difference",
        family=FAMILY,
        n=len(told),
        events=int(told["won"].sum()) if len(told) else 0,
    )
    if len(told) < MIN_LEADS:
        return refuse(row, "no_assessments" if told.empty else "too_few_events")
    gap = (told["rep_share"] - told["won"]).to_numpy(dtype=float)
    middle, se = float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))
    if se == 0:
        return refuse(row, "no_spread")
    reach = critical(alpha) * se
    return replace(
        row, estimate=middle, ci_lo=middle - reach, ci_hi=middle + reach, p=two_sided(middle / se)
    )


def _line(told: pd.DataFrame, *, alpha: float, min_events: int) -> tuple[Estimate, ...]:
    """Fit the odds of winning on the representative's odds."""
    blank = Estimate(
        module="M01",
        quantity="calibration_slope",
        segment="",
        method="logistic",
        role="diagnostic",
        n=len(told),
    )
    other = replace(blank, quantity="calibration_intercept")
    y = told["won"].to_numpy(dtype=float) if len(told) else np.zeros(0)
    events = int(min(y.sum(), len(y) - y.sum()))
    if events < min_events:
        return refuse(blank, "too_few_events"), refuse(other, "too_few_events")
    x = np.column_stack([np.ones(len(y)), rep_log_odds(told)])
    fit = fit_logistic(x, y, names=("constant", "rep_log_odds"))
    if fit is None or "rep_log_odds" not in fit.names:
        return refuse(blank, "no_spread"), refuse(other, "no_spread")
    status: Status = "ok" if events >= 2 * min_events else "weak"
    made = []
    for row, name in ((blank, "rep_log_odds"), (other, "constant")):
        value, reach = float(fit.coef[fit.names.index(name)]), critical(alpha) * fit.se(name)
        made.append(
            replace(
                row,
                estimate=value,
                ci_lo=value - reach,
                ci_hi=value + reach,
                events=fit.events,
                status=status,
            )
        )
    return tuple(made)


def said_and_won(told: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
    """Give the share won at each step of 10 % that was said.

    Returns
    -------
    DataFrame
        said (share), n, won (share), lo, hi (Wilson); steps with fewer than 10 leads are left out.
    """
    if told.empty:
        return pd.DataFrame(columns=["said", "n", "won", "lo", "hi"])
    lines = []
    for said, part in told.groupby((told["rep_share"] * 10).round() / 10):
        share = wilson(int(part["won"].sum()), len(part), alpha=alpha)
        if share is not None and len(part) >= 10:
            lines.append((float(said), len(part), share.estimate, share.lo, share.hi))
    return pd.DataFrame(lines, columns=["said", "n", "won", "lo", "hi"])
