"""Seals pressed at once, and entries recorded meanwhile, with real commits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM
from pointsvc.seals import checking
from pointsvc.seals.models import ENTRY, Seal, SealLeaf
from pointsvc.tallies import proving, sealing
from tests.tallies import sheets, work


@pytest.fixture
def district(live_app: Flask) -> Flask:
    """The made-up district with an entry of each member."""
    with live_app.app_context():
        sheets.ruled_district()
        for number in ("M001", "M002", "M003", "M004", "M005"):
            sheets.record(number, "talk", "2026-03-02")
        db.session.remove()
    return live_app


def at_once(app: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """What each of these answers in threads that start together."""
    start = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(one, works))


def seal(tally_id: int) -> str:
    with transaction():
        return sealing.seal(actor=SYSTEM, at=clock.now(), tally_id=tally_id).status


def publicised(app: Flask, *organisations: str) -> list[int]:
    with app.app_context():
        found = [work.over(one, "2026-Q1").id for one in organisations]
        db.session.remove()
        return found


def found_wrong() -> list[str]:
    return [str(fault) for fault in (*checking.faults(), *proving.faults())]


def test_two_seals_at_once_follow_each_other_and_share_no_entry(district: Flask) -> None:
    ids = publicised(district, "QS", "QS01")
    assert at_once(district, [lambda: seal(ids[0]), lambda: seal(ids[1])]) == ["sealed", "sealed"]
    with district.app_context():
        one, two = db.session.scalars(select(Seal).order_by(Seal.n))
        assert (one.n, two.n, two.previous) == (1, 2, one.chain)
        assert db.session.scalar(select(func.count()).where(SealLeaf.kind == ENTRY)) == 5
        assert found_wrong() == []


def test_one_tally_sealed_by_two_at_once_has_one_seal(district: Flask) -> None:
    (tally_id,) = publicised(district, "QS")
    assert at_once(district, [lambda: seal(tally_id)] * 2) == ["sealed", "sealed"]
    with district.app_context():
        assert db.session.scalar(select(func.count()).select_from(Seal)) == 1
        assert found_wrong() == []


def test_what_is_recorded_meanwhile_is_sealed_or_waits_and_never_lost(district: Flask) -> None:
    done = Event()

    def record() -> int:
        made = 0
        while not done.is_set():
            sheets.record("M001", "hours", "2026-03-02")
            made += 1
        return made

    def close() -> int:
        try:
            for organisation in ("QS01", "QS", "QS0101"):
                found = work.over(organisation, "2026-Q1")
                seal(found.id)
        finally:
            done.set()
        return 0

    recorded = sum(at_once(district, [record, record, close]))
    with district.app_context():
        assert recorded
        assert found_wrong() == []
        sealed = db.session.scalar(select(func.count()).where(SealLeaf.kind == ENTRY)) or 0
        cutoff = db.session.scalar(select(func.max(Seal.cutoff_at))) or datetime.now(UTC)
        late = db.session.scalar(select(func.count()).where(Entry.recorded_at > cutoff)) or 0
        assert sealed + late == recorded + 5
