"""Who is reviewed and who votes: the members of the branch on the day of opening, and what the branch chose.

Until then nothing but the choices is kept, so that whoever joins or leaves the branch is simply there
or not. A probationary member takes part without a vote and without a grade, whatever is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import db, on_postgresql
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, MemberCategory, Membership
from pointsvc.permissions import Actor
from pointsvc.reviews import changing, lifecycle
from pointsvc.reviews.models import Review, ReviewMember, ReviewTurnout
from pointsvc.schemes import service as schemes

PROBATIONARY = "probationary"
LONGEST_REASON = 200
_LINE = (
    ReviewMember.member_id.label("line"),
    ReviewMember.reviewed,
    ReviewMember.votes,
    ReviewMember.on_paper,
    ReviewMember.reason,
    ReviewMember.self_grade,
    ReviewMember.self_text,
    ReviewMember.self_on_paper,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the branch chose for one member. ``reason`` is needed where a grade or vote is left out."""

    reviewed: bool
    votes: bool
    on_paper: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """One line of the roster. ``bound``: graded and voting are no matter of choice for this category."""

    member_id: int
    number: str
    name: str
    category: str
    reviewed: bool
    votes: bool
    on_paper: bool
    reason: str
    bound: bool
    self_grade: str | None
    self_text: str
    self_on_paper: bool


def seats(review: Review, day: date) -> list[Seat]:
    """The roster by name: as it was fixed, or, before the ballot is open, as it would be on this day."""
    kept = and_(ReviewMember.member_id == Member.id, ReviewMember.review_id == review.id)
    query = select(Member.id, Member.number, Member.name, *_LINE).order_by(Member.initials, Member.number)
    if review.status != "prepared":
        rows = db.session.execute(query.add_columns(ReviewMember.category).join(ReviewMember, kept))
        return [_seat(row, _kept(row)) for row in rows]
    rows = db.session.execute(
        query.add_columns(func.coalesce(MemberCategory.category, "").label("category"))
        .join(Membership, and_(Membership.member_id == Member.id, reach.on_day(Membership, day)))
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, reach.on_day(MemberCategory, day)))
        .outerjoin(ReviewMember, kept)
        .where(Membership.organisation_id == review.organisation_id, Member.id.not_in(merged.duplicates()))
    )
    ungraded = _ungraded(review.organisation_id, day)
    return [_seat(row, _likely(row, ungraded)) for row in rows]


def choose(*, actor: Actor, at: datetime, review_id: int, choices: Mapping[str, Choice]) -> None:
    """Keep the branch's choices for these members (by number); of others nothing changes.

    While the ballot is open only ``on_paper`` may change, and not for who has voted. Raises NotFound,
    Conflict 'wrong_state' or 'roster_fixed', Invalid under ``members.<number>``.
    """
    review = changing.held(actor, review_id, "on_paper")
    by_number = {seat.number: seat for seat in seats(review, clock.local(at).date())}
    if strangers := [number for number in choices if number not in by_number]:
        raise NotFound(Message(N_("There is no member %(number)s within your reach"), number=", ".join(strangers[:5])))
    changed = {number: choice for number, choice in choices.items() if not _stands(by_number[number], choice)}
    if faults := {f"members.{n}": fault for n, choice in changed.items() if (fault := _fault(by_number[n], choice))}:
        raise Invalid(faults)
    if review.status not in lifecycle.ALLOWED["roster"]:
        _check_only_paper(review, by_number, changed)
    _keep(review, [(by_number[number], choice) for number, choice in sorted(changed.items())])
    audit.note(actor=actor, at=at, action="review:roster", object_id=str(review.id), members=len(changed))


def fix(review: Review, lines: Sequence[Seat]) -> None:
    """Let these lines be the roster from now on. Within the opening of the ballot."""
    here = [seat.member_id for seat in lines]
    gone = delete(ReviewMember).where(ReviewMember.review_id == review.id, ReviewMember.member_id.not_in(here))
    db.session.execute(gone.execution_options(synchronize_session=False))
    _keep(review, [(seat, _chosen(seat)) for seat in lines])


# ---- inside


def _ungraded(organisation_id: int, day: date) -> frozenset[str]:
    """The categories without a grade: probationary members, and whom the rule sheet does not grade."""
    sheet = schemes.sheets([organisation_id], day).get(organisation_id)
    return frozenset({PROBATIONARY, *(sheet.document.get("ungraded", ()) if sheet else ())})


def _likely(row: Any, ungraded: frozenset[str]) -> Choice:
    if row.category == PROBATIONARY:
        return Choice(False, False)
    return _kept(row) if row.line is not None else Choice(row.category not in ungraded, True)


def _kept(row: Any) -> Choice:
    return Choice(row.reviewed, row.votes, row.on_paper, row.reason)


def _seat(row: Any, choice: Choice) -> Seat:
    return Seat(
        member_id=row.id,
        number=row.number,
        name=row.name,
        category=row.category,
        **asdict(choice),
        bound=row.category == PROBATIONARY,
        self_grade=row.self_grade,
        self_text=row.self_text or "",
        self_on_paper=bool(row.self_on_paper),
    )


def _chosen(seat: Seat) -> Choice:
    return Choice(seat.reviewed, seat.votes, seat.on_paper, seat.reason)


def _stands(seat: Seat, choice: Choice) -> bool:
    return _chosen(seat) == replace(choice, reason=choice.reason.strip())


def _fault(seat: Seat, choice: Choice) -> Message | None:
    if seat.bound and (choice.reviewed or choice.votes):
        return Message(N_("A probationary member takes part without a grade and without a vote"))
    if len(choice.reason) > LONGEST_REASON:
        return Message(N_("Between %(min)s and %(max)s characters"), min=0, max=LONGEST_REASON)
    if choice.on_paper and not choice.votes:
        return Message(N_("Who does not vote gets no paper ballot"))
    # Who is left out by category needs no reason.
    as_before = (seat.reviewed, seat.votes, seat.reason) == (choice.reviewed, choice.votes, "")
    if not (choice.reviewed and choice.votes) and not choice.reason.strip() and not as_before:
        return Message(N_("Say why this member is not graded or does not vote"))
    return None


def _check_only_paper(review: Review, by_number: Mapping[str, Seat], changed: Mapping[str, Choice]) -> None:
    others = [
        n for n, choice in changed.items() if not _stands(replace(by_number[n], on_paper=choice.on_paper), choice)
    ]
    if others:
        raise Conflict(N_("Since the ballot was opened the roster stands"), code="roster_fixed")
    # The lines are locked by those who vote: whoever is voting now is waited for, and then seen.
    ids = [by_number[number].member_id for number in changed]
    mine = (ReviewMember.review_id == review.id, ReviewMember.member_id.in_(ids))
    db.session.execute(select(ReviewMember.member_id).where(*mine).with_for_update())
    voted = set(
        db.session.scalars(
            select(ReviewTurnout.member_id).where(
                ReviewTurnout.review_id == review.id, ReviewTurnout.member_id.in_(ids)
            )
        )
    )
    text = N_("This member has voted already")
    if faults := {f"members.{n}": text for n in changed if by_number[n].member_id in voted}:
        raise Invalid(faults)


def _keep(review: Review, lines: list[tuple[Seat, Choice]]) -> None:
    """Write these lines; a self-assessment on one that is there stays."""
    if not lines:
        return
    dialect: Any = postgresql if on_postgresql() else sqlite
    adding = dialect.insert(ReviewMember.__table__)
    chosen = ("category", "reviewed", "votes", "on_paper", "reason")
    db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["review_id", "member_id"], set_={name: adding.excluded[name] for name in chosen}
        ),
        [
            {
                "review_id": review.id,
                "member_id": seat.member_id,
                "category": seat.category,
                "reviewed": choice.reviewed,
                "votes": choice.votes,
                "on_paper": choice.on_paper,
                "reason": choice.reason.strip(),
                "self_text": "",
                "self_on_paper": False,
            }
            for seat, choice in lines
        ],
    )
