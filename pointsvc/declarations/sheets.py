"""Sheets of paper for members without a telephone: printed with a code, typed in line by line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.declarations import sheetcode
from pointsvc.declarations.models import Declaration, DeclarationSheet
from pointsvc.errors import N_, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.permissions import Actor

LINES = 15
MOST_AT_ONCE = 20

_NO_SHEET = N_("There is no sheet %(code)s within your reach; please look at the code once more")
_NO_LINE = N_("Sheet %(code)s has lines 1 to %(lines)s")
_BOTH = N_("A sheet and a line belong together")
_TYPED = N_("Line %(line)s of sheet %(code)s has been typed in already")


@dataclass(frozen=True, slots=True)
class Spot:
    """One line of one sheet."""

    sheet_id: int
    line: int


def print_sheets(*, actor: Actor, at: datetime, organisation: str, copies: int) -> list[DeclarationSheet]:
    """New sheets of an organisation, each with a code of its own. Raises NotFound, Invalid under ``copies``."""
    if not 1 <= copies <= MOST_AT_ONCE:
        raise Invalid(
            {"copies": Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=MOST_AT_ONCE)}
        )
    node = reach.organisation(actor, organisation)
    rows = [
        DeclarationSheet(organisation_id=node.id, lines=LINES, printed_at=at, printed_by_id=actor.sign_in_id)
        for _ in range(copies)
    ]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def by_code(*, actor: Actor, codes: Collection[str]) -> dict[str, DeclarationSheet]:
    """The sheets with these codes within reach; the others are left out."""
    ids = {code: sheetcode.number(code) for code in codes}
    rows = db.session.scalars(
        select(DeclarationSheet).where(
            among(DeclarationSheet.id, [number for number in ids.values() if number is not None]),
            DeclarationSheet.organisation_id.in_(reach.organisation_ids(actor)),
        )
    )
    by_id = {row.id: row for row in rows}
    return {code: by_id[number] for code, number in ids.items() if number in by_id}


def sheet(*, actor: Actor, code: str) -> DeclarationSheet:
    """The sheet with this code. Raises NotFound when there is none within reach."""
    found = by_code(actor=actor, codes=[code]).get(code)
    if found is None:
        raise NotFound(Message(_NO_SHEET, code=code))
    return found


def printed(*, actor: Actor, limit: int) -> list[Any]:
    """The newest sheets within reach, each with the lines that have been typed in so far."""
    query = (
        select(DeclarationSheet)
        .where(DeclarationSheet.organisation_id.in_(reach.organisation_ids(actor)))
        .order_by(DeclarationSheet.id.desc())
        .limit(limit)
    )
    rows = list(db.session.scalars(query))
    typed = typed_lines([row.id for row in rows])
    return [(row, typed.get(row.id, set())) for row in rows]


def typed_lines(sheet_ids: Sequence[int]) -> dict[int, set[int]]:
    """Which lines of these sheets have been typed in, by sheet; those withdrawn since are free again."""
    found: dict[int, set[int]] = {}
    rows: Any = db.session.execute(
        select(Declaration.sheet_id, Declaration.sheet_line).where(
            among(Declaration.sheet_id, sheet_ids), Declaration.status != "withdrawn"
        )
    )
    for sheet_id, line in rows:
        found.setdefault(sheet_id, set()).add(line)
    return found


def spots(*, actor: Actor, places: Sequence[tuple[str | None, int | None]], path: str) -> list[Spot | None]:
    """The lines of paper behind these (code, line); None for what did not come on paper.

    Raises Invalid under ``sheet`` or ``line`` (behind ``path``) for a sheet that is none, a line that
    it has not, and one that has been typed in already.
    """
    if not any(code or line for code, line in places):
        return [None] * len(places)
    known = by_code(actor=actor, codes={code for code, _ in places if code})
    taken = typed_lines([row.id for row in known.values()])
    found: list[Spot | None] = []
    wrong: dict[str, Message] = {}
    for n, (code, line) in enumerate(places):
        spot, fault = _spot(known, taken, code, line)
        found.append(spot)
        if fault:
            wrong[path.format(n=n) + fault[0]] = fault[1]
        elif spot:
            taken.setdefault(spot.sheet_id, set()).add(spot.line)
    if wrong:
        raise Invalid(wrong)
    return found


# ---- inside


def _spot(
    known: dict[str, DeclarationSheet], taken: dict[int, set[int]], code: str | None, line: int | None
) -> tuple[Spot | None, tuple[str, Message] | None]:
    if not code and line is None:
        return None, None
    if not code or line is None:
        return None, ("line" if code else "sheet", Message(_BOTH))
    row = known.get(code)
    if row is None:
        return None, ("sheet", Message(_NO_SHEET, code=code))
    if not 1 <= line <= row.lines:
        return None, ("line", Message(_NO_LINE, code=code, lines=row.lines))
    if line in taken.get(row.id, ()):
        return None, ("line", Message(_TYPED, code=code, line=line))
    return Spot(row.id, line), None
