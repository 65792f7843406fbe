"""Pages of imports: upload, the question of columns, what became of a file, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, queues
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.imports import service as imports
from pointsvc.imports.api import workbook_answer
from pointsvc.imports.batch import unpacked
from pointsvc.imports.models import KINDS, Import
from pointsvc.imports.schemas import problem_words
from pointsvc.people import listing as people
from pointsvc.permissions import Permission, allowed
from pointsvc.wording import job_shown

bp = Blueprint("imports", __name__)
ON_A_PAGE = 20
REFUSED_ON_A_PAGE = 100


@bp.get("/imports", endpoint="imports")
@requires(Permission.IMPORTS_RUN)
def imports_page() -> str:
    """The upload form and the earlier imports."""
    return _list({}, {})


def _list(form: dict[str, str], faults: dict[str, Any]) -> str:
    who = actor()
    place = id_at(request.args.get("after"))
    rows = imports.listing(actor=who, limit=ON_A_PAGE + 1, before=place)
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("imports.imports", after=after)
    names = people.account_names({row.created_by_id for row in shown})
    return render_template(
        "imports/imports.html",
        kinds=[kind for kind in KINDS if allowed(who, imports.NEEDS[kind])],
        form={"kind": form.get("kind") or (shown[0].kind if shown else "")},
        errors=faults,
        max_megabytes=current_app.config["MAX_CONTENT_LENGTH"] // 1024**2,
        may_import=True,
        imports=[_shown(row, names) for row in shown],
        pager={"next": following},
    )


@bp.post("/imports")
@requires(Permission.IMPORTS_RUN)
def upload() -> Any:
    """Take a file; a worker looks it through."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise errors.Invalid({"file": errors.N_("Please choose a file")})
        content = file.stream.read()
        with transaction():
            row = imports.upload(
                actor=actor(),
                at=clock.now(),
                kind=request.form.get("kind", ""),
                filename=file.filename,
                content=content,
                dry_run=request.form.get("dry_run") == "1",
            )
    except errors.Invalid as problem:
        return _list(dict(request.form), {k: m[0].render(gettext) for k, m in problem.errors.items()}), 422
    return redirect(url_for("imports.run", import_id=row.id))


@bp.get("/imports/<import_id>")
@requires(Permission.IMPORTS_RUN)
def run(import_id: str) -> str:
    """One import: how far it is, the question it asks, or what became of it."""
    row = imports.find(actor=actor(), import_id=ref_id(import_id))
    return _mapping(row, {}) if row.status == "mapping" else _one(row, {})


def _one(row: Import, faults: dict[str, str]) -> str:
    place = id_at(request.args.get("after"))
    refused = imports.refusals(import_id=row.id, limit=REFUSED_ON_A_PAGE + 1, after=place or 0)
    shown, after = one_page(refused, REFUSED_ON_A_PAGE)
    following = after and url_for("imports.run", import_id=row.id, after=after, _anchor="rejected")
    return render_template(
        "imports/import.html",
        import_=_shown(row, people.account_names({row.created_by_id})),
        job=job_shown(queues.job(row.job_id)),
        problem=problem_words(row),
        may_undo=row.kind in imports.UNDOABLE,
        staying=imports.staying(actor=actor(), row=row),
        errors=faults,
        rejected=[
            {
                "sheet": item.sheet,
                "row": item.row,
                "column": item.column,
                "message": unpacked(item.message, item.params).render(gettext),
                "cells": [value for _, value in item.cells],
            }
            for item in shown
        ],
        pager={"next": following},
    )


def _mapping(row: Import, faults: dict[str, str]) -> str:
    questions = [
        {
            "name": f"column-{n}",
            "sheet": question["sheet"],
            "heading": question["heading"],
            "samples": question["samples"],
            "guess": question["candidates"][0] if len(question["candidates"]) == 1 else None,
        }
        for n, question in enumerate(row.doubtful)
    ]
    return render_template(
        "imports/mapping.html",
        import_={"id": row.id, "kind": row.kind, "filename": row.filename},
        questions=questions,
        fields=[(code, gettext(imports.FIELD_WORDS[code])) for code in imports.FIELDS[row.kind]],
        certain=[],
        errors={q["name"]: [faults[q["heading"]]] for q in questions if q["heading"] in faults},
    )


@bp.post("/imports/<import_id>/columns")
@requires(Permission.IMPORTS_RUN)
def map_columns(import_id: str) -> Any:
    """Take the answers about doubtful columns; the file is then looked through again."""
    row = imports.find(actor=actor(), import_id=ref_id(import_id))
    choices = {q["heading"]: request.form.get(f"column-{n}", "") for n, q in enumerate(row.doubtful)}
    try:
        with transaction():
            imports.answer(actor=actor(), at=clock.now(), import_id=row.id, choices=choices)
    except errors.Invalid as problem:
        row = imports.find(actor=actor(), import_id=ref_id(import_id))
        return _mapping(row, {k: m[0].render(gettext) for k, m in problem.errors.items()}), 422
    return redirect(url_for("imports.run", import_id=import_id))


@bp.post("/imports/<import_id>/commit")
@requires(Permission.IMPORTS_RUN)
def commit(import_id: str) -> Any:
    """Take in what has been looked through."""
    with transaction():
        imports.commit(actor=actor(), at=clock.now(), import_id=ref_id(import_id))
    return redirect(url_for("imports.run", import_id=import_id))


@bp.post("/imports/<import_id>/undo")
@requires(Permission.IMPORTS_RUN)
def undo(import_id: str) -> Any:
    """Take an import back, with a reason."""
    reason = request.form.get("reason", "").strip()
    row = imports.find(actor=actor(), import_id=ref_id(import_id))
    if not 1 <= len(reason) <= 500:
        return _one(row, {"reason": gettext("Please say why, in at most 500 characters")}), 422
    with transaction():
        imports.undo(actor=actor(), at=clock.now(), import_id=row.id, reason=reason)
    if row.kind == "lists":
        flash(gettext("The import was taken back. Items on which somebody has acted stay."))
    else:
        flash(gettext("The import was taken back. Every entry of it is reversed."))
    return redirect(url_for("imports.run", import_id=import_id))


@bp.get("/imports/<import_id>/rejected")
@requires(Permission.IMPORTS_RUN)
def rejected(import_id: str) -> Any:
    """The refused rows as a workbook."""
    return workbook_answer(imports.find(actor=actor(), import_id=ref_id(import_id)))


def _shown(row: Import, names: dict[int, str]) -> dict[str, Any]:
    fields = (
        "id",
        "kind",
        "filename",
        "status",
        "dry_run",
        "rows",
        "accepted",
        "rejected",
        "unchanged",
        "left_out",
        "entries",
        "created_at",
        "done_at",
        "undone_at",
        "undo_reason",
    )
    return {**{name: getattr(row, name) for name in fields}, "created_by": names.get(row.created_by_id or 0, "—")}
