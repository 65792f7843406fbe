"""What notices look like on the wire."""

from __future__ import annotations

from flask_babel import gettext
from marshmallow import fields

from pointsvc.api import Instant, Ref, Schema
from pointsvc.errors import Message
from pointsvc.notices.models import Notice


def words(notice: Notice) -> str:
    """The notice as a sentence in the language of whoever reads it now."""
    return Message(notice.message, **notice.params).render(gettext)


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
