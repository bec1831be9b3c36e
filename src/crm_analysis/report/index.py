"""`reports/index.html`: months × notebooks, newest first, and the steps between months.

Both are made anew from the manifests of the published months, after each publication and at the
start of each run (a run may have been killed between the two).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from crm_analysis.report import labels
from crm_analysis.report.catalog import CATALOG, SUMMARY, entry, page_file
from crm_analysis.report.manifest import Entry, Manifest, read_manifest
from crm_analysis.report.render import Frame, Link, render_template
from crm_analysis.report.staging import published, remove


def write_index(out: Path) -> None:
    """Write the index in the languages of the newest month, and every month's next step."""
    manifests = [read_manifest(out / day) for day in published(out)]
    months = [one for one in reversed(manifests) if one is not None]
    if not months:
        return
    languages = months[0].languages
    for lang in languages:
        _write(out / _index_file(lang, languages), _index(months, lang))
    _write_next(out, months)


def _index_file(lang: str, languages: tuple[str, ...]) -> str:
    return "index.html" if lang == languages[0] else f"index.{lang}.html"


def _write(path: Path, html: str) -> None:
    """Replace a file in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(html, encoding="utf-8")
    new.replace(path)


def _index(months: list[Manifest], lang: str) -> str:
    languages = months[0].languages
    newest = labels.day_text(date.fromisoformat(months[0].as_of), lang)
    frame = Frame(
        lang=lang,
        title=labels.REPORT.say(lang),
        day=newest,
        meta=f"{labels.AS_OF.say(lang)} {newest}",
        provenance=f"crm_analysis {_version(months[0])}",
        languages=tuple(
            Link(
                text=labels.LANGUAGE_NAMES[other],
                href=_index_file(other, languages),
                here=other == lang,
                lang=other,
            )
            for other in languages
        ),
        extra={"months": [_month(months, place, lang) for place in range(len(months))]},
    )
    return render_template("months.html.j2", frame)


def _version(manifest: Manifest) -> str:
    return str(manifest.versions.get("crm_analysis", ""))


def _month(months: list[Manifest], place: int, lang: str) -> dict[str, Any]:
    manifest = months[place]
    summary = manifest.entry(SUMMARY)
    steps = []
    if place + 1 < len(months):
        steps.append(_step(f"← {labels.PREVIOUS.say(lang)}", months[place + 1], lang))
    if place:
        steps.append(_step(f"{labels.NEXT.say(lang)} →", months[place - 1], lang))
    return {
        "as_of": manifest.as_of,
        "day": labels.day_text(date.fromisoformat(manifest.as_of), lang),
        "href": _page(manifest, SUMMARY, lang),
        "headline": summary.headline.get(lang, "") if summary else "",
        "rows": [_row(manifest, one.name, lang) for one in CATALOG if one.name != SUMMARY],
        "steps": steps,
    }


def _step(text: str, manifest: Manifest, lang: str) -> dict[str, Any]:
    day = labels.day_text(date.fromisoformat(manifest.as_of), lang)
    return {"text": f"{text} ({day})", "href": f"#m{manifest.as_of}", "here": False, "lang": ""}


def _page(manifest: Manifest, name: str, lang: str) -> str:
    one = manifest.entry(name)
    have = one.languages if one else ()
    chosen = lang if lang in have or not have else have[0]
    return f"{manifest.as_of}/{page_file(name, chosen, manifest.languages[0])}"


def _row(manifest: Manifest, name: str, lang: str) -> dict[str, str]:
    one = manifest.entry(name) or Entry(name=name, state="missing")
    code = one.status if one.state == "new" else one.state
    code = "failed_missing" if code == "missing" and one.fault else code
    return {
        "text": entry(name).title.say(lang),
        "href": "" if one.state == "missing" else _page(manifest, name, lang),
        "status": labels.STATUS_WORDS[code].say(lang),
        "headline": one.headline.get(lang, ""),
    }


def _write_next(out: Path, months: list[Manifest]) -> None:
    """Write where each page's "next month" leads; `months` are newest first."""
    wanted = {manifest.as_of for manifest in months}
    for path in (out / "next").glob("*"):
        if path.name not in wanted:
            remove(path)
    for place, manifest in enumerate(months):
        later = months[place - 1] if place else None
        for one in manifest.notebooks:
            for lang in one.languages if one.state != "missing" else ():
                file = page_file(one.name, lang, manifest.languages[0])
                _write(out / "next" / manifest.as_of / file, _next(later, one.name, lang, out=out))


def _next(later: Manifest | None, name: str, lang: str, *, out: Path) -> str:
    target, day = "", labels.NO_NEXT.say(lang)
    if later is not None:
        page = _page(later, name, lang)
        if not (out / page).is_file():
            page = _page(later, SUMMARY, lang)
        target, day = f"../../{page}", labels.day_text(date.fromisoformat(later.as_of), lang)
    back = Link(text=labels.ALL_REPORTS.say(lang), href="../../index.html")
    frame = Frame(
        lang=lang, title=labels.NEXT.say(lang), day=day, steps=(back,), extra={"target": target}
    )
    return render_template("next.html.j2", frame)
