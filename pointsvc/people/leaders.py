"""Who leads: the accounts of an organisation and of those above it, level by level, the nearest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.people.models import OrganisationReach, SignIn
from pointsvc.permissions import Role


def levels(organisation_ids: Collection[int], roles: Collection[str]) -> dict[int, list[list[int]]]:
    """For each of these organisations the accounts with one of these roles, the nearest level first.

    A level that has none is left out, and so is an organisation without any at all.
    """
    rows = db.session.execute(
        select(OrganisationReach.below_id, OrganisationReach.depth, SignIn.id)
        .join(SignIn, SignIn.organisation_id == OrganisationReach.above_id)
        .where(among(OrganisationReach.below_id, organisation_ids))
        .where(among(SignIn.role, roles), SignIn.disabled_at.is_(None))
        .order_by(OrganisationReach.below_id, OrganisationReach.depth, SignIn.id)
    )
    return rungs(rows)


def secretaries(organisation_ids: Collection[int]) -> list[int]:
    """The accounts of those who answer for these organisations: their secretaries, else the nearest above."""
    found = levels(organisation_ids, [Role.SECRETARY])
    return sorted({sign_in_id for nearest, *_ in found.values() for sign_in_id in nearest})


def rungs(rows: Iterable[Any]) -> dict[int, list[list[int]]]:
    """Rows of (whose, depth, account), in this order, as the accounts of each level for each."""
    found: dict[int, list[list[int]]] = {}
    for (whose, _), several in groupby(rows, key=lambda row: (row[0], row[1])):
        found.setdefault(whose, []).append([row[2] for row in several])
    return found
