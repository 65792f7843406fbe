"""``pointsvc doctor``: what is right with an installation, and what is to be mended, each in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pointsvc import checks, create_app, queues
from pointsvc.checks import Finding, bad, good
from pointsvc.config import Config, SettingsError
from pointsvc.db import db
from pointsvc.errors import N_
from pointsvc.up import redis_program


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what depends on a fault is left out."""
    yield from checks.program()
    try:
        config = Config.from_env()
    except SettingsError as error:
        for problem in error.problems:
            yield bad(N_("Setting %(problem)s"), problem=problem)
        return
    yield good(N_("The settings are right"))
    yield from checks.folder(config.data_dir)
    with create_app(config).app_context():
        try:
            yield from checks.database()
        finally:
            db.session.remove()
            db.engine.dispose()
        yield _redis(config)


def _redis(config: Config) -> Finding:
    if queues.connection() is None and config.redis_url is None and (program := redis_program()):
        return good(N_("pointsvc up will start a Redis of its own (%(program)s)"), program=Path(program).name)
    return checks.doorbell()
