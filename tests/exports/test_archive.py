"""Archives: whole, explained, fetched by any machine, safe to be made twice, gone after seven days."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.exports import making
from pointsvc.exports import service as exports
from pointsvc.exports.models import Export, ExportPiece
from pointsvc.ledger import service as ledger
from pointsvc.notices.models import Notice
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.queues import Job
from tests import factories
from tests.conftest import FrozenClock
from tests.exports.ledgers import figures, live, taken_in
from tests.exports.test_round_trip import a_service, hold
from tests.schemes.sheets import SHEET, ruled_district
from tests.tallies.work import tally
from workers import base, run

assert run.HANDLERS


def record(member: str, **more: Any) -> int:
    values = {"rule": "volunteer", "occurred_on": date(2026, 3, 5), "quantity": Decimal(2)} | more
    with transaction():
        return ledger.record(actor=SYSTEM, at=clock.now(), member=member, **values).id


def work(app: Flask) -> None:
    while base.run_next(app):
        pass


def asked(organisation: str, name: str = "admin") -> Export:
    with transaction():
        return exports.request(actor=factories.actor(name), at=clock.now(), organisation=organisation)


def fetched(row: Export, name: str = "admin") -> bytes:
    with transaction():
        _, pieces = exports.pieces(actor=factories.actor(name), at=clock.now(), export_id=row.id)
    return b"".join(pieces)


def made(app: Flask, organisation: str = "QS") -> tuple[Export, zipfile.ZipFile]:
    row = asked(organisation)
    work(app)
    db.session.refresh(row)
    assert row.status == "done", db.session.get_one(Job, row.job_id).error
    return row, zipfile.ZipFile(io.BytesIO(fetched(row)))


def table(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))


@pytest.fixture
def district(app: Flask, frozen_clock: FrozenClock) -> Flask:
    ruled_district()
    return app


def fill() -> None:
    record("M001", note="“慰问”，=1")
    taken_back = record("M002")
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=taken_back, reason="登错了")
    hold("QS0101", date(2026, 4, 2), "学习", M001="present")
    record("M004")


def test_an_archive_holds_everything_of_a_node_and_says_so(district: Flask) -> None:
    fill()
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M002", to="QS0201", on=date(2026, 8, 1))
    tally("QS01", "2026-Q2")
    row, archive = made(district, "QS01")
    names = archive.namelist()
    assert {"README.txt", "manifest.json", "entries.csv", "attendance.csv", "pledges.csv"} <= set(names)
    assert {name for name in names if "/" in name} == {
        "schemes/2026-01-01-QS-v1.json",
        "tallies/QS01-2026-Q2-v1.csv",
    }
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["format"] == 1
    assert manifest["organisation"] == {"code": "QS01", "name": "松岭街道党工委"}
    assert manifest["made_at"].startswith("2026-08-15T10:00:00")
    assert set(manifest["files"]) == set(names) - {"manifest.json"}
    for name, about in manifest["files"].items():
        content = archive.read(name)
        assert about["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert about["bytes"] == len(content)
        if name.endswith(".csv"):
            assert about["rows"] == len(table(archive, name)), name
    counts = {name: about["rows"] for name, about in manifest["files"].items() if "rows" in about}
    assert row.counts == counts
    assert {name: counts[name] for name in ("organisations.csv", "members.csv", "entries.csv", "attendance.csv")} == {
        "organisations.csv": 3,
        "members.csv": 4,
        "entries.csv": 5,
        "attendance.csv": 1,
    }
    # Who has left stands where they last belonged here, and the days tell it.
    assert [line["党组织代码"] for line in table(archive, "members.csv") if line["党员编号"] == "M002"] == ["QS0101"]
    left = [line for line in table(archive, "memberships.csv") if line["党员编号"] == "M002"]
    assert [line["截止日期（不含）"] for line in left] == ["2026-08-01"]
    assert [line["状态"] for line in table(archive, "entries.csv")].count("已冲销") == 1
    assert json.loads(archive.read("schemes/2026-01-01-QS-v1.json")) == SHEET
    readme = archive.read("README.txt").decode()
    for name in counts:
        assert (name if "/" not in name else "tallies/") in readme
    assert row.size == len(fetched(row))
    assert row.sha256 == hashlib.sha256(fetched(row)).hexdigest()


def test_an_archive_can_be_brought_into_another_service(app: Flask, frozen_clock: FrozenClock) -> None:
    with a_service():
        ruled_district()
        fill()
        _, archive = made(app)
        told, scores = live(), figures()
    frozen_clock.advance(seconds=1)
    with a_service():
        for kind in ("organisations", "members"):
            assert taken_in(kind, archive.read(f"{kind}.csv")).rejected == 0
        files = json.loads(archive.read("manifest.json"))["files"]
        for name, about in files.items():
            if name.startswith("schemes/"):
                day, owner = date.fromisoformat(about["from"]), about["organisation"]
                assert taken_in("scheme", archive.read(name), organisation=owner, starts_on=day).status == "done"
        assert taken_in("attendance", archive.read("attendance.csv")).entries == 1
        done = taken_in("entries", archive.read("entries.csv"))
        assert (done.rejected, done.entries, done.unchanged, done.left_out) == (0, 2, 1, 2)
        assert (live(), figures()) == (told, scores)


def test_whoever_asked_is_told_once_and_each_fetch_is_noted(district: Flask, client: FlaskClient) -> None:
    row, _ = made(district)
    address = f"/api/v1/exports/{row.id}"
    shown = client.get(address, headers=factories.bearer("admin")).json
    assert (shown["status"], shown["size"]) == ("done", row.size)
    answer = client.get(f"{address}/content", headers=factories.bearer("auditor"))
    assert (answer.status_code, answer.mimetype, answer.content_length) == (200, "application/zip", row.size)
    assert hashlib.sha256(answer.data).hexdigest() == row.sha256
    notices = db.session.scalars(select(Notice)).all()
    assert [(notice.link, notice.params) for notice in notices] == [
        (f"/exports/{row.id}", {"organisation": "青石区委", "days": 7})
    ]
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "export:archive")).all()
    assert [event.details["entries.csv"] for event in events] == [0, 0]


def test_an_archive_is_removed_after_seven_days_and_can_be_made_again(
    district: Flask, frozen_clock: FrozenClock, client: FlaskClient
) -> None:
    row, _ = made(district)
    for days, status in ((6.9, "done"), (0.2, "removed")):
        frozen_clock.advance(days=days)
        with transaction():
            queues.enqueue(topic=queues.CLEAN_UP, payload={}, at=clock.now())
        work(district)
        db.session.refresh(row)
        assert row.status == status
    assert db.session.scalar(select(func.count()).select_from(ExportPiece)) == 0
    gone = client.get(f"/api/v1/exports/{row.id}/content", headers=factories.bearer("admin"))
    assert (gone.status_code, gone.json["code"]) == (409, "removed")
    again, archive = made(district)
    assert again.id != row.id
    assert "entries.csv" in archive.namelist()


def test_made_twice_it_is_one_and_a_worker_that_was_overtaken_writes_nothing(
    district: Flask, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "PIECE", 500)
    record("M001")
    row = asked("QS")
    with transaction():
        first = queues.claim(at=clock.now(), only=row.job_id)
        assert first is not None
        token = first.token
    frozen_clock.advance(seconds=queues.LEASE.total_seconds() + 1)
    with transaction():
        # A piece that the lost worker had put in already.
        db.session.execute(insert(ExportPiece).values(export_id=row.id, number=0, content=b"half"))
        second = queues.claim(at=clock.now(), only=row.job_id)
        assert second is not None
        newer = second.token
    with pytest.raises(queues.Fenced):
        making.make(export_id=row.id, job_id=row.job_id or 0, token=token)
    assert db.session.scalar(select(ExportPiece.content)) == b"half"
    making.make(export_id=row.id, job_id=row.job_id or 0, token=newer)
    content = fetched(row)
    db.session.refresh(row)
    assert row.size == len(content) > 500
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert row.expires_at == row.done_at + timedelta(days=7)  # type: ignore[operator] # it is done


def test_what_cannot_be_made_is_said_and_left_nothing(district: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **more: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(making.archive, "write", broken)
    monkeypatch.setattr(queues, "MAX_ATTEMPTS", 1)
    row = asked("QS")
    with pytest.raises(OSError, match="no space"):
        work(district)
    db.session.refresh(row)
    assert row.status == "failed"
    assert db.session.scalar(select(func.count()).select_from(ExportPiece)) == 0
    assert orjson.dumps(row.counts) == b"{}"
