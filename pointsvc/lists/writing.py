"""Writing new items: numbered, with their words, stages and first line of history, in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, update

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.lists import reading
from pointsvc.lists.models import SIDES, Item, ItemLog, ItemStage, ItemTag, ListSet
from pointsvc.permissions import Actor


@dataclass(frozen=True)
class Stage:
    """A step of long work and the day until which it is due."""

    target: str
    due_on: date


@dataclass(frozen=True)
class NewItem:
    """An item to file. From ``kind`` on the fields are those of problems, tasks and duties."""

    list: str
    title: str
    text: str = ""
    place: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    due_on: date | None = None
    quota: int = 1
    tags: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    kind: str = ""
    cause: str = ""
    measure: str = ""
    responsible: str = ""
    reviewer: str = ""
    acceptance: str = ""
    stages: tuple[Stage, ...] = ()


def put(
    *,
    actor: Actor,
    at: datetime,
    found: ListSet,
    rows: Sequence[tuple[int, NewItem, str, str | None]],
    import_id: int | None = None,
) -> list[Item]:
    """Write items without faults: (organisation, item, source, its reference). A few statements for any number.

    ``import_id``: the file that brings them.
    """
    last = _numbers(found, len(rows))
    values = [
        {**_values(found, last - len(rows) + place, row, actor, at), "import_id": import_id}
        for place, row in enumerate(rows, start=1)
    ]
    made = list(db.session.scalars(insert(Item).returning(Item, sort_by_parameter_order=True), values))
    pairs = list(zip(made, (row[1] for row in rows), strict=True))
    words = [
        {"item_id": item.id, "kind": kind, "word": word}
        for item, new in pairs
        for kind, several in (("tag", new.tags), ("skill", new.skills))
        for word in dict.fromkeys(several)
    ]
    steps = [
        {"item_id": item.id, "place": place, "target": stage.target, "due_on": stage.due_on}
        for item, new in pairs
        for place, stage in enumerate(new.stages, start=1)
    ]
    lines = [_line(item, actor, at) for item in made]
    for table, wanted in ((ItemTag, words), (ItemStage, steps), (ItemLog, lines)):
        if wanted:
            db.session.execute(insert(table), wanted)
    for item in made:
        audit.note(actor=actor, at=at, action="item:file", object_id=str(item.id), list=item.list)
    db.session.flush()
    return made


def _numbers(found: ListSet, count: int) -> int:
    """Take so many numbers of the set; the answer is the last of them. Others who file wait until it is decided."""
    taking = (
        update(ListSet)
        .where(ListSet.id == found.id)
        .values(last_number=ListSet.last_number + count)
        .returning(ListSet.last_number)
        .execution_options(synchronize_session=False)
    )
    return db.session.scalars(taking).one()


def _values(
    found: ListSet, number: int, row: tuple[int, NewItem, str, str | None], actor: Actor, at: datetime
) -> Mapping[str, Any]:
    organisation_id, new, source, ref = row
    own = {name: getattr(new, name) for name in _KEPT}
    side = (reading.list_of(found, new.list) or {}).get("side", SIDES[found.life][0])
    return {
        **own,
        "set_id": found.id,
        "life": found.life,
        "side": side,
        "number": number,
        "organisation_id": organisation_id,
        "status": "open",
        "source": source,
        "source_ref": ref,
        "opened_at": at,
        "opened_by_id": actor.sign_in_id,
    }


_KEPT = [name for name in NewItem.__dataclass_fields__ if name not in ("tags", "skills", "stages")]


def _line(item: Item, actor: Actor, at: datetime) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "round": 1,
        "act": "file",
        "old": None,
        "new": "open",
        "organisation_id": item.organisation_id,
        "actor": actor.kind,
        "sign_in_id": actor.sign_in_id,
        "note": None,
        "at": at,
    }
