"""Which channel of the first contact wins most, without falling for small numbers (A-15, S12).

Decisions:
* The channel is that of the first contact known by the landmark; the win is one within the horizon
  after it. Only leads opened long enough ago to have been watched that long are counted (mature),
  so that nothing is censored and no closed-only share is read.
* Shares are drawn towards the mean of all channels by a beta-binomial prior whose weight K (in
  leads) is estimated by maximum likelihood; intervals are those of the posterior beta.
* The best is the highest shrunk share among the channels with enough wins (status ok). The raw
  ranking stands beside it as a warning, with its numbers.
* Channels with fewer than min_cell leads are pooled, and never ranked.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from crm_analysis.deals.comparison.levels import POOLED, WON
from crm_analysis.deals.indicators.habits import FAMILY
from crm_analysis.estimates import Estimate, refuse, segment, status_by_events
from crm_analysis.proportions import wilson
from crm_analysis.shrinkage import beta_binomial_prior, shrunk_share
from crm_analysis.survival.normal import chi_square_tail


def first_channels(
    frame: pd.DataFrame,
    *,
    landmark_days: int,
    horizon_days: int,
    observed_until: pd.Timestamp,
    by: str = "first_channel",
) -> pd.DataFrame:
    """Count the leads and wins of each first channel, among leads watched long enough.

    Parameters
    ----------
    frame : DataFrame
        From `contact_frames.contact_frame`: opened, duration_days, cause, first_channel.
    landmark_days, horizon_days : int
        A win counts up to `horizon_days` after the landmark.
    observed_until : Timestamp
        The last day that was watched.
    by : str
        Another column of few values in place of the channel.

    Returns
    -------
    DataFrame
        channel, n, won; most leads first.
    """
    last = landmark_days + horizon_days
    watched = (observed_until - pd.to_datetime(frame["opened"])).dt.days >= last
    rows = frame[watched & frame[by].notna()]
    won = (rows["cause"] == WON) & (rows["duration_days"] <= last)
    counts = won.groupby(rows[by].astype(str)).agg(n="size", won="sum")
    table = counts.rename_axis("channel").reset_index()
    ordered: pd.DataFrame = table.sort_values(["n", "channel"], ascending=[False, True])
    return ordered.reset_index(drop=True)


def channel_estimates(
    counts: pd.DataFrame,
    *,
    landmark_days: int,
    horizon_days: int,
    min_cell: int = 5,
    min_events: int = 10,
    alpha: float = 0.05,
) -> tuple[Estimate, ...]:
    """What share of leads is won by channel of the first contact, and do channels differ?

    Parameters
    ----------
    counts : DataFrame
        From `first_channels`.
    landmark_days, horizon_days : int
        As there.
    min_cell, min_events : int
        Leads below which a channel is pooled; wins for status ok, half of it for weak.
    alpha : float
        One minus the level of the intervals.

    Returns
    -------
    tuple of Estimate
        `channel_chi2_per_df` (result, in the family of the indicators), `channel_win_share`
        shrunk (result) and raw (naive) by channel.
    """
    if counts.empty:
        return ()
    place = {"landmark_days": landmark_days, "horizon_days": horizon_days}
    table = _pooled(counts, min_cell)
    n, won = table["n"].to_numpy(float), table["won"].to_numpy(float)
    prior = beta_binomial_prior(won, n)
    rows = [_difference(table, place, min_events)]
    for i, channel in enumerate(table["channel"]):
        status = status_by_events(int(won[i]), min_events=min_events)
        blank = Estimate(
            module="M03",
            quantity="channel_win_share",
            segment=segment(**place, channel=channel),
            method="beta_binomial_shrunk",
            n=int(n[i]),
            events=int(won[i]),
            evidence="descriptive",
            note="shrunk;rare_pooled" if channel == POOLED else "shrunk",
        )
        if channel == POOLED or status == "not_estimable":
            rows.append(refuse(blank, "too_few_events"))
        else:
            share = shrunk_share(int(won[i]), int(n[i]), prior, alpha=alpha)
            rows.append(
                replace(
                    blank, status=status, estimate=share.estimate, ci_lo=share.lo, ci_hi=share.hi
                )
            )
    return (*rows, *_raw(counts, place, alpha))


def weekday_estimate(
    counts: pd.DataFrame, *, landmark_days: int, horizon_days: int, min_events: int = 10
) -> Estimate:
    """Does the weekday of the first contact go with winning? One question for all seven days.

    Parameters
    ----------
    counts : DataFrame
        From `first_channels` by first_contact_weekday.
    landmark_days, horizon_days : int
        As there.
    min_events : int
        Half as many wins must be expected of a day that counts.
    """
    place = {"landmark_days": landmark_days, "horizon_days": horizon_days}
    row = _difference(counts, place, min_events)
    return replace(row, quantity="weekday_chi2_per_df")


def best_channel(estimates: tuple[Estimate, ...]) -> Estimate | None:
    """Return the channel with the highest shrunk share among those with enough wins."""
    ranked = [
        row
        for row in estimates
        if row.quantity == "channel_win_share" and row.role == "result" and row.status == "ok"
    ]
    return max(ranked, key=lambda row: row.estimate or 0.0, default=None)


def _pooled(counts: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Add up the channels with too few leads."""
    small = counts["n"] < min_cell
    if not small.any():
        return counts
    rest = counts.loc[small, ["n", "won"]].sum()
    pool = pd.DataFrame([{"channel": POOLED, "n": rest["n"], "won": rest["won"]}])
    return pd.concat([counts[~small], pool], ignore_index=True)


def _difference(table: pd.DataFrame, place: dict[str, int], min_events: int) -> Estimate:
    """Test whether the channels differ at all (Pearson), those with too few wins to expect out."""
    total = table[["n", "won"]].sum()
    rarer = min(total["won"], total["n"] - total["won"]) / max(total["n"], 1)
    kept = table[(table["channel"] != POOLED) & (table["n"] * rarer >= min_events / 2)]
    row = Estimate(
        module="M03",
        quantity="channel_chi2_per_df",
        segment=segment(**place),
        method="pearson",
        family=FAMILY,
        n=int(kept["n"].sum()),
        events=int(kept["won"].sum()),
        evidence="associational",
    )
    if len(kept) < 2:
        return refuse(row, "no_spread")
    n, won = kept["n"].to_numpy(float), kept["won"].to_numpy(float)
    share = won.sum() / n.sum()
    chi2 = float(((won - n * share) ** 2 / (n * share * (1 - share))).sum())
    df = len(kept) - 1
    return replace(row, estimate=chi2 / df, p=chi_square_tail(chi2, df))


def _raw(counts: pd.DataFrame, place: dict[str, int], alpha: float) -> list[Estimate]:
    rows = []
    for channel, n, won in counts[["channel", "n", "won"]].itertuples(index=False):
        share = wilson(int(won), int(n), alpha=alpha)
        if share is not None:
            rows.append(
                Estimate(
                    module="M03",
                    quantity="channel_win_share",
                    segment=segment(**place, channel=channel),
                    method="raw_share",
                    role="naive",
                    estimate=share.estimate,
                    ci_lo=share.lo,
                    ci_hi=share.hi,
                    n=int(n),
                    events=int(won),
                    note="raw_ranking",
                )
            )
    return rows
