"""Whatever page stands by itself can be come to: some other page, or a line of what waits, leads there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2] / "pointsvc"
# For machines, and the page of all components for whoever builds.
FOR_OTHERS = {"status.healthz", "status.metrics", "status.readyz", "home.design"}
# A page of the same file leads there, as the lists of the register do by ``beside_the_register``.
BESIDE = {"notices.wishes"}


def pages(app: Flask) -> Iterator[str]:
    """The pages that need nothing in their address: a list, a form, a first page."""
    for rule in app.url_map.iter_rules():
        plain = not rule.arguments and "GET" in (rule.methods or ())
        if plain and not rule.rule.startswith(("/api/", "/static")) and "." not in rule.rule:
            yield rule.endpoint


def test_every_page_is_led_to(app: Flask) -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    sources |= {path: path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")}
    alone = set()
    for endpoint in set(pages(app)):
        defined = app.view_functions[endpoint].__module__.replace(".", "/") + ".py"
        own = endpoint.partition(".")[2] + ".html"
        elsewhere = (text for path, text in sources.items() if not str(path).endswith((defined, own)))
        led = any(f"'{endpoint}'" in text or f'"{endpoint}"' in text for text in elsewhere)
        if not led and not any(f'beside_the_register("{endpoint}"' in text for text in sources.values()):
            alone.add(endpoint)
    assert alone == FOR_OTHERS | BESIDE
