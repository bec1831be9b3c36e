"""`Page`: how a notebook shows the parts of its result, once per language.

Every part is one output per language, marked in the output's metadata (`{"lang": "en"}`), so
that a notebook runs once and gives a page in each language.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.errors import UsageError
from crm_analysis.estimates import Estimate, estimates_from_frame
from crm_analysis.language import LANGUAGES, Text
from crm_analysis.report import labels, parts
from crm_analysis.report.parts import Earlier, Key, Part
from crm_analysis.report.tables import table_part
from crm_analysis.results import NotebookResult

if TYPE_CHECKING:
    from crm_analysis.source.known import Known


def languages(lang: str) -> tuple[str, ...]:
    """Read a list of languages, the first one being that of the unmarked page.

    Examples
    --------
    >>> languages("en,zh")
    ('en', 'zh')
    """
    chosen = tuple(dict.fromkeys(part.strip() for part in lang.split(",") if part.strip()))
    wrong = [one for one in chosen if one not in LANGUAGES]
    if wrong or not chosen:
        raise UsageError(f"language {lang!r} is unknown; allowed: {', '.join(LANGUAGES)}")
    return chosen


class Page:
    """The parts of one result, shown in the languages asked for.

    Parameters
    ----------
    known : Known
        What was known at the as-of day; gives the currency and the last month's estimates.
    result : NotebookResult
        The answer whose parts are shown.
    lang : str
        Languages joined by commas, "en" or "en,zh".
    """

    def __init__(self, known: Known, result: NotebookResult, *, lang: str) -> None:
        self._known = known
        self._result = result
        self._languages = languages(lang)

    def headline(self) -> None:
        """Show the answer in one sentence."""
        self._show(partial(parts.headline_part, self._result.headline))

    def kpis(self) -> None:
        """Show the cards of the first screen, compared with the last published month."""
        rows, earlier = self._rows(), earlier_of(self._known)
        config = self._known.config
        currency, alpha = str(config.currency), config.alpha
        make = partial(parts.kpis_part, self._result.kpis, rows, earlier)
        self._show(lambda lang: make(currency=currency, alpha=alpha, lang=lang))

    def findings(self) -> None:
        """Show the findings, or say that no regularity stands."""
        if self._result.findings or self._result.status in ("ok", "weak"):
            rows, alpha = self._rows(), self._known.config.alpha
            self._show(partial(parts.findings_part, self._result.findings, rows, alpha=alpha))

    def picture(self, name: str) -> None:
        """Show the picture of that name; nothing where the data did not allow it."""
        for picture in self._result.pictures:
            if picture.name == name:
                self._show(partial(parts.picture_part, picture))

    def pictures(self) -> None:
        """Show all pictures in their order."""
        for picture in self._result.pictures:
            self.picture(picture.name)

    def table(self, name: str) -> None:
        """Show the table of that name; nothing where the data did not allow it."""
        for table in (*self._result.tables, *self._result.appendix):
            if table.name == name:
                self._show(partial(table_part, table))

    def tables(self) -> None:
        """Show the tables that are not headline tables, in their order."""
        for table in self._result.tables:
            if not table.headline:
                self.table(table.name)

    def appendix(self) -> None:
        """Show everything else that was computed."""
        for table in self._result.appendix:
            self.table(table.name)

    def headline_tables(self) -> None:
        """Show the headline tables, which the notebook tests compare."""
        for table in self._result.tables:
            if table.headline:
                self.table(table.name)

    def lists(self) -> None:
        """Tell of the action lists; their rows lie in `private/lists/` only."""
        for actions in self._result.lists:
            self._show(partial(parts.list_part, actions))

    def limits(self) -> None:
        """Show what this does not show; nothing where a page that is off has nothing to say."""
        if self._result.does_not_show or self._result.status != "off":
            self._show(partial(parts.sentences_part, self._result.does_not_show, labels.NO_LIMITS))

    def todo(self) -> None:
        """Show what to do next; nothing where a page that is off has nothing to say."""
        if self._result.todo or self._result.status != "off":
            self._show(partial(parts.sentences_part, self._result.todo, labels.NOTHING_TO_DO))

    def _show(self, make: Callable[[str], Part]) -> None:
        display(make, self._languages)

    def _rows(self) -> dict[Key, Estimate]:
        """Estimates by key: those of this run's other notebooks, then the result's own."""
        rows = {row.key: row for row in _published(self._known)}
        return rows | {row.key: row for row in self._result.estimates}


def display(make: Callable[[str], Part], chosen: tuple[str, ...]) -> None:
    """Emit one output per language, its language in the output's metadata."""
    from IPython.display import publish_display_data  # untyped

    for lang in chosen:
        part = make(lang)
        publish_display_data(  # type: ignore[no-untyped-call]
            data={"text/html": part.html, "text/plain": part.plain}, metadata={"lang": lang}
        )


def earlier_of(known: Known) -> Earlier:
    """Read the last published month before this one, which the runner lays beside the results."""
    empty = Earlier({}, Text("", ""))
    if known.results_dir is None:
        return empty
    path = known.results_dir / "previous" / "estimates.parquet"
    if not path.is_file():
        return empty
    frame = pd.read_parquet(path)
    if frame.empty:
        return empty
    day = pd.Timestamp(str(frame["as_of"].iloc[0])).date()
    values = {row.key: row.estimate for row in estimates_from_frame(frame, drop_undeclared=True)}
    return Earlier(values, Text(labels.day_text(day, "en"), labels.day_text(day, "zh")))


def _published(known: Known) -> list[Estimate]:
    """Read what the other notebooks of this run have published so far."""
    if known.results_dir is None:
        return []
    folder = known.results_dir / "estimates"
    frames = [pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))]
    return [row for frame in frames for row in estimates_from_frame(frame)]
