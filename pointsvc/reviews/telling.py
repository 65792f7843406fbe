"""Notices of reviews: the ballot is open, it ends soon, the result can be read. Each comes once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, select

from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import listing as people
from pointsvc.people.models import SignIn
from pointsvc.reviews.models import Review, ReviewMember, ReviewTurnout
from pointsvc.reviews.roster import Seat

OPEN = N_(
    "The democratic review of %(year)s: write your self-assessment, and cast your ballot by %(y)s-%(m)s-%(d)s. "
    "The ballot is secret."
)
ENDS = N_("The ballot of the democratic review of %(year)s ends on %(y)s-%(m)s-%(d)s; yours is not yet cast.")
RESULT = N_("The result of your democratic review of %(year)s can be read.")
MINE = "/reviews/mine"

REMIND_BEFORE = timedelta(days=2)


def opened(*, review: Review, lines: Sequence[Seat], at: datetime) -> None:
    """Have everybody told who is graded or votes."""
    members = [seat.member_id for seat in lines if seat.reviewed or seat.votes]
    assert review.closes_on is not None  # noqa: S101 - set by the caller a line before
    _ask(at, members, OPEN, _day(review.year, review.closes_on), f"review:{review.id}:open")


def result(*, review: Review, member_ids: Collection[int], at: datetime) -> None:
    """Have everybody told who was graded."""
    _ask(at, member_ids, RESULT, {"year": review.year}, f"review:{review.id}:result:{review.round}")


def remind(*, at: datetime, today: date) -> int:
    """Tell those who have not voted that the ballot ends within two days; how many were looked up.

    All reviews at once; whoever was reminded of this ending day is not reminded again.
    """
    rows = db.session.execute(
        select(Review.year, Review.closes_on, SignIn.id)
        .join(ReviewMember, ReviewMember.review_id == Review.id)
        .join(SignIn, SignIn.member_id == ReviewMember.member_id)
        .outerjoin(
            ReviewTurnout,
            and_(ReviewTurnout.review_id == Review.id, ReviewTurnout.member_id == ReviewMember.member_id),
        )
        .where(Review.status == "open", Review.closes_on.between(today, today + REMIND_BEFORE))
        .where(ReviewMember.votes, ~ReviewMember.on_paper, ReviewTurnout.member_id.is_(None))
        .where(SignIn.disabled_at.is_(None))
    ).all()
    groups: dict[tuple[int, Any], list[int]] = {}
    for year, closes_on, sign_in_id in rows:
        groups.setdefault((year, closes_on), []).append(sign_in_id)
    # As many as there are ending days within two days, not as there are reviews.
    for (year, closes_on), sign_in_ids in groups.items():
        notices.send(
            at=at,
            sign_in_ids=sign_in_ids,
            message=ENDS,
            params=_day(year, closes_on),
            link=MINE,
            dedupe_prefix=f"review-ends:{year}:{closes_on}",
        )
    return len(rows)


def _day(year: int, day: date) -> dict[str, int]:
    return {"year": year, "y": day.year, "m": day.month, "d": day.day}


def _ask(at: datetime, member_ids: Collection[int], message: str, params: dict[str, Any], dedupe: str) -> None:
    sign_in_ids = people.accounts_of(member_ids)
    notices.send_soon(at=at, sign_in_ids=sign_in_ids, message=message, params=params, link=MINE, dedupe_prefix=dedupe)
