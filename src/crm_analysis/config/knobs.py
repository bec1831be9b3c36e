"""The few settings that a reader of a notebook may turn, over those of the file."""

from __future__ import annotations

import dataclasses

from crm_analysis.config.keys import Config, Key
from crm_analysis.errors import ConfigError

KNOBS = ("horizon_days", "min_events", "fdr_q", "n_boot")


def turned(
    config: Config,
    *,
    horizon_days: int = 0,
    min_events: int = 0,
    fdr_q: float = 0.0,
    n_boot: int = 0,
) -> Config:
    """Return the configuration with the given knobs turned; 0 leaves the file's value.

    Examples
    --------
    >>> turned(Config(), horizon_days=60).horizon_days, turned(Config()).horizon_days
    (60, 90)
    """
    asked = {
        "horizon_days": horizon_days, "min_events": min_events, "fdr_q": fdr_q, "n_boot": n_boot
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value}
    keys = {one.name: one.metadata.get("key") for one in dataclasses.fields(Config)}
    for name, value in given.items():
        key = keys[name]
        if isinstance(key, Key) and not _fits(value, key):
            raise ConfigError(f"{name} = {value!r}: allowed is {key.low} to {key.high} {key.unit}")
    return dataclasses.replace(config, **given)  # type: ignore[arg-type]


def _fits(value: float, key: Key) -> bool:
    low = key.low if key.low is not None else value
    high = key.high if key.high is not None else value
    return low <= value <= high
