"""Stories 12, 13, 19 and 23: what is recorded, how, and when."""

from __future__ import annotations

from crm_analysis.world import interactions, reasons
from crm_analysis.world.clock import EXPORTED
from crm_analysis.world.stories.story import Planted, Story


def record_stories() -> tuple[Story, ...]:
    """Return the stories of what is recorded, how and when."""
    return (
        Story(
            number=12,
            title_en="Reasons typed half a year late turn into price",
            title_zh="半年后补录的原因都成了“价格”",
            planted="half of the reps' reasons are typed on 2025-06-30 or 2026-06-30; then 60 % of "
            "the others become price; a random quarter is called back, 92 % right",
            where="reasons of about=lead_loss",
            size=f"true share of price {reasons.SHARES['price']}",
            naive="price looks like the main reason",
            estimates=(
                Planted("reason_share_corrected", "code=price", reasons.SHARES["price"], 0.06),
                Planted("reason_share_corrected", "code=speed", reasons.SHARES["speed"], 0.06),
            ),
        ),
        Story(
            number=13,
            title_en="Price is stated, the price gap does nothing",
            title_zh="口头说价格，实际价差无影响",
            planted="quoted and rival price are drawn apart from the end",
            where="leads.quoted_price, rival_price",
            size="0",
            naive="lower the price",
        ),
        Story(
            number=19,
            title_en="One rep back-fills notes",
            title_zh="一位销售事后补录联系",
            planted=f"rep {interactions.BACKFILL_REP}: Poisson(1.6) notes per lost lead, .2 per "
            "won one, dated before the closing, typed after it",
            where="interactions.recorded_at",
            size="1.6 rows per lost lead of that rep",
            naive="many contacts go with losing",
        ),
        Story(
            number=23,
            title_en="The export is younger than as_of",
            title_zh="导出日期晚于截止日",
            planted=f"rows up to {EXPORTED}; aliases, doubled rows, leads closed before opening",
            where="all tables",
            size="six days; under 1 % of the rows",
            naive="rows from after as_of leak into everything",
        ),
    )
