"""Which reasons does the codebook not know yet? Groups of texts that no code was found for.

Decisions: groups are sought within one script, because groups of mixed texts follow the language
and not the reason; `cluster_agreement` shows that on the coded texts. A group is suggested where it
holds ten different texts and half of them share a wording. Nothing is ever applied by itself: a new
code is a line in the codebook that a person writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.reasons.coding import unclassified
from crm_analysis.reasons.learner import digest
from crm_analysis.reasons.wording import worded

MIN_TEXTS = 10
MIN_SHARED = 0.5
MAX_GROUPS = 12
MAX_TEXTS = 5_000
N_SHOWN = 3
COLUMNS = ("script", "n_texts", "n_reasons", "shared", "wordings", "reason_ids")
_HAN = re.compile(r"[㐀-䶿一-鿿]")
_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAgreement:
    """How far groups of texts made without codes follow the language, and how far the reason.

    Both are normalised mutual information, 0 (nothing in common) to 1 (the same grouping).
    """

    with_language: float
    with_code: float
    n_texts: int


def script_of(text: str) -> str:
    """Tell Chinese from Latin writing by the signs.

    Examples
    --------
    >>> script_of("价格太贵了 ok"), script_of("too far"), script_of("")
    ('han', 'latin', 'latin')
    """
    n_han = len(_HAN.findall(text))
    return "han" if 3 * n_han >= len(text.replace(" ", "")) and n_han else "latin"


def suggest_codes(coded: pd.DataFrame) -> pd.DataFrame:
    """Which groups of unclassified texts may deserve a code of their own?

    Parameters
    ----------
    coded : DataFrame
        One row per reason as `coding.code_reasons` gives it, with reason_id.

    Returns
    -------
    DataFrame
        One row per suggested group, the largest first: script ("han", "latin"), n_texts (different
        ones), n_reasons, shared (share of them with the first wording), wordings (up to three, in
        their one form: letters and digits only), reason_ids (up to five to read).
    """
    left = coded[unclassified(coded)]
    rows = pd.DataFrame({"reason_id": left["reason_id"], "text": left["text"].map(worded)})
    rows = rows[rows["text"] != ""]
    groups = [
        group
        for script in ("han", "latin")
        for group in _groups(rows[rows["text"].map(script_of) == script], script)
    ]
    frame = pd.DataFrame(groups, columns=list(COLUMNS))
    return frame.sort_values(["n_texts", "wordings"], ascending=[False, True], ignore_index=True)


def _groups(rows: pd.DataFrame, script: str) -> list[tuple[object, ...]]:
    texts = sorted(rows["text"].unique(), key=digest)[:MAX_TEXTS]
    if len(texts) < MIN_TEXTS:
        return []
    n_groups = min(MAX_GROUPS, max(1, len(texts) // MIN_TEXTS))
    group = pd.Series(_clustered(texts, n_groups), index=texts)
    found: list[tuple[object, ...]] = []
    for number in range(n_groups):
        members = group.index[group == number]
        wordings, shared = shared_wordings(list(members), script)
        if len(members) >= MIN_TEXTS and shared >= MIN_SHARED:
            said = rows[rows["text"].isin(members)]
            ids = tuple(sorted(said["reason_id"])[:5])
            found.append((script, len(members), len(said), shared, wordings, ids))
    return found


def _clustered(texts: Sequence[str], n_groups: int) -> np.ndarray:
    from sklearn.cluster import KMeans  # slow to import
    from sklearn.feature_extraction.text import TfidfVectorizer

    features = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True, lowercase=False
    ).fit_transform(texts)
    labels: np.ndarray = KMeans(n_groups, n_init=5, random_state=_SEED).fit_predict(features)
    return labels


def shared_wordings(texts: Sequence[str], script: str) -> tuple[tuple[str, ...], float]:
    """Which wordings do most of these texts share, and how large a part of them holds the first?

    Examples
    --------
    >>> shared_wordings(["发票开错了", "发票没给", "要发票"], "han")
    (('发票',), 1.0)
    """
    from sklearn.feature_extraction.text import CountVectorizer  # slow to import

    if script == "han":
        counter = CountVectorizer(analyzer="char", ngram_range=(2, 5), binary=True)
    else:
        counter = CountVectorizer(token_pattern=r"[a-z]{4,}", ngram_range=(1, 3), binary=True)
    try:
        counts = np.asarray(counter.fit_transform(texts).mean(axis=0)).ravel()
    except ValueError:  # no text has a wording of that kind
        return (), 0.0
    each = dict(zip(counter.get_feature_names_out(), counts, strict=True))
    ranked = sorted(
        (one for one in each if _is_wording(one, script)),
        key=lambda one: (-each[one], -len(one), one),
    )
    shown: list[str] = []
    for one in ranked:
        if len(shown) < N_SHOWN and each[one] >= MIN_SHARED and not _within(one, shown):
            shown.append(one)
    return tuple(shown), float(each[ranked[0]]) if ranked else 0.0


def _is_wording(term: str, script: str) -> bool:
    """Say whether signs in a row stand within a clause and in the script of the group."""
    return ";" not in term and term.strip() == term and (script != "han" or bool(_HAN.search(term)))


def _within(wording: str, others: Sequence[str]) -> bool:
    return any(wording in other or other in wording for other in others)


def cluster_agreement(
    texts: Sequence[str], *, languages: Sequence[str], codes: Sequence[str]
) -> ClusterAgreement | None:
    """Do groups of texts in several languages follow the language rather than the reason?

    Parameters
    ----------
    texts, languages, codes : sequence of str
        One of each per text; as many groups are made as there are codes.

    Returns
    -------
    ClusterAgreement or None
        None where there is one language or one code only, or fewer texts than codes.
    """
    from sklearn.metrics import normalized_mutual_info_score  # slow to import

    n_groups = len(set(codes))
    if n_groups < 2 or len(set(languages)) < 2 or len(set(texts)) < n_groups:
        return None
    groups = _clustered([text.lower() for text in texts], n_groups)
    return ClusterAgreement(
        with_language=float(normalized_mutual_info_score(languages, groups)),
        with_code=float(normalized_mutual_info_score(codes, groups)),
        n_texts=len(texts),
    )
