"""Shares, agreement and provenance of stated reasons as estimates (M02).

Two families are tested: whether a code's corrected share differs from the noted one (misreport),
and whether late typing or a list of answers changes what is said (credibility). Where callbacks
allow no correction the noted share carries its warning and nothing is tested.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from crm_analysis.estimates import Estimate, Status, refuse, segment
from crm_analysis.proportions import Interval, wilson
from crm_analysis.reasons.agreement import Agreement, LateDifference
from crm_analysis.reasons.question_format import FormatEffect

MODULE = "M02"
MISREPORT, CREDIBILITY = "M02:misreport", "M02:credibility"


def share_estimates(shares: pd.DataFrame, *, alpha: float) -> tuple[Estimate, ...]:
    """Write the three shares of each code, and how far correction moved it.

    Parameters
    ----------
    shares : DataFrame
        From `correction.stated_shares`.
    alpha : float
        1 - coverage, for the interval of the difference.
    """
    found: list[Estimate] = []
    for row in shares.to_dict("records"):
        one = {str(name): value for name, value in row.items()}
        found += [_noted(one), _heard(one), *_corrected(one, alpha=alpha)]
    return tuple(found)


def sensitivity_estimates(shares: pd.DataFrame, *, error: float) -> tuple[Estimate, ...]:
    """Write the corrected shares as they were if callbacks themselves erred."""
    rows = shares[shares["status"] != "not_estimable"]
    return tuple(
        Estimate(
            module=MODULE,
            quantity="reason_share_corrected",
            segment=segment(code=row["code"], callback_error=f"{error:g}"),
            method="double_sampling",
            role="sensitivity",
            estimate=row["corrected"],
            ci_lo=row["corrected_lo"],
            ci_hi=row["corrected_hi"],
            n=int(row["n_rep"]),
            events=int(row["n_both"]),
            status=row["status"],
            evidence="descriptive",
        )
        for row in rows.to_dict("records")
    )


def _noted(row: Mapping[str, Any]) -> Estimate:
    return Estimate(
        module=MODULE,
        quantity="reason_share",
        segment=segment(code=row["code"]),
        method="noted",
        role="naive",
        estimate=_number(row["naive"]),
        ci_lo=_number(row["naive_lo"]),
        ci_hi=_number(row["naive_hi"]),
        n=int(row["n_rep"]),
        status="ok" if row["n_rep"] else "not_estimable",
        evidence="descriptive",
        note="as_noted",
    )


def _heard(row: Mapping[str, Any]) -> Estimate:
    return Estimate(
        module=MODULE,
        quantity="reason_share",
        segment=segment(code=row["code"]),
        method="callback",
        role="sensitivity",
        estimate=_number(row["callback"]),
        ci_lo=_number(row["callback_lo"]),
        ci_hi=_number(row["callback_hi"]),
        n=int(row["n_callback"]),
        status="ok" if row["n_callback"] else "not_estimable",
        evidence="descriptive",
        note="reached_only",
    )


def _corrected(row: Mapping[str, Any], *, alpha: float) -> tuple[Estimate, Estimate]:
    from scipy.special import ndtri

    note = str(row["note"])
    share = Estimate(
        module=MODULE,
        quantity="reason_share_corrected",
        segment=segment(code=row["code"]),
        method="double_sampling",
        estimate=_number(row["corrected"]),
        ci_lo=_number(row["corrected_lo"]),
        ci_hi=_number(row["corrected_hi"]),
        n=int(row["n_rep"]),
        events=int(row["n_both"]),
        status=cast(Status, row["status"]),
        evidence="descriptive",
        note=note,
    )
    moved = Estimate(
        module=MODULE,
        quantity="reason_share_difference",
        segment=segment(code=row["code"]),
        method="double_sampling",
        n=int(row["n_rep"]),
        events=int(row["n_both"]),
        family=MISREPORT,
        status=cast(Status, row["status"]),
        evidence="descriptive",
    )
    difference = _number(row["difference"])
    if difference is None:
        return share, refuse(moved, note)
    half = float(ndtri(1 - alpha / 2)) * float(row["difference_se"])
    return share, replace(
        moved,
        estimate=difference,
        ci_lo=difference - half,
        ci_hi=difference + half,
        p=float(row["p"]),
        note=note,
    )


def kappa_estimates(found: Mapping[tuple[str, str], Agreement]) -> tuple[Estimate, ...]:
    """Write agreements by readers and band of delay ("" for all)."""
    return tuple(_kappa(one, readers=who, band=band) for (who, band), one in found.items())


def _kappa(found: Agreement, *, readers: str, band: str) -> Estimate:
    row = Estimate(
        module=MODULE,
        quantity="reasons_kappa",
        segment=segment(readers=readers, **({"band": band} if band else {})),
        method="cohen" if readers != "all_sources" else "fleiss",
        role="diagnostic",
        n=found.n,
        status="not_estimable",
        evidence="descriptive",
    )
    if found.kappa is None:
        return refuse(row, found.note)
    return replace(
        row, estimate=found.kappa, ci_lo=found.lo, ci_hi=found.hi, p=found.p, status=found.status
    )


def late_estimate(found: LateDifference | None, *, alpha: float) -> tuple[Estimate, ...]:
    """Write how much less late notes agree with callbacks than prompt ones do."""
    from scipy.special import ndtri

    if found is None:
        return ()
    half = float(ndtri(1 - alpha / 2)) * found.se
    return (
        Estimate(
            module=MODULE,
            quantity="reasons_kappa_difference",
            segment=segment(band=found.band),
            method="cohen",
            estimate=found.difference,
            ci_lo=found.difference - half,
            ci_hi=found.difference + half,
            n=found.n,
            p=found.p,
            family=CREDIBILITY,
            evidence="associational",
        ),
    )


def format_estimates(effects: Sequence[FormatEffect]) -> tuple[Estimate, ...]:
    """Write how far answers to a list lie from open ones; sources asked one way only drop out."""
    return tuple(
        Estimate(
            module=MODULE,
            quantity="question_format_distance",
            segment=segment(source=one.source),
            method="permutation",
            estimate=one.distance,
            n=one.n_open + one.n_prompted,
            p=one.p,
            family=CREDIBILITY,
            evidence="associational",
        )
        for one in effects
        if one.distance is not None
    )


def source_estimates(sources: pd.DataFrame, *, late_days: Sequence[int]) -> tuple[Estimate, ...]:
    """Write where reasons come from: counts, and shares typed late, prompted, empty, repeated."""
    found: list[Estimate] = []
    for row in sources.to_dict("records"):
        name = str(row["source"])
        found.append(_count(name, int(row["n"])))
        for quantity, events, n, over in (
            ("reasons_typed_late_share", row["n_late"], row["n_dated"], late_days[0]),
            ("reasons_typed_late_share", row["n_very_late"], row["n_dated"], late_days[-1]),
            ("reasons_prompted_share", row["n_prompted"], row["n_prompted"] + row["n_open"], None),
            ("reasons_empty_share", row["n_empty"], row["n"], None),
            ("reasons_repeated_share", row["n_repeated"], row["n"], None),
        ):
            days = {} if over is None else {"over_days": over}
            found.append(counted_share(quantity, int(events), int(n), segment(source=name, **days)))
    return tuple({row.key: row for row in found}.values())


def unread_estimates(counts: pd.DataFrame) -> tuple[Estimate, ...]:
    """Write the share of reasons that could not be read, by source and way of asking."""
    return tuple(
        counted_share(
            "reasons_unread_share", int(row["n_unread"]), int(row["n"]),
            segment(source=str(row["source"]), asked=str(row["asked"])),
        )
        for row in counts.to_dict("records")
    )  # fmt: skip


def counted_share(quantity: str, events: int, n: int, where: str = "") -> Estimate:
    """Write a counted share with Wilson's interval; refused without subjects."""
    row = Estimate(
        module=MODULE, quantity=quantity, segment=where, method="wilson", role="diagnostic", n=n,
        events=events, evidence="descriptive",
    )  # fmt: skip
    interval: Interval | None = wilson(events, n)
    if interval is None:
        return refuse(row, "no_rows")
    return replace(row, estimate=interval.estimate, ci_lo=interval.lo, ci_hi=interval.hi)


def nowcast_estimates(months: pd.DataFrame, *, code: str = "") -> tuple[Estimate, ...]:
    """Write the completed counts of the recent months; immature ones carry their note."""
    rows = []
    for one in months.to_dict("records"):
        where = segment(**({"code": code} if code else {}), month=one["month"])
        row = Estimate(
            module=MODULE, quantity="reasons_completed_count", segment=where, method="reverse_time",
            role="diagnostic", n=int(one["observed"]), evidence="descriptive",
        )  # fmt: skip
        if one["status"] == "not_estimable":
            rows.append(refuse(row, "too_few_in"))
        else:
            rows.append(
                replace(
                    row,
                    estimate=one["completed"],
                    ci_lo=one["lo"],
                    ci_hi=one["hi"],
                    note="not_all_in" if one["immature"] else "",
                )
            )
    return tuple(rows)


def _count(source: str, n: int) -> Estimate:
    return Estimate(
        module=MODULE, quantity="reasons_count", segment=segment(source=source), method="count",
        role="diagnostic", estimate=float(n), n=n, evidence="exact",
    )  # fmt: skip


def _number(value: float) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
