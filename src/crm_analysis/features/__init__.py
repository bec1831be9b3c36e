"""Features: functions of the as-of tables to one Ibis expression, one row per lead or customer."""

from crm_analysis.features.catalog import CATALOG, Feature

__all__ = ["CATALOG", "Feature"]
