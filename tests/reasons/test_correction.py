"""The misreport correction: a table by hand, its two limits, coverage, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.reasons import double_sampling
from crm_analysis.reasons.correction import paired_shares, stated_shares, without_callback_error
from crm_analysis.reasons.double_sampling import corrected_shares, double_sample
from crm_analysis.reasons.reports import delay_bands, main_code, reports
from crm_analysis.reasons.response import response_weights
from tests.reasons.reasons_frame import EVENT, coded_reasons


def pairs_of(counts: dict[tuple[str, str, str | None], int]) -> pd.DataFrame:
    """Write (band, seller's code, callback's code) → deals as `reports` hands them over."""
    rows = [
        {"rep": rep, "rep_codes": (rep,), "callback": call, "band": band}
        for (band, rep, call), n in counts.items()
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows).assign(lang="en", event_at=EVENT)
    frame["callback"] = frame["callback"].astype(object).where(frame["callback"].notna(), None)
    return frame


# 100 notes say price; of 10 called back 4 say price, 6 speed. 50 say speed, all 10 called agree.
TABLE = {
    ("0-30", "price", "price"): 4,
    ("0-30", "price", "speed"): 6,
    ("0-30", "price", None): 90,
    ("0-30", "speed", "speed"): 10,
    ("0-30", "speed", None): 40,
}


def shares_of(pairs: pd.DataFrame) -> dict[str, float]:
    sample = double_sample(pairs)
    [values] = corrected_shares(sample, sample.count[None, :].astype(float))
    return dict(zip(sample.codes, values, strict=True))


# Kappa .4: 14 of 20 agree, 10 by chance. Of the callbacks 6 differ and say speed; of those that
# agree a quarter counts, 1 for price and 2.5 for speed: 1 : 8.5, and two as everywhere, one each.
KAPPA = 0.4
EVERYWHERE = 1 / 9.5
SPREAD = (1 + 2 * EVERYWHERE + 1) / (9.5 + 2 + 2)


def test_a_table_by_hand():
    """Two callbacks a row and two by its share of the notes, as far as notes are not called."""
    found = shares_of(pairs_of(TABLE))
    of_price = (2 + 2 * 100 / 150) * 90 / 100
    of_speed = (2 + 2 * 50 / 150) * 40 / 50
    price = (4 + of_price * (KAPPA + (1 - KAPPA) * SPREAD)) / (10 + of_price)
    speed = of_speed * (1 - KAPPA) * SPREAD / (10 + of_speed)
    assert found["price"] == pytest.approx((100 * price + 50 * speed) / 150, abs=1e-12)
    assert found["price"] + found["speed"] == pytest.approx(1.0, abs=1e-12)


def test_without_smoothing_it_is_the_plain_double_sampling(monkeypatch):
    monkeypatch.setattr(double_sampling, "SMOOTHING", 0.0)
    assert shares_of(pairs_of(TABLE))["price"] == pytest.approx(100 / 150 * 0.4)


def test_where_everybody_is_called_the_callbacks_decide():
    everybody = {key: n for key, n in TABLE.items() if key[2] is not None}
    assert shares_of(pairs_of(everybody))["price"] == pytest.approx(4 / 20, abs=1e-12)


def test_a_band_without_callbacks_is_read_by_those_of_all_bands():
    found = shares_of(pairs_of({**TABLE, ("181+", "price", None): 1000}))
    meant = KAPPA + (1 - KAPPA) * (2 * EVERYWHERE + 1) / 4
    assert found["price"] == pytest.approx(
        (1000 * meant + 150 * shares_of(pairs_of(TABLE))["price"]) / 1150
    )


def test_a_band_rarely_called_counts_as_many_callbacks_as_it_had():
    """Weights by response differ between bands, not within: the table is as without them."""
    pairs = pairs_of({**TABLE, ("181+", "price", "speed"): 2, ("181+", "price", None): 500})
    called = pairs[pairs["callback"].notna()]
    weights = called["band"].map({"0-30": 0.6, "181+": 5.0})
    plain, weighted = double_sample(pairs), double_sample(pairs, weights)
    assert corrected_shares(weighted, weighted.count[None, :].astype(float)) == pytest.approx(
        corrected_shares(plain, plain.count[None, :].astype(float)), abs=1e-12
    )


def test_draws_lie_about_what_is_seen():
    sample = double_sample(pairs_of(TABLE))
    rng = np.random.default_rng(1)
    draws = rng.standard_gamma(sample.count, size=(4000, len(sample.count)))
    drawn = corrected_shares(sample, draws, rng=rng)
    assert drawn.sum(axis=1) == pytest.approx(1.0)
    assert drawn[:, 0].mean() == pytest.approx(shares_of(pairs_of(TABLE))["price"], abs=0.02)
    plain = corrected_shares(sample, draws)
    assert drawn[:, 0].std() > plain[:, 0].std()


@pytest.mark.parametrize("error", [0.0, 0.05, 0.10, 0.15])
def test_callbacks_that_err_to_any_other_code_are_undone(error):
    true = np.array([[0.5, 0.3, 0.2]])
    heard = true * (1 - error) + (1 - true) * error / 2
    assert without_callback_error(heard, error) == pytest.approx(true, abs=1e-9)


CALLS = st.sampled_from(["price", "speed", "staff", None])
DEALS = st.lists(
    st.tuples(st.sampled_from(["0-30", "181+"]), st.sampled_from(["price", "speed"]), CALLS),
    min_size=1,
    max_size=60,
).filter(lambda rows: any(row[2] for row in rows))


@settings(max_examples=60)
@given(DEALS)
def test_shares_are_shares_whatever_is_heard(rows):
    counts: dict[tuple[str, str, str | None], int] = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    found = shares_of(pairs_of(counts))
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-9)
    assert all(-1e-12 <= value <= 1 + 1e-12 for value in found.values())


def drawn(seed: int, *, n: int = 800, p_called: float = 0.3) -> pd.DataFrame:
    """Draw notes of which 40 % of the true "speed" say price; callbacks are right."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(["price", "speed", "staff"], n, p=[0.2, 0.5, 0.3])
    noted = np.where((truth == "speed") & (rng.random(n) < 0.4), "price", truth)
    rows = [{"codes": (code,)} for code in noted]
    called = np.flatnonzero(rng.random(n) < p_called)
    calls = [
        {"codes": (truth[at],), "source": "callback", "lead_id": f"L{at:05d}"} for at in called
    ]
    return coded_reasons(rows + calls)


def test_intervals_cover_the_truth_at_their_rate():
    held = []
    for seed in range(40):
        found = stated_shares(drawn(seed, n=600), n_boot=200, seed=seed).set_index("code")
        held += [
            found.loc[code, "corrected_lo"] <= share <= found.loc[code, "corrected_hi"]
            for code, share in {"price": 0.2, "speed": 0.5, "staff": 0.3}.items()
        ]
        assert found.loc["price", "naive"] > 0.3
    assert 0.90 <= np.mean(held) <= 0.99


def erring_evenly(seed: int, *, n: int = 800) -> pd.DataFrame:
    """Draw notes of which three in ten are guesses, as frequent as the truth: shares are right."""
    rng = np.random.default_rng(seed)
    names, shares = ["price", "speed", "staff"], [0.2, 0.5, 0.3]
    truth = rng.choice(names, n, p=shares)
    noted = np.where(rng.random(n) < 0.7, truth, rng.choice(names, n, p=shares))
    calls = [
        {"codes": (truth[at],), "source": "callback", "lead_id": f"L{at:05d}"}
        for at in np.flatnonzero(rng.random(n) < 0.3)
    ]
    return coded_reasons([*({"codes": (code,)} for code in noted), *calls])


CODES = np.array(["price", "speed", "staff", "stock", "trust", "brand", "time", "quality"])
TRUE = [0.30, 0.22, 0.16, 0.12, 0.08, 0.06, 0.04, 0.02]


def agreeing(seed: int, *, right: float, n: int = 800) -> pd.DataFrame:
    """Draw frequent and rare codes in three bands; notes that err are as frequent as the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(CODES, n, p=TRUE)
    noted = np.where(rng.random(n) < right, truth, rng.choice(CODES, n, p=TRUE))
    called = rng.random(n) < 0.3
    return pd.DataFrame(
        {
            "rep": noted, "rep_codes": [(code,) for code in noted], "lang": "en",
            "callback": np.where(called, truth, None), "event_at": EVENT,
            "band": rng.choice(["0-30", "31-180", "181+"], n),
        }
    )  # fmt: skip


def test_notes_with_which_all_callbacks_agree_are_left_as_they_are():
    """Spread as callbacks alone, the smoothing took a percentage point from each rare code."""
    for seed in range(5):
        found = paired_shares(agreeing(seed, right=1.0), n_boot=50, seed=seed)
        assert found["difference"].abs().max() == pytest.approx(0.0, abs=1e-12)
        assert found["p"].min() > 0.99


def test_notes_whose_errors_cancel_make_a_gap_no_oftener_than_declared():
    """Null: with smoothing by callbacks alone, a quarter of these p were below .05."""
    p = [
        one
        for right in (0.97, 0.9, 0.7)
        for seed in range(20)
        for one in paired_shares(agreeing(seed, right=right), n_boot=100, seed=seed)["p"]
    ]
    assert np.mean(np.array(p) < 0.05) <= 0.08


def unread(coded: pd.DataFrame, *, share: float, seed: int) -> pd.DataFrame:
    """Make so many of the seller's notes unreadable, whatever they say."""
    lost = np.random.default_rng(1000 + seed).random(len(coded)) < share
    lost &= coded["source"].eq("rep_opinion").to_numpy()
    codes = [() if gone else code for code, gone in zip(coded["codes"], lost, strict=True)]
    return coded.assign(codes=pd.Series(codes, index=coded.index, dtype=object))


def test_notes_that_nobody_can_read_make_no_gap():
    """Null: notes err to nobody's favour, and 35 % of them are unreadable."""
    p = []
    for seed in range(20):
        rows = unread(erring_evenly(seed), share=0.35, seed=seed)
        found = stated_shares(rows, n_boot=100, seed=seed)
        assert set(found["code"]) == {"price", "speed", "staff"}
        assert found["naive"].sum() == pytest.approx(1.0)
        assert 0.28 < found["n_unread"][0] / (found["n_rep"][0] + found["n_unread"][0]) < 0.42
        p += list(found["p"])
    assert np.mean(np.array(p) < 0.05) <= 0.12


def test_unreadable_notes_leave_the_correction_of_the_others_as_it_was():
    whole = stated_shares(drawn(2), seed=1).set_index("code")
    part = stated_shares(unread(drawn(2), share=0.35, seed=2), seed=1).set_index("code")
    for name in ("naive", "corrected", "difference"):
        assert part[name].to_dict() == pytest.approx(whole[name].to_dict(), abs=0.05)
    assert part.loc["price", "p"] < 0.01


def test_notes_of_which_none_can_be_read_leave_the_callbacks():
    found = stated_shares(unread(drawn(3), share=1.0, seed=3))
    assert set(found["status"]) == {"not_estimable"}
    assert found["naive"].isna().all()
    assert found["callback"].sum() == pytest.approx(1.0)


def test_the_same_seed_gives_the_same_numbers():
    one, two = (stated_shares(drawn(1), seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_too_few_callbacks_leave_the_naive_shares_and_say_why():
    few = drawn(1, n=60, p_called=0.05)
    found = stated_shares(few)
    assert set(found["status"]) == {"not_estimable"}
    assert set(found["note"]) == {"too_few_callbacks"}
    assert found[["corrected", "corrected_lo", "p"]].isna().all().all()
    assert found["naive"].sum() == pytest.approx(1.0)


def test_nothing_gives_no_rows():
    assert stated_shares(drawn(1).iloc[:0]).empty
    assert stated_shares(drawn(1), about="churn").empty


def test_the_first_word_of_each_side_counts_and_all_named_codes_are_counted():
    rows = coded_reasons(
        [
            {"codes": ("price", "speed")},
            {"codes": ("staff",), "lead_id": "L00000", "recorded_at": EVENT + pd.Timedelta(days=9)},
            {"codes": ("speed",), "lead_id": "L00000", "source": "callback"},
            {"codes": (), "lead_id": None, "customer_id": "C9"},
            {"codes": ("price",), "source": "third_party"},
            {"codes": (), "lead_id": None, "customer_id": "C9", "source": "callback"},
        ]
    )
    pairs = reports(rows).set_index("subject")
    assert list(pairs.index) == ["C9", "L00000"]
    assert pairs.loc["L00000", ["rep", "callback"]].tolist() == ["price", "speed"]
    assert pairs.loc["C9", "rep"] == "unclassified" == main_code(())
    assert pairs.loc["C9", "callback"] is None
    shares = stated_shares(rows).set_index("code")
    assert shares.loc["speed", "mentioned"] == 1.0
    assert shares.loc["speed", "naive"] == 0.0
    assert shares["n_unread"].unique().tolist() == [1]
    assert "unclassified" not in shares.index


def test_bands_include_their_upper_end():
    days = pd.Series([0.0, 30.0, 31.0, 180.0, 181.0, np.nan])
    assert list(delay_bands(days)) == ["0-30", "0-30", "31-180", "31-180", "181+", "unknown"]


def test_weights_bring_back_those_who_answer_less():
    rng = np.random.default_rng(4)
    n = 4000
    lang = rng.choice(["en", "zh"], n)
    called = rng.random(n) < np.where(lang == "en", 0.5, 0.1)
    pairs = pd.DataFrame(
        {
            "rep": "price", "rep_codes": [("price",)] * n, "band": "0-30", "lang": lang,
            "event_at": EVENT, "callback": pd.Series(np.where(called, "price", None), dtype=object),
        }
    )  # fmt: skip
    weights = response_weights(pairs)
    reached = lang[called] == "zh"
    share = weights.to_numpy()[reached].sum() / weights.sum()
    assert reached.mean() < 0.2
    assert share == pytest.approx(0.5, abs=0.02)


def test_weights_are_one_where_all_answer_and_none_where_nobody_does():
    pairs = pairs_of({("0-30", "price", "price"): 5})
    assert set(response_weights(pairs)) == {1.0}
    assert response_weights(pairs.assign(callback=None)).empty
