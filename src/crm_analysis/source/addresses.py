"""What a source is called by: which engine an address means, and what of it may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from crm_analysis.errors import UsageError

_URL = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*:)+//")
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:(?![/\\]*$)")  # one letter is a Windows drive
_SECRET = re.compile(r".*?\b(user|pass\w*|pwd|secret|token)\s*=", re.IGNORECASE | re.DOTALL)
_NO_PORT = re.compile(r"(//[^/@:\[]*:)(?!\d*(?:,[\w.-]+:\d+)*(?:/|$))[^/]*")
_LOGIN = re.compile(r"[^/]*:/*[^/@:]*:(?!\d{1,5}/).*@", re.DOTALL)
_ENGINES = {
    r"postgres(ql)?(\+\w+)?://": "postgres",
    r"spark:": "pyspark",
    r"local(-cluster)?[\[?]": "pyspark",
}
_EXAMPLE = "postgres://user@host:5432/database?schema=crm"
_OPTIONS = ("host", "schema", "sslmode", "sslrootcert")


def engine_name(url: str) -> str:
    """Return Ibis' name of the engine behind an address, "" for folders and files.

    Examples
    --------
    >>> engine_name("postgres://ann@host/crm"), engine_name("local[2]?tables=crm"), engine_name("x")
    ('postgres', 'pyspark', '')
    """
    found = (name for shape, name in _ENGINES.items() if re.match(rf"\s*{shape}", url))
    return next(found, "")


def masked(url: str) -> str:
    """Hide user, password and parameters of a url.

    A password may hold any sign, so all up to the last @ is hidden, then all from the first ? or ;
    on, and what stands in a port's place and is none: a password whose host was left out. Without
    // nothing says where the secrets end: only the scheme is shown. Spark's parameters may name a
    place with secrets of its own.

    Examples
    --------
    >>> masked("postgresql://ann:se/c@ret@host/crm?sslmode=off")
    'postgresql://***@host/crm'
    >>> masked("postgresql:host=h password=secret")
    'postgresql:***'
    >>> masked("postgres://ann:secret/crm"), masked("postgres://host:5432/crm")
    ('postgres://ann:***/crm', 'postgres://host:5432/crm')
    >>> masked("local[2]?tables=s3a://key:secret@bucket"), masked("demo:")
    ('local[2]', 'demo:')
    """
    if engine_name(url) == "pyspark":
        url = url.partition("?")[0]
    if _URL.match(url):
        shown = re.sub(r"//.*@", "//***@", url, count=1, flags=re.DOTALL)
        return _NO_PORT.sub(r"\1***", re.split(r"[?;]", shown, maxsplit=1)[0], count=1)
    place = _SCHEME.match(url) or _SECRET.match(url)
    if place is None or place.end() == len(url):
        return url
    return place.group() + "***"


def has_secret(place: str) -> bool:
    """Say whether the address of files holds a secret: `key:secret@`, but not `container@` alone.

    Examples
    --------
    >>> has_secret("s3a://key:sec/ret@bucket/crm"), has_secret("abfs://crm@account.net/crm")
    (True, False)
    >>> has_secret("hdfs://host:9000/mail@crm")
    False
    """
    return bool(_LOGIN.match(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a PostgreSQL database is; "" and None leave it to libpq's own defaults.

    Parameters
    ----------
    schema : str
        Where the contract's tables or views lie.
    options : mapping of str to str
        sslmode and sslrootcert, as libpq takes them.
    """

    host: str = ""
    port: int | None = None
    user: str = ""
    database: str = ""
    schema: str = "public"
    options: tuple[tuple[str, str], ...] = ()


def read_address(url: str) -> Address:
    """Read the address of a PostgreSQL database; a password in it is refused.

    Examples
    --------
    >>> read_address("postgres://ann@db.example.org:5433/sales?schema=crm").schema
    'crm'
    >>> read_address("postgres://db/sales?scheme=crm")
    Traceback (most recent call last):
    crm_analysis.errors.UsageError: source postgres://db/sales: unknown option scheme; allowed ...
    """
    _refuse_password(url)
    try:
        parts = urlsplit(url.strip())
        port = parts.port
        given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise UsageError(f"source {masked(url)} is no address; write {_EXAMPLE}") from None
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise UsageError(
            f"source {masked(url)}: unknown option {', '.join(unknown)}; allowed are "
            f"{', '.join(_OPTIONS)}, as in {_EXAMPLE}"
        )
    return Address(
        host=given.pop("host", "") or unquote(parts.hostname or ""),
        port=port,
        user=unquote(parts.username or ""),
        database=unquote(parts.path.removeprefix("/")),
        schema=given.pop("schema", "") or "public",
        options=tuple(given.items()),
    )


def _refuse_password(url: str) -> None:
    place = url.strip().partition("//")[2].partition("?")[0]
    before, found, _ = place.rpartition("@")
    if (found and ":" in before) or re.search(r"\b(pass\w*|pwd)\s*=", url, re.IGNORECASE):
        raise UsageError(
            f"source {masked(url)}: a password in the address would end up in logs; give it by "
            "the environment variable PGPASSWORD or in ~/.pgpass"
        )
