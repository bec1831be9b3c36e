"""Does what was typed in after a lead had ended give its ending away? (the leak audit, S04)

For each window, lost leads are told from won ones by their numbers of contacts, twice: *guarded*,
with the contacts known by the end of the window, and *unguarded*, with all contacts dated in it,
whenever they were typed in. The windows are the configured landmarks and the lead's own closing.
Both sides use the same leads and the same window, so a gap can only come from typing time. Where
one representative typed many contacts late, that one's leads are looked at by themselves too: in
the whole they would drown.

Decisions: discrimination is the AUC averaged over five stratified folds (a pooled AUC is biased
below .5 where nothing is there); a gap above .10 is a red flag, one up to .03 is silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.features.windows import calendar_days, contacts_within, end_of_day
from crm_analysis.source.frames import collect

RED_FLAG_GAP = 0.10
SILENT_GAP = 0.03
MIN_PER_ENDING = 25
MIN_LATE_OF_REP = 20
N_FOLDS = 5
SHOWN = 10_000  # single contacts that may leave the engine, as a list for people; counts are exact
SIDES = ("out", "in")

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakWindow:
    """The two AUCs of one window; None where there are too few leads of either ending.

    `landmark_days` is None for the window that ends with the lead's closing; `rep_id` is None for
    the leads of all representatives.
    """

    landmark_days: int | None
    rep_id: str | None = None
    n_lost: int
    n_won: int
    guarded_auc: float | None
    unguarded_auc: float | None

    @property
    def gap(self) -> float | None:
        """Unguarded less guarded AUC: what typing time alone gives away."""
        if self.guarded_auc is None or self.unguarded_auc is None:
            return None
        return self.unguarded_auc - self.guarded_auc


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakAudit:
    """What the leak audit found.

    Parameters
    ----------
    windows : tuple of LeakWindow
        The closing first, then the landmarks, then the closing for single representatives.
    late_rows : DataFrame
        Contacts dated before their lead's closing but typed in after it, of lost and won leads,
        the latest typed `SHOWN` of them: interaction_id, lead_id, rep_id, status, at, known_at,
        closed_at. How many there are in all is told by `by_rep`.
    n_contacts : int
        All contacts dated between opening and closing of these leads.
    by_rep : DataFrame
        rep_id, n_contacts, n_late, late_share; most late contacts first.
    """

    windows: tuple[LeakWindow, ...]
    late_rows: pd.DataFrame
    n_contacts: int
    by_rep: pd.DataFrame

    @property
    def worst_gap(self) -> float | None:
        """The largest gap over the windows; None where none could be measured."""
        gaps = [window.gap for window in self.windows if window.gap is not None]
        return max(gaps) if gaps else None

    @property
    def red_flag(self) -> bool:
        """True where typing time gives the ending away."""
        return self.worst_gap is not None and self.worst_gap > RED_FLAG_GAP

    @property
    def silent(self) -> bool:
        """True where nothing need be said."""
        return self.worst_gap is not None and self.worst_gap <= SILENT_GAP


def leak_audit(
    leads: ir.Table,
    interactions: ir.Table,
    *,
    landmarks_days: Sequence[int],
    seed: int = 0,
) -> LeakAudit:
    """Would an analysis that ignores typing time see the ending in the contacts?

    Parameters
    ----------
    leads, interactions : Table
        The as-of views of T2 and T3; typing times must be known.
    landmarks_days : sequence of int
        Landmarks beside the closing itself.
    seed : int
        Of the folds.

    Notes
    -----
    A silent audit does not prove the contacts free of leaks: a rep who backdates *and* forges the
    typing time leaves no trace here.
    """
    closed = _closed_leads(leads)
    contacts = _contacts_of(closed, interactions)
    windows = [None, *landmarks_days]
    counts = _counts(closed, contacts, windows=windows)
    by_rep = _by_rep(contacts)
    found = [_window(counts, landmark_days=days, seed=seed) for days in windows]
    for rep_id in by_rep.loc[by_rep["n_late"] >= MIN_LATE_OF_REP, "rep_id"].dropna():
        own = counts[counts["rep_id"] == rep_id]
        found.append(_window(own, landmark_days=None, rep_id=rep_id, seed=seed))
    return LeakAudit(
        windows=tuple(found),
        late_rows=_late_rows(contacts),
        n_contacts=int(by_rep["n_contacts"].sum()),
        by_rep=by_rep,
    )


def fold_mean_auc(features: Floats, lost: Codes, *, seed: int) -> float:
    """Return the AUC of a logistic regression, averaged over stratified folds.

    Parameters
    ----------
    features : array of shape (n, k)
        Rows in a fixed order.
    lost : array of shape (n,)
        1 for lost, 0 for won; at least `N_FOLDS` of each.
    seed : int
        Of the folds' shuffle.
    """
    from sklearn.model_selection import StratifiedKFold

    values, row = _distinct_rows(features)
    folds = StratifiedKFold(n_splits=N_FOLDS, shuffle=True, random_state=seed)
    scores = []
    for train, test in folds.split(row, lost):
        fitted, tried = (_by_ending(row[part], lost[part], len(values)) for part in (train, test))
        scores.append(_auc_of_fold(values, fitted, tried))
    return float(np.mean(scores))


def _distinct_rows(features: Floats) -> tuple[Floats, Codes]:
    """Return the distinct rows, and which of them each row is: counts repeat themselves."""
    code = np.zeros(len(features), dtype=np.int64)
    for column in features.T:
        distinct, place = np.unique(column, return_inverse=True)
        _, first, code = np.unique(
            code * len(distinct) + place.reshape(-1), return_index=True, return_inverse=True
        )
    return features[first], code.reshape(-1)


def _by_ending(row: Codes, lost: Codes, n: int) -> Floats:
    """Count the won and the lost of each distinct row."""
    counted = np.bincount(2 * row + lost, minlength=2 * n)
    return counted.reshape(n, 2).astype(np.float64)


def _auc_of_fold(values: Floats, fitted: Floats, tried: Floats) -> float:
    """Fit on counts (won, lost) of distinct rows, and score other counts of them."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    ending = np.tile([0, 1], len(values))
    weight = fitted.ravel()
    seen = weight > 0
    rows, ending, weight = np.repeat(values, 2, axis=0)[seen], ending[seen], weight[seen]
    scale = StandardScaler().fit(rows, sample_weight=weight)
    model = LogisticRegression().fit(scale.transform(rows), ending, sample_weight=weight)
    _, place = np.unique(model.decision_function(scale.transform(values)), return_inverse=True)
    won, lost = (np.bincount(place, weights=counts) for counts in tried.T)
    won_below = np.cumsum(won) - won / 2  # ties count half
    return float(lost @ won_below / (won.sum() * lost.sum()))


def _closed_leads(leads: ir.Table) -> ir.Table:
    """Return lost and won leads with the window from opening to closing."""
    closed = leads.filter(leads.status.isin(["lost", "won"]), leads.closed_at.notnull())
    return closed.select(
        "lead_id",
        "customer_id",
        "opened_at",
        "status",
        "closed_at",
        "rep_id",
        window_end=closed.closed_at,
        window_days=0,
    )


def _contacts_of(closed: ir.Table, interactions: ir.Table) -> ir.Table:
    """Return the contacts dated between opening and closing, typed in whenever."""
    dated = contacts_within(closed, interactions, clock="at")
    ends = closed.select("status", "closed_at", lead="lead_id")
    joined = dated.join(ends, dated.lead_id == ends.lead).drop("lead")
    reps = interactions.select("rep_id", link=interactions.interaction_id)
    return joined.join(reps, joined.interaction_id == reps.link).drop("link")


def _counts(closed: ir.Table, contacts: ir.Table, *, windows: Sequence[int | None]) -> pd.DataFrame:
    """Count contacts per lead: out and in, guarded and unguarded, for each window."""
    sums = {}
    for days in windows:
        end = _window_end(contacts, days)
        for side in SIDES:
            inside = (contacts["at"] < end) & (contacts.direction == side)
            sums[_name(days, side, "unguarded")] = inside.ifelse(1, 0).sum()
            known = inside & _known_by(contacts, end, days)
            sums[_name(days, side, "guarded")] = known.ifelse(1, 0).sum()
    counts = contacts.group_by(lead="lead_id").aggregate(**sums)
    leads = closed.select(
        "lead_id",
        "status",
        "rep_id",
        life_days=calendar_days(closed.closed_at.date(), closed.opened_at.date()),
    )
    joined = leads.left_join(counts, leads.lead_id == counts.lead).drop("lead")
    frame = collect(joined).sort_values("lead_id", ignore_index=True)
    return frame.fillna(dict.fromkeys(sums, 0))


def _window_end(contacts: ir.Table, landmark_days: int | None) -> ir.Value:
    if landmark_days is None:
        return contacts.closed_at
    return end_of_day(contacts.opened_at.date(), plus_days=landmark_days)


def _known_by(contacts: ir.Table, end: ir.Value, landmark_days: int | None) -> ir.Value:
    """Say what was known: by the moment of closing, or before the landmark day was over."""
    return contacts.known_at <= end if landmark_days is None else contacts.known_at < end


def _name(landmark_days: int | None, side: str, guard: str) -> str:
    return f"{side}_{guard}_{'closing' if landmark_days is None else landmark_days}"


def _window(
    counts: pd.DataFrame, *, landmark_days: int | None, seed: int, rep_id: str | None = None
) -> LeakWindow:
    """Compare the two AUCs among the leads that outlived the window."""
    at_risk = counts if landmark_days is None else counts[counts["life_days"] > landmark_days]
    lost = (at_risk["status"] == "lost").to_numpy().astype(int)
    n_lost, n_won = int(lost.sum()), int((1 - lost).sum())
    auc: dict[str, float | None] = {"guarded": None, "unguarded": None}
    if min(n_lost, n_won) >= MIN_PER_ENDING:
        for guard in auc:
            names = [_name(landmark_days, side, guard) for side in SIDES]
            features = at_risk[names].to_numpy(dtype=float)
            auc[guard] = fold_mean_auc(features, lost, seed=seed)
    return LeakWindow(
        landmark_days=landmark_days,
        rep_id=rep_id,
        n_lost=n_lost,
        n_won=n_won,
        guarded_auc=auc["guarded"],
        unguarded_auc=auc["unguarded"],
    )


def _late_rows(contacts: ir.Table) -> pd.DataFrame:
    late = contacts.filter(contacts.known_at > contacts.closed_at)
    columns = ["interaction_id", "lead_id", "rep_id", "status", "at", "known_at", "closed_at"]
    newest = late.select(*columns).order_by([ibis.desc("known_at"), "interaction_id", "lead_id"])
    frame = collect(newest.limit(SHOWN))
    return frame.sort_values(["interaction_id", "lead_id"], ignore_index=True)


def _by_rep(contacts: ir.Table) -> pd.DataFrame:
    late = (contacts.known_at > contacts.closed_at).ifelse(1, 0)
    counted = contacts.group_by("rep_id").aggregate(n_contacts=contacts.count(), n_late=late.sum())
    frame = collect(counted)
    frame["late_share"] = frame["n_late"] / frame["n_contacts"]
    frame = frame.sort_values(["n_late", "rep_id"], ascending=[False, True])
    return frame.reset_index(drop=True)
