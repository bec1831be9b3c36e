"""What we said, what happened: from an empty ledger to a record with a group kept back by lot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from crm_analysis.answers.loss_alarms import alarms_part
from crm_analysis.config import Config
from crm_analysis.deals.alarms.raised import raise_alarms
from crm_analysis.estimates import says_causes
from crm_analysis.plots.draw import draw_svg
from crm_analysis.source import load
from crm_analysis.state import OUTCOMES, State

FIRST = date(2026, 1, 31)


def write(folder, leads):
    """Write leads as a source: lead_id → (opened, status, closed)."""
    folder.mkdir(exist_ok=True)
    rows = [f"{name},C{name},{a},{how},{b}" for name, (a, how, b) in leads.items()]
    (folder / "leads.csv").write_text(
        "lead_id,customer_id,opened_at,status,closed_at\n" + "\n".join(rows) + "\n", "utf-8"
    )
    (folder / "customers.csv").write_text(
        "customer_id,created_at\n" + "".join(f"C{name},2025-12-01\n" for name in leads), "utf-8"
    )
    return folder


def known_at(folder, state, day):
    return load(str(folder), as_of=day, state=str(state.folder))


def warn(state, names, day, **options):
    """Raise alarms for these leads, as a published run would."""
    rows = pd.DataFrame({"lead_id": names, "customer_id": [f"C{name}" for name in names]})
    raised = raise_alarms(
        rows, as_of=day, rule_version="1", horizon_days=60, n_watched=len(rows), **options
    )
    state.add_alarms(raised.said)
    return raised


@pytest.fixture
def deals():
    """Forty deals: of each eight two lost after 20 days, one after 40, two won, three go on."""
    ends = [("lost", 20), ("lost", 20), ("lost", 40), ("won", 30), ("won", 10)]
    leads = {}
    for number in range(40):
        how, days = ends[number % 8] if number % 8 < 5 else ("open", 0)
        end = (FIRST + timedelta(days=days)).isoformat() if days else ""
        leads[f"L{number:02d}"] = ("2026-01-05", how, end)
    leads["Z"] = ("2026-01-05", "open", "")
    leads["fresh"] = ("2026-04-28", "open", "")
    return leads


def value(part, quantity, where=""):
    [row] = [one for one in part.estimates if (one.quantity, one.segment) == (quantity, where)]
    return row


def test_without_a_ledger_nothing_is_looked_up(tmp_path, deals):
    known = load(str(write(tmp_path / "crm", deals)), as_of=date(2026, 4, 30))
    part = alarms_part(known, Config())
    assert (part.estimates, part.tables, part.told, part.alarms) == ((), (), (), ())
    assert "not looked up" in part.does_not_show[0].en


def test_the_first_month_has_nothing_to_settle(tmp_path, deals):
    state = State.at(tmp_path / "state")
    state.prepare()
    part = alarms_part(known_at(write(tmp_path / "crm", deals), state, date(2026, 4, 30)), Config())
    assert part.does_not_show[0].en.startswith("First month: nothing to settle yet")
    assert part.alarms == ()


def test_until_a_horizon_is_over_no_share_is_given(tmp_path, deals):
    state = State.at(tmp_path / "state")
    warn(state, ["L00", "L01", "L05"], date(2026, 3, 31))
    deals |= {"L00": ("2026-01-05", "lost", "2026-04-20")}
    deals |= {"L01": ("2026-01-05", "open", "")}
    part = alarms_part(known_at(write(tmp_path / "crm", deals), state, date(2026, 4, 30)), Config())
    assert value(part, "alarm_precision").status == "not_estimable"
    assert "until then no share" in part.does_not_show[0].en
    assert [one.outcome for one in part.alarms] == ["lost"]
    assert value(part, "alarm_count", "outcome=lost").estimate == 1


def test_the_record_by_hand(tmp_path, deals):
    """Warned of L00 to L15 (6 lost, 4 won, 6 open); 15 losses in all, so 9 were missed."""
    state = State.at(tmp_path / "state")
    warn(state, [f"L{number:02d}" for number in range(16)], FIRST)
    known = known_at(write(tmp_path / "crm", deals), state, date(2026, 4, 30))
    part = alarms_part(known, Config())
    precision = value(part, "alarm_precision")
    assert (precision.estimate, precision.n, precision.events) == (6 / 16, 16, 6)
    assert precision.ci_lo == pytest.approx(0.1848, abs=1e-4)  # Wilson, by hand
    assert precision.ci_hi == pytest.approx(0.6136, abs=1e-4)
    assert value(part, "alarm_false_share").estimate == 10 / 16
    lead = value(part, "alarm_lead_time_days")
    assert (lead.estimate, lead.ci_lo, lead.ci_hi) == (20, 20, 40)
    missed = value(part, "alarm_missed_share")
    assert (missed.events, missed.n) == (9, 15)
    [row] = part.tables[0].frame.to_dict("records")
    assert (row["raised"], row["lost"], row["won"], row["expired"]) == (16, 6, 4, 6)
    [one] = part.told
    for words in ("16 deals", "6 were lost", "37.5 %", "20 days or more", "10 alarms were false"):
        assert words in one.finding.sentence.en
    assert "9 came without an alarm (60.0 %)" in one.finding.sentence.en
    assert not says_causes(one.finding.sentence)


def test_the_strip_says_what_the_ledger_counts(tmp_path, deals):
    state = State.at(tmp_path / "state")
    warn(state, [f"L{number:02d}" for number in range(16)], FIRST)
    known = known_at(write(tmp_path / "crm", deals), state, date(2026, 4, 30))
    [picture] = alarms_part(known, Config()).pictures
    assert picture.numbers["value"].tolist() == [6, 4, 0, 6, 0]
    assert len(picture.numbers) == len(OUTCOMES)
    assert "Of 16 alarms since 2026-01, 6 ended in a loss" in picture.sentence.en
    for lang in ("en", "zh"):
        assert draw_svg(picture, lang).startswith("<svg")


def test_no_id_and_no_digest_reaches_what_is_shown(tmp_path, deals):
    state = State.at(tmp_path / "state")
    warn(state, [f"L{number:02d}" for number in range(16)], FIRST)
    known = known_at(write(tmp_path / "crm", deals), state, date(2026, 4, 30))
    part = alarms_part(known, Config())
    shown = [table.frame.to_csv() for table in (*part.tables, *part.appendix)]
    shown += [picture.numbers.to_csv() for picture in part.pictures]
    text = "\n".join([*shown, *(str(row) for row in part.estimates)])
    secrets = {*deals, *known.alarms.alarms["subject"], known.alarms.salt} - {"Z", "fresh"}
    assert not [word for word in secrets if word in text]
    assert known.alarms.salt not in repr(known.alarms)


def test_what_is_kept_back_by_lot_tells_what_warning_does(tmp_path):
    """Planted: of the deals kept back nine in ten are lost, of those warned of three in ten."""
    state = State.at(tmp_path / "state")
    state.prepare()
    salt = state.alarms(FIRST).salt
    names = [f"L{number:03d}" for number in range(200)]
    raised = warn(state, names, FIRST, salt=salt, unwarned_share=0.3)
    shown = set(raised.listed["lead_id"])
    assert 30 <= raised.n_held_back == 200 - len(shown) <= 90
    leads = {}
    for number, name in enumerate(names):
        is_lost = number % 10 < (3 if name in shown else 9)
        leads[name] = ("2026-01-05", "lost" if is_lost else "open", "2026-03-01" if is_lost else "")
    leads["fresh"] = ("2026-04-28", "open", "")
    known = known_at(write(tmp_path / "crm", leads), state, date(2026, 4, 30))
    part = alarms_part(known, replace(Config(), unwarned_share=0.3))
    contrast = value(part, "unwarned_loss_difference")
    assert contrast.evidence == "randomised"
    assert contrast.ci_lo < 0.6 < contrast.ci_hi
    assert contrast.ci_lo > 0.3
    precision = value(part, "alarm_precision")
    assert precision.n == len(shown)
    assert precision.ci_lo < 0.3 < precision.ci_hi
    assert any(says_causes(one.finding.sentence) for one in part.told)
    assert part.tables[0].frame["kept_back"].tolist() == [raised.n_held_back]


def test_where_warning_does_nothing_no_effect_is_told(tmp_path):
    state = State.at(tmp_path / "state")
    state.prepare()
    salt = state.alarms(FIRST).salt
    names = [f"L{number:03d}" for number in range(200)]
    warn(state, names, FIRST, salt=salt, unwarned_share=0.3)
    leads = {name: ("2026-01-05", "lost", "2026-03-01") for name in names}
    leads["fresh"] = ("2026-04-28", "open", "")
    known = known_at(write(tmp_path / "crm", leads), state, date(2026, 4, 30))
    part = alarms_part(known, replace(Config(), unwarned_share=0.3))
    assert value(part, "unwarned_loss_difference").estimate == 0
    assert not any(says_causes(one.finding.sentence) for one in part.told)


def test_stale_data_settle_nothing(tmp_path, deals):
    state = State.at(tmp_path / "state")
    warn(state, ["L00"], FIRST)
    known = known_at(write(tmp_path / "crm", deals), state, date(2026, 9, 30))
    assert known.stale is not None
    part = alarms_part(known, Config())
    assert part.alarms == ()
    assert "not fresh" in part.does_not_show[0].en
