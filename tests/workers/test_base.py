"""How a job is run, seen from its row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Message
from pointsvc.permissions import SYSTEM
from pointsvc.queues import Job
from tests.conftest import FrozenClock
from workers import base, run

TOPIC = queues.CLEAN_UP


@pytest.fixture
def handles(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Register handlers for this test only; it starts with none."""
    monkeypatch.setattr(base, "registry", {})
    return base.handles


@pytest.fixture(autouse=True)
def this_app(app: Flask, monkeypatch: pytest.MonkeyPatch, frozen_clock: FrozenClock) -> None:
    monkeypatch.setattr(run, "application", lambda: app)


def ask(**payload: object) -> int:
    with transaction():
        return queues.enqueue(topic=TOPIC, payload=payload, at=clock.now()).id


def row(job_id: int) -> Job:
    return db.session.get_one(Job, job_id, populate_existing=True)


def effect(at: object = None) -> None:
    db.session.add(AuditEvent(at=clock.now(), actor=SYSTEM.kind, action="test:effect", details={}))
    db.session.flush()


def effects() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def test_effect_and_end_of_a_simple_job_are_one_transaction(handles) -> None:
    seen = []

    @handles(TOPIC, together=True)
    def handler(claim: base.Claim) -> None:
        effect()
        seen.append((claim.topic, claim.payload, claim.token, claim.attempts))

    job_id = ask(day="2026-07-01")
    assert run.drain() == 1
    assert seen == [(TOPIC, {"day": "2026-07-01"}, 1, 1)]
    assert (row(job_id).status, row(job_id).done_at, effects()) == ("done", clock.now(), 1)
    assert run.drain() == 0


def test_a_failure_undoes_the_effect_and_puts_the_job_back_with_growing_delay(handles, frozen_clock) -> None:
    @handles(TOPIC, together=True)
    def handler(claim: base.Claim) -> None:
        effect()
        raise ZeroDivisionError("no divisor")

    job_id = ask()
    delays = []
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            run.drain()
        delays.append((row(job_id).next_at - clock.now()).total_seconds())
        frozen_clock.set(row(job_id).next_at)
    assert delays == [2, 4, 8]
    assert (row(job_id).status, row(job_id).error, effects()) == ("queued", "ZeroDivisionError: no divisor", 0)


def test_after_eight_failures_a_job_is_dead_and_its_row_is_told(handles, frozen_clock) -> None:
    told = []

    @handles(TOPIC, together=True, given_up=lambda claim, words: told.append((claim.id, words)))
    def handler(claim: base.Claim) -> None:
        raise ZeroDivisionError("no divisor")

    job_id = ask()
    for _ in range(queues.MAX_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            run.drain()
        frozen_clock.advance(minutes=10)
    assert (row(job_id).status, row(job_id).done_at) == ("dead", None)
    assert told == [(job_id, "ZeroDivisionError: no divisor")]
    assert run.drain() == 0


def test_a_refusal_makes_the_job_dead_at_once_with_its_words(handles) -> None:
    @handles(TOPIC)
    def handler(claim: base.Claim) -> None:
        raise Conflict(Message("There is no %(thing)s", thing="scheme"))

    job_id = ask()
    assert run.drain() == 1
    assert (row(job_id).status, row(job_id).error, row(job_id).attempts) == ("dead", "There is no scheme", 1)


def test_one_failure_does_not_stop_the_other_jobs(handles) -> None:
    @handles(TOPIC, together=True)
    def handler(claim: base.Claim) -> None:
        if claim.payload["n"] == 1:
            raise ZeroDivisionError
        effect()

    first, second = ask(n=1), ask(n=2)
    with pytest.raises(ZeroDivisionError):
        run.drain()
    assert (row(first).status, row(second).status, effects()) == ("queued", "done", 1)


def test_a_claim_that_passed_on_writes_nothing(handles, frozen_clock, app: Flask) -> None:
    @handles(TOPIC, together=True)
    def handler(claim: base.Claim) -> None:
        effect()

    job_id = ask()
    late = base.claim_next()
    assert late is not None
    frozen_clock.advance(seconds=queues.LEASE.total_seconds() + 1)
    with transaction():
        newer = queues.claim(at=clock.now())
        assert newer is not None
        assert (newer.id, newer.token) == (job_id, 2)
    base.run_job(late)
    assert (row(job_id).status, row(job_id).token, effects()) == ("running", 2, 0)


def test_a_rollback_in_between_does_not_lend_the_newer_token(handles, frozen_clock) -> None:
    @handles(TOPIC)
    def handler(claim: base.Claim) -> None:
        frozen_clock.advance(seconds=queues.LEASE.total_seconds() + 1)
        with transaction():
            assert queues.claim(at=clock.now()) is not None
        with transaction():
            effect()
            claim.finish(at=clock.now())

    job_id = ask()
    run.drain(limit=1)
    assert (row(job_id).status, row(job_id).token, effects()) == ("running", 2, 0)


def test_a_handler_that_forgets_to_finish_is_a_failure(handles) -> None:
    @handles(TOPIC)
    def handler(claim: base.Claim) -> None:
        pass

    job_id = ask()
    with pytest.raises(base.Unfinished):
        run.drain()
    assert row(job_id).status == "queued"


def test_a_job_that_nobody_knows_waits(handles) -> None:
    job_id = ask()
    with pytest.raises(LookupError):
        run.drain()
    assert (row(job_id).status, row(job_id).lease_until) == ("queued", None)


def test_a_job_that_kills_its_worker_each_time_is_given_up(handles, frozen_clock) -> None:
    begun = []
    handles(TOPIC, together=True)(lambda claim: begun.append(claim.id))
    job_id = ask()
    for _ in range(base.MAX_STARTS):
        assert base.claim_next() is not None
        frozen_clock.advance(seconds=queues.LEASE.total_seconds() + 1)
    run.drain()
    assert (row(job_id).status, begun) == ("dead", [])


def test_a_long_drain_ends_and_rings_again(handles, monkeypatch: pytest.MonkeyPatch) -> None:
    handles(TOPIC, together=True)(lambda claim: None)
    rings = []
    monkeypatch.setattr(queues, "nudge", lambda: rings.append(1))
    for n in range(3):
        ask(n=n)
    rings.clear()
    assert run.drain(limit=2) == 2
    assert len(rings) == 1


def test_a_topic_has_one_handler_and_is_known(handles) -> None:
    handles(TOPIC)(lambda claim: None)
    with pytest.raises(ValueError, match="has a handler already"):
        handles(TOPIC)(lambda claim: None)
    with pytest.raises(ValueError, match="no topic"):
        handles("unheard_of")(lambda claim: None)
