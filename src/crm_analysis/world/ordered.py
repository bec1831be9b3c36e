"""The world that `crm-analysis world` was asked for: demo, scenario, or one of any size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crm_analysis.errors import UsageError
from crm_analysis.world.clock import AS_OF
from crm_analysis.world.demo import SEED, demo_world
from crm_analysis.world.scale import Scale, write_scale_world
from crm_analysis.world.scenarios import scenario
from crm_analysis.world.write import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for; None or "" where nothing was said."""

    scenario: str = ""
    null: bool = False
    seed: int | None = None
    customers: int | None = None
    months: int | None = None
    events: float | None = None

    def __post_init__(self) -> None:
        """Refuse what belongs to another world, in one sentence."""
        if self.null and not self.scenario:
            raise UsageError("--null belongs to --scenario: the demo world has no null variant")
        if self.customers is None:
            if self.months is not None or self.events is not None:
                raise UsageError(
                    "--months and --events-per-customer belong to --customers: give it too"
                )
        elif self.scenario:
            raise UsageError("--customers and --scenario are two worlds: give one of them")


def write_ordered(order: Order, folder: Path) -> str:
    """Write the world into `folder`; return one sentence on what lies there."""
    if order.customers is None:
        rows = _made_rows(order, folder)
    else:
        rows = write_scale_world(_scale(order, order.customers), folder)
    return f"{len(rows)} tables with {sum(rows.values()):,} rows, as of {AS_OF}, in {folder}"


def _scale(order: Order, customers: int) -> Scale:
    usual = Scale(customers=customers)
    return Scale(
        customers=customers,
        months=usual.months if order.months is None else order.months,
        events=usual.events if order.events is None else order.events,
        seed=usual.seed if order.seed is None else order.seed,
    )


def _made_rows(order: Order, folder: Path) -> dict[str, int]:
    if order.scenario:
        seed = 1 if order.seed is None else order.seed
        made = scenario(order.scenario, seed=seed, planted=not order.null)
    else:
        made = demo_world(seed=SEED if order.seed is None else order.seed)
    write(made, folder)
    return {name: len(table) for name, table in made.tables.items()}
