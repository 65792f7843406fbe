"""JSON routes of imports."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.downloads import as_xlsx
from pointsvc.http import actor, cursor, id_at, requires
from pointsvc.imports import schemas
from pointsvc.imports import service as imports
from pointsvc.imports.returning import rejected_table
from pointsvc.permissions import Permission
from pointsvc.spreadsheets import XLSX

bp = Blueprint("imports", __name__, description="Workbooks that offices already keep")


@bp.route("/imports", methods=["POST"])
@requires(Permission.IMPORTS_RUN)
@creates
@bp.arguments(schemas.ImportFormIn, location="form")
@bp.arguments(schemas.ImportFileIn, location="files")
@bp.response(202, schemas.ImportOut)
def upload(form: dict[str, Any], files: dict[str, Any]) -> Any:
    """Upload a file; a worker takes it in. Poll the address in Location."""
    form["starts_on"] = form.pop("from_")
    file = files["file"]
    row = imports.upload(
        actor=actor(), at=clock.now(), filename=file.filename or "file", content=file.stream.read(), **form
    )
    return row, 202, {"Location": url_for("imports_api.show", import_id=str(row.id))}


@bp.route("/imports", methods=["GET"])
@requires(Permission.IMPORTS_RUN)
@bp.arguments(schemas.ImportsQuery, location="query")
@bp.response(200, schemas.ImportsOut)
def listing(query: dict[str, Any]) -> Any:
    """The imports within reach, newest first."""
    place = id_at(query["after"])
    rows = imports.listing(actor=actor(), limit=query["limit"], before=place)
    return {"items": rows, "next": cursor(rows[-1].id) if len(rows) == query["limit"] else None}


@bp.route("/imports/<import_id>", methods=["GET"])
@requires(Permission.IMPORTS_RUN)
@bp.response(200, schemas.ImportWithErrorsOut)
def show(import_id: str) -> Any:
    """One import: how far it is, its counts, its first refused rows."""
    return imports.find(actor=actor(), import_id=ref_id(import_id))


@bp.route("/imports/<import_id>/columns", methods=["POST"])
@requires(Permission.IMPORTS_RUN)
@bp.arguments(schemas.MappingIn)
@bp.response(202, schemas.ImportOut)
def answer(data: dict[str, Any], import_id: str) -> Any:
    """Say what the doubtful columns are; the answer is remembered."""
    with transaction():
        return imports.answer(actor=actor(), at=clock.now(), import_id=ref_id(import_id), choices=data["columns"])


@bp.route("/imports/<import_id>/commit", methods=["POST"])
@requires(Permission.IMPORTS_RUN)
@bp.response(202, schemas.ImportOut)
def commit(import_id: str) -> Any:
    """Take in what a dry run has looked through."""
    with transaction():
        return imports.commit(actor=actor(), at=clock.now(), import_id=ref_id(import_id))


@bp.route("/imports/<import_id>/undo", methods=["POST"])
@requires(Permission.IMPORTS_RUN)
@bp.arguments(schemas.UndoIn)
@bp.response(200, schemas.ImportOut)
def undo(data: dict[str, Any], import_id: str) -> Any:
    """Reverse every entry that this import added."""
    with transaction():
        return imports.undo(actor=actor(), at=clock.now(), import_id=ref_id(import_id), **data)


@bp.route("/imports/<import_id>/rejected", methods=["GET"])
@requires(Permission.IMPORTS_RUN)
@bp.response(200, content_type=XLSX)
def rejected(import_id: str) -> Any:
    """The refused rows as a workbook, with the reason beside each."""
    row = imports.find(actor=actor(), import_id=ref_id(import_id))
    return workbook_answer(row)


def workbook_answer(row: Any) -> Response:
    """The rejected rows of an import as a download."""
    answer, _ = as_xlsx([rejected_table(row)], f"rejected-{row.id}")
    return answer
