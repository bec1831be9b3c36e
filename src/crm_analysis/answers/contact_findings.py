"""What stands about contacts and losing, one sentence each, with its size and one thing to do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from crm_analysis.answers.failure_words import count_text, ratio_text, scaled_ends, size_text
from crm_analysis.answers.part import Told
from crm_analysis.deals.indicators.channels import best_channel
from crm_analysis.deals.indicators.sizes import Size, quarter_size
from crm_analysis.estimates import Estimate, claim, is_finding, read_segment
from crm_analysis.features.catalog import CATALOG
from crm_analysis.language import Text, number_text, share_text
from crm_analysis.results import Finding

MOST_HABITS = 4

_TRY = Text(
    "Try it on a random half of new leads for a month before changing it for all.",
    "先在随机一半的新线索上试行一个月，再决定是否全面推行。",
)
_SIGN = Text(
    "Take it as a sign, not as a lever: ask customers who have gone quiet what stands in the way.",
    "这是征兆而非手段：询问不再回应的客户障碍何在。",
)
_OPEN_FIRST = Text(
    "List open customer questions each morning and answer the oldest first.",
    "每天早晨列出未答复的客户提问，先答复最久的。",
)
_CLOSE_FIRST = Text(
    "Close what was left open by the last contact before the next offer.",
    "在下次报价前解决上次联系遗留的问题。",
)
ACTIONS: dict[str, Text] = {
    "first_response_hours": Text(
        "Answer every new lead the same day; test a two-hour rule on a random half for a month.",
        "当天回应每条新线索；在随机一半线索上试行两小时内回应一个月。",
    ),
    **dict.fromkeys(("n_unanswered", "oldest_unanswered_days"), _OPEN_FIRST),
    **dict.fromkeys(
        ("n_open_issues", "oldest_open_issue_days", "n_open_cases", "oldest_open_case_days"),
        _CLOSE_FIRST,
    ),
    **dict.fromkeys(
        (
            *("outbound_share", "last_by_customer", "days_since_last_contact", "reached_share"),
            *("known_profile_share", "n_contact_routes"),
        ),
        _SIGN,
    ),
    "goals_missed_running": Text(
        "After two missed goals in a row set a smaller next step with the customer.",
        "连续两次未达成目标后，与客户商定更小的下一步。",
    ),
}
STATES: dict[str, Text] = {
    "question_open": Text("an unanswered question of the customer", "客户提问尚未答复"),
    "promise_broken": Text("a promise to the customer that was broken", "对客户的承诺已被打破"),
}
_STATE_ACTIONS = {
    "question_open": _OPEN_FIRST,
    "promise_broken": Text(
        "Call each customer with a broken promise within a day, and make it good.",
        "承诺被打破后一天内致电客户并补救。",
    ),
}
ENDINGS = {"lost": Text("loss", "丢单"), "won": Text("winning", "成交")}


def standing(estimates: Sequence[Estimate], quantity: str, q: float) -> list[Estimate]:
    """Return the findings of one quantity, the clearest first."""
    rows = [row for row in estimates if row.quantity == quantity and is_finding(row, q)]
    return sorted(rows, key=lambda row: (row.p_adj or 0.0, row.p or 0.0, row.segment))


def leading_habits(
    estimates: Sequence[Estimate], groups: Sequence[Sequence[str]], *, q: float
) -> list[Estimate]:
    """Choose the rows to tell: one an indicator, and one of each group that goes together."""
    chosen: dict[str, Estimate] = {}
    for row in standing(estimates, "log_hazard_ratio_per_sd", q):
        name = read_segment(row.segment)["indicator"]
        chosen.setdefault("+".join(mates_of(name, groups)) or name, row)
    return list(chosen.values())[:MOST_HABITS]


def mates_of(name: str, groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the group of an indicator; empty where it stands alone."""
    return next((tuple(group) for group in groups if name in group), ())


def habit_told(
    row: Estimate,
    frames: Mapping[int, pd.DataFrame],
    checks: Sequence[Estimate],
    *,
    mates: Sequence[str],
    horizon_days: int,
    alpha: float,
) -> Told:
    """Tell one habit: how fast leads end with it, beside what, and how many deals it is about.

    Parameters
    ----------
    row : Estimate
        The finding.
    frames : mapping of int to DataFrame
        Frames by landmark.
    checks : sequence of Estimate
        From `robustness.robustness_rows` of this row.
    mates : sequence of str
        The indicators it goes together with.
    horizon_days : int
        Shares are read so long after the landmark.
    alpha : float
        One minus the level of the intervals.
    """
    pairs = read_segment(row.segment)
    name, day = pairs["indicator"], int(pairs["landmark_days"])
    size = quarter_size(
        frames[day], name, landmark_days=day, horizon_days=horizon_days, alpha=alpha
    )
    words = CATALOG[name].meaning
    sentence = claim(
        Text(f"A higher value of “{words.en}” by day {day}", f"第 {day} 天时“{words.zh}”较高"),
        _speed(row, ENDINGS[pairs["cause"]]),
        evidence=row.evidence,
    ) + Text(".", "。")
    others = [other for other in mates if other != name]
    return Told(
        finding=Finding(
            sentence=sentence + _beside(checks) + _tied(others) + _size(size, horizon_days),
            evidence=row.evidence,
            action=ACTIONS.get(name, _TRY),
            status=row.status,
            estimate_key=row.key,
        ),
        name=words,
        size=size,
        strength=abs(row.estimate or 0.0),
        short=sentence,
    )


def _speed(row: Estimate, ending: Text) -> Text:
    faster = (row.estimate or 0.0) > 0
    speed = Text("faster", "更快") if faster else Text("slower", "更慢")
    return Text(
        f"{speed.en} {ending.en} afterwards ({ratio_text(row)} times as fast per standard "
        "deviation)",
        f"此后{ending.zh}{speed.zh}（每标准差速度为 {ratio_text(row)} 倍）",
    )


def _beside(checks: Sequence[Estimate]) -> Text:
    """Say what is left of it beside the representatives' own judgement."""
    for check in checks:
        if check.note == "assessment_adjusted" and check.estimate is not None:
            ratio = f"{math.exp(check.estimate):.2f}"
            return Text(
                f" Beside the deal probability noted before that day it is {ratio}.",
                f"调整当日前记录的成交概率后为 {ratio}。",
            )
    return Text("", "")


def _tied(names: Sequence[str]) -> Text:
    """Name what it cannot be told apart from."""
    if not names:
        return Text("", "")
    en = ", ".join(f"“{CATALOG[name].meaning.en}”" for name in names[:3])
    zh = "、".join(f"“{CATALOG[name].meaning.zh}”" for name in names[:3])
    more = number_text(len(names) - 3) if len(names) > 3 else ""
    return Text(
        f" It cannot be told apart from {en}{f' and {more} more' if more else ''}.",
        f"它与{zh}{f'等 {len(names)} 项' if more else ''}无法区分。",
    )


def _size(size: Size, horizon_days: int) -> Text:
    high = Text("the leads with the highest values", "数值最高的线索")
    low = Text("the leads with the lowest values", "数值最低的线索")
    is_high = read_segment(size.more.segment)["quarter"] == "highest"
    days = Text(f"the next {horizon_days} days", f"其后 {horizon_days} 天")
    return size_text(size, (high, low) if is_high else (low, high), days)


def state_told(estimates: Sequence[Estimate], *, q: float) -> list[Told]:
    """Tell the states in which leads end faster or more slowly, loss before winning."""
    chosen: dict[str, Estimate] = {}
    extra = {row.segment: row for row in estimates if row.quantity == "state_extra_endings"}
    rows = standing(estimates, "state_log_hazard_ratio", q)
    for row in sorted(rows, key=lambda row: read_segment(row.segment)["cause"] != "lost"):
        chosen.setdefault(read_segment(row.segment)["state"], row)
    return [_one_state(name, row, extra[row.segment]) for name, row in chosen.items()]


def _extra_text(extra: Estimate, is_loss: bool) -> Text:
    """Write how many endings the state is about."""
    ending = Text("lost deals", "单丢失") if is_loss else Text("deals won", "单成交")
    ends = [abs(value or 0.0) for value in (extra.estimate, extra.ci_lo, extra.ci_hi)]
    count, low, high = (number_text(value) for value in (ends[0], min(ends[1:]), max(ends[1:])))
    more = (extra.estimate or 0.0) > 0
    words = Text("more", "多") if more else Text("fewer", "少")
    n = number_text(extra.n or 0)
    return Text(
        f" Of {n} {ending.en} while it lasted that is about {count} {words.en} ({low}–{high}) than "
        "at the pace of the other leads.",
        f"其持续期间共 {n} {ending.zh}，比其他线索的快慢约{words.zh} {count}（{low}–{high}）。",
    )


def _one_state(name: str, row: Estimate, extra: Estimate) -> Told:
    words, ending = STATES[name], ENDINGS[read_segment(row.segment)["cause"]]
    faster = (row.estimate or 0.0) > 0
    speed = Text("faster", "更快") if faster else Text("slower", "更慢")
    sentence = claim(
        Text(f"{words.en[0].upper()}{words.en[1:]}", words.zh),
        Text(
            f"{speed.en} {ending.en} as long as it lasts ({ratio_text(row)} times as fast, "
            f"{number_text(row.events or 0)} endings)",
            f"持续期间{ending.zh}{speed.zh}（速度为 {ratio_text(row)} 倍，"
            f"{number_text(row.events or 0)} 个结局）",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    harms = faster == (read_segment(row.segment)["cause"] == "lost")
    return Told(
        finding=Finding(
            sentence=sentence + _extra_text(extra, read_segment(row.segment)["cause"] == "lost"),
            evidence=row.evidence,
            action=_STATE_ACTIONS[name] if harms else _SIGN,
            status=row.status,
            estimate_key=row.key,
        ),
        name=words,
        size=None,
        strength=abs(row.estimate or 0.0),
        short=sentence,
    )


def channel_told(estimates: tuple[Estimate, ...], *, q: float) -> list[Told]:
    """Tell the channel of the first contact that wins most, where channels differ."""
    differ, best = standing(estimates, "channel_chi2_per_df", q), best_channel(estimates)
    told = [_weekday_told(row) for row in standing(estimates, "weekday_chi2_per_df", q)]
    if not differ or best is None:
        return told
    row, pairs = differ[0], read_segment(best.segment)
    channel, days = pairs["channel"], pairs["horizon_days"]
    share = share_text(best.estimate or 0.0)
    ends = f"{share_text(best.ci_lo or 0.0)}–{share_text(best.ci_hi or 0.0)}"
    raw = [one for one in estimates if one.quantity == "channel_win_share" and one.role == "naive"]
    mean = sum(one.events or 0 for one in raw) / max(sum(one.n or 0 for one in raw), 1)
    value, low, high = scaled_ends(best, best.n or 0)
    average = (best.n or 0) * mean
    more = count_text((value - average, low - average, high - average))
    sentence = claim(
        Text("The channel of the first contact", "首次联系的渠道"),
        Text(
            f"differences in winning: after “{channel}” {share} ({ends}) are won within {days} "
            f"days, the most of all channels with enough leads, small ones drawn to the mean; "
            f"about {more.en} more deals than at the average of {number_text(best.n or 0)} leads",
            f"成交的差异：首次以“{channel}”联系的 {days} 天内成交 {share}（{ends}），"
            f"在线索足够的渠道中最高（已向均值收缩）：在 {number_text(best.n or 0)} 条线索中"
            f"比平均占比约多成交 {more.zh} 单",
        ),
        evidence=row.evidence,
    ) + Text(".", "。")
    return [
        Told(
            finding=Finding(
                sentence=sentence,
                evidence=row.evidence,
                action=Text(
                    f"Begin a random half of new leads by “{channel}” for a month and compare.",
                    f"在随机一半的新线索上首次改用“{channel}”一个月并比较。",
                ),
                status=row.status,
                estimate_key=row.key,
            ),
            name=Text("channel of the first contact", "首次联系的渠道"),
            size=None,
            strength=abs(best.estimate or 0.0),
        ),
        *told,
    ]


def _weekday_told(row: Estimate) -> Told:
    """Tell that the weekday of the first contact goes with winning."""
    days, n = read_segment(row.segment)["horizon_days"], number_text(row.n or 0)
    chi2 = number_text(row.estimate or 0.0, 1)
    sentence = claim(
        Text("The weekday of the first contact", "首次联系的星期"),
        Text(
            f"differences in the share won within {days} days ({chi2} times the variation of "
            f"chance, {n} leads)",
            f"{days} 天内成交占比的差异（为偶然波动的 {chi2} 倍，{n} 条线索）",
        ),
        evidence=row.evidence,
    ) + Text(
        ". No number of deals is given: the answer is about all weekdays together.",
        "。不给单数：该结果涉及全部星期。",
    )
    return Told(
        finding=Finding(
            sentence=sentence,
            evidence=row.evidence,
            action=Text(
                "See who is on duty on the weak weekdays before changing anything.",
                "先查看较弱的星期由谁值班，再作改变。",
            ),
            status=row.status,
            estimate_key=row.key,
        ),
        name=Text("weekday of the first contact", "首次联系的星期"),
        size=None,
        strength=0.0,
    )
