"""Pages of what boards say of members: the profiles of a branch, one with its consents, and the own one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.boards import service as boards
from pointsvc.boards.models import CONSENTS
from pointsvc.boards.pages import uploaded
from pointsvc.boards.schemas import ProfileIn
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.people.pages import choices
from pointsvc.permissions import Permission, allowed

bp = Blueprint("profiles", __name__)
ON_A_PAGE = 50


@bp.get("/boards/profiles", endpoint="profiles")
@requires(Permission.BOARDS_READ)
def list_profiles() -> str:
    """Who is shown how, and who has consented."""
    who, asked = actor(), request.args.get("organisation", "")
    rows = boards.profiles(
        actor=who,
        at=clock.now(),
        organisation=asked or None,
        limit=ON_A_PAGE + 1,
        after=at_cursor(request.args.get("after"), str, str),
    )
    items, after = one_page(rows, ON_A_PAGE, "branch", "number")
    following = after and url_for("profiles.profiles", organisation=asked or None, after=after)
    return render_template(
        "boards/profiles.html",
        profiles=items,
        branches=choices(who),
        query={"organisation": asked},
        may_change=allowed(who, Permission.BOARDS_MANAGE),
        pager={"next": following},
    )


@bp.get("/boards/profiles/<number>")
@requires(Permission.BOARDS_MANAGE)
def profile(number: str) -> str:
    return _page(number, {})


@bp.post("/boards/profiles/<number>")
@requires(Permission.BOARDS_MANAGE)
def describe(number: str) -> Any:
    """Write post and duties down."""
    form = {name: request.form.get(name, "").strip() for name in ("post", "duties")}
    place = request.form.get("place", "").strip()
    try:
        data = forms.load(
            ProfileIn(), {**form, **({"place": int(place)} if place.isascii() and place.isdigit() else {})}
        )
        with transaction():
            boards.describe(actor=actor(), at=clock.now(), member=number, **data)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("Kept. Boards show it at once."), "good")
    return redirect(url_for("profiles.profile", number=number))


@bp.post("/boards/profiles/<number>/photo")
@requires(Permission.BOARDS_MANAGE)
def add_photo(number: str) -> Any:
    """The photo, made anew from its pixels."""
    try:
        piece = uploaded()
        with transaction():
            boards.picture_member(actor=actor(), at=clock.now(), member=number, piece=piece)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("The photo has been added."), "good")
    return redirect(url_for("profiles.profile", number=number))


@bp.get("/boards/profiles/<number>/photo.jpg")
@requires(Permission.CONSENTS_GIVE)
def photo(number: str) -> Response:
    """The photo as those see it who answer for the member, and the member."""
    found = boards.profile(actor=actor(), at=clock.now(), member=number)
    if found.photo is None:
        raise errors.NotFound()
    return Response(boards.picture(sha256=found.photo), mimetype="image/jpeg")


@bp.post("/boards/profiles/<number>/consents")
@requires(Permission.BOARDS_MANAGE)
def consents(number: str) -> Any:
    """Consents from a signed paper, or their withdrawal."""
    try:
        _consent(number, how="paper")
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    return redirect(url_for("profiles.profile", number=number))


@bp.get("/boards/mine")
@requires(Permission.CONSENTS_GIVE)
def mine() -> str:
    """What boards say of the reader, and what the reader consents to."""
    return _mine({})


@bp.post("/boards/mine")
@requires(Permission.CONSENTS_GIVE)
def consent() -> Any:
    """Give or withdraw the own consent."""
    try:
        _consent(_own_number(), how=None)
    except errors.Invalid as problem:
        return _mine(words(problem)), 422
    return redirect(url_for("profiles.mine"))


# ---- inside


def _consent(number: str, how: str | None) -> None:
    who, at, kinds = actor(), clock.now(), request.form.getlist("kinds")
    with transaction():
        if request.form.get("act") == "withdraw":
            reason = request.form.get("reason", "").strip()[:200]
            boards.withdraw_consent(actor=who, at=at, member=number, kinds=kinds, reason=reason or None)
        else:
            boards.give_consent(actor=who, at=at, member=number, kinds=kinds, how=how)
    withdrawn = request.form.get("act") == "withdraw"
    flash(
        gettext("Withdrawn. It is gone from every board at once.")
        if withdrawn
        else gettext("The consent has been written down."),
        "good",
    )


def _page(number: str, wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    found = boards.profile(actor=who, at=clock.now(), member=number)
    return render_template(
        "boards/profile.html",
        profile=found,
        own=False,
        kinds=CONSENTS,
        consents=boards.consents(actor=who, member=number),
        form={name: request.form.get(name, getattr(found, name)) for name in ("post", "duties", "place")},
        errors=wrong,
    )


def _mine(wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    number = _own_number()
    return render_template(
        "boards/profile.html",
        profile=boards.profile(actor=who, at=clock.now(), member=number),
        own=True,
        kinds=CONSENTS,
        consents=boards.consents(actor=who, member=number),
        form={},
        errors=wrong,
    )


def _own_number() -> str:
    """The number of the reader's own record. Raises NotFound for whoever has none within reach."""
    who = actor()
    if who.member_id is None:
        raise errors.NotFound()
    return reach.member_by_id(who, who.member_id).number
