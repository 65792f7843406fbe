"""Pages of rectifications: the list with what is overdue first in line, one order, which prints as 督办单."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import ValidationError

from pointsvc import clock, errors
from pointsvc.api import invalid, ref_id
from pointsvc.db import transaction
from pointsvc.evidence import service as evidence
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import lifecycle, orders
from pointsvc.inspections import service as inspections
from pointsvc.inspections.api import files
from pointsvc.inspections.pages import limits
from pointsvc.inspections.schemas import RectificationAnswerIn, RectificationReturnIn
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("rectifications", __name__)

ON_A_PAGE = 50


@bp.get("/rectifications", endpoint="rectifications")
@requires(Permission.INSPECTIONS_READ)
def list_rectifications() -> str:
    """The rectifications that concern the reader: those that are not finished, unless asked otherwise."""
    who, asked, today = actor(), request.args, clock.today()
    status, spot_check = asked.get("status", orders.UNFINISHED), asked.get("spot_check", "")
    place = at_cursor(asked.get("after"), int)
    rows = inspections.rectifications(
        actor=who,
        today=today,
        status=status if status in orders.FILTERS else None,
        spot_check_id=ref_id(spot_check) if spot_check else None,
        limit=ON_A_PAGE + 1,
        before_id=place[0] if place else None,
    )
    listed, following = rows[:ON_A_PAGE], None
    if len(rows) > len(listed):
        query: dict[str, Any] = {"status": status, "spot_check": spot_check or None}
        following = url_for("rectifications.rectifications", **query, after=cursor(listed[-1].id))
    kinds = (
        (orders.UNFINISHED, gettext("to be finished")),
        (orders.OVERDUE, gettext("overdue")),
        ("all", gettext("all rectifications")),
    )
    return render_template(
        "inspections/rectifications.html",
        orders=listed,
        today=today,
        kinds=[
            {
                "href": url_for("rectifications.rectifications", status=name, spot_check=spot_check or None),
                "words": text,
                "current": name == status,
            }
            for name, text in kinds
        ],
        pager={"next": following},
    )


@bp.get("/rectifications/<rectification_id>")
@requires(Permission.INSPECTIONS_READ)
def rectification(rectification_id: str) -> str:
    """One order with its answer and the second look; on paper the order itself."""
    return _page(ref_id(rectification_id), {})


@bp.post("/rectifications/<rectification_id>/answer")
@requires(Permission.RECTIFICATIONS_ANSWER)
def answer(rectification_id: str) -> Any:
    """The unit's answer, with photos or papers if it wishes."""
    number, who = ref_id(rectification_id), actor()
    try:
        text = _load(RectificationAnswerIn(), "answer")["answer"]
        pieces = files() if any(file.filename for file in request.files.values()) else []
        with transaction():
            at = clock.now()
            if pieces:
                inspections.attach_to_order(actor=who, at=at, rectification_id=number, pieces=pieces)
            inspections.answer_order(actor=who, at=at, rectification_id=number, text=text)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("The answer has been sent; somebody else than who ordered it looks again."), "good")
    return redirect(url_for("rectifications.rectification", rectification_id=number))


@bp.post("/rectifications/<rectification_id>/recheck")
@requires(Permission.RECTIFICATIONS_RECHECK)
def recheck(rectification_id: str) -> Any:
    """Look again, and close it, return it, or close it as not rectified."""
    number, form = ref_id(rectification_id), request.form
    try:
        if form.get("act") not in lifecycle.RECHECKS:
            raise errors.Invalid({"act": errors.N_("Say what the second look has found")})
        given = _load(RectificationReturnIn(), "outcome")
        days = form.get("days", "").strip()
        if days and not days.isdigit():
            raise errors.Invalid({"days": errors.N_("A whole number of working days is needed")})
        with transaction():
            inspections.recheck(
                actor=actor(),
                at=clock.now(),
                rectification_id=number,
                act=form["act"],
                words=given["outcome"],
                days=int(days[:9]) if days else None,
            )
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("Noted. The unit is told."), "good")
    return redirect(url_for("rectifications.rectification", rectification_id=number))


# ---- inside


def _page(number: int, wrong: Mapping[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    view = inspections.rectification(actor=who, rectification_id=number)
    pieces = evidence.of(owner_kind=inspections.KIND, owner_ids=[view.finding]).get(view.finding, [])
    return render_template(
        "inspections/rectification.html",
        order=view,
        may=orders.rights(who, [view], today)[view.id],
        overdue=view.overdue(today),
        own=who.sign_in_id == view.ordered_by_id and view.status in lifecycle.UNFINISHED,
        before=[piece for piece in pieces if piece.at < view.ordered_at],
        after=[piece for piece in pieces if piece.at >= view.ordered_at],
        history=inspections.history(view.inspection, view.id),
        limits=limits(),
        form=request.form if wrong else {},
        errors=wrong,
    )


def _load(schema: Any, name: str) -> dict[str, Any]:
    text = request.form.get(name, "").strip()
    try:
        return dict(schema.load({name: text} if text else {}))
    except ValidationError as error:
        raise invalid(error.messages) from error


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.INSPECTIONS_READ):
        return
    counts = orders.waiting_for(who, clock.today())
    page = "rectifications.rectifications"
    if counts["unit"] and allowed(who, Permission.RECTIFICATIONS_ANSWER):
        text = ngettext("%(num)s finding is to be rectified", "%(num)s findings are to be rectified", counts["unit"])
        yield Waiting(text, url_for(page), "now" if counts["unit_late"] else "watch")
    if not allowed(who, Permission.RECTIFICATIONS_RECHECK):
        return
    if counts["late"]:
        text = ngettext("%(num)s rectification is overdue", "%(num)s rectifications are overdue", counts["late"])
        yield Waiting(text, url_for(page, status=orders.OVERDUE), "now")
    if counts["again"]:
        text = ngettext(
            "%(num)s rectification waits for a second look",
            "%(num)s rectifications wait for a second look",
            counts["again"],
        )
        yield Waiting(text, url_for(page, status="answered"))
