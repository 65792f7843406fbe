"""The nightly reconciliation: agrees when all is well, alarms at one cent, once; kept and shown."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from pointsvc import clock, queues
from pointsvc.audit import reconciliations
from pointsvc.audit.models import AuditEvent, Reconciliation
from pointsvc.db import db, transaction
from pointsvc.ledger import service as ledger
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission
from pointsvc.queues import Job
from pointsvc.reconciling import reconcile
from pointsvc.tallies.models import Standing, TallyResult
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district
from tests.tallies.work import tally
from workers import base, run, schedule

assert run.HANDLERS


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()
    work(app)
    with transaction():
        # The month's settling is done: it would put every total right.
        db.session.add(queues.PeriodRun(kind="standings", period="2026-08-01", job_id=0, at=clock.now()))
        ledger.record_batch(
            actor=SYSTEM, at=clock.now(), members=["M001", "M004"], rule="meeting", occurred_on=date(2026, 7, 5)
        )


def work(app: Flask) -> None:
    while base.run_next(app):
        pass


def night(app: Flask, frozen_clock: FrozenClock) -> Reconciliation:
    """The coming night: the scheduler asks, the worker does."""
    frozen_clock.advance(days=1)
    schedule.ask_for_due()
    work(app)
    db.session.expire_all()
    found = reconciliations.latest()
    assert found is not None
    return found


def wrong_by_one_cent(number: str = "M001") -> None:
    """Past every verb, straight into the table."""
    by = Decimal("0.01")
    with transaction():
        member_id = factories.member_id(number)
        total = db.session.scalar(select(Standing.total).where(Standing.member_id == member_id))
        assert total is not None
        db.session.execute(update(Standing).where(Standing.member_id == member_id).values(total=total + by))


def notices() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.execute(
        select(SignIn.name, Notice.params)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.link == "/reconciliations")
        .order_by(Notice.id)
    )
    return [(row.name, row.params) for row in rows]


def test_a_quiet_night_agrees_and_counts_what_it_looked_at(app: Flask, frozen_clock: FrozenClock) -> None:
    tally("QS", "2026-Q2")
    found = night(app, frozen_clock)
    assert (found.period, found.ok, found.found, found.faults) == ("2026-08-16", True, 0, [])
    assert found.checked["entries"] == 2
    assert (found.checked["standings"], found.checked["tallies"]) == (5, 1)
    assert found.ended_at is not None
    assert notices() == []


def test_one_cent_sounds_the_alarm_once(
    app: Flask, frozen_clock: FrozenClock, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    wrong_by_one_cent()
    with caplog.at_level(logging.CRITICAL, "pointsvc.reconciling"):
        found = night(app, frozen_clock)
    assert (found.ok, found.found) == (False, 1)
    assert "kept total of member M001" in found.faults[0]["message"] % found.faults[0]["params"]
    assert ["M001" in record.getMessage() for record in caplog.records] == [True]
    assert notices() == [("admin", {"number": 1}), ("operator", {"number": 1})]
    # The same fault the next night is in the list and in the log, but tells nobody again.
    assert night(app, frozen_clock).ok is False
    assert len(notices()) == 2
    # Another fault is another alarm.
    wrong_by_one_cent("M004")
    assert night(app, frozen_clock).found == 2
    assert len(notices()) == 4
    factories.browser(client, "admin")
    page = client.get("/").text
    assert "账实核对发现 2 处不符" in page
    assert 'href="/reconciliations"' in page
    page = client.get("/reconciliations").text
    assert "账实不符。" in page
    assert "M004" in page


def test_when_it_is_mended_the_next_check_says_so_and_a_new_fault_alarms_anew(
    app: Flask, frozen_clock: FrozenClock, client: FlaskClient
) -> None:
    wrong_by_one_cent()
    night(app, frozen_clock)
    with transaction():
        ledger.record(actor=SYSTEM, at=clock.now(), member="M001", rule="meeting", occurred_on=date(2026, 7, 6))
    assert night(app, frozen_clock).ok
    factories.browser(client, "admin")
    page = client.get("/").text
    assert "不符" not in page
    assert "最近核对于" in page
    wrong_by_one_cent()
    assert not night(app, frozen_clock).ok
    assert len(notices()) == 4


def test_a_wrong_result_of_a_tally_is_found(app: Flask, frozen_clock: FrozenClock) -> None:
    tally("QS", "2026-Q3")
    with transaction():
        db.session.execute(update(TallyResult).values(raw=Decimal("9.99")))
    assert night(app, frozen_clock).found == 5


def test_many_faults_are_counted_and_the_first_hundred_kept(app: Flask, frozen_clock: FrozenClock) -> None:
    with transaction():
        for _ in range(103):
            job = queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
            job.status, job.error = "dead", "no reason"
    found = night(app, frozen_clock)
    assert (found.found, len(found.faults)) == (103, 100)


def test_done_again_for_the_same_night_it_is_one_row_and_one_alarm(app: Flask, frozen_clock: FrozenClock) -> None:
    wrong_by_one_cent()
    night(app, frozen_clock)
    for _ in range(2):
        reconcile(period="2026-08-16", hold=lambda **progress: None, finish=lambda at: None)
    work(app)
    assert db.session.scalar(select(func.count()).select_from(Reconciliation)) == 1
    assert len(notices()) == 2


def test_a_worker_that_was_overtaken_keeps_nothing(app: Flask, frozen_clock: FrozenClock) -> None:
    def fenced(at: Any) -> None:
        raise queues.Fenced

    with pytest.raises(queues.Fenced):
        reconcile(period="2026-08-16", hold=lambda **progress: None, finish=fenced)
    row = db.session.scalars(select(Reconciliation)).one()
    assert (row.ended_at, row.ok) == (None, None)
    assert reconciliations.latest() is None


def test_the_lease_is_renewed_between_short_reads(app: Flask, frozen_clock: FrozenClock) -> None:
    held: list[Any] = []
    tally("QS", "2026-Q3")
    reconcile(period="2026-08-16", hold=lambda **progress: held.append(progress), finish=lambda at: None)
    # At the beginning, around each part, after each page of standings and of results.
    assert len(held) >= 5


# ---- the routes


def test_one_is_asked_for_by_hand_and_only_once_at_a_time(app: Flask, client: FlaskClient) -> None:
    first = client.post("/api/v1/reconciliations", headers=bearer("admin"))
    assert (first.status_code, first.json["status"]) == (202, "queued")
    assert client.post("/api/v1/reconciliations", headers=bearer("operator")).json == first.json
    work(app)
    (item,) = client.get("/api/v1/reconciliations", headers=bearer("auditor")).json["items"]
    assert (item["ok"], item["found"], item["faults"]) == (True, 0, [])
    assert item["period"].startswith("2026-08-15T02:00:00")
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "reconciliation:request")).all()
    assert len(events) == 1


def test_the_same_key_asks_once(client: FlaskClient) -> None:
    headers = {**bearer("admin"), "Idempotency-Key": "once"}
    first = client.post("/api/v1/reconciliations", headers=headers)
    again = client.post("/api/v1/reconciliations", headers=headers)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")


def test_roles(client: FlaskClient) -> None:
    for role, name in factories.BY_ROLE.items():
        reads = role in PERMISSION_MAP[Permission.RECONCILIATIONS_READ]
        runs = role in PERMISSION_MAP[Permission.RECONCILIATIONS_RUN]
        assert client.get("/api/v1/reconciliations", headers=bearer(name)).status_code == (200 if reads else 403)
        assert client.post("/api/v1/reconciliations", headers=bearer(name)).status_code == (202 if runs else 403)


def test_the_page_before_the_first_while_it_runs_and_after(app: Flask, client: FlaskClient) -> None:
    token = factories.browser(client, "admin")
    assert "尚未核对过" in client.get("/reconciliations").text
    assert "最近核对于" not in client.get("/").text
    assert client.post("/reconciliations", data={"csrf_token": token}).status_code == 302
    page = client.get("/reconciliations").text
    assert "已开始核对" in page
    assert "hx-get" in page
    work(app)
    page = client.get("/reconciliations").text
    assert "账实相符。" in page
    assert "hx-get" not in page
    assert db.session.scalar(select(Job.status).where(Job.topic == queues.RECONCILE)) == "done"


def test_who_may_only_read_has_no_button(client: FlaskClient) -> None:
    token = factories.browser(client, "overseer")
    assert "立即核对" not in client.get("/reconciliations").text
    assert client.post("/reconciliations", data={"csrf_token": token}).status_code == 403


def test_a_secretary_sees_no_line_about_it(app: Flask, frozen_clock: FrozenClock, client: FlaskClient) -> None:
    wrong_by_one_cent()
    night(app, frozen_clock)
    factories.browser(client, "street")
    page = client.get("/").text
    assert "/reconciliations" not in page
    assert client.get("/reconciliations").status_code == 403


def test_watchers_are_told_faults_and_age(app: Flask, frozen_clock: FrozenClock, client: FlaskClient) -> None:
    assert "pointsvc_reconciliation" not in client.get("/metrics").text
    wrong_by_one_cent()
    night(app, frozen_clock)
    frozen_clock.advance(minutes=5)
    told = client.get("/metrics").text.splitlines()
    assert "pointsvc_reconciliation_faults 1.0" in told
    assert "pointsvc_reconciliation_age_seconds 300.0" in told
