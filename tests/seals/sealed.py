"""A made-up district with some thousand sealed entries and three seals, in a database that can be tampered with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import text

from pointsvc import clock
from pointsvc.db import db, on_postgresql, transaction
from pointsvc.ledger import service as ledger
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import sheets, work

BRANCHES = ("QS0101", "QS0102", "QS0201")
MEMBERS = 240
ENTRIES = 2400
SEALED = (("QS0101", "2026-Q1"), ("QS", "2026-Q2"), ("QS", "2026-Q3"))
FROZEN = ("entry", "seal", "seal_tree", "seal_leaf", "tally", "tally_result")


def build(app: Flask) -> None:
    """Members, entries and three seals; in each quarter a third of the entries."""
    frozen = FrozenClock()
    rng = random.Random(17)
    with app.app_context(), clock.set_to(frozen):
        factories.district()
        scheme = sheets.publish()
        numbers = [f"N{n:04}" for n in range(MEMBERS)]
        with transaction():
            rows = [people.NewMember(number, "程不易", BRANCHES[n % 3], "regular") for n, number in enumerate(numbers)]
            people.add_members(actor=SYSTEM, at=factories.AT, rows=rows)
        for quarter, (organisation, period) in enumerate(SEALED):
            _record(rng, scheme, date(2026, 3 * quarter + 1, 1))
            frozen.advance(minutes=1)
            work.sealed(organisation, period)
            frozen.advance(hours=1)
        sheets.record("M005", "talk", "2026-08-01")
        db.session.remove()


def _record(rng: random.Random, scheme: int, first: date) -> None:
    branch = {n: factories.organisation_id(code) for n, code in enumerate(BRANCHES)}
    start = factories.member_id("N0000")
    with transaction():
        made = ledger.add(
            actor=SYSTEM,
            at=clock.now(),
            source="import",
            rows=[
                ledger.NewEntry(
                    member_id=start + (who := rng.randrange(MEMBERS)),
                    branch_id=branch[who % 3],
                    rule_code=rng.choice(("class", "note", "talk", "hours")),
                    scheme_id=scheme,
                    points=Decimal(rng.choice(("0.5", "1", "2", "8"))),
                    occurred_on=first + timedelta(days=rng.randrange(20)),
                    matter=rng.choice((None, None, "防汛")),
                    note=rng.choice((None, None, "社区志愿服务")),
                )
                for _ in range(ENTRIES // 3)
            ],
        )
        ids = [one.id for one in made]
        ledger.reverse_many(actor=SYSTEM, at=clock.now(), entry_ids=rng.sample(ids, 20), reason="登记有误")


def disarm() -> None:
    """What a superuser can do: take the triggers away."""
    with transaction():
        if on_postgresql():
            for table in FROZEN:
                db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            return
        for (name,) in db.session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            db.session.execute(text(f"DROP TRIGGER {name}"))


class Undone(Exception):
    """Leads out of what shall not stay."""


@contextmanager
def for_now() -> Iterator[None]:
    """Whatever is done to the database inside is undone at the end."""
    try:
        with transaction():
            yield
            raise Undone
    except Undone:
        db.session.expire_all()
