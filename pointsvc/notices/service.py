"""Verbs of notices: send, look into the inbox, mark as read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import queues
from pointsvc.db import db, on_postgresql
from pointsvc.errors import NotFound
from pointsvc.notices import outgoing
from pointsvc.notices.models import Notice
from pointsvc.permissions import Actor


def send(
    *,
    at: datetime,
    sign_in_ids: Collection[int],
    message: str,
    params: Mapping[str, Any],
    link: str | None,
    dedupe_prefix: str,
    topic: str = "work",
    announcement_id: int | None = None,
    text: str = "",
) -> None:
    """Put a notice into the inbox of each of these sign-ins, and on its way outside for whoever wishes it.

    ``message`` is an English msgid, ``params`` its plain JSON values: both become a sentence when
    somebody reads it, in that reader's language. ``dedupe_prefix`` (at most 100 characters) names
    the cause: sent again for the same cause it comes once. ``text`` goes outside along with it.
    """
    rows = [
        {
            "sign_in_id": sign_in_id,
            "topic": topic,
            "message": message,
            "params": dict(params),
            "link": link,
            "dedupe": f"{dedupe_prefix}:{sign_in_id}",
            "announcement_id": announcement_id,
            "collect": False,
            "created_at": at,
        }
        for sign_in_id in sorted(set(sign_in_ids))
    ]
    if rows:
        dialect: Any = postgresql if on_postgresql() else sqlite
        adding = dialect.insert(Notice).on_conflict_do_nothing(index_elements=["dedupe"])
        new = db.session.execute(adding.returning(Notice.id, Notice.sign_in_id), rows).all()
        line = {"message": message, "params": dict(params), "text": text}
        outgoing.to_persons(at=at, new={row.sign_in_id: row.id for row in new}, topic=topic, line=line)


def send_soon(
    *,
    at: datetime,
    sign_in_ids: Collection[int],
    message: str,
    params: Mapping[str, Any],
    link: str,
    dedupe_prefix: str,
    topic: str = "work",
) -> None:
    """Have a job ``send`` this as soon as what is being written has been committed."""
    if sign_in_ids:
        payload = {
            "sign_in_ids": sorted(sign_in_ids),
            "message": message,
            "params": dict(params),
            "link": link,
            "dedupe_prefix": dedupe_prefix,
            "topic": topic,
        }
        queues.enqueue(topic=queues.NOTICE_DELIVER, payload=payload, at=at)


def inbox(
    *, actor: Actor, limit: int, before_id: int | None = None, topic: str | None = None, unread: bool = False
) -> Sequence[Notice]:
    """The actor's own notices, newest first, from before ``before_id`` on: of one topic, only unread ones."""
    query = select(Notice).where(_own(actor)).order_by(Notice.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    if topic is not None:
        query = query.where(Notice.topic == topic)
    if unread:
        query = query.where(Notice.read_at.is_(None))
    return db.session.scalars(query).all()


def unread(*, actor: Actor) -> int:
    """How many of the actor's notices are not yet read."""
    return db.session.scalar(select(func.count()).where(_own(actor), Notice.read_at.is_(None))) or 0


def read(*, actor: Actor, at: datetime, notice_id: int) -> Notice:
    """Mark one of the actor's own notices as read; the first time counts. Raises NotFound."""
    notice = db.session.scalar(select(Notice).where(Notice.id == notice_id, _own(actor)))
    if notice is None:
        raise NotFound()
    if notice.read_at is None:
        notice.read_at = at
    return notice


def read_all(*, actor: Actor, at: datetime) -> None:
    """Mark all of the actor's notices as read."""
    db.session.execute(
        update(Notice)
        .where(_own(actor), Notice.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )


def _own(actor: Actor) -> ColumnElement[bool]:
    return Notice.sign_in_id == actor.sign_in_id
