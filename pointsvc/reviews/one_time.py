"""One-time codes for the representatives of the masses, on slips that are printed again when the printer spoils one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from pointsvc import codes
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Invalid, Message
from pointsvc.permissions import Actor
from pointsvc.reviews import changing
from pointsvc.reviews.models import ReviewCode

MOST = 500


def code_of(secret: str, review_id: int, number: int) -> str:
    """The code of one slip."""
    return codes.code_of(secret, f"review-code|{review_id}|{number}")


def make(*, actor: Actor, at: datetime, review_id: int, secret: str, number: int) -> int:
    """Make so many more codes; the answer is how many there are then.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``number`` when there would be too many.
    """
    review = changing.held(actor, review_id, "codes")
    last = db.session.scalar(select(func.max(ReviewCode.number)).where(ReviewCode.review_id == review.id)) or 0
    if not 1 <= number <= MOST - last:
        raise Invalid(
            {"number": Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=MOST - last)}
        )
    numbers = range(last + 1, last + number + 1)
    db.session.add_all(
        ReviewCode(review_id=review.id, number=n, code_hash=codes.hashed(code_of(secret, review.id, n)), used=False)
        for n in numbers
    )
    audit.note(actor=actor, at=at, action="review:codes", object_id=str(review.id), number=number)
    db.session.flush()
    return last + number


def unused(*, actor: Actor, review_id: int, secret: str) -> list[str]:
    """The codes that can still be used, for printing. Raises NotFound.

    One that was made under another secret cannot be told again and is left out.
    """
    review = changing.review(actor, review_id)
    rows: Sequence[Any] = db.session.execute(
        select(ReviewCode.number, ReviewCode.code_hash)
        .where(ReviewCode.review_id == review.id, ReviewCode.used.is_(False))
        .order_by(ReviewCode.number)
    ).all()
    known = [(code_of(secret, review.id, row.number), row.code_hash) for row in rows]
    return [code for code, kept in known if codes.hashed(code) == kept]
