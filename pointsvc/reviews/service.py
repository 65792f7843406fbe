"""Verbs of reviews: prepare, open, extend, close the ballot, withdraw; the rest stands in files beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import UtcTime, db, on_postgresql
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.people import reach
from pointsvc.people.models import Membership, Organisation
from pointsvc.permissions import Actor
from pointsvc.reviews import changing, counting, roster, telling
from pointsvc.reviews.models import Review, ReviewBox, ReviewCount, ReviewEvent

# A ballot that is open for longer than this is forgotten, not secret.
LONGEST_BALLOT = timedelta(days=60)


def prepare(*, actor: Actor, at: datetime, organisation: str, year: int, held_on: date) -> Sequence[int]:
    """Prepare the year's review of this branch, or of every branch below this organisation; the new ones' ids.

    A branch that has one for the year is left as it is. Raises NotFound, Invalid under ``year``,
    ``held_on`` or ``organisation`` (no branch there), Conflict 'review_exists' when there is nothing to add.
    """
    owner = reach.organisation(actor, organisation)
    _check_year(year, held_on, clock.local(at).date())
    branches = _branches(owner)
    if db.session.scalar(select(branches.exists())) is not True:
        raise Invalid({"organisation": N_("There is no branch with members here")})
    dialect: Any = postgresql if on_postgresql() else sqlite
    columns = ["organisation_id", "year", "held_on", "status", "round", "created_at", "created_by_id"]
    values = [year, held_on, "prepared", 1]
    made = db.session.scalars(
        dialect.insert(Review.__table__)
        .from_select(
            columns,
            branches.add_columns(
                *(literal(value) for value in values), literal(at, UtcTime()), literal(actor.sign_in_id, Review.id.type)
            ),
        )
        .on_conflict_do_nothing()
        .returning(Review.id)
    ).all()
    if not made:
        raise Conflict(Message(N_("The review of %(year)s has been prepared already"), year=year), code="review_exists")
    db.session.execute(insert(ReviewEvent), [_beginning(review_id, actor, at) for review_id in made])
    audit.note(actor=actor, at=at, action="review:prepare", object_id=owner.code, year=year, reviews=len(made))
    return sorted(made)


def open_ballot(*, actor: Actor, at: datetime, review_id: int, closes_on: date, held_on: date | None = None) -> Review:
    """Fix the roster of today, set up the boxes, and tell everybody who votes.

    Raises NotFound, Conflict 'wrong_state' or 'nobody', Invalid under ``closes_on`` or ``held_on``.
    """
    review = changing.held(actor, review_id)
    today = clock.local(at).date()
    lines = roster.seats(review, today)
    changing.moved(actor=actor, at=at, review=review, act="open")
    _check_close(closes_on, today)
    if held_on is not None:
        _check_year(review.year, held_on, today)
        review.held_on = held_on
    review.closes_on = closes_on
    roster.fix(review, lines)
    reviewed = [seat.member_id for seat in lines if seat.reviewed]
    if not reviewed:
        raise Conflict(N_("Nobody on the roster is to be graded"), code="nobody")
    db.session.add_all(
        ReviewBox(review_id=review.id, part=part, sums=counting.empty(reviewed)) for part in counting.PARTS
    )
    db.session.flush()
    telling.opened(review=review, lines=lines, at=at)
    return review


def extend(*, actor: Actor, at: datetime, review_id: int, closes_on: date) -> Review:
    """Let the ballot be open until the end of another day. Raises NotFound, Conflict 'wrong_state', Invalid."""
    review = changing.held(actor, review_id, "extend")
    _check_close(closes_on, clock.local(at).date())
    before, review.closes_on = review.closes_on, closes_on
    audit.note(
        actor=actor,
        at=at,
        action="review:extend",
        object_id=str(review.id),
        before=str(before),
        closes_on=closes_on.isoformat(),
    )
    db.session.flush()
    return review


def close_ballot(*, actor: Actor, at: datetime, review_id: int) -> Review:
    """End the ballot: the boxes become counts, all in one moment, and are gone.

    Raises NotFound, Conflict 'wrong_state'.
    """
    review = changing.held(actor, review_id)
    changing.moved(actor=actor, at=at, review=review, act="close_ballot")
    boxes = db.session.scalars(
        select(ReviewBox).where(ReviewBox.review_id == review.id).order_by(ReviewBox.part).with_for_update()
    ).all()
    rows = [_count(review.id, box.part, key, line) for box in boxes for key, line in box.sums.items()]
    if rows:
        db.session.execute(insert(ReviewCount), rows)
    _clear_boxes(review)
    return review


def withdraw(*, actor: Actor, at: datetime, review_id: int, reason: str) -> Review:
    """Take back a review that was begun in error; another may then be prepared for the year.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``reason``.
    """
    review = changing.held(actor, review_id)
    changing.moved(actor=actor, at=at, review=review, act="withdraw", reason=changing.stated(reason))
    _clear_boxes(review)
    return review


# ---- inside


def _branches(owner: Organisation) -> Any:
    """The ids of what is reviewed below: branches, and any other organisation that has members of its own."""
    members = exists().where(Membership.organisation_id == Organisation.id, Membership.ends_on.is_(None))
    return select(Organisation.id).where(Organisation.id.in_(reach.ids_below(owner.id)), members)


def _check_year(year: int, held_on: date, today: date) -> None:
    """A year is reviewed within it, or at the beginning of the next."""
    if not today.year - 1 <= year <= today.year:
        text = Message(N_("A whole number from %(low)s to %(high)s is needed"), low=today.year - 1, high=today.year)
        raise Invalid({"year": text})
    if not year <= held_on.year <= year + 1:
        raise Invalid({"held_on": N_("The review of a year is held in it or in the following one")})


def _check_close(closes_on: date, today: date) -> None:
    if not today <= closes_on <= today + LONGEST_BALLOT:
        text = N_("A day from %(first)s to %(last)s is needed")
        raise Invalid({"closes_on": Message(text, first=today, last=today + LONGEST_BALLOT)})


def _clear_boxes(review: Review) -> None:
    gone = delete(ReviewBox).where(ReviewBox.review_id == review.id)
    db.session.execute(gone.execution_options(synchronize_session=False))


def _beginning(review_id: int, actor: Actor, at: datetime) -> dict[str, Any]:
    values = {"review_id": review_id, "act": "prepare", "old": "", "new": "prepared", "reason": ""}
    return {**values, "at": at, "by_id": actor.sign_in_id}


def _count(review_id: int, part: str, key: str, line: Sequence[int]) -> dict[str, Any]:
    sums = dict(zip(counting.CHOICES, line, strict=True))
    return {"review_id": review_id, "part": part, "source": "phone", "member_id": int(key), **sums}
