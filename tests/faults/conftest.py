"""Processes that work on the test's database and Redis, ended with the test, and a seed that is printed."""

from __future__ import annotations

import os
import random
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from pointsvc.config import Config
from pointsvc.db import db
from tests.faults.processes import Process, Start
from tests.notices.receivers import Post


@pytest.fixture
def rng() -> random.Random:
    """Chance that can be had again: POINTSVC_SEED of a run that failed."""
    seed = int(os.environ.get("POINTSVC_SEED") or secrets.randbelow(10**6))
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def environ(live_settings: Config) -> dict[str, str]:
    """The environment of processes that work on the test's database and Redis."""
    return {
        "POINTSVC_DATABASE_URL": live_settings.database_url,
        "POINTSVC_REDIS_URL": str(live_settings.redis_url),
        "POINTSVC_SECRET_KEY": live_settings.secret_key,
        "POINTSVC_DATA_DIR": str(live_settings.data_dir),
    }


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a process; all are ended with the test."""
    started: list[Process] = []

    def start_one(words: list[str], **more: str) -> Process:
        process = Process(words, folder=tmp_path, environ=environ | more, name=f"process{len(started)}")
        started.append(process)
        return process

    yield start_one
    for process in started:
        process.end(signal.SIGKILL)
        # Shown when the test fails.
        print(process.log()[-3000:])


@pytest.fixture
def context(live_app: Flask) -> Iterator[None]:
    """Inside the application, so that a test can look at the tables."""
    with live_app.app_context():
        yield
        db.session.remove()


@pytest.fixture
def post() -> Iterator[Post]:
    """A web server that takes messages."""
    server = Post()
    yield server
    server.close()
