"""Words that stand for nothing, full-width signs, and which text columns hold ids."""

from __future__ import annotations

import re
from collections.abc import Mapping

import ibis.expr.types as ir

from crm_analysis.contract import Column, Table

# The signs that show are named, not those that do not: one of them, NUL, fits into no query.
_VISIBLE = (
    "\t-\n\r -~\u00a0-\u00ac\u00ae-\u061b\u061d-\u180d\u180f-\u200a"
    "\u2010-\u2029\u202f-\u205f\u206a-\ufefe\uff00-\ufff8\ufffc-\U0010ffff"
)
INVISIBLE = f"[^{_VISIBLE}]"
# Emoji and some scripts are spelled with joiners, so free text keeps those.
INVISIBLE_IN_TEXT = f"[^\u200c\u200d{_VISIBLE}]"
WIDE = "０１２３４５６７８９＋－．，：／％；（）￥　\u00a0"
NARROW = "0123456789+-.,:/%;()¥  "
_WIDE_LETTERS = "".join(chr(code + 0xFEE0) for code in range(ord("A"), ord("z") + 1))
_NARROW_LETTERS = "".join(map(chr, range(ord("A"), ord("z") + 1)))
MISSING_ANYWHERE = ("n/a", "#n/a", "null", "(null)", "<null>", "无", "無", "空")
MISSING_TYPED = (
    *MISSING_ANYWHERE,
    *("na", "none", "nan", "nat", "-", "--", "—", "/", "\\n", "暂无", "不详", "?"),
)


def shown(text: str) -> str:
    """Write the signs that nobody sees by their numbers.

    Examples
    --------
    >>> shown("L\\u200b1"), shown("轿车")
    ('L<U+200B>1', '轿车')
    """
    return re.sub(INVISIBLE, lambda sign: f"<U+{ord(sign.group()):04X}>", text)


def narrow_signs(text: ir.StringColumn) -> ir.StringColumn:
    """Write full-width digits and signs in half width."""
    return text.translate(WIDE, NARROW)


def narrow_letters(text: ir.StringColumn) -> ir.StringColumn:
    """Write full-width letters, digits and signs in half width."""
    return text.translate(WIDE + _WIDE_LETTERS, NARROW + _NARROW_LETTERS)


def plain_text(raw: ir.StringColumn) -> ir.StringColumn:
    """Do in the engine what `contract.plain` does: the form in which words are compared."""
    half = narrow_letters(raw).lower().strip()
    return half.re_replace(r"[\s_\-]+", "_").nullif("")


def is_id(column: Column, table: Table) -> bool:
    """Say whether a text column holds ids, which must be equal to be found."""
    named = column.name.endswith("_id") or column.name in ("owner", "merged_into")
    return named or bool(column.references) or column.name in table.key


def aliases_of(column: Column, table: Table) -> Mapping[str, str]:
    """Return the other words of a column's values; own factors have none."""
    return table.value_aliases(column.name) if column.name in table.column_names else {}
