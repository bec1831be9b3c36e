"""T10 winback: three randomised rounds in which the splendid return rate is mostly no effect.

    arm       returns in 90 days   first order     full-price order later
    control   .21                  full price      .35 of returners
    care      .21                  full price      .35
    discount  .27                  25 % off        .20

Treated who come back: 24 %; effect of any treatment: +3 points; the discount's margin and the
contacts cost more than the additional orders bring. Among the treated who had not returned after
two contacts a third one was randomised (`stop_after`): returns .09 without, .05 with it; opt-outs
.03 without, .09 with it. Counts, not only chances, are planted: within each round and arm exactly
the planted share returns, so that the story does not hang on one draw.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import EXPORT_DAY, day_of, office_hours, stamps
from crm_analysis.world.orders import MARGIN, MEAN_LIST

ROUNDS = {"WB2026-01": day_of(2026, 1, 15), "WB2026-03": day_of(2026, 3, 16)}
ROUNDS |= {"WB2026-06": day_of(2026, 6, 15)}
PER_ROUND = 420
ARMS = ("control", "discount", "care")
EARLY = {"control": 0.14, "discount": 0.215, "care": 0.151}
LATE = {2: 0.09, 3: 0.05}
LATE_CONTROL = 0.0814
OPT_OUT = {2: 0.03, 3: 0.09}
FULL_PRICE = {"control": 0.35, "discount": 0.20, "care": 0.35}
DISCOUNT = 0.25
THIRD_DAY = 30.0
CONTACT_COST = 5.0  # per call, in T3
LIST_COST = 2.0  # preparing a treated customer's offer


def rounds(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Assign lost customers to rounds and arms, and decide what each of them will do."""
    pool = people[people["_left"].notna() & ~people["_partner"]]
    free = pd.Series(True, index=pool.index)
    parts = []
    for name, day in ROUNDS.items():
        able = pool.index[free & (pool["_left"] < day - 30)]
        chosen = np.sort(rng.choice(able, min(PER_ROUND, len(able)), replace=False))
        free[chosen] = False
        part = pool.loc[chosen, ["customer_id", "_gap", "_why", "owner"]].reset_index(drop=True)
        part["round_id"], part["_day"] = name, day + 9 / 24
        part["arm"] = np.array(ARMS, dtype=object)[rng.permutation(np.arange(len(part)) % 3)]
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    return fields(fates(frame, rng), rng)


def fates(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Decide returns before and after the third contact, opt-outs and later orders."""
    n = len(frame)
    treated = (frame["arm"] != "control").to_numpy()
    stop = np.zeros(n, dtype=int)
    stop[treated] = 2 + rng.permutation(int(treated.sum())) % 2
    early = frame["arm"].map(EARLY).to_numpy(float)
    first = exact_share(frame["round_id"] + frame["arm"], early, rng)
    chance = np.where(treated, np.where(stop == 3, LATE[3], LATE[2]), LATE_CONTROL)
    group = pd.Series(stop).astype(str) + frame["arm"]
    second = exact_share(group.mask(first, "gone"), np.where(first, 0.0, chance), rng)
    out = np.where(treated & ~first & ~second, np.where(stop == 3, OPT_OUT[3], OPT_OUT[2]), 0.0)
    frame["_stop"] = stop
    frame["_opt_out"] = exact_share(group.mask(first | second, "gone"), out, rng)
    wait = np.where(first, rng.uniform(6, 28, n), rng.uniform(36, 88, n))
    frame["_return"] = np.where(first | second, frame["_day"] + wait, np.nan)
    later = frame["arm"].map(FULL_PRICE).to_numpy(float)
    again = exact_share(
        frame["arm"].mask(~(first | second), "gone"), np.where(first | second, later, 0), rng
    )
    frame["_again"] = np.where(again, frame["_return"] + rng.uniform(25, 55, n), np.nan)
    frame["_left_round"] = np.where(
        frame["_opt_out"], frame["_day"] + rng.uniform(34, 50, n), np.nan
    )
    return frame


def exact_share(group: pd.Series, chance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose, in each group, the planted share of rows (rounded), at random places."""
    draw = pd.Series(rng.random(len(group)))
    place = draw.groupby(group.to_numpy()).rank(method="first").to_numpy()
    size = draw.groupby(group.to_numpy()).transform("size").to_numpy()
    return np.asarray(place <= np.round(chance * size))


def fields(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Fill the columns of the contract."""
    n = len(frame)
    treated = (frame["arm"] != "control").to_numpy()
    frame["assigned_at"] = stamps(frame["_day"])
    frame["recorded_at"] = frame["assigned_at"]
    frame["randomised"] = pd.array(np.ones(n, dtype=bool), dtype="boolean")
    frame["p_treat"], frame["p_arm"] = 2 / 3, 1 / 3
    frame["stratum"] = np.where(frame["_gap"] < 60, "quick", "slow")
    frame["tier"] = rng.choice(["1", "2", "3"], n)
    frame["strategy"] = frame["arm"].where(treated)
    discount = frame["arm"] == "discount"
    frame["offer"] = pd.Series("25% off first order", index=frame.index).where(discount)
    frame["offer_value"] = np.select([discount, treated], [25.0, 0.0], np.nan)
    promised = pd.Series(rng.choice(["paper", "tea", "tools"], n).astype(object))
    frame["promised"] = promised.where(treated)
    frame["stop_after"] = pd.Series(frame["_stop"], dtype="Int64").where(treated)
    frame["cost"] = np.where(treated, LIST_COST, 0.0)
    frame["_first_call"] = np.floor(frame["_day"]) + rng.integers(2, 5, n) + 0.45
    return frame


def contacts_due(frame: pd.DataFrame) -> np.ndarray:
    """Count the contacts a treated customer gets: none after the return, a third if so drawn."""
    early = (frame["_return"] < frame["_day"] + THIRD_DAY).to_numpy()
    return np.where((frame["_stop"] == 3) & ~early, 3, 2)


def contacts(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the treated customers' contacts of the round: a survey first, the offer second."""
    treated = frame[frame["arm"] != "control"].reset_index(drop=True)
    due = contacts_due(treated)
    parts = []
    for attempt, purpose, day in ((1, "survey", 3.0), (2, "winback", 5.5), (3, "winback", 30.5)):
        part = treated.loc[due >= attempt, ["customer_id", "round_id", "owner", "_day"]].copy()
        start = treated.loc[due >= attempt, "_first_call"] if attempt == 1 else part["_day"] + day
        part["_day"] = start if attempt == 1 else office_hours(start.to_numpy(), rng)
        part["purpose"], part["channel"], part["direction"] = purpose, "call", "out"
        part["attempt_no"], part["cost"] = attempt, CONTACT_COST
        part["reached"] = pd.array(rng.random(len(part)) < 0.68, dtype="boolean")
        parts.append(part)
    joined = pd.concat(parts, ignore_index=True).rename(columns={"owner": "rep_id"})
    joined["attempt_no"] = joined["attempt_no"].astype("Int64")
    joined["recorded_at"] = stamps(joined["_day"] + 0.02)
    return joined


def return_orders(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write the orders of those who come back, and their later full-price orders."""
    back = frame[frame["_return"].notna()]
    first = back[["customer_id", "round_id"]].assign(_day=back["_return"])
    first["_discount"] = np.where(back["arm"] == "discount", DISCOUNT, 0.0)
    again = frame[frame["_again"] < EXPORT_DAY]
    later = again[["customer_id"]].assign(_day=again["_again"], _discount=0.0)
    joined = pd.concat([first, later], ignore_index=True)
    joined["_day"] = office_hours(joined["_day"].to_numpy(), rng)
    return joined


def expected_net(arm: str) -> float:
    """Margin less cost per assigned customer of an arm, less control, in 90 days (expected).

    A first order brings its list margin less the discount; a later full-price order counts as
    far as it falls into the 90 days; each call costs 5, the list 2.
    """
    margins = {name: expected_margin(name) for name in ("control", arm)}
    calls = 2 + (1 - EARLY[arm]) / 2
    return margins[arm] - margins["control"] - LIST_COST - CONTACT_COST * calls


def expected_margin(arm: str) -> float:
    """Expected margin of an arm's orders within 90 days per assigned customer."""
    early, third = EARLY[arm], (LATE[2] + LATE[3]) / 2
    late = (1 - early) * (LATE_CONTROL if arm == "control" else third)
    discount = DISCOUNT if arm == "discount" else 0.0
    first = (early + late) * MEAN_LIST * (MARGIN - discount)
    wait = np.linspace(36, 88, 500)
    in_time = np.clip((90 - wait - 25) / 30, 0, 1).mean()
    return first + FULL_PRICE[arm] * (early + late * float(in_time)) * MEAN_LIST * MARGIN
