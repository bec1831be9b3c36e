"""The demo's real report, looked at in a real browser: what leaders see."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from crm_analysis.cli import main
from crm_analysis.estimates import read_segment
from crm_analysis.report.catalog import NAMES, SUMMARY
from tests.notebooks.questions import questions

SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "reports"
    assert main(["demo", "--out", str(out)]) == 0
    return out


def pages(report: Path) -> list[Path]:
    """List the index, its Chinese twin, the summary and the other pages in both languages."""
    month = report / "2026-10-31"
    found = [*sorted(report.glob("*.html")), *sorted(month.glob("*.html"))]
    assert len(found) == 2 + 2 * len(NAMES)
    return found


def show(browser, path: Path, width: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.get(path.absolute().as_uri())


def test_every_notebook_is_published_and_answers(report):
    told = json.loads((report / "2026-10-31/manifest.json").read_text("utf-8"))
    assert {one["name"]: one["state"] for one in told["notebooks"]} == dict.fromkeys(NAMES, "new")
    assert all(one["status"] in ("ok", "weak") for one in told["notebooks"])
    assert all(one["headline"]["en"] and one["headline"]["zh"] for one in told["notebooks"])


def test_each_question_that_is_claimed_has_its_row(report):
    """notebooks/README.md names a quantity for each question; the demo's estimates hold it."""
    rows = pd.read_parquet(report / "2026-10-31/tables/estimates.parquet")
    rows = rows[rows["role"] != "naive"]
    parts = {
        (row.notebook, row.quantity, part)
        for row in rows.itertuples()
        for part in ["", *(f"{name}={value}" for name, value in read_segment(row.segment).items())]
    }
    for one in questions():
        assert ((one.notebook, one.quantity, one.segment) in parts) is one.in_demo, one.row


def test_pages_carry_no_machine_and_no_notebook_words(report):
    for path in pages(report):
        words = re.sub(
            r"<style>.*?</style>|base64,[^\"')]*", "", path.read_text("utf-8"), flags=re.S
        )
        for word in ("Traceback", "DataFrame", "Out[", "/tmp/", "/home/", "nan", "NaN", "None"):
            assert not re.search(rf"(?<![a-zA-Z]){re.escape(word)}(?![a-zA-Z])", words), (
                path,
                word,
            )


def test_every_number_shown_has_its_csv(report):
    month = report / "2026-10-31"
    for path in month.glob("*.html"):
        html = path.read_text("utf-8")
        links = re.findall(r'class="csv" href="([^"]*)"', html)
        assert len(links) == html.count("<figure")
        for link in links:
            assert (month / link).is_file()


@pytest.mark.browser
def test_no_request_leaves_a_page_and_nothing_is_too_wide(report, browser):
    for path in pages(report):
        for width in (1280, 390):
            show(browser, path, width)
            entries = browser.execute_script(
                "return performance.getEntriesByType('resource').map(e => e.name)"
            )
            assert [one for one in entries if not one.startswith("data:")] == []
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, (path.name, width, wide)


@pytest.mark.browser
def test_every_picture_is_drawn_and_has_its_finding_as_text(report, browser):
    for path in pages(report):
        show(browser, path, 1280)
        pictures = browser.execute_script(
            "return [...document.images].map(i => [i.alt, i.naturalWidth, i.complete])"
        )
        for alt, width, complete in pictures:
            assert complete
            assert width > 100
            assert len(alt) > 20
            assert re.search(r"\d", alt)


@pytest.mark.browser
def test_axe_finds_nothing_on_the_leadership_page(report, browser):
    for name in ("index.html", "index.zh.html"):
        for scheme in SCHEMES:
            assert_axe_finds_nothing(browser, report / "2026-10-31" / name, scheme)


@pytest.mark.browser
def test_axe_finds_nothing_on_any_other_page(report, browser):
    """Each in one language and one scheme, in turn; a night sees all."""
    suffixes = (".html", ".zh.html")
    others = [report / "index", *(report / "2026-10-31" / name for name in NAMES)]
    others.remove(report / "2026-10-31" / SUMMARY)  # the leadership page
    for place, page in enumerate(others):
        path = page.with_name(page.name + suffixes[place % 2])
        assert_axe_finds_nothing(browser, path, SCHEMES[place // 2 % 2])


@pytest.mark.nightly
@pytest.mark.browser
def test_axe_finds_nothing_on_all_pages_in_both_schemes(report, browser):
    for path in pages(report):
        for scheme in SCHEMES:
            assert_axe_finds_nothing(browser, path, scheme)


def assert_axe_finds_nothing(browser, path: Path, scheme: str) -> None:
    from axe_selenium_python import Axe

    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    show(browser, path, 1280)
    axe = Axe(browser)
    axe.inject()
    found = axe.run()["violations"]
    assert found == [], (path.name, scheme, axe.report(found))


@pytest.mark.browser
def test_it_prints_on_a4_with_page_numbers(report, browser):
    show(browser, report / "2026-10-31/10_failure_causes.html", 1280)
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    data = base64.b64decode(printed["data"])
    assert b"/MediaBox [0 0 59" in data  # A4: 595 x 842 points
    # the answer and its evidence, and an appendix of all that was asked
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 26
    css = (report / "2026-10-31/10_failure_causes.html").read_text("utf-8")
    assert 'counter(page) " / " counter(pages)' in css


@pytest.mark.nightly
def test_two_demo_runs_are_equal_to_the_byte(report, tmp_path):
    assert main(["demo", "--out", str(tmp_path / "again"), "--jobs", "1"]) == 0
    one, two = (base / "2026-10-31" for base in (report, tmp_path / "again"))
    for path in [*one.glob("*.html"), *one.glob("tables/**/*.*")]:
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes(), path.name
