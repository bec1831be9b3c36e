"""Pages from a hand-made result: escaped, one language each, no code, everything labelled."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from crm_analysis.estimates import Estimate
from crm_analysis.language import Text
from crm_analysis.report.parts import Earlier, change_text, kpis_part
from crm_analysis.report.publish import write_result
from crm_analysis.report.render import Frame, render_page
from crm_analysis.results import Kpi
from tests.report.sample import NASTY, notebook, off, result

KEY = ("M05", "outcome_probability", "", "aalen_johansen", "result")


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request):
    frame = Frame(lang=request.param, title="T", day="31 October 2026", stamp="stamped <b>")
    return request.param, render_page(notebook(), frame, name="10_failure_causes")


class Outline(HTMLParser):
    """Collects tags and checks that they close."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "img", "source", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


SECTIONS = {
    "en": ("What stands", "Evidence", "What this does not show", "What to do"),
    "zh": ("发现", "证据", "本页不能说明什么", "建议行动"),
}


@pytest.mark.parametrize("lang", SECTIONS)
def test_a_page_that_is_off_tells_why_and_has_no_empty_section(lang):
    frame = Frame(lang=lang, title="T", day="31 October 2026")
    html = render_page(notebook(shown=off()), frame, name="10_failure_causes")
    assert off().headline.say(lang) in html
    # Under the last heading stand the rows used.
    assert re.findall(r'<h2 id="s[0-9]+">(.*?)</h2>', html) == [SECTIONS[lang][-1]]
    assert {"en": "Nothing to add", "zh": "无补充"}[lang] not in html


def test_sections_with_content_keep_their_headings(page):
    lang, html = page
    assert re.findall(r'<h2 id="s[0-9]+">(.*?)</h2>', html) == list(SECTIONS[lang])


def test_tags_close_and_pictures_have_real_alt_text(page):
    lang, html = page
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    alts = [attrs.get("alt", "") for tag, attrs in outline.seen if tag == "img"]
    assert alts == [picture.sentence.say(lang) for picture in result().pictures]
    assert outline.seen[0][1]["lang"] == ("en" if lang == "en" else "zh-Hans")
    assert [tag for tag, _ in outline.seen].count("h1") == 1


def test_no_code_no_warning_no_notebook_word(page):
    _, html = page
    assert "secret" not in html
    assert "Warning: no" not in html
    assert "page.part" not in html
    assert "DataFrame" not in html
    assert "In [" not in html


def test_free_text_is_escaped(page):
    _, html = page
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "stamped &lt;b&gt;" in html


def test_one_language_a_page(page):
    lang, html = page
    assert (result().headline.zh[:8] in html) == (lang == "zh")
    assert ("What stands" in html) == (lang == "en")


def test_nothing_is_fetched(page):
    _, html = page
    found = re.findall(r'(?:src|href|srcset)="([^"]*)"', html)
    assert all(one.startswith(("data:", "#", "tables/")) for one in found if one), found
    assert "@import" not in html
    assert "https://" not in html


def test_csv_links_lead_to_what_is_published(page, tmp_path):
    _, html = page
    write_result(result(), tmp_path)
    links = re.findall(r'class="csv" href="([^"]*)"', html)
    assert len(links) == len(result().pictures) + len(result().tables)
    for link in links:
        assert (tmp_path / link).read_bytes().startswith(b"\xef\xbb\xbf")


def test_published_lists_hold_no_formula(tmp_path):
    write_result(result(), tmp_path)
    rows = pd.read_csv(tmp_path / "private/lists/open_deals.csv", encoding="utf-8-sig", dtype=str)
    assert list(rows["note"]) == ["'=1+2", "-3"]
    shown = (tmp_path / "tables/shown/10_failure_causes-by_rep.csv").read_text("utf-8-sig")
    assert NASTY.replace('"', '""') in shown


@pytest.mark.parametrize(
    ("value", "before", "good", "kind", "words"),
    [
        (0.30, 0.25, "down", "worse", "▲ +5.0 pp, worse since"),
        (0.30, 0.35, "down", "better", "▼ −5.0 pp, better since"),
        (0.30, 0.25, "neutral", "moved", "▲ +5.0 pp, up since"),
        (0.30, 0.3000001, "up", "same", "= no change since"),
        (0.30, None, "up", "none", "not in the last report"),
    ],
)
def test_change_has_arrow_amount_and_word(value, before, good, kind, words):
    kpi = Kpi(
        name="k", label=Text("k", "k"), value=value, unit="share", good=good, estimate_key=KEY
    )
    earlier = Earlier({KEY: before}, Text("30 September 2026", "2026年9月30日"))
    assert change_text(kpi, earlier, "en")[0] == kind
    assert change_text(kpi, earlier, "en")[1].startswith(words)
    assert "+0" not in change_text(kpi, earlier, "zh")[1].replace("+0.", "")


def test_long_tables_say_where_the_rest_is():
    from crm_analysis.report.tables import MAX_ROWS, table_part

    table = result().tables[0]
    frame = pd.concat([table.frame] * 20, ignore_index=True)
    html = table_part(replace(table, frame=frame), "en").html
    assert html.count("<tr>") == MAX_ROWS + 1
    assert "The first 25 of 40 rows" in html


def test_the_interval_of_a_card_names_the_level_of_the_settings():
    row = Estimate(
        module="M05",
        quantity="outcome_probability",
        segment="",
        method="aalen_johansen",
        estimate=0.4,
        ci_lo=0.3,
        ci_hi=0.5,
    )
    card = Kpi(name="a", label=Text("a", "甲"), value=0.4, unit="share", estimate_key=row.key)
    earlier = Earlier(values={}, day=Text("", ""))
    for lang, words in (("en", "90 % interval"), ("zh", "90 % 区间")):
        options = {"currency": "CNY", "alpha": 0.1, "lang": lang}
        assert words in kpis_part([card], {row.key: row}, earlier, **options).html


def row_lengths(browser, path, width: int) -> list[int]:
    """Count the cards in each row as a browser lays them out."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    browser.get(path.absolute().as_uri())
    tops = browser.execute_script(
        "return [...document.querySelectorAll('.kpi')].map(c => c.getBoundingClientRect().top)"
    )
    return [tops.count(top) for top in sorted(set(tops))]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("n_cards", "wide", "narrow"),
    [(3, [3], [2, 1]), (4, [4], [2, 2]), (5, [3, 2], [2, 2, 1]), (6, [3, 3], [2, 2, 2])],
)
def test_cards_lie_in_balanced_rows(tmp_path, browser, n_cards, wide, narrow):
    """Six cards are 3 and 3 on a screen and on paper, never 4 and 2."""
    label = Text("Won", "成交")
    cards = [Kpi(name=f"k{n}", label=label, value=0.4, unit="share") for n in range(n_cards)]
    earlier = Earlier(values={}, day=Text("", ""))
    part = kpis_part(cards, {}, earlier, currency="CNY", alpha=0.05, lang="en")
    frame = Frame(lang="en", title="T", day="31 October 2026", stamp="")
    html = render_page(notebook(), frame, name="10_failure_causes")
    shown, n_shown = re.subn(r'<ul class="kpis.*?</ul>', part.html, html, flags=re.DOTALL)
    assert n_shown == 1
    page = tmp_path / "page.html"
    page.write_text(shown, encoding="utf-8")
    assert row_lengths(browser, page, 1280) == wide
    assert row_lengths(browser, page, 720)[0] <= 4
    assert row_lengths(browser, page, 390) == narrow
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert max(row_lengths(browser, page, 720)) <= 3
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
