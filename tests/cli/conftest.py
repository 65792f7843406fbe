"""The command line, run in this process, on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from pointsvc import create_app, terminal
from pointsvc.cli import main
from pointsvc.config import Config
from pointsvc.db import db
from tests.conftest import SECRET, FrozenClock

Run = Callable[..., Result]
Look = Callable[..., AbstractContextManager[Flask]]


@pytest.fixture
def environ(live_database: str, tmp_path: Path) -> dict[str, str]:
    """Settings of a service with an empty, migrated database."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    return {
        "POINTSVC_DATABASE_URL": live_database,
        "POINTSVC_DATA_DIR": str(data_dir),
        "POINTSVC_SECRET_KEY": SECRET,
        "POINTSVC_REDIS_URL": "none",
        "POINTSVC_LANGUAGE": "en",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """``run("token", "name")``: run a command; ``stdin`` and further settings by name."""

    def invoke(*words: object, stdin: str | None = None, **more: str) -> Result:
        terminal._catalogue.cache_clear()
        return CliRunner().invoke(main, [str(word) for word in words], input=stdin, env=environ | more)

    return invoke


@pytest.fixture
def look(environ: dict[str, str]) -> Look:
    """``with look():`` the application on what the commands have written; further settings by name."""

    @contextmanager
    def inside(**more: str) -> Iterator[Flask]:
        app = create_app(Config.from_env(environ | more))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    return inside


@pytest.fixture(autouse=True)
def after_the_quarter(frozen_clock: FrozenClock) -> None:
    """The office's files are of the third quarter of 2026, which has just ended."""
    frozen_clock.set(datetime(2026, 10, 5, 2, tzinfo=UTC))


DISTRICT = Path(__file__).parents[1] / "data" / "district"


@pytest.fixture
def district(run: Run) -> None:
    """The office's own files, taken in by commands."""
    for words in (
        ("organisations", DISTRICT / "组织架构.xlsx"),
        ("members", DISTRICT / "党员花名册.xlsx"),
        ("scheme", DISTRICT / "scheme.json"),
        ("attendance", DISTRICT / "2026年三季度签到表.xlsx"),
        ("entries", DISTRICT / "2026年三季度积分申报.csv"),
    ):
        done = run("import", *words)
        assert done.exit_code == 0, done.output
