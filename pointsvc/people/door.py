"""Pages of the door and of the person's own choices, and what every page shows of the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import SQLAlchemyError

from pointsvc import clock
from pointsvc import errors as problems
from pointsvc.db import transaction
from pointsvc.http import actor, public, requires, wants_json
from pointsvc.people import listing
from pointsvc.people import service as people
from pointsvc.people.signing import DISPLAYS, LANGUAGES
from pointsvc.permissions import Actor, Permission

bp = Blueprint("people", __name__)

HOME = "/"
# Where a person arrives after signing in.
FIRST_PAGES = ("home.home", "activities.branch", "tallies.score", "people.organisations")
THEMES = ("auto", "light", "dark", "contrast")
_KEPT = ("language", "display", "theme")
_BEFORE_CHANGE = frozenset({"people.change_password", "people.sign_out", "people.language", "people.display", "static"})
N_ = problems.N_


# ---- for every page


Tour = Callable[[Actor], list[dict[str, str]]]
_tours: list[Tour] = []


def tours(tour: Tour) -> Tour:
    """Register who knows the first steps of somebody who is new, in the reader's language."""
    _tours.append(tour)
    return tour


def tour_of(who: Actor) -> list[dict[str, str]]:
    """The first steps of somebody who is new."""
    return [step for tour in _tours for step in tour(who)]


_unread: list[Callable[[Actor], int]] = []


def unread_of(count: Callable[[Actor], int]) -> Callable[[Actor], int]:
    """Register who knows how much waits unread for somebody."""
    _unread.append(count)
    return count


@bp.app_context_processor
def shell() -> dict[str, Any]:
    """What the frame of each page shows of the signed-in person (or of the browser's own choices)."""
    who = getattr(g, "actor", None)
    chosen = {name: session.get(name) for name in _KEPT} if request else {}
    chosen["language"] = "en" if str(get_locale()) == "en" else "zh"
    if who is None:
        return {"shell": chosen}
    try:
        place = listing.me(actor=who)
        unread = sum(count(who) for count in _unread)
    except SQLAlchemyError:
        # The page may be the very one that says that the database is away.
        return {"shell": chosen}
    frame = {
        "name": place.member_name or who.name,
        "role": who.role,
        "place": place.organisation_name,
        "language": chosen["language"],
        "display": place.display,
        "theme": chosen.get("theme"),
        "unread": unread,
        "tour": tour_of(who) if not place.toured and request.endpoint in FIRST_PAGES else [],
    }
    return {"shell": frame}


@bp.before_app_request
def keep_session() -> Any:
    """Once a minute write down that the session is in use; hold back who must first change the password."""
    who = getattr(g, "actor", None)
    if who is None or who.kind != "person" or request.endpoint == "static":
        return None
    at = clock.now()
    if at.timestamp() - session.get("seen", 0) >= 60:
        with transaction():
            people.seen(at=at, key=session["key"])
        session["seen"] = int(at.timestamp())
    if session.get("must_change") and request.endpoint not in _BEFORE_CHANGE:
        if wants_json():
            raise problems.Forbidden(N_("The first password must be changed before anything else"))
        return redirect(url_for("people.change_password"))
    return None


def words(problem: problems.Invalid) -> dict[str, list[str]]:
    """The messages of a refused form in the reader's language, by field."""
    return {path: [message.render(gettext) for message in several] for path, several in problem.errors.items()}


def _local(address: str | None) -> str:
    """An address within this service, never one that leads elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable():
        return HOME
    return address


# ---- the door


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    following = _local(request.values.get("next"))
    if request.method == "GET":
        if getattr(g, "actor", None) is not None:
            return redirect(following)
        return render_template("people/sign_in.html", name="", next=following, errors={})
    name = request.form.get("name", "")
    attempt = people.check_password(name=name, password=request.form.get("password", ""))
    with transaction():
        signed_in = people.sign_in(at=clock.now(), attempt=attempt)
    if signed_in is None:
        text = gettext("Name and password do not match, or the account is locked for some minutes after many tries.")
        return render_template("people/sign_in.html", name=name, next=following, errors={"name": [text]}), 422
    account, key = signed_in
    _clear_session()
    session["key"] = key
    if account.must_change:
        session["must_change"] = True
        return redirect(url_for("people.change_password"))
    return redirect(following)


@bp.post("/sign-out")
@public
def sign_out() -> Any:
    who, key = getattr(g, "actor", None), session.get("key")
    if who is not None and key:
        with transaction():
            people.sign_out(actor=who, at=clock.now(), key=key)
    _clear_session()
    return redirect(url_for("people.sign_in"))


def _clear_session() -> None:
    """A new session shares nothing with the one before but the looks that the browser chose."""
    kept = {name: session[name] for name in _KEPT if name in session}
    session.clear()
    session.update(kept)


@bp.route("/password", methods=["GET", "POST"])
@requires(Permission.SELF)
def change_password() -> Any:
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        errors = _change_password(request.form)
        if not errors:
            session.pop("must_change", None)
            return redirect(HOME)
    page = render_template("people/change_password.html", must_change=session.get("must_change", False), errors=errors)
    return (page, 422) if errors else page


def _change_password(form: Any) -> dict[str, list[str]]:
    password = form.get("password", "")
    if form.get("again") != password:
        return {"again": [gettext("The two new passwords are not the same")]}
    attempt = people.check_password(name=actor().name, password=form.get("current", ""))
    try:
        with transaction():
            changed = people.change_password(
                actor=actor(), at=clock.now(), attempt=attempt, password=password, key=session.get("key")
            )
    except problems.Invalid as problem:
        return words(problem)
    return {} if changed else {"current": [gettext("This is not the present password")]}


# ---- the person's own choices


@bp.post("/language")
@public
def language() -> Any:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise problems.Invalid({"language": N_("This choice does not exist")})
    session["language"] = chosen
    if getattr(g, "actor", None) is not None:
        with transaction():
            people.set_language(actor=actor(), at=clock.now(), language=chosen)
    return redirect(_local(request.form.get("next")))


@bp.post("/display")
@public
def display() -> Any:
    chosen, theme = request.form.get("display"), request.form.get("theme")
    if (chosen and chosen not in DISPLAYS) or (theme and theme not in THEMES):
        raise problems.Invalid({"display": N_("This choice does not exist")})
    if theme:
        session["theme"] = theme
    if chosen:
        session["display"] = chosen
        if getattr(g, "actor", None) is not None:
            with transaction():
                people.set_display(actor=actor(), at=clock.now(), display=chosen)
    return redirect(_local(request.form.get("next")))
