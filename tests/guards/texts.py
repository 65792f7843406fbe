"""The English texts in code and templates with where they stand, and the catalogue of their Chinese."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "pointsvc" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


@cache
def texts() -> dict[str, set[str]]:
    """Each English text (of a plural the singular) with the files that say it."""
    found = defaultdict(set)
    for folder in ("pointsvc", "workers"):
        for name, _, message, _, _ in extract_from_dir(
            ROOT / folder, METHODS, keywords=KEYWORDS, directory_filter=lambda path: "node_modules" not in str(path)
        ):
            found[message if isinstance(message, str) else message[0]].add(f"{folder}/{name}")
    found.pop("", None)
    return dict(found)


@cache
def chinese() -> dict[str, str]:
    """The catalogue: English -> Chinese."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh")
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        if isinstance(message.string, str)
        else message.string[0]
        for message in catalogue
        if message.id and not message.fuzzy
    }
