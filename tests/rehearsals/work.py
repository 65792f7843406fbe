"""What tests of rehearsals do again and again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.rehearsals import service as rehearsals
from pointsvc.rehearsals.models import Rehearsal, RehearsalResult


def ask(scheme_id: int, actor: Actor = SYSTEM, **more: Any) -> Rehearsal:
    """Ask for a rehearsal, of the year 2026 unless told otherwise."""
    with transaction():
        return rehearsals.ask(actor=actor, at=clock.now(), scheme_id=scheme_id, **(more or {"period": "2026"}))


def rehearse(scheme_id: int, actor: Actor = SYSTEM, **more: Any) -> Rehearsal:
    """Ask for a rehearsal and do it, as a worker would."""
    found = ask(scheme_id, actor, **more)
    do(found)
    return found


def do(found: Rehearsal) -> None:
    """Claim the rehearsal's job and do it."""
    rehearsals.compute(rehearsal_id=found.id, job_id=found.job_id or 0, token=claim(found))
    db.session.refresh(found)


def claim(found: Rehearsal) -> int:
    """Claim the rehearsal's job; the answer is the claim's token."""
    with transaction():
        job = queues.claim(at=clock.now(), only=found.job_id)
        assert job is not None
        return job.token


def results(found: Rehearsal, *, under_draft: bool) -> dict[str, tuple[str | None, str | None]]:
    """Total and grade by member number on one side."""
    rows = db.session.execute(
        select(Member.number, RehearsalResult.total, RehearsalResult.grade)
        .join(Member, Member.id == RehearsalResult.member_id)
        .where(RehearsalResult.rehearsal_id == found.id, RehearsalResult.under_draft == under_draft)
    )
    return {row.number: (None if row.total is None else f"{row.total:.2f}", row.grade) for row in rows}


def limit(found: Rehearsal, kind: str, code: str = "") -> dict[str, Any]:
    """What the report says of one limit."""
    assert found.report is not None
    [one] = [item for item in found.report["limits"] if (item["kind"], item["code"]) == (kind, code)]
    return dict(one)
