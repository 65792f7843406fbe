"""What can be looked at in a running service: its program, its folder, its database, its Redis. Each in a sentence.

``pointsvc doctor`` says the same on the command line, and what can only be seen from there.
"""

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

from pointsvc import queues
from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.migrating import newest

OLDEST_PYTHON = (3, 11)
SCARCE_MIB = 500


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    words: Message


def good(words: str, **params: object) -> Finding:
    """Something that is as it should be."""
    return Finding(True, Message(words, **params))


def bad(words: str, **params: object) -> Finding:
    """Something that is to be mended."""
    return Finding(False, Message(words, **params))


def program() -> Iterator[Finding]:
    """Python and the files that ``make install`` builds."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield bad(N_("Python %(version)s is too old; 3.11 or newer is needed"), version=version)
    else:
        yield good(N_("Python %(version)s"), version=version)
    package = Path(__file__).parent
    if (package / "static" / "manifest.json").exists():
        yield good(N_("The pages' styles and scripts are built"))
    else:
        yield bad(N_("The pages' styles and scripts are missing; run: make install"))
    if (package / "translations" / "zh" / "LC_MESSAGES" / "messages.mo").exists():
        yield good(N_("The Chinese texts are built"))
    else:
        yield bad(N_("The Chinese texts are missing; run: make install"))


def folder(place: Path) -> Iterator[Finding]:
    """Whether the data folder can be written, has room, and is this account's alone."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        yield bad(
            N_("Cannot write in the data folder %(folder)s (%(reason)s); give it to the account that runs the service"),
            folder=str(place),
            reason=reason,
        )
        return
    yield good(N_("The data folder %(folder)s can be written"), folder=str(place))
    free = shutil.disk_usage(place).free // (1 << 20)
    if free < SCARCE_MIB:
        yield bad(N_("Only %(free)s MiB are free there; make room"), free=free)
    if place.stat().st_mode & 0o077 and os.name == "posix":
        yield bad(N_("Other accounts may look into the data folder; run: chmod 700 %(folder)s"), folder=str(place))


def database() -> Iterator[Finding]:
    """Whether the database answers and has this version's schema."""
    try:
        connection = db.session.connection()
        connection.execute(text("SELECT 1"))
        present = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip()
        yield bad(
            N_("The database does not answer (%(reason)s); start it, or mend POINTSVC_DATABASE_URL"), reason=reason
        )
        return
    yield good(N_("The database answers (%(engine)s)"), engine=db.session.get_bind().dialect.name)
    if present == newest():
        yield good(N_("It has the newest schema"))
    else:
        yield bad(N_("It does not have this version's schema; run: pointsvc migrate"))


def doorbell() -> Finding:
    """Whether Redis answers, where there is one."""
    connection = queues.connection()
    if connection is None:
        return good(N_("There is no Redis; the workers look into the job table each second"))
    try:
        connection.ping()
    except redis.exceptions.RedisError as error:
        return bad(
            N_("Redis does not answer (%(reason)s); start it, or mend POINTSVC_REDIS_URL"), reason=type(error).__name__
        )
    return good(N_("Redis answers"))
