"""Reviews of members, once a year in each branch. See docs/decisions/0013-secret-ballots.md for the box."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying
from pointsvc.reviews.counting import GRADES, PARTS
from pointsvc.reviews.lifecycle import STATUSES

SOURCES = ("phone", "paper")
BODIES = ("committee", "assembly")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ('" + "','".join(values) + "')"


class Review(Model):
    """The review of one branch's members for one year. ``round`` grows when a decision is reconsidered."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int]
    held_on: Mapped[date]
    closes_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(20))
    round: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint(_one_of("status", STATUSES), name="status"),
        # One begun in error does not stand in the way of another.
        Index(
            "uq_review_organisation_id_year",
            "organisation_id",
            "year",
            unique=True,
            sqlite_where=text("status <> 'withdrawn'"),
            postgresql_where=text("status <> 'withdrawn'"),
        ),
        Index("ix_review_status_closes_on", "status", "closes_on"),
    )


class ReviewEvent(Model):
    """One change of a review: rows are added, never changed (triggers in the database see to it)."""

    __tablename__ = "review_event"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    old: Mapped[str] = mapped_column(String(20))
    new: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class ReviewMember(Model):
    """One line of the roster. Before the ballot is open only the lines on which something was chosen.

    ``reason`` says why somebody is not graded or does not vote. The self-assessment stands here too.
    """

    __tablename__ = "review_member"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    category: Mapped[str] = mapped_column(String(40))
    reviewed: Mapped[bool]
    votes: Mapped[bool]
    on_paper: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
    self_grade: Mapped[str | None] = mapped_column(String(20))
    self_text: Mapped[str] = mapped_column(String(1000), default="")
    self_on_paper: Mapped[bool] = mapped_column(default=False)
    self_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (CheckConstraint(f"self_grade IS NULL OR {_one_of('self_grade', GRADES)}", name="self_grade"),)


class ReviewTurnout(Model):
    """Who has voted, and nothing else: no time, nothing of what was voted. The key lets each vote once."""

    __tablename__ = "review_turnout"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class ReviewBox(Model):
    """The sums of all ballots cast so far in one part; gone when the ballot is closed.

    One row and never one a ballot or one a member: on PostgreSQL the row's hidden transaction number
    is that of the last voter, and separate rows would show which of them each voter had touched.
    """

    __tablename__ = "review_box"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    sums: Mapped[dict[str, Any]] = mapped_column(Json)

    __table_args__ = (CheckConstraint(_one_of("part", PARTS), name="part"),)


class ReviewCode(Model):
    """A one-time code for a representative of the masses, kept as a hash; used or not, no time."""

    __tablename__ = "review_code"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used: Mapped[bool] = mapped_column(default=False)


class ReviewPaper(Model):
    """The paper ballots of one part: how many, and the two who counted them."""

    __tablename__ = "review_paper"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    given_out: Mapped[int]
    returned: Mapped[int]
    valid: Mapped[int]
    counter: Mapped[str] = mapped_column(String(100))
    second_counter: Mapped[str] = mapped_column(String(100))
    entered_at: Mapped[datetime] = mapped_column(UtcTime)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint(_one_of("part", PARTS), name="part"),
        CheckConstraint("0 <= valid AND valid <= returned AND returned <= given_out", name="ballots"),
    )


class ReviewCount(Model):
    """How often each choice was made for one member in one part, on phones or on paper."""

    __tablename__ = "review_count"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    part: Mapped[str] = mapped_column(String(10), primary_key=True)
    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    excellent: Mapped[int]
    qualified: Mapped[int]
    basic: Mapped[int]
    unqualified: Mapped[int]
    abstain: Mapped[int]

    __table_args__ = (
        CheckConstraint(_one_of("part", PARTS), name="part"),
        CheckConstraint(_one_of("source", SOURCES), name="source"),
    )


class ReviewDecision(Model):
    """What a meeting resolved in one round, and its publicity. Earlier rounds are kept."""

    __tablename__ = "review_decision"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(String(20))
    minute: Mapped[str] = mapped_column(String(200))
    decided_on: Mapped[date]
    published_on: Mapped[date | None]
    last_day: Mapped[date | None]
    phone: Mapped[str] = mapped_column(String(40), default="")

    __table_args__ = (CheckConstraint(_one_of("body", BODIES), name="body"),)


class ReviewGrade(Model):
    """The grade that the meeting gave one member in one round: added, never changed."""

    __tablename__ = "review_grade"

    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    grade: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(300), default="")

    __table_args__ = (CheckConstraint(_one_of("grade", GRADES), name="grade"),)


_OPEN = N_("One of the two records is on the roster of a ballot that is open; please merge when the ballot is closed")
_WHERE = N_("they stand in the review of that year")

carrying.stays(
    ReviewMember,
    N_("lines of review rosters"),
    where=_WHERE,
    # Else one person could vote twice, and nobody can take a ballot out of the box again.
    busy=lambda line: line.votes & line.review_id.in_(select(Review.id).where(Review.status == "open")),
    refusal=_OPEN,
)
carrying.stays(ReviewTurnout, N_("ballots cast"), where=_WHERE)
carrying.stays(ReviewCount, N_("counts of ballots"), where=_WHERE)
carrying.stays(ReviewGrade, N_("grades of reviews"), where=_WHERE)
