"""Boards, what may be said of a member on them, what the public says back, and badges and door plates issued."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.errors import N_
from pointsvc.people import carrying

KINDS = ("board", "vanguard", "demonstration", "household", "honour", "portrait")
STATUSES = ("draft", "submitted", "approved", "published", "withdrawn")
CONSENTS = ("display", "photo", "details")
HOWS = ("self", "paper")
COMMENT_STATUSES = ("waiting", "approved", "refused")
RATINGS = ("good", "fair", "poor")
INSIGNIA = ("badge", "plate")


class Board(Model):
    """A display board (公示栏): a saved query over a node of the tree, and how it is shown.

    ``wanted`` is what is being edited and reviewed, ``shown`` what was published of it and hangs on
    the wall meanwhile (see content.py for both); ``published_on`` is None when nothing hangs there.
    ``expires_on`` is the last day before it must be renewed.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    wanted: Mapped[Any] = mapped_column(Json)
    shown: Mapped[Any] = mapped_column(Json, default=dict)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    published_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("status IN ('" + "','".join(STATUSES) + "')", name="status"),
        CheckConstraint("approved_by_id <> submitted_by_id", name="four_eyes"),
        Index("ix_board_organisation_id_id", "organisation_id", "id"),
        Index("ix_board_expires_on", "expires_on"),
    )


class BoardLog(Model):
    """One change of a board's status. Rows are added, never changed (triggers in the database see to it)."""

    __tablename__ = "board_log"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"), index=True)
    act: Mapped[str] = mapped_column(String(10))
    old: Mapped[str | None] = mapped_column(String(10))
    new: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(20))
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    at: Mapped[datetime] = mapped_column(UtcTime)


class BoardProfile(Model):
    """What a board says of a member besides the name: the post and its duties. ``place`` orders them."""

    __tablename__ = "board_profile"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    post: Mapped[str] = mapped_column(String(100))
    duties: Mapped[str] = mapped_column(String(500))
    place: Mapped[int] = mapped_column(default=100)
    updated_at: Mapped[datetime] = mapped_column(UtcTime)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))


class BoardPicture(Model):
    """A photo of a member, or the group portrait of a board, made anew from its pixels: a JPEG."""

    __tablename__ = "board_picture"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), unique=True)
    board_id: Mapped[int | None] = mapped_column(ForeignKey("board.id"), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (CheckConstraint("(member_id IS NULL) <> (board_id IS NULL)", name="whose"),)


class Consent(Model):
    """A member's consent to be shown in public, from ``given_at`` until it is withdrawn. Never removed.

    ``kind``: the name with post, duties and pledges (display), the photo, or further details.
    ``how``: given by the member in person here, or on a paper that the branch keeps. ``reason`` of a
    withdrawal is for the branch's secretary alone.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str] = mapped_column(String(10))
    how: Mapped[str] = mapped_column(String(10))
    given_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    reason: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(CONSENTS) + "')", name="kind"),
        CheckConstraint("how IN ('" + "','".join(HOWS) + "')", name="how"),
        Index("ix_consent_member_id_id", "member_id", "id"),
        Index(
            "uq_consent_standing",
            "member_id",
            "kind",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )


class BoardComment(Model):
    """What somebody wrote to a board without signing in. Nothing is kept of who it was.

    The secretary sees it first (``waiting``); what was approved stands on the board with its answer.
    """

    __tablename__ = "board_comment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("board.id"))
    pledge_id: Mapped[int | None] = mapped_column(ForeignKey("pledge.id"))
    rating: Mapped[str | None] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(10))
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    answer: Mapped[str | None] = mapped_column(String(1000))
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("status IN ('" + "','".join(COMMENT_STATUSES) + "')", name="status"),
        CheckConstraint("rating IN ('" + "','".join(RATINGS) + "')", name="rating"),
        CheckConstraint("rating IS NULL OR pledge_id IS NOT NULL", name="rated"),
        CheckConstraint("text <> '' OR rating IS NOT NULL", name="something"),
        CheckConstraint("(status = 'waiting') = (decided_at IS NULL)", name="decided"),
        Index("ix_board_comment_board_id_status", "board_id", "status", "id"),
        Index("ix_board_comment_pledge_id", "pledge_id"),
    )


class Insignia(Model):
    """A Party badge (党徽) handed to a member, or a plate (门牌) put on the door of the member's household.

    ``household`` is where people live and never leaves the branch. A row entered by mistake is taken
    back, not removed.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    issued_on: Mapped[date]
    household: Mapped[str] = mapped_column(String(200))
    signed: Mapped[bool]
    note: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcTime)
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(INSIGNIA) + "')", name="kind"),
        CheckConstraint("kind = 'badge' OR household <> ''", name="household"),
        Index("ix_insignia_branch_id_id", "branch_id", "id"),
        Index("ix_insignia_branch_id_kind_issued_on", "branch_id", "kind", "issued_on"),
    )


carrying.goes(Insignia, N_("badges and door plates"))
carrying.stays(
    BoardProfile,
    N_("lines for the boards"),
    where=N_("boards show what the kept record has; the rest can be typed there"),
)
carrying.stays(BoardPicture, N_("photos for the boards"), where=N_("boards show what the kept record has"))
carrying.stays(
    Consent,
    N_("consents to be shown in public"),
    # A merge by somebody else shows nobody in public, nor undoes a withdrawal.
    where=N_("the kept record's own consents hold; a merge gives none"),
)
