"""The data contract: 12 tables, their words, clocks and states, declared once."""

from __future__ import annotations

from crm_analysis.contract.chinese import plain, simplified, traditional
from crm_analysis.contract.enumerations import ENUMERATIONS, VALUE_ALIASES, value_label
from crm_analysis.contract.glossary import GLOSSARY, glossary_rows
from crm_analysis.contract.render import (
    config_text,
    contract_markdown,
    contract_text,
    glossary_text,
)
from crm_analysis.contract.schema import Column, Late, Plan, Table, Type
from crm_analysis.contract.states import CUSTOMER_STATES, LEAD_STATES
from crm_analysis.contract.switches import SWITCHED_OFF, Switch, switched_off
from crm_analysis.contract.tables import TABLES

__all__ = [
    "CUSTOMER_STATES",
    "ENUMERATIONS",
    "GLOSSARY",
    "LEAD_STATES",
    "SWITCHED_OFF",
    "TABLES",
    "VALUE_ALIASES",
    "Column",
    "Late",
    "Plan",
    "Switch",
    "Table",
    "Type",
    "config_text",
    "contract_markdown",
    "contract_text",
    "glossary_rows",
    "glossary_text",
    "plain",
    "simplified",
    "switched_off",
    "traditional",
    "value_label",
]
