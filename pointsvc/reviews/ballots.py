"""The secret ballot: what a voter is shown, and how a ballot becomes a part of the sums.

That somebody has voted (turnout, a used code) and what was voted (the box) are written in one
transaction and share nothing: no time, no order, no row of its own for a ballot. A route that takes a
ballot must not keep the request either: an idempotency key would keep its digest, and a ballot of a
few names is soon guessed from that. See docs/decisions/0013-secret-ballots.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock, codes
from pointsvc.audit import service as audit
from pointsvc.db import db, on_postgresql
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.reviews import changing, counting, lifecycle
from pointsvc.reviews.models import Review, ReviewBox, ReviewCode, ReviewMember, ReviewTurnout

# Why somebody on the roster cannot vote here and now.
HINDRANCES = {
    "voted": N_("You have voted already. Each votes once."),
    "on_paper": N_("You are marked as voting on paper. If that is wrong, tell the secretary."),
    "no_vote": N_("You take part in this review without a vote."),
    "over": N_("This ballot is over."),
}


@dataclass(frozen=True, slots=True)
class Comrade:
    """Somebody to be graded on a ballot."""

    member_id: int
    number: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot paper: whom to grade, and what hinders (a key of ``HINDRANCES``) if anything does."""

    review_id: int
    part: str
    year: int
    branch: str
    closes_on: date | None
    comrades: Sequence[Comrade]
    hindrance: str | None


def own_paper(*, actor: Actor, at: datetime, review_id: int) -> Paper:
    """The actor's own ballot paper: everybody reviewed but the actor.

    Raises NotFound when the actor is not on the roster of this review, or the ballot was never open.
    """
    row = _roster_line(actor, review_id)
    voted = db.session.get(ReviewTurnout, (review_id, actor.member_id)) is not None
    comrades = [one for one in _comrades(review_id) if one.member_id != actor.member_id]
    return _paper(row, "peers", comrades, _hindrance(row, voted, at))


def masses_paper(*, at: datetime, code: str) -> Paper | None:
    """The ballot paper that a one-time code opens; None for a code that is none."""
    row = db.session.execute(
        select(*_HEAD, ReviewCode.used)
        .join(Organisation, Organisation.id == Review.organisation_id)
        .join(ReviewCode, ReviewCode.review_id == Review.id)
        .where(ReviewCode.code_hash == codes.hashed(code))
    ).first()
    if row is None:
        return None
    hindrance = "voted" if row.used else "over" if _over(row, at) else None
    return _paper(row, "masses", _comrades(row.id), hindrance)


def cast(*, actor: Actor, at: datetime, review_id: int, grades: Mapping[str, str]) -> None:
    """Put the actor's ballot into the box: a grade or ``abstain`` for each comrade (by number).

    Raises NotFound as ``own_paper``, Invalid under ``grades.<number>``, Conflict with the hindrance as
    its code ('voted', 'on_paper', 'no_vote', 'over').
    """
    # Locked against being marked as voting on paper at this very moment.
    row = _roster_line(actor, review_id, lock=True)
    comrades = [one for one in _comrades(review_id) if one.member_id != actor.member_id]
    if hindrance := _hindrance(row, False, at):
        raise refusal(hindrance)
    ballot = _checked(comrades, grades)
    dialect: Any = postgresql if on_postgresql() else sqlite
    adding = dialect.insert(ReviewTurnout.__table__).on_conflict_do_nothing().returning(ReviewTurnout.member_id)
    values = {"review_id": review_id, "member_id": actor.member_id}
    if db.session.execute(adding, values).scalar() is None:
        raise refusal("voted")
    _put(review_id, "peers", ballot)
    audit.note(actor=actor, at=at, action="review:ballot", object_id=str(review_id))


def cast_by_code(*, at: datetime, code: str, grades: Mapping[str, str]) -> None:
    """Put the ballot of whoever holds this one-time code into the box of the masses; the code is then used.

    Raises as ``cast``; NotFound for a code that is none.
    """
    paper = masses_paper(at=at, code=code)
    if paper is None:
        raise NotFound()
    if paper.hindrance:
        raise refusal(paper.hindrance)
    ballot = _checked(paper.comrades, grades)
    mine = (ReviewCode.code_hash == codes.hashed(code), ReviewCode.used.is_(False))
    using = update(ReviewCode).where(*mine).values(used=True).returning(ReviewCode.number)
    if db.session.execute(using.execution_options(synchronize_session=False)).scalar() is None:
        raise refusal("voted")
    _put(paper.review_id, "masses", ballot)
    audit.note(actor=SYSTEM, at=at, action="review:masses_ballot", object_id=str(paper.review_id))


def refusal(hindrance: str) -> Conflict:
    """Why a ballot is not taken."""
    return Conflict(HINDRANCES[hindrance], code=hindrance)


# ---- inside

_HEAD = (Review.id, Review.year, Review.status, Review.closes_on, Organisation.name.label("branch"))


def _roster_line(actor: Actor, review_id: int, *, lock: bool = False) -> Any:
    query = (
        select(*_HEAD, ReviewMember.votes, ReviewMember.on_paper)
        .join(Organisation, Organisation.id == Review.organisation_id)
        .join(ReviewMember, and_(ReviewMember.review_id == Review.id, ReviewMember.member_id == actor.member_id))
        .where(Review.id == review_id, Review.status.not_in(("prepared", "withdrawn")))
    )
    row = db.session.execute(query.with_for_update(read=True, of=ReviewMember) if lock else query).first()
    if row is None:
        raise NotFound()
    return row


def _comrades(review_id: int) -> list[Comrade]:
    rows = db.session.execute(
        select(Member.id, Member.number, Member.name, ReviewMember.category)
        .join(ReviewMember, ReviewMember.member_id == Member.id)
        .where(ReviewMember.review_id == review_id, ReviewMember.reviewed)
        .order_by(Member.initials, Member.number)
    )
    return [Comrade(*row) for row in rows]


def _over(row: Any, at: datetime) -> bool:
    return row.status not in lifecycle.ALLOWED["ballot"] or row.closes_on < clock.local(at).date()


def _hindrance(row: Any, voted: bool, at: datetime) -> str | None:
    if not row.votes:
        return "no_vote"
    if voted:
        return "voted"
    if _over(row, at):
        return "over"
    return "on_paper" if row.on_paper else None


def _paper(row: Any, part: str, comrades: Sequence[Comrade], hindrance: str | None) -> Paper:
    return Paper(row.id, part, row.year, row.branch, row.closes_on, comrades, hindrance)


def _checked(comrades: Sequence[Comrade], grades: Mapping[str, str]) -> dict[int, str]:
    """The ballot by member id. No message ever repeats a choice: messages end up in logs."""
    faults: dict[str, Message] = {}
    numbers = {one.number for one in comrades}
    for number in grades:
        if number not in numbers:
            faults[f"grades.{number}"] = Message(N_("This member is not on your ballot"))
    for one in comrades:
        if grades.get(one.number) not in counting.CHOICES:
            text = N_("One of %(choices)s is needed")
            faults[f"grades.{one.number}"] = Message(text, choices=", ".join(counting.CHOICES))
    if faults:
        raise Invalid(faults)
    return {one.member_id: grades[one.number] for one in comrades}


def _put(review_id: int, part: str, ballot: Mapping[int, str]) -> None:
    """Add the ballot to the sums. Ballots queue on the box; once it has been emptied there is none."""
    query = select(ReviewBox).where(ReviewBox.review_id == review_id, ReviewBox.part == part).with_for_update()
    box = db.session.scalar(query.execution_options(populate_existing=True))
    if box is None:
        raise changing.wrong_state()
    box.sums = counting.added(box.sums, ballot)
    db.session.flush()
