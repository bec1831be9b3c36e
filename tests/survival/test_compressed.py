"""Cox on counts: equal to the rows it was counted from, and to PHReg and lifelines on them."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.survival.compressed import cox_table
from crm_analysis.survival.cox import cox_efron
from crm_analysis.survival.risk_table import compress, risk_table

BY = ["product", "region", "rep", "quarter"]


def leads(n=3000, *, seed=4, days=30):
    """Products b and c lose faster, the south slower; a rep's leads share a hazard."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "product": rng.choice(list("abc"), n),
            "region": rng.choice(["north", "south"], n),
            "rep": rng.integers(0, 12, n),
            "quarter": rng.choice(["q1", "q2", "q3"], n),
        }
    )
    log_ratio = frame["product"].map({"a": 0, "b": 0.4, "c": 0.8}) - 0.5 * (
        frame["region"] == "south"
    )
    shared = rng.normal(scale=0.3, size=12)[frame["rep"]]
    lost = rng.exponential(days, n) * np.exp(-log_ratio - shared)
    won, gone = rng.exponential(2 * days, n), rng.uniform(5, 3 * days, n)
    last = np.minimum(np.minimum(lost, won), gone)
    cause = np.where(last == lost, 1, np.where(last == won, 2, 0))
    return frame.assign(duration_days=np.floor(last).astype(int), cause=cause)


def dummies(frame):
    return pd.DataFrame(
        {
            "product=b": frame["product"].eq("b"),
            "product=c": frame["product"].eq("c"),
            "region=south": frame["region"].eq("south"),
        }
    ).astype(float)


NAMES = ("product=b", "product=c", "region=south")
COVARIATES = ["product", "region"]


def assert_same(a, b, tolerance=1e-8):
    assert (a.names, a.status, a.n, a.events) == (b.names, b.status, b.n, b.events)
    np.testing.assert_allclose(a.coef, b.coef, atol=tolerance)
    np.testing.assert_allclose(a.covariance, b.covariance, atol=tolerance)
    assert a.loglik == pytest.approx(b.loglik, abs=1e-6)


@pytest.mark.parametrize("strata", [[], ["quarter"]], ids=["plain", "strata"])
def test_equals_phreg_on_the_rows(strata):
    from statsmodels.duration.hazard_regression import PHReg

    frame = leads()
    fit = cox_table(compress(frame, BY), covariates=COVARIATES, strata=strata)
    witness = PHReg(
        frame["duration_days"].replace(0, 0.5),
        dummies(frame),
        status=(frame["cause"] == 1).astype(float),
        strata=frame["quarter"] if strata else None,
        ties="efron",
    ).fit()
    assert fit.names == NAMES
    np.testing.assert_allclose(fit.coef, witness.params, atol=1e-8)
    np.testing.assert_allclose(fit.covariance, witness.cov_params(), atol=1e-8)
    assert fit.loglik == pytest.approx(witness.llf, abs=1e-7)


def test_equals_lifelines_on_pieces_with_late_entry():
    from lifelines import CoxPHFitter

    frame = leads(1500).assign(entry=lambda rows: rows["rep"] % 4)
    frame = frame[frame["duration_days"] > frame["entry"]]
    fit = cox_table(compress(frame, BY, entry="entry"), covariates=COVARIATES)
    rows = dummies(frame).assign(
        t=frame["duration_days"], e=frame["cause"] == 1, s=frame["entry"].astype(float)
    )
    witness = CoxPHFitter().fit(rows, "t", "e", entry_col="s")
    np.testing.assert_allclose(fit.coef, witness.params_, atol=1e-5)
    np.testing.assert_allclose(fit.se, witness.standard_errors_, atol=1e-5)


def test_equals_the_rows_with_strata_and_clusters():
    frame = leads()
    fit = cox_table(
        compress(frame, BY), covariates=COVARIATES, strata=["quarter"], cluster="rep", causes=(2,)
    )
    rows = dummies(frame).join(frame).assign(event=frame["cause"] == 2)
    whole = cox_efron(rows, covariates=NAMES, strata=["quarter"], cluster="rep")
    assert_same(fit, whole)
    model = cox_table(compress(frame, BY), covariates=COVARIATES, strata=["quarter"], causes=(2,))
    assert not np.allclose(model.se, fit.se, rtol=1e-3)


def test_levels_that_nobody_has_are_not_there():
    """A category without leads is neither counted nor fitted, nor is a row that counts nobody."""
    frame = leads(600)
    risk = compress(frame, BY)
    typed = frame.assign(product=pd.Categorical(frame["product"], categories=list("abcd")))
    assert (compress(typed, BY)["n"] > 0).all()
    nobody = risk.iloc[:1].assign(product="d", cause=1, n=0)
    how = {"covariates": COVARIATES, "strata": ["quarter"], "cluster": "rep"}
    for same in (compress(typed, BY), pd.concat([risk, nobody])):
        assert_same(cox_table(same, **how), cox_table(risk, **how))


def test_causes_choose_the_event():
    risk = compress(leads(), BY)
    lost, won, both = (
        cox_table(risk, covariates=["product"], causes=causes) for causes in ((1,), (2,), (1, 2))
    )
    assert both.events == lost.events + won.events
    assert abs(lost.coef - won.coef).max() > 0.2


def test_recovers_the_planted_ratios_from_the_engine():
    frame = leads(20_000)
    fit = cox_table(risk_table(ibis.memtable(frame), ["product", "region"]), covariates=COVARIATES)
    np.testing.assert_allclose(fit.coef, [0.4, 0.8, -0.5], atol=0.1)


def test_numbers_are_taken_as_they_are():
    frame = leads()
    fit = cox_table(compress(frame, ["rep"]), covariates=["rep"])
    rows = frame.assign(event=frame["cause"] == 1)
    assert_same(fit, cox_efron(rows, covariates=["rep"]))


def test_spells_without_a_level_are_left_out_and_counted():
    frame = leads()
    frame.loc[:99, "region"] = None
    fit = cox_table(compress(frame, BY), covariates=COVARIATES)
    assert (fit.n, fit.n_missing) == (2900, 100)
    assert_same(fit, cox_table(compress(frame.iloc[100:], BY), covariates=COVARIATES))


@pytest.mark.parametrize(
    ("change", "bad", "note"),
    [
        (lambda rows: "x", "extra", "no_spread"),
        (lambda rows: None, "extra", "all_missing"),
        (lambda rows: rows["region"].str.upper(), "extra=SOUTH", "duplicate_column: region=south"),
        (lambda rows: rows["product"] + rows["region"], "extra=bsouth", "collinear"),
        (
            lambda rows: np.where((rows["cause"] != 1) & (rows["rep"] == 3), "never", "else"),
            "extra=never",
            "separated",
        ),
    ],
    ids=["constant", "missing", "duplicate", "collinear", "level without events"],
)
def test_a_column_that_cannot_carry_a_coefficient_is_refused_by_name(change, bad, note):
    frame = leads().assign(extra=change)
    risk = compress(frame, [*BY, "extra"])
    fit = cox_table(risk, covariates=[*COVARIATES, "extra"])
    term = fit.term(bad)
    assert (term.status, term.note, term.coef) == ("not_estimable", note, None)
    if note != "collinear":
        rest = cox_table(risk, covariates=COVARIATES)
        np.testing.assert_allclose(fit.coef, rest.coef, atol=1e-9)


def test_separation_that_only_the_fit_can_see_is_named():
    """A dose that always ends first: only its order with time separates, no level does."""
    risk = pd.DataFrame({"time_days": range(1, 41), "cause": 1, "n": 25})
    risk["dose"] = -risk["time_days"]
    fit = cox_table(risk, covariates=["dose"])
    assert (fit.status, fit.term("dose").note) == ("not_estimable", "separated")


def test_a_covariate_without_variation_in_any_risk_set_is_refused():
    frame = leads().assign(early=lambda rows: rows["quarter"].eq("q1").map(str))
    fit = cox_table(
        compress(frame, [*BY, "early"]), covariates=["product", "early"], strata=["quarter"]
    )
    assert fit.term("early=True").note == "no_spread"
    assert fit.names == ("product=b", "product=c")


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (lambda frame: frame.iloc[:0], "no_rows"),
        (lambda frame: frame.iloc[:1].assign(cause=1), "no_spread"),
        (lambda frame: frame.assign(cause=0), "no_events"),
        (lambda frame: frame[frame["cause"] == 1].iloc[:8], "too_few_events"),
    ],
    ids=["empty", "one subject", "no events", "eight events"],
)
def test_degenerate_tables_are_refused_not_raised(rows, note):
    fit = cox_table(
        compress(rows(leads()), BY), covariates=COVARIATES, strata=["quarter"], cluster="rep"
    )
    assert fit.status == "not_estimable"
    assert fit.note == note
    assert fit.coef.size == 0


def test_few_events_are_weak_with_the_same_ridge():
    frame = leads().assign(event=lambda rows: rows["cause"] == 1)
    few = pd.concat([frame[frame["event"]].iloc[:20], frame[~frame["event"]].iloc[:200]])
    fit = cox_table(compress(few, BY), covariates=COVARIATES)
    whole = cox_efron(dummies(few).join(few), covariates=NAMES)
    assert (fit.status, fit.method) == ("weak", "cox_efron_ridge")
    assert_same(fit, whole)


def test_unknown_columns_are_refused_with_advice():
    with pytest.raises(ValueError, match="allowed are"):
        cox_table(compress(leads(50), BY), covariates=["colour"])


def test_a_row_never_at_risk_is_refused():
    risk = compress(leads(50).assign(entry=500), BY, entry="entry")
    with pytest.raises(ValueError, match="must lie after entry"):
        cox_table(risk, covariates=["product"])


def test_half_a_million_ties_are_at_the_maximum_written_out():
    """At the estimate Efron's score, summed tied event by tied event, is 0."""
    leaving = {1: (100_000, 150_000), 2: (90_000, 160_000), 3: (400_000, 100_000)}
    rows = [
        (product, day, int(day < 3), n)
        for day, counts in leaving.items()
        for product, n in zip("ab", counts, strict=True)
    ]
    risk = pd.DataFrame(rows, columns=["product", "time_days", "cause", "n"])
    fit = cox_table(risk, covariates=["product"])
    ratio, score = np.exp(fit.coef[0]), 0.0
    for at_risk, ended in [((590_000, 410_000), leaving[1]), ((490_000, 260_000), leaving[2])]:
        c = np.arange(sum(ended)) / sum(ended)
        b = ratio * (at_risk[1] - c * ended[1])
        share = b / (b + at_risk[0] - c * ended[0])
        score += ended[1] - share.sum()
    assert score == pytest.approx(0, abs=1e-3)
    assert fit.events == 500_000


spell = st.tuples(
    st.integers(0, 6), st.integers(0, 2), st.sampled_from("xyz"), st.sampled_from("pq")
)
tables = st.lists(spell, min_size=12, max_size=60)
quiet = settings(max_examples=20, deadline=None, derandomize=True)
LOOSE = {"min_events": 2, "causes": (1,)}


def listed(rows):
    return pd.DataFrame(rows, columns=["duration_days", "cause", "product", "half"])


def fitted(frame, **how):
    entry = "entry" if "entry" in frame else None
    risk = compress(frame, ["product", "half"], entry=entry)
    return cox_table(risk, covariates=["product"], strata=["half"], **LOOSE, **how)


def assert_same_fit(a, b, tolerance=1e-7):
    assert [(t.name, t.status, t.note) for t in a.terms] == [
        (t.name, t.status, t.note) for t in b.terms
    ]
    np.testing.assert_allclose(a.coef, b.coef, atol=tolerance)
    np.testing.assert_allclose(a.covariance, b.covariance, atol=tolerance)


@quiet
@given(tables, st.integers(2, 4))
def test_weights_equal_repetition(rows, times):
    frame = listed(rows)
    by = ["product", "half"]
    weighted = compress(frame, by)
    weighted["n"] *= times
    repeated = compress(pd.concat([frame] * times), by)
    how = {"covariates": ["product"], "strata": ["half"], **LOOSE}
    assert_same_fit(cox_table(weighted, **how), cox_table(repeated, **how))
    each = pd.concat([frame] * times).rename(columns={"duration_days": "time_days"}).assign(n=1)
    assert_same_fit(cox_table(weighted, **how), cox_table(each, **how))


@quiet
@given(tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    risk = compress(listed(rows), ["product", "half"])
    mixed = risk.sample(frac=1, random_state=random.randint(0, 10**6))
    how = {"covariates": ["product"], "strata": ["half"], **LOOSE}
    assert_same_fit(cox_table(risk, **how), cox_table(mixed, **how))


@quiet
@given(tables)
def test_relabelling_keeps_the_fit_and_reflects_the_contrasts(rows):
    """x, y, z become c, b, a: the reference moves from x to z, the likelihood stays."""
    frame = listed(rows)
    a = fitted(frame)
    b = fitted(frame.assign(product=frame["product"].map(dict(zip("xyz", "cba", strict=True)))))
    if len(a.names) == len(b.names) == 2 and a.status == b.status == "ok":
        assert a.loglik == pytest.approx(b.loglik, abs=1e-7)
        by_level = dict(zip(a.names, a.coef, strict=True))
        mirrored = dict(zip(b.names, b.coef, strict=True))
        assert mirrored["product=c"] == pytest.approx(-by_level["product=z"], abs=1e-6)
        difference = by_level["product=y"] - by_level["product=z"]
        assert mirrored["product=b"] == pytest.approx(difference, abs=1e-6)


@quiet
@given(tables)
def test_renaming_strata_changes_nothing(rows):
    frame = listed(rows)
    renamed = frame.assign(half=frame["half"].map({"p": "z", "q": "a"}))
    assert_same_fit(fitted(frame), fitted(renamed))


@quiet
@given(tables, st.integers(1, 5))
def test_splitting_an_interval_in_two_changes_nothing(rows, cut):
    frame = listed(rows)
    whole = fitted(frame.assign(entry=0))
    longer = frame["duration_days"] > cut
    pieces = pd.concat(
        [
            frame[~longer].assign(entry=0),
            frame[longer].assign(entry=0, duration_days=cut, cause=0),
            frame[longer].assign(entry=cut),
        ]
    )
    split = fitted(pieces)
    assert whole.events == split.events
    if whole.status == split.status == "ok":
        assert_same_fit(whole, split)
        assert whole.loglik == pytest.approx(split.loglik, abs=1e-8)
    assert_same_fit(whole, fitted(frame))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(tables)
def test_the_engines_table_is_the_frames(rows):
    frame = listed(rows).assign(entry=0)
    engine = risk_table(ibis.memtable(frame), ["product", "half"], entry="entry")
    ours = compress(frame, ["product", "half"], entry="entry")
    pd.testing.assert_frame_equal(engine, ours, check_dtype=False)
