"""``pointsvc doctor``: what is right with an installation, and what is to be mended, each in a sentence."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from pointsvc import create_app, queues
from pointsvc.config import Config, SettingsError
from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.migrating import newest
from pointsvc.up import redis_program

OLDEST_PYTHON = (3, 11)
SCARCE_MIB = 500


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    words: Message


def _good(words: str, **params: object) -> Finding:
    return Finding(True, Message(words, **params))


def _bad(words: str, **params: object) -> Finding:
    return Finding(False, Message(words, **params))


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what depends on a fault is left out."""
    yield _python()
    yield from _built_files()
    try:
        config = Config.from_env()
    except SettingsError as error:
        for problem in error.problems:
            yield _bad(N_("Setting %(problem)s"), problem=problem)
        return
    yield _good(N_("The settings are right"))
    yield from _folder(config.data_dir)
    with create_app(config).app_context():
        yield from _database()
        yield _redis(config)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return _bad(N_("Python %(version)s is too old; 3.11 or newer is needed"), version=version)
    return _good(N_("Python %(version)s"), version=version)


def _built_files() -> Iterator[Finding]:
    package = Path(__file__).parent
    if (package / "static" / "manifest.json").exists():
        yield _good(N_("The pages' styles and scripts are built"))
    else:
        yield _bad(N_("The pages' styles and scripts are missing; run: make install"))
    if (package / "translations" / "zh" / "LC_MESSAGES" / "messages.mo").exists():
        yield _good(N_("The Chinese texts are built"))
    else:
        yield _bad(N_("The Chinese texts are missing; run: make install"))


def _folder(folder: Path) -> Iterator[Finding]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        yield _bad(
            N_("Cannot write in the data folder %(folder)s (%(reason)s); give it to the account that runs the service"),
            folder=str(folder),
            reason=reason,
        )
        return
    yield _good(N_("The data folder %(folder)s can be written"), folder=str(folder))
    free = shutil.disk_usage(folder).free // (1 << 20)
    if free < SCARCE_MIB:
        yield _bad(N_("Only %(free)s MiB are free there; make room"), free=free)
    if folder.stat().st_mode & 0o077 and os.name == "posix":
        yield _bad(N_("Other accounts may look into the data folder; run: chmod 700 %(folder)s"), folder=str(folder))


def _database() -> Iterator[Finding]:
    try:
        connection = db.session.connection()
        connection.execute(text("SELECT 1"))
        present = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip()
        yield _bad(
            N_("The database does not answer (%(reason)s); start it, or mend POINTSVC_DATABASE_URL"), reason=reason
        )
        return
    finally:
        db.session.remove()
        db.engine.dispose()
    yield _good(N_("The database answers (%(engine)s)"), engine=db.engine.dialect.name)
    if present == newest():
        yield _good(N_("It has the newest schema"))
    else:
        yield _bad(N_("It does not have this version's schema; run: pointsvc migrate"))


def _redis(config: Config) -> Finding:
    connection = queues.connection()
    if connection is None and config.redis_url is None and (program := redis_program()):
        return _good(N_("pointsvc up will start a Redis of its own (%(program)s)"), program=Path(program).name)
    if connection is None:
        return _good(N_("There is no Redis; the workers look into the job table each second"))
    try:
        connection.ping()
    except redis.exceptions.RedisError as error:
        return _bad(
            N_("Redis does not answer (%(reason)s); start it, or mend POINTSVC_REDIS_URL"), reason=type(error).__name__
        )
    return _good(N_("Redis answers"))
