"""Pages of one item: the form that files it, all that it says, and what is done with it."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from pointsvc import clock, codes, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.lists import closing, exchange, filing
from pointsvc.lists import service as lists
from pointsvc.lists.models import RATINGS, ListSet
from pointsvc.lists.rights import rights
from pointsvc.lists.schemas import ItemClaimIn, ItemIn, as_filed
from pointsvc.lists.shown import items_shown, set_shown
from pointsvc.people.door import words
from pointsvc.people.pages import choices
from pointsvc.permissions import Permission, Role, allowed

bp = Blueprint("items", __name__)

TEXTS = ("list", "title", "text", "organisation", "place", "starts_on", "ends_on", "due_on", "quota")
CLOSING_TEXTS = ("kind", "cause", "measure", "responsible", "reviewer", "acceptance")
MOST_LINKS = 20
_BETWEEN = re.compile(r"[\s,，、;；]+")


@bp.route("/lists/<set_id>/new", methods=["GET", "POST"])
@requires(Permission.LISTS_FILE)
def new(set_id: str) -> Any:
    """The form that files an item."""
    who, number = actor(), ref_id(set_id)
    found = lists.one_set(actor=who, set_id=number)
    if request.method == "GET":
        return _form(found, request.args, {})
    try:
        data = forms.load(ItemIn(), _typed(request.form, found.life))
        options = as_filed(data)
        with transaction():
            made = lists.file_item(actor=who, at=clock.now(), set_id=number, **options)
            code = lists.give_code(made, secret=current_app.config["SECRET_KEY"]) if options["contact"] else None
    except errors.Invalid as problem:
        return _form(found, request.form, words(problem)), 422
    flash(gettext("It stands on the list."), "good")
    if code:
        flash(gettext("Tracking code for the resident: %(code)s", code=codes.printed(code)), "good")
    return redirect(url_for("items.item", item_id=made.id))


@bp.get("/items/<item_id>", endpoint="item")
@requires(Permission.LISTS_READ)
def item(item_id: str) -> str:
    """One item: what it says, who has it, what was done, and what can be done now."""
    return _page(ref_id(item_id), MultiDict(), {})


@bp.post("/items/<item_id>/claim")
@requires(Permission.LISTS_FILE)
def claim(item_id: str) -> Any:
    """Claim parts of the item."""
    number, form = ref_id(item_id), request.form
    try:
        filled = {name: form[name].strip() for name in ("amount", "note", "organisation") if form.get(name, "").strip()}
        data = forms.load(ItemClaimIn(), {**filled, "amount": _whole(filled.get("amount", "1"))})
        with transaction():
            lists.claim(actor=actor(), at=clock.now(), item_id=number, **data)
    except errors.Invalid as problem:
        return _page(number, form, words(problem)), 422
    flash(gettext("It is claimed; the organisation whose item it is has been told."), "good")
    return redirect(url_for("items.item", item_id=number))


@bp.post("/items/<item_id>/do", endpoint="do")
@requires(Permission.LISTS_WORK)
def do(item_id: str) -> Any:
    """Do what the pressed button says."""
    number, form, at = ref_id(item_id), request.form, clock.now()
    act, note = form.get("act", ""), form.get("note", "").strip()
    try:
        with transaction():
            if act == exchange.UNCLAIM:
                lists.unclaim(actor=actor(), at=at, item_id=number, reason=note)
            elif act in (*exchange.ACTS, *closing.ACTS):
                due_on = _day(form.get("due_on", ""))
                lists.act(
                    actor=actor(),
                    at=at,
                    item_id=number,
                    act=act,
                    note=note,
                    rating=form.get("rating") or None,
                    due_on=due_on,
                )
            else:
                raise errors.Invalid({"act": errors.N_("This choice does not exist")})
    except errors.Invalid as problem:
        return _page(number, form, words(problem)), 422
    flash(gettext("It is written down."), "good")
    return redirect(url_for("items.item", item_id=number))


@bp.post("/items/<item_id>/stages/<place>", endpoint="stage")
@requires(Permission.LISTS_WORK)
def stage(item_id: str, place: str) -> Any:
    """Note that a stage is done."""
    number = ref_id(item_id)
    with transaction():
        lists.stage_done(actor=actor(), at=clock.now(), item_id=number, place=ref_id(place))
    flash(gettext("It is written down."), "good")
    return redirect(url_for("items.item", item_id=number))


# ---- inside


def _page(item_id: int, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    who = actor()
    found = lists.item(actor=who, item_id=item_id)
    may = rights(who, found)
    there = lists.contact(actor=who, found=found)
    matches = lists.suggestions(actor=who, found=found) if found.status in ("open", "claimed") else []
    return render_template(
        "lists/item.html",
        set=lists.one_set(actor=who, set_id=found.set_id),
        item=items_shown([found])[0],
        contact=there,
        code=codes.printed(filing.code_of(found.id, secret=current_app.config["SECRET_KEY"])) if there else None,
        stages=lists.stages(found.id),
        history=lists.history(found.id),
        linked=lists.linked(actor=who, item_id=found.id),
        matches=[{"id": one.id, "title": title, "why": one.why.render(gettext)} for one, title in matches],
        may=may,
        may_file=allowed(who, Permission.LISTS_FILE),
        places=[one for one in choices(who) if one[0] != found.organisation],
        ratings=RATINGS,
        form={name: form.get(name, "") for name in ("act", "note", "rating", "amount", "organisation", "due_on")},
        errors=wrong,
        today=clock.today(),
    )


def _form(found: ListSet, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    who = actor()
    names = (*TEXTS, *CLOSING_TEXTS, "tags", "skills", "stages", "contact_name", "contact_phone")
    filled = {name: form.get(name, "") for name in names}
    chosen = next((one for one in found.lists if one["key"] == filled["list"]), found.lists[0])
    linked = [lists.item(actor=who, item_id=ref_id(text)) for text in form.getlist("link")[:MOST_LINKS]]
    return render_template(
        "lists/new.html",
        set=set_shown(found, {}),
        list=chosen,
        linked=linked,
        form={**filled, "list": chosen["key"], "quota": filled["quota"] or "1"},
        organisations=choices(who),
        may_call=who.role == Role.SECRETARY and chosen["side"] == "need",
        errors=wrong,
    )


def _typed(form: MultiDict[str, str], life: str) -> dict[str, Any]:
    """What the form holds, as a JSON body would say it: what was left empty is not there."""
    wanted = TEXTS if life == "exchange" else (*TEXTS, *CLOSING_TEXTS)
    data: dict[str, Any] = {name: form[name].strip() for name in wanted if form.get(name, "").strip()}
    if "quota" in data:
        data["quota"] = _whole(data["quota"])
    for name in ("tags", "skills"):
        data[name] = [word for word in _BETWEEN.split(form.get(name, "")) if word]
    data["stages"] = [_stage(line) for line in form.get("stages", "").splitlines() if line.strip()]
    if form.get("contact_name", "").strip() or form.get("contact_phone", "").strip():
        data["contact"] = {name: form.get(f"contact_{name}", "").strip() for name in ("name", "phone")}
    data["links"] = form.getlist("link")[:MOST_LINKS]
    return data


def _stage(line: str) -> dict[str, str]:
    day, _, target = line.strip().partition(" ")
    return {"due_on": day, "target": target.strip()}


def _whole(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text


def _day(text: str) -> Any:
    return forms.load(ItemIn(only=("due_on",)), {"due_on": text})["due_on"] if text else None
