"""One finding a measure on the page on lost deals, whichever lines of analysis came upon it.

Decision: what is measured of a stated reason (M06) may be a habit of contact (M03) or a factor
(M05) as well. Told twice it would take the place of something else, so it is told once: by what
stands clearest about losing, with what the others found on the same measure beside it. Rows and
tables keep all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf

from crm_analysis.answers.part import Told
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text

LOST_OR_WON = (
    *("log_loss_to_win_ratio", "log_loss_to_win_ratio_per_sd", "calendar_log_loss_to_win_ratio"),
    *("ending_kind_chi2_per_df", "ending_kind_bend_chi2_per_df"),
)
_CODES: dict[str, dict[str, str]] = {
    "indicator": {
        "first_response_hours": "speed",
        "n_unanswered": "information_transparency",
        "oldest_unanswered_days": "information_transparency",
    },
    "state": {
        "question_open": "information_transparency",
        "promise_broken": "promise_broken",
    },
    "factor": {
        "distance_km": "distance",
        "income_annual": "cost_careful",
        "rival_nearby": "rival_nearby",
    },
}
_ASKED_BY: dict[str, str] = {
    "log_hazard_ratio_per_sd": "indicator",
    "state_log_hazard_ratio": "state",
    "revealed_log_hazard_ratio": "code",
    **dict.fromkeys(LOST_OR_WON, "factor"),
}
_ALSO = Text(" On the same measure: ", "同一指标另见：")

Key = tuple[str, str, str, str, str]


def measure_of(key: Key) -> str | None:
    """Name what a row measures of a lead; None where it asks another question than how it ends.

    Parameters
    ----------
    key : tuple of str
        The key of an `Estimate`.

    Examples
    --------
    >>> habit = "cause=lost;landmark_days=7;indicator=first_response_hours"
    >>> measure_of(("M03", "log_hazard_ratio_per_sd", habit, "cox_efron", "result"))
    'speed'
    >>> seen = "cause=lost;landmark_days=14;code=speed"
    >>> measure_of(("M06", "revealed_log_hazard_ratio", seen, "cox_efron", "result"))
    'speed'
    """
    _, quantity, where, *_ = key
    if quantity == "price_gap_to_rival":
        return "price"
    asked = _ASKED_BY.get(quantity)
    name = None if asked is None else read_segment(where).get(asked)
    if asked is None or name is None:
        return None
    return name if asked == "code" else _CODES[asked].get(name, f"{asked}={name}")


def clearness(row: Estimate) -> tuple[float, float, float]:
    """Order rows, the clearest first: adjusted p, p, then the estimate in widths of its interval.

    Parameters
    ----------
    row : Estimate
        Any; one without a p comes last.
    """
    width = (row.ci_hi or 0.0) - (row.ci_lo or 0.0)
    return (
        inf if row.p_adj is None else row.p_adj,
        inf if row.p is None else row.p,
        -abs(row.estimate or 0.0) / width if width > 0 else 0.0,
    )


def once_a_measure(
    parts: Sequence[Sequence[Told]], estimates: Iterable[Estimate], *, q: float
) -> list[list[Told]]:
    """Tell each measure once, in the place of what stands clearest about losing by it.

    Parameters
    ----------
    parts : sequence of sequence of Told
        The findings of each part of the page.
    estimates : iterable of Estimate
        All rows of the page.
    q : float
        False discovery rate.

    Returns
    -------
    list of list of Told
        The same parts; what is told by another finding is left out.
    """
    rows = {row.key: row for row in estimates}
    by_measure: dict[str, list[Told]] = {}
    for one in (one for part in parts for one in part):
        key = one.finding.estimate_key
        measure = None if key is None or key not in rows else measure_of(key)
        if measure is not None:
            by_measure.setdefault(measure, []).append(one)
    kept: dict[int, Told | None] = {}
    for same in by_measure.values():
        first, *others = sorted(same, key=lambda one: _place(rows[_key(one)], q))
        kept |= {id(one): None for one in others}
        kept[id(first)] = _with_others(first, others)
    told = [[kept.get(id(one), one) for one in part] for part in parts]
    return [[one for one in part if one is not None] for part in told]


def _key(one: Told) -> Key:
    key = one.finding.estimate_key
    if key is None:
        raise ValueError("a finding without a row has no measure")
    return key


def _place(row: Estimate, q: float) -> tuple[bool, bool, bool, tuple[float, float, float]]:
    """Put what stands before what does not, losing before winning, firm before weak, then clear."""
    of_losing = read_segment(row.segment).get("cause") == "lost" or row.quantity in LOST_OR_WON
    return (not is_finding(row, q), not of_losing, row.status == "weak", clearness(row))


def _with_others(first: Told, others: Sequence[Told]) -> Told:
    """Say beside a finding what the others on its measure found, without their sizes."""
    sentence = first.finding.sentence
    for other in others:
        sentence += _ALSO + (other.short or other.finding.sentence)
    return replace(first, finding=replace(first.finding, sentence=sentence))
