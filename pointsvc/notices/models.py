"""A person's inbox, what goes outside, and what is still to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.notices.lifecycle import STATUSES
from pointsvc.notices.topics import AUDIENCES, KINDS, TOPICS


class Notice(Model):
    """A message to one sign-in: an English msgid and its values, told in the reader's language.

    ``dedupe`` makes it come once however often its cause is handled. ``collect`` while it waits for
    the day's digest.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"))
    topic: Mapped[str] = mapped_column(String(20), default="work", server_default="work")
    message: Mapped[str] = mapped_column(String(500))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    link: Mapped[str | None] = mapped_column(String(300))
    dedupe: Mapped[str] = mapped_column(String(120), unique=True)
    announcement_id: Mapped[int | None] = mapped_column(Id, index=True)
    collect: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        Index("ix_notice_sign_in_id_id", "sign_in_id", "id"),
        Index("ix_notice_collect", "sign_in_id", sqlite_where=text("collect"), postgresql_where=text("collect")),
    )


class NoticeWish(Model):
    """How a person wants to be told outside of the service. Without a row: not at all.

    ``quiet`` is one of ``topics.QUIET``, or None for the organisation's; ``digest``: one message each
    morning instead of many; ``topics``: what goes outside.
    """

    __tablename__ = "notice_wish"

    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"), primary_key=True)
    mail: Mapped[str | None] = mapped_column(String(200))
    topics: Mapped[list[str]] = mapped_column(Json)
    quiet: Mapped[str | None] = mapped_column(String(20))
    digest: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class Channel(Model):
    """A way to the outside: an organisation's mail server or the robot of one of its groups.

    ``address`` holds what must not be seen (keys, passwords). It is loaded by nobody but the sender
    (raiseload), and ``hint`` is what pages show instead. ``away_until``: it failed a moment ago;
    ``wake_at``: for when a job has been asked for that empties it.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    address: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True, deferred_raiseload=True)
    hint: Mapped[str] = mapped_column(String(200))
    topics: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(String(500))
    away_until: Mapped[datetime | None] = mapped_column(UtcTime)
    wake_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),)


class Outgoing(Model):
    """One message to the outside. At least once, and each time under the same ``dedupe``.

    ``lines`` are the notices that it tells: message, params and, for an announcement, its text.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    dedupe: Mapped[str] = mapped_column(String(160), unique=True)
    recipient: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(5), default="")
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        Index(
            "ix_outgoing_waiting",
            "channel_id",
            "next_at",
            "id",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_outgoing_dead",
            "channel_id",
            "id",
            sqlite_where=text("status = 'dead'"),
            postgresql_where=text("status = 'dead'"),
        ),
    )


class Announcement(Model):
    """A notice that a person writes to an organisation and all below it, or to accounts that are named.

    Until ``open_at`` nobody but its author may know of it. ``digest`` is its fingerprint (with a
    random ``salt``) from the day it was written, so that it can be shown later that nothing was
    changed; a trigger refuses to change what it covers.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"), index=True)
    audience: Mapped[str] = mapped_column(String(20))
    sign_in_ids: Mapped[list[int]] = mapped_column(Json)
    topic: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    link: Mapped[str | None] = mapped_column(String(300))
    open_at: Mapped[datetime] = mapped_column(UtcTime)
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("audience IN ('" + "','".join(AUDIENCES) + "')", name="audience"),
        CheckConstraint("topic IN ('" + "','".join(TOPICS) + "')", name="topic"),
        Index("ix_announcement_organisation_id_id", "organisation_id", "id"),
        Index(
            "ix_announcement_due",
            "open_at",
            sqlite_where=text("opened_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("opened_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )


class Reminder(Model):
    """The ``n``-th reminder of one kind about one subject: a row, not a timer.

    Told once for each ``due_at``; a deadline that moves plans it anew; ``stopped_at`` once somebody
    has acted. Whom it tells: these accounts, and whoever leads these organisations when it is told;
    ``above``: not their secretaries but those one level over them.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    n: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    sign_in_ids: Mapped[list[int]] = mapped_column(Json)
    organisation_ids: Mapped[list[int]] = mapped_column(Json, server_default="[]")
    above: Mapped[bool] = mapped_column(server_default=text("false"))
    topic: Mapped[str] = mapped_column(String(20))
    message: Mapped[str] = mapped_column(String(500))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    link: Mapped[str | None] = mapped_column(String(300))
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        UniqueConstraint("subject", "kind", "n"),
        CheckConstraint("n > 0", name="n"),
        Index(
            "ix_reminder_due",
            "due_at",
            "id",
            sqlite_where=text("told_at IS NULL AND stopped_at IS NULL"),
            postgresql_where=text("told_at IS NULL AND stopped_at IS NULL"),
        ),
    )
