"""Counts typed in from paper ballots, with who counted them; typed again they replace the ones before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Invalid, Message
from pointsvc.people.models import Member
from pointsvc.permissions import Actor
from pointsvc.reviews import changing, counting, roster
from pointsvc.reviews.models import Review, ReviewCount, ReviewMember, ReviewPaper

LONGEST_NAME = 100
MOST_BALLOTS = 100_000


@dataclass(frozen=True, slots=True)
class Ballots:
    """How many paper ballots were given out, came back and are valid, and the two who counted them."""

    given_out: int
    returned: int
    valid: int
    counter: str
    second_counter: str


def enter(
    *,
    actor: Actor,
    at: datetime,
    review_id: int,
    part: str,
    ballots: Ballots,
    members: Mapping[str, Mapping[str, int]],
) -> ReviewPaper:
    """Keep the counts of this part's paper ballots: for each graded member (by number) how often each choice.

    All or none. Raises NotFound, Conflict 'wrong_state', Invalid by field: ``part``, ``given_out``,
    ``returned``, ``valid``, ``counter``, ``second_counter``, ``members.<number>``.
    """
    review = changing.held(actor, review_id, "counts")
    if part not in counting.PARTS:
        raise Invalid({"part": Message(N_("One of %(choices)s is needed"), choices=", ".join(counting.PARTS))})
    graded = {seat.number: seat.member_id for seat in roster.seats(review, clock.local(at).date()) if seat.reviewed}
    if faults := _faults(review, part, ballots, members, graded):
        raise Invalid(faults)
    _replace(actor, at, review, part, ballots, {graded[number]: counts for number, counts in members.items()})
    audit.note(actor=actor, at=at, action="review:counts", object_id=str(review.id), part=part, valid=ballots.valid)
    return db.session.get_one(ReviewPaper, (review.id, part), populate_existing=True)


def entered(review: Review, part: str) -> tuple[ReviewPaper | None, dict[str, counting.Counts]]:
    """What was typed in for this part, if anything: the ballots, and the counts by member number."""
    rows = db.session.execute(
        select(Member.number, *(getattr(ReviewCount, choice) for choice in counting.CHOICES))
        .join(Member, Member.id == ReviewCount.member_id)
        .where(ReviewCount.review_id == review.id, ReviewCount.part == part, ReviewCount.source == "paper")
    )
    return db.session.get(ReviewPaper, (review.id, part)), {
        row.number: {choice: getattr(row, choice) for choice in counting.CHOICES} for row in rows
    }


def _faults(
    review: Review,
    part: str,
    ballots: Ballots,
    members: Mapping[str, Mapping[str, int]],
    graded: Mapping[str, int],
) -> dict[str, Message]:
    faults = _people_faults(ballots)
    for number in graded.keys() ^ members.keys():
        known = number in graded
        text = N_("The counts of this member are missing") if known else N_("This member is not graded in this review")
        faults[f"members.{number}"] = Message(text)
    lines = {}
    for number in graded.keys() & members.keys():
        counts = members[number]
        if set(counts) <= set(counting.CHOICES) and all(0 <= n <= MOST_BALLOTS for n in counts.values()):
            lines[number] = counts
        else:
            faults[f"members.{number}"] = Message(N_("Whole numbers from 0 on are needed"))
    return faults | counting.paper_faults(
        given_out=ballots.given_out,
        returned=ballots.returned,
        valid=ballots.valid,
        most=_voters_on_paper(review) if part == "peers" else MOST_BALLOTS,
        lines=lines,
    )


def _people_faults(ballots: Ballots) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    for name in ("given_out", "returned", "valid"):
        if getattr(ballots, name) < 0:
            faults[name] = Message(N_("Whole numbers from 0 on are needed"))
    for name in ("counter", "second_counter"):
        if not 1 <= len(getattr(ballots, name).strip()) <= LONGEST_NAME:
            faults[name] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=LONGEST_NAME)
    if not faults and ballots.counter.strip() == ballots.second_counter.strip():
        faults["second_counter"] = Message(N_("Two people count: another name is needed"))
    return faults


def _voters_on_paper(review: Review) -> int:
    mine = (ReviewMember.review_id == review.id, ReviewMember.votes, ReviewMember.on_paper)
    return db.session.scalar(select(func.count()).where(*mine)) or 0


def _replace(
    actor: Actor, at: datetime, review: Review, part: str, ballots: Ballots, lines: Mapping[int, Mapping[str, int]]
) -> None:
    for table, more in ((ReviewCount, (ReviewCount.source == "paper",)), (ReviewPaper, ())):
        old = delete(table).where(table.review_id == review.id, table.part == part, *more)
        db.session.execute(old.execution_options(synchronize_session=False))
    db.session.execute(
        insert(ReviewPaper).values(
            review_id=review.id,
            part=part,
            given_out=ballots.given_out,
            returned=ballots.returned,
            valid=ballots.valid,
            counter=ballots.counter.strip(),
            second_counter=ballots.second_counter.strip(),
            entered_at=at,
            entered_by_id=actor.sign_in_id,
        )
    )
    rows = [
        {"review_id": review.id, "part": part, "source": "paper", "member_id": member_id, **counting.together([counts])}
        for member_id, counts in lines.items()
    ]
    if rows:
        db.session.execute(insert(ReviewCount), rows)
