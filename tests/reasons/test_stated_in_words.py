"""Reasons that only words can tell: their share is found from raw texts and mended by callbacks."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.correction import paired_shares
from crm_analysis.reasons.credibility import share_estimates
from crm_analysis.reasons.reports import reports
from tests.reasons.reasons_frame import coded_reasons

WORLD = importlib.import_module("crm_analysis.world.scenarios.s09")
SAID = {
    "price": 0.28, "environment": 0.14, "staff": 0.14, "trust": 0.14, "word_of_mouth": 0.09,
    "unknown_to_me": 0.07, "unattractive": 0.08, "values": 0.06,
}  # fmt: skip
HIDDEN = ("environment", "staff", "trust")
P_HIDDEN, P_CALLED, P_CODED, N = 0.5, 0.5, 0.25, 1200
TOLERANCE = 0.05


def worded(codes: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Say each reason in one of its phrases of one of three scripts, with something around it."""
    phrases = WORLD.phrases()
    texts = []
    for code in codes:
        lang = str(rng.choice(WORLD.LANGS))
        fillings = phrases["fillings"]
        around = [
            rng.choice(fillings.get(f"{part}_{lang.removeprefix('zh_')}") or fillings[f"{part}_zh"])
            for part in ("before", "after")
        ]
        said = str(rng.choice(phrases[code][lang])).format(n=3, who="", thing="")
        texts.append(f"{around[0]}{said}{around[1]}")
    return texts


def told(*, planted: bool, seed: int = 1) -> dict[tuple[str, str], object]:
    """Let sellers call half of the shop's, people's and trust's faults a matter of price."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(list(SAID), N, p=list(SAID.values()))
    hides = planted & np.isin(truth, HIDDEN) & (rng.random(N) < P_HIDDEN)
    noted = np.where(hides, "price", truth)
    called = np.flatnonzero(rng.random(N) < P_CALLED)
    codes = np.r_[noted, truth[called]]
    read = rng.random(len(codes)) < P_CODED
    rows = [
        {"text": text, "code_a": str(code) if one else None}
        for text, code, one in zip(worded(codes, rng), codes, read, strict=True)
    ]
    for row, lead in zip(rows[N:], called, strict=True):
        row |= {"source": "callback", "lead_id": f"L{lead:05d}", "customer_id": f"C{lead:05d}"}
    given = coded_reasons(rows).drop(columns=["codes", "basis", "confidence"])
    pairs = reports(code_reasons(given), late_days=(30, 180))
    estimates = share_estimates(paired_shares(pairs, n_boot=100, seed=0), alpha=0.05)
    return {(row.method, row.segment.removeprefix("code=")): row for row in estimates
            if row.quantity in ("reason_share", "reason_share_corrected")}  # fmt: skip


@pytest.mark.parametrize("planted", [True, False])
def test_shares_of_reasons_without_a_counterpart_are_found_from_texts(planted):
    found = told(planted=planted)
    for code, share in SAID.items():
        corrected = found["double_sampling", code]
        assert corrected.estimate == pytest.approx(share, abs=TOLERANCE), code
        assert found["callback", code].estimate == pytest.approx(share, abs=TOLERANCE), code
        noted = share * (1 - P_HIDDEN * (planted and code in HIDDEN))
        if code != "price":
            assert found["noted", code].estimate == pytest.approx(noted, abs=TOLERANCE), code
    too_dear = found["noted", "price"].estimate - found["double_sampling", "price"].estimate
    assert (too_dear > 0.12) is planted
    assert ("noted", "quality") not in found or found["noted", "quality"].estimate < 0.02
