"""No question is claimed to be answered without a quantity and a test."""

from __future__ import annotations

from crm_analysis.report.catalog import NAMES
from tests.ground.made_files import ROOT
from tests.notebooks.questions import faults, questions


def test_each_claim_has_a_notebook_a_quantity_and_a_test():
    assert faults(ROOT) == []
    assert {one.notebook for one in questions()} <= set(NAMES)


def test_no_question_is_claimed_twice_and_each_has_the_form_of_a_row():
    listed = questions()
    claims = [(one.row, one.place) for one in listed]
    assert len(claims) == len(set(claims))
    assert all(row[0] in "ABCDE" and row[2:4].isdigit() for row, _ in claims)
