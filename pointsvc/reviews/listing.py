"""Reviews as lists show them, how far each is, and the figures of a node and year. Set-based."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, and_, func, or_, select

from pointsvc.db import db
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.reviews import counting
from pointsvc.reviews.models import (
    Review,
    ReviewCode,
    ReviewDecision,
    ReviewEvent,
    ReviewGrade,
    ReviewMember,
    ReviewPaper,
    ReviewTurnout,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A review with how far it is. Before the ballot is open nobody is on its roster yet.

    ``took_part``: ballots of members, on phones and returned on paper. ``codes_used`` of ``codes``:
    those of the masses.
    """

    id: int
    organisation: str
    organisation_name: str
    year: int
    held_on: date
    closes_on: date | None
    status: str
    round: int
    reviewed: int
    voters: int
    on_paper: int
    assessed: int
    took_part: int
    codes: int
    codes_used: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a node's reviews of a year come to. ``grades``: members by the grade that a meeting gave them."""

    reviews: int
    decided: int
    reviewed: int
    voters: int
    took_part: int
    grades: dict[str, int]

    @property
    def rate(self) -> int | None:
        """How many of a hundred voters took part, rounded down; None while there is no voter."""
        return 100 * self.took_part // self.voters if self.voters else None


def reviews(
    *,
    actor: Actor,
    organisation: str | None = None,
    year: int | None = None,
    status: str | None = None,
    limit: int,
    before_id: int | None = None,
) -> list[Summary]:
    """The reviews of this node and below (else: within reach), newest first. Raises NotFound."""
    query = _summaries().order_by(Review.id.desc()).limit(limit)
    if organisation is None:
        query = query.where(Review.organisation_id.in_(reach.organisation_ids(actor)))
    else:
        query = query.where(Review.organisation_id.in_(reach.ids_below(reach.organisation(actor, organisation).id)))
    if year is not None:
        query = query.where(Review.year == year)
    if status is not None:
        query = query.where(Review.status == status)
    if before_id is not None:
        query = query.where(Review.id < before_id)
    return [Summary(*row) for row in db.session.execute(query)]


def summary(review: Review) -> Summary:
    """One review as in the list; the caller has found it within reach."""
    return Summary(*db.session.execute(_summaries().where(Review.id == review.id)).one())


def events(review: Review) -> Sequence[ReviewEvent]:
    """What was done to the review, oldest first."""
    query = select(ReviewEvent).where(ReviewEvent.review_id == review.id).order_by(ReviewEvent.id)
    return db.session.scalars(query).all()


def figures(*, actor: Actor, organisation: str, year: int) -> Figures:
    """The participation and the grades of this node's reviews of the year. Raises NotFound."""
    owner = reach.organisation(actor, organisation)
    mine = (
        Review.organisation_id.in_(reach.ids_below(owner.id)),
        Review.year == year,
        Review.status.not_in(("prepared", "withdrawn")),
    )
    parts = _summaries().where(*mine).subquery()
    totals = db.session.execute(
        select(
            func.count(),
            *(func.coalesce(func.sum(parts.c[name]), 0) for name in ("reviewed", "voters", "took_part")),
        ).select_from(parts)
    ).one()
    rows = db.session.execute(
        select(ReviewGrade.grade, func.count())
        .join(Review, and_(Review.id == ReviewGrade.review_id, Review.round == ReviewGrade.round))
        .where(*mine)
        .group_by(ReviewGrade.grade)
    )
    grades = dict.fromkeys(counting.GRADES, 0) | {row[0]: row[1] for row in rows}
    decided = db.session.scalar(
        select(func.count()).select_from(Review).where(*mine, Review.status.in_(("decided", "publicised", "closed")))
    )
    count, reviewed, voters, took_part = (int(value) for value in totals)
    return Figures(count, decided or 0, reviewed, voters, took_part, grades)


def waiting(*, actor: Actor, today: date) -> Sequence[Row[*tuple[Any, ...]]]:
    """The reviews within reach that wait for their next step: rows of year, status, number, newest (an id).

    One that is publicised waits only once its last day is over.
    """
    decision = and_(ReviewDecision.review_id == Review.id, ReviewDecision.round == Review.round)
    return db.session.execute(
        select(Review.year, Review.status, func.count().label("number"), func.max(Review.id).label("newest"))
        .outerjoin(ReviewDecision, decision)
        .where(Review.organisation_id.in_(reach.organisation_ids(actor)))
        .where(
            or_(
                Review.status.in_(("prepared", "open", "counted", "decided")),
                and_(Review.status == "publicised", ReviewDecision.last_day < today),
            )
        )
        .group_by(Review.year, Review.status)
        .order_by(Review.year, Review.status)
    ).all()


# ---- inside


def _summaries() -> Select[*tuple[Any, ...]]:
    return select(
        Review.id,
        Organisation.code.label("organisation"),
        Organisation.name.label("organisation_name"),
        Review.year,
        Review.held_on,
        Review.closes_on,
        Review.status,
        Review.round,
        _number(ReviewMember, ReviewMember.reviewed).label("reviewed"),
        _number(ReviewMember, ReviewMember.votes).label("voters"),
        _number(ReviewMember, and_(ReviewMember.votes, ReviewMember.on_paper)).label("on_paper"),
        _number(ReviewMember, and_(ReviewMember.reviewed, ReviewMember.self_grade.is_not(None))).label("assessed"),
        (_number(ReviewTurnout) + func.coalesce(_returned(), 0)).label("took_part"),
        _number(ReviewCode).label("codes"),
        _number(ReviewCode, ReviewCode.used).label("codes_used"),
    ).join(Organisation, Organisation.id == Review.organisation_id)


def _number(table: Any, *conditions: Any) -> ScalarSelect[int]:
    query = select(func.count()).select_from(table).where(table.review_id == Review.id, *conditions)
    return query.correlate(Review).scalar_subquery()


def _returned() -> ScalarSelect[int]:
    mine = (ReviewPaper.review_id == Review.id, ReviewPaper.part == "peers")
    return select(ReviewPaper.returned).where(*mine).correlate(Review).scalar_subquery()
