"""Reminders: rows that are told when they are due, planned anew when a deadline moves, stopped by the deed.

For each instant at which reminders are due there is one job; it looks at the rows as they are then.
So a reminder comes once for its date, whatever happens to jobs, workers and clocks, and not at all
once somebody has acted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from pointsvc import queues
from pointsvc.db import db
from pointsvc.notices import service as notices
from pointsvc.notices.models import Reminder

AT_ONCE = 200


@dataclass(frozen=True)
class Words:
    """What is told: an English msgid with its values, and where it leads."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    link: str | None = None
    topic: str = "work"


def plan(
    *, at: datetime, subject: str, kind: str, dues: Sequence[datetime], sign_in_ids: Collection[int], words: Words
) -> None:
    """Remind these accounts of the subject ('inspection:12') at these instants; ``kind`` names the series.

    Called again it is the new plan: what was not told moves or is stopped, what was told stays told,
    unless its date has moved to a later day that is still to come: a new date is told anew.
    """
    rows = {
        row.n: row
        for row in db.session.scalars(
            select(Reminder).where(Reminder.subject == subject, Reminder.kind == kind).with_for_update()
        )
    }
    for n, due_at in enumerate(sorted(dues), start=1):
        row = rows.pop(n, None)
        if row is None:
            row = Reminder(subject=subject, kind=kind, n=n)
            db.session.add(row)
        elif row.told_at is not None and (due_at == row.due_at or due_at <= at):
            continue
        row.due_at, row.told_at, row.stopped_at = due_at, None, None
        row.sign_in_ids, row.topic = sorted(set(sign_in_ids)), words.topic
        row.message, row.params, row.link = words.message, dict(words.params), words.link
        _ring(at, due_at)
    for row in rows.values():
        row.stopped_at = row.stopped_at or at
    db.session.flush()


def _ring(at: datetime, due_at: datetime) -> None:
    queues.enqueue(topic=queues.NOTICE_REMIND, payload={}, at=at, due=max(at, due_at))


def stop(*, at: datetime, subject: str, kind: str | None = None) -> None:
    """Somebody has acted: no more reminders of this subject (of this series)."""
    query = update(Reminder).where(Reminder.subject == subject, Reminder.told_at.is_(None))
    if kind is not None:
        query = query.where(Reminder.kind == kind)
    db.session.execute(
        query.where(Reminder.stopped_at.is_(None)).values(stopped_at=at).execution_options(synchronize_session="fetch")
    )


def tell_due(*, at: datetime) -> int:
    """Tell what is due; how many rows were told. Of one series only the latest is said aloud.

    After an absence three reminders of the same thing would be two too many. What is more than fits
    into one transaction is rung for again.
    """
    rows = db.session.scalars(
        select(Reminder)
        .where(Reminder.told_at.is_(None), Reminder.stopped_at.is_(None), Reminder.due_at <= at)
        .order_by(Reminder.due_at, Reminder.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    latest = {(row.subject, row.kind): row for row in rows}
    for row in rows:
        row.told_at = at
    for row in latest.values():
        notices.send(
            at=at,
            sign_in_ids=row.sign_in_ids,
            message=row.message,
            params=row.params,
            link=row.link,
            dedupe_prefix=f"reminder:{row.id}:{row.due_at.isoformat()}",
            topic=row.topic,
        )
    if len(rows) == AT_ONCE:
        _ring(at, at)
    return len(rows)
