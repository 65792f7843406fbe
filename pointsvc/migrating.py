"""Bringing the database to the newest schema."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

import migrations
from pointsvc.db import WRITES, db


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])).replace("%", "%%"))
    return config


@cache
def newest() -> str | None:
    """The newest revision that this version of the service knows."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def migrate() -> None:
    """Run the missing migrations, all in one transaction, inside an application context."""
    config = _alembic()
    with db.engine.connect().execution_options(**WRITES) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
