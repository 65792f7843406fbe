"""Hours over HTTP: proposed by the member or the community, confirmed by the community, counted once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.checkins.models import Record
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.permissions import Role
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import SHEET, published, without

URL = "/api/v1/service-records"
BODY = {"served_on": "2026-08-08", "hours": "2.50", "deed": "为两户老人检修水管"}


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    scene.checked_in()


@pytest.fixture
def post() -> int:
    made = scene.post()
    scene.claimed(made)
    return made


def statuses() -> list[str]:
    return list(db.session.scalars(select(Record.status).order_by(Record.id)))


def confirm(client: FlaskClient, name: str, *ids: int) -> Any:
    return client.post(f"{URL}/confirm", json={"records": [str(one) for one in ids]}, headers=bearer(name))


# ---- proposing


@pytest.mark.parametrize(
    ("name", "member", "status"),
    [
        ("official", None, 201),
        ("host", "K001", 201),
        ("street", "K001", 201),
        ("home", "K001", 403),
        ("other", "K001", 404),
        ("official", "K002", 404),
        ("overseer", "K001", 403),
    ],
)
def test_the_member_or_the_community_says_what_was_served(
    client: FlaskClient, post: int, name: str, member: str | None, status: int
) -> None:
    answer = client.post(URL, json={**BODY, "post": str(post), "member": member}, headers=bearer(name))
    assert answer.status_code == status, answer.json
    if status == 201:
        wanted = {**BODY, "member": "K001", "post": str(post), "status": "proposed", "entry": None, "proposed_by": name}
        assert answer.json.items() >= wanted.items()
    assert scene.points() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"hours": "0"}, "hours"),
        ({"hours": "-1"}, "hours"),
        ({"hours": "24.01"}, "hours"),
        ({"served_on": "2026-08-16"}, "served_on"),
        ({"served_on": "2026-07-31"}, "served_on"),
        ({"deed": " "}, "deed"),
        ({"photo": "x"}, "photo"),
        ({"place": "30.1,120.2"}, "place"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, post: int, more: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, "post": str(post), **more}, headers=bearer("official"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_one_serves_at_posts_that_one_holds(client: FlaskClient) -> None:
    assert client.post(URL, json={**BODY, "post": str(scene.post())}, headers=bearer("official")).status_code == 404
    assert client.post(URL, json={**BODY, "post": "odd"}, headers=bearer("official")).status_code == 404


def test_the_same_post_and_day_is_recorded_once_whoever_records_it(client: FlaskClient, post: int) -> None:
    body = {**BODY, "post": str(post)}
    first = client.post(URL, json=body, headers=bearer("official")).json["id"]
    again = client.post(URL, json={**body, "member": "K001", "hours": "3"}, headers=bearer("host"))
    assert (again.status_code, again.json["code"]) == (409, "recorded_already")
    assert client.post(f"{URL}/{first}/withdraw", headers=bearer("official")).json["status"] == "withdrawn"
    assert client.post(URL, json={**body, "member": "K001"}, headers=bearer("host")).status_code == 201


def test_the_same_request_twice_is_one_record(client: FlaskClient, post: int) -> None:
    headers = {**bearer("official"), "Idempotency-Key": "hours-1"}
    body = {**BODY, "post": str(post)}
    assert client.post(URL, json=body, headers=headers).json == client.post(URL, json=body, headers=headers).json
    assert statuses() == ["proposed"]


# ---- confirming


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("host", 200),
        ("street", 200),
        ("admin", 200),
        ("home", 403),
        ("official", 403),
        ("overseer", 403),
        ("other", 404),
    ],
)
def test_only_the_community_confirms(client: FlaskClient, post: int, name: str, status: int) -> None:
    made = scene.proposed(post)
    assert confirm(client, name, made).status_code == status
    assert scene.points() == ([("volunteer", "3.00", "service")] if status == 200 else [])


def test_nobody_confirms_the_own_hours(client: FlaskClient, post: int) -> None:
    factories.sign_in("both", Role.SECRETARY, "QS0110", member="K001")
    answer = confirm(client, "both", scene.proposed(post))
    assert (answer.status_code, answer.json["code"]) == (403, "own_service")


def test_several_are_confirmed_together_and_each_counts_once(client: FlaskClient, post: int) -> None:
    scene.checked_in("K002")
    scene.claimed(post, "K002")
    ids = [scene.proposed(post), scene.proposed(post, "K002", hours="1"), scene.proposed(post, day=date(2026, 8, 9))]
    answer = confirm(client, "host", *ids)
    assert [(row["status"], row["decided_by"]) for row in answer.json["records"]] == [("confirmed", "host")] * 3
    assert all(row["entry"] for row in answer.json["records"])
    assert [points for _, points, _ in scene.points("K001")] == ["3.00", "3.00"]
    assert [points for _, points, _ in scene.points("K002")] == ["1.20"]
    entry = db.session.scalars(select(Entry).where(Entry.source_id == ids[0])).one()
    assert (entry.natural_key, str(entry.quantity), entry.occurred_on) == (
        f"service:{ids[0]}",
        "2.50",
        date(2026, 8, 8),
    )


def test_all_or_none_are_confirmed_and_each_that_cannot_be_is_named(client: FlaskClient, post: int) -> None:
    done, open_ = scene.confirmed(post), scene.proposed(post, day=date(2026, 8, 9))
    answer = confirm(client, "host", open_, done)
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (
        422,
        "none_confirmed",
        ["records.1"],
    )
    assert statuses() == ["confirmed", "proposed"]
    assert confirm(client, "host", done).json["code"] == "wrong_status"
    assert confirm(client, "host", open_, open_).status_code == 422
    assert confirm(client, "host", open_, 404404).status_code == 404
    assert client.post(f"{URL}/confirm", json={"records": []}, headers=bearer("host")).status_code == 422


def test_the_home_units_rule_says_what_hours_are_worth(client: FlaskClient, post: int) -> None:
    scene.count_by("meeting", "QS0301")
    assert confirm(client, "host", scene.proposed(post)).json["records"][0]["entry"]
    assert scene.points() == [("meeting", "1.00", "service")]


@pytest.mark.parametrize("rule", ["", "advice", "award", "crime", "nothing-of-the-kind"])
def test_without_a_rule_that_counts_by_itself_hours_stand_without_points(
    client: FlaskClient, post: int, rule: str
) -> None:
    scene.count_by(rule)
    row = confirm(client, "host", scene.proposed(post)).json["records"][0]
    assert (row["status"], row["entry"]) == ("confirmed", None)
    assert scene.points() == []


def test_a_rule_that_does_not_hold_for_the_category_gives_nothing(client: FlaskClient, post: int) -> None:
    changed = without()
    changed["rules"] = [
        {**rule, "applies_to": ["retired"]} if rule["code"] == "volunteer" else rule for rule in SHEET["rules"]
    ]
    published("QS03", document=changed)
    assert confirm(client, "host", scene.proposed(post)).json["records"][0]["entry"] is None


# ---- refusing and taking back


@pytest.mark.parametrize(
    ("step", "name", "status"),
    [
        ("refuse", "host", 200),
        ("refuse", "home", 403),
        ("refuse", "official", 403),
        ("refuse", "other", 404),
        ("withdraw", "official", 200),
        ("withdraw", "host", 200),
        ("withdraw", "home", 403),
        ("withdraw", "other", 404),
        ("revoke", "host", 409),
    ],
)
def test_each_step_of_waiting_hours(client: FlaskClient, post: int, step: str, name: str, status: int) -> None:
    made = scene.proposed(post)
    body = None if step == "withdraw" else {"reason": "当天没有到岗"}
    answer = client.post(f"{URL}/{made}/{step}", json=body, headers=bearer(name))
    assert answer.status_code == status, answer.json


def test_a_refusal_says_why_and_the_hours_can_be_put_right(client: FlaskClient, post: int) -> None:
    made = scene.proposed(post)
    assert client.post(f"{URL}/{made}/refuse", json={}, headers=bearer("host")).status_code == 422
    answer = client.post(f"{URL}/{made}/refuse", json={"reason": "实为 1 小时"}, headers=bearer("host"))
    assert (answer.json["status"], answer.json["reason"]) == ("refused", "实为 1 小时")
    right = client.post(URL, json={**BODY, "post": str(post), "hours": "1"}, headers=bearer("official"))
    assert right.status_code == 201


@pytest.mark.parametrize(
    ("name", "status"), [("host", 200), ("admin", 200), ("home", 403), ("official", 403), ("other", 404)]
)
def test_taking_a_confirmation_back_reverses_its_points(client: FlaskClient, post: int, name: str, status: int) -> None:
    made = scene.confirmed(post)
    answer = client.post(f"{URL}/{made}/revoke", json={"reason": "重复登记"}, headers=bearer(name))
    assert answer.status_code == status, answer.json
    assert scene.points() == ([] if status == 200 else [("volunteer", "3.00", "service")])


def test_hours_recorded_again_after_that_count_again(client: FlaskClient, post: int) -> None:
    first = scene.confirmed(post)
    host = bearer("host")
    assert client.post(f"{URL}/{first}/revoke", json={"reason": "时长有误"}, headers=host).status_code == 200
    assert (
        client.post(f"{URL}/{first}/revoke", json={"reason": "时长有误"}, headers=host).json["code"] == "wrong_status"
    )
    scene.confirmed(post, hours="1")
    assert scene.points() == [("volunteer", "1.20", "service")]


# ---- reading


def test_each_sees_what_concerns_them(client: FlaskClient, post: int) -> None:
    made = scene.proposed(post)
    seen = {
        name: [row["id"] for row in client.get(URL, headers=bearer(name)).json["items"]]
        for name in ("official", "home", "host", "other", "member", "overseer")
    }
    mine = [str(made)]
    assert seen == {"official": mine, "home": mine, "host": mine, "other": [], "member": [], "overseer": mine}
    admin = bearer("admin")
    for query, found in (("status=proposed", 1), ("status=refused", 0), ("member=K001", 1), ("community=QS0111", 0)):
        assert len(client.get(f"{URL}?{query}", headers=admin).json["items"]) == found
    assert len(client.get(f"{URL}?organisation=QS03", headers=admin).json["items"]) == 1
