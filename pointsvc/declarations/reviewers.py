"""Who reviews a declaration: the nearest node at or above its branch that somebody leads who may.

Whoever leads a node further up may review as well, but it is not their share: else a district would
have every branch's work on its first page. What a branch leaves lying becomes the next one's share.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.declarations.models import Declaration
from pointsvc.people import leaders
from pointsvc.people.models import OrganisationReach, SignIn
from pointsvc.permissions import PERMISSION_MAP, Actor, Permission

LEADS = sorted(PERMISSION_MAP[Permission.DECLARATIONS_REVIEW])
# ``told`` of a declaration.
BRANCH, ABOVE = 1, 2


def share(actor: Actor) -> ColumnElement[bool]:
    """The condition on Declaration that its review falls to the actor: it waits, the actor may decide,
    and nearer nodes (but one, once they have been slow) have nobody who may.
    """
    skipped = case((Declaration.told >= ABOVE, 1), else_=0)
    mine = _may_decide(actor.sign_in_id, actor.member_id)
    return and_(Declaration.status == "pending", mine, _nearer(actor) <= skipped)


def ladder(ids: Collection[int]) -> dict[int, list[list[int]]]:
    """For each of these declarations who may decide, as sign-ins node by node from the branch upwards."""
    rows = db.session.execute(
        select(Declaration.id, OrganisationReach.depth, SignIn.id)
        .join(OrganisationReach, OrganisationReach.below_id == Declaration.branch_id)
        .join(SignIn, and_(SignIn.organisation_id == OrganisationReach.above_id, _leads(SignIn)))
        .where(among(Declaration.id, ids))
        .order_by(Declaration.id, OrganisationReach.depth, SignIn.id)
    )
    return leaders.rungs(rows)


def _nearer(actor: Actor) -> Any:
    """How many nodes between the branch and the actor's own are led by somebody who may decide."""
    leader, above, below = aliased(SignIn), aliased(OrganisationReach), aliased(OrganisationReach)
    return (
        select(func.count(leader.organisation_id.distinct()))
        .join(above, above.above_id == leader.organisation_id)
        .join(below, below.below_id == leader.organisation_id)
        .where(above.below_id == Declaration.branch_id, _leads(leader))
        .where(below.above_id == actor.organisation_id, below.depth > 0)
        .correlate(Declaration)
        .scalar_subquery()
    )


def _leads(sign_in: Any) -> ColumnElement[bool]:
    return and_(sign_in.role.in_(LEADS), sign_in.disabled_at.is_(None), _may_decide(sign_in.id, sign_in.member_id))


def _may_decide(sign_in_id: Any, member_id: Any) -> ColumnElement[bool]:
    """Neither did they declare it, nor is it their own."""
    return and_(
        Declaration.declared_by_id.is_distinct_from(sign_in_id), Declaration.member_id.is_distinct_from(member_id)
    )
