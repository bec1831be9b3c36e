"""Real texts: complaints to an American bureau, and Chinese restaurant reviews coded by hand.

Each codebook beside this module was written from general knowledge of the field. A quarter of the
complaints, or 75 reviews, are coded for the machine; all is measured on the rest. Intervals
resample the texts of one split, the same for both methods; a complaint left unclassified is wrong.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from crm_analysis.reasons.codebook import read_codebook
from crm_analysis.reasons.coding import code_reasons
from crm_analysis.reasons.learner import CUT, fit_learner
from crm_analysis.reasons.wording import worded
from tests.conftest import realdata_folder

pytestmark = pytest.mark.realdata
HERE = Path(__file__).parent
N_DRAWS = 500


def paired_interval(measure, n: int, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a number that is measured on rows."""
    rng = np.random.default_rng(seed)
    return tuple(
        np.quantile([measure(rng.integers(0, n, n)) for _ in range(N_DRAWS)], [0.025, 0.975])
    )


def macro_f1(truth: np.ndarray, found: np.ndarray) -> float:
    """Return the mean F1 over the columns that occur."""
    sizes = truth.sum(0) + found.sum(0)
    return float(np.mean(2 * (truth & found).sum(0)[sizes > 0] / sizes[sizes > 0]))


@pytest.fixture(scope="module")
def complaints():
    frame = pd.read_csv(realdata_folder("cfpb") / "complaints_sample_ziyu.csv.gz")
    text = "Consumer complaint narrative"
    book = read_codebook(HERE / "cfpb.toml")
    code = {book.label(name).en: name for name in book.codes}
    known = frame[frame[text].notna()].drop_duplicates(text)
    known = known.assign(text=known[text], code=known["Product"].map(code)).dropna(subset=["code"])
    return known[["text", "code"]].reset_index(drop=True), book


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in (1, 2))]
)
def test_complaints_are_coded_no_worse_than_by_words_and_logistic(
    complaints, seed, record_property
):
    frame, book = complaints
    coded = np.random.default_rng(seed).random(len(frame)) < 0.25
    found = code_reasons(frame.assign(code_a=frame["code"].where(coded)), book)[~coded]
    ours = found["codes"].map(lambda codes: codes[0] if codes else "").to_numpy()
    words = TfidfVectorizer()
    features = words.fit_transform(frame["text"][coded])
    model = LogisticRegression(C=10, max_iter=500).fit(features, frame["code"][coded])
    theirs = model.predict(words.transform(frame["text"][~coded]))
    truth = frame["code"][~coded].to_numpy()
    right = (ours == truth).astype(float) - (theirs == truth)
    lo, hi = paired_interval(lambda rows: right[rows].mean(), len(truth))
    shares = f"{np.mean(ours == truth):.3f} right, baseline {np.mean(theirs == truth):.3f}"
    assert hi >= 0, f"below the baseline: {shares}, difference {lo:+.3f} to {hi:+.3f}"


@pytest.fixture(scope="module")
def reviews():
    folder = realdata_folder("asap_meituan")
    parts = [pd.read_csv(folder / f"{part}_sample.csv") for part in ("train", "dev", "test")]
    frame = pd.concat(parts, ignore_index=True)
    book = read_codebook(HERE / "asap_meituan.toml")
    return frame["reviewbody"], frame[list(book.codes)].to_numpy() != -2, book


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_codebook_and_learning_together_beat_learning_from_75_reviews(
    reviews, seed, record_property
):
    texts, truth, book = reviews
    names = np.array(list(book.codes))
    coded = np.isin(np.arange(len(texts)), np.random.default_rng(seed).permutation(len(texts))[:75])
    given = [";".join(names[row]) or "unclassified" for row in truth]
    frame = pd.DataFrame({"text": texts, "code_a": pd.Series(given).where(coded)})
    together = code_reasons(frame, book)[~coded]["codes"]
    forms = [worded(text) for text in texts]
    alone = fit_learner(
        [form for form, is_coded in zip(forms, coded, strict=True) if is_coded],
        [tuple(names[row]) for row in truth[coded]],
    )
    assert alone is not None
    scores = alone.scores(
        [form for form, is_coded in zip(forms, coded, strict=True) if not is_coded]
    )
    learned = scores.reindex(columns=names).to_numpy() >= CUT
    both = np.array([[name in codes for name in names] for codes in together])
    rest = truth[~coded]

    def gain(rows: np.ndarray) -> float:
        return macro_f1(rest[rows], both[rows]) - macro_f1(rest[rows], learned[rows])

    lo, hi = paired_interval(gain, len(rest))
    scores_told = f"{macro_f1(rest, both):.3f}, learner alone {macro_f1(rest, learned):.3f}"
    assert lo > 0, f"together {scores_told}, difference {lo:+.3f} to {hi:+.3f}"
