"""Who is meant by an entry of the ledger: a salted digest, and a key table that can be emptied.

The ledger itself holds no id. A row of the key table says which lead and which customer a digest
stands for; without it nobody can tell, and the ledger verifies as before.

Decision: one ledger has one salt, from the environment or else made once and kept in the file. Of
a salt from the environment only a digest is kept, by which another one is noticed: with it every
lead would be a stranger, and what was said of it would be said again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Sequence

from crm_analysis.errors import UsageError

_BETWEEN = "\x1f"
_MADE, _CHECK = "made", "check"
_DIGITS, _SHARE_DIGITS = 32, 13


def subject_of(salt: str, *, kind: str, name: str) -> str:
    """Return the digest by which the ledger knows a lead or a customer.

    Examples
    --------
    >>> subject_of("s", kind="open_deal", name="L1") == subject_of("s", kind="open_deal", name="L1")
    True
    >>> subject_of("s", kind="open_deal", name="L1") == subject_of("t", kind="open_deal", name="L1")
    False
    """
    return _digest(salt, "subject", kind, name)[:_DIGITS]


def is_held_back(salt: str, *, kind: str, name: str, share: float) -> bool:
    """Say whether one belongs to the random slice that is never warned of; without a salt none.

    It depends on nothing but the salt and the name, so whoever is held back stays so.

    Examples
    --------
    >>> held = [is_held_back("s", kind="open_deal", name=f"L{n}", share=0.2) for n in range(1000)]
    >>> 160 <= sum(held) <= 240
    True
    """
    if not salt or share <= 0:
        return False
    drawn = int(_digest(salt, "held back", kind, name)[:_SHARE_DIGITS], 16)
    return drawn < share * float(16**_SHARE_DIGITS)


def _digest(salt: str, *parts: str) -> str:
    return hmac.new(salt.encode(), _BETWEEN.join(parts).encode(), hashlib.sha256).hexdigest()


def _check_of(salt: str) -> str:
    return _digest(salt, "check")[:_DIGITS]


def known_salt(connection: sqlite3.Connection, given: str) -> str:
    """Return the salt of a ledger, "" where it has none yet.

    Raises
    ------
    UsageError
        The given one is not that of the ledger, or the ledger's came from outside and is missing.
    """
    kept = dict(connection.execute("SELECT name, value FROM salt").fetchall())
    salt = given or kept.get(_MADE, "")
    if _CHECK in kept and not salt:
        raise UsageError(
            "the state's alarms were written with a salt of your own, which is missing now: set "
            "CRM_ANALYSIS_SALT to it"
        )
    if _CHECK in kept and _check_of(salt) != kept[_CHECK]:
        raise UsageError(
            "CRM_ANALYSIS_SALT is not the salt with which the state's alarms were written: set it "
            "to that one, or unset it if you had none"
        )
    return salt


def settled_salt(connection: sqlite3.Connection, given: str) -> str:
    """Return the salt of a ledger; a new one is kept, made here where none is given."""
    salt = known_salt(connection, given)
    if not salt:
        salt = secrets.token_hex(16)
        connection.execute("INSERT INTO salt VALUES (?, ?)", (_MADE, salt))
    connection.execute("INSERT OR IGNORE INTO salt VALUES (?, ?)", (_CHECK, _check_of(salt)))
    return salt


def add_people(connection: sqlite3.Connection, rows: Sequence[tuple[str, str, str]]) -> None:
    """Keep who is meant: digest, id of the lead or customer, id of the person."""
    connection.executemany("INSERT OR IGNORE INTO people VALUES (?, ?, ?)", rows)


def forget(connection: sqlite3.Connection, name: str) -> int:
    """Remove every key of a person or lead, overwritten in the file; return how many there were."""
    connection.execute("PRAGMA secure_delete = ON")
    found = connection.execute("DELETE FROM people WHERE person = ? OR id = ?", (name, name))
    return found.rowcount
