"""Tallies and their publications, found by id within reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from pointsvc.db import among, db
from pointsvc.errors import NotFound
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.permissions import Actor
from pointsvc.tallies.models import Publication, Tally


def tally(*, actor: Actor, tally_id: int, lock: bool = False) -> tuple[Tally, Organisation]:
    """A tally and its organisation; ``lock``: for a change of its state. Raises NotFound when out of reach."""
    found = db.session.get(Tally, tally_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound()
    return found, reach.organisation_by_id(actor, found.organisation_id)


def publications(*, actor: Actor, tally_id: int) -> Sequence[Publication]:
    """Each time that the tally was publicised, the first one first. Raises NotFound."""
    found, _ = tally(actor=actor, tally_id=tally_id)
    query = select(Publication).where(Publication.tally_id == found.id).order_by(Publication.version)
    return db.session.scalars(query).all()


def newest_publications(tally_ids: Collection[int]) -> dict[int, Publication]:
    """The newest publication of each of these tallies that has any, by the tally's id."""
    newest = (
        select(Publication.tally_id, func.max(Publication.version).label("version"))
        .where(among(Publication.tally_id, tally_ids))
        .group_by(Publication.tally_id)
        .subquery()
    )
    same = (Publication.tally_id == newest.c.tally_id) & (Publication.version == newest.c.version)
    return {row.tally_id: row for row in db.session.scalars(select(Publication).join(newest, same))}


def publication_before(publication: Publication) -> Publication | None:
    """The publication that this one superseded, if any."""
    return db.session.scalar(
        select(Publication)
        .where(Publication.tally_id == publication.tally_id, Publication.version < publication.version)
        .order_by(Publication.version.desc())
        .limit(1)
    )


def nearest(organisation_id: int, period: str) -> Tally | None:
    """The tally of this period at the nearest node at or above, if there is one."""
    return db.session.scalar(
        select(Tally)
        .join(OrganisationReach, OrganisationReach.above_id == Tally.organisation_id)
        .where(OrganisationReach.below_id == organisation_id, Tally.period == period, Tally.version > 0)
        .order_by(OrganisationReach.depth)
        .limit(1)
    )
