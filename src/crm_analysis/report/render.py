"""From an executed notebook to a page: one language, no code, nothing from the network.

Decision: only outputs that `Page` marked with a language reach a page. So neither a stray frame
nor a warning, neither an input nor an error cell can ever be seen by a leader.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_analysis.language import Text
from crm_analysis.report import labels
from crm_analysis.report.catalog import entry
from crm_analysis.report.fonts import han_font_css

if TYPE_CHECKING:
    import jinja2
    from nbconvert.exporters.templateexporter import TemplateExporter

TEMPLATES = Path(__file__).with_name("template")
_WORDS = {
    "skip": labels.SKIP,
    "languages": labels.LANGUAGES,
    "this_month": labels.THIS_MONTH,
    "on_page": labels.ON_PAGE,
    "glossary": labels.GLOSSARY,
    "details": labels.DETAILS,
    "data_fitness": labels.DATA_FITNESS,
    "months": labels.MONTHS,
    "no_reports": labels.NO_REPORTS,
    "no_next": labels.NO_NEXT,
    "state": labels.STATE,
    "page": labels.PAGE,
    "answer": labels.ANSWER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of a menu; `lang` marks a link to another language, `here` the page itself."""

    text: str
    href: str
    here: bool = False
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All that stands around the content of a page, in its language."""

    lang: str
    title: str
    day: str
    meta: str = ""
    provenance: str = ""
    steps: tuple[Link, ...] = ()
    languages: tuple[Link, ...] = ()
    menu: tuple[Link, ...] = ()
    stamp: str = ""
    fitness: str = ""
    fitness_href: str = ""
    sections: tuple[Link, ...] = ()
    glossary: tuple[tuple[str, str], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def context(frame: Frame) -> dict[str, Any]:
    """Turn a frame into what the templates read."""
    words = {name: text.say(frame.lang) for name, text in _WORDS.items()}
    return {**asdict(frame), **frame.extra, "words": words, "css": _css()}


def render_page(notebook: Mapping[str, Any], frame: Frame, *, name: str) -> str:
    """Render an executed notebook in the language of the frame.

    Parameters
    ----------
    notebook : nbformat node
        As papermill left it; not changed.
    frame : Frame
        Title, menus, provenance; sections and glossary are found here.
    name : str
        File stem of the notebook, for the links to its CSV files.
    """
    chosen, sections = for_language(notebook, frame.lang)
    text = _text_of(chosen)
    told = context(frame)
    told["sections"] = [asdict(link) for link in sections]
    told["glossary"] = glossary_of(text, frame.lang)
    html, _ = _exporter().from_notebook_node(chosen, resources={"page": told})
    return _with_font(_with_csv_links(html, name, frame.lang))


def render_template(name: str, frame: Frame) -> str:
    """Render a page that is not a notebook: the index of months, the step to the next month."""
    return _with_font(str(_environment().get_template(name).render(page=context(frame))))


def for_language(notebook: Mapping[str, Any], lang: str) -> tuple[Any, tuple[Link, ...]]:
    """Keep the outputs and the prose of one language; return the sections found as well."""
    chosen: Any = copy.deepcopy(notebook)
    cells: list[Any] = []
    sections: list[Link] = []
    for cell in _without_empty(chosen["cells"], lang):
        if "papermill-error-cell-tag" in cell["metadata"].get("tags", []):
            continue
        if cell["cell_type"] == "markdown":
            cell["source"], found = _prose(cell, lang, first=len(sections))
            sections += found
        if cell.get("outputs") or (cell["cell_type"] == "markdown" and cell["source"]):
            cells.append(cell)
    chosen["cells"] = cells
    return chosen, tuple(sections)


def _without_empty(cells: list[Any], lang: str) -> list[Any]:
    """Drop other outputs, and the prose of each section that has none left."""
    kept: list[Any] = []
    has_outputs = False
    for cell in reversed(cells):
        if cell["cell_type"] == "code":
            cell["outputs"] = [one for one in cell["outputs"] if _is_shown(one, lang)]
            has_outputs = has_outputs or bool(cell["outputs"])
        if cell["cell_type"] != "markdown" or has_outputs:
            kept.append(cell)
        if cell["cell_type"] == "markdown" and re.search(r"^## ", cell["source"], re.MULTILINE):
            has_outputs = False
    return kept[::-1]


def _is_shown(output: Mapping[str, Any], lang: str) -> bool:
    return (
        output["output_type"] == "display_data"
        and output["metadata"].get("lang") == lang
        and bool(output["data"].get("text/html"))
    )


def _prose(cell: Mapping[str, Any], lang: str, *, first: int) -> tuple[str, list[Link]]:
    """Turn a Markdown cell into HTML, its H1 left to the page's head, its H2s made sections."""
    source = str(cell["metadata"].get(lang) or cell["source"])
    source = re.sub(r"\A# .*\n?", "", source)
    found: list[Link] = []

    def mark(match: re.Match[str]) -> str:
        anchor = f"s{first + len(found) + 1}"
        found.append(Link(text=unescape(match[1]), href=f"#{anchor}"))
        return f'<h2 id="{anchor}">{match[1]}</h2>'

    return re.sub(r"<h2>(.*?)</h2>", mark, _markdown()(source).strip()), found


def glossary_of(text: str, lang: str) -> list[tuple[str, str]]:
    """Choose the terms of the contract's glossary that the page uses."""
    from crm_analysis.contract import GLOSSARY

    lower = text.lower()
    terms: list[tuple[Text, Text]] = list(GLOSSARY.items())
    return [
        (term.say(lang), meaning.say(lang))
        for term, meaning in terms
        if _uses(lower, term.say(lang).lower(), lang)
    ]


def _uses(text: str, term: str, lang: str) -> bool:
    if lang == "zh":
        return term in text
    return re.search(rf"\b{re.escape(term)}s?\b", text) is not None


def _text_of(notebook: Mapping[str, Any]) -> str:
    """All words of a page without tags and pictures."""
    pieces = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            pieces.append(cell["source"])
        for output in cell.get("outputs", []):
            html = re.sub(r'(?:src|srcset)="[^"]*"', "", output["data"]["text/html"])
            pieces.append(html)
    return unescape(re.sub(r"<[^>]*>", " ", " ".join(pieces)))


def _with_font(html: str) -> str:
    return html.replace("<style>", f"<style>{han_font_css(html)}", 1)


def _with_csv_links(html: str, name: str, lang: str) -> str:
    """Put the link to its CSV below each picture and table."""
    words = escape(labels.CSV.say(lang))

    def link(match: re.Match[str]) -> str:
        href = f"tables/{match[1]}/{name}-{match[2]}.csv"
        about = escape(f"{labels.CSV.say(lang)}: {match[2].replace('_', ' ')}")
        return f'<a class="csv" href="{href}" aria-label="{about}">{words}</a>'

    return re.sub(r"<!--csv:(pictures|shown)/([^>]*?)-->", link, html)


def question(name: str) -> Text:
    """Return the H1 of a notebook's page."""
    return entry(name).question


@cache
def _css() -> str:
    return (TEMPLATES / "page.css").read_text(encoding="utf-8")


@cache
def _markdown() -> Callable[[str], Any]:
    import mistune

    return mistune.create_markdown(escape=True)


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined
    )


@cache
def _exporter() -> TemplateExporter:
    from nbconvert.exporters.templateexporter import TemplateExporter

    class PageExporter(TemplateExporter):
        """nbconvert's machinery with this project's template; inputs are never exported."""

        file_extension = ".html"
        output_mimetype = "text/html"

        def _template_name_default(self) -> str:
            return "template"

    return PageExporter(  # type: ignore[no-untyped-call]
        template_name="template",
        extra_template_basedirs=[str(TEMPLATES.parent)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
