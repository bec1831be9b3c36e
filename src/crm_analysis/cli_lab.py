"""The command `crm-analysis lab`: copies of the notebooks to look into and change."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def add_lab(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lab`."""
    lab = commands.add_parser("lab", help="open the notebooks in JupyterLab")
    lab.add_argument("--dir", default="crm-notebooks", help="working folder for your copies")
    lab.add_argument("--copy-only", action="store_true", help="copy, do not start JupyterLab")
    lab.set_defaults(command=lab_command)


def lab_command(options: argparse.Namespace) -> int:
    """Copy the notebooks that are not there yet and start JupyterLab in their folder."""
    import shutil
    import subprocess

    from crm_analysis.report.catalog import notebooks_folder

    folder = Path(options.dir)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(notebooks_folder().glob("*.ipynb")):
        if not (folder / path.name).exists():
            shutil.copyfile(path, folder / path.name)
    sys.stdout.write(f"Your copies are in {folder}; what you change there stays yours.\n")
    sys.stdout.flush()
    if options.copy_only:
        return 0
    # In a container everyone is root; the server asks for its token and listens only here.
    as_root = ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(folder), *as_root])
