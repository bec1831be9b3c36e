"""Scenario worlds: small worlds of contract tables in which one truth, or none, was planted.

S01   nothing has an effect: contacts, assessments, profile and own factors, 2,000 leads
S02a  response time drives loss and winning: log hazard ratio .25 and -.20 per doubling (null: 0)
S03   number of contacts: no effect (null) or log hazard ratio -.15 per contact of the first 14
      days (planted, in 6,000 leads: in 2,000 its estimate would have a standard deviation of .03)
S04   notes back-filled after the loss and rows from after as_of; null: nothing back-filled
S05   two competing ends under heavy censoring, whole days; two products that do not differ
S06   ties: nine distinct times, hazard ratio 2 (null 1)
S06b  degenerate segments: all lost, all won, no end, a single lead, constant and empty columns
S07   reasons typed half a year late turn into "price" (null: late ones are as right as prompt ones)
S08   price is stated, slow response is the cause; null: the mirror, where price is the cause
S09   1,200 reasons in three scripts, eight codes, a quarter coded (null: codes at random)
S09b  the same with all 24 codes and as many texts of each, 3,600
S10   600 closed leads on four kinds of track of the deal probability, three of which mostly end in
      a loss (null: all end alike)
S10b  2,400 leads; two states that matter only together, and a decoy that matters in the first half
      of the time only (null: neither)
S11   span, number and interval of contacts go together, the span alone matters (null: none does)
S12   channels of very different size, visits win .42, all others .30 (null: all .30)
S17   a funnel with 200 open leads, optimistic reps and a target (null: probabilities mean what
      they say)
S18   win-back of those who would return anyway (null: .20 in both arms; planted: +.08)

`planted=True` is the scenario's planted variant; for S01 and S06b both variants are the same.
Censoring works as in life: a lead censored after C days was opened C days before as_of.
"""

from __future__ import annotations

from collections.abc import Callable

from crm_analysis.errors import UsageError
from crm_analysis.world.clock import AS_OF
from crm_analysis.world.scenarios.build import Planted, Streams, Tables
from crm_analysis.world.scenarios.s01 import s01
from crm_analysis.world.scenarios.s02 import s02a
from crm_analysis.world.scenarios.s03 import s03
from crm_analysis.world.scenarios.s04 import s04
from crm_analysis.world.scenarios.s05 import s05
from crm_analysis.world.scenarios.s06 import s06, s06b
from crm_analysis.world.scenarios.s07 import s07
from crm_analysis.world.scenarios.s08 import s08
from crm_analysis.world.scenarios.s09 import s09, s09b
from crm_analysis.world.scenarios.s10 import s10
from crm_analysis.world.scenarios.s10b import s10b
from crm_analysis.world.scenarios.s11 import s11
from crm_analysis.world.scenarios.s12 import s12
from crm_analysis.world.scenarios.s17 import s17
from crm_analysis.world.scenarios.s18 import s18
from crm_analysis.world.streams import streams
from crm_analysis.world.write import World, handed_over

__all__ = ["SCENARIOS", "scenario"]

SCENARIOS: dict[str, Callable[[Streams, bool], tuple[Tables, Planted]]] = {
    "S01": s01,
    "S02a": s02a,
    "S03": s03,
    "S04": s04,
    "S05": s05,
    "S06": s06,
    "S06b": s06b,
    "S07": s07,
    "S08": s08,
    "S09": s09,
    "S09b": s09b,
    "S10": s10,
    "S10b": s10b,
    "S11": s11,
    "S12": s12,
    "S17": s17,
    "S18": s18,
}


def scenario(name: str, *, seed: int, planted: bool = True) -> World:
    """Make one scenario world; `truth["estimates"]` names what was planted.

    Examples
    --------
    >>> world = scenario("S05", seed=1)
    >>> sorted(world.tables), len(world.tables["leads"])
    (['customers', 'leads'], 1500)
    """
    if name not in SCENARIOS:
        raise UsageError(f"scenario {name!r} is unknown; there are: {', '.join(SCENARIOS)}")
    tables, estimates = SCENARIOS[name](streams(seed), planted)
    truth = {
        "as_of": AS_OF.isoformat(),
        "seed": seed,
        "scenario": name,
        "planted": planted,
        "estimates": estimates,
    }
    shown = {table: handed_over(table, frame) for table, frame in tables.items()}
    return World(shown, truth, AS_OF)
