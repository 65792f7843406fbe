"""E1: two web servers, two workers, two schedulers, PostgreSQL and Redis under load, killed one after the other."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from flask import Flask

from pointsvc import create_app
from pointsvc.db import db
from pointsvc.migrating import migrate
from tests import factories
from tests.conftest import settings
from tests.faults import history
from tests.faults.cast import Cast
from tests.notices import scene
from tests.notices.receivers import Post
from tests.schemes.sheets import ruled_district
from tests.servers import PostgreSQL, Redis

pytestmark = pytest.mark.faults
FAULTS = 14
# Acknowledged between two faults: enough that each meets work that has begun.
BETWEEN = 6


PARTS = [f"{role} {number}" for role in ("web", "worker", "scheduler") for number in (0, 1)]


@dataclass(frozen=True)
class Place:
    """Servers of this test's own, so that they may be killed, and the service on them."""

    postgresql: PostgreSQL
    redis: Redis
    app: Flask
    cast: Cast


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    postgresql, own_redis = PostgreSQL(), Redis()
    config = settings(postgresql.create("service"), tmp_path, REDIS_URL=own_redis.url)
    made = Place(postgresql, own_redis, create_app(config), Cast(config, tmp_path))
    yield made
    made.cast.end()
    with made.app.app_context():
        db.engine.dispose()
    own_redis.remove()
    postgresql.remove()


def faults_of(place: Place) -> dict[str, Callable[[], object]]:
    """Everything that may happen."""

    def forget() -> None:
        with redis.Redis.from_url(place.redis.url) as connection:
            connection.flushall()

    def restart(server: PostgreSQL | Redis, how: signal.Signals) -> None:
        server.end(how)
        server.start()

    def killing(part: str) -> Callable[[], None]:
        return lambda: place.cast.kill(part)

    return {
        **{f"kill -9 {part}": killing(part) for part in PARTS},
        "FLUSHALL": forget,
        "kill -9 redis": lambda: restart(place.redis, signal.SIGKILL),
        "kill -9 postgresql": lambda: restart(place.postgresql, signal.SIGKILL),
        "restart postgresql": lambda: restart(place.postgresql, signal.SIGINT),
    }


def test_whatever_dies_nothing_acknowledged_is_lost_and_nothing_comes_twice(
    place: Place, rng: random.Random, post: Post
) -> None:
    cast = place.cast
    with place.app.app_context():
        migrate()
        ruled_district()
        scene.awake()
        scene.gateway(post, "QS0101", topics=("announcement",))
        headers = factories.bearer("admin")
        # Its connections will not outlive the faults.
        db.engine.dispose()
    cast.start(*PARTS)
    past = history.History()
    history.until(lambda: all(history.send(port, "entries", {}, headers) == 422 for port in cast.ports), seconds=40)
    clients = [history.Client(f"c{n}", past, cast.ports, headers, rng.randrange(10**6)) for n in range(2)]
    faults = faults_of(place)
    # Each kind once, in any order, then some again.
    order = rng.sample(sorted(faults), len(faults)) + rng.choices(sorted(faults), k=FAULTS - len(faults))
    for name in order:
        reached = past.count(history.OK) + BETWEEN
        history.until(lambda reached=reached: cast.looked_after() and past.count(history.OK) >= reached, seconds=30)
        faults[name]()
    for client in clients:
        client.enough.set()
    for client in clients:
        client.join(30)
    with place.app.app_context():
        drained = history.until(lambda: cast.looked_after() and history.idle(), seconds=30, tell=history.left)
        print(past.figures())
        print(f"faults {len(order)}: {dict(Counter(order))}; drained {drained:.2f} s after the last answer")
        history.check(past, readers=4)
        expected = db.session.query(history.Announcement).count()
    history.check_outside(post.keys, at_least=expected, share=0.005)
