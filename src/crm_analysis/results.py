"""What a notebook's `answer` returns: estimates, findings, tables, pictures, lists and alarms.

`to_json` and `from_json` carry the narrative part (all but estimates, tables, pictures, alarms and
the rows of lists, which are published as tables) from one notebook's run to the summary's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd

from crm_analysis.estimates import Estimate, Evidence, Status, significant
from crm_analysis.language import Text
from crm_analysis.state import Said

NO_TEXT = Text("", "")
PictureKind = Literal["bars", "curves", "forest", "heat", "strip", "tracks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a leader should know: its sentence with numbers, its grade, one thing to do."""

    sentence: Text
    evidence: Evidence
    action: Text
    status: Status = "ok"
    estimate_key: tuple[str, str, str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One card of the first screen; `value` is formatted by `unit` when drawn.

    `estimate_key` ties the card to its estimate, from which the change since the last run comes.
    """

    name: str
    label: Text
    value: float | None
    unit: Literal["share", "points", "money", "count", "days", "ratio"]
    good: Literal["up", "down", "neutral"] = "neutral"
    estimate_key: tuple[str, str, str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture is its numbers and the sentence they prove; `plots` draws it.

    Parameters
    ----------
    name : str
        Slug, unique in the notebook; names the CSV.
    kind : {"bars", "curves", "forest", "heat", "strip", "tracks"}
        Which file of `plots` draws it, and so which columns `numbers` must have:
        bars: label_en, label_zh, value [, lo, hi, highlight] ·
        curves: series_en, series_zh, x, y [, lo, hi] (drawn as steps) ·
        forest: label_en, label_zh, estimate, ci_lo, ci_hi [, highlight, warning] ·
        heat: row_en, row_zh, column_en, column_zh, value ·
        strip: row_en, row_zh, part_en, part_zh, value [, drawn] (at most five parts) ·
        tracks: panel_en, panel_zh, series, x, y [, group_en, group_zh, is_main].
    title : Text
        The finding, short.
    sentence : Text
        The finding with its numbers; also the alt text and the plain-text form.
    caption : Text
        Scope, units, n.
    x_label, y_label : Text
        Axes, with units.
    unit : str
        How values are written: share, points, money, count, days or ratio.
    reference : float or None
        A line to compare with (1 for ratios, 0 for differences).
    """

    name: str
    kind: PictureKind
    numbers: pd.DataFrame
    title: Text
    sentence: Text
    caption: Text
    x_label: Text = NO_TEXT
    y_label: Text = NO_TEXT
    unit: Literal["share", "points", "money", "count", "days", "ratio"] = "count"
    reference: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A table a reader sees. Text columns come in pairs `<name>_en`, `<name>_zh`.

    `columns` gives each shown column (without language suffix) its header, unit included.
    `units` says how numbers are written; a missing entry means as they are.
    `headline` tables are compared by nbval.
    """

    name: str
    frame: pd.DataFrame
    caption: Text
    columns: Mapping[str, Text]
    units: Mapping[str, str] = field(default_factory=dict)
    headline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionList:
    """Rows with ids for those who act; published under `private/lists/` only."""

    name: str
    frame: pd.DataFrame
    purpose: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookResult:
    """All that one notebook says, in every language, before anything is drawn.

    Parameters
    ----------
    notebook : str
        File stem, "10_failure_causes".
    as_of : date
        End of the last known day.
    status : {"ok", "weak", "not_estimable", "off"}
        "off" where the data needed are missing; the headline then says what is missing.
    headline : Text
        The answer in one sentence.
    brief : Text or None
        The answer for the summary's headline: short, at most two numbers; None means `headline`.
    findings : tuple of Finding
        At most seven.
    appendix : tuple of ShownTable
        Everything else that was computed, at the foot of the page.
    does_not_show, todo : tuple of Text
        Limits, and what to do next.
    rows : mapping of str to int
        Rows used per contract table, for the foot of the notebook.
    alarms : tuple of Said
        What goes into the alarm ledger once the page is published: rounds, alarms, settlements.
    """

    notebook: str
    as_of: date
    headline: Text
    brief: Text | None = None
    status: Status = "ok"
    findings: tuple[Finding, ...] = ()
    kpis: tuple[Kpi, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    tables: tuple[ShownTable, ...] = ()
    appendix: tuple[ShownTable, ...] = ()
    pictures: tuple[Picture, ...] = ()
    lists: tuple[ActionList, ...] = ()
    does_not_show: tuple[Text, ...] = ()
    todo: tuple[Text, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    alarms: tuple[Said, ...] = ()

    def __post_init__(self) -> None:
        """Refuse doubled keys and more than seven findings."""
        keys = [row.key for row in self.estimates]
        doubles = sorted({key for key in keys if keys.count(key) > 1})
        if doubles:
            raise ValueError(f"{self.notebook}: doubled estimates {doubles}")
        if len(self.findings) > 7:
            raise ValueError(f"{self.notebook}: {len(self.findings)} findings, at most 7 allowed")

    def table(self, name: str) -> ShownTable:
        """Return the shown table of that name."""
        shown = (*self.tables, *self.appendix)
        return next(table for table in shown if table.name == name)

    def picture(self, name: str) -> Picture:
        """Return the picture of that name."""
        return next(picture for picture in self.pictures if picture.name == name)


def to_json(result: NotebookResult) -> str:
    """Write the narrative of a result as JSON: sorted keys, so equal results give equal bytes.

    Lists appear with name, purpose and number of rows; their rows stay private.
    """
    told: dict[str, Any] = {
        "notebook": result.notebook,
        "as_of": result.as_of.isoformat(),
        "status": result.status,
        "headline": _both(result.headline),
        "brief": None if result.brief is None else _both(result.brief),
        "findings": [
            {
                "sentence": _both(finding.sentence),
                "evidence": finding.evidence,
                "action": _both(finding.action),
                "status": finding.status,
                "estimate_key": finding.estimate_key,
            }
            for finding in result.findings
        ],
        "kpis": [
            {
                "name": kpi.name,
                "label": _both(kpi.label),
                "value": significant(kpi.value),
                "unit": kpi.unit,
                "good": kpi.good,
                "estimate_key": kpi.estimate_key,
            }
            for kpi in result.kpis
        ],
        "lists": [
            {"name": one.name, "purpose": _both(one.purpose), "n_rows": len(one.frame)}
            for one in result.lists
        ],
        "does_not_show": [_both(text) for text in result.does_not_show],
        "todo": [_both(text) for text in result.todo],
        "rows": dict(result.rows),
    }
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def from_json(
    text: str,
    *,
    estimates: Sequence[Estimate] = (),
    lists: Mapping[str, pd.DataFrame] | None = None,
) -> NotebookResult:
    """Read a narrative back; estimates and list rows come from their own published tables.

    Parameters
    ----------
    text : str
        What `to_json` wrote.
    estimates : sequence of Estimate
        The notebook's rows of the estimates table.
    lists : mapping of str to DataFrame, optional
        Rows by list name; a list without rows here is left out.
    """
    told = json.loads(text)
    frames = lists or {}
    return NotebookResult(
        notebook=told["notebook"],
        as_of=date.fromisoformat(told["as_of"]),
        status=told["status"],
        headline=Text(**told["headline"]),
        brief=None if told.get("brief") is None else Text(**told["brief"]),
        findings=tuple(Finding(**_texts(one, "sentence", "action")) for one in told["findings"]),
        kpis=tuple(Kpi(**_texts(one, "label")) for one in told["kpis"]),
        estimates=tuple(estimates),
        lists=tuple(
            ActionList(name=one["name"], frame=frames[one["name"]], purpose=Text(**one["purpose"]))
            for one in told["lists"]
            if one["name"] in frames
        ),
        does_not_show=tuple(Text(**one) for one in told["does_not_show"]),
        todo=tuple(Text(**one) for one in told["todo"]),
        rows={name: int(count) for name, count in told["rows"].items()},
    )


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _texts(told: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Turn the named entries into texts and the key, a list in JSON, back into a tuple."""
    key = told["estimate_key"]
    texts = {name: Text(**told[name]) for name in names}
    return {**told, **texts, "estimate_key": None if key is None else tuple(key)}
