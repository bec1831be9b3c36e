"""All tables of the contract, T1 to T12 in order."""

from __future__ import annotations

from crm_analysis.contract.contacts import ASSESSMENTS, INTERACTIONS, REASONS
from crm_analysis.contract.feedback import ISSUES, SURVEYS
from crm_analysis.contract.people import CUSTOMERS
from crm_analysis.contract.plans import ACTIONS, TARGETS, WINBACK
from crm_analysis.contract.sales import LEADS
from crm_analysis.contract.schema import Table
from crm_analysis.contract.trade import ENGAGEMENT, ORDER_LINES

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        LEADS,
        INTERACTIONS,
        ASSESSMENTS,
        REASONS,
        ORDER_LINES,
        ENGAGEMENT,
        SURVEYS,
        ISSUES,
        WINBACK,
        TARGETS,
        ACTIONS,
    )
}
