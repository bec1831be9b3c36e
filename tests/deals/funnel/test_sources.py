"""Where customers come from: shares and values by pencil."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crm_analysis.deals.funnel.sources import mix_estimates
from crm_analysis.proportions import wilson

COUNTS = pd.DataFrame(
    {
        "source": ["fair", "web", None],
        "n": [50, 150, 40],
        "n_new": [10, 30, 20],
        "n_referred": [4, 5, 3],
        "sales": [5000.0, np.nan, 100.0],
    }
)


def by_place(counts: pd.DataFrame) -> dict[tuple[str, str], object]:
    return {(row.quantity, row.segment): row for row in mix_estimates(counts)}


def test_shares_of_new_customers_and_value_by_pencil():
    rows = by_place(COUNTS)
    web = rows["source_share", "source=web"]
    assert (web.estimate, web.events, web.n) == (0.75, 30, 40)
    assert (web.ci_lo, web.ci_hi) == (wilson(30, 40).lo, wilson(30, 40).hi)
    # Whoever was referred counts among all new customers, also those of unknown source.
    assert rows["source_share", "source=referred"].estimate == pytest.approx(12 / 60)
    assert rows["value_per_customer", "source=fair"].estimate == pytest.approx(100.0)
    assert ("value_per_customer", "source=web") not in rows


def test_without_new_customers_shares_are_refused():
    rows = by_place(COUNTS.assign(n_new=0, n_referred=0))
    assert {row.note for (name, _), row in rows.items() if name == "source_share"} == {"no_rows"}
