"""Two at once, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import checking, merging
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.schemes.sheets import ruled_district

DAY = date(2026, 7, 5)


def both(app: Flask, work: Callable[[], Any]) -> list[Any]:
    """What ``work`` answers or raises in two threads that start together."""
    start = Barrier(2)

    def one(_: int) -> Any:
        with app.app_context():
            start.wait()
            try:
                return work()
            except Conflict as problem:
                return problem.code

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(one, range(2)))


def test_two_who_reverse_one_entry_make_one_reversal(live_app: Flask) -> None:
    with live_app.app_context():
        ruled_district()
        secretary = factories.actor("secretary")
        with transaction():
            made = ledger.record(actor=secretary, at=clock.now(), member="M001", rule="meeting", occurred_on=DAY)

    def reverse() -> Any:
        with transaction():
            return ledger.reverse(actor=secretary, at=clock.now(), entry_id=made.id, reason="误").status

    assert sorted(both(live_app, reverse)) == ["already_reversed", "reversal"]
    with live_app.app_context():
        assert db.session.scalar(select(func.count(Entry.id))) == 2


def test_two_sendings_of_one_request_record_once(live_app: Flask) -> None:
    with live_app.app_context():
        ruled_district()
        headers = {**factories.bearer("secretary"), "Idempotency-Key": "k1"}
    body = {"member": "M001", "rule": "meeting", "occurred_on": DAY.isoformat()}

    def post() -> Any:
        return live_app.test_client().post("/api/v1/entries", json=body, headers=headers)

    one, other = both(live_app, post)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json == other.json
    assert sorted("Idempotency-Replayed" in answer.headers for answer in (one, other)) == [False, True]
    with live_app.app_context():
        assert db.session.scalar(select(func.count(Entry.id))) == 1


@pytest.mark.parametrize("turn", range(3))
def test_whatever_is_recorded_while_two_records_are_merged_is_the_kept_ones(live_app: Flask, turn: int) -> None:
    with live_app.app_context():
        ruled_district()
    turns = iter(range(2))

    def record() -> Any:
        day = {"rule": "meeting", "occurred_on": DAY}
        with transaction():
            return [ledger.record(actor=SYSTEM, at=clock.now(), member="M004", **day) for _ in range(5)]

    def work() -> Any:
        if next(turns) == 0:
            with transaction():
                return merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复").id
        try:
            return record()
        except Conflict:
            # Looked up before the merge, written after it: asked for again it is right.
            return record()

    both(live_app, work)
    with live_app.app_context():
        assert list(checking.faults()) == []
        points = select(func.sum(Entry.points)).where(Entry.member_id == factories.member_id("M001"))
        assert db.session.scalar(points) == Decimal(5)


def test_two_who_merge_at_once_make_one_merge(live_app: Flask) -> None:
    with live_app.app_context():
        ruled_district()
        with transaction():
            ledger.record(actor=SYSTEM, at=clock.now(), member="M004", rule="meeting", occurred_on=DAY)

    def work() -> Any:
        with transaction():
            return merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复").id

    one, other = both(live_app, work)
    assert one == other
    with live_app.app_context():
        assert db.session.scalar(select(func.count(Entry.id))) == 3
