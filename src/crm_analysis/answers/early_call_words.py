"""What a call day was worth, in words: what the track gains, and what the calls were."""

from __future__ import annotations

from crm_analysis.deals.early_call.early_call import Call
from crm_analysis.estimates import Estimate
from crm_analysis.language import Text, level_text, share_text


def gain_text(gain: Estimate, alpha: float) -> Text:
    """Say how many more pairs the track ranks rightly, with an interval that names its number."""
    low, high = f"{gain.ci_lo or 0:.2f}", f"{gain.ci_hi or 0:.2f}"
    return Text(
        f"; gain of the track {gain.estimate or 0:.2f} of all pairs ({level_text(alpha)} interval "
        f"of the gain {low} to {high}).",
        f"；轨迹的增益为全部配对的 {gain.estimate or 0:.2f}（增益的 {level_text(alpha)} 区间 "
        f"{low} 至 {high}）。",
    )


def calls_text(call: Call) -> Text:
    """Say what the calls were worth: how many were lost, of all, and how long before."""
    hit, base = call.row("early_call_precision"), call.row("early_call_base_share")
    days = call.row("early_call_lead_time_days")
    if hit.estimate is None or base.estimate is None or days.estimate is None:
        return Text("", "")
    return Text(
        " Of the leads called (as many as can be contacted, at most the likelier half) "
        f"{share_text(hit.estimate, 0)} were lost, of all leads "
        f"{share_text(base.estimate, 0)}; half of these losses came {days.estimate:.0f} days or "
        "more after the call.",
        "被提示的线索（以可联系数为限，至多为可能性较高的一半）"
        f"{share_text(hit.estimate, 0)} 丢单，全部线索为 "
        f"{share_text(base.estimate, 0)}；其中半数在提示 {days.estimate:.0f} 天或更久之后丢单。",
    )
