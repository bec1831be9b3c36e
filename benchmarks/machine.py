"""On what machine and with which versions a run was made: no name of the machine, no place."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    *("crm_analysis", "duckdb", "ibis-framework", "numpy", "scipy", "pyarrow"),
    *("pandas", "polars", "lifelines", "statsmodels", "scikit-survival"),
)


def machine_facts() -> dict[str, str]:
    """Return processor, cores, memory, system and how busy the machine is now."""
    return {
        "processor": _proc("cpuinfo", "model name") or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(_proc('meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
    }


def versions() -> dict[str, str]:
    """Return the versions of Python, the package and its peers."""
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def commit() -> str:
    """Return the commit that is timed, "" outside a repository."""
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()


def _proc(file: str, field: str) -> str:
    for line in Path("/proc", file).read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""
