"""The demonstration's results: one quarter is sealed, the next is publicised, and two objections wait for a reply."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.demo_accounts import first
from pointsvc.disputes import service as disputes
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM, Role
from pointsvc.tallies import sealing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Tally

# Longer than any publicity lasts.
LONG_AGO = timedelta(days=60)
OWN = "当天我全程参加，登记的分值好像不对，请帮我核对一下。"
BY_PHONE = "来电反映：当天已向支部请假，不应按缺席登记，请予核实。"


def show(*, at: datetime) -> None:
    """Publicise the newest tally of a quarter that has ended, with two objections, and seal the one before it."""
    today = clock.local(at).date()
    ended = select(Tally).where(Tally.through_on < today).order_by(Tally.through_on.desc()).limit(2)
    tallied = db.session.scalars(ended).all()
    for found in tallied[1:]:
        if _computed(found, at):
            with transaction():
                tallies.publicise(actor=SYSTEM, at=at - LONG_AGO, tally_id=found.id)
                sealing.seal(actor=SYSTEM, at=clock.now(), tally_id=found.id)
    for found in tallied[:1]:
        if _computed(found, at):
            with transaction():
                tallies.publicise(actor=SYSTEM, at=clock.now(), tally_id=found.id)
                _object(found)


def _computed(found: Tally, at: datetime) -> bool:
    """Compute this tally here and now, unless a worker was faster."""
    if found.job_id is None:
        return False
    with transaction():
        job = queues.claim(at=at, only=found.job_id)
    if job is None:
        return False
    tallies.compute(tally_id=found.id, job_id=job.id, token=job.token)
    return True


def _object(found: Tally) -> None:
    member, secretary = first(Role.MEMBER), first(Role.SECRETARY)
    if member is None or secretary is None or member.member_id is None:
        return
    own = _entry(found, Entry.member_id == member.member_id, Entry.points > 0)
    if own is not None:
        disputes.raise_dispute(actor=member, at=clock.now(), entry_id=own, text=OWN)
    other = _entry(
        found, Entry.branch_id == secretary.organisation_id, Entry.member_id != member.member_id, Entry.points < 0
    )
    if other is not None:
        disputes.raise_dispute(actor=secretary, at=clock.now(), entry_id=other, text=BY_PHONE, how="phone")


def _entry(found: Tally, *conditions: ColumnElement[bool]) -> int | None:
    """The latest entry of the tally's last quarter that is like this."""
    first = date(found.through_on.year, found.through_on.month - 2, 1)
    return db.session.scalar(
        select(Entry.id)
        .where(Entry.occurred_on.between(first, found.through_on), *conditions)
        .order_by(Entry.occurred_on.desc(), Entry.id)
        .limit(1)
    )
