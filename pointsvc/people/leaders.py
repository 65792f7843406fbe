"""Who leads: the accounts of an organisation and of those above it, level by level, the nearest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import select

from pointsvc.db import among, db
from pointsvc.people.models import OrganisationReach, SignIn
from pointsvc.permissions import Role

_OVER = (Role.SECRETARY, Role.DISTRICT_ADMIN, Role.SUPERVISOR)


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


def nearest(organisation_ids: Collection[int]) -> dict[int, list[int]]:
    """For each of these organisations its secretaries; where it has none, those of the nearest level that has."""
    return {one: several[0] for one, several in levels(organisation_ids, (Role.SECRETARY,)).items()}


def secretaries(organisation_ids: Collection[int | None]) -> set[int]:
    """The nearest secretaries of all these organisations together; None is of no organisation."""
    known = {one for one in organisation_ids if one is not None}
    return {one for several in nearest(known).values() for one in several}


def above(organisation_ids: Collection[int]) -> dict[int, list[int]]:
    """For each of these organisations those one level over its secretaries, the organisation department among them.

    The nearest level that is not the same people.
    """
    own, found = nearest(organisation_ids), levels(organisation_ids, _OVER)
    return {
        one: next((level for level in several if set(level).isdisjoint(own.get(one, ()))), [])
        for one, several in found.items()
    }


def rungs(rows: Iterable[Any]) -> dict[int, list[list[int]]]:
    """Rows of (whose, depth, account), in this order, as the accounts of each level for each."""
    found: dict[int, list[list[int]]] = {}
    for (whose, _), several in groupby(rows, key=lambda row: (row[0], row[1])):
        found.setdefault(whose, []).append([row[2] for row in several])
    return found
