"""When a deal first showed a sign, a pattern or a type of track: by hand, and as the frames say."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from crm_analysis.config import Tracks
from crm_analysis.deals.advice.first_shown import (
    first_shown,
    shown_states,
    shown_types,
    typed_checks,
)
from crm_analysis.deals.typology.rules import track_types, type_column
from crm_analysis.source.frames import collect

LIMITS = Tracks()


def checks(**columns: list[object]) -> ibis.Table:
    """Make checks on days 7 and 14 of A, and on day 7 of B."""
    frame = pd.DataFrame({"lead_id": ["A", "A", "B"], "check_days": [7, 14, 7], **columns})
    return ibis.memtable(frame)


def days(table: ibis.Table) -> dict[tuple[str, str], int]:
    found = collect(table)
    return {(row.lead_id, row.pattern): row.day for row in found.itertuples()}


def test_a_pattern_shows_when_all_its_states_do_at_one_check():
    states = checks(swings=[1, 1, 1], question_waiting=[0, 1, None])
    found = days(first_shown(states, shown_states(states, ["swings+question_waiting", "swings"])))
    assert found == {
        ("A", "swings+question_waiting"): 14,
        ("A", "swings"): 7,
        ("B", "swings"): 7,
    }


TRACKS = pd.DataFrame(
    {
        "lead_id": list("ABCDEFGH"),
        "check_days": 14,
        "n_assessments": [6, 6, 6, 6, 6, 6, 3, 0],
        "net_change": [0.4, -0.2, -0.4, 0.0, 0.1, -0.1, 0.4, None],
        "largest_drop": [0.1, 0.2, 0.4, 0.2, 0.7 - 0.3, 0.1, 0.0, None],
        "max_drawdown": [0.1, 0.7 - 0.4, 0.5, 0.2, 0.4, 0.1, 0.0, None],
        "n_reversals": [0, 0, 0, 2, 3, 0, 0, None],
    }
)


def types(tracks: pd.DataFrame, kinds: list[str]) -> dict[tuple[str, str], int]:
    named = typed_checks(ibis.memtable(tracks), LIMITS)
    return days(first_shown(named, shown_types(named, kinds)))


def test_types_are_named_in_the_engine_as_in_the_frames():
    rows = ibis.memtable(TRACKS)
    named = collect(rows.select("lead_id", kind=type_column(rows, LIMITS)).order_by("lead_id"))
    assert named["kind"].tolist() == track_types(TRACKS, LIMITS).tolist()
    assert set(named["kind"]) == {
        *("rise", "plateau_fall", "sudden_drop", "oscillation", "steady", "too_few"),
    }


def test_a_type_shows_at_the_first_check_by_which_the_track_is_so():
    later = TRACKS.assign(check_days=21, largest_drop=0.5, n_reversals=0, n_assessments=6)
    found = types(pd.concat([TRACKS, later], ignore_index=True), ["sudden_drop"])
    assert found["C", "track:sudden_drop"] == 14
    assert found["A", "track:sudden_drop"] == 21
    assert len(found) == len(TRACKS)


@pytest.mark.parametrize("kind", ["rise", "oscillation"])
def test_only_the_types_asked_for_are_looked_up(kind):
    found = types(TRACKS, [kind])
    assert {name for _, name in found} == {f"track:{kind}"}
