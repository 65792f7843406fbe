"""Codes for what a clerk has only given a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST = 48

_NOT_IN_CODE = re.compile(r"[^a-z0-9]+")


def code_for(name: str, taken: Collection[str]) -> str:
    """The name in pinyin, with a number behind it where another has that code already.

    By the name and not by a count, so that the same rule in two sheets gets the same code and two
    different ones hardly ever do: a member's entries are then understood in both.
    """
    # Imported late, for the reason that stands in people/names.py.
    from pypinyin import lazy_pinyin

    spelt = _NOT_IN_CODE.sub("", "".join(lazy_pinyin(name)).lower())[:LONGEST] or "item"
    number, code = 1, spelt
    while code in taken:
        number += 1
        code = f"{spelt}-{number}"
    return code
