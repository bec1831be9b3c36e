"""The numbered stories of the demo company: what was planted, where, how large, and the trap.

 1  answer fast: each doubling of the first response time raises the hazard of loss, lowers winning
 2  the number of contacts does nothing, though whole-life totals say it saves deals
 3  before a loss the customer falls silent: no call, no answer
 4  before a loss the rep's probability falls, drops or swings
 5  one rep loses deals faster; the others are alike
 6  product, profile and price gap do nothing
 7  own rhythm: half a year of silence is normal for slow buyers
 8  some buy nothing any more and are active in the forum
 9  win-back: 24 % of the treated come back, three points of it because of us
10  discount buyers come back for the discount and not again
11  the third contact annoys
12  reasons typed half a year late turn into "price"
13  price is stated, the price gap does nothing
14  a supply break is not churn
15  a rival opened nearby
16  complaints escalate by failed repairs, waiting and tone
17  broken promises drive customers away
18  some partners are getting sick
19  one rep back-fills notes after the closing
20  some leave for no reason at all
21  two issues do the damage, not the most frequent one
22  forgotten leads
23  the export is younger than as_of, and slightly dirty

The sizes stand in the module of each table and are only read here, so that no number is written
twice. An estimate is named as the estimates table names it; a quantity that no analysis computes
yet has the name that its analysis is to use.
"""

from __future__ import annotations

from typing import Any

from crm_analysis.world.clock import AS_OF, FIRST
from crm_analysis.world.stories.deals import deal_stories
from crm_analysis.world.stories.records import record_stories
from crm_analysis.world.stories.rounds import winback_stories
from crm_analysis.world.stories.shop import customer_stories
from crm_analysis.world.stories.story import Story, told


def stories() -> tuple[Story, ...]:
    """Return all stories in order of their numbers."""
    return (*deal_stories(), *customer_stories(), *winback_stories(), *record_stories())


def truth(seed: int) -> dict[str, Any]:
    """Return what was planted, in order of the stories' numbers."""
    listed = sorted(stories(), key=lambda story: story.number)
    return {
        "as_of": AS_OF.isoformat(),
        "first_day": FIRST.isoformat(),
        "seed": seed,
        "stories": [told(story) for story in listed],
    }
