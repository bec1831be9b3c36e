"""M02, text coding: how far the machine's codes can be believed."""

from __future__ import annotations

from crm_analysis.language import Text
from crm_analysis.quantities.quantity import Quantity

QUANTITIES: dict[str, Quantity] = {
    "reasons_machine_f1": Quantity(
        "score 0-1",
        Text(
            "agreement of the machine's codes with the coders', on texts it has not learned from: "
            "mean F1 over the codes",
            "机器编码与人工编码的一致程度（未参与学习的文本，各编码 F1 的均值）",
        ),
    ),
    "codes_unsettled_count": Quantity(
        "count",
        Text(
            "codes with coded texts enough that were not learned, as their fit did not settle",
            "已编码文本足够、但因拟合未收敛而未学习的编码数",
        ),
    ),
    "text_groups_agreement": Quantity(
        "score 0-1",
        Text(
            "how far groups of texts made without codes go with the language, or with the reason "
            "(normalised mutual information)",
            "不用编码、自动形成的文本分组与语言（或与原因）的吻合程度（标准化互信息）",
        ),
        ("grouping",),
    ),
}

NOTES: dict[str, Text] = {
    "few_coded_texts": Text("too few texts coded by hand", "人工编码的文本太少"),
    "groups_follow_language": Text(
        "groups of mixed texts follow the language, not the reason",
        "混合文本的自动分组跟随语言，而非原因",
    ),
}
