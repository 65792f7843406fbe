"""What an actor reaches: its node of the tree and all below it; a member, only the own record.

Every object is loaded through here. What is out of reach raises the same NotFound as what is not
there, so nobody learns of a stranger's objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, true
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Message, NotFound
from pointsvc.people import merged
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, OrganisationReach, SignIn
from pointsvc.permissions import Actor, Role
from pointsvc.prepared import Prepared

# Both engines limit how many values one statement may carry.
_AT_ONCE = 10_000


def organisation_ids(actor: Actor) -> Select[int]:
    """The ids of the actor's node and all below it, as a subquery for ``in_``; of all for the system."""
    if actor.is_system:
        return select(Organisation.id)
    return select(OrganisationReach.below_id).where(OrganisationReach.above_id == actor.organisation_id)


def ids_below(organisation_id: int) -> Select[int]:
    """The ids of this organisation and all below it, as a subquery for ``in_``."""
    return select(OrganisationReach.below_id).where(OrganisationReach.above_id == organisation_id)


def sign_in_ids(actor: Actor) -> Select[int]:
    """The ids of the sign-ins whose node the actor reaches, as a subquery for ``in_``."""
    return select(SignIn.id).where(SignIn.organisation_id.in_(organisation_ids(actor)))


def organisation(actor: Actor, code: str) -> Organisation:
    """The organisation with this code. Raises NotFound when there is none within reach."""
    found = db.session.scalar(select(Organisation).where(Organisation.code == code, _in_reach(actor, Organisation.id)))
    if found is None:
        raise NotFound(Message(N_("There is no organisation %(code)s within your reach"), code=code))
    return found


def organisation_by_id(actor: Actor, organisation_id: int) -> Organisation:
    """The organisation with this id. Raises NotFound when there is none within reach."""
    found = db.session.scalar(
        select(Organisation).where(Organisation.id == organisation_id, _in_reach(actor, Organisation.id))
    )
    if found is None:
        raise NotFound()
    return found


def reaches(actor: Actor, organisation_id: int) -> bool:
    """Whether the actor reaches the organisation with this id."""
    query = select(Organisation.id).where(Organisation.id == organisation_id, _in_reach(actor, Organisation.id))
    return db.session.scalar(query) is not None


def organisations(actor: Actor, codes: Collection[str]) -> dict[str, Organisation]:
    """Those of these organisations that the actor reaches, by code; the others are left out."""
    query = select(Organisation).where(among(Organisation.code, codes), _in_reach(actor, Organisation.id))
    return {row.code: row for row in db.session.scalars(query)}


def member(actor: Actor, number: str) -> Member:
    """The member with this number, for reading. Raises NotFound when there is none within reach.

    The number of a record that was merged into another means that other. A past membership within
    reach counts too; for recording, the branch of the day must also be within reach: see
    ``branch_on``.
    """
    given = {"number": number, "own": actor.member_id, "above": actor.organisation_id}
    found = db.session.scalar(_member(actor.is_system, actor.role == Role.MEMBER), given)
    if found is None:
        raise _no_member(number)
    return found


def by_number(make: Callable[[], Any]) -> Callable[[bool, bool], Prepared]:
    """A query on Member, as a statement for ``asked_by_number``: of one member, and only within reach."""

    @cache
    def narrowed(everywhere: bool, own: bool) -> Prepared:
        return Prepared(lambda dialect: _by_number(make(), everywhere, own))

    return narrowed


def asked_by_number(actor: Actor, number: str, statement: Callable[[bool, bool], Prepared], **values: Any) -> Any:
    """The row that the statement selects of the member with this number.

    Raises NotFound as ``member`` does, without loading the record.
    """
    made = statement(actor.is_system, actor.role == Role.MEMBER)
    found = made.first(number=number, own=actor.member_id, above=actor.organisation_id, **values)
    if found is None:
        raise _no_member(number)
    return found


def _no_member(number: str) -> NotFound:
    return NotFound(Message(N_("There is no member %(number)s within your reach"), number=number))


def member_by_id(actor: Actor, member_id: int) -> Member:
    """The member with this id, as ``member`` finds it. Raises NotFound."""
    found = db.session.scalar(select(Member).where(Member.id == member_id, visible(actor)))
    if found is None:
        raise NotFound()
    return found


def members(actor: Actor, numbers: Collection[str]) -> dict[str, Member]:
    """Those of these members that the actor reaches, by number, in one query; the others are left out.

    It does not raise: the caller names the rows whose number is missing from the answer.
    """
    named = aliased(Member)
    query = select(named.number, Member).join(Member, Member.id == merged.kept(named.id))
    rows = db.session.execute(query.where(among(named.number, numbers), visible(actor)))
    return {row[0]: row[1] for row in rows}


def visible(actor: Actor) -> ColumnElement[bool]:
    """The condition on Member that the actor may read the record."""
    return _visible(actor.is_system, actor.role == Role.MEMBER, actor.member_id, actor.organisation_id)


def _visible(everywhere: bool, own: bool, member_id: Any, above_id: Any) -> ColumnElement[bool]:
    if everywhere:
        return true()
    if own:
        return Member.id == member_id
    return (
        select(Membership.id)
        .join(OrganisationReach, OrganisationReach.below_id == Membership.organisation_id)
        .where(Membership.member_id == Member.id, OrganisationReach.above_id == above_id)
        .exists()
    )


@cache
def _member(everywhere: bool, own: bool) -> Select[*tuple[Any, ...]]:
    # Built once: asked by most requests, and building costs more than asking.
    return _by_number(select(Member), everywhere, own)


def _by_number(query: Select[*tuple[Any, ...]], everywhere: bool, own: bool) -> Select[*tuple[Any, ...]]:
    reached = _visible(everywhere, own, bindparam("own"), bindparam("above"))
    return query.where(merged.meant_by(bindparam("number")), reached)


def own_branch(actor: Actor, day: date) -> int | None:
    """The organisation that the actor belongs to as a member on this day, if any."""
    return None if actor.member_id is None else branch_on([actor.member_id], day).get(actor.member_id)


def own_node(actor: Actor) -> Organisation:
    """The node of the actor's account. Raises NotFound for the system, which has none."""
    return organisation_by_id(actor, actor.organisation_id or 0)


def named_or_own(actor: Actor, code: str | None) -> Organisation:
    """The organisation with this code, else the actor's own node. Raises NotFound."""
    return organisation(actor, code) if code else own_node(actor)


def node(actor: Actor, code: str | None, day: date) -> Organisation:
    """The organisation with this code, else the actor's own node; a member has the own branch alone.

    Raises NotFound.
    """
    if actor.role != Role.MEMBER:
        return named_or_own(actor, code)
    own = db.session.get(Organisation, own_branch(actor, day) or 0)
    if own is None or code not in (None, own.code):
        raise NotFound()
    return own


def branch_on(member_ids: Collection[int], day: date, *, actor: Actor | None = None) -> dict[int, int]:
    """The organisation that each member belonged to on this day, by member id.

    Members of no organisation on that day are left out; with ``actor`` also those whose
    organisation of that day is out of the actor's reach.
    """
    reached = true() if actor is None else _in_reach(actor, Membership.organisation_id)
    return _dated(Membership, Membership.organisation_id, member_ids, day, reached)


def category_on(member_ids: Collection[int], day: date) -> dict[int, str]:
    """The category of each member on this day, by member id; members without one are left out."""
    return _dated(MemberCategory, MemberCategory.category, member_ids, day, true())


def on_day(table: type[Membership] | type[MemberCategory], day: Any) -> ColumnElement[bool]:
    """The condition on a dated row that it holds on this day, which may be a column too."""
    return and_(table.starts_on <= day, or_(table.ends_on.is_(None), table.ends_on > day))


def own_member(actor: Actor) -> Member | None:
    """The actor's own record, which may lie beyond what the actor's role reaches."""
    return db.session.get(Member, actor.member_id) if actor.member_id is not None else None


def own_or_member(actor: Actor, number: str) -> Member:
    """The own record, or as ``member``."""
    mine = own_member(actor)
    return mine if mine and mine.number == number else member(actor, number)


def _dated(
    table: type[Membership] | type[MemberCategory],
    value: Any,
    member_ids: Collection[int],
    day: date,
    condition: ColumnElement[bool],
) -> dict[int, Any]:
    rows = db.session.execute(
        select(table.member_id, value).where(among(table.member_id, member_ids), on_day(table, day), condition)
    )
    return {row[0]: row[1] for row in rows}


def in_parts(values: Collection[Any]) -> Iterator[list[Any]]:
    """The values in lists that are short enough for one statement."""
    source = iter(values)
    while part := list(islice(source, _AT_ONCE)):
        yield part


def _in_reach(actor: Actor, column: Any) -> ColumnElement[bool]:
    return true() if actor.is_system else column.in_(organisation_ids(actor))
