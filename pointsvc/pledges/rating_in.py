"""Verbs of rating a settled pledge: one rater's grade, and the counts of a paper vote of the masses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Forbidden, Invalid, Message
from pointsvc.permissions import Actor
from pointsvc.pledges.lifecycle import following
from pointsvc.pledges.models import Pledge, PledgeRating
from pointsvc.pledges.rating import GRADES, sides
from pointsvc.pledges.reading import locked, standings

MOST_VOTES = 100_000
_OWN = N_("Nobody rates the own pledge")


def rate(*, actor: Actor, at: datetime, pledge_id: int, grade: int, code: str | None = None) -> str:
    """Give a grade, or another one than before; the side on which it counts.

    Members of the branch rate as members, whoever leads as the organisation. With ``code`` it is
    somebody of the masses, for whom a public page asks (as the system): the same code rates once.
    Raises NotFound, Forbidden ('own_pledge' for the own), Conflict 'wrong_status', Invalid.
    """
    if grade not in GRADES:
        raise Invalid({"grade": Message(N_("One of %(choices)s is needed"), choices=", ".join(map(str, GRADES)))})
    row = _settled(actor, at, pledge_id)
    side, rater = _rater(actor, at, row, code)
    _keep(row, side, rater, grade, 1, at, actor)
    return side


def rate_on_paper(*, actor: Actor, at: datetime, pledge_id: int, counts: Mapping[int, int]) -> None:
    """Type in how many of the masses gave which grade on paper; typed in again it replaces what was.

    Raises NotFound, Forbidden, Conflict 'wrong_status', Invalid under ``counts``.
    """
    if not counts or set(counts) - set(GRADES) or any(not 0 <= count <= MOST_VOTES for count in counts.values()):
        raise Invalid({"counts": N_("Please give a whole number for each grade")})
    row = _settled(actor, at, pledge_id)
    standing = standings(actor, [row], clock.local(at).date())[row.id]
    if standing.own or not standing.leads:
        raise Forbidden(_OWN if standing.own else None, code="own_pledge" if standing.own else None)
    papers = [f"paper:{grade}" for grade in GRADES]
    db.session.execute(
        delete(PledgeRating)
        .where(PledgeRating.pledge_id == pledge_id, PledgeRating.side == "masses", PledgeRating.rater.in_(papers))
        .execution_options(synchronize_session=False)
    )
    for grade, count in counts.items():
        if count:
            _keep(row, "masses", f"paper:{grade}", grade, count, at, actor)


def own_grade(*, actor: Actor, pledge_id: int) -> int | None:
    """What the actor has given, if anything."""
    return db.session.scalar(
        select(PledgeRating.grade).where(
            PledgeRating.pledge_id == pledge_id, PledgeRating.rater == f"sign-in:{actor.sign_in_id}"
        )
    )


def _settled(actor: Actor, at: datetime, pledge_id: int) -> Pledge:
    row = locked(actor, [pledge_id], clock.local(at).date())[pledge_id]
    following("rate", row.status)
    return row


def _rater(actor: Actor, at: datetime, row: Pledge, code: str | None) -> tuple[str, str]:
    if code is not None:
        if not actor.is_system:
            raise Forbidden()
        if not 1 <= len(code) <= 50:
            raise Invalid({"code": N_("This code is not known")})
        return "masses", f"code:{code}"
    standing = standings(actor, [row], clock.local(at).date())[row.id]
    if standing.own:
        raise Forbidden(_OWN, code="own_pledge")
    allowed = sides(standing)
    if not allowed:
        raise Forbidden()
    return allowed[0], f"sign-in:{actor.sign_in_id}"


def _keep(row: Pledge, side: str, rater: str, grade: int, count: int, at: datetime, actor: Actor) -> None:
    # The pledge is held, so two of the same rater come one after the other.
    found = db.session.scalar(
        select(PledgeRating).where(
            PledgeRating.pledge_id == row.id, PledgeRating.side == side, PledgeRating.rater == rater
        )
    )
    if found is None:
        found = PledgeRating(pledge_id=row.id, side=side, rater=rater)
        db.session.add(found)
    found.grade, found.count, found.at, found.by_id = grade, count, at, actor.sign_in_id
    db.session.flush()
