"""Where the deals that are missing to a target stayed: leaks that sum exactly to the gap.

Decision: every lead decided in the period was won or stayed at one place: never filed, never
contacted, never assessed, lost after that, or ended by us (void). Against the shares of the year
before, the gap is an identity:

    target - won = (target / r - decided) · r          too few leads were decided
                 + Σ decided · (share at the place - its share the year before)

with r the share won the year before. The leaks are counted and sum to the gap; their intervals say
what of them may be chance, for those leads of the period and of the year before are but a draw:

* at a place, `decided` times Newcombe's interval of the difference of the two shares;
* of the volume, by the variances of its two factors: the number decided (Poisson, exact) and r
  (Wilson), put together as Zou and Donner do.

The largest leak is looked for among all, so the intervals hold together (alpha by the number of
leaks). Leads are taken as independent: what a whole month shares comes on top.

Source: Newcombe (1998); Zou and Donner (2008), "Construction of confidence limits about effect
measures".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from crm_analysis.deals.funnel.activity import exact_rate
from crm_analysis.deals.funnel.book import Book
from crm_analysis.deals.funnel.targets import Period
from crm_analysis.estimates import Estimate, refuse, segment
from crm_analysis.language import Text
from crm_analysis.proportions import newcombe, wilson

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
    here, before : mapping of str to int
        Leads by the place where they ended, in the period and in the year before; "won" as well.
    """

    target: float
    won: int
    decided: int
    usual_share: float
    leaks: dict[str, float]
    here: dict[str, int]
    before: dict[str, int]

    @property
    def gap(self) -> float:
        """Deals missing to the target."""
        return self.target - self.won

    def intervals(self, *, alpha: float = 0.05) -> dict[str, tuple[float, float]]:
        """Say between which numbers of deals each leak lies; together they hold.

        Parameters
        ----------
        alpha : float
            One minus the probability with which all of them hold at once.

        Returns
        -------
        mapping of str to tuple of float
            By leak; without the places where no lead was decided in the period.
        """
        each = alpha / len(LEAKS)
        found = {"volume": self._volume(each)}
        n = (self.decided, sum(self.before.values()))
        for place in list(LEAKS)[1:]:
            counts = (self.here.get(place, 0), self.before.get(place, 0))
            apart = newcombe(counts, n, alpha=each)
            if apart is not None:
                found[place] = (self.decided * apart.lo, self.decided * apart.hi)
        return found

    def _volume(self, alpha: float) -> tuple[float, float]:
        """Put the interval of the number decided and that of the usual share together."""
        won = wilson(self.before.get("won", 0), sum(self.before.values()), alpha=alpha)
        if won is None:
            raise ValueError("no share of the year before: there is no gap to split")
        _, low, high = exact_rate(self.decided, 1, alpha=alpha)
        usual, decided = self.usual_share, self.decided
        fewer = math.hypot(usual * (decided - low), decided * (usual - won.lo))
        more = math.hypot(usual * (high - decided), decided * (won.hi - usual))
        leak = self.leaks["volume"]
        return (leak - more, leak + fewer)


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
    usual, counts = _counts(before), _counts(here)
    if not usual.get("won", 0):
        return None
    decided, n_before = len(here), len(before)
    share = usual["won"] / n_before
    leaks = {"volume": period.target - decided * share}
    for place in list(LEAKS)[1:]:
        leaks[place] = counts.get(place, 0) - decided * usual.get(place, 0) / n_before
    return Gap(
        target=period.target,
        won=counts.get("won", 0),
        decided=decided,
        usual_share=share,
        leaks=leaks,
        here=counts,
        before=usual,
    )


def _counts(places: pd.Series) -> dict[str, int]:
    return {str(place): int(n) for place, n in places.value_counts().items()}


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


def gap_estimates(
    book: Book, period: Period | None, *, alpha: float = 0.05
) -> tuple[Estimate, ...]:
    """How many deals are missing to the last target, and where did they stay?

    Parameters
    ----------
    book : Book
        Leads and their stages.
    period : Period or None
        The last that is over.
    alpha : float
        One minus the level at which the intervals of all leaks hold together.

    Returns
    -------
    tuple of Estimate
        `gap_deals`, leak=total as counted, and one row per place with its interval.
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
            evidence="exact" if name == "total" else "descriptive",
        )
        for name in names
    ]
    if found is None:
        return tuple(refuse(row, "no_events") for row in blank)
    values = {"total": found.gap, **found.leaks}
    ends = found.intervals(alpha=alpha)
    return tuple(
        replace(
            row,
            estimate=values[name],
            ci_lo=ends[name][0] if name in ends else None,
            ci_hi=ends[name][1] if name in ends else None,
            n=found.decided,
            events=found.won,
            note="typed_late",
        )
        for name, row in zip(names, blank, strict=True)
    )
