"""Do sellers' notes give other reasons in one segment than elsewhere, and do they change? (M02)

Decisions:
* One row a lost deal: the seller's first note, where it could be read. Segments are the customer's
  region, industry and own columns of few levels, the lead's product, and who is quoted.
* Each level is compared with all others together, code by code; a level in which fewer than half of
  `min_events` customers with a code would be expected is refused here, and told of in
  `rare_levels`. A code with fewer notes than that in all is not asked about.
* Notes on deals of one customer are alike: the variance of a difference or a trend is multiplied by
  its design effect, never below 1, and customers are counted, not notes, where it is judged whether
  there are enough.
* A trend is looked for among notes typed promptly, of losses old enough that all such notes are in:
  notes typed later say other things, and recent quarters do not have theirs yet.
* Levels, codes and trends are one family. All of it is of notes, which callbacks have not checked.

Source: Armitage (1955) for the trend of shares; Rao and Scott (1992) for the design effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import newcombe, wilson
from crm_analysis.reasons.reports import (
    LATE_DAYS,
    REP_SOURCES,
    UNCLASSIFIED,
    delay_days,
    main_code,
)
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known

FAMILY = "M02:reason_segments"
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_LEVELS = 12
LEAST_QUARTERS = 4
_CUSTOMER, _LEAD = ("region", "industry"), ("product",)
_COUNTED = ("subject", "customer", "main", "event_at", "delay_days")


def segment_frame(known: Known, coded: pd.DataFrame) -> pd.DataFrame:
    """Put the segments of each lost deal beside the reason that sales noted first.

    Parameters
    ----------
    known : Known
        The as-of views; uses `leads` and `customers`.
    coded : DataFrame
        One row a reason, as `coding.code_reasons` hands it over.

    Returns
    -------
    DataFrame
        One row a deal with a readable note: subject, customer, main, event_at, delay_days, source
        and the segments that the source has.
    """
    rows = coded[(coded["about"] == "lead_loss") & coded["source"].isin(REP_SOURCES)]
    rows = rows.assign(
        subject=rows["lead_id"].fillna(rows["customer_id"]),
        main=[main_code(codes) for codes in rows["codes"]],
        delay_days=delay_days(rows),
    )
    first = rows.sort_values(["recorded_at", "reason_id"]).drop_duplicates("subject")
    first = first[first["main"] != UNCLASSIFIED].assign(customer=first["customer_id"])
    frame = first[[*_COUNTED, "source", "lead_id", "customer_id"]]
    for table, link, columns in (
        ("leads", "lead_id", _columns(known, "leads", _LEAD)),
        ("customers", "customer_id", _columns(known, "customers", _CUSTOMER)),
    ):
        if columns:
            given = collect(known.table(table).select(link, *columns))
            frame = frame.merge(given.drop_duplicates(link), on=link, how="left")
    return frame.drop(columns=["lead_id", "customer_id"]).sort_values("subject", ignore_index=True)


def _columns(known: Known, table: str, names: Sequence[str]) -> list[str]:
    """Return the segments that a table has, the organisation's own written ones among them."""
    if table not in known.tables:
        return []
    schema = known.table(table).schema()
    own = sorted(name for name in schema if name.startswith("x_") and schema[name].is_string())
    return [*(name for name in names if known.has(table, name)), *own]


def segment_estimates(
    frame: pd.DataFrame, *, min_events: int = 10, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """Compare each code's share in each level with its share in all others.

    Parameters
    ----------
    frame : DataFrame
        From `segment_frame`.
    min_events : int
        Notes of a code to be expected in a level for ok; half of it for weak.
    alpha : float
        1 - coverage.
    """
    codes = frequent_codes(frame, min_events)
    return tuple(
        _level(rows, code, factor, level, min_events=min_events, alpha=alpha)
        for factor, rows in segment_rows(frame)
        for level in _levels(rows[factor])
        for code in codes
    )


def frequent_codes(frame: pd.DataFrame, min_events: int) -> list[str]:
    """Name the codes with at least half of `min_events` notes."""
    counts = frame["main"].value_counts()
    return sorted(str(code) for code, n in counts.items() if 2 * n >= min_events)


def _levels(values: pd.Series) -> list[str]:
    """Return the levels to compare with the others: of two only one, the other is its mirror."""
    levels = sorted(values.unique())
    return levels[:1] if len(levels) == 2 else levels


def segment_rows(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each segment with the deals of which it is known, where it has a few levels."""
    for factor in (name for name in frame.columns if name not in _COUNTED):
        rows = frame[frame[factor].notna()]
        n_levels = rows[factor].nunique()
        if 2 <= n_levels <= MOST_LEVELS:
            yield factor, rows.assign(**{factor: rows[factor].astype(str)})


def expected_notes(n_customers: int, share: float) -> int:
    """Count the customers to be expected with a code, or without it where these are fewer."""
    return int(n_customers * min(share, 1 - share))


def _level(
    rows: pd.DataFrame, code: str, factor: str, level: str, *, min_events: int, alpha: float
) -> Estimate:
    inside, says = (rows[factor] == level).to_numpy(), (rows["main"] == code).to_numpy()
    customer = pd.factorize(rows["customer"])[0]
    n = int(inside.sum()), int((~inside).sum())
    events = int((inside & says).sum()), int((~inside & says).sum())
    share = float(says.mean())
    n_customers = min(len(np.unique(customer[side])) for side in (inside, ~inside))
    row = Estimate(
        module="M02",
        quantity="reason_share_segment_difference",
        segment=segment(code=code, factor=factor, level=level),
        method="newcombe_by_customer",
        n=n[0],
        events=events[0],
        family=FAMILY,
        status=status_by_events(expected_notes(n_customers, share), min_events=min_events),
        evidence="associational",
        note="as_noted",
    )
    found = newcombe(events, n, alpha=alpha)
    if found is None or row.status == "not_estimable":
        return refuse(row, "too_few_notes")
    widened = math.sqrt(design_effect((inside - inside.mean()) * (says - share), customer))
    spread = widened * math.sqrt(share * (1 - share) * (1 / n[0] + 1 / n[1]))
    return replace(
        row,
        estimate=found.estimate,
        ci_lo=max(-1.0, found.estimate - widened * (found.estimate - found.lo)),
        ci_hi=min(1.0, found.estimate + widened * (found.hi - found.estimate)),
        p=math.erfc(abs(found.estimate / spread) / math.sqrt(2)),
        note="as_noted" if row.status == "ok" else "as_noted;few_notes",
    )


def design_effect(score: Floats, cluster: Ints) -> float:
    """By what is the variance of a sum greater because those of one cluster are alike?

    Parameters
    ----------
    score : array
        What each row adds to the sum, 0 on average.
    cluster : array of int codes from 0
        Rows of one customer.

    Returns
    -------
    float
        The squared sums of clusters over the squares of rows; never below 1.

    Examples
    --------
    >>> design_effect(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))
    2.0
    """
    squares = float((score**2).sum())
    if squares == 0:
        return 1.0
    return max(1.0, float((np.bincount(cluster, weights=score) ** 2).sum()) / squares)


def trend_estimates(
    frame: pd.DataFrame,
    *,
    as_of: date,
    prompt_days: int = LATE_DAYS[0],
    min_events: int = 10,
    alpha: float = 0.05,
) -> tuple[Estimate, ...]:
    """Measure how each code's share changes from quarter to quarter, in prompt notes.

    Parameters
    ----------
    frame : DataFrame
        From `segment_frame`.
    as_of : date
        Losses younger than `prompt_days` on it are left out.
    prompt_days : int
        Notes typed later than this are left out.
    min_events, alpha : int, float
        See `segment_estimates`.
    """
    event = pd.to_datetime(frame["event_at"])
    is_in = event < pd.Timestamp(as_of) - pd.Timedelta(days=prompt_days)
    rows = frame[is_in & (frame["delay_days"] <= prompt_days)]
    event = event[rows.index]
    quarter = (event.dt.year * 4 + event.dt.quarter).to_numpy(float)
    codes = frequent_codes(rows, min_events)
    customer = pd.factorize(rows["customer"])[0]
    return tuple(
        _trend(quarter, (rows["main"] == code).to_numpy(float), customer, code, min_events, alpha)
        for code in codes
    )


def churn_estimates(coded: pd.DataFrame, *, alpha: float = 0.05) -> tuple[Estimate, ...]:
    """Count the main reason of each customer who left, by the first word that could be read.

    Parameters
    ----------
    coded : DataFrame
        One row a reason, as `coding.code_reasons` hands it over.
    alpha : float
        1 - coverage.
    """
    rows = coded[coded["about"] == "churn"]
    rows = rows.assign(main=[main_code(codes) for codes in rows["codes"]])
    rows = rows[rows["main"] != UNCLASSIFIED].sort_values(["recorded_at", "reason_id"])
    counts = rows.drop_duplicates("customer_id")["main"].value_counts()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(_left(str(code), int(n), int(counts.sum()), alpha) for code, n in ordered)


def _left(code: str, events: int, n: int, alpha: float) -> Estimate:
    found = wilson(events, n, alpha=alpha)
    assert found is not None
    return Estimate(
        module="M02", quantity="churn_reason_share", segment=segment(code=code), method="noted",
        role="naive", estimate=found.estimate, ci_lo=found.lo, ci_hi=found.hi, n=n, events=events,
        note="as_noted",
    )  # fmt: skip


def _trend(
    quarter: npt.NDArray[Any],
    says: npt.NDArray[Any],
    customer: Ints,
    code: str,
    min_events: int,
    alpha: float,
) -> Estimate:
    from scipy.special import ndtri

    events = int(says.sum())
    few = min(len(np.unique(customer[says == said])) for said in (0, 1))
    row = Estimate(
        module="M02",
        quantity="reason_share_trend",
        segment=segment(code=code),
        method="armitage_by_customer",
        n=len(says),
        events=events,
        family=FAMILY,
        status=status_by_events(few, min_events=min_events),
        evidence="associational",
        note="as_noted",
    )
    if row.status == "not_estimable" or len(np.unique(quarter)) < LEAST_QUARTERS:
        return refuse(replace(row, status="not_estimable"), "too_few_notes")
    away = quarter - quarter.mean()
    spread = float((away**2).sum())
    slope = float((away * says).sum()) / spread
    effect = design_effect(away * (says - says.mean()), customer)
    se = math.sqrt(effect * says.mean() * (1 - says.mean()) / spread)
    half = float(ndtri(1 - alpha / 2)) * se
    return replace(
        row,
        estimate=slope,
        ci_lo=slope - half,
        ci_hi=slope + half,
        p=math.erfc(abs(slope / se) / math.sqrt(2)),
        note="as_noted" if row.status == "ok" else "as_noted;few_notes",
    )
