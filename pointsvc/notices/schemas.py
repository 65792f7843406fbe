"""What notices look like on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_datetime, gettext
from marshmallow import fields, validate

from pointsvc import quiet
from pointsvc.api import Instant, PageArgs, Ref, Said, Schema, Text
from pointsvc.errors import N_, Message
from pointsvc.notices.models import Notice
from pointsvc.notices.topics import AUDIENCES, KINDS, TOPICS
from pointsvc.wording import period_words


def words(notice: Notice) -> str:
    """The notice as a sentence in the language of whoever reads it now."""
    return said(notice.message, notice.params)


def said(message: str, params: Mapping[str, Any]) -> str:
    """A msgid and its values as a sentence in the present language."""
    return Message(message, **{name: _said(name, value) for name, value in params.items()}).render(gettext)


def _said(name: str, value: Any) -> Any:
    """An ISO date (``…_on``), an instant (``…_at``) and a period's code (``…_period``), as an office says them."""
    if name.endswith("_period"):
        return period_words(value)
    if name.endswith("_at"):
        return format_datetime(datetime.fromisoformat(value), gettext("d MMM y, HH:mm"))
    return format_date(date.fromisoformat(value), gettext("d MMMM y")) if name.endswith("_on") else value


def lines_said(lines: list[dict[str, Any]]) -> list[str]:
    """The notices in a message to the outside, each as a sentence."""
    return [said(line["message"], line["params"]) for line in lines]


def _error(row: Any) -> str | None:
    """Why it failed: our own words in the reader's language, the other side's as they are."""
    return gettext(row.error) if row.error else None


def _one_of(choices: Any) -> Said:
    several = list(choices)
    return Said(validate.OneOf(several), N_("One of %(choices)s is needed"), choices=", ".join(several))


def _topics(**more: Any) -> Any:
    length = Said(validate.Length(max=len(TOPICS)), N_("At most %(max)s"), max=len(TOPICS))
    return fields.List(fields.String(validate=_one_of(TOPICS)), validate=length, **more)


# ---- the inbox


class NoticesArgs(PageArgs):
    """Also of one ``topic``, or only ``unread`` ones."""

    topic = fields.String(load_default=None, validate=_one_of(TOPICS))
    unread = fields.Boolean(load_default=False)


class NoticeOut(Schema):
    """One notice; ``message`` is in the reader's language."""

    id = Ref()
    topic = fields.String()
    message = fields.Function(words)
    link = fields.String(allow_none=True)
    created_at = Instant()
    read_at = Instant(allow_none=True)


class NoticesOut(Schema):
    """A page of the inbox, newest first."""

    items = fields.List(fields.Nested(NoticeOut))
    next = fields.String(allow_none=True)
    unread = fields.Integer()


# ---- wishes


class WishIn(Schema):
    """All wishes at once. ``mail`` null: nothing outside; ``quiet`` null: the organisation's hours."""

    mail = Text(200, allow_none=True, load_default=None)
    topics = _topics(load_default=list(TOPICS))
    quiet = fields.String(allow_none=True, load_default=None, validate=_one_of(quiet.HOURS))
    digest = fields.Boolean(load_default=False)


class WishOut(Schema):
    """The caller's own wishes."""

    mail = fields.String(allow_none=True)
    topics = fields.List(fields.String())
    quiet = fields.String(allow_none=True)
    digest = fields.Boolean()


# ---- announcements


class AnnouncementIn(Schema):
    """What is announced; with ``open_at`` (RFC 3339 with offset) nobody but its author sees it before."""

    organisation = Text(64, required=True)
    audience = fields.String(load_default="everybody", validate=_one_of(sorted(set(AUDIENCES) - {"named"})))
    topic = fields.String(load_default="announcement", validate=_one_of(TOPICS))
    title = Text(100, required=True)
    body = Text(2000, required=True)
    open_at = fields.AwareDateTime(load_default=None, allow_none=True, format="iso")


class AnnouncementOut(Schema):
    """An announcement. ``salt``, ``digest`` and what they cover let anybody reckon the fingerprint again."""

    id = Ref()
    organisation = fields.String()
    audience = fields.String()
    topic = fields.String()
    title = fields.String()
    body = fields.String()
    link = fields.String(allow_none=True)
    sign_in_ids = fields.List(fields.Integer())
    open_at = Instant()
    sealed_open_at = fields.String()
    salt = fields.String()
    digest = fields.String()
    created_at = Instant()
    opened_at = Instant(allow_none=True)
    withdrawn_at = Instant(allow_none=True)


class AnnouncementsOut(Schema):
    """A page of announcements, newest first."""

    items = fields.List(fields.Nested(AnnouncementOut))
    next = fields.String(allow_none=True)


class ReadersArgs(PageArgs):
    """All, or only who has not read it."""

    unread = fields.Boolean(load_default=False)


class ReaderOut(Schema):
    """One reader of an announcement."""

    account = fields.String()
    member = fields.String(allow_none=True)
    organisation_name = fields.String()
    read_at = Instant(allow_none=True)


class ReadersOut(Schema):
    """Who has read an announcement, and how many have."""

    items = fields.List(fields.Nested(ReaderOut))
    next = fields.String(allow_none=True)
    read = fields.Integer()
    sent = fields.Integer()


# ---- channels


class ChannelIn(Schema):
    """A channel; ``address`` holds what the kind needs (robots: url; DingTalk also secret; mail: host, …)."""

    organisation = Text(64, required=True)
    kind = fields.String(required=True, validate=_one_of(KINDS))
    name = Text(100, required=True)
    topics = _topics(required=True)
    address = fields.Dict(
        keys=fields.String(
            validate=_one_of(("url", "secret", "host", "port", "security", "user", "password", "sender"))
        ),
        values=Text(300, shortest=0),
        required=True,
    )


class ChannelOut(Schema):
    """An open channel; ``hint`` is all that is ever shown of its address."""

    id = Ref()
    organisation = fields.String()
    kind = fields.String()
    name = fields.String()
    hint = fields.String()
    topics = fields.List(fields.String())
    created_at = Instant()
    sent_at = Instant(allow_none=True)
    failed_at = Instant(allow_none=True)
    error = fields.Function(_error)


class ChannelsOut(Schema):
    """The open channels within reach."""

    items = fields.List(fields.Nested(ChannelOut))


class ChannelTestIn(Schema):
    """To whom a mail server's test goes; robots need none."""

    recipient = Text(200, load_default=None, allow_none=True)


# ---- dead letters


class GivingUpIn(Schema):
    """Why it is given up."""

    reason = Text(500, required=True)


class DeadLetterOut(Schema):
    """A message to the outside after its last try."""

    id = Ref()
    channel = fields.String()
    organisation_name = fields.String()
    recipient = fields.String(allow_none=True)
    messages = fields.Function(lambda row: lines_said(row.lines))
    attempts = fields.Integer()
    error = fields.Function(_error)
    created_at = Instant()


class DeadJobOut(Schema):
    """A job after its last attempt."""

    id = Ref()
    topic = fields.String()
    attempts = fields.Integer()
    error = fields.String(allow_none=True)
    created_at = Instant()


class DeadLettersOut(Schema):
    """Messages that wait for a decision, newest first."""

    items = fields.List(fields.Nested(DeadLetterOut))
    next = fields.String(allow_none=True)


class DeadJobsOut(Schema):
    """Jobs that wait for a decision, newest first."""

    items = fields.List(fields.Nested(DeadJobOut))
    next = fields.String(allow_none=True)
