"""The profile part of the page on lost deals: who loses more, where the lost went, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_analysis.answers.calendar_shown import calendar_table, calendar_told
from crm_analysis.answers.failure_evidence import factor_table_shown
from crm_analysis.answers.failure_levels import level_picture
from crm_analysis.answers.kinds_shown import (
    kind_picture,
    kind_test_table,
    kinds_told,
    later_picture,
    later_table,
    rivals_table,
    tracking_list,
)
from crm_analysis.answers.part import Part, Told, unique_rows
from crm_analysis.answers.profile_findings import profile_told, standing_rows
from crm_analysis.answers.profile_tables import check_table, joint_table, level_table, media_table
from crm_analysis.answers.type_tracks_shown import type_track_table, type_track_told
from crm_analysis.deals.comparison.levels import POOLED, pooled_levels
from crm_analysis.deals.comparison.limits import Limits
from crm_analysis.deals.comparison.odds import has_durations
from crm_analysis.deals.indicators.sizes import level_shares
from crm_analysis.deals.outcome_kinds.kinds import kind_estimates, kind_shares
from crm_analysis.deals.outcome_kinds.later_purchase import later_purchase_estimates
from crm_analysis.deals.outcome_kinds.lost_leads import lost_leads
from crm_analysis.deals.outcome_kinds.rivals import rival_estimates
from crm_analysis.deals.outcome_kinds.sizes import kind_sizes
from crm_analysis.deals.profile.calendar_effects import calendar_estimates
from crm_analysis.deals.profile.checks import check_estimates, repeated_leads
from crm_analysis.deals.profile.effects import profile_estimates, standing_factors
from crm_analysis.deals.profile.factor_leaks import FactorLeak, factor_leaks, leak_rows
from crm_analysis.deals.profile.factors import FactorTable, factor_table
from crm_analysis.deals.profile.media_use import media_estimates
from crm_analysis.deals.profile.type_tracks import interaction_estimates, sign_frame
from crm_analysis.deals.signs import SignLimits
from crm_analysis.estimates import Estimate, is_finding, read_segment
from crm_analysis.language import Text, number_text
from crm_analysis.results import Picture

if TYPE_CHECKING:
    from crm_analysis.config import Config
    from crm_analysis.source.known import Known


def profile_part(known: Known, settings: Config, *, factors: FactorTable | None = None) -> Part:
    """Who loses more, where did the lost go, and does the calendar matter?

    Parameters
    ----------
    known : Known
        The as-of views; needs `leads`, uses `customers` and `order_lines`.
    settings : Config
        Limits and horizons.
    factors : FactorTable, optional
        From `factors.factor_table`; read here where it is not given.

    Returns
    -------
    Part
        Families M05:profile, M05:levels, M05:calendar, M05:interactions, M05:kinds and M05:rivals,
        with findings, the clearest first, tables and pictures; without leads, a part that says so.
    """
    if "leads" not in known.tables:
        return Part(does_not_show=(_NO_LEADS,))
    limits = limits_of(settings)
    table = factors or factor_table(known, min_cell=settings.min_cell)
    if table.frame.empty:
        return Part(does_not_show=(_NO_LEADS,))
    rows = profile_estimates(table, limits=limits)
    leaks = factor_leaks(table)
    told = _not_leaking(profile_told(rows, table, limits=limits, days=settings.horizon_days), leaks)
    standing = standing_factors(rows, q=limits.fdr_q).factors
    checks = check_estimates(table, sorted(standing), limits=limits)
    repeated = repeated_leads(table)
    media = media_estimates(table, limits=limits)
    shares, picture = _drawn_levels(table, rows, limits, settings.horizon_days)
    kinds = _kinds(known, table, settings)
    calendar = calendar_estimates(known, limits=limits) if has_durations(table.frame) else ()
    types = _type_tracks(known, table, settings) if has_durations(table.frame) else ()
    sizes = [row for one in told if one.size is not None for row in one.size.rows]
    logistic = () if has_durations(table.frame) else (_LOGISTIC,)
    return Part(
        estimates=unique_rows(
            (
                *rows,
                *sizes,
                *shares,
                *checks,
                *leak_rows(leaks),
                *((repeated,) if repeated is not None else ()),
                *calendar,
                *types,
                *media,
                *kinds.estimates,
            )
        ),
        told=_clearest_first(
            (
                *told,
                *calendar_told(calendar, q=limits.fdr_q),
                *type_track_told(types, table, q=limits.fdr_q),
                *kinds.told,
            ),
            (*rows, *calendar, *types, *kinds.estimates),
        ),
        tables=factor_table_shown(rows, table, q=settings.fdr_q),
        appendix=(
            *level_table(rows, table, alpha=limits.alpha),
            *check_table(checks, table, q=limits.fdr_q),
            *joint_table(checks, table, alpha=limits.alpha),
            *calendar_table(calendar),
            *type_track_table(types, table, alpha=limits.alpha),
            *media_table(media, table, alpha=limits.alpha),
            *kinds.appendix,
        ),
        pictures=(*picture, *kinds.pictures),
        lists=kinds.lists,
        does_not_show=(
            *table.off,
            *logistic,
            *_leaks_said(leaks),
            *_repeated_said(repeated),
            *kinds.does_not_show,
        ),
    )


def _type_tracks(known: Known, table: FactorTable, settings: Config) -> tuple[Estimate, ...]:
    """Set types of customers against the signs that leads show by the middle early-call day."""
    days = sorted(settings.early_call_days)
    tracks = settings.tracks
    thresholds = SignLimits(
        drawdown=tracks.drawdown,
        sudden_drop=tracks.sudden_drop,
        reversal_step=tracks.reversal_step,
        n_reversals=tracks.n_reversals,
    )
    landmark_days = days[len(days) // 2]
    signs = sign_frame(known, landmark_days=landmark_days, thresholds=thresholds)
    return interaction_estimates(
        table,
        signs,
        landmark_days=landmark_days,
        horizon_days=settings.horizon_days,
        limits=limits_of(settings),
    )


def _clearest_first(told: Sequence[Told], rows: Sequence[Estimate]) -> tuple[Told, ...]:
    """Order findings by their adjusted p, then by strength: scales differ between questions."""
    p_adj = {row.key: row.p_adj for row in rows}

    def place(one: Told) -> tuple[float, float, str]:
        key = one.finding.estimate_key
        adjusted = None if key is None else p_adj.get(key)
        return (1.0 if adjusted is None else adjusted, -one.strength, one.name.en)

    return tuple(sorted(told, key=place))


def _not_leaking(told: Sequence[Told], leaks: Sequence[FactorLeak]) -> tuple[Told, ...]:
    """Leave out what rests on a factor that gives the ending away; the tables keep it."""
    names = {leak.factor.name for leak in leaks}
    return tuple(
        one
        for one in told
        if read_segment((one.finding.estimate_key or ("", "", ""))[2]).get("factor") not in names
    )


def _leaks_said(leaks: Sequence[FactorLeak]) -> tuple[Text, ...]:
    return tuple(
        Text(
            f"“{leak.factor.label.en}” gives the ending away: endings are told apart with an area "
            f"of {leak.unguarded_auc:.2f} with it and {leak.guarded_auc:.2f} without, and nothing "
            "says when it was typed in. It is left out of the findings.",
            f"“{leak.factor.label.zh}”泄露结局：加入后曲线下面积为 {leak.unguarded_auc:.2f}，"
            f"不加入为 {leak.guarded_auc:.2f}，且录入时间未记录，故不列入发现。",
        )
        for leak in leaks
    )


def _repeated_said(repeated: Estimate | None) -> tuple[Text, ...]:
    """Say how many leads equal another one, where that is no accident."""
    n_repeated = 0.0 if repeated is None else (repeated.estimate or 0.0)
    n = (repeated.n or 0) if repeated is not None else 0
    if n_repeated < _REPEATED_SHARE * n or not n_repeated:
        return ()
    count, all_leads = number_text(n_repeated), number_text(n)
    return (
        Text(
            f"{count} of {all_leads} leads equal another in every factor and in their ending; all "
            "are kept. If they are one deal typed in twice, intervals are too short: the checks "
            "ask again without them.",
            f"{all_leads} 条线索中有 {count} 条在所有因素和结局上与另一条相同，均予保留。"
            "若为重复录入，则区间偏窄：检验表给出剔除后的结果。",
        ),
    )


def limits_of(settings: Config) -> Limits:
    """Read the limits of this part from the configuration."""
    return Limits(
        min_cell=settings.min_cell,
        min_events=settings.min_events,
        fdr_q=settings.fdr_q,
        alpha=settings.alpha,
    )


def _kinds(known: Known, table: FactorTable, settings: Config) -> Part:
    """Say where the lost went, what went with it, whether they bought later, and the rivals."""
    if not known.has("leads", "lost_to"):
        return Part(does_not_show=(_NO_KINDS,))
    limits, alpha = limits_of(settings), settings.alpha
    lost = lost_leads(known)
    if lost["lost_to"].isna().all():
        return Part(does_not_show=(_NO_KINDS,))
    ordered = "order_lines" in known.tables
    later = (
        later_purchase_estimates(lost, until=known.observed_until, alpha=alpha) if ordered else ()
    )
    tested = kind_estimates(lost, table, limits=limits)
    standing = [
        read_segment(row.segment)["factor"]
        for row in standing_rows(tested, "outcome_kind_chi2_per_df", limits.fdr_q)
    ]
    rows = (
        *kind_shares(lost, alpha=alpha),
        *tested,
        *kind_sizes(lost, table, standing, limits=limits),
        *later,
        *rival_estimates(known, lost, days=settings.horizon_days, limits=limits),
    )
    pictures = later_picture(lost, until=known.observed_until, alpha=alpha) if ordered else ()
    return Part(
        estimates=rows,
        told=kinds_told(rows, table, q=settings.fdr_q),
        appendix=(
            *kind_test_table(rows, table),
            *later_table(rows, alpha=alpha),
            *rivals_table(lost, least=settings.min_cell),
        ),
        pictures=(*kind_picture(rows, alpha=alpha), *pictures),
        lists=() if known.stale else tracking_list(lost),
        does_not_show=() if ordered else (_NO_ORDERS,),
    )


def _drawn_levels(
    table: FactorTable, rows: Sequence[Estimate], limits: Limits, days: int
) -> tuple[list[Estimate], tuple[Picture, ...]]:
    """Draw the factor with the clearest difference; a chance difference is drawn as such."""
    tested = [
        row for row in rows if row.quantity == "ending_kind_chi2_per_df" and row.p is not None
    ]
    if not tested or not has_durations(table.frame):
        return [], ()
    first = min(tested, key=lambda row: (row.p or 0.0, row.segment))
    factor = table.factor(read_segment(first.segment)["factor"])
    frame = pooled_levels(table.frame, factor.name, min_cell=limits.min_cell)
    shares = level_shares(frame, factor.name, days=days, alpha=limits.alpha)
    standing = {
        read_segment(row.segment)["level"]
        for row in rows
        if row.quantity == "log_loss_to_win_ratio"
        and is_finding(row, limits.fdr_q)
        and read_segment(row.segment)["factor"] == factor.name
    }
    pooled = not frame.empty and (frame["level"] == POOLED).any()
    picture = level_picture(
        shares,
        factor.label,
        standing=standing,
        days=days,
        alpha=limits.alpha,
        n_left_out=0 if pooled or frame.empty else int(frame["n_pooled"].iloc[0]),
    )
    return shares, picture


_REPEATED_SHARE = 0.02
_NO_LEADS = Text(
    "Profile and people are not judged: there are no dated leads. With one row per lead (opened, "
    "closed, status) this page shows who loses more.",
    "未评判画像与人员：没有带日期的线索。若每条线索有一行（开启、结束、状态），本页即可说明谁丢单更多。",
)
_NO_KINDS = Text(
    "Where lost customers went is not shown: no lost lead says so. With `lost_to` filled in this "
    "page shows who bought elsewhere, gave up or postponed.",
    "未显示丢单去向：没有丢单记录去向。填写 lost_to 后，本页即可说明谁在别处购买、放弃或推迟。",
)
_NO_ORDERS = Text(
    "Whether lost customers bought later is not shown: the source has no orders. With order lines "
    "this page follows them on.",
    "未显示丢单客户后来是否购买：数据源没有订单。有订单明细后本页可继续跟踪。",
)
_LOGISTIC = Text(
    "Leads carry no durations, so nothing is said about when they end: who loses more is asked of "
    "closed leads by logistic regression.",
    "线索没有时长，无法说明何时结束：谁丢单更多由已结束线索的逻辑回归回答。",
)
