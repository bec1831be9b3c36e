"""The sizes of a scale world: the demo's planted sizes, and how many of what it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, timedelta

from crm_analysis.world import interactions, leads, orders, reasons, winback
from crm_analysis.world.clock import AS_OF
from crm_analysis.world.customers import INDUSTRIES, OCCUPATIONS, REGIONS
from crm_analysis.world.scale.size import Scale

CUSTOMERS_A_REP, FEWEST_REPS, MOST_REPS = 5_000, 12, 100
P_OLD, P_SHOP = 0.42, 0.90
LEAVE_A_DAY = 0.0012
LEADS_OF_50 = 1.0  # leads a customer, where a customer has 50 events
USUAL_EVENTS, USUAL_MONTHS = 50.0, 36
EXPORT_DELAY_DAYS = 6  # as in the demo: the export is younger than as_of
DELAY_DAYS = 0.1
P_LATE_TYPED, LATE_DELAY_DAYS = 0.05, 5.0
P_ROUND = 0.10
ROUNDS_BEFORE_AS_OF = (289, 229, 138)  # days, as in the demo

Number = float | int | str


def first_day(months: int) -> date:
    """Return the first of the month with which `months` months up to as_of begin.

    Examples
    --------
    >>> first_day(1), first_day(36)
    (datetime.date(2026, 10, 1), datetime.date(2023, 11, 1))
    """
    before = AS_OF.year * 12 + AS_OF.month - months
    return date(before // 12, before % 12 + 1, 1)


def n_reps(customers: int) -> int:
    """Return how many sales reps serve that many customers.

    Examples
    --------
    >>> n_reps(2_000), n_reps(200_000), n_reps(1_000_000)
    (12, 40, 100)
    """
    return min(max(customers // CUSTOMERS_A_REP, FEWEST_REPS), MOST_REPS)


def numbers(scale: Scale) -> dict[str, Number]:
    """Return every number that the SQL names, as it is to stand there."""
    first = first_day(scale.months)
    last_day = (AS_OF - first).days + 1
    export_day = last_day + EXPORT_DELAY_DAYS
    found: dict[str, Number] = {
        "seed": f"'{scale.seed}'",
        "n_reps": n_reps(scale.customers),
        "first_us": (first - date(1970, 1, 1)).days * 86_400_000_000,
        "export_day": f"{export_day:.1f}",
        "gap_scale": USUAL_EVENTS / scale.events * scale.months / USUAL_MONTHS,
        "lead_scale": _geometric(LEADS_OF_50 * scale.events / USUAL_EVENTS),
        "clean_up": _clean_up(first, export_day),
    }
    return found | _people() | _deals() | _contacts() | _orders() | _reasons() | _rounds(last_day)


def _geometric(mean: float) -> float:
    """Scale an exponential so that its whole part has this mean.

    Examples
    --------
    >>> round(_geometric(1.0), 4)  # 1 / ln 2
    1.4427
    """
    return 1 / math.log1p(1 / mean)


def _clean_up(first: date, export_day: float) -> str:
    """Write the first 30 June that lies over half a year after a closing, NULL where none came."""
    days = [(date(year, 6, 30) - first).days for year in range(first.year, AS_OF.year + 1)]
    cases = [
        f"WHEN closed + {reasons.LATE_DAYS} < {day} THEN {day}.0"
        for day in days
        if 0 < day < export_day
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::DOUBLE"


def _list(words: Iterable[object]) -> str:
    return repr(list(words))


def _people() -> dict[str, Number]:
    return {
        "p_old": P_OLD,
        "p_shop": P_SHOP,
        "leave": LEAVE_A_DAY,
        "occupations": _list(OCCUPATIONS),
        "industries": _list(INDUSTRIES),
        "regions": _list(REGIONS),
    }


def _deals() -> dict[str, Number]:
    return {
        "sd_log2": leads.SD_LOG2,
        "median_hours": leads.MEDIAN_HOURS,
        "loss": leads.LOSS,
        "win": leads.WIN,
        "void": leads.VOID,
        "slope_loss": leads.SLOPE_LOSS,
        "slope_win": leads.SLOPE_WIN,
        "hard_rep": int(leads.HARD_REP[1:]),
        "hr_rep": leads.HR_REP,
        "first_closing": leads.FIRST_CLOSING,
        "p_forgotten": leads.P_FORGOTTEN,
    }


def _contacts() -> dict[str, Number]:
    return {
        "rate": interactions.RATE,
        "quiet_days": interactions.QUIET_DAYS,
        "in_share": interactions.IN_SHARE,
        "in_quiet": interactions.IN_SHARE_QUIET,
        "reached": interactions.REACHED,
        "reached_quiet": interactions.REACHED_QUIET,
        "backfill_rep": int(interactions.BACKFILL_REP[1:]),
        "delay": DELAY_DAYS,
        "p_late_typed": P_LATE_TYPED,
        "late_delay": LATE_DELAY_DAYS,
        "contact_cost": winback.CONTACT_COST,
    }


def _orders() -> dict[str, Number]:
    return {
        "products": _list(orders.PRODUCTS),
        "prices": _list(orders.PRICES.values()),
        "categories": _list(orders.PRODUCTS.values()),
        "essential": _list(orders.ESSENTIAL[name] for name in orders.PRODUCTS.values()),
        "price_sd": orders.PRICE_SD,
        "p_line": orders.P_LINE,
        "margin": orders.MARGIN,
        "discount": winback.DISCOUNT,
    }


def _reasons() -> dict[str, Number]:
    so_far, cases = 0.0, []
    for code, share in reasons.SHARES.items():
        so_far += share
        cases.append(f"WHEN u('truth', key) < {so_far:.6f} THEN '{code}'")
    return {
        "true_code": f"CASE {' '.join(cases)} END",
        "codes": _list(reasons.SHARES),
        "p_late": reasons.P_LATE,
        "p_to_price": reasons.P_TO_PRICE,
        "p_right": reasons.P_RIGHT,
        "p_callback": reasons.P_CALLBACK,
        "p_right_callback": reasons.P_RIGHT_CALLBACK,
    }


def _rounds(last_day: float) -> dict[str, Number]:
    found: dict[str, Number] = {"p_round": P_ROUND, "list_cost": winback.LIST_COST}
    for number, before in enumerate(ROUNDS_BEFORE_AS_OF, start=1):
        started = AS_OF - timedelta(days=before)
        found[f"round_{number}"] = last_day - 1 - before
        found[f"name_{number}"] = f"WB{started:%Y-%m}"
    early = {f"early_{arm}": share for arm, share in winback.EARLY.items()}
    return (
        found
        | early
        | {
            "late_control": winback.LATE_CONTROL,
            "late_2": winback.LATE[2],
            "late_3": winback.LATE[3],
            "out_2": winback.OPT_OUT[2],
            "out_3": winback.OPT_OUT[3],
            "again_discount": winback.FULL_PRICE["discount"],
            "again_other": winback.FULL_PRICE["care"],
        }
    )
