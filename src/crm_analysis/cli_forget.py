"""The command `crm-analysis forget`: nobody can tell any more whom the alarms are about."""

from __future__ import annotations

import argparse
import sys


def add_forget(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `forget ID`."""
    forget = commands.add_parser("forget", help="remove a person from what outlives a run")
    forget.add_argument("id", help="the customer's id, or a lead's, as in your CRM")
    forget.add_argument("--state", default="reports/.state", help="where alarms are kept")
    forget.set_defaults(command=forget_command)


def forget_command(options: argparse.Namespace) -> int:
    """Remove one person's keys; no state there is exit 2, one that does not verify 3, busy 4."""
    from crm_analysis.errors import UsageError
    from crm_analysis.state import State

    state = State.at(options.state)
    if not state.file.is_file():
        raise UsageError(f"--state {options.state}: there is no state; give the folder of yours")
    n_keys = state.forget(options.id)
    keys = "1 key" if n_keys == 1 else f"{n_keys} keys"
    lines = [
        f"Removed {keys} of {options.id}; the ledger verifies without.",
        "Not touched: the private/ folders of published months, and your CRM. A person who is "
        "still there is known again by the next alarm.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
