"""JSON routes of notices: a person's inbox and wishes, announcements and who has read them."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.notices import announcing, wishes
from pointsvc.notices import service as notices
from pointsvc.notices.models import Announcement, Notice, NoticeWish
from pointsvc.notices.schemas import (
    AnnouncementIn,
    AnnouncementOut,
    AnnouncementsOut,
    NoticeOut,
    NoticesArgs,
    NoticesOut,
    ReadersArgs,
    ReadersOut,
    WishIn,
    WishOut,
)
from pointsvc.notices.topics import TOPICS
from pointsvc.permissions import Permission

bp = Blueprint("notices", __name__, description="Notices: a person's inbox and wishes, announcements")


@bp.route("/notices")
@requires(Permission.SELF)
@bp.arguments(NoticesArgs, location="query")
@bp.response(200, NoticesOut)
def list_notices(args: dict[str, Any]) -> dict[str, Any]:
    """The caller's own notices, newest first."""
    before = id_at(args["after"])
    rows = notices.inbox(
        actor=actor(),
        limit=args["limit"] + 1,
        before_id=before,
        topic=args["topic"],
        unread=args["unread"],
    )
    items, following = one_page(rows, args["limit"])
    return {"items": items, "next": following, "unread": notices.unread(actor=actor())}


@bp.route("/notices/<notice_id>/read", methods=["POST"])
@requires(Permission.SELF)
@bp.response(200, NoticeOut)
def read_notice(notice_id: str) -> Notice:
    """Mark a notice as read."""
    with transaction():
        return notices.read(actor=actor(), at=clock.now(), notice_id=ref_id(notice_id))


@bp.route("/notices/read-all", methods=["POST"])
@requires(Permission.SELF)
@bp.response(200, NoticesOut)
def read_all() -> dict[str, Any]:
    """Mark all of the caller's notices as read."""
    with transaction():
        notices.read_all(actor=actor(), at=clock.now())
    return {"items": [], "next": None, "unread": notices.unread(actor=actor())}


@bp.route("/notices/wishes")
@requires(Permission.SELF)
@bp.response(200, WishOut)
def get_wishes() -> NoticeWish | dict[str, Any]:
    """How the caller wants to be told outside of the service."""
    return wishes.wish(actor=actor()) or {"mail": None, "topics": list(TOPICS), "quiet": None, "digest": False}


@bp.route("/notices/wishes", methods=["PUT"])
@requires(Permission.SELF)
@bp.arguments(WishIn)
@bp.response(200, WishOut)
def keep_wishes(data: dict[str, Any]) -> NoticeWish:
    """Keep the caller's wishes; what is left out is as if nothing was ever wished."""
    with transaction():
        return wishes.keep(actor=actor(), at=clock.now(), **data)


# ---- announcements


@bp.route("/announcements", methods=["POST"])
@requires(Permission.NOTICES_ANNOUNCE)
@creates
@bp.arguments(AnnouncementIn)
@bp.response(201, AnnouncementOut)
def write_announcement(data: dict[str, Any]) -> dict[str, Any]:
    """Announce something to an organisation and all below it, now or sealed until a moment."""
    made = announcing.write(actor=actor(), at=clock.now(), **data)
    return shown(made, data["organisation"])


@bp.route("/announcements")
@requires(Permission.NOTICES_ANNOUNCE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, AnnouncementsOut)
def list_announcements(args: dict[str, Any]) -> dict[str, Any]:
    """The caller's own announcements and the opened ones within reach, newest first."""
    before = id_at(args["after"])
    rows = announcing.announcements(actor=actor(), limit=args["limit"] + 1, before_id=before)
    items, following = one_page(rows, args["limit"], "Announcement.id")
    return {"items": [shown(row.Announcement, row.code) for row in items], "next": following}


@bp.route("/announcements/<announcement_id>")
@requires(Permission.SELF)
@bp.response(200, AnnouncementOut)
def get_announcement(announcement_id: str) -> dict[str, Any]:
    """One announcement."""
    return _one(announcement_id)


@bp.route("/announcements/<announcement_id>/open", methods=["POST"])
@requires(Permission.NOTICES_ANNOUNCE)
@bp.response(200, AnnouncementOut)
def open_announcement(announcement_id: str) -> dict[str, Any]:
    """Open an own sealed announcement before its time, on arrival."""
    with transaction():
        announcing.open_now(actor=actor(), at=clock.now(), announcement_id=ref_id(announcement_id))
    return _one(announcement_id)


@bp.route("/announcements/<announcement_id>/withdraw", methods=["POST"])
@requires(Permission.NOTICES_ANNOUNCE)
@bp.response(200, AnnouncementOut)
def withdraw_announcement(announcement_id: str) -> dict[str, Any]:
    """Withdraw an own announcement while it is sealed."""
    with transaction():
        announcing.withdraw(actor=actor(), at=clock.now(), announcement_id=ref_id(announcement_id))
    return _one(announcement_id)


@bp.route("/announcements/<announcement_id>/readers")
@requires(Permission.NOTICES_ANNOUNCE)
@bp.arguments(ReadersArgs, location="query")
@bp.response(200, ReadersOut)
def list_readers(args: dict[str, Any], announcement_id: str) -> dict[str, Any]:
    """Who has read an announcement that the caller sent or that went out within reach."""
    number, place = ref_id(announcement_id), id_at(args["after"])
    rows = announcing.readers(
        actor=actor(),
        announcement_id=number,
        limit=args["limit"] + 1,
        after_id=place or 0,
        unread=args["unread"],
    )
    items, following = one_page(rows, args["limit"])
    read, sent = announcing.read_counts(announcement_ids=[number]).get(number, (0, 0))
    return {"items": items, "next": following, "read": read, "sent": sent}


def _one(announcement_id: str) -> dict[str, Any]:
    row = announcing.announcement(actor=actor(), announcement_id=ref_id(announcement_id))
    return shown(row.Announcement, row.code)


def shown(found: Announcement, code: str) -> dict[str, Any]:
    """An announcement with all that its fingerprint covers."""
    names = ("id", "open_at", "salt", "digest", "created_at", "opened_at", "withdrawn_at")
    covered = announcing.covered(found, code)
    return {**covered, "sealed_open_at": covered["open_at"], **{name: getattr(found, name) for name in names}}
