"""A bank's 41,188 phone contacts: skill on later contacts, and the column that leaks.

The loader dates contacts by file order: the file runs through the months from May 2008 to November
2010, and a contact's year follows from the order of its months. Each contact is a lead that ended
on its day, so that there are no durations; `duration`, the minutes of the contact itself, is left
out but where it is to be caught.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from crm_analysis.deals.profile.factor_leaks import factor_leaks
from crm_analysis.deals.profile.factor_model import auc, fit_factors
from crm_analysis.deals.profile.factors import FactorTable, factor_table
from crm_analysis.source import load
from tests.conftest import realdata_folder

pytestmark = pytest.mark.realdata
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NEVER = 999  # days since the last contact, where there was none


def contacts() -> pd.DataFrame:
    """Read the contacts in file order."""
    path = realdata_folder("bank_marketing") / "bank-additional.zip"
    with zipfile.ZipFile(path) as packed:
        inner = packed.open("bank-additional/bank-additional-full.csv")
        return pd.read_csv(inner, sep=";", keep_default_na=False)


def dated(rows: pd.DataFrame) -> pd.Series:
    """Give each contact a day: years by the order of months, days evenly within a month."""
    month = rows["month"].map({name: place + 1 for place, name in enumerate(MONTHS)})
    year = 2008 + (month.diff() < 0).cumsum()
    block = (month.diff() != 0).cumsum()
    place = block.groupby(block).cumcount() / block.map(block.value_counts())
    day = 1 + (27 * place).astype(int)
    return pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}))


def written(folder: Path) -> str:
    """Write the contacts as contract tables."""
    rows = contacts()
    day = dated(rows).dt.strftime("%Y-%m-%d")
    number = pd.Series(range(len(rows))).map("{:05d}".format)
    own = rows.drop(columns=["y", "month", "day_of_week"]).replace("unknown", "")
    own["pdays"] = own["pdays"].where(own["pdays"] != NEVER)
    own = own.rename(
        columns=lambda name: f"x_{name.replace('.', '_').replace('default', 'in_default')}"
    )
    leads = pd.DataFrame({"lead_id": "L" + number, "customer_id": "C" + number})
    leads = leads.assign(opened_at=day, closed_at=day)
    leads["status"] = np.where(rows["y"] == "yes", "won", "lost")
    people = pd.DataFrame({"customer_id": leads["customer_id"], "created_at": "2008-01-01"})
    pd.concat([leads, own], axis=1).to_csv(folder / "leads.csv", index=False)
    people.to_csv(folder / "customers.csv", index=False)
    return str(folder)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> FactorTable:
    folder = written(tmp_path_factory.mktemp("bank"))
    return factor_table(load(folder, as_of="2010-12-31"))


def without(table: FactorTable, *names: str) -> FactorTable:
    return replace(table, factors=tuple(one for one in table.factors if one.name not in names))


def test_every_contact_is_a_lead_in_file_order(table):
    assert len(table.frame) == 41188
    assert (table.frame["cause"] == 2).mean() == pytest.approx(0.1127, abs=5e-5)
    assert table.frame["opened_day"].is_monotonic_increasing
    assert table.frame["opened_day"].dt.year.unique().tolist() == [2008, 2009, 2010]


def test_on_the_last_fifth_within_two_points_of_boosting(table):
    own = without(table, "x_duration")
    frame, cut = own.frame, int(0.8 * len(own.frame))
    won = (frame["cause"] == 2).to_numpy()
    model = fit_factors(frame[:cut], own.factors)
    ours = auc(model.score(frame[cut:]), ~won[cut:]).estimate
    rows = contacts().drop(columns=["y", "duration"])
    for name in rows.select_dtypes("object"):
        rows[name] = rows[name].astype("category")
    boosted = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
    boosted.fit(rows[:cut], won[:cut])
    theirs = roc_auc_score(won[cut:], boosted.predict_proba(rows[cut:])[:, 1])
    assert ours == pytest.approx(theirs, abs=0.02)


def test_the_leak_audit_names_the_minutes_of_the_contact_and_nothing_else(table):
    leaks = factor_leaks(table)
    assert [leak.factor.name for leak in leaks] == ["x_duration"]
    assert leaks[0].gap > 0.10
    assert leaks[0].guarded_auc == pytest.approx(0.80, abs=0.03)
    assert factor_leaks(without(table, "x_duration")) == ()
