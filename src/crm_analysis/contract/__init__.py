"""The data contract: 12 tables, their words, clocks and states, declared once."""

from __future__ import annotations

from crm_analysis.contract.chinese import plain, simplified, traditional
from crm_analysis.contract.enumerations import ENUMERATIONS, VALUE_ALIASES, value_label
from crm_analysis.contract.schema import Column, Late, Plan, Table, Type
from crm_analysis.contract.states import CUSTOMER_STATES, LEAD_STATES
from crm_analysis.contract.tables import TABLES

__all__ = [
    "CUSTOMER_STATES",
    "ENUMERATIONS",
    "LEAD_STATES",
    "TABLES",
    "VALUE_ALIASES",
    "Column",
    "Late",
    "Plan",
    "Table",
    "Type",
    "plain",
    "simplified",
    "traditional",
    "value_label",
]
