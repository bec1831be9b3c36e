"""Notebook 50: what changed, what to do, what we do not know.

Decision: nothing is computed from the tables here. Every number comes from a row that another
notebook of this run published, so the summary cannot disagree with them. Cells on fewer than
`min_cell` subjects are withheld; names and free text never come here, ids of owners do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.summary_changes import KINDS, Change, Key, changes, value_words
from crm_analysis.answers.summary_inputs import TITLES, Inputs, read_inputs
from crm_analysis.estimates import Estimate, Evidence, is_finding, is_small_cell
from crm_analysis.language import Text, number_text
from crm_analysis.results import ActionList, Finding, Kpi, NotebookResult, ShownTable

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

NOTEBOOK = "50_leadership_summary"
RANKS: dict[Evidence, int] = {
    "randomised": 0,
    "adjusted": 1,
    "associational": 2,
    "descriptive": 3,
    "exact": 4,
}
PER_NOTEBOOK = 2
MAX_CARDS, MAX_FINDINGS, MAX_CHANGES = 6, 5, 8
CARD_ORDER = (
    *("10_failure_causes", "11_sales_funnel", "41_winback_evaluation", "20_loss_patterns"),
    "00_data_fitness",
)


def answer(known: Known, config: Config | None = None) -> NotebookResult:
    """What changed, what should we do, and what do we not know?

    Parameters
    ----------
    known : Known
        Its `results_dir` holds what the other notebooks published; None asks them directly.
    config : Config, optional
        fdr_q and min_cell; None means the settings of the source.

    Returns
    -------
    NotebookResult
        One headline, up to six cards, the findings to act on, tables of changes, lists and
        open questions.
    """
    settings = known.config if config is None else config
    inputs = read_inputs(known, settings)
    rows = {row.key: row for row in inputs.estimates}
    small = {key for key, row in rows.items() if is_small_cell(row, settings.min_cell)}
    findings = _findings(inputs, small)
    standing = [row for row in inputs.estimates if is_finding(row, settings.fdr_q)]
    cards, withheld = _cards(inputs, small)
    withheld += sum(_is_small(one, small) for result in inputs.results for one in result.findings)
    return NotebookResult(
        notebook=NOTEBOOK,
        as_of=known.as_of,
        headline=_headline(inputs, findings, small),
        findings=findings,
        kpis=cards,
        estimates=(_count(standing, inputs),),
        tables=tuple(_tables(inputs, settings)),
        does_not_show=_unknown(inputs, withheld=withheld, min_cell=settings.min_cell),
        todo=_todo(inputs, known, settings.min_cell),
        rows={name: n for result in inputs.results for name, n in result.rows.items()},
    )


def _count(standing: list[Estimate], inputs: Inputs) -> Estimate:
    tested = [row for row in inputs.estimates if row.p_adj is not None and row.role == "result"]
    return Estimate(
        module="M20",
        quantity="findings_count",
        segment="",
        method="bh_within_families",
        estimate=float(len(standing)),
        n=len(tested),
        evidence="exact",
    )


def _findings(inputs: Inputs, small: set[Key]) -> tuple[Finding, ...]:
    """Choose what to act on: each notebook's best first, then second ones; best evidence on top."""
    ranked = []
    for place, result in enumerate(inputs.results):
        told = [one for one in result.findings if not _is_small(one, small)]
        told = sorted(told, key=lambda one: (RANKS[one.evidence], one.status == "weak"))
        ranked += [
            (turn, RANKS[one.evidence], place, one) for turn, one in enumerate(told[:PER_NOTEBOOK])
        ]
    chosen = sorted(ranked, key=lambda entry: entry[:3])[:MAX_FINDINGS]
    return tuple(one for *_, one in sorted(chosen, key=lambda entry: (entry[1:3], entry[0])))


def _is_small(finding: Finding, small: set[Key]) -> bool:
    return finding.estimate_key in small


def _cards(inputs: Inputs, small: set[Key]) -> tuple[tuple[Kpi, ...], int]:
    """Take cards from each notebook in turn, so that no topic fills the screen."""
    by_name = {result.notebook: list(result.kpis) for result in inputs.results}
    piles = [
        [card for card in by_name.get(name, []) if card.value is not None] for name in CARD_ORDER
    ]
    told = [[card for card in pile if card.estimate_key not in small] for pile in piles]
    withheld = sum(len(pile) for pile in piles) - sum(len(pile) for pile in told)
    depth = max((len(pile) for pile in told), default=0)
    turns = [pile[turn] for turn in range(depth) for pile in told if turn < len(pile)]
    return tuple(turns[:MAX_CARDS]), withheld


def _headline(inputs: Inputs, findings: tuple[Finding, ...], small: set[Key]) -> Text:
    """One short sentence: the answer of the page with the strongest finding, or that none stands.

    Where that page tells of a small cell its answer might too: its strongest finding stands in.
    """
    if not inputs.results:
        return Text("No notebook gave a result in this run.", "本次运行没有任何报告得出结果。")
    if not findings:
        return Text(
            "No regularity found: nothing stands after correction for the number of questions.",
            "未发现规律：校正提问数量后，没有任何结论成立。",
        )
    page = next(one for one in inputs.results if findings[0] in one.findings)
    tied = {one.estimate_key for one in page.findings} | {one.estimate_key for one in page.kpis}
    first = findings[0].sentence if tied & small else page.brief or page.headline
    n = len(findings)
    return Text(
        f"{first.en.rstrip('. ')}; {n} finding{'' if n == 1 else 's'} to act on.",
        f"{first.zh.rstrip('。')}；共 {n} 项发现需要处理。",
    )


def _tables(inputs: Inputs, settings: Config) -> list[ShownTable]:
    return [
        _changes_table(inputs, settings),
        *_lists_table(inputs, settings.min_cell),
        *_open_table(inputs),
    ]


def _changes_table(inputs: Inputs, settings: Config) -> ShownTable:
    """What changed since the last published report; "No change" where nothing did."""
    if inputs.previous is None or inputs.previous_as_of is None:
        caption = Text("What changed: this is the first report.", "变化：这是第一份报告。")
        frame = _said(Text("nothing to compare with yet", "暂无可比较的报告"))
        return _table("changes", frame, caption, _CHANGE_COLUMNS)
    found = changes(
        inputs.estimates,
        inputs.previous,
        fdr_q=settings.fdr_q,
        min_cell=settings.min_cell,
        first=_shown_keys(inputs),
    )
    day = inputs.previous_as_of.isoformat()
    told = number_text(len(found))
    caption = Text(
        f"What changed since {day}: {told} numbers or findings, the first {MAX_CHANGES} shown.",
        f"自 {day} 以来的变化：共 {told} 项，列出前 {MAX_CHANGES} 项。",
    )
    if not found:
        caption = Text(f"What changed since {day}.", f"自 {day} 以来的变化。")
        return _table("changes", _said(Text("No change", "无变化")), caption, _CHANGE_COLUMNS)
    frame = pd.DataFrame([_change_row(one) for one in found[:MAX_CHANGES]])
    return _table("changes", frame, caption, _CHANGE_COLUMNS)


def _shown_keys(inputs: Inputs) -> set[Key]:
    """Keys of cards and findings: what a reader saw last time."""
    shown = [one.estimate_key for result in inputs.results for one in result.kpis]
    shown += [one.estimate_key for result in inputs.results for one in result.findings]
    return {key for key in shown if key is not None}


_CHANGE_COLUMNS = {
    "what": Text("what", "内容"),
    "before": Text("before", "上次"),
    "now": Text("now", "本次"),
    "word": Text("change", "变化"),
}


def _said(words: Text) -> pd.DataFrame:
    row = {"what_en": words.en, "what_zh": words.zh, "before": "–", "now": "–"}
    return pd.DataFrame([{**row, "word_en": "–", "word_zh": "–"}])


def _change_row(change: Change) -> dict[str, str]:
    word = KINDS[change.kind]
    return {
        "what_en": change.what.en,
        "what_zh": change.what.zh,
        "before": value_words(change.before, change.unit),
        "now": value_words(change.now, change.unit),
        "word_en": word.en,
        "word_zh": word.zh,
    }


def _lists_table(inputs: Inputs, min_cell: int) -> list[ShownTable]:
    """Which lists were written, how many rows, and who owns them."""
    rows = [
        {
            "list": one.name,
            "purpose_en": one.purpose.en,
            "purpose_zh": one.purpose.zh,
            "n_rows": _rows_text(one, min_cell),
            "owners_en": _owners(one, min_cell).en,
            "owners_zh": _owners(one, min_cell).zh,
        }
        for result in inputs.results
        for one in result.lists
    ]
    if not rows:
        return []
    columns = {
        "list": Text("list", "名单"),
        "purpose": Text("for", "用途"),
        "n_rows": Text("rows", "行数"),
        "owners": Text("owners (rows)", "负责人（行数）"),
    }
    caption = Text(
        "Lists for those who act; the rows are in the private part of the report.",
        "供执行人员使用的名单；明细在报告的非公开部分。",
    )
    return [_table("lists", pd.DataFrame(rows), caption, columns)]


def _rows_text(one: ActionList, min_cell: int) -> str:
    """Write how many rows a list has; a count below min_cell is withheld."""
    n_rows = len(one.frame)
    return f"< {min_cell}" if 0 < n_rows < min_cell else number_text(n_rows)


def _owners(one: ActionList, min_cell: int) -> Text:
    """Owners' ids with row counts, the largest five; counts below min_cell are withheld."""
    column = next((name for name in ("owner", "rep_id") if name in one.frame), None)
    if column is None or one.frame.empty:
        return Text("–", "–")
    counts = one.frame[column].replace("", "?").fillna("?").value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-int(pair[1]), str(pair[0])))
    words = [f"{owner}: {n if n >= min_cell else f'< {min_cell}'}" for owner, n in ordered[:5]]
    more = len(ordered) - len(words)
    if not more:
        return Text(", ".join(words), "，".join(words))
    return Text(f"{', '.join(words)}, {more} more", f"{'，'.join(words)}，另 {more} 位")


def _open_table(inputs: Inputs) -> list[ShownTable]:
    """How much could not be estimated, by notebook and reason."""
    rows = []
    for result in inputs.results:
        refused = [row for row in result.estimates if row.status in ("not_estimable", "off")]
        if refused:
            title = TITLES[result.notebook]
            rows.append(
                {
                    "notebook_en": title.en,
                    "notebook_zh": title.zh,
                    "refused": len(refused),
                    "told": len(result.estimates) - len(refused),
                }
            )
    if not rows:
        return []
    columns = {
        "notebook": Text("page", "报告"),
        "refused": Text("numbers refused", "无法给出的数字"),
        "told": Text("numbers given", "已给出的数字"),
    }
    caption = Text(
        "Numbers that the data do not carry: too few events, no variation, or no follow-up.",
        "数据不足以支持的数字：事件太少、没有差异或观察期未满。",
    )
    units = {"refused": "count", "told": "count"}
    return [_table("not_estimable", pd.DataFrame(rows), caption, columns, units=units)]


def _unknown(inputs: Inputs, *, withheld: int, min_cell: int) -> tuple[Text, ...]:
    """What we do not know: missing inputs first, then what is off, then the pages' limits."""
    told = [_missing_text(name, reason) for name, reason in sorted(inputs.missing.items())]
    for result in inputs.results:
        title = TITLES[result.notebook]
        if result.status in ("off", "not_estimable"):
            told.append(title + Text(": ", "：") + result.headline)
    if withheld:
        told.append(
            Text(
                f"{withheld} statement(s) rest on fewer than {min_cell} subjects and are withheld "
                "here, so that nobody can be recognised.",
                f"{withheld} 条结论涉及的对象少于 {min_cell} 个，为避免识别个人，此处不予显示。",
            )
        )
    for result in inputs.results:
        title = TITLES[result.notebook]
        told += [title + Text(": ", "：") + text for text in result.does_not_show[:1]]
    return tuple(told)


def _missing_text(name: str, reason: str) -> Text:
    title = TITLES[name]
    words = {
        "failed": Text("failed in this run", "本次运行失败"),
        "kept": Text("kept from an earlier run of this day", "沿用当日较早一次运行的结果"),
        "not in this run": Text("not in this run", "不在本次运行中"),
    }
    why = words.get(reason, Text(reason, reason))
    return Text(f"Missing: {title.en} ({why.en}).", f"缺失：{title.zh}（{why.zh}）。")


def _todo(inputs: Inputs, known: Known, min_cell: int) -> tuple[Text, ...]:
    """What else to do: work the lists, then each page's own next step."""
    told = [] if known.stale is None else [known.stale]
    for result in inputs.results:
        told += [
            Text(
                f"Work the list {one.name} ({_rows_text(one, min_cell)} rows): {one.purpose.en}",
                f"处理名单 {one.name}（{_rows_text(one, min_cell)} 行）：{one.purpose.zh}",
            )
            for one in result.lists
        ]
    for result in inputs.results:
        told += result.todo[:1]
    return tuple(dict.fromkeys(told))


def _table(
    name: str,
    frame: pd.DataFrame,
    caption: Text,
    columns: dict[str, Text],
    *,
    units: dict[str, str] | None = None,
) -> ShownTable:
    return ShownTable(
        name=name,
        frame=frame,
        caption=caption,
        columns=columns,
        units=units or {},
        headline=name == "changes",
    )
