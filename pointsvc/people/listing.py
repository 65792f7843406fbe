"""Organisations and members as lists show them: codes in place of ids, the state of today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, SignIn
from pointsvc.permissions import Actor, Role

_above = aliased(Organisation)


# Sorting by name follows the pinyin initials. Days sort as their ISO text on both engines.
SORTS: dict[str, Any] = {
    "number": Member.number,
    "name": Member.initials,
    "branch": Organisation.code,
    "joined_on": func.coalesce(cast(Member.joined_on, String), ""),
}


def _organisations() -> Select[*tuple[Any, ...]]:
    return select(
        Organisation.id,
        Organisation.code,
        Organisation.name,
        Organisation.kind,
        _above.code.label("parent"),
        Organisation.secretary,
        Organisation.phone,
    ).outerjoin(_above, _above.id == Organisation.parent_id)


def _members(named: Any = None) -> Select[*tuple[Any, ...]]:
    """All members; with ``named``, an alias of Member, those whom its numbers mean."""
    source = select(Member) if named is None else select(Member).select_from(named)
    if named is not None:
        source = source.join(Member, Member.id == merged.kept(named.id))
    return (
        source.with_only_columns(
            Member.id,
            Member.number,
            Member.name,
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            MemberCategory.category,
            Member.joined_on,
        )
        .outerjoin(Membership, and_(Membership.member_id == Member.id, Membership.ends_on.is_(None)))
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, MemberCategory.ends_on.is_(None)))
    )


def organisations(
    *, actor: Actor, under: str | None = None, after: str | None = None, limit: int | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The organisations within reach (or this one and those below it), by code from ``after`` on.

    Rows of id, code, name, kind, parent (a code), secretary, phone. Raises NotFound for ``under``.
    """
    query = _organisations().order_by(Organisation.code).limit(limit)
    if under is None:
        query = query.where(Organisation.id.in_(reach.organisation_ids(actor)))
    else:
        query = query.where(Organisation.id.in_(reach.ids_below(reach.organisation(actor, under).id)))
    if after is not None:
        query = query.where(Organisation.code > after)
    return db.session.execute(query).all()


def organisation(*, actor: Actor, code: str) -> Row[*tuple[Any, ...]]:
    """One row as in ``organisations``. Raises NotFound when it is not within reach."""
    found = reach.organisation(actor, code)
    return db.session.execute(_organisations().where(Organisation.id == found.id)).one()


def organisations_by_code(codes: Collection[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Whichever of these organisations are there, by code, whoever asks."""
    return {row.code: row for row in db.session.execute(_organisations().where(among(Organisation.code, codes)))}


def members(
    *,
    actor: Actor,
    organisation: str | None = None,
    find: str | None = None,
    category: str | None = None,
    sort: str = "number",
    down: bool = False,
    after: Sequence[str] | None = None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The present members of this organisation and below (else: of all within reach).

    Rows of id, number, name, organisation, organisation_name, category, joined_on, place (what it is
    sorted by; ``after`` is the place and the number of the row before). ``find`` keeps those whose
    number or initials begin with it or whose name holds it. Raises NotFound for the organisation.
    """
    place = SORTS[sort]
    query = _members().add_columns(place.label("place")).where(_belongs(actor, organisation)).limit(limit)
    query = query.order_by(*((place.desc(), Member.number.desc()) if down else (place, Member.number)))
    if actor.role == Role.MEMBER:
        query = query.where(Member.id == actor.member_id)
    if find:
        query = query.where(_matches(find))
    if category:
        query = query.where(MemberCategory.category == category)
    if after is not None:
        here = tuple_(place, Member.number)
        query = query.where(here < tuple_(*after) if down else here > tuple_(*after))
    return db.session.execute(query).all()


def _belongs(actor: Actor, organisation: str | None) -> ColumnElement[bool]:
    if organisation is None:
        return Membership.organisation_id.in_(reach.organisation_ids(actor))
    return Membership.organisation_id.in_(reach.ids_below(reach.organisation(actor, organisation).id))


def _matches(find: str) -> ColumnElement[bool]:
    return or_(
        Member.name.contains(find, autoescape=True),
        Member.initials.startswith(find.lower(), autoescape=True),
        func.lower(Member.number).startswith(find.lower(), autoescape=True),
    )


def member(*, actor: Actor, number: str) -> Row[*tuple[Any, ...]]:
    """One row as in ``members``. Raises NotFound when the member is not within reach."""
    found = reach.member(actor, number)
    return db.session.execute(_members().where(Member.id == found.id)).one()


def members_by_number(numbers: Collection[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Whichever of these members are there, by the number that means them, whoever asks."""
    named = aliased(Member)
    query = _members(named).add_columns(named.number.label("named")).where(among(named.number, numbers))
    return {row.named: row for row in db.session.execute(query)}


def branches_of(*, actor: Actor, number: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The member's organisations over time, newest first: rows of code, name, starts_on, ends_on."""
    found = reach.member(actor, number)
    return db.session.execute(
        select(Organisation.code, Organisation.name, Membership.starts_on, Membership.ends_on)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.member_id == found.id)
        .order_by(Membership.starts_on.desc())
    ).all()


def categories_of(*, actor: Actor, number: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """The member's categories over time, newest first: rows of category, starts_on, ends_on, decision."""
    found = reach.member(actor, number)
    return db.session.execute(
        select(MemberCategory.category, MemberCategory.starts_on, MemberCategory.ends_on, MemberCategory.decision)
        .where(MemberCategory.member_id == found.id)
        .order_by(MemberCategory.starts_on.desc())
    ).all()


def names_of(organisation_ids: Collection[int]) -> dict[int, str]:
    """The names of these organisations, by id."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name).where(among(Organisation.id, organisation_ids))
    )
    return {row.id: row.name for row in rows}


def account_names(ids: Collection[int | None]) -> dict[int, str]:
    """The names of these accounts, by id."""
    rows = db.session.execute(select(SignIn.id, SignIn.name).where(among(SignIn.id, [one for one in ids if one])))
    return {row.id: row.name for row in rows}


def accounts_of(member_ids: Collection[int]) -> list[int]:
    """The accounts by which these members sign in; of one merged into another, those of the other."""
    persons = select(merged.kept(Member.id)).where(among(Member.id, member_ids))
    query = select(SignIn.id).where(SignIn.member_id.in_(persons), SignIn.disabled_at.is_(None))
    return list(db.session.scalars(query.order_by(SignIn.id)))


def headcounts(*, actor: Actor) -> dict[int, int]:
    """How many members each organisation within reach has itself, without those below it, by id."""
    rows = db.session.execute(
        select(Membership.organisation_id, func.count())
        .where(Membership.ends_on.is_(None), Membership.organisation_id.in_(reach.organisation_ids(actor)))
        .group_by(Membership.organisation_id)
    )
    return {row[0]: row[1] for row in rows}


def me(*, actor: Actor) -> Row[*tuple[Any, ...]]:
    """Where the actor stands: organisation, organisation_name, member (number), member_name, display, toured.

    Raises NotFound for the system, which stands nowhere.
    """
    found = db.session.execute(
        select(
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            Member.number.label("member"),
            Member.name.label("member_name"),
            SignIn.display,
            SignIn.toured,
        )
        .select_from(SignIn)
        .join(Organisation, Organisation.id == SignIn.organisation_id)
        .outerjoin(Member, Member.id == SignIn.member_id)
        .where(SignIn.id == actor.sign_in_id)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found
