"""``pointsvc up`` as a person uses it, and everything that may die under it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from pointsvc import clock, create_app, queues
from pointsvc.config import Config
from pointsvc.db import db, transaction
from pointsvc.queues import Job
from tests.faults.processes import CLI, Process, eventually, free_port, parents_of, processes_of

pytestmark = pytest.mark.faults


class Up:
    """One data folder and the service that runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.environ = {"POINTSVC_DATA_DIR": str(self.data_dir), "POINTSVC_LANGUAGE": "en"}
        self.port = free_port()
        self.runs = 0

    def command(self, *more: str, port: int | None = None) -> Process:
        self.runs += 1
        words = [*CLI, "up", "--port", str(port or self.port), "--data-dir", str(self.data_dir), *more]
        return Process(words, folder=self.folder, environ=self.environ, name=f"up{self.runs}")

    def start(self) -> Process:
        """Start and wait for the ready line."""
        process = self.command()
        eventually(lambda: process.out.read_text() or process.process.poll() is not None)
        assert process.out.read_text() == f"ready http://127.0.0.1:{self.port}\n", process.log()
        return process

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def app(self) -> Flask:
        """The service's own settings, for looking into its database."""
        socket_path = self.data_dir / "run" / "redis.sock"
        names = self.environ | {"POINTSVC_REDIS_URL": f"unix://{socket_path}"}
        return create_app(Config.from_env(names))

    def does_work(self) -> None:
        """A job that is asked for now is done soon."""
        app = self.app()
        with app.app_context():
            with transaction():
                job_id = queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now()).id
            eventually(lambda: _status(job_id) == "done")
            db.engine.dispose()


def _status(job_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Job, job_id, populate_existing=True).status


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Up:
    return Up(tmp_path_factory.mktemp("up"))


@pytest.fixture(scope="module")
def running(up: Up) -> Iterator[Process]:
    process = up.start()
    yield process
    process.end(signal.SIGKILL)


def test_it_says_one_line_and_serves(up: Up, running: Process) -> None:
    assert (up.get("/healthz"), up.get("/readyz")) == (200, 200)
    up.does_work()


def test_nobody_else_may_look_into_its_data(up: Up, running: Process) -> None:
    for path in (up.data_dir / "pointsvc.db", up.data_dir / "secret_key", up.data_dir / "run"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_second_one_on_the_same_data_is_refused(up: Up, running: Process) -> None:
    second = up.command(port=free_port())
    assert second.ended() == 1
    assert second.out.read_text() == ""
    assert "already runs on the data folder" in second.log()
    assert "Traceback" not in second.log()


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = Up(tmp_path).command(port=port)
        assert process.ended() == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in process.log()
    assert "Traceback" not in process.log()


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "redis"])
def test_what_is_killed_comes_back(up: Up, running: Process, name: str) -> None:
    before = eventually(lambda: parents_of(up.data_dir, name))
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(parents_of(up.data_dir, name)) == len(before) and parents_of(up.data_dir, name) != before)
    eventually(lambda: up.get("/readyz") == 200)
    up.does_work()


def test_sigterm_leaves_nothing_and_it_starts_again_on_its_data(up: Up, running: Process) -> None:
    assert running.end(signal.SIGTERM) == 0
    assert processes_of(up.data_dir) == {}
    again = up.start()
    try:
        app = up.app()
        with app.app_context():
            assert db.session.query(Job).count() >= 5
            db.engine.dispose()
        up.does_work()
        again.end(signal.SIGKILL)
        eventually(lambda: processes_of(up.data_dir) == {}, seconds=5)
        third = up.start()
        assert third.end(signal.SIGINT) == 0
    finally:
        again.end(signal.SIGKILL)
    assert processes_of(up.data_dir) == {}
