"""``pointsvc import``: a file taken in from the command line, and what is told of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click
from flask import Flask

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import N_
from pointsvc.imports import service as imports
from pointsvc.imports.batch import unpacked
from pointsvc.imports.models import Import
from pointsvc.permissions import SYSTEM
from pointsvc.terminal import gettext, say, see_through, warn

PAGE = 1000


def import_from_file(
    app: Flask,
    *,
    kind: str,
    file: Path,
    dry_run: bool,
    organisation: str | None,
    starts_on: date | None,
    columns: dict[str, str],
) -> bool:
    """Take the file in and tell the counts and every refused row. True when no row was refused.

    ``columns`` says what doubtful headings hold. Raises Problem when the file itself is refused.
    """
    with transaction():
        row = imports.upload(
            actor=SYSTEM,
            at=clock.now(),
            kind=kind,
            filename=file.name,
            content=file.read_bytes(),
            dry_run=dry_run,
            organisation=organisation,
            starts_on=starts_on,
        )
    row = _carry_out(app, row)
    if row.status == "mapping" and columns:
        with transaction():
            row = imports.answer(actor=SYSTEM, at=clock.now(), import_id=row.id, choices=columns)
        row = _carry_out(app, row)
    return _tell(row)


def _carry_out(app: Flask, row: Import) -> Import:
    if row.job_id is not None:
        see_through(app, row.job_id)
    db.session.expire_all()
    return imports.find(actor=SYSTEM, import_id=row.id)


def _tell(row: Import) -> bool:
    if row.problem:
        click.echo(unpacked(**row.problem).render(gettext), err=True)
        return False
    if row.status == "mapping":
        warn(N_("What do these columns hold? Say it with --column HEADING=FIELD:"))
        for question in row.doubtful:
            click.echo(f"  {question['heading']}: {', '.join(imports.fields_of(row.kind))}", err=True)
        return False
    say(
        N_("%(rows)s rows: %(accepted)s accepted, %(rejected)s refused, %(unchanged)s old; %(entries)s entries"),
        rows=row.rows,
        accepted=row.accepted,
        rejected=row.rejected,
        unchanged=row.unchanged,
        entries=row.entries,
    )
    if row.left_out:
        say(N_("%(number)s rows of reversals were left out: neither half counts"), number=row.left_out)
    _tell_refusals(row.id)
    if row.dry_run:
        say(N_("Nothing was written: this was only a look through."))
    return row.status in ("done", "checked") and row.rejected == 0


def _tell_refusals(import_id: int) -> None:
    after = 0
    while page := imports.refusals(import_id=import_id, limit=PAGE, after=after):
        for refused in page:
            where = gettext("row %(row)s") % {"row": refused.row}
            words = unpacked(refused.message, refused.params).render(gettext)
            click.echo(" ".join(part for part in (refused.sheet, where, refused.column) if part) + f": {words}")
        after = page[-1].id
