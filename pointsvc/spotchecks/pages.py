"""Pages of spot-checks for whoever plans them: the list, a plan and its head, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from pointsvc import clock, errors
from pointsvc.api import invalid, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.people import settings
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.spotchecks import history, listing, pasted, planning, proofs, sampling, telling
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.api import due
from pointsvc.spotchecks.models import SpotCheck
from pointsvc.spotchecks.schemas import SpotCheckChangeIn, SpotCheckReasonIn, StandDownIn
from pointsvc.waiting import Waiting, waits

bp = Blueprint("spotchecks", __name__)

ON_A_PAGE = 50
HEAD = ("title", "purpose", "programme", "filing", "due_on", "notice_on", "again_of", "reason")


@bp.get("/spot-checks", endpoint="spot_checks")
@requires(Permission.SPOTCHECKS_READ)
def list_spot_checks() -> str:
    """The plans within reach, newest first."""
    who, place = actor(), at_cursor(request.args.get("after"), int)
    rows = listing.spot_checks(actor=who, limit=ON_A_PAGE + 1, before_id=place[0] if place else None)
    shown = rows[:ON_A_PAGE]
    following = url_for("spotchecks.spot_checks", after=cursor(shown[-1].id)) if len(rows) > len(shown) else None
    return render_template(
        "spotchecks/plans.html",
        plans=shown,
        about=listing.about(shown),
        may_plan=allowed(who, Permission.SPOTCHECKS_PLAN),
        today=clock.today(),
        pager={"next": following},
    )


@bp.route("/spot-checks/new", methods=["GET", "POST"])
@requires(Permission.SPOTCHECKS_PLAN)
def new() -> Any:
    """The form that begins a plan."""
    if request.method == "GET":
        return _head_form(None, MultiDict({"again_of": request.args.get("again", ""), "announced": "yes"}), {})
    form = request.form
    try:
        with transaction():
            made = planning.plan(actor=actor(), at=clock.now(), plan=form.get("plan", "").strip(), **_head(form))
    except errors.Invalid as problem:
        return _head_form(None, form, words(problem)), 422
    flash(gettext("The plan has begun. Now choose the units."), "good")
    return redirect(url_for("spotchecks.plan", spot_check_id=made.id))


@bp.get("/spot-checks/<spot_check_id>")
@requires(Permission.SPOTCHECKS_READ)
def plan(spot_check_id: str) -> str:
    """One plan: what is drawn from, by whom it is inspected, and what was drawn."""
    return plan_page(ref_id(spot_check_id), {})


@bp.route("/spot-checks/<spot_check_id>/head", methods=["GET", "POST"])
@requires(Permission.SPOTCHECKS_PLAN)
def head(spot_check_id: str) -> Any:
    """The form of a plan's head."""
    number = ref_id(spot_check_id)
    if request.method == "GET":
        found = spotchecks.spot_check(actor=actor(), spot_check_id=number)
        return _head_form(found, _as_form(found), {})
    try:
        with transaction():
            planning.change(actor=actor(), at=clock.now(), spot_check_id=number, **_head(request.form))
    except errors.Invalid as problem:
        found = spotchecks.spot_check(actor=actor(), spot_check_id=number)
        return _head_form(found, request.form, words(problem)), 422
    return _done(spot_check_id, gettext("Saved."))


@bp.post("/spot-checks/<spot_check_id>/freeze")
@requires(Permission.SPOTCHECKS_PLAN)
def freeze(spot_check_id: str) -> Any:
    """Freeze the list and publish it."""
    return act(
        spot_check_id,
        lambda who, number: spotchecks.freeze(actor=who, at=clock.now(), spot_check_id=number),
        gettext("The list is frozen and public. Announce its fingerprint, then throw the dice."),
    )


@bp.post("/spot-checks/<spot_check_id>/void")
@requires(Permission.SPOTCHECKS_PLAN)
def void(spot_check_id: str) -> Any:
    """Say publicly that nothing comes of the plan."""
    return act(
        spot_check_id,
        lambda who, number: spotchecks.void(
            actor=who, at=clock.now(), spot_check_id=number, **loaded(SpotCheckReasonIn(), "reason")
        ),
        gettext("The plan is void."),
    )


@bp.post("/spot-checks/<spot_check_id>/open")
@requires(Permission.SPOTCHECKS_DRAW)
def open_units(spot_check_id: str) -> Any:
    """Make known that the chosen units (or all) were drawn."""
    units = [ref_id(one) for one in request.form.getlist("unit")] or None
    return act(
        spot_check_id,
        lambda who, number: spotchecks.open_units(actor=who, at=clock.now(), spot_check_id=number, unit_ids=units),
        gettext("Opened: the public page names it now."),
    )


@bp.post("/spot-checks/<spot_check_id>/units/<unit_id>/skip")
@requires(Permission.SPOTCHECKS_DRAW)
def skip(spot_check_id: str, unit_id: str) -> Any:
    """Pass over a drawn unit that has ceased to exist."""
    unit = ref_id(unit_id)
    return act(
        spot_check_id,
        lambda who, number: spotchecks.skip(
            actor=who, at=clock.now(), spot_check_id=number, unit_id=unit, **loaded(SpotCheckReasonIn(), "reason")
        ),
        gettext("Passed over; the next ticket serves."),
    )


@bp.post("/spot-checks/<spot_check_id>/units/<unit_id>/stand-down")
@requires(Permission.SPOTCHECKS_DRAW)
def stand_down(spot_check_id: str, unit_id: str) -> Any:
    """Let the next inspector serve in the place of one who cannot go."""
    unit = ref_id(unit_id)
    return act(
        spot_check_id,
        lambda who, number: spotchecks.stand_down(
            actor=who,
            at=clock.now(),
            spot_check_id=number,
            unit_id=unit,
            **loaded(StandDownIn(), "inspector", "reason"),
        ),
        gettext("The next inspector serves."),
    )


# ---- shared with the further pages


def act(spot_check_id: str, verb: Callable[[Actor, int], object], said: str) -> Any:
    """Do it to the plan and show the plan again, with what was wrong if anything was."""
    number = ref_id(spot_check_id)
    try:
        with transaction():
            verb(actor(), number)
    except errors.Invalid as problem:
        return plan_page(number, words(problem)), 422
    return _done(spot_check_id, said)


def loaded(schema: Any, *names: str) -> dict[str, Any]:
    """These fields of the form, checked by the schema. Raises Invalid."""
    try:
        return dict(schema.load({name: request.form.get(name, "") for name in names}))
    except ValidationError as error:
        raise invalid(error.messages) from error


def plan_page(spot_check_id: int, wrong: dict[str, list[str]]) -> str:
    """The page of one plan."""
    who, today = actor(), clock.today()
    found = spotchecks.spot_check(actor=who, spot_check_id=spot_check_id)
    draft = found.status == "draft"
    cap = settings.value(found.organisation_id, "inspections_a_year")
    strata = listing.strata(found)
    return render_template(
        "spotchecks/plan.html",
        found=found,
        about=listing.about([found])[found.id],
        strata=[
            {"view": one, "n": one.n, "chances": sampling.chances(one.size, one.n) if one.n <= one.size else []}
            for one in strata
        ],
        excluded=listing.excluded(found),
        inspectors=listing.inspectors(found),
        often=history.often(found, cap=cap, year=today.year) if draft else [],
        covers=history.covers(found, today=today) if draft else [],
        cap=cap,
        year=today.year,
        placed=listing.placed(found) if found.drawn_at else [],
        revealed=proofs.revealed(found),
        open_by=spotchecks.open_by(found),
        tells_units=found.status != "void" and (not strata or any(one.kind != "entry" for one in strata)),
        units_told=telling.units_told(found) if found.announced else None,
        has_entries=any(one.kind == "entry" for one in strata),
        may_plan=allowed(who, Permission.SPOTCHECKS_PLAN),
        may_draw=allowed(who, Permission.SPOTCHECKS_DRAW),
        errors=wrong,
    )


# ---- inside


def _done(spot_check_id: str, said: str) -> Any:
    flash(said, "good")
    return redirect(url_for("spotchecks.plan", spot_check_id=spot_check_id))


def _head(form: MultiDict[str, str]) -> dict[str, Any]:
    """The head as the form has it: what was left empty is not there, or empty."""
    filled: dict[str, Any] = {name: form.get(name, "").strip() for name in HEAD}
    for name in ("due_on", "notice_on", "again_of", "reason"):
        if not filled[name]:
            del filled[name]
    for name in ("due_days", "cover_quarters"):
        if form.get(name, "").strip():
            filled[name] = _number(name, form[name])
    filled["announced"] = form.get("announced") != "no"
    filled["checklist"] = pasted.checklist(form.get("checklist", ""))
    try:
        data = due(dict(SpotCheckChangeIn().load(filled)))
    except ValidationError as error:
        raise invalid(error.messages) from error
    if "due_on" not in data:
        raise errors.Invalid({"due_days": errors.N_("Say until when the units are inspected")})
    return {"cover_quarters": None, "notice_on": None, **data}


def _number(name: str, text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit() or len(text.strip()) > 9:
        raise errors.Invalid({name: errors.N_("A whole number is needed")})
    return int(text)


def _as_form(found: SpotCheck) -> MultiDict[str, str]:
    items = found.checklist
    return MultiDict(
        {
            **{name: getattr(found, name) or "" for name in ("plan", "title", "purpose", "programme", "filing")},
            "due_on": found.due_on.isoformat(),
            "notice_on": found.notice_on.isoformat() if found.notice_on else "",
            "cover_quarters": str(found.cover_quarters or ""),
            "announced": "yes" if found.announced else "no",
            "again_of": listing.about([found])[found.id].again_of or "",
            "reason": found.reason or "",
            "checklist": "\n".join(
                "，".join(part for part in (item["code"], item["text"], item["article"]) if part) for item in items
            ),
        }
    )


def _head_form(found: SpotCheck | None, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    return render_template("spotchecks/head.html", found=found, form=form, errors=wrong)


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.SPOTCHECKS_DRAW):
        return
    for found in listing.spot_checks(actor=who, status="frozen", limit=5):
        text = gettext("The list of “%(title)s” is frozen: throw the dice", title=found.title)
        yield Waiting(text, url_for("walls.wall", spot_check_id=found.id), "now")
    sealed = [one for one in listing.spot_checks(actor=who, status="drawn", limit=20) if one.opened_at is None]
    if sealed:
        text = ngettext("%(num)s sealed list is to be opened", "%(num)s sealed lists are to be opened", len(sealed))
        yield Waiting(text, url_for("spotchecks.plan", spot_check_id=sealed[-1].id))
