"""Pages of notices: a person's inbox, and how that person wants to be told outside of the service."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, quiet
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.notices import service as notices
from pointsvc.notices import wishes
from pointsvc.notices.schemas import words
from pointsvc.notices.topics import TOPICS
from pointsvc.people import door, settings
from pointsvc.permissions import Actor, Permission, Role, allowed

bp = Blueprint("notices", __name__)

ON_A_PAGE = 30


@bp.get("/notices", endpoint="notices")
@requires(Permission.SELF)
def list_notices() -> str:
    """The inbox, newest first: of one topic, or only what is unread."""
    who, topic = actor(), request.args.get("topic", "")
    topic, unread = topic if topic in TOPICS else "", request.args.get("show") == "unread"
    before = id_at(request.args.get("after"))
    rows = notices.inbox(actor=who, limit=ON_A_PAGE + 1, before_id=before, topic=topic or None, unread=unread)
    shown, after = one_page(rows, ON_A_PAGE)
    here: dict[str, Any] = {"topic": topic or None, "show": "unread" if unread else None}
    following = after and url_for("notices.notices", **here, after=after)
    items = [
        {
            "id": row.id,
            "topic": gettext(TOPICS[row.topic]),
            "words": words(row),
            "link": row.link,
            "created_at": row.created_at,
            "read_at": row.read_at,
        }
        for row in shown
    ]
    return render_template(
        "notices/notices.html",
        notices=items,
        unread=notices.unread(actor=who),
        query={"topic": topic, "show": "unread" if unread else ""},
        topics=[(name, gettext(text)) for name, text in TOPICS.items()],
        ways=_ways(who),
        pager={"next": following},
    )


def _ways(who: Any) -> list[tuple[str, str]]:
    """From the inbox to what else belongs to it."""
    found = [(url_for("notices.wishes"), gettext("How I am told"))]
    if allowed(who, Permission.NOTICES_ANNOUNCE):
        found.append((url_for("announcements.announcements"), gettext("Announcements")))
    if allowed(who, Permission.CHANNELS_MANAGE):
        found.append((url_for("channels.channels"), gettext("Channels")))
    if allowed(who, Permission.LETTERS_MANAGE):
        found.append((url_for("channels.letters"), gettext("What could not be delivered")))
    return found


@bp.post("/notices/<notice_id>/read")
@requires(Permission.SELF)
def read(notice_id: str) -> Any:
    with transaction():
        notices.read(actor=actor(), at=clock.now(), notice_id=ref_id(notice_id))
    return redirect(url_for("notices.notices"))


@bp.post("/notices/read-all")
@requires(Permission.SELF)
def read_all() -> Any:
    with transaction():
        notices.read_all(actor=actor(), at=clock.now())
    return redirect(url_for("notices.notices"))


# ---- wishes


@bp.get("/notices/wishes", endpoint="wishes")
@requires(Permission.SELF)
def show_wishes() -> str:
    """The own wishes."""
    held = wishes.wish(actor=actor())
    form = {
        "mail": held.mail or "" if held else "",
        "topics": held.topics if held else list(TOPICS),
        "quiet": held.quiet or "" if held else "",
        "digest": "daily" if held and held.digest else "each",
    }
    return _wishes(form, {})


@bp.post("/notices/wishes")
@requires(Permission.SELF)
def keep_wishes() -> Any:
    """Keep them."""
    form = {name: request.form.get(name, "").strip() for name in ("mail", "quiet", "digest")}
    topics = request.form.getlist("topics")
    try:
        with transaction():
            wishes.keep(
                actor=actor(),
                at=clock.now(),
                mail=form["mail"] or None,
                topics=topics,
                quiet=form["quiet"] or None,
                digest=form["digest"] == "daily",
            )
    except errors.Invalid as problem:
        return _wishes({**form, "topics": topics}, door.words(problem)), 422
    flash(gettext("Your wishes have been saved."), "good")
    return redirect(url_for("notices.wishes"))


def _wishes(form: dict[str, Any], wrong: dict[str, list[str]]) -> str:
    who = actor()
    return render_template(
        "notices/wishes.html",
        form=form,
        errors=wrong,
        topics=[(name, gettext(text)) for name, text in TOPICS.items()],
        hours=[(hours, _hours(hours)) for hours in quiet.HOURS],
        usual=_hours(settings.value(who.organisation_id or 0, "quiet_hours")),
        plain=who.role == Role.MEMBER,
    )


def _hours(hours: str) -> str:
    return gettext("no quiet hours") if hours == quiet.NONE else hours.replace("-", " – ")


# ---- in the frame of each page


@door.unread_of
def _unread(who: Actor) -> int:
    return notices.unread(actor=who)
