"""Receipts of attendance elsewhere as they are read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import aliased

from pointsvc.activities import lifecycle
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.permissions import Actor, Role


def listing(
    *,
    actor: Actor,
    organisation: str | None = None,
    status: str | None = None,
    member: str | None = None,
    limit: int,
    before_id: int | None = None,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The receipts of the actor's branches (a member: the own ones), the newest first.

    Rows of id, member (number), member_name, organisation, organisation_name (home), kind, held_on,
    host, note, status, submitted_at, submitted_by, remind_on, lapses_on, decided_at, reason, entry.
    Raises NotFound for organisation or member out of reach.
    """
    query = _receipts().where(_reached(actor)).order_by(AwayReceipt.id.desc()).limit(limit)
    if organisation:
        node = reach.organisation(actor, organisation).id
        query = query.where(AwayReceipt.branch_id.in_(reach.ids_below(node)))
    if status:
        query = query.where(AwayReceipt.status == status)
    if member:
        query = query.where(AwayReceipt.member_id == reach.member(actor, member).id)
    if before_id is not None:
        query = query.where(AwayReceipt.id < before_id)
    return db.session.execute(query).all()


def receipt(*, actor: Actor, receipt_id: int) -> Row[*tuple[Any, ...]]:
    """One row as in ``listing``. Raises NotFound."""
    found = db.session.execute(_receipts().where(AwayReceipt.id == receipt_id, _reached(actor))).first()
    if found is None:
        raise NotFound()
    return found


def waiting(*, actor: Actor, today: date) -> tuple[int, bool]:
    """How many receipts wait for the actor's branches, and whether one will lapse soon."""
    mine = (AwayReceipt.status == lifecycle.PENDING, AwayReceipt.branch_id.in_(reach.organisation_ids(actor)))
    row = db.session.execute(select(func.count(), func.min(AwayReceipt.remind_on)).where(*mine)).one()
    return row[0], row[1] is not None and row[1] <= today


def counted(member_ids: Collection[int], days: Collection[date]) -> set[tuple[int, str, date]]:
    """Member, kind and day of the confirmed receipts of these members on these days."""
    rows = db.session.execute(
        select(AwayReceipt.member_id, AwayReceipt.kind, AwayReceipt.held_on).where(
            among(AwayReceipt.member_id, member_ids),
            AwayReceipt.held_on.in_(days),
            AwayReceipt.status == lifecycle.CONFIRMED,
        )
    )
    return {(row[0], row[1], row[2]) for row in rows}


def _reached(actor: Actor) -> ColumnElement[bool]:
    if actor.role == Role.MEMBER:
        return AwayReceipt.member_id == actor.member_id
    return AwayReceipt.branch_id.in_(reach.organisation_ids(actor))


def _receipts() -> Select[*tuple[Any, ...]]:
    host = aliased(Organisation)
    return (
        select(
            AwayReceipt.id,
            Member.number.label("member"),
            Member.name.label("member_name"),
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            AwayReceipt.kind,
            AwayReceipt.held_on,
            func.coalesce(host.name, AwayReceipt.host).label("host"),
            AwayReceipt.note,
            AwayReceipt.status,
            AwayReceipt.submitted_at,
            func.coalesce(SignIn.name, "system").label("submitted_by"),
            AwayReceipt.remind_on,
            AwayReceipt.lapses_on,
            AwayReceipt.decided_at,
            AwayReceipt.reason,
            AwayReceipt.entry_id.label("entry"),
        )
        .join(Member, Member.id == AwayReceipt.member_id)
        .join(Organisation, Organisation.id == AwayReceipt.branch_id)
        .outerjoin(host, host.id == AwayReceipt.host_organisation_id)
        .outerjoin(SignIn, SignIn.id == AwayReceipt.submitted_by_id)
    )
