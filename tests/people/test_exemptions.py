"""Exempt by recorded decision: the category for the span, the ground for nobody else's eyes, the end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.people import exemptions, reach
from pointsvc.people import service as people
from pointsvc.people.models import GROUNDS, Exemption
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from workers import base, run

API = "/api/v1"
URL = f"{API}/members/M001/exemptions"
BODY: dict[str, Any] = {
    "starts_on": "2026-07-01",
    "ends_on": "2026-10-01",
    "ground": "illness",
    "decided_on": "2026-06-28",
    "decided_by": "支部党员大会 2026年第6次",
    "own_wish": True,
}


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()


def exempt(number: str = "M001", **more: Any) -> Exemption:
    values = {name: date.fromisoformat(value) if name.endswith("_on") else value for name, value in BODY.items()}
    with transaction():
        return exemptions.record(actor=SYSTEM, at=clock.now(), number=number, **{**values, **more})


def categories(*days: str, number: str = "M001") -> list[str]:
    one = factories.member_id(number)
    return [reach.category_on([one], date.fromisoformat(day))[one] for day in days]


# ---- recording


@pytest.mark.parametrize("name", ["admin", "street", "secretary"])
def test_whoever_answers_for_the_branch_records_it(client: FlaskClient, name: str) -> None:
    answer = client.post(URL, json=BODY, headers=bearer(name))
    assert answer.status_code == 201
    assert answer.json.items() >= {**BODY, "former": "regular", "ended_on": None}.items()
    assert categories("2026-06-30", "2026-07-01", "2026-08-15") == ["regular", "exempt", "exempt"]
    assert client.get(f"{API}/members/M001", headers=bearer("auditor")).json["category"] == "exempt"


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator", "member"])
def test_other_roles_record_none(client: FlaskClient, name: str) -> None:
    assert client.post(URL, json=BODY, headers=bearer(name)).status_code == 403


@pytest.mark.parametrize("name", ["neighbour", "far"])
def test_a_stranger_is_not_found(client: FlaskClient, name: str) -> None:
    headers = bearer(name)
    answers = [client.post(f"{API}/members/{one}/exemptions", json=BODY, headers=headers) for one in ("M001", "M404")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert client.get(URL, headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_on": "2026-08-16"}, "starts_on"),
        ({"starts_on": "1921-06-30"}, "starts_on"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"ends_on": "2026-07-01"}, "ends_on"),
        ({"ground": "laziness"}, "ground"),
        ({"decided_on": "2026-08-16"}, "decided_on"),
        ({"decided_by": " "}, "decided_by"),
        ({"decided_by": "x" * 201}, "decided_by"),
        ({"own_wish": "perhaps"}, "own_wish"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, **change}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert categories("2026-08-15") == ["regular"]


@pytest.mark.parametrize("field", ["starts_on", "ground", "decided_on", "decided_by"])
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    body = {name: value for name, value in BODY.items() if name != field}
    assert list(client.post(URL, json=body, headers=bearer("secretary")).json["errors"]) == [field]


def test_the_same_request_twice_is_one_exemption(client: FlaskClient) -> None:
    headers = {**bearer("secretary"), "Idempotency-Key": "one"}
    first, second = (client.post(URL, json=BODY, headers=headers) for _ in range(2))
    assert first.json == second.json
    assert client.post(URL, json=BODY, headers=bearer("secretary")).json["code"] == "exempt_already"


def test_one_that_is_over_already_leaves_the_former_category_in_force() -> None:
    found = exempt(starts_on=date(2026, 3, 1), ends_on=date(2026, 6, 1))
    assert found.ended_on == date(2026, 6, 1)
    assert categories("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01") == [
        "regular",
        "exempt",
        "exempt",
        "regular",
    ]


def test_while_exempt_the_category_is_not_changed_another_way() -> None:
    exempt()
    with pytest.raises(Conflict) as refused, transaction():
        people.set_category(actor=SYSTEM, at=clock.now(), number="M001", category="retired", on=date(2026, 8, 1))
    assert refused.value.code == "exempt"


def test_the_transferred_stay_exempt_and_the_old_branch_has_no_more_to_say(client: FlaskClient) -> None:
    found = exempt()
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 8, 1))
    assert categories("2026-08-15") == ["exempt"]
    url = f"{API}/exemptions/{found.id}/end"
    assert client.post(url, json={"on": "2026-08-10"}, headers=bearer("secretary")).status_code == 403
    assert client.get(URL, headers=bearer("secretary")).status_code == 403
    assert client.post(url, json={"on": "2026-08-10"}, headers=bearer("neighbour")).status_code == 200


# ---- who may know why


@pytest.mark.parametrize("name", ["admin", "street", "secretary", "member"])
def test_the_member_and_who_answers_for_the_branch_know_why(client: FlaskClient, name: str) -> None:
    exempt()
    items = client.get(URL, headers=bearer(name)).json["items"]
    assert [item["ground"] for item in items] == ["illness"]
    factories.browser(client, name)
    assert "长期患病" in client.get("/members/M001").text


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator"])
def test_nobody_else_learns_more_than_the_category(client: FlaskClient, name: str) -> None:
    exempt()
    assert client.get(URL, headers=bearer(name)).status_code == 403
    factories.browser(client, name)
    page = client.get("/members/M001").text
    assert "经批准不计分" in page
    assert "长期患病" not in page
    assert BODY["decided_by"] not in page


def test_a_member_learns_nothing_of_another(client: FlaskClient) -> None:
    exempt("M002")
    assert client.get(f"{API}/members/M002/exemptions", headers=bearer("member")).status_code == 404


@pytest.mark.parametrize("ground", GROUNDS)
def test_no_list_and_no_log_holds_a_ground(client: FlaskClient, ground: str) -> None:
    found = exempt(ground=ground)
    assert ground not in client.get(f"{API}/members", headers=bearer("admin")).text.replace("organisation_name", "")
    events = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "exemption:record")).all()
    assert [(event.object_id, event.details) for event in events] == [(str(found.id), {"starts_on": "2026-07-01"})]


# ---- the end


@pytest.mark.parametrize("on", ["2026-07-01", "2026-08-10", "2026-08-15"])
def test_ending_brings_the_former_category_back(client: FlaskClient, on: str) -> None:
    found = exempt("M002")
    assert found.former == "probationary"
    url = f"{API}/exemptions/{found.id}/end"
    answer = client.post(url, json={"on": on}, headers=bearer("secretary"))
    assert (answer.status_code, answer.json["ended_on"]) == (200, on)
    assert categories("2026-06-30", on, number="M002") == ["probationary", "probationary"]
    again = client.post(url, json={"on": on}, headers=bearer("secretary"))
    assert (again.status_code, again.json["code"]) == (409, "ended")
    exempt("M002", starts_on=date(2026, 8, 15))


@pytest.mark.parametrize("on", ["2026-06-30", "2026-08-16", "", None])
def test_a_wrong_day_to_end_is_named(client: FlaskClient, on: Any) -> None:
    found = exempt()
    answer = client.post(f"{API}/exemptions/{found.id}/end", json={"on": on}, headers=bearer("secretary"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["on"])


@pytest.mark.parametrize(("name", "status"), [("member", 403), ("auditor", 403), ("neighbour", 404), ("far", 404)])
def test_others_end_none(client: FlaskClient, name: str, status: int) -> None:
    found = exempt()
    body = {"on": "2026-08-10"}
    assert client.post(f"{API}/exemptions/{found.id}/end", json=body, headers=bearer(name)).status_code == status
    assert client.post(f"{API}/exemptions/999999999/end", json=body, headers=bearer("admin")).status_code == 404


def night(app: Flask) -> None:
    """The night's job, as a worker does it."""
    with transaction():
        job = queues.enqueue(topic=queues.EXEMPTIONS_END, payload={}, at=clock.now())
    assert "workers.people" in run.HANDLERS
    base.run_next(app, only=job.id)
    db.session.expire_all()


def test_in_the_night_each_ends_on_its_own_day_however_late(app: Flask, frozen_clock: FrozenClock) -> None:
    exempt()
    exempt("M002", ends_on=date(2026, 10, 3))
    exempt("M004", ends_on=None)
    night(app)
    assert categories("2026-10-04", number="M001") == ["exempt"]
    # The machine was off for some days.
    frozen_clock.set(datetime(2026, 10, 5, 20, tzinfo=UTC))
    night(app)
    night(app)
    ended = db.session.scalars(select(Exemption.ended_on).order_by(Exemption.id)).all()
    assert ended == [date(2026, 10, 1), date(2026, 10, 3), None]
    assert categories("2026-09-30", "2026-10-01") == ["exempt", "regular"]
    assert categories("2026-10-02", "2026-10-03", number="M002") == ["exempt", "probationary"]
    assert categories("2026-10-05", number="M004") == ["exempt"]
    notes = db.session.scalars(select(AuditEvent.action).where(AuditEvent.action == "exemption:end")).all()
    assert len(notes) == 2


def test_one_that_was_ended_before_its_day_is_left_alone_by_the_night(app: Flask, frozen_clock: FrozenClock) -> None:
    found = exempt()
    with transaction():
        exemptions.end(actor=SYSTEM, at=clock.now(), exemption_id=found.id, on=date(2026, 8, 10))
    frozen_clock.set(datetime(2026, 10, 5, 20, tzinfo=UTC))
    night(app)
    assert categories("2026-08-09", "2026-08-10", "2026-10-05") == ["exempt", "regular", "regular"]


# ---- on the page


def test_it_is_recorded_and_ended_by_form(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    form = {**BODY, "own_wish": "yes", "csrf_token": token}
    wrong = client.post("/members/M001/exemptions", data={**form, "decided_by": ""})
    assert wrong.status_code == 422
    assert 'id="decided_by-error"' in wrong.text
    assert 'value="2026-07-01"' in wrong.text
    assert client.post("/members/M001/exemptions", data=form).location == "/members/M001"
    page = client.get("/members/M001").text
    assert BODY["decided_by"] in page
    assert "本人提出" in page
    found = db.session.scalars(select(Exemption)).one()
    address = f"/members/M001/exemptions/{found.id}/end"
    assert 'id="ended_on-error"' in client.post(address, data={"ended_on": "x", "csrf_token": token}).text
    assert client.post(address, data={"ended_on": "2026-08-10", "csrf_token": token}).status_code == 302
    assert categories("2026-08-15") == ["regular"]
