"""How many lost customers went one way beyond the share of all others? The size of M05:kinds.

Decision: a factor that goes with where the lost went is told by its clearest level and way: the
pair whose share lies above that of all other levels with the smallest p. It is chosen as the
clearest, so its size is rather too high than too low, and the sentence says that it was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.deals.comparison.levels import POOLED, pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.estimates import Estimate, segment
from crm_analysis.proportions import newcombe


def kind_sizes(
    lost: pd.DataFrame, table: FactorTable, factors: Sequence[str], *, limits: Limits
) -> tuple[Estimate, ...]:
    """Give each factor's clearest level and way, in lost customers.

    Parameters
    ----------
    lost : DataFrame
        From `lost_leads.lost_leads`.
    table : FactorTable
        Factors of all leads.
    factors : sequence of str
        Those that stand; numbers are left out, having no levels.
    limits : Limits
        Cell and error limits.

    Returns
    -------
    tuple of Estimate
        `kind_extra_leads`, at most one a factor.
    """
    told = lost.loc[lost["lost_to"].notna(), ["lead_id", "lost_to"]]
    frame = table.frame.merge(told, on="lead_id", how="inner")
    found = []
    for name in factors:
        if table.factor(name).kind == "number":
            continue
        rows = pooled_levels(frame, name, min_cell=limits.min_cell, by="lost_to")
        pairs = list(_pairs(rows, name, limits.alpha))
        found += [row for _, row in sorted(pairs, key=lambda one: (one[0], one[1].segment))[:1]]
    return tuple(found)


def _pairs(rows: pd.DataFrame, factor: str, alpha: float) -> Iterator[tuple[float, Estimate]]:
    """Compare each level with all others in each way they went; keep those that lie above."""
    counts = pd.crosstab(rows["level"], rows["lost_to"])
    n_all, n_kind = int(counts.to_numpy().sum()), counts.sum(axis=0)
    for level in counts.index.drop(POOLED, errors="ignore"):
        n = int(counts.loc[level].sum())
        for kind in counts.columns:
            inside = int(counts.loc[level, kind])
            gap = newcombe((inside, int(n_kind[kind]) - inside), (n, n_all - n), alpha=alpha)
            if gap is None or gap.p is None or gap.estimate <= 0:
                continue
            row = Estimate(
                module="M05",
                quantity="kind_extra_leads",
                segment=segment(lost_to=kind, factor=factor, level=level),
                method="newcombe",
                role="diagnostic",
                estimate=gap.estimate * n,
                ci_lo=gap.lo * n,
                ci_hi=gap.hi * n,
                n=n,
                events=inside,
            )
            yield gap.p, row
