"""The list of lost customers to keep in touch with: who is on it, and in which words."""

from __future__ import annotations

import pandas as pd

from crm_analysis.answers.kinds_shown import tracking_list


def test_where_they_went_is_told_in_words_in_both_languages():
    lost = pd.DataFrame(
        {
            "lead_id": ["L1", "L2", "L3"],
            "customer_id": ["C1", "C2", "C3"],
            "rep_id": "R1",
            "lost_to": ["postponed", "other_brand", "not_planning"],
            "next_buy_at": pd.to_datetime(["2026-08-01", None, None]),
            "closed": pd.to_datetime(["2026-02-01"] * 3),
            "first_order_after": pd.NaT,
        }
    )
    [made] = tracking_list(lost)
    told = made.frame.set_index("lead_id")
    assert told["lost_to_en"].to_dict() == {"L1": "postponed", "L3": "gave up buying"}
    assert told["lost_to_zh"].to_dict() == {"L1": "推迟购买", "L3": "不打算购买"}
    assert tracking_list(lost.iloc[1:2]) == ()
