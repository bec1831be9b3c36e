"""A run: check the source, run the notebooks, publish the month or nothing.

00 and 50 run whatever is asked for; where one of them fails nothing is published. Where another
notebook fails, or was not asked for, its last good page of the same day stands, stamped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from crm_analysis.config import KNOBS, Config, turned
from crm_analysis.errors import CrmAnalysisError, SourceLost, UsageError, did_you_mean
from crm_analysis.report import kept, manifest, staging
from crm_analysis.report.alarms import Ledger
from crm_analysis.report.catalog import ALWAYS, FIRST, NAMES, SUMMARY, notebooks_folder
from crm_analysis.report.execute import GO, STOP, Job, Outcome
from crm_analysis.report.index import write_index
from crm_analysis.report.lock import hold
from crm_analysis.report.manifest import Entry, Manifest, Provenance
from crm_analysis.report.pages import month_of, write_pages
from crm_analysis.report.parameters import Value, choose, inspect
from crm_analysis.report.publish import write_csv
from crm_analysis.report.workers import gather, submit, workers
from crm_analysis.source import (
    Settings,
    Steady,
    Store,
    check,
    connect,
    cut,
    fill_store,
    find_config,
    hold_steady,
)
from crm_analysis.source.engine import works_at_once
from crm_analysis.source.known import Known
from crm_analysis.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run is asked for.

    Parameters
    ----------
    source : str
        "demo:", a folder, a DuckDB file, or the address of a database.
    as_of : date
        The last known day.
    out : Path
        Where months are published.
    only : tuple of str
        Notebooks to run besides 00 and 50; empty for all.
    languages : tuple of str
        The first is that of the unmarked pages.
    settings : tuple of str
        `name=value` for notebook parameters.
    jobs : int
        Notebooks at the same time.
    """

    source: str
    as_of: date
    out: Path
    views: str = ""
    config: str = ""
    state: str = ""
    only: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    settings: tuple[str, ...] = ()
    jobs: int = 1
    notebooks: Path | None = None

    def wanted(self) -> tuple[str, ...]:
        """Return the notebooks to run, in reading order."""
        asked = set(self.only or NAMES) | set(ALWAYS)
        return tuple(name for name in NAMES if name in asked)

    def n_workers(self) -> int:
        """Return how many notebooks run at the same time; the summary runs alone."""
        jobs = self.jobs if works_at_once(self.source) else 1
        return min(jobs, len(self.wanted()) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How a run ended: the month's folder ("" where nothing was published), what failed."""

    folder: Path | None
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What the notebooks of a run share."""

    request: Request
    known: Known
    stage: Path
    store: Store
    number: int
    last: Path | None
    values: Mapping[str, Mapping[str, Value]]
    steady: Steady
    ledger: Ledger


def run(request: Request, *, tell: Callable[[str], None]) -> Published:
    """Run and publish one month.

    Parameters
    ----------
    request : Request
        What is asked for; faults in it are raised before anything runs.
    tell : callable
        Takes one line of progress a notebook.

    Raises
    ------
    UsageError, ConfigError
        Exit 2. `DataError`: exit 3. `SourceLost`: exit 4. `FolderBusy`: exit 75.
    """
    folder = request.notebooks or notebooks_folder()
    values = _values(request, folder)
    settings = Settings.note(request.source, views=request.views, config=request.config)
    config = find_config(request.source, request.config)
    for given in values.values():
        knobs: dict[str, Any] = {name: given[name] for name in KNOBS if name in given}
        turned(config, **knobs)  # a value out of range is refused before anything runs
    started = time.monotonic()
    with hold(request.out):
        staging.clear_leftovers(request.out)
        write_index(request.out)
        state = State.at(staging.state_folder(request.out, request.state))
        ledger = Ledger.catch_up(request.out, state, salt=config.salt)
        number = staging.next_number(request.out, request.as_of)
        stage = staging.make_staging(request.out, number)
        try:
            store = Store.make(stage, config=config, n_jobs=request.n_workers())
            try:
                with workers(request.n_workers(), stage / "private", store.kernels) as pool:
                    ground = _prepare(
                        request, stage, store, config=config, settings=settings, number=number,
                        values=values, ledger=ledger,
                    )  # fmt: skip
                    with closing(ground.steady):
                        outcomes = _run_notebooks(pool, ground, folder, tell)
            finally:
                store.remove()
            store.raise_if_left()
            ground.steady.raise_if_changed()
            return _finish(ground, outcomes, seconds=time.monotonic() - started)
        finally:
            staging.remove(stage)


def _values(request: Request, folder: Path) -> dict[str, dict[str, Value]]:
    """Refuse unknown notebooks and unknown or mistyped parameters before anything runs."""
    wrong = [name for name in request.only if name not in NAMES]
    if wrong:
        hints = "".join(did_you_mean(name, NAMES) for name in wrong)
        given = ", ".join(wrong)
        raise UsageError(f"--only {given}: no such notebook; {hints}there are {_listed()}")
    if request.jobs < 1:
        raise UsageError(f"--jobs {request.jobs}: at least 1")
    declared = {name: inspect(folder / f"{name}.ipynb") for name in request.wanted()}
    return choose(request.settings, declared)


def _listed() -> str:
    return ", ".join(NAMES)


def _prepare(
    request: Request,
    stage: Path,
    store: Store,
    *,
    config: Config,
    settings: Settings,
    number: int,
    values: Mapping[str, Mapping[str, Value]],
    ledger: Ledger,
) -> _Ground:
    """Check the source, write the rejected rows, fill the store, lay the last month beside it."""
    views = Path(request.views) if request.views else None
    source = connect(request.source, views=views, config=config, store=store)
    report = check(source)
    write_csv(report.rejects, stage / "private/rejects.csv")
    report.raise_if_unusable()
    state = str(ledger.state.folder)
    known = cut(source, report, as_of=request.as_of, state=state)
    fill_store(store, source, known, views=request.views, state=state)
    steady = hold_steady(source, settings=settings)
    before = staging.last_before(request.out, request.as_of)
    if before:
        shutil.copy2(request.out / before / "tables/estimates.parquet", stage / "previous")
    here = request.out / request.as_of.isoformat()
    return _Ground(
        request=request,
        known=known,
        stage=stage,
        store=store,
        number=number,
        last=here.resolve() if here.is_symlink() else None,
        values=values,
        steady=steady,
        ledger=ledger,
    )


def _run_notebooks(
    pool: ProcessPoolExecutor, ground: _Ground, folder: Path, tell: Callable[[str], None]
) -> dict[str, Outcome]:
    """Run all but the summary, then the summary; a failed 00 ends it at once.

    A kernel for the summary is started beside the last notebooks and waits for their results.
    """
    wanted = ground.request.wanted()
    width = max(len(name) for name in NAMES)
    log = ground.stage / "private/run.log"

    def told(outcome: Outcome) -> None:
        line = f"{outcome.name:<{width}}  {outcome.seconds:6.1f} s  {outcome.fault or 'ok'}"
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
        tell(line)
        _raise_if_source_lost(outcome)

    jobs = [_job(ground, folder, name) for name in wanted if name != SUMMARY]
    gate = ground.store.folder / "gate"
    summary = replace(_job(ground, folder, SUMMARY), after=str(gate))
    futures = submit(pool, [*jobs, summary])
    last = {SUMMARY: futures.pop(SUMMARY)}
    outcomes = gather(futures, told)
    _note_missing(ground, outcomes)
    gate.write_text(STOP if outcomes[FIRST].fault else GO, encoding="utf-8")
    if outcomes[FIRST].fault:
        return outcomes
    outcomes |= gather(last, told)
    return outcomes


def _job(ground: _Ground, folder: Path, name: str) -> Job:
    request, stage = ground.request, ground.stage.resolve()
    parameters: dict[str, Any] = {
        "source": staging.absolute(request.source),
        "views": staging.absolute(request.views),
        "config": staging.absolute(request.config),
        "state": staging.state_folder(request.out, request.state),
        "as_of": request.as_of.isoformat(),
        "lang": ",".join(request.languages),
        "out_dir": str(stage),
        "results_dir": str(stage),
    }
    return Job(
        name=name,
        source=str((folder / f"{name}.ipynb").resolve()),
        target=str(stage / "private/notebooks" / f"{name}.ipynb"),
        parameters={**parameters, **ground.values[name]},
        timeout_seconds=int(ground.known.config.notebook_timeout_seconds),
    )


def _raise_if_source_lost(outcome: Outcome) -> None:
    """End the run: without the source no other notebook can run either."""
    if outcome.error == SourceLost.__name__:
        raise SourceLost(f"{outcome.name}: {outcome.fault}; nothing was published")


def _note_missing(ground: _Ground, outcomes: Mapping[str, Outcome]) -> None:
    """Take over last good results, and tell the summary which notebooks it lacks."""
    missing = {}
    for name in NAMES:
        if name == SUMMARY or (name in outcomes and not outcomes[name].fault):
            continue
        kept.drop_results(ground.stage, name)
        stands = ground.last is not None and kept.keep(ground.last, ground.stage, name)
        reason = "failed" if name in outcomes else "kept"
        missing[name] = reason if stands or name in outcomes else "not run"
    text = json.dumps({"missing": missing}, indent=1, sort_keys=True)
    (ground.stage / "run.json").write_text(text + "\n", encoding="utf-8")


def _finish(ground: _Ground, outcomes: Mapping[str, Outcome], *, seconds: float) -> Published:
    """Publish the month, or nothing where 00 or 50 failed."""
    failed = {name: one.fault for name, one in outcomes.items() if one.fault}
    out, stage, as_of = ground.request.out, ground.stage, ground.request.as_of
    if set(failed) & set(ALWAYS):
        kept.keep_failed(out, stage, failed)
        return Published(folder=None, failed=failed)
    made = _manifest(ground, outcomes, seconds=seconds)
    before = staging.last_before(out, as_of)
    files = (
        frozenset(path.name for path in (out / before).glob("*.html")) if before else frozenset()
    )
    write_pages(stage, month_of(made, previous=before, files=files))
    _merge(stage)
    ground.ledger.lay_down(stage, last=ground.last, as_of=as_of)
    manifest.write_manifest(made, stage)
    staging.swap_in(out, stage, as_of=as_of, number=ground.number)
    write_index(out)
    staging.clear_leftovers(out)
    ground.ledger.commit(out / as_of.isoformat())
    return Published(folder=out / as_of.isoformat(), failed=failed)


def _merge(stage: Path) -> None:
    """Merge the estimates into one table and move what is not for handing on to `private/`."""
    paths = sorted((stage / "estimates").glob("*.parquet"))
    frames = [frame for frame in map(pd.read_parquet, paths) if len(frame)]
    merged = pd.concat(frames or [pd.read_parquet(paths[0])], ignore_index=True)
    merged.to_parquet(stage / "tables/estimates.parquet", index=False)
    for folder in ("estimates", "results"):
        (stage / folder).rename(stage / "private" / folder)
    (stage / "run.json").rename(stage / "private/run.json")
    staging.remove(stage / "previous")


def _manifest(ground: _Ground, outcomes: Mapping[str, Outcome], *, seconds: float) -> Manifest:
    request, known = ground.request, ground.known
    whence = Provenance(
        as_of=request.as_of.isoformat(),
        source=known.source_name,
        fingerprint=known.fingerprint,
        version=manifest.version(),
        run=ground.number,
    )
    last = manifest.read_manifest(ground.last) if ground.last else None
    rows = known.row_counts
    return Manifest(
        as_of=request.as_of.isoformat(),
        run=ground.number,
        languages=request.languages,
        source=known.source_name,
        fingerprint=known.fingerprint,
        raw_fingerprint=ground.steady.fingerprint,
        parameters={name: dict(given) for name, given in ground.values.items() if given},
        notebooks=tuple(_entry(ground.stage, n, outcomes.get(n), whence, last=last) for n in NAMES),
        rows_known={str(k): int(v) for k, v in zip(rows["table"], rows["n_known"], strict=True)},
        rows_after_as_of=dict(known.future_rows),
        versions=manifest.versions(),
        seconds=round(seconds, 1),
    )


def _entry(
    stage: Path,
    name: str,
    outcome: Outcome | None,
    whence: Provenance,
    *,
    last: Manifest | None,
) -> Entry:
    """Say how a notebook stands: new, or the last good one with its own provenance."""
    fault = outcome.fault if outcome else ""
    new = outcome is not None and not fault
    path = stage / "results" / f"{name}.json"
    if not path.is_file():
        if new:
            raise CrmAnalysisError(f"{name} ran but published no result; its last cell must")
        return Entry(name=name, state="missing", fault=fault)
    told = json.loads(path.read_text(encoding="utf-8"))
    earlier = last.entry(name) if last else None
    return Entry(
        name=name,
        state="new" if new else "failed" if outcome else "kept",
        status=told["status"],
        headline=told["headline"],
        languages=_languages_of(stage, name),
        seconds=outcome.seconds if outcome else 0.0,
        fault=fault,
        provenance=whence if new or earlier is None else earlier.provenance,
    )


def _languages_of(stage: Path, name: str) -> tuple[str, ...]:
    """Return the languages an executed notebook speaks, in the order shown."""
    notebook = json.loads((stage / "private/notebooks" / f"{name}.ipynb").read_text("utf-8"))
    found = [
        output.get("metadata", {}).get("lang", "")
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
    ]
    return tuple(dict.fromkeys(lang for lang in found if lang))
