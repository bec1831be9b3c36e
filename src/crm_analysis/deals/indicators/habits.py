"""Which contact habits go with losing: landmark hazards of the interaction indicators (M03).

Decision: an indicator is measured up to the end of the landmark day and judged on what happens
after it, among leads still open then. The same indicator added up over the whole life of a lead
stands beside it as a warning only: leads that live longer collect more of everything (immortal
time). One indicator at a time: nothing is said about which of several that go together matters.
Where fewer than five events are expected among the leads that differ from the most common value,
the indicator is refused; so is one that repeats another on the same leads. Where endings crowd on
few days the complementary log-log model takes Cox's place. With at least 20 representatives the
errors are robust to what each of them does alike (stretched to the length of t intervals); with
fewer such errors are too small to be trusted. Times in hours enter as logarithms (at least a
minute), because their spread is a matter of factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import sqrt

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri, stdtrit

from crm_analysis.deals.comparison.coarse import cloglog_one_by_one, is_tied
from crm_analysis.deals.comparison.hazards import OneByOne, cox_one_by_one
from crm_analysis.deals.indicators.collinear import repeats
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.features import interactions as contact_features
from crm_analysis.features.catalog import CATALOG
from crm_analysis.source.frames import collect, count_rows
from crm_analysis.survival.normal import critical
from crm_analysis.survival.spells import CAUSES, lead_spells

FAMILY = "M03:indicators"
FEATURE_FAMILIES = ("interactions", "goals", "routes", "acquaintance", "cases")
TESTED_CAUSES = {code: name for code, name in CAUSES.items() if name in ("lost", "won")}
MIN_CLUSTERS = 20
_AT_ONCE = 8
_NOT_LINEAR = ("label", "weekday")
_SAME_AT_LANDMARK = ("contacts_per_week",)  # n_contacts by a constant: would be tested twice

Floats = npt.NDArray[np.float64]


def indicator_names() -> tuple[str, ...]:
    """Which features are tested: all about contacts that have an order from low to high."""
    return tuple(
        name
        for name, feature in CATALOG.items()
        if feature.family in FEATURE_FAMILIES
        and feature.unit not in _NOT_LINEAR
        and name not in _SAME_AT_LANDMARK
    )


def landmark_frame(
    leads: ir.Table, interactions: ir.Table, *, landmark_days: int, as_of: date
) -> pd.DataFrame:
    """Give each lead still open at the landmark its indicators, days at risk and ending.

    Returns
    -------
    DataFrame
        lead_id, duration_days (since opening), cause, then one column per feature; by lead_id.
    """
    spells = lead_spells(leads, as_of=as_of, landmark_days=landmark_days)
    features = contact_features.at_landmark(
        leads, interactions, landmark_days=landmark_days, as_of=as_of
    )
    return joined_frame(spells, features)


def whole_life_frame(leads: ir.Table, interactions: ir.Table, *, as_of: date) -> pd.DataFrame:
    """Give each lead its totals over its whole life; only for the naive rows."""
    features = contact_features.end_of_life(leads, interactions, as_of=as_of)
    return joined_frame(lead_spells(leads, as_of=as_of), features)


def joined_frame(spells: ir.Table, features: ir.Table) -> pd.DataFrame:
    """Fetch one row per lead: spell columns and features, in the order of lead_id.

    Every lead with a spell must have its features: one lost in the join would bias the answer
    unseen. Features without a spell (no day left to watch after the landmark) drop out.
    """
    ends = spells.select("duration_days", "cause", link="lead_id")
    joined = ends.join(features, ends.link == features.lead_id)
    names = [name for name in features.columns if name != "lead_id"]
    rows = collect(joined.select("lead_id", "duration_days", "cause", *names))
    n_ends, n_leads = count_rows(spells), rows["lead_id"].nunique()
    if not n_ends == n_leads == len(rows):
        raise ValueError(
            f"{n_ends} leads have a spell, {n_leads} of them features in {len(rows)} rows: "
            "allowed is one row for each"
        )
    ordered: pd.DataFrame = rows.sort_values("lead_id", ignore_index=True)
    return ordered


def indicator_estimates(
    frames: Mapping[int, pd.DataFrame], *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How does the hazard of loss and of win change with each indicator at each landmark?

    Parameters
    ----------
    frames : mapping of int to DataFrame
        Landmark in days to the frame that `landmark_frame` made.
    min_events : int
        Events (also expected among the leads that differ) for status ok; half of it for weak.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `log_hazard_ratio_per_sd` by cause, landmark and indicator, in family M03:indicators.
    """
    rows: list[Estimate] = []
    for landmark_days, frame in frames.items():
        twins = repeats(frame, indicator_names())
        for code, cause in TESTED_CAUSES.items():
            pairs = {"cause": cause, "landmark_days": landmark_days}
            blank = Estimate(
                module="M03",
                quantity="log_hazard_ratio_per_sd",
                segment=segment(**pairs),
                method="cox_efron",
                family=FAMILY,
                evidence="associational",
            )
            rows += column_estimates(
                frame,
                [name for name in indicator_names() if name not in twins],
                blank=blank,
                cause_code=code,
                limits=(min_events, alpha),
                cluster="rep_id",
            )
            rows += [_repeated(blank, name, twin) for name, twin in twins.items()]
    return tuple(rows)


def _repeated(blank: Estimate, name: str, twin: str) -> Estimate:
    """Refuse an indicator that repeats another."""
    row = replace(blank, segment=f"{blank.segment};{segment(indicator=name)}")
    return refuse(row, f"duplicate_column: {twin}")


def naive_estimates(
    frame: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """What would totals over the whole life of the lead say? Warning rows, never findings."""
    rows: list[Estimate] = []
    for code, cause in TESTED_CAUSES.items():
        blank = Estimate(
            module="M03",
            quantity="log_hazard_ratio_per_sd",
            segment=segment(cause=cause),
            method="cox_efron_whole_life",
            role="naive",
            evidence="associational",
            note="immortal_time",
        )
        rows += column_estimates(
            frame, indicator_names(), blank=blank, cause_code=code, limits=(min_events, alpha)
        )
    return tuple(rows)


def column_estimates(
    frame: pd.DataFrame,
    names: Sequence[str],
    *,
    blank: Estimate,
    cause_code: int,
    limits: tuple[int, float],
    cluster: str | None = None,
) -> list[Estimate]:
    """Fit each column of a frame alone and write the answers into copies of `blank`.

    Parameters
    ----------
    frame : DataFrame
        duration_days, cause and the columns `names`; a missing value leaves the lead out of that
        column's fit.
    names : sequence of str
        Columns; each adds `indicator=<name>` to the segment.
    blank : Estimate
        Module, quantity, segment, method, role and family of the rows.
    cause_code : int
        The ending that counts; others are censored.
    limits : tuple of int and float
        min_events and alpha.
    cluster : str, optional
        Column of what is independent; without it, or with fewer than 20 of them, the errors are
        those of the model.
    """
    duration = np.maximum(frame["duration_days"].to_numpy(dtype=float), 0.5)
    event = (frame["cause"] == cause_code).to_numpy()
    given = {name: scaled(frame[name], name) for name in names if name in frame}
    if is_tied(duration, event):
        blank = replace(blank, method="cloglog")
    groups = _cluster_codes(frame, cluster)
    fits = _fit_by_pattern(given, duration, event, groups)
    rows = []
    for name, column in given.items():
        present = ~np.isnan(column)
        row = replace(
            blank,
            segment=f"{blank.segment};{segment(indicator=name)}",
            n=int(present.sum()),
            events=int((event & present).sum()),
            note=_joined_notes(blank.note, "log_scale" if _is_log(name) else ""),
        )
        rows.append(_filled(row, column, fits.get(name), limits))
    return rows


def scaled(column: pd.Series, name: str) -> Floats:
    """Return the column as numbers: hours as logarithms, missing as NaN."""
    numbers = pd.to_numeric(column, errors="coerce")
    values: Floats = (
        numbers.to_numpy(dtype=float)  # with an na_value it would be copied
        if isinstance(numbers.dtype, np.dtype)
        else numbers.to_numpy(dtype=float, na_value=np.nan)
    )
    return np.log(np.maximum(values, 1 / 60)) if _is_log(name) else values


def _is_log(name: str) -> bool:
    return name in CATALOG and CATALOG[name].unit == "hours"


def _joined_notes(*notes: str) -> str:
    return ";".join(note for note in notes if note)


def _cluster_codes(frame: pd.DataFrame, name: str | None) -> npt.NDArray[np.int64] | None:
    """Number the clusters; missing ones are one of their own. None where there are too few."""
    if name is None or name not in frame:
        return None
    codes = frame[name].factorize(use_na_sentinel=False)[0].astype(np.int64)
    return codes if len(codes) and codes.max() + 1 >= MIN_CLUSTERS else None


def _fit_by_pattern(
    columns: Mapping[str, Floats],
    duration: Floats,
    event: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64] | None,
) -> dict[str, tuple[OneByOne, int]]:
    """Fit columns with the same missing values together; return each with its place."""
    patterns: dict[bytes, list[str]] = {}
    for name, column in columns.items():
        if np.nanstd(column) > 0 if np.isfinite(column).any() else False:
            patterns.setdefault(np.isnan(column).tobytes(), []).append(name)
    fits: dict[str, tuple[OneByOne, int]] = {}
    for names in (few for pattern in patterns.values() for few in _few_at_once(pattern)):
        present = ~np.isnan(columns[names[0]])
        if not event[present].any():
            continue
        values = np.column_stack([columns[name][present] for name in names])
        spread = values.std(axis=0)
        fit = _one_by_one(
            values / spread,
            duration[present],
            event[present],
            None if groups is None else groups[present],
        )
        fits |= {name: (fit, place) for place, name in enumerate(names)}
    return fits


def _few_at_once(names: list[str]) -> Iterator[list[str]]:
    """Part names into lists of 5 to 8: columns of all leads are copied for their fits."""
    n_parts = -(-len(names) // _AT_ONCE)
    for part in range(n_parts):
        yield names[part * len(names) // n_parts : (part + 1) * len(names) // n_parts]


def stretch(n_clusters: int, *, alpha: float = 0.05) -> float:
    """By how much are clustered errors stretched, so that normal intervals are as long as t's?

    Examples
    --------
    >>> round(stretch(20), 3), round(stretch(2000), 3)
    (1.096, 1.001)
    """
    spare = n_clusters - 1
    level = 1 - alpha / 2
    return sqrt(n_clusters / spare) * float(stdtrit(spare, level) / ndtri(level))


def _one_by_one(
    values: Floats,
    duration: Floats,
    event: npt.NDArray[np.bool_],
    groups: npt.NDArray[np.int64] | None,
) -> OneByOne:
    if is_tied(duration, event):
        return cloglog_one_by_one(values, duration, event)
    fit = cox_one_by_one(values, duration, event, cluster=groups)
    if groups is None:
        return fit
    se = fit.se * stretch(len(np.unique(groups)))
    p = 2 * ndtr(-np.abs(fit.log_hazard_ratio) / np.maximum(se, 1e-300))
    return replace(fit, se=se, p=p)


def _filled(
    row: Estimate, column: Floats, fit: tuple[OneByOne, int] | None, limits: tuple[int, float]
) -> Estimate:
    """Write one fit into its row, or refuse it with the reason."""
    min_events, alpha = limits
    events = row.events or 0
    status = status_by_events(events, min_events=min_events)
    if status == "not_estimable":
        return refuse(row, "too_few_events")
    differing = _share_differing(column) * events
    if fit is None or 2 * differing < min_events:
        return refuse(row, "no_spread")
    answers, place = fit
    if not answers.converged[place]:
        return refuse(row, "separated")
    value, se = float(answers.log_hazard_ratio[place]), float(answers.se[place])
    half = critical(alpha) * se
    weak = status == "weak" or differing < min_events
    return replace(
        row,
        estimate=value,
        ci_lo=value - half,
        ci_hi=value + half,
        p=float(answers.p[place]),
        status="weak" if weak else "ok",
        note=_joined_notes(row.note, "too_few_events" if weak else ""),
    )


def _share_differing(column: Floats) -> float:
    """Which share of the leads differs from the most common value?"""
    values = column[~np.isnan(column)]
    if not len(values):
        return 0.0
    _, counts = np.unique(values, return_counts=True)
    return 1.0 - float(counts.max()) / len(values)
