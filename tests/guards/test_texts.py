"""Every text that the product can say has its Chinese, with the same places to fill and one meaning."""

from __future__ import annotations

import re

from tests.guards.shared_words import SHARED
from tests.guards.texts import chinese, texts

PLACE = re.compile(r"%\((\w+)\)s")
WORD = re.compile(r"[A-Za-z][\w'-]*")
# Where no noun speaks: the frame of all pages, the parts they share, and the sample page.
OF_NO_NOUN = {"components", "base.html", "design.html"}


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


def test_a_short_text_that_several_nouns_say_means_one_thing() -> None:
    """'Publish' is 公布施行 of a rule sheet and 公开亮诺 of a pledge: one text has only one Chinese.

    Whoever says a short text that another noun says already looks whether its Chinese is right here too.
    Then it joins the list; otherwise another English text is needed.
    """
    known = chinese()
    shared = {text: known.get(text) for text in texts() if _is_short(text) and len(_nouns(text)) > 1}
    assert {text: words for text, words in shared.items() if SHARED.get(text) != words} == {}
    assert sorted(SHARED.keys() - shared.keys()) == []


def _is_short(text: str) -> bool:
    return 0 < len(WORD.findall(PLACE.sub("", text))) <= 2


def _nouns(text: str) -> set[str]:
    places = (file.replace("/templates/", "/").split("/")[1] for file in texts()[text])
    return set(places) - OF_NO_NOUN
