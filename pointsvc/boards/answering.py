"""What the public says back to a board: taken without a name, seen by the branch first, answered in public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from pointsvc.audit import service as audit
from pointsvc.boards import projection
from pointsvc.boards.models import RATINGS, Board, BoardComment
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound, TooMany
from pointsvc.people import reach
from pointsvc.people.private import numbers_in
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.pledges import service as pledges
from pointsvc.pledges.lifecycle import OUTCOMES
from pointsvc.pledges.models import Pledge

# However many addresses they come from: a branch cannot read more than this in an hour.
MOST_AN_HOUR = 30

# The pledges' own grades are four (4 is 好, 1 is 差); a passer-by is asked for three.
GRADES = {"good": 4, "fair": 2, "poor": 1}


def say(
    *, at: datetime, code: str, text: str = "", pledge_id: int | None = None, rating: str | None = None
) -> BoardComment:
    """Take down what somebody without a name says to a board, or thinks of the fulfilment of a pledge on it.

    Raises NotFound, Conflict 'not_open', Invalid by field, TooMany when the board is flooded.
    """
    shown = projection.of_code(code=code, at=at)
    if not shown.public["takes_comments"]:
        raise Conflict(N_("This board takes no comments"), code="not_open")
    _check(shown, text, pledge_id, rating)
    since = at - timedelta(hours=1)
    query = select(func.count()).where(BoardComment.board_id == shown.id, BoardComment.received_at > since)
    if (db.session.scalar(query) or 0) >= MOST_AN_HOUR:
        raise TooMany()
    made = BoardComment(
        board_id=shown.id, pledge_id=pledge_id, rating=rating, text=text, status="waiting", received_at=at
    )
    db.session.add(made)
    db.session.flush()
    return made


def approve(*, actor: Actor, at: datetime, comment_id: int, answer: str = "") -> BoardComment:
    """Let a comment onto the board, perhaps with an answer. Raises NotFound, Conflict 'decided', Invalid."""
    found = _held(actor, comment_id)
    _decide(found, actor, at, "approved")
    if answer:
        _answer(found, at, answer)
    _count(found, at)
    return found


def refuse(*, actor: Actor, at: datetime, comment_id: int) -> BoardComment:
    """Keep a comment off the board. Raises NotFound, Conflict 'decided'."""
    found = _held(actor, comment_id)
    _decide(found, actor, at, "refused")
    return found


def answer(*, actor: Actor, at: datetime, comment_id: int, answer: str) -> BoardComment:
    """Answer an approved comment in public, or put the answer right.

    Raises NotFound, Conflict 'wrong_state', Invalid under ``answer``.
    """
    found = _held(actor, comment_id)
    if found.status != "approved":
        raise Conflict(N_("Only a comment that stands on the board is answered"), code="wrong_state")
    _answer(found, at, answer)
    audit.note(actor=actor, at=at, action="comment:answer", object_id=str(found.id))
    return found


def comments(
    *, actor: Actor, board_id: int, status: str | None, limit: int, before_id: int | None = None
) -> Sequence[BoardComment]:
    """What was said to a board, the latest first. Raises NotFound."""
    reached = Board.organisation_id.in_(reach.organisation_ids(actor))
    if db.session.scalar(select(Board.id).where(Board.id == board_id, reached)) is None:
        raise NotFound()
    query = select(BoardComment).where(BoardComment.board_id == board_id)
    if status is not None:
        query = query.where(BoardComment.status == status)
    if before_id is not None:
        query = query.where(BoardComment.id < before_id)
    return db.session.scalars(query.order_by(BoardComment.id.desc()).limit(limit)).all()


def waiting_for(actor: Actor) -> tuple[int, int | None]:
    """How many comments wait for the actor's boards, and the board of the oldest."""
    query = (
        select(func.count(), func.min(BoardComment.id))
        .join(Board, Board.id == BoardComment.board_id)
        .where(BoardComment.status == "waiting", Board.organisation_id.in_(reach.organisation_ids(actor)))
    )
    count, oldest = db.session.execute(query).one()
    return count, db.session.scalar(select(BoardComment.board_id).where(BoardComment.id == oldest)) if count else None


# ---- inside


def _check(shown: projection.Projection, text: str, pledge_id: int | None, rating: str | None) -> None:
    wrong: dict[str, str] = {}
    if not text and rating is None:
        wrong["text"] = N_("Write something, or rate a pledge")
    if len(text) > 500:
        wrong["text"] = N_("At most 500 characters")
    if pledge_id is not None and pledge_id not in shown.pledges():
        wrong["pledge"] = N_("This pledge is not on the board")
    if rating is not None and rating not in RATINGS:
        wrong["rating"] = N_("This choice does not exist")
    if rating is not None and pledge_id is None:
        wrong["pledge"] = N_("Choose the pledge that you rate")
    if wrong:
        raise Invalid(wrong)


def _count(found: BoardComment, at: datetime) -> None:
    """Give a settled pledge the public's grade, once for each comment; before it is settled there is none to give."""
    if found.rating is None or found.pledge_id is None:
        return
    if db.session.scalar(select(Pledge.status).where(Pledge.id == found.pledge_id)) in OUTCOMES:
        code = f"board-{found.id}"
        pledges.rate(actor=SYSTEM, at=at, pledge_id=found.pledge_id, grade=GRADES[found.rating], code=code)


def _held(actor: Actor, comment_id: int) -> BoardComment:
    query: Any = (
        select(BoardComment)
        .join(Board, Board.id == BoardComment.board_id)
        .where(BoardComment.id == comment_id, Board.organisation_id.in_(reach.organisation_ids(actor)))
        .with_for_update(of=BoardComment)
        .execution_options(populate_existing=True)
    )
    found: BoardComment | None = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def _decide(found: BoardComment, actor: Actor, at: datetime, status: str) -> None:
    if found.status != "waiting":
        raise Conflict(N_("This comment has been decided already"), code="decided")
    found.status, found.decided_at, found.decided_by_id = status, at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action=f"comment:{status}", object_id=str(found.id))


def _answer(found: BoardComment, at: datetime, text: str) -> None:
    if numbers := numbers_in(text):
        said = N_("This holds an identity or mobile number: %(number)s. It must not be made public")
        raise Invalid({"answer": Message(said, number=numbers[0])})
    found.answer, found.answered_at = text, at
    db.session.flush()
