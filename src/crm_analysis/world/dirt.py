"""A mild amount of dirt, as every CRM has: aliases, doubled rows, impossible rows (below 2 %)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, ids, stamps

ALIASES = {"wechat": ("微信", "WeChat"), "meet": ("拜访", "面谈"), "qq": ("QQ",), "call": ("电话",)}
P_ALIAS = 0.12
N_DOUBLED, N_IMPOSSIBLE, N_OUT_OF_RANGE = 14, 9, 4


def soil(tables: dict[str, pd.DataFrame], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables with aliases, identical doubled rows and a few impossible rows."""
    soiled = dict(tables)
    soiled["interactions"] = doubled(aliases(tables["interactions"], rng), rng)
    soiled["order_lines"] = doubled(tables["order_lines"], rng)
    soiled["leads"] = pd.concat(
        [tables["leads"], impossible_leads(tables["leads"], rng)], ignore_index=True
    )
    surveys = tables["surveys"].copy()
    answered = surveys.index[surveys["answered_at"].notna()]
    surveys.loc[rng.choice(answered, N_OUT_OF_RANGE, replace=False), "nps"] = 11
    soiled["surveys"] = surveys
    return soiled


def aliases(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Write some channels the way people type them."""
    frame = frame.copy()
    draw = rng.random(len(frame))
    place = rng.integers(0, 2, len(frame))
    for channel, names in ALIASES.items():
        hit = ((frame["channel"] == channel) & (draw < P_ALIAS)).to_numpy()
        frame.loc[hit, "channel"] = np.array(names, dtype=object)[place[hit] % len(names)]
    return frame


def doubled(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Repeat a handful of rows exactly."""
    again = frame.iloc[np.sort(rng.choice(len(frame), N_DOUBLED, replace=False))]
    return pd.concat([frame, again], ignore_index=True)


def impossible_leads(leads: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Add leads that were closed before they were opened; nothing refers to them."""
    rows = leads[leads["status"] == "lost"].iloc[:N_IMPOSSIBLE].copy()
    opened = rng.uniform(100, LAST_DAY - 100, len(rows))
    rows["lead_id"] = ids("LX", len(rows), 3)
    for name in ("opened_at", "recorded_at"):
        rows[name] = stamps(opened).to_numpy()
    rows["closed_at"] = stamps(opened - 5).to_numpy()
    rows["closed_recorded_at"] = rows["opened_at"]
    empty = ["filed_at", "quoted_price", "quoted_at", "rival_price", "rival_price_at"]
    rows[[*empty, "budget", "budget_at"]] = None
    return rows.astype(leads.dtypes.to_dict())
