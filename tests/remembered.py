"""Scenes that nearly every test begins with: built by the verbs once on each engine, then laid out again row by row.

Building the made-up district took most of the time of a usual test. Its rows are the same each time,
so they are kept as the engine itself tells them and put back without asking the verbs again; what
the verbs do has tests of its own, and tests/guards/test_fixtures.py holds both ways equal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from sqlalchemy import exists, select

from pointsvc import clock
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.people.models import Organisation
from pointsvc.queues import Job

Scene = TypeVar("Scene", bound=Callable[..., None])
# What a table holds: for PostgreSQL the text of COPY, for SQLite the rows.
Rows = Any


def remembered(build: Scene) -> Scene:
    """A scene that is built the first time and laid out from then on.

    ``build`` depends on nothing but the clock and its arguments, and begins with an empty database; on
    any other it is called as it is.
    """
    shelf: dict[tuple[Any, ...], list[tuple[str, Rows]]] = {}

    @wraps(build)
    def scene(*args: Any, **more: Any) -> None:
        key = (db.engine.dialect.name, _standing_clock(), args, tuple(more.items()))
        if _touched():
            build(*args, **more)
        elif key in shelf:
            _lay_out(shelf[key])
        else:
            build(*args, **more)
            shelf[key] = _kept()

    return cast(Scene, scene)


def _standing_clock() -> datetime | None:
    """When it is, if time stands still."""
    now = clock.now()
    return now if now == clock.now() else None


def _touched() -> bool:
    """Whether anything is there: all else hangs on an organisation, is told to the audit, or is a job."""
    query = select(exists().select_from(Organisation) | exists().select_from(AuditEvent) | exists().select_from(Job))
    with transaction():
        return bool(db.session.scalar(query))


def _kept() -> list[tuple[str, Rows]]:
    """All tables that hold anything, in the order in which they can be filled, with what they hold."""
    cursor = db.session.connection().connection.cursor()
    found = [(table.name, _read(cursor, table.name)) for table in db.metadata.sorted_tables]
    db.session.rollback()
    return [(name, rows) for name, rows in found if rows]


def _lay_out(tables: list[tuple[str, Rows]]) -> None:
    with transaction():
        cursor = db.session.connection().connection.cursor()
        for name, rows in tables:
            _write(cursor, name, rows)
        if _is_postgresql():
            cursor.execute(" ".join(_counted_on(name) for name, _ in tables if _counts(name)))


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _read(cursor: Any, name: str) -> Rows:
    if _is_postgresql():
        with cursor.copy(f'COPY "{name}" TO STDOUT') as copy:
            return b"".join(copy)
    return cursor.execute(f'SELECT * FROM "{name}"').fetchall()


def _write(cursor: Any, name: str, rows: Rows) -> None:
    if _is_postgresql():
        with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
            copy.write(rows)
    else:
        cursor.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)


def _counts(name: str) -> bool:
    column = db.metadata.tables[name].autoincrement_column
    return column is not None and column.name == "id"


def _counted_on(name: str) -> str:
    """The next id of this table is a new one, also in a database that has never given one."""
    ids = f"{name}_id_seq"
    return f"SELECT setval('{ids}', greatest((SELECT max(id) FROM \"{name}\"), (SELECT last_value FROM {ids})));"
