"""The least that a request can cost: bare Flask routes with the same work written by hand."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import marshmallow as ma
import orjson
import psycopg
from flask import Flask, Response, request
from psycopg.rows import dict_row
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from pointsvc import clock
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member

INSERT = (
    "INSERT INTO entry (member_id, branch_id, rule_id, scheme_id, points, quantity, occurred_on, recorded_at, source) "
    "VALUES (%(member)s, %(branch)s, %(rule)s, %(scheme)s, 100, 100, %(day)s, now(), 'single') "
    "RETURNING id, recorded_at"
)
INSERT_MANY = (
    "INSERT INTO entry (member_id, branch_id, rule_id, scheme_id, points, quantity, occurred_on, recorded_at, source) "
    "SELECT unnest(%(members)s::bigint[]), %(branch)s, %(rule)s, %(scheme)s, 100, 100, %(day)s, now(), 'batch' "
    "RETURNING id, member_id, recorded_at"
)
HISTORY = (
    "SELECT e.id, m.number AS member, r.code AS rule, e.points, e.occurred_on, e.recorded_at, s.name AS recorded_by, "
    "e.quantity, e.tier, e.matter, e.note, e.source, e.reverses_id AS reverses, l.id AS reversed_by "
    "FROM entry e JOIN member m ON m.id = e.member_id JOIN rule r ON r.id = e.rule_id "
    "LEFT JOIN sign_in s ON s.id = e.recorded_by_id LEFT JOIN entry l ON l.reverses_id = e.id "
    "WHERE m.number = %s ORDER BY e.id DESC LIMIT 20"
)
STANDINGS = (
    "SELECT m.number, m.name, o.code AS branch, o.name AS branch_name, t.category, t.raw, t.base, t.carried, t.total, "
    "t.grade, t.veto, t.groups FROM standing t JOIN member m ON m.id = t.member_id "
    "JOIN organisation o ON o.id = t.branch_id "
    "WHERE t.branch_id IN (SELECT below_id FROM organisation_reach WHERE above_id = "
    "(SELECT id FROM organisation WHERE code = %s)) AND t.total IS NOT NULL "
    "ORDER BY t.total DESC, m.number LIMIT 50"
)
# Places a member and its figures by plain SQL; the rule sheet's caps stand in the table bench_rule.
SCORE = (
    "WITH quarter AS (SELECT e.rule_id, sum(e.points) AS points FROM entry e "
    "WHERE e.member_id = (SELECT id FROM member WHERE number = %(number)s) "
    "AND e.occurred_on BETWEEN %(first)s AND %(last)s "
    "GROUP BY e.rule_id, extract(quarter FROM e.occurred_on)), "
    "year AS (SELECT b.grp, least(sum(least(q.points, b.quarter_cap)), b.year_cap) AS points "
    "FROM quarter q JOIN bench_rule b ON b.rule_id = q.rule_id GROUP BY b.rule_id, b.grp, b.year_cap), "
    "grp AS (SELECT y.grp, least(sum(y.points), max(g.cap)) AS points FROM year y "
    "JOIN (SELECT DISTINCT grp, group_cap AS cap FROM bench_rule) g ON g.grp = y.grp GROUP BY y.grp) "
    "SELECT json_object_agg(grp, points) AS groups, greatest(0, least(10000, 2000 + sum(points))) AS total FROM grp"
)
SCORE_LINES = (
    "SELECT e.id, r.code, e.occurred_on, e.points FROM entry e JOIN rule r ON r.id = e.rule_id "
    "WHERE e.member_id = (SELECT id FROM member WHERE number = %(number)s) "
    "AND e.occurred_on BETWEEN %(first)s AND %(last)s ORDER BY e.occurred_on, e.id"
)


class EntryIn(ma.Schema):
    """What the lean ORM route takes."""

    member_id = ma.fields.Integer(required=True)
    branch_id = ma.fields.Integer(required=True)
    rule_id = ma.fields.Integer(required=True)
    scheme_id = ma.fields.Integer(required=True)
    occurred_on = ma.fields.Date(required=True)


class EntryOut(EntryIn):
    """What it answers."""

    id = ma.fields.Integer()
    points = ma.fields.Decimal(as_string=True)
    recorded_at = ma.fields.DateTime()


def application() -> Flask:
    """The bare routes on the database that BENCH_CONNINFO names; a connection of each kind for the process."""
    app = Flask("floors")
    # Commits are asked for below; single reads need no BEGIN.
    connection = psycopg.connect(os.environ["BENCH_CONNINFO"], autocommit=True, row_factory=dict_row)
    _add_writes(app, connection)
    _add_reads(app, connection)
    _add_orm(app)
    return app


def _add_writes(app: Flask, connection: psycopg.Connection[Any]) -> None:
    @app.get("/hello")
    @app.get("/healthz")
    def hello() -> str:
        return "hello"

    @app.post("/lean")
    def lean() -> Response:
        with connection.transaction():
            return _json(connection.execute(INSERT, request.get_json()).fetchone())

    @app.post("/batch")
    def batch() -> Response:
        with connection.transaction():
            return _json(connection.execute(INSERT_MANY, request.get_json()).fetchall())


def _add_reads(app: Flask, connection: psycopg.Connection[Any]) -> None:
    @app.get("/score/<number>")
    def score(number: str) -> Response:
        year = clock.today().year
        given = {"number": number, "first": date(year, 1, 1), "last": date(year, 12, 31)}
        found: dict[str, Any] = connection.execute(SCORE, given).fetchone() or {}
        found["lines"] = connection.execute(SCORE_LINES, given).fetchall()
        return _json(found)

    @app.get("/one/<code>")
    def one(code: str) -> Response:
        return _json(
            connection.execute("SELECT id, code, name, phone FROM organisation WHERE code = %s", [code]).fetchone()
        )

    @app.get("/history/<number>")
    def history(number: str) -> Response:
        return _json(connection.execute(HISTORY, [number]).fetchall())

    @app.get("/standings/<code>")
    def standings(code: str) -> Response:
        return _json(connection.execute(STANDINGS, [code]).fetchall())


def _add_orm(app: Flask) -> None:
    """As the ORM and marshmallow do it when they are used with care."""
    engine = create_engine(os.environ["POINTSVC_DATABASE_URL"], pool_size=1)
    taken, told = EntryIn(), EntryOut()

    @app.post("/orm")
    def orm() -> Response:
        values = taken.load(request.get_json())
        more = {"points": 1, "quantity": 1, "recorded_at": clock.now(), "source": "single"}
        with Session(engine, expire_on_commit=False) as session:
            entry = Entry(**values, **more)
            session.add(entry)
            session.commit()
            return _json(told.dump(entry))

    @app.get("/orm-history/<number>")
    def orm_history(number: str) -> Response:
        with Session(engine) as session:
            member = session.scalars(select(Member).where(Member.number == number)).one()
            query = select(Entry).where(Entry.member_id == member.id).order_by(Entry.id.desc()).limit(20)
            return _json(told.dump(session.scalars(query).all(), many=True))


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, default=str), mimetype="application/json")
