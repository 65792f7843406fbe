"""Organisations, members, their dated memberships and categories, and sign-ins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from pointsvc.db import Id, Json, Model, UtcTime
from pointsvc.permissions import Role

KINDS = ("district", "street", "township", "office", "enterprise", "community", "village", "branch")
GROUNDS = ("age", "illness", "abroad", "study", "service", "leave", "other")


class Organisation(Model):
    """A node of the Party organisation tree: the district, a street or township, a branch."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    secretary: Mapped[str | None] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("kind IN ('" + "','".join(KINDS) + "')", name="kind"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="parent"),
    )


class OrganisationReach(Model):
    """Every node above every node (itself included, depth 0): 'this node and below' in one join."""

    __tablename__ = "organisation_reach"

    above_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    below_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    depth: Mapped[int]


class OrganisationSetting(Model):
    """What an organisation has decided for itself and all below it (see settings.py)."""

    __tablename__ = "organisation_setting"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    decided_at: Mapped[datetime] = mapped_column(UtcTime)


class Member(Model):
    """A Party member. ``initials`` are the pinyin initials of the name, for finding by keyboard."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    initials: Mapped[str] = mapped_column(String(40), index=True)
    joined_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class Membership(Model):
    """A member belongs to an organisation from ``starts_on`` until before ``ends_on`` (open: none)."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="days"),
        UniqueConstraint("member_id", "starts_on"),
        Index("ix_membership_organisation_id_member_id", "organisation_id", "member_id"),
        Index(
            "uq_membership_open",
            "member_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
        # Few, so that whoever is between two branches is found among them at once.
        Index(
            "ix_membership_ended",
            "organisation_id",
            "member_id",
            sqlite_where=text("ends_on IS NOT NULL"),
            postgresql_where=text("ends_on IS NOT NULL"),
        ),
    )


class MemberCategory(Model):
    """A member's category (regular, probationary, floating, retired, or one a scheme names), dated.

    ``decision`` names the meeting or paper that decided it, where one did.
    """

    __tablename__ = "member_category"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    category: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    decision: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="days"),
        UniqueConstraint("member_id", "starts_on"),
        Index(
            "uq_member_category_open",
            "member_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )


class Exemption(Model):
    """A recorded decision that a member is not scored from a day on (see exemptions.py).

    The ground may be somebody's health, so it is told to the member and those who answer for the
    branch alone. ``ends_on`` is the day before which it ends, if that was decided; ``ended_on`` the
    day before which it did end. ``former`` is the category that then holds again.
    """

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ground: Mapped[str] = mapped_column(String(20))
    decided_on: Mapped[date]
    decided_by: Mapped[str] = mapped_column(String(200))
    own_wish: Mapped[bool]
    former: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime] = mapped_column(UtcTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("ground IN ('" + "','".join(GROUNDS) + "')", name="ground"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="days"),
        Index(
            "uq_exemption_running",
            "member_id",
            unique=True,
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
        Index(
            "ix_exemption_due",
            "ends_on",
            sqlite_where=text("ended_on IS NULL"),
            postgresql_where=text("ended_on IS NULL"),
        ),
    )


class MemberMerge(Model):
    """Two records of one person: the duplicate's entries and its number go to the kept one, until it is undone.

    What is needed to undo it stands here: where the duplicate belonged, which accounts (id and
    node of each) were its own, which rows of which tables went along (``moved``), and which of its
    entries were taken back because the kept one had the same (``once``). Nothing of the duplicate is
    removed.
    """

    __tablename__ = "member_merge"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    duplicate_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    member_since: Mapped[date | None]
    sign_ins: Mapped[list[list[int]]] = mapped_column(Json)
    moved: Mapped[dict[str, list[int]]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    once: Mapped[list[int]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    entries: Mapped[int] = mapped_column(default=0)
    merged_at: Mapped[datetime] = mapped_column(UtcTime)
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("sign_in.id"))

    __table_args__ = (
        CheckConstraint("kept_id <> duplicate_id", name="two"),
        Index(
            "uq_member_merge_standing",
            "duplicate_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )


class SignIn(Model):
    """A person's way in: name and password, one role over one node, perhaps an own member record."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    language: Mapped[str] = mapped_column(String(5), default="zh")
    display: Mapped[str] = mapped_column(String(20), default="plain")
    must_change: Mapped[bool] = mapped_column(default=False)
    toured: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        CheckConstraint("role IN ('" + "','".join(Role) + "')", name="role"),
        CheckConstraint("role <> 'member' OR member_id IS NOT NULL", name="member"),
        CheckConstraint("display IN ('plain', 'elder')", name="display"),
    )


class BrowserSession(Model):
    """A signed-in browser. The cookie holds a random key, the row only its hash; sign-out ends the row."""

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Token(Model):
    """A bearer token of a sign-in, kept as a hash."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_in.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
