"""Small notebooks and a small source, to try the run itself in seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd

from crm_analysis.report.catalog import NAMES
from crm_analysis.report.run import Request
from crm_analysis.state import State

AS_OF = date(2026, 10, 31)

_PARAMETERS = """source: str = "demo:"  # where the rows are
views: str = ""  # views
config: str = ""  # settings
state: str = ""  # state
as_of: str = "2026-10-31"  # the last known day
lang: str = "en"  # languages
out_dir: str = ""  # results
results_dir: str = ""  # results of others
size: int = 1  # a number to publish
fail: str = ""  # which notebook is made to fail
leave: str = ""  # which notebook ends its kernel quietly
wait_seconds: float = 0.0  # how long a notebook takes"""

_ANSWER = """import sys, time
from datetime import date
import pandas as pd
from crm_analysis.language import Text
from crm_analysis.deals.alarms.raised import raise_alarms
from crm_analysis.report import Page, publish
from crm_analysis.results import ActionList, NotebookResult, ShownTable

name = "{name}"
time.sleep(wait_seconds)
if fail == name:
    raise ValueError("made to fail")
if leave == name:
    sys.exit(0)
frame = pd.DataFrame({{"what": ["size"], "n": [size]}})
table = ShownTable(name="sizes", frame=frame, caption=Text("Sizes", "大小"),
                   columns={{"what": Text("what", "内容"), "n": Text("n", "数量")}})
day = date.fromisoformat(as_of)
open_deals = pd.DataFrame({{"lead_id": ["L2", "L3"], "customer_id": ["C2", "C3"]}})
raised = raise_alarms(open_deals, as_of=day, rule_version=str(size), horizon_days=90, n_watched=2)
result = NotebookResult(notebook=name, as_of=day, tables=(table,),
    alarms=raised.said if name == "20_loss_patterns" else (),
    headline=Text(f"size {{size}} of {{name}}", f"{{name}} 的大小为 {{size}}"),
    lists=(ActionList(name="list_" + name[:2], frame=frame, purpose=Text("for", "为")),))"""


def notebooks(folder: Path) -> Path:
    """Write one tiny notebook for each name of the catalogue."""
    folder.mkdir()
    for name in NAMES:
        cells = [
            nbformat.v4.new_markdown_cell(f"# {name}?", metadata={"zh": f"# {name}？"}),
            nbformat.v4.new_code_cell(_PARAMETERS, metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(_ANSWER.format(name=name)),
            nbformat.v4.new_code_cell(
                "page = Page(None, result, lang=lang)\npage.headline()\npage.tables()"
            ),
            nbformat.v4.new_code_cell('publish(result, out_dir, source="tiny", lang=lang)'),
        ]
        for place, cell in enumerate(cells):
            cell["id"] = f"c{place}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        made = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        (folder / f"{name}.ipynb").write_text(json.dumps(made), encoding="utf-8")
    return folder


def source(folder: Path) -> Path:
    """Write the smallest source that the contract allows."""
    folder.mkdir()
    (folder / "customers.csv").write_text(
        "customer_id,created_at\nC1,2026-01-05\nC2,2026-02-07\n", encoding="utf-8"
    )
    (folder / "leads.csv").write_text(
        "lead_id,customer_id,opened_at,status,closed_at\n"
        "L1,C1,2026-10-01,lost,2026-10-20\nL2,C2,2026-10-05,open,\n",
        encoding="utf-8",
    )
    return folder


def request(base: Path, **changes) -> Request:
    """Ask for a run of the tiny notebooks on the tiny source below `base`."""
    given = {
        "source": str(base / "crm"),
        "as_of": AS_OF,
        "out": base / "reports",
        "notebooks": base / "notebooks",
        "languages": ("en", "zh"),
        "jobs": 1,
    }
    return Request(**(given | changes))


def prepare(base: Path) -> Path:
    """Lay out source and notebooks below `base`."""
    source(base / "crm")
    notebooks(base / "notebooks")
    return base


def start(base: Path, *settings: str, as_of: date = AS_OF, only: str = "") -> subprocess.Popen:
    """Start a run of the tiny notebooks in a process that can be killed."""
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from crm_analysis.report.run import run\n"
        "from tests.report.tiny import request\n"
        "if __name__ == '__main__':\n"
        "    base, day, only, *settings = sys.argv[1:]\n"
        "    asked = request(Path(base), as_of=date.fromisoformat(day), settings=tuple(settings),\n"
        "        only=tuple(filter(None, [only])))\n"
        "    run(asked, tell=print)\n"
    )
    script = base / "start.py"
    script.write_text(code, encoding="utf-8")
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    return subprocess.Popen(
        [sys.executable, str(script), str(base), as_of.isoformat(), only, *settings],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def alarms_said(base: Path, day: date = AS_OF) -> list[tuple[str, str, str]]:
    """Read the alarms that a published month holds: lead, day, rule."""
    file = base / "reports" / day.isoformat() / "private/alarms.parquet"
    if not file.is_file():
        return []
    rows = pd.read_parquet(file).query("what == 'alarm'")
    return sorted(zip(rows["name"], rows["as_of"], rows["rule_version"], strict=True))


def ledger_of(base: Path) -> list[tuple[str, str, str]]:
    """Read the alarms of the ledger in the same form; its chain must hold."""
    state = State.at(base / "reports/.state")
    state.prepare()
    rows = state.alarms(date(2100, 1, 1)).alarms
    days = rows["raised"].dt.strftime("%Y-%m-%d")
    return sorted(zip(rows["name"], days, rows["rule_version"], strict=True))
