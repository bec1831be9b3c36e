"""A few worker processes that run notebooks, and that end when the run ends."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from crm_analysis.report.execute import Job, Outcome, execute, prepare_worker


@contextmanager
def workers(n_jobs: int, cwd: Path) -> Iterator[ProcessPoolExecutor]:
    """Open `n_jobs` processes, each importing papermill once; end them whatever happens.

    Decision: notebooks run in a worker even with one job, because nbclient takes over the signal
    handlers of its process; so the run itself can be interrupted at any moment.
    """
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        max_workers=n_jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=prepare_worker,
        initargs=(str(cwd),),
    )
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_jobs(
    pool: ProcessPoolExecutor, jobs: Iterable[Job], told: Callable[[Outcome], None]
) -> dict[str, Outcome]:
    """Run jobs and tell of each as it ends; a worker that died is a failed notebook."""
    futures: dict[Future[Outcome], str] = {pool.submit(execute, job): job.name for job in jobs}
    outcomes: dict[str, Outcome] = {}
    for future in as_completed(futures):
        name = futures[future]
        try:
            outcome = future.result()
        except BrokenProcessPool:
            outcome = Outcome(name=name, seconds=0.0, fault="its process was killed")
        outcomes[name] = outcome
        told(outcome)
    return outcomes
