"""What everybody sees of a board without signing in: its page, the screen on the wall, the sheets to print.

All are drawn from the one projection and are the same for everybody, so they bear no token, no name
and no choice of whoever asks: the frame of the other pages would, and they have a plain one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, get_locale, gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.assets_manifest import asset_url
from pointsvc.boards import content as contents
from pointsvc.boards import service as boards
from pointsvc.boards.brake import Brake
from pointsvc.boards.door import Drawn, language_of
from pointsvc.db import transaction
from pointsvc.http import public
from pointsvc.people.door import words
from pointsvc.scanning import scan

bp = Blueprint("board", __name__)

# Kept by whoever gave it out for one second; a browser asks each time, and is mostly told 'unchanged'.
SHARED = "public, max-age=0, s-maxage=1, must-revalidate"
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
SHEETS = ("a4", "a3")

_drawn = Drawn()
_brake = Brake()


@bp.get("/b/<code>")
@public
def page(code: str) -> Response:
    """The board as a page, on a phone too."""
    return _page(code, "boards/public.html")


@bp.get("/b/<code>/screen")
@public
def screen(code: str) -> Response:
    """The board on a wall: it turns by itself, at most eight people at a time, and keeps itself fresh."""
    return _page(code, "boards/screen.html")


@bp.get("/b/<code>/print/<size>")
@public
def sheet(code: str, size: str) -> Response:
    """The board as a sheet of paper to hang up."""
    if size not in SHEETS:
        raise errors.NotFound()
    return _page(code, "boards/sheet.html", size=size)


@bp.get("/b/<code>/photos/<digest>.jpg")
@public
def photo(code: str, digest: str) -> Response:
    """A picture that the board shows at this moment; whoever withdraws the consent is gone from here too."""
    if digest not in boards.of_code(code=code, at=clock.now()).pictures():
        raise errors.NotFound()
    answer = Response(boards.picture(sha256=digest), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.set_etag(digest[:32])
    answer.make_conditional(request)
    return answer


@bp.get("/b/worker.js")
@public
def worker() -> Response:
    """The script that keeps a screen's last good copy in the browser; it serves all boards, so it lies above them."""
    name = asset_url("worker.js").removeprefix("/static/")
    answer = current_app.send_static_file(name)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/b/<code>/say")
@public
def say(code: str) -> str:
    """The form in which anybody may say something to the board, without a name."""
    return _form(code, {}, {})


@bp.post("/b/<code>/say")
@public
def said(code: str) -> Any:
    """Take it down for the branch to see first. Nothing is kept of who it was."""
    form = {name: request.form.get(name, "").strip() for name in ("text", "pledge", "rating")}
    if request.form.get("website"):
        # A field that nobody sees: only a program fills it in.
        return redirect(url_for("board.page", code=code))
    if not _brake.take(request.remote_addr or "", clock.now()):
        raise errors.TooMany()
    try:
        with transaction():
            boards.say(
                at=clock.now(),
                code=code,
                text=form["text"],
                pledge_id=ref_id(form["pledge"]) if form["pledge"] else None,
                rating=form["rating"] or None,
            )
    except errors.Invalid as problem:
        return _form(code, form, words(problem)), 422
    flash(gettext("Thank you. The branch reads it first; what it lets through stands on the board with its answer."))
    return redirect(url_for("board.say", code=code))


# ---- shared with the JSON route


def served(code: str, kind: str, draw: Callable[[Mapping[str, Any]], str | bytes], mimetype: str) -> Response:
    """The board's answer of this kind: drawn when its data have changed, else as it was drawn before."""
    found = boards.of_code(code=code, at=clock.now()).public
    language = language_of(request.headers.get("Accept-Language", ""), current_app.config["BABEL_DEFAULT_LOCALE"][:2])
    key = (code, kind, request.host, request.scheme, language)
    with force_locale(LOCALES[language]):
        body = _drawn.of(key, orjson.dumps(found, option=orjson.OPT_SORT_KEYS), lambda: draw(found))
    answer = Response(body, mimetype=mimetype)
    answer.headers["Cache-Control"] = SHARED
    answer.vary.add("Accept-Language")
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


# ---- inside


def _page(code: str, template: str, **more: Any) -> Response:
    kind = template + more.get("size", "")
    return served(code, kind, lambda found: render_template(template, **shown(found), **more), "text/html")


def shown(found: Mapping[str, Any], photo_url: Callable[[str], str] | None = None) -> dict[str, Any]:
    """The projection as the templates want it: days as days, people in pages, the code to scan."""
    address = url_for("board.page", code=found["code"], _external=True)
    seen_at = photo_url or (lambda digest: url_for("board.photo", code=found["code"], digest=digest))
    people = [
        {**one, "pledges": _dated(one["pledges"]), "photo": one["photo"] and seen_at(one["photo"])}
        for one in found["people"]
    ]
    pages = [people[first : first + contents.ON_A_PAGE] for first in range(0, len(people), contents.ON_A_PAGE)]
    return {
        "board": {
            **found,
            "as_of": date.fromisoformat(found["as_of"]),
            "renew_by": date.fromisoformat(found["renew_by"]) if found["renew_by"] else None,
            "people": people,
            "picture": found["picture"] and seen_at(found["picture"]),
            "pledges": _dated(found["pledges"]),
            "answers": [{**one, "on": date.fromisoformat(one["on"])} for one in found["answers"]],
        },
        "pages": pages,
        "language": str(get_locale()),
        "address": address,
        "picture": scan(address),
    }


def _dated(pledges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "due_on": date.fromisoformat(one["due_on"])} for one in pledges]


def _form(code: str, form: Mapping[str, str], wrong: Mapping[str, list[str]]) -> str:
    found = boards.of_code(code=code, at=clock.now())
    return render_template(
        "boards/say.html",
        board=found.public,
        pledges=[(one["id"], one["text"]) for one in found.pledges().values()],
        form={"text": "", "pledge": request.args.get("pledge", ""), "rating": "", **form},
        errors=wrong,
    )
