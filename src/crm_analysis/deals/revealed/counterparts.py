"""Which measurable counterpart has each stated reason, and on which side does it lie?

Rows B-25 to B-39. Decision: the codes without a counterpart (values, word of mouth, and what
nobody records) are named as such and never ranked against the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.features import counterparts as measured
from crm_analysis.features.windows import epoch_day
from crm_analysis.language import Text
from crm_analysis.source.frames import collect
from crm_analysis.source.known import Known
from crm_analysis.survival.spells import lead_spells

Side = Literal["people", "product", "customer"]
SIDES: dict[Side, Text] = {
    "people": Text("people (response, attitude, promises)", "人（响应、态度、承诺）"),
    "product": Text("product (price, quality, range)", "产品（价格、质量、品种）"),
    "customer": Text(
        "customer and place (distance, income, rival)", "客户与地点（距离、收入、竞品）"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """What is measured where a code is stated; a higher value is meant to be worse.

    Parameters
    ----------
    code : str
        The code of the codebook; "" where no code says it.
    column : str
        The column of the frame.
    sign : {1, -1}
        -1 where a lower value of the column is worse.
    logarithm : bool
        The effect is per factor, not per unit.
    least : float
        Below it a value on the logarithmic scale counts as this much: a minute, a day, a km.
    """

    code: str
    column: str
    label: Text
    side: Side
    sign: int = 1
    logarithm: bool = False
    least: float = 1.0


COUNTERPARTS: tuple[Counterpart, ...] = (
    Counterpart(
        code="speed",
        column="response_hours",
        label=Text("hours to our first contact", "首次联系前的小时数"),
        side="people",
        logarithm=True,
        least=1 / 60,
    ),
    Counterpart(
        code="information_transparency",
        column="n_unanswered",
        label=Text("questions left unanswered", "未答复的提问"),
        side="people",
    ),
    Counterpart(
        code="only_when_selling",
        column="selling_share",
        label=Text("contacts only to sell", "只为推销的联系占比"),
        side="people",
    ),
    Counterpart(
        code="canned",
        column="scripted_share",
        label=Text("scripted contacts", "套话联系占比"),
        side="people",
    ),
    Counterpart(
        code="attitude",
        column="n_harsh_tones",
        label=Text("harsh tones in issues", "问题处理中的恶劣态度"),
        side="people",
    ),
    Counterpart(
        code="promise_broken",
        column="n_broken_promises",
        label=Text("broken promises", "违背的承诺"),
        side="people",
    ),
    Counterpart(
        code="time",
        column="handling_days",
        label=Text("days that issues stood open", "问题未解决的天数"),
        side="people",
        logarithm=True,
    ),
    Counterpart(
        code="price",
        column="price_gap_share",
        label=Text("our price above the rival's or the budget", "我方报价高于竞品或预算"),
        side="product",
    ),
    Counterpart(
        code="quality",
        column="n_faults",
        label=Text("faults in the last year", "近一年故障数"),
        side="product",
    ),
    Counterpart(
        code="range_few",
        column="n_models",
        label=Text("models asked for", "询问过的型号数"),
        side="product",
    ),
    Counterpart(
        code="distance",
        column="distance_km",
        label=Text("distance in km", "距离（公里）"),
        side="customer",
        logarithm=True,
    ),
    Counterpart(
        code="rival_nearby",
        column="rival_is_nearby",
        label=Text("a rival opened nearby", "附近有竞品开业"),
        side="customer",
    ),
    Counterpart(
        code="cost_careful",
        column="income_annual",
        label=Text("low yearly income", "年收入低"),
        side="customer",
        sign=-1,
        logarithm=True,
    ),
)

MOST_UNTIMED_SHARE = 0.05

_SOURCES: Mapping[str, Callable[..., ir.Table]] = {
    "interactions": measured.of_contacts,
    "issues": measured.of_issues,
    "customers": measured.of_customers,
    "assessments": measured.of_models,
}


def counterpart_frame(known: Known, *, landmark_days: int) -> pd.DataFrame:
    """Give each lead still open at the landmark its counterparts, days at risk and ending.

    Returns
    -------
    DataFrame
        lead_id, entry_days, duration_days, cause, opened_day (days since 1970-01-01), then one
        column per counterpart that
        the source can show (higher is worse, in standard deviations where it has any, missing as
        NaN), by lead_id; price_time_known and profile_time_known
        where they are given.
    """
    leads, as_of = known.table("leads"), known.observed_until
    spells = lead_spells(leads, as_of=as_of, landmark_days=landmark_days)
    frame = collect(
        spells.select(
            "lead_id", "entry_days", "duration_days", "cause", opened_day=epoch_day(spells.opened)
        )
    )
    parts = [
        make(leads, known.table(name), landmark_days=landmark_days, as_of=as_of)
        for name, make in _SOURCES.items()
        if name in known.tables
    ]
    parts.append(measured.of_prices(leads, landmark_days=landmark_days, as_of=as_of))
    for part in parts:
        frame = frame.merge(collect(part), on="lead_id", how="left", validate="one_to_one")
    for counterpart in COUNTERPARTS:
        if counterpart.column in frame:
            frame[counterpart.column] = _scaled(frame[counterpart.column], counterpart)
    empty = [one.column for one in COUNTERPARTS if one.column in frame]
    empty = [name for name in empty if frame[name].isna().all()]
    return frame.drop(columns=empty).sort_values("lead_id", ignore_index=True)


def shown_counterparts(frame: pd.DataFrame) -> tuple[Counterpart, ...]:
    """Return the counterparts that this frame has."""
    return tuple(one for one in COUNTERPARTS if one.column in frame)


def untimed_counterparts(frame: pd.DataFrame) -> frozenset[str]:
    """Name the counterparts of which more than one used value in twenty carries no clock."""
    clocks = {
        "price_gap_share": "price_time_known",
        "distance_km": "profile_time_known",
        "income_annual": "profile_time_known",
    }
    return frozenset(
        column
        for column, clock in clocks.items()
        if column in frame
        and clock in frame
        and frame.loc[frame[column].notna(), clock].fillna(False).mean() < 1 - MOST_UNTIMED_SHARE
    )


def _scaled(column: pd.Series, counterpart: Counterpart) -> npt.NDArray[np.float64]:
    """Return the column per standard deviation, higher for worse; hours and money as logarithms."""
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if counterpart.logarithm:
        values = np.log(np.where(values >= 0, np.maximum(values, counterpart.least), np.nan))
    spread = np.nanstd(values) if np.isfinite(values).any() else np.nan
    if not spread > 0:
        return np.full(len(values), np.nan)
    scaled: npt.NDArray[np.float64] = counterpart.sign * (values - np.nanmean(values)) / spread
    return scaled
