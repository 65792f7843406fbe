"""Sets of lists as data: a district renames its own, and adds others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.lists.models import LIVES, SIDES, ListSet
from pointsvc.lists.reading import open_to
from pointsvc.people import reach
from pointsvc.permissions import Actor

# Which sides of a set may be joined: a project with what it meets, a task with its problem.
JOINED = {
    "exchange": (("need", "offer"), ("project", "need"), ("project", "offer")),
    "closing": (("task", "problem"), ("duty", "task")),
}


def make_set(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    life: str,
    names: Sequence[str],
    organisation: str | None = None,
    confidential: bool = False,
) -> ListSet:
    """Add a set of three lists with these names, in the order of ``SIDES``.

    Raises NotFound for the organisation, Invalid by field, Conflict 'code_taken'.
    """
    owner = reach.named_or_own(actor, organisation).id
    wrong = _faults(name, names)
    if life not in LIVES:
        wrong["life"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(LIVES))
    if not 1 <= len(code) <= 40:
        wrong["code"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=40)
    if wrong:
        raise Invalid(wrong)
    if db.session.scalar(select(ListSet.id).where(ListSet.organisation_id == owner, ListSet.code == code)):
        raise Conflict(Message(N_("%(code)s is taken"), code=code), code="code_taken")
    made = ListSet(
        organisation_id=owner,
        code=code,
        name=name,
        life=life,
        lists=[{"key": _KEYS[side], "name": word, "side": side} for side, word in zip(SIDES[life], names, strict=True)],
        links=[[_KEYS[one], _KEYS[other]] for one, other in JOINED[life]],
        template="",
        confidential=confidential,
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    audit.note(actor=actor, at=at, action="list_set:make", object_id=str(made.id), code=code)
    return made


def rename_set(*, actor: Actor, at: datetime, set_id: int, name: str, names: Sequence[str]) -> ListSet:
    """Give a set and its lists other names. Raises NotFound, Invalid by field."""
    query = select(ListSet).where(ListSet.id == set_id, open_to(actor))
    if not actor.is_system:
        query = query.where(ListSet.organisation_id.in_(reach.organisation_ids(actor)))
    found = db.session.scalar(query.with_for_update())
    if found is None:
        raise NotFound()
    if wrong := _faults(name, names):
        raise Invalid(wrong)
    found.name = name
    found.lists = [{**one, "name": word} for one, word in zip(found.lists, names, strict=True)]
    db.session.flush()
    audit.note(actor=actor, at=at, action="list_set:rename", object_id=str(found.id))
    return found


_KEYS = {
    "need": "needs",
    "offer": "resources",
    "project": "projects",
    "problem": "problems",
    "task": "tasks",
    "duty": "duties",
}


def _faults(name: str, names: Sequence[str]) -> dict[str, Message]:
    wrong: dict[str, Message] = {}
    if not 1 <= len(name) <= 100:
        wrong["name"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=100)
    if len(names) != 3 or not all(1 <= len(word) <= 30 for word in names):
        wrong["names"] = Message(N_("Three names of lists are needed, each of at most 30 characters"))
    elif len(set(names)) != 3:
        wrong["names"] = Message(N_("The three lists need different names"))
    return wrong
