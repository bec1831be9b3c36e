"""Chances at equal age: planted truth and the traps of time."""

from __future__ import annotations

import numpy as np

from crm_analysis.deals.funnel.chances import Window, ended_within, learn
from crm_analysis.deals.funnel.logistic import expit
from tests.deals.funnel.pencil import book, stages

UNTIL, LEFT = 1000, 30
DAYS = tuple(range(400, 1000, 30))


def world(seed: int, *, delay: float = 0.0, n: int = 3000):
    """Leads are won or lost 20 to 40 days after they came, by what was said: half its odds."""
    rng = np.random.default_rng(seed)
    opened = rng.integers(380, UNTIL, n)
    said = np.round(rng.beta(3, 2, n), 1).clip(0.1, 0.9)
    won = rng.random(n) < expit(-0.6 + 0.5 * np.log(said / (1 - said)))
    closed = opened + rng.integers(20, 41, n)
    typed = closed + np.round(rng.exponential(delay, n)) if delay else closed
    rows = [
        {
            "opened_day": int(opened[i]),
            "status": "won" if won[i] else "lost",
            "closed_day": float(closed[i]),
            "closed_known_day": float(typed[i]),
            "said": 1000 * said[i],
        }
        for i in range(n)
    ]
    return stages(rows)


def learned(frame, **given):
    made = book(frame, until=UNTIL, days=DAYS)
    options = {"window": Window(left=LEFT), "status": "won", "until": UNTIL, "margin": 0}
    chances = learn(made.rows[made.rows["day"] < UNTIL], made.pipeline(), **{**options, **given})
    return made.pipeline(), chances


def test_what_is_expected_is_what_comes():
    """Over ten worlds the expected wins of the open leads are those that come, on average."""
    gaps = []
    for seed in range(10):
        pipeline, chances = learned(world(seed))
        came = ended_within(pipeline, window=Window(left=LEFT), status="won")
        gaps.append(chances.of(pipeline).sum() - came.sum())
        assert len(pipeline) > 100
    assert abs(np.mean(gaps)) < 2.5 * 6 / np.sqrt(10)


def test_ends_after_the_last_day_change_nothing():
    """The poison: whatever comes after as_of, the chances are the same."""
    frame = world(1)
    later = frame["closed_known_day"] > UNTIL
    other = frame.copy()
    other.loc[later, "status"] = "won"
    for name in ("closed_day", "closed_known_day"):
        other.loc[later, name] = UNTIL + 1.0
    hidden = frame.copy()
    hidden.loc[later, ["closed_day", "closed_known_day"]] = np.nan
    hidden.loc[later, "status"] = "open"
    found = [learned(one) for one in (frame, other, hidden)]
    for pipeline, chances in found[1:]:
        np.testing.assert_array_equal(chances.fit.coef, found[0][1].fit.coef)
        np.testing.assert_array_equal(chances.of(pipeline), found[0][1].of(found[0][0]))


def test_a_window_that_is_not_over_teaches_nothing():
    frame = world(2)
    _, chances = learned(frame)
    last = max(day for day in DAYS if day <= UNTIL - LEFT)
    assert chances.n_days == sum(day <= last for day in DAYS)
    _, careful = learned(frame, margin=10)
    assert careful.n_days < chances.n_days


def test_late_typing_lowers_the_share_unless_the_margin_waits():
    """Wins typed in 20 days late are missing from the newest windows; waiting mends it."""
    frame = world(3, delay=20.0)
    hasty = learned(frame)[1].base
    patient = learned(frame, margin=60)[1].base
    assert patient > hasty


def test_a_win_of_the_period_that_was_typed_late_still_counts():
    frame = stages(
        [{"opened_day": 90, "status": "won", "closed_day": 98.0, "closed_known_day": 103.0}]
    )
    rows = book(frame, until=200, days=(100,)).rows
    day = rows[rows["day"] == 100]
    assert not ended_within(day, window=Window(left=10), status="won").any()
    assert ended_within(day, window=Window(left=10, passed=5), status="won").all()
    known = ended_within(day, window=Window(left=10, passed=5), status="won", until=102)
    assert not known.any()


def test_too_few_ends_are_refused():
    frame = world(4, n=60)
    assert learned(frame, min_events=200)[1] is None


def test_only_ages_of_the_pipeline_teach():
    """Leads that are all older than 30 days are judged by leads older than 30 days."""
    frame = world(5)
    made = book(frame, until=UNTIL, days=DAYS)
    old = made.pipeline()[made.pipeline()["age_days"] > 30]
    chances = learn(
        made.rows[made.rows["day"] < UNTIL], old, window=Window(left=LEFT), status="won",
        until=UNTIL, margin=0,
    )  # fmt: skip
    lesson = made.rows[(made.rows["age_days"] > 30) & (made.rows["day"] <= UNTIL - LEFT)]
    assert chances.fit.n == len(lesson)


def test_a_column_without_a_win_is_left_out():
    """150 leads never filed, none of them won: no chance of one in a million is told."""
    frame = world(7)
    frame["filed_day"] = frame["opened_day"].astype(float)
    bare = frame.index[:150]
    frame.loc[bare, "filed_day"] = np.nan
    frame.loc[bare, "status"] = "lost"
    pipeline, chances = learned(frame)
    assert "not_filed" not in chances.fit.names
    assert chances.of(pipeline).min() > 1e-3
