"""Filing items: by a unit, by a resident without an account, by the secretary on the telephone, by another noun."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, select
from sqlalchemy.exc import IntegrityError

from pointsvc import codes
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.lists import privacy, reading, writing
from pointsvc.lists.changing import RESIDENT
from pointsvc.lists.models import Item, ItemContact, ItemLink, ListSet
from pointsvc.lists.writing import NewItem, Stage
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, allowed

# Where residents file: an office or an enterprise has none.
# So many are offered to choose from; whoever does not find the own one types a part of its name.
PLACES = 12
FILED_AT = ("community", "village", "branch", "street", "township")
MOST_WORDS = 8
LONGEST_WORD = 20
MOST_PARTS = 1000
_PHONE = re.compile(r"[0-9+() -]{5,40}")

Faults = dict[str, Message]
__all__ = ["Contact", "NewItem", "Stage", "file_by_resident", "file_item", "filing_place", "give_code", "open_problem"]


@dataclass(frozen=True)
class Contact:
    """Who asks for it, and where to call back."""

    name: str
    phone: str


def file_item(
    *,
    actor: Actor,
    at: datetime,
    set_id: int,
    new: NewItem,
    organisation: str | None = None,
    contact: Contact | None = None,
    links: Collection[int] = (),
) -> Item:
    """File an item for this organisation (a code; else the actor's own).

    With ``contact`` it is a resident's need that came by telephone. ``links`` are items of the set
    that it belongs to. Raises NotFound, Forbidden for a confidential set, Invalid by field.
    """
    found = reading.one_set(actor=actor, set_id=set_id)
    if found.confidential and not allowed(actor, Permission.LEDGERS_WORK):
        raise Forbidden()
    owner = reach.named_or_own(actor, organisation)
    wrong = faults(found, new) | (_contact_faults(contact) if contact else {})
    if contact and found.life != "exchange":
        wrong["contact"] = Message(N_("Only needs are filed for a resident"))
    if wrong:
        raise Invalid(wrong)
    source = "phone" if contact else "unit"
    made = writing.put(actor=actor, at=at, found=found, rows=[(owner.id, new, source, None)])[0]
    if contact:
        db.session.add(ItemContact(item_id=made.id, name=contact.name, phone=contact.phone))
    _link(actor, at, found, made, links)
    return made


def file_by_resident(
    *, at: datetime, organisation: str, new: NewItem, contact: Contact, once: str, secret: str
) -> tuple[Item, str]:
    """File a resident's need at this organisation; the answer is the item and its tracking code.

    ``once`` names the form: sent again it files nothing new. Raises NotFound for an organisation at
    which nothing is filed, Invalid by field.
    """
    place = filing_place(organisation)
    found = reading.by_template(place.id, "exchange")
    there = db.session.scalar(select(Item).where(Item.source == "public", Item.source_ref == once[:64]))
    if there is not None:
        return there, code_of(there.id, secret=secret)
    if wrong := faults(found, new) | _contact_faults(contact):
        raise Invalid(wrong)
    made = writing.put(actor=RESIDENT, at=at, found=found, rows=[(place.id, new, "public", once[:64])])[0]
    code = code_of(made.id, secret=secret)
    made.code_hash = codes.hashed(code)
    db.session.add(ItemContact(item_id=made.id, name=contact.name, phone=contact.phone))
    db.session.flush()
    return made, code


def code_of(item_id: int, *, secret: str) -> str:
    """The tracking code of this item; told again when its slip was lost."""
    return codes.code_of(secret, f"list-item|{item_id}")


def give_code(item: Item, *, secret: str) -> str:
    """Let whoever asked by telephone follow the item too: the answer is its tracking code."""
    code = code_of(item.id, secret=secret)
    item.code_hash = codes.hashed(code)
    db.session.flush()
    return code


def open_problem(
    *,
    actor: Actor,
    at: datetime,
    organisation_id: int,
    title: str,
    text: str = "",
    measure: str = "",
    responsible: str = "",
    reviewer: str = "",
    due_on: date | None = None,
    source: str = "inspection",
    source_id: int | str,
) -> Item:
    """Put what another noun found onto the list of problems of this organisation, once for each ``source_id``.

    Asked for again it answers the item that is there. Raises NotFound, Invalid by field.
    """
    ref = str(source_id)
    same = select(Item).where(Item.source == source, Item.source_ref == ref)
    if there := db.session.scalar(same):
        return there
    owner = reach.organisation_by_id(actor, organisation_id)
    found = reading.by_template(owner.id, "problems")
    key = next(one["key"] for one in found.lists if one["side"] == "problem")
    new = NewItem(key, title, text, measure=measure, responsible=responsible, reviewer=reviewer, due_on=due_on, kind="")
    if wrong := faults(found, new):
        raise Invalid(wrong)
    try:
        with db.session.begin_nested():
            return writing.put(actor=actor, at=at, found=found, rows=[(owner.id, new, source, ref)])[0]
    except IntegrityError as error:
        # Somebody else has opened the same at this moment.
        there = db.session.scalar(same)
        if there is None:
            raise Conflict() from error
        return there


def filing_place(code: str) -> Organisation:
    """The organisation at which residents file under this code. Raises NotFound."""
    found = db.session.scalar(select(Organisation).where(Organisation.code == code, Organisation.kind.in_(FILED_AT)))
    if found is None:
        raise NotFound()
    return found


def filing_places(find: str) -> Sequence[Organisation]:
    """Some places at which residents file, communities first: those whose name holds ``find``, no more than fit."""
    kinds = {kind: place for place, kind in enumerate(FILED_AT)}
    return db.session.scalars(
        select(Organisation)
        .where(Organisation.kind.in_(FILED_AT), Organisation.name.contains(find, autoescape=True))
        .order_by(case(kinds, value=Organisation.kind), Organisation.code)
        .limit(PLACES)
    ).all()


# ---- what is wrong


def faults(found: ListSet, new: NewItem) -> Faults:
    """What is wrong with this item for this set, by field."""
    wrong: Faults = {}
    if reading.list_of(found, new.list) is None:
        wrong["list"] = Message(_ONE_OF, choices=", ".join(one["key"] for one in found.lists))
    for name, least, most in _LENGTHS:
        if not least <= len(getattr(new, name)) <= most:
            wrong[name] = Message(N_("Between %(min)s and %(max)s characters"), min=least, max=most)
    if not 1 <= new.quota <= MOST_PARTS:
        wrong["quota"] = Message(N_("A whole number from %(low)s to %(high)s is needed"), low=1, high=MOST_PARTS)
    if new.starts_on and new.ends_on and new.ends_on < new.starts_on:
        wrong["ends_on"] = Message(N_("The last day is before the first"))
    if found.life == "exchange":
        wrong |= {name: privacy.TOLD for name in ("title", "text", "place") if privacy.tells(getattr(new, name))}
    if any(not 1 <= len(stage.target) <= 200 for stage in new.stages):
        wrong["stages"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=200)
    return wrong | {name: _TOO_MUCH for name in ("tags", "skills") if not _short(getattr(new, name))}


def _short(words: Collection[str]) -> bool:
    return len(words) <= MOST_WORDS and all(1 <= len(word) <= LONGEST_WORD for word in words)


def _contact_faults(contact: Contact) -> Faults:
    wrong: Faults = {}
    if not 1 <= len(contact.name) <= 100:
        wrong["name"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=100)
    if not _PHONE.fullmatch(contact.phone):
        wrong["phone"] = Message(N_("A telephone number is needed, so that somebody can call back"))
    return wrong


_ONE_OF = N_("One of %(choices)s is needed")
_TOO_MUCH = Message(
    N_("At most %(most)s words of at most %(longest)s characters each"), most=MOST_WORDS, longest=LONGEST_WORD
)
_LENGTHS = (
    ("title", 1, 100),
    ("text", 0, 2000),
    ("place", 0, 100),
    ("kind", 0, 60),
    ("cause", 0, 1000),
    ("measure", 0, 1000),
    ("responsible", 0, 100),
    ("reviewer", 0, 100),
    ("acceptance", 0, 500),
)


# ---- inside


def _link(actor: Actor, at: datetime, found: ListSet, made: Item, links: Collection[int]) -> None:
    """Join the new item with these. Raises Invalid under ``links`` where the set allows no such link."""
    for other_id in dict.fromkeys(links):
        other = reading.item(actor=actor, item_id=other_id)
        pairs = {tuple(pair) for pair in found.links}
        if other.set_id != found.id or not {(made.list, other.list), (other.list, made.list)} & pairs:
            raise Invalid({"links": N_("These two lists are not joined in this set")})
        ends = (made.id, other.id) if (made.list, other.list) in pairs else (other.id, made.id)
        db.session.add(ItemLink(from_id=ends[0], to_id=ends[1], at=at, by_id=actor.sign_in_id))
    db.session.flush()
