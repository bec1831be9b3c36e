"""How fresh the as-of view is: a late export would make everyone look silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import ibis
import ibis.expr.types as ir

from crm_analysis.config import Config
from crm_analysis.language import Text
from crm_analysis.source.frames import collect_rows

JUDGED = ("leads", "interactions", "order_lines", "engagement")


def last_observed_day(
    tables: Mapping[str, ir.Table], *, as_of: date, config: Config
) -> date | None:
    """Say up to which day the tables were watched; None where nothing dated is known.

    The newest known row of leads, interactions, order lines and engagement together counts, or the
    configured `data_through`. Only the as-of view is judged, so later rows change nothing. Within
    `max_stale_days` of as_of the data count as watched to its end.
    """
    newest = _configured(config) or _newest(tables)
    if newest is None:
        return None
    return as_of if (as_of - newest).days <= config.max_stale_days else newest


def stale_reason(newest: date | None, *, as_of: date, config: Config) -> Text | None:
    """Say why the data are too old for states, alarms and lists; None where they are fresh.

    `newest` is the last observed day.
    """
    if newest is None:
        return Text(
            "No leads, contacts, orders or activities are known, so states, alarms and lists "
            "are withheld.",
            "没有任何已知的商机、互动、订单或活跃记录，因此不给出状态、预警和名单。",
        )
    gap = (as_of - newest).days
    if gap <= config.max_stale_days:
        return None
    return Text(
        f"The data end on {newest:%Y-%m-%d}, {gap} days before {as_of:%Y-%m-%d} (at most "
        f"{config.max_stale_days} allowed): states, alarms and lists are withheld, because a late "
        "export makes everyone look silent.",
        f"数据截至 {newest:%Y-%m-%d}，比 {as_of:%Y-%m-%d} 早 {gap} 天（最多允许 "
        f"{config.max_stale_days} 天）："
        "导出过晚会让所有人看起来都沉默，因此不给出状态、预警和名单。",
    )


def _configured(config: Config) -> date | None:
    value = config.data_through
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _newest(tables: Mapping[str, ir.Table]) -> date | None:
    times = []
    for name in JUDGED:
        for column in ("opened_at", "closed_at") if name == "leads" else ("at",):
            if name in tables:
                times.append(tables[name].select(moment=tables[name][column]))
    if not times:
        return None
    moments = ibis.union(*times)
    [found] = collect_rows(moments.aggregate(latest=moments.moment.max()))
    latest: datetime | None = found["latest"]
    return latest.date() if latest is not None else None
