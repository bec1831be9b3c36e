"""What is wrong with a codebook file: every fault with its place and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm_analysis.errors import did_you_mean
from crm_analysis.reasons.wording import worded

GAP = "..."
_TOP = ("name", "version", "negations_en", "negations_zh", "classes", "codes", "crosswalk")
_LISTS = ("en", "zh", "zh_hant", "unless")
_CODE = ("class", "label_en", "label_zh", *_LISTS)
_RESERVED = ("unclassified",)


def codebook_faults(given: Mapping[str, Any]) -> list[str]:
    """Say all that is wrong with a codebook, in the file's order; nothing where all is well.

    Examples
    --------
    >>> codebook_faults({"name": "ours", "version": "1", "codes": {}})
    ['classes: missing; at least one is needed', 'codes: missing; at least one is needed']
    """
    classes = _keys(given, "classes")
    return [
        *_unknown("", given, _TOP),
        *(fault for key in ("name", "version") for fault in _text(key, given.get(key))),
        *(fault for key in ("negations_en", "negations_zh") for fault in _texts(key, given, key)),
        *_tables("classes", given, _class_faults),
        *_tables("codes", given, lambda name, one: _code_faults(name, one, classes)),
        *_named_twice(given),
        *_crosswalk_faults(given),
    ]


def _keys(given: Mapping[str, Any], key: str) -> list[str]:
    table = given.get(key)
    return list(table) if isinstance(table, dict) else []


def _unknown(place: str, given: Mapping[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for key in given:
        if key not in known:
            near = did_you_mean(key, known).strip() or f"allowed: {', '.join(known)}"
            yield f"{place}{key}: unknown key; {near}"


def _text(place: str, value: object) -> Iterator[str]:
    if value is None:
        yield f"{place}: missing"
    elif not isinstance(value, str) or not value.strip():
        yield f"{place} = {value!r}: a text in quotes is needed"


def _tables(key: str, given: Mapping[str, Any], check: Any) -> Iterator[str]:  # noqa: ANN401
    table = given.get(key)
    if not table:
        yield f"{key}: missing; at least one is needed"
    elif not isinstance(table, dict):
        yield f"{key} = {table!r}: tables [{key}.name] are needed"
    else:
        for name, one in table.items():
            if isinstance(one, dict):
                yield from check(name, one)
            else:
                yield f"{key}.{name} = {one!r}: a table [{key}.{name}] is needed"


def _class_faults(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    place = f"classes.{name}."
    yield from _unknown(place, one, ("en", "zh"))
    for key in ("en", "zh"):
        yield from _text(f"{place}{key}", one.get(key))


def _code_faults(name: str, one: Mapping[str, Any], classes: list[str]) -> Iterator[str]:
    place = f"codes.{name}."
    if name in _RESERVED or not name.strip() or ";" in name:
        yield f"codes.{name}: not a name for a code"
    yield from _unknown(place, one, _CODE)
    for key in ("class", "label_en", "label_zh"):
        yield from _text(f"{place}{key}", one.get(key))
    group = one.get("class")
    if isinstance(group, str) and group and group not in classes:
        yield f"{place}class = {group!r}: allowed: {', '.join(classes)}"
    for key in _LISTS:
        yield from _texts(f"{place}{key}", one, key)


def _texts(place: str, given: Mapping[str, Any], key: str) -> Iterator[str]:
    """Check a list of wordings."""
    listed = given.get(key, [])
    if not isinstance(listed, list):
        yield f"{place} = {listed!r}: a list of texts is needed"
        return
    for wording in listed:
        if not isinstance(wording, str):
            yield f"{place}: {wording!r} is no text in quotes"
        elif not key.startswith("negations") and (fault := wording_fault(wording)):
            yield f"{place}: {wording!r} {fault}"


def wording_fault(wording: str) -> str:
    """Say what is wrong with a wording; "" where nothing is.

    Examples
    --------
    >>> wording_fault("expens*"), wording_fault("贵")
    ('', 'is too short; two signs at least')
    """
    parts = [worded(part.replace("*", "")) for part in wording.split(GAP)]
    if not all(parts):
        return "has nothing to look for on one side of the gap" if GAP in wording else "is empty"
    if len(head(wording)) < 2:
        return "is too short; two signs at least"
    return "crosses the end of a clause" if any(";" in part for part in parts) else ""


def head(wording: str) -> str:
    """Return the signs that a wording surely begins with.

    Examples
    --------
    >>> head("Price* ... high"), head("價格...高")
    ('price', '价格')
    """
    return worded(wording.split(GAP)[0].split("*")[0])


def _named_twice(given: Mapping[str, Any]) -> Iterator[str]:
    """Find labels and names under which two codes would be meant."""
    seen: dict[str, str] = {}
    codes = given.get("codes")
    for name, one in codes.items() if isinstance(codes, dict) else ():
        labels = [one.get("label_en"), one.get("label_zh")] if isinstance(one, dict) else []
        forms = {
            worded(text) for text in (name.replace("_", " "), *labels) if isinstance(text, str)
        }
        for form in sorted(forms):
            if seen.setdefault(form, name) != name:
                yield f"codes.{name}: {form!r} also means the code {seen[form]!r}"


def _crosswalk_faults(given: Mapping[str, Any]) -> Iterator[str]:
    walk = given.get("crosswalk", {})
    if not isinstance(walk, dict):
        yield f'crosswalk = {walk!r}: tables [crosswalk."version"] are needed'
        return
    codes = _keys(given, "codes")
    for version, table in walk.items():
        if not isinstance(table, dict):
            yield f"crosswalk.{version} = {table!r}: a table is needed"
            continue
        for old, new in table.items():
            place = f"crosswalk.{version}.{old}"
            if not isinstance(new, list):
                yield f"{place} = {new!r}: a list of codes is needed, [] for none"
                continue
            for code in new:
                if code not in codes:
                    near = did_you_mean(str(code), codes)
                    yield f"{place}: {code!r} is no code of this codebook {near}".strip()
