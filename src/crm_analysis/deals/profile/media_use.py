"""Which media do which customers use? The table behind more exact advertising (A-68)."""

from __future__ import annotations

from crm_analysis.deals.comparison.factor import FactorTable
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.estimates import Estimate, segment
from crm_analysis.proportions import wilson

MEDIUM = "medium."
SEGMENTS = ("", "source", "region", "gender", "kind")


def media_estimates(table: FactorTable, *, limits: Limits) -> tuple[Estimate, ...]:
    """Give the share of leads whose customer uses a medium, in all and by segment.

    Parameters
    ----------
    table : FactorTable
        Leads with their factors; a medium is a factor `medium.<name>`.
    limits : Limits
        Cell and error limits: segments of fewer than `min_cell` leads are left out.
    """
    frame = table.frame
    media = [factor.name for factor in table.factors if factor.name.startswith(MEDIUM)]
    rows = []
    for medium in media:
        known = frame[frame[medium].notna()]
        for factor in SEGMENTS:
            if factor and factor not in frame:
                continue
            groups = [("", known)] if not factor else known.groupby(factor, sort=True)
            for level, part in groups:
                share = wilson(int((part[medium] == "yes").sum()), len(part), alpha=limits.alpha)
                if share is None or len(part) < limits.min_cell:
                    continue
                where = {"factor": factor, "level": str(level)} if factor else {}
                rows.append(
                    Estimate(
                        module="M05",
                        quantity="medium_use_share",
                        segment=segment(medium=medium.removeprefix(MEDIUM), **where),
                        method="wilson",
                        estimate=share.estimate,
                        ci_lo=share.lo,
                        ci_hi=share.hi,
                        n=len(part),
                        events=int((part[medium] == "yes").sum()),
                    )
                )
    return tuple(rows)
