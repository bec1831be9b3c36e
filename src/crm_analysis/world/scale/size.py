"""How large a world is to be, and in which pieces it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crm_analysis.errors import UsageError

_CHUNK_EVENTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large a world is to be.

    Parameters
    ----------
    customers : int
        Number of customers.
    months : int
        Length up to as_of, 13 or more: the rounds of win-back lie in the last year.
    events : float
        Mean events a customer: rows of interactions, assessments and order lines together.
    seed : int
        The root seed.
    """

    customers: int
    months: int = 36
    events: float = 50.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse sizes that no world can have."""
        limits = (
            ("customers", self.customers, 1, 50_000_000),
            ("months", self.months, 13, 120),
            ("events-per-customer", self.events, 1, 5_000),
            ("seed", self.seed, 0, 2**31),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise UsageError(f"--{name} {value:g}: give a number from {low} to {high:,}")

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Return the ranges of customers that are made at once, ends excluded.

        Examples
        --------
        >>> list(Scale(customers=50_000).chunks())
        [(0, 20000), (20000, 40000), (40000, 50000)]
        """
        step = max(1, min(50_000, int(_CHUNK_EVENTS / self.events)))
        for low in range(0, self.customers, step):
            yield low, min(low + step, self.customers)
