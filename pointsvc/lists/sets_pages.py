"""Pages on which a district gives its sets of lists their names, or adds another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.lists import service as lists
from pointsvc.lists.models import ListSet
from pointsvc.people.door import words
from pointsvc.permissions import Permission

bp = Blueprint("list_sets", __name__)


@bp.route("/lists/add", methods=["GET", "POST"])
@requires(Permission.LISTS_MANAGE)
def add() -> Any:
    """The form that adds a set of lists."""
    if request.method == "GET":
        return _set_form(None, {"life": "exchange"}, {})
    form = {name: request.form.get(name, "").strip() for name in ("name", "life", "first", "second", "third")}
    try:
        with transaction():
            made = lists.make_set(
                actor=actor(),
                at=clock.now(),
                code=f"own-{int(clock.now().timestamp())}",
                name=form["name"],
                life=form["life"],
                names=[form["first"], form["second"], form["third"]],
                confidential=request.form.get("confidential") == "1",
            )
    except errors.Invalid as problem:
        return _set_form(None, form, words(problem)), 422
    return redirect(url_for("lists.one_set", set_id=made.id))


@bp.route("/lists/<set_id>/edit", methods=["GET", "POST"])
@requires(Permission.LISTS_MANAGE)
def edit(set_id: str) -> Any:
    """The form that gives a set and its lists other names."""
    found = lists.one_set(actor=actor(), set_id=ref_id(set_id))
    if request.method == "GET":
        names = dict(zip(("first", "second", "third"), (one["name"] for one in found.lists), strict=True))
        return _set_form(found, {"name": found.name, **names}, {})
    form = {name: request.form.get(name, "").strip() for name in ("name", "first", "second", "third")}
    try:
        with transaction():
            lists.rename_set(
                actor=actor(),
                at=clock.now(),
                set_id=found.id,
                name=form["name"],
                names=[form["first"], form["second"], form["third"]],
            )
    except errors.Invalid as problem:
        return _set_form(found, form, words(problem)), 422
    flash(gettext("The names are changed."), "good")
    return redirect(url_for("lists.one_set", set_id=found.id))


# ---- inside


def _set_form(found: ListSet | None, form: dict[str, str], wrong: dict[str, list[str]]) -> str:
    return render_template("lists/set_form.html", set=found, form=form, errors=wrong)
