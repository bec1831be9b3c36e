"""Reading `crm_analysis.toml`: all faults at once, each with what is allowed."""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm_analysis.config.keys import Abc, Config, Key, Tracks
from crm_analysis.errors import ConfigError, UsageError

FILE_NAME = "crm_analysis.toml"
SALT_VARIABLE = "CRM_ANALYSIS_SALT"


def read_config(path: Path | None) -> Config:
    """Read and check a configuration file; None means the defaults.

    Raises
    ------
    UsageError
        The file does not exist.
    ConfigError
        All faults of the file at once, one a line.
    """
    given = {} if path is None else _parse(path)
    faults: list[str] = []
    values = _values(Config, given, "", faults)
    if path is not None and values.get("codebook"):
        own = Path(values["codebook"]).expanduser()
        values["codebook"] = str((path.expanduser().parent / own).resolve())
    config = Config(**values, salt=os.environ.get(SALT_VARIABLE, ""))
    faults += _contradictions(config)
    if faults:
        name = FILE_NAME if path is None else path.name
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise ConfigError(
            f"{name} has {count}:{listed}\n"
            "All keys with defaults and units: crm-analysis contract --config"
        )
    return config


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"configuration file {path} does not exist; check --config") from None
    except OSError as error:
        raise UsageError(f"configuration file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name} is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name} is not valid TOML: {error}") from None


def _values(
    kind: type[Config] | type[Abc] | type[Tracks],
    given: Mapping[str, Any],
    prefix: str,
    faults: list[str],
) -> dict[str, Any]:
    """Return the good values of a table of the file, adding the bad ones to `faults`."""
    defaults = kind()
    known = [item.name for item in dataclasses.fields(kind) if "key" in item.metadata]
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "salt" and not prefix:
            faults.append(f"salt: not in the file; set the environment variable {SALT_VARIABLE}")
        elif name not in known:
            faults.append(f"{prefix}{name}: unknown key{_did_you_mean(name, known)}")
        else:
            key = kind.__dataclass_fields__[name].metadata["key"]
            default = getattr(defaults, name)
            values[name] = _checked(f"{prefix}{name}", value, default, key, faults)
    return values


def _checked(name: str, value: Any, default: Any, key: Key, faults: list[str]) -> Any:  # noqa: ANN401
    """Return the value in the type of the default; the default where it is at fault."""
    if isinstance(default, Abc | Tracks | dict):
        if not isinstance(value, dict):
            faults.append(f"{name} = {value!r}: a table is needed, [{name}]")
            return default
        if isinstance(default, dict):
            return _mapping(name, value, default, key, faults)
        return type(default)(**_values(type(default), value, f"{name}.", faults))
    listed = isinstance(default, tuple)
    fault = _sequence_fault(value, default, key) if listed else _fault(value, default, key)
    if fault:
        faults.append(f"{name} = {value!r}: {fault}")
        return default
    if listed:
        return tuple(value)
    return float(value) if isinstance(default, float) else value


def _mapping(
    name: str,
    value: Mapping[str, Any],
    default: Mapping[str, float],
    key: Key,
    faults: list[str],
) -> dict[str, float]:
    merged = dict(default)
    for entry, number in value.items():
        if entry not in default:
            faults.append(f"{name}.{entry}: unknown key{_did_you_mean(entry, list(default))}")
        elif fault := _fault(number, 0.0, key):
            faults.append(f"{name}.{entry} = {number!r}: {fault}")
        else:
            merged[entry] = float(number)
    return merged


def _sequence_fault(value: Any, default: tuple[Any, ...], key: Key) -> str | None:  # noqa: ANN401
    if not isinstance(value, list) or not value:
        return f"a list is needed, such as {list(default)}"
    for item in value:
        if fault := _fault(item, default[0], key):
            return f"{item!r}: {fault}"
    if isinstance(default[0], int) and sorted(set(value)) != value:
        return "the numbers must rise"
    return None


def _fault(value: Any, default: Any, key: Key) -> str | None:  # noqa: ANN401 - any TOML value
    """Say what is wrong with a single value, None where nothing is."""
    if default is None:
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return None if is_day else "a date is needed, such as 2026-10-31 without quotes"
    if isinstance(default, str):
        return None if isinstance(value, str) else "a text in quotes is needed"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"a number is needed, such as {default}"
    if isinstance(default, int) and not isinstance(value, int):
        return f"a whole number is needed, such as {default}"
    low = -math.inf if key.low is None else key.low
    high = math.inf if key.high is None else key.high
    if not (math.isfinite(value) and low <= value <= high):
        limits = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
        return f"allowed is {limits}{f' ({key.unit})' if key.unit else ''}"
    return None


def _contradictions(config: Config) -> list[str]:
    """Faults that one key alone does not show."""
    faults = []
    try:
        ZoneInfo(config.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"tz = {config.tz!r}: no time zone of that name; allowed: 'Europe/Berlin' …")
    for name in ("nps_cuts", "late_reason_days"):
        if len(getattr(config, name)) != 2:
            faults.append(f"{name} = {list(getattr(config, name))}: two numbers are needed")
    for encoding in config.encodings:
        try:
            "".encode(encoding)
        except LookupError:
            faults.append(f"encodings: no encoding is called {encoding!r}; allowed: 'gb18030' …")
    return faults


def _did_you_mean(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; allowed: {', '.join(known)}" if len(known) <= 12 else ""
