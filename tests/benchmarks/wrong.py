"""Peers that answer wrongly, fail or never end: the harness must tell no time of them."""

from __future__ import annotations

import subprocess
import time

from benchmarks.survival import statsmodels_peer


def one_number_off(task):
    """Answer rightly but for one share, by one in a hundred million."""
    tables = statsmodels_peer.curves(task)
    tables["incidence"].loc[300, "won_share"] *= 1 + 1e-8
    return tables


def one_row_short(task):
    """Leave out the last day."""
    tables = statsmodels_peer.curves(task)
    return {**tables, "survival": tables["survival"].iloc[:-1]}


def one_table_short(task):
    """Leave out the incidences."""
    return {"survival": statsmodels_peer.curves(task)["survival"]}


def failing(task):
    """Fail as a peer does that lacks memory."""
    raise MemoryError("no more")


def endless(task):
    """Work for much longer than anyone waits, with a child in a session of its own."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (task.out / "child.pid").write_text(str(child.pid))
    time.sleep(600)
