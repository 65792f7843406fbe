"""What tests of tallies do again and again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.schemes.models import Rule
from pointsvc.tallies import lifecycle, sealing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Publication, Tally


def tally(organisation: str, period: str, actor: Actor = SYSTEM) -> Tally:
    """Ask for a tally and compute it, as a worker would."""
    with transaction():
        found = tallies.request(actor=actor, at=clock.now(), organisation=organisation, period=period)
    compute(found)
    return found


def publicised(organisation: str, period: str, days: int | None = None) -> Tally:
    """A tally that is computed and publicised."""
    found = tally(organisation, period)
    publicise(found, days)
    return found


def publicise(found: Tally, days: int | None = None) -> Publication:
    """Publicise the tally's newest version."""
    with transaction():
        made = tallies.publicise(actor=SYSTEM, at=clock.now(), tally_id=found.id, days=days)
    db.session.refresh(found)
    return made


def seal(found: Tally) -> None:
    """Seal the tally, as far as others can tell."""
    with transaction():
        db.session.get_one(Tally, found.id).status = lifecycle.after(found.status, lifecycle.SEAL)
    db.session.refresh(found)


def compute(found: Tally) -> None:
    """Claim the tally's job and do it."""
    token = claim(found)
    tallies.compute(tally_id=found.id, job_id=found.job_id or 0, token=token)
    db.session.refresh(found)


def over(organisation: str, period: str, last_day: date | None = None) -> Tally:
    """Compute a tally and publicise it until this day (yesterday)."""
    found = tally(organisation, period)
    publicise_until(found, last_day or clock.today() - timedelta(days=1))
    return found


def publicise_until(found: Tally, last_day: date) -> None:
    """Publicise the tally's present version until this day."""
    with transaction():
        db.session.add(
            Publication(
                tally_id=found.id,
                version=found.version,
                published_on=last_day - timedelta(days=7),
                last_day=last_day,
                working_days=5,
                published_at=clock.now(),
            )
        )
        found.status = "publicised"
    db.session.refresh(found)


def sealed(organisation: str, period: str) -> Tally:
    """Compute a tally, publicise and seal it."""
    found = over(organisation, period)
    with transaction():
        sealing.seal(actor=SYSTEM, at=clock.now(), tally_id=found.id)
    return found


def claim(found: Tally) -> int:
    """Claim the tally's job; the answer is the claim's token."""
    with transaction():
        job = queues.claim(at=clock.now(), only=found.job_id)
        assert job is not None
        return job.token


def entries_of(number: str) -> list[dict[str, Any]]:
    """A member's entries as the oracle takes them."""
    rows = db.session.execute(
        select(Entry, Rule.code).join(Rule).join(Member, Member.id == Entry.member_id).where(Member.number == number)
    )
    return [
        {
            "id": entry.id,
            "rule": code,
            "points": entry.points,
            "occurred_on": entry.occurred_on,
            "recorded_at": entry.recorded_at,
            "matter": entry.matter,
            "reverses": entry.reverses_id,
        }
        for entry, code in rows
    ]
