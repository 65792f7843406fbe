"""Verbs of announcements: write one, seal it until a date, open it, withdraw it, see who has read it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from pointsvc import queues
from pointsvc.audit import service as audit
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Invalid, NotFound
from pointsvc.notices import outgoing, sealing
from pointsvc.notices import service as notices
from pointsvc.notices.models import Announcement, Notice
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import PERMISSION_MAP, Actor, Permission, Role

TOLD = N_("Announcement: %(title)s")
TO_WHOM = N_("Say who is to be told")
LEADERS = (Role.SECRETARY, Role.DISTRICT_ADMIN)
COVERED = ("audience", "sign_in_ids", "topic", "title", "body", "link")
_CHANGED = N_("The announcement no longer has the fingerprint that was kept when it was written")


def write(
    *,
    actor: Actor,
    at: datetime,
    organisation: str,
    title: str,
    body: str,
    audience: str = "everybody",
    topic: str = "announcement",
    open_at: datetime | None = None,
    sign_in_ids: Collection[int] = (),
    link: str | None = None,
) -> Announcement:
    """Write an announcement; with ``open_at`` it is sealed until then. Raises NotFound, Invalid."""
    owner = reach.organisation(actor, organisation)
    if open_at is not None and open_at <= at:
        raise Invalid({"open_at": N_("This moment has passed already")})
    if (audience == "named") != bool(sign_in_ids):
        raise Invalid({"audience": TO_WHOM})
    made = Announcement(
        organisation_id=owner.id,
        author_id=actor.sign_in_id,
        audience=audience,
        sign_in_ids=sorted(set(sign_in_ids)),
        topic=topic,
        title=title,
        body=body,
        link=link,
        open_at=open_at or at,
        salt=secrets.token_hex(16),
        created_at=at,
    )
    made.digest = _fingerprint(made, owner.code)
    db.session.add(made)
    db.session.flush()
    if open_at is None:
        _ask_to_open(made.id, at)
    audit.note(actor=actor, at=at, action="announcement:write", object_id=str(made.id), digest=made.digest)
    return made


def _ask_to_open(announcement_id: int, at: datetime) -> None:
    job = {"announcement": announcement_id}
    queues.enqueue(topic=queues.NOTICE_OPEN, payload=job, at=at, dedupe=f"open:{announcement_id}")


def ask_for_due(*, at: datetime) -> int:
    """Ask for those whose time has come to be opened; how many. For the scheduler, as reminders.ask_for_due."""
    due = (Announcement.opened_at.is_(None), Announcement.withdrawn_at.is_(None), Announcement.open_at <= at)
    found = db.session.scalars(select(Announcement.id).where(*due).order_by(Announcement.open_at).limit(100)).all()
    for announcement_id in found:
        _ask_to_open(announcement_id, at)
    return len(found)


def covered(found: Announcement, code: str) -> dict[str, Any]:
    """What the fingerprint is of, so that anybody can reckon it again."""
    content = {name: getattr(found, name) for name in COVERED}
    return {**content, "organisation": code, "open_at": found.open_at.astimezone(UTC).isoformat()}


def _fingerprint(found: Announcement, code: str) -> str:
    return sealing.fingerprint(covered(found, code), found.salt)


def open_now(*, actor: Actor, at: datetime, announcement_id: int) -> Announcement:
    """On arrival: open the own sealed announcement before its time. Raises NotFound, Conflict 'not_sealed'."""
    found = _own_sealed(actor, announcement_id)
    tell(at=at, announcement_id=found.id)
    audit.note(actor=actor, at=at, action="announcement:open", object_id=str(found.id))
    return found


def withdraw(*, actor: Actor, at: datetime, announcement_id: int) -> Announcement:
    """Withdraw the own announcement while it is sealed. Raises NotFound, Conflict 'not_sealed'."""
    found = _own_sealed(actor, announcement_id)
    found.withdrawn_at = at
    audit.note(actor=actor, at=at, action="announcement:withdraw", object_id=str(found.id))
    return found


def _own_sealed(actor: Actor, announcement_id: int) -> Announcement:
    found = db.session.get(Announcement, announcement_id, with_for_update=True, populate_existing=True)
    if found is None or found.author_id != actor.sign_in_id:
        raise NotFound()
    if found.opened_at is not None or found.withdrawn_at is not None:
        raise Conflict(N_("The announcement is no longer sealed"), code="not_sealed")
    return found


def tell(*, at: datetime, announcement_id: int) -> None:
    """Open it and tell everybody whom it is for; again, nothing more happens. Raises Conflict 'changed'."""
    found = db.session.get_one(Announcement, announcement_id, with_for_update=True, populate_existing=True)
    if found.opened_at is not None or found.withdrawn_at is not None:
        return
    owner = db.session.get_one(Organisation, found.organisation_id)
    if _fingerprint(found, owner.code) != found.digest:
        raise Conflict(_CHANGED, code="changed")
    found.opened_at = at
    params = {"title": found.title}
    notices.send(
        at=at,
        sign_in_ids=_readers(found),
        message=TOLD,
        params=params,
        link=f"/announcements/{found.id}",
        dedupe_prefix=f"announcement:{found.id}",
        topic=found.topic,
        announcement_id=found.id,
        text=found.body,
    )
    if found.audience == "everybody":
        outgoing.to_groups(
            at=at,
            organisation_id=found.organisation_id,
            below=True,
            topic=found.topic,
            line={"message": TOLD, "params": params, "text": found.body},
            key=f"announcement:{found.id}",
        )


def _readers(found: Announcement) -> Sequence[int]:
    query = select(SignIn.id).where(SignIn.disabled_at.is_(None), SignIn.id != (found.author_id or 0))
    if found.audience == "named":
        return db.session.scalars(query.where(among(SignIn.id, found.sign_in_ids))).all()
    query = query.where(SignIn.organisation_id.in_(reach.ids_below(found.organisation_id)))
    if found.audience == "leaders":
        query = query.where(SignIn.role.in_(LEADERS))
    return db.session.scalars(query).all()


# ---- reading


def announcement(*, actor: Actor, announcement_id: int) -> Row[*tuple[Any, ...]]:
    """One that the actor may read: an own one, one that was sent to him, or an opened one within reach.

    Raises NotFound; a sealed one is there for its author alone.
    """
    mine = (
        select(Notice.id)
        .where(Notice.announcement_id == Announcement.id, Notice.sign_in_id == actor.sign_in_id)
        .exists()
    )
    may = or_(_shown(actor), and_(Announcement.opened_at.is_not(None), mine))
    found = db.session.execute(_query().where(Announcement.id == announcement_id, may)).first()
    if found is None:
        raise NotFound()
    return found


def announcements(*, actor: Actor, limit: int, before_id: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that the actor wrote, and the opened ones of the organisations within reach, newest first."""
    query = _query().where(_shown(actor)).order_by(Announcement.id.desc()).limit(limit)
    return db.session.execute(query if before_id is None else query.where(Announcement.id < before_id)).all()


def _query() -> Any:
    return (
        select(Announcement, Organisation.code, Organisation.name.label("organisation_name"))
        .join(Organisation, Organisation.id == Announcement.organisation_id)
        .execution_options(populate_existing=True)
    )


def _shown(actor: Actor) -> ColumnElement[bool]:
    own = Announcement.author_id == actor.sign_in_id
    if actor.role not in PERMISSION_MAP[Permission.NOTICES_ANNOUNCE]:
        return own
    reached = Announcement.organisation_id.in_(reach.organisation_ids(actor))
    # One that names its readers may concern a single person: it is for them and its author.
    public = and_(Announcement.opened_at.is_not(None), Announcement.audience != "named")
    return or_(own, and_(reached, public))


def mark_read(*, actor: Actor, at: datetime, announcement_id: int) -> None:
    """Whoever opens an announcement has read the notice of it."""
    db.session.execute(
        db.update(Notice)
        .where(Notice.announcement_id == announcement_id, Notice.sign_in_id == actor.sign_in_id)
        .where(Notice.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )


# ---- who has read


def readers(
    *, actor: Actor, announcement_id: int, limit: int, after_id: int = 0, unread: bool = False
) -> Sequence[Row[*tuple[Any, ...]]]:
    """To whom it went and when each has read it. Raises NotFound; the sender's side only."""
    if not on_the_senders_side(actor=actor, announcement_id=announcement_id):
        raise NotFound()
    query = (
        select(
            Notice.id,
            Notice.read_at,
            SignIn.name.label("account"),
            Member.name.label("member"),
            Organisation.name.label("organisation_name"),
        )
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .join(Organisation, Organisation.id == SignIn.organisation_id)
        .outerjoin(Member, Member.id == SignIn.member_id)
        .where(Notice.announcement_id == announcement_id, Notice.id > after_id)
        .order_by(Notice.id)
        .limit(limit)
    )
    return db.session.execute(query.where(Notice.read_at.is_(None)) if unread else query).all()


def read_counts(*, announcement_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many have read each of these, of how many."""
    rows = db.session.execute(
        select(Notice.announcement_id, func.count(Notice.read_at), func.count())
        .where(among(Notice.announcement_id, announcement_ids))
        .group_by(Notice.announcement_id)
    )
    return {row[0] or 0: (row[1], row[2]) for row in rows}


def on_the_senders_side(*, actor: Actor, announcement_id: int) -> bool:
    """Whether the actor may see who has read it: an own one, or one of an organisation within reach."""
    query = select(Announcement.id).where(Announcement.id == announcement_id, _shown(actor))
    return db.session.scalar(query) is not None
