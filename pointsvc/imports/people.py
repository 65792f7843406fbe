"""Organisations and the roster: from rows to verbs of people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.imports import cells, days, texts
from pointsvc.imports.batch import Batch, Headings, understand
from pointsvc.imports.columns import Recognition
from pointsvc.imports.rows import Row
from pointsvc.people import reach
from pointsvc.people import service as people
from pointsvc.people.models import Member, Membership, Organisation
from pointsvc.people.names import normal_name
from pointsvc.permissions import Actor


def read_organisations(
    *, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]
) -> Batch:
    """Check the rows of an organisations' sheet. A parent is named by code or by name."""
    batch, headings = Batch(), Headings(recognitions)
    readers = {
        "code": texts.text,
        "name": texts.text,
        "parent": texts.text,
        "secretary": texts.person_name,
        "phone": texts.text,
    }
    found: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        batch.rows += 1
        values, faults = understand(row, readers)
        try:
            values["kind"] = cells.organisation_kind(row.cells.get("kind"), values.get("name", ""))
        except texts.CellError as error:
            faults["kind"] = error.message
        if row.problem:
            faults["name"] = row.problem
        batch.refusals += [headings.refusal(row, name, message) for name, message in faults.items()]
        if not faults:
            found.append((row, values))
    codes = _codes_by_name(actor, found)
    own = {values["code"] for _, values in found}
    for row, values in found:
        parent = values["parent"] or None
        if parent and parent not in own:
            parent = codes.get(parent, parent)
        new = people.NewOrganisation(
            code=values["code"],
            name=values["name"],
            kind=values["kind"],
            parent=parent,
            secretary=values["secretary"] or None,
            phone=values["phone"] or None,
        )
        batch.wanted.append((row, new))
    _drop(batch, headings, people.organisation_faults(actor=actor, rows=[new for _, new in batch.wanted]))
    return batch


def _codes_by_name(actor: Actor, found: list[tuple[Row, dict[str, Any]]]) -> dict[str, str]:
    """Names to codes: of the rows themselves, and of what is there, where a name is one's alone."""
    rows = db.session.execute(
        select(Organisation.name, Organisation.code).where(Organisation.id.in_(reach.organisation_ids(actor)))
    )
    by_name: dict[str, set[str]] = defaultdict(set)
    for name, code in rows:
        by_name[name].add(code)
    for _, values in found:
        by_name[values["name"]].add(values["code"])
    return {name: next(iter(codes)) for name, codes in by_name.items() if len(codes) == 1}


def write_organisations(*, actor: Actor, at: datetime, batch: Batch) -> None:
    """Add the organisations that are not there."""
    added = people.add_organisations(actor=actor, at=at, rows=[new for _, new in batch.wanted])
    batch.unchanged = len(batch.wanted) - len(added.new)


def read_members(*, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]) -> Batch:
    """Check the rows of a roster. The branch is named by code or by name, in the row or in the title."""
    batch, headings = Batch(), Headings(recognitions)
    today = clock.local(at).date()
    readers: dict[str, Any] = {
        "number": texts.text,
        "name": texts.person_name,
        "category": cells.category,
        "organisation": texts.text,
        "joined_on": partial(days.day, latest=today),
    }
    places = places_of(actor)
    found: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        batch.rows += 1
        values, faults = understand(row, readers)
        if row.problem:
            faults["name"] = row.problem
        place = place_of(places, values.get("organisation") or recognitions[row.sheet].place or "")
        if "organisation" not in faults and isinstance(place, Message):
            faults["organisation"] = place
        values["place"] = place
        batch.refusals += [headings.refusal(row, name, message) for name, message in faults.items()]
        if not faults:
            found.append((row, values))
    numbers = _numbers(actor, found)
    for row, values in found:
        number = values["number"] or numbers[id(row)]
        new = people.NewMember(
            number=number,
            name=values["name"],
            organisation=values["place"],
            category=values["category"] or "regular",
            joined_on=values["joined_on"],
        )
        batch.wanted.append((row, new))
    _drop(batch, headings, people.member_faults(actor=actor, at=at, rows=[new for _, new in batch.wanted]))
    return batch


def write_members(*, actor: Actor, at: datetime, batch: Batch, headings: Headings) -> None:
    """Add the members that are not there; a row that says otherwise of one who is there is refused."""
    added = people.add_members(actor=actor, at=at, rows=[new for _, new in batch.wanted])
    batch.unchanged = len(added.unchanged)
    for row, new in batch.wanted:
        if new.number in added.different:
            batch.refusals.append(headings.refusal(row, added.different[new.number][0], _DIFFERS))


_DIFFERS = Message(
    N_("This member is there already and something is different; transfers and changes are made on the member's page")
)


def places_of(actor: Actor) -> dict[str, set[str]]:
    """The codes of the organisations within reach, by code and by name."""
    rows = db.session.execute(
        select(Organisation.code, Organisation.name).where(Organisation.id.in_(reach.organisation_ids(actor)))
    )
    found: dict[str, set[str]] = defaultdict(set)
    for code, name in rows:
        found[code].add(code)
        found[name].add(code)
    return found


def place_of(places: Mapping[str, set[str]], text: str) -> str | Message:
    """The code that a code or a name means, or what is wrong with it."""
    codes = places.get(text, set())
    if len(codes) == 1:
        return next(iter(codes))
    if codes:
        return Message(N_("Several organisations are called %(name)s; give the code"), name=text)
    if not text:
        return Message(N_("The branch is missing"))
    return Message(N_("There is no organisation %(code)s within your reach"), code=text)


def _numbers(actor: Actor, found: list[tuple[Row, dict[str, Any]]]) -> dict[int, str]:
    """Numbers for rows without one: the known member's of that name in that branch, else the next free."""
    bare = [(row, values) for row, values in found if not values["number"]]
    if not bare:
        return {}
    codes = {values["place"] for _, values in bare}
    known = db.session.execute(
        select(Organisation.code, Member.name, Member.number)
        .join(Membership, Membership.member_id == Member.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Organisation.code.in_(codes), Membership.ends_on.is_(None))
    )
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for code, name, number in known:
        by_name[code, name].append(number)
    taken = set(db.session.scalars(select(Member.number).where(func.length(Member.number) > 0)))
    taken.update(values["number"] for _, values in found)
    last: Counter[str] = Counter()
    numbers: dict[int, str] = {}
    for row, values in bare:
        there = by_name[values["place"], normal_name(values["name"])]
        numbers[id(row)] = there.pop(0) if there else _next(values["place"], taken, last)
    return numbers


def _next(code: str, taken: set[str], last: Counter[str]) -> str:
    while True:
        last[code] += 1
        number = f"{code}-{last[code]:03d}"
        if number not in taken:
            taken.add(number)
            return number


def _drop(batch: Batch, headings: Headings, faults: dict[int, dict[str, Message]]) -> None:
    """Move the rows that the verb would refuse from the wanted to the refused."""
    for position, found in faults.items():
        row = batch.wanted[position][0]
        batch.refusals += [headings.refusal(row, name, message) for name, message in found.items()]
    batch.wanted = [pair for position, pair in enumerate(batch.wanted) if position not in faults]
