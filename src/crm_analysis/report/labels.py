"""The words of the page itself, in every language."""

from __future__ import annotations

from datetime import date

from crm_analysis.language import Text

LANGUAGE_NAMES = {"en": "English", "zh": "中文"}

ALL_REPORTS = Text("All reports", "全部报告")
ANSWER = Text("Answer", "回答")
AS_OF = Text("As of", "数据截至")
CHANGE_BETTER = Text("better", "变好")
CHANGE_WORSE = Text("worse", "变差")
CHANGE_UP = Text("up", "上升")
CHANGE_DOWN = Text("down", "下降")
CSV = Text("Numbers as CSV", "下载数据（CSV）")
DATA_FITNESS = Text("How far the data can be trusted", "数据可信程度")
DETAILS = Text("Details", "详情")
DOES_NOT_SHOW = Text("What this does not show", "本页不能说明什么")
FINGERPRINT = Text("input fingerprint", "输入指纹")
FIRST_RUN = Text("first report", "首次报告")
GLOSSARY = Text("Words used on this page", "本页用语")
GRADE = Text("How sure", "依据")
INTERVAL = Text("{level} interval", "{level} 区间")
LANGUAGES = Text("Languages", "语言")
LIST_FILE = Text("List for those who act", "行动清单")
LIST_ROWS = Text("rows", "行")
MORE_ROWS = Text(
    "The first {shown} of {total} rows; the CSV has them all.",
    "仅显示 {total} 行中的前 {shown} 行；CSV 中为全部。",
)
MONTHS = Text("Monthly reports, newest first", "各月报告，最新在前")
NEXT = Text("Next month", "下一月")
NO_CHANGE = Text("no change", "无变化")
NO_FINDING = Text(
    "No regularity stands: nothing here is more than chance would show.",
    "没有发现规律：此处所见不超出偶然的范围。",
)
NO_LIMITS = Text("Nothing to add.", "无补充。")
NO_NEXT = Text("There is no later report yet.", "目前还没有更晚的报告。")
NO_REPORTS = Text("No report has been published yet.", "尚未发布任何报告。")
NOT_BEFORE = Text("not in the last report", "上期报告无此数字")
NOTHING_TO_DO = Text("Nothing is asked of you this month.", "本月无需采取行动。")
ON_PAGE = Text("On this page", "本页内容")
PAGE = Text("Page", "页面")
PREVIOUS = Text("Previous month", "上一月")
REPORT = Text("Customer and deal report", "客户与商机报告")
ROWS_USED = Text("Rows used", "使用的行数")
SINCE = Text("since", "自")
SKIP = Text("Skip to the content", "跳到正文")
SOURCE = Text("source", "数据源")
STATE = Text("State", "状态")
TO_DO = Text("What to do", "建议行动")
THIS_MONTH = Text("This month's pages", "本月各页")
VERSION = Text("version", "版本")
WEAK = Text("few data: read with care", "数据较少，请谨慎解读")

STATUS_WORDS = {
    "ok": Text("answered", "已回答"),
    "weak": Text("answered, few data", "已回答，数据较少"),
    "not_estimable": Text("too little data", "数据不足"),
    "off": Text("switched off: data missing", "未启用：缺少数据"),
    "failed": Text("failed: earlier page stands", "运行失败：保留旧页"),
    "kept": Text("not run this time: earlier page stands", "本次未运行：保留旧页"),
    "missing": Text("no page", "无页面"),
    "failed_missing": Text("failed: no earlier page", "运行失败：无旧页"),
}

STAMP_FAILED = Text(
    "This page is from an earlier run of the same day ({run}): this time the notebook failed.",
    "本页来自同一截止日的较早一次运行（{run}）：本次运行失败。",
)
STAMP_KEPT = Text(
    "This page is from an earlier run of the same day ({run}): this time it was not asked for.",
    "本页来自同一截止日的较早一次运行（{run}）：本次未要求运行。",
)
RUN = Text("run {number}", "第 {number} 次运行")

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def day_text(day: date, lang: str) -> str:
    """Write a date in words.

    Examples
    --------
    >>> from datetime import date
    >>> day_text(date(2026, 10, 31), "en"), day_text(date(2026, 10, 31), "zh")
    ('31 October 2026', '2026年10月31日')
    """
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def fill(text: Text, **words: object) -> Text:
    """Fill the named gaps of a text in every language; a `Text` fills in its own language."""
    en = {k: v.en if isinstance(v, Text) else str(v) for k, v in words.items()}
    zh = {k: v.zh if isinstance(v, Text) else str(v) for k, v in words.items()}
    return Text(text.en.format(**en), text.zh.format(**zh))
