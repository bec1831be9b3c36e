"""What was reached of the last target, by pencil."""

from __future__ import annotations

from crm_analysis.deals.funnel.outlook import attained_estimates
from crm_analysis.deals.funnel.targets import Period
from tests.deals.funnel.pencil import book, stages

UNTIL = 1000


def test_deals_of_the_last_period_count_by_the_day_on_which_they_were_won():
    ends = [("won", 960), ("won", 989), ("won", 990), ("lost", 970), ("won", 959)]
    rows = [{"opened_day": 900, "status": status, "closed_day": float(day)} for status, day in ends]
    over = Period(first=960, last=989, target=3.0)
    found = {row.quantity: row for row in attained_estimates(book(stages(rows), until=UNTIL), over)}
    assert found["deals_count"].estimate == 2
    assert found["target_deals"].estimate == 3
    assert attained_estimates(book(stages(rows), until=UNTIL), None) == ()
