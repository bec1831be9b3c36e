"""How far can the machine's codes be believed? Against coders, on texts it has not learned from.

Decisions: a code's F1 counts every text that has it or is given it, also beside other codes; the
macro-F1 is the plain mean over the codes that coders have used, so that a rare reason counts as
much as a frequent one. The interval resamples texts, all copies of one together. Only the reasons
drawn by lot for measuring count, as the others were chosen to be hard; where too few of those are
coded all count, and the number says so. A draw in which no text has a code counts as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.reasons.codebook import Codebook, read_codebook
from crm_analysis.reasons.coding import human_codes, machine_codes
from crm_analysis.reasons.learner import Codes
from crm_analysis.reasons.suggestions import cluster_agreement, script_of
from crm_analysis.reasons.to_code import is_measured
from crm_analysis.reasons.wording import worded

MIN_TEXTS = 30
MIN_NAMED = 10  # texts that a coder gives a code
METHOD = "dictionary_learner"
NOT_BY_LOT = "not_drawn_by_lot"
_Counts = npt.NDArray[np.float64]


def macro_f1(coder: Sequence[Codes], machine: Sequence[Codes]) -> float | None:
    """How well does one coding find another's codes, each code counting alike?

    Returns
    -------
    float or None
        0 to 1; None where the coder names no code.

    Examples
    --------
    >>> macro_f1([("price",), ("speed",), ()], [("price",), ("price", "speed"), ()])
    0.8333333333333333
    """
    names = sorted({code for codes in coder for code in codes})
    if not names:
        return None
    right, sizes = _counts(coder, machine, names)
    return _macro(right.sum(0), sizes.sum(0))


def _counts(
    coder: Sequence[Codes], machine: Sequence[Codes], names: Sequence[str]
) -> tuple[_Counts, _Counts]:
    """Return, a row a text and a column a code: found rightly, and named by either or both."""
    named = np.array([[name in codes for name in names] for codes in coder], dtype=float)
    found = np.array([[name in codes for name in names] for codes in machine], dtype=float)
    return named * found, named + found


def _macro(right: _Counts, sizes: _Counts) -> float:
    used = sizes > 0
    return float(np.mean(2 * right[used] / sizes[used])) if used.any() else 0.0


def coding_estimates(
    reasons: pd.DataFrame,
    codebook: Codebook | None = None,
    *,
    n_boot: int = 500,
    alpha: float = 0.05,
    seed: int = 0,
) -> tuple[Estimate, ...]:
    """How well does the machine code what coders have read, and what do groups of texts follow?

    Parameters
    ----------
    reasons : DataFrame
        One row per reason: text, code_a, code_b; reason_id, else none counts as drawn by lot.

    Returns
    -------
    tuple of Estimate
        The macro-F1 out of fold, and as diagnostics how far groups made without codes go with the
        script and with the code.
    """
    book = codebook or read_codebook()
    checked, note = _drawn_by_lot(machine_codes(reasons, book))
    return (
        _macro_estimate(checked, note=note, n_boot=n_boot, alpha=alpha, seed=seed),
        *group_estimates(reasons, book),
    )


def _drawn_by_lot(checked: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows for measuring; all with a note where too few texts are left."""
    if "reason_id" in checked:
        drawn = checked[
            np.array([is_measured(str(one)) for one in checked["reason_id"]], dtype=bool)
        ]
        if drawn["text"].map(worded).nunique() >= MIN_TEXTS:
            return drawn, ""
    return checked, NOT_BY_LOT


def _macro_estimate(
    checked: pd.DataFrame, *, note: str, n_boot: int, alpha: float, seed: int
) -> Estimate:
    row = Estimate(
        module="M02",
        quantity="reasons_machine_f1",
        segment="",
        method=METHOD,
        role="diagnostic",
        n=len(checked),
        note=note,
    )
    coder, machine = list(checked["codes"]), list(checked["machine"])
    names = sorted({code for codes in coder for code in codes})
    group, texts = pd.factorize(checked["text"].map(worded))
    if sum(map(bool, coder)) < MIN_NAMED or len(texts) < MIN_TEXTS:
        return refuse(row, "few_coded_texts")
    right, sizes = (
        pd.DataFrame(part).groupby(group).sum().to_numpy()
        for part in _counts(coder, machine, names)
    )
    draws = np.random.default_rng(seed).multinomial(
        len(texts), np.full(len(texts), 1 / len(texts)), n_boot
    )
    again = [_macro(times @ right, times @ sizes) for times in draws]
    lo, hi = np.quantile(again, [alpha / 2, 1 - alpha / 2])
    found = _macro(right.sum(0), sizes.sum(0))
    return replace(row, estimate=found, ci_lo=float(lo), ci_hi=float(hi))


def group_estimates(
    reasons: pd.DataFrame, codebook: Codebook | None = None
) -> tuple[Estimate, ...]:
    """Do groups of texts that are made without codes follow the language or the reason?

    Returns
    -------
    tuple of Estimate
        One for each, on the texts that coders have read; none where all are of one script or code.
    """
    given = human_codes(reasons, codebook or read_codebook()).dropna()
    texts = list(reasons.loc[given.index, "text"].fillna(""))
    found = cluster_agreement(
        texts,
        languages=[script_of(text) for text in texts],
        codes=[codes[0] for codes in given],
    )
    if found is None:
        return ()
    follows = found.with_language > found.with_code
    return tuple(
        Estimate(
            module="M02",
            quantity="text_groups_agreement",
            segment=segment(grouping=name),
            method="k_means",
            role="diagnostic",
            estimate=value,
            n=found.n_texts,
            note="groups_follow_language" if follows else "",
        )
        for name, value in (("language", found.with_language), ("code", found.with_code))
    )
