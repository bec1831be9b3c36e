"""A few worker processes that run notebooks, and that end when the run ends."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from crm_analysis.report.execute import (
    Job,
    Outcome,
    execute,
    prepare_worker,
    warm_up,
    write_kernelspec,
)


@contextmanager
def workers(n_jobs: int, cwd: Path, kernels: Path) -> Iterator[ProcessPoolExecutor]:
    """Open `n_jobs` processes, each importing papermill once; end them whatever happens.

    They warm up while the run still checks the source: each has a kernel ready for its first
    notebook. What starts kernels is written below `kernels`.

    Decision: notebooks run in a worker even with one job, because nbclient takes over the signal
    handlers of its process; so the run itself can be interrupted at any moment.
    """
    write_kernelspec(kernels)
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        max_workers=n_jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=prepare_worker,
        initargs=(str(cwd), str(kernels)),
    )
    try:
        for _ in range(n_jobs):
            pool.submit(warm_up)
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def submit(pool: ProcessPoolExecutor, jobs: Iterable[Job]) -> dict[str, Future[Outcome]]:
    """Hand jobs to the workers, who take them in this order."""
    return {job.name: pool.submit(execute, job) for job in jobs}


def gather(
    futures: Mapping[str, Future[Outcome]], told: Callable[[Outcome], None]
) -> dict[str, Outcome]:
    """Wait for jobs and tell of each as it ends; a worker that died is a failed notebook."""
    names = {future: name for name, future in futures.items()}
    outcomes: dict[str, Outcome] = {}
    for future in as_completed(names):
        try:
            outcome = future.result()
        except BrokenProcessPool:
            outcome = Outcome(name=names[future], seconds=0.0, fault="its process was killed")
        outcomes[outcome.name] = outcome
        told(outcome)
    return outcomes
