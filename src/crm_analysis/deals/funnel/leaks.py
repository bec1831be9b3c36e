"""Where the deals that are missing to a target stayed: leaks that sum exactly to the gap.

Decision: every lead decided in the period was won or stayed at one place: never filed, never
contacted, never assessed, lost after that, or ended by us (void). Against the shares of the year
before, the gap is an identity:

    target - won = (target / r - decided) · r          too few leads were decided
                 + Σ decided · (share at the place - its share the year before)

with r the share won the year before. Nothing is estimated; a leak of a few deals may be chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.targets import Period
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.language import Text

LEAKS: dict[str, Text] = {
    "volume": Text("too few leads were decided", "已有结果的线索太少"),
    "not_filed": Text("never filed", "从未建档"),
    "not_contacted": Text("filed, never contacted", "建档但从未联系"),
    "not_assessed": Text("contacted, never assessed", "联系但从未评估"),
    "lost": Text("lost after all that", "其后丢单"),
    "void": Text("ended by us", "我方终止"),
}
STAGE_DAYS = {
    "not_assessed": "assessed_day",
    "not_contacted": "contact_day",
    "not_filed": "filed_day",
}
REFERENCE_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The gap to a target, and its leaks in deals; they sum to it.

    Parameters
    ----------
    target, won, decided : float
        Deals wanted, deals won, leads that ended in the period.
    usual_share : float
        Share won of the leads decided in the year before.
    leaks : mapping of str to float
        Deals missing through each of `LEAKS`; negative where more than usual came through.
    """

    target: float
    won: int
    decided: int
    usual_share: float
    leaks: dict[str, float]

    @property
    def gap(self) -> float:
        """Deals missing to the target."""
        return self.target - self.won


def gap_of(book: Book, period: Period) -> Gap | None:
    """Split the gap of a period that is over.

    Returns
    -------
    Gap or None
        None where the period has no target, or nothing was won in the year before.
    """
    if period.target is None:
        return None
    typed = book.stages[book.stages["closed_known_day"] <= book.until]
    ended = typed["closed_day"]
    kept = _kept(book.stages)
    here = _places(typed[ended.between(period.first, period.last)], kept)
    year = ended.between(period.first - REFERENCE_DAYS, period.first - 1)
    before = _places(typed[year], kept)
    usual = before.value_counts(normalize=True)
    share = float(usual.get("won", 0.0))
    if share == 0:
        return None
    counts = here.value_counts()
    decided = len(here)
    leaks = {"volume": period.target - decided * share}
    for place in list(LEAKS)[1:]:
        leaks[place] = float(counts.get(place, 0)) - decided * float(usual.get(place, 0.0))
    return Gap(
        target=period.target,
        won=int(counts.get("won", 0)),
        decided=decided,
        usual_share=share,
        leaks=leaks,
    )


def _kept(stages: pd.DataFrame) -> tuple[str, ...]:
    """Name the places whose stage the source keeps at all, last stage first."""
    return tuple(name for name, column in STAGE_DAYS.items() if stages[column].notna().any())


def _places(stages: pd.DataFrame, kept: tuple[str, ...]) -> pd.Series:
    """Name the place where each decided lead ended: "won", or the first stage not reached."""
    place = stages["status"].astype(object)
    left = place == "lost"
    for name in kept:
        place = place.mask(left & stages[STAGE_DAYS[name]].isna(), name)
    return place


def gap_estimates(book: Book, period: Period | None) -> tuple[Estimate, ...]:
    """How many deals are missing to the last target, and where did they stay?

    Returns
    -------
    tuple of Estimate
        `gap_deals`, leak=total and one row per place; counted, nothing estimated.
    """
    if period is None or period.target is None:
        return ()
    found = gap_of(book, period)
    names = ("total", *LEAKS)
    blank = [
        Estimate(
            module="M01",
            quantity="gap_deals",
            segment=segment(leak=name),
            method="identity",
            evidence="exact",
        )
        for name in names
    ]
    if found is None:
        return tuple(refuse(row, "no_events") for row in blank)
    values = {"total": found.gap, **found.leaks}
    return tuple(
        Estimate(
            module="M01",
            quantity="gap_deals",
            segment=row.segment,
            method="identity",
            estimate=values[name],
            n=found.decided,
            events=found.won,
            evidence="exact",
            note="typed_late",
        )
        for name, row in zip(names, blank, strict=True)
    )
