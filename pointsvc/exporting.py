"""``pointsvc export``: a table or an archive written to a file from the command line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.downloads import ENCODINGS
from pointsvc.errors import N_, Conflict, Invalid, Problem
from pointsvc.exports import service as exports
from pointsvc.permissions import SYSTEM
from pointsvc.spreadsheets import write_csv, write_xlsx
from pointsvc.terminal import see_through

ARCHIVE = "archive"
ENDINGS = {".xlsx": "xlsx", ".csv": "csv"}


def export_to_file(app: Flask, *, kind: str, file: Path, organisation: str, period: str | None, encoding: str) -> int:
    """Write the table of this kind (or the archive); how many rows. The file appears whole or not at all.

    Raises Invalid for an ending other than .xlsx, .csv (an archive: .zip), NotFound, Conflict.
    """
    wanted = (".zip",) if kind == ARCHIVE else tuple(ENDINGS)
    if file.suffix.lower() not in wanted:
        raise Invalid({"file": N_("A table is written as .xlsx or .csv, an archive as .zip")})
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".export-")
    os.close(handle)
    part = Path(name)
    try:
        if kind == ARCHIVE:
            rows = _archive(app, part, organisation)
        else:
            rows = _table(part, kind, ENDINGS[file.suffix.lower()], organisation, period, encoding)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _table(part: Path, kind: str, form: str, organisation: str, period: str | None, encoding: str) -> int:
    at = clock.now()
    taken = exports.table(actor=SYSTEM, at=at, kind=kind, organisation=organisation, period=period)
    if form == "xlsx":
        rows = sum(write_xlsx(str(part), [taken.table]))
    else:
        with part.open("wb") as target:
            rows = write_csv(target, taken.table, ENCODINGS[encoding])
    with transaction():
        exports.note_taken(
            actor=SYSTEM, at=at, kind=kind, object_id=taken.organisation, rows=rows, format=form, period=period
        )
    return rows


def _archive(app: Flask, part: Path, organisation: str) -> int:
    with transaction():
        row = exports.request(actor=SYSTEM, at=clock.now(), organisation=organisation)
    job = see_through(app, row.job_id or 0)
    if job.status == "dead":
        raise Problem(job.error or "")
    with transaction():
        found, pieces = exports.pieces(actor=SYSTEM, at=clock.now(), export_id=row.id)
        counts = sum(found.counts.values())
    with part.open("wb") as target:
        for piece in pieces:
            target.write(piece)
    if part.stat().st_size != found.size:
        raise Conflict(N_("This archive is not ready"), code="not_ready")
    return counts
