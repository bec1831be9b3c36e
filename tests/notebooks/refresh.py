"""Run the committed notebooks with their defaults and keep only the headline tables.

`python -m tests.notebooks.refresh [name …]`: after an answer has changed on purpose.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from crm_analysis.report.catalog import NAMES, notebooks_folder
from crm_analysis.report.execute import write_kernelspec


def strip(notebook) -> None:
    """Drop what a run leaves, but for cells tagged `keep_output`."""
    for place, cell in enumerate(notebook["cells"]):
        tags = cell["metadata"].get("tags", [])
        cell["metadata"].pop("execution", None)
        if cell["cell_type"] == "code":
            kept = "keep_output" in tags
            # nbval takes a cell without a count for one that never ran
            cell["execution_count"] = place if kept else None
            cell["outputs"] = cell["outputs"] if kept else []
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def refresh(path: Path) -> None:
    """Run one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    strip(notebook)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as kernels:
        write_kernelspec(Path(kernels))
        os.environ["JUPYTER_PATH"] = kernels
        for name in sys.argv[1:] or NAMES:
            refresh(notebooks_folder() / f"{name}.ipynb")
