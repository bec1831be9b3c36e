"""Types of track by transparent rules, each with the sentence that explains it (M04, A-23).

Decisions: the rules are asked in the order of `TYPES` and the first that holds names the track, so
that a track which swings is called swinging whatever else it does. The thresholds are those of the
configuration (`tracks`). A track of few assessments gets no type. Whether a type goes with losses
is for the data to say, not for its name.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from crm_analysis.config import Tracks
from crm_analysis.language import Text, number_text

TOO_FEW = "too_few"
_SLACK = 1e-9  # .7 - .4 is a hair below .3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackType:
    """A type of track: its name, a label, its rule in words, and what to do about it.

    Parameters
    ----------
    rule : Text
        With the thresholds as names in braces, in points of 100; `{what}` is what was judged.
    sign : str
        The sign of open deals (`deals.signs`) that says the same as it happens; empty for none.
    """

    name: str
    label: Text
    rule: Text
    action: Text
    sign: str = ""


TYPES: dict[str, TrackType] = {
    kind.name: kind
    for kind in (
        TrackType(
            name="oscillation",
            sign="swings",
            label=Text("swings up and down", "反复摇摆"),
            rule=Text(
                "The {what} turned at least {n_reversals} times, by {reversal_step} points or more "
                "each way.",
                "{what}至少 {n_reversals} 次反转，每次两向幅度不小于 {reversal_step} 个百分点。",
            ),
            action=Text(
                "When a deal swings, settle the open question before the next quote.",
                "出现反复时，先弄清未决问题再报价。",
            ),
        ),
        TrackType(
            name="sudden_drop",
            sign="sudden_drop",
            label=Text("drops in one step", "骤降"),
            rule=Text(
                "The {what} fell by {sudden_drop} points or more from one assessment to the next.",
                "{what}在相邻两次评估之间下跌不小于 {sudden_drop} 个百分点。",
            ),
            action=Text(
                "When a deal drops at once, call the same day and find the event behind it.",
                "出现骤降时当日致电，查明背后的事件。",
            ),
        ),
        TrackType(
            name="plateau_fall",
            sign="probability_fallen",
            label=Text("holds, then slides", "先平后跌"),
            rule=Text(
                "The {what} fell by {drawdown} points or more from its peak and ended at least "
                "{net_fall} points below its start.",
                "{what}自最高点下跌不小于 {drawdown} 个百分点，且末次比首次低至少 {net_fall} "
                "个百分点。",
            ),
            action=Text(
                "When a deal slides, ask what changed since its best day, and decide whether more "
                "effort pays.",
                "出现下滑时，了解高点之后的变化，判断是否值得继续投入。",
            ),
        ),
        TrackType(
            name="rise",
            label=Text("rises", "上升"),
            rule=Text(
                "Otherwise, where the {what} ended at least {net_rise} points above its start.",
                "不属于以上各类，且{what}末次比首次高至少 {net_rise} 个百分点。",
            ),
            action=Text(
                "A rising deal needs no alarm: keep the agreed steps.",
                "上升的商机无需警惕：按约定步骤推进。",
            ),
        ),
        TrackType(
            name="steady",
            label=Text("stays about level", "基本持平"),
            rule=Text("Otherwise: the {what} moved little.", "不属于以上各类：{what}变动不大。"),
            action=Text(
                "When a deal stays level, agree on the next step with the customer: nobody may "
                "have judged it lately.",
                "概率长期持平时，请与客户约定下一步：可能近期无人认真判断。",
            ),
        ),
        TrackType(
            name=TOO_FEW,
            label=Text("too few assessments", "评估次数太少"),
            rule=Text(
                "Fewer than {min_assessments} assessments: no type is named.",
                "评估少于 {min_assessments} 次：不归类。",
            ),
            action=Text(
                "Note a probability at each contact, when it is made.",
                "每次联系后当时记录成交概率。",
            ),
        ),
    )
}


def track_types(frame: pd.DataFrame, limits: Tracks) -> pd.Series:
    """Which type of track is each lead on?

    Parameters
    ----------
    frame : DataFrame
        From `features.tracks` or `features.relative_tracks`: n_assessments, net_change,
        largest_drop, max_drawdown, n_reversals (made with the step of `limits`).
    limits : Tracks
        The thresholds.

    Returns
    -------
    Series of str
        A name of `TYPES` per row, on the frame's index.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "n_assessments": [6, 6, 3],
    ...         "net_change": [0.4, -0.4, 0.4],
    ...         "largest_drop": [0.1, 0.2, 0.0],
    ...         "max_drawdown": [0.1, 0.5, 0.0],
    ...         "n_reversals": [0, 0, 0],
    ...     }
    ... )
    >>> list(track_types(frame, Tracks()))
    ['rise', 'plateau_fall', 'too_few']
    """
    net = frame["net_change"].astype(float)
    fell = (frame["max_drawdown"] >= limits.drawdown - _SLACK) & (net <= -limits.net_fall + _SLACK)
    asked = {
        TOO_FEW: frame["n_assessments"] < limits.min_assessments,
        "oscillation": frame["n_reversals"] >= limits.n_reversals,
        "sudden_drop": frame["largest_drop"] >= limits.sudden_drop - _SLACK,
        "plateau_fall": fell,
        "rise": net >= limits.net_rise - _SLACK,
    }
    named = np.select([held.to_numpy(bool) for held in asked.values()], list(asked), "steady")
    return pd.Series(named.astype(object), index=frame.index, name="track_type")


def type_column(tracks: ir.Table, limits: Tracks) -> ir.StringValue:
    """Name the type of each track in the engine, by the rules of `track_types`.

    Parameters
    ----------
    tracks : Table
        From `features.tracks.probability_track`.
    limits : Tracks
        The thresholds.
    """
    net = tracks.net_change
    fell = (tracks.max_drawdown >= limits.drawdown - _SLACK) & (net <= -limits.net_fall + _SLACK)
    asked = (
        (tracks.n_assessments < limits.min_assessments, TOO_FEW),
        (tracks.n_reversals >= limits.n_reversals, "oscillation"),
        (tracks.largest_drop >= limits.sudden_drop - _SLACK, "sudden_drop"),
        (fell, "plateau_fall"),
        (net >= limits.net_rise - _SLACK, "rise"),
    )
    return ibis.cases(*((held.fill_null(False), name) for held, name in asked), else_="steady")


def rule_text(kind: str, limits: Tracks, *, what: Text) -> Text:
    """Say a type's rule in one sentence with the thresholds in force.

    Examples
    --------
    >>> rule_text("rise", Tracks(), what=Text("probability", "概率")).en
    'Otherwise, where the probability ended at least 20 points above its start.'
    """
    points = {
        name: number_text(100 * getattr(limits, name))
        for name in ("reversal_step", "sudden_drop", "drawdown", "net_fall", "net_rise")
    }
    counts = {name: getattr(limits, name) for name in ("n_reversals", "min_assessments")}
    rule = TYPES[kind].rule
    return Text(
        rule.en.format(what=what.en, **points, **counts),
        rule.zh.format(what=what.zh, **points, **counts),
    )
