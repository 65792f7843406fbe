"""What notices look like on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import format_date, gettext
from marshmallow import fields

from pointsvc.api import Instant, Ref, Schema
from pointsvc.errors import Message
from pointsvc.notices.models import Notice
from pointsvc.wording import period_words


def words(notice: Notice) -> str:
    """The notice as a sentence in the language of whoever reads it now."""
    return said(notice.message, notice.params)


def said(message: str, params: Mapping[str, Any]) -> str:
    """A msgid and its values as a sentence in the present language."""
    return Message(message, **{name: _said(name, value) for name, value in params.items()}).render(gettext)


def _said(name: str, value: Any) -> Any:
    """An ISO date (``…_on``) and a period's code (``…_period``) are said as an office says them."""
    if name.endswith("_period"):
        return period_words(value)
    return format_date(date.fromisoformat(value), gettext("d MMMM y")) if name.endswith("_on") else value


class NoticeOut(Schema):
    """One notice; ``message`` is in the reader's language."""

    id = Ref()
    message = fields.Function(words)
    link = fields.String(allow_none=True)
    created_at = Instant()
    read_at = Instant(allow_none=True)


class NoticesOut(Schema):
    """A page of the inbox, newest first."""

    items = fields.List(fields.Nested(NoticeOut))
    next = fields.String(allow_none=True)
    unread = fields.Integer()
