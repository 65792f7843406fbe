"""E10: one Idempotency-Key: fifty times at once, after a restart, with another body, by somebody else."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import create_app
from pointsvc.config import Config
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from tests import factories
from tests.schemes.sheets import ruled_district

pytestmark = pytest.mark.faults
BODY = {"member": "M001", "rule": "volunteer", "occurred_on": "2026-07-05", "quantity": "1", "matter": "一次"}
AT_ONCE = 50


def post(app: Flask, headers: dict[str, str], **more: str) -> Any:
    return app.test_client().post("/api/v1/entries", json=BODY | more, headers=headers)


def entries(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Entry.id))) or 0


def test_one_key_is_one_effect(live_app: Flask, live_settings: Config) -> None:
    with live_app.app_context():
        ruled_district()
        mine = {**factories.bearer("secretary"), "Idempotency-Key": "k-1"}
        theirs = {**factories.bearer("street"), "Idempotency-Key": "k-1"}
        without_rights = {**factories.bearer("member"), "Idempotency-Key": "k-1"}
    gate = Barrier(AT_ONCE)

    def one(_: int) -> Any:
        gate.wait()
        return post(live_app, mine)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(one, range(AT_ONCE)))
    statuses = Counter(answer.status_code for answer in answers)
    taken = [answer for answer in answers if answer.status_code == 201]
    bodies = {json.dumps(answer.json, sort_keys=True) for answer in taken}
    print(f"parallel {AT_ONCE}: statuses {dict(statuses)}, different bodies {len(bodies)}, rows {entries(live_app)}")
    assert set(statuses) <= {201, 503}
    assert (len(bodies), entries(live_app)) == (1, 1)
    assert sum("Idempotency-Replayed" not in answer.headers for answer in taken) == 1
    again = create_app(live_settings)
    replayed = post(again, mine)
    assert (replayed.status_code, json.dumps(replayed.json, sort_keys=True)) == (201, *bodies)
    assert replayed.headers["Idempotency-Replayed"] == "true"
    other_body = post(again, mine, quantity="2")
    assert (other_body.status_code, other_body.json["code"]) == (422, "idempotency_key_reused")
    other_user = post(again, theirs)
    assert other_user.status_code == 201
    assert "Idempotency-Replayed" not in other_user.headers
    assert other_user.json["id"] != replayed.json["id"]
    refused = post(again, without_rights)
    assert (refused.status_code, "points" in refused.json) == (403, False)
    assert entries(again) == 2
    with again.app_context():
        db.session.remove()
        db.engine.dispose()
