"""A member's entries of some days and by one rule, and how the database finds them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from pointsvc import clock
from pointsvc.db import db, on_postgresql, transaction
from pointsvc.ledger import service as ledger
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _entries(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()
    for month in (3, 4, 5):
        for rule, more in (("meeting", {}), ("advice", {"points": Decimal(2)})):
            with transaction():
                ledger.record(
                    actor=SYSTEM, at=clock.now(), member="M001", rule=rule, occurred_on=date(2026, month, 5), **more
                )


def asked(client: FlaskClient, query: str) -> list[tuple[str, str]]:
    answer = client.get(f"/api/v1/members/M001/entries{query}", headers=factories.bearer("secretary"))
    assert answer.status_code == 200, answer.json
    return [(item["occurred_on"][5:7], item["rule"]) for item in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "months", "rules"),
    [
        ("", "050504040303", 2),
        ("?since=2026-04-05", "05050404", 2),
        ("?until=2026-04-05", "04040303", 2),
        ("?since=2026-04-01&until=2026-04-30", "0404", 2),
        ("?rule=advice", "050403", 1),
        ("?rule=advice&since=2026-04-01&until=2026-04-30", "04", 1),
        ("?rule=nothing", "", 0),
    ],
)
def test_days_and_a_rule_narrow_the_list(client: FlaskClient, query: str, months: str, rules: int) -> None:
    found = asked(client, query)
    assert "".join(month for month, _ in found) == months
    assert len({rule for _, rule in found}) == rules


def test_pages_go_on_within_the_filter(client: FlaskClient) -> None:
    headers = factories.bearer("secretary")
    address = "/api/v1/members/M001/entries?rule=advice&limit=2"
    first = client.get(address, headers=headers).json
    assert len(first["items"]) == 2
    second = client.get(f"{address}&after={first['next']}", headers=headers).json
    assert (len(second["items"]), second["next"]) == (1, None)


@pytest.mark.parametrize("query", ["since=5.7.2026", "until=2026-02-30", "rule=", "since=2026"])
def test_what_is_no_day_or_rule_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/members/M001/entries?{query}", headers=factories.bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [query.partition("=")[0]])


def test_the_member_page_narrows_too_and_says_when_nothing_fits(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/members/M001?since=2026-04-01&until=2026-04-30&rule=advice").text
    assert page.count('id="entry-') == 1
    assert client.get("/members/M001?since=2027-01-01").text.count('id="entry-') == 0
    assert client.get("/members/M001?since=x").status_code == 422


def test_the_database_goes_by_the_members_index(app: Flask) -> None:
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        if "FROM entry JOIN" in statement.replace("\n", ""):
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        ledger.entries(actor=SYSTEM, member="M001", since=date(2026, 4, 1), until=date(2026, 4, 30), rule="advice")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    ((statement, parameters),) = statements
    if on_postgresql():
        # So few rows would be read through otherwise.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN " if on_postgresql() else "EXPLAIN QUERY PLAN "
    rows = db.session.connection().exec_driver_sql(explain + statement, parameters).all()
    plan = "\n".join(str(row[-1] if not on_postgresql() else row[0]) for row in rows)
    assert "SCAN entry" not in plan
    assert "Seq Scan on entry" not in plan
    assert "ix_entry_member_id" in plan
