"""The community's page: what waits, the posts, whom it has; and the form of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.checkins import listing, posts, records
from pointsvc.checkins.checkin_pages import bp, filled, said
from pointsvc.checkins.lifecycle import ACCEPTED, PENDING, PROPOSED
from pointsvc.checkins.listing import Asked
from pointsvc.checkins.records import MOST_AT_ONCE
from pointsvc.checkins.schemas import PostChangeIn, PostIn
from pointsvc.checkins.worth import kinds
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import reach, settings
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed

FIELDS = ("community", "name", "kind", "places", "duty", "times", "skills")


@bp.get("/community", endpoint="community")
@requires(Permission.CHECKINS_OVERSEE)
def community_page() -> str:
    return _page(request.args.get("community"), {}, [])


@bp.post("/service/confirm")
@requires(Permission.CHECKINS_DECIDE)
def confirm() -> Any:
    ids = [ref_id(text) for text in request.form.getlist("record")]
    code = request.form.get("community")
    try:
        with transaction():
            records.confirm(actor=actor(), at=clock.now(), record_ids=ids)
    except (errors.Invalid, errors.Forbidden, errors.Conflict) as problem:
        return _page(code, _refused(problem, ids), ids), 422
    text = ngettext("%(num)s record has been confirmed.", "%(num)s records have been confirmed.", len(ids))
    flash(text, "good")
    return redirect(url_for("checkins.community", community=code))


@bp.post("/service/<record_id>/refuse")
@requires(Permission.CHECKINS_DECIDE)
def refuse_record(record_id: str) -> Any:
    number, code = ref_id(record_id), request.form.get("community")
    try:
        with transaction():
            records.refuse(actor=actor(), at=clock.now(), record_id=number, reason=request.form.get("reason", ""))
    except errors.Invalid as problem:
        return _page(
            code, {f"record-{number}": [text for several in words(problem).values() for text in several]}, []
        ), 422
    flash(gettext("Not confirmed. The member reads your reason."), "good")
    return redirect(url_for("checkins.community", community=code))


@bp.post("/service/<record_id>/revoke")
@requires(Permission.CHECKINS_DECIDE)
def revoke_record(record_id: str) -> Any:
    with transaction():
        records.revoke(
            actor=actor(), at=clock.now(), record_id=ref_id(record_id), reason=request.form.get("reason", "")
        )
    flash(gettext("The confirmation has been taken back, and its points with it."), "good")
    return redirect(url_for("checkins.checkin", checkin_id=ref_id(request.form.get("checkin", ""))))


@bp.route("/posts/new", methods=["GET", "POST"])
@requires(Permission.CHECKINS_DECIDE)
def new_post() -> Any:
    if request.method == "GET":
        return _form({**request.args}, {}, None)
    typed = _typed()
    try:
        with transaction():
            made = posts.open_post(actor=actor(), at=clock.now(), **filled(PostIn(), _numbered(typed)))
    except errors.Invalid as problem:
        return _form(typed, words(problem), None), 422
    flash(gettext("The post is open; whoever has checked in can take it."), "good")
    return redirect(url_for("checkins.community", community=listing.post(made.id).community))


@bp.route("/posts/<post_id>", methods=["GET", "POST"])
@requires(Permission.CHECKINS_DECIDE)
def edit_post(post_id: str) -> Any:
    number = ref_id(post_id)
    row = _own_post(number)
    if request.method == "GET":
        return _form({name: str(getattr(row, name)) for name in FIELDS}, {}, row)
    typed = {name: value for name, value in _typed().items() if name != "community"}
    try:
        said_anew = {"duty": "", "times": "", "skills": "", **filled(PostChangeIn(), _numbered(typed))}
        with transaction():
            posts.amend(actor=actor(), at=clock.now(), post_id=number, **said_anew)
    except errors.Invalid as problem:
        return _form(typed, words(problem), row), 422
    flash(gettext("Saved."), "good")
    return redirect(url_for("checkins.community", community=row.community))


@bp.post("/posts/<post_id>/close")
@requires(Permission.CHECKINS_DECIDE)
def close_post(post_id: str) -> Any:
    with transaction():
        posts.close(actor=actor(), at=clock.now(), post_id=ref_id(post_id))
    flash(gettext("Nobody can take this post any more; who holds it, serves on."), "good")
    return redirect(url_for("checkins.edit_post", post_id=post_id))


@bp.post("/posts/<post_id>/reopen")
@requires(Permission.CHECKINS_DECIDE)
def reopen_post(post_id: str) -> Any:
    with transaction():
        posts.reopen(actor=actor(), at=clock.now(), post_id=ref_id(post_id))
    flash(gettext("The post can be taken again."), "good")
    return redirect(url_for("checkins.edit_post", post_id=post_id))


@bp.post("/posts/<post_id>/release")
@requires(Permission.CHECKINS_DECIDE)
def release_member(post_id: str) -> Any:
    with transaction():
        posts.let_go(actor=actor(), at=clock.now(), post_id=ref_id(post_id), member=request.form.get("member", ""))
    flash(gettext("The place is free again."), "good")
    return redirect(url_for("checkins.edit_post", post_id=post_id))


# ---- inside


def _page(code: str | None, wrong: Mapping[str, list[str]], ticked: Sequence[int]) -> str:
    who = actor()
    mine = listing.communities_of(who)
    node = next((row for row in mine if row.code == code), None) if code else None
    if code and node is None:
        raise errors.NotFound()
    code = node.code if node else (mine[0].code if len(mine) == 1 else None)
    narrowed: dict[str, Any] = {"community": code, "hosted": True, "limit": MOST_AT_ONCE}
    return render_template(
        "checkins/community.html",
        communities=[(row.code, row.name) for row in mine],
        code=code,
        asking=listing.checkins(actor=who, asked=Asked(status=PENDING, oldest=True, **narrowed)),
        hours=listing.records(actor=who, asked=Asked(status=PROPOSED, oldest=True, **narrowed)),
        posts=listing.posts(community=code, within=who, limit=MOST_AT_ONCE),
        people=listing.checkins(actor=who, asked=Asked(status=ACCEPTED, **narrowed)),
        own=who.member_id,
        ticked=ticked,
        may_decide=allowed(who, Permission.CHECKINS_DECIDE),
        errors=wrong,
    )


def _refused(problem: errors.Problem, ids: Sequence[int]) -> dict[str, list[str]]:
    """Why nothing was confirmed, by the id of the tick box that each sentence is about."""
    found = {}
    for name, messages in said(problem, "records.0").items():
        n = name.removeprefix("records.")
        found[f"record-{ids[int(n)]}" if n.isdigit() and ids else "several"] = messages
    return found


def _own_post(number: int) -> Any:
    row = listing.post(number)
    if not reach.reaches(actor(), row.community_id):
        raise errors.NotFound()
    return row


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _numbered(typed: Mapping[str, str]) -> dict[str, Any]:
    places = typed.get("places", "")
    return {**typed, "places": int(places) if places.isascii() and places.isdigit() and len(places) < 6 else places}


def _form(typed: Mapping[str, str], wrong: Mapping[str, list[str]], row: Any) -> str:
    who = actor()
    mine = [(one.code, one.name) for one in listing.communities_of(who)]
    node = row.community_id if row else who.organisation_id or 0
    return render_template(
        "checkins/post_form.html",
        post=row,
        holders=listing.holders(actor=who, post_ids=[row.id]) if row else [],
        communities=mine,
        kinds=kinds(settings.value(node, "service_kinds")),
        form={"community": mine[0][0] if len(mine) == 1 else "", "places": "1", **typed},
        errors=wrong,
    )
