"""Pages of announcements: the list, the form, one of them, and who has read it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.notices import announcing
from pointsvc.notices.topics import AUDIENCES, TOPICS
from pointsvc.people import door
from pointsvc.people.pages import choices
from pointsvc.permissions import Permission

bp = Blueprint("announcements", __name__)

ON_A_PAGE = 30
READERS = 100
FIELDS = ("organisation", "audience", "topic", "title", "body", "open_at")


@bp.get("/announcements", endpoint="announcements")
@requires(Permission.NOTICES_ANNOUNCE)
def list_announcements() -> str:
    """The own announcements and the opened ones within reach, newest first."""
    before = id_at(request.args.get("after"))
    rows = announcing.announcements(actor=actor(), limit=ON_A_PAGE + 1, before_id=before)
    shown, after = one_page(rows, ON_A_PAGE, "Announcement.id")
    following = after and url_for("announcements.announcements", after=after)
    counts = announcing.read_counts(announcement_ids=[row.Announcement.id for row in shown])
    items = [
        {
            "id": row.Announcement.id,
            "title": row.Announcement.title,
            "organisation_name": row.organisation_name,
            "created_at": row.Announcement.created_at,
            "open_at": row.Announcement.open_at,
            "state": _state(row.Announcement),
            "read": counts.get(row.Announcement.id, (0, 0))[0],
            "sent": counts.get(row.Announcement.id, (0, 0))[1],
        }
        for row in shown
    ]
    return render_template("notices/announcements.html", announcements=items, pager={"next": following})


def _state(found: Any) -> str:
    if found.withdrawn_at is not None:
        return "withdrawn"
    if found.opened_at is not None:
        return "open"
    # One that is to go out at once is with the worker for a moment.
    return "sealed" if found.open_at > found.created_at else "going"


@bp.route("/announcements/new", methods=["GET", "POST"])
@requires(Permission.NOTICES_ANNOUNCE)
def new() -> Any:
    """The form, and what comes of it."""
    if request.method == "GET":
        own = choices(actor())
        first = {"organisation": own[0][0] if own else "", "audience": "everybody", "topic": "announcement"}
        return _form({**first, **{name: request.args[name] for name in FIELDS if name in request.args}}, {})
    form = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        made = _write(form)
    except errors.Invalid as problem:
        return _form(form, door.words(problem)), 422
    flash(
        gettext("The announcement is kept.") if made.open_at > made.created_at else gettext("It is on its way."), "good"
    )
    return redirect(url_for("announcements.announcement", announcement_id=made.id))


def _write(form: dict[str, str]) -> Any:
    long = {"title": 100, "body": 2000}
    wrong = {
        name: errors.Message(errors.N_("Between %(min)s and %(max)s characters"), min=1, max=most)
        for name, most in long.items()
        if not 1 <= len(form[name]) <= most
    }
    if form["audience"] not in AUDIENCES or form["audience"] == "named" or form["topic"] not in TOPICS:
        wrong["audience"] = errors.Message(announcing.TO_WHOM)
    if wrong:
        raise errors.Invalid(wrong)
    with transaction():
        return announcing.write(
            actor=actor(),
            at=clock.now(),
            **{**form, "open_at": _instant(form["open_at"])},  # type: ignore[arg-type]
        )


def _instant(typed: str) -> datetime | None:
    """What a field of date and time holds, on the service's wall clock."""
    if not typed:
        return None
    try:
        return clock.at_wall(datetime.fromisoformat(typed))
    except ValueError:
        raise errors.Invalid({"open_at": errors.N_("A day and a time are needed, such as 2026-07-05 09:00")}) from None


def _form(form: dict[str, str], wrong: dict[str, list[str]]) -> str:
    return render_template(
        "notices/announcement_form.html",
        form=form,
        errors=wrong,
        organisations=choices(actor()),
        audiences=[(name, gettext(text)) for name, text in AUDIENCES.items() if name != "named"],
        topics=[(name, gettext(text)) for name, text in TOPICS.items() if name != "system"],
    )


@bp.get("/announcements/<announcement_id>")
@requires(Permission.SELF)
def announcement(announcement_id: str) -> str:
    """One announcement; whoever opens it has read the notice of it."""
    number, who = ref_id(announcement_id), actor()
    row = announcing.announcement(actor=who, announcement_id=number)
    with transaction():
        announcing.mark_read(actor=who, at=clock.now(), announcement_id=number)
    found = row.Announcement
    read, sent = announcing.read_counts(announcement_ids=[number]).get(number, (0, 0))
    return render_template(
        "notices/announcement.html",
        announcement=found,
        organisation_name=row.organisation_name,
        audience=gettext(AUDIENCES[found.audience]),
        state=_state(found),
        own=found.author_id == who.sign_in_id,
        may_see_readers=announcing.on_the_senders_side(actor=who, announcement_id=number),
        read=read,
        sent=sent,
    )


@bp.get("/announcements/<announcement_id>/readers")
@requires(Permission.NOTICES_ANNOUNCE)
def readers(announcement_id: str) -> str:
    """Who has read it, and who has not."""
    number, place = ref_id(announcement_id), id_at(request.args.get("after"))
    unread = request.args.get("show") == "unread"
    rows = announcing.readers(
        actor=actor(), announcement_id=number, limit=READERS + 1, after_id=place or 0, unread=unread
    )
    row = announcing.announcement(actor=actor(), announcement_id=number)
    shown, after = one_page(rows, READERS)
    here: dict[str, Any] = {"announcement_id": number, "show": "unread" if unread else None}
    following = after and url_for("announcements.readers", **here, after=after)
    read, sent = announcing.read_counts(announcement_ids=[number]).get(number, (0, 0))
    return render_template(
        "notices/readers.html",
        announcement=row.Announcement,
        readers=shown,
        unread=unread,
        read=read,
        sent=sent,
        pager={"next": following},
    )


@bp.post("/announcements/<announcement_id>/open", endpoint="open")
@requires(Permission.NOTICES_ANNOUNCE)
def open_now(announcement_id: str) -> Any:
    with transaction():
        announcing.open_now(actor=actor(), at=clock.now(), announcement_id=ref_id(announcement_id))
    flash(gettext("The announcement is open; those it is for are told."), "good")
    return redirect(url_for("announcements.announcement", announcement_id=announcement_id))


@bp.post("/announcements/<announcement_id>/withdraw")
@requires(Permission.NOTICES_ANNOUNCE)
def withdraw(announcement_id: str) -> Any:
    with transaction():
        announcing.withdraw(actor=actor(), at=clock.now(), announcement_id=ref_id(announcement_id))
    flash(gettext("The announcement is withdrawn; nobody was told."), "good")
    return redirect(url_for("announcements.announcement", announcement_id=announcement_id))
