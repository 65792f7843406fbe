"""Pages that fill a plan: its strata and units, who is left out, who inspects."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.people import listing as people
from pointsvc.people import settings
from pointsvc.people.door import words
from pointsvc.permissions import Permission, allowed
from pointsvc.schemes import periods
from pointsvc.spotchecks import choosing, framing, history, listing, pasted, planning
from pointsvc.spotchecks import service as spotchecks
from pointsvc.spotchecks.models import SpotCheck
from pointsvc.spotchecks.pages import act
from pointsvc.wording import period_words

bp = Blueprint("plans", __name__)

ON_A_PAGE = 200
QUARTERS = 4
# A district has some hundred nodes above its branches; branches are chosen through them.
MOST_NODES = 500


@bp.route("/spot-checks/<spot_check_id>/strata", methods=["GET", "POST"])
@requires(Permission.SPOTCHECKS_PLAN)
def stratum(spot_check_id: str) -> Any:
    """The form that adds a stratum."""
    number = ref_id(spot_check_id)
    found = spotchecks.spot_check(actor=actor(), spot_check_id=number)
    if request.method == "GET":
        return _form(found, MultiDict({"from": "tree", "size": "10", "unit": "percent"}), {})
    try:
        part = _part()
        with transaction():
            framing.put_part(actor=actor(), at=clock.now(), spot_check_id=number, part=part)
    except errors.Invalid as problem:
        return _form(found, request.form, words(problem)), 422
    return redirect(url_for("spotchecks.plan", spot_check_id=number) + "#strata")


@bp.post("/spot-checks/<spot_check_id>/strata/change")
@requires(Permission.SPOTCHECKS_PLAN)
def change_stratum(spot_check_id: str) -> Any:
    """Draw another number of a stratum's units, or take it out of the plan."""
    name = request.form.get("name", "")
    if request.form.get("act") == "remove":
        return act(
            spot_check_id,
            lambda who, number: framing.remove_part(actor=who, at=clock.now(), spot_check_id=number, name=name),
            gettext("The stratum has been taken out."),
        )
    return act(
        spot_check_id,
        lambda who, number: framing.resize(
            actor=who, at=clock.now(), spot_check_id=number, name=name, n=_whole(request.form.get("n", ""), "n")
        ),
        gettext("Saved."),
    )


@bp.get("/spot-checks/<spot_check_id>/units")
@requires(Permission.SPOTCHECKS_READ)
def units(spot_check_id: str) -> str:
    """The units of a plan."""
    who = actor()
    found = spotchecks.spot_check(actor=who, spot_check_id=ref_id(spot_check_id))
    place = at_cursor(request.args.get("after"), int)
    rows = listing.units(found, limit=ON_A_PAGE + 1, after_id=place[0] if place else 0)
    shown = rows[:ON_A_PAGE]
    following = None
    if len(rows) > len(shown):
        following = url_for("plans.units", spot_check_id=found.id, after=cursor(shown[-1].id))
    return render_template(
        "spotchecks/units.html",
        found=found,
        units=shown,
        may_plan=found.status == "draft" and allowed(who, Permission.SPOTCHECKS_PLAN),
        pager={"next": following},
    )


@bp.post("/spot-checks/<spot_check_id>/exclude")
@requires(Permission.SPOTCHECKS_PLAN)
def exclude(spot_check_id: str) -> Any:
    """Leave units out with a reason, or take one in again."""
    return act(
        spot_check_id,
        lambda who, number: framing.exclude(actor=who, at=clock.now(), spot_check_id=number, reasons=_reasons()),
        gettext("Saved."),
    )


@bp.post("/spot-checks/<spot_check_id>/exclude-often")
@requires(Permission.SPOTCHECKS_PLAN)
def exclude_often(spot_check_id: str) -> Any:
    """Leave out the ticked ones of those that were inspected often enough this year."""
    found = spotchecks.spot_check(actor=actor(), spot_check_id=ref_id(spot_check_id))
    cap, year = settings.value(found.organisation_id, "inspections_a_year"), clock.today().year
    ticked = set(request.form.getlist("code"))
    reasons: dict[str, str | None] = {
        one.code: gettext(
            "inspected %(n)s times in %(year)s already (%(plans)s)",
            n=one.count,
            year=year,
            plans=gettext(", ").join(one.plans),
        )[:300]
        for one in history.often(found, cap=cap, year=year)
        if one.code in ticked
    }
    return act(
        spot_check_id,
        lambda who, number: framing.exclude(actor=who, at=clock.now(), spot_check_id=number, reasons=reasons),
        gettext("Saved."),
    )


@bp.route("/spot-checks/<spot_check_id>/inspectors", methods=["GET", "POST"])
@requires(Permission.SPOTCHECKS_PLAN)
def inspectors(spot_check_id: str) -> Any:
    """The form that names the inspectors."""
    number = ref_id(spot_check_id)
    found = spotchecks.spot_check(actor=actor(), spot_check_id=number)
    if request.method == "GET":
        lines = [pasted.inspector_line(one.body, one.name, one.conflicts, None) for one in listing.inspectors(found)]
        return render_template("spotchecks/inspectors.html", found=found, typed="\n".join(lines), errors={})
    typed = request.form.get("inspectors", "")
    try:
        with transaction():
            planning.put_inspectors(
                actor=actor(), at=clock.now(), spot_check_id=number, inspectors=pasted.inspectors(typed)
            )
    except errors.Invalid as problem:
        return render_template("spotchecks/inspectors.html", found=found, typed=typed, errors=words(problem)), 422
    return redirect(url_for("spotchecks.plan", spot_check_id=number) + "#inspectors")


# ---- inside


def _reasons() -> dict[str, str | None]:
    code, reason = request.form.get("code", "").strip(), request.form.get("reason", "").strip()
    if request.form.get("act") == "back":
        return {code: None}
    if not reason or len(reason) > 300:
        raise errors.Invalid({"reason": errors.N_("Say why, in at most 300 characters")})
    return {code: reason}


def _form(found: SpotCheck, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    nodes = people.organisations(actor=actor(), limit=MOST_NODES)
    return render_template(
        "spotchecks/stratum.html",
        found=found,
        form=form,
        nodes=[(row.code, row.name) for row in nodes if row.kind != "branch"],
        periods=[(name, period_words(name)) for name in _quarters(clock.today())],
        errors={name.removeprefix("strata.0."): texts for name, texts in wrong.items()},
    )


def _part() -> framing.Part:
    form, where = request.form, request.form.get("from", "")
    size = _whole(form.get("size", ""), "size")
    n, percent = (None, size) if form.get("unit") == "percent" else (size, None)
    name = form.get("name", "").strip()
    if not name or len(name) > 60:
        raise errors.Invalid({"name": errors.N_("Between 1 and 60 characters")})
    if percent not in (None, *range(1, 101)):
        raise errors.Invalid({"size": errors.N_("Between 1 and 100 per cent")})
    if where == "list":
        file = request.files.get("file")
        text = pasted.decoded(file.stream.read()) if file else ""
        listed = pasted.units(form.get("units", "") + "\n" + text)
        return framing.Part(name, n=n, percent=percent, units=listed)
    kinds = {"tree": "organisation", "entry": "entry", "pledge": "pledge"}
    if where not in kinds:
        raise errors.Invalid({"from": errors.N_("Say where the units come from")})
    source = choosing.Source(form.get("under", ""), form.get("organisation_kind"), form.get("period"))
    return framing.Part(name, kinds[where], n, percent, source=source)


def _whole(text: str, name: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise errors.Invalid({name: errors.N_("A whole number is needed")})
    return int(text)


def _quarters(today: date) -> list[str]:
    """The running quarter and those before it."""
    names, day = [], today
    for _ in range(QUARTERS):
        quarter = periods.containing(day, "quarter", 1)
        names.append(quarter.name)
        day = quarter.starts_on - timedelta(days=1)
    return names
