"""13,087 loan applications, stages and calls only: patterns hold again, or are not shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crm_analysis.answers.loss_grammar import grammar_part
from crm_analysis.deals.patterns.replication import find_patterns
from crm_analysis.deals.patterns.weekly_checks import WeekCounts, week_counts
from crm_analysis.source import load
from crm_analysis.source.known import Known
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "bpic2012"


@pytest.fixture(scope="module")
def known() -> Known:
    return load(
        str(realdata_folder("bpic2012")),
        as_of="2012-03-14",
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )


@pytest.fixture(scope="module")
def counts(known) -> WeekCounts:
    return week_counts(known, known.config)


def test_a_silent_customer_cancels_more_often_in_both_periods(known):
    grammar = grammar_part(known, known.config)
    part, patterns = grammar.part, grammar.patterns
    kept = {(one.cause, one.pattern.name): one for one in patterns.kept}
    silent = kept["lost", "customer_silent"]
    assert silent.discovery.own.log_ratio > 1
    assert silent.replication.own.log_ratio > 1
    assert all(one.discovery.is_more == one.replication.is_more for one in patterns.kept)
    assert len(part.tables[0].frame) == len(patterns.kept)


def test_nothing_is_kept_where_endings_are_dealt_out_anew(counts):
    """Within each period and age the endings go to weeks drawn by lot."""
    weeks = counts.frame.loc[counts.frame.index.repeat(counts.frame["n"])].assign(n=1)
    n_kept = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        dealt = weeks.groupby(["period", "check_days"])["cause"].transform(rng.permutation)
        mixed = replace(counts, frame=weeks.assign(cause=dealt).reset_index(drop=True))
        n_kept += len(find_patterns(mixed).kept)
    assert n_kept <= 1
