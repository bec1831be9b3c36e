"""The one door to rows: open, check, cut at as_of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends import BaseBackend

from crm_analysis.config import FILE_NAME, Config, read_config
from crm_analysis.contract import TABLES
from crm_analysis.errors import UsageError
from crm_analysis.source.addresses import engine_name
from crm_analysis.source.as_of import as_of_view, not_yet_faulty
from crm_analysis.source.check import CheckReport, check
from crm_analysis.source.connect import Source, connect, find_path
from crm_analysis.source.duck import keep_only
from crm_analysis.source.engine import digest, keep, remember
from crm_analysis.source.frames import count_rows
from crm_analysis.source.freshness import last_observed_day, stale_reason
from crm_analysis.source.human_codes import Count, overlay_codes
from crm_analysis.source.known import Known
from crm_analysis.source.merged import draw_once, follow_merges, resolve_merges
from crm_analysis.source.states import add_lead_states
from crm_analysis.source.store import Store, key_of
from crm_analysis.source.typed import UNTIL
from crm_analysis.source.views import FILE_NAME as VIEWS_NAME
from crm_analysis.state import State, empty_book

_NO_TYPING_TIME = "typing time unknown: leak check limited to event time"
_NO_PLAN_TIME = "plan known from its own date, because recorded_at is absent"


def load(
    source_url: str,
    *,
    as_of: date | str,
    views: str = "",
    config: Config | str = "",
    state: str = "",
    results_dir: str = "",
) -> Known:
    """Return what was known at the end of a day: the contract tables, checked and cut there.

    Parameters
    ----------
    source_url : str
        "demo:", a folder of files, a DuckDB file, or the address of a database.
    as_of : date or str
        The last known day, "2026-10-31".
    views : str
        A views file; "" takes the folder's own `views.sql`, if there is one.
    config : Config or str
        A configuration or its file; "" takes the folder's `crm_analysis.toml`, else defaults.
    state : str
        The folder of what outlives a run: its human codes are laid over T5, and the alarms of
        earlier days are read; "" for none.
    results_dir : str
        Where the other notebooks of the run left their results; "" for none. Where the run has
        left a store there, what was known is read from it.

    Raises
    ------
    UsageError
        A path, date or engine does not exist.
    DataError
        The data break the contract, or too many rows are excluded.

    Examples
    --------
    >>> load("demo:", as_of="31.10.2026")
    Traceback (most recent call last):
    crm_analysis.errors.UsageError: as_of '31.10.2026' is no date; write it as 2026-10-31
    """
    day = parse_as_of(as_of)
    settings = config if isinstance(config, Config) else find_config(source_url, config)
    results = Path(results_dir) if results_dir else None
    store = Store.find(results)
    if store is not None and results is not None:
        key = store_key(source_url, views=views, as_of=day, config=settings, state=state)
        known = store.read(source_url, key=key, config=settings, results_dir=results)
        if known is not None:
            return known
    moment = store.snapshot if store is not None else ""
    mapping = Path(views) if views else None
    source = connect(source_url, views=mapping, config=settings, snapshot=moment)
    report = check(source)
    report.raise_if_unusable()
    known = cut(source, report, as_of=day, results_dir=results, state=state)
    if store is not None:
        store.share(source.connection, known.fingerprint)
    return known


def store_key(source_url: str, *, views: str, as_of: date, config: Config, state: str = "") -> str:
    """Return the key under which a run's store holds what was known of this source that day."""
    mapping, ledger = (
        str(Path(one).expanduser().resolve()) if one else "" for one in (views, state)
    )
    place = source_url if engine_name(source_url) else str(find_path(source_url).resolve())
    return key_of(place, views=mapping, as_of=as_of, config=config, state=ledger)


def fill_store(store: Store, source: Source, known: Known, *, views: str, state: str = "") -> None:
    """Leave the as-of tables of a source to the notebooks: in the store, or as queries."""
    if not engine_name(source.url):
        keep_only(source.connection, {str(remember(rows)) for rows in known.tables.values()})
    key = store_key(source.url, views=views, as_of=known.as_of, config=source.config, state=state)
    store.write(known, key=key, snapshot=source.snapshot)


def parse_as_of(as_of: date | str) -> date:
    """Read the as-of day; refuse anything but an ISO date in one sentence."""
    if isinstance(as_of, date):
        return as_of
    try:
        if len(as_of) != len("2026-10-31"):
            raise ValueError
        return date.fromisoformat(as_of)
    except ValueError:
        raise UsageError(f"as_of {as_of!r} is no date; write it as 2026-10-31") from None


def find_config(source_url: str, config: str = "") -> Config:
    """Read the configuration: the given file, else the one beside the source, else defaults."""
    if config:
        return read_config(Path(config))
    beside = _beside(source_url)
    return read_config(beside / FILE_NAME if beside and (beside / FILE_NAME).is_file() else None)


def settings_files(source_url: str, *, views: str, config: str) -> list[Path]:
    """List the files beside the rows that decide over a run: views and configuration."""
    beside = _beside(source_url)
    own = [beside / VIEWS_NAME, beside / FILE_NAME] if beside else []
    given = [Path(each).expanduser() for each in (views, config) if each]
    return [path for path in (*own, *given) if path.is_file()]


def _beside(source_url: str) -> Path | None:
    """Return the folder of the files, None for a database."""
    if engine_name(source_url):
        return None
    path = find_path(source_url)
    return path if path.is_dir() else path.parent


def cut(
    source: Source,
    report: CheckReport,
    *,
    as_of: date,
    results_dir: Path | None = None,
    state: str = "",
) -> Known:
    """Cut checked tables at the end of a day and keep the views in the engine."""
    checked = {**report.tables, **report.dated}
    tables, merging = _cut_tables(source.connection, checked, as_of=as_of)
    coded = None
    if state and "reasons" in tables:
        coded = overlay_codes(source.connection, tables["reasons"], State.at(state), as_of=as_of)
    if coded is not None:
        tables["reasons"] = coded.rows
    observed = last_observed_day(tables, as_of=as_of, config=source.config)
    stale = stale_reason(observed, as_of=as_of, config=source.config)
    if "leads" in tables:
        tables["leads"] = _with_states(source, tables, as_of=as_of, stale=stale is not None)
    digests = {name: digest(source.connection, rows) for name, rows in tables.items()}
    n_known = {name: n_rows for name, (n_rows, _) in digests.items()}
    row_counts = _row_counts(report, merging, n_known, as_of=as_of)
    used = row_counts.set_index("table")["n_used"]
    filled = {name: rows for name, rows in tables.items() if n_known[name]}
    if not filled and used.sum():
        raise UsageError(
            f"as_of {as_of}: none of the source's {used.sum()} rows was known by then; "
            "give a later day"
        )
    return Known(
        as_of=as_of,
        observed_until=observed or as_of,
        config=source.config,
        tables=filled,
        given_columns={
            name: report.given[name] | (coded.filled if coded and name == "reasons" else set())
            for name in filled
        },
        source_name=source.name,
        fingerprint=_fingerprint(filled, digests),
        audit=_audit(report, [*merging.counts(), *(coded.counts if coded else [])]),
        row_counts=row_counts,
        stale=stale,
        future_rows={
            name: int(used[name]) - n - (merging.n_customers if name == "customers" else 0)
            for name, n in n_known.items()
        },
        results_dir=results_dir,
        truth=source.truth,
        alarms=(
            State.at(state).alarms(as_of, salt=source.config.salt)
            if state
            else empty_book(is_kept=False)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merging:
    """What merging did: customers merged away, and rows of T10 that it took out."""

    n_customers: int = 0
    n_repeated: int = 0
    n_conflicting: int = 0

    def counts(self) -> list[tuple[str, str, str, str, str, int]]:
        """Return the rows of the audit."""
        found = (
            (
                "merged_twice", "repair",
                "one row per round and customer; of a merged customer the first is kept",
                self.n_repeated,
            ),
            (
                "merged_conflict", "exclude",
                "one arm per round and customer; merged ids with different arms are left out",
                self.n_conflicting,
            ),
        )  # fmt: skip
        return [
            ("winback", "customer_id", rule, severity, allowed, n)
            for rule, severity, allowed, n in found
            if n
        ]


def _cut_tables(
    connection: BaseBackend, checked: Mapping[str, ir.Table], *, as_of: date
) -> tuple[dict[str, ir.Table], _Merging]:
    """Return the as-of views, kept in the engine, and what merging customers did."""
    views = {name: as_of_view(rows, TABLES[name], as_of=as_of) for name, rows in checked.items()}
    merges, merging = None, _Merging()
    if "customers" in views and "merged_into" in checked["customers"].columns:
        merges = resolve_merges(connection, views["customers"])
    if merges is not None:
        merging = _Merging(n_customers=count_rows(merges))
        views = {name: follow_merges(rows, TABLES[name], merges) for name, rows in views.items()}
        if "winback" in views:
            once = draw_once(connection, views["winback"])
            views["winback"] = once.rows
            merging = replace(merging, n_repeated=once.n_repeated, n_conflicting=once.n_conflicting)
    kept = {name: keep(connection, f"known_{name}", rows) for name, rows in views.items()}
    return kept, merging


def _row_counts(
    report: CheckReport, merging: _Merging, n_known: Mapping[str, int], *, as_of: date
) -> pd.DataFrame:
    """Return the rows per table as they count that day.

    Those that merging took out are among the excluded; those whose fault came in after the day are
    not.
    """
    counts = report.row_counts
    lost = (counts["table"] == "winback") * (merging.n_repeated + merging.n_conflicting)
    for name, rows in report.dated.items():
        still = rows.filter(rows[UNTIL].notnull(), not_yet_faulty(rows, as_of=as_of))
        lost -= (counts["table"] == name) * count_rows(still)
    return counts.assign(
        n_excluded=counts["n_excluded"] + lost,
        n_used=counts["n_used"] - lost,
        n_known=[n_known.get(name, 0) for name in counts["table"]],
    )


def _with_states(
    source: Source, tables: Mapping[str, ir.Table], *, as_of: date, stale: bool
) -> ir.Table:
    """Add the state of each lead; where the data are stale no state is given."""
    leads = tables["leads"]
    if stale:
        rows = leads.mutate(state=ibis.null("string"))
    else:
        rows = add_lead_states(
            leads, tables.get("interactions"), as_of=as_of,
            dormant_days=source.config.lead_dormant_days,
        )  # fmt: skip
    return keep(source.connection, "known_leads_states", rows)


def _fingerprint(tables: Mapping[str, ir.Table], digests: Mapping[str, tuple[int, str]]) -> str:
    """Digest the as-of views, so that equal knowledge has an equal sign."""
    lines = [f"{name}({','.join(tables[name].columns)})={digests[name]}" for name in sorted(tables)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _audit(report: CheckReport, noted: Sequence[Count]) -> pd.DataFrame:
    """Return repairs, exclusions and warnings per table and rule, and which clocks are absent."""
    notes = [*noted]
    used = report.row_counts.set_index("table")["n_used"]
    for name, given in report.given.items():
        table = TABLES[name]
        n_rows = int(used[name])
        if table.recorded and table.recorded not in given:
            note = _NO_PLAN_TIME if table.plan is not None and not table.event_time else ""
            allowed = note or _NO_TYPING_TIME
            notes.append((name, table.recorded, "no_typing_time", "warning", allowed, n_rows))
    extra = pd.DataFrame(notes, columns=list(report.counts.columns))
    frame = pd.concat([report.counts, extra]) if len(extra) else report.counts
    return frame.astype({"n_rows": "int64"}).reset_index(drop=True)
