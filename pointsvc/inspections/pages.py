"""Pages of inspections: the drawn units, one in the field on a phone, one as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import ValidationError

from pointsvc import clock, errors
from pointsvc.api import invalid, ref_id
from pointsvc.db import transaction
from pointsvc.evidence import service as evidence
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.inspections import lifecycle, reading
from pointsvc.inspections import service as inspections
from pointsvc.inspections.api import files, piece
from pointsvc.inspections.models import OTHER
from pointsvc.inspections.schemas import ConfirmFactsIn, MaintainFactsIn, ReopenInspectionIn
from pointsvc.inspections.shown import shown
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("inspections", __name__)

ON_A_PAGE = 50
MINE_MOST = 20
_FIELD = re.compile(r"answers\.(\d+)\.(\w+)")


@bp.get("/inspections", endpoint="inspections")
@requires(Permission.INSPECTIONS_READ)
def list_inspections() -> str:
    """The drawn units: first those that the reader inspects, then all that concern the reader."""
    who, asked = actor(), request.args
    status, spot_check = asked.get("status", ""), asked.get("spot_check", "")
    place = at_cursor(asked.get("after"), int)
    rows = inspections.units(
        actor=who,
        spot_check_id=ref_id(spot_check) if spot_check else None,
        status=status if status in reading.FILTERS else None,
        limit=ON_A_PAGE + 1,
        before_id=place[0] if place else None,
    )
    listed, following = rows[:ON_A_PAGE], None
    if len(rows) > len(listed):
        query: dict[str, Any] = {"status": status or None, "spot_check": spot_check or None}
        following = url_for("inspections.inspections", **query, after=cursor(listed[-1].unit_id))
    mine = inspections.units(actor=who, mine=True, limit=MINE_MOST) if may_inspect(who) else []
    return render_template(
        "inspections/inspections.html",
        mine=[view for view in mine if view.status in (reading.WAITING, "open", "half_signed", "contested")],
        units=listed,
        status=status,
        spot_check=spot_check,
        plans=reading.plans(who),
        statuses=reading.FILTERS,
        today=clock.today(),
        pager={"next": following},
    )


@bp.post("/inspections")
@requires(Permission.INSPECTIONS_INSPECT)
def arrive() -> Any:
    """Arrive at a unit: the inspection is opened, or the one that the other inspector has opened."""
    form = request.form
    with transaction():
        made = inspections.open_inspection(
            actor=actor(),
            at=clock.now(),
            spot_check_id=ref_id(form.get("spot_check", "")),
            unit=form.get("unit", ""),
        )
    return _to(made.id)


@bp.get("/inspections/<inspection_id>")
@requires(Permission.INSPECTIONS_READ)
def inspection(inspection_id: str) -> str:
    """One inspection: its form while the reader may answer, else as it stands."""
    return _page(ref_id(inspection_id), {})


@bp.post("/inspections/<inspection_id>/answers")
@requires(Permission.INSPECTIONS_INSPECT)
def save(inspection_id: str) -> Any:
    """Keep what the form says, and sign if that was pressed."""
    number, who, at = ref_id(inspection_id), actor(), clock.now()
    places, given = _given(request.form)
    try:
        with transaction():
            # The second inspector signs what stands there, and has nothing to answer.
            kept_back = inspections.answer(actor=who, at=at, inspection_id=number, answers=given) if given else []
            if request.form.get("then") == lifecycle.SIGN and not kept_back:
                inspections.sign(actor=who, at=at, inspection_id=number)
    except errors.Invalid as problem:
        return _page(number, _by_field(words(problem), places)), 422
    if kept_back:
        flash(gettext("Somebody else has changed some items meanwhile; please look at them again."), "watch")
    else:
        flash(gettext("Saved."), "good")
    return _to(number)


@bp.post("/inspections/<inspection_id>/reopen")
@requires(Permission.INSPECTIONS_INSPECT)
def reopen(inspection_id: str) -> Any:
    number = ref_id(inspection_id)
    with transaction():
        inspections.reopen(actor=actor(), at=clock.now(), inspection_id=number, **_load(ReopenInspectionIn()))
    flash(gettext("The inspection is open again; both inspectors sign anew."), "good")
    return _to(number)


@bp.post("/inspections/<inspection_id>/confirm")
@requires(Permission.INSPECTIONS_CONFIRM)
def confirm(inspection_id: str) -> Any:
    """The unit's secretary confirms the facts, or says what is not right."""
    number = ref_id(inspection_id)
    agrees = request.form.get("agrees") == "yes"
    try:
        if request.form.get("agrees") not in ("yes", "no"):
            raise errors.Invalid({"agrees": errors.N_("Say whether the facts are right")})
        with transaction():
            given = _load(ConfirmFactsIn(), agrees=agrees)
            inspections.confirm(actor=actor(), at=clock.now(), inspection_id=number, **given)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("Thank you. The inspectors are told."), "good")
    return _to(number)


@bp.post("/inspections/<inspection_id>/maintain")
@requires(Permission.INSPECTIONS_INSPECT)
def maintain(inspection_id: str) -> Any:
    number = ref_id(inspection_id)
    try:
        with transaction():
            given = _load(MaintainFactsIn())
            inspections.maintain(actor=actor(), at=clock.now(), inspection_id=number, **given)
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("The facts stand; the unit's comment and your reply stand beside them."), "good")
    return _to(number)


@bp.post("/inspections/<inspection_id>/order")
@requires(Permission.RECTIFICATIONS_ORDER)
def order(inspection_id: str) -> Any:
    """Order what the ticked findings demand to be put right."""
    number, form = ref_id(inspection_id), request.form
    try:
        demands = {
            ref_id(finding): form.get(f"demand-{finding}", "").strip()[:1000] for finding in form.getlist("finding")
        }
        wrong = {f"demand-{finding}": _NO_DEMAND for finding, demand in demands.items() if not demand}
        if not demands or wrong:
            raise errors.Invalid(wrong or {"finding": errors.N_("Tick what is to be put right")})
        with transaction():
            inspections.order(actor=actor(), at=clock.now(), demands=demands, days=_days(form.get("days", "")))
    except errors.Invalid as problem:
        return _page(number, words(problem)), 422
    flash(gettext("Ordered. The unit is told."), "good")
    return _to(number)


@bp.post("/findings/<finding_id>/evidence")
@requires(Permission.INSPECTIONS_INSPECT)
def add_photo(finding_id: str) -> Any:
    """Add a photo to a finding while its inspection is open."""
    number = ref_id(finding_id)
    finding = inspections.finding_of(number)
    try:
        pieces = files()
        with transaction():
            inspections.attach(actor=actor(), at=clock.now(), finding_id=number, pieces=pieces)
    except errors.Invalid as problem:
        return _page(finding.inspection_id, words(problem)), 422
    flash(gettext("The photo has been added."), "good")
    return _to(finding.inspection_id)


@bp.get("/findings/<finding_id>/evidence/<evidence_id>", endpoint="evidence")
@requires(Permission.INSPECTIONS_READ)
def photo(finding_id: str, evidence_id: str) -> Response:
    return piece(finding_id, evidence_id)


def may_inspect(who: Actor) -> bool:
    """Whether the actor's role may be drawn as an inspector."""
    return allowed(who, Permission.INSPECTIONS_INSPECT)


def limits() -> dict[str, int]:
    """How many files one may add, and how large each and all of them may be, in megabytes."""
    together = current_app.config["MAX_CONTENT_LENGTH"]
    return {
        "files": evidence.MOST_FILES,
        "megabytes": evidence.MOST_BYTES // 1024**2,
        "together": min(together, evidence.MOST_FILES * evidence.MOST_BYTES) // 1024**2,
    }


# ---- inside

_NO_DEMAND = errors.N_("Say what is to be put right")


def _to(number: int) -> Any:
    return redirect(url_for("inspections.inspection", inspection_id=number))


def _page(number: int, wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    found = shown(who, number)
    field = lifecycle.ANSWER in found["may"]
    items = found["items"]
    if field and not any(item["code"] == OTHER for item in items):
        items.append({"code": OTHER, "text": "", "article": "", "answer": None, "revision": 0, "finding": None})
    return render_template(
        "inspections/field.html" if field else "inspections/inspection.html",
        inspection=found,
        history=inspections.history(number),
        other=OTHER,
        # What stands in the service may be looked up there by whoever reaches the unit.
        reaches=found["organisation_id"] is not None and reach.reaches(who, found["organisation_id"]),
        limits=limits(),
        today=clock.today(),
        typed=request.form if wrong else {},
        errors=wrong,
    )


def _given(form: Mapping[str, str]) -> tuple[list[str], list[inspections.Given]]:
    """The answers of the form, and the number on the form of each. What nobody touched is not among them."""
    places, found = [], []
    for name in form:
        place = name.removeprefix("item-")
        if name == place:
            continue
        answer, text = form.get(f"answer-{place}"), form.get(f"text-{place}", "").strip()
        if form[name] == OTHER:
            answer = "finding" if text else None
        if answer is None and not (form[name] == OTHER and form.get(f"base-{place}", "0") != "0"):
            continue
        places.append(place)
        found.append(
            inspections.Given(
                item=form[name],
                answer=answer,
                base=int(base) if (base := form.get(f"base-{place}", "")).isdigit() else None,
                severity=form.get(f"severity-{place}") or None,
                article=form.get(f"article-{place}", "").strip()[:200],
                text=text[:1000],
            )
        )
    return places, found


def _by_field(wrong: Mapping[str, list[str]], places: list[str]) -> dict[str, list[str]]:
    """The messages under the names that the fields have on the form."""
    found = {}
    for path, messages in wrong.items():
        match = _FIELD.fullmatch(path)
        found[f"{match[2]}-{places[int(match[1])]}" if match else path] = messages
    return found


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdigit():
        raise errors.Invalid({"days": errors.N_("A whole number of working days is needed")})
    return int(text.strip()[:9])


def _load(schema: Any, **more: Any) -> dict[str, Any]:
    """The form as a JSON body would say it: what was left empty is not there."""
    filled = {name: request.form[name].strip() for name in schema.fields if request.form.get(name, "").strip()}
    try:
        return dict(schema.load({**filled, **more}))
    except ValidationError as error:
        raise invalid(error.messages) from error


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.INSPECTIONS_READ):
        return
    mine, facts = reading.waiting_for(who)
    if mine and may_inspect(who):
        text = ngettext("%(num)s unit waits for your inspection", "%(num)s units wait for your inspection", mine)
        yield Waiting(text, url_for("inspections.inspections"), "now")
    if facts and allowed(who, Permission.INSPECTIONS_CONFIRM):
        text = ngettext(
            "%(num)s inspection waits for the confirmation of its facts",
            "%(num)s inspections wait for the confirmation of their facts",
            facts,
        )
        yield Waiting(text, url_for("inspections.inspections", status="signed"), "now")
