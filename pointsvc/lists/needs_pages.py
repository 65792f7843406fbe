"""Pages for everybody, without an account: say what is needed, follow it by its code, say thanks."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from pointsvc import brake, clock, codes, errors
from pointsvc.db import transaction
from pointsvc.http import public
from pointsvc.lists import exchange, reading
from pointsvc.lists import service as lists
from pointsvc.lists.models import RATINGS, Item
from pointsvc.people.door import words
from pointsvc.people.models import Organisation
from pointsvc.permissions import SYSTEM

bp = Blueprint("needs", __name__)

FIELDS = ("title", "text", "place", "tags", "name", "phone", "once")
_BETWEEN = re.compile(r"[\s,，、;；]+")


@bp.get("/need")
@public
def code() -> Any:
    """Where a tracking code is typed in, or the place is chosen at which to say what is needed."""
    typed = codes.plain(request.args.get("code", ""))
    if typed:
        return redirect(url_for("needs.need", code=typed))
    return _door("", None)


@bp.route("/need/at/<code>", methods=["GET", "POST"])
@public
def file_need(code: str) -> Any:
    """The form on which a resident says what is needed; sent twice it is one need."""
    place = lists.filing_place(code)
    if request.method == "GET":
        return _form(place, MultiDict({"once": secrets.token_urlsafe(16)}), {})
    form, at, address = request.form, clock.now(), request.remote_addr or ""
    brake.check(at=at, purpose=brake.FILE, address=address)
    try:
        with transaction():
            brake.note(at=at, purpose=brake.FILE, address=address)
            _, given = lists.file_by_resident(
                at=at,
                organisation=place.code,
                new=_new(place, form),
                contact=lists.Contact(form.get("name", "").strip(), form.get("phone", "").strip()),
                once=form.get("once", "")[:64] or secrets.token_urlsafe(16),
                secret=current_app.config["SECRET_KEY"],
            )
    except errors.Invalid as problem:
        return _form(place, form, words(problem)), 422
    return redirect(url_for("needs.need", code=given, new=1))


@bp.get("/need/<code>")
@public
def need(code: str) -> Any:
    """How far it is, and, once it is done, the form for thanks."""
    found = _by_code(code)
    return _unknown(code) if found is None else _page(found, codes.plain(code), {})


@bp.post("/need/<code>")
@public
def answer(code: str) -> Any:
    """Confirm it with a rating, say that it is not done yet, or take it back."""
    found = _by_code(code)
    if found is None:
        return _unknown(code)
    form = request.form
    act = form.get("act", "")
    try:
        if act not in (exchange.CONFIRM, exchange.RETURN, exchange.WITHDRAW):
            raise errors.Invalid({"act": errors.N_("This choice does not exist")})
        with transaction():
            lists.resident_act(
                at=clock.now(), code=code, act=act, note=form.get("note"), rating=form.get("rating") or None
            )
    except errors.Invalid as problem:
        return _page(found, codes.plain(code), words(problem)), 422
    except errors.Conflict:
        # Sent twice, or it has gone on meanwhile: the page says how it stands.
        pass
    return redirect(url_for("needs.need", code=codes.plain(code)))


# ---- inside


def _new(place: Organisation, form: MultiDict[str, str]) -> lists.NewItem:
    found = reading.by_template(place.id, "exchange")
    key = next(one["key"] for one in found.lists if one["side"] == "need")
    title, text, where = (form.get(name, "").strip() for name in ("title", "text", "place"))
    tags = tuple(word for word in _BETWEEN.split(form.get("tags", "")) if word)
    return lists.NewItem(key, title, text, where, tags=tags)


def _by_code(code: str) -> Item | None:
    """The item behind the code; a wrong one is counted. Raises TooMany after many wrong ones."""
    at, address = clock.now(), request.remote_addr or ""
    brake.check(at=at, purpose=brake.CODE, address=address)
    found = lists.by_code(code=code)
    if found is None:
        with transaction():
            brake.note(at=at, purpose=brake.CODE, address=address)
    return found


def _unknown(code: str) -> Any:
    text = gettext("This code is not known. Please compare it with the slip once more.")
    return _door(code[:20], text), 404


def _door(typed: str, error: str | None) -> str:
    find = request.args.get("place", "").strip()[:40]
    places = lists.filing_places(find)
    return render_template("lists/code.html", typed=typed, error=error, find=find, places=places)


def _form(place: Organisation, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    return render_template(
        "lists/file.html", place=place, form={name: form.get(name, "") for name in FIELDS}, errors=wrong
    )


def _page(found: Item, code: str, wrong: dict[str, list[str]]) -> str:
    """What everybody with the code may read: the need and its course, no name but of organisations."""
    view = lists.item(actor=SYSTEM, item_id=found.id)
    claims = [one for one in lists.claims([view.id])[view.id] if one.ended_at is None]
    return render_template(
        "lists/need.html",
        item=view,
        code=codes.printed(code),
        claims=claims,
        history=lists.history(view.id),
        fresh=request.args.get("new") == "1" and view.status == "open",
        ratings=RATINGS,
        form={name: request.form.get(name, "") for name in ("act", "note", "rating")},
        errors=wrong,
    )
