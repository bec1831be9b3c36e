"""What is asked of whom: the works, their peers, how close answers must be, and their sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LIFELINES = {"coef": 1e-5, "se": 1e-5}
"""lifelines stops its steps about 1e-6 from the maximum."""

JITTER = {"lost_share": 2e-3, "won_share": 2e-3}
"""lifelines moves tied days apart by chance before it estimates an incidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One way of doing a work; the first peer of a work is ours.

    Parameters
    ----------
    name : str
        As the report calls it.
    function : str
        "module:function", run by `benchmarks.peer`.
    rtol : float
        Largest relative difference of its numbers from ours.
    loose : mapping
        By column, an absolute bound instead, with the reason in `note`.
    tables : tuple of str
        The tables that it can give; () means all.
    options : mapping
        Settings on top of those of the work.
    tree : bool
        Whether it starts processes of its own.
    largest : int
        Not run above this size; 0 means no limit.
    note : str
        What the reader should know of it.
    """

    name: str
    function: str
    rtol: float = 1e-9
    loose: Mapping[str, float] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    tree: bool = False
    largest: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One question with its peers.

    Parameters
    ----------
    name, title, unit : str
        For programs, for people, and what its rows are.
    inputs : str
        The maker of its files.
    keys : mapping
        By table of the answer, the columns that sort it.
    peers : tuple of Peer
        Ours first.
    at_least : tuple of str
        Tables of which a peer may have more rows than ours, which refuses what it cannot estimate.
    """

    name: str
    title: str
    unit: str
    inputs: str
    keys: Mapping[str, list[str]]
    peers: tuple[Peer, ...]
    at_least: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Sizes by work, how often each peer is started, and how long it may take each time."""

    sizes: Mapping[str, tuple[int, ...]]
    rounds: int
    limit_seconds: float
    once_above_seconds: float = 60.0
    again_seconds: float = 4.0


def _features(name: str, module: str, **more: Any) -> Peer:  # noqa: ANN401
    return Peer(name=name, function=f"benchmarks.features.{module}:features", **more)


def _survival(name: str, module: str, function: str, **more: Any) -> Peer:  # noqa: ANN401
    return Peer(name=name, function=f"benchmarks.survival.{module}:{function}", **more)


def _cox(kind: str, title: str) -> Work:
    return Work(
        name=kind,
        title=title,
        unit="spells",
        inputs=kind,
        keys={"coefficients": ["name"], "errors": ["name"]},
        peers=(
            _survival("crm_analysis", "ours", kind),
            _survival(
                "lifelines", "lifelines_peer", kind, loose=LIFELINES,
                note="coefficients within 1e-5: it stops before the maximum",
            ),
            _survival("statsmodels PHReg", "statsmodels_peer", kind, rtol=1e-8),
            _survival(
                "scikit-survival", "sksurv_peer", kind, rtol=1e-6, tables=("coefficients",),
                largest=1_000_000, note="no standard errors; not run above 1 M",
            ),
        ),
    )  # fmt: skip


WORKS: tuple[Work, ...] = (
    Work(
        name="features",
        title="Interaction indicators at a landmark and purchase features",
        unit="events",
        inputs="views",
        keys={"indicators": ["lead_id"], "purchases": ["customer_id"]},
        peers=(
            _features("crm_analysis", "ours"),
            _features("hand-written DuckDB SQL", "sql_peer"),
            _features("polars", "polars_peer"),
            _features("pandas", "pandas_peer"),
            _features(
                "crm_analysis, memory_limit=1GB", "ours", options={"memory_limit": "1GB"},
                note="the engine spills to disk above it",
            ),
        ),
    ),
    Work(
        name="curves",
        title="Kaplan–Meier and cumulative incidence, table included",
        unit="spells",
        inputs="cox_categories",
        keys={"survival": ["day"], "incidence": ["day"]},
        peers=(
            _survival("crm_analysis", "ours", "curves"),
            _survival(
                "lifelines, Kaplan–Meier alone", "lifelines_peer", "kaplan_meier",
                tables=("survival",), note="a part of the work",
            ),
            _survival(
                "lifelines", "lifelines_peer", "curves", loose=JITTER,
                note="incidences within .002: it moves tied days apart by chance",
            ),
            _survival("statsmodels", "statsmodels_peer", "curves"),
            _survival("scikit-survival", "sksurv_peer", "curves"),
        ),
    ),
    _cox("cox_categories", "Cox (Efron), 5 categorical covariates"),
    _cox("cox_continuous", "Cox (Efron), 20 continuous covariates"),
    Work(
        name="whole",
        title="The whole: tables of notebooks 10 and 20",
        unit="events",
        inputs="world",
        keys={name: ["key"] for name in ("outcomes", "indicators", "signs", "sign_shares")},
        at_least=("outcomes", "indicators", "signs", "sign_shares"),
        peers=(
            Peer(
                name="crm_analysis", function="benchmarks.whole.ours:run", tree=True,
                options={"only": "10_failure_causes,20_loss_patterns"},
                note="`crm-analysis run --only 10_failure_causes,20_loss_patterns`, from the start "
                "of Python to published pages: checks, 00 and 50 and much else that the peer "
                "leaves out included",
            ),
            Peer(
                name="pandas + lifelines pipeline", function="benchmarks.whole.pipeline:pipeline",
                loose={"coef": 1e-5},
                note="only the main tables, no pages; coefficients within 1e-5",
            ),
            Peer(
                name="crm-analysis run, every notebook", function="benchmarks.whole.ours:run",
                tree=True,
            ),
        ),
    ),
)  # fmt: skip

PRESETS: dict[str, Preset] = {
    "small": Preset(
        sizes={
            "features": (250_000, 1_000_000),
            "curves": (100_000, 1_000_000),
            "cox_categories": (100_000,),
            "cox_continuous": (50_000,),
            "whole": (4_000,),
        },
        rounds=2,
        limit_seconds=90,
        once_above_seconds=5,
        again_seconds=1,
    ),
    "full": Preset(
        sizes={
            "features": (1_000_000, 10_000_000, 50_000_000),
            "curves": (1_000_000, 10_000_000),
            "cox_categories": (1_000_000, 10_000_000),
            "cox_continuous": (100_000, 1_000_000),
            "whole": (20_000, 200_000, 1_000_000),
        },
        rounds=3,
        limit_seconds=3_600,
    ),
    "tiny": Preset(
        sizes={
            "features": (4_000,),
            "curves": (3_000,),
            "cox_categories": (3_000,),
            "cox_continuous": (3_000,),
            "whole": (1_000,),
        },
        rounds=1,
        limit_seconds=180,
        again_seconds=0,
    ),
}
