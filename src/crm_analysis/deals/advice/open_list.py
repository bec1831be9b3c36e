"""The open deals on a track to a loss, or with an obstacle, and the advice on each (A-22 to A-28).

Decisions:
* On a track is a deal that shows a sign after which deals are lost faster, a pattern that stands,
  or a type of track that loses more. What is not told from data (no sign stands, no pattern
  replicates) puts no deal on the list.
* Ordered by what is to be done (act, remove the obstacle, wait, let go), deals on a track before
  those that have but an obstacle, then by what a contact can be worth.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from crm_analysis.deals.advice.advice import Chance, Deal, stake
from crm_analysis.deals.advice.effort import NO_CHANNEL
from crm_analysis.deals.advice.obstacles import OWED
from crm_analysis.deals.advice.told import advice_columns
from crm_analysis.deals.open_deals import reason_text
from crm_analysis.deals.signs import SIGNS
from crm_analysis.language import Text

LIST_COLUMNS = (
    *("lead_id", "customer_id", "rep_id", "product", "opened", "age_days", "amount"),
    *("loss_probability", "loss_probability_lo", "loss_probability_hi"),
    *("track_type_en", "track_type_zh", "pattern_en", "pattern_zh", "obstacle_en", "obstacle_zh"),
    *("contact_value_at_most", "contact_value_by_lot", "break_even_share"),
    *("advice", "advice_en", "advice_zh", "reason_en", "reason_zh", "override"),
)
_NUMBERS = ("contact_value_at_most", "contact_value_by_lot", "break_even_share")
_TRACK_COLUMNS = (
    *("track_type_en", "track_type_zh", "pattern", "pattern_en", "pattern_zh", "why_en", "why_zh"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is known of the open deals beside their signs, each by lead_id; missing where unknown.

    Parameters
    ----------
    chances : DataFrame
        lead_id, loss_probability, lo, hi.
    patterns : DataFrame
        lead_id, pattern, pattern_en, pattern_zh: patterns that stand, the clearest first.
    types : DataFrame
        lead_id, track_type, type_en, type_zh, is_loss.
    obstacles : DataFrame
        From `obstacles.open_obstacles`.
    channels : Series
        From `effort.next_channels`.
    """

    chances: pd.DataFrame
    patterns: pd.DataFrame
    types: pd.DataFrame
    obstacles: pd.DataFrame
    channels: pd.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Money: margin by amount, cost of a contact by channel, and its unit.

    Parameters
    ----------
    effect : float or None
        Share of losses that warning turned, where that was drawn by lot and stands.
    """

    margin_rate: float
    contact_cost: Mapping[str, float]
    currency: str
    effect: float | None = None


def on_track(frame: pd.DataFrame, standing: Sequence[str], beside: Beside) -> pd.DataFrame:
    """Say which track each open deal is on, and why.

    Parameters
    ----------
    frame : DataFrame
        From `open_deals.open_signs`.
    standing : sequence of str
        The signs that stand, strongest first.
    beside : Beside
        What else is known.

    Returns
    -------
    DataFrame
        The rows of `frame` with track_type_en, track_type_zh, pattern (a name), pattern_en,
        pattern_zh (what goes before losses in it), why_en and why_zh (with the deal's own
        numbers); None where it is on none.
    """
    frame = frame.rename(
        columns={"last_value": "last_probability", "peak_value": "peak_probability"}
    )
    shown = [name for name in standing if name in frame]
    patterns = beside.patterns.drop_duplicates("lead_id").set_index("lead_id")
    types = beside.types.drop_duplicates("lead_id").set_index("lead_id")
    told = [
        _track(row, [name for name in shown if row.get(name) == 1], patterns, types)
        for row in frame.to_dict("records")
    ]
    added = pd.DataFrame(told, columns=list(_TRACK_COLUMNS), index=frame.index, dtype=object)
    return pd.concat([frame, added], axis=1)


def _track(
    row: Mapping[Hashable, object],
    signs: Sequence[str],
    patterns: pd.DataFrame,
    types: pd.DataFrame,
) -> tuple[object, ...]:
    lead = str(row["lead_id"])
    kind = _pair(types, lead, "type") if lead in types.index else None
    track = (None, None) if kind is None else (kind.en, kind.zh)
    found: list[tuple[str, Text]] = []
    if lead in patterns.index:
        found.append((str(patterns["pattern"][lead]), _pair(patterns, lead, "pattern")))
    found += [(name, SIGNS[name].label) for name in signs]
    if kind is not None and bool(types["is_loss"][lead]):
        found.append((str(types["track_type"][lead]), kind))
    if not found:
        return (*track, None, None, None, None, None)
    name, label = found[0]
    reasons = [reason_text(SIGNS[sign].reason, row) for sign in signs]
    if set(name.split("+")) - set(signs):
        reasons.insert(0, label)
    return (
        *track,
        name,
        label.en,
        label.zh,
        "; ".join(text.en for text in reasons),
        "；".join(text.zh for text in reasons),
    )


def _pair(frame: pd.DataFrame, lead: str, name: str) -> Text:
    return Text(str(frame.at[lead, f"{name}_en"]), str(frame.at[lead, f"{name}_zh"]))


def deals_of(rows: pd.DataFrame, costs: Costs) -> dict[str, Deal]:
    """Make the deals that are advised on.

    Parameters
    ----------
    rows : DataFrame
        From `on_track`, with obstacle_en, obstacle_zh, loss_probability, lo, hi, channel and
        effort_cost beside each.
    costs : Costs
        Money.
    """
    return {str(row["lead_id"]): _deal(row, costs) for row in rows.to_dict("records")}


def _deal(row: Mapping[Hashable, object], costs: Costs) -> Deal:
    channel = row["channel"] if isinstance(row["channel"], str) else NO_CHANNEL
    default = costs.contact_cost.get(NO_CHANNEL, 0.0)
    amount, p = _number(row["amount"]), _number(row["loss_probability"])
    chance = None
    if p is not None:
        chance = Chance(estimate=p, lo=_number(row["lo"]) or 0.0, hi=_number(row["hi"]) or p)
    return Deal(
        loss=chance,
        margin=None if amount is None else amount * costs.margin_rate,
        contact_cost=float(costs.contact_cost.get(channel, default)),
        effort_cost=_number(row["effort_cost"]) or 0.0,
        channel=channel,
        pattern=_text(row, "why"),
        obstacle=_text(row, "obstacle"),
        is_owed=row["obstacle"] in OWED,
        idle_days=_number(row.get("idle_days")),
    )


def _number(value: object) -> float | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    number = float(str(value))
    return number if math.isfinite(number) else None


def _text(row: Mapping[Hashable, object], name: str) -> Text | None:
    en, zh = row[f"{name}_en"], row[f"{name}_zh"]
    return Text(en, zh) if isinstance(en, str) and isinstance(zh, str) else None


def advised(
    tracked: pd.DataFrame, beside: Beside, costs: Costs, *, effort_cost: Sequence[float]
) -> pd.DataFrame:
    """List the deals on a track or with an obstacle, with the advice on each.

    Parameters
    ----------
    tracked : DataFrame
        From `on_track`.
    beside : Beside
        What else is known.
    costs : Costs
        Money.
    effort_cost : sequence of float
        Cost of the usual contacts until the end, one per row.

    Returns
    -------
    DataFrame
        `LIST_COLUMNS`, and pattern, obstacle (names), stake (margin at stake).
    """
    rows = tracked.assign(effort_cost=list(effort_cost))
    rows["channel"] = rows["lead_id"].map(beside.channels).astype(object)
    for part in (beside.obstacles, beside.chances):
        rows = rows.merge(part.drop_duplicates("lead_id"), on="lead_id", how="left")
    rows = rows[rows["pattern"].notna() | rows["obstacle"].notna()]
    # A concern alone is no reason to call: it stood there all the time.
    rows = rows[rows["pattern"].notna() | (rows["obstacle"] != "concern")]
    deals = deals_of(rows, costs)
    columns = advice_columns(deals, currency=costs.currency, effect=costs.effect)
    rows = rows.merge(columns, on="lead_id", how="left")
    rows["stake"] = pd.Series([stake(deal) for deal in deals.values()], dtype="float64")
    rows = rows.rename(columns={"lo": "loss_probability_lo", "hi": "loss_probability_hi"})
    turn = {name: rank for rank, name in enumerate(("act", "remove_obstacle", "wait", "let_go"))}
    rows = rows.assign(turn=rows["advice"].map(turn), is_on_track=rows["pattern"].notna())
    worth = "contact_value_at_most" if costs.effect is None else "contact_value_by_lot"
    ordered = rows.sort_values(
        ["turn", "is_on_track", worth, "amount", "lead_id"],
        ascending=[True, False, False, False, True],
        na_position="last",
        ignore_index=True,
    )
    kept = ordered.reindex(columns=[*LIST_COLUMNS, "pattern", "obstacle", "stake"])
    return kept.astype(dict.fromkeys(_NUMBERS, "float64"))
