"""The Estimate: the one row form in which every number reaches a reader, and its rules.

Decision: sentences, pictures, the summary, the difference to last month and the truth check
are all made from these rows, so that no two of them can disagree.

Rules kept here: refusal (G3), families and false discoveries (G5), wording by evidence (G7).
A family is pooled over causes, landmarks and levels; only `result` rows with a p and status ok
or weak count in it; a refused row has no numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from crm_analysis.errors import UndeclaredQuantity
from crm_analysis.language import Text
from crm_analysis.quantities import QUANTITIES, check_declared, segment_pairs

Role = Literal["result", "naive", "diagnostic", "sensitivity"]
Status = Literal["ok", "weak", "not_estimable", "off"]
Evidence = Literal["exact", "descriptive", "associational", "adjusted", "randomised"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with all that is needed to judge it (rule G4).

    Parameters
    ----------
    module : str
        The module of the methods list, "M03".
    quantity : str
        A name declared in `quantities.QUANTITIES`.
    segment : str
        `name=value` pairs joined by ";" in declared order, made by `segment()`; "" for all.
    method : str
        The estimator, e.g. "cox_efron"; part of the key.
    role : {"result", "naive", "diagnostic", "sensitivity"}
        Only `result` reaches headlines, families and the run difference.
    estimate, ci_lo, ci_hi : float or None
        In the quantity's unit; None where status is not_estimable or off.
    n, events : int or None
        Subjects and events behind the number.
    p, p_adj : float or None
        Raw p and the one adjusted within `family`.
    family : str or None
        The family of G5, "M03:indicators"; None where nothing is tested.
    status : {"ok", "weak", "not_estimable", "off"}
        Refusal is a result.
    evidence : {"exact", "descriptive", "associational", "adjusted", "randomised"}
        Decides the verbs of every sentence (G7).
    note : str
        Declared note codes joined by ";", each with an optional ": detail".
    """

    module: str
    quantity: str
    segment: str
    method: str
    role: Role = "result"
    estimate: float | None = None
    ci_lo: float | None = None
    ci_hi: float | None = None
    n: int | None = None
    events: int | None = None
    p: float | None = None
    p_adj: float | None = None
    family: str | None = None
    status: Status = "ok"
    evidence: Evidence = "descriptive"
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what the catalogue does not declare, NaN, and numbers on a refused row."""
        check_declared(self.quantity, self.segment, self.note)
        numbers = (self.estimate, self.ci_lo, self.ci_hi, self.p, self.p_adj)
        given = [number for number in numbers if number is not None]
        if not all(math.isfinite(number) for number in given):
            raise ValueError(f"{self.key}: a number is not finite; refuse the row instead (G3)")
        if self.status in ("not_estimable", "off") and given:
            raise ValueError(f"{self.key}: status {self.status} carries numbers; use refuse()")

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The identity of the row; doubles raise when a result is made."""
        return (self.module, self.quantity, self.segment, self.method, self.role)


def segment(**pairs: object) -> str:
    """Write a segment: name=value pairs in the given order, `\\`, `;` and `=` escaped.

    Examples
    --------
    >>> segment(cause="lost", landmark_days=14)
    'cause=lost;landmark_days=14'
    """
    return ";".join(f"{name}={_escape(str(value))}" for name, value in pairs.items())


def read_segment(text: str) -> dict[str, str]:
    """Read a segment back into its pairs; the inverse of `segment`.

    Examples
    --------
    >>> read_segment(segment(factor="x", level="a;b=c"))
    {'factor': 'x', 'level': 'a;b=c'}
    """
    return dict(segment_pairs(text))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;").replace("=", "\\=")


COLUMNS = (
    *("as_of", "notebook", "module", "quantity", "segment", "role", "estimate", "ci_lo", "ci_hi"),
    *("n", "events", "p", "p_adj", "family", "method", "status", "evidence", "note"),
)
"""The columns of `tables/estimates.parquet` (G4)."""

KEY = ("module", "quantity", "segment", "method", "role")

GRADES: dict[Evidence, Text] = {
    "exact": Text("counted, not estimated", "逐条清点，不是估计"),
    "descriptive": Text("described only", "仅为描述"),
    "associational": Text("seen together, not adjusted", "同时出现，未作调整"),
    "adjusted": Text("seen together, adjusted for other factors", "同时出现，已调整其他因素"),
    "randomised": Text("tested against a control group", "经与对照组比较验证"),
}

VERBS: dict[Evidence, Text] = {
    "exact": Text("{cause} comes with {effect}", "{cause}伴随{effect}"),
    "descriptive": Text("{cause} comes with {effect}", "{cause}伴随{effect}"),
    "associational": Text("{cause} is seen together with {effect}", "{cause}与{effect}同时出现"),
    "adjusted": Text(
        "{cause} is associated with {effect}, adjusted for other factors",
        "调整其他因素后，{cause}与{effect}相关",
    ),
    "randomised": Text("{cause} causes {effect}", "{cause}导致{effect}"),
}

_CAUSAL = re.compile(r"\bcaus(?:e|es|ed|ing)\b|\bis behind\b|导致|造成|引起|源于", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How many tests a family holds (m) and how many stand, by rule.

    `n_by` is the check under any dependence (Benjamini-Yekutieli), `n_unadjusted` what a reader
    who ignores multiplicity would have announced.
    """

    name: str
    m: int
    n_bh: int
    n_by: int
    n_unadjusted: int


def adjust_families(estimates: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Fill `p_adj` by Benjamini-Hochberg within each family; the order of rows is kept.

    Parameters
    ----------
    estimates : sequence of Estimate
        Rows outside any family, naive rows and refused rows come back without `p_adj`.

    Returns
    -------
    tuple of Estimate
        The same rows, as given, with `p_adj`.
    """
    adjusted = [replace(row, p_adj=None) for row in estimates]
    for members in _members(estimates).values():
        p_adj = adjusted_p([_p(estimates[index]) for index in members], method="fdr_bh")
        for index, value in zip(members, p_adj, strict=True):
            adjusted[index] = replace(estimates[index], p_adj=value)
    return tuple(adjusted)


def families(estimates: Sequence[Estimate], *, q: float, alpha: float = 0.05) -> tuple[Family, ...]:
    """Report each family: m, discoveries by BH and by BY, and the unadjusted count."""
    summaries = []
    for name, members in sorted(_members(estimates).items()):
        p = [_p(estimates[index]) for index in members]
        summaries.append(
            Family(
                name=name,
                m=len(p),
                n_bh=sum(value <= q for value in adjusted_p(p, method="fdr_bh")),
                n_by=sum(value <= q for value in adjusted_p(p, method="fdr_by")),
                n_unadjusted=sum(value < alpha for value in p),
            )
        )
    return tuple(summaries)


def is_finding(estimate: Estimate, q: float) -> bool:
    """Say whether a row may be announced: a `result`, not refused, and `p_adj` <= q (G5)."""
    return (
        estimate.role == "result"
        and estimate.status in ("ok", "weak")
        and estimate.p_adj is not None
        and estimate.p_adj <= q
    )


def is_small_cell(estimate: Estimate, min_cell: int) -> bool:
    """Say whether a row could point at single subjects: fewer than `min_cell` stand behind it.

    Subjects, events (where there are any) and what a row itself counts are all looked at.
    """
    counted = QUANTITIES[estimate.quantity].unit == "count"
    events = estimate.events or 0
    size = (estimate.estimate or 0.0) if counted else 0.0
    few = estimate.n is not None and estimate.n < min_cell
    return few or 0 < events < min_cell or 0 < size < min_cell


def status_by_events(events: int, n_parameters: int = 1, *, min_events: int = 10) -> Status:
    """Judge by events per parameter (G3): enough, half enough (weak) or not estimable.

    Examples
    --------
    >>> status_by_events(30, 3), status_by_events(29, 3), status_by_events(14, 3)
    ('ok', 'weak', 'not_estimable')
    """
    if events >= min_events * n_parameters:
        return "ok"
    return "weak" if 2 * events >= min_events * n_parameters else "not_estimable"


def refuse(
    estimate: Estimate, note: str, *, status: Literal["not_estimable", "off"] = "not_estimable"
) -> Estimate:
    """Turn a row into its refusal: key, n and events stay, the numbers go, the note says why."""
    notes = ";".join(part for part in (estimate.note, note) if part)
    return replace(
        estimate,
        estimate=None,
        ci_lo=None,
        ci_hi=None,
        p=None,
        p_adj=None,
        status=status,
        note=notes,
    )


def grade_text(evidence: Evidence) -> Text:
    """Say the evidence grade in words that a leader understands."""
    return GRADES[evidence]


def claim(cause: Text, effect: Text, *, evidence: Evidence) -> Text:
    """Join two things by the verb that the evidence allows; "causes" only where randomised.

    Examples
    --------
    >>> claim(Text("silence", "沉默"), Text("loss", "流失"), evidence="associational").en
    'silence is seen together with loss'
    """
    verb = VERBS[evidence]
    return Text(
        verb.en.format(cause=cause.en, effect=effect.en),
        verb.zh.format(cause=cause.zh, effect=effect.zh),
    )


def says_causes(sentence: Text) -> bool:
    """Say whether a sentence claims a cause in either language (rule G7 forbids most)."""
    return any(_CAUSAL.search(words) for words in (sentence.en, sentence.zh))


def significant(value: float | None, digits: int = 12) -> float | None:
    """Round to significant digits, so that equal inputs publish equal bytes.

    Examples
    --------
    >>> significant(0.1 + 0.2), significant(-0.0), significant(None)
    (0.3, 0.0, None)
    """
    return None if value is None else float(f"{value:.{digits - 1}e}") + 0.0


def estimates_frame(estimates: Iterable[Estimate], *, as_of: date, notebook: str) -> pd.DataFrame:
    """Write estimates as the published table: G4 columns, sorted by key, 12 significant digits."""
    rows = [
        {"as_of": as_of, "notebook": notebook}
        | {field.name: getattr(row, field.name) for field in fields(row)}
        for row in sorted(estimates, key=lambda row: row.key)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    for name in ("estimate", "ci_lo", "ci_hi", "p", "p_adj"):
        frame[name] = frame[name].map(significant).astype("Float64").astype("float64")
    return frame.astype({"n": "Int64", "events": "Int64"})


def estimates_from_frame(
    frame: pd.DataFrame, *, drop_undeclared: bool = False
) -> tuple[Estimate, ...]:
    """Read estimates back from their published table.

    Parameters
    ----------
    frame : DataFrame
        What `estimates_frame` wrote.
    drop_undeclared : bool
        Leave out rows that today's catalogue does not declare: for tables that an earlier version
        published, which may hold quantities, segments or notes that are no more.
    """
    names = [field.name for field in fields(Estimate)]
    read = []
    for record in frame[names].astype(object).to_dict("records"):
        row: dict[str, Any] = {
            str(name): None if pd.isna(value) else value for name, value in record.items()
        }
        for name in ("n", "events"):
            row[name] = None if row[name] is None else int(row[name])
        try:
            read.append(Estimate(**row))
        except UndeclaredQuantity:
            if not drop_undeclared:
                raise
    return tuple(read)


def _members(estimates: Sequence[Estimate]) -> dict[str, list[int]]:
    """Positions of the tested rows of each family."""
    members: dict[str, list[int]] = {}
    for index, row in enumerate(estimates):
        tested = row.role == "result" and row.status in ("ok", "weak") and row.p is not None
        if row.family is not None and tested:
            members.setdefault(row.family, []).append(index)
    return members


def adjusted_p(
    p: Sequence[float], *, method: Literal["fdr_bh", "fdr_by"] = "fdr_bh"
) -> list[float]:
    """Adjust by Benjamini-Hochberg or -Yekutieli; statsmodels, a second to import, is the witness.

    Examples
    --------
    >>> [round(value, 3) for value in adjusted_p([0.04, 0.01, 0.02])]
    [0.04, 0.03, 0.03]
    """
    rank = np.arange(1, len(p) + 1)
    factor = rank / len(p)
    if method == "fdr_by":
        factor = factor / (1 / rank).sum()
    order = np.argsort(p)
    raised = np.minimum.accumulate((np.asarray(p)[order] / factor)[::-1])[::-1]
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(raised, 1.0)
    return [float(value) for value in adjusted]


def _p(estimate: Estimate) -> float:
    return 1.0 if estimate.p is None else estimate.p
