"""E5: Redis forgets everything, is gone for long, and comes back; writes go on and no work is lost."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
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
from tests.schemes.sheets import ruled_district
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
def served(live_database: str, tmp_path: Path) -> Iterator[Callable[[str], Cast]]:
    """Start the service on the test's database with the Redis at this address ('none': workers poll)."""
    casts: list[Cast] = []

    def serve(redis_url: str) -> Cast:
        cast = Cast(settings(live_database, tmp_path, REDIS_URL=redis_url), tmp_path)
        casts.append(cast)
        cast.start("web 0", "worker 0", "scheduler 0")
        return cast

    yield serve
    for cast in casts:
        cast.end()


@pytest.fixture
def app(live_database: str, tmp_path: Path) -> Iterator[Flask]:
    """For looking into the service's database; it rings for nobody."""
    made = create_app(settings(live_database, tmp_path))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def headers(app: Flask, post: Post) -> dict[str, str]:
    """The district is there, and its organisation department asks."""
    ruled_district()
    scene.awake()
    scene.gateway(post, "QS0101", topics=("announcement",))
    return factories.bearer("admin")


def some_more(past: history.History, cast: Cast, headers: dict[str, str], seed: int) -> None:
    """A client asks for some more, and all of it is answered."""
    history.until(lambda: history.send(cast.ports[0], "entries", {}, headers) == 422, seconds=40)
    client = history.Client(f"c{seed}", past, cast.ports[:1], headers, seed)
    reached = past.count(history.OK) + PHASE
    history.until(lambda: past.count(history.OK) >= reached, seconds=30)
    client.enough.set()
    client.join(30)


def drained(cast: Cast) -> float:
    """Until no work is left; how long that took."""
    return history.until(lambda: cast.looked_after() and history.idle(), seconds=30, tell=history.left)


def check(past: history.History, post: Post) -> None:
    """Every write was taken at once, and all that follows from it was done once."""
    print(past.figures())
    assert {one.outcome for one in past.operations} == {history.OK}
    assert {one.tries for one in past.operations} == {1}
    history.check(past, readers=4)
    history.check_outside(post.keys, at_least=db.session.query(Announcement).count(), share=0.005)


def test_redis_forgets_everything_is_gone_and_comes_back(
    served: Callable[[str], Cast], own_redis: Redis, headers: dict[str, str], rng: random.Random, post: Post
) -> None:
    cast, past, times = served(own_redis.url), history.History(), []
    some_more(past, cast, headers, rng.randrange(10**6))
    with redis.Redis.from_url(own_redis.url) as connection:
        connection.flushall()
    times.append(drained(cast))
    own_redis.end(signal.SIGKILL)
    some_more(past, cast, headers, rng.randrange(10**6))
    # Nobody asks for anything any more: what was rung for in vain is found by the sweep.
    own_redis.start()
    times.append(drained(cast))
    print(f"drained after it was wiped in {times[0]:.2f} s, after its return in {times[1]:.2f} s")
    check(past, post)


def test_without_redis_workers_poll(
    served: Callable[[str], Cast], headers: dict[str, str], rng: random.Random, post: Post
) -> None:
    cast, past = served("none"), history.History()
    some_more(past, cast, headers, rng.randrange(10**6))
    print(f"polling: drained in {drained(cast):.2f} s")
    check(past, post)
