"""Attendance elsewhere: who reports it, for whom, and who confirms or refuses it."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock, workdays
from pointsvc.activities import lifecycle
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger.models import Entry
from pointsvc.people import service as people
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission, Role
from tests import factories
from tests.activities.away import BODY, URL, live, mark, statuses, submit
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.schemes.sheets import SHEET, published, ruled_district

RECEIVED = (202, {"status": "received"})


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    ruled_district()


# ---- who submits


@pytest.mark.parametrize("name", ["member", "secretary", "street", "admin"])
def test_the_member_or_the_home_branch_submits(client: FlaskClient, name: str) -> None:
    body = BODY if name == "member" else {**BODY, "member": "M001"}
    answer = client.post(URL, json=body, headers=bearer(name))
    assert answer.status_code == 201
    assert (
        answer.json.items()
        >= {
            **BODY,
            "member": "M001",
            "organisation": "QS0101",
            "status": "pending",
            "submitted_by": name,
            "entry": None,
            "lapses_on": workdays.after(date(2026, 8, 15), 20).isoformat(),
        }.items()
    )
    assert live() == []


def test_an_organisation_within_reach_may_be_the_host(client: FlaskClient) -> None:
    body = {**BODY, "member": "M001", "host": "", "host_organisation": "QS0102"}
    assert client.post(URL, json=body, headers=bearer("street")).json["host"] == "松岭街道第二党支部"
    assert client.post(URL, json=body, headers=bearer("secretary")).status_code == 404


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator"])
def test_other_roles_submit_nothing(client: FlaskClient, name: str) -> None:
    assert client.post(URL, json={**BODY, "member": "M001"}, headers=bearer(name)).status_code == 403


def test_a_member_submits_for_nobody_else(client: FlaskClient) -> None:
    for number in ("M002", "M404"):
        answer = client.post(URL, json={**BODY, "member": number}, headers=bearer("member"))
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "春游"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"held_on": "2026-08-16"}, "held_on"),
        ({"held_on": "1999-12-31"}, "held_on"),
        ({"host": ""}, "host"),
        ({"host": "x" * 201}, "host"),
        ({"note": "x" * 501}, "note"),
        ({"points": "2"}, "points"),
        ({"member": None}, "member"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, "member": "M001", **change}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert statuses() == []


def test_the_same_request_twice_is_one_receipt(client: FlaskClient) -> None:
    headers = {**bearer("member"), "Idempotency-Key": "one"}
    first, second = (client.post(URL, json=BODY, headers=headers) for _ in range(2))
    assert first.json == second.json
    again = client.post(URL, json=BODY, headers=bearer("member"))
    assert (again.status_code, again.json["code"]) == (409, "received_already")
    assert statuses() == ["pending"]


# ---- a host and its visitor


def test_a_visitors_attendance_goes_to_the_home_branch(client: FlaskClient) -> None:
    body = {"member": "M001", "kind": "主题党日", "held_on": "2026-08-05"}
    answer = client.post(URL, json=body, headers=bearer("far"))
    assert (answer.status_code, answer.json) == RECEIVED
    [item] = client.get(URL, headers=bearer("secretary")).json["items"]
    assert (item["member"], item["organisation"], item["host"]) == ("M001", "QS0101", "柳河镇党委")
    assert client.get(URL, headers=bearer("far")).json["items"] == []
    assert client.get(f"{URL}/{item['id']}", headers=bearer("far")).status_code == 404


def test_a_host_is_always_told_the_same(client: FlaskClient) -> None:
    submit("M002")
    mark("present")
    with transaction():
        people.release(actor=SYSTEM, at=clock.now(), number="M003", on=date(2026, 8, 1))
    body = {"kind": "主题党日", "held_on": "2026-08-05"}
    headers = bearer("far")
    for number in ("M001", "M002", "M003", "M004", "M404", "x y"):
        answer = client.post(URL, json={**body, "member": number}, headers=headers)
        assert ((answer.status_code, answer.json), set(answer.headers) & {"Location"}) == (RECEIVED, set()), number
    assert db.session.scalar(select(func.count()).select_from(AwayReceipt)) == 2
    wrong = client.post(URL, json={**body, "member": "M404", "kind": "春游"}, headers=headers)
    assert list(wrong.json["errors"]) == ["kind"]
    assert (
        wrong.json["errors"]
        == client.post(URL, json={**body, "member": "M001", "kind": "春游"}, headers=headers).json["errors"]
    )


def test_a_kind_that_the_home_rule_sheet_does_not_know_gives_no_points(client: FlaskClient) -> None:
    other = {**SHEET, "activities": {"微型党课": {"present": "meeting"}}}
    published("QS02", document=other)
    body = {"member": "M001", "kind": "微型党课", "held_on": "2026-08-05"}
    assert client.post(URL, json=body, headers=bearer("far")).status_code == 202
    [item] = client.get(URL, headers=bearer("secretary")).json["items"]
    done = client.post(f"{URL}/{item['id']}/confirm", headers=bearer("secretary"))
    assert (done.status_code, done.json["status"], done.json["entry"]) == (200, "confirmed", None)
    assert live() == []


# ---- confirming and refusing


@pytest.mark.parametrize("name", ["secretary", "street", "admin"])
def test_the_home_branch_confirms_and_the_points_follow_once(client: FlaskClient, name: str) -> None:
    one = submit()
    answer = client.post(f"{URL}/{one}/confirm", headers=bearer(name))
    assert (answer.status_code, answer.json["status"]) == (200, "confirmed")
    assert live() == [("themeday", "2.00", "receipt")]
    entry = db.session.scalars(select(Entry)).one()
    assert (entry.natural_key, entry.source_id, str(entry.id)) == (f"receipt:{one}", one, answer.json["entry"])
    assert (entry.branch_id, entry.note) == (factories.organisation_id("QS0101"), BODY["host"])
    again = client.post(f"{URL}/{one}/confirm", headers=bearer(name))
    assert (again.status_code, again.json["code"]) == (409, "receipt_decided")


def test_a_receipt_is_refused_with_a_reason(client: FlaskClient) -> None:
    one = submit()
    for body in ({}, {"reason": " "}, {"reason": "x" * 501}):
        answer = client.post(f"{URL}/{one}/refuse", json=body, headers=bearer("secretary"))
        assert list(answer.json["errors"]) == ["reason"]
    answer = client.post(f"{URL}/{one}/refuse", json={"reason": "未查实"}, headers=bearer("secretary"))
    assert (answer.status_code, answer.json["status"], answer.json["reason"]) == (200, "refused", "未查实")
    # What was refused may be sent again.
    assert submit() != one


@pytest.mark.parametrize(("name", "status"), [("neighbour", 404), ("far", 404), ("member", 403), ("auditor", 403)])
def test_others_decide_nothing(client: FlaskClient, name: str, status: int) -> None:
    one = submit()
    headers = bearer(name)
    assert client.post(f"{URL}/{one}/confirm", headers=headers).status_code == status
    assert client.post(f"{URL}/{one}/refuse", json={"reason": "x"}, headers=headers).status_code == status
    assert client.post(f"{URL}/999999999/confirm", headers=bearer("admin")).status_code == 404


@pytest.mark.parametrize(("status", "action"), list(product(lifecycle.STATUSES, lifecycle.ACTIONS)))
def test_only_what_waits_is_decided(status: str, action: str) -> None:
    if status == lifecycle.PENDING:
        assert lifecycle.after(status, action) in set(lifecycle.STATUSES) - {lifecycle.PENDING}
        return
    with pytest.raises(Conflict) as refused:
        lifecycle.after(status, action)
    assert refused.value.code == "receipt_decided"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("status", lifecycle.STATUSES)
@pytest.mark.parametrize("action", ["confirm", "refuse"])
def test_every_role_at_every_status(client: FlaskClient, role: Role, status: str, action: str) -> None:
    one = submit()
    with transaction():
        db.session.execute(db.update(AwayReceipt).values(status=status))
    body = {"json": {"reason": "x"}} if action == "refuse" else {}
    answer = client.post(f"{URL}/{one}/{action}", headers=bearer(BY_ROLE[role]), **body)
    may = role in PERMISSION_MAP[Permission.RECEIPTS_DECIDE]
    expected = 403 if not may else 200 if status == lifecycle.PENDING else 409
    assert answer.status_code == expected
    assert (statuses() != [status]) == (expected == 200)
