"""The values of enumerations: a label in both languages and the other words they come under.

Aliases are blank-separated, in simplified signs; traditional ones are made. `VALUE_ALIASES` holds
every word in `plain` form. Enumerations whose column declares no allowed values (gender, marital)
only bring spellings together.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm_analysis.contract.chinese import plain, traditional
from crm_analysis.language import Text


@dataclass(frozen=True, slots=True)
class Word:
    """One value: what readers see, and the other words (blank-separated) it may come as."""

    en: str
    zh: str
    aliases: str = ""

    @property
    def label(self) -> Text:
        """What readers see."""
        return Text(self.en, self.zh)


ENUMERATIONS: dict[str, dict[str, Word]] = {
    "bool": {
        "true": Word("yes", "是", "true t y 1 1.0 真 有 对 √ ✓ wahr ja"),
        "false": Word("no", "否", "false f n 0 0.0 假 无 没有 不是 × falsch nein"),
    },
    "customers.kind": {
        "individual": Word(
            "individual", "个人", "person private consumer b2c 个人客户 散客 自然人"
        ),
        "organisation": Word(
            "organisation", "单位", "organization company firm b2b 企业 公司 机构 企业客户 集团"
        ),
    },
    "customers.gender": {
        "female": Word("female", "女", "f woman 女性 女士"),
        "male": Word("male", "男", "m man 男性 先生"),
    },
    "customers.marital": {
        "single": Word("single", "未婚", "unmarried 单身"),
        "married": Word("married", "已婚", "结婚"),
        "divorced": Word("divorced", "离异", "离婚 离异"),
        "widowed": Word("widowed", "丧偶", "widow widower"),
    },
    "customers.source": {
        "friend": Word(
            "friends", "朋友介绍", "friends referral referred 朋友 转介绍 老客户介绍 推荐 熟人"
        ),
        "advert": Word(
            "adverts", "广告", "ad ads advertisement advertising 媒体广告 网络广告 宣传"
        ),
        "event": Word("event", "活动", "events activity fair 市场活动 展会 促销活动"),
        "nearby": Word("lives nearby", "住在附近", "near near_home 附近 家附近 就近"),
        "passing": Word("passed by", "路过", "passing_by walk_in 路过进店 进店"),
        "other": Word("other", "其他", "others misc 其它 别的"),
    },
    "customers.partner_type": {
        "consumer": Word("consumer", "消费者", "end_customer 终端客户 个人消费者"),
        "agent": Word("agent", "代理商", "distributor 代理 经销商 总代理"),
        "franchisee": Word("franchisee", "加盟商", "franchise 加盟 加盟店"),
        "retailer": Word("retailer", "零售商", "shop store 零售 零售店 门店"),
    },
    "leads.status": {
        "open": Word(
            "open", "进行中", "active pending ongoing in_progress 跟进中 未结 未成交 在谈"
        ),
        "won": Word("won", "成交", "win closed_won success sold deal 已成交 赢单 成功 签约 已签约"),
        "lost": Word("lost", "流失", "lose closed_lost failed 丢单 失败 已流失 输单 战败 未成功"),
        "void": Word(
            "void",
            "作废",
            "voided cancelled canceled declined disqualified invalid duplicate 无效 取消 撤销 重复",
        ),
    },
    "leads.lost_to": {
        "other_brand": Word("another brand", "其他品牌", "competitor rival 竞品 竞争品牌 别的品牌"),
        "same_brand_elsewhere": Word(
            "our brand, another seller", "同品牌别家", "same_brand other_dealer 同品牌他店 别家店"
        ),
        "not_planning": Word(
            "gave up buying", "不打算买", "no_plan cancelled_plan 取消计划 不买了 放弃购买"
        ),
        "postponed": Word("postponed", "推迟", "delayed later 延期 暂缓 以后再买"),
        "unknown": Word("unknown", "不明", "not_known 未知 不详 不清楚"),
    },
    "interactions.direction": {
        "out": Word("from us", "呼出", "outbound outgoing 主动 我方 去电 外呼 我方发起"),
        "in": Word("from the customer", "呼入", "inbound incoming 被动 客户 来电 客户发起"),
    },
    "interactions.channel": {
        "meet": Word(
            "meeting", "面谈", "meeting visit face_to_face 拜访 见面 上门 到店 会面 当面 上门拜访"
        ),
        "call": Word(
            "call", "电话", "phone telephone tel mobile office_phone 打电话 手机 座机 通话"
        ),
        "sms": Word("text message", "短信", "text text_message 手机短信 简讯"),
        "qq": Word("QQ", "QQ", "腾讯qq qq聊天"),
        "wechat": Word("WeChat", "微信", "weixin wx 企业微信"),
        "im": Word("chat", "即时通讯", "msn gtalk chat messenger whatsapp 在线聊天 旺旺 网聊"),
        "email": Word("e-mail", "邮件", "e_mail mail 电子邮件 邮箱"),
        "sns": Word("social network", "社交网络", "social social_media 微博 朋友圈 社交媒体"),
        "blog": Word("blog", "博客", "weblog 部落格"),
        "event": Word("event", "活动", "events 市场活动 展会 会议"),
        "other": Word("other", "其他", "others misc 其它"),
    },
    "interactions.purpose": {
        "sell": Word("sell", "推销", "sale sales 销售 推介 报价"),
        "follow_up": Word("follow up", "跟进", "followup 跟踪 回访"),
        "solve": Word("solve a problem", "解决问题", "support problem 处理问题 售后"),
        "care": Word("care", "关怀", "greeting 问候 客户关怀 节日问候"),
        "survey": Word("survey", "调查", "questionnaire 问卷 调研"),
        "winback": Word("win back", "挽回", "win_back 赢回 挽留 唤回"),
        "promo": Word("promotion", "促销", "promotion offer 优惠 促销通知"),
        "policy": Word("policy", "政策通知", "policies 政策 政策宣讲"),
        "visit": Word("visit", "走访", "例行拜访 巡店 探访"),
    },
    "assessments.kind": {
        "deal_probability": Word(
            "deal probability", "成交概率", "probability win_probability 成交可能性 成交几率"
        ),
        "willingness_to_pay": Word(
            "willingness to pay", "愿付价格", "wtp 心理价位 支付意愿 客户出价"
        ),
        "model_interest": Word("model wanted", "意向型号", "model 意向产品 关注型号 意向车型"),
        "stage": Word("stage", "阶段", "phase 销售阶段 跟进阶段"),
    },
    "assessments.by": {
        "rep": Word("sales rep", "销售代表", "salesman sales 销售 业务员 销售员 销售人员"),
        "customer": Word("customer", "客户", "client 顾客 本人"),
        "system": Word("system", "系统", "auto model 自动 模型"),
    },
    "reasons.about": {
        "lead_loss": Word("lost deal", "丢单", "loss lost_deal 商机流失 未成交 战败"),
        "churn": Word("leaving", "客户流失", "leave leaving 流失 离开"),
        "return": Word("return", "回归", "returned come_back 回流 重新购买"),
        "stay": Word("stay", "留下", "stayed retained 留存 续用"),
    },
    "reasons.source": {
        "rep_opinion": Word("rep's opinion", "销售判断", "rep opinion 销售意见 业务员判断"),
        "customer_to_rep": Word(
            "customer to the rep", "客户告诉销售", "customer 客户口述 客户自述"
        ),
        "callback": Word("call back", "回访", "call_back 电话回访"),
        "survey": Word("survey", "问卷", "questionnaire 调查 问卷调查"),
        "third_party": Word("third party", "第三方", "agency external 第三方调查"),
    },
    "engagement.kind": {
        "referral": Word("referral", "推荐", "refer 转介绍 推荐朋友 介绍客户"),
        "post": Word("post", "发帖", "posting thread 发贴 主题帖"),
        "reply": Word("reply", "回帖", "comment 回贴 回复 跟帖"),
        "answer": Word("answer", "答疑", "answers 回答 解答"),
        "support_in_crisis": Word(
            "support in a crisis", "危机声援", "crisis_support 声援 维护品牌"
        ),
        "event_invited": Word("invited to an event", "受邀活动", "invited 邀请 活动邀请"),
        "event_attended": Word("attended an event", "参加活动", "attended 到场 出席活动"),
        "suggestion": Word("suggestion", "建议", "suggest idea 提建议"),
        "praise": Word("praise", "表扬", "compliment 好评 赞扬"),
        "complaint_public": Word("public complaint", "公开投诉", "public_complaint 差评 网络投诉"),
        "visit": Word("visit", "来访", "login 到店 登录 访问"),
        "use": Word("use", "使用", "usage 产品使用"),
        "open": Word("opened a message", "打开", "opened 打开邮件 已读"),
        "click": Word("click", "点击", "clicked 点击链接"),
    },
    "surveys.problem_class": {
        "product": Word("product", "产品", "goods quality 商品 产品质量 质量"),
        "price": Word("price", "价格", "pricing 费用 价钱"),
        "service": Word("service", "服务", "services 售后服务 服务质量"),
    },
    "issues.kind": {
        "complaint": Word("complaint", "投诉", "complaints 抱怨 客诉"),
        "question": Word("question", "咨询", "inquiry enquiry 疑问 问题 提问"),
        "fault": Word("fault", "故障", "defect failure repair 报修 质量问题 维修"),
        "promise": Word("promise", "承诺", "commitment 许诺"),
        "dispute": Word("dispute", "纠纷", "conflict 争议"),
    },
    "issues.found_by": {
        "customer": Word("customer", "客户", "client 顾客 客户发现"),
        "rep": Word("sales rep", "销售代表", "staff us 员工 我方 我方发现 业务员"),
    },
    "issues.outcome": {
        "open": Word("open", "未结", "pending ongoing 处理中 进行中 待处理"),
        "resolved": Word("resolved", "已解决", "solved done closed 解决 已处理"),
        "unresolved": Word("not resolved", "未解决", "unsolved not_resolved 没解决"),
        "kept": Word("kept", "已兑现", "fulfilled 兑现 履行 已履行"),
        "broken": Word("broken", "未兑现", "failed 违约 食言 未履行"),
    },
    "issues.tone": {
        "lie": Word("lied to", "撒谎", "lied 欺骗 说谎 骗人"),
        "bad_attitude": Word("bad attitude", "态度差", "rude attitude 态度不好 态度恶劣"),
        "unequal": Word("treated unequally", "不公平", "unfair 区别对待 不平等"),
        "ignored": Word("ignored", "被忽视", "ignore neglected 不理睬 没人管 无人理会"),
    },
    "targets.scope": {
        "company": Word("company", "公司", "firm all 全公司 总体"),
        "team": Word("team", "团队", "department group 部门 小组"),
        "rep": Word("sales rep", "销售代表", "salesman person 个人 业务员 销售"),
    },
    "targets.metric": {
        "leads": Word("leads", "商机数", "lead 商机 线索 线索数"),
        "deals": Word("deals", "成交数", "deal 成交 订单数 成单"),
        "revenue": Word("revenue", "销售额", "sales turnover 收入 营业额"),
        "visits": Word("visits", "拜访数", "visit 拜访 拜访量"),
        "returns": Word("returning customers", "回流数", "return 回流 挽回数 回归"),
    },
    "actions.kind": {
        "promotion": Word("promotion", "促销", "promo 促销活动 优惠活动"),
        "price_change": Word("price change", "调价", "price 涨价 降价 价格调整"),
        "policy": Word("policy", "政策", "policies 政策变化 新政策"),
        "process_change": Word("process change", "流程变更", "process 流程调整 流程改进"),
        "crisis": Word("crisis", "危机", "scandal 信任危机 公关危机"),
        "supply_break": Word("supply break", "断货", "out_of_stock shortage 缺货 供应中断"),
        "winback_launch": Word("win-back launch", "启动挽回", "winback 挽回启动 挽回活动"),
        "calendar": Word("calendar", "日历", "holiday 节假日 假期"),
    },
}
ENUMERATIONS["issues.class"] = ENUMERATIONS["surveys.problem_class"]


def allowed(enumeration: str) -> tuple[str, ...]:
    """Return the values of an enumeration, named "table.column"."""
    return tuple(ENUMERATIONS[enumeration])


def value_label(enumeration: str, value: str) -> Text:
    """Return what readers see for a value; the value itself where none is declared.

    Examples
    --------
    >>> value_label("leads.status", "lost").say("zh")
    '流失'
    """
    word = ENUMERATIONS.get(enumeration, {}).get(value)
    return word.label if word else Text(value, value)


def _words(value: str, word: Word) -> set[str]:
    given = [value, word.zh, *word.aliases.split(), word.en]
    return {plain(form) for text in given for form in (text, traditional(text))}


VALUE_ALIASES: dict[str, dict[str, str]] = {
    enumeration: {
        alias: value for value, word in values.items() for alias in sorted(_words(value, word))
    }
    for enumeration, values in ENUMERATIONS.items()
}
