"""The stated reasons as they were known: one row a reason, for coding and for judging them."""

from __future__ import annotations

import pandas as pd

from crm_analysis.reasons.wording import MAX_SIGNS
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known

COLUMNS = (
    "reason_id",
    "lead_id",
    "customer_id",
    "about",
    "source",
    "prompted",
    "event_at",
    "said_at",
    "recorded_at",
    "known_at",
    "text",
    "lang",
    "code_a",
    "code_b",
)


def reasons_frame(known: Known) -> pd.DataFrame:
    """What was said, by whom and when, as known at the as-of day?

    Returns
    -------
    DataFrame
        One row per reason in the order of reason_id, with `COLUMNS`; text holds its first 4,000
        signs, code_a and code_b several codes joined by ";". No row where the source has none.
    """
    if not known.has("reasons"):
        return pd.DataFrame(columns=list(COLUMNS))
    said = known.table("reasons").select(*COLUMNS)
    rows = said.mutate(text=said.text.substr(0, MAX_SIGNS))
    return collect(rows.order_by("reason_id"))
