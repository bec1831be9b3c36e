"""Which combinations of states go before a loss, and hold again in the next period? (M04)

Decisions:
* Told are combinations of several states, and single states that the part about signs does not
  tell; the table has them all.
* The sentence gives the ratio of the second period, in which the combination was not chosen, and
  what the combination adds to its best part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.failure_words import ratio_text
from crm_analysis.answers.loss_grammar_tables import (
    Rows,
    failed_table,
    kept_table,
    over_part_of,
    row_of,
    rows_by_place,
    steps_table,
)
from crm_analysis.answers.part import Part, Told
from crm_analysis.deals.patterns.matching import COLUMNS as MATCH_COLUMNS
from crm_analysis.deals.patterns.matching import matching
from crm_analysis.deals.patterns.pattern_estimates import match_estimates, pattern_estimates
from crm_analysis.deals.patterns.replication import PatternResult, Patterns, find_patterns
from crm_analysis.deals.patterns.states import STATES, open_states
from crm_analysis.deals.patterns.weekly_checks import week_counts
from crm_analysis.deals.signs import SIGNS
from crm_analysis.estimates import claim
from crm_analysis.language import Text, number_text
from crm_analysis.results import Finding

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

MOST_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What the search says.

    Parameters
    ----------
    part : Part
        What the page says of the patterns.
    patterns : Patterns
        What was found.
    matches : DataFrame
        From `matching`: the open leads that show a kept pattern now; no rows where the data are
        stale.
    """

    part: Part
    patterns: Patterns
    matches: pd.DataFrame


def grammar_part(known: Known, settings: Config) -> Grammar:
    """Search the combinations of states that go with losses and wins.

    Parameters
    ----------
    known : Known
        The as-of views; `leads` is needed, `interactions` and `assessments` give the states.
    settings : Config
        Thresholds.

    Returns
    -------
    Grammar
        What the page says of them, the patterns, and the open leads that show one.
    """
    patterns = find_patterns(
        week_counts(known, settings), min_events=settings.min_events, q=settings.fdr_q
    )
    estimates = pattern_estimates(patterns, alpha=settings.alpha)
    rows = rows_by_place(estimates)
    matches = pd.DataFrame(columns=MATCH_COLUMNS)
    if patterns.before_losses and known.stale is None:
        matches, n_open = open_matches(known, settings, patterns)
        estimates = (*estimates, *match_estimates(patterns, matches, n_open))
    part = Part(
        estimates=estimates,
        told=tuple(_told(patterns, one, rows) for one in _telling(patterns)),
        tables=kept_table(patterns, rows, alpha=settings.alpha),
        appendix=(*failed_table(patterns, rows), *steps_table(patterns)),
        does_not_show=_limits(patterns),
    )
    return Grammar(part=part, patterns=patterns, matches=matches)


def open_matches(known: Known, settings: Config, patterns: Patterns) -> tuple[pd.DataFrame, int]:
    """Which open leads show a kept pattern now, and how many open leads are there?

    Returns
    -------
    DataFrame, int
        From `replication.matching`: lead_id, pattern, pattern_en, pattern_zh, ratio.
    """
    frame = open_states(known, settings)
    return matching(patterns, frame), len(frame)


def _telling(patterns: Patterns) -> tuple[PatternResult, ...]:
    """Choose what is told: what goes before losses and is not a single sign."""
    new = [one for one in patterns.before_losses if set(one.pattern.states) - set(SIGNS)]
    joint = [one for one in patterns.before_losses if len(one.pattern.states) > 1]
    wanted = {one.pattern.name for one in (*new, *joint)}
    return tuple(one for one in patterns.before_losses if one.pattern.name in wanted)[:MOST_TOLD]


def _told(patterns: Patterns, one: PatternResult, rows: Rows) -> Told:
    row, words = row_of(rows, one), one.pattern.text
    sentence = claim(
        Text(f"“{words.en}”", f"“{words.zh}”"),
        Text(
            f"leads being lost {ratio_text(row)} times as fast in the week that follows",
            f"其后一周丢单风险为平时的 {ratio_text(row)} 倍",
        ),
        evidence=row.evidence,
    )
    turn = "" if patterns.turn is None else patterns.turn.isoformat()
    again = Text(
        f"; found among leads opened before {turn}, and held again among those opened since.",
        f"；在 {turn} 之前开启的线索中发现，并在其后开启的线索中再次成立。",
    )
    return Told(
        finding=Finding(
            sentence=sentence + _over_text(one, rows) + again,
            evidence=row.evidence,
            action=STATES[one.pattern.states[-1]].action,
            status=row.status,
            estimate_key=row.key,
        ),
        name=words,
        size=None,
        strength=abs(one.replication.own.z),
    )


def _over_text(one: PatternResult, rows: Rows) -> Text:
    """Say what the combination adds to its best part; nothing of a single state."""
    over = over_part_of(rows, one)
    if one.best_part is None or over is None or over.estimate is None:
        return Text("", "")
    words, times = one.best_part.text, ratio_text(over)
    return Text(
        f", {times} times as fast as with “{words.en}” only",
        f"，为仅有“{words.zh}”时的 {times} 倍",
    )


def _limits(patterns: Patterns) -> tuple[Text, ...]:
    if not patterns.n_tried:
        return (
            Text(
                "Combinations of states are not judged: too few leads were lost in both halves of "
                "the time, or too little was noted about open ones.",
                "未评判状态组合：两段时间内丢单线索太少，或对进行中线索的记录太少。",
            ),
        )
    if not patterns.kept:
        n = number_text(patterns.n_tried)
        return (
            Text(
                f"Combinations of states: of {n} questions none held in both periods, so none is "
                "shown.",
                f"状态组合：{n} 个问题中没有一个在两期均成立，因此不展示。",
            ),
        )
    return (
        Text(
            f"Combinations were looked for at weekly checks of the first half-year of a lead; what "
            f"happened since {patterns.turn} to leads opened before counts in neither period.",
            f"组合按线索前半年内的每周观察搜索；{patterns.turn} 之前开启的线索在其后的经历不计入"
            "任何一期。",
        ),
    )
