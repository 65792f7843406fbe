"""Verbs of notices: send, look into the inbox, mark as read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc.db import db
from pointsvc.errors import NotFound
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
) -> None:
    """Put a notice into the inbox of each of these sign-ins.

    ``message`` is an English msgid, ``params`` its plain JSON values: both become a sentence when
    somebody reads it, in that reader's language. ``dedupe_prefix`` (at most 100 characters) names
    the cause: sent again for the same cause it comes once.
    """
    rows = [
        {
            "sign_in_id": sign_in_id,
            "message": message,
            "params": dict(params),
            "link": link,
            "dedupe": f"{dedupe_prefix}:{sign_in_id}",
            "created_at": at,
        }
        for sign_in_id in sorted(set(sign_in_ids))
    ]
    if rows:
        dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        table = Notice.__table__
        db.session.execute(dialect.insert(table).on_conflict_do_nothing(index_elements=["dedupe"]), rows)


def inbox(*, actor: Actor, limit: int, before_id: int | None = None) -> Sequence[Notice]:
    """The actor's own notices, newest first, from before ``before_id`` on."""
    query = select(Notice).where(_own(actor)).order_by(Notice.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Notice.id < before_id)
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
