"""One form for what customers say, so that a wording is found however it was typed.

Full-width signs, case, Chinese script, apostrophes, blanks and punctuation must not decide which
reason a text gives. Decisions: only the first 4,000 signs of a text are read, so that a whole file
pasted into a cell costs no more than a letter; a run of punctuation ends a clause and is written
";", blanks between Chinese signs are dropped; control, format and direction signs are dropped.
The table of signs holds those that reasons are told in, not the whole language.
"""

from __future__ import annotations

import re
import unicodedata

from crm_analysis.contract.chinese import simplified

MAX_SIGNS = 4_000
CLAUSE_END = ";"

# traditional sign and its simplified one; those of the contract's own words are known there
_PAIRS = (
    "貴贵 壞坏 愛爱 專专 髒脏 環环 規规 則则 擔担 認认 識识 遠远 歡欢 夠够 擇择 舊旧 聽听 們们"
    " 嗎吗 這这 還还 覆复 複复 緊紧 響响 邊边 鄰邻 櫃柜 檯台 裏里 亂乱 氣气 臉脸 罵骂 兇凶 煩烦"
    " 託托 諮咨 詞词 腳脚 劇剧 闆板 樣样 頭头 隻只 祇只 賣卖 鋪铺 舖铺 樓楼 縣县 鎮镇 鄉乡 遷迁"
    " 難难 運运 鐵铁 騎骑 擠挤 壓压 歲岁 樂乐 萬万 億亿 塊块 圓圆 銀银 貸贷 稅税 減减 劵券 獲获"
    " 贈赠 禮礼 庫库 補补 齊齐 顏颜 醜丑 設设 燈灯 腦脑 螢荧 顯显 軟软 損损 傷伤 鬆松 鏽锈 銹锈"
    " 燒烧 測测 換换 賠赔 償偿 證证 據据 隱隐 瞞瞒 佈布 聞闻 風风 險险 譜谱 誠诚 譽誉 詐诈 偽伪"
    " 盜盗 誤误 裝装 師师 導导 練练 親亲 觀观 剝剥 倫伦 廠厂 國国 畫画 擱搁 濟济 儉俭 攢攒 瞭了"
    " 麽么 甚什 妳你 儘尽 盡尽 幹干 乾干 較较 強强 雖虽 卻却 連连 穩稳 靈灵 極极 權权 圖图 書书"
    " 飯饭 館馆 鮮鲜 魚鱼 雞鸡 麵面 湯汤 鹹咸 熱热 涼凉 濕湿 潔洁 掃扫 蟲虫 鬧闹 靜静 寬宽 擁拥"
    " 廁厕 煙烟 菸烟 厭厌 儀仪 獨独 戲戏 獎奖 積积 帳账 匯汇 紅红 綠绿 藍蓝 黃黄 鏡镜 輕轻 輛辆"
    " 勝胜 勸劝 勞劳 勢势 協协 雙双 雲云 須须 頁页 頂顶 領领 頻频 飛飞 馬马 駕驾 駛驶 驅驱 驚惊"
    " 殺杀 溫温 漸渐 滯滞 濃浓 灣湾 爛烂 牽牵 猶犹 瑣琐 療疗 盤盘 監监 眾众 礎础 窮穷 糧粮 糾纠"
    " 純纯 紙纸 縮缩 繼继 罰罚 羅罗 臨临 舉举 莊庄 華华 葉叶 著着 虧亏 製制 訓训 診诊 該该 誇夸"
    " 課课 謝谢 譯译 豐丰 貢贡 賓宾 賞赏 賴赖 趕赶 趨趋 跡迹 踐践 軌轨 載载 輔辅 辭辞 農农 遞递"
    " 醫医 鈔钞 鈴铃 鋼钢 錯错 鍵键 鎖锁 閒闲 閱阅 雜杂 頓顿 頗颇 飲饮 飾饰 飽饱 餘余 養养 髮发"
    " 鬥斗 麗丽 倉仓 側侧 僅仅 儲储 兩两 冊册 凍冻 勵励 嚐尝 嚇吓 嚴严 園园 堅坚 塗涂 墊垫 壽寿"
    " 夢梦 夾夹 婦妇 媽妈 寧宁 審审 寶宝 將将 尋寻 島岛 帶带 幣币 幫帮 廚厨 廳厅 彈弹 彎弯 彙汇"
    " 徵征 徹彻 悶闷 惱恼 慘惨 慶庆 憂忧 憑凭 懇恳 懶懒 懸悬 捨舍 掛挂 搶抢 摺折 撐撑 擋挡 擬拟"
    " 擴扩 攤摊 暢畅 曉晓 橋桥 欄栏 殘残 毀毁 沖冲 淺浅 濫滥 爐炉 爲为 牆墙 唸念 衝冲 綁绑 縫缝"
    " 鬍胡 螞蚂 癒愈 佔占"
)
_SIGNS = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
_DROPPED = dict.fromkeys(map(ord, "'’‘`´ʼ"))
_HAN = "㐀-䶿一-鿿"
_NO_WORD = re.compile(r"[^\w\s]+|_+")
_BLANKS = re.compile(r"\s+")
_LOOSE = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])| ?; ?")
_DOUBLED = re.compile(r";{2,}")


def worded(text: str | None) -> str:
    """How is a text compared? In small letters, simplified signs, clauses parted by ";".

    Parameters
    ----------
    text : str or None
        What was said; None and what is not text count as nothing said.

    Examples
    --------
    >>> worded("Ｔoo EXPENSIVE,  didn’t  pay!"), worded("價 格太貴，服務差。")
    ('too expensive;didnt pay', '价格太贵;服务差')
    >>> len(worded("贵" * 100_000))
    4000
    """
    if not isinstance(text, str) or not text:
        return ""
    seen = unicodedata.normalize("NFKC", text[:MAX_SIGNS])[:MAX_SIGNS]
    if not seen.isascii():
        seen = simplified(_visible(seen)).translate(_SIGNS)
    plain = seen.translate(_DROPPED).lower().replace("-", " ")
    clauses = _BLANKS.sub(" ", _NO_WORD.sub(CLAUSE_END, plain))
    return _DOUBLED.sub(CLAUSE_END, _LOOSE.sub(_joined, clauses)).strip("; ")


def _joined(found: re.Match[str]) -> str:
    return CLAUSE_END if CLAUSE_END in found.group() else ""


def _visible(text: str) -> str:
    """Drop control and format signs (zero width, direction), keep line ends as blanks."""
    if text.isprintable():
        return text
    return "".join(
        sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf")
    )
