"""The headline of the page on lost deals: what losing goes with, or that nothing was found.

Decision: the clearest answer leads, whichever line of analysis it is of; beside it stands the
clearest of another line. "No regularity" is said only where no answer of the page stands, told or
not. What stands about winning, about where the lost went, or about a sign that means different
things to different customers, is said as that and never as something that losing goes with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crm_analysis.answers.failure_measures import LOST_OR_WON, clearness, measure_of
from crm_analysis.answers.failure_outcomes import share_pair
from crm_analysis.answers.part import Told
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, number_text

ABOUT_LEADS = ("M03", "M05", "M06")
_HOW_FAST = ("calendar_log_hazard_ratio",)
_WINS = ("channel_chi2_per_df", "weekday_chi2_per_df")
_ASKED_OF = ("cause", "landmark_days", "level")
_MOST_NAMED = 2
_A_PERSON = Text("who the representative is", "由哪位代表负责")

Subject = tuple[str, ...]


def standing_answers(estimates: Iterable[Estimate], *, q: float) -> list[Estimate]:
    """Return all that stands about how leads end, told or not."""
    return [row for row in estimates if row.module in ABOUT_LEADS and is_finding(row, q)]


def leading(told: Sequence[Told], standing: Sequence[Estimate]) -> list[Told]:
    """Choose what the headline names: what losing goes with, else what winning goes with.

    Parameters
    ----------
    told : sequence of Told
        All findings of the page's parts, each part's clearest first.
    standing : sequence of Estimate
        From `standing_answers`.
    """
    return _leading(told, standing, "lost") or _leading(told, standing, "won")


def _leading(told: Sequence[Told], standing: Sequence[Estimate], cause: str) -> list[Told]:
    """Take the clearest of all, and beside it the clearest of another line on another subject."""
    clearest: dict[Subject, tuple[float, float, float]] = {}
    rows = [row for row in standing if _is_about(row, cause)]
    for row in rows:
        subject = _subject(row.key)
        clearest[subject] = min(clearest.get(subject, clearness(row)), clearness(row))
    asked = {row.quantity for row in rows}
    about = [
        one
        for one in told
        if _subject(_key(one)) in clearest and (_key(one) or ("", ""))[1] in asked
    ]
    taken: dict[str, Told] = {}
    named: set[Subject] = set()
    order = sorted(about, key=lambda one: (clearest[_subject(_key(one))], _line(one)))
    for one in order:
        module, subject = ABOUT_LEADS[_line(one)], _subject(_key(one))
        if module not in taken and subject not in named:
            taken[module] = one
            named.add(subject)
    return list(taken.values())[:_MOST_NAMED]


def answer_text(
    estimates: Sequence[Estimate], told: Sequence[Told], *, days: int, q: float
) -> Text:
    """Say what losing goes with, or that nothing does, and how leads end.

    Parameters
    ----------
    estimates, told : sequence of Estimate, sequence of Told
        All rows and all findings of the page.
    days : int
        Shares lost and won are read so many days after the opening.
    q : float
        False discovery rate.
    """
    shares = share_pair(tuple(estimates), days)
    n = sum(row.p_adj is not None and row.module in ABOUT_LEADS for row in estimates)
    if not n:
        return Text(f"How leads end: {shares.en}", f"线索结局：{shares.zh}")
    standing = standing_answers(estimates, q=q)
    said = _said(estimates, told, standing, number_text(n))
    return said + Text(f"; {shares.en}", f"；{shares.zh}")


def _said(
    estimates: Sequence[Estimate], told: Sequence[Told], standing: Sequence[Estimate], n: str
) -> Text:
    if not standing:
        return Text(
            f"No regularity found: of {n} questions about what goes with losing none stands after "
            "correction",
            f"没有发现规律：就丢单相关因素提出的 {n} 个问题经校正均不成立",
        )
    for cause, words in (("lost", Text("Losing", "丢单")), ("won", Text("Winning", "成交"))):
        names = _names(_leading(told, standing, cause))
        if names is not None:
            return Text(
                f"{words.en} goes with {names.en} (seen together, not tested against a control "
                "group)",
                f"{words.zh}与{names.zh}同时出现（未经对照检验）",
            )
    return _of_something_else(estimates, told, standing, n)


def _of_something_else(
    estimates: Sequence[Estimate], told: Sequence[Told], standing: Sequence[Estimate], n: str
) -> Text:
    """Say what stands where none of it is about how many are lost or won."""
    leaking = {_factor(row) for row in estimates if row.quantity == "factor_leak_auc_gap"}
    honest = [row for row in standing if _factor(row) not in leaking]
    k = number_text(len(honest or standing))
    if not honest:
        return Text(
            f"Nothing can be told of what goes with losing: of {n} questions {k} stand after "
            "correction, all for factors that give the ending away (named below)",
            f"无法说明丢单与什么有关：{n} 个问题中有 {k} 个经校正成立，"
            "但均属泄露结局的因素（见下文）",
        )
    keys = {row.key for row in honest}
    names = _names([one for one in told if _key(one) in keys][:_MOST_NAMED])
    named = Text("", "") if names is None else Text(f": {names.en}", f"：{names.zh}")
    return (
        Text(
            f"Of {n} questions about lost deals {k} stand after correction, none of them about how "
            "many are lost",
            f"就丢单提出的 {n} 个问题中有 {k} 个经校正成立，但均不涉及丢单多少",
        )
        + named
    )


def _names(told: Sequence[Told]) -> Text | None:
    if not told:
        return None
    names = [_name(one) for one in told]
    return Text(
        " and ".join(f"“{name.en}”" for name in names),
        "和".join(f"“{name.zh}”" for name in names),
    )


def _name(one: Told) -> Text:
    """Name what is told; a headline is no place for a single person."""
    key = _key(one)
    pairs = {} if key is None else read_segment(key[2])
    return _A_PERSON if pairs.get("factor") == "rep_id" and "level" in pairs else one.name


def _key(one: Told) -> tuple[str, str, str, str, str] | None:
    return one.finding.estimate_key


def _line(one: Told) -> int:
    """Return the place of a finding's module: of equally clear ones habits and factors go first."""
    return ABOUT_LEADS.index((_key(one) or ("",))[0])


def _factor(row: Estimate) -> str | None:
    return read_segment(row.segment).get("factor")


def _is_about(row: Estimate, cause: str) -> bool:
    """Say whether a row is about how many, or how fast, leads end so."""
    ending = read_segment(row.segment).get("cause")
    if ending is not None:
        return ending == cause
    return row.quantity in (LOST_OR_WON if cause == "lost" else _WINS)


def _subject(key: tuple[str, str, str, str, str] | None) -> Subject:
    """Return what a row is about, whichever ending, landmark and level it was asked of."""
    if key is None:
        return ()
    measure = measure_of(key)
    if measure is not None:
        return (measure,)
    module, quantity, where = key[:3]
    asked = "ending" if quantity in (*LOST_OR_WON, *_HOW_FAST) else quantity
    pairs = read_segment(where).items()
    return (module, asked, *(f"{name}={value}" for name, value in pairs if name not in _ASKED_OF))
