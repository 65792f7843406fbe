"""The meeting decides: a grade for each member with the minute it stands in; then publicity and the end.

Ballots, points and the ceiling are laid before the meeting and decide nothing. A low grade changes
nobody's standing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select

from pointsvc import clock, workdays
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.people import settings
from pointsvc.permissions import Actor
from pointsvc.reviews import changing, counting, roster, telling
from pointsvc.reviews.models import BODIES, Review, ReviewDecision, ReviewGrade

LONGEST_MINUTE = 200
LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Grade:
    """What the meeting resolved for one member."""

    grade: str
    note: str = ""


def decide(
    *,
    actor: Actor,
    at: datetime,
    review_id: int,
    body: str,
    minute: str,
    decided_on: date,
    grades: Mapping[str, Grade],
) -> Review:
    """Write down the grade that the meeting gave each graded member (by number): everybody at once.

    Raises NotFound, Conflict 'wrong_state', Invalid by field: ``body``, ``minute``, ``decided_on``,
    ``grades.<number>``.
    """
    review = changing.held(actor, review_id)
    today = clock.local(at).date()
    graded = {seat.number: seat.member_id for seat in roster.seats(review, today) if seat.reviewed}
    changing.moved(actor=actor, at=at, review=review, act="decide")
    if faults := {**_minute_faults(body, minute, decided_on, today), **_grade_faults(graded, grades)}:
        raise Invalid(faults)
    db.session.add(
        ReviewDecision(
            review_id=review.id, round=review.round, body=body, minute=minute.strip(), decided_on=decided_on, phone=""
        )
    )
    db.session.flush()
    _keep(review, {graded[number]: given for number, given in grades.items()})
    return review


def reconsider(*, actor: Actor, at: datetime, review_id: int, reason: str) -> Review:
    """Let the meeting decide anew; what it had decided is kept as an earlier round.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``reason``.
    """
    review = changing.held(actor, review_id)
    changing.moved(actor=actor, at=at, review=review, act="reconsider", reason=changing.stated(reason))
    review.round += 1
    db.session.flush()
    return review


def publicise(*, actor: Actor, at: datetime, review_id: int) -> Review:
    """Let the members read the result inside the branch, and object until the end of the last day.

    Raises NotFound, Conflict 'wrong_state'.
    """
    review = changing.held(actor, review_id)
    changing.moved(actor=actor, at=at, review=review, act="publicise")
    decision = db.session.get_one(ReviewDecision, (review.id, review.round), populate_existing=True)
    today = clock.local(at).date()
    held = settings.values(review.organisation_id)
    decision.published_on = today
    decision.last_day = workdays.after(today, held["publicity_days"][0])
    decision.phone = held["supervision_phone"][0]
    db.session.flush()
    telling.result(review=review, member_ids=_graded(review), at=at)
    return review


def close(*, actor: Actor, at: datetime, review_id: int) -> Review:
    """End the review. One that is publicised stays so until its last day is over.

    Raises NotFound, Conflict 'wrong_state' or 'publicity_runs'.
    """
    review = changing.held(actor, review_id)
    decision = db.session.get(ReviewDecision, (review.id, review.round), populate_existing=True)
    told = review.status == "publicised"
    changing.moved(actor=actor, at=at, review=review, act="close")
    if told and decision is not None and decision.last_day and clock.local(at).date() <= decision.last_day:
        text = N_("The result is publicised until the end of %(day)s")
        raise Conflict(Message(text, day=decision.last_day), code="publicity_runs")
    if not told:
        telling.result(review=review, member_ids=_graded(review), at=at)
    return review


# ---- inside


def _keep(review: Review, grades: Mapping[int, Grade]) -> None:
    mine = {"review_id": review.id, "round": review.round}
    rows = [
        {**mine, "member_id": member_id, "grade": given.grade, "note": given.note.strip()}
        for member_id, given in sorted(grades.items())
    ]
    db.session.execute(insert(ReviewGrade), rows)


def _graded(review: Review) -> list[int]:
    mine = (ReviewGrade.review_id == review.id, ReviewGrade.round == review.round)
    return list(db.session.scalars(select(ReviewGrade.member_id).where(*mine)))


def _minute_faults(body: str, minute: str, decided_on: date, today: date) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    if body not in BODIES:
        faults["body"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(BODIES))
    if not 1 <= len(minute.strip()) <= LONGEST_MINUTE:
        faults["minute"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=LONGEST_MINUTE)
    if decided_on > today:
        faults["decided_on"] = Message(N_("This day is still to come"))
    return faults


def _grade_faults(graded: Mapping[str, int], grades: Mapping[str, Grade]) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    for number in grades.keys() - graded.keys():
        faults[f"grades.{number}"] = Message(N_("This member is not graded in this review"))
    for number in graded:
        given = grades.get(number)
        if given is None or given.grade not in counting.GRADES:
            text = N_("One of %(choices)s is needed")
            faults[f"grades.{number}"] = Message(text, choices=", ".join(counting.GRADES))
        elif len(given.note.strip()) > LONGEST_NOTE:
            faults[f"grades.{number}"] = Message(N_("Between %(min)s and %(max)s characters"), min=0, max=LONGEST_NOTE)
    return faults
