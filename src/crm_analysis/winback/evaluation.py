"""Did win-back pay? All rows of the evaluation, put together for one as-of day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir
import pandas as pd

from crm_analysis.config import Config
from crm_analysis.estimates import Estimate, adjust_families, segment
from crm_analysis.source.frames import collect
from crm_analysis.winback import checks, effect, money
from crm_analysis.winback.assigned import KEY, assigned
from crm_analysis.winback.verdict import Verdict, judge

HORIZONS = (30, 60, 90)
ANY_ARM = "any"
"""All contacted arms taken together; an arm that bears this name is told under another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The rows, the verdict on each arm, and how much of the data could be used.

    `horizon_days` is the longest horizon, up to the configured one, that some drawn round has
    completed; None where no drawn round has.
    """

    estimates: tuple[Estimate, ...]
    verdicts: tuple[Verdict, ...]
    horizon_days: int | None
    n_assigned: int
    n_rounds: int
    n_drawn_rounds: int
    n_failed_draws: int

    def find(self, quantity: str, of: str = "", *, role: str = "result") -> Estimate | None:
        """Return the row of that quantity, segment and role, or None."""
        wanted = (quantity, of, role)
        rows = (r for r in self.estimates if (r.quantity, r.segment, r.role) == wanted)
        return next(rows, None)

    def of_arm(self, quantity: str, arm: str, *, role: str = "result") -> Estimate | None:
        """Return the row of an arm at the judged horizon, or None."""
        if self.horizon_days is None:
            return None
        return self.find(quantity, segment(arm=arm, horizon_days=self.horizon_days), role=role)


def evaluate(
    tables: Mapping[str, ir.Table], *, observed_until: date, config: Config, seed: int = 0
) -> Evaluation:
    """Estimate every arm of every drawn round at each horizon, check the draw, and judge.

    Parameters
    ----------
    tables : mapping of str to Table
        As-of views; `winback` is needed.
    observed_until : date
        The last day that the source was watched, as_of or earlier; decides which rounds are mature.
    config : Config
        horizon_days, alpha, fdr_q, min_events, n_boot, default_margin_rate, contact_cost.
    seed : int
        Of the bootstrap.
    """
    horizons = tuple(sorted({*HORIZONS, config.horizon_days}))
    expression = assigned(tables, horizons=horizons, contact_cost=config.contact_cost)
    frame = _renamed(collect(expression).sort_values(list(KEY), ignore_index=True))
    by_lot = effect.drawn(frame)
    draw = checks.sample_ratio(by_lot)
    rows = [*draw, *checks.balance(by_lot), *checks.reach(by_lot, alpha=config.alpha)]
    rows += checks.immature(frame, horizons=horizons, observed_until=observed_until)
    for horizon_days in horizons:
        kept = effect.mature(by_lot, horizon_days=horizon_days, observed_until=observed_until)
        rows += _at_horizon(kept, horizon_days, tables=tables, config=config, seed=seed)
        rows += _any_arm(kept, horizon_days, config=config)
    rows += _without_draw(frame, by_lot, observed_until=observed_until, config=config)
    n_failed = checks.failed_rounds(draw)
    rows = [_marked(row, n_failed=n_failed, contacted=_contacted(rows)) for row in rows]
    primary = _primary(rows, config.horizon_days)
    return Evaluation(
        estimates=adjust_families(rows),
        verdicts=_verdicts(
            rows,
            effect.treated_arms(by_lot),
            horizon_days=primary,
            draw_failed=n_failed > 0,
        ),
        horizon_days=primary,
        n_assigned=len(frame),
        n_rounds=frame["round_id"].nunique(),
        n_drawn_rounds=by_lot["round_id"].nunique(),
        n_failed_draws=n_failed,
    )


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give an arm another name where it bears the one kept for all arms together."""
    name = ANY_ARM
    while name == ANY_ARM or name in set(frame["arm"]):
        name += " (arm)"
    return frame.assign(arm=frame["arm"].replace(ANY_ARM, name))


def _at_horizon(
    kept: pd.DataFrame,
    horizon_days: int,
    *,
    tables: Mapping[str, ir.Table],
    config: Config,
    seed: int,
) -> list[Estimate]:
    """All rows of one horizon; an outcome whose table is missing gives none."""
    if kept.empty:
        return []
    rows: list[Estimate] = []
    for outcome in effect.OUTCOMES:
        if outcome.days in kept:
            options = {"horizon_days": horizon_days, "min_events": config.min_events}
            rows += effect.differences(kept, outcome, alpha=config.alpha, **options)
            if outcome.name == "return" and kept["round_id"].nunique() > 1:
                rows += effect.by_round(kept, outcome, alpha=config.alpha, **options)
    if "order_lines" in tables:
        rows += effect.shares(kept, horizon_days=horizon_days, alpha=config.alpha)
        rows += money.differences(
            kept,
            horizon_days=horizon_days,
            default_margin_rate=config.default_margin_rate,
            n_boot=config.n_boot,
            alpha=config.alpha,
            min_events=config.min_events,
            seed=seed,
        )
        if "was_reached" in kept:
            rows += effect.per_reached(
                kept,
                horizon_days=horizon_days,
                alpha=config.alpha,
                min_events=config.min_events,
            )
    return rows


def _any_arm(kept: pd.DataFrame, horizon_days: int, *, config: Config) -> list[Estimate]:
    """Where several arms were drawn: returns of all contacted against control."""
    if "return_days" not in kept or len(effect.treated_arms(kept)) < 2:
        return []
    pooled = kept.assign(arm=kept["arm"].where(kept["arm"] == effect.CONTROL, ANY_ARM))
    options = {"horizon_days": horizon_days, "min_events": config.min_events}
    told = effect.shares(pooled, horizon_days=horizon_days, alpha=config.alpha)
    return [
        *effect.differences(pooled, effect.RETURN, alpha=config.alpha, **options),
        *(row for row in told if segment(arm=effect.CONTROL) not in row.segment),
    ]


def _without_draw(
    frame: pd.DataFrame, by_lot: pd.DataFrame, *, observed_until: date, config: Config
) -> list[Estimate]:
    """Refuse the arms that no round drew by lot; their returns stand as a warning only."""
    others = frame[~frame["arm"].isin([*effect.treated_arms(by_lot), effect.CONTROL])]
    horizon_days = config.horizon_days
    kept = effect.mature(others, horizon_days=horizon_days, observed_until=observed_until)
    arms = effect.treated_arms(others)
    rows = effect.not_randomised(arms, horizon_days=horizon_days, n=len(others))
    if not kept.empty and "return_days" in kept:
        told = effect.shares(kept, horizon_days=horizon_days, alpha=config.alpha)
        rows += [row for row in told if row.role == "naive"]
    return rows


def _contacted(rows: Sequence[Estimate]) -> int:
    shares = [row.events or 0 for row in rows if row.quantity == "controls_contacted_share"]
    return sum(shares)


def _marked(row: Estimate, *, n_failed: int, contacted: int) -> Estimate:
    """Mark effects: a draw that does not fit costs the grade, contacted controls cost a note."""
    if row.evidence != "randomised" or row.status in ("not_estimable", "off"):
        return row
    notes = [row.note] if row.note else []
    if contacted:
        notes.append(f"controls_contacted: {contacted}")
    if not n_failed:
        return replace(row, note=";".join(notes))
    note = ";".join([*notes, "sample_ratio_mismatch"])
    return replace(row, status="weak", evidence="associational", note=note)


def _primary(rows: Sequence[Estimate], configured: int) -> int | None:
    """The longest horizon with an effect row, up to the configured one."""
    days = [
        int(row.segment.rsplit("horizon_days=", 1)[1])
        for row in rows
        if row.role == "result" and row.quantity.endswith("_share_difference") and row.n
        if row.method != "none"
    ]
    return max((one for one in days if one <= configured), default=None)


def _verdicts(
    rows: Sequence[Estimate],
    arms: Sequence[str],
    *,
    horizon_days: int | None,
    draw_failed: bool,
) -> tuple[Verdict, ...]:
    if horizon_days is None:
        return ()
    paid = {
        row.segment: row for row in rows if row.quantity == "net_margin_difference_per_assigned"
    }
    segments = {arm: segment(arm=arm, horizon_days=horizon_days) for arm in arms}
    return tuple(judge(arm, paid.get(of), draw_failed=draw_failed) for arm, of in segments.items())
