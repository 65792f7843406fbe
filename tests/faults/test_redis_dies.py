"""E5: Redis forgets everything, is gone for long, and comes back; writes go on and no work is lost."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask

from pointsvc import create_app
from pointsvc.db import db
from pointsvc.notices.models import Announcement
from tests import factories
from tests.conftest import settings
from tests.faults import history
from tests.faults.cast import Cast
from tests.notices import scene
from tests.notices.receivers import Post
from tests.schemes.sheets import published
from tests.servers import Redis

pytestmark = pytest.mark.faults
PHASE = 12


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that this test may kill."""
    server = Redis()
    yield server
    server.remove()


@pytest.fixture
def app(live_database: str, own_redis: Redis, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(settings(live_database, tmp_path, REDIS_URL=own_redis.url))
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def cast(app: Flask, tmp_path: Path) -> Iterator[Cast]:
    made = Cast(app.config["POINTSVC"], tmp_path)
    made.start("web 0", "worker 0", "scheduler 0")
    yield made
    made.end()


def test_without_redis_writes_go_on_and_all_work_is_done(
    cast: Cast, own_redis: Redis, app: Flask, rng: random.Random, post: Post
) -> None:
    with app.app_context():
        factories.district()
        published()
        scene.gateway(post, "QS0101", topics=("announcement",))
        headers = factories.bearer("admin")
    past = history.History()
    history.until(lambda: history.send(cast.ports[0], "entries", {}, headers) == 422, seconds=40)
    client = history.Client("c", past, cast.ports[:1], headers, rng.randrange(10**6))

    def some_more() -> None:
        reached = past.count(history.OK) + PHASE
        history.until(lambda: past.count(history.OK) >= reached, seconds=30)

    def drained() -> float:
        with app.app_context():
            return history.until(lambda: cast.looked_after() and history.idle(), seconds=40, tell=history.left)

    some_more()
    with redis.Redis.from_url(own_redis.url) as connection:
        connection.flushall()
    some_more()
    own_redis.end(signal.SIGKILL)
    some_more()
    client.enough.set()
    client.join(30)
    # Gone for good: workers that lose it end, are started again, and look into the table by themselves.
    without = drained()
    client = history.Client("d", past, cast.ports[:1], headers, rng.randrange(10**6))
    some_more()
    own_redis.start()
    some_more()
    client.enough.set()
    client.join(30)
    after = drained()
    print(past.figures())
    print(f"drained without Redis in {without:.2f} s, after its return in {after:.2f} s")
    assert {one.outcome for one in past.operations} == {history.OK}
    assert {one.tries for one in past.operations} == {1}
    with app.app_context():
        history.check(past, readers=4)
        expected = db.session.query(Announcement).count()
    history.check_outside(post.keys, at_least=expected, share=0.005)
