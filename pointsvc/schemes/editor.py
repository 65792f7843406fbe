"""Pages on which a draft is begun and written: one form for each part, group and rule, without scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.people.models import Organisation
from pointsvc.permissions import Permission
from pointsvc.schemes import changes as comparison
from pointsvc.schemes import document as documents
from pointsvc.schemes import editing, framing, periods, sentences, starting
from pointsvc.schemes import service as schemes
from pointsvc.schemes.filling import Edited, Fields, Form
from pointsvc.schemes.models import Scheme

bp = Blueprint("schemes", __name__)

Document = Mapping[str, Any]
LONGEST_CHOICE = 1000
IN_FORCE, EMPTY = "in_force", "empty"
NEEDED = {
    "groups": errors.N_("Rules stand in this group; move or remove them first: %(names)s"),
    "rules": errors.N_("This rule gives the points for attendance at: %(names)s. Change that first."),
}


@dataclass(frozen=True)
class Part:
    """What one form changes; ``kind`` when it is one group or rule of several."""

    fields: Callable[..., Fields]
    change: Callable[[Document, Form, str | None], Edited]
    kind: str = ""


PARTS = {
    "title": Part(framing.title_fields, framing.with_title),
    "totals": Part(framing.total_fields, framing.with_totals),
    "grades": Part(framing.grade_fields, framing.with_grades),
    "activities": Part(framing.activity_fields, framing.with_activities),
    "group": Part(editing.group_fields, editing.with_group, "groups"),
    "rule": Part(editing.rule_fields, editing.with_rule, "rules"),
}


# ---- a new draft


@bp.route("/schemes/new", methods=["GET", "POST"])
@requires(Permission.SCHEMES_MANAGE)
def new() -> Any:
    """Begin a draft: from a template, from the version in force, or from nothing."""
    if request.method == "GET":
        return _new({}, {})
    form = {name: request.form.get(name, "") for name in ("organisation", "starts_on", "start")}
    try:
        with transaction():
            made = schemes.create(
                actor=actor(),
                at=clock.now(),
                organisation=form["organisation"],
                starts_on=forms.day("from", form["starts_on"]),
                document=_beginning(form["organisation"], form["start"]),
            )
    except errors.Invalid as problem:
        return _new(form, _on_the_page(words(problem))), 422
    return redirect(url_for("schemes.edit", scheme_id=made.id))


def _new(form: Mapping[str, str], wrong: Mapping[str, Any]) -> str:
    who = actor()
    own = reach.own_node(who)
    code = form.get("organisation") or request.args.get("organisation") or own.code
    return render_template(
        "schemes/new.html",
        organisations=[(row.code, row.name) for row in people.organisations(actor=who, limit=LONGEST_CHOICE)],
        starts=_starts(reach.organisation(who, code)),
        form={
            "organisation": code,
            "starts_on": form.get("starts_on") or _next_cycle().isoformat(),
            "start": form.get("start") or request.args.get("start", ""),
        },
        errors=wrong,
    )


def _starts(organisation: Organisation) -> list[dict[str, str]]:
    """What one can start from, in words."""
    found = [
        {"code": code, "name": document["name"], "about": document["about"]}
        for code, document in starting.templates().items()
    ]
    holding = schemes.in_force(organisation.id, clock.today())
    if holding:
        about = gettext("What is in force now: change in it what shall be different.")
        found.insert(0, {"code": IN_FORCE, "name": holding.name, "about": about})
    about = gettext("Groups, rules and grades are all put in one by one.")
    return [*found, {"code": EMPTY, "name": gettext("An empty sheet"), "about": about}]


def _beginning(organisation: str, start: str) -> Document:
    if start == EMPTY:
        return starting.empty(gettext("New rule sheet"))
    if start in starting.templates():
        return starting.templates()[start]
    node = reach.organisation(actor(), organisation)
    holding = schemes.in_force(node.id, clock.today()) if start == IN_FORCE else None
    if holding is None:
        raise errors.Invalid({"start": errors.N_("Please choose what to start from")})
    return holding.document


def _next_cycle() -> date:
    """Most sheets begin with the year."""
    return periods.cycle_end(clock.today(), 1) + (date(2000, 1, 2) - date(2000, 1, 1))


# ---- the draft


@bp.get("/schemes/<scheme_id>/edit")
@requires(Permission.SCHEMES_MANAGE)
def edit(scheme_id: str) -> Any:
    """The draft as a whole, each part with the way to its form."""
    scheme, organisation = _draft(scheme_id)
    document = scheme.document
    return render_template(
        "schemes/edit.html",
        scheme=scheme,
        organisation=organisation,
        document=document,
        facts={name: said(comparison.said(document, name)) for name in comparison.SHEET_FIELDS},
        groups=_groups(document),
    )


def _groups(document: Document) -> list[dict[str, Any]]:
    return [
        {
            "code": group["code"],
            "name": group["name"],
            "says": said(sentences.group(group)),
            "rules": [
                {"code": rule["code"], "name": rule["name"], "says": said(sentences.rule(rule))}
                for rule in document["rules"]
                if rule["group"] == group["code"]
            ],
        }
        for group in document["groups"]
    ]


@bp.route("/schemes/<scheme_id>/edit/<part>", methods=["GET", "POST"])
@requires(Permission.SCHEMES_MANAGE)
def edit_part(scheme_id: str, part: str) -> Any:
    """The form of one part, or with ``code`` of one group or rule (without: of a new one)."""
    scheme, _ = _draft(scheme_id)
    of = PARTS.get(part)
    if of is None:
        raise errors.NotFound()
    code = request.args.get("code")
    if of.kind and code and not editing.found(scheme.document, of.kind, code):
        raise errors.NotFound(schemes.CHANGED_MEANWHILE)
    if request.method == "GET":
        more = {"group": request.args.get("group", "")} if part == "rule" else {}
        return _form(scheme, part, {**of.fields(scheme.document, code, **more), "starts_on": scheme.starts_on})
    form = Form(request.form.to_dict(flat=False))
    edited = of.change(scheme.document, form, code)
    if form.ticked("preview"):
        return _preview(scheme, part, form, edited)
    try:
        return _save(scheme, part, form, edited)
    except errors.Invalid as problem:
        return _form(scheme, part, _typed(form), wrong=_by_field(words(problem), edited)), 422
    except errors.Conflict as problem:
        if problem.code != "changed_meanwhile":
            raise
        return _form(_draft(scheme_id)[0], part, _typed(form), meanwhile=True), 409


def _save(scheme: Scheme, part: str, form: Form, edited: Edited) -> Any:
    starts_on = forms.day("from", form.text("starts_on")) if part == "title" else None
    _revise(scheme.id, form, edited.document, starts_on)
    return redirect(url_for("schemes.edit", scheme_id=scheme.id, _anchor=edited.anchor))


def _revise(scheme_id: int, form: Form, document: Document, starts_on: date | None = None) -> None:
    revision = form.count("revision")
    with transaction():
        schemes.revise(
            actor=actor(),
            at=clock.now(),
            scheme_id=scheme_id,
            revision=revision if isinstance(revision, int) else 0,
            document=document,
            starts_on=starts_on,
        )


def _preview(scheme: Scheme, part: str, form: Form, edited: Edited) -> Any:
    """What the rule would say, without keeping it."""
    faults = {f"scheme.{path}": [m.render(gettext) for m in several] for path, several in _faults(edited).items()}
    if faults:
        return _form(scheme, part, _typed(form), wrong=_by_field(faults, edited)), 422
    code = edited.anchor.partition("-")[2]
    item = editing.found(edited.document, PARTS[part].kind, code)
    say = sentences.rule if part == "rule" else sentences.group
    return _form(scheme, part, _typed(form), preview=said(say(item)))


def _faults(edited: Edited) -> dict[str, list[errors.Message]]:
    return documents.validate(edited.document)


def _form(
    scheme: Scheme,
    part: str,
    fields: Mapping[str, Any],
    *,
    wrong: Mapping[str, Any] | None = None,
    meanwhile: bool = False,
    preview: str = "",
) -> str:
    document, code = scheme.document, request.args.get("code")
    item = editing.found(document, PARTS[part].kind, code) if code else {}
    say = sentences.rule if part == "rule" else sentences.group
    return render_template(
        f"schemes/edit_{part}.html",
        scheme=scheme,
        code=code,
        form=fields,
        errors=wrong or {},
        meanwhile=meanwhile,
        preview=preview,
        now=said(say(item)) if item else "",
        groups=[(group["code"], group["name"]) for group in document["groups"]],
        categories=framing.categories(document),
        fixed_rules=[(rule["code"], rule["name"]) for rule in document["rules"] if "points" in rule],
        rows=_rows(fields),
    )


def _rows(fields: Mapping[str, Any]) -> list[int]:
    """The rows of the form's table, whatever they are called."""
    form = Form(dict.fromkeys(fields, ()))
    return [row for prefix in ("tier", "category", "grade", "activity") for row in form.rows(prefix)]


def _typed(form: Form) -> Fields:
    """What was typed, as a form shows it again."""
    fields: Fields = {name: form.text(name) for name in form.values}
    return {**fields, "applies_to": form.several("applies_to")}


def _by_field(wrong: Mapping[str, list[str]], edited: Edited) -> dict[str, list[str]]:
    """The faults under the fields in which they are to be mended; what fits nowhere stands above the form."""
    found: dict[str, list[str]] = {}
    for path, messages in wrong.items():
        place = path.removeprefix("scheme.")
        name = "starts_on" if path == "from" else edited.field_of(place) or "form"
        if name == "form" and place.startswith("activities."):
            kind = place.split(".")[1]
            messages = [gettext("Attendance at %(kind)s: %(problem)s", kind=kind, problem=one) for one in messages]
        found.setdefault(name, []).extend(messages)
    return found


@bp.post("/schemes/<scheme_id>/edit/move")
@requires(Permission.SCHEMES_MANAGE)
def move(scheme_id: str) -> Any:
    """Move a group or rule one place up or down."""
    scheme, _ = _draft(scheme_id)
    form = Form(request.form.to_dict(flat=False))
    kind, way, code = [*form.text("move").split(" "), "", ""][:3]
    if kind not in NEEDED:
        raise errors.NotFound()
    _revise(scheme.id, form, editing.with_move(scheme.document, kind, code, up=way == "up"))
    return redirect(url_for("schemes.edit", scheme_id=scheme.id, _anchor=f"{kind}-{code}"))


@bp.post("/schemes/<scheme_id>/edit/remove")
@requires(Permission.SCHEMES_MANAGE)
def remove(scheme_id: str) -> Any:
    """Take a group or rule out of the draft, unless something in it needs it."""
    scheme, _ = _draft(scheme_id)
    form = Form(request.form.to_dict(flat=False))
    kind, code = form.text("kind"), form.text("code")
    if kind not in NEEDED:
        raise errors.NotFound()
    needed = editing.needed_by(scheme.document, kind, code)
    if needed:
        flash(errors.Message(NEEDED[kind], names="、".join(needed)).render(gettext), "error")
        return redirect(url_for("schemes.edit_part", scheme_id=scheme.id, part=kind.removesuffix("s"), code=code))
    _revise(scheme.id, form, editing.without(scheme.document, kind, code))
    return redirect(url_for("schemes.edit", scheme_id=scheme.id))


# ---- inside


def said(words: errors.Message | str | None) -> str:
    """A sentence in the reader's language; nothing where nothing is said."""
    return words.render(gettext) if isinstance(words, errors.Message) else words or ""


def _draft(scheme_id: str) -> tuple[Scheme, Organisation]:
    found, organisation = schemes.scheme(actor=actor(), scheme_id=ref_id(scheme_id))
    if found.status != "draft":
        raise errors.Conflict(errors.N_("A published version is never changed; write a new draft"), code="published")
    return found, organisation


def _on_the_page(wrong: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {"starts_on" if name == "from" else name: messages for name, messages in wrong.items()}
