"""The command `crm-analysis codes`: what coders filled in comes back into the state."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_analysis.reasons.import_codes import Imported

_TOLD = 20


def add_codes(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `codes import FILE`."""
    codes = commands.add_parser("codes", help="take coded reasons into the state")
    actions = codes.add_subparsers(metavar="action", required=True)
    add = actions.add_parser("import", help="check a coded list and store it, or say its faults")
    add.add_argument("file", help="lost_reasons_to_code as filled in: .csv, .tsv or .xlsx")
    add.add_argument("--state", default="reports/.state", help="where codes are kept")
    add.add_argument("--source", required=True, help="the data that the list was made of")
    add.add_argument("--views", default="", help="SQL views that bring your tables to ours")
    add.add_argument("--config", default="", help="a crm_analysis.toml (default: the source's)")
    add.set_defaults(command=import_command)


def import_command(options: argparse.Namespace) -> int:
    """Import one file; faults end with exit 3, a busy state with 4."""
    from crm_analysis.errors import UsageError
    from crm_analysis.reasons.codebook import codebook_of
    from crm_analysis.reasons.import_codes import import_codes
    from crm_analysis.source import connect, find_config
    from crm_analysis.state import State

    for flag, path in (("--views", options.views), ("--config", options.config)):
        if path and not Path(path).expanduser().is_file():
            raise UsageError(f"{flag} {path}: no such file")
    config = find_config(options.source, options.config)
    views = Path(options.views) if options.views else None
    found = import_codes(
        Path(options.file).expanduser(),
        state=State.at(options.state),
        source=connect(options.source, views=views, config=config),
        codebook=codebook_of(config),
    )
    sys.stdout.write("\n".join(_lines(found)) + "\n")
    return 0


def _lines(found: Imported) -> list[str]:
    from crm_analysis.reasons.import_codes import changes

    added = found.added
    lines = [
        f"Stored {added.n_stored} codes of {found.n_reasons} reasons, as of {found.as_of}; "
        f"{added.n_there} were there already."
    ]
    lines += _listed("Codes that replace an earlier one, which is kept", changes(added))
    lines += _listed("Conflicts, where the CRM's own code counts", found.conflicts)
    return [*lines, "The next run learns from them."]


def _listed(title: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  and {len(rows) - _TOLD} more"] if len(rows) > _TOLD else []
    return [f"{title}: {len(rows)}", *(f"  {row}" for row in rows[:_TOLD]), *more]
