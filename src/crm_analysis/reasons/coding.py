"""Which reasons does each text give? What a coder said, else the codebook's words and learning.

Decisions:
* A coder's codes stand: the first coder's, the second's where the first gave none. "unclassified"
  is a coder's answer too. Codes that the codebook does not know count as not given.
* Words that coders have read, always with one answer, have that answer wherever they stand again,
  unless they are words by which a field is passed over: those were read by what stood around them.
* Else the codes of the dictionary and those that the learner is more sure of than not. The learner
  learns from every coded text, whatever it is about: losses and reasons to stay are worded alike.
* The main code goes first: the one that the learner is surest of. A dictionary's code that it
  cannot judge counts as even; among such the one that is said first goes first.
* What is below the cut has no codes and is `unclassified`; that is a legal answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_analysis.reasons.codebook import UNCLASSIFIED, Codebook, read_codebook
from crm_analysis.reasons.dictionary import Dictionary
from crm_analysis.reasons.learner import CUT, Codes, digest, out_of_fold, taught
from crm_analysis.reasons.provenance import bare, says_nothing
from crm_analysis.reasons.wording import worded

MAX_COMPARED = 1_000
_UNSETTLED = "codes_unsettled"
HUMAN, ALIKE, DICTIONARY, LEARNER = "human", "alike", "dictionary", "learner"


@dataclass(frozen=True, slots=True)
class _Answer:
    """The codes of one text, where they come from, and how sure that is."""

    codes: Codes
    basis: str
    confidence: float


def code_reasons(reasons: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """Which reasons does each text give, and who says so?

    Parameters
    ----------
    reasons : DataFrame
        One row per reason: text, code_a, code_b (several codes joined by ";").
    codebook : Codebook or None
        The codes; None means ours.

    Returns
    -------
    DataFrame
        The input's rows and columns with `codes` (tuple, the main one first, () where none),
        `basis` (human, alike for words that a coder has read elsewhere, dictionary, learner,
        unclassified: where the main code comes from) and `confidence` (1 for a coder's; else the
        learner's score of the main code, of the nearest code where unclassified; missing where
        there is no learner for it). `n_unsettled` says how many codes could not be learned.

    Examples
    --------
    >>> texts = ["太贵了", "too far away", "嗯"]
    >>> said = pd.DataFrame({"text": texts, "code_a": [None, "stock", None]})
    >>> code_reasons(said)[["codes", "basis"]].values.tolist()
    [[('price',), 'dictionary'], [('stock',), 'human'], [(), 'unclassified']]
    """
    book = codebook or read_codebook()
    texts = [worded(text) for text in reasons["text"]]
    given = human_codes(reasons, book)
    is_coded = given.notna().to_numpy()
    learner = taught(
        [text for text, coded in zip(texts, is_coded, strict=True) if coded],
        [_reasons_in(codes) for codes in given[is_coded]],
    )
    rest = list(
        dict.fromkeys(text for text, coded in zip(texts, is_coded, strict=True) if not coded)
    )
    scores = learner.scores(rest) if learner else pd.DataFrame(index=rest)
    machine = dict(zip(rest, _machine(rest, scores, book), strict=True))
    machine |= {
        text: _Answer(codes, ALIKE, 1.0)
        for text, codes in _read_alike(texts, given).items()
        if text in machine
    }
    answers = [
        _Answer(_reasons_in(codes), HUMAN, 1.0) if coded else machine[text]
        for text, codes, coded in zip(texts, given, is_coded, strict=True)
    ]
    coded = reasons.assign(
        codes=pd.Series([each.codes for each in answers], index=reasons.index, dtype=object),
        basis=[each.basis for each in answers],
        confidence=[each.confidence for each in answers],
    )
    coded.attrs[_UNSETTLED] = learner.n_unsettled if learner else 0
    return coded


def n_unsettled(coded: pd.DataFrame) -> int:
    """Count the codes with examples enough that were not learned: their fit did not settle.

    Parameters
    ----------
    coded : DataFrame
        As `code_reasons` hands it over.
    """
    return int(coded.attrs.get(_UNSETTLED, 0))


def machine_codes(reasons: pd.DataFrame, codebook: Codebook | None = None) -> pd.DataFrame:
    """What would the machine say of the texts that a coder has read, had they not been read?

    Returns
    -------
    DataFrame
        The coded rows of the input with `codes` (the coder's), `machine` (tuple, out of fold: no
        copy of the text was learned from), `basis` and `confidence` of the machine's answer. Of
        more than 1,000 different texts a fixed choice by their digests.
    """
    book = codebook or read_codebook()
    given = human_codes(reasons, book)
    forms = reasons["text"].map(worded).where(given.notna())
    chosen = forms.isin(sorted(forms.dropna().unique(), key=digest)[:MAX_COMPARED])
    texts, codes = list(forms[chosen]), [_reasons_in(each) for each in given[chosen]]
    answers = _machine(texts, out_of_fold(texts, codes), book)
    coded: pd.DataFrame = reasons[chosen]
    return coded.assign(
        codes=pd.Series(codes, index=coded.index, dtype=object),
        machine=pd.Series([each.codes for each in answers], index=coded.index, dtype=object),
        basis=[each.basis for each in answers],
        confidence=[each.confidence for each in answers],
    )


def unclassified(coded: pd.DataFrame) -> pd.Series:
    """Say of each coded row whether no code was found for it, by a coder or by the machine."""
    return coded["codes"].map(len) == 0


def human_codes(reasons: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """Return what the coders said: a tuple a row, missing where no coder named a known code."""
    known = {None: None} | {
        given: codebook.read_codes(given)[0] or None
        for column in ("code_a", "code_b")
        if column in reasons
        for given in reasons[column].dropna().unique()
    }
    found = pd.Series(None, index=reasons.index, dtype=object)
    for column in ("code_b", "code_a"):
        if column in reasons:
            read = reasons[column].map(known)
            found = read.where(read.notna(), found)
    return found.astype(object)


def unknown_codes(reasons: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Which codes did coders give that the codebook does not know?

    Returns
    -------
    DataFrame
        One row per such name: code, n (rows in which it stands), the most frequent first.
    """
    given = pd.concat([reasons[name] for name in ("code_a", "code_b") if name in reasons])
    unknown = [name for each in given.dropna() for name in codebook.read_codes(each)[1]]
    counts = pd.Series(unknown, dtype=object).value_counts().rename_axis("code").rename("n")
    return counts.reset_index().sort_values(
        ["n", "code"], ascending=[False, True], ignore_index=True
    )


def _reasons_in(codes: Codes) -> Codes:
    """Return the codes without "unclassified", which is the absence of one."""
    return tuple(code for code in codes if code != UNCLASSIFIED)


def _read_alike(texts: Sequence[str], given: pd.Series) -> dict[str, Codes]:
    """Return the one answer that coders gave to each wording that says something."""
    answers: dict[str, set[Codes]] = {}
    for text, codes in zip(texts, given, strict=True):
        if codes is not None and codes == codes:
            answers.setdefault(text, set()).add(_reasons_in(codes))
    return {
        text: next(iter(found))
        for text, found in answers.items()
        if len(found) == 1 and not says_nothing(bare(text))
    }


def _machine(texts: Sequence[str], scores: pd.DataFrame, codebook: Codebook) -> list[_Answer]:
    """Answer for texts in their one form; `scores` has a row a text."""
    dictionary = Dictionary(codebook)
    names = np.array(scores.columns, dtype=object)
    numbers = scores.to_numpy(float)
    return [
        _answer(dictionary.codes_of_worded(text), names, row)
        for text, row in zip(texts, numbers, strict=True)
    ]


def _answer(worded_codes: Codes, names: np.ndarray, row: np.ndarray) -> _Answer:
    score = {name: value for name, value in zip(names, row, strict=True) if value == value}
    sure = [name for name, value in score.items() if value >= CUT and name not in worded_codes]
    if not worded_codes and not sure:
        return _Answer((), UNCLASSIFIED, max(score.values(), default=float("nan")))
    codes = sorted([*worded_codes, *sure], key=lambda code: -score.get(code, CUT))
    main = codes[0]
    basis = DICTIONARY if main in worded_codes else LEARNER
    return _Answer(tuple(codes), basis, score.get(main, float("nan")))
