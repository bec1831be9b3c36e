"""The notebooks in reading order: short title for menus, the reader's question, the module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_analysis.errors import UsageError
from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """One notebook: file stem, menu title, question (its H1) and the library module behind it."""

    name: str
    title: Text
    question: Text
    module: str


CATALOG: tuple[Entry, ...] = (
    Entry(
        "00_data_fitness",
        Text("Data fitness", "数据是否可用"),
        Text("Is the data fit to answer?", "数据能回答这些问题吗？"),
        "crm_analysis.answers.data_fitness",
    ),
    Entry(
        "10_failure_causes",
        Text("Why deals fail", "丢单原因"),
        Text("Why do we lose deals?", "我们为什么丢单？"),
        "crm_analysis.answers.failure_causes",
    ),
    Entry(
        "11_sales_funnel",
        Text("Funnel and target", "漏斗与目标"),
        Text(
            "Where do deals leak, and will the target be met?",
            "成交在哪里流失？目标能达成吗？",
        ),
        "crm_analysis.answers.sales_funnel",
    ),
    Entry(
        "20_loss_patterns",
        Text("Tracks to a loss", "丢单轨迹"),
        Text(
            "Which tracks lead to a loss, and which open deals are on one?",
            "哪些轨迹通向丢单？哪些未结商机正走在上面？",
        ),
        "crm_analysis.answers.loss_patterns",
    ),
    Entry(
        "41_winback_evaluation",
        Text("Did win-back pay?", "挽回是否值得"),
        Text("Did win-back pay?", "挽回客户的投入值得吗？"),
        "crm_analysis.answers.winback_evaluation",
    ),
    Entry(
        "50_leadership_summary",
        Text("Summary", "摘要"),
        Text(
            "What changed, what should we do, and what do we not know?",
            "发生了什么变化？应该做什么？还有什么不知道？",
        ),
        "crm_analysis.answers.leadership_summary",
    ),
)

NAMES = tuple(entry.name for entry in CATALOG)
FIRST, SUMMARY = "00_data_fitness", "50_leadership_summary"
ALWAYS = (FIRST, SUMMARY)


def entry(name: str) -> Entry:
    """Return the catalogue entry of a notebook."""
    return next(one for one in CATALOG if one.name == name)


def page_file(name: str, lang: str, first_lang: str) -> str:
    """Name the page of a notebook; the summary is the month's index.

    Examples
    --------
    >>> page_file("10_failure_causes", "zh", "en"), page_file("50_leadership_summary", "en", "en")
    ('10_failure_causes.zh.html', 'index.html')
    """
    stem = "index" if name == SUMMARY else name
    return f"{stem}.html" if lang == first_lang else f"{stem}.{lang}.html"


def notebooks_folder() -> Path:
    """Find the notebooks: inside the installed package, else in the source tree."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_installed" / "notebooks", package.parents[1] / "notebooks"):
        if (folder / f"{FIRST}.ipynb").is_file():
            return folder
    raise UsageError(
        "the notebooks are not beside the package; install crm_analysis again from its wheel"
    )
