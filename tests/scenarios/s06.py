"""S06: heavy ties, and segments to which nothing can be fitted.

Planted and null: nine distinct times, hazard ratio 2 or 1. Degenerate: segments that are all
lost, all won, without an end, a single lead or empty; constant, empty and doubled columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg

from crm_analysis.answers.failure_causes import answer
from crm_analysis.estimates import estimates_frame
from crm_analysis.proportions import wilson
from crm_analysis.source.known import Known
from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.discrete import discrete_cloglog, is_coarse
from crm_analysis.survival.risk_table import compress, risk_table
from crm_analysis.survival.spells import lead_spells
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score, scored

made = partial(scored, "S06")

TITLE = "Ties and degenerate segments"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
VARIANTS = ("planted", "null", "degenerate")
SEGMENTS = ("mixed", "all_lost", "all_won", "no_end", "single", "empty")
COLUMNS = {
    "x_constant": "no_spread",
    "x_empty": "all_missing",
    "x_copy": "duplicate_column: x_number",
}


def score(seed: int, variant: str) -> list[Score]:
    """Score one variant on one seed."""
    if variant == "degenerate":
        with loaded("S06b", seed=seed) as known:
            return [*segments(known, seed), *columns(known, seed), completes(known, seed)]
    with loaded("S06", seed=seed, planted=variant == "planted") as known:
        scores = ties(known, seed, variant)
        first = digest(known)
    if variant == "null":
        return scores
    with loaded("S06", seed=seed) as again:
        same = first == digest(again)
    repeat = made(
        seed, "two runs, same bytes", ("1", float(same), "exact"), variant=variant, passed=same
    )
    return [*scores, repeat, fixture(seed)]


def ties(known: Known, seed: int, variant: str) -> list[Score]:
    """Score Efron and cloglog; Breslow must be nearer to no effect."""
    spells = lead_spells(known.table("leads"), as_of=known.as_of).to_pandas()
    frame = spells.assign(event=spells["cause"] == 1, exposed=spells["product"] == "exposed")
    truth = np.log(2) if variant == "planted" else 0.0
    efron = cox_efron(frame, covariates=["exposed"]).term("exposed")
    cloglog = discrete_cloglog(frame, covariates=["exposed"]).term("exposed")
    scores = [
        made(
            seed,
            f"{name} log hazard ratio",
            (f"{truth:.3f}", float(term.coef or 0), "± .16"),
            variant=variant,
            passed=term.coef is not None and abs(term.coef - truth) <= 0.16,
        )
        for name, term in (("Efron", efron), ("cloglog", cloglog))
    ]
    if variant == "null":
        p = float(efron.p or 0)
        quiet = ("none", p, "> .05 in 17/20")
        return [
            *scores,
            made(seed, "Efron p", quiet, variant=variant, passed=p > 0.05, min_pass_share=17 / 20),
        ]
    breslow = PHReg(
        frame["duration_days"], frame[["exposed"]].astype(float), status=frame["event"].astype(int)
    ).fit()
    value = float(breslow.params[0])
    return [
        *scores,
        made(
            seed,
            "Breslow is attenuated",
            ("trap", value, "< Efron"),
            variant=variant,
            passed=value < float(efron.coef or 0),
        ),
        made(
            seed,
            "time is recognised as coarse",
            ("9 times", float(frame.loc[frame["event"], "duration_days"].nunique()), "< 20"),
            variant=variant,
            passed=is_coarse(frame),
        ),
    ]


def digest(known: Known) -> str:
    """Return a digest of the notebook's published estimates."""
    rows = estimates_frame(answer(known).estimates, as_of=known.as_of, notebook="10")
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def fixture(seed: int) -> Score:
    """Score R12, the tie-exact fixture."""
    toy = pd.DataFrame(
        {
            "cause": [0, 1, 1, 1, 2, 1, 0, 1, 0, 2, 2],
            "duration_days": [1, 5, 3, 6, 1, 3, 2, 5, 2, 3, 6],
        }
    )
    value = aalen_johansen(compress(toy)).at(6, 1).estimate
    near = abs(value - 50 / 77) <= 1e-9
    return made(
        seed, "R12, day 6", (f"{50 / 77:.6f}", value, "1e-9"), variant="planted", passed=near
    )


def segments(known: Known, seed: int) -> list[Score]:
    """Score that each segment gets shares or a refusal with a Wilson interval, never a fault."""
    leads = known.table("leads")
    numbers = leads.select("lead_id", "x_number").to_pandas()
    spells = lead_spells(leads, as_of=known.as_of).to_pandas().merge(numbers, on="lead_id")
    risk = risk_table(lead_spells(leads, as_of=known.as_of), ["product"])
    return [
        one_segment(seed, name, spells[spells["product"] == name], risk[risk["product"] == name])
        for name in SEGMENTS
    ]


def one_segment(seed: int, name: str, spells: pd.DataFrame, risk: pd.DataFrame) -> Score:
    """Score one segment: shares in bounds, and a fit only where both endings allow one."""
    shares = aalen_johansen(risk)
    held = [shares.at(30, cause) for cause in (1, 2)]
    bounded = all(0 <= at.ci_lo <= at.estimate <= at.ci_hi <= 1 for at in held)
    fit = cox_efron(spells.assign(event=spells["cause"] == 1), covariates=["x_number"])
    n, lost = len(spells), int((spells["cause"] == 1).sum())
    expected = "ok" if name in ("mixed", "all_lost") else "not_estimable"
    interval = wilson(lost, n) if n else None
    raw = interval is None or 0 <= interval.lo <= lost / n <= interval.hi <= 1
    return made(
        seed,
        f"segment {name}",
        (expected, float(fit.status == "ok"), "status, no fault"),
        variant="degenerate",
        passed=bounded and raw and fit.status == expected,
    )


def columns(known: Known, seed: int) -> list[Score]:
    """Score that columns which cannot carry a coefficient are refused by name."""
    leads = known.table("leads")
    names = ["x_number", *COLUMNS]
    values = leads.select("lead_id", *(name for name in names if name in leads.columns))
    spells = lead_spells(leads, as_of=known.as_of).to_pandas()
    frame = spells.merge(values.to_pandas(), on="lead_id")
    frame = frame.assign(event=frame["cause"] == 1)
    absent = [name for name in names if name not in frame]  # a column without values may be dropped
    frame[absent] = np.nan
    notes: Mapping[str, str] = {
        term.name: term.note for term in cox_efron(frame, covariates=names).terms
    }
    return [
        made(
            seed,
            f"column {name} refused by name",
            (why, float(notes[name] == why), "named"),
            variant="degenerate",
            passed=notes[name] == why and notes["x_number"] == "",
        )
        for name, why in COLUMNS.items()
    ]


def completes(known: Known, seed: int) -> Score:
    """Score that the notebook's answer completes and publishes no NaN as a number."""
    result = answer(known)
    sound = all(row.estimate is None or bool(np.isfinite(row.estimate)) for row in result.estimates)
    n = float(len(result.estimates))
    return made(
        seed,
        "notebook completes",
        ("yes", n, "no fault, no NaN"),
        variant="degenerate",
        passed=sound,
    )
