"""How likely is each open lead to end so within the horizon? Learned at equal age of the lead.

Leads that stood open on former days are the lesson: each has the age it had then, what was known
of it then, and an end that is known by now. A row counts only where its whole horizon, and the
days that typing takes, are over: an end that is still to come is never taken for none.

Decisions:
* Age enters in bands (`AGE_EDGES`), and only leads in bands that the open pipeline has now take
  part, so that a young lead is judged by leads that were young.
* The rep's probability enters as log odds, 0 and 1 as half a step of 10 %: .05 and .95; and as
  their square, because a probability that only rises while the deal drags on says less at its top.
* Columns are taken in their order as far as there are enough ends for each; a column of 0 and 1
  only where both its sides hold enough of both outcomes.
* Where the window is about a month, its place in the quarter enters: many firms close deals when a
  quarter ends.
* A lead stands in the lesson once per former month, so the variance is by lead; what the leads of a
  former month shared has moved the coefficients as well, which is drawn beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.deals.funnel.logistic import Logistic, expit, fit_logistic, logit
from crm_analysis.deals.funnel.shock import Shock, learn_shock
from crm_analysis.survival.arrays import Bools, Floats
from crm_analysis.survival.normal import critical

AGE_EDGES = (7, 14, 30, 60, 90, 180, 365)
REP_BOUNDS = (0.05, 0.95)
QUIET_DAYS = 14
MAX_ROWS = 40_000
MONTH_DAYS = 45
"""A window up to so long has a place in its quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which ends count for a pipeline of day t: those from t - passed + 1 to t + left.

    Parameters
    ----------
    left : int
        Days after the pipeline's day.
    passed : int
        Days of the period that were over on the pipeline's day: an end there that was typed in
        later still counts for the period.
    """

    left: int
    passed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What former pipelines teach: log odds of one ending within the window.

    Parameters
    ----------
    fit : Logistic
        The regression.
    bands : tuple of int
        Upper ends of the age bands in use.
    by_month : bool
        Whether the window's place in the quarter is looked at.
    shock : Shock
        How large what all leads of a month share may be, in log odds, beyond chance.
    sway : array (months, k)
        By how much a shock of 1 in each former month has moved the coefficients.
    n_days : int
        Former pipelines that were learned from.
    base : float
        Share that ended so: what one would say of each lead without knowing more.
    """

    fit: Logistic
    bands: tuple[int, ...]
    by_month: bool
    shock: Shock
    sway: Floats
    n_days: int
    base: float

    def of(self, pipeline: pd.DataFrame) -> Floats:
        """Return the probability of each lead of a pipeline."""
        return expit(self.fit.log_odds(self.columns_of(pipeline)))

    def draw(self, n_draws: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw what is unknown of each future: coefficients, and the shock of the month ahead.

        Each future has its own standard deviation of the shocks; those of the former months, which
        moved the coefficients, and that of the month ahead are drawn with it.

        Returns
        -------
        tuple of array
            Coefficients (n_draws, k), in the order of `fit.names`, and shocks (n_draws,).
        """
        size = self.shock.draw(n_draws, rng)
        ahead: Floats = size * rng.standard_normal(n_draws)
        former = size[:, None] * rng.standard_normal((n_draws, len(self.sway)))
        coef: Floats = rng.multivariate_normal(
            self.fit.coef, self.fit.covariance, n_draws, method="eigh"
        )
        return coef + former @ self.sway, ahead

    def interval(self, pipeline: pd.DataFrame, alpha: float) -> tuple[Floats, Floats]:
        """Return the interval of each probability (of what leads like it do on average)."""
        x = self.columns_of(pipeline)
        centre = self.fit.log_odds(x)
        reach = critical(alpha) * np.sqrt(np.einsum("ij,jk,ik->i", x, self.fit.covariance, x))
        return expit(centre - reach), expit(centre + reach)

    def columns_of(self, pipeline: pd.DataFrame) -> Floats:
        """Return the columns of the regression for a pipeline."""
        columns = _columns(pipeline, self.bands, by_month=self.by_month)
        return np.column_stack([columns[name] for name in self.fit.names])


def ended_within(
    rows: pd.DataFrame, *, window: Window, status: str, until: int | None = None
) -> Bools:
    """Say of each lead of each pipeline whether it ended so within the window.

    Parameters
    ----------
    rows : DataFrame
        day, status, closed_day, closed_known_day.
    window : Window
        Which ends count.
    status : {"won", "lost", "void"}
        The ending.
    until : int, optional
        Ends typed in after this day are not known yet.
    """
    inside = rows["closed_day"].between(
        rows["day"] - window.passed + 1, rows["day"] + window.left
    ) & (rows["status"] == status)
    if until is not None:
        inside &= rows["closed_known_day"] <= until
    found: Bools = inside.to_numpy(dtype=bool)
    return found


def learn(
    rows: pd.DataFrame,
    pipeline: pd.DataFrame,
    *,
    window: Window,
    status: str,
    until: int,
    margin: int,
    min_events: int = 10,
) -> Chances | None:
    """Learn from former pipelines what the leads of this one will do.

    Parameters
    ----------
    rows : DataFrame
        Leads of former pipelines: lead_id, day, age_days, is_filed, rep_thousandths, idle_days,
        status, closed_day, closed_known_day.
    pipeline : DataFrame
        The leads to judge; only their age bands matter here.
    window : Window
        Which ends count.
    status : {"won", "lost"}
        The ending.
    until : int
        The last known day.
    margin : int
        Days that typing takes: a row counts where its window was over so long before `until`.
    min_events : int
        Ends that each column needs.

    Returns
    -------
    Chances or None
        None where too few ends are known to say anything.
    """
    lesson = _lesson(rows, pipeline, last=until - margin - window.left)
    if lesson.empty:
        return None
    y = ended_within(lesson, window=window, status=status, until=until).astype(float)
    budget = int(min(y.sum(), len(y) - y.sum())) // min_events
    if budget < 1:
        return None
    bands = _bands(lesson, pipeline, y, min_events=min_events)
    by_month = window.left <= MONTH_DAYS
    columns = _columns(lesson, bands, by_month=by_month)
    names = _told(columns, y, min_events=min_events)[:budget]
    fit = fit_logistic(
        np.column_stack([columns[name] for name in names]),
        y,
        names=names,
        cluster=lesson["lead_id"].to_numpy(),
    )
    if fit is None:
        return None
    x = np.column_stack([columns[name] for name in fit.names])
    days = lesson["day"].to_numpy()
    shock, sway = learn_shock(fit, x, y, days, length=window.left + window.passed)
    return Chances(
        fit=fit,
        bands=bands,
        by_month=by_month,
        shock=shock,
        sway=sway,
        n_days=len(np.unique(days)),
        base=float(y.mean()),
    )


def rep_log_odds(pipeline: pd.DataFrame) -> Floats:
    """Return the rep's last probability as log odds, 0 where none was told."""
    share = pipeline["rep_thousandths"].astype(float) / 1000
    bounded: Floats = np.asarray(share.clip(*REP_BOUNDS).fillna(0.5), dtype=np.float64)
    return logit(bounded)


def _lesson(rows: pd.DataFrame, pipeline: pd.DataFrame, *, last: int) -> pd.DataFrame:
    """Keep former pipelines that are over, leads of ages that the pipeline has, newest first."""
    places = np.unique(_place(pipeline["age_days"], AGE_EDGES))
    here = np.isin(_place(rows["age_days"], AGE_EDGES), places)
    kept = rows[(rows["day"] <= last).to_numpy() & here]
    sizes = kept.groupby("day").size().sort_index(ascending=False).cumsum()
    newest = sizes.index[(sizes <= MAX_ROWS) | (np.arange(len(sizes)) == 0)]
    return kept[kept["day"].isin(newest)].sort_values(["day", "lead_id"], ignore_index=True)


def _quarter_months(days: pd.Series) -> dict[str, Floats]:
    """Say whether the month that follows is the second or third of its quarter."""
    month = pd.to_datetime(days + 1, unit="D").dt.month.to_numpy()
    place = (month - 1) % 3 + 1
    return {f"month_{number}_of_quarter": (place == number).astype(float) for number in (2, 3)}


def _place(ages: pd.Series, edges: Sequence[int]) -> np.ndarray:
    return np.searchsorted(np.asarray(edges), ages.to_numpy(), side="left")


def _bands(
    lesson: pd.DataFrame, pipeline: pd.DataFrame, y: Floats, *, min_events: int
) -> tuple[int, ...]:
    """Choose the ends of the bands so that each holds enough of both outcomes."""
    kept: list[int] = []
    ages = lesson["age_days"].to_numpy()
    low = -1
    for edge in AGE_EDGES:
        inside, after = (ages > low) & (ages <= edge), ages > edge
        if _enough(y, inside, after, min_events=min_events):
            kept.append(edge)
            low = edge
    return tuple(kept)


def _enough(y: Floats, *parts: Bools, min_events: int) -> bool:
    """Say whether each part holds enough of both outcomes."""
    return all(min(y[part].sum(), part.sum() - y[part].sum()) >= min_events for part in parts)


def _told(columns: dict[str, Floats], y: Floats, *, min_events: int) -> tuple[str, ...]:
    """Name the columns that can be learned: of 0 and 1 only those with enough on both sides."""
    return tuple(
        name
        for name, values in columns.items()
        if name == "constant"
        or not np.isin(values, (0.0, 1.0)).all()
        or _enough(y, values == 1, values == 0, min_events=min_events)
    )


def _columns(pipeline: pd.DataFrame, bands: Sequence[int], *, by_month: bool) -> dict[str, Floats]:
    """Make the columns in the order in which they are taken."""
    place = _place(pipeline["age_days"], bands)
    idle = pipeline["idle_days"].astype(float)
    said = rep_log_odds(pipeline)
    columns = {
        "constant": np.ones(len(pipeline)),
        "rep_log_odds": said,
        "rep_log_odds_squared": said**2,
        "rep_silent": pipeline["rep_thousandths"].isna().to_numpy(dtype=float),
        **(_quarter_months(pipeline["day"]) if by_month else {}),
        **{
            f"older_than_{edge}_days": (place > number).astype(float)
            for number, edge in enumerate(bands)
        },
        "quiet": (idle.isna() | (idle > QUIET_DAYS)).to_numpy(dtype=float),
        "not_filed": (~pipeline["is_filed"].astype(bool)).to_numpy(dtype=float),
    }
    return {name: np.asarray(values, dtype=float) for name, values in columns.items()}
