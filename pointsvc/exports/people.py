"""Organisations and members on their way into files, in the shape in which imports take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, func, select, type_coerce
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.exports.columns import CARRIED_FROM, CATEGORY, KINDS
from pointsvc.exports.pieces import Pause, in_pieces
from pointsvc.people import reach
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, OrganisationReach
from pointsvc.tallies.models import PreviousTotal

AT_ONCE = 10_000


def organisations(organisation_id: int) -> Iterator[list[Any]]:
    """The node and all below it, each after the one above it, as rows of ``columns.ORGANISATIONS``.

    The node itself stands without what is above it: that is not in the file.
    """
    above = aliased(Organisation)
    found = db.session.execute(
        select(
            Organisation.code,
            Organisation.name,
            Organisation.kind,
            above.code.label("parent"),
            Organisation.secretary,
            Organisation.phone,
            OrganisationReach.depth,
        )
        .join(OrganisationReach, OrganisationReach.below_id == Organisation.id)
        .outerjoin(above, above.id == Organisation.parent_id)
        .where(OrganisationReach.above_id == organisation_id)
        .order_by(OrganisationReach.depth, Organisation.code)
    ).all()
    for n, row in enumerate(found, 1):
        parent = row.parent if row.depth else None
        yield [n, row.code, row.name, KINDS[row.kind], parent, row.secretary, row.phone]


def members(organisation_id: int, *, everybody: bool = False, pause: Pause | None = None) -> Iterator[list[Any]]:
    """The present members of the node and below as rows of ``columns.MEMBERS``, by branch and number.

    ``everybody``: also those who have left, where they last belonged within the node.
    """
    later = aliased(Membership)
    latest = (
        select(later.id)
        .where(later.member_id == Membership.member_id, later.starts_on > Membership.starts_on)
        .where(later.organisation_id.in_(reach.ids_below(organisation_id)))
        .exists()
    )
    own = ~latest if everybody else Membership.ends_on.is_(None)
    query = (
        select(
            Member.number,
            Member.name,
            MemberCategory.category,
            Organisation.code,
            Organisation.name.label("place"),
            Member.joined_on,
        )
        .join(Membership, Membership.member_id == Member.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .outerjoin(MemberCategory, and_(MemberCategory.member_id == Member.id, MemberCategory.ends_on.is_(None)))
        .where(own)
        .order_by(Organisation.code, Member.number)
    )
    for n, row in enumerate(_by_branch(query, organisation_id, pause), 1):
        yield [n, row.number, row.name, _category(row.category), row.code, row.place, row.joined_on]


def memberships(organisation_id: int, pause: Pause | None = None) -> Iterator[list[Any]]:
    """Who belonged to the node or below from when to when, as rows of ``columns.MEMBERSHIPS``."""
    query = (
        select(
            Member.number,
            Member.name,
            Organisation.code,
            Organisation.name.label("place"),
            Membership.starts_on,
            Membership.ends_on,
        )
        .join(Membership, Membership.member_id == Member.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .order_by(Organisation.code, Member.number, Membership.starts_on)
    )
    for n, row in enumerate(_by_branch(query, organisation_id, pause), 1):
        yield [n, *row]


def categories(organisation_id: int, pause: Pause | None = None) -> Iterator[list[Any]]:
    """The categories over time of everybody who ever belonged here, as rows of ``columns.CATEGORIES``."""
    query = select(
        Member.number, Member.name, MemberCategory.category, MemberCategory.starts_on, MemberCategory.ends_on
    )
    query = query.join(MemberCategory, MemberCategory.member_id == Member.id)
    for n, row in enumerate(_by_member(query.order_by(Member.id, MemberCategory.starts_on), organisation_id, pause), 1):
        yield [n, row.number, row.name, _category(row.category), row.starts_on, row.ends_on]


def previous_totals(organisation_id: int, pause: Pause | None = None) -> Iterator[list[Any]]:
    """The totals that were carried into cycles, as rows of ``columns.CARRIED``."""
    total = type_coerce(PreviousTotal.total, BigInteger).label("total")
    query = select(Member.number, Member.name, PreviousTotal.cycle_starts_on, total, PreviousTotal.source)
    query = query.join(PreviousTotal, PreviousTotal.member_id == Member.id)
    ordered = query.order_by(Member.id, PreviousTotal.cycle_starts_on)
    for n, row in enumerate(_by_member(ordered, organisation_id, pause), 1):
        yield [n, row.number, row.name, row.cycle_starts_on, row.total, CARRIED_FROM[row.source]]


def _category(code: str | None) -> str:
    return CATEGORY.get(code or "regular", code or "")


def _by_branch(query: Any, organisation_id: int, pause: Pause | None) -> Iterator[Any]:
    """The rows of a query over memberships, so many branches at a time as have a piece's members."""
    counted = db.session.execute(
        select(Membership.organisation_id, func.count())
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.organisation_id.in_(reach.ids_below(organisation_id)))
        .group_by(Membership.organisation_id, Organisation.code)
        .order_by(Organisation.code)
    ).all()
    for branches in in_pieces([(row[0], row[1]) for row in counted], AT_ONCE):
        if pause:
            pause()
        yield from db.session.execute(query.where(among(Membership.organisation_id, branches))).all()


def _by_member(query: Any, organisation_id: int, pause: Pause | None) -> Iterator[Any]:
    """The rows of a query over members, for all who ever belonged to the node or below, some at a time."""
    ever = (
        select(Membership.id)
        .where(Membership.member_id == Member.id)
        .where(Membership.organisation_id.in_(reach.ids_below(organisation_id)))
        .exists()
    )
    last = 0
    while ids := db.session.scalars(
        select(Member.id).where(Member.id > last, ever).order_by(Member.id).limit(AT_ONCE)
    ).all():
        if pause:
            pause()
        yield from db.session.execute(query.where(Member.id > last, Member.id <= ids[-1], ever)).all()
        last = ids[-1]
