"""S12: channels of very different size, one of which wins more."""

from __future__ import annotations

import numpy as np

from crm_analysis.world.clock import LAST_DAY
from crm_analysis.world.scenarios.build import (
    HOUR,
    Planted,
    Streams,
    Tables,
    contacts_frame,
    leads_frame,
    owners,
    planted_row,
)

SIZES = {"call": 2400, "meet": 450, "sms": 120, "qq": 15, "sns": 3}
BASE, BEST = 0.30, 0.42


def s12(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """2,988 leads, all closed 5-80 days after opening; won .30, after a visit .42 (null .30)."""
    draw = rng["leads"]
    channel = draw.permutation(np.repeat(list(SIZES), list(SIZES.values())))
    n = len(channel)
    share = np.where((channel == "meet") & planted, BEST, BASE)
    opened = LAST_DAY - HOUR - draw.uniform(200, 600, n)
    status = np.where(draw.random(n) < share, "won", "lost")
    leads = leads_frame(opened, opened + draw.uniform(5, 80, n), status)
    contacts = contacts_frame(leads, np.arange(n), opened + HOUR)
    contacts["channel"] = channel
    segment = "landmark_days=3;horizon_days=90;channel=meet"
    estimates = [planted_row("channel_win_share", segment, BEST if planted else BASE, 0.06)]
    return {"customers": owners(leads), "leads": leads, "interactions": contacts}, estimates
