"""Stories 1-6 and 22: leads, reps and what goes before a loss."""

from __future__ import annotations

import math

from crm_analysis.world import interactions, leads
from crm_analysis.world.stories.story import Planted, Story

SD_HOURS = leads.SD_LOG2  # the indicator enters as a logarithm; its spread in doublings
HAZARD = "log_hazard_ratio_per_sd"


def per_sd(cause: str, days: int, indicator: str, value: float, tolerance: float) -> Planted:
    """Name a landmark hazard per standard deviation."""
    segment = f"cause={cause};landmark_days={days};indicator={indicator}"
    return Planted(HAZARD, segment, value, tolerance)


def deal_stories() -> tuple[Story, ...]:
    """Return the stories of leads."""
    return (*cause_stories(), *sign_stories(), *factor_stories())


def cause_stories() -> tuple[Story, ...]:
    """Return what drives losing and what does not."""
    slow = tuple(
        per_sd(cause, days, "first_response_hours", slope * SD_HOURS, 0.12)
        for days in (3, 7, 14)
        for cause, slope in (("lost", leads.SLOPE_LOSS), ("won", leads.SLOPE_WIN))
    )
    ended = tuple(
        Planted(
            "outcome_probability",
            f"cause={cause};horizon_days={days}",
            round(leads.ended_share(cause, days), 4),
            0.04,
        )
        for cause in ("lost", "won")
        for days in (30, 90)
    )
    none = tuple(
        per_sd(cause, days, "n_contacts", 0.0, 0.12)
        for days in (7, 14)
        for cause in ("lost", "won")
    )
    return (
        Story(
            number=1,
            title_en="Answer fast",
            title_zh="响应要快",
            planted="hazards of lost and won depend on log2(first response hours)",
            where="leads, interactions",
            size=f"log hazard per doubling: {leads.SLOPE_LOSS:+} lost, {leads.SLOPE_WIN:+} won",
            naive="reps' reasons say price; the share lost among closed leads is read as a risk",
            estimates=slow + ended,
        ),
        Story(
            number=2,
            title_en="The number of contacts does nothing",
            title_zh="联系次数没有作用",
            planted=f"contacts are Poisson with {interactions.RATE} a day whatever the end",
            where="interactions of leads",
            size="log hazard ratio 0",
            naive="total contacts over the whole life look strongly protective (immortal time)",
            estimates=none,
        ),
    )


def sign_stories() -> tuple[Story, ...]:
    """Return what goes before a loss."""
    falls = f"{interactions.QUIET_DAYS:.0f} days before a loss"
    return (
        Story(
            number=3,
            title_en="Before a loss the customer falls silent",
            title_zh="丢单之前客户先沉默",
            planted=f"from {falls} the customer hardly calls and seldom picks up",
            where="interactions: direction, reached",
            size=(
                f"inbound share {interactions.IN_SHARE} to {interactions.IN_SHARE_QUIET}, "
                f"reached {interactions.REACHED} to {interactions.REACHED_QUIET}"
            ),
            naive="the number of contacts goes on as before, so counting contacts sees nothing",
            estimates=(
                Planted("track_log_hazard_ratio", "cause=lost;sign=customer_silent", 1.2, 0.6),
            ),
        ),
        Story(
            number=4,
            title_en="Before a loss the probability falls, drops or swings",
            title_zh="丢单之前成交概率下滑、骤降或摇摆",
            planted="tracks of lost: plateau and fall .26, sudden drop .26, swings .24, rise .24; "
            "of the others: rise .60, a dip that passes .18, plateau .12, swings .10",
            where="assessments of kind deal_probability",
            size="fall .65 to .10 over 28 days; drop .70 to .10 ten days before; swings .30",
            naive="the last level alone misses the swings; relative time uses the end itself",
        ),
    )


def factor_stories() -> tuple[Story, ...]:
    """Return the stories of rep, product and profile."""
    level = f"factor=rep_id;level={leads.HARD_REP}"
    size = math.log(leads.HR_REP)
    return (
        Story(
            number=5,
            title_en="One rep loses deals faster",
            title_zh="有一位销售丢单更快",
            planted=f"rep {leads.HARD_REP}: {leads.HR_REP} times the hazard of loss; others alike",
            where="leads.rep_id",
            size=f"log hazard ratio {size:.3f}",
            naive="ranking all reps by share lost puts somebody last every month by chance",
            estimates=(
                Planted("log_hazard_ratio_level", f"cause=lost;{level}", size, 0.3),
                Planted("log_loss_to_win_ratio", level, size, 0.4),
            ),
        ),
        Story(
            number=6,
            title_en="Product and profile do nothing",
            title_zh="产品与客户档案没有影响",
            planted="product, profile fields and own factors are drawn at random",
            where="leads.product, customers, x_ columns",
            size="0",
            naive="of 30 factors one or two look significant before correction",
        ),
        Story(
            number=22,
            title_en="Forgotten leads",
            title_zh="被遗忘的线索",
            planted=f"{leads.P_FORGOTTEN:.0%} of the leads open after 45 days get no more contact",
            where="leads of status open without contact for 60 days (dormant)",
            size=f"{leads.P_FORGOTTEN:.0%}; their end does not change",
            naive="dormant leads are counted as pipeline, or as lost, before they are",
        ),
    )
