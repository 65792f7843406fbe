"""Who decides on a pledge, as sign-ins level by level: of its organisation, then of each one above."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, or_, select

from pointsvc.db import among, db
from pointsvc.people import leaders
from pointsvc.people.models import OrganisationReach, SignIn
from pointsvc.permissions import PERMISSION_MAP, Permission
from pointsvc.pledges.models import Pledge

LEADS = sorted(PERMISSION_MAP[Permission.PLEDGES_REVIEW])


def levels(pledge_ids: Collection[int]) -> dict[int, list[list[int]]]:
    """For each of these pledges who may decide on it, the nearest level first: never whose it is."""
    own = and_(Pledge.member_id.is_(None), OrganisationReach.depth == 0)
    rows = db.session.execute(
        select(Pledge.id, OrganisationReach.depth, SignIn.id)
        .join(OrganisationReach, OrganisationReach.below_id == Pledge.organisation_id)
        .join(SignIn, SignIn.organisation_id == OrganisationReach.above_id)
        .where(among(Pledge.id, pledge_ids), SignIn.role.in_(LEADS), SignIn.disabled_at.is_(None), ~own)
        .where(or_(SignIn.member_id.is_(None), SignIn.member_id.is_distinct_from(Pledge.member_id)))
        .order_by(Pledge.id, OrganisationReach.depth, SignIn.id)
    )
    return leaders.rungs(rows)


def promisers(pledge_ids: Collection[int]) -> dict[int, list[int]]:
    """For each of these pledges the accounts of whose it is: the member's, or those that lead the organisation."""
    leads = and_(Pledge.member_id.is_(None), SignIn.organisation_id == Pledge.organisation_id, SignIn.role.in_(LEADS))
    rows = db.session.execute(
        select(Pledge.id, SignIn.id.label("sign_in_id"))
        .join(SignIn, or_(SignIn.member_id == Pledge.member_id, leads))
        .where(among(Pledge.id, pledge_ids), SignIn.disabled_at.is_(None))
        .order_by(Pledge.id, SignIn.id)
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row.sign_in_id)
    return found
