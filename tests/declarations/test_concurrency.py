"""Two at once, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.declarations import service as declarations
from pointsvc.declarations import sheetcode, sheets
from pointsvc.permissions import Actor
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import count, declared, deed, district, entries, seen
from tests.racing import at_once


@pytest.fixture
def actors(live_app: Flask, frozen_clock: FrozenClock) -> dict[str, Actor]:
    with live_app.app_context():
        district()
        return {name: factories.actor(name) for name in ("secretary", "deputy", "leader", "member")}


def test_two_who_approve_one_declaration_make_one_entry(live_app: Flask, actors: dict[str, Actor]) -> None:
    with live_app.app_context():
        made = declared()

    def approve(name: str) -> Callable[[], Any]:
        return lambda: declarations.approve(actor=actors[name], at=clock.now(), declaration_ids=[made])

    found = at_once(live_app, approve("secretary"), approve("deputy"), approve("leader"))
    assert sorted(str(item) for item in found) == sorted([str([made]), "wrong_status", "wrong_status"])
    with live_app.app_context():
        assert (entries(), seen(made).status) == (1, "approved")


def test_approval_and_return_at_once_leave_one_decision(live_app: Flask, actors: dict[str, Actor]) -> None:
    with live_app.app_context():
        made = declared()
    found = at_once(
        live_app,
        lambda: declarations.approve(actor=actors["secretary"], at=clock.now(), declaration_ids=[made]),
        lambda: declarations.send_back(
            actor=actors["deputy"], at=clock.now(), declaration_id=made, reason="请补充说明"
        ),
        lambda: declarations.withdraw(actor=actors["member"], at=clock.now(), declaration_id=made),
    )
    refused = found.count("wrong_status")
    with live_app.app_context():
        view = seen(made)
        assert entries() == (view.status == "approved")
        # What was sent back may still be withdrawn; nothing else may follow on a decision.
        assert refused == 2 or (refused == 1 and view.status == "withdrawn")
        assert len(declarations.changes(made)) == 1 + (3 - refused)


def test_two_who_approve_the_same_several_in_other_orders_do_not_block_each_other(
    live_app: Flask, actors: dict[str, Actor]
) -> None:
    with live_app.app_context():
        made = [declared() for _ in range(6)]

    def approve(name: str, ids: list[int]) -> Callable[[], Any]:
        return lambda: declarations.approve(actor=actors[name], at=clock.now(), declaration_ids=ids)

    found = at_once(live_app, approve("secretary", made), approve("deputy", made[::-1]))
    assert found.count("none_approved") == 1
    with live_app.app_context():
        assert entries() == 6


def test_one_form_sent_twice_at_once_declares_once(live_app: Flask, actors: dict[str, Actor]) -> None:
    def declare() -> Any:
        return declarations.declare(actor=actors["member"], at=clock.now(), deed=deed(), once="1:k")

    one, other = at_once(live_app, declare, declare)
    assert one == other
    with live_app.app_context():
        assert count() == 1


def test_two_who_type_in_one_line_at_once_declare_it_once(live_app: Flask, actors: dict[str, Actor]) -> None:
    with live_app.app_context(), transaction():
        (row,) = sheets.print_sheets(actor=actors["secretary"], at=clock.now(), organisation="QS0101", copies=1)
        code = sheetcode.code(row.id)

    def type_in(name: str) -> Callable[[], Any]:
        one = deed(sheet=code, line=1)
        return lambda: declarations.declare(actor=actors[name], at=clock.now(), deed=one)

    found = at_once(live_app, type_in("secretary"), type_in("deputy"))
    assert [isinstance(item, int) for item in found].count(True) == 1
    assert {item for item in found if isinstance(item, str)} <= {"typed_in_already", "invalid"}
    with live_app.app_context():
        assert count() == 1
