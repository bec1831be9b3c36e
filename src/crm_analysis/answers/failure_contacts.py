"""The contact part of the page on lost deals: which habits, states and channels go with losing.

Decision: a habit is told once, at the landmark at which it stands clearest, and once for all the
habits it cannot be told apart from. What is told was asked again in other ways, and these answers
stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.answers.contact_exhibits import (
    all_days_table,
    attainment_table,
    case_table,
    channel_table,
    check_table,
    dose_picture,
    group_table,
    state_table,
)
from crm_analysis.answers.contact_findings import (
    channel_told,
    habit_told,
    leading_habits,
    mates_of,
    state_told,
)
from crm_analysis.answers.failure_evidence import contact_picture, contact_table
from crm_analysis.answers.part import Part, Told, unique_rows
from crm_analysis.deals.indicators.channels import (
    channel_estimates,
    first_channels,
    weekday_estimate,
)
from crm_analysis.deals.indicators.collinear import collinear_groups, repeats
from crm_analysis.deals.indicators.dose import dose_estimates
from crm_analysis.deals.indicators.frames import ContactFrames, ContactTables, with_last_probability
from crm_analysis.deals.indicators.habits import (
    indicator_estimates,
    indicator_names,
    naive_estimates,
    whole_life_frame,
)
from crm_analysis.deals.indicators.joint import joint_model
from crm_analysis.deals.indicators.robustness import ALONG, Settings, robustness_rows, silent_leads
from crm_analysis.deals.indicators.supermodel import supermodel_estimates
from crm_analysis.deals.indicators.switching import ever_estimates, state_estimates
from crm_analysis.deals.profile.attainment import (
    case_estimates,
    goal_estimates,
    next_route_estimates,
    reach_estimates,
)
from crm_analysis.estimates import Estimate, adjust_families, read_segment
from crm_analysis.features import cases, goals, routes
from crm_analysis.features.switching import ever_states, state_episodes
from crm_analysis.language import Text
from crm_analysis.source.frames import collect
from crm_analysis.survival.spells import lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

LOST = 1
_PROFILE = ("known_profile_share", "n_contact_routes")

Groups = tuple[tuple[str, ...], ...]


def contacts_part(known: Known, settings: Config) -> Part:
    """Which habits of contact go with losing, and how far can that be trusted?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` and `interactions`, uses `issues`, `assessments` and
        `customers`.
    settings : Config
        Landmarks, horizon and limits.

    Returns
    -------
    Part
        Family M03:indicators with its naive, sensitivity and diagnostic rows, findings, tables
        and pictures; a part that says why where contacts cannot be judged.
    """
    if "leads" not in known.tables or "interactions" not in known.tables:
        return Part(does_not_show=(_NO_CONTACTS,))
    tables = ContactTables.of(known)
    frames = ContactFrames(tables, days=settings.landmark_days, as_of=known.observed_until)
    life = whole_life_frame(tables.leads, tables.interactions, as_of=known.observed_until)
    if life["duration_days"].nunique() < 2:
        return Part(does_not_show=(_NO_DURATIONS,))
    naive = naive_estimates(life, min_events=settings.min_events, alpha=settings.alpha)
    del life
    # What is asked of the engine alone comes first, while no frame is held.
    states, attained = _states(known, tables, settings), _attained(known, tables, settings)
    groups = _groups(frames[frames.middle])
    tested = adjust_families(
        (
            *_noted(_habits(frames, settings), groups, tables),
            *_channels(frames, known, settings),
            *states,
        )
    )
    asked = _Asked(
        known=known,
        settings=settings,
        tables=tables,
        frames=frames,
        groups=groups,
        attained=attained,
    )
    return _part(asked, (*tested, *naive))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What all pieces of the part read."""

    known: Known
    settings: Config
    tables: ContactTables
    frames: ContactFrames
    groups: Groups
    attained: tuple[Estimate, ...]


def _part(asked: _Asked, rows: tuple[Estimate, ...]) -> Part:
    """Put numbers, words, tables and pictures together."""
    settings, alpha = asked.settings, asked.settings.alpha
    leading = leading_habits(rows, asked.groups, q=settings.fdr_q)
    checks = _checks(asked, leading)
    told = [
        *_told_habits(asked, leading, checks),
        *state_told(rows, q=settings.fdr_q),
        *channel_told(rows, q=settings.fdr_q),
    ]
    doses = _doses(asked, leading)
    more = (*_together(asked), *asked.attained)
    sizes = [row for one in told if one.size is not None for row in one.size.rows]
    flat = [check for part in checks for check in part]
    beside = [line for row, part in zip(leading, checks, strict=True) for line in (row, *part)]
    return Part(
        estimates=unique_rows((*rows, *flat, *doses, *more, *sizes)),
        told=tuple(told),
        tables=(*contact_table(rows, alpha=alpha), *channel_table(rows, alpha=alpha)),
        appendix=(
            *check_table(beside, alpha=alpha),
            *group_table(more),
            *all_days_table(more, alpha=alpha),
            *state_table(rows, alpha=alpha),
            *attainment_table(more, alpha=alpha),
            *case_table(more, alpha=alpha),
        ),
        pictures=(
            *contact_picture(rows, q=settings.fdr_q, alpha=alpha),
            *dose_picture(doses, alpha=alpha),
        ),
        does_not_show=_limits(asked.tables, rows),
    )


def _habits(frames: ContactFrames, settings: Config) -> tuple[Estimate, ...]:
    return indicator_estimates(frames, min_events=settings.min_events, alpha=settings.alpha)


def _groups(frame: pd.DataFrame) -> Groups:
    """Find the habits that go together, those that repeat others left out."""
    names = indicator_names()
    twins = repeats(frame, names)
    return collinear_groups(frame, [name for name in names if name not in twins])


def _noted(rows: Sequence[Estimate], groups: Groups, tables: ContactTables) -> tuple[Estimate, ...]:
    """Note what cannot be told apart, and what may run the other way or was typed any time."""
    noted = []
    for row in rows:
        name = read_segment(row.segment)["indicator"]
        notes = [row.note] if row.note else []
        others = [other for other in mates_of(name, groups) if other != name]
        if others:
            notes.append("collinear_group: " + ", ".join(others))
        if name in _PROFILE:
            notes.append("reverse_order")
            if not tables.profile_clock:
                notes.append("profile_time_unknown")
                row = row if row.estimate is None else replace(row, status="weak")
        noted.append(replace(row, note=";".join(notes)))
    return tuple(noted)


def _channels(frames: ContactFrames, known: Known, settings: Config) -> tuple[Estimate, ...]:
    """Compare channels and weekdays of the first contact, known by the first landmark."""
    day, horizon = next(iter(frames)), settings.horizon_days
    by_channel, by_weekday = (
        first_channels(
            frames[day],
            landmark_days=day,
            horizon_days=horizon,
            observed_until=pd.Timestamp(known.observed_until),
            by=column,
        )
        for column in ("first_channel", "first_contact_weekday")
    )
    few = settings.min_events
    rows = channel_estimates(
        by_channel,
        landmark_days=day,
        horizon_days=horizon,
        min_cell=settings.min_cell,
        min_events=few,
        alpha=settings.alpha,
    )
    if by_weekday.empty:
        return rows
    weekday = weekday_estimate(by_weekday, landmark_days=day, horizon_days=horizon, min_events=few)
    return (*rows, weekday)


def _states(known: Known, tables: ContactTables, settings: Config) -> tuple[Estimate, ...]:
    """Judge the states that come and go, with the ever-or-never rows beside them."""
    asks = known.has("interactions", "asked_at")
    interactions = tables.interactions if asks else None
    if interactions is None and tables.issues is None:
        return ()
    spells = lead_spells(tables.leads, as_of=known.observed_until)
    made = [
        _sorted(
            compress(
                spells,
                tables.leads,
                interactions=interactions,
                issues=tables.issues,
                as_of=known.observed_until,
            )
        )
        for compress in (state_episodes, ever_states)
    ]
    few, alpha = settings.min_events, settings.alpha
    judged = state_estimates(made[0], min_events=few, alpha=alpha)
    return (*judged, *ever_estimates(made[1], min_events=few, alpha=alpha))


def _sorted(counts: ir.Table) -> pd.DataFrame:
    """Fetch counts in an order of their own, so that equal tables give equal sums."""
    rows = collect(counts)
    return rows.sort_values(list(rows.columns), ignore_index=True)


def _checks(asked: _Asked, leading: Sequence[Estimate]) -> list[tuple[Estimate, ...]]:
    """Ask each habit to be told again in other ways."""
    if not leading:
        return []
    settings, tables = asked.settings, asked.tables
    silent = collect(
        silent_leads(
            tables.leads,
            tables.interactions,
            dormant_days=settings.lead_dormant_days,
            as_of=asked.known.observed_until,
        )
    )
    options = Settings(
        silent=silent.set_index("lead_id")["lost_days"],
        min_events=settings.min_events,
        alpha=settings.alpha,
    )
    judged = {day: _judged(asked, day, leading) for day in {_day(row) for row in leading}}
    return [robustness_rows(row, judged[_day(row)], settings=options) for row in leading]


def _judged(asked: _Asked, day: int, leading: Sequence[Estimate]) -> pd.DataFrame:
    """Put the last probability noted by the landmark beside the habits that are told of it."""
    told = [read_segment(row.segment)["indicator"] for row in leading if _day(row) == day]
    frame = asked.frames[day]
    return with_last_probability(
        frame[[name for name in dict.fromkeys((*ALONG, *told)) if name in frame]],
        asked.tables,
        landmark_days=day,
        as_of=asked.known.observed_until,
    )


def _day(row: Estimate) -> int:
    return int(read_segment(row.segment)["landmark_days"])


def _told_habits(
    asked: _Asked, leading: Sequence[Estimate], checks: Sequence[Sequence[Estimate]]
) -> list[Told]:
    return [
        habit_told(
            row,
            asked.frames,
            beside,
            mates=mates_of(read_segment(row.segment)["indicator"], asked.groups),
            horizon_days=asked.settings.horizon_days,
            alpha=asked.settings.alpha,
        )
        for row, beside in zip(leading, checks, strict=True)
    ]


def _doses(asked: _Asked, leading: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Give the losses by fifths of the clearest habit."""
    if not leading:
        return ()
    first = leading[0]
    return dose_estimates(
        asked.frames[_day(first)],
        read_segment(first.segment)["indicator"],
        landmark_days=_day(first),
        horizon_days=asked.settings.horizon_days,
        alpha=asked.settings.alpha,
    )


def _together(asked: _Asked) -> tuple[Estimate, ...]:
    """Ask all habits over all landmarks, and groups of them beside one another."""
    settings, frame = asked.settings, asked.frames[asked.frames.middle]
    twins = repeats(frame, indicator_names())
    joint = joint_model(
        frame,
        [name for name in indicator_names() if name not in twins],
        asked.groups,
        cause_code=LOST,
        place={"cause": "lost", "landmark_days": asked.frames.middle},
        limits=(settings.min_events, settings.fdr_q, settings.alpha),
    )
    over_all = supermodel_estimates(
        asked.frames, min_events=settings.min_events, alpha=settings.alpha
    )
    return (*over_all, *joint.rows)


def _attained(known: Known, tables: ContactTables, settings: Config) -> tuple[Estimate, ...]:
    """Describe goals, reach and cases, as far as the source keeps them."""
    as_of, alpha = known.observed_until, settings.alpha
    leads, contacts = tables.leads, tables.interactions
    rows: list[Estimate] = []
    if tables.has_goals:
        places = _sorted(goals.met_by_place(leads, contacts, as_of=as_of))
        rows += goal_estimates(places, alpha=alpha)
    if tables.has_reached:
        by_route = _sorted(routes.reached_by_route(leads, contacts, as_of=as_of))
        tries = _sorted(routes.after_failure(leads, contacts, as_of=as_of))
        rows += reach_estimates(by_route, alpha=alpha)
        rows += next_route_estimates(tries, alpha=alpha)
    if tables.issues is not None:
        days = _sorted(cases.days_to_resolve(leads, tables.issues, as_of=as_of))
        rows += case_estimates(days, alpha=alpha)
    return tuple(rows)


def _limits(tables: ContactTables, rows: Sequence[Estimate]) -> tuple[Text, ...]:
    """Say what could not be looked at."""
    lacking = [
        (tables.has_goals, Text("goals of contacts", "联系目标")),
        (tables.has_reached, Text("whether the customer was reached", "是否联系上客户")),
        (tables.issues is not None, Text("complaints and promises", "投诉与承诺")),
        (tables.assessments is not None, Text("deal probabilities", "成交概率")),
    ]
    missing = [text for there, text in lacking if not there]
    if not rows or not missing:
        return ()
    en, zh = ", ".join(text.en for text in missing), "、".join(text.zh for text in missing)
    return (
        Text(
            f"The source does not keep: {en}. Contact habits that need it are left out.",
            f"数据源未记录：{zh}。联系习惯中依赖这些的内容未列。",
        ),
    )


_NO_CONTACTS = Text(
    "Contact habits are not judged: the source has no interactions. With one row per contact "
    "(time, direction, channel) this page shows which habits go with losing.",
    "未评判联系习惯：数据源没有联系记录。若每次联系有一行（时间、方向、渠道），"
    "本页即可说明哪些习惯与丢单有关。",
)
_NO_DURATIONS = Text(
    "Contact habits are not judged: all leads have the same number of days, so nothing can be said "
    "about before and after.",
    "未评判联系习惯：所有线索天数相同，无法区分先后。",
)
