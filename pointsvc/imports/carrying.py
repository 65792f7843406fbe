"""Carrying an import out, for a worker or the command line: read and check, then take in or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from pointsvc.db import db, rehearsal
from pointsvc.errors import N_, Invalid, Message, Problem
from pointsvc.imports import attendance as attendance_rows
from pointsvc.imports import entries as entry_rows
from pointsvc.imports import lists as list_rows
from pointsvc.imports import people as people_rows
from pointsvc.imports import pledges as pledge_rows
from pointsvc.imports import scheme as scheme_file
from pointsvc.imports.batch import Batch, Headings, Refusal, packed
from pointsvc.imports.models import ColumnChoice, Import, RejectedRow
from pointsvc.imports.reading import Reading, read
from pointsvc.imports.rows import rows as rows_of
from pointsvc.people.signing import actor_of_sign_in
from pointsvc.permissions import SYSTEM, Actor

MAX_REFUSALS = 20_000


DOING_READ, DOING_WRITE = N_("Reading the rows"), N_("Taking the rows in")


def give_up(*, import_id: int, at: datetime) -> None:
    """Say that a defect of ours, not of the file, keeps it from being taken in."""
    row = db.session.get_one(Import, import_id, with_for_update=True)
    if row.status in ("queued", "running"):
        row.status, row.done_at = "failed", at
        row.problem = packed(Message(N_("The file could not be taken in because of a fault on our side")))


def start(*, import_id: int) -> None:
    """Say that the file is being read."""
    db.session.execute(update(Import).where(Import.id == import_id).values(status="running"))


def prepare(*, import_id: int, at: datetime) -> Prepared:
    """Read and check the whole file; writes nothing. Expected trouble is in the answer, not raised."""
    row = db.session.get_one(Import, import_id)
    actor = actor_of_sign_in(row.created_by_id) if row.created_by_id else SYSTEM
    if actor is None:
        return Prepared(row, SYSTEM, problem=Message(N_("The account that uploaded the file has been closed")))
    try:
        if row.kind == "scheme":
            return Prepared(row, actor, document=scheme_file.parse(row.content))
        reading = read(row.content, row.filename, row.kind, _remembered(row.kind))  # type: ignore[arg-type] # checked at upload
        if reading.doubtful:
            return Prepared(row, actor, reading=reading)
        batch = READERS[row.kind](
            actor=actor,
            at=at,
            rows=rows_of(reading.book, row.kind, reading.recognitions),  # type: ignore[arg-type] # as above
            recognitions=reading.recognitions,
        )
        reading.let_go()
    except Problem as problem:
        return Prepared(row, actor, problem=_words(problem))
    return Prepared(row, actor, reading=reading, batch=batch)


class Prepared:
    """A file that has been read: to be asked about, hopeless, or ready to be taken in."""

    def __init__(
        self,
        row: Import,
        actor: Actor,
        *,
        reading: Reading | None = None,
        batch: Batch | None = None,
        document: dict[str, Any] | None = None,
        problem: Message | None = None,
    ) -> None:
        self.row, self.actor = row, actor
        self.reading, self.batch, self.document, self.problem = reading, batch, document, problem

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.batch.rows if self.batch else 0


def take(*, prepared: Prepared, at: datetime) -> Import:
    """Take in what was prepared, all of it or nothing, and write down what became of it.

    A dry run does all of it as well and then leaves nothing but the counts.
    """
    row = db.session.get_one(Import, prepared.row.id, with_for_update=True)
    if row.status not in ("queued", "running"):
        return row
    row.done_at = at
    if prepared.problem:
        row.status, row.problem = "failed", packed(prepared.problem)
    elif prepared.reading and prepared.batch is None:
        row.status, row.doubtful = "mapping", prepared.reading.doubtful
    else:
        _write(row, prepared, at)
    db.session.flush()
    return row


def _write(row: Import, prepared: Prepared, at: datetime) -> None:
    batch = prepared.batch or Batch(rows=1)
    # The savepoint lets a refusal of the whole be told without losing the row that tells it.
    try:
        if row.dry_run:
            with rehearsal():
                _add(row, prepared, batch, at)
        else:
            with db.session.begin_nested():
                _add(row, prepared, batch, at)
    except Problem as problem:
        row.status, row.problem = "failed", packed(_words(problem))
        return
    row.status = "checked" if row.dry_run else "done"
    row.rows, row.accepted, row.rejected = batch.rows, batch.accepted, batch.rejected
    row.unchanged, row.left_out, row.entries = batch.unchanged, batch.left_out, batch.entries
    _keep_refusals(row, batch.refusals)


def _add(row: Import, prepared: Prepared, batch: Batch, at: datetime) -> None:
    actor = prepared.actor
    if row.kind == "scheme":
        scheme_file.adopt(actor=actor, at=at, document=prepared.document or {}, options=row.options)
    elif row.kind == "organisations":
        people_rows.write_organisations(actor=actor, at=at, batch=batch)
    elif row.kind == "members":
        headings = Headings(prepared.reading.recognitions if prepared.reading else {})
        people_rows.write_members(actor=actor, at=at, batch=batch, headings=headings)
    elif row.kind == "attendance":
        row.marks = attendance_rows.write_attendance(actor=actor, at=at, batch=batch)
    elif row.kind == "pledges":
        pledge_rows.write_pledges(actor=actor, at=at, import_id=row.id, batch=batch)
    elif row.kind == "lists":
        headings = Headings(prepared.reading.recognitions if prepared.reading else {})
        list_rows.write_lists(actor=actor, at=at, import_id=row.id, batch=batch, headings=headings)
    else:
        entry_rows.write_entries(actor=actor, at=at, import_id=row.id, batch=batch)


def _keep_refusals(row: Import, found: list[Refusal]) -> None:
    db.session.execute(db.delete(RejectedRow).where(RejectedRow.import_id == row.id))
    values = [
        {
            "import_id": row.id,
            "sheet": one.sheet,
            "row": one.row,
            "column": one.column[:200],
            **packed(one.message),
            "cells": [[heading, None if cell is None else str(cell)] for heading, cell in one.cells],
        }
        for one in found[:MAX_REFUSALS]
    ]
    if values:
        db.session.execute(db.insert(RejectedRow), values)


def _words(problem: Problem) -> Message:
    if isinstance(problem, Invalid):
        path, messages = next(iter(problem.errors.items()))
        if path == "file":
            return messages[0]
        return Message(N_("%(where)s: %(what)s"), where=path, what=messages[0].render())
    return problem.detail or Message(problem.title)


def _remembered(kind: str) -> dict[str, str]:
    rows = db.session.execute(select(ColumnChoice.heading, ColumnChoice.field).where(ColumnChoice.kind == kind))
    return {row.heading: row.field for row in rows}


READERS = {
    "organisations": people_rows.read_organisations,
    "members": people_rows.read_members,
    "attendance": attendance_rows.read_attendance,
    "entries": entry_rows.read_entries,
    "pledges": pledge_rows.read_pledges,
    "lists": list_rows.read_lists,
}
