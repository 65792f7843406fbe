"""Adding organisations and members, one or a hundred thousand, by the same few statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock
from pointsvc.audit import service as audit
from pointsvc.db import among, db, given, on_postgresql, touch
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.people import listing, reach
from pointsvc.people.categories import EXEMPT
from pointsvc.people.models import KINDS, Member, MemberCategory, Membership, Organisation, OrganisationReach
from pointsvc.people.names import initials, normal_name
from pointsvc.permissions import Actor

# Nobody has been a member for longer than the Party has been there.
FOUNDED_ON = date(1921, 7, 1)

# Codes and numbers stand in addresses, file names and columns.
_CODE = re.compile(r"[^\W_][\w.-]{0,63}")

Faults = dict[int, dict[str, Message]]
Beginning = Callable[[Collection[int], datetime], None]
_beginnings: list[Beginning] = []


def begins(beginning: Beginning) -> Beginning:
    """Register what a noun that knows people gives to new organisations (their ids) to begin with."""
    _beginnings.append(beginning)
    return beginning


@dataclass(frozen=True)
class NewOrganisation:
    """An organisation to add. ``parent`` is a code: of one that is there, or of another row."""

    code: str
    name: str
    kind: str
    parent: str | None = None
    secretary: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class NewMember:
    """A member to add to the organisation with this code."""

    number: str
    name: str
    organisation: str
    category: str = "regular"
    joined_on: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", normal_name(self.name))


@dataclass
class Added:
    """What became of the rows: ids of the new ones, and what was there already, alike or not.

    The keys are codes or numbers; ``different`` names the fields that are not as in the row. What
    was there is left as it is.
    """

    new: dict[str, int] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    different: dict[str, list[str]] = field(default_factory=dict)


def add_organisations(*, actor: Actor, at: datetime, rows: Sequence[NewOrganisation]) -> Added:
    """Add those of these organisations that are not there; parents may stand in any row.

    Raises Invalid with paths such as ``rows.3.parent`` (nothing is added then), Conflict when
    somebody else adds one of them at the same moment.
    """
    _refuse(organisation_faults(actor=actor, rows=rows))
    added = put_organisations(at=at, rows=rows)
    audit.note(actor=actor, at=at, action="organisations:add", count=len(added.new))
    return added


def add_members(*, actor: Actor, at: datetime, rows: Sequence[NewMember]) -> Added:
    """Add those of these members that are not there, each with an open membership and category.

    Both begin on the day of joining, or on 1 July 1921 when it is not known. Raises Invalid with
    paths such as ``rows.3.organisation`` (nothing is added then), Conflict when somebody else adds
    one of them at the same moment.
    """
    _refuse(member_faults(actor=actor, at=at, rows=rows))
    added = put_members(at=at, rows=rows)
    audit.note(actor=actor, at=at, action="members:add", count=len(added.new))
    return added


def _refuse(faults: Faults) -> None:
    if faults:
        raise Invalid({f"rows.{n}.{name}": text for n, row in faults.items() for name, text in row.items()})


# ---- what is wrong with rows


def organisation_faults(*, actor: Actor, rows: Sequence[NewOrganisation]) -> Faults:
    """What is wrong with which row, by its position and field; empty when all can be added."""
    faults: Faults = {}
    there = listing.organisations_by_code({row.code for row in rows})
    codes = {row.code for row in rows} | {row.parent for row in rows if row.parent}
    reached = reach.organisations(actor, codes)
    placed = {row.code for level in _levels(rows, set(reached)) for row in level} | set(reached)
    seen: set[str] = set()
    for position, row in enumerate(rows):
        found = _own_faults(row)
        if row.code in seen:
            found["code"] = Message(N_("%(code)s stands twice"), code=row.code)
        elif row.code in there and row.code not in reached:
            found["code"] = Message(N_("%(code)s is taken"), code=row.code)
        if row.code not in there and (fault := _parent_fault(actor, row, placed)):
            found["parent"] = fault
        seen.add(row.code)
        if found:
            faults[position] = found
    return faults


def _parent_fault(actor: Actor, row: NewOrganisation, placed: set[str]) -> Message | None:
    if row.parent is None:
        return None if actor.is_system else Message(N_("The organisation above it is needed"))
    if row.parent in placed and row.code in placed:
        return None
    return Message(N_("There is no organisation %(code)s within your reach"), code=row.parent)


def _own_faults(row: NewOrganisation) -> dict[str, Message]:
    found = {
        name: Message(N_("Between %(min)s and %(max)s characters"), min=1, max=longest)
        for name, longest in (("name", 200), ("secretary", 100), ("phone", 40))
        if (value := getattr(row, name)) is not None and not 1 <= len(value) <= longest
    }
    if not _CODE.fullmatch(row.code):
        found["code"] = Message(N_("Letters, digits, dots and hyphens only, at most 64"))
    if row.kind not in KINDS:
        found["kind"] = Message(N_("One of %(choices)s is needed"), choices=", ".join(KINDS))
    return found


def member_faults(*, actor: Actor, at: datetime, rows: Sequence[NewMember]) -> Faults:
    """What is wrong with which row, by its position and field; empty when all can be added."""
    faults: Faults = {}
    numbers = {row.number for row in rows}
    taken = set(db.session.scalars(select(Member.number).where(among(Member.number, numbers), ~reach.visible(actor))))
    places = reach.organisations(actor, {row.organisation for row in rows})
    today = clock.local(at).date()
    seen: set[str] = set()
    for position, row in enumerate(rows):
        found = _personal_faults(row, today)
        if row.organisation not in places:
            found["organisation"] = Message(
                N_("There is no organisation %(code)s within your reach"), code=row.organisation
            )
        if row.number in seen:
            found["number"] = Message(N_("%(code)s stands twice"), code=row.number)
        elif row.number in taken:
            found["number"] = Message(N_("%(code)s is taken"), code=row.number)
        seen.add(row.number)
        if found:
            faults[position] = found
    return faults


def _personal_faults(row: NewMember, today: date) -> dict[str, Message]:
    found = {}
    if not _CODE.fullmatch(row.number):
        found["number"] = Message(N_("Letters, digits, dots and hyphens only, at most 64"))
    if not 1 <= len(row.name) <= 100:
        found["name"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=100)
    if not 1 <= len(row.category) <= 40:
        found["category"] = Message(N_("Between %(min)s and %(max)s characters"), min=1, max=40)
    elif row.category == EXEMPT:
        found["category"] = Message(N_("Who is exempt is written down as a decision of its own"))
    if row.joined_on is not None and not FOUNDED_ON <= row.joined_on <= today:
        found["joined_on"] = Message(N_("A day from %(first)s to %(last)s is needed"), first=FOUNDED_ON, last=today)
    return found


# ---- writing them


def put_organisations(*, at: datetime, rows: Sequence[NewOrganisation]) -> Added:
    """Write rows without faults, level by level, with what stands above each. Raises Conflict."""
    codes = {row.code for row in rows} | {row.parent for row in rows if row.parent}
    there = listing.organisations_by_code(codes)
    added = Added()
    for row in rows:
        if row.code in there:
            _compare(added, row.code, row, there[row.code], ("name", "kind", "parent", "secretary", "phone"))
    ids = {code: row.id for code, row in there.items()}
    for level in _levels([row for row in rows if row.code not in there], set(there)):
        values = [
            (row.code, row.name, row.kind, ids[row.parent] if row.parent else None, row.secretary, row.phone)
            for row in level
        ]
        new = _insert_new(Organisation, ("code", "name", "kind", "parent_id", "secretary", "phone"), values, at)
        _put_reach(new.values())
        ids.update(new)
        added.new.update(new)
    for beginning in _beginnings if added.new else ():
        beginning(added.new.values(), at)
    return added


def _levels(rows: Sequence[NewOrganisation], known: set[str]) -> Iterable[list[NewOrganisation]]:
    """The rows in an order in which each parent comes before its children; circles are left out."""
    below: dict[str | None, list[NewOrganisation]] = {}
    for row in rows:
        below.setdefault(None if row.parent in known else row.parent, []).append(row)
    level = below.pop(None, [])
    while level:
        yield level
        level = [child for row in level for child in below.pop(row.code, ())]


def _put_reach(ids: Collection[int]) -> None:
    above = select(OrganisationReach.above_id, Organisation.id, OrganisationReach.depth + 1).join(
        Organisation, Organisation.parent_id == OrganisationReach.below_id
    )
    itself = select(Organisation.id, Organisation.id, literal(0))
    for rows in (above, itself):
        chosen = rows.where(among(Organisation.id, ids))
        db.session.execute(insert(OrganisationReach).from_select(["above_id", "below_id", "depth"], chosen))


def put_members(*, at: datetime, rows: Sequence[NewMember]) -> Added:
    """Write rows without faults, with membership and category. Raises Conflict."""
    there = listing.members_by_number({row.number for row in rows})
    added = Added()
    for row in rows:
        if row.number in there:
            _compare(added, row.number, row, there[row.number], ("name", "organisation", "category", "joined_on"))
    fresh = [row for row in rows if row.number not in there]
    if not fresh:
        return added
    values = [(row.number, row.name, initials(row.name), row.joined_on) for row in fresh]
    added.new = _insert_new(Member, ("number", "name", "initials", "joined_on"), values, at)
    _put_spans([(added.new[row.number], row.organisation, row.category, row.joined_on or FOUNDED_ON) for row in fresh])
    touch(added.new.values())
    return added


def _put_spans(rows: Sequence[tuple[int, str, str, date]]) -> None:
    columns = {
        "member_id": Membership.member_id.type,
        "code": Organisation.code.type,
        "category": MemberCategory.category.type,
        "starts_on": Membership.starts_on.type,
    }
    new = given(columns, rows)
    places = select(new.c.member_id, Organisation.id, new.c.starts_on).join(
        Organisation, Organisation.code == new.c.code
    )
    db.session.execute(insert(Membership).from_select(["member_id", "organisation_id", "starts_on"], places))
    kinds = select(new.c.member_id, new.c.category, new.c.starts_on)
    db.session.execute(insert(MemberCategory).from_select(["member_id", "category", "starts_on"], kinds))


def _insert_new(table: Any, names: Sequence[str], rows: Sequence[tuple[Any, ...]], at: datetime) -> dict[str, int]:
    """Insert the rows, the first name being the key; the answer is the id of each key."""
    columns = {name: getattr(table, name).type for name in names}
    new = given(columns, rows)
    # SQLite takes ON CONFLICT after a SELECT only when that has a WHERE.
    source = select(*new.c, literal(at, table.created_at.type)).where(new.c[names[0]].is_not(None))
    dialect: Any = postgresql if on_postgresql() else sqlite
    key = getattr(table, names[0])
    statement = (
        dialect.insert(table.__table__)
        .from_select([*names, "created_at"], source)
        .on_conflict_do_nothing(index_elements=[key])
        .returning(key, table.id)
    )
    ids = {row[0]: row[1] for row in db.session.execute(statement)}
    if len(ids) != len(rows):
        # We looked before and none was there: another transaction has just added one of them.
        raise Conflict(N_("Somebody else has just added one of these. Please try again."), code="added_meanwhile")
    return ids


def _compare(added: Added, key: str, row: Any, there: Any, names: Sequence[str]) -> None:
    """What a row does not say is not different."""
    told = {name: getattr(row, name) for name in names}
    different = [name for name, value in told.items() if value is not None and value != getattr(there, name)]
    if different:
        added.different[key] = different
    else:
        added.unchanged.append(key)
