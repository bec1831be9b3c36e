"""What notebook 11 does not show: tables that are missing, and what a forecast supposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_analysis.answers.funnel_outlook import found
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text

if TYPE_CHECKING:
    from crm_analysis.source.known import Known


def funnel_limits(known: Known, rows: tuple[Estimate, ...]) -> tuple[Text, ...]:
    """Say what the page leaves out, and why."""
    told = [
        Text(
            "A forecast supposes that the coming weeks are like the past months: a new price, "
            "product or rival is not in it.",
            "预测假定未来数周与以往数月相似：新价格、新产品或新竞品不在其中。",
        )
    ]
    gain = found(rows, "brier_gain", "", "diagnostic")
    if gain is not None and gain.note == "no_skill":
        told.append(
            Text(
                "Which of the open leads will be won is not foreseen better than by the share of "
                "all: on past months the calibrated probability did not beat the base rate. The "
                "number expected stands nevertheless.",
                "哪一条线索会成交，并不比用总体占比预见得更好：以往月份中校准概率未优于基准占比；"
                "预计的总数仍然成立。",
            )
        )
    lacking = {
        "targets": Text("No targets are given, so none is judged.", "未给出目标，因此不作判断。"),
        "assessments": Text(
            "No deal probabilities are given: the forecast uses the history alone.",
            "没有成交概率评估：预测只用历史数据。",
        ),
        "interactions": Text(
            "No contacts are given: the stage “contacted” and silence are not known.",
            "没有联系记录：“联系”阶段与沉默情况未知。",
        ),
    }
    told += [text for name, text in lacking.items() if name not in known.tables]
    return tuple(told)
