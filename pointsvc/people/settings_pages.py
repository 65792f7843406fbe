"""The page of one organisation: who leads it, where it stands, and what it has decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import listing, reach, settings
from pointsvc.people import service as people
from pointsvc.people.door import words
from pointsvc.people.settings_api import settings_shown
from pointsvc.permissions import Actor, Permission, allowed

bp = Blueprint("settings", __name__)


@bp.get("/organisations/<code>")
@requires(Permission.ORGANISATIONS_READ)
def organisation(code: str) -> str:
    return _page(code)


def _page(code: str, wrong: Mapping[str, list[str]] | None = None) -> str:
    who = actor()
    row = listing.organisation(actor=who, code=code)
    rows = listing.organisations(actor=who, under=code, limit=None)
    counts = listing.headcounts(actor=who)
    above = listing.organisations_by_code([row.parent]).get(row.parent) if row.parent else None
    return render_template(
        "people/organisation.html",
        organisation=row,
        above=above,
        above_reached=above is not None and reach.reaches(who, above.id),
        below=[item for item in rows if item.parent == code],
        members=sum(counts.get(item.id, 0) for item in rows),
        settings=_settings(who, row),
        may_describe=allowed(who, Permission.ORGANISATIONS_MANAGE),
        may_decide=allowed(who, Permission.SETTINGS_MANAGE),
        form=request.form,
        errors=wrong or {},
    )


def _settings(who: Actor, row: Any) -> list[dict[str, Any]]:
    """The settings with the name of whoever decided each, and whether that was this organisation."""
    shown = settings_shown(row.id)
    codes = {item["decided_by"] for item in shown if item["decided_by"]}
    names = {code: found.name for code, found in listing.organisations_by_code(codes).items()}
    return [
        {**item, "own": item["decided_by"] == row.code, "decided_by": names.get(item["decided_by"])} for item in shown
    ]


@bp.post("/organisations/<code>")
@requires(Permission.ORGANISATIONS_MANAGE)
def describe(code: str) -> Any:
    given = {name: request.form.get(name, "").strip() or None for name in ("secretary", "phone")}
    try:
        with transaction():
            people.describe_organisation(actor=actor(), at=clock.now(), code=code, **given)
    except errors.Invalid as problem:
        return _page(code, words(problem)), 422
    flash(gettext("The organisation has been updated."), "good")
    return redirect(url_for("settings.organisation", code=code))


@bp.post("/organisations/<code>/settings")
@requires(Permission.SETTINGS_MANAGE)
def decide(code: str) -> Any:
    """What was left empty holds as it does above. All or none."""
    who = actor()
    held = settings.values(reach.organisation(who, code).id)
    own = {name: value if decided_by == code else None for name, (value, decided_by) in held.items()}
    wanted = {name: _typed(known, request.form.get(name, "").strip()) for name, known in settings.KNOWN.items()}
    try:
        with transaction():
            for name in (name for name, value in wanted.items() if value != own[name]):
                settings.decide(actor=who, at=clock.now(), organisation=code, name=name, value=wanted[name])
    except errors.Invalid as problem:
        return _page(code, words(problem)), 422
    flash(gettext("The settings have been saved."), "good")
    return redirect(url_for("settings.organisation", code=code))


def _typed(known: settings.Known, text: str) -> Any:
    if not text:
        return None
    return int(text) if isinstance(known.default, int) and text.isascii() and text.isdigit() else text
