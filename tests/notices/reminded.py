"""What was told by reminders, for tests of whatever plans them."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import String, cast, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.notices import reminders
from pointsvc.notices.models import Notice, Reminder
from pointsvc.people import accounts
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from workers import base, run, schedule


def work(app: Flask) -> None:
    """Let the scheduler look for what has a date, and do all due jobs."""
    assert run.HANDLERS
    schedule.ask_for_dated()
    while base.run_next(app):
        pass
    db.session.rollback()


def on(app: Flask, frozen_clock: FrozenClock, day: date, subject: str) -> list[tuple[str, str]]:
    """Who was reminded of the subject by this day's morning: account and series, in the order of telling."""
    frozen_clock.set(reminders.morning(day))
    work(app)
    return told(subject)


def told(subject: str) -> list[tuple[str, str]]:
    """Who was reminded of it so far."""
    rows = db.session.execute(
        select(SignIn.name, Reminder.kind)
        .select_from(Notice)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .join(Reminder, Notice.dedupe.startswith("reminder:" + cast(Reminder.id, String) + ":"))
        .where(Reminder.subject == subject)
        .order_by(Notice.id)
    )
    return [(row.name, row.kind) for row in rows]


def succeeded(old: str, new: str, organisation: str) -> None:
    """Another secretary takes the place of this one, whose account is closed."""
    factories.sign_in(new, Role.SECRETARY, organisation)
    with transaction():
        number = db.session.scalars(select(SignIn.id).where(SignIn.name == old)).one()
        accounts.disable(actor=factories.actor("operator"), at=clock.now(), account_id=number)
