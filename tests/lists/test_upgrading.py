"""A service that has a district already gets its sets with the new tables, and takes files of lists."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from flask import Flask
from sqlalchemy import text

from pointsvc import create_app, migrating
from pointsvc.db import WRITES, db
from tests.conftest import Databases, settings

BEFORE = next((Path(__file__).parents[2] / "migrations" / "versions").glob("*_lists.py"))


def upgrade(app: Flask, revision: str) -> None:
    """Bring the database to this revision."""
    config = migrating._alembic()
    with app.app_context(), db.engine.connect().execution_options(**WRITES) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_district_that_is_there_gets_its_sets(databases: Databases, tmp_path: Path) -> None:
    url = databases._empty("older")
    app = create_app(settings(url, tmp_path))
    upgrade(app, f"{int(BEFORE.name[:4]) - 1:04}")
    organisation = "INSERT INTO organisation (id, code, name, kind, created_at) VALUES (:id, :code, :code, :kind, :at)"
    with app.app_context():
        for number, (code, kind) in enumerate((("QS", "district"), ("QS01", "street")), start=1):
            values = {"id": number, "code": code, "kind": kind, "at": "2026-01-05 01:00:00"}
            db.session.execute(text(organisation), values)
        db.session.commit()
    upgrade(app, "head")
    with app.app_context():
        rows = db.session.execute(text("SELECT organisation_id, code, confidential FROM list_set ORDER BY id")).all()
        assert [(row[0], row[1], bool(row[2])) for row in rows] == [
            (1, "exchange", False),
            (1, "problems", False),
            (1, "weak", True),
            (1, "villages", True),
        ]
        added = "INSERT INTO import (kind, filename, digest, content, dry_run, status, rows, accepted, rejected, "
        added += (
            "unchanged, left_out, entries, options, doubtful, marks, created_at) VALUES ('lists', 'a', 'b', :nothing, "
        )
        added += "false, 'queued', 0, 0, 0, 0, 0, 0, '{}', '[]', '{}', '2026-01-05 01:00:00')"
        db.session.execute(text(added), {"nothing": b""})
        db.session.rollback()
        db.engine.dispose()
