"""Who has read or told the same case: two coders of one text, several sources of one loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crm_analysis.reasons.codebook import Codebook
from crm_analysis.reasons.reports import UNCLASSIFIED, main_code


def coder_pairs(coded: pd.DataFrame, codebook: Codebook) -> tuple[list[str], list[str]]:
    """Return the main codes of the first and the second coder, for the reasons that both read.

    What is no code of the codebook counts as not read.
    """
    both = coded[coded["code_a"].notna() & coded["code_b"].notna()]
    known = {
        given: codebook.read_codes(given)[0]
        for given in {*both["code_a"], *both["code_b"]}
    }  # fmt: skip
    pairs = [(known[a], known[b]) for a, b in zip(both["code_a"], both["code_b"], strict=True)]
    read = [(a[0], b[0]) for a, b in pairs if a and b]
    return [a for a, _ in read], [b for _, b in read]


def source_counts(coded: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Count, for each loss, how many sources name each code: losses by codes.

    Each source speaks once, by its first word; one in which no reason could be read says nothing.
    """
    rows = coded.assign(
        subject=coded["lead_id"].fillna(coded["customer_id"]),
        main=[main_code(codes) for codes in coded["codes"]],
    )
    rows = rows[rows["main"] != UNCLASSIFIED].sort_values(["recorded_at", "reason_id"])
    rows = rows.drop_duplicates(["subject", "source"])
    subject, subjects = pd.factorize(rows["subject"], sort=True)
    code, codes = pd.factorize(rows["main"], sort=True)
    counts = np.zeros((len(subjects), len(codes)))
    np.add.at(counts, (subject, code), 1.0)
    return counts
