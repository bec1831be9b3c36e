"""Every key of `crm_analysis.toml`: its default, unit, meaning and range."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Key:
    """What a key of the file means, its unit and its range (both ends included)."""

    unit: str
    meaning: Text
    low: float | None = None
    high: float | None = None


def _meta(
    unit: str, en: str, zh: str, low: float | None = None, high: float | None = None
) -> dict[str, Key]:
    return {"key": Key(unit, Text(en, zh), low, high)}


def _key(
    default: Any,  # noqa: ANN401 - any TOML value
    unit: str,
    en: str,
    zh: str,
    low: float | None = None,
    high: float | None = None,
) -> Any:  # noqa: ANN401 - dataclasses.field is untyped too
    return field(default=default, metadata=_meta(unit, en, zh, low, high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Abc:
    """The partner classes of M15: class A by sales, class B by growth."""

    top_share: float = _key(
        0.20,
        "share",
        "franchisees by sales that are class A",
        "按销售额列为 A 类的加盟商比例",
        0,
        1,
    )
    growth: float = _key(
        0.10, "share/year", "growth a class B partner must show", "B 类伙伴须达到的年增长", 0, 10
    )
    years: int = _key(2, "years", "for so many years running", "须连续的年数", 1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """The thresholds of M04 by which a track of deal probabilities is named."""

    reversal_step: float = _key(
        0.2,
        "share",
        "a change back of this size is a reversal",
        "达到此幅度的反向变化算一次反转",
        0,
        1,
    )
    n_reversals: int = _key(2, "times", "so many reversals oscillate", "反转达此次数算摇摆", 1, 100)
    sudden_drop: float = _key(0.4, "share", "one step down of this size", "单次下跌的幅度", 0, 1)
    drawdown: float = _key(
        0.3, "share", "plateau then fall: fall from the peak", "先平后跌：自最高点的跌幅", 0, 1
    )
    net_fall: float = _key(
        0.2, "share", "plateau then fall: last below first", "先平后跌：末次低于首次的幅度", 0, 1
    )
    net_rise: float = _key(0.2, "share", "rise: last above first", "上升：末次高于首次的幅度", 0, 1)
    min_assessments: int = _key(
        4, "times", "with fewer assessments no track is named", "评估少于此次数不归类", 2, 100
    )
    cluster_stability: float = _key(
        0.85,
        "share",
        "overlap that each cluster must keep when drawn again",
        "重抽样时每个聚类须保持的重合度",
        0,
        1,
    )
    pay_gap: float = _key(
        0.1,
        "share",
        "willing to pay less than the quote, or than before, by this share",
        "愿付价格低于报价（或先前高点）达此比例",
        0,
        1,
    )
    question_days: int = _key(
        3, "days", "a customer's question open for so long", "客户提问未答复达此天数", 0, 366
    )
    stage_days: int = _key(
        30, "days", "in the same stage for so long", "停留在同一阶段达此天数", 1, 3660
    )


_CONTACT_COST = {
    "meet": 60.0,
    "call": 8.0,
    "sms": 0.1,
    "qq": 2.0,
    "wechat": 2.0,
    "im": 2.0,
    "email": 1.0,
    "sns": 2.0,
    "blog": 2.0,
    "event": 100.0,
    "other": 5.0,
}
_VALUE_WEIGHTS = {
    "consumption": 1.0,
    "referral": 1.0,
    "word_of_mouth": 1.0,
    "answers": 1.0,
    "events": 1.0,
    "surveys": 1.0,
    "suggestions": 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every key of `crm_analysis.toml` as an attribute with its default.

    `describe_config` tells unit and meaning of each. `contact_cost` and `value_weights` given in
    part keep the defaults of what is not named.
    """

    currency: str = _key("CNY", "", "the one unit of all money", "全部金额的统一货币单位")
    tz: str = _key(
        "Asia/Shanghai", "IANA name", "time zone of days and timestamps", "日期与时间的时区"
    )
    horizon_days: int = _key(90, "days", "how far outcomes are looked ahead", "结果观察期", 1, 3660)
    value_horizon_days: int = _key(
        365, "days", "how far money is looked ahead", "金额预测期", 1, 3660
    )
    landmark_days: tuple[int, ...] = _key(
        (3, 7, 14, 30),
        "days",
        "ages at which leads are looked at",
        "观察商机的时点（天龄）",
        0,
        3660,
    )
    early_call_days: tuple[int, ...] = _key(
        (7, 14, 30, 45),
        "days",
        "ages at which a lead is called early",
        "商机早期判断的时点",
        0,
        3660,
    )
    lead_dormant_days: int = _key(
        60,
        "days",
        "open without contact for so long is dormant",
        "进行中但无联系达此天数即沉睡",
        1,
        3660,
    )
    season_period: int = _key(12, "months", "length of a season", "季节周期", 1, 366)
    n_tiers: int = _key(5, "tiers", "value tiers", "价值等级数", 2, 10)
    lost_cut: float = _key(
        0.5, "share", "probability from which a customer is lost", "判定客户流失的概率界限", 0, 1
    )
    capacity_per_month: int = _key(
        100, "customers/month", "how many can be contacted", "每月可联系的客户数", 1, 10**9
    )
    contact_cost: Mapping[str, float] = field(
        default_factory=lambda: dict(_CONTACT_COST),
        metadata=_meta("currency", "cost of a contact by channel", "各渠道单次联系成本", 0),
    )
    default_margin_rate: float = _key(
        0.30, "share", "margin of sales where none is given", "无毛利数据时采用的毛利率", 0, 1
    )
    discount_rate_year: float = _key(
        0.10, "share/year", "discounting of later money", "远期金额的年折现率", 0, 1
    )
    alpha: float = _key(
        0.05, "share", "one minus the level of intervals", "区间的显著性水平", 0.0001, 0.5
    )
    fdr_q: float = _key(
        0.05, "share", "false discoveries tolerated in a family", "同族结论容许的错误发现率", 0, 1
    )
    min_events: int = _key(
        10, "events", "events per parameter for an estimate", "每个参数所需的最少事件数", 1, 1000
    )
    min_cell: int = _key(
        5, "subjects", "smaller cells are withheld from leaders", "人数更少的格子不予公布", 1, 1000
    )
    max_excluded_share: float = _key(
        0.02, "share", "rows of a table that may be excluded", "每表可排除行的最大比例", 0, 1
    )
    max_stale_days: int = _key(
        3, "days", "age of the newest row that is still fresh", "最新记录的最大滞后天数", 0, 3660
    )
    n_boot: int = _key(500, "draws", "bootstrap draws", "自助抽样次数", 100, 100_000)
    holdout_share: float = _key(
        0.20, "share", "share of a win-back round left alone", "挽回轮次中不联系的比例", 0, 0.9
    )
    nps_cuts: tuple[int, ...] = _key(
        (6, 8), "points", "last detractor, last passive", "贬损者与被动者的上限", 0, 10
    )
    loyalty_cut: int = _key(9, "points", "NPS from which one is loyal", "视为忠诚的推荐分", 0, 10)
    share_cut: float = _key(
        0.5, "share", "share of wallet that counts as high", "视为高钱包份额的界限", 0, 1
    )
    abc: Abc = field(
        default_factory=Abc, metadata=_meta("", "partner classes of M15", "M15 的伙伴分级")
    )
    value_weights: Mapping[str, float] = field(
        default_factory=lambda: dict(_VALUE_WEIGHTS),
        metadata=_meta("weight", "weight of each value dimension", "各价值维度的权重", 0),
    )
    late_reason_days: tuple[int, ...] = _key(
        (30, 180),
        "days",
        "reasons typed later than this are late, very late",
        "原因补录的迟与很迟",
        0,
    )
    codebook: str = _key(
        "",
        "path",
        "an own codebook of reasons, from the folder of this file; empty = ours",
        "自有原因代码表（相对本文件所在目录）；留空即用内置",
    )
    tracks: Tracks = field(
        default_factory=Tracks, metadata=_meta("", "thresholds of M04", "M04 的轨迹阈值")
    )
    memory_limit: str = _key(
        "", "e.g. 4GB", "memory of the engine; empty = its own", "引擎内存上限"
    )
    temp_dir: str = _key("", "path", "where the engine may spill; empty = its own", "引擎临时目录")
    data_through: date | None = field(
        default=None,
        metadata=_meta("date", "the data are complete up to this day", "数据完整至该日"),
    )
    encodings: tuple[str, ...] = _key(
        ("gb18030",), "codec", "tried in order after UTF-8", "UTF-8 之后依次尝试的编码"
    )
    notebook_timeout_seconds: int = _key(
        600, "seconds", "a notebook is stopped after", "单个笔记本的时限", 1, 86_400
    )
    referral_share: float = _key(
        0.5, "share", "of referred margin that is credited", "归功于推荐人的毛利比例", 0, 1
    )
    unwarned_share: float = _key(
        0.0, "share", "random slice never warned of", "不发预警的随机对照比例", 0, 0.9
    )
    salt: str = field(default="", repr=False)

    def describe(self) -> list[tuple[str, str, str, Text]]:
        """Return key, this configuration's value, unit and meaning of every key, nested ones too.

        The salt is left out.
        """
        return _described(self, "")


def describe_config() -> list[tuple[str, str, str, Text]]:
    """Return key, default, unit and meaning of every key of the file.

    Examples
    --------
    >>> next(row[:3] for row in describe_config() if row[0] == "abc.growth")
    ('abc.growth', '0.1', 'share/year')
    """
    return Config().describe()


def _described(table: Config | Abc | Tracks, prefix: str) -> list[tuple[str, str, str, Text]]:
    rows: list[tuple[str, str, str, Text]] = []
    for item in dataclasses.fields(table):
        if "key" not in item.metadata:
            continue
        key: Key = item.metadata["key"]
        value = getattr(table, item.name)
        name = f"{prefix}{item.name}"
        if isinstance(value, Abc | Tracks):
            rows += _described(value, f"{name}.")
        elif isinstance(value, Mapping):
            rows += [(f"{name}.{k}", f"{v:g}", key.unit, key.meaning) for k, v in value.items()]
        else:
            rows.append((name, _value_text(value), key.unit, key.meaning))
    return rows


def _value_text(value: Any) -> str:  # noqa: ANN401 - any value of a key
    if value is None or value == "":
        return "(unset)"
    return str(list(value)) if isinstance(value, tuple) else str(value)
