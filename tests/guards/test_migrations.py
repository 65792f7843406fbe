"""The migrated schema is the models', on both engines, and the versions stand in one numbered row."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import CheckConstraint, inspect

from pointsvc.db import db

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def test_the_models_are_what_the_migrations_build(live_app: Flask) -> None:
    with live_app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def squeezed(condition: str) -> set[str]:
    """The quoted words of a condition: what an engine keeps of it whatever else it rewrites."""
    return set(re.findall(r"'[^']*'", condition))


def test_the_checks_are_what_the_migrations_build(live_app: Flask) -> None:
    """Alembic compares no checks, and a status that only the model knows would be refused at night."""
    with live_app.app_context():
        inspector = inspect(db.engine)
        for table in db.metadata.sorted_tables:
            built = {check["name"]: squeezed(check["sqltext"]) for check in inspector.get_check_constraints(table.name)}
            said = {
                f"ck_{table.name}_{check.name}".replace(f"ck_{table.name}_ck_{table.name}_", f"ck_{table.name}_"): (
                    squeezed(str(check.sqltext))
                )
                for check in table.constraints
                if isinstance(check, CheckConstraint)
            }
            assert built == said, table.name


def test_the_versions_are_numbered_in_one_row() -> None:
    names = sorted(path.name for path in VERSIONS.glob("0*.py"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]
    before = "None"
    for name in names:
        text = (VERSIONS / name).read_text()
        assert f'revision = "{name[:4]}"' in text
        assert f"down_revision = {before}" in text
        before = f'"{name[:4]}"'
