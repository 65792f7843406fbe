"""Members who are not scored by a recorded decision: who decided what, from when, and until when.

The decision opens the category 'exempt' and remembers the one before, which comes back when the
exemption ends. Why somebody is exempt is told to nobody but that member and those who answer for
the branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import among, db, touch
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.people import lives, reach
from pointsvc.people.categories import EXEMPT
from pointsvc.people.models import GROUNDS, Exemption, Member, MemberCategory
from pointsvc.permissions import SYSTEM, Actor, Permission, Role, allowed


def record(
    *,
    actor: Actor,
    at: datetime,
    number: str,
    starts_on: date,
    ground: str,
    decided_on: date,
    decided_by: str,
    ends_on: date | None = None,
    own_wish: bool = False,
) -> Exemption:
    """Write down that the member is not scored from ``starts_on`` on, until before ``ends_on`` if that is known.

    ``decided_by`` names the meeting and its minute. Raises NotFound, Forbidden when the member has
    left the actor's reach, Conflict 'exempt_already', Invalid by field.
    """
    member = lives.hold(actor, number)
    lives.open_membership(member, actor)
    now = lives.open_category(member)
    if now.category == EXEMPT:
        raise Conflict(N_("The member is exempt already"), code="exempt_already")
    today = clock.local(at).date()
    if faults := _faults(today, now.starts_on, starts_on, ends_on, ground, decided_on, decided_by):
        raise Invalid(faults)
    made = Exemption(
        member_id=member.id,
        starts_on=starts_on,
        ends_on=ends_on,
        ground=ground,
        decided_on=decided_on,
        decided_by=decided_by.strip(),
        own_wish=own_wish,
        former=now.category,
        recorded_at=at,
        recorded_by_id=actor.sign_in_id,
    )
    db.session.add(made)
    open_now = lives.change(now, starts_on, category=EXEMPT)
    if ends_on is not None and ends_on <= today:
        _finish(made, open_now, actor, at, ends_on)
    touch([member.id])
    # What the ground is stands in no log.
    audit.note(actor=actor, at=at, action="exemption:record", object_id=str(made.id), starts_on=starts_on.isoformat())
    return made


def end(*, actor: Actor, at: datetime, exemption_id: int, on: date) -> Exemption:
    """Let the former category hold again from the day ``on``.

    Raises NotFound, Forbidden when the member has left the actor's reach, Conflict 'ended', Invalid
    for the day.
    """
    query = select(Exemption, Member.number).join(Member, Member.id == Exemption.member_id)
    row = db.session.execute(query.where(Exemption.id == exemption_id, reach.visible(actor))).first()
    if row is None:
        raise NotFound()
    member = lives.hold(actor, row.number)
    lives.open_membership(member, actor)
    found: Exemption = row[0]
    db.session.refresh(found)
    if found.ended_on is not None:
        raise Conflict(N_("This exemption has ended"), code="ended")
    lives.check_day(on, found.starts_on, at)
    _finish(found, lives.open_category(member), actor, at, on)
    touch([member.id])
    audit.note(actor=actor, at=at, action="exemption:end", object_id=str(found.id), on=on.isoformat())
    return found


def end_due(*, at: datetime) -> int:
    """End the exemptions whose last day is over; how many. Each ends on its own day, however late it is."""
    today = clock.local(at).date()
    due = select(Exemption).where(Exemption.ended_on.is_(None), Exemption.ends_on <= today).with_for_update()
    rows = db.session.scalars(due.execution_options(populate_existing=True)).all()
    if not rows:
        return 0
    ids, members = [row.id for row in rows], [row.member_id for row in rows]
    spans = (MemberCategory.ends_on.is_(None), among(MemberCategory.member_id, members))
    mine = select(Exemption.ends_on).where(Exemption.member_id == MemberCategory.member_id, among(Exemption.id, ids))
    _quietly(update(MemberCategory).where(*spans).values(ends_on=mine.scalar_subquery()))
    former = select(Exemption.member_id, Exemption.former, Exemption.ends_on).where(among(Exemption.id, ids))
    db.session.execute(insert(MemberCategory).from_select(["member_id", "category", "starts_on"], former))
    _quietly(update(Exemption).where(among(Exemption.id, ids)).values(ended_on=Exemption.ends_on, ended_at=at))
    touch(members)
    for row in rows:
        audit.note(actor=SYSTEM, at=at, action="exemption:end", object_id=str(row.id), on=str(row.ends_on))
    return len(rows)


def may_know(*, actor: Actor, member: Member) -> bool:
    """Whether the actor is the member, or answers for the branch: all others learn no more than the category."""
    if actor.member_id == member.id:
        return True
    if actor.role == Role.MEMBER or not allowed(actor, Permission.EXEMPTIONS_READ):
        return False
    return lives.answers_for(actor=actor, member=member)


def listing(*, actor: Actor, number: str) -> Sequence[Exemption]:
    """The member's exemptions, the newest first. Raises NotFound, Forbidden for whoever may not know."""
    member = reach.member(actor, number)
    if not may_know(actor=actor, member=member):
        raise Forbidden()
    query = select(Exemption).where(Exemption.member_id == member.id)
    return db.session.scalars(query.order_by(Exemption.starts_on.desc(), Exemption.id.desc())).all()


# ---- inside


def _faults(
    today: date, begun: date, starts_on: date, ends_on: date | None, ground: str, decided_on: date, decided_by: str
) -> dict[str, Message]:
    faults = {}
    if not begun <= starts_on <= today:
        faults["starts_on"] = Message(N_("A day from %(first)s to %(last)s is needed"), first=begun, last=today)
    if ends_on is not None and ends_on <= starts_on:
        faults["ends_on"] = Message(N_("The last day lies before the first"))
    if ground not in GROUNDS:
        faults["ground"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(GROUNDS))
    if decided_on > today:
        faults["decided_on"] = Message(N_("This day lies in the future"))
    if not 1 <= len(decided_by.strip()) <= 200:
        faults["decided_by"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=200)
    return faults


def _finish(found: Exemption, now: MemberCategory, actor: Actor, at: datetime, on: date) -> None:
    """The former category holds again from the day ``on``."""
    lives.change(now, on, category=found.former)
    found.ended_on, found.ended_at, found.ended_by_id = on, at, actor.sign_in_id
    db.session.flush()


def _quietly(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
