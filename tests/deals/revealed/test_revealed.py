"""What losing goes with: joint hazards, attributable shares, ranks and flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_analysis.deals.revealed.against_stated import compare
from crm_analysis.deals.revealed.effects import fit_revealed, revealed_estimates
from crm_analysis.deals.revealed.sides import shapley, side_estimates
from crm_analysis.estimates import read_segment

LOSS, WIN, LANDMARK, HORIZON = 0.02, 0.01, 14, 60


def world(n, *, seed=0, slope=0.6, missing=0.0):
    """Leads from the landmark on; a binary price gap drives loss, the response time nothing."""
    rng = np.random.default_rng(seed)
    gap = (rng.random(n) < 0.5).astype(float)
    rate = LOSS * np.exp(slope * gap)
    life = rng.exponential(1, n) / (rate + WIN)
    lost = rng.random(n) < rate / (rate + WIN)
    stop = rng.uniform(30, 200, n)
    ended = life < stop
    return pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(n)],
            "entry_days": LANDMARK,
            "duration_days": LANDMARK + np.ceil(np.minimum(life, stop)),
            "cause": np.where(ended, np.where(lost, 1, 2), 0),
            "response_hours": rng.normal(size=n),
            "price_gap_share": np.where(rng.random(n) < missing, np.nan, gap),
        }
    )


def rows_of(frame, **options):
    revealed = fit_revealed(frame, landmark_days=LANDMARK)
    return revealed, revealed_estimates(revealed, horizon_days=HORIZON, **options)


def pick(rows, quantity, code, cause="lost"):
    return next(
        row
        for row in rows
        if row.quantity == quantity
        and row.role in ("result", "diagnostic")
        and read_segment(row.segment)["code"] == code
        and read_segment(row.segment).get("cause", cause) == cause
    )


def true_share(slope):
    """The attributable share in closed form: exponential hazards, half of the leads exposed."""

    def lost_by_horizon(rate):
        return rate / (rate + WIN) * (1 - np.exp(-(rate + WIN) * HORIZON))

    without, with_gap = lost_by_horizon(LOSS), lost_by_horizon(LOSS * np.exp(slope))
    return 1 - without / ((without + with_gap) / 2)


def test_the_attributable_share_is_that_of_the_closed_form():
    _, rows = rows_of(world(20_000))
    price = pick(rows, "attributable_share", "price")
    assert price.ci_lo < true_share(0.6) < price.ci_hi
    assert price.estimate == pytest.approx(true_share(0.6), abs=0.02)
    nothing = pick(rows, "attributable_share", "speed")
    assert nothing.ci_lo < 0 < nothing.ci_hi


@pytest.mark.parametrize(("slope", "is_seen"), [(0.6, True), (0.0, False)])
def test_losing_those_who_ask_for_many_models_is_seen_where_planted(slope, is_seen):
    frame = world(3_000, slope=slope).rename(columns={"price_gap_share": "n_models"})
    row = pick(rows_of(frame)[1], "revealed_log_hazard_ratio", "range_few")
    assert row.ci_lo < slope < row.ci_hi
    assert (row.ci_lo > 0) is is_seen


def test_the_interval_of_the_attributable_share_is_as_wide_as_the_estimates_spread():
    found = [rows_of(world(1_500, seed=seed))[1] for seed in range(40)]
    shares = [pick(rows, "attributable_share", "price") for rows in found]
    told = np.mean([(row.ci_hi - row.ci_lo) / 2 / 1.959964 for row in shares])
    assert told == pytest.approx(np.std([row.estimate for row in shares], ddof=1), rel=0.3)
    covered = np.mean([row.ci_lo < true_share(0.6) < row.ci_hi for row in shares])
    assert covered >= 0.85


def test_without_an_effect_nothing_is_attributed_and_the_power_is_told():
    _, rows = rows_of(world(4_000, slope=0.0))
    price = pick(rows, "attributable_share", "price")
    assert price.ci_lo < 0 < price.ci_hi
    effect = pick(rows, "revealed_log_hazard_ratio", "price")
    se = (effect.ci_hi - effect.ci_lo) / 2 / 1.959964
    assert pick(rows, "detectable_log_hazard_ratio", "price").estimate == pytest.approx(
        2.801585 * se, rel=1e-4
    )


def test_leads_without_a_value_stay_as_they_are():
    """Half of the values missing at random: about half of the share can be attributed."""
    _, rows = rows_of(world(20_000, missing=0.5))
    price = pick(rows, "attributable_share", "price")
    assert price.estimate == pytest.approx(true_share(0.6) / 2, abs=0.025)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(seed):
    frame = world(400)
    _, rows = rows_of(frame)
    _, again = rows_of(frame.sample(frac=1, random_state=seed))
    for one, other in zip(rows, again, strict=True):
        assert one.key == other.key
        if one.estimate is not None:
            assert other.estimate == pytest.approx(one.estimate, rel=1e-8, abs=1e-10)


def test_too_few_losses_are_refused():
    frame = world(300)
    frame.loc[frame["cause"] == 1, "cause"] = 0
    _, rows = rows_of(frame)
    assert {row.status for row in rows if "lost" in row.segment} == {"not_estimable"}
    assert all(row.estimate is None for row in rows if row.quantity == "attributable_share")


def test_a_game_of_three_is_shared_by_pencil():
    """Gains a 6, b 3, c 0; a and b overlap by 3, c adds nothing: 4.5, 1.5, 0."""
    worth = {
        (): 0.0, ("a",): 6.0, ("b",): 3.0, ("c",): 0.0,
        ("a", "b"): 6.0, ("a", "c"): 6.0, ("b", "c"): 3.0, ("a", "b", "c"): 6.0,
    }  # fmt: skip
    shares = [shapley(worth, name, ("a", "b", "c")) for name in "abc"]
    assert shares == pytest.approx([4.5, 1.5, 0.0])


def test_the_side_that_drives_loss_explains_it():
    revealed = fit_revealed(world(3_000), landmark_days=LANDMARK)
    shares = {read_segment(row.segment)["side"]: row for row in side_estimates(revealed)}
    assert shares["product"].estimate > 0.9
    assert sum(row.estimate for row in shares.values()) == pytest.approx(1.0)


def test_no_side_is_named_where_nothing_explains():
    refused = 0
    for seed in range(5):
        revealed = fit_revealed(world(800, slope=0.0, seed=seed), landmark_days=LANDMARK)
        refused += {row.status for row in side_estimates(revealed)} == {"not_estimable"}
    assert refused >= 4


def test_the_level_asked_for_decides_whether_anything_is_explained():
    n_refused = 0
    for seed in range(5):
        revealed = fit_revealed(world(800, slope=0.0, seed=seed), landmark_days=LANDMARK)
        if {row.status for row in side_estimates(revealed)} == {"not_estimable"}:
            loose = side_estimates(revealed, alpha=0.999)
            assert {row.status for row in loose} == {"ok"}
            n_refused += 1
    assert n_refused


def stated(**shares):
    frame = pd.DataFrame({"code": list(shares), "naive": list(shares.values()), "n_rep": 400})
    frame["naive_lo"], frame["naive_hi"] = frame["naive"] - 0.03, frame["naive"] + 0.03
    for name in ("corrected", "corrected_lo", "corrected_hi"):
        frame[name] = np.nan
    return frame


def stating(frame, code, says):
    lost = frame.loc[frame["cause"] == 1, "lead_id"]
    return pd.DataFrame({"lead_id": lost, "code": np.where(says, code, "brand")})


def flags_of(frame, told):
    revealed, rows = rows_of(frame)
    lost = (frame["cause"] == 1).sum()
    found = compare(
        revealed,
        rows,
        stated=told,
        stating=stating(frame, "price", np.arange(lost) % 2 == 0),
    )
    return found.frame.set_index("code")["flag"].to_dict(), found


def test_said_and_not_seen_seen_and_not_said():
    flags, found = flags_of(world(4_000), stated(speed=0.5, brand=0.3, quality=0.1, price=0.02))
    assert flags == {"speed": "said_not_seen", "price": "seen_not_said"}
    noted = {row.note for row in found.estimates if row.quantity == "revealed_log_hazard_ratio"}
    assert {"said_not_seen", "seen_not_said"} <= noted


def test_what_is_said_and_seen_is_no_gap():
    flags, _ = flags_of(world(4_000), stated(price=0.6, brand=0.3, speed=0.05))
    assert flags == {"speed": "", "price": "said_and_seen"}


def test_the_attributable_share_comes_in_deals_of_the_horizon():
    frame = world(2_000)
    _, rows = rows_of(frame)
    share, deals = (
        pick(rows, name, "price") for name in ("attributable_share", "extra_lost_leads")
    )
    n_lost = ((frame["cause"] == 1) & (frame["duration_days"] <= LANDMARK + HORIZON)).sum()
    assert deals.n == n_lost
    assert deals.estimate == pytest.approx(share.estimate * n_lost)
    assert deals.ci_lo < deals.estimate < deals.ci_hi


def test_without_power_nothing_is_flagged():
    flags, _ = flags_of(world(300, slope=0.0), stated(speed=0.5, price=0.4))
    assert flags == {"speed": "", "price": ""}


def test_a_corrected_share_goes_before_the_naive_one():
    told = stated(speed=0.5, brand=0.3, price=0.1)
    told.loc[told["code"] == "speed", ["corrected", "corrected_lo", "corrected_hi"]] = (
        0.05, 0.02, 0.08,
    )  # fmt: skip
    flags, found = flags_of(world(4_000), told)
    assert flags["speed"] == ""
    assert found.frame.set_index("code").at["speed", "is_corrected"]


def test_reasons_stated_at_random_do_not_differ_inside_the_lost():
    _, found = flags_of(world(4_000), stated(price=0.6, speed=0.4))
    row = next(row for row in found.estimates if row.segment == "code=price"
               and row.quantity == "stated_counterpart_difference_sd")  # fmt: skip
    assert row.ci_lo < 0 < row.ci_hi


def test_prices_without_a_clock_are_weak_and_say_so():
    frame = world(2_000).assign(price_time_known=False)
    _, rows = rows_of(frame)
    price = pick(rows, "revealed_log_hazard_ratio", "price")
    assert price.status == "weak"
    assert "time_unknown" in price.note
    assert pick(rows, "revealed_log_hazard_ratio", "speed").status == "ok"


def test_where_nothing_is_lost_within_the_horizon_no_share_is_given():
    frame = world(2_000)
    frame["duration_days"] += HORIZON
    _, rows = rows_of(frame)
    assert pick(rows, "attributable_share", "price").status == "not_estimable"
