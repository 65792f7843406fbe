"""JSON routes of exports; the tables themselves are files."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.downloads import as_csv, as_file, as_xlsx
from pointsvc.exports import schemas
from pointsvc.exports import service as exports
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Permission
from pointsvc.spreadsheets import XLSX

bp = Blueprint("exports", __name__, description="Tables and archives to take away")
ZIP = "application/zip"


@bp.route("/exports/entries")
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.EntriesArgs, location="query")
@bp.response(200, content_type=XLSX)
def entries(args: dict[str, Any]) -> Response:
    """The entries of a node and below, or of a member; importing the file again adds nothing."""
    return table_answer("entries", **args)


@bp.route("/exports/members")
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.TableArgs, location="query")
@bp.response(200, content_type=XLSX)
def members(args: dict[str, Any]) -> Response:
    """The present members, in the shape of the roster's import."""
    return table_answer("members", **args)


@bp.route("/exports/organisations")
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.TableArgs, location="query")
@bp.response(200, content_type=XLSX)
def organisations(args: dict[str, Any]) -> Response:
    """The node and all below it, in the shape of the organisations' import."""
    return table_answer("organisations", **args)


@bp.route("/exports/attendance")
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.TableArgs, location="query")
@bp.response(200, content_type=XLSX)
def attendance(args: dict[str, Any]) -> Response:
    """Who stood how at which meeting, in the shape of the attendance import."""
    return table_answer("attendance", **args)


@bp.route("/exports/pledges")
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.TableArgs, location="query")
@bp.response(200, content_type=XLSX)
def pledges(args: dict[str, Any]) -> Response:
    """The pledges of a node and below, in the shape of their import; importing the file again adds nothing."""
    return table_answer("pledges", **args)


@bp.route("/exports", methods=["POST"])
@requires(Permission.EXPORTS_READ)
@creates
@bp.arguments(schemas.ExportIn)
@bp.response(202, schemas.ExportOut)
def request_archive(data: dict[str, Any]) -> Any:
    """Ask for an archive of all data of a node; a worker makes it. Poll the address in Location."""
    row = exports.request(actor=actor(), at=clock.now(), **data)
    found = exports.find(actor=actor(), export_id=row.id)
    return schemas.shown(*found), 202, {"Location": url_for("exports_api.show", export_id=str(row.id))}


@bp.route("/exports", methods=["GET"])
@requires(Permission.EXPORTS_READ)
@bp.arguments(schemas.ExportsArgs, location="query")
@bp.response(200, schemas.ExportsOut)
def listing(args: dict[str, Any]) -> dict[str, Any]:
    """The archives within reach, newest first."""
    place = id_at(args["after"])
    rows = exports.listing(actor=actor(), limit=args["limit"] + 1, before=place)
    items, following = one_page(rows, args["limit"], "Export.id")
    return {"items": [schemas.shown(*row) for row in items], "next": following}


@bp.route("/exports/<export_id>")
@requires(Permission.EXPORTS_READ)
@bp.response(200, schemas.ExportOut)
def show(export_id: str) -> dict[str, Any]:
    """How far an archive is."""
    return schemas.shown(*exports.find(actor=actor(), export_id=ref_id(export_id)))


@bp.route("/exports/<export_id>/content")
@requires(Permission.EXPORTS_READ)
@bp.response(200, content_type=ZIP)
def content(export_id: str) -> Response:
    """The archive itself."""
    return archive_answer(export_id)


def table_answer(
    kind: str,
    *,
    organisation: str | None,
    period: str | None,
    format: str,
    encoding: str,
    member: str | None = None,
) -> Response:
    """The table as a file, written down as taken away."""
    who, at = actor(), clock.now()
    taken = exports.table(actor=who, at=at, kind=kind, organisation=organisation, member=member, period=period)
    if format == "xlsx":
        answer, rows = as_xlsx([taken.table], taken.stem)
    else:
        answer, rows = as_csv(taken.table, taken.stem, encoding)
    with transaction():
        exports.note_taken(
            actor=who, at=at, kind=kind, object_id=member or taken.organisation, rows=rows, format=format, period=period
        )
    return answer


def archive_answer(export_id: str) -> Response:
    """The archive's bytes, piece by piece out of the database."""
    with transaction():
        row, pieces = exports.pieces(actor=actor(), at=clock.now(), export_id=ref_id(export_id))
    made = clock.local(row.created_at).strftime("%Y%m%d")
    return as_file(pieces, ZIP, f"pointsvc-{made}-{row.id}.zip")
