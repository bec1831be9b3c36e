"""What a fit of hazards says: its terms, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.estimates import Status
from crm_analysis.survival.arrays import Floats
from crm_analysis.survival.normal import critical, two_sided
from crm_analysis.survival.screening import Screened


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxTerm:
    """One covariate's log hazard ratio per unit; numbers are None where it is refused."""

    name: str
    coef: float | None
    se: float | None
    ci_lo: float | None
    ci_hi: float | None
    p: float | None
    status: Status
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """A fit, or the reason why there is none.

    Parameters
    ----------
    terms : tuple of CoxTerm
        One per covariate asked for, in that order.
    status : {"ok", "weak", "not_estimable"}
        By events per parameter; a refused term does not change the others.
    note : str
        Note codes, "" where all is well.
    n, events, n_missing : int
        Rows used, events among them, rows left out for a missing value.
    loglik, loglik_null, p : float or None
        Log partial likelihoods, and the likelihood-ratio p of all terms together (no ridge).
    covariance : array (n_estimated, n_estimated)
        Of the estimated terms, in their order.
    method : str
        "cox_efron", or "cox_efron_ridge" where weak.
    """

    terms: tuple[CoxTerm, ...]
    status: Status
    note: str
    n: int
    events: int
    n_missing: int
    loglik: float | None
    loglik_null: float | None
    p: float | None
    covariance: Floats
    method: str

    @property
    def estimated(self) -> tuple[CoxTerm, ...]:
        """The terms that have numbers."""
        return tuple(term for term in self.terms if term.coef is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the estimated terms."""
        return tuple(term.name for term in self.estimated)

    @property
    def coef(self) -> Floats:
        """Log hazard ratios of the estimated terms."""
        return np.array([term.coef for term in self.estimated], dtype=float)

    @property
    def se(self) -> Floats:
        """Standard errors of the estimated terms."""
        return np.array([term.se for term in self.estimated], dtype=float)

    def term(self, name: str) -> CoxTerm:
        """Return the term of that name."""
        return next(term for term in self.terms if term.name == name)

    def frame(self) -> pd.DataFrame:
        """Return one row per term: name, coef, se, ci_lo, ci_hi, p, status, note."""
        fields = ("name", "coef", "se", "ci_lo", "ci_hi", "p", "status", "note")
        rows = [tuple(getattr(term, field) for field in fields) for term in self.terms]
        return pd.DataFrame(rows, columns=list(fields))


def made_terms(
    covariates: Sequence[str],
    screened: Screened,
    *,
    coef: Floats,
    covariance: Floats,
    how: tuple[Status, str, float],
) -> tuple[CoxTerm, ...]:
    """Make a term per covariate asked for; `how` is status, note and alpha of the fitted ones."""
    made = {
        name: _made(name, float(coef[i]), float(covariance[i, i]), how)
        for i, name in enumerate(screened.usable)
    }
    return tuple(
        made[name] if name in made else _refused(name, screened.refused[name])
        for name in covariates
    )


def refused_fit(
    covariates: Sequence[str],
    screened: Screened,
    *,
    why: str,
    size: tuple[int, int, int],
    method: str,
) -> CoxFit:
    """Make a fit without numbers; `size` is rows, events and rows left out."""
    return CoxFit(
        terms=tuple(_refused(name, screened.refused.get(name, why)) for name in covariates),
        status="not_estimable",
        note=why,
        n=size[0],
        events=size[1],
        n_missing=size[2],
        loglik=None,
        loglik_null=None,
        p=None,
        covariance=np.zeros((0, 0)),
        method=method,
    )


def _made(name: str, coef: float, variance: float, how: tuple[Status, str, float]) -> CoxTerm:
    status, note, alpha = how
    se = float(np.sqrt(variance))
    reach = critical(alpha) * se
    return CoxTerm(
        name=name,
        coef=coef,
        se=se,
        ci_lo=coef - reach,
        ci_hi=coef + reach,
        p=two_sided(coef / se) if se > 0 else None,
        status=status,
        note=note,
    )


def _refused(name: str, note: str) -> CoxTerm:
    return CoxTerm(
        name=name,
        coef=None,
        se=None,
        ci_lo=None,
        ci_hi=None,
        p=None,
        status="not_estimable",
        note=note,
    )
