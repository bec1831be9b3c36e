"""The cards of notebook 20: open deals on a track, what is at stake, and what the track means."""

from __future__ import annotations

from collections.abc import Sequence

from crm_analysis.answers.loss_exhibits import Place
from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import Estimate, segment
from crm_analysis.language import Text
from crm_analysis.results import Kpi

_SHOWN = ("result", "diagnostic")
_WITH = {"yes": Text("with", "有"), "no": Text("without", "无")}


def cards(
    estimates: Sequence[Estimate], *, standing: Sequence[str], place: Place
) -> tuple[Kpi, ...]:
    """Make the cards, those about open deals first; none where a number is missing.

    Parameters
    ----------
    estimates : sequence of Estimate
        All rows of the notebook.
    standing : sequence of str
        The signs that stand, strongest first.
    place : tuple of int
        Day and horizon at which shares are told.
    """
    found = {(row.quantity, row.segment): row for row in estimates if row.role in _SHOWN}
    return (
        *_counts(found),
        *_shares(found, standing, place),
        *_card(
            found.get(("lost_deals_due_count", "")),
            "lost_deals_due",
            Text("lost customers due for another call", "到期应再联系的丢单客户"),
            "count",
        ),
    )


def _counts(found: dict[tuple[str, str], Estimate]) -> tuple[Kpi, ...]:
    at_stake = found.get(("margin_at_stake_on_track", ""))
    return (
        *_card(
            found.get(("open_deals_on_track_count", "")),
            "open_deals_on_track",
            Text("open deals on a track to a loss", "处于丢单轨迹的商机"),
            "count",
        ),
        *_card(
            at_stake if at_stake is not None and at_stake.n else None,
            "margin_at_stake",
            Text("margin at stake on them, at least", "其可能损失的毛利，至少"),
            "money",
        ),
        *_card(
            found.get(("open_deals_advised_count", segment(advice="act"))),
            "open_deals_act",
            Text("deals to act on now", "应立即行动的商机"),
            "count",
        ),
    )


def _card(
    row: Estimate | None, name: str, label: Text, unit: str, *, good: str = "down"
) -> tuple[Kpi, ...]:
    if row is None or row.estimate is None:
        return ()
    return (
        Kpi(
            name=name,
            label=label,
            value=row.estimate,
            unit=unit,  # type: ignore[arg-type]
            good=good,  # type: ignore[arg-type]
            estimate_key=row.key,
        ),
    )


def _shares(
    found: dict[tuple[str, str], Estimate], standing: Sequence[str], place: Place
) -> tuple[Kpi, ...]:
    """Show the share lost with and without the clearest sign."""
    day, horizon = place
    told: list[Kpi] = []
    for sign in standing[:1]:
        words = SIGNS[sign].label
        for shown, given in _WITH.items():
            of = segment(
                cause="lost", landmark_days=day, horizon_days=horizon, sign=sign, shown=shown
            )
            label = Text(
                f"lost in {horizon} days {given.en} “{words.en}” on day {day}",
                f"第 {day} 天{given.zh}“{words.zh}”者 {horizon} 天内丢单",
            )
            row = found.get(("outcome_probability", of))
            told += _card(row, f"lost_{shown}_{sign}_share", label, "share", good="neutral")
    return tuple(told)
