"""S09: reasons in three scripts, worded in many ways that no codebook holds.

The phrases lie in `s09_texts.toml`; they were written for this world and are a witness of their
own: most of them do not name their reason.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from crm_analysis.world.clock import LAST_DAY, ids, stamps
from crm_analysis.world.scenarios.build import HOUR, Planted, Streams, Tables, leads_frame, owners

EIGHT = (
    "price", "speed", "quality", "attitude", "range_few", "distance", "trust", "rival_offer"
)  # fmt: skip
LANGS = ("zh_Hans", "zh_Hant", "en")
PER_CODE, N_OPEN = 150, 60
P_DOUBLE, P_GIBBERISH, P_DROPPED, P_CODED, P_LANG_GIVEN = 0.10, 0.05, 0.15, 0.25, 0.70
NO_REASON = "unclassified"
_NOISE = {
    "zh_Hans": "的一是在了和有大这主中人上为们地个用工时要动国产以我到他会作来分生对于学下级",
    "zh_Hant": "的一是在了和有大這主中人上為們地個用工時要動國產以我到他會作來分生對於學下級",
    "en": "asdfghjklqwertyuiopzxcvbnm",
}


def s09(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """1,200 reasons of eight codes; null: the codes were assigned at random to the texts."""
    return _world(rng, EIGHT, planted=planted)


def s09b(rng: Streams, planted: bool) -> tuple[Tables, Planted]:
    """The same with all 24 codes and as many texts of each: 3,600."""
    return _world(rng, tuple(code for code in phrases() if code != "fillings"), planted=planted)


@cache
def phrases() -> dict[str, dict[str, Any]]:
    """Read the phrases of each code and the fillings of their gaps."""
    text = files("crm_analysis.world.scenarios").joinpath("s09_texts.toml").read_text("utf-8")
    return tomllib.loads(text)


def _world(rng: Streams, codes: tuple[str, ...], *, planted: bool) -> tuple[Tables, Planted]:
    draw, n = rng["leads"], PER_CODE * len(codes)
    ended = LAST_DAY - draw.uniform(20, 400, n)
    opened = np.r_[ended - 5 - draw.exponential(30, n), LAST_DAY - draw.uniform(1, 40, N_OPEN)]
    leads = leads_frame(opened, np.r_[ended, np.full(N_OPEN, np.nan)], np.full(len(opened), "lost"))
    said = reasons(leads.iloc[:n], codes, rng["reasons"])
    if not planted:
        said["_codes"] = rng["scenario"].permutation(said["_codes"].to_numpy())
        said["code_a"] = said["_codes"].where(said["code_a"].notna())
    return {"customers": owners(leads), "leads": leads, "reasons": said}, []


def reasons(lost: pd.DataFrame, codes: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Write one text per lost lead; a coder has read a random quarter without a mistake.

    `_codes` holds the truth, `_phrases` the number of the phrase of each, `_lang` the script.
    """
    n = len(lost)
    frame = lost[["lead_id", "customer_id"]].reset_index(drop=True)
    frame["reason_id"], frame["about"], frame["source"] = ids("Y", n), "lead_loss", "callback"
    frame["_lang"] = rng.choice(LANGS, n)
    kinds = rng.choice(["double", "none", "one"], n, p=[P_DOUBLE, P_GIBBERISH, 0.85])
    made = [_text(kind, lang, codes, rng) for kind, lang in zip(kinds, frame["_lang"], strict=True)]
    frame["_codes"] = [";".join(said) or NO_REASON for said, _ in made]
    frame["_phrases"] = [";".join(map(str, said.values())) for said, _ in made]
    frame["text"] = [_less(text, rng) for _, text in made]
    frame["lang"] = frame["_lang"].str.replace("_", "-").where(rng.random(n) < P_LANG_GIVEN)
    frame["code_a"] = frame["_codes"].where(rng.random(n) < P_CODED)
    frame["prompted"] = pd.array(np.zeros(n, dtype=bool), dtype="boolean")
    ended = lost["_closed"].to_numpy()
    frame["event_at"], frame["said_at"] = stamps(ended), stamps(ended + 10)
    frame["recorded_at"] = stamps(ended + 10 + HOUR)
    return frame


def _text(
    kind: str, lang: str, codes: tuple[str, ...], rng: np.random.Generator
) -> tuple[dict[str, int], str]:
    """Write one text: its causes with the number of their phrase, and what is said."""
    if kind == "none":
        signs = _NOISE[lang]
        return {}, "".join(rng.choice(list(signs), int(rng.integers(4, 15))))
    causes = rng.choice(codes, 2 if kind == "double" else 1, replace=False)
    number = {str(cause): int(rng.integers(len(phrases()[cause][lang]))) for cause in causes}
    said = [_filled(phrases()[cause][lang][at], lang, rng) for cause, at in number.items()]
    join = str(rng.choice(phrases()["fillings"]["join_en" if lang == "en" else "join_zh"]))
    before, after = (_filling(part, lang, rng) for part in ("before", "after"))
    return number, before + join.join(said) + after


def _filling(part: str, lang: str, rng: np.random.Generator) -> str:
    fillings = phrases()["fillings"]
    script = lang.removeprefix("zh_")
    listed = fillings.get(f"{part}_{script}") or fillings[f"{part}_zh"]
    return str(rng.choice(listed))


def _filled(phrase: str, lang: str, rng: np.random.Generator) -> str:
    return phrase.format(**{part: _filling(part, lang, rng) for part in ("n", "who", "thing")})


def _less(text: str, rng: np.random.Generator) -> str:
    """Drop a sign of some texts, as in typing."""
    if rng.random() >= P_DROPPED:
        return text
    place = int(rng.integers(0, len(text)))
    return text[:place] + text[place + 1 :]
