"""Free texts of reasons and issues: simplified Chinese, traditional Chinese, English."""

from __future__ import annotations

import numpy as np

LANGS = ("zh-Hans", "zh-Hant", "en")

# code -> (simplified, traditional, English), two wordings each
REASONS: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "price": (
        ("价格太贵了", "报价比别家高"),
        ("價格太貴了", "報價比別家高"),
        ("too expensive", "the price was higher than elsewhere"),
    ),
    "cost_careful": (
        ("能省就省，暂时不花钱", "预算紧，尽量少花"),
        ("能省就省，暫時不花錢", "預算緊，盡量少花"),
        ("we spend as little as possible", "budget is tight, saving money"),
    ),
    "quality": (
        ("质量不好，用了就坏", "做工差，返修好几次"),
        ("質量不好，用了就壞", "做工差，返修好幾次"),
        ("poor quality, it broke soon", "bad workmanship, repaired again and again"),
    ),
    "speed": (
        ("回复太慢，等了好几天", "处理速度慢，没人跟进"),
        ("回覆太慢，等了好幾天", "處理速度慢，沒人跟進"),
        ("slow reply, we waited for days", "the response took far too long"),
    ),
    "time": (
        ("营业时间不合适，没时间去", "办理要排队，耗时间"),
        ("營業時間不合適，沒時間去", "辦理要排隊，耗時間"),
        ("opening hours do not suit me", "queueing takes too much time"),
    ),
    "attitude": (
        ("态度不好，爱理不理", "服务态度冷淡"),
        ("態度不好，愛理不理", "服務態度冷淡"),
        ("bad attitude, they ignored me", "rude and cold service"),
    ),
    "staff": (
        ("业务员不专业，说不清楚", "店员换来换去，不懂产品"),
        ("業務員不專業，說不清楚", "店員換來換去，不懂產品"),
        ("the staff was not competent", "the salesman did not know the product"),
    ),
    "environment": (
        ("店里又脏又吵", "环境差，有异味"),
        ("店裡又髒又吵", "環境差，有異味"),
        ("the shop is dirty and noisy", "unpleasant environment, it smells"),
    ),
    "information_transparency": (
        ("信息不透明，政策没通知", "问了也不说清楚规则"),
        ("資訊不透明，政策沒通知", "問了也不說清楚規則"),
        ("no clear information on the rules", "nobody told us the policy had changed"),
    ),
    "trust": (
        ("信不过，没有保障", "怕受骗，不可信"),
        ("信不過，沒有保障", "怕受騙，不可信"),
        ("I do not trust them", "no guarantee, not trustworthy"),
    ),
    "promise_broken": (
        ("答应的事没做到", "承诺的送货没兑现"),
        ("答應的事沒做到", "承諾的送貨沒兌現"),
        ("they did not keep their promise", "promised delivery never came"),
    ),
    "word_of_mouth": (
        ("朋友都说口碑不好", "网上差评很多"),
        ("朋友都說口碑不好", "網上負評很多"),
        ("friends speak badly of them", "bad reviews online"),
    ),
    "values": (
        ("不认同这家的做法", "商家价值观有问题"),
        ("不認同這家的做法", "商家價值觀有問題"),
        ("I do not share the values of the firm", "I disagree with how they do business"),
    ),
    "distance": (
        ("离得太远，去一趟不方便", "路太远，没有班车"),
        ("離得太遠，去一趟不方便", "路太遠，沒有班車"),
        ("too far away", "the road is too long, no shuttle bus"),
    ),
    "rival_nearby": (
        ("附近新开了一家店", "家门口开了竞争店"),
        ("附近新開了一家店", "家門口開了競爭店"),
        ("a new shop opened nearby", "a rival store opened next door"),
    ),
    "rival_offer": (
        ("别家的方案更好", "竞争对手给的条件更优"),
        ("別家的方案更好", "競爭對手給的條件更優"),
        ("a competitor made a better offer", "the other supplier offered better terms"),
    ),
    "brand": (
        ("更喜欢别的品牌", "品牌知名度不够"),
        ("更喜歡別的品牌", "品牌知名度不夠"),
        ("prefers another brand", "the brand is not known enough"),
    ),
    "stock": (
        ("没有现货", "总是缺货"),
        ("沒有現貨", "總是缺貨"),
        ("out of stock", "never in stock when needed"),
    ),
    "range_few": (
        ("品种太少，选择不多", "想要的款式没有"),
        ("品種太少，選擇不多", "想要的款式沒有"),
        ("the range is too small", "too few products to choose from"),
    ),
    "unattractive": (
        ("产品没吸引力，不值这个钱", "款式老旧，不想买"),
        ("產品沒吸引力，不值這個錢", "款式老舊，不想買"),
        ("products are not attractive", "outdated, not worth it"),
    ),
    "only_when_selling": (
        ("只有推销时才联系我", "平时不理，有活动才找我"),
        ("只有推銷時才聯繫我", "平時不理，有活動才找我"),
        ("they call only when they want to sell", "contacted only for promotions"),
    ),
    "canned": (
        ("回答都是套话", "客服像机器人一样念稿"),
        ("回答都是套話", "客服像機器人一樣唸稿"),
        ("canned answers only", "scripted replies like a robot"),
    ),
    "not_planning": (
        ("暂时不打算买", "计划取消了"),
        ("暫時不打算買", "計劃取消了"),
        ("not planning to buy now", "the project was cancelled"),
    ),
    "unknown_to_me": (
        ("不了解你们公司", "没听说过这家"),
        ("不了解你們公司", "沒聽說過這家"),
        ("I do not know the company", "never heard of them"),
    ),
    "": (
        ("说不清", "就是不想去了"),
        ("說不清", "就是不想去了"),
        ("no particular reason", "cannot say why"),
    ),
}
PREFIXES = {
    "zh-Hans": ("", "", "客户说：", "主要是"),
    "zh-Hant": ("", "", "客戶說：", "主要是"),
    "en": ("", "", "Customer said: ", "Mainly "),
}
ISSUE_CODES = {
    "product": ("quality", "stock", "range_few"),
    "price": ("price", "rival_offer"),
    "service": ("speed", "attitude", "information_transparency", "promise_broken"),
}


def languages(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the language of each text: 62 % simplified, 18 % traditional, 20 % English."""
    return rng.choice(LANGS, n, p=[0.62, 0.18, 0.20]).astype(object)


def wordings(codes: np.ndarray, langs: np.ndarray, rng: np.random.Generator) -> list[str]:
    """Write one text per code in the given language; "" is a reason that nobody can name."""
    which = rng.integers(0, 2, len(codes))
    start = rng.integers(0, 4, len(codes))
    return [
        PREFIXES[lang][s] + REASONS[code][LANGS.index(lang)][w]
        for code, lang, w, s in zip(codes, langs, which, start, strict=True)
    ]
