"""T11 targets: monthly, for the company, four teams and each rep; next month's are already set."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import AS_OF, FIRST
from crm_analysis.world.customers import REGIONS, REPS


def targets(rng: np.random.Generator) -> pd.DataFrame:
    """Set deals and revenue per month; growing half a per cent a month."""
    starts = pd.date_range(FIRST, AS_OF + pd.Timedelta(days=1), freq="MS")
    teams = [f"team-{region.lower()}" for region in REGIONS]
    scopes = [("company", "", 1.0), *(("team", team, 0.2) for team in teams)]
    scopes += [("rep", rep, 1 / len(REPS)) for rep in REPS]
    rows = []
    for month, start in enumerate(starts):
        for scope, scope_id, share in scopes:
            for metric, base in (("deals", 52.0), ("revenue", 95000.0), ("leads", 120.0)):
                value = base * share * 1.005**month * rng.uniform(0.95, 1.05)
                rows.append((scope, scope_id or None, start, metric, round(value, 1)))
    frame = pd.DataFrame(rows, columns=["scope", "scope_id", "period_start", "metric", "target"])
    frame["period_start"] = frame["period_start"].astype("datetime64[us]")
    frame["period_end"] = frame["period_start"] + pd.offsets.MonthEnd(0)
    frame["recorded_at"] = frame["period_start"] - np.timedelta64(10 * 86400, "s")
    return frame
