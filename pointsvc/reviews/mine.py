"""What a member sees of the own reviews: what waits, and, once it is told, the own grade and counts.

Of others nothing but the grade, and that only where the branch publicises grades to its members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.people import settings
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor
from pointsvc.reviews import counting, lifecycle, results
from pointsvc.reviews.models import Review, ReviewDecision, ReviewGrade, ReviewMember, ReviewTurnout

# Older ones are a matter for the files.
MOST = 5


class Other(NamedTuple):
    """Another member's grade, where grades are publicised inside the branch."""

    name: str
    grade: str


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided for the member, and how to object."""

    grade: str
    note: str
    counts: Mapping[results.Parts, counting.Counts]
    decision: ReviewDecision
    others: Sequence[Other]


@dataclass(frozen=True, slots=True)
class Mine:
    """One review of the member's. ``assess`` and ``vote``: that is possible now and not yet done."""

    id: int
    year: int
    branch: str
    status: str
    closes_on: date | None
    reviewed: bool
    may_assess: bool
    assessed: bool
    vote: bool
    voted: bool
    on_paper: bool
    told: Told | None


def mine(*, actor: Actor, at: datetime) -> list[Mine]:
    """The actor's own reviews, the newest first; none for who has no member record."""
    return _listed(actor, at, _own(actor.member_id))


def running(*, actor: Actor, at: datetime) -> list[Mine]:
    """Those of the actor's own reviews in which something may be done; one statement, for the first pages."""
    return _listed(actor, at, _own(actor.member_id).where(Review.status.in_(lifecycle.ALLOWED["assess"])))


# ---- inside


def _listed(actor: Actor, at: datetime, query: Any) -> list[Mine]:
    rows = db.session.execute(query.order_by(Review.year.desc(), Review.id.desc()).limit(MOST)).all()
    return [_mine(actor.member_id or 0, row, clock.local(at).date()) for row in rows]


def _own(member_id: int | None) -> Any:
    voted = and_(ReviewTurnout.review_id == Review.id, ReviewTurnout.member_id == ReviewMember.member_id)
    return (
        select(Review, ReviewMember, Organisation.name, ReviewTurnout.member_id)
        .join(ReviewMember, ReviewMember.review_id == Review.id)
        .join(Organisation, Organisation.id == Review.organisation_id)
        .outerjoin(ReviewTurnout, voted)
        .where(ReviewMember.member_id == member_id, Review.status.not_in(("prepared", "withdrawn")))
    )


def _mine(member_id: int, row: Any, today: date) -> Mine:
    review, line, branch, voted = row
    running = review.status in lifecycle.ALLOWED["ballot"] and review.closes_on >= today
    return Mine(
        id=review.id,
        year=review.year,
        branch=branch,
        status=review.status,
        closes_on=review.closes_on,
        reviewed=line.reviewed,
        may_assess=line.reviewed and review.status in lifecycle.ALLOWED["assess"],
        assessed=line.self_grade is not None,
        vote=running and line.votes and not line.on_paper and voted is None,
        voted=voted is not None,
        on_paper=line.on_paper,
        told=_told(member_id, review, today) if line.reviewed and review.status in lifecycle.TOLD else None,
    )


def _told(member_id: int, review: Review, today: date) -> Told | None:
    whole = results.result(review, today)
    own = next((line for line in whole.lines if line.seat.member_id == member_id), None)
    if own is None or own.grade is None or whole.decision is None:
        return None
    return Told(own.grade, own.note, own.counts, whole.decision, _others(review))


def _others(review: Review) -> Sequence[Other]:
    if settings.value(review.organisation_id, "review_shown_to") != "branch":
        return ()
    rows = db.session.execute(
        select(Member.name, ReviewGrade.grade)
        .join(Member, Member.id == ReviewGrade.member_id)
        .where(ReviewGrade.review_id == review.id, ReviewGrade.round == review.round)
        .order_by(Member.initials, Member.number)
    )
    return [Other(*row) for row in rows]
