"""Where a member belongs and as what, over time: transfers, the way between two branches, categories."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import db, touch
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message
from pointsvc.people import reach
from pointsvc.people.categories import EXEMPT
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, SignIn
from pointsvc.permissions import Actor, Role


def transfer(*, actor: Actor, at: datetime, number: str, to: str, on: date) -> Member:
    """Let the member belong to the organisation ``to`` (a code) from the day ``on``.

    Entries recorded before keep the branch that recorded them. Whoever was released before is taken
    up by it. Raises NotFound for member or target, Forbidden when the member has left the actor's
    reach, Invalid for the day or target.
    """
    member = hold(actor, number)
    target = reach.organisation(actor, to)
    last = _last(member, actor)
    left = last.organisation_id
    if last.ends_on is None:
        if left == target.id:
            raise Invalid({"to": N_("The member belongs there already")})
        check_day(on, last.starts_on, at)
        change(last, on, organisation_id=target.id)
    else:
        check_day(on, last.ends_on, at)
        db.session.add(Membership(member_id=member.id, organisation_id=target.id, starts_on=on))
        db.session.flush()
    _move_sign_ins(member, target)
    touch([member.id])
    audit.note(
        actor=actor, at=at, action="member:transfer", object_id=member.number, left=left, to=to, on=on.isoformat()
    )
    return member


def release(*, actor: Actor, at: datetime, number: str, on: date) -> Member:
    """Let the member belong to no branch from the day ``on``: the letter is on its way to the next.

    Nothing is lost by it: ``transfer`` takes the member up. Raises NotFound, Forbidden when the
    member has left the actor's reach, Conflict 'released' when that was done already, Invalid for
    the day.
    """
    member = hold(actor, number)
    now = _last(member, actor)
    if now.ends_on is not None:
        raise Conflict(N_("The member belongs to no branch already"), code="released")
    check_day(on, now.starts_on + timedelta(days=1), at)
    now.ends_on = on
    db.session.flush()
    touch([member.id])
    audit.note(
        actor=actor,
        at=at,
        action="member:release",
        object_id=member.number,
        left=now.organisation_id,
        on=on.isoformat(),
    )
    return member


def set_category(
    *, actor: Actor, at: datetime, number: str, category: str, on: date, decision: str | None = None
) -> Member:
    """Let the member be of this category from the day ``on``; no effect when it is so already.

    ``decision`` names the meeting or paper that decided it. Raises NotFound, Forbidden when the
    member has left the actor's reach, Conflict 'exempt' while the member is exempt, Invalid for the
    day, an overlong decision, or a category that is empty, overlong or 'exempt'.
    """
    if faults := _category_faults(category, decision):
        raise Invalid(faults)
    member = hold(actor, number)
    open_membership(member, actor)
    now = open_category(member)
    if now.category == category:
        return member
    if now.category == EXEMPT:
        raise Conflict(N_("The member is exempt; end the exemption first"), code="exempt")
    check_day(on, now.starts_on, at)
    before = now.category
    change(now, on, category=category, decision=decision)
    touch([member.id])
    audit.note(
        actor=actor,
        at=at,
        action="member:category",
        object_id=member.number,
        before=before,
        category=category,
        on=on.isoformat(),
    )
    return member


def _category_faults(category: str, decision: str | None) -> dict[str, Message]:
    faults = {}
    if not 1 <= len(category) <= 40:
        faults["category"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=40)
    if category == EXEMPT:
        faults["category"] = Message(N_("Who is exempt is written down as a decision of its own"))
    if decision is not None and not 1 <= len(decision) <= 200:
        faults["decision"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=200)
    return faults


def answers_for(*, actor: Actor, member: Member) -> bool:
    """Whether the member belongs to the actor's reach now, or, being on the way, belonged to it last."""
    return reach.reaches(actor, newest(member).organisation_id)


def newest(member: Member) -> Membership:
    """The newest span of membership, over by now or not."""
    query = select(Membership).where(Membership.member_id == member.id).order_by(Membership.starts_on.desc()).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _last(member: Member, actor: Actor) -> Membership:
    """As ``newest``. Raises Forbidden when it is out of reach."""
    row = newest(member)
    if not reach.reaches(actor, row.organisation_id):
        raise Forbidden(N_("The member now belongs to an organisation outside your reach"))
    return row


def _move_sign_ins(member: Member, target: Organisation) -> None:
    """A member's own sign-in stands where the member does."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.member_id == member.id, SignIn.role == Role.MEMBER)
        .values(organisation_id=target.id)
        .execution_options(synchronize_session=False)
    )


# ---- for whatever changes a member's life


def hold(actor: Actor, number: str) -> Member:
    """The member, locked: of two changes at once the second sees the first. Raises NotFound."""
    member = reach.member(actor, number)
    db.session.execute(select(Member.id).where(Member.id == member.id).with_for_update())
    return member


def open_membership(member: Member, actor: Actor) -> Membership:
    """Where the member belongs now. Raises Forbidden out of reach, Conflict 'released' for nowhere."""
    row = _last(member, actor)
    if row.ends_on is not None:
        raise Conflict(N_("The member belongs to no branch at present"), code="released")
    return row


def open_category(member: Member) -> MemberCategory:
    """As what the member counts now."""
    query = select(MemberCategory).where(MemberCategory.member_id == member.id, MemberCategory.ends_on.is_(None))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def check_day(on: date, begun: date, at: datetime) -> None:
    """Raises Invalid for a day before ``begun`` or after today."""
    today = clock.local(at).date()
    if not begun <= on <= today:
        raise Invalid({"on": Message(N_("A day from %(first)s to %(last)s is needed"), first=begun, last=today)})


def change(now: Any, on: date, **values: Any) -> Any:
    """End the open span before ``on`` and open the next; one that begins on that very day is corrected.

    The open span afterwards.
    """
    if now.starts_on == on:
        for name, value in values.items():
            setattr(now, name, value)
        db.session.flush()
        return now
    now.ends_on = on
    # The old span must be closed first: the database allows one open span a member.
    db.session.flush()
    following = type(now)(member_id=now.member_id, starts_on=on, **values)
    db.session.add(following)
    db.session.flush()
    return following
