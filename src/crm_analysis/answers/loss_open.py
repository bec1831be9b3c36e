"""Which open deals are on a track to a loss, and what should be done about each? (M04, M13)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from crm_analysis.answers.advice_shown import advice_limits, advice_table, list_purpose
from crm_analysis.answers.loss_signs import sign_parts
from crm_analysis.answers.part import Part
from crm_analysis.deals.advice.advice import turned_share
from crm_analysis.deals.advice.effort import next_channels, usual_effort
from crm_analysis.deals.advice.margins import margin_rate
from crm_analysis.deals.advice.obstacles import open_obstacles
from crm_analysis.deals.advice.open_list import (
    LIST_COLUMNS,
    Beside,
    Costs,
    advised,
    on_track,
)
from crm_analysis.deals.advice.totals import advice_estimates
from crm_analysis.deals.alarms.raised import OPEN_DEAL, raise_alarms
from crm_analysis.deals.open_deals import (
    customers_gone,
    open_leads,
    open_signs,
    sign_counts_now,
)
from crm_analysis.deals.signs import check_now
from crm_analysis.estimates import Estimate, is_finding
from crm_analysis.reasons.codebook import codebook_of
from crm_analysis.results import ActionList
from crm_analysis.state import Said, is_held_back
from crm_analysis.survival.risk_table import risk_table
from crm_analysis.survival.spells import lead_spells

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known

RULE_VERSION = "2026-11-4"
"""Of the rule that puts an open deal on the list; a new one where the rule changes."""

NO_CHANCES = pd.DataFrame(columns=["lead_id", "loss_probability", "lo", "hi"])
NO_PATTERNS = pd.DataFrame(columns=["lead_id", "pattern", "pattern_en", "pattern_zh"])
NO_TYPES = pd.DataFrame(columns=["lead_id", "track_type", "type_en", "type_zh", "is_loss"])


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTold:
    """What other parts say of the open deals, each by lead_id.

    Parameters
    ----------
    chances : DataFrame
        lead_id, loss_probability, lo, hi; from `open_chances`.
    patterns : DataFrame
        lead_id, pattern, pattern_en, pattern_zh; the clearest of each lead first.
    types : DataFrame
        lead_id, track_type, type_en, type_zh, is_loss.
    """

    chances: pd.DataFrame
    patterns: pd.DataFrame
    types: pd.DataFrame


NOTHING_TOLD = OpenTold(chances=NO_CHANCES, patterns=NO_PATTERNS, types=NO_TYPES)


def open_part(
    known: Known,
    settings: Config,
    *,
    standing: Sequence[str],
    told: OpenTold = NOTHING_TOLD,
    record: Sequence[Estimate] = (),
) -> Part:
    """List the open deals on a track to a loss, with obstacle, value of a contact and advice.

    Parameters
    ----------
    known, settings : Known, Config
        The as-of views and the settings in force.
    standing : sequence of str
        The signs after which deals are lost faster, strongest first.
    told : OpenTold
        What other parts say of the open deals.
    record : sequence of Estimate
        Of the alarms raised so far: tells what warning changes, where a slice was kept back.

    Returns
    -------
    Part
        Counts, money, the list `open_deals` and its alarms; nothing but a limit where the data are
        stale.
    """
    if known.stale is not None:
        return Part()
    leads = open_leads(known.table("leads"))
    checks = sign_parts(known, check_now(leads, as_of=known.as_of), settings)
    frame = open_signs(leads, checks, as_of=known.as_of)
    rate = margin_rate(known.tables.get("order_lines"), default=settings.default_margin_rate)
    costs = Costs(
        margin_rate=rate.share,
        contact_cost=settings.contact_cost,
        currency=str(settings.currency),
        effect=effect_by_lot(record, q=settings.fdr_q),
    )
    by_lot = costs.effect is not None
    rows = _advised(known, settings, frame, costs, standing=standing, told=told)
    gone = rows["customer_id"].isin(not_to_contact(known))
    kept = _kept_back(known, settings, rows[~gone].reset_index(drop=True), n_open=len(frame))
    estimates = (
        *sign_counts_now(frame, standing),
        *advice_estimates(kept.listed, n_open=len(frame), by_lot=by_lot),
    )
    return Part(
        estimates=estimates,
        tables=advice_table(estimates, currency=costs.currency),
        lists=(
            ActionList(
                name="open_deals",
                frame=kept.listed[list(LIST_COLUMNS)],
                purpose=list_purpose(int(gone.sum()), kept.n_held_back, min_cell=settings.min_cell),
            ),
        ),
        does_not_show=advice_limits(
            rate.is_assumed, has_chances=len(told.chances) > 0, effect=costs.effect
        ),
        alarms=kept.said,
    )


def effect_by_lot(record: Sequence[Estimate], *, q: float) -> float | None:
    """Return the share of losses that warning turned; None where no draw by lot shows it."""
    rows = {(row.quantity, row.segment): row for row in record if row.role == "result"}
    difference = rows.get(("unwarned_loss_difference", ""))
    warned = rows.get(("alarm_precision", ""))
    if difference is None or warned is None or not is_finding(difference, q):
        return None
    return turned_share(difference.estimate or 0.0, warned.estimate or 0.0)


def _advised(
    known: Known,
    settings: Config,
    frame: pd.DataFrame,
    costs: Costs,
    *,
    standing: Sequence[str],
    told: OpenTold,
) -> pd.DataFrame:
    """Put everything that is known beside each open deal, and advise."""
    leads, contacts = known.table("leads"), known.tables.get("interactions")
    opened = open_leads(leads)
    beside = Beside(
        chances=told.chances,
        patterns=told.patterns,
        types=told.types,
        obstacles=open_obstacles(
            opened, known.tables, as_of=known.as_of, codebook=codebook_of(settings)
        ),
        channels=next_channels(
            opened, contacts, contact_cost=settings.contact_cost, as_of=known.as_of
        ),
    )
    effort = usual_effort(
        leads,
        contacts,
        risk=risk_table(lead_spells(leads, as_of=known.observed_until)),
        contact_cost=settings.contact_cost,
        as_of=known.observed_until,
    )
    ahead = effort.ahead(frame["age_days"].tolist(), horizon_days=settings.horizon_days)
    tracked = on_track(frame, standing, beside)
    return advised(tracked, beside, costs, effort_cost=ahead.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The rows that may be shown, and the alarms of all of them."""

    listed: pd.DataFrame
    n_held_back: int
    said: tuple[Said, ...]


def _kept_back(known: Known, settings: Config, rows: pd.DataFrame, *, n_open: int) -> _Kept:
    """Raise an alarm on each deal on a track; show nothing of the slice that is kept back."""
    salt, share = known.alarms.salt, settings.unwarned_share
    raised = raise_alarms(
        rows[rows["pattern"].notna()],
        as_of=known.as_of,
        rule_version=RULE_VERSION,
        horizon_days=settings.horizon_days,
        n_watched=n_open,
        salt=salt,
        unwarned_share=share,
    )
    shown = [
        not is_held_back(salt, kind=OPEN_DEAL, name=str(name), share=share)
        for name in rows["lead_id"]
    ]
    listed = rows[pd.Series(shown, index=rows.index, dtype=bool)].reset_index(drop=True)
    return _Kept(listed=listed, n_held_back=raised.n_held_back, said=raised.said)


def not_to_contact(known: Known) -> frozenset[str]:
    """Name the customers who asked for no more contact, or who left, by the end of as_of."""
    columns = [name for name in ("opted_out_at", "left_at") if known.has("customers", name)]
    if not columns:
        return frozenset()
    return customers_gone(known.table("customers"), columns=columns, as_of=known.as_of)
