"""The track up to each of many checks: by hand, and as read window by window."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from crm_analysis.deals.signs import checks_at
from crm_analysis.features.checks import track_so_far
from crm_analysis.features.tracks import PROBABILITY, probability_track
from crm_analysis.features.windows import ladder_windows

AS_OF = date(2026, 3, 31)
DAYS = [7, 14, 21, 28, 56]
TOLD = ["net_change", "largest_drop", "max_drawdown", "n_reversals", "n_assessments"]
OPENED = pd.Timestamp("2026-01-01 10:00")


def test_a_value_typed_in_later_counts_from_then():
    def day(number):
        return OPENED + pd.Timedelta(days=number)

    leads = ibis.memtable(
        pd.DataFrame(
            {"lead_id": ["a"], "customer_id": ["1"], "opened_at": [OPENED], "closed_at": [pd.NaT]}
        ).astype({"closed_at": "datetime64[us]"})
    )
    told = ibis.memtable(
        pd.DataFrame(
            {
                "lead_id": "a",
                "customer_id": "1",
                "kind": PROBABILITY,
                "value_num": [0.5, 0.9, 0.3],
                "at": [day(8), day(10), day(9)],
                "known_at": [day(8), day(10), day(25)],
            }
        )
    )
    checks = checks_at(leads, days=DAYS, as_of=AS_OF)
    found = track_so_far(checks, told, kind=PROBABILITY).execute().set_index("check_days")
    found = found.sort_index()[TOLD]
    assert found["n_assessments"].tolist() == [0, 2, 2, 3, 3]
    assert found.loc[7].isna().tolist() == [True] * 4 + [False]
    assert found["net_change"].round(9).tolist()[1:] == [0.4, 0.4, -0.2, -0.2]
    assert found["largest_drop"].round(9).tolist()[1:] == [0.0, 0.0, 0.6, 0.6]
    assert found["n_reversals"].tolist()[1:] == [0, 0, 1, 1]


def test_it_is_the_track_of_the_window_up_to_each_check(crm):
    leads, told = crm.table("leads"), crm.table("assessments")
    checks = checks_at(leads, days=DAYS, as_of=AS_OF)
    keys = ["lead_id", "check_days"]
    found = track_so_far(checks, told, kind=PROBABILITY).execute()
    windows = ladder_windows(leads, days=DAYS, as_of=AS_OF)
    wanted = probability_track(windows, told).rename(check_days="window_days").execute()
    assert (found["n_assessments"] > 2).sum() > 20, "an empty answer proves nothing"
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True)[[*keys, *TOLD]],
        wanted.sort_values(keys, ignore_index=True)[[*keys, *TOLD]],
        check_dtype=False,
        rtol=1e-9,
    )
