"""Each part of a result as a piece of page (HTML) and as plain text.

Decision: the kernel writes finished, escaped HTML in every language; the page template only
chooses a language and puts the frame around it. So a notebook in JupyterLab and the published
page show the same thing, and free text of customers is escaped in one place only.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from crm_analysis.estimates import Estimate, grade_text
from crm_analysis.language import Text, level_text, number_text
from crm_analysis.plots.values import MISSING, value_text
from crm_analysis.report import labels
from crm_analysis.results import ActionList, Finding, Kpi, Picture

Key = tuple[str, str, str, str, str]
_ONE_ROW = 4  # more cards than these go into rows of three


@dataclass(frozen=True, slots=True)
class Part:
    """What one cell shows in one language."""

    html: str
    plain: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The estimates of the last published month, to compare with; `day` is "" without one."""

    values: Mapping[Key, float | None]
    day: Text


def headline_part(sentence: Text, lang: str) -> Part:
    """Show the answer in one sentence."""
    words = sentence.say(lang)
    first, rest = lead_sentence(words)
    more = f'<p class="more">{escape(rest)}</p>' if rest else ""
    return Part(f'<p class="headline">{escape(first)}</p>{more}', words)


def lead_sentence(words: str) -> tuple[str, str]:
    """Split the first sentence off, so that a page can set it apart.

    Examples
    --------
    >>> lead_sentence("It fell by 2.3 pp (n = 12). Call them.")
    ('It fell by 2.3 pp (n = 12).', 'Call them.')
    >>> lead_sentence("下降了。请致电。")
    ('下降了。', '请致电。')
    """
    match = re.search(r"(?<=[^\d\s][.!?]) (?=[A-Z0-9“])|(?<=[。！？])(?=.)", words)
    if match is None:
        return words, ""
    return words[: match.start()], words[match.end() :]


def _told(words: str) -> str:
    """Write a claim with its first sentence strong and the rest plain."""
    first, rest = lead_sentence(words)
    return f"<strong>{escape(first)}</strong> {escape(rest)}".strip()


def sentences_part(sentences: Sequence[Text], empty: Text, lang: str) -> Part:
    """Show a list of sentences, or the one sentence for an empty list."""
    if not sentences:
        return Part(f"<p>{escape(empty.say(lang))}</p>", empty.say(lang))
    words = [sentence.say(lang) for sentence in sentences]
    items = "".join(f"<li>{escape(word)}</li>" for word in words)
    return Part(f'<ul class="sentences">{items}</ul>', "\n".join(words))


def findings_part(
    findings: Sequence[Finding], rows: Mapping[Key, Estimate], lang: str, *, alpha: float
) -> Part:
    """Show each finding with its evidence grade, what it rests on, and what to do."""
    if not findings:
        words = labels.NO_FINDING.say(lang)
        return Part(f'<p class="nofinding">{escape(words)}</p>', words)
    items, plain = [], []
    for finding in findings:
        grade = grade_text(finding.evidence).say(lang)
        row = rows.get(finding.estimate_key) if finding.estimate_key else None
        basis = _basis(row, lang, alpha)
        weak = f" · {labels.WEAK.say(lang)}" if finding.status == "weak" else ""
        items.append(
            f'<li class="finding"><p class="claim">{_told(finding.sentence.say(lang))}</p>'
            f'<p class="grade grade-{finding.evidence}"><span class="label">'
            f"{escape(labels.GRADE.say(lang))}</span> {escape(grade + basis + weak)}</p>"
            f'<p class="action"><span class="label">{escape(labels.TO_DO.say(lang))}</span> '
            f"{escape(finding.action.say(lang))}</p></li>"
        )
        plain.append(f"{finding.sentence.say(lang)} [{grade}{weak}] {finding.action.say(lang)}")
    return Part(f'<ol class="findings">{"".join(items)}</ol>', "\n".join(plain))


def kpis_part(
    kpis: Sequence[Kpi],
    rows: Mapping[Key, Estimate],
    earlier: Earlier,
    *,
    currency: str,
    alpha: float,
    lang: str,
) -> Part:
    """Show the cards: value and unit, what it rests on, change since the last report."""
    cards, plain = [], []
    for kpi in kpis:
        value = value_text(kpi.value, kpi.unit, lang)
        money = currency if kpi.unit == "money" and value != MISSING else ""
        kind, change = change_text(kpi, earlier, lang)
        basis = _basis(rows.get(kpi.estimate_key) if kpi.estimate_key else None, lang, alpha)
        cards.append(
            f'<li class="kpi"><p class="name">{escape(kpi.label.say(lang))}</p>'
            f'<p class="value">{_value_html(value, money)}</p>'
            f'<p class="change {kind}">{escape(change)}</p>'
            f'<p class="basis">{escape(basis.removeprefix(" · "))}</p></li>'
        )
        plain.append(
            f"{kpi.label.say(lang)}: {money} {value} ({change}){basis}".replace(":  ", ": ")
        )
    layout = "kpis thirds" if len(cards) > _ONE_ROW else "kpis"
    html = f'<ul class="{layout}">{"".join(cards)}</ul>' if cards else ""
    return Part(html, "\n".join(plain))


def _value_html(value: str, money: str) -> str:
    """Write the number large and its unit small."""
    number, _, unit = value.partition(" ")
    words = [f'<span class="unit">{escape(word)}</span>' if word else "" for word in (money, unit)]
    return f"{words[0]} {escape(number)} {words[1]}".strip()


def change_text(kpi: Kpi, earlier: Earlier, lang: str) -> tuple[str, str]:
    """Say how a card moved: arrow, amount and word, never colour alone; never "+0"."""
    before = earlier.values.get(kpi.estimate_key) if kpi.estimate_key else None
    if before is None or kpi.value is None:
        return "none", (labels.NOT_BEFORE if earlier.day.en else labels.FIRST_RUN).say(lang)
    moved = kpi.value - before
    unit = "points" if kpi.unit == "share" else kpi.unit
    amount = value_text(moved, unit, lang, signed=True)
    since = f"{labels.SINCE.say(lang)} {earlier.day.say(lang)}"
    if amount[0] not in "+−":
        return "same", f"= {labels.NO_CHANGE.say(lang)} {since}"
    up = moved > 0
    arrow = "▲" if up else "▼"
    if kpi.good == "neutral":
        return "moved", f"{arrow} {amount}, {(_up(up)).say(lang)} {since}"
    better = up == (kpi.good == "up")
    word = labels.CHANGE_BETTER if better else labels.CHANGE_WORSE
    kind = "better" if better else "worse"
    return kind, f"{arrow} {amount}, {word.say(lang)} {since}"


def _up(up: bool) -> Text:
    return labels.CHANGE_UP if up else labels.CHANGE_DOWN


FORECAST_NOTE = "interval_90"


def _basis(row: Estimate | None, lang: str, alpha: float) -> str:
    """Write what a number rests on: interval at level 1 - alpha (forecasts: 90 %), and n."""
    if row is None:
        return ""
    text = ""
    if row.ci_lo is not None and row.ci_hi is not None:
        low, high = (_bare(end, row.quantity) for end in (row.ci_lo, row.ci_hi))
        level = level_text(0.1 if FORECAST_NOTE in row.note else alpha)
        name = labels.fill(labels.INTERVAL, level=level).say(lang)
        text += f" · {name} {low} – {high}"
    return text + (f" · n = {number_text(row.n)}" if row.n is not None else "")


def _bare(value: float, quantity: str) -> str:
    from crm_analysis.quantities import QUANTITIES

    unit = QUANTITIES[quantity].unit
    return value_text(value, unit, "en").removesuffix(" days").removesuffix(" day")


def picture_part(picture: Picture, lang: str) -> Part:
    """Show a picture: title and sentence as text, the drawing wide and narrow, caption."""
    from crm_analysis.plots.draw import draw_svg

    wide, narrow = (draw_svg(picture, lang, narrow=narrow) for narrow in (False, True))
    sentence = picture.sentence.say(lang)
    html = (
        f'<figure class="picture"><figcaption><h3>{escape(picture.title.say(lang))}</h3>'
        f'<p class="proof">{escape(sentence)}</p></figcaption>'
        f'<picture><source media="(max-width: 640px)" srcset="{_data_uri(narrow)}">'
        f'<img src="{_data_uri(wide)}" alt="{escape(sentence)}"></picture>'
        f'<p class="caption">{escape(picture.caption.say(lang))} '
        f"<!--csv:pictures/{escape(picture.name)}--></p></figure>"
    )
    return Part(html, sentence)


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def list_part(actions: ActionList, lang: str) -> Part:
    """Tell of an action list: what it is for, how long it is, where it lies; no row is shown."""
    rows = f"{number_text(len(actions.frame))} {labels.LIST_ROWS.say(lang)}"
    purpose = actions.purpose.say(lang)
    place = f"private/lists/{actions.name}.csv"
    html = (
        f'<div class="list"><p><span class="label">{escape(labels.LIST_FILE.say(lang))}</span> '
        f"{escape(purpose)}</p><p><code>{escape(place)}</code> · {escape(rows)}</p></div>"
    )
    return Part(html, f"{actions.name}: {rows}. {purpose}")


def rows_part(rows: Mapping[str, int], *, source: str, as_of: Text, status: str, lang: str) -> Part:
    """Show the foot of a notebook: source, as-of day and rows used per table."""
    used = ", ".join(f"{name} {number_text(count)}" for name, count in sorted(rows.items()))
    told = [
        f"{labels.AS_OF.say(lang)} {as_of.say(lang)}",
        f"{labels.SOURCE.say(lang)}{': ' if lang == 'en' else '：'}{source}",
        f"{labels.STATE.say(lang)}: {labels.STATUS_WORDS[status].say(lang)}",
    ]
    if used:
        told.append(f"{labels.ROWS_USED.say(lang)}: {used}")
    words = " · ".join(told)
    return Part(f'<p class="rows">{escape(words)}</p>', words)
