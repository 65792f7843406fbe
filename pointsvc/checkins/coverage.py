"""Which of a unit's members have checked in with a community: in words and as a share, in no order of merit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, and_, func, select

from pointsvc.checkins.lifecycle import ACCEPTED
from pointsvc.checkins.models import CheckIn
from pointsvc.db import db
from pointsvc.people import reach
from pointsvc.people.categories import EXEMPT
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation
from pointsvc.permissions import Actor

# Whoever has retired, lives elsewhere or is exempt by decision is asked for nothing.
NOT_ASKED = ("retired", "floating", EXEMPT)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of ``members`` in service, ``checked_in`` have an accepted check-in now."""

    members: int
    checked_in: int


def coverage(*, actor: Actor, organisation: str | None = None) -> Coverage:
    """The members in service of this node and below (the actor's own). Raises NotFound."""
    query = select(func.count(), func.count().filter(_checked_in())).select_from(Member)
    members, checked_in = db.session.execute(_in_service(query, reach.named_or_own(actor, organisation).id)).one()
    return Coverage(members, checked_in)


def members(
    *, actor: Actor, organisation: str | None = None, missing: bool = False, after: str | None = None, limit: int = 50
) -> Sequence[Row[*tuple[Any, ...]]]:
    """These members by number: rows of number, name, branch (name), communities (how many). ``missing``: only
    those who have not checked in. Raises NotFound.
    """
    many = select(func.count()).where(CheckIn.member_id == Member.id, CheckIn.status == ACCEPTED).scalar_subquery()
    query = select(
        Member.number, Member.name, Organisation.name.label("branch"), many.label("communities")
    ).select_from(Member)
    query = _in_service(query, reach.named_or_own(actor, organisation).id)
    query = query.join(Organisation, Organisation.id == Membership.organisation_id).order_by(Member.number)
    if missing:
        query = query.where(~_checked_in())
    if after is not None:
        query = query.where(Member.number > after)
    return db.session.execute(query.limit(limit)).all()


# ---- inside


def _checked_in() -> Any:
    return select(CheckIn.id).where(CheckIn.member_id == Member.id, CheckIn.status == ACCEPTED).exists()


def _in_service(query: Any, node_id: int) -> Any:
    now = and_(Membership.member_id == Member.id, Membership.ends_on.is_(None))
    spared = (
        select(MemberCategory.id)
        .where(MemberCategory.member_id == Member.id, MemberCategory.ends_on.is_(None))
        .where(MemberCategory.category.in_(NOT_ASKED))
    )
    here = Membership.organisation_id.in_(reach.ids_below(node_id))
    return query.join(Membership, now).where(here, ~spared.exists())
