"""Every text that the product can say has its Chinese, with the same places to fill."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "pointsvc" / "translations" / "zh" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\((\w+)\)s")


def texts() -> set[str]:
    """The English texts in code and templates; of a plural the singular."""
    found = set()
    for folder in ("pointsvc", "workers"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder, METHODS, keywords=KEYWORDS, directory_filter=lambda path: "node_modules" not in str(path)
        ):
            found.add(message if isinstance(message, str) else message[0])
    return found - {""}


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


def test_every_text_has_its_chinese() -> None:
    known = chinese()
    found = texts()
    assert len(found) > 500
    assert sorted(text for text in found if not known.get(text)) == []


def test_the_chinese_fills_the_same_places() -> None:
    wrong = {
        text: words
        for text, words in chinese().items()
        if not set(PLACE.findall(words)) <= set(PLACE.findall(text)) | {"num"}
    }
    assert wrong == {}
