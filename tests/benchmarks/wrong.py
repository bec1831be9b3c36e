"""Peers that answer wrongly, fail or never end: the harness must tell no time of them."""

from __future__ import annotations

import subprocess
import time


def one_number_off(task):
    """Answer rightly but for one share, by one in a hundred million."""
    tables = _right(task)
    tables["incidence"].loc[300, "won_share"] *= 1 + 1e-8
    return tables


def one_row_short(task):
    """Leave out the last day."""
    tables = _right(task)
    return {**tables, "survival": tables["survival"].iloc[:-1]}


def one_table_short(task):
    """Leave out the incidences."""
    return {"survival": _right(task)["survival"]}


def failing(task):
    """Fail as a peer does that lacks memory."""
    raise MemoryError("no more")


def endless(task):
    """Work for much longer than anyone waits, with a child in a session of its own."""
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    (task.out / "child.pid").write_text(str(child.pid))
    time.sleep(600)


def _right(task):
    """Answer rightly; who fails or never ends need not import what that takes."""
    from benchmarks.survival import statsmodels_peer

    return statsmodels_peer.curves(task)
