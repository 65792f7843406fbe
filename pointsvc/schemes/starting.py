"""The rule sheets that a draft can start from: whole documents, each for one kind of organisation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

# In the order in which an office would look for its own.
CODES = ("villages", "communities", "offices", "enterprises", "schools", "retirees")

_FOLDER = Path(__file__).with_name("templates")


@cache
def templates() -> Mapping[str, Mapping[str, Any]]:
    """The documents by code. Shared between callers: a draft takes a copy."""
    return {code: json.loads((_FOLDER / f"{code}.json").read_text("utf-8")) for code in CODES}


def empty(name: str) -> dict[str, Any]:
    """A document that has nothing in it yet but its name."""
    return {"name": name, "cycle": {"starts_month": 1}, "base": {}, "groups": [], "rules": [], "grades": []}
