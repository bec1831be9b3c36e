"""The configuration: one file `crm_analysis.toml`, checked as a whole before anything runs.

The salt is no key of the file: it comes from the environment variable CRM_ANALYSIS_SALT, so
that no secret lies beside the data or reaches a manifest.
"""

from __future__ import annotations

from crm_analysis.config.keys import Abc, Config, Key, Tracks, describe_config
from crm_analysis.config.knobs import KNOBS, turned
from crm_analysis.config.reading import FILE_NAME, SALT_VARIABLE, read_config

__all__ = [
    "FILE_NAME",
    "KNOBS",
    "SALT_VARIABLE",
    "Abc",
    "Config",
    "Key",
    "Tracks",
    "describe_config",
    "read_config",
    "turned",
]
