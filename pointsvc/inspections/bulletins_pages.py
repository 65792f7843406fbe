"""Pages of bulletins: the list, one as it reads on paper, the form of a draft, the Word file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import ValidationError

from pointsvc import clock, errors
from pointsvc.api import invalid, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import bulletins
from pointsvc.inspections.bulletins_api import kept, word_file
from pointsvc.inspections.bulletins_schemas import BulletinIn, WithdrawBulletinIn
from pointsvc.people import private
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed

bp = Blueprint("bulletins", __name__)

ON_A_PAGE = 50
WRITTEN = ("title", "number", "addressee", "basis", "overall", "good", "signature")
# So many demands may be added at once; with more, save and go on.
SPARE = 3
# The rules of 2024 on reducing burdens: a document on one matter has at most so many characters.
LONGEST = 4000


@bp.get("/bulletins", endpoint="bulletins")
@requires(Permission.BULLETINS_READ)
def list_bulletins() -> str:
    """The bulletins that concern the reader, and for whoever may issue them the plans that wait for one."""
    who, place = actor(), at_cursor(request.args.get("after"), int)
    rows = bulletins.bulletins(actor=who, limit=ON_A_PAGE + 1, before_id=place[0] if place else None)
    listed, following = rows[:ON_A_PAGE], None
    if len(rows) > len(listed):
        following = url_for("bulletins.bulletins", after=cursor(listed[-1][0].id))
    return render_template(
        "inspections/bulletins.html",
        bulletins=[{"row": row, "plan": plan} for row, plan in listed],
        without=bulletins.without(actor=who) if allowed(who, Permission.BULLETINS_ISSUE) else [],
        pager={"next": following},
    )


@bp.post("/spot-checks/<spot_check_id>/bulletin")
@requires(Permission.BULLETINS_ISSUE)
def draft(spot_check_id: str) -> Any:
    """Begin the bulletin of a plan."""
    with transaction():
        made = bulletins.draft(actor=actor(), at=clock.now(), spot_check_id=ref_id(spot_check_id))
    return redirect(url_for("bulletins.edit", bulletin_id=made.id))


@bp.get("/bulletins/<bulletin_id>")
@requires(Permission.BULLETINS_READ)
def bulletin(bulletin_id: str) -> str:
    """One bulletin as it reads on paper."""
    return _page(ref_id(bulletin_id), {})


@bp.get("/bulletins/<bulletin_id>/edit")
@requires(Permission.BULLETINS_ISSUE)
def edit(bulletin_id: str) -> Any:
    """The form of a draft."""
    return _form(ref_id(bulletin_id), None, {})


@bp.post("/bulletins/<bulletin_id>/edit")
@requires(Permission.BULLETINS_ISSUE)
def change(bulletin_id: str) -> Any:
    """Write the parts of a draft."""
    number, given = ref_id(bulletin_id), _given(request.form)
    try:
        parts = kept(dict(BulletinIn().load(given)))
        with transaction():
            bulletins.change(actor=actor(), at=clock.now(), bulletin_id=number, **parts)
    except ValidationError as error:
        return _form(number, given, words(invalid(error.messages))), 422
    flash(gettext("Saved."), "good")
    return redirect(url_for("bulletins.bulletin", bulletin_id=number))


@bp.post("/bulletins/<bulletin_id>/issue")
@requires(Permission.BULLETINS_ISSUE)
def issue(bulletin_id: str) -> Any:
    number = ref_id(bulletin_id)
    try:
        with transaction():
            bulletins.issue(actor=actor(), at=clock.now(), bulletin_id=number)
    except errors.Invalid as problem:
        return _form(number, None, words(problem)), 422
    flash(gettext("The bulletin has been issued, and the inspected units are told."), "good")
    return redirect(url_for("bulletins.bulletin", bulletin_id=number))


@bp.post("/bulletins/<bulletin_id>/withdraw")
@requires(Permission.BULLETINS_ISSUE)
def withdraw(bulletin_id: str) -> Any:
    number, reason = ref_id(bulletin_id), request.form.get("reason", "").strip()
    try:
        given = dict(WithdrawBulletinIn().load({"reason": reason} if reason else {}))
        with transaction():
            bulletins.withdraw(actor=actor(), at=clock.now(), bulletin_id=number, **given)
    except ValidationError as error:
        return _page(number, words(invalid(error.messages))), 422
    flash(gettext("The bulletin has been withdrawn; another one can be issued in its place."), "good")
    return redirect(url_for("bulletins.bulletin", bulletin_id=number))


@bp.get("/bulletins/<bulletin_id>/bulletin.docx")
@requires(Permission.BULLETINS_READ)
def as_word(bulletin_id: str) -> Response:
    return word_file(ref_id(bulletin_id))


# ---- inside


def _page(number: int, wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    view = bulletins.bulletin(actor=who, at=clock.now(), bulletin_id=number)
    may_issue = allowed(who, Permission.BULLETINS_ISSUE) and bulletins.leads(who, view.plan)
    return render_template(
        "inspections/bulletin.html",
        bulletin=view.bulletin,
        plan=view.plan,
        paper=view.paper,
        hindrance=view.hindrance.render(gettext) if view.hindrance else "",
        may_issue=may_issue,
        numbers=_numbers(view) if may_issue and view.bulletin.status == "draft" else [],
        length=view.paper.length,
        longest=LONGEST,
        errors=wrong,
    )


def _numbers(view: bulletins.BulletinView) -> list[str]:
    """Numbers of persons on the paper, each once: a hint before it is issued, since a finding may need one."""
    return list(dict.fromkeys(number for text in view.paper.texts for number in private.numbers_in(text)))


def _form(number: int, given: Mapping[str, Any] | None, wrong: Mapping[str, list[str]]) -> Any:
    view = bulletins.bulletin(actor=actor(), at=clock.now(), bulletin_id=number)
    if view.bulletin.status != "draft":
        return redirect(url_for("bulletins.bulletin", bulletin_id=number))
    parts = {**view.bulletin.parts, **(given or {})}
    return render_template(
        "inspections/bulletin_form.html",
        bulletin=view.bulletin,
        plan=view.plan,
        parts=parts,
        left=view.left,
        demands=[*parts["demands"], *({"text": "", "due_on": ""} for _ in range(SPARE))],
        errors=wrong,
    )


def _given(form: Any) -> dict[str, Any]:
    """The form as a JSON body would say it."""
    demands = [
        {"text": text.strip(), **({"due_on": day.strip()} if day.strip() else {})}
        for text, day in zip(form.getlist("demand"), form.getlist("demand_due_on"), strict=False)
        if text.strip()
    ]
    explained = {
        name.removeprefix("explained-"): value.strip() for name, value in form.items() if name.startswith("explained-")
    }
    return {
        **{name: form.get(name, "").strip() for name in WRITTEN},
        "named": form.get("named") == "yes",
        "demands": demands,
        "explained": explained,
    }
