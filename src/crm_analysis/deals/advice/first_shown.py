"""When did each deal first show a sign, a pattern of states, or a type of track? (A-23, A-48)

Decision: weekly checks of a deal's life, as everywhere else; a type of track is named by what was
known at the check, never by how the track went on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir

from crm_analysis.config import Tracks
from crm_analysis.deals.advice.drawn_patterns import NO_PATTERN
from crm_analysis.deals.patterns.grammar import pattern_of
from crm_analysis.deals.typology.rules import TYPES, type_column
from crm_analysis.language import Text

_TRACK = "track:"


def track_name(kind: str) -> str:
    """Name a type of track apart from signs and patterns.

    Examples
    --------
    >>> track_name("sudden_drop")
    'track:sudden_drop'
    """
    return f"{_TRACK}{kind}"


def shown_text(name: str) -> Text:
    """Return the words for a sign, a pattern, a type of track, or none of them.

    Examples
    --------
    >>> shown_text("customer_silent").en, shown_text("track:sudden_drop").en
    ('customer not heard for 14 days', 'track: drops in one step')
    """
    if name == NO_PATTERN:
        return Text("no sign before the loss", "丢单前无征兆")
    if name.startswith(_TRACK):
        label = TYPES[name.removeprefix(_TRACK)].label
        return Text(f"track: {label.en}", f"轨迹：{label.zh}")
    return pattern_of(name.split("+")).text


def first_shown(parts: Sequence[ir.Table], names: Sequence[str]) -> list[ir.Table]:
    """When did each lead first show each of these signs?

    Parameters
    ----------
    parts : sequence of Table
        Signs by lead_id and check_days, from `signs.contact_signs` and `probability_signs`.
    names : sequence of str
        The signs.

    Returns
    -------
    list of Table
        lead_id, day (of the lead's life), pattern (the name); a table a sign.
    """
    return [
        _first(part.filter(part[name] == 1), name)
        for part in parts
        for name in names
        if name in part.columns
    ]


def first_patterns(states: ir.Table, names: Sequence[str]) -> list[ir.Table]:
    """When did each lead first show each of these patterns, all its states at one check?

    Parameters
    ----------
    states : Table
        From `states.with_states`: lead_id, check_days and a column a state.
    names : sequence of str
        The patterns, their states joined by `+`.
    """
    return [
        _first(states.filter([states[one] == 1 for one in name.split("+")]), name) for name in names
    ]


def first_types(tracks: ir.Table, kinds: Sequence[str], limits: Tracks) -> list[ir.Table]:
    """When was each lead first on each of these types of track?

    Parameters
    ----------
    tracks : Table
        From `features.tracks.probability_track` on windows up to each check.
    kinds : sequence of str
        Names of `TYPES`.
    limits : Tracks
        The thresholds.
    """
    named = tracks.select(
        "lead_id", check_days=tracks.window_days, kind=type_column(tracks, limits)
    )
    return [_first(named.filter(named.kind == kind), track_name(kind)) for kind in kinds]


def together(parts: Sequence[ir.Table]) -> ir.Table:
    """Put the first days one under another."""
    return reduce(ibis.union, parts)


def _first(checks: ir.Table, name: str) -> ir.Table:
    days = checks.group_by("lead_id").aggregate(day=checks.check_days.min())
    return days.select("lead_id", "day", pattern=ibis.literal(name))
