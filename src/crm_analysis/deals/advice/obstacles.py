"""What stands in the way of each open deal, as far as anybody wrote it down (A-25).

Decisions:
* One obstacle a deal, the most pressing first: a case of the customer that stands open (T9, of the
  year before), a question of the customer that nobody answered for two days, a matter left open
  after a contact, a concern that was stated. Where there is none the deal has no row.
* Among open cases an overdue promise goes first, then disputes, complaints, faults, promises and
  questions; of the same kind the oldest.
* A concern is coded by the codebook: of the newest reason stated of the deal, else of the
  customer's profile as it was typed by the as-of day. What no code fits is no obstacle.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd

from crm_analysis.features.cases import YEAR_DAYS
from crm_analysis.features.records import is_question
from crm_analysis.features.windows import (
    calendar_days,
    contacts_within,
    end_of_day,
    whole_life_windows,
)
from crm_analysis.language import Text
from crm_analysis.reasons.codebook import Codebook
from crm_analysis.reasons.dictionary import Dictionary
from crm_analysis.reasons.wording import MAX_SIGNS
from crm_analysis.source.frames import collect

QUESTION_DAYS = 2
MATTER_SIGNS = 40
COLUMNS = ("lead_id", "obstacle", "obstacle_en", "obstacle_zh")

OBSTACLES: dict[str, Text] = {
    "open_case": Text("an open case of the customer", "客户有未解决的问题"),
    "question": Text("a question without an answer", "客户提问未答复"),
    "matter_left": Text("a matter left open after a contact", "联系后遗留事项"),
    "concern": Text("a concern that was stated", "客户说出的顾虑"),
}
"""The kinds of obstacle, the most pressing first."""
OWED = ("open_case", "question")
"""What the customer waits for us to settle or to answer."""

CASES: dict[str, Text] = {
    "overdue": Text("overdue promise", "逾期未兑现的承诺"),
    "dispute": Text("dispute", "纠纷"),
    "complaint": Text("complaint", "投诉"),
    "fault": Text("fault", "故障"),
    "promise": Text("open promise", "待兑现的承诺"),
    "question": Text("open question", "待答复的咨询"),
}
"""Kinds of open case, the most pressing first."""


def open_obstacles(
    leads: ir.Table, tables: Mapping[str, ir.Table], *, as_of: date, codebook: Codebook
) -> pd.DataFrame:
    """Name what stands in the way of each of these deals at the end of as_of.

    Parameters
    ----------
    leads : Table
        Open leads.
    tables : mapping of str to Table
        As-of views; issues, interactions, reasons and customers are used where present.
    as_of : date
        End of the last known day.
    codebook : Codebook
        By which concerns and cases are named.

    Returns
    -------
    DataFrame
        One row per lead that has an obstacle: the columns of `COLUMNS`, by lead.
    """
    coder = Dictionary(codebook)
    parts = [
        _told(collect(read(leads, tables, as_of)), name, tell)
        for name, needs, read, tell in (
            ("open_case", "issues", _cases, lambda row: _case_text(row, codebook)),
            ("question", "interactions", _questions, _question_text),
            ("matter_left", "interactions", _matters, _matter_text),
            ("concern", "reasons", _reasons, lambda row: _reason_text(row, coder, codebook)),
            ("concern", "customers", _concerns, lambda row: _reason_text(row, coder, codebook)),
        )
        if needs in tables
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    first = pd.concat(parts, ignore_index=True).drop_duplicates("lead_id")
    ordered: pd.DataFrame = first.sort_values("lead_id", ignore_index=True)
    return ordered


Tell = Callable[[Mapping[Hashable, object]], Text | None]


def _told(rows: pd.DataFrame, name: str, tell: Tell) -> pd.DataFrame:
    """Put each row into words; a row without words is no obstacle."""
    texts = [(row["lead_id"], tell(row)) for row in rows.to_dict("records")]
    told = [(lead, name, text.en, text.zh) for lead, text in texts if text is not None]
    return pd.DataFrame(told, columns=list(COLUMNS), dtype=object)


def _cases(leads: ir.Table, tables: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Return the most pressing open case of each lead's customer."""
    issues = tables["issues"]
    end = end_of_day(ibis.literal(as_of))
    standing = issues.filter(
        issues.resolved_at.isnull(),
        issues.known_at < end,
        issues.opened_at >= end - ibis.interval(days=YEAR_DAYS),
    )
    is_late = (standing.kind == "promise") & (standing.due_at < end)
    case = is_late.fill_null(False).ifelse("overdue", standing.kind)
    told = standing.select(
        "opened_at",
        "issue_id",
        "code",
        link="customer_id",
        case=case,
        days=calendar_days(ibis.literal(as_of), standing.opened_at.date()),
        turn=ibis.cases(*((case == name, rank) for rank, name in enumerate(CASES)), else_=9),
    )
    joined = leads.select("lead_id", "customer_id").join(told, leads.customer_id == told.link)
    first = ibis.row_number().over(
        ibis.window(group_by="lead_id", order_by=[joined.turn, joined.opened_at, joined.issue_id])
    )
    ranked = joined.mutate(rank=first)
    return ranked.filter(ranked["rank"] == 0).select("lead_id", "case", "code", "days")


def _case_text(row: Mapping[Hashable, object], codebook: Codebook) -> Text:
    kind = CASES.get(str(row["case"]), Text("open case", "未解决的问题"))
    days, code = _whole(row["days"]), row["code"]
    about = Text("", "")
    if isinstance(code, str) and code in codebook.codes:
        label = codebook.label(code)
        about = Text(f" ({label.en})", f"（{label.zh}）")
    return kind + about + Text(f", {days} days old", f"，已 {days} 天")


def _questions(leads: ir.Table, tables: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Return how many questions asked in each deal stand unanswered, and since when."""
    contacts = tables["interactions"]
    asked = contacts.filter(is_question(contacts), contacts.answered_at.isnull())
    windows = whole_life_windows(leads, as_of=as_of)
    inside = contacts_within(
        windows, asked, clock="known_at", columns=("at", "known_at", "asked_at")
    )
    days = calendar_days(ibis.literal(as_of), inside.asked_at.date())
    late = inside.mutate(days=days).filter(days >= QUESTION_DAYS)
    return late.group_by("lead_id").aggregate(n=late.count(), days=late.days.max())


def _question_text(row: Mapping[Hashable, object]) -> Text:
    n, days = int(_whole(row["n"])), _whole(row["days"])
    if n == 1:
        return Text(
            f"the customer's question stands unanswered for {days} days",
            f"客户提问已 {days} 天未答复",
        )
    return Text(
        f"{n} questions of the customer stand unanswered, the oldest for {days} days",
        f"客户有 {n} 个提问未答复，最久已 {days} 天",
    )


def _matters(leads: ir.Table, tables: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Return the newest matter that a contact of the deal left open."""
    contacts = tables["interactions"]
    left = contacts.filter(contacts.issue_left.notnull(), contacts.issue_closed_at.isnull())
    inside = contacts_within(
        whole_life_windows(leads, as_of=as_of),
        left,
        clock="known_at",
        columns=("interaction_id", "at", "known_at", "issue_left"),
    )
    back = [ibis.desc(inside["at"]), inside.interaction_id]
    ranked = inside.mutate(
        rank=ibis.row_number().over(ibis.window(group_by="lead_id", order_by=back))
    )
    newest = ranked.filter(ranked["rank"] == 0)
    return newest.select(
        "lead_id",
        text=newest.issue_left.substr(0, MAX_SIGNS),
        days=calendar_days(ibis.literal(as_of), newest["at"].date()),
    )


def _matter_text(row: Mapping[Hashable, object]) -> Text | None:
    said = " ".join(str(row["text"]).split())[:MATTER_SIGNS]
    days = _whole(row["days"])
    if not said:
        return None
    if days == "0":
        return Text(f"left open after today's contact: “{said}”", f"今天联系后遗留：“{said}”")
    return Text(
        f"left open after the contact {days} days ago: “{said}”",
        f"{days} 天前联系后遗留：“{said}”",
    )


def _reasons(leads: ir.Table, tables: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Return the newest reason that was stated of each deal."""
    reasons = tables["reasons"]
    said = reasons.filter(
        reasons.lead_id.notnull(), reasons.known_at < end_of_day(ibis.literal(as_of))
    ).select(
        "known_at",
        "reason_id",
        code=ibis.coalesce(reasons.code_a, reasons.code_b),
        text=reasons.text.substr(0, MAX_SIGNS),
        link="lead_id",
    )
    joined = leads.select("lead_id").join(said, leads.lead_id == said.link)
    back = [ibis.desc(joined.known_at), joined.reason_id]
    ranked = joined.mutate(
        rank=ibis.row_number().over(ibis.window(group_by="lead_id", order_by=back))
    )
    return ranked.filter(ranked["rank"] == 0).select("lead_id", "code", "text")


def _concerns(leads: ir.Table, tables: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Return what each deal's customer is concerned about by the profile."""
    people = tables["customers"]
    typed = people.profile_recorded_at.isnull() | (
        people.profile_recorded_at < end_of_day(ibis.literal(as_of))
    )
    told = people.filter(people.concerns.notnull(), typed).select(
        link="customer_id", text=people.concerns.substr(0, MAX_SIGNS)
    )
    joined = leads.select("lead_id", "customer_id").join(told, leads.customer_id == told.link)
    return joined.select("lead_id", "text", code=ibis.null("string"))


def _reason_text(
    row: Mapping[Hashable, object], coder: Dictionary, codebook: Codebook
) -> Text | None:
    text = str(row["text"])
    given = codebook.read_codes(row["code"])[0] or codebook.read_codes(text)[0]
    known = [code for code in given or coder.codes(text) if code in codebook.codes]
    if not known:
        return None
    label = codebook.label(known[0])
    return Text(f"stated concern: {label.en}", f"说出的顾虑：{label.zh}")


def _whole(value: object) -> str:
    return f"{float(str(value)):.0f}"
