"""A review taken in hand: found within reach, locked, and changed with a row that says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.permissions import Actor
from pointsvc.reviews import lifecycle
from pointsvc.reviews.models import Review, ReviewEvent

LONGEST_REASON = 500


def review(actor: Actor, review_id: int) -> Review:
    """The review with this id. Raises NotFound when there is none within reach."""
    return _one(_within(actor, review_id))


def held(actor: Actor, review_id: int, act: str | None = None) -> Review:
    """The same, locked until the transaction ends, so that of two changes the second sees the first.

    With an ``act`` that changes no state: raises Conflict 'wrong_state' where it is not allowed.
    """
    # Not against those who only refer to it: a voter's turnout does, while holding what we may want.
    locked = _within(actor, review_id).with_for_update(key_share=True)
    found = _one(locked.execution_options(populate_existing=True))
    if act is not None and found.status not in lifecycle.ALLOWED[act]:
        raise wrong_state()
    return found


def moved(*, actor: Actor, at: datetime, review: Review, act: str, reason: str = "") -> None:
    """Lead a locked review into the state that follows ``act``, and write down who did it and why.

    Raises Conflict 'wrong_state' when the act is not possible in the present state.
    """
    new = lifecycle.after(act, review.status)
    if new is None:
        raise wrong_state()
    db.session.add(
        ReviewEvent(
            review_id=review.id, act=act, old=review.status, new=new, reason=reason, at=at, by_id=actor.sign_in_id
        )
    )
    review.status = new
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"review:{act}", object_id=str(review.id))


def stated(reason: str) -> str:
    """The reason without blanks around it. Raises Invalid when there is none, or too long a one."""
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Invalid({"reason": Message(N_("Between %(min)s and %(max)s characters"), min=1, max=LONGEST_REASON)})
    return reason


def wrong_state() -> Conflict:
    """The refusal of an act that the present state does not allow."""
    return Conflict(N_("The review has moved on; this is no longer, or not yet, possible"), code="wrong_state")


def _within(actor: Actor, review_id: int) -> Select[*tuple[Review]]:
    return select(Review).where(Review.id == review_id, Review.organisation_id.in_(reach.organisation_ids(actor)))


def _one(query: Select[*tuple[Review]]) -> Review:
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found
