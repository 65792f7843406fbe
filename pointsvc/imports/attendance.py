"""Attendance sheets: from marks to meetings, and the points that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from pointsvc.activities import service as activities
from pointsvc.activities.service import AttendanceRow
from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.imports import cells, days, texts
from pointsvc.imports.batch import Batch, Headings, Refusal, meeting_heading, understand
from pointsvc.imports.columns import Recognition
from pointsvc.imports.directory import Directory, RuleSheets
from pointsvc.imports.people import place_of, places_of
from pointsvc.imports.rows import Row
from pointsvc.ledger import service as ledger
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes.holding import Sheet


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting as a sheet names it, before its kind is looked up in the rule sheet."""

    held_on: date
    kind: str
    title: str
    column: str


@dataclass
class Line:
    """A row on its way: who, of which organisation's sheet, and how they stood at which meeting."""

    row: Row
    values: dict[str, Any]
    organisation_id: int
    marks: list[tuple[Held, str]]


def read_attendance(
    *, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]
) -> Batch:
    """Check the rows of attendance sheets: one column a meeting, or one row a member and meeting.

    A row with one faulty mark is refused whole; an empty mark says nothing.
    """
    batch, headings = Batch(), Headings(recognitions)
    columns = {name: _columns(found) for name, found in recognitions.items()}
    ids = _ids(actor)
    places = places_of(actor)
    lines: list[Line] = []
    for row in rows:
        batch.rows += 1
        line = _line(row, recognitions[row.sheet], columns[row.sheet], places, ids)
        if isinstance(line, Line):
            lines.append(line)
        else:
            batch.refusals += [headings.refusal(row, name, message) for name, message in line.items()]
    directory = Directory(
        actor,
        {line.values["number"] for line in lines if line.values["number"]},
        {line.values["name"] for line in lines if not line.values["number"]},
    )
    _settle(batch, headings, lines, directory, at)
    return batch


def write_attendance(*, actor: Actor, at: datetime, batch: Batch) -> dict[str, int]:
    """Write the marks; the same sheet again changes nothing. The changed attendance: id -> revision."""
    marks = [mark for _, several in batch.wanted for mark in several]
    marked = activities.add_attendance(actor=actor, at=at, rows=marks)
    batch.entries = marked.entries
    batch.unchanged = len(batch.wanted) if not marked.changed else 0
    return {str(key): revision for key, revision in marked.changed.items()}


def undo_attendance(*, actor: Actor, at: datetime, marks: Mapping[str, int], reason: str) -> None:
    """Take back the marks that an import changed, and their points, unless changed since."""
    changed = {int(key): revision for key, revision in marks.items()}
    activities.take_back(actor=actor, at=at, changed=changed, reason=reason)


# ---- one row


def _columns(found: Recognition) -> dict[int, Held]:
    """The meetings of a sheet's columns; of two alike the second gets a title of its own."""
    seen: Counter[tuple[date | None, str]] = Counter()
    held: dict[int, Held] = {}
    for meeting in found.meetings:
        seen[meeting.day, meeting.kind] += 1
        count = seen[meeting.day, meeting.kind]
        if meeting.day is not None:
            title = f"第{count}场" if count > 1 else ""
            held[meeting.column] = Held(meeting.day, meeting.kind, title, meeting_heading(meeting))
    return held


def _line(
    row: Row, found: Recognition, columns: Mapping[int, Held], places: Mapping[str, set[str]], ids: Mapping[str, int]
) -> Line | dict[str, Message]:
    values, faults = understand(row, _READERS)
    if row.problem:
        faults["name"] = row.problem
    place = values.get("organisation") or _place(found, places)
    code = place_of(places, place)
    if isinstance(code, Message):
        return {**faults, "organisation": code}
    marks: list[tuple[Held, str]] = []
    pairs = _wide(row, columns) if found.meetings else _long(row, found, faults)
    for held, raw in pairs:
        try:
            mark = cells.mark(raw)
        except texts.CellError as error:
            faults[held.column] = error.message
            continue
        if mark is not None:
            marks.append((held, mark))
    return faults or Line(row, values, ids[code], marks)


_READERS = {"number": texts.text, "name": texts.person_name, "organisation": texts.text}


def _place(found: Recognition, places: Mapping[str, set[str]]) -> str:
    """The branch that a sheet is of: by its own name (a code, often), else by its title."""
    return found.sheet if len(places.get(found.sheet, ())) == 1 else found.place or found.sheet


def _wide(row: Row, columns: Mapping[int, Held]) -> Iterator[tuple[Held, Any]]:
    for meeting, raw in row.marks:
        if meeting.column in columns:
            yield columns[meeting.column], raw


def _long(row: Row, found: Recognition, faults: dict[str, Message]) -> Iterator[tuple[Held, Any]]:
    readers: dict[str, Any] = {
        "occurred_on": partial(days.day, year_hint=found.year_hint, first_of_month=False),
        "kind": texts.text,
        "title": partial(texts.exact_text, longest=200),
    }
    values, wrong = understand(row, readers)
    if not wrong and values["occurred_on"] is None:
        wrong = {"occurred_on": Message(N_("The day is missing"))}
    faults.update(wrong)
    if not wrong:
        kind = values["kind"] or found.meeting_kind
        yield Held(values["occurred_on"], kind, values["title"], "mark"), row.cells.get("mark")


def _ids(actor: Actor) -> dict[str, int]:
    rows = db.session.execute(
        select(Organisation.code, Organisation.id).where(Organisation.id.in_(reach.organisation_ids(actor)))
    )
    return {row.code: row.id for row in rows}


# ---- all rows together


def _settle(batch: Batch, headings: Headings, lines: list[Line], directory: Directory, at: datetime) -> None:
    on = [held.held_on for line in lines for held, _ in line.marks]
    if not on:
        batch.wanted += [(line.row, []) for line in lines]
        return
    owners = {line.organisation_id for line in lines}
    sheets = RuleSheets(owners | directory.branches(), min(on), max(on))
    kinds = _Kinds()
    for line in lines:
        rows: list[AttendanceRow] = []
        refused: list[Refusal] = []
        who = directory.person(line.values["number"], line.values["name"], directory.codes[line.organisation_id][0])
        if isinstance(who, tuple):
            batch.refusals.append(headings.refusal(line.row, *who))
            continue
        for held, mark in line.marks:
            found = _mark(line, held, mark, who.id, directory, sheets, kinds, at)
            if isinstance(found, Message):
                refused.append(headings.refusal(line.row, held.column, found))
            else:
                rows.append(found)
        batch.refusals += refused
        if not refused:
            batch.wanted.append((line.row, rows))


def _mark(
    line: Line,
    held: Held,
    mark: str,
    member_id: int,
    directory: Directory,
    sheets: RuleSheets,
    kinds: _Kinds,
    at: datetime,
) -> AttendanceRow | Message:
    wrong = ledger.check_day(held.held_on, at)
    if wrong:
        return wrong
    branch = directory.branch(member_id, held.held_on)
    if branch is None:
        text = N_("On this day %(member)s belonged to no organisation within your reach")
        return Message(text, member=line.values["number"] or line.values["name"])
    sheet = sheets.of(branch, held.held_on)
    if sheet is None:
        return Message(N_("No rule sheet is in force here on %(day)s"), day=held.held_on)
    kind = kinds.of(sheet, held.kind)
    if kind is None:
        text = N_("The rule sheet in force on %(day)s has no such kind of meeting; it has: %(kinds)s")
        return Message(text, day=held.held_on, kinds="、".join(sheet.document.get("activities", {})))
    return AttendanceRow(
        organisation_id=line.organisation_id,
        kind=kind,
        held_on=held.held_on,
        member_id=member_id,
        branch_id=branch,
        sheet=sheet,
        mark=mark,
        title=held.title,
    )


class _Kinds:
    """The rule sheet's word for a kind of meeting, from what a heading calls it."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str | None] = {}

    def of(self, sheet: Sheet, text: str) -> str | None:
        """The kind itself, or the only kind whose name stands within the text; None otherwise."""
        key = (sheet.digest, text)
        if key not in self._known:
            kinds = list(sheet.document.get("activities", {}))
            within = [kind for kind in kinds if kind in text]
            self._known[key] = text if text in kinds else within[0] if len(within) == 1 else None
        return self._known[key]
