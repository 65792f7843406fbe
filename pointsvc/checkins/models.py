"""Members who check in with a community, the posts that they take there, and the hours that they serve."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.checkins import lifecycle
from pointsvc.db import Id, Model, Points, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying


def _one_of(what: str) -> CheckConstraint:
    return CheckConstraint("status IN ('" + "','".join(lifecycle.STATUSES[what]) + "')", name="status")


class CheckIn(Model):
    """A member's check-in (报到) with a community. Its id makes the number of the slip (报到单).

    ``home_id`` is the member's branch on ``requested_on``, the day that the slip bears. ``paper``:
    somebody typed it in from a signed slip.
    """

    __tablename__ = "check_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    home_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    status: Mapped[str] = mapped_column(String(10))
    skills: Mapped[str] = mapped_column(String(200), default="")
    paper: Mapped[bool]
    requested_on: Mapped[date]
    accepted_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        _one_of(lifecycle.CHECKIN),
        CheckConstraint("home_id <> community_id", name="away"),
        CheckConstraint("(status IN ('accepted','ended')) = (accepted_on IS NOT NULL)", name="accepted"),
        CheckConstraint("(status = 'ended') = (ended_on IS NOT NULL)", name="ended"),
        Index(
            "uq_check_in_active",
            "member_id",
            "community_id",
            unique=True,
            sqlite_where=text("status IN ('pending','accepted')"),
            postgresql_where=text("status IN ('pending','accepted')"),
        ),
        Index("ix_check_in_member_id_id", "member_id", "id"),
        Index("ix_check_in_community_id_status_id", "community_id", "status", "id"),
        Index("ix_check_in_home_id_id", "home_id", "id"),
    )


class Post(Model):
    """A post (岗位) of a community: what is done there, for how many. ``taken`` is kept by its claims.

    Of the last place only one claim can be made: the check refuses what the statement let through.
    """

    __tablename__ = "service_post"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    duty: Mapped[str] = mapped_column(String(500), default="")
    times: Mapped[str] = mapped_column(String(100), default="")
    skills: Mapped[str] = mapped_column(String(200), default="")
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        _one_of(lifecycle.POST),
        CheckConstraint("places BETWEEN 1 AND 999", name="places"),
        CheckConstraint("taken BETWEEN 0 AND places", name="taken"),
        Index("ix_service_post_community_id_id", "community_id", "id"),
        Index("ix_service_post_status_kind_id", "status", "kind", "id"),
    )


class Claim(Model):
    """A place of a post, taken under a check-in."""

    __tablename__ = "service_claim"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("service_post.id"))
    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_in.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    status: Mapped[str] = mapped_column(String(10))
    claimed_at: Mapped[datetime] = mapped_column(UtcTime)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        _one_of(lifecycle.CLAIM),
        CheckConstraint("(status = 'held') = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_service_claim_held",
            "post_id",
            "member_id",
            unique=True,
            sqlite_where=text("status = 'held'"),
            postgresql_where=text("status = 'held'"),
        ),
        Index("ix_service_claim_claimed_at", "claimed_at"),
    )


class Record(Model):
    """Hours that a member says to have served at a post on a day; they count once the community says so.

    Confirmed, it may have an entry by the home unit's rule. ``told`` is how far up slow confirming
    has been told: 1 the community, 2 one level above.
    """

    __tablename__ = "service_record"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_in.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("service_post.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    served_on: Mapped[date]
    hours: Mapped[Decimal] = mapped_column(Points)
    deed: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(10))
    proposed_at: Mapped[datetime] = mapped_column(UtcTime)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    told: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)

    __table_args__ = (
        _one_of(lifecycle.RECORD),
        # In hundredths: more than nothing, at most a day.
        CheckConstraint("hours BETWEEN 1 AND 2400", name="hours"),
        CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        Index(
            "uq_service_record_standing",
            "member_id",
            "served_on",
            "post_id",
            unique=True,
            sqlite_where=text("status IN ('proposed','confirmed')"),
            postgresql_where=text("status IN ('proposed','confirmed')"),
        ),
        Index(
            "ix_service_record_proposed",
            "community_id",
            "id",
            sqlite_where=text("status = 'proposed'"),
            postgresql_where=text("status = 'proposed'"),
        ),
        Index("ix_service_record_community_id_id", "community_id", "id"),
        Index("ix_service_record_member_id_served_on", "member_id", "served_on"),
        Index("ix_service_record_check_in_id", "check_in_id"),
    )


class Word(Model):
    """What a community says of a member's quarter there."""

    __tablename__ = "service_word"

    check_in_id: Mapped[int] = mapped_column(ForeignKey("check_in.id"), primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    text: Mapped[str] = mapped_column(String(500))
    said_at: Mapped[datetime] = mapped_column(UtcTime)
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class Card(Model):
    """A member's card (服务登记卡) of one quarter, gone back to the home unit, which acknowledges it.

    What stands on it is read from the records; ``hours`` are those that were acknowledged.
    """

    __tablename__ = "service_card"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    home_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    quarter: Mapped[str] = mapped_column(String(7))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    hours: Mapped[Decimal | None] = mapped_column(Points)

    __table_args__ = (
        CheckConstraint("(acknowledged_at IS NULL) = (hours IS NULL)", name="acknowledged"),
        Index("uq_service_card_member_id_quarter", "member_id", "quarter", unique=True),
        Index("ix_service_card_home_id_quarter_id", "home_id", "quarter", "id"),
    )


class ServicePoint(Model):
    """What serves residents within a quarter of an hour on foot (十五分钟生活圈).

    ``item_id``: the resource of the lists that it is, so that nobody keeps it twice; when that ends,
    the point is not shown any more. ``phone`` is an office's line.
    """

    __tablename__ = "service_point"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("list_item.id"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(100))
    opening: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40))
    minutes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 15", name="minutes"),
        Index("ix_service_point_community_id_minutes_id", "community_id", "minutes", "id"),
        Index(
            "uq_service_point_item",
            "community_id",
            "item_id",
            unique=True,
            sqlite_where=text("item_id IS NOT NULL AND closed_at IS NULL"),
            postgresql_where=text("item_id IS NOT NULL AND closed_at IS NULL"),
        ),
    )


carrying.goes(
    CheckIn,
    N_("check-ins"),
    once=("community_id",),
    standing=lambda check_in: check_in.status.in_(lifecycle.ACTIVE),
    # Two standing ones have their own posts and slips: people decide which of them ends.
    refusal=N_("Both records have checked in with one community; one of the two check-ins has to end first"),
)
carrying.goes(Claim, N_("posts claimed"))
carrying.goes(
    Record,
    N_("hours of service"),
    once=("served_on", "post_id"),
    standing=lambda record: record.status.in_(lifecycle.STANDING),
    source="service",
)
carrying.goes(Card, N_("service cards"), once=("quarter",))
