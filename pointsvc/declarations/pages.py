"""Pages of declaring: the own declarations, the form, one declaration and its photos."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.declarations import choosing, hints, typing_in
from pointsvc.declarations import service as declarations
from pointsvc.declarations.choosing import Whose
from pointsvc.declarations.reviewing import bp
from pointsvc.declarations.schemas import WhatIn, deed
from pointsvc.declarations.shown import shown
from pointsvc.evidence import service as evidence
from pointsvc.evidence.shown import answer
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.ledger.choosing import chosen
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed

__all__ = ["bp", "typing_in"]

ON_A_PAGE = 30
FIELDS = ("occurred_on", "quantity", "tier", "points", "matter", "note")


@bp.get("/declarations/own")
@requires(Permission.DECLARATIONS_READ)
def own() -> str:
    who = actor()
    if reach.own_member(who) is None:
        raise errors.NotFound(errors.N_("This account has no member record of its own"))
    place = id_at(request.args.get("after"))
    rows = declarations.declarations(actor=who, asked=declarations.Asked(own=True, after=place, limit=ON_A_PAGE + 1))
    views, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("declarations.own", after=after)
    return render_template(
        "declarations/own.html",
        declarations=shown(who, views),
        pager={"next": following},
        may_declare=allowed(who, Permission.DECLARATIONS_DECLARE),
    )


@bp.route("/declarations/new", methods=["GET", "POST"])
@requires(Permission.DECLARATIONS_DECLARE)
def new() -> Any:
    member = _member(request.values.get("member"))
    if member is None:
        return redirect(url_for("declarations.lines"))
    if request.method == "GET":
        return _form(member, request.args, {}, None)
    try:
        pieces = _pieces()
        data = _load(request.form)
        with transaction():
            made = declarations.declare(
                actor=actor(),
                at=clock.now(),
                deed=deed(data, member.number),
                once=forms.once(request.form.get("key", "")),
            )
            declarations.attach(actor=actor(), at=clock.now(), declaration_id=made, pieces=pieces)
    except errors.Invalid as problem:
        return _form(member, request.form, words(problem), None), 422
    flash(gettext("Declared. It counts as soon as it has been reviewed."), "good")
    return redirect(url_for("declarations.declaration", declaration_id=made))


@bp.get("/declarations/<declaration_id>", endpoint="declaration")
@requires(Permission.DECLARATIONS_READ)
def one(declaration_id: str) -> str:
    return _one(ref_id(declaration_id), {})


@bp.route("/declarations/<declaration_id>/amend", methods=["GET", "POST"])
@requires(Permission.DECLARATIONS_DECLARE)
def amend(declaration_id: str) -> Any:
    number = ref_id(declaration_id)
    view = declarations.declaration(actor=actor(), declaration_id=number)
    member = Whose(view.member_id, view.member, view.member_name)
    if request.method == "GET":
        return _form(member, {**_said(view), **request.args}, {}, view)
    try:
        pieces = _pieces()
        data = _load(request.form)
        leave_out = [ref_id(text) for text in request.form.getlist("leave_out")]
        with transaction():
            who, at = actor(), clock.now()
            declarations.detach(actor=who, at=at, declaration_id=number, evidence_ids=leave_out)
            declarations.attach(actor=who, at=at, declaration_id=number, pieces=pieces)
            declarations.resend(actor=who, at=at, declaration_id=number, deed=deed(data, member.number))
    except errors.Invalid as problem:
        return _form(member, request.form, words(problem), view), 422
    flash(gettext("Sent again. It counts as soon as it has been reviewed."), "good")
    return redirect(url_for("declarations.declaration", declaration_id=number))


@bp.post("/declarations/<declaration_id>/withdraw")
@requires(Permission.DECLARATIONS_DECLARE)
def withdraw(declaration_id: str) -> Any:
    with transaction():
        declarations.withdraw(actor=actor(), at=clock.now(), declaration_id=ref_id(declaration_id))
    flash(gettext("The declaration has been withdrawn."), "good")
    return redirect(url_for("declarations.declaration", declaration_id=declaration_id))


@bp.post("/declarations/<declaration_id>/evidence")
@requires(Permission.DECLARATIONS_DECLARE)
def attach(declaration_id: str) -> Any:
    number = ref_id(declaration_id)
    try:
        pieces = _pieces()
        if not pieces:
            raise errors.Invalid({"file": errors.N_("Please choose a file")})
        with transaction():
            declarations.attach(actor=actor(), at=clock.now(), declaration_id=number, pieces=pieces)
    except errors.Invalid as problem:
        return _one(number, words(problem)), 422
    flash(gettext("The photo has been added."), "good")
    return redirect(url_for("declarations.declaration", declaration_id=number))


@bp.get("/declarations/<declaration_id>/evidence/<evidence_id>", endpoint="evidence")
@requires(Permission.DECLARATIONS_READ)
def piece(declaration_id: str, evidence_id: str) -> Response:
    view = declarations.declaration(actor=actor(), declaration_id=ref_id(declaration_id))
    found = evidence.content(owner_kind=declarations.KIND, owner_id=view.id, evidence_id=ref_id(evidence_id))
    return answer(found, preview="preview" in request.args)


# ---- inside


def _member(number: str | None) -> Whose | None:
    """Of whom the form is: of this member, else of the reader."""
    mine = reach.own_member(actor())
    found = mine if number is None or (mine is not None and mine.number == number) else reach.member(actor(), number)
    return Whose(found.id, found.number, found.name) if found else None


def _one(number: int, wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    view = declarations.declaration(actor=who, declaration_id=number)
    reviews = allowed(who, Permission.DECLARATIONS_REVIEW)
    return render_template(
        "declarations/declaration.html",
        declaration=shown(who, [view])[0],
        own=view.member_id == who.member_id,
        changes=declarations.changes(number),
        twins=hints.twins(who, [view]).get(number, []) if reviews else [],
        recorded=hints.recorded([view]).get(number, 0) if reviews else 0,
        entry=view.entry,
        limits=_limits(),
        errors=wrong,
    )


def _form(member: Whose, form: Any, wrong: Mapping[str, list[str]], view: declarations.View | None) -> str:
    who, today = actor(), clock.today()
    groups = choosing.offered(who, member, today)
    for group in groups:
        for rule in group["rules"]:
            if rule["open"] and rule["open"]["words"]:
                rule["open"]["words"] = rule["open"]["words"].render(gettext)
    return render_template(
        "declarations/form.html",
        member={"number": member.number, "name": member.name},
        proxy=member.id != who.member_id,
        rules=groups,
        rule=chosen(groups, form.get("rule")),
        today=today.isoformat(),
        form={
            **{name: form.get(name) or "" for name in FIELDS},
            "occurred_on": form.get("occurred_on") or today.isoformat(),
            "key": form.get("key") or secrets.token_urlsafe(12),
        },
        declaration=shown(who, [view])[0] if view else None,
        files_again=bool(request.files),
        limits=_limits(),
        errors=wrong,
    )


def _limits() -> dict[str, int]:
    """How many files one may add, and how large each and all of them may be, in megabytes."""
    together = current_app.config["MAX_CONTENT_LENGTH"]
    return {
        "files": evidence.MOST_FILES,
        "megabytes": evidence.MOST_BYTES // 1024**2,
        "together": min(together, evidence.MOST_FILES * evidence.MOST_BYTES) // 1024**2,
    }


def _said(view: declarations.View) -> dict[str, str]:
    """What a declaration says, as its form would."""
    plain = f"{view.quantity:.2f}".rstrip("0").rstrip(".")
    return {
        "rule": view.rule,
        "occurred_on": view.occurred_on.isoformat(),
        "quantity": plain,
        "tier": view.tier or "",
        "points": f"{view.points:.2f}",
        "matter": view.matter or "",
        "note": view.note or "",
    }


def _pieces() -> list[evidence.Piece]:
    """The files of the form made anew. Slow, so before the transaction. Raises Invalid under ``file``."""
    files = [file for name in ("photo", "file") for file in request.files.getlist(name) if file.filename]
    if len(files) > evidence.MOST_FILES:
        raise errors.Invalid(
            {"file": errors.Message(errors.N_("At most %(most)s photos or papers"), most=evidence.MOST_FILES)}
        )
    return [evidence.clean(file.filename or "", file.stream.read(evidence.MOST_BYTES + 1)) for file in files]


def _load(form: Any) -> dict[str, Any]:
    """The form as a JSON body would say it: what was left empty is not there."""
    filled = {name: form[name].strip() for name in (*FIELDS, "rule") if form.get(name, "").strip()}
    return forms.load(WhatIn(), filled)
