"""S09: reasons in three scripts, worded as no codebook words them; a quarter coded by hand.

The truth is drawn again from the same seed, as the tables do not hold it; the answer comes from the
tables alone, and only texts that no coder has read are scored. Languages are compared over all
codes, and code by code: there a code is said in five ways a language, and what counts is whether
the gap is surely beyond the tolerance (Welch's interval over the ways of saying it, as texts of one
way are found or missed together). The mean gap over all codes is told beside it; it came to .1001
for one of the first twenty seeds, the ninth. Null: the codes lie at random on the texts.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from crm_analysis.reasons.agreement import cohen
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.coding_quality import group_estimates, macro_f1
from crm_analysis.reasons.frame import reasons_frame
from crm_analysis.world.scenarios import SCENARIOS
from crm_analysis.world.scenarios.s09 import LANGS, NO_REASON
from crm_analysis.world.streams import streams
from tests.scenarios.loaded import loaded
from tests.scenarios.score import Score

TITLE = "Mixed Chinese and English reason texts"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1, 2]
SCENARIO = "S09"
LANGUAGE_GAP = 0.10


def score(seed: int, variant: str) -> list[Score]:
    """Score the codes of the texts that nobody has read."""
    return score_world(SCENARIO, seed, variant)


def score_world(scenario: str, seed: int, variant: str) -> list[Score]:
    """Score one of the two worlds, of eight codes or of all."""
    planted = variant == "planted"
    with loaded(scenario, seed=seed, planted=planted) as known:
        reasons = reasons_frame(known)
    unread = code_reasons(reasons).query("basis != 'human'")
    truth = true_codes(scenario, seed, planted=planted)
    frame = unread.merge(truth, on="reason_id", validate="one_to_one")
    made = planted_scores(frame, reasons) if planted else null_scores(frame)
    return [
        Score(scenario=scenario, seed=seed, variant=variant, quantity=quantity, planted=truth_text,
              found=float(found), tolerance=tolerance, passed=bool(passed), min_pass_share=share)
        for quantity, truth_text, found, tolerance, passed, share in made
    ]  # fmt: skip


def true_codes(scenario: str, seed: int, *, planted: bool) -> pd.DataFrame:
    """Return reason_id, true (tuple of codes), script and phrases (the number of each phrase)."""
    frame = SCENARIOS[scenario](streams(seed), planted)[0]["reasons"]
    codes = [() if text == NO_REASON else tuple(text.split(";")) for text in frame["_codes"]]
    hidden = {"true": codes, "script": frame["_lang"], "phrases": frame["_phrases"].str.split(";")}
    return pd.DataFrame({"reason_id": frame["reason_id"], **hidden})


def planted_scores(frame: pd.DataFrame, reasons: pd.DataFrame) -> list[tuple[object, ...]]:
    """Score F1, gibberish, double causes, languages, and the trap of clusters."""
    f1 = macro_f1(list(frame["true"]), list(frame["codes"]))
    n_true = frame["true"].map(len)
    silent = (frame.loc[n_true == 0, "codes"].map(len) == 0).mean()
    both = [set(row.true) <= set(row.codes) for row in frame[n_true == 2].itertuples()]
    recall = recalls(frame)
    sums = recall.assign(found=recall["recall"] * recall["n"]).groupby(["script", "code"])
    mean = (sums["found"].sum() / sums["n"].sum()).groupby("script").mean()
    far = surely_apart(recall)
    language, code = (
        next(row.estimate for row in group_estimates(reasons) if row.segment == f"grouping={name}")
        for name in ("language", "code")
    )
    return [
        ("macro-F1, 25 % coded", "1", f1, ">= .85", f1 is not None and f1 >= 0.85, 1.0),
        ("gibberish left unclassified", "1", silent, ">= .80", silent >= 0.80, 1.0),
        ("double causes both found", "1", np.mean(both), ">= .60", np.mean(both) >= 0.60, 1.0),
        ("recall by language, largest gap", "0", mean.max() - mean.min(), "<= .10",
         mean.max() - mean.min() <= LANGUAGE_GAP, 17 / 20),
        ("codes with a language surely .10 behind", "0", far, "0", far == 0, 1.0),
        ("trap: clusters' NMI language less code", "> 0", language - code, "> 0, shown",
         language > code, 1.0),
    ]  # fmt: skip


def null_scores(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Score that random codes are not found, and that agreement is none."""
    codes = {code for each in frame["true"] for code in each}
    f1 = macro_f1(list(frame["true"]), list(frame["codes"]))
    first = frame[(frame["true"].map(len) == 1) & (frame["codes"].map(len) > 0)]
    kappa = cohen([each[0] for each in first["true"]], [each[0] for each in first["codes"]])
    assert f1 is not None
    assert kappa.lo is not None
    assert kappa.hi is not None
    limit = 1 / len(codes) + 0.05
    return [
        ("macro-F1 of codes at random", f"1/{len(codes)}", f1, f"<= {limit:.3f}", f1 <= limit, 1.0),
        ("kappa of machine and random codes", "0", kappa.kappa, "interval holds 0, 17/20",
         kappa.lo <= 0 <= kappa.hi, 17 / 20),
    ]  # fmt: skip


def recalls(frame: pd.DataFrame) -> pd.DataFrame:
    """Return n and recall by code, script and way of saying it."""
    rows = [
        {"code": code, "script": row.script, "phrase": phrase, "found": code in row.codes}
        for row in frame.itertuples()
        for code, phrase in zip(row.true, row.phrases, strict=False)
    ]
    each = pd.DataFrame(rows).groupby(["code", "script", "phrase"])["found"]
    return each.agg(n="size", recall="mean").reset_index()


def surely_apart(recall: pd.DataFrame) -> int:
    """Count codes where one script's recall lies, interval and all, beyond the gap from another."""
    return sum(
        any(is_apart(rows, *pair) for pair in combinations(LANGS, 2))
        for _, rows in recall.groupby("code")
    )


def is_apart(rows: pd.DataFrame, one: str, other: str) -> bool:
    """Say whether two scripts of a code differ by surely more than the gap."""
    first, second = (rows.loc[rows["script"] == name, "recall"].to_numpy() for name in (one, other))
    gap = float(first.mean() - second.mean())
    parts = [values.var(ddof=1) / len(values) for values in (first, second)]
    if sum(parts) < 1e-12:
        return abs(gap) > LANGUAGE_GAP
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (first, second), strict=True)
    )
    return abs(gap) - student_t.ppf(0.975, freedom) * np.sqrt(sum(parts)) > LANGUAGE_GAP
