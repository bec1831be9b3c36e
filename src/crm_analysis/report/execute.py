"""Run one notebook by papermill in a worker process, and judge how it went.

A killed kernel leaves a notebook that says "completed" and `sys.exit(0)` ends one quietly, so a
run is judged by three things: an exception, a code cell that was never counted, a cell whose
status is not "completed".
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from crm_analysis.errors import first_line

KERNEL = "python3"
# What every notebook imports; a kernel does so before it says that it is ready.
PRELOADED = "import crm_analysis.report, crm_analysis.source; del crm_analysis"
GO, STOP = "go", "stop"
_POLL_SECONDS = 0.02
_ready: list[Any] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One notebook to run: where from, where to, with which parameters.

    It starts when the file `after` says GO, and not at all when that says STOP; "" starts it at
    once.
    """

    name: str
    source: str
    target: str
    parameters: Mapping[str, Any]
    timeout_seconds: int
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a notebook went; `fault` is "" where all is well, else one sentence.

    `error` names the class of the error, so that a lost source can end the whole run.
    """

    name: str
    seconds: float
    fault: str = ""
    error: str = ""


def prepare_worker(cwd: str, kernels: str) -> None:
    """Set up a worker: fixed working directory, this interpreter's kernel, die with the parent."""
    os.chdir(cwd)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        filter(None, (kernels, os.environ.get("JUPYTER_PATH", "")))
    )
    os.environ["JUPYTER_RUNTIME_DIR"] = kernels
    os.environ.setdefault("PYTHONHASHSEED", "0")
    # Sums in one order on every machine; and notebooks side by side do not fight for the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()
    Finalize(None, _end_ready, exitpriority=10)  # the pool's processes run no atexit


def write_kernelspec(folder: Path) -> None:
    """Write a kernelspec of the running interpreter, so that no other Python answers."""
    place = folder / "kernels" / KERNEL
    place.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher"]
    # The interrupt that comes with an orderly shutdown is no error to tell.
    quiet = "--IPKernelApp.log_level=50"
    load = f"--IPKernelApp.exec_lines={PRELOADED}"
    spec = {
        "argv": [*argv, "-f", "{connection_file}", quiet, load],
        "display_name": "Python 3",
        "language": "python",
        "metadata": {"debugger": False, "supported_encryption": ["curve"]},
    }
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def _die_with_parent(parent: int) -> None:
    """End this worker when the run that started it is killed; kernels watch their parent too."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def warm_up() -> None:
    """Import what runs notebooks and start a kernel for the next one, before there is work."""
    import papermill  # noqa: F401

    if not _ready:
        _ready.append(_start_kernel())


def execute(job: Job) -> Outcome:
    """Run a notebook; never raises for what the notebook did."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    _quieten()
    fault, error = "", ""
    kernel = _ready.pop() if _ready else None
    started = time.monotonic()
    try:
        kernel = kernel or _start_kernel()
        if job.after:
            if _await(Path(job.after)) == STOP:
                return Outcome(name=job.name, seconds=0.0, fault="not run")
            started = time.monotonic()
        papermill.execute_notebook(
            job.source,
            job.target,
            parameters=dict(job.parameters),
            kernel_name=KERNEL,
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=job.timeout_seconds,
            interrupt_on_timeout=True,
            km=kernel,
        )
    except PapermillExecutionError as caught:
        fault, error = f"{caught.ename}: {first_line(caught.evalue)}", str(caught.ename)
    except Exception as caught:  # a dead kernel, a timeout, a full disk: told, not raised
        fault, error = f"{type(caught).__name__}: {first_line(caught)}", type(caught).__name__
    finally:
        if kernel is not None:
            _end_kernel(kernel)
    if not fault:
        fault = judge(json.loads(Path(job.target).read_text(encoding="utf-8")))
    return Outcome(
        name=job.name, seconds=round(time.monotonic() - started, 2), fault=fault, error=error
    )


def _await(gate: Path) -> str:
    """Wait until something is written in a file, and return it."""
    while not (word := gate.read_text(encoding="utf-8") if gate.is_file() else ""):
        time.sleep(_POLL_SECONDS)
    return word


def _start_kernel() -> Any:  # noqa: ANN401 - jupyter's kernel manager is untyped
    """Start a kernel that encrypts where it can; ipykernel warns of plain TCP."""
    from jupyter_client.manager import AsyncKernelManager
    from nbclient.util import run_sync

    class Kernel(AsyncKernelManager):
        """Remembers its clients: nbclient leaves the sockets of a given kernel's client open."""

        def client(self, **options: Any) -> Any:  # noqa: ANN401 - jupyter's own signature
            opened = super().client(**options)
            self.clients = (*getattr(self, "clients", ()), opened)
            return opened

    kernel = Kernel(kernel_name=KERNEL)
    kernel.transport_encryption = "auto"
    run_sync(kernel.start_kernel)(extra_arguments=["--HistoryManager.hist_file=:memory:"])
    return kernel


def _end_kernel(kernel: Any) -> None:  # noqa: ANN401
    """End a kernel at once: its notebook has written all that it has to say."""
    from nbclient.util import run_sync

    for client in getattr(kernel, "clients", ()):
        with contextlib.suppress(Exception):  # the kernel may be dead; it is ended all the same
            client.stop_channels()
    run_sync(kernel.shutdown_kernel)(now=True)


def _end_ready() -> None:
    while _ready:
        _end_kernel(_ready.pop())


def _quieten() -> None:
    import logging

    for name in ("papermill", "traitlets", "nbclient", "papermill.translators"):
        logging.getLogger(name).setLevel(logging.ERROR)


def judge(notebook: Mapping[str, Any]) -> str:
    """Return what is wrong with an executed notebook, "" where nothing is."""
    for place, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] != "code" or not "".join(cell["source"]).strip():
            continue
        if cell.get("execution_count") is None:
            return f"cell {place} never ran: the kernel died or was told to stop"
        status = cell["metadata"].get("papermill", {}).get("status")
        if status != "completed":
            return f"cell {place} ended as {status!r}"
    return ""
