"""13,087 loan applications in a workflow's log: endings, early calls, what came of open ones.

Cancelled by the customer = lost, approved = won, declined = void, 399 undecided. Trained on what
was known after two thirds of the time, tried on applications that came to day 7 or 14 later; those
not decided when the log ends are censored. The horizon is 30 days: the bank closes silent
applications about then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from crm_analysis.answers import loss_patterns
from crm_analysis.answers.early_call_ages import age_table
from crm_analysis.answers.loss_early_call import early_call_part
from crm_analysis.deals.early_call.calibration import brier, calibration, log_loss_gain
from crm_analysis.deals.early_call.call_estimates import Judging
from crm_analysis.deals.early_call.call_frames import CallFrames, call_frames, lead_fates
from crm_analysis.deals.early_call.columns import code_columns
from crm_analysis.deals.early_call.early_call import early_call, feature_columns, level_columns
from crm_analysis.deals.early_call.open_chances import losses_expected, open_chances, unscored
from crm_analysis.deals.early_call.ranking import Ranked, weighted_auc
from crm_analysis.deals.early_call.rolling import scored
from crm_analysis.source import load
from crm_analysis.source.known import Known
from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import CAUSES, lead_spells
from tests.conftest import realdata_folder
from tests.ground.made_files import ROOT

pytestmark = pytest.mark.realdata
MAPPING = ROOT / "data" / "mappings" / "bpic2012"
LAST_DAY = "2012-03-14"
DAYS = (7, 14)


def loaded(folder: Path, as_of: str) -> Known:
    return load(
        str(folder),
        as_of=as_of,
        views=str(MAPPING / "views.sql"),
        config=str(MAPPING / "crm_analysis.toml"),
    )


@pytest.fixture(scope="module")
def folder() -> Path:
    return realdata_folder("bpic2012")


@pytest.fixture(scope="module")
def known(folder) -> Known:
    return loaded(folder, LAST_DAY)


@pytest.fixture(scope="module")
def frames(known) -> CallFrames:
    return call_frames(known, days=DAYS, horizon_days=known.config.horizon_days)


@pytest.fixture(scope="module")
def cases(folder) -> pd.DataFrame:
    """Read each case's days from the log itself: no code of the project."""
    rows = pd.read_csv(folder / "bpic2012_cases.csv", usecols=["case_id", "out"])
    log = pd.read_csv(folder / "bpic2012_events.csv.gz")
    at = pd.to_datetime(log["time:timestamp"], utc=True, format="ISO8601")
    local = at.dt.tz_convert("Europe/Amsterdam").dt.tz_localize(None).dt.normalize()
    log = log.assign(day=local)
    ends = log[log["concept:name"].isin(["A_APPROVED", "A_CANCELLED", "A_DECLINED"])]
    rows = rows.set_index("case_id")
    rows["opened"] = log.groupby("case_id")["day"].min()
    rows["closed"] = ends.groupby("case_id")["day"].min()
    return rows


def direct_incidence(cases: pd.DataFrame, day: int) -> dict[str, float]:
    """Compute the three incidences case by case."""
    end = cases["closed"].fillna(pd.Timestamp(LAST_DAY))
    time = (end - cases["opened"]).dt.days.to_numpy()
    out = cases["out"].to_numpy()
    names = {"lost": "cancelled", "won": "approved", "void": "declined"}
    still, incidence = 1.0, dict.fromkeys(names, 0.0)
    for t in np.unique(time[time <= day]):
        at_risk = (time >= t).sum()
        ended = {cause: ((time == t) & (out == name)).sum() for cause, name in names.items()}
        for cause, n in ended.items():
            incidence[cause] += still * n / at_risk
        still *= 1 - sum(ended.values()) / at_risk
    return incidence


def test_every_application_is_a_lead_with_its_ending(known):
    leads = known.row_counts.set_index("table").loc["leads"]
    assert (leads["n_in"], leads["n_excluded"], leads["n_used"]) == (13087, 0, 13087)
    fates = lead_fates(known.table("leads"))["cause"].map({0: "open", **CAUSES})
    assert fates.value_counts().to_dict() == {
        "void": 7635, "lost": 2807, "won": 2246, "open": 399
    }  # fmt: skip


@pytest.mark.parametrize("day", [0, 7, 14, 30, 60, 90])
def test_cumulative_incidences_equal_a_direct_computation(known, cases, day):
    risk = risk_table(lead_spells(known.table("leads"), as_of=known.observed_until))
    found = aalen_johansen(risk)
    direct = direct_incidence(cases, day)
    for code, name in CAUSES.items():
        assert found.at(day, code).estimate == pytest.approx(direct[name], abs=1e-9)


@dataclass(frozen=True)
class Tried:
    """The last third of the time, as called on one day of an application's life."""

    rows: pd.DataFrame
    boosted: np.ndarray

    def auc(self, column: str) -> Ranked:
        return self.ranked(self.rows[column].to_numpy(dtype=float))

    def ranked(self, p: np.ndarray) -> Ranked:
        return weighted_auc(p, *self.fates)

    @property
    def fates(self) -> tuple[np.ndarray, np.ndarray]:
        return self.rows["lost"].to_numpy(dtype=bool), self.rows["weight"].to_numpy()

    def calibration(self, column: str):
        return calibration(self.rows[column].to_numpy(dtype=float), *self.fates)

    def brier(self, column: str) -> float:
        return brier(self.rows[column].to_numpy(dtype=float), *self.fates)


@pytest.fixture(scope="module", params=DAYS)
def tried(request, cases, frames) -> Iterator[Tried]:
    frame = frames.by_day[request.param].sort_values(["landmark_day", "lead_id"])
    first = (cases["opened"].min() - pd.Timestamp("1970-01-01")).days
    last = frames.clock.last_day
    split = first + 2 * (last - first) // 3
    columns = feature_columns(frame)
    rows = scored(frame, columns, level_columns(frame), frames.clock, periods=[(split + 1, last)])
    return Tried(rows=rows, boosted=boosted(frame, columns, frames, split))


def boosted(
    frame: pd.DataFrame, columns: tuple[str, ...], frames: CallFrames, split: int
) -> np.ndarray:
    """Give gradient boosting the same columns and the same known, weighted fates."""
    lesson, later = frame[frame["landmark_day"] < split], frame[frame["landmark_day"] > split]
    fates = frames.clock.fates(lesson, day=split)
    coding = code_columns(lesson[fates.known], columns)
    model = HistGradientBoostingClassifier(
        max_depth=3, learning_rate=0.05, max_iter=150, random_state=0
    )
    model.fit(
        coding.of(lesson[fates.known]),
        fates.lost[fates.known],
        sample_weight=fates.weight[fates.known],
    )
    return np.asarray(model.predict_proba(coding.of(later))[:, 1])


def test_the_track_ranks_cancellations_better_than_the_last_stage(tried):
    full, level = tried.auc("p"), tried.auc("p_level")
    gain = full.influence - level.influence
    assert full.auc - level.auc > 0.01
    assert (full.auc - level.auc) / np.sqrt((gain**2).sum()) > 1.96


def test_it_is_as_good_as_boosting_on_the_same_columns(tried):
    assert tried.auc("p").auc >= tried.ranked(tried.boosted).auc - 0.02


def test_undecided_applications_are_censored_and_not_kept(tried):
    undecided = tried.rows["weight"] == 0
    assert undecided.sum() > 300
    assert not tried.rows.loc[undecided, "lost"].any()


def test_open_taken_for_kept_promises_too_few_cancellations_and_ours_do_not(tried):
    """The gain of a fit that knows what it does not know: intercept, and squared error."""
    naive, fitted, ours = (tried.calibration(name) for name in ("p_plain", "p_raw", "p"))
    assert naive.intercept.value - 1.96 * naive.intercept.se > 0.1
    for found in (fitted, ours):
        assert abs(found.intercept.value) < 0.2
        assert abs(found.intercept.value) < naive.intercept.value / 2
        assert 0.85 < found.slope.value < 1.2
    assert tried.brier("p") < tried.brier("p_plain")


def test_recalibration_does_no_harm(tried):
    """Nothing is gained here: no last closed months reject the level, so that it is not moved."""
    after, before = (tried.rows[name].to_numpy(dtype=float) for name in ("p", "p_raw"))
    assert log_loss_gain(after, before, *tried.fates).value >= 0
    naive = tried.rows["p_plain"].to_numpy(dtype=float)
    knows = log_loss_gain(before, naive, *tried.fates)
    assert knows.value - 1.96 * knows.se > 0


def test_an_age_at_which_probabilities_were_off_is_told_as_off(known):
    """By day 30 the bank closes silent applications: the log odds said are too far apart."""
    made = call_frames(known, days=(*DAYS, 30), horizon_days=known.config.horizon_days)
    early = early_call(made.by_day, made.clock, Judging(capacity_per_month=100))
    month = early.calls[-1]
    slope = month.row("early_call_calibration_slope")
    assert month.model is not None
    assert slope.ci_hi < 1
    assert not month.holds
    [table] = age_table(early, made.open_leads, alpha=0.05)
    [line] = table.frame[table.frame["first"] == 30].to_dict("records")
    assert "off" in line["verdict_en"]


def test_what_is_expected_of_open_applications_comes(folder, known):
    """As of 31 January, for the 30 days that follow; what came is read from the whole log."""
    then = loaded(folder, "2012-01-31")
    made = call_frames(then, days=DAYS, horizon_days=30)
    early = early_call(
        made.by_day, made.clock, Judging(capacity_per_month=100), between=made.between
    )
    assert [call.landmark_days for call in early.skilled] == list(DAYS)
    chances = open_chances(early, made.open_leads)
    assert len(chances) + len(unscored(early, made.open_leads)) == len(made.open_leads)
    came = chances.merge(lead_fates(known.table("leads")), on="lead_id")
    lost = ((came["cause"] == 1) & (came["closed_day"] <= made.clock.last_day + 30)).to_numpy()
    p = came["loss_probability"].to_numpy(dtype=float)
    assert len(p) > 400
    assert weighted_auc(p, lost, np.ones(len(p))).auc > 0.75
    [expected] = losses_expected(early, made.open_leads)
    assert expected.ci_lo <= lost.sum() <= expected.ci_hi


def test_the_page_says_so(known):
    part = early_call_part(known, known.config)
    [told] = part.told
    assert "predicts a loss in the next 30 days better than its last level" in (
        told.finding.sentence.en
    )
    [table] = part.tables
    assert table.frame.set_index("day").loc[45, "verdict_en"] == "too little data"
    result = loss_patterns.answer(known)
    assert result.status != "off"
