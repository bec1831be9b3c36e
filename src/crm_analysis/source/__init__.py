"""From files to what was known at a day: connect, check, load."""

from __future__ import annotations

from crm_analysis.source.check import CheckReport, check
from crm_analysis.source.connect import Source, connect, raw_fingerprint
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.source.load import cut, fill_store, find_config, load, parse_as_of
from crm_analysis.source.steady import Settings, Steady, hold_steady
from crm_analysis.source.store import Store

__all__ = [
    "CheckReport",
    "Known",
    "Settings",
    "Source",
    "Steady",
    "Store",
    "check",
    "collect",
    "connect",
    "cut",
    "fill_store",
    "find_config",
    "hold_steady",
    "load",
    "parse_as_of",
    "raw_fingerprint",
]
