"""Verbs of wishes: how a person wants to be told outside of the service."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pointsvc import quiet as hours
from pointsvc.db import db
from pointsvc.errors import N_, Invalid
from pointsvc.notices.addresses import MAILBOX
from pointsvc.notices.models import NoticeWish
from pointsvc.notices.topics import TOPICS
from pointsvc.permissions import Actor


def wish(*, actor: Actor) -> NoticeWish | None:
    """The actor's own wishes; None when none were ever kept."""
    return db.session.get(NoticeWish, actor.sign_in_id)


def keep(
    *, actor: Actor, at: datetime, mail: str | None, topics: Collection[str], quiet: str | None, digest: bool
) -> NoticeWish:
    """Keep the actor's own wishes. Raises Invalid."""
    if mail is not None and not MAILBOX.fullmatch(mail):
        raise Invalid({"mail": N_("A mail address such as notice@example.cn is needed")})
    if not set(topics) <= set(TOPICS):
        raise Invalid({"topics": N_("Choose from the topics that are listed")})
    if quiet is not None and quiet not in hours.HOURS:
        raise Invalid({"quiet": N_("Choose from the hours that are listed")})
    row = db.session.get(NoticeWish, actor.sign_in_id, with_for_update=True)
    if row is None:
        row = NoticeWish(sign_in_id=actor.sign_in_id)
        db.session.add(row)
    row.mail, row.topics, row.quiet, row.digest, row.changed_at = mail, sorted(set(topics)), quiet, digest, at
    db.session.flush()
    return row
