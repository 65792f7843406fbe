"""Verbs of dead letters: what the service could not do by itself, shown to a person who decides.

Two kinds: messages to the outside after their last try, and jobs after theirs. Either is tried again
or given up with a reason; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from pointsvc import queues
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, NotFound
from pointsvc.notices import lifecycle, outgoing
from pointsvc.notices.models import Channel, Outgoing
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.queues import Job


def letters(*, actor: Actor, limit: int, before_id: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The messages within reach that were tried in vain, newest first."""
    query = (
        select(
            Outgoing.id,
            Outgoing.recipient,
            Outgoing.lines,
            Outgoing.attempts,
            Outgoing.error,
            Outgoing.created_at,
            Channel.name.label("channel"),
            Organisation.name.label("organisation_name"),
        )
        .join(Channel, Channel.id == Outgoing.channel_id)
        .join(Organisation, Organisation.id == Channel.organisation_id)
        .where(Outgoing.status == lifecycle.DEAD, Channel.organisation_id.in_(reach.organisation_ids(actor)))
        .order_by(Outgoing.id.desc())
        .limit(limit)
    )
    return db.session.execute(query if before_id is None else query.where(Outgoing.id < before_id)).all()


def jobs(*, actor: Actor, limit: int, before_id: int | None = None) -> Sequence[Job]:
    """The jobs that were given up by the service and wait for a person; they belong to the whole service."""
    query = _jobs(actor).order_by(Job.id.desc()).limit(limit)
    return db.session.scalars(query if before_id is None else query.where(Job.id < before_id)).all()


def count(*, actor: Actor) -> int:
    """How many wait for a decision."""
    of_messages = (
        select(func.count())
        .select_from(Outgoing)
        .join(Channel, Channel.id == Outgoing.channel_id)
        .where(Outgoing.status == lifecycle.DEAD, Channel.organisation_id.in_(reach.organisation_ids(actor)))
    )
    of_jobs = select(func.count()).select_from(_jobs(actor).subquery())
    return (db.session.scalar(of_messages) or 0) + (db.session.scalar(of_jobs) or 0)


def _jobs(actor: Actor) -> Select[Job]:
    # Jobs of all organisations in one list: only for who reaches all of them.
    whole = select(Organisation.id).where(Organisation.id == actor.organisation_id, Organisation.parent_id.is_(None))
    return select(Job).where(Job.status == "dead", Job.settled_at.is_(None), whole.exists())


def again(*, actor: Actor, at: datetime, letter_id: int) -> None:
    """Let a message be tried anew, from its first try. Raises NotFound, Conflict 'letter_status'."""
    row = _letter(actor, letter_id)
    row.status = lifecycle.after(row.status, "again")
    row.attempts, row.next_at = 0, at
    outgoing.wake(at=at, first={row.channel_id: at})
    audit.note(actor=actor, at=at, action="letter:again", object_id=str(row.id))


def give_up(*, actor: Actor, at: datetime, letter_id: int, reason: str) -> None:
    """Give a message up for good. Raises NotFound, Conflict 'letter_status'."""
    row = _letter(actor, letter_id)
    row.status = lifecycle.after(row.status, "give_up")
    row.settled_at, row.settled_by_id, row.reason = at, actor.sign_in_id, reason
    audit.note(actor=actor, at=at, action="letter:give_up", object_id=str(row.id))


def job_again(*, actor: Actor, at: datetime, job_id: int) -> None:
    """Let a job be begun anew. Raises NotFound, Conflict 'asked_for_elsewhere'."""
    job = _job(actor, job_id)
    if job.topic in queues.ASKED_FOR:
        raise Conflict(N_("This is asked for anew on its own page"), code="asked_for_elsewhere")
    queues.begin_again(job=job, at=at)
    audit.note(actor=actor, at=at, action="job:again", object_id=str(job.id), topic=job.topic)


def job_give_up(*, actor: Actor, at: datetime, job_id: int, reason: str) -> None:
    """Say that a job will not be done. Raises NotFound."""
    job = _job(actor, job_id)
    job.settled_at, job.settled_by_id, job.reason = at, actor.sign_in_id, reason
    audit.note(actor=actor, at=at, action="job:give_up", object_id=str(job.id), topic=job.topic)


def _letter(actor: Actor, letter_id: int) -> Outgoing:
    # The channel first: whoever closes it locks in this order too.
    channel = db.session.scalar(
        select(Channel)
        .join(Outgoing, Outgoing.channel_id == Channel.id)
        .where(Outgoing.id == letter_id, Channel.organisation_id.in_(reach.organisation_ids(actor)))
        .with_for_update(of=Channel)
    )
    if channel is None:
        raise NotFound()
    return db.session.get_one(Outgoing, letter_id, with_for_update=True, populate_existing=True)


def _job(actor: Actor, job_id: int) -> Job:
    job = db.session.scalar(_jobs(actor).where(Job.id == job_id).with_for_update())
    if job is None:
        raise NotFound()
    return job
