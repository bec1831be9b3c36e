"""The pages of one month: each notebook in each language, with its menus and its footer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from crm_analysis.language import Text
from crm_analysis.report import labels
from crm_analysis.report.catalog import CATALOG, FIRST, SUMMARY, entry, page_file
from crm_analysis.report.manifest import Entry, Manifest, Provenance
from crm_analysis.report.render import Frame, Link, render_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What the pages of a month share; `previous` is the published day before, with its files."""

    as_of: date
    languages: tuple[str, ...]
    entries: tuple[Entry, ...]
    previous: str | None = None
    previous_files: frozenset[str] = frozenset()

    def shown(self) -> list[Entry]:
        """Return the notebooks that have a page, in reading order, the summary first."""
        order = [SUMMARY, *(one.name for one in CATALOG if one.name != SUMMARY)]
        have = {one.name: one for one in self.entries if one.state != "missing"}
        return [have[name] for name in order if name in have]


def write_pages(folder: Path, month: Month) -> None:
    """Write every page of a month into its folder."""
    import nbformat

    for one in month.shown():
        path = folder / "private/notebooks" / f"{one.name}.ipynb"
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        for lang in one.languages:
            frame = frame_of(one, month, lang, fitness=_fitness(folder, one, lang))
            html = render_page(notebook, frame, name=one.name)
            file = page_file(one.name, lang, month.languages[0])
            (folder / file).write_text(html, encoding="utf-8")


def frame_of(one: Entry, month: Month, lang: str, *, fitness: str) -> Frame:
    """Build the frame of a page: menus, steps between months, stamp, footer."""
    day = labels.day_text(month.as_of, lang)
    source = one.provenance.source if one.provenance else ""
    return Frame(
        lang=lang,
        title=entry(one.name).question.say(lang),
        day=day,
        meta=f"{labels.AS_OF.say(lang)} {day} · {source_text(source).say(lang)}",
        provenance=provenance_text(one.provenance, lang) if one.provenance else "",
        steps=_steps(one, month, lang),
        languages=_languages(one, month, lang),
        menu=_menu(one, month, lang),
        stamp=_stamp(one, lang),
        fitness=fitness,
        fitness_href=_href(FIRST, month, lang),
    )


def _fitness(folder: Path, one: Entry, lang: str) -> str:
    """Say in one sentence how far the data can be trusted, from notebook 00's own headline."""
    path = folder / "results" / f"{FIRST}.json"
    if one.name == FIRST or not path.is_file():
        return ""
    headline: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))["headline"]
    return headline[lang]


def source_text(source: str) -> Text:
    """Name a source for readers: its last part, without the path of a machine."""
    if source in ("demo:", "demo"):
        return Text("demo data", "演示数据")
    if "://" in source:
        return Text(source, source)
    return Text(Path(source).name, Path(source).name)


def provenance_text(whence: Provenance, lang: str) -> str:
    """Write the footer: source, as-of day, fingerprint of the as-of view, version."""
    day = labels.day_text(date.fromisoformat(whence.as_of), lang)
    return " · ".join(
        (
            f"{labels.SOURCE.say(lang).capitalize()}: {source_text(whence.source).say(lang)}",
            f"{labels.AS_OF.say(lang)} {day}",
            f"{labels.FINGERPRINT.say(lang)} {whence.fingerprint}",
            f"crm_analysis {whence.version}",
        )
    )


def _href(name: str, month: Month, lang: str) -> str:
    """Link to a page of the month, in this language where it exists."""
    one = next((entry for entry in month.entries if entry.name == name), None)
    have = one.languages if one else ()
    return page_file(name, lang if lang in have or not have else have[0], month.languages[0])


def _menu(one: Entry, month: Month, lang: str) -> tuple[Link, ...]:
    return tuple(
        Link(
            text=entry(other.name).title.say(lang),
            href=_href(other.name, month, lang),
            here=other.name == one.name,
        )
        for other in month.shown()
    )


def _steps(one: Entry, month: Month, lang: str) -> tuple[Link, ...]:
    """Link to all reports and to the months before and after.

    The month after is not known when this one is published: the link goes by a page outside the
    immutable folder, which each publication renews.
    """
    file = page_file(one.name, lang, month.languages[0])
    first = "../index.html" if lang == month.languages[0] else f"../index.{lang}.html"
    steps = [Link(text=labels.ALL_REPORTS.say(lang), href=first)]
    if month.previous:
        target = file if file in month.previous_files else "index.html"
        before = f"../{month.previous}/{target}"
        steps.append(Link(text=f"← {labels.PREVIOUS.say(lang)}", href=before))
    after = f"../next/{month.as_of.isoformat()}/{file}"
    steps.append(Link(text=f"{labels.NEXT.say(lang)} →", href=after))
    return tuple(steps)


def _languages(one: Entry, month: Month, lang: str) -> tuple[Link, ...]:
    return tuple(
        Link(
            text=labels.LANGUAGE_NAMES[other],
            href=page_file(one.name, other, month.languages[0]),
            here=other == lang,
            lang=other,
        )
        for other in one.languages
    )


def _stamp(one: Entry, lang: str) -> str:
    """Say on a page that it is from an earlier run, and why."""
    if one.state == "new" or one.provenance is None:
        return ""
    sentence = labels.STAMP_FAILED if one.state == "failed" else labels.STAMP_KEPT
    run = labels.fill(labels.RUN, number=one.provenance.run)
    return labels.fill(sentence, run=run).say(lang)


def month_of(manifest: Manifest, *, previous: str | None, files: frozenset[str]) -> Month:
    """Return what the pages share, from the manifest about to be written."""
    return Month(
        as_of=date.fromisoformat(manifest.as_of),
        languages=manifest.languages,
        entries=manifest.notebooks,
        previous=previous,
        previous_files=files,
    )
