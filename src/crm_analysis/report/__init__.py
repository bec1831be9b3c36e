"""Reports: show a result in a notebook, run the notebooks, publish a month."""

from crm_analysis.report.page import Page
from crm_analysis.report.publish import publish

__all__ = ["Page", "publish"]
