"""What coders have assigned, learned from the signs of the texts: one yes-or-no model a code.

TF-IDF of one to three signs in a row inside words, logistic regression with C = 10. Decisions:
* Both sides of a code weigh the same in its model, so that a rare code can be found; a score of
  one half is as good as even, and is no share of texts.
* A text of which no sign is known gives no code: it is put among the others of each code, with a
  quarter of their weight, else it would be given the code that is worded in the most ways.
* A text is read as a whole and clause by clause, and the highest score of a code counts: two causes
  in one text must not hide each other. A pasted letter of many clauses is read as a whole only.
* A code is learned from at least three texts; coded texts that are alike in their one form count as
  often as they come. Of more than 6,000 different ones a fixed choice is learned from.
* A code is used only where learning it has been seen to work: on folds that were not learned from,
  the texts that it is found in carry it more often than texts at large (lower end of Wilson's
  interval, different texts, at most 2,000). Codes given at random teach nothing.
* Fitted in the dual: coordinate by coordinate, so that no threads of linear algebra wait for one
  another where the machine is busy. A fit that does not settle teaches no code, and is counted.
* Folds are parted by the text's digest: all copies of a text lie in one fold, whatever the order of
  rows, so that no text helps to code its own copy.

Source: the one-versus-rest form of multi-label learning; Fan et al. 2008 (liblinear).
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import expit

from crm_analysis.proportions import wilson
from crm_analysis.reasons.wording import CLAUSE_END

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]
Codes = tuple[str, ...]
C = 10.0
MIN_EXAMPLES = 3
MAX_CLAUSES = 12
SILENT_SHARE = 0.25
MAX_TRAINING = 6_000
MAX_CHECKED = 2_000
MAX_ITERATIONS = 1_000
TOLERANCE = 0.01  # moves no score by as much as .002
N_FOLDS = 5
CUT = 0.5
_BATCH = 20_000
_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One fitted model a code.

    Parameters
    ----------
    codes : tuple of str
        The codes that could be learned; none where all that may be counted is what did not settle.
    weights : array (n_features, n_codes)
        Of the n-grams.
    intercepts : array (n_codes,)
        Of each code.
    n_texts : int
        Different coded texts that it was learned from.
    n_unsettled : int
        Codes with examples enough that are not learned, because their fit did not settle.
    """

    codes: Codes
    vectorizer: TfidfVectorizer
    weights: Floats
    intercepts: Floats
    n_texts: int
    n_unsettled: int = 0

    def scores(self, texts: Sequence[str]) -> pd.DataFrame:
        """How surely does each text give each code?

        Parameters
        ----------
        texts : sequence of str
            In their one form (`wording.worded`).

        Returns
        -------
        DataFrame
            One row per text, one column per learned code, 0 to 1.
        """
        if not self.codes:
            return pd.DataFrame(index=list(texts))
        known = list(dict.fromkeys(texts))
        parts = [_parts(text) for text in known]
        flat = list(dict.fromkeys(part for each in parts for part in each))
        place = {part: row for row, part in enumerate(flat)}
        rows = np.fromiter((place[part] for each in parts for part in each), dtype=np.int64)
        starts = np.cumsum([0, *map(len, parts)])[:-1]
        found = self._flat_scores(flat)[rows]
        best = np.maximum.reduceat(found, starts) if len(known) else found
        return pd.DataFrame(best, index=known, columns=list(self.codes)).loc[list(texts)]

    def _flat_scores(self, parts: Sequence[str]) -> Floats:
        batches = [
            expit(
                self.vectorizer.transform(parts[at : at + _BATCH]) @ self.weights + self.intercepts
            )
            for at in range(0, len(parts), _BATCH)
        ]
        return np.vstack(batches) if batches else np.empty((0, len(self.codes)))


def _parts(text: str) -> list[str]:
    """Return the text and its clauses."""
    clauses = text.split(CLAUSE_END)
    return [text, *clauses] if 1 < len(clauses) <= MAX_CLAUSES else [text]


def taught(texts: Sequence[str], codes: Sequence[Codes]) -> Learner | None:
    """What do coded texts teach that holds on texts not learned from? None where nothing could.

    Parameters
    ----------
    texts : sequence of str
        Coded texts in their one form.
    codes : sequence of tuple of str
        The codes of each; () is a text that gives no reason.

    Returns
    -------
    Learner or None
        Of no codes where none is proven: what did not settle is counted all the same.
    """
    learner = fit_learner(texts, codes)
    if learner is None:
        return None
    proven = proven_codes(texts, codes) if learner.codes else frozenset()
    kept = [place for place, code in enumerate(learner.codes) if code in proven]
    return replace(
        learner,
        codes=tuple(learner.codes[place] for place in kept),
        weights=learner.weights[:, kept],
        intercepts=learner.intercepts[kept],
    )


def proven_codes(texts: Sequence[str], codes: Sequence[Codes]) -> frozenset[str]:
    """For which codes do texts that were not learned from bear out what was learned?"""
    rows = _different(texts, codes).head(MAX_CHECKED)
    scores = out_of_fold(list(rows["text"]), list(rows["codes"]), fit=fit_learner)
    proven = []
    for code in scores.columns:
        has = np.array([code in each for each in rows["codes"]])
        found = (scores[code] >= CUT).to_numpy()
        right = wilson(int((has & found).sum()), int(found.sum()))
        if right is not None and right.lo > has.mean():
            proven.append(code)
    return frozenset(proven)


def fit_learner(texts: Sequence[str], codes: Sequence[Codes]) -> Learner | None:
    """What do coded texts teach? None where no code has three examples and three others.

    Parameters
    ----------
    texts : sequence of str
        Coded texts in their one form.
    codes : sequence of tuple of str
        The codes of each; () is a text that gives no reason.

    Examples
    --------
    >>> texts = ["太贵了", "价格贵", "真贵", "路太远", "很远", "远"]
    >>> learned = fit_learner(texts, [("price",)] * 3 + [()] * 3)
    >>> learned.codes, bool(learned.scores(["贵啊"]).loc["贵啊", "price"] > 0.5)
    (('price',), True)
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import

    rows = _different(texts, codes)
    names = sorted({code for each in rows["codes"] for code in each})
    has = {name: np.array([name in each for each in rows["codes"]]) for name in names}
    learned = [name for name in names if _is_learnable(has[name])]
    if not learned:
        return None
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True, lowercase=False
    )
    features = vectorizer.fit_transform(rows["text"])
    weight = rows["n"].to_numpy(float)
    fits = {name: _model(features, has[name], weight) for name in learned}
    models = {name: model for name, model in fits.items() if model is not None}
    nothing = np.empty((features.shape[1], 0))
    return Learner(
        codes=tuple(models),
        vectorizer=vectorizer,
        weights=np.column_stack([nothing, *(model.coef_[0] for model in models.values())]),
        intercepts=np.array([model.intercept_[0] for model in models.values()]),
        n_texts=len(rows),
        n_unsettled=len(fits) - len(models),
    )


def _is_learnable(has: npt.NDArray[np.bool_]) -> bool:
    return bool(MIN_EXAMPLES <= has.sum() <= len(has) - MIN_EXAMPLES)


def _different(texts: Sequence[str], codes: Sequence[Codes]) -> pd.DataFrame:
    """Count coded texts that are alike; in the order of their digests, so that rows have none."""
    frame = pd.DataFrame({"text": list(texts), "codes": [tuple(sorted(each)) for each in codes]})
    frame = frame[frame["text"] != ""]
    rows = frame.groupby(["text", "codes"], sort=True).size().rename("n").reset_index()
    rows["order"] = [digest(text) for text in rows["text"]]
    return rows.sort_values(["order", "codes"], ignore_index=True).head(MAX_TRAINING)


def _model(
    features: sparse.csr_matrix, has: npt.NDArray[np.bool_], n: Floats
) -> LogisticRegression | None:
    """Fit one code; each side weighs half, the text without a known sign is of the other side.

    None where the fit does not settle.
    """
    from scipy import sparse  # slow to import
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    features = sparse.vstack([features, sparse.csr_matrix((1, features.shape[1]))]).tocsr()
    has, n = np.append(has, False), np.append(n, SILENT_SHARE * n[~has].sum())
    weight = np.where(has, n / n[has].sum(), n / n[~has].sum()) * n.sum() / 2
    model = LogisticRegression(
        C=C,
        solver="liblinear",
        dual=True,
        tol=TOLERANCE,
        max_iter=MAX_ITERATIONS,
        random_state=_SEED,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, has, sample_weight=weight)
    return model if model.n_iter_.max() < MAX_ITERATIONS else None


def digest(text: str) -> int:
    """Return a number that a text has on every machine.

    Examples
    --------
    >>> digest("太贵") == digest("太贵"), digest("太贵") == digest("太远")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).digest())


def out_of_fold(
    texts: Sequence[str],
    codes: Sequence[Codes],
    *,
    fit: Callable[[Sequence[str], Sequence[Codes]], Learner | None] = taught,
) -> pd.DataFrame:
    """How surely would each coded text give each code, had no copy of it been coded?

    Parameters
    ----------
    texts : sequence of str
        Coded texts in their one form.
    codes : sequence of tuple of str
        The codes of each.
    fit : callable
        How a learner is made of the other folds; by default as for texts that nobody has read.

    Returns
    -------
    DataFrame
        One row per text in the order given, one column per code that some fold could learn;
        missing where the fold's learner did not know the code.
    """
    fold = [digest(text) % N_FOLDS for text in texts]
    parts = []
    for number in range(N_FOLDS):
        inside = [row for row in range(len(texts)) if fold[row] == number]
        outside = [row for row in range(len(texts)) if fold[row] != number]
        learner = fit([texts[row] for row in outside], [codes[row] for row in outside])
        if learner is not None and inside:
            found = learner.scores([texts[row] for row in inside])
            parts.append(found.set_axis(inside, axis="index"))
    scores = pd.concat(parts) if parts else pd.DataFrame(index=range(len(texts)))
    return scores.reindex(range(len(texts))).sort_index(axis="columns")
