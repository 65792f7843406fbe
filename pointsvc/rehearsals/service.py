"""Verbs of rehearsals: try a draft out on what was recorded, and read what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach, SignIn
from pointsvc.permissions import Actor
from pointsvc.rehearsals import reporting
from pointsvc.rehearsals.computing import compute
from pointsvc.rehearsals.models import Rehearsal
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme

__all__ = ["about", "ask", "changed", "compute", "given_up", "listing", "offered", "rehearsal"]

QUARTERS = 4


def ask(
    *, actor: Actor, at: datetime, scheme_id: int, period: str | None = None, cycle: date | None = None
) -> Rehearsal:
    """Ask for a rehearsal of this draft over a period, or over the cycle that began on the day ``cycle``.

    The draft is tried out as it is now, whatever becomes of it. While the same is waiting or being
    done, asking again changes nothing. Raises NotFound, Invalid under ``period`` or ``cycle``,
    Conflict 'published' for what is no draft, 'no_scheme' when nothing was in force to compare with.
    """
    draft, owner = schemes.scheme(actor=actor, scheme_id=scheme_id)
    if draft.status != "draft":
        raise Conflict(N_("Only a draft is rehearsed; this version is published"), code="published")
    when = _period(draft, period, cycle, clock.local(at).date())
    sheet = schemes.sheets([owner.id], when.through_on).get(owner.id)
    if sheet is None:
        raise Conflict(N_("No rule sheet was in force here then"), code="no_scheme")
    # Of two that ask at once, the second finds what the first has asked for.
    db.session.execute(select(Scheme.id).where(Scheme.id == draft.id).with_for_update())
    found = _waiting(draft, when)
    if found is not None:
        return found
    found = Rehearsal(
        scheme_id=draft.id,
        organisation_id=owner.id,
        in_force_id=sheet.scheme_id,
        digest=draft.digest,
        document=draft.document,
        period=when.name,
        starts_on=periods.cycle_start(when.through_on, documents.starts_month(sheet.effective)),
        through_on=when.through_on,
        status="queued",
        asked_at=at,
        asked_by_id=actor.sign_in_id,
    )
    db.session.add(found)
    db.session.flush()
    found.job_id = queues.enqueue(topic=queues.REHEARSE, payload={"rehearsal": found.id}, at=at).id
    db.session.flush()
    audit.note(
        actor=actor,
        at=at,
        action="rehearsal:ask",
        object_id=str(found.id),
        scheme=draft.id,
        digest=draft.digest,
        period=when.name,
    )
    return found


def _period(draft: Scheme, period: str | None, cycle: date | None, today: date) -> periods.Period:
    if (period is None) == (cycle is None):
        raise Invalid({"period": N_("Say either a period or a cycle's first day")})
    day = cycle or today
    sheet = schemes.sheets([draft.organisation_id], day).get(draft.organisation_id)
    month = documents.starts_month(sheet.document if sheet else draft.document)
    if cycle is not None and cycle != periods.cycle_start(cycle, month):
        raise Invalid({"cycle": N_("No cycle of the sheet in force begins on this day")})
    when = periods.parse(period or f"{day.year:04}", month)
    if when.starts_on > today:
        raise Invalid({"cycle" if cycle else "period": N_("This period has not begun")})
    return when


def _waiting(draft: Scheme, when: periods.Period) -> Rehearsal | None:
    found = db.session.scalar(
        select(Rehearsal)
        .where(Rehearsal.scheme_id == draft.id, Rehearsal.digest == draft.digest, Rehearsal.period == when.name)
        .where(Rehearsal.status.in_(["queued", "running"]))
        .order_by(Rehearsal.id.desc())
        .limit(1)
    )
    job = queues.job(found.job_id) if found else None
    return found if job is not None and job.alive else None


def rehearsal(*, actor: Actor, rehearsal_id: int) -> tuple[Rehearsal, Organisation]:
    """A rehearsal and its organisation. Raises NotFound when there is none within reach."""
    found = db.session.get(Rehearsal, rehearsal_id)
    if found is None:
        raise NotFound()
    return found, reach.organisation_by_id(actor, found.organisation_id)


def listing(
    *, actor: Actor, scheme_id: int | None = None, limit: int, before_id: int | None = None
) -> Sequence[Rehearsal]:
    """The rehearsals within reach (of this scheme), newest first."""
    query = select(Rehearsal).where(Rehearsal.organisation_id.in_(reach.organisation_ids(actor)))
    if scheme_id is not None:
        query = query.where(Rehearsal.scheme_id == scheme_id)
    if before_id is not None:
        query = query.where(Rehearsal.id < before_id)
    return db.session.scalars(query.order_by(Rehearsal.id.desc()).limit(limit)).all()


def changed(*, rehearsal: Rehearsal, limit: int, after: str | None = None) -> list[dict[str, Any]]:
    """Who would have another grade, by member number; the caller has looked the rehearsal up."""
    return reporting.changed(rehearsal.id, limit=limit, after=after) if rehearsal.status == "done" else []


def about(*, rehearsals: Sequence[Rehearsal]) -> dict[int, dict[str, Any]]:
    """Of each: its ``organisation`` (code), ``name`` of the draft, who asked, and whether the draft is still so."""
    rows = db.session.execute(
        select(
            Rehearsal.id,
            Organisation.code.label("organisation"),
            Scheme.name,
            SignIn.name.label("asked_by"),
            (Scheme.digest == Rehearsal.digest).label("current"),
        )
        .join(Organisation, Organisation.id == Rehearsal.organisation_id)
        .join(Scheme, Scheme.id == Rehearsal.scheme_id)
        .outerjoin(SignIn, SignIn.id == Rehearsal.asked_by_id)
        .where(Rehearsal.id.in_([row.id for row in rehearsals]))
    )
    return {row.id: {name: value for name, value in row._mapping.items() if name != "id"} for row in rows}


def offered(*, scheme: Scheme, today: date) -> list[str]:
    """Over what a draft can be rehearsed: the cycle that ended last, the running one, the last quarters.

    Only periods for whose end a sheet was in force, which there must be to compare with.
    """
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == scheme.organisation_id)
    first = db.session.scalar(
        select(func.min(Scheme.starts_on)).where(Scheme.organisation_id.in_(above), Scheme.status == "published")
    )
    sheet = schemes.sheets([scheme.organisation_id], today).get(scheme.organisation_id)
    if first is None or sheet is None:
        return []
    month = documents.starts_month(sheet.document)
    year = periods.cycle_start(today, month).year
    names = [f"{year - 1:04}", f"{year:04}"]
    day = today
    for _ in range(QUARTERS):
        quarter = periods.containing(day, "quarter", 1)
        names.append(quarter.name)
        day = quarter.starts_on - timedelta(days=1)
    return [name for name in names if periods.parse(name, month).through_on >= first]


def given_up(*, rehearsal_id: int, job_id: int) -> None:
    """Say on the rehearsal that its job was given up."""
    found = db.session.get(Rehearsal, rehearsal_id, with_for_update=True)
    if found is not None and found.job_id == job_id:
        found.status = "failed"
