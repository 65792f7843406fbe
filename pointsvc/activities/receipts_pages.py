"""Pages of attendance elsewhere: for the member's phone, and for the branch that confirms it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, forms
from pointsvc.activities import away, lifecycle, receipts
from pointsvc.activities import service as activities
from pointsvc.activities.receipts_schemas import AwayReceiptIn
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import listing as people
from pointsvc.people import meaning, reach
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("receipts", __name__)
ON_A_PAGE = 30
OFFERED_MEMBERS = 500
FIELDS = ("member", "kind", "held_on", "host", "note")


@bp.get("/away-receipts", endpoint="receipts")
@requires(Permission.RECEIPTS_READ)
def receipts_page() -> str:
    return _list({}, None)


def _list(wrong: Mapping[str, list[str]], wrong_id: int | None) -> str:
    who = actor()
    status = request.args.get("status", "")
    before = id_at(request.args.get("after"))
    rows = away.listing(
        actor=who,
        status=status if status in lifecycle.STATUSES else None,
        limit=ON_A_PAGE + 1,
        before_id=before,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("receipts.receipts", status=status, after=after)
    return render_template(
        "activities/receipts.html",
        own=who.role == Role.MEMBER,
        query={"status": status},
        statuses=lifecycle.STATUSES,
        receipts=shown,
        pager={"next": following},
        may_submit=allowed(who, Permission.RECEIPTS_SUBMIT),
        may_decide=allowed(who, Permission.RECEIPTS_DECIDE),
        today=clock.today(),
        errors=wrong,
        wrong_id=wrong_id,
    )


@bp.route("/away-receipts/new", methods=["GET", "POST"])
@requires(Permission.RECEIPTS_SUBMIT)
def new_receipt() -> Any:
    if request.method == "GET":
        return _form({}, {})
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        typed["member"] = _meant(typed["member"])
        data = forms.load(AwayReceiptIn(), {name: value for name, value in typed.items() if value})
        with transaction():
            made = receipts.submit(actor=actor(), at=clock.now(), **data)
    except errors.Invalid as problem:
        return _form(typed, words(problem)), 422
    except errors.Conflict as problem:
        return _form(typed, {"held_on": [problem.detail.render(gettext) if problem.detail else ""]}), 422
    text = gettext("Sent; the home branch will confirm it.")
    if made is None:
        text = gettext("Received. If the number is right, the visitor’s home branch is asked to confirm it.")
    flash(text, "good")
    return redirect(url_for("receipts.receipts"))


def _meant(text: str) -> str:
    """The number of one of the own people who is meant; else the text, which may be a visitor's number."""
    if not text or actor().role == Role.MEMBER:
        return text
    try:
        return meaning.number_of(actor(), text)
    except errors.Invalid:
        return text


def _form(typed: Mapping[str, str], wrong: Mapping[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    own = who.role == Role.MEMBER
    node = reach.branch_on([who.member_id or 0], today).get(who.member_id or 0) if own else who.organisation_id
    members = [] if own else people.members(actor=who, sort="name", limit=OFFERED_MEMBERS)
    return render_template(
        "activities/receipt_form.html",
        own=own,
        members=[(row.number, f"{row.name} {row.place}") for row in members],
        kinds=activities.kinds(organisation_id=node, on=today) if node else [],
        today=today.isoformat(),
        form={"held_on": today.isoformat(), **typed},
        errors=wrong,
    )


@bp.post("/away-receipts/<receipt_id>/confirm")
@requires(Permission.RECEIPTS_DECIDE)
def confirm(receipt_id: str) -> Any:
    try:
        with transaction():
            receipts.confirm(actor=actor(), at=clock.now(), receipt_id=ref_id(receipt_id))
    except errors.Conflict as problem:
        return _list({"reason": [problem.detail.render(gettext) if problem.detail else ""]}, ref_id(receipt_id)), 422
    flash(gettext("Confirmed; the points are recorded."), "good")
    return redirect(url_for("receipts.receipts", status=lifecycle.PENDING))


@bp.post("/away-receipts/<receipt_id>/refuse")
@requires(Permission.RECEIPTS_DECIDE)
def refuse(receipt_id: str) -> Any:
    try:
        with transaction():
            receipts.refuse(
                actor=actor(),
                at=clock.now(),
                receipt_id=ref_id(receipt_id),
                reason=request.form.get("reason", ""),
            )
    except errors.Invalid as problem:
        return _list(words(problem), ref_id(receipt_id)), 422
    flash(gettext("Not confirmed; the member is told why."), "good")
    return redirect(url_for("receipts.receipts", status=lifecycle.PENDING))


@waits
def receipts_wait(who: Actor) -> list[Waiting]:
    """Receipts that wait for the actor's branches."""
    if not allowed(who, Permission.RECEIPTS_DECIDE):
        return []
    number, soon = away.waiting(actor=who, today=clock.today())
    if not number:
        return []
    text = ngettext(
        "%(num)s member took part elsewhere and waits to be confirmed",
        "%(num)s receipts of attendance elsewhere wait to be confirmed",
        number,
    )
    return [Waiting(text, url_for("receipts.receipts", status=lifecycle.PENDING), "now" if soon else "watch")]
