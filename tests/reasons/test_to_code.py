"""The list to code: what is most informative comes first, the measured tenth is fixed."""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_analysis.reasons.to_code import LIST_COLUMNS, is_measured, lost_reasons_to_code
from crm_analysis.report.publish import write_csv
from tests.reasons.reasons_frame import EVENT, coded_reasons

AS_OF = date(2026, 3, 31)


def free_ids(n: int, *, measured: bool = False) -> list[str]:
    """Return ids inside or outside the measured tenth."""
    found = (f"R{at}" for at in range(100_000))
    return [one for one in found if is_measured(one) == measured][:n] if n else []


def listed(rows, **given) -> pd.DataFrame:
    return lost_reasons_to_code(coded_reasons(rows), as_of=AS_OF, **given)


def test_frequent_and_doubtful_wordings_come_first_and_once():
    ids = free_ids(8)
    rows = [
        *({"reason_id": ids[at], "text": "Too far!", "confidence": 0.5} for at in range(4)),
        {"reason_id": ids[4], "text": "strange", "confidence": 0.1},
        {"reason_id": ids[5], "text": "sure", "confidence": 1.0},
        {"reason_id": ids[6], "text": "rare", "confidence": 0.8},
        {"reason_id": ids[7], "text": "read", "confidence": 0.0, "code_a": "price"},
    ]
    found = listed(rows)
    assert found["text"].tolist() == ["Too far!", "strange", "rare"]
    assert found["n_same"].tolist() == [4, 1, 1]
    assert found["as_of"].unique().tolist() == ["2026-03-31"]
    assert found["code_a"].eq("").all()


def test_words_that_somebody_has_coded_are_asked_for_by_lot_only():
    chosen, others = free_ids(1, measured=True), free_ids(5)
    rows = [
        {"reason_id": others[0], "text": "Too expensive", "code_a": "price", "about": "stay"},
        {"reason_id": others[1], "text": "too  expensive!", "confidence": 0.1},
        {"reason_id": others[2], "text": "價格太貴", "code_b": "price", "confidence": 0.1},
        {"reason_id": others[3], "text": "价格太贵了", "confidence": 0.1},
        {"reason_id": others[4], "text": "价格太贵", "confidence": 0.1},
        {"reason_id": chosen[0], "text": "Too expensive", "confidence": 0.1},
    ]
    assert set(listed(rows)["reason_id"]) == {others[3], chosen[0]}


def test_lost_leads_come_before_customers_who_left():
    ids = free_ids(12)
    rows = [
        *({"reason_id": one, "text": "gone", "about": "churn", "basis": "unclassified"}
          for one in ids[:9]),
        {"reason_id": ids[9], "text": "lost", "confidence": 0.9},
        {"reason_id": ids[10], "text": "stays", "about": "stay", "basis": "unclassified"},
    ]  # fmt: skip
    assert listed(rows)["text"].tolist() == ["lost", "gone"]


def test_what_cannot_be_read_goes_before_what_the_codebook_words():
    ids = free_ids(9)
    rows = [
        *({"reason_id": one, "text": "worded", "confidence": None} for one in ids[:5]),
        {"reason_id": ids[5], "text": "strange", "confidence": 0.4, "basis": "unclassified"},
        {"reason_id": ids[6], "text": "doubtful", "confidence": 0.3, "basis": "learner"},
    ]
    assert listed(rows)["text"].tolist() == ["strange", "doubtful", "worded"]


def test_the_measured_tenth_is_mixed_in_until_both_have_read_it():
    chosen, others = free_ids(3, measured=True), free_ids(9)
    rows = [
        {"reason_id": chosen[0], "code_a": "price", "confidence": 1.0},
        {"reason_id": chosen[1], "confidence": 1.0},
        {"reason_id": chosen[2], "code_a": "price", "code_b": "price"},
        *({"reason_id": one, "confidence": 0.2, "text": one} for one in others),
    ]
    found = listed(rows)
    places = found.index[found["reason_id"].isin(chosen)].tolist()
    assert places == [3, 7]
    assert set(found["reason_id"][places]) == set(chosen[:2])
    assert found["why_en"][places].str.contains("measuring").all()
    assert len(listed(rows, n_rows=5)) == 5


def test_the_tenth_is_a_tenth_and_does_not_move():
    share = sum(is_measured(f"case {at}") for at in range(20_000)) / 20_000
    assert abs(share - 0.10) < 0.01
    assert [at for at in range(40) if is_measured(f"Y{at}")] == [
        at for at in range(40) if is_measured(f"Y{at}")
    ]


def test_the_order_of_rows_does_not_matter():
    rows = [{"confidence": 0.1 * (at % 7), "text": f"word {at % 5}"} for at in range(60)]
    frame = coded_reasons(rows)
    shuffled = frame.sample(frac=1, random_state=1)
    first, again = (lost_reasons_to_code(one, as_of=AS_OF) for one in (frame, shuffled))
    pd.testing.assert_frame_equal(first, again)


def test_nothing_to_read_gives_an_empty_list_with_its_columns():
    assert tuple(listed([{"about": "stay"}]).columns) == LIST_COLUMNS
    assert listed([{"text": "…"}, {"text": None}]).empty


def test_hostile_texts_come_out_harmless(tmp_path):
    ids = free_ids(3)
    rows = [
        {"reason_id": ids[0], "text": "=HYPERLINK(1)", "confidence": 0.0},
        {"reason_id": ids[1], "text": "x" * 100_000, "confidence": 0.0},
        {"reason_id": ids[2], "text": "<script>\u202egnp", "confidence": 0.0},
    ]
    found = listed(rows)
    assert found["text"].str.len().max() == 1000
    write_csv(found, tmp_path / "list.csv")
    read = pd.read_csv(tmp_path / "list.csv", encoding="utf-8-sig")
    assert "'=HYPERLINK(1)" in set(read["text"])
    assert read["event_at"].eq(f"{EVENT:%Y-%m-%d}").all()
