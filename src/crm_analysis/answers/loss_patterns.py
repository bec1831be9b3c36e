"""Notebook 20: which tracks lead to loss, and which open deals are on one?

Decision: what goes before a loss is told first, as far as it stands after correction; only what
stands puts an open deal on the list. Each line of analysis is a part of its own; here is chosen
what leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.loss_alarms import alarms_part
from crm_analysis.answers.loss_cards import cards
from crm_analysis.answers.loss_early_call import Called, call_early, early_call_part
from crm_analysis.answers.loss_grammar import Grammar, grammar_part
from crm_analysis.answers.loss_open import NO_CHANCES, NOTHING_TOLD, OpenTold, open_part
from crm_analysis.answers.loss_playbook import Standing, playbook_part
from crm_analysis.answers.loss_reapproach import due_step, reapproach_part
from crm_analysis.answers.loss_signs import ReadSigns, read_signs
from crm_analysis.answers.loss_typology import open_types, read_typology, typology_part
from crm_analysis.answers.part import Part, Told, unique_rows
from crm_analysis.deals.signs import SIGNS
from crm_analysis.deals.tracks import FAMILY as SIGN_FAMILY
from crm_analysis.deals.typology.rules import TYPES
from crm_analysis.deals.typology.type_shares import loss_types
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.language import Text, number_text
from crm_analysis.results import NotebookResult

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.deals.typology.typology import Typology
    from crm_analysis.source.known import Known

NOTEBOOK = "20_loss_patterns"
MOST_FINDINGS = 7


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """Which tracks lead to a loss, and which open deals are on one?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads` and `interactions` or `assessments`.
    config : Config, optional
        Settings; None means those of the source.

    Returns
    -------
    NotebookResult
        What goes before a loss, what became of earlier alarms, the list `open_deals` with advice,
        what followed each strategy, and the list `reapproach` of lost deals to take up again.
    """
    settings = known.config if config is None else config
    why_off = _why_off(known)
    if why_off is not None:
        return NotebookResult(notebook=NOTEBOOK, as_of=known.as_of, status="off", headline=why_off)
    signs = read_signs(known, settings)
    types = read_typology(known, settings)
    grammar = grammar_part(known, settings)
    called = call_early(known, settings)
    told = _told_of_open(known, settings, types=types, matches=grammar.matches, called=called)
    record = alarms_part(known, settings)
    opened = open_part(known, settings, standing=signs.standing, told=told, record=record.estimates)
    parts = (
        signs.part,
        typology_part(known, settings, read=types),
        grammar.part,
        early_call_part(known, settings, called=called),
        opened,
        record,
        playbook_part(known, settings, standing=_standing(settings, signs, grammar, types)),
        reapproach_part(known),
    )
    return _result(known, settings, parts, signs, opened)


def _told_of_open(
    known: Known,
    settings: Config,
    *,
    types: Typology | None,
    matches: pd.DataFrame,
    called: Called | None,
) -> OpenTold:
    """Gather what the parts say of the open deals; nothing where the data are stale."""
    if known.stale is not None:
        return NOTHING_TOLD
    return OpenTold(
        chances=NO_CHANCES if called is None else called.chances,
        patterns=matches,
        types=open_types(known, settings, types),
    )


def _standing(
    settings: Config, signs: ReadSigns, grammar: Grammar, types: Typology | None
) -> Standing:
    """Gather what goes before losses and stands; a pattern or type that is such a sign is that."""
    patterns = (one.pattern.name for one in grammar.patterns.before_losses)
    named = tuple(name for name in patterns if name not in signs.standing)
    if types is None:
        return Standing(signs=signs.standing, patterns=named)
    losing = loss_types(types.estimates, q=settings.fdr_q)
    losing = tuple(kind for kind in losing if TYPES[kind].sign not in (*signs.standing, *named))
    return Standing(signs=signs.standing, patterns=named, types=losing, kind=types.kind)


def _result(
    known: Known, settings: Config, parts: Sequence[Part], signs: ReadSigns, opened: Part
) -> NotebookResult:
    told = chosen([part.told for part in parts])
    estimates = unique_rows([row for part in parts for row in part.estimates])
    stale = () if known.stale is None else (known.stale,)
    brief = brief_text(estimates, signs.standing, told, q=settings.fdr_q)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        status="weak" if stale else "ok",
        headline=brief + _advice_text(estimates, str(settings.currency)) + Text(".", "。"),
        brief=brief + Text(".", "。"),
        findings=tuple(one.finding for one in told),
        kpis=cards(estimates, standing=signs.standing, place=signs.place),
        estimates=estimates,
        tables=tuple(table for part in parts for table in part.tables),
        appendix=tuple(table for part in parts for table in part.appendix),
        pictures=tuple(picture for part in parts for picture in part.pictures),
        lists=tuple(one for part in parts for one in part.lists),
        does_not_show=(
            *dict.fromkeys(text for part in parts for text in part.does_not_show),
            *stale,
        ),
        todo=_todo(parts, signs.standing, opened),
        rows=_rows_used(known),
        alarms=tuple(said for part in parts for said in part.alarms),
    )


def chosen(parts: Sequence[Sequence[Told]]) -> list[Told]:
    """Take the clearest finding of each part, then the second of each, up to seven in all."""
    turns = zip_longest(*parts)
    picked = {id(one) for one in [t for turn in turns for t in turn if t][:MOST_FINDINGS]}
    return [one for part in parts for one in part if id(one) in picked]


def _why_off(known: Known) -> Text | None:
    if "leads" not in known.tables:
        return Text(
            "The source has no leads, so nothing can be said about what precedes a loss. With "
            "leads, contacts and assessments this page lists the open deals on a track to a loss.",
            "数据源没有线索表，无法说明丢单前的征兆。有了线索、联系和评估，本页可列出处于丢单轨迹的商机。",
        )
    if not {"interactions", "assessments"} & set(known.tables):
        return Text(
            "The source keeps no history of a deal, neither contacts nor assessments, so no track "
            "to a loss can be read. With one row per contact, or one per estimate of the deal "
            "probability (or per stage reached), this page shows which tracks lead to a loss and "
            "which open deals are on one.",
            "数据源没有商机的历史，既无联系记录也无评估，无法读取丢单前的轨迹。若每次联系、"
            "每次成交概率评估（或每到一个阶段）有一行，本页即可说明哪些轨迹通向丢单以及哪些商机正走在上面。",
        )
    return None


def brief_text(
    estimates: Sequence[Estimate], standing: Sequence[str], told: Sequence[Told], *, q: float
) -> Text:
    """Name the clearest track to a loss and how many open deals are on one."""
    return _clearest(estimates, standing, told, q=q) + _tracked_text(estimates)


def _clearest(
    estimates: Sequence[Estimate], standing: Sequence[str], told: Sequence[Told], *, q: float
) -> Text:
    """Say what stands, a sign first; of open deals `_tracked_text` speaks."""
    tested = [row for row in estimates if row.role == "result" and row.p_adj is not None]
    found = [row for row in tested if is_finding(row, q)]
    if not found:
        return Text(
            f"No regularity found: none of {number_text(len(tested))} questions about what comes "
            "before a loss stands after correction",
            f"没有发现规律：关于丢单前情形的 {number_text(len(tested))} 个问题经校正均不成立",
        )
    if standing:
        words = SIGNS[standing[0]].label
        return Text(
            f"Losses are preceded most clearly by “{words.en}”",
            f"丢单前最明显的征兆是“{words.zh}”",
        )
    names = [one.name for one in told]
    stands = Text(
        f"; what stands: {', '.join(name.en for name in names)}" if names else "",
        f"；成立的是：{'、'.join(name.zh for name in names)}" if names else "",
    )
    if any(row.family == SIGN_FAMILY for row in found):
        lead = Text(
            "Some signs go with how deals end, none with faster loss",
            "有征兆与商机结局有关，但没有一项与更快丢单有关",
        )
    else:
        lead = Text("No single sign goes before losses", "没有单一征兆出现在丢单之前")
    return lead + stands


def _tracked_text(estimates: Sequence[Estimate]) -> Text:
    """Say how many open deals are on a track, whatever put them there."""
    row = _first(estimates, "open_deals_on_track_count")
    if row is None:
        return Text("; no list, because the data are not fresh", "；数据不够新，不列名单")
    n, tracked = number_text(row.n or 0), number_text(row.estimate or 0)
    if not row.n:
        return Text("; no deal is open now", "；目前没有未结束的商机")
    if not row.estimate:
        return Text(
            f"; none of {n} open deals is on a track to a loss now",
            f"；目前 {n} 个未结束商机均不处于丢单轨迹",
        )
    return Text(
        f"; {tracked} of {n} open deals are on a track to a loss now",
        f"；目前 {n} 个未结束商机中有 {tracked} 个处于丢单轨迹",
    )


def _advice_text(estimates: Sequence[Estimate], currency: str) -> Text:
    """Say what is at stake on them, where it is known."""
    at_stake = _first(estimates, "margin_at_stake_on_track")
    if at_stake is None or not at_stake.estimate:
        return Text("", "")
    money = number_text(at_stake.estimate)
    return Text(
        f", with at least {currency} {money} of margin at stake",
        f"，可能损失毛利至少 {currency} {money}",
    )


def _first(estimates: Sequence[Estimate], quantity: str, of: str = "") -> Estimate | None:
    wanted = (quantity, of, "result")
    rows = (row for row in estimates if (row.quantity, row.segment, row.role) == wanted)
    return next(rows, None)


def _todo(parts: Sequence[Part], standing: Sequence[str], opened: Part) -> tuple[Text, ...]:
    if not opened.lists and standing:
        return (
            Text(
                "Export again up to the as-of day: then open deals on a track to a loss are "
                "listed.",
                "请重新导出至截止日的数据：届时会列出处于丢单轨迹的商机。",
            ),
        )
    steps = []
    if opened.lists and not opened.lists[0].frame.empty:
        steps.append(
            Text(
                "Go through the list of open deals this week: act first, then remove obstacles.",
                "本周处理未结束商机名单：先立即行动者，再排除障碍。",
            )
        )
    steps += due_step([row for part in parts for row in part.estimates])
    steps += [SIGNS[name].action for name in standing[:2]]
    if steps:
        return tuple(steps)
    return (
        Text(
            "Go on recording contacts and probabilities when they happen; look again next month.",
            "继续及时记录联系与概率，下月再看。",
        ),
    )


def _rows_used(known: Known) -> dict[str, int]:
    used = known.row_counts.set_index("table")["n_known"]
    names = ("leads", "interactions", "assessments", "issues", "order_lines", "winback")
    return {name: int(used[name]) for name in names if name in used.index}
