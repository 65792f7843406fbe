"""The fixtures keep what they promise, because every other test rests on them."""

import contextlib
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select, text

from pointsvc import clock, create_app, queues
from pointsvc.db import db, transaction
from pointsvc.people.models import Organisation
from pointsvc.queues import Job
from tests import factories
from tests.boards import scene as boards
from tests.conftest import Databases, FrozenClock, settings
from tests.reviews import steps as reviews
from tests.servers import PostgreSQL, Redis

AT = datetime(2026, 7, 1, tzinfo=UTC)


def write(name: str) -> None:
    with transaction():
        queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=AT, dedupe=name)


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Job)) or 0


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_commits_is_gone_in_the_next(app: Flask, turn: int) -> None:
    assert rows() == 0
    write("one")
    assert rows() == 1


def test_a_rollback_leaves_what_was_committed_before_it(app: Flask) -> None:
    write("one")
    with contextlib.suppress(ZeroDivisionError), transaction():
        queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=AT, dedupe="two")
        raise ZeroDivisionError
    assert rows() == 1


def test_what_another_context_commits_outlives_a_rollback_here(app: Flask) -> None:
    write("one")
    job = db.session.scalars(select(Job)).one()
    with app.app_context():
        write("two")
        db.session.scalars(select(Job).where(Job.dedupe == "one")).one().progress = 7
        db.session.flush()
        db.session.commit()
    assert job.progress == 7
    db.session.rollback()
    assert rows() == 2


def test_a_request_sees_no_context_of_the_test(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ok", "checks": {"database": "ok", "redis": "polling"}}


def test_a_live_database_is_migrated_and_commits_for_everybody(live_app: Flask) -> None:
    with live_app.app_context():
        write("one")
        other = create_engine(db.engine.url)
        with other.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM job")) == 1
        other.dispose()
    assert live_app.test_client().get("/readyz").json == {"status": "ok", "checks": {"database": "ok", "redis": "ok"}}


def test_the_databases_of_two_tests_are_two(databases: Databases) -> None:
    first, remove_first = databases.new()
    second, remove_second = databases.new()
    assert first != second
    remove_first()
    remove_second()


def test_a_killed_postgresql_starts_again_with_its_rows() -> None:
    server = PostgreSQL()
    try:
        engine = create_engine(server.create("kept"))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 1 AS n"))
        engine.dispose()
        server.end(signal.SIGKILL)
        server.start()
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT n FROM kept")) == 1
        engine.dispose()
    finally:
        server.remove()
    assert not server.folder.exists()


def test_a_redis_of_its_own_is_empty(redis_server: Redis, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.dbsize() == 0
        connection.set("left", "behind")


def test_the_frozen_clock_moves_only_when_told(frozen_clock: FrozenClock) -> None:
    assert clock.now() == clock.now()
    assert clock.local(clock.now()).isoformat() == "2026-08-15T10:00:00+08:00"
    frozen_clock.advance(hours=14)
    assert clock.today().isoformat() == "2026-08-16"


def everything() -> dict[str, list[Any]]:
    tables = {table.name: db.session.execute(table.select()).all() for table in db.metadata.sorted_tables}
    return {name: sorted(map(repr, found)) for name, found in tables.items() if found}


@pytest.mark.parametrize("scene", [factories.district, boards.district, reviews.ruled_branch])
def test_a_remembered_scene_is_the_one_that_the_verbs_built(
    databases: Databases, tmp_path: Path, frozen_clock: FrozenClock, scene: Callable[[], None]
) -> None:
    # At an instant of its own it is not known yet: the first time it is built.
    frozen_clock.advance(microseconds=1)
    found = []
    for _ in range(2):
        url, remove = databases.new()
        app = create_app(settings(url, tmp_path))
        with app.app_context():
            scene()
            laid_out = everything()
            factories.organisation("QS0777", parent="QS")
            found.append((laid_out, everything()))
            db.session.remove()
            db.engine.dispose()
        remove()
    assert len(found[0][0]["organisation"]) == len(factories.ORGANISATIONS)
    assert found[1] == found[0]


def test_upon_what_is_there_already_a_scene_is_built_and_not_laid_out(app: Flask) -> None:
    first = factories.organisation("QS0777", kind="district").id
    factories.district()
    ids = db.session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
    assert (ids[0], len(ids)) == (first, 1 + len(factories.ORGANISATIONS))
