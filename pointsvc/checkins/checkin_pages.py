"""Pages of checking in: the form, the slip with its receipt, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.checkins import cards, listing
from pointsvc.checkins import service as checkins
from pointsvc.checkins.lifecycle import ACCEPTED, CHECKIN, ENDED, Standing, steps
from pointsvc.checkins.listing import Asked
from pointsvc.checkins.schemas import CheckInIn
from pointsvc.checkins.service_card import recent_quarters
from pointsvc.checkins.standing import standings
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import listing as people
from pointsvc.people.door import words
from pointsvc.permissions import Permission, Role
from pointsvc.wording import period_words

bp = Blueprint("checkins", __name__)
OFFERED_MEMBERS = 500
HOURS_SHOWN = 60
FIELDS = ("community", "member", "name", "requested_on", "skills")


@bp.route("/checkins/new", methods=["GET", "POST"])
@requires(Permission.CHECKINS_REQUEST)
def new_checkin() -> Any:
    if request.method == "GET":
        return _form(dict(request.args), {})
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        data = filled(CheckInIn(), typed)
        with transaction():
            made = checkins.request(actor=actor(), at=clock.now(), **{**data, "paper": actor().role != Role.MEMBER})
    except (errors.Invalid, errors.Conflict) as problem:
        return _form(typed, said(problem, "community")), 422
    text = gettext("Accepted: the slip bears the community’s receipt.")
    if made.status != ACCEPTED:
        text = gettext("Sent; the community will answer.")
    flash(text, "good")
    return redirect(url_for("checkins.checkin", checkin_id=made.id))


@bp.get("/checkins/<checkin_id>", endpoint="checkin")
@requires(Permission.CHECKINS_READ)
def one(checkin_id: str) -> str:
    return _one(ref_id(checkin_id), {})


@bp.post("/checkins/<checkin_id>/accept")
@requires(Permission.CHECKINS_DECIDE)
def accept(checkin_id: str) -> Any:
    with transaction():
        row = checkins.accept(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id))
    flash(gettext("Accepted. The member is told."), "good")
    return _back(row.id)


@bp.post("/checkins/<checkin_id>/refuse")
@requires(Permission.CHECKINS_DECIDE)
def refuse(checkin_id: str) -> Any:
    def act(number: int) -> None:
        reason = request.form.get("reason", "")
        checkins.refuse(actor=actor(), at=clock.now(), check_in_id=number, reason=reason)

    return _act(checkin_id, act, gettext("Not accepted. The member reads your reason."))


@bp.post("/checkins/<checkin_id>/withdraw")
@requires(Permission.CHECKINS_REQUEST)
def withdraw(checkin_id: str) -> Any:
    with transaction():
        checkins.withdraw(actor=actor(), at=clock.now(), check_in_id=ref_id(checkin_id))
    flash(gettext("The check-in has been withdrawn."), "good")
    return _back(ref_id(checkin_id))


@bp.post("/checkins/<checkin_id>/end")
@requires(Permission.CHECKINS_REQUEST)
def end(checkin_id: str) -> Any:
    def act(number: int) -> None:
        reason = request.form.get("reason", "").strip()[: checkins.LONGEST_REASON]
        checkins.end(actor=actor(), at=clock.now(), check_in_id=number, reason=reason or None)

    return _act(checkin_id, act, gettext("The check-in has ended; its posts are free again."))


@bp.post("/checkins/<checkin_id>/word")
@requires(Permission.CHECKINS_DECIDE)
def say(checkin_id: str) -> Any:
    def act(number: int) -> None:
        form = request.form
        cards.say(
            actor=actor(),
            at=clock.now(),
            check_in_id=number,
            quarter=form.get("quarter", ""),
            text=form.get("text", ""),
        )

    return _act(checkin_id, act, gettext("Kept; it stands on the quarter’s card."))


# ---- shared with the other pages


def filled(schema: Any, typed: Mapping[str, str]) -> dict[str, Any]:
    """The form as a JSON body would say it: what was left empty is not there. Raises Invalid."""
    return forms.load(schema, {name: value for name, value in typed.items() if value != ""})


def said(problem: errors.Problem, field: str) -> dict[str, list[str]]:
    """The words of a refusal by field; those of a conflict under ``field``."""
    if isinstance(problem, errors.Invalid):
        return words(problem)
    return {field: [(problem.detail or errors.Message(problem.title)).render(gettext)]}


# ---- inside


def _form(typed: Mapping[str, str], wrong: Mapping[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    own = who.role == Role.MEMBER
    hosts = [] if own else [row.code for row in listing.communities_of(who)]
    members = [] if own else people.members(actor=who, sort="name", limit=OFFERED_MEMBERS)
    return render_template(
        "checkins/checkin_form.html",
        own=own,
        hosts=bool(hosts),
        communities=[(row.code, row.name) for row in listing.communities()],
        members=[(row.number, row.name) for row in members],
        today=today.isoformat(),
        form={"requested_on": today.isoformat(), "community": hosts[0] if len(hosts) == 1 else "", **typed},
        errors=wrong,
    )


def _one(number: int, wrong: Mapping[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    row = listing.checkin(actor=who, check_in_id=number)
    stood = standings(who, [(row.member_id, row.community_id)], today)[0]
    hours = listing.records(actor=who, asked=Asked(checkin=number, limit=HOURS_SHOWN))
    return render_template(
        "checkins/checkin.html",
        checkin=row,
        may=_may(row.status, stood),
        hours=hours,
        posts=listing.posts_held(row.member_id, row.community_id),
        quarters=[(name, period_words(name)) for name in recent_quarters(today)[:2]],
        errors=wrong,
    )


def _may(status: str, stood: Standing) -> set[str]:
    found = steps(CHECKIN, status, stood)
    if stood.community and not stood.own and status in (ACCEPTED, ENDED):
        found.add("say")
    return found


def _act(checkin_id: str, act: Callable[[int], None], text: str) -> Any:
    number = ref_id(checkin_id)
    try:
        with transaction():
            act(number)
    except errors.Invalid as problem:
        return _one(number, words(problem)), 422
    flash(text, "good")
    return _back(number)


def _back(number: int) -> Any:
    """To the list from which it was decided, else to the slip."""
    code = request.form.get("back", "")
    if code:
        return redirect(url_for("checkins.community", community=code))
    return redirect(url_for("checkins.checkin", checkin_id=number))
