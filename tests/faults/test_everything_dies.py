"""E1: two web servers, two workers, two schedulers, PostgreSQL and Redis under load, killed one after the other."""

from __future__ import annotations

import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from pointsvc import create_app
from pointsvc.db import db
from pointsvc.migrating import migrate
from tests import factories
from tests.conftest import settings
from tests.faults import history
from tests.faults.processes import CLI, Process, free_port
from tests.notices import scene
from tests.notices.receivers import Post
from tests.schemes.sheets import published
from tests.servers import PostgreSQL, Redis

pytestmark = pytest.mark.faults
FAULTS = 14
# Acknowledged between two faults: enough that each meets work that has begun.
BETWEEN = 6


class Cast:
    """All processes of one service; whoever is killed is started again at once."""

    def __init__(self, folder: Path) -> None:
        self.postgresql, self.redis = PostgreSQL(), Redis()
        self.folder, self.count = folder, 0
        self.config = settings(self.postgresql.create("service"), folder, REDIS_URL=self.redis.url)
        self.app = create_app(self.config)
        self.ports = [free_port(), free_port()]
        self.playing: dict[str, Process] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {
            "POINTSVC_DATABASE_URL": self.config.database_url,
            "POINTSVC_REDIS_URL": self.redis.url,
            "POINTSVC_SECRET_KEY": self.config.secret_key,
            "POINTSVC_DATA_DIR": str(self.folder),
        }

    def start(self, part: str) -> None:
        role, number = part.split()
        words = {
            "web": [*CLI, "web", "--port", str(self.ports[int(number)]), "--workers", "1"],
            "worker": [sys.executable, "-m", "tests.faults.worker"],
            "scheduler": [*CLI, "scheduler"],
        }[role]
        self.count += 1
        name = f"{role}{self.count}"
        self.playing[part] = Process(words, folder=self.folder, environ=self.environ, name=name)

    def kill(self, part: str) -> None:
        self.playing[part].end(signal.SIGKILL)
        self.start(part)

    def looked_after(self) -> bool:
        """Whoever ended by itself (a worker without Redis) is started again, as a supervisor does."""
        for part, process in list(self.playing.items()):
            if process.process.poll() is not None:
                self.start(part)
        return True

    def end(self) -> None:
        for process in self.playing.values():
            process.end(signal.SIGKILL)
        with self.app.app_context():
            db.engine.dispose()
        self.redis.remove()
        self.postgresql.remove()


PARTS = [f"{role} {number}" for role in ("web", "worker", "scheduler") for number in (0, 1)]


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    made = Cast(tmp_path)
    yield made
    made.end()


def faults_of(cast: Cast) -> dict[str, Callable[[], object]]:
    """Everything that may happen."""

    def forget() -> None:
        with redis.Redis.from_url(cast.redis.url) as connection:
            connection.flushall()

    def restart(server: PostgreSQL | Redis, how: signal.Signals) -> None:
        server.end(how)
        server.start()

    def killing(part: str) -> Callable[[], None]:
        return lambda: cast.kill(part)

    return {
        **{f"kill -9 {part}": killing(part) for part in PARTS},
        "FLUSHALL": forget,
        "kill -9 redis": lambda: restart(cast.redis, signal.SIGKILL),
        "kill -9 postgresql": lambda: restart(cast.postgresql, signal.SIGKILL),
        "restart postgresql": lambda: restart(cast.postgresql, signal.SIGINT),
    }


def test_whatever_dies_nothing_acknowledged_is_lost_and_nothing_comes_twice(
    cast: Cast, rng: random.Random, post: Post
) -> None:
    with cast.app.app_context():
        migrate()
        factories.district()
        published()
        scene.gateway(post, "QS0101", topics=("announcement",))
        headers = factories.bearer("admin")
        # Its connections will not outlive the faults.
        db.engine.dispose()
    for part in PARTS:
        cast.start(part)
    past = history.History()
    history.until(lambda: all(history.send(port, "entries", {}, headers) == 422 for port in cast.ports), seconds=40)
    clients = [history.Client(f"c{n}", past, cast.ports, headers, rng.randrange(10**6)) for n in range(2)]
    faults = faults_of(cast)
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
    with cast.app.app_context():
        drained = history.until(lambda: cast.looked_after() and history.idle(), seconds=30, tell=history.left)
        print(past.figures())
        print(f"faults {len(order)}: {dict(Counter(order))}; drained {drained:.2f} s after the last answer")
        history.check(past, readers=4)
        expected = db.session.query(history.Announcement).count()
    history.check_outside(post.keys, at_least=expected, share=0.005)
