"""When did each deal first show a sign, a pattern of states, or a type of track? (A-23, A-48)

Decision: weekly checks of a deal's life, as everywhere else; a type of track is named by what was
known at the check, never by how the track went on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_

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


def first_shown(checks: ir.Table, shows: Mapping[str, ir.BooleanValue]) -> ir.Table:
    """When did each lead first show each of these?

    Parameters
    ----------
    checks : Table
        lead_id and check_days; one row per lead and check.
    shows : mapping of str to boolean column of `checks`
        What is looked for, by name; missing where unknown.

    Returns
    -------
    Table
        lead_id, day (of the lead's life), pattern (the name); one row per lead and what it showed.
    """
    # The checks are read once: a lead's days leave them as one array of day and place.
    places = len(shows)
    first = checks.group_by("lead_id").aggregate(
        **{
            f"day_{place}": checks.check_days.min(where=shown.fill_null(False)).cast("int64")
            for place, shown in enumerate(shows.values())
        }
    )
    codes = [first[f"day_{place}"] * places + place for place in range(places)]
    spread = first.select("lead_id", code=ibis.array(codes).unnest())
    told = spread.filter(spread.code.notnull())
    place = told.code % places
    name = ibis.cases(*((place == at, name) for at, name in enumerate(shows)))
    return told.select("lead_id", day=((told.code - place) / places).cast("int64"), pattern=name)


def shown_states(states: ir.Table, names: Sequence[str]) -> dict[str, ir.BooleanValue]:
    """Say at which checks each sign or pattern of states shows, all its states at one check.

    Parameters
    ----------
    states : Table
        From `states.with_states`: lead_id, check_days and a column a state.
    names : sequence of str
        Signs and patterns, the states of a pattern joined by `+`.
    """
    return {name: reduce(and_, (states[one] == 1 for one in name.split("+"))) for name in names}


def shown_types(named: ir.Table, kinds: Sequence[str]) -> dict[str, ir.BooleanValue]:
    """Say at which checks each of these types of track shows.

    Parameters
    ----------
    named : Table
        From `typed_checks`.
    kinds : sequence of str
        Names of `TYPES`.
    """
    return {track_name(kind): named.kind == kind for kind in kinds}


def typed_checks(tracks: ir.Table, limits: Tracks) -> ir.Table:
    """Name the type of track at each check, by what was known then.

    Parameters
    ----------
    tracks : Table
        From `features.checks.track_so_far`.
    limits : Tracks
        The thresholds.

    Returns
    -------
    Table
        lead_id, check_days, kind.
    """
    return tracks.select("lead_id", "check_days", kind=type_column(tracks, limits))
