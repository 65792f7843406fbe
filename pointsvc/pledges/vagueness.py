"""What keeps a pledge from being checked, said gently: it is advice on the form, never a refusal. Pure.

'Lower than last year' means nothing while last year's figure is not there, and 'strengthen' or
'strive' alone cannot be kept or broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pointsvc.errors import N_

CHECKABLE = ("indicator", "baseline", "target")

_EMPTY_WORDS = re.compile("加强|进一步|努力|争取|认真|积极|不断|切实|大力|尽量|力争")
_FIGURE = re.compile(r"[0-9０-９]|[一二三四五六七八九十百两每半][个次户人天周月季年件篇名场处条亩元场小]")

ADVICE = {
    "indicator": N_("By what can people see that it is kept? Name something that can be counted or looked at."),
    "baseline": N_("How does it stand today? Without that figure, nobody can tell later what has become better."),
    "target": N_("How far is it to come? A figure, or a state that anybody can see."),
    "text": N_(
        "Words such as 加强 or 努力 alone can be neither kept nor broken: say what will be done, how often, for whom."
    ),
}


def advice(said: Mapping[str, str]) -> dict[str, str]:
    """What to say beside which field (an English msgid), for one that can hardly be checked."""
    found = {name: ADVICE[name] for name in CHECKABLE if not said.get(name, "").strip()}
    if empty(said.get("text", "")) and not _FIGURE.search(said.get("indicator", "") + said.get("target", "")):
        found["text"] = ADVICE["text"]
    return found


def empty(text: str) -> bool:
    """Whether the text has words of intention and nothing to count."""
    return bool(_EMPTY_WORDS.search(text)) and not _FIGURE.search(text)
