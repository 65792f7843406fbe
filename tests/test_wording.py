"""Words that several nouns share: days as the reader writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import gettext

from pointsvc.errors import Message
from pointsvc.wording import day_words

DAY = date(2026, 7, 5)
NO_SHEET = "No rule sheet is in force here on %(day)s"


@pytest.mark.parametrize(("language", "words"), [("zh", "2026年7月5日"), ("en", "5 Jul 2026")])
def test_a_day_in_a_message_is_said_as_its_reader_writes_it(app: Flask, language: str, words: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        assert words in Message(NO_SHEET, day=DAY).render(gettext)
        assert words in Message("%(what)s", what=Message(NO_SHEET, day=DAY)).render(gettext)
        assert day_words("2026-07-05") == words
        assert day_words("上级另行通知") == "上级另行通知"


def test_programs_and_logs_get_the_day_as_it_is_written_by_programs() -> None:
    assert Message(NO_SHEET, day=DAY).render() == "No rule sheet is in force here on 2026-07-05"
    assert str(Message("%(at)s", at=datetime(2026, 7, 5, tzinfo=UTC))) == "2026-07-05 00:00:00+00:00"
