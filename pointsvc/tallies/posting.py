"""The publicised list (公示名单) and the honour roll: what may be read of a publicised tally, and by whom.

Who leads an organisation reads of it and all below it, also of a tally that was made above; a member
reads of the own branch. Number, name, total and grade are all that is shown, in the order of names:
never an entry, never a reason, never an order by totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select, true, tuple_

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, OrganisationReach
from pointsvc.permissions import Actor, Role
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from pointsvc.tallies.models import Publication, Tally, TallyResult

Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class Posting:
    """A tally as it is publicised, and the branches of which the reader may see it."""

    tally: Tally
    organisation: Organisation
    publication: Publication
    branches: Select[int]


def postings(
    *, actor: Actor, at: datetime, limit: int, before_id: int | None = None
) -> Sequence[Row[Tally, Organisation, Publication]]:
    """The publicised tallies that concern the actor, the latest publication first (``before_id``: its id)."""
    query = _publicised(actor, clock.local(at).date()).order_by(Publication.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Publication.id < before_id)
    return db.session.execute(query).all()


def posting(*, actor: Actor, at: datetime, tally_id: int) -> Posting:
    """The newest publication of this tally. Raises NotFound when there is none that concerns the actor."""
    today = clock.local(at).date()
    row = db.session.execute(_publicised(actor, today).where(Tally.id == tally_id)).first()
    if row is None:
        raise NotFound()
    return _posting(actor, today, *row)


def branches_of_posting(posted: Posting) -> Rows:
    """Code and name of each branch in it that the reader may see, by code."""
    inside = select(TallyResult.branch_id).where(*_shown(posted))
    return db.session.execute(
        select(Organisation.code, Organisation.name).where(Organisation.id.in_(inside)).order_by(Organisation.code)
    ).all()


def listed(
    *, posted: Posting, branch: str | None = None, limit: int | None = None, place: Sequence[str] | None = None
) -> Rows:
    """The publicised list, by name from behind ``place`` (initials and number) on; of this branch only.

    Rows of id, number, name, branch, branch_name, total, grade and place (initials).
    """
    return _rows(posted, (), branch, limit, place)


def honours(
    *,
    actor: Actor,
    at: datetime,
    organisation: str | None = None,
    period: str | None = None,
    limit: int | None = None,
    place: Sequence[str] | None = None,
) -> tuple[Posting, Rows]:
    """Who has the best grade of the rule sheet, by name, in the period's (the latest) publicised tally.

    Of the actor's own node or branch unless ``organisation`` says another. Raises NotFound, Conflict
    'not_publicised' when nothing of that period has been publicised here or above.
    """
    today = clock.local(at).date()
    owner = reach.node(actor, organisation, today)
    query = (
        _publicised(actor, today)
        .join(OrganisationReach, OrganisationReach.above_id == Tally.organisation_id)
        .where(OrganisationReach.below_id == owner.id)
        .order_by(Tally.through_on.desc(), OrganisationReach.depth)
        .limit(1)
    )
    row = db.session.execute(query.where(Tally.period == period) if period else query).first()
    if row is None:
        raise Conflict(N_("Nothing has been publicised for this period yet"), code="not_publicised")
    found = _posting(actor, today, *row)
    here = TallyResult.branch_id.in_(reach.ids_below(owner.id))
    return found, _rows(found, (here, _has_best_grade(found)), None, limit, place)


# ---- inside


def _publicised(actor: Actor, today: date) -> Select[Tally, Organisation, Publication]:
    newest = (
        select(func.max(Publication.version)).where(Publication.tally_id == Tally.id).correlate(Tally).scalar_subquery()
    )
    return (
        select(Tally, Organisation, Publication)
        .join(Organisation, Organisation.id == Tally.organisation_id)
        .join(Publication, and_(Publication.tally_id == Tally.id, Publication.version == newest))
        .where(_concerns(actor, today))
    )


def _concerns(actor: Actor, today: date) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    node = reach.own_branch(actor, today) if actor.role == Role.MEMBER else actor.organisation_id
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == node)
    if actor.role != Role.MEMBER:
        return or_(Tally.organisation_id.in_(above), Tally.organisation_id.in_(reach.organisation_ids(actor)))
    own = (TallyResult.tally_id == Tally.id, TallyResult.version == Publication.version)
    return or_(
        Tally.organisation_id.in_(above),
        select(TallyResult.member_id).where(*own, TallyResult.member_id == actor.member_id).exists(),
    )


def _posting(actor: Actor, today: date, tally: Tally, owner: Organisation, publication: Publication) -> Posting:
    return Posting(tally, owner, publication, _branches(actor, today, publication))


def _branches(actor: Actor, today: date, publication: Publication) -> Select[int]:
    if actor.role != Role.MEMBER:
        return reach.organisation_ids(actor)
    own = db.session.get(TallyResult, (publication.tally_id, publication.version, actor.member_id))
    # Whoever came after the period reads the list of the branch that posts it now.
    branch_id = own.branch_id if own else reach.own_branch(actor, today)
    return select(Organisation.id).where(Organisation.id == branch_id)


def _shown(posted: Posting) -> tuple[ColumnElement[bool], ...]:
    return (
        TallyResult.tally_id == posted.tally.id,
        TallyResult.version == posted.publication.version,
        TallyResult.branch_id.in_(posted.branches),
    )


def _rows(
    posted: Posting,
    more: Sequence[ColumnElement[bool]],
    branch: str | None,
    limit: int | None,
    place: Sequence[str] | None,
) -> Rows:
    query = (
        select(
            Member.id,
            Member.number,
            Member.name,
            Organisation.code.label("branch"),
            Organisation.name.label("branch_name"),
            TallyResult.total,
            TallyResult.grade,
            Member.initials.label("place"),
        )
        .join(Member, Member.id == TallyResult.member_id)
        .join(Organisation, Organisation.id == TallyResult.branch_id)
        .where(*_shown(posted), *more)
        .order_by(Member.initials, Member.number)
        .limit(limit)
    )
    if branch is not None:
        query = query.where(Organisation.code == branch)
    if place is not None:
        query = query.where(tuple_(Member.initials, Member.number) > tuple_(*place))
    return db.session.execute(query).all()


def _has_best_grade(posted: Posting) -> ColumnElement[bool]:
    inside = select(TallyResult.scheme_id).where(*_shown(posted))
    sheets = db.session.execute(select(Scheme.id, Scheme.digest).where(Scheme.id.in_(inside))).all()
    best = [
        (row.id, grades[0]["name"])
        for row in sheets
        if (grades := schemes.document_of(row.id, row.digest).get("grades", ()))
    ]
    return tuple_(TallyResult.scheme_id, TallyResult.grade).in_(best) if best else false()
