"""Items that come in from a file: those that are there already are left as they are, the others are filed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from pointsvc.db import among, db
from pointsvc.lists import reading, writing
from pointsvc.lists.models import Item, ListSet
from pointsvc.lists.writing import NewItem
from pointsvc.permissions import Actor


@dataclass(frozen=True)
class Line:
    """One row: for which set and organisation, the number under which it stood (if any), and the item."""

    found: ListSet
    organisation_id: int
    number: int | None
    new: NewItem

    @property
    def ref(self) -> str:
        """By what the same row is known when the file comes again."""
        own = (self.found.id, self.organisation_id, self.number, *map(str, _said(self.new)))
        return hashlib.sha256(repr(own).encode()).hexdigest()


def take_in(*, actor: Actor, at: datetime, lines: Sequence[Line], import_id: int) -> tuple[int, list[int]]:
    """File the lines that are not there; the answer: how many were, and the positions of those that differ.

    One that differs from the item with its number is left out: items are changed on their page.
    """
    there, numbered = _known(lines), _numbered(lines)
    unchanged, different = 0, []
    fresh: dict[str, Line] = {}
    for position, line in enumerate(lines):
        same = numbered.get((line.found.id, line.number or 0))
        if same is not None and not _alike(line, *same):
            different.append(position)
        elif same is not None or line.ref in there or line.ref in fresh:
            unchanged += 1
        else:
            fresh[line.ref] = line
    by_set: dict[int, list[Line]] = {}
    for line in fresh.values():
        by_set.setdefault(line.found.id, []).append(line)
    for several in by_set.values():
        # In the order of their numbers, so that a whole set gets in an empty service the numbers that it had.
        several.sort(key=lambda line: line.number or 2**31)
        rows = [(line.organisation_id, line.new, "import", line.ref) for line in several]
        writing.put(actor=actor, at=at, found=several[0].found, rows=rows, import_id=import_id)
    return unchanged, different


def _known(lines: Sequence[Line]) -> set[str]:
    refs = [line.ref for line in lines]
    query = select(Item.source_ref).where(Item.source == "import", among(Item.source_ref, refs))
    return {ref for ref in db.session.scalars(query) if ref}


def _numbered(lines: Sequence[Line]) -> dict[tuple[int, int], tuple[Item, dict[str, list[str]]]]:
    """The items that stand under the numbers of these lines, each with its words, by set and number."""
    wanted: dict[int, list[int]] = {}
    for line in lines:
        if line.number:
            wanted.setdefault(line.found.id, []).append(line.number)
    # What was taken back with its file is not there any more.
    there = or_(Item.import_id.is_(None), Item.source_ref.is_not(None))
    items = [
        item
        for set_id, numbers in wanted.items()
        for item in db.session.scalars(select(Item).where(Item.set_id == set_id, among(Item.number, numbers), there))
    ]
    words = reading.words_of([item.id for item in items])
    return {(item.set_id, item.number): (item, words[item.id]) for item in items}


def _alike(line: Line, item: Item, words: dict[str, list[str]]) -> bool:
    """Whether the row says the same; blanks and line ends count for nothing, files change them."""
    own = [item.list, *(getattr(item, name) for name in _FIELDS), sorted(words["tag"]), sorted(words["skill"])]
    return item.organisation_id == line.organisation_id and list(map(_plain, own)) == list(map(_plain, _said(line.new)))


def _said(new: NewItem) -> list[Any]:
    return [new.list, *(getattr(new, name) for name in _FIELDS), sorted(set(new.tags)), sorted(set(new.skills))]


def _plain(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


_FIELDS = (
    "title",
    "text",
    "place",
    "starts_on",
    "ends_on",
    "due_on",
    "quota",
    "kind",
    "cause",
    "measure",
    "responsible",
    "reviewer",
    "acceptance",
)
