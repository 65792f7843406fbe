"""Reminders: rows that are told when they are due, planned anew when a deadline moves, stopped by the deed.

The scheduler looks for what is due and asks for one job that tells everything due by that instant:
it alone knows whether the clock may be trusted, and a worker whose clock runs ahead tells nothing
early. A reminder comes once for its date, and not at all once somebody has acted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, select, update

from pointsvc import clock, queues, workdays
from pointsvc.db import among, db
from pointsvc.notices import service as notices
from pointsvc.notices.models import Reminder
from pointsvc.people import leaders
from pointsvc.people.models import SignIn
from pointsvc.queues import Job

AT_ONCE = 200
# Nobody is to be woken by a reminder.
MORNING = time(8)


@dataclass(frozen=True)
class Words:
    """What is told: an English msgid with its values, and where it leads."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    link: str | None = None
    topic: str = "work"


@dataclass(frozen=True)
class Whom:
    """These accounts, and the secretaries of these organisations (``above``: those one level over them).

    Who that is is found out when it is told: secretaries change while a deadline runs.
    """

    sign_in_ids: Collection[int] = ()
    organisation_ids: Collection[int] = ()
    above: bool = False


def morning(day: date) -> datetime:
    """When what is due on this day is told."""
    return clock.at_wall(datetime.combine(day, MORNING))


def ahead(due_on: date, days: int, *, since: datetime) -> list[datetime]:
    """The mornings so many working days before a last day, and of that day.

    What would have been before ``since``, when the deadline began, is left out: it has just been told.
    """
    return [due for due in (morning(workdays.before(due_on, days)), morning(due_on)) if due > since]


def plan(*, at: datetime, subject: str, kind: str, dues: Sequence[datetime], whom: Whom, words: Words) -> None:
    """Remind of the subject ('inspection:12') at these instants; ``kind`` names the series.

    Called again it is the new plan: what was not told moves or is stopped, what was told stays told,
    unless its date has moved to a later day that is still to come: a new date is told anew.
    """
    rows = {row.n: row for row in series(subject=subject, kind=kind, lock=True)}
    for n, due_at in enumerate(sorted(dues), start=1):
        row = rows.pop(n, None)
        if row is None:
            row = Reminder(subject=subject, kind=kind, n=n)
            db.session.add(row)
        elif row.told_at is not None and (due_at == row.due_at or due_at <= at):
            continue
        row.due_at, row.told_at, row.stopped_at = due_at, None, None
        row.sign_in_ids = sorted(set(whom.sign_in_ids))
        row.organisation_ids, row.above = sorted(set(whom.organisation_ids)), whom.above
        row.topic, row.message, row.params, row.link = words.topic, words.message, dict(words.params), words.link
    for row in rows.values():
        row.stopped_at = row.stopped_at or at
    db.session.flush()


def series(*, subject: str, kind: str, lock: bool = False) -> Sequence[Reminder]:
    """The reminders of one series in their order, as they are now."""
    query = select(Reminder).where(Reminder.subject == subject, Reminder.kind == kind).order_by(Reminder.n)
    query = query.execution_options(populate_existing=True)
    return db.session.scalars(query.with_for_update() if lock else query).all()


def stop(*, at: datetime, subject: str, kind: str | None = None) -> None:
    """Somebody has acted: no more reminders of this subject (of this series)."""
    query = update(Reminder).where(Reminder.subject == subject, Reminder.told_at.is_(None))
    if kind is not None:
        query = query.where(Reminder.kind == kind)
    db.session.execute(
        query.where(Reminder.stopped_at.is_(None)).values(stopped_at=at).execution_options(synchronize_session="fetch")
    )


def ask_for_due(*, at: datetime) -> bool:
    """Ask for the job that tells what is due by now, unless it was asked for already or nothing is due."""
    open_ = (Job.topic == queues.NOTICE_REMIND, Job.done_at.is_(None), Job.settled_at.is_(None))
    due = select(Reminder.id).where(*_due(at)).limit(1)
    if db.session.scalar(due) is None or db.session.scalar(select(Job.id).where(*open_).limit(1)) is not None:
        return False
    queues.enqueue(topic=queues.NOTICE_REMIND, payload={"by": at.isoformat()}, at=at)
    return True


def _due(by: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Reminder.told_at.is_(None), Reminder.stopped_at.is_(None), Reminder.due_at <= by)


def tell_due(*, at: datetime, by: datetime) -> int:
    """Tell what was due ``by`` then; how many rows were told. Of one series only the latest is said aloud.

    After an absence three reminders of the same thing would be two too many. What is more than fits
    into one transaction the scheduler asks for again.
    """
    rows = db.session.scalars(
        select(Reminder)
        .where(*_due(by))
        .order_by(Reminder.due_at, Reminder.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    latest = {(row.subject, row.kind): row for row in rows}
    for row in rows:
        row.told_at = at
    readers = _readers(latest.values())
    for row in latest.values():
        notices.send(
            at=at,
            sign_in_ids=readers[row.id],
            message=row.message,
            params=row.params,
            link=row.link,
            dedupe_prefix=f"reminder:{row.id}:{row.due_at.isoformat()}",
            topic=row.topic,
        )
    return len(rows)


def _readers(rows: Collection[Reminder]) -> dict[int, set[int]]:
    """Whom each of these is for now: whoever leads today, and no account that has been closed."""
    named = {one for row in rows for one in row.sign_in_ids}
    open_ = set(db.session.scalars(select(SignIn.id).where(among(SignIn.id, named), SignIn.disabled_at.is_(None))))
    leading = {
        False: leaders.nearest({one for row in rows if not row.above for one in row.organisation_ids}),
        True: leaders.above({one for row in rows if row.above for one in row.organisation_ids}),
    }
    return {
        row.id: open_.intersection(row.sign_in_ids).union(
            *(leading[row.above].get(one, ()) for one in row.organisation_ids)
        )
        for row in rows
    }
