"""S04: notes back-filled after the loss, and rows from after as_of."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from crm_analysis.answers.data_fitness import answer
from crm_analysis.deals.leak_audit import LeakAudit, leak_audit
from crm_analysis.estimates import estimates_frame
from crm_analysis.results import NotebookResult
from crm_analysis.source import load
from crm_analysis.source.known import Known
from crm_analysis.world import World, scenario, write
from tests.features.poison import without_future
from tests.scenarios.score import Score

TITLE = "Leakage: notes back-filled after the loss; rows from after as_of"
SEEDS = list(range(1, 21))
QUICK_SEEDS = [1]
OWN_BLOCK = {"rows_in_and_out", "repairs_and_exclusions"}


def score(seed: int, variant: str) -> list[Score]:
    """Audit one world for leaks, then take its future away and compare what is published."""
    world = scenario("S04", seed=seed, planted=variant == "planted")
    with tempfile.TemporaryDirectory() as folder:
        known = _known(world, Path(folder) / "all")
        leads, contacts = known.table("leads"), known.table("interactions")
        audit = leak_audit(leads, contacts, landmarks_days=(14,))
        result = answer(known)
        cut = World(without_future(world.tables, as_of=world.as_of), world.truth, world.as_of)
        changed = _changed(result, answer(_known(cut, Path(folder) / "cut")))
    checks = [("answers changed by rows after as_of", "0", changed, "0", changed == 0)]
    checks += _planted(audit, result, world) if variant == "planted" else _null(audit, result)
    return [
        Score(
            scenario="S04",
            seed=seed,
            variant=variant,
            quantity=quantity,
            planted=planted,
            found=float(found),
            tolerance=tolerance,
            passed=bool(passed),
        )
        for quantity, planted, found, tolerance, passed in checks
    ]


Check = tuple[str, str, float, str, bool]


def _known(world: World, folder: Path) -> Known:
    write(world, folder)
    return load(str(folder), as_of=world.as_of)


def _landmark(audit: LeakAudit) -> tuple[float, float, float]:
    window = next(window for window in audit.windows if window.landmark_days == 14)
    assert window.guarded_auc is not None
    assert window.unguarded_auc is not None
    return window.guarded_auc, window.unguarded_auc, window.unguarded_auc - window.guarded_auc


def _leak_findings(result: NotebookResult) -> list[str]:
    words = ("Red flag", "Watch", "typed")
    return [f.sentence.en for f in result.findings if f.sentence.en.startswith(words)]


def _planted(audit: LeakAudit, result: NotebookResult, world: World) -> list[Check]:
    guarded, unguarded, _ = _landmark(audit)
    contacts = world.tables["interactions"].merge(
        world.tables["leads"][["lead_id", "closed_at"]], on="lead_id"
    )
    n_late = int((contacts.recorded_at > contacts.closed_at).sum())
    flags = [s for s in _leak_findings(result) if s.startswith("Red flag") and "interactions" in s]
    named = len(audit.late_rows)
    return [
        ("guarded AUC", ".5", guarded, ".45-.55", 0.45 <= guarded <= 0.55),
        ("unguarded AUC", "leak", unguarded, ">= .80", unguarded >= 0.80),
        ("red flags that name the table", "1", len(flags), "1", len(flags) == 1),
        ("back-filled rows named", str(n_late), named, "all", named == n_late > 0),
    ]


def _null(audit: LeakAudit, result: NotebookResult) -> list[Check]:
    guarded, _, gap = _landmark(audit)
    worst = audit.worst_gap
    assert worst is not None
    said = len(_leak_findings(result))
    return [
        ("guarded AUC", ".5", guarded, ".45-.55", 0.45 <= guarded <= 0.55),
        ("gap at the landmark", "0", gap, "<= .03", gap <= 0.03),
        ("largest gap", "0", worst, "<= .03", worst <= 0.03),
        ("findings about leaks", "0", said, "0", said == 0),
    ]


def _changed(one: NotebookResult, other: NotebookResult) -> int:
    """Count what differs: estimates, sentences, tables and pictures outside the own block."""
    frames = [
        estimates_frame(result.estimates, as_of=result.as_of, notebook="00")
        for result in (one, other)
    ]
    differs = [not frames[0].equals(frames[1])]
    differs += [getattr(one, name) != getattr(other, name) for name in ("headline", "findings")]
    for table in (table for table in one.tables if table.name not in OWN_BLOCK):
        differs.append(_differ(table.frame, other.table(table.name).frame))
    for picture in one.pictures:
        differs.append(_differ(picture.numbers, other.picture(picture.name).numbers))
    return sum(differs)


def _differ(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return not one.equals(other)
