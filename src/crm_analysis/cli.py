"""The command `crm-analysis`: one door for people and for scheduled runs.

Exit codes: 0 all fine · 1 a notebook failed (the rest is published; 00 or 50: nothing) · 2 usage
or configuration · 3 the data break the contract · 4 source or state is lost · 75 another run holds
the folder · 130 interrupted · 143 terminated. Heavy imports wait until a command needs them, so
that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from crm_analysis.cli_codes import add_codes
from crm_analysis.cli_forget import add_forget
from crm_analysis.cli_lab import add_lab
from crm_analysis.errors import CrmAnalysisError, SourceLost, UsageError, did_you_mean

if TYPE_CHECKING:
    from crm_analysis.report.run import Published
    from crm_analysis.source import CheckReport

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEMO_AS_OF = "2026-10-31"
_TOLD_FAULTS = 12
_MOST_JOBS, _MB_PER_JOB = 4, 2500  # a notebook of a million customers took 2.2 GB


def jobs_that_fit(*, n_cores: int, memory_mb: float) -> int:
    """Say how many notebooks may run at the same time: one a core, with memory for each.

    Examples
    --------
    >>> jobs_that_fit(n_cores=8, memory_mb=4000), jobs_that_fit(n_cores=2, memory_mb=16000)
    (1, 2)
    """
    return max(1, min(_MOST_JOBS, n_cores, int(memory_mb / _MB_PER_JOB)))


def _jobs_here() -> int:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    return jobs_that_fit(n_cores=os.cpu_count() or 1, memory_mb=memory)


class Stopped(BaseException):
    """SIGINT or SIGTERM: unwinds the run, so that nothing half-done is left."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a known error is one sentence, never a traceback.

    A signal that arrives while an engine works may come out as the engine's own error; so what
    was received is remembered, and any error after it is the stop that was asked for.
    """
    options = _parser().parse_args(arguments)
    received: list[int] = []

    def stop(number: int, _frame: object) -> NoReturn:
        received.append(number)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in _STOPS}
    try:
        return _run_command(options)
    except CrmAnalysisError as error:
        if not received:
            _complain(str(error))
            return error.exit_code
    except BaseException:
        if not received:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    word, code = _STOPS[received[0]]
    _complain(f"{word}; nothing was published")
    return code


_STOPS: dict[int, tuple[str, int]] = {
    signal.SIGINT: ("interrupted", 130),
    signal.SIGTERM: ("terminated", 143),
}


def _run_command(options: argparse.Namespace) -> int:
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        raise SourceLost(f"cannot read or write{place}: {error.strerror or error}") from error


def _say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"crm-analysis: {text}\n")


class _Parser(argparse.ArgumentParser):
    """A parser that asks "did you mean" where a command is mistyped."""

    def _check_value(self, action: argparse.Action, value: str) -> None:
        names = list(action.choices or ())
        if action.choices is not None and value not in names:
            hint = did_you_mean(value, names)
            message = f"there is no {value!r}; {hint}allowed: {', '.join(names)}"
            raise argparse.ArgumentError(action, message)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="crm-analysis",
        description="Why do we lose customers, who is next, and what brings them back?",
        epilog="Start with: crm-analysis demo",
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    _add_demo(commands)
    _add_check(commands)
    _add_run(commands)
    _add_world(commands)
    _add_contract(commands)
    add_lab(commands)
    add_codes(commands)
    add_forget(commands)
    return parser


def _add_demo(commands: _Commands) -> None:
    demo = commands.add_parser("demo", help="make the monthly report of the demo company")
    demo.add_argument("--out", default="reports", help="where to publish (default: reports)")
    demo.add_argument("--jobs", type=int, default=_jobs_here(), help="notebooks at the same time")
    demo.set_defaults(command=_demo)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", required=True, help="demo:, a folder, a .duckdb file, postgres://… or spark://…"
    )
    parser.add_argument("--views", default="", help="SQL views that bring your tables to ours")
    parser.add_argument("--config", default="", help="a crm_analysis.toml (default: the source's)")


def _add_check(commands: _Commands) -> None:
    check = commands.add_parser("check", help="say everything that is wrong with a source")
    _add_source(check)
    check.add_argument("--as-of", default="", help="also count the rows known on that day")
    check.add_argument("--out", default="", help="write rejects.csv there")
    check.set_defaults(command=_check)


def _add_run(commands: _Commands) -> None:
    run = commands.add_parser("run", help="run the notebooks and publish a month")
    _add_source(run)
    run.add_argument("--as-of", required=True, help="the last known day, as 2026-10-31")
    run.add_argument("--out", default="reports", help="where to publish (default: reports)")
    run.add_argument("--state", default="", help="what outlives a run (default: OUT/.state)")
    run.add_argument("--only", default="", help="notebooks, by comma; 00 and 50 always run")
    run.add_argument("--jobs", type=int, default=_jobs_here(), help="notebooks at the same time")
    run.add_argument("--lang", default="en", help="en, zh or both by comma; the first leads")
    run.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter of the notebooks; may be repeated",
    )  # fmt: skip
    run.set_defaults(command=_run)


def _add_world(commands: _Commands) -> None:
    world = commands.add_parser(
        "world", help="write the demo, a scenario, or a world of any size as tables"
    )
    world.add_argument("--out", required=True, help="the folder to write to")
    world.add_argument("--scenario", default="", help="S01, S03 … (default: the demo world)")
    world.add_argument("--seed", type=int, default=None, help="the root seed")
    world.add_argument("--null", action="store_true", help="the variant with nothing planted")
    world.add_argument("--customers", type=int, default=None, help="a world of that many")
    world.add_argument("--months", type=int, default=None, help="its length (default: 36)")
    world.add_argument(
        "--events-per-customer",
        type=float,
        default=None,
        help="rows of interactions, assessments and order lines together (default: 50)",
    )
    world.set_defaults(command=_world)


def _add_contract(commands: _Commands) -> None:
    contract = commands.add_parser("contract", help="print the tables, keys and words")
    which = contract.add_mutually_exclusive_group()
    which.add_argument("--estimates", action="store_true", help="every number that is published")
    which.add_argument("--glossary", action="store_true", help="every word, in both languages")
    which.add_argument("--config", action="store_true", help="every key of crm_analysis.toml")
    contract.set_defaults(command=_contract)


def _demo(options: argparse.Namespace) -> int:
    from crm_analysis.report.run import Request

    request = Request(
        source="demo:",
        as_of=date.fromisoformat(DEMO_AS_OF),
        out=Path(options.out),
        languages=("en", "zh"),
        jobs=options.jobs,
    )
    return _publish(request)


def _run(options: argparse.Namespace) -> int:
    from crm_analysis.report.page import languages
    from crm_analysis.report.run import Request
    from crm_analysis.source import parse_as_of

    request = Request(
        source=options.source,
        as_of=parse_as_of(options.as_of),
        out=Path(options.out),
        views=_existing(options.views, "--views"),
        config=_existing(options.config, "--config"),
        state=options.state,
        only=tuple(name.strip() for name in options.only.split(",") if name.strip()),
        languages=languages(options.lang),
        settings=tuple(options.set),
        jobs=options.jobs,
    )
    return _publish(request)


def _existing(path: str, flag: str) -> str:
    if path and not Path(path).expanduser().is_file():
        raise UsageError(f"{flag} {path}: no such file")
    return path


def _publish(request: object) -> int:
    from crm_analysis.report.run import Request, run

    assert isinstance(request, Request)
    bar = _Progress(len(request.wanted()))
    published = run(request, tell=bar.tell)
    return _told(published)


class _Progress:
    """One line a notebook; on a terminal also how many are still to come."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._live = sys.stdout.isatty()
        self._draw()

    def tell(self, line: str) -> None:
        self._done += 1
        _say(("\r\x1b[K" if self._live else "") + line)
        self._draw()

    def _draw(self) -> None:
        if self._live and self._done < self._total:
            bar = "█" * self._done + "░" * (self._total - self._done)
            sys.stdout.write(f"\r\x1b[K{bar} {self._done}/{self._total}")
            sys.stdout.flush()


def _told(published: Published) -> int:
    for name, fault in published.failed.items():
        _complain(f"{name} failed: {fault}")
    if published.folder is None:
        _complain("nothing was published, because this notebook must run; the last report stands")
        return 1
    page = published.folder / "index.html"
    _say(f"The report is ready. Open {page} in a browser.")
    return 1 if published.failed else 0


def _check(options: argparse.Namespace) -> int:
    from crm_analysis.source import check, connect, cut, find_config, parse_as_of

    as_of = parse_as_of(options.as_of) if options.as_of else None
    _refuse_source_folder(options.source, options.out)
    views = Path(options.views) if _existing(options.views, "--views") else None
    config = find_config(options.source, _existing(options.config, "--config"))
    source = connect(options.source, views=views, config=config)
    report = check(source)
    for line in _check_lines(report):
        _say(line)
    if options.out:
        _say(f"Written: {_write_rejects(report, Path(options.out))}")
    problem = report.problem()
    if problem:
        _complain(problem)
        return 3
    if as_of is not None:
        known = cut(source, report, as_of=as_of)
        for row in known.row_counts.itertuples():
            _say(f"{row.table}: {row.n_known} rows known on {as_of}")
    _say("The data can be used.")
    return 0


def _refuse_source_folder(source: str, out: str) -> None:
    """Refuse to write rejects among the data, where the next run would read them as a table."""
    from crm_analysis.source.addresses import engine_name
    from crm_analysis.source.connect import find_path

    if not out or engine_name(source):
        return
    if Path(out).expanduser().resolve() == find_path(source).resolve():
        raise UsageError(
            f"--out {out} is the source's own folder, where rejects.csv would be read as a table; "
            "give another folder"
        )


def _check_lines(report: CheckReport) -> list[str]:
    """Write rows per table, counts by rule and the first faults."""
    lines = [f"{'table':<14}{'in':>10}{'repaired':>10}{'excluded':>10}{'used':>10}"]
    for row in report.row_counts.itertuples():
        lines.append(
            f"{row.table:<14}{row.n_in:>10}{row.n_repaired:>10}{row.n_excluded:>10}{row.n_used:>10}"
        )
    if len(report.counts):
        lines += ["", "Faults by rule:"]
    for told in report.counts.to_dict("records"):
        place = ".".join(filter(None, (told["table"], told["column"])))
        lines.append(f"  {told['severity']:<8} {told['n_rows']:>7}  {place}: {told['rule']}")
    shown = report.faults.head(_TOLD_FAULTS)
    if len(shown):
        lines += ["", f"The first {len(shown)} of {len(report.faults)}:"]
    lines += [f"  {sentence}" for sentence in report.sentences(_TOLD_FAULTS)]
    return lines


def _write_rejects(report: CheckReport, folder: Path) -> Path:
    from crm_analysis.report.publish import write_csv

    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "rejects.csv"
        write_csv(report.rejects, path)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from None
    return path


def _world(options: argparse.Namespace) -> int:
    from crm_analysis.world.ordered import Order, write_ordered

    order = Order(
        scenario=options.scenario,
        null=options.null,
        seed=options.seed,
        customers=options.customers,
        months=options.months,
        events=options.events_per_customer,
    )
    _say(write_ordered(order, Path(options.out)))
    return 0


def _contract(options: argparse.Namespace) -> int:
    from crm_analysis import contract

    if options.estimates:
        from crm_analysis.report.declared import estimates_text

        _say(estimates_text().rstrip())
    elif options.glossary:
        _say(contract.glossary_text().rstrip())
    elif options.config:
        _say(contract.config_text().rstrip())
    else:
        _say(contract.contract_text().rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
