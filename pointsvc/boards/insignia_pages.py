"""Pages of the register of Party badges and door plates: the list with its form, and the table to take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.boards import service as boards
from pointsvc.boards.figures import n18
from pointsvc.boards.models import INSIGNIA
from pointsvc.boards.schemas import InsigniaIn
from pointsvc.db import transaction
from pointsvc.downloads import as_xlsx
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.people.pages import choices
from pointsvc.permissions import Permission
from pointsvc.spreadsheets import Column, Table

bp = Blueprint("insignia", __name__)
ON_A_PAGE = 50
MOST_CHOICES = 200
FIELDS = ("kind", "issued_on", "household", "note")


@bp.get("/insignia", endpoint="insignia")
@requires(Permission.INSIGNIA_READ)
def register() -> str:
    return _page({})


@bp.post("/insignia")
@requires(Permission.INSIGNIA_RECORD)
def issue() -> Any:
    """Write down badges given to those who are ticked, or a plate on the door of one."""
    form = request.form
    given = {name: form.get(name, "").strip() for name in FIELDS}
    body = {**given, "members": form.getlist("members"), "signed": "signed" in form}
    try:
        data = forms.load(InsigniaIn(), body)
        with transaction():
            rows = boards.issue(actor=actor(), at=clock.now(), **data)
    except errors.Invalid as problem:
        return _page(words(problem)), 422
    flash(ngettext("%(num)s line has been written down.", "%(num)s lines have been written down.", len(rows)), "good")
    return redirect(url_for("insignia.insignia", organisation=request.args.get("organisation")))


@bp.post("/insignia/<insignia_id>/take-back")
@requires(Permission.INSIGNIA_RECORD)
def take_back(insignia_id: str) -> Any:
    """Strike a line that was written down by mistake."""
    with transaction():
        boards.take_back(actor=actor(), at=clock.now(), insignia_id=ref_id(insignia_id))
    flash(gettext("The line has been taken back; it stays in the register, struck through."), "good")
    return redirect(url_for("insignia.insignia"))


@bp.get("/insignia.xlsx")
@requires(Permission.INSIGNIA_READ)
def table() -> Response:
    """The register as a workbook."""
    asked = request.args.get("organisation") or None
    rows = boards.register(actor=actor(), at=clock.now(), organisation=asked)
    names = (
        (gettext("Badge or plate"), 10),
        (gettext("Number"), 14),
        (gettext("Name"), 12),
        (gettext("Branch"), 30),
        (gettext("Issued on"), 12),
        (gettext("Household"), 30),
        (gettext("Signed"), 8),
        (gettext("Note"), 30),
        (gettext("State"), 10),
    )
    columns = [Column(name, "day" if name == gettext("Issued on") else "text", width) for name, width in names]
    title = gettext("Badges and door plates")
    return as_xlsx([Table(title, columns, (list(_cells(one)) for one in rows))], "insignia")[0]


# ---- inside


def _cells(one: boards.Issued) -> Iterator[Any]:
    yield gettext("Party badge") if one.kind == "badge" else gettext("door plate")
    yield from (one.member, one.name, one.branch_name, one.issued_on, one.household)
    yield gettext("yes") if one.signed else gettext("no")
    yield one.note
    yield gettext("collected") if one.taken_back else ""


def _page(wrong: Mapping[str, list[str]]) -> str:
    who, at, asked = actor(), clock.now(), request.args.get("organisation", "")
    node = reach.node(who, asked or None, clock.today())
    place = id_at(request.args.get("after"))
    rows = boards.register(actor=who, at=at, organisation=node.code, limit=ON_A_PAGE + 1, before_id=place)
    items, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("insignia.insignia", organisation=asked or None, after=after)
    people = boards.profiles(actor=who, at=at, organisation=node.code, limit=MOST_CHOICES)
    return render_template(
        "boards/insignia.html",
        node=node,
        branches=choices(who),
        items=items,
        figure=n18(organisation_id=node.id, through=clock.today()),
        people=[(one.number, one.name) for one in people],
        kinds=INSIGNIA,
        today=clock.today(),
        form={
            **{name: request.form.get(name, "") for name in FIELDS},
            "members": request.form.getlist("members"),
            "signed": "signed" in request.form or not request.form,
        },
        errors=wrong,
        pager={"next": following},
    )
