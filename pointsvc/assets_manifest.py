"""Addresses of the built front-end files, by the hashed names that the build wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_MANIFEST = Path(__file__).with_name("static") / "manifest.json"


@cache
def _names() -> dict[str, str]:
    if not _MANIFEST.exists():
        return {}
    names: dict[str, str] = json.loads(_MANIFEST.read_text())
    return names


def asset_url(name: str) -> str:
    """The address of a built file such as ``app.css``; its name changes with its content."""
    return f"/static/{_names().get(name, name)}"
