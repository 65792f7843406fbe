"""Who decides an objection: the nearest leaders at or above its branch who have no part in it, level by level."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select

from pointsvc.db import among, db
from pointsvc.disputes.models import Dispute
from pointsvc.people import leaders
from pointsvc.people.models import OrganisationReach, SignIn
from pointsvc.permissions import PERMISSION_MAP, Permission

LEADERS = sorted(PERMISSION_MAP[Permission.DISPUTES_DECIDE])


def levels(dispute_ids: Collection[int]) -> dict[int, list[list[int]]]:
    """For each of these objections the ids of the sign-ins that may decide it, the nearest level first."""
    rows = db.session.execute(
        select(Dispute.id, OrganisationReach.depth, SignIn.id)
        .join(OrganisationReach, OrganisationReach.below_id == Dispute.branch_id)
        .join(SignIn, SignIn.organisation_id == OrganisationReach.above_id)
        .where(among(Dispute.id, dispute_ids), SignIn.role.in_(LEADERS), SignIn.disabled_at.is_(None))
        .where(or_(SignIn.member_id.is_(None), SignIn.member_id != Dispute.member_id))
        .where(SignIn.id.is_distinct_from(Dispute.raised_by_id))
        .order_by(Dispute.id, OrganisationReach.depth, SignIn.id)
    )
    return leaders.rungs(rows)
