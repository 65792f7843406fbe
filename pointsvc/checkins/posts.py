"""Verbs of posts and their places: open, amend, close, reopen; claim, leave, let go.

The places are counted on the post itself by a statement that lets no more in than there are, so
that of fifty who want the last one at the same moment exactly one gets it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.checkins.lifecycle import ACCEPTED, CLAIM, CLOSED, ENDED, HELD, OPEN, POST, check, following
from pointsvc.checkins.models import CheckIn, Claim, Post
from pointsvc.checkins.standing import community as community_of
from pointsvc.checkins.standing import held_claim, held_post, standing, visible, whom
from pointsvc.checkins.worth import kinds
from pointsvc.db import among, db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach, settings
from pointsvc.permissions import Actor

MOST_PLACES = 999


def open_post(
    *,
    actor: Actor,
    at: datetime,
    community: str,
    name: str,
    kind: str,
    places: int,
    duty: str = "",
    times: str = "",
    skills: str = "",
) -> Post:
    """Open a post of a community within reach. Raises NotFound, Invalid by field."""
    node = reach.organisation(actor, community)
    community_of(community)
    _check_kind(node.id, kind)
    made = Post(
        community_id=node.id,
        name=name.strip(),
        kind=kind,
        duty=duty.strip(),
        times=times.strip(),
        skills=skills.strip(),
        places=_places(places, 0),
        status=OPEN,
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    db.session.add(made)
    db.session.flush()
    audit.note(actor=actor, at=at, action="service_post:open", object_id=str(made.id))
    return made


def amend(*, actor: Actor, at: datetime, post_id: int, **said: Any) -> Post:
    """Let these be said of the post from now on: name, kind, places, duty, times, skills. Raises as ``open_post``."""
    row = held_post(actor, post_id)
    if "kind" in said and said["kind"] != row.kind:
        _check_kind(row.community_id, said["kind"])
    if "places" in said:
        _places(said["places"], row.taken)
    before = {name: getattr(row, name) for name in said}
    for name, value in said.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    db.session.flush()
    audit.note(actor=actor, at=at, action="service_post:amend", object_id=str(row.id), before=before)
    return row


def close(*, actor: Actor, at: datetime, post_id: int) -> Post:
    """Let nobody claim it any more; who holds it, serves on. Raises NotFound, Conflict 'wrong_status'."""
    return _turn(actor, at, post_id, "close")


def reopen(*, actor: Actor, at: datetime, post_id: int) -> Post:
    """Let it be claimed again. Raises as ``close``."""
    return _turn(actor, at, post_id, "reopen")


def claim(*, actor: Actor, at: datetime, post_id: int, member: str | None = None) -> Claim:
    """Take a place of a post for a member who has checked in there; without ``member``, the actor.

    Raises NotFound, Forbidden, Conflict 'not_checked_in', 'no_place', 'held_already' or 'wrong_status'.
    """
    post = db.session.get(Post, post_id)
    if post is None:
        raise NotFound()
    found = _checkin_for(actor, post, member)
    check(CLAIM, "claim", standing(actor, found, clock.local(at).date()))
    _take(post_id)
    made = Claim(
        post_id=post_id,
        check_in_id=found.id,
        member_id=found.member_id,
        status=HELD,
        claimed_at=at,
        claimed_by_id=actor.sign_in_id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Conflict(N_("The member holds this post already"), code="held_already") from error
    audit.note(actor=actor, at=at, action="service_post:claim", object_id=str(post_id), claim=made.id)
    return made


def leave(*, actor: Actor, at: datetime, post_id: int, member: str | None = None, reason: str | None = None) -> Claim:
    """Give the place back, as the member or the home unit. Raises NotFound, Forbidden, Conflict 'wrong_status'."""
    return _end(actor, at, post_id, member, "leave", reason)


def let_go(*, actor: Actor, at: datetime, post_id: int, member: str, reason: str | None = None) -> Claim:
    """Let the member go from the post, as the community. Raises as ``leave``."""
    return _end(actor, at, post_id, member, "release", reason)


def release_all(*, at: datetime, check_in_id: int) -> None:
    """A check-in has ended: its places fall free."""
    mine = (Claim.check_in_id == check_in_id, Claim.status == HELD)
    # The posts before the claims, as in ``_end``; only then it is certain which are still held.
    db.session.execute(
        select(Post.id).where(Post.id.in_(select(Claim.post_id).where(*mine))).order_by(Post.id).with_for_update()
    )
    ended = update(Claim).where(*mine).values(status=ENDED, ended_at=at).returning(Claim.post_id)
    free = [row.post_id for row in _write(ended)]
    _write(update(Post).where(among(Post.id, free)).values(taken=Post.taken - 1))


# ---- inside


def _check_kind(organisation_id: int, kind: str) -> None:
    known = kinds(settings.value(organisation_id, "service_kinds"))
    if kind not in known:
        raise Invalid({"kind": Message(N_("One of %(choices)s is needed"), choices="、".join(known))})


def _places(places: int, taken: int) -> int:
    if not max(1, taken) <= places <= MOST_PLACES:
        text = N_("A whole number from %(low)s to %(high)s is needed")
        raise Invalid({"places": Message(text, low=max(1, taken), high=MOST_PLACES)})
    return places


def _turn(actor: Actor, at: datetime, post_id: int, step: str) -> Post:
    row = held_post(actor, post_id)
    old, row.status = row.status, following(POST, step, row.status)
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"service_post:{step}", object_id=str(row.id), old=old, new=row.status)
    return row


def _checkin_for(actor: Actor, post: Post, number: str | None) -> CheckIn:
    """The accepted check-in under which the member would hold the post."""
    there = (CheckIn.community_id == post.community_id, CheckIn.status == ACCEPTED)
    mine = select(CheckIn).where(CheckIn.member_id == whom(actor, number), *there, visible(actor, CheckIn))
    # Held, so that it does not end while a place is taken under it.
    found = db.session.scalar(mine.with_for_update(read=True))
    if found is None:
        raise Conflict(N_("Please check in with this community first"), code="not_checked_in")
    return found


def _take(post_id: int) -> None:
    free = (Post.id == post_id, Post.status == OPEN, Post.taken < Post.places)
    if _write(update(Post).where(*free).values(taken=Post.taken + 1).returning(Post.id)).first() is not None:
        return
    if db.session.scalar(select(Post.status).where(Post.id == post_id)) == CLOSED:
        following(POST, "close", CLOSED)
    raise Conflict(N_("All places of this post are taken"), code="no_place")


def _end(actor: Actor, at: datetime, post_id: int, member: str | None, step: str, reason: str | None) -> Claim:
    # The post before its claims, as whoever claims takes them: two orders would wait for each other.
    if db.session.get(Post, post_id, with_for_update=True) is None:
        raise NotFound()
    claim, found = held_claim(actor, post_id, whom(actor, member))
    check(CLAIM, step, standing(actor, found, clock.local(at).date()))
    old, claim.status = claim.status, following(CLAIM, step, claim.status)
    claim.ended_at, claim.reason = at, reason
    db.session.flush()
    _write(update(Post).where(Post.id == post_id).values(taken=Post.taken - 1))
    audit.note(
        actor=actor, at=at, action=f"service_post:{step}", object_id=str(post_id), claim=claim.id, old=old,
        new=claim.status,
    )  # fmt: skip
    return claim


def _write(statement: Any) -> Any:
    return db.session.execute(statement.execution_options(synchronize_session=False))
