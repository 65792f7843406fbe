"""Several workers at one table, on both engines, with real commits."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.permissions import SYSTEM
from pointsvc.queues import Job
from workers import base, run

JOBS = 40


def test_each_job_is_done_once_by_two_workers_at_once(live_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "registry", {})
    monkeypatch.setattr(run, "application", lambda: live_app)

    @base.handles(queues.CLEAN_UP, together=True)
    def handler(claim: base.Claim) -> None:
        event = AuditEvent(at=clock.now(), actor=SYSTEM.kind, action="test:effect", object_id=str(claim.id), details={})
        db.session.add(event)

    with live_app.app_context(), transaction():
        for _ in range(JOBS):
            queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
    begun: list[int] = []
    threads = [threading.Thread(target=lambda: begun.append(run.drain())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(begun) == JOBS
    with live_app.app_context():
        effects = Counter(db.session.scalars(select(AuditEvent.object_id)))
        assert len(effects) == JOBS
        assert set(effects.values()) == {1}
        assert {(job.status, job.token, job.attempts) for job in db.session.scalars(select(Job))} == {("done", 1, 1)}
