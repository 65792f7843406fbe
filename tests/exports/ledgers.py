"""What tests of exports do again and again: write a table into a file, take the file in, compare ledgers."""

from __future__ import annotations

import io
import tempfile
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.exports import tables
from pointsvc.imports.models import Import
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.schemes.models import Rule
from pointsvc.spreadsheets import Table, write_csv, write_xlsx
from pointsvc.tallies import service as tallies
from tests.imports.test_service import take_in

FORMS = ("xlsx", "utf-8-sig", "gb18030")


def content_of(table: Table, form: str) -> bytes:
    """The table as the bytes of a file: a workbook, or a text file in this encoding."""
    if form == "xlsx":
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as book:
            write_xlsx(book.name, [table])
            return book.read()
    file = io.BytesIO()
    write_csv(file, table, form)
    return file.getvalue()


def exported(kind: str, form: str = "xlsx", *, actor: Actor = SYSTEM, organisation: str = "QS", **more: Any) -> bytes:
    """What somebody takes away."""
    taken = tables.table(actor=actor, at=clock.now(), kind=kind, organisation=organisation, **more)
    return content_of(taken.table, form)


def taken_in(kind: str, content: bytes, *, actor: Actor = SYSTEM, **more: Any) -> Import:
    """Upload such a file and carry it out."""
    filename = f"{kind}.xlsx" if content.startswith(b"PK") else f"{kind}.csv"
    return take_in(kind, content, actor=actor, filename=filename, **more)


def live() -> list[tuple[Any, ...]]:
    """What counts in the ledger, in order, without what differs from one service to the next."""
    back = select(Entry.reverses_id).where(Entry.reverses_id.is_not(None))
    rows = db.session.execute(
        select(Member.number, Rule.code, Entry)
        .join(Member, Member.id == Entry.member_id)
        .join(Rule, Rule.id == Entry.rule_id)
        .where(Entry.reverses_id.is_(None), Entry.id.not_in(back))
    )
    fields = ("points", "quantity", "tier", "matter", "note", "occurred_on")
    found = [(number, code, *(getattr(entry, name) for name in fields)) for number, code, entry in rows]
    return sorted(found, key=repr)


def figures(period: str | None = None) -> dict[str, Any]:
    """Every member's score with its lines, by number."""
    found = {}
    with transaction():
        for number in db.session.scalars(select(Member.number).order_by(Member.number)).all():
            one = tallies.score(actor=SYSTEM, at=clock.now(), member=number, period=period)
            lines = [
                (line.rule, line.occurred_on, line.points, line.counted, line.codes)
                for line in one.lines
                if "reversed" not in line.codes and "reversal" not in line.codes
            ]
            figures = (one.raw, one.base, one.rules, one.groups, one.total, one.grade, one.veto)
            found[number] = (*figures, lines)
    return found
