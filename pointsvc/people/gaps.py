"""Members who belong to no branch today: told to whoever answers for them, never penalised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from pointsvc.db import db
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, Membership, Organisation
from pointsvc.permissions import Actor


def count(*, actor: Actor) -> int:
    """How many members of the actor's reach belong nowhere."""
    return db.session.scalar(_gaps(actor).with_only_columns(func.count())) or 0


def listing(
    *, actor: Actor, limit: int, after: Sequence[Any] | None = None
) -> Sequence[Row[str, str, str, str, date | None]]:
    """Who they are, the longest on the way first.

    Rows of number, name, organisation, organisation_name (the last one) and since; ``after`` is the
    day and the number of the row before.
    """
    query = _gaps(actor).order_by(Membership.ends_on, Member.number).limit(limit)
    if after is not None:
        day, number = after
        later = and_(Membership.ends_on == day, Member.number > number)
        query = query.where(or_(Membership.ends_on > day, later))
    return db.session.execute(query).all()


def _gaps(actor: Actor) -> Select[str, str, str, str, date | None]:
    later = aliased(Membership)
    taken_up = select(later.id).where(later.member_id == Membership.member_id, later.starts_on > Membership.starts_on)
    return (
        select(
            Member.number,
            Member.name,
            Organisation.code.label("organisation"),
            Organisation.name.label("organisation_name"),
            Membership.ends_on.label("since"),
        )
        .select_from(Membership)
        .join(Member, Member.id == Membership.member_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.ends_on.is_not(None), Membership.organisation_id.in_(reach.organisation_ids(actor)))
        .where(~taken_up.exists(), Membership.member_id.not_in(merged.duplicates()))
    )
