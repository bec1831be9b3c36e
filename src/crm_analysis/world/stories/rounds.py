"""Stories 9-11: what the win-back rounds really did."""

from __future__ import annotations

from crm_analysis.world import winback
from crm_analysis.world.stories.story import Planted, Story

RETURN_DIFFERENCE = "return_share_difference"


def winback_stories() -> tuple[Story, ...]:
    """Return the stories of the win-back rounds."""
    return (*effect_stories(), *contact_stories())


def effect_stories() -> tuple[Story, ...]:
    """Return effect against splendid numbers, and the price of the discount."""
    shares = {"control": 0.21, "care": 0.21, "discount": 0.27}
    returns = tuple(
        Planted("return_share", f"arm={arm};horizon_days=90", share, 0.02)
        for arm, share in shares.items()
    )
    effects = tuple(
        Planted(RETURN_DIFFERENCE, f"arm={arm};horizon_days=90", shares[arm] - 0.21, 0.025)
        for arm in ("care", "discount")
    )
    pooled = (
        Planted("return_share", "arm=any;horizon_days=90", 0.24, 0.02),
        Planted(RETURN_DIFFERENCE, "arm=any;horizon_days=90", 0.03, 0.025),
    )
    money = tuple(
        Planted(
            "net_margin_difference_per_assigned",
            f"arm={arm};horizon_days=90",
            round(winback.expected_net(arm), 2),
            8.0,
        )
        for arm in ("care", "discount")
    )
    full = winback.FULL_PRICE
    later = full["discount"] - full["care"]
    return (
        Story(
            number=9,
            title_en="Most of those won back would have come anyway",
            title_zh="挽回的客户大多本来就会回来",
            planted="return in 90 days: control .21, care .21, discount .27; randomised",
            where="winback, order_lines",
            size="+3 points for any treatment; care 0, discount +6; net money below 0",
            naive="24 % of the treated came back: splendid",
            estimates=(*returns, *effects, *pooled, *money),
        ),
        Story(
            number=10,
            title_en="Discount buyers do not come again",
            title_zh="折扣客不会再来",
            planted="later full-price order among the returned: discount .20, others .35",
            where="order_lines after the return",
            size=f"{later:+.2f}",
            naive="the first month ranks the discount first",
            estimates=(
                Planted("full_price_share_difference", "arm=discount;versus=care", later, 0.08),
            ),
        ),
    )


def contact_stories() -> tuple[Story, ...]:
    """Return the story of the third contact."""
    back = winback.LATE[3] - winback.LATE[2]
    out = winback.OPT_OUT[3] - winback.OPT_OUT[2]
    return (
        Story(
            number=11,
            title_en="The third contact annoys",
            title_zh="第三次联系惹人烦",
            planted="two or three contacts by lot; with three fewer return and more opt out",
            where="winback.stop_after, customers.opted_out_at",
            size=f"return {back:+.2f}, opt-out {out:+.2f} among those not back after two",
            naive="who got three contacts returned less because the hard cases got them",
            estimates=(
                Planted("third_contact_return_difference", "", back, 0.03),
                Planted("third_contact_opt_out_difference", "", out, 0.03),
            ),
        ),
    )
