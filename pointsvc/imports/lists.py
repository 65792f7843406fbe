"""The three lists as the office keeps them: from rows to items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from pointsvc.errors import N_, Message
from pointsvc.imports import cells, days, texts
from pointsvc.imports.batch import Batch, Headings, understand
from pointsvc.imports.columns import Recognition
from pointsvc.imports.people import place_of, places_of
from pointsvc.imports.rows import Row
from pointsvc.lists import filing, reading, taking_in, writing
from pointsvc.lists.models import ListSet
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed

_BETWEEN = re.compile(r"[\s,，、;；]+")
_LENGTHS = {"place": 100, "kind": 60, "cause": 1000, "measure": 1000, "acceptance": 500, "details": 2000}
# How the fields of a file are called in an item, where they are not called the same.
_NAMES = {"title": "matter", "text": "details", "due_on": "deadline"}


def read_lists(*, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]) -> Batch:
    """Check the rows of lists. The list is named in the row or by the sheet; the set by its code, else by the list."""
    batch, headings = Batch(), Headings(recognitions)
    places, sets = places_of(actor), _sets(actor)
    lines: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        batch.rows += 1
        values, faults = understand(row, _READERS)
        if row.problem:
            faults["matter"] = row.problem
        place = place_of(places, values.get("organisation") or recognitions[row.sheet].place or "")
        if "organisation" not in faults and isinstance(place, Message):
            faults["organisation"] = place
        named = _list_of(sets, values.get("set") or "", values.get("list") or row.sheet)
        if isinstance(named, Message):
            faults["list"] = named
        values.update(place_code=place, named=named)
        batch.refusals += [headings.refusal(row, name, message) for name, message in faults.items()]
        if not faults:
            lines.append((row, values))
    _settle(actor, batch, headings, lines)
    return batch


def write_lists(*, actor: Actor, at: datetime, import_id: int, batch: Batch, headings: Headings) -> None:
    """File what is not there; a row that says otherwise of an item that is there is refused."""
    lines = [line for _, line in batch.wanted]
    batch.unchanged, different = taking_in.take_in(actor=actor, at=at, lines=lines, import_id=import_id)
    for position in different:
        batch.refusals.append(headings.refusal(batch.wanted[position][0], "serial", _DIFFERS))


_DIFFERS = Message(
    N_("There is an item with this number, and something in it is different; items are changed on their page")
)


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN.split(texts.free_text(value, longest=500)) if word)


def _count(value: object) -> int | None:
    found = cells.quantity(value, integer_only=True)
    return None if found is None else int(found)


_READERS: dict[str, Any] = {
    "serial": _count,
    "set": texts.text,
    "list": texts.text,
    "organisation": texts.text,
    "matter": partial(texts.free_text, longest=100),
    "starts_on": days.day,
    "ends_on": days.day,
    "deadline": days.day,
    "quota": _count,
    "tags": _words,
    "skills": _words,
    "responsible": partial(texts.free_text, longest=100),
    "reviewer": partial(texts.free_text, longest=100),
    **{name: partial(texts.free_text, longest=longest) for name, longest in _LENGTHS.items()},
}


def _sets(actor: Actor) -> Sequence[ListSet]:
    """The sets on which the actor may file."""
    hidden = allowed(actor, Permission.LEDGERS_WORK)
    return [one for one in reading.sets(actor=actor) if hidden or not one.confidential]


def _list_of(sets: Sequence[ListSet], code: str, name: str) -> tuple[ListSet, str] | Message:
    """The set and the key of the list that a row means, or what is wrong with it.

    Without a set's code a list of that name in a set that is not confidential is meant.
    """
    named = [
        (one, own["key"])
        for one in sets
        for own in one.lists
        if name in (own["name"], own["key"]) and (one.code == code if code else not one.confidential)
    ]
    if named:
        return named[0]
    return Message(N_("There is no list %(name)s that you may file on"), name=name)


def _settle(actor: Actor, batch: Batch, headings: Headings, lines: Sequence[tuple[Row, dict[str, Any]]]) -> None:
    ids = {code: row.id for code, row in reach.organisations(actor, {v["place_code"] for _, v in lines}).items()}
    for row, values in lines:
        found, key = values["named"]
        new = _item(key, values)
        wrong = filing.faults(found, new)
        batch.refusals += [headings.refusal(row, _NAMES.get(name, name), text) for name, text in wrong.items()]
        if not wrong:
            batch.wanted.append((row, taking_in.Line(found, ids[values["place_code"]], values["serial"], new)))


def _item(key: str, values: Mapping[str, Any]) -> writing.NewItem:
    own = {name: values[_NAMES.get(name, name)] for name in _TAKEN}
    return writing.NewItem(list=key, **{**own, "quota": own["quota"] or 1})


_TAKEN = [name for name in writing.NewItem.__dataclass_fields__ if name not in ("list", "stages")]
