"""One form for words that come in many: case, blanks, full-width signs, Chinese script.

The table of signs holds those that the contract's own words use, not the whole language.
"""

from __future__ import annotations

import re
import unicodedata

_SIMPLIFIED = (
    "与业丢丧个为么习买争于产从价优会传体兑关兴内写决况净准几击划刚创别办务动区单历参"
    "发变号后启员唤团围场坛声处备复学实对尝层届属岗并广应废开异弃归当录径怀态总恶惯愿"
    "战户执扬扰护报数断无时暂术机条来构标档检毕沟没润涨满点状现电码确离种称竞笔签简类"
    "约级纬纳纷线组细终绍经结络绝统续维缓编网职联节范荐营虑见视触计订让议讯记讲许论访"
    "评诉试话询详语说请诺读谁调谈谎负财责败账货质购贴费资赞赢踪车转轮输达过进违迟适选"
    "遗邮采释针钟钱链销长门闭问间队阶际陈随项顾预题额馈验骗龄"
)
_TRADITIONAL = (
    "與業丟喪個為麼習買爭於產從價優會傳體兌關興內寫決況淨準幾擊劃剛創別辦務動區單歷參"
    "發變號後啟員喚團圍場壇聲處備復學實對嘗層屆屬崗併廣應廢開異棄歸當錄徑懷態總惡慣願"
    "戰戶執揚擾護報數斷無時暫術機條來構標檔檢畢溝沒潤漲滿點狀現電碼確離種稱競筆簽簡類"
    "約級緯納紛線組細終紹經結絡絕統續維緩編網職聯節範薦營慮見視觸計訂讓議訊記講許論訪"
    "評訴試話詢詳語說請諾讀誰調談謊負財責敗賬貨質購貼費資讚贏蹤車轉輪輸達過進違遲適選"
    "遺郵採釋針鐘錢鏈銷長門閉問間隊階際陳隨項顧預題額饋驗騙齡"
)

_TO_TRADITIONAL = str.maketrans(_SIMPLIFIED, _TRADITIONAL)
_TO_SIMPLIFIED = str.maketrans(_TRADITIONAL + "繫係並贊裡臺註啓", _SIMPLIFIED + "系系并赞里台注启")

_UNSEEN = ("Cc", "Cf")  # control and format signs: NUL, zero width, direction


def plain(text: str) -> str:
    """Return the form in which headers and labels are compared.

    Examples
    --------
    >>> plain(" Ｃustomer  ID"), plain("Follow-up"), plain("客户\\u200b编号")
    ('customer_id', 'follow_up', '客户编号')
    """
    seen = "".join(s for s in text if s.isspace() or unicodedata.category(s) not in _UNSEEN)
    narrow = unicodedata.normalize("NFKC", seen).strip().lower()
    return re.sub(r"[\s_\-]+", "_", narrow)


def traditional(text: str) -> str:
    """Write the contract's simplified signs in traditional ones.

    Examples
    --------
    >>> traditional("客户编号")
    '客戶編號'
    """
    return text.translate(_TO_TRADITIONAL)


def simplified(text: str) -> str:
    """Write traditional signs in simplified ones, as far as the contract uses them.

    Examples
    --------
    >>> simplified("客戶編號")
    '客户编号'
    """
    return text.translate(_TO_SIMPLIFIED)
