"""The self-assessment: a grade and a short text, by the member or typed in by the secretary from paper."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.permissions import Actor
from pointsvc.reviews import changing, counting, lifecycle
from pointsvc.reviews.models import Review, ReviewMember

LONGEST_TEXT = 1000


def own_assessment(*, actor: Actor, review_id: int) -> ReviewMember:
    """The actor's own line, with what was written so far. Raises NotFound when the actor is not graded in it."""
    return _line(review_id, actor.member_id)


def assess(*, actor: Actor, at: datetime, review_id: int, grade: str, text: str) -> ReviewMember:
    """Write the actor's own self-assessment; written again it replaces the one before.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``grade`` or ``text``.
    """
    line = _line(review_id, actor.member_id, lock=True)
    review = db.session.get_one(Review, review_id, populate_existing=True)
    if review.status not in lifecycle.ALLOWED["assess"]:
        raise changing.wrong_state()
    _write(line, at, grade, text, on_paper=False)
    audit.note(actor=actor, at=at, action="review:assess", object_id=str(review_id))
    return line


def assess_from_paper(
    *, actor: Actor, at: datetime, review_id: int, member: str, grade: str, text: str
) -> ReviewMember:
    """Type in what a member (by number) has written on paper. Raises as ``assess``, NotFound for the member."""
    review = changing.held(actor, review_id, "assess")
    found = reach.members(actor, [member]).get(member)
    line = _line(review.id, found.id if found else None, lock=True)
    _write(line, at, grade, text, on_paper=True)
    audit.note(actor=actor, at=at, action="review:assess_from_paper", object_id=str(review_id), member=member)
    return line


def _line(review_id: int, member_id: int | None, *, lock: bool = False) -> ReviewMember:
    query = (
        select(ReviewMember)
        .join(Review, Review.id == ReviewMember.review_id)
        .where(ReviewMember.review_id == review_id, ReviewMember.member_id == member_id, ReviewMember.reviewed)
        .where(Review.status.not_in(("prepared", "withdrawn")))
    )
    if lock:
        query = query.with_for_update(of=ReviewMember).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def _write(line: ReviewMember, at: datetime, grade: str, text: str, *, on_paper: bool) -> None:
    faults: dict[str, Message] = {}
    if grade not in counting.GRADES:
        faults["grade"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(counting.GRADES))
    if len(text.strip()) > LONGEST_TEXT:
        faults["text"] = Message(N_("Between %(min)s and %(max)s characters"), min=0, max=LONGEST_TEXT)
    if faults:
        raise Invalid(faults)
    line.self_grade, line.self_text, line.self_on_paper, line.self_at = grade, text.strip(), on_paper, at
    db.session.flush()
