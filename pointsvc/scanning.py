"""Codes to be scanned: an address of ours as a drawing within the page."""

from __future__ import annotations

import segno
from markupsafe import Markup


def scan(address: str, *, look: str = "code", border: int = 4) -> Markup:
    """The QR code that leads to this address. ``look`` is its class on the page; ``border`` is in modules."""
    drawn = segno.make(address, error="m", micro=False)
    picture = drawn.svg_inline(omitsize=True, dark="#000", light="#fff", border=border, svgclass=look, lineclass=None)
    # Drawn by the library from an address of ours: nothing in it is anybody's text.
    return Markup(picture)  # noqa: S704
