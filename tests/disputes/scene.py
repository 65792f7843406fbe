"""What tests of objections do again and again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.disputes import service as disputes
from pointsvc.disputes.models import Dispute
from pointsvc.ledger import service as ledger
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from tests import factories
from tests.factories import bearer
from workers import base, run

API = "/api/v1"


def record(
    number: str = "M001", rule: str = "duty", day: str = "2026-07-01", by: str = "secretary", **more: Any
) -> int:
    """An entry that this sign-in records; its id. By default 8 points off M001 for a task not done."""
    if rule == "duty":
        more = {"points": Decimal(-8), **more}
    who = factories.actor(by)
    with transaction():
        return ledger.record(
            actor=who, at=clock.now(), member=number, rule=rule, occurred_on=date.fromisoformat(day), **more
        ).id


def raised(by: str = "member", text: str = "当天我请了假", **about: Any) -> int:
    """An objection that this sign-in takes down; its id."""
    who = factories.actor(by)
    with transaction():
        return disputes.raise_dispute(actor=who, at=clock.now(), text=text, **about).id


def row(dispute_id: int) -> Dispute:
    """The objection as it stands."""
    return db.session.get_one(Dispute, dispute_id, populate_existing=True)


def post(client: FlaskClient, path: str, body: Any, name: str, **headers: str) -> Any:
    return client.post(API + path, json=body, headers={**bearer(name), **headers})


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


def work(app: Flask) -> None:
    """Do all due jobs."""
    assert run.HANDLERS
    while base.run_next(app):
        pass


def told(app: Flask, dispute_id: int) -> list[tuple[str, str]]:
    """Who was told what of an objection, in the order of telling: name and kind."""
    work(app)
    rows = db.session.execute(
        select(SignIn.name, Notice.dedupe)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.dedupe.like(f"dispute:{dispute_id}:%"))
        .order_by(Notice.id)
    )
    return [(row.name, row.dedupe.split(":")[2]) for row in rows]
