"""R01–R03 and R06–R12 of the references: published and cross-library survival results.

Each number stands in the reference list with its origin; the data ship inside lifelines.
Tolerances: 1e-4 for coefficients printed to four places, 1e-8 between this fit and PHReg (both
iterate to the maximum), 1e-5 against lifelines, which stops a little earlier.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.survival.competing import aalen_johansen
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.curves import kaplan_meier, log_rank
from crm_analysis.survival.diagnostics import e_value, proportional_hazards
from crm_analysis.survival.risk_table import compress

ROSSI = ("fin", "age", "race", "wexp", "mar", "paro", "prio")


@pytest.fixture(scope="module")
def rossi():
    from lifelines.datasets import load_rossi

    return load_rossi()


@pytest.fixture(scope="module")
def lung():
    from lifelines.datasets import load_lung

    return load_lung()


@pytest.fixture(scope="module")
def rossi_fit(rossi):
    return cox_efron(rossi, covariates=ROSSI, duration="week", event="arrest")


def test_r01_rossi_coefficients_and_errors(rossi_fit):
    coef = (-0.3794, -0.0574, 0.3139, -0.1498, -0.4337, -0.0849, 0.0915)
    se = (0.1914, 0.0220, 0.3080, 0.2122, 0.3819, 0.1958, 0.0286)
    assert rossi_fit.names == ROSSI
    np.testing.assert_allclose(rossi_fit.coef, coef, atol=1e-4)
    np.testing.assert_allclose(rossi_fit.se, se, atol=1e-4)
    assert (rossi_fit.n, rossi_fit.events, rossi_fit.status) == (432, 114, "ok")


def test_r01_equals_lifelines(rossi, rossi_fit):
    from lifelines import CoxPHFitter

    witness = CoxPHFitter().fit(rossi, "week", "arrest")
    np.testing.assert_allclose(rossi_fit.coef, witness.params_[list(ROSSI)], atol=1e-5)
    np.testing.assert_allclose(rossi_fit.se, witness.standard_errors_[list(ROSSI)], atol=1e-5)


def test_r02_rossi_likelihood(rossi_fit):
    assert rossi_fit.loglik == pytest.approx(-658.7477, abs=1e-3)
    ratio = 2 * (rossi_fit.loglik - rossi_fit.loglik_null)
    assert ratio == pytest.approx(33.266, abs=1e-3)
    assert rossi_fit.p == pytest.approx(2.362e-5, rel=1e-3)


def test_r02_rossi_concordance_of_the_linear_predictor(rossi, rossi_fit):
    from lifelines.utils import concordance_index

    score = rossi[list(ROSSI)].to_numpy() @ rossi_fit.coef
    assert concordance_index(rossi["week"], -score, rossi["arrest"]) == pytest.approx(
        0.6403, abs=1e-4
    )


def test_r03_phreg_efron_is_the_same_and_breslow_is_not(rossi, rossi_fit):
    from statsmodels.duration.hazard_regression import PHReg

    x = rossi[list(ROSSI)]
    efron = PHReg(rossi["week"], x, status=rossi["arrest"], ties="efron").fit()
    np.testing.assert_allclose(rossi_fit.coef, efron.params, atol=1e-8)
    np.testing.assert_allclose(rossi_fit.se, efron.bse, atol=1e-8)
    breslow = PHReg(rossi["week"], x, status=rossi["arrest"], ties="breslow").fit()
    assert breslow.llf == pytest.approx(-659.1206, abs=1e-4)
    assert breslow.params[[0, 3]] == pytest.approx([-0.3790, -0.1511], abs=1e-4)


def test_r04_rossi_only_age_and_wexp_change_over_time(rossi):
    tests = proportional_hazards(rossi, covariates=ROSSI, duration="week", event="arrest")
    p = {test.name: test.p for test in tests}
    assert {name for name, value in p.items() if value < 0.05} == {"age", "wexp"}
    assert all(value > 0.2 for name, value in p.items() if name not in ("age", "wexp"))
    wexp = next(test for test in tests if test.name == "wexp")
    assert wexp.statistic == pytest.approx(7.31, abs=0.01)


def _risk(frame: pd.DataFrame, time: str, event: str, by: list[str]) -> pd.DataFrame:
    spells = frame.rename(columns={time: "duration_days"})
    return compress(spells.assign(cause=spells[event].astype(int)), by)


def test_r06_lung_median_with_interval(lung):
    curve = kaplan_meier(_risk(lung, "time", "status", []), causes=(1,))
    assert (curve.n, curve.events.sum()) == (228, 165)
    assert curve.median_days == 310
    assert curve.median_ci_days == (284, 361)


def test_r07_lung_log_rank_by_sex(lung):
    from statsmodels.duration.survfunc import survdiff

    test = log_rank(_risk(lung, "time", "status", ["sex"]), "sex", causes=(1,))
    assert test.statistic == pytest.approx(10.3267, abs=1e-3)
    assert test.p == pytest.approx(0.0013, abs=1e-4)
    statistic, p = survdiff(lung["time"], lung["status"].astype(int), lung["sex"])
    assert (test.statistic, test.p) == pytest.approx((statistic, p), abs=1e-8)


def test_r08_lung_cox(lung):
    rows = lung[["time", "status", "age", "sex", "ph.ecog"]]
    fit = cox_efron(rows, covariates=["age", "sex", "ph.ecog"], duration="time", event="status")
    np.testing.assert_allclose(fit.coef, (0.0111, -0.5526, 0.4637), atol=1e-3)
    assert (fit.n, fit.n_missing) == (227, 1)
    assert 2 * (fit.loglik - fit.loglik_null) == pytest.approx(30.50, abs=1e-2)


def test_r09_lung_cox_sex_only(lung):
    fit = cox_efron(lung, covariates=["sex"], duration="time", event="status")
    term = fit.term("sex")
    assert term.coef == pytest.approx(-0.5310, abs=1e-3)
    assert np.exp(term.coef) == pytest.approx(0.588, abs=1e-3)
    assert term.p == pytest.approx(0.0015, abs=1e-4)


def test_r10_waltons():
    from lifelines import WeibullFitter
    from lifelines.datasets import load_waltons

    waltons = load_waltons()
    risk = _risk(waltons, "T", "E", ["group"])
    assert kaplan_meier(risk, causes=(1,)).median_days == 56
    assert log_rank(risk, "group", causes=(1,)).statistic == pytest.approx(122.249, abs=1e-3)
    weibull = WeibullFitter().fit(waltons["T"], waltons["E"])
    found = (weibull.lambda_, weibull.rho_, weibull.log_likelihood_)
    assert found == pytest.approx((55.733, 3.4505, -672.062), abs=1e-3)


@pytest.fixture(scope="module")
def transplants():
    from lifelines.datasets import load_stanford_heart_transplants

    return load_stanford_heart_transplants()


@pytest.fixture(scope="module")
def patients(transplants):
    first = transplants.groupby("id")[["age", "year", "surgery"]].first()
    end = transplants.groupby("id").agg(stop=("stop", "max"), event=("event", "max"))
    waited = transplants[transplants["transplant"] == 1].groupby("id")["start"].min()
    return first.join(end).assign(waited=waited, ever=lambda rows: rows["waited"].notna())


def _transplant_ratio(frame, exposure, **how):
    adjusting = ["age", "year", "surgery"]
    names = [*adjusting, exposure]
    # the published numbers have no ridge, though the later landmarks are weak by G3
    fit = cox_efron(frame, covariates=names, duration="stop", min_events=5, **how)
    term = fit.term(exposure)
    return tuple(np.exp([term.coef, term.ci_lo, term.ci_hi])), term.p


def test_r11_naive_ever_transplanted_is_wrong(patients):
    (ratio, _, _), p = _transplant_ratio(patients, "ever")
    assert ratio == pytest.approx(0.182, abs=1e-3)
    assert p < 1e-4


def test_r11_time_varying_shows_no_benefit(transplants):
    (ratio, _, _), p = _transplant_ratio(transplants, "transplant", entry="start")
    assert ratio == pytest.approx(0.990, abs=1e-3)
    assert p == pytest.approx(0.97, abs=5e-3)


def test_r11_time_varying_equals_lifelines(transplants):
    from lifelines import CoxTimeVaryingFitter

    names = ["age", "year", "surgery", "transplant"]
    fit = cox_efron(transplants, covariates=names, duration="stop", entry="start")
    witness = CoxTimeVaryingFitter().fit(
        transplants, id_col="id", event_col="event", start_col="start", stop_col="stop"
    )
    np.testing.assert_allclose(fit.coef, witness.params_[names], atol=1e-5)
    np.testing.assert_allclose(fit.se, witness.standard_errors_[names], atol=1e-5)


@pytest.mark.parametrize(
    ("day", "expected", "counts"),
    [
        (30, (0.920, 0.526, 1.609), (79, 33)),
        (60, (0.596, 0.284, 1.249), None),
        (90, (0.481, 0.166, 1.393), None),
    ],
)
def test_r11_landmarks(patients, day, expected, counts):
    still = patients[patients["stop"] > day]
    still = still.assign(by_then=still["waited"] <= day, landmark=day)
    found, _ = _transplant_ratio(still, "by_then", entry="landmark")
    assert found == pytest.approx(expected, abs=1e-3)
    if counts:
        assert (len(still), still["by_then"].sum()) == counts


@pytest.fixture
def toy():
    """Return lifelines issue 619: heavy ties, two causes."""
    return pd.DataFrame(
        {
            "cause": [0, 1, 1, 1, 2, 1, 0, 1, 0, 2, 2],
            "duration_days": [1, 5, 3, 6, 1, 3, 2, 5, 2, 3, 6],
        }
    )


@pytest.mark.parametrize(
    ("day", "cause", "expected"),
    [
        (3, 1, 20 / 77),
        (5, 1, 40 / 77),
        (6, 1, 50 / 77),
        (1, 2, 1 / 11),
        (3, 2, 17 / 77),
        (6, 2, 27 / 77),
    ],
)
def test_r12_aalen_johansen_is_tie_exact(toy, day, cause, expected):
    shares = aalen_johansen(compress(toy))
    assert shares.at(day, cause).estimate == pytest.approx(expected, abs=1e-9)


def test_r12_one_minus_kaplan_meier_overstates(toy):
    curve = kaplan_meier(compress(toy), causes=(1,))
    assert 1 - curve.at(5).estimate == pytest.approx(0.6429, abs=1e-4)
    assert 1 - curve.at(6).estimate == pytest.approx(0.8214, abs=1e-4)


def test_r12_equals_statsmodels_with_its_standard_error(toy):
    from statsmodels.duration.survfunc import CumIncidenceRight

    censored_last = pd.concat([toy, pd.DataFrame({"cause": [0], "duration_days": [9]})])
    witness = CumIncidenceRight(
        censored_last["duration_days"].to_numpy(), censored_last["cause"].to_numpy()
    )
    shares = aalen_johansen(compress(censored_last))
    for row in (0, 1):
        np.testing.assert_allclose(shares.cif[row], witness.cinc[row], atol=1e-12)
        np.testing.assert_allclose(np.sqrt(shares.variance[row]), witness.cinc_se[row], atol=1e-12)


def test_r23_e_value():
    assert e_value(1.5) == pytest.approx(2.366, abs=1e-3)
