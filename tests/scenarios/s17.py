"""S17: funnel and target.

1,500 decided and 200 open leads; reps say Beta(3, 2) in steps of 10 %, the truth is
logit = -.9 + .8 logit(rep). What came is drawn after as_of and never shown to the suite. Null:
probabilities mean what they say. Numbers must lie in tolerance on each of the first 20 seeds; all
100 tell how often the 90 % interval holds what came.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from crm_analysis.answers.sales_funnel import answer
from crm_analysis.config import Config
from crm_analysis.deals.funnel.book import open_book
from crm_analysis.deals.funnel.forecast import forecast_at
from crm_analysis.deals.funnel.outlook import outlook_estimates
from crm_analysis.deals.funnel.targets import company_period, read_targets
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.results import NotebookResult
from crm_analysis.source import load
from crm_analysis.source.known import Known
from crm_analysis.world import World, scenario, write
from tests.scenarios.score import Score

TITLE = "Funnel and target"
SEEDS = list(range(1, 101))
QUICK_SEEDS = [1, 2]
N_TOLERANCE_SEEDS = 20


def score(seed: int, variant: str) -> list[Score]:
    """Score the page's numbers against what was planted and against what came."""
    if variant == "null" and seed > N_TOLERANCE_SEEDS:
        return []
    world = scenario("S17", seed=seed, planted=variant == "planted")
    if seed > N_TOLERANCE_SEEDS:
        checks = [holds(outlook(world), world)]
    elif variant == "planted":
        checks = planted(asked(world), world)
    else:
        checks = null(asked(world))
    return [
        Score(
            scenario="S17", seed=seed, variant=variant, quantity=quantity, planted=wanted,
            found=float(value), tolerance=tolerance, passed=bool(passed), min_pass_share=share,
        )
        for quantity, wanted, value, tolerance, passed, share in checks
    ]  # fmt: skip


Check = tuple[str, str, float, str, bool, float]


@contextmanager
def known(world: World) -> Iterator[Known]:
    """Bring the world through the door."""
    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        yield load(folder, as_of=world.as_of)


def asked(world: World) -> NotebookResult:
    """Ask notebook 11."""
    with known(world) as source:
        return answer(source, Config(horizon_days=90))


def outlook(world: World) -> tuple[Estimate, ...]:
    """Ask for the forecast alone, as notebook 11 does."""
    with known(world) as source:
        book = open_book(source)
        targets = read_targets(source.table("targets"))
        period = company_period(targets, day=book.until, metric="deals")
        assert period is not None
        return outlook_estimates(forecast_at(book, day=book.until, period=period))


def row(rows: tuple[Estimate, ...], quantity: str, segment: str = "", role: str = "") -> Estimate:
    """Return the one row of a quantity and segment."""
    return next(
        one
        for one in rows
        if (one.quantity, one.segment) == (quantity, segment) and role in ("", one.role)
    )


def what_came(world: World, part: str) -> float:
    """Return the wins of the period that were drawn after as_of."""
    return next(
        float(one["value"]) for one in world.truth["estimates"] if one["segment"] == f"part={part}"
    )


def planted(result: NotebookResult, world: World) -> list[Check]:
    """Score counts, forecast, interval, trap and slope."""
    came = what_came(world, "open_leads")
    open_wins = row(result.estimates, "expected_deals", "part=open_leads", "result")
    naive = row(result.estimates, "expected_deals", "part=open_leads", "naive").estimate - came
    slope = row(result.estimates, "calibration_slope").estimate
    gap = [one.estimate for one in result.estimates if one.quantity == "gap_deals"]
    missed = open_wins.estimate - came
    off = abs(gap[0] - sum(gap[1:]))
    return [
        *counts(result, world),
        ("expected less actual wins", "0", missed, "± 20", abs(missed) <= 20, 1.0),
        holds(result.estimates, world),
        ("reps' sum less actual wins", "trap", naive, ">= 25", naive >= 25, 1.0),
        ("calibration slope", ".8", slope, "± .2", abs(slope - 0.8) <= 0.2, 1.0),
        ("leaks less gap", "0", off, "< 1e-9", off < 1e-9, 1.0),
    ]


def holds(rows: tuple[Estimate, ...], world: World) -> Check:
    """Score whether the 90 % interval of all deals of the period holds what came."""
    total = row(rows, "expected_deals", "part=total", "result")
    came = what_came(world, "total")
    inside = total.ci_lo <= came <= total.ci_hi
    return ("90 % interval holds what came", ".90", inside, ">= .83 of seeds", inside, 0.83)


def counts(result: NotebookResult, world: World) -> list[Check]:
    """Count stages in the tables themselves."""
    leads, contacts = world.tables["leads"], world.tables["interactions"]
    day = pd.Timestamp(world.as_of)
    today = pd.to_datetime(contacts["at"]).dt.normalize() == day
    wanted = {
        "received": len(leads),
        "filed": int(leads["filed_at"].notna().sum()),
        "not_filed": int(leads["filed_at"].isna().sum()),
    }
    came = (pd.to_datetime(leads["opened_at"]).dt.normalize() == day).sum()
    pairs = [(f"window=all;stage={name}", n) for name, n in wanted.items()]
    pairs += [("window=today;stage=received", came)]
    pairs += [("window=today;stage=contacted", contacts.loc[today, "lead_id"].nunique())]
    found = [
        (name, n, row(result.estimates, "funnel_leads_count", name).estimate) for name, n in pairs
    ]
    return [(name, str(n), value, "exact", value == n, 1.0) for name, n, value in found]


def null(result: NotebookResult) -> list[Check]:
    """Score that honest reps are not corrected, and young cohorts are no decline."""
    slope = row(result.estimates, "calibration_slope").estimate
    optimism = row(result.estimates, "optimism")
    trend = [one for one in result.estimates if one.family == "M01:trend"]
    said = sum(is_finding(one, 0.05) for one in trend)
    young = [
        one
        for one in result.estimates
        if one.quantity == "won_by_day_share" and "2026-10" in one.segment
    ]
    marked = all(one.note == "too_young" for one in young) and bool(young)
    return [
        ("calibration slope", "1", slope, "± .2", abs(slope - 1) <= 0.2, 1.0),
        ("p of optimism", "none", optimism.p, "> .05 in 17/20", optimism.p > 0.05, 17 / 20),
        ("findings about a trend", "0", said, "0 in 17/20", said == 0, 17 / 20),
        ("newest cohort marked too young", "1", marked, "yes", marked, 1.0),
    ]
