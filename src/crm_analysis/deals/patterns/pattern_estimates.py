"""The search for patterns as estimates: what was asked again, and how many questions there were.

Decision: the rows that count (family `M04:patterns`) are those of the replication period; they were
chosen in another period, so they are tested as if they had been written down before. The first
period's ratios stand beside them as diagnostics: those were chosen for being large.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from crm_analysis.deals.patterns.replication import PatternResult, Patterns
from crm_analysis.deals.patterns.week_test import WeekTest
from crm_analysis.estimates import Estimate, adjust_families, refuse, segment
from crm_analysis.proportions import wilson

FAMILY = "M04:patterns"
METHOD = "mantel_haenszel_weekly"


def pattern_estimates(patterns: Patterns, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """Write the ratios of both periods, the shares of weeks, and the steps of the search.

    Returns
    -------
    tuple of Estimate
        `pattern_log_hazard_ratio` (result: replication; diagnostic: discovery),
        `pattern_over_part_log_hazard_ratio`, `pattern_week_share` and `pattern_questions_count`.
    """
    tested = adjust_families([_ratio(one, alpha) for one in patterns.results])
    first = [_first(one, alpha) for one in patterns.results]
    shares = [row for one in patterns.kept for row in _week_shares(one, alpha)]
    over = [row for one in patterns.results for row in _over_part(one, alpha)]
    return (*tested, *first, *over, *shares, *_steps(patterns))


def match_estimates(patterns: Patterns, matches: pd.DataFrame, n_open: int) -> list[Estimate]:
    """Count the open leads that show each kept pattern; `matches` from `replication.matching`."""
    n_shown = matches["pattern"].value_counts()
    return [
        Estimate(
            module="M04",
            quantity="open_leads_with_pattern_count",
            segment=segment(pattern=one.pattern.name),
            method="count",
            estimate=float(n_shown.get(one.pattern.name, 0)),
            n=n_open,
            evidence="exact",
        )
        for one in patterns.before_losses
    ]


def _ratio(one: PatternResult, alpha: float) -> Estimate:
    """Write what the replication period says."""
    row = _filled(_blank(one, METHOD), one.replication.own, alpha)
    if one.status == "not_estimable":
        return refuse(row, "too_few_events")
    weak = one.status == "weak"
    note = "too_few_events" if weak else ""
    return replace(row, p=one.p, family=FAMILY, status=one.status, note=note)


def _first(one: PatternResult, alpha: float) -> Estimate:
    """Write what the discovery period said."""
    blank = replace(_blank(one, f"{METHOD}_discovery"), role="diagnostic")
    row = _filled(blank, one.discovery.own, alpha)
    return row if row.estimate is not None else refuse(row, "too_few_events")


def _over_part(one: PatternResult, alpha: float) -> list[Estimate]:
    """Write what the pattern adds to its best part in the replication period."""
    over, part = one.replication.over_part, one.best_part
    if over is None or part is None:
        return []
    blank = replace(
        _blank(one, METHOD),
        quantity="pattern_over_part_log_hazard_ratio",
        segment=segment(cause=one.cause, pattern=one.pattern.name, part=part.name),
        role="diagnostic",
    )
    row = _filled(blank, over, alpha)
    return [row if row.estimate is not None else refuse(row, "too_few_events")]


def _blank(one: PatternResult, method: str) -> Estimate:
    return Estimate(
        module="M04",
        quantity="pattern_log_hazard_ratio",
        segment=segment(cause=one.cause, pattern=one.pattern.name),
        method=method,
        evidence="associational",
    )


def _filled(row: Estimate, own: WeekTest, alpha: float) -> Estimate:
    """Put ratio, interval and counts of weeks in."""
    row = replace(row, n=own.n, events=own.events)
    ends = own.interval(alpha)
    if ends is None:
        return row
    return replace(row, estimate=own.log_ratio, ci_lo=ends[0], ci_hi=ends[1])


def _week_shares(one: PatternResult, alpha: float) -> list[Estimate]:
    """Count the weeks with this ending, with and without the pattern, in the replication period."""
    own = one.replication.own
    sides = {
        "yes": (own.shown_events, own.n_shown),
        "no": (own.events - own.shown_events, own.n - own.n_shown),
    }
    rows = []
    for shown, (events, n) in sides.items():
        share = wilson(events, n, alpha=alpha)
        row = Estimate(
            module="M04",
            quantity="pattern_week_share",
            segment=segment(cause=one.cause, pattern=one.pattern.name, shown=shown),
            method="wilson",
            role="diagnostic",
            n=n,
            events=events,
        )
        if share is None:
            rows.append(refuse(row, "few_at_risk"))
        else:
            rows.append(replace(row, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi))
    return rows


def _steps(patterns: Patterns) -> list[Estimate]:
    """Count the questions at each step of the search."""
    counts = {
        "asked": patterns.n_tried,
        "passed": patterns.n_passed,
        "merged": patterns.n_merged,
        "asked_again": len(patterns.results),
        "kept": len(patterns.kept),
    }
    return [
        Estimate(
            module="M04",
            quantity="pattern_questions_count",
            segment=segment(step=step),
            method="count",
            role="diagnostic",
            estimate=float(n),
            evidence="exact",
        )
        for step, n in counts.items()
    ]
