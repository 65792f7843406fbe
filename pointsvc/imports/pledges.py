"""The office's ledger of pledges: from rows to pledges that wait for the meeting."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from pointsvc import clock
from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports import days, texts
from pointsvc.imports.batch import Batch, Headings, understand
from pointsvc.imports.columns import Recognition
from pointsvc.imports.directory import Directory
from pointsvc.imports.people import place_of, places_of
from pointsvc.imports.rows import Row
from pointsvc.permissions import Actor
from pointsvc.pledges import taking_in
from pointsvc.pledges.saying import Said
from pointsvc.pledges.taking_in import NewPledge

_KINDS = (("共性", "common"), ("岗位", "post"), ("岗", "post"), ("实事", "practical"), ("办事", "practical"))
_EMERGENCY = re.compile("即时|临时|急难|应急|专项|emergency", re.IGNORECASE)
_YEARS_END = re.compile(r"(?:(\d{4})年?)?(?:年底|年末|年内|全年|当年|本年度?|年度|长期)(?:前|之前)?")
_MONTH = re.compile(r"(?:(\d{4})[年.\-/])?(\d{1,2})月?(?:份|底|末|前|底前|末前)?")
_LENGTHS = {"indicator": 200, "baseline": 100, "target": 100, "beneficiary": 200, "witness": 200}


@dataclass(frozen=True, slots=True)
class _Line:
    """A row on its way: what it says, and the branch that it or its sheet names."""

    row: Row
    values: dict[str, Any]
    place: str


def read_pledges(*, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]) -> Batch:
    """Check the rows of a ledger of pledges. Where an organisation's name stands for the person's, it
    promises itself; where no day stands, it is the end of the year.
    """
    batch, headings = Batch(), Headings(recognitions)
    today = clock.local(at).date()
    lines: list[_Line] = []
    for row in rows:
        batch.rows += 1
        found = recognitions[row.sheet]
        values, faults = understand(row, _readers(found.year_hint or today.year))
        if row.problem:
            faults["text"] = row.problem
        if not faults and not values["text"]:
            faults["text"] = Message(N_("What is promised is missing"))
        batch.refusals += [headings.refusal(row, name, message) for name, message in faults.items()]
        if not faults:
            lines.append(_Line(row, values, values["organisation"] or found.place or ""))
    _settle(actor, batch, headings, lines, today)
    return batch


def write_pledges(*, actor: Actor, at: datetime, import_id: int, batch: Batch) -> None:
    """Add the pledges that are not there; the same ledger again changes nothing."""
    wanted: list[NewPledge] = [new for _, new in batch.wanted]
    there = taking_in.known(wanted)
    fresh: dict[taking_in.Identity, NewPledge] = {}
    for new in wanted:
        if new.identity not in there:
            fresh.setdefault(new.identity, new)
    taking_in.add(actor=actor, at=at, rows=list(fresh.values()), import_id=import_id)
    batch.unchanged = len(wanted) - len(fresh)


# ---- cells


def _readers(year: int) -> dict[str, Any]:
    return {
        "number": texts.text,
        "name": texts.text,
        "organisation": texts.text,
        "kind": _kind,
        "horizon": _horizon,
        "text": partial(texts.free_text, longest=500),
        "due_on": partial(_due, year=year),
        **{name: partial(texts.free_text, longest=longest) for name, longest in _LENGTHS.items()},
    }


def _kind(value: object) -> str:
    """A word of the office for the kind; without one it is a practical deed."""
    written = texts.text(value)
    return next((kind for word, kind in _KINDS if word in written), "practical")


def _horizon(value: object) -> str:
    return "emergency" if _EMERGENCY.search(texts.text(value)) else "yearly"


def _due(value: object, *, year: int) -> date:
    """A day; of a month alone its last, of a year alone or nothing the last of the year."""
    written = "" if texts.is_nothing(value) or isinstance(value, date) else texts.text(value)
    if not written and not isinstance(value, date):
        return date(year, 12, 31)
    if found := _YEARS_END.fullmatch(written):
        return date(int(found[1] or year), 12, 31)
    found = _MONTH.fullmatch(written)
    if found and "月" in written and 1 <= int(found[2]) <= 12:
        of = int(found[1] or year)
        return date(of, int(found[2]), calendar.monthrange(of, int(found[2]))[1])
    day = days.day(value, year_hint=year)
    return day or date(year, 12, 31)


# ---- all rows together


def _settle(actor: Actor, batch: Batch, headings: Headings, lines: list[_Line], today: date) -> None:
    places = places_of(actor)
    directory = Directory(
        actor,
        {line.values["number"] for line in lines if line.values["number"]},
        {texts.person_name(line.values["name"]) for line in lines if not line.values["number"]},
    )
    ids = {code: number for number, (code, _) in directory.codes.items()}
    for line in lines:
        found = _promiser(line, directory, places, ids, today)
        if isinstance(found[1], Message):
            batch.refusals.append(headings.refusal(line.row, str(found[0]), found[1]))
            continue
        said = _said(line.values)
        try:
            said.check()
        except Invalid as problem:
            batch.refusals += [headings.refusal(line.row, name, text[0]) for name, text in problem.errors.items()]
            continue
        batch.wanted.append((line.row, NewPledge(*found, said)))


def _promiser(
    line: _Line, directory: Directory, places: Mapping[str, set[str]], ids: Mapping[str, int], today: date
) -> tuple[Any, Any]:
    """The organisation and the member (None: it promises itself), or the field at fault and why."""
    number, name = line.values["number"], line.values["name"]
    if not number and name in places:
        code = place_of(places, name)
        return ("name", code) if isinstance(code, Message) else (ids[code], None)
    who = directory.person(number, texts.person_name(name), _code(places, line.place))
    if isinstance(who, tuple):
        return who
    branch = directory.branch(who.id, today)
    if branch is None:
        text = N_("On this day %(member)s belonged to no organisation within your reach")
        return "number" if number else "name", Message(text, member=who.number)
    return branch, who.id


def _code(places: Mapping[str, set[str]], place: str) -> str:
    """The code of a branch that is named, else the words as they are."""
    found = place_of(places, place) if place else place
    return place if isinstance(found, Message) else found


def _said(values: Mapping[str, Any]) -> Said:
    return Said(**{name: values[name] for name in ("kind", "horizon", "text", "due_on", *_LENGTHS)})
