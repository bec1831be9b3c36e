"""The README's promises are run: its own-data section is followed to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.ground.made_files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def shell_blocks(heading: str) -> list[str]:
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)


def test_your_own_data_in_five_minutes(tmp_path: Path):
    blocks = shell_blocks("Your own data in five minutes")
    assert len(blocks) == 3
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for block in blocks:
        subprocess.run(
            ["sh", "-eu", "-c", block], cwd=tmp_path, env=os.environ | {"PATH": path}, check=True
        )
    assert (tmp_path / "checked" / "rejects.csv").is_file()
    assert (tmp_path / "reports" / "2026-06-30" / "index.html").is_file()


def test_two_commands_are_targets_of_make():
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    for command in re.findall(r"^make ([a-z]+)", "\n".join(shell_blocks("Two commands")), re.M):
        assert f"make {command} " in shown.stdout


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
