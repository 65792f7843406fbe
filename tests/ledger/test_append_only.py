"""The database itself refuses to change or lose an entry."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pointsvc.db import db, transaction
from pointsvc.ledger import service as ledger
from tests import factories
from tests.conftest import FrozenClock
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _entry(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()
    with transaction():
        ledger.record(
            actor=factories.actor("secretary"),
            at=frozen_clock(),
            member="M001",
            rule="meeting",
            occurred_on=date(2026, 7, 5),
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET points = 0",
        "UPDATE entry SET note = 'x' WHERE id = (SELECT max(id) FROM entry)",
        "DELETE FROM entry",
        "TRUNCATE entry CASCADE",
    ],
)
def test_an_entry_is_never_changed_nor_lost(engine_name: str, statement: str) -> None:
    if statement.startswith("TRUNCATE") and engine_name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError), transaction():
        db.session.execute(text(statement))
    assert db.session.execute(text("SELECT count(*), sum(points) FROM entry")).one() == (1, 100)
