"""The Estimate: the one row form in which every number reaches a reader.

Decision: sentences, pictures, the summary, the difference to last month and the truth check
are all made from these rows, so that no two of them can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crm_analysis.quantities import check_declared

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
        """Refuse what the catalogue does not declare."""
        check_declared(self.quantity, self.segment, self.note)

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


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;").replace("=", "\\=")
