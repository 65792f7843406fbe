"""The public page of a community's fifteen-minute circle, and the form of a point in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.checkins import circle, listing, nearby
from pointsvc.checkins.checkin_pages import bp, filled, said
from pointsvc.checkins.circle_schemas import ServicePointChangeIn, ServicePointIn
from pointsvc.db import transaction
from pointsvc.http import actor, public, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission, allowed

FIELDS = ("item", "name", "kind", "place", "opening", "phone", "minutes")


@bp.get("/circle", endpoint="circles")
@public
def circles_page() -> str:
    return render_template("checkins/circles.html", communities=listing.communities())


@bp.get("/circle/<code>", endpoint="circle")
@public
def circle_page(code: str) -> str:
    node = circle.community_of(code)
    asked = request.args.get("minutes", "")
    most = int(asked) if asked in map(str, nearby.RINGS) else nearby.FARTHEST
    kind = request.args.get("kind", "").strip()
    rows = circle.points(community_id=node.id, kind=kind or None, most=most)
    who = getattr(g, "actor", None)
    return render_template(
        "checkins/circle.html",
        community=node,
        points=rows,
        dots=nearby.sketch([row.minutes for row in rows]),
        rings=[(minutes, nearby.radius(minutes)) for minutes in nearby.RINGS],
        size=nearby.SIZE,
        kinds=circle.kinds_of(node.id),
        query={"kind": kind, "minutes": most},
        requests=circle.requests(community_id=node.id, today=clock.today()),
        may_edit=who is not None and allowed(who, Permission.CHECKINS_DECIDE) and reach.reaches(who, node.id),
        today=clock.today(),
    )


@bp.route("/circle/<code>/new", methods=["GET", "POST"])
@requires(Permission.CHECKINS_DECIDE)
def new_point(code: str) -> Any:
    node = reach.organisation(actor(), code)
    circle.community_of(code)
    if request.method == "GET":
        return _form(node, _from_offer(node.id, request.args.get("item", "")), {}, None)
    typed = _typed()
    try:
        data = filled(ServicePointIn(), _numbered({**typed, "community": code}))
        item = data.pop("item")
        with transaction():
            circle.add(actor=actor(), at=clock.now(), item_id=ref_id(item) if item else None, **data)
    except (errors.Invalid, errors.Conflict) as problem:
        return _form(node, typed, said(problem, "item"), None), 422
    flash(gettext("Entered; everybody can see it."), "good")
    return redirect(url_for("checkins.circle", code=code))


@bp.route("/circle/points/<point_id>", methods=["GET", "POST"])
@requires(Permission.CHECKINS_DECIDE)
def edit_point(point_id: str) -> Any:
    row = circle.point(actor=actor(), point_id=ref_id(point_id))
    node = reach.organisation_by_id(actor(), row.community_id)
    if request.method == "GET":
        return _form(node, {name: str(getattr(row, name)) for name in FIELDS[1:]}, {}, row)
    typed = _typed()
    typed.pop("item")
    try:
        data = {"phone": "", **filled(ServicePointChangeIn(), _numbered(typed))}
        with transaction():
            circle.amend(actor=actor(), at=clock.now(), point_id=ref_id(point_id), **data)
    except errors.Invalid as problem:
        return _form(node, typed, said(problem, "name"), row), 422
    flash(gettext("Saved."), "good")
    return redirect(url_for("checkins.circle", code=node.code))


@bp.post("/circle/points/<point_id>/close")
@requires(Permission.CHECKINS_DECIDE)
def close_point(point_id: str) -> Any:
    with transaction():
        row = circle.close(actor=actor(), at=clock.now(), point_id=ref_id(point_id))
    flash(gettext("It is not shown any more."), "good")
    return redirect(url_for("checkins.circle", code=reach.organisation_by_id(actor(), row.community_id).code))


# ---- inside


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in FIELDS}


def _numbered(typed: Mapping[str, str]) -> dict[str, Any]:
    text = typed["minutes"]
    return {**typed, "minutes": int(text) if text.isascii() and text.isdigit() and len(text) < 4 else text}


def _from_offer(community_id: int, item: str) -> dict[str, str]:
    """A resource of the lists, as the form of a point would say it."""
    found = next((row for row in circle.offers(community_id=community_id) if str(row.id) == item), None)
    if found is None:
        return {}
    return {"item": item, "name": found.title, "place": found.place, "phone": found.phone or ""}


def _form(node: Any, typed: Mapping[str, str], wrong: Mapping[str, list[str]], row: Any) -> str:
    return render_template(
        "checkins/point_form.html",
        community=node,
        point=row,
        offers=[] if row else circle.offers(community_id=node.id),
        kinds=circle.kinds_of(node.id),
        form=typed,
        errors=wrong,
    )
