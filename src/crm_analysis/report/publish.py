"""`publish`: the last cell of a notebook writes the result where the runner merges it.

In `out_dir`: estimates/<notebook>.parquet · results/<notebook>.json ·
tables/pictures/<notebook>-<picture>.csv · tables/shown/<notebook>-<table>.csv ·
private/lists/<list>.csv · private/alarms/<notebook>.parquet. An empty `out_dir` writes nothing.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crm_analysis.estimates import estimates_frame, significant
from crm_analysis.language import Text
from crm_analysis.report import labels
from crm_analysis.report.alarms import write_said
from crm_analysis.report.page import display, languages
from crm_analysis.report.parts import rows_part
from crm_analysis.results import NotebookResult, to_json


def publish(result: NotebookResult, out_dir: str, *, source: str = "", lang: str = "en") -> None:
    """Write a result's tables and narrative; show source, as-of day and rows used.

    Parameters
    ----------
    result : NotebookResult
        The answer, complete: nothing is computed here.
    out_dir : str
        Folder to write to; "" writes nothing (a notebook run by hand).
    source : str
        Name of the source without secrets (`known.source_name`).
    lang : str
        Languages joined by commas.
    """
    if out_dir:
        write_result(result, Path(out_dir))
    day = Text(labels.day_text(result.as_of, "en"), labels.day_text(result.as_of, "zh"))
    display(
        lambda one: rows_part(
            result.rows, source=source, as_of=day, status=result.status, lang=one
        ),
        languages(lang),
    )


def write_result(result: NotebookResult, folder: Path) -> None:
    """Write all files of one result below `folder`, the narrative last."""
    name = result.notebook
    for picture in result.pictures:
        write_csv(picture.numbers, folder / "tables/pictures" / f"{name}-{picture.name}.csv")
    for table in (*result.tables, *result.appendix):
        write_csv(table.frame, folder / "tables/shown" / f"{name}-{table.name}.csv")
    (folder / "private").mkdir(mode=0o700, parents=True, exist_ok=True)
    for actions in result.lists:
        write_csv(actions.frame, folder / "private/lists" / f"{actions.name}.csv")
    if result.alarms:
        write_said(result.alarms, folder / "private/alarms" / f"{name}.parquet")
    frame = estimates_frame(result.estimates, as_of=result.as_of, notebook=name)
    path = folder / "estimates" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
    path = folder / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(result), encoding="utf-8")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a CSV that Excel reads rightly: byte order mark, 12 digits, no formulas."""
    path.parent.mkdir(parents=True, exist_ok=True)
    safe = frame.copy()
    for name in safe.columns:
        column = safe[name]
        if pd.api.types.is_float_dtype(column):
            safe[name] = column.map(significant, na_action="ignore")
        elif column.dtype == object or pd.api.types.is_string_dtype(column):
            safe[name] = column.map(without_formula, na_action="ignore")
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


# A spreadsheet takes the full-width signs for the plain ones.
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def without_formula(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Examples
    --------
    >>> without_formula("=1+2"), without_formula("-3.5"), without_formula("plain")
    ("'=1+2", '-3.5', 'plain')
    """
    if not isinstance(value, str) or value[:1] not in _FORMULA_STARTS:
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value
