"""Pictures: every kind, both languages, both widths; same numbers, same bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

import matplotlib
import pandas as pd
import pytest
from wcwidth import wcswidth

from crm_analysis.language import Text
from crm_analysis.plots import theme
from crm_analysis.plots.draw import draw, draw_svg
from crm_analysis.plots.values import value_text
from tests.plots.sample import PICTURES, bars, forest, grouped_tracks


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("make", PICTURES)
def test_same_numbers_same_bytes_and_no_request(make, lang, narrow):
    svg = draw_svg(make(), lang, narrow=narrow)
    assert svg == draw_svg(make(), lang, narrow=narrow)
    assert svg.startswith("<svg")
    urls = set(re.findall(r"https?://[^\"' ]+", svg))
    assert urls <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<metadata" not in svg
    assert "<dc:date" not in svg


@pytest.mark.parametrize("make", PICTURES)
def test_dark_mode_has_every_colour(make):
    svg = draw_svg(make(), "en")
    used = set(re.findall(r"var\(--(\w+)\)", svg))
    assert used
    assert used <= set(theme.TOKENS)
    assert "prefers-color-scheme:dark" in svg


def test_title_is_the_finding():
    figure = draw(bars(), "en")
    assert figure.get_suptitle() == bars().title.en
    assert draw(bars(), "zh", titled=False).get_suptitle() == ""


def test_chinese_has_glyphs_without_changing_global_settings():
    before = dict(matplotlib.rcParams)
    assert theme.register_fonts() == "Noto Sans SC"
    draw_svg(bars(), "zh")  # a missing glyph is a warning, and warnings are errors
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("lang", "names"), [("en", ["lost", "won", "average"]),
                                             ("zh", ["丢单", "成交", "平均"])])  # fmt: skip
@pytest.mark.parametrize("n_panels", [2, 5])
def test_grouped_tracks_are_explained_once_and_the_mean_lies_over_them(lang, names, n_panels):
    picture = grouped_tracks()
    more = [
        picture.numbers.assign(panel_en=f"{number}", panel_zh=f"{number}")
        for number in range(n_panels - 2)
    ]
    picture = replace(picture, numbers=pd.concat([picture.numbers, *more]))
    figure = draw(picture, lang, titled=False)
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    [legend] = legends
    assert [text.get_text() for text in legend.get_texts()] == names
    for axes in figure.axes[:n_panels]:
        thick = max(axes.get_lines(), key=lambda line: line.get_linewidth())
        assert thick.get_label() == names[-1]
        assert thick.get_zorder() == max(line.get_zorder() for line in axes.get_lines())
        styles = {(line.get_color(), str(line.get_linestyle())) for line in axes.get_lines()}
        assert len(styles) == 3


def test_values_stand_beside_the_marks():
    texts = [text.get_text() for text in draw(bars(), "en").axes[0].texts]
    assert texts == ["34.0 %", "21.0 %", "13.0 %", "9.0 %"]
    texts = [text.get_text() for text in draw(forest(), "zh").axes[0].texts]
    assert texts == [
        "0.70 (0.55 至 0.90)",
        "1.35 (1.10 至 1.62)",
        "0.30 (0.25 至 0.36)",
        "数据太少",
    ]


@pytest.mark.parametrize("unit", ["ratio", "money"])
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_forest_texts_never_lie_over_each_other(lang, narrow, unit):
    long_en = "hours from receiving the lead to our very first answered contact (by day 14)"
    long_zh = "从收到线索到我们第一次得到客户答复的联系之间所经过的小时数（截至第 14 天为止）"
    numbers = forest().numbers.assign(label_en=long_en, label_zh=long_zh)
    numbers = pd.concat([forest().numbers, numbers, numbers, numbers])
    if unit == "money":
        numbers[["estimate", "ci_lo", "ci_hi"]] *= 1e6
    picture = replace(forest(), numbers=numbers, unit=unit)
    figure = draw(picture, lang, titled=False, narrow=narrow)
    figure.draw_without_rendering()  # lays it out as saving does
    axes = figure.axes[0]
    texts = [*axes.texts, *axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label]
    assert sum(text.get_text()[:4] in {long_en[:4], long_zh[:4]} for text in texts) == 12
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    over = [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]
    assert over == []
    width = theme.NARROW_INCHES if narrow else theme.WIDE_INCHES
    assert figure.get_tightbbox().width <= width  # else the page shrinks the letters


def test_naive_row_differs_by_shape():
    markers = [line.get_marker() for line in draw(forest(), "en").axes[0].lines]
    assert "D" in markers
    assert "o" in markers


@pytest.mark.parametrize(
    "text", ["距离上次联系的天数（不含周末）", "days since the last contact", "混合 mixed 文字"]
)
@pytest.mark.parametrize("width", [8, 12, 20])
def test_wrapping_keeps_the_width(text, width):
    lines = theme.wrap(text, width, lines=9).split("\n")
    assert all(wcswidth(line) <= max(width, 11) for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_plus_zero():
    assert value_text(0.0, "points", "en") == "0.0 pp"
    assert value_text(-1e-9, "share", "en") == "0.0 %"
    assert value_text(None, "money", "zh") == "–"


def test_dollar_signs_are_text_not_mathematics():
    numbers = bars().numbers.assign(label_en="Tier $100_$200")
    svg = draw_svg(replace(bars(), numbers=numbers, title=Text("$a_$", "$a_$")), "en")
    assert svg.startswith("<svg")
