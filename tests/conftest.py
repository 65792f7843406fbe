"""Fixtures: the service on SQLite and on PostgreSQL, schema by the real migrations, real Redis.

``app`` undoes each test by a savepoint and is what most tests want. ``live_app`` has a database of
its own with real commits, for tests with threads, processes or killed servers. Both run a test once
on each engine.
"""

from __future__ import annotations

import contextvars
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask, appcontext_pushed
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from pointsvc import clock, create_app, queues
from pointsvc.config import Config
from pointsvc.db import WRITES, db
from pointsvc.migrating import migrate
from tests.servers import PostgreSQL, Redis
from workers import schedule

ENGINES = ("sqlite", "postgresql")
SECRET = "only for the tests, and long enough for the check"


# --- Order --------------------------------------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones in each half.

    Of two processes each takes one half, and whoever is done first takes from the end of the other's:
    what is long must not be left for the end.
    """
    browsing = [item for item in items if _browses(item)]
    slow = [item for item in items if _is_slow(item) and not _browses(item)]
    apart = {*browsing, *slow}
    quick = [item for item in items if item not in apart]
    middle = max(len(items) // 2 - len(slow), 0)
    items[:] = slow + quick[:middle] + browsing + quick[middle:]


def _browses(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ())


def _is_slow(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("faults", "slow"))


# --- Templates ----------------------------------------------------------------------------------


class Compiled(BytecodeCache):
    """Templates as they were once compiled in this process: each application would compile all its own."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {"bytecode_cache": Compiled()}


# --- Servers ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL cluster of this test process."""
    server = PostgreSQL()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Valkey or Redis of this test process."""
    server = Redis()
    yield server
    server.remove()


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """The address of an empty Redis."""
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushall()
    return redis_server.url


# --- Databases ----------------------------------------------------------------------------------


class Databases:
    """Makes databases of one engine, each a copy of one that the migrations have built."""

    def __init__(self, engine: str, folder: Path, server: PostgreSQL | None) -> None:
        self.engine = engine
        self.folder = folder
        self.server = server
        self.numbers = count(1)
        template = self._empty("template")
        app = create_app(settings(template, folder))
        with app.app_context():
            migrate()
            # SQLite puts its journal back into the file, PostgreSQL only copies what nobody uses.
            db.engine.dispose()

    def new(self) -> tuple[str, Callable[[], None]]:
        """The address of a fresh database with the newest schema, and what removes it."""
        name = f"copy{next(self.numbers)}"
        if self.server is not None:
            server = self.server
            return server.create(name, template="template"), lambda: server.drop(name)
        shutil.copyfile(self.folder / "template.db", self.folder / f"{name}.db")
        return f"sqlite:///{self.folder / name}.db", lambda: self._remove_files(name)

    def _remove_files(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink()

    def _empty(self, name: str) -> str:
        if self.server is not None:
            return self.server.create(name)
        return f"sqlite:///{self.folder / name}.db"


def settings(database_url: str, data_dir: Path, **more: str) -> Config:
    """The product's settings for a test; ``more`` are further names without the prefix."""
    values = {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir), "SECRET_KEY": SECRET, "REDIS_URL": "none"}
    return Config.from_env({f"POINTSVC_{name}": value for name, value in (values | more).items()})


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """``sqlite``, then ``postgresql``: whatever uses it runs on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def makers() -> dict[str, Databases]:
    """The makers of databases by engine: a process may come back to an engine as often as it takes over tests."""
    return {}


@pytest.fixture(scope="session")
def databases(
    engine_name: str,
    makers: dict[str, Databases],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Databases:
    """Maker of migrated databases of the present engine."""
    if engine_name not in makers:
        server = request.getfixturevalue("postgresql") if engine_name == "postgresql" else None
        makers[engine_name] = Databases(engine_name, tmp_path_factory.mktemp(engine_name), server)
    return makers[engine_name]


# --- The service --------------------------------------------------------------------------------


class OutsideClient(FlaskClient):
    """A client whose requests see no application context of the test, just as in production."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session")
def rolled_back_app(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application behind ``app``; do not use it alone, it undoes nothing."""
    url, remove = databases.new()
    app = create_app(settings(url, tmp_path_factory.mktemp("data")))
    app.testing = True
    app.test_client_class = OutsideClient
    # Without it a rollback would undo all that was committed before it in the same test.
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    yield app
    with app.app_context():
        db.engine.dispose()
    remove()


@pytest.fixture
def app(rolled_back_app: Flask) -> Iterator[Flask]:
    """The service with an empty database, inside its context; all that the test writes is undone.

    A commit is a savepoint within one transaction, so a rollback loses no more than it would in
    production.
    """
    with rolled_back_app.app_context(), _one_connection(), appcontext_pushed.connected_to(_let_go, rolled_back_app):
        queues.connect("none")
        yield rolled_back_app
        db.session.remove()


@contextmanager
def _one_connection() -> Iterator[None]:
    # Flask-SQLAlchemy asks its table of engines at each use and ignores a session's own bind.
    engine = db.engine
    with engine.connect().execution_options(**WRITES) as connection:
        outer = connection.begin()
        db.engines[None] = connection  # type: ignore[assignment] # it serves sessions just as well
        try:
            yield
        finally:
            db.session.remove()
            db.engines[None] = engine
            outer.rollback()


def _let_go(sender: Flask, **extra: Any) -> None:
    """Before a request or job begins its own session, settle those of the contexts around it.

    All share one connection: rolling back a savepoint that an outer session left open would undo
    what the inner one has committed. Expired, so that the test then sees what the inner one wrote.
    """
    for session in list(db.session.registry.registry.values()):
        session.commit()
        session.expire_all()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or program that talks to ``app``."""
    return app.test_client()


@pytest.fixture
def live_database(databases: Databases) -> Iterator[str]:
    """The address of a fresh migrated database with real commits."""
    url, remove = databases.new()
    yield url
    remove()


@pytest.fixture
def live_settings(live_database: str, redis_url: str, tmp_path: Path) -> Config:
    """Settings with a database, a Redis and a data folder of the test's own."""
    return settings(live_database, tmp_path, REDIS_URL=redis_url)


@pytest.fixture
def live_app(live_settings: Config) -> Iterator[Flask]:
    """The service with real commits; open a context with ``with live_app.app_context():``."""
    app = create_app(live_settings)
    app.testing = True
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


# --- Time ---------------------------------------------------------------------------------------


class FrozenClock:
    """A clock that stands until it is told to move."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 8, 15, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def set(self, instant: datetime) -> None:
        """Let it be this instant (timezone-aware)."""
        self.instant = instant.astimezone(UTC)

    def advance(self, **amount: float) -> None:
        """Move on by so many ``seconds``, ``minutes``, ``hours`` or ``days``."""
        self.instant += timedelta(**amount)


@pytest.fixture
def periodic(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``periodic("disputes")``: let only this come again and again, in a test that passes over months.

    All of it together goes by in tests/workers/test_schedule.py and tests/faults/test_clock.py.
    """

    def only(*kinds: str) -> None:
        left = tuple(one for one in schedule.PERIODIC if one.kind in kinds)
        assert len(left) == len(kinds)
        monkeypatch.setattr(schedule, "PERIODIC", left)

    return only


@pytest.fixture
def frozen_clock() -> Iterator[FrozenClock]:
    """The service's clock, standing at 10 in the morning of 15 August 2026 in Shanghai."""
    frozen = FrozenClock()
    with clock.set_to(frozen):
        yield frozen
