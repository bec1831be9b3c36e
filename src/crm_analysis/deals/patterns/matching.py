"""Which leads show a pattern that goes before losses now?"""

from __future__ import annotations

import math

import pandas as pd

from crm_analysis.deals.patterns.replication import PatternResult, Patterns

COLUMNS = ["lead_id", "pattern", "pattern_en", "pattern_zh", "ratio"]


def matching(patterns: Patterns, frame: pd.DataFrame) -> pd.DataFrame:
    """Which leads show which of the kept patterns that go before losses?

    Parameters
    ----------
    patterns : Patterns
        From `find_patterns`.
    frame : DataFrame
        lead_id and one column per state, from `states.open_states`.

    Returns
    -------
    DataFrame
        lead_id, pattern (its name), pattern_en, pattern_zh, ratio (of weekly losses); a lead once
        per pattern that it shows, the one with the largest ratio first.
    """
    parts = [_shown(one, frame) for one in patterns.before_losses]
    rows = [part for part in parts if len(part)]
    if not rows:
        return pd.DataFrame(columns=COLUMNS)
    order = ["lead_id", "ratio", "pattern"]
    found = pd.concat(rows)[COLUMNS]
    return found.sort_values(order, ascending=[True, False, True], ignore_index=True)


def _shown(one: PatternResult, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the leads that show one pattern; none where one of its states cannot be read now."""
    states, words = one.pattern.states, one.pattern.text
    known = frame.reindex(columns=list(states))
    rows = frame.loc[known.eq(1).all(axis=1), ["lead_id"]].copy()
    rows["pattern"] = one.pattern.name
    rows["pattern_en"], rows["pattern_zh"] = words.en, words.zh
    rows["ratio"] = math.exp(one.replication.own.log_ratio or 0.0)
    return rows
