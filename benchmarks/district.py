"""A made-up district in a private PostgreSQL, filled by the server itself from series of numbers."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import text

from benchmarks.measuring import watched
from pointsvc import clock, create_app
from pointsvc.config import Config
from pointsvc.db import db, transaction
from pointsvc.migrating import migrate
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM, Role
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import service as tallies
from tests.servers import PostgreSQL


@dataclass(frozen=True)
class Scale:
    """How big the district is, and how often each thing is measured."""

    name: str
    streets: int
    members: int
    entries: int
    import_rows: int
    rounds: int
    calls: int
    long_rounds: int


SCALES = {
    "small": Scale("small", 5, 5_000, 100_000, 10_000, rounds=3, calls=100, long_rounds=2),
    "full": Scale("full", 100, 100_000, 5_000_000, 100_000, rounds=7, calls=400, long_rounds=3),
}
BRANCH = 25

# Caps of points only: the hand-written SQL beside ours can then do the very same work.
GROUPS = (("study", "20"), ("life", "20"), ("serve", "40"), ("honour", "20"))
RULES_A_GROUP = 5


def document() -> dict[str, Any]:
    """The rule sheet: four capped groups of five rules; each is capped by the year, every other by the quarter too."""
    rules = []
    for group, _ in GROUPS:
        for n in range(RULES_A_GROUP):
            caps = [{"per": "year", "points": str(6 + n)}]
            if n % 2:
                caps.append({"per": "quarter", "points": "3"})
            rules.append({"code": f"{group}{n}", "group": group, "name": f"{group} {n}", "points": "1", "caps": caps})
    return {
        "name": "for measuring",
        "cycle": {"starts_month": 1},
        "base": {"default": "20"},
        "floor": "0",
        "ceiling": "100",
        "groups": [{"code": code, "name": code, "cap": cap} for code, cap in GROUPS],
        "rules": rules,
        "activities": {},
        "grades": [{"name": "A", "min": "80"}, {"name": "B", "min": "60"}, {"name": "C"}],
    }


class DurablePostgreSQL(PostgreSQL):
    """As the tests' cluster, but it writes to the disk before it says that it has, as a real one does."""

    def command(self) -> list[str]:
        """Later settings win over the tests' own."""
        settings = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "512MB", "max_wal_size": "4GB"}
        return [*super().command(), *(f"--{name}={value}" for name, value in settings.items())]


@dataclass(frozen=True)
class District:
    """A filled database and how to reach it."""

    scale: Scale
    server: PostgreSQL
    name: str
    folder: Path
    token: str
    today: date

    @property
    def conninfo(self) -> str:
        """The database's address as psycopg takes it."""
        return f"host={self.server.folder} user=tests dbname={self.name}"

    @property
    def environ(self) -> dict[str, str]:
        """The product's settings, and what the floors need."""
        settings = {
            "DATABASE_URL": self.server.url(self.name),
            "DATA_DIR": str(self.folder),
            "SECRET_KEY": "only for measuring, and long enough for it",
            "REDIS_URL": "none",
        }
        return {f"POINTSVC_{key}": value for key, value in settings.items()} | {"BENCH_CONNINFO": self.conninfo}

    @property
    def period(self) -> str:
        """The running year, as a period."""
        return str(self.today.year)

    @property
    def cycle(self) -> tuple[date, date]:
        """The first and the last day of the running year."""
        return periods.cycle_start(self.today, 1), periods.cycle_end(self.today, 1)

    def number(self, n: int) -> str:
        """The number of the n-th member, counted round."""
        return f"N{n % self.scale.members + 1:07d}"

    def app(self) -> Flask:
        """The service on this database, in this process."""
        return create_app(Config.from_env(self.environ))

    @contextmanager
    def copy(self, name: str) -> Iterator[District]:
        """Another database with the same contents, while the block lasts. Nobody may be connected to this one."""
        self.server.create(name, template=self.name)
        try:
            yield replace(self, name=name)
        finally:
            self.server.drop(name)


@contextmanager
def empty_and_full(scale: Scale) -> Iterator[tuple[District, District]]:
    """The district without entries and with them; the cluster is ended and removed afterwards."""
    server = DurablePostgreSQL()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    os.chmod(folder, 0o711)
    try:
        assert server.process is not None
        watched.add(server.process.pid)
        server.create("members")
        empty = District(scale, server, "members", folder, "", clock.today())
        empty = replace(empty, token=_fill(empty))
        server.create("entries", template="members")
        full = replace(empty, name="entries")
        _fill_ledger(full)
        yield empty, full
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def inside(district: District) -> Iterator[Flask]:
    """The service in this process, in a context; nothing stays connected afterwards."""
    app = district.app()
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def _fill(district: District) -> str:
    """Tree, members, scheme, a sign-in; returns its token."""
    at = clock.now()
    with inside(district):
        migrate()
        with transaction():
            people.create_organisation(actor=SYSTEM, at=at, code="D", name="District", kind="district", parent=None)
            made = schemes.create(
                actor=SYSTEM, at=at, organisation="D", starts_on=district.cycle[0], document=document()
            )
            schemes.publish(actor=SYSTEM, at=at, scheme_id=made.id)
            for statement in _PEOPLE:
                db.session.execute(text(statement), _numbers(district))
            people.add_sign_in(actor=SYSTEM, at=at, name="clerk", role=Role.DISTRICT_ADMIN, organisation="D")
            token = people.new_token(actor=SYSTEM, at=at, name="clerk")
    _tidy(district)
    return token


def _fill_ledger(district: District) -> None:
    with inside(district):
        with transaction():
            for statement in _LEDGER:
                db.session.execute(text(statement), _numbers(district))
        _tidy(district)
        ids = db.session.scalars(text("SELECT id FROM member ORDER BY id")).all()
        for start in range(0, len(ids), 2000):
            with transaction():
                tallies.settle(ids[start : start + 2000])
    _tidy(district)


def _tidy(district: District) -> None:
    with psycopg.connect(district.conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _numbers(district: District) -> dict[str, Any]:
    scale = district.scale
    first = district.cycle[0]
    days = max(1, (district.today - first).days)
    return {
        "streets": scale.streets,
        "branches": scale.members // BRANCH,
        "members": scale.members,
        "entries": scale.entries,
        "first": first,
        "days": days,
        "seed": secrets.SystemRandom().random(),
    }


_PEOPLE = (
    "INSERT INTO organisation (code, name, kind, parent_id, created_at) "
    "SELECT 'S' || n, 'Street ' || n, 'street', (SELECT id FROM organisation WHERE code = 'D'), now() "
    "FROM generate_series(0, :streets - 1) n",
    "INSERT INTO organisation (code, name, kind, parent_id, created_at) "
    "SELECT 'B' || n, 'Branch ' || n, 'branch', s.id, now() "
    "FROM generate_series(0, :branches - 1) n JOIN organisation s ON s.code = 'S' || (n % :streets)",
    "INSERT INTO organisation_reach (above_id, below_id, depth) "
    "SELECT id, id, 0 FROM organisation WHERE kind <> 'district' "
    "UNION ALL SELECT parent_id, id, 1 FROM organisation WHERE kind <> 'district' "
    "UNION ALL SELECT s.parent_id, b.id, 2 FROM organisation b JOIN organisation s ON s.id = b.parent_id "
    "WHERE b.kind = 'branch'",
    "INSERT INTO member (number, name, initials, created_at) "
    "SELECT 'N' || lpad(n::text, 7, '0'), 'Name ' || (n % 5000), 'n' || (n % 500), now() "
    "FROM generate_series(1, :members) n",
    "INSERT INTO membership (member_id, organisation_id, starts_on) "
    "SELECT m.id, b.id, DATE '2001-01-01' FROM member m "
    "JOIN organisation b ON b.code = 'B' || ((m.id - 1) % :branches)",
    "INSERT INTO member_category (member_id, category, starts_on) "
    "SELECT id, CASE WHEN id % 20 = 0 THEN 'floating' ELSE 'regular' END, DATE '2001-01-01' FROM member",
)
_COLUMNS = (
    "member_id, branch_id, rule_id, scheme_id, points, quantity, occurred_on, recorded_at, recorded_by_id, source"
)
_CAPS = (
    "CREATE TABLE bench_rule AS "
    "SELECT r.id AS rule_id, item->>'group' AS grp, (g->>'cap')::int * 100 AS group_cap, "
    "(item->'caps'->0->>'points')::int * 100 AS year_cap, "
    "coalesce((item->'caps'->1->>'points')::int * 100, 1000000) AS quarter_cap "
    "FROM scheme, jsonb_array_elements(document->'rules') item, jsonb_array_elements(document->'groups') g, rule r "
    "WHERE g->>'code' = item->>'group' AND r.code = item->>'code'"
)
_LEDGER = (
    _CAPS,
    "SELECT setseed(:seed)",
    # One entry in a hundred is taken back further down, so that all ways of summing must see to it.
    f"INSERT INTO entry ({_COLUMNS}) "
    "SELECT m.id, s.organisation_id, r.id, c.id, 100, 100, CAST(:first AS date) + (random() * (:days - 1))::int, "
    "now(), (SELECT id FROM sign_in WHERE name = 'clerk'), 'batch' "
    "FROM (SELECT n % :members + 1 AS place, (random() * 1000000)::int % (SELECT count(*) FROM rule) AS which "
    "FROM generate_series(1, :entries) n) e "
    "JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM member) m ON m.place = e.place "
    "JOIN membership s ON s.member_id = m.id "
    "JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM rule) r ON r.place = e.which, "
    "(SELECT id FROM scheme) c",
    f"INSERT INTO entry ({_COLUMNS}, reverses_id) "
    "SELECT member_id, branch_id, rule_id, scheme_id, -points, quantity, occurred_on, recorded_at, recorded_by_id, "
    "'reversal', id FROM entry WHERE id % 100 = 0",
)
