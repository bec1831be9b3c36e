"""Stories 7, 8, 14-18, 20 and 21: customers of the shop, why they leave, partners."""

from __future__ import annotations

import math

from crm_analysis.world import actions, customers, leaving, surveys
from crm_analysis.world.stories.story import Planted, Story


def customer_stories() -> tuple[Story, ...]:
    """Return the stories of the shop's customers."""
    return (*state_stories(), *leaving_stories(), *partner_stories())


def state_stories() -> tuple[Story, ...]:
    """Return the stories about who is lost and who only seems so."""
    return (
        Story(
            number=7,
            title_en="Own rhythm against half a year",
            title_zh="按自身节奏判断，而非半年一刀切",
            planted="gaps are gamma of shape 4 around 30, 90 or 180 days",
            where="order_lines.at",
            size="19.5 % of the 180-day buyers who are still here are silent for over 180 days",
            naive="the 180-day rule calls them lost and sees lost 30-day buyers five months late",
            estimates=(Planted("false_lost_share", "rule=180_days;rhythm_days=180", 0.195, 0.06),),
        ),
        Story(
            number=8,
            title_en="Silent as buyers, alive in the forum",
            title_zh="不买但仍活跃在论坛",
            planted=f"{leaving.N_SILENT} customers stop buying 14 months or more before as_of and "
            "post more than before",
            where="order_lines, engagement",
            size=f"{leaving.N_SILENT} customers",
            naive="purchase-only rules call all of them lost",
        ),
        Story(
            number=14,
            title_en="A supply break is not churn",
            title_zh="断货不是流失",
            planted="South, September 2025: only .4 of the orders happen",
            where="order_lines of region South; actions.kind=supply_break",
            size="x .4",
            naive="spend below half of the trailing mean flags the region as leaving",
            estimates=(Planted("order_rate_ratio", "region=South;month=2025-09", 0.4, 0.12),),
        ),
    )


def leaving_stories() -> tuple[Story, ...]:
    """Return why customers leave."""
    promise = math.log(leaving.HR_PROMISE)
    return (
        Story(
            number=15,
            title_en="A rival opened nearby",
            title_zh="附近开了竞争店",
            planted=f"{customers.RIVAL_REGION}, 2025-11-01: hazard of leaving x {leaving.HR_RIVAL}",
            where="customers.rival_opened_at",
            size=f"log hazard ratio {math.log(leaving.HR_RIVAL):.3f} after the opening",
            naive="compared over all time, the region hardly differs",
        ),
        Story(
            number=16,
            title_en="Complaints escalate by how they are handled",
            title_zh="投诉升级取决于处理方式",
            planted="repairs, waiting and tone escalate; then hazard of leaving x 3 for 90 days",
            where="issues: repairs, handoffs, tone, escalated",
            size="logit +.6 per repair, +.8 waiting over 10 days, +1.6 harsh tone",
            naive="the class of the fault is blamed",
        ),
        Story(
            number=17,
            title_en="Broken promises drive customers away",
            title_zh="失信使客户离开",
            planted=f"hazard of leaving x {leaving.HR_PROMISE} after a broken promise",
            where="issues.kind=promise, outcome=broken",
            size=f"log hazard ratio {promise:.3f}",
            naive="ever-broken looks harmless or protective: who stays long has time for it",
            estimates=(Planted("log_hazard_ratio_switch", "state=promise_broken", promise, 0.35),),
        ),
        Story(
            number=20,
            title_en="Some leave for no reason",
            title_zh="有些离开没有原因",
            planted="the true reason of some leavers is empty; no table shows anything",
            where="customers; reasons say that nobody can name one",
            size=f"{leaving.UNEXPLAINED:.0%} of those who leave",
            naive="a cause is found for everybody",
            estimates=(Planted("unexplained_leaving_share", "", leaving.UNEXPLAINED, 0.03),),
        ),
        Story(
            number=21,
            title_en="Two issues do the damage",
            title_zh="真正伤害评分的只有少数问题",
            planted="damage to the score: "
            + ", ".join(f"{code} {damage}" for code, (_, damage) in surveys.DAMAGE.items()),
            where="surveys.issue_codes, nps",
            size="speed 2.5 and quality 2.0 points on shares of .25 and .15",
            naive="price is named most often and does nearly nothing",
        ),
    )


def partner_stories() -> tuple[Story, ...]:
    """Return the story of the partners' health."""
    return (
        Story(
            number=18,
            title_en="Some partners are getting sick",
            title_zh="部分合作伙伴状况恶化",
            planted="a fifth of the partners pays 20-60 days late from 2025-11 and stops complying",
            where="order_lines.paid_at, actions.complied, customers.funds_status",
            size=f"complied {actions.COMPLIED} to {actions.COMPLIED_UNHEALTHY}",
            naive="their sales are still fine",
        ),
    )
