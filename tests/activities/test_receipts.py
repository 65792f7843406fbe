"""Attendance away from home: who submits, who confirms, counted once, and no oracle for hosts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock, queues, workdays
from pointsvc.activities import lifecycle, receipts, receipts_pages
from pointsvc.activities import service as activities
from pointsvc.activities.models import AwayReceipt
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import merging
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.notices.models import Notice
from pointsvc.people import service as people
from pointsvc.people import settings
from pointsvc.people.models import SignIn
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer, browser
from tests.schemes.sheets import SHEET, published, ruled_district, without
from workers import base, run

API = "/api/v1"
URL = f"{API}/away-receipts"
BODY = {"kind": "主题党日", "held_on": "2026-08-05", "host": "舟山市滨江社区党支部", "note": "清理海滩"}
RECEIVED = (202, {"status": "received"})


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    ruled_district()


def submit(member: str = "M001", **more: Any) -> int:
    values = {**BODY, "held_on": date(2026, 8, 5), **more}
    with transaction():
        made = receipts.submit(actor=SYSTEM, at=clock.now(), member=member, **values)
    assert made is not None
    return made.id


def confirm(receipt_id: int) -> AwayReceipt:
    with transaction():
        return receipts.confirm(actor=SYSTEM, at=clock.now(), receipt_id=receipt_id)


def mark(value: str | None, number: str = "M001", organisation: str = "QS0101", kind: str = "主题党日") -> None:
    with transaction():
        held = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation=organisation, kind=kind, held_on=date(2026, 8, 5)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=held.id, marks={number: value})


def live(number: str = "M001") -> list[tuple[str, str, str]]:
    return [
        (view.rule, str(view.points), view.source)
        for view in reversed(ledger.entries(actor=SYSTEM, member=number))
        if view.status == "recorded"
    ]


def statuses() -> list[str]:
    return list(db.session.scalars(select(AwayReceipt.status).order_by(AwayReceipt.id)))


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


# ---- counted once


@pytest.mark.parametrize("value", ["present", "late"])
def test_whoever_came_at_home_is_not_counted_elsewhere(client: FlaskClient, value: str) -> None:
    one = submit()
    mark(value)
    answer = client.post(f"{URL}/{one}/confirm", headers=bearer("secretary"))
    assert (answer.status_code, answer.json["code"]) == (409, "counted_already")
    again = client.post(URL, json=BODY, headers=bearer("member"))
    assert (again.status_code, again.json["code"]) == (409, "counted_already")


@pytest.mark.parametrize(
    "other",
    [
        {"value": "leave"},
        {"value": "absent"},
        {"value": None},
        {"value": "present", "kind": "三会一课"},
        {"value": "present", "number": "M002"},
    ],
)
def test_no_other_mark_stands_against_it(other: dict[str, Any]) -> None:
    one = submit()
    mark(**other)
    confirm(one)
    assert ("themeday", "2.00", "receipt") in live()


def test_a_second_confirmed_receipt_of_the_day_is_refused(client: FlaskClient) -> None:
    confirm(submit())
    answer = client.post(URL, json=BODY, headers=bearer("member"))
    assert (answer.status_code, answer.json["code"]) == (409, "counted_already")
    submit(kind="三会一课")
    submit(held_on=date(2026, 8, 6))


@pytest.mark.parametrize(("value", "more"), [("present", []), ("late", [("late", "-0.50", "meeting")])])
def test_marked_at_home_afterwards_being_present_still_counts_once(value: str, more: list[Any]) -> None:
    confirm(submit())
    mark(value)
    assert live() == [("themeday", "2.00", "receipt"), *more]


def test_it_goes_along_when_two_records_are_merged() -> None:
    confirm(submit("M004"))
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="M001", duplicate="M004", reason="重复")
    assert live() == [("themeday", "2.00", "merge")]


def test_the_home_branch_is_that_of_the_day() -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 8, 6))
    one = submit()
    assert db.session.get_one(AwayReceipt, one).branch_id == factories.organisation_id("QS0101")


def test_a_rule_sheet_without_points_for_it_gives_none() -> None:
    published(document=without("themeday"), starts_on=date(2026, 8, 1))
    found = confirm(submit(kind="主题党日"))
    assert (found.status, found.entry_id) == ("confirmed", None)


# ---- lapsing


@pytest.fixture
def night(app: Flask, frozen_clock: FrozenClock) -> Callable[[date], None]:
    """Let it be the night of this day, and the night's job be done."""
    assert "workers.activities" in run.HANDLERS

    def be(day: date) -> None:
        frozen_clock.set(datetime(day.year, day.month, day.day, 0, tzinfo=UTC))
        with transaction():
            job = queues.enqueue(topic=queues.RECEIPTS_TURN, payload={}, at=clock.now())
        base.run_next(app, only=job.id)
        db.session.expire_all()

    return be


def told() -> list[tuple[str, str]]:
    rows = db.session.execute(select(SignIn.name, Notice.message).join(SignIn, SignIn.id == Notice.sign_in_id))
    return sorted((row[0], row[1]) for row in rows)


def test_what_waits_too_long_is_reminded_of_once_and_then_lapses(night: Any) -> None:
    sent = date(2026, 8, 15)
    one = submit()
    other = submit("M004", kind="三会一课")
    confirm(other)
    before, reminding, last = (workdays.after(sent, n) for n in (14, 15, 20))
    night(before)
    assert told() == []
    for day in (reminding, workdays.after(reminding, 1), last):
        night(day)
        assert told() == [("secretary", receipts.SOON)]
    assert statuses() == ["pending", "confirmed"]
    night(workdays.after(last, 1))
    night(workdays.after(last, 2))
    assert statuses() == ["lapsed", "confirmed"]
    assert told() == [("member", receipts.LAPSED), ("secretary", receipts.SOON)]
    with pytest.raises(Conflict):
        confirm(one)


def test_without_a_secretary_of_its_own_the_next_above_is_reminded(night: Any) -> None:
    submit("M005")
    night(workdays.after(date(2026, 8, 15), 15))
    assert told() == [("far", receipts.SOON)]


def test_the_days_are_those_that_the_organisation_decided(client: FlaskClient) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS01", name="review_days", value=2)
    answer = client.post(URL, json=BODY, headers=bearer("member"))
    assert answer.json["lapses_on"] == workdays.after(date(2026, 8, 15), 8).isoformat()


def test_the_member_is_told_what_was_decided(app: Flask) -> None:
    confirm(submit())
    with transaction():
        receipts.refuse(actor=SYSTEM, at=clock.now(), receipt_id=submit(kind="三会一课"), reason="未查实")
    while base.run_next(app):
        pass
    assert [name for name, _ in told()] == ["member", "member"]


# ---- lists and pages


def test_the_receipts_come_in_pages_and_are_narrowed_down(client: FlaskClient) -> None:
    ids = [submit(number) for number in ("M001", "M002", "M004", "M005")]
    confirm(ids[0])
    headers = bearer("admin")
    seen, after = [], ""
    while after is not None:
        page = client.get(f"{URL}?limit=3&after={after}", headers=headers).json
        seen += [item["member"] for item in page["items"]]
        after = page["next"]
    assert seen == ["M005", "M004", "M002", "M001"]

    def found(who: str, **query: str) -> list[str]:
        return [item["member"] for item in client.get(URL, query_string=query, headers=bearer(who)).json["items"]]

    assert found("admin", status="confirmed") == ["M001"]
    assert found("admin", organisation="QS01") == ["M004", "M002", "M001"]
    assert found("admin", member="M005") == ["M005"]
    assert found("member") == ["M001"]
    assert found("secretary") == found("auditor", organisation="QS0101") == ["M002", "M001"]
    assert client.get(f"{URL}?status=x", headers=headers).status_code == 422
    assert client.get(f"{URL}?organisation=QS0102", headers=bearer("secretary")).status_code == 404
    assert client.get(f"{URL}/{ids[1]}", headers=bearer("member")).status_code == 404


def test_a_member_reports_by_form_and_the_branch_confirms(client: FlaskClient, app: Flask) -> None:
    token = browser(client, "member")
    form = {"kind": BODY["kind"], "held_on": BODY["held_on"], "host": "", "csrf_token": token}
    assert 'id="host-error"' in client.post("/away-receipts/new", data=form).text
    assert client.post("/away-receipts/new", data={**form, "host": "滨江社区"}).location == "/away-receipts"
    twice = client.post("/away-receipts/new", data={**form, "host": "滨江社区"})
    assert (twice.status_code, 'id="held_on-error"' in twice.text) == (422, True)
    assert "滨江社区" in client.get("/away-receipts").text
    one = db.session.scalars(select(AwayReceipt.id)).one()
    other = app.test_client()
    token = browser(other, "secretary")
    assert "1 份异地参会回执待确认" in other.get("/branch").text
    assert other.post(f"/away-receipts/{one}/confirm", data={"csrf_token": token}).status_code == 302
    again = other.post(f"/away-receipts/{one}/confirm", data={"csrf_token": token})
    assert again.status_code == 422
    assert "已确认" in client.get("/away-receipts?status=confirmed").text


def test_a_visitor_is_reported_by_form(client: FlaskClient) -> None:
    token = browser(client, "far")
    form = {"member": "M001", "kind": BODY["kind"], "held_on": BODY["held_on"], "host": "", "csrf_token": token}
    assert client.post("/away-receipts/new", data=form).location == "/away-receipts"
    page = client.get("/away-receipts").text
    assert "已收到" in page
    assert "M001" not in page
    assert statuses() == ["pending"]


def test_a_receipt_is_refused_by_form(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    one = submit()
    token = browser(client, "secretary")
    address = f"/away-receipts/{one}/refuse"
    assert 'id="reason-error"' in client.post(address, data={"reason": "", "csrf_token": token}).text
    assert client.post(address, data={"reason": "未查实", "csrf_token": token}).status_code == 302
    submit()
    monkeypatch.setattr(receipts_pages, "ON_A_PAGE", 1)
    assert 'rel="next"' in client.get("/away-receipts").text
