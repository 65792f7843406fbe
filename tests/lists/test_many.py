"""Fifty who claim at once, and lists of a hundred thousand items: with real commits, on both engines."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from pointsvc import clock
from pointsvc.db import db, on_postgresql, transaction
from pointsvc.errors import Problem
from pointsvc.lists import reading
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item
from pointsvc.permissions import Actor
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import filed, problem, rows, set_id, status

FIFTY = 50
MANY = 100_000


def claimants() -> list[Actor]:
    """The system in the name of fifty units: each claims for an organisation of its own."""
    with transaction():
        factories.people.add_organisations(
            actor=factories.SYSTEM,
            at=factories.AT,
            rows=[
                factories.people.NewOrganisation(code=f"DW{n:02}", name=f"第{n}驻区单位", kind="office", parent="QS")
                for n in range(FIFTY)
            ],
        )
    return [
        Actor("token", f"unit{n}", factories.Role.SECRETARY, organisation_id=factories.organisation_id(f"DW{n:02}"))
        for n in range(FIFTY)
    ]


def test_of_fifty_who_claim_the_last_part_at_once_exactly_one_has_it(
    live_app: Flask, frozen_clock: FrozenClock
) -> None:
    with live_app.app_context():
        factories.district()
        units = claimants()
        need = filed(quota=2)
        with transaction():
            lists.claim(actor=factories.actor("far"), at=clock.now(), item_id=need)
        db.session.rollback()
    start = Barrier(FIFTY)

    def one(unit: Actor) -> str:
        with live_app.app_context():
            start.wait(60)
            try:
                with transaction():
                    lists.claim(actor=unit, at=clock.now(), item_id=need)
            except Problem as problem:
                return problem.code
        return "claimed"

    with ThreadPoolExecutor(FIFTY) as pool:
        found = Counter(pool.map(one, units))
    assert found == {"claimed": 1, "full": FIFTY - 1}
    with live_app.app_context():
        item = db.session.get_one(Item, need)
        assert (item.taken, item.quota, status(need)) == (2, 2, "claimed")
        assert len([one for one in lists.claims([need])[need] if one.ended_at is None]) == 2


def test_two_who_confirm_a_closing_at_once_close_it_once(live_app: Flask, frozen_clock: FrozenClock) -> None:
    with live_app.app_context():
        factories.district()
        made = problem()
        actors = [factories.actor(name) for name in ("street", "overseer", "admin")]
        secretary = factories.actor("secretary")
        with transaction():
            lists.act(actor=secretary, at=clock.now(), item_id=made, act="finish")
        db.session.rollback()
    start = Barrier(len(actors))

    def one(who: Actor) -> str:
        with live_app.app_context():
            start.wait(60)
            try:
                with transaction():
                    lists.act(actor=who, at=clock.now(), item_id=made, act="confirm")
            except Problem as problem:
                return problem.code
        return "closed"

    with ThreadPoolExecutor(len(actors)) as pool:
        assert Counter(pool.map(one, actors)) == {"closed": 1, "wrong_state": 2}


# Set-based, so that a hundred thousand cost a second.
_FILL = """
INSERT INTO list_item (set_id, list, life, side, number, round, organisation_id, title, text, place, quota, taken,
                       status, kind, cause, measure, responsible, reviewer, acceptance, source, opened_at, due_on,
                       ended_at)
SELECT :set_id, CASE n % 3 WHEN 0 THEN 'needs' WHEN 1 THEN 'resources' ELSE 'projects' END, 'exchange',
       CASE n % 3 WHEN 0 THEN 'need' WHEN 1 THEN 'offer' ELSE 'project' END, n, 1,
       CASE n % 4 WHEN 0 THEN :one WHEN 1 THEN :two ELSE :three END, 'item', '', '', 1, 0,
       CASE WHEN n % 50 = 0 THEN 'open' ELSE 'publicised' END, '', '', '', '', '', '', 'import', :at,
       CASE WHEN n % 5 = 0 THEN DATE(:due) END, CASE WHEN n % 50 = 0 THEN NULL ELSE :at END
FROM (WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :many)
      SELECT n FROM counted) numbered
"""
_TAGS = "INSERT INTO list_item_tag (item_id, kind, word) SELECT id, 'tag', 'w' || (id % 500) FROM list_item"


def fill() -> int:
    """A hundred thousand items of three organisations; the set's id."""
    one, two, three = (factories.organisation_id(code) for code in ("QS0101", "QS0102", "QS0201"))
    found, at = set_id(), clock.now()
    moment = at if on_postgresql() else at.replace(tzinfo=None).isoformat(" ")
    values = {"set_id": found, "one": one, "two": two, "three": three, "at": moment, "due": "2026-08-01", "many": MANY}
    fill = _FILL.replace("DATE(:due)", "CAST(:due AS DATE)") if on_postgresql() else _FILL
    if on_postgresql():
        fill = fill.replace(":at", "CAST(:at AS TIMESTAMPTZ)")
    with transaction():
        db.session.execute(text(fill), values)
        db.session.execute(text(_TAGS))
        db.session.execute(text("UPDATE list_set SET last_number = :many"), {"many": MANY})
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return found


def plans(act: Any) -> list[str]:
    """How the database finds what this act asks for: the plan of each of its queries on items."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *more: Any) -> None:
        if "list_item" in statement and statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    explain = "EXPLAIN " if on_postgresql() else "EXPLAIN QUERY PLAN "
    connection = db.session.connection()
    return [
        "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
        for statement, parameters in asked
    ]


FILTERS = {
    "one list": lists.Filters(list="needs"),
    "what runs": lists.Filters(list="needs", status="open"),
    "one status": lists.Filters(list="resources", status="publicised"),
    "one word": lists.Filters(word="w7"),
    "what is overdue": lists.Filters(list="needs", overdue_on=clock.today()),
}


@pytest.fixture
def _many(live_app: Flask, frozen_clock: FrozenClock) -> Any:
    with live_app.app_context():
        factories.district()
        fill()
        yield


@pytest.mark.usefixtures("_many")
def test_a_hundred_thousand_items_are_filtered_and_paged_through_indexes() -> None:
    who, found = factories.actor("secretary"), set_id()
    assert rows(Item) == MANY
    for name, filters in FILTERS.items():
        first = lists.items(actor=who, set_id=found, filters=filters, limit=50)
        assert len(first) == 50, name
        second = lists.items(actor=who, set_id=found, filters=filters, limit=50, before_id=first[-1].id)
        assert first[-1].id > second[0].id
        for before in (None, first[-1].id):
            for plan in plans(
                lambda f=filters, b=before: lists.items(actor=who, set_id=found, filters=f, limit=50, before_id=b)
            ):
                assert "Seq Scan on list_item" not in plan, f"{name}: {plan}"
                assert "SCAN list_item\n" not in plan.replace("')", "\n"), f"{name}: {plan}"
    own = reading.Filters(list="needs", organisation_id=factories.organisation_id("QS0101"))
    for plan in plans(lambda: lists.items(actor=who, set_id=found, filters=own, limit=50)):
        assert "Seq Scan on list_item" not in plan, plan


@pytest.mark.usefixtures("_many")
def test_matching_asks_a_few_questions_whatever_the_number() -> None:
    who = factories.actor("secretary")
    with transaction():
        need = lists.file_item(
            actor=who, at=clock.now(), set_id=set_id(), new=lists.NewItem("needs", "找同类", tags=("w50",))
        )
    view = lists.item(actor=who, item_id=need.id)
    for plan in plans(lambda: lists.suggestions(actor=who, found=view)):
        assert "Seq Scan on list_item " not in plan, plan
