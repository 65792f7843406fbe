"""Posts and their places over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.checkins.models import Claim, Post
from pointsvc.db import db, transaction
from pointsvc.people import settings
from pointsvc.permissions import SYSTEM
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import AT, bearer

URL = "/api/v1/posts"
BODY = {
    "community": "QS0110",
    "name": "楼道安全巡查岗",
    "kind": "治安巡逻",
    "places": 3,
    "times": "每周六上午",
    "skills": "电工",
}


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def taken() -> int:
    return db.session.scalars(select(Post.taken)).one()


def test_a_community_opens_a_post(client: FlaskClient) -> None:
    answer = client.post(URL, json=BODY, headers=bearer("host"))
    assert answer.status_code == 201
    assert answer.json.items() >= {**BODY, "taken": 0, "status": "open", "duty": ""}.items()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("street", 201),
        ("admin", 201),
        ("other", 404),
        ("home", 404),
        ("official", 403),
        ("overseer", 403),
        ("auditor", 403),
    ],
)
def test_who_opens_a_post(client: FlaskClient, name: str, status: int) -> None:
    assert client.post(URL, json=BODY, headers=bearer(name)).status_code == status


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "打卡"}, "kind"),
        ({"places": 0}, "places"),
        ({"places": 1000}, "places"),
        ({"places": 1.5}, "places"),
        ({"name": " "}, "name"),
        ({"community": "QS0101"}, "community"),
        ({"latitude": "1"}, "latitude"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, more: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, **more}, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_district_has_kinds_of_its_own(client: FlaskClient) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=AT, organisation="QS01", name="service_kinds", value="河长助手、 老年食堂")
    assert client.post(URL, json={**BODY, "kind": "河长助手"}, headers=bearer("host")).status_code == 201
    assert client.post(URL, json=BODY, headers=bearer("host")).status_code == 422


def test_a_post_is_found_by_kind_skill_and_place(client: FlaskClient) -> None:
    first = scene.post(places=1)
    second = scene.post(community="QS0111", name="防汛劝导岗", kind="政策宣传", skills="")
    scene.checked_in()
    scene.claimed(first)

    def found(query: str) -> list[int]:
        return [int(row["id"]) for row in client.get(f"{URL}?{query}", headers=bearer("official")).json["items"]]

    assert found("") == [second, first]
    assert found("kind=政策宣传") == [second]
    assert found("find=水电") == [first]
    assert found("find=%25") == []
    assert found("community=QS0110") == [first]
    assert found("free=true") == [second]
    assert found("limit=1") == [second]
    assert client.get(f"{URL}/{first}", headers=bearer("official")).json["taken"] == 1
    assert client.get(f"{URL}/404404", headers=bearer("official")).status_code == 404


def test_a_post_is_amended_but_never_below_what_is_taken(client: FlaskClient) -> None:
    made = scene.post(places=2)
    scene.checked_in("K001"), scene.checked_in("K002")
    scene.claimed(made, "K001"), scene.claimed(made, "K002")
    host = bearer("host")
    answer = client.patch(f"{URL}/{made}", json={"places": 5, "times": "周日"}, headers=host)
    assert (answer.json["places"], answer.json["times"], answer.json["name"]) == (5, "周日", "水电义务维修岗")
    wrong = client.patch(f"{URL}/{made}", json={"places": 1}, headers=host)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["places"])
    assert client.patch(f"{URL}/{made}", json={"places": 4}, headers=bearer("other")).status_code == 404
    assert client.patch(f"{URL}/{made}", json={"kind": "打卡"}, headers=host).status_code == 422


def test_a_closed_post_is_not_claimed_and_can_be_opened_again(client: FlaskClient) -> None:
    made = scene.post()
    scene.checked_in()
    host, official = bearer("host"), bearer("official")
    assert client.post(f"{URL}/{made}/close", headers=bearer("other")).status_code == 404
    assert client.post(f"{URL}/{made}/close", headers=host).json["status"] == "closed"
    assert client.post(f"{URL}/{made}/close", headers=host).json["code"] == "wrong_status"
    assert client.post(f"{URL}/{made}/claim", json={}, headers=official).json["code"] == "wrong_status"
    assert client.post(f"{URL}/{made}/reopen", headers=host).json["status"] == "open"
    assert client.post(f"{URL}/{made}/claim", json={}, headers=official).status_code == 201


# ---- claims


@pytest.mark.parametrize(
    ("name", "member", "status"),
    [
        ("official", None, 201),
        ("home", "K001", 201),
        ("host", "K001", 201),
        ("admin", "K001", 201),
        ("other", "K001", 404),
        ("official", "K002", 404),
        ("host", None, 422),
        ("overseer", "K001", 403),
    ],
)
def test_who_claims_for_whom(client: FlaskClient, name: str, member: str | None, status: int) -> None:
    made = scene.post()
    scene.checked_in()
    answer = client.post(f"{URL}/{made}/claim", json={"member": member}, headers=bearer(name))
    assert answer.status_code == status, answer.json
    assert taken() == (status == 201)


def test_a_place_needs_an_accepted_check_in_there(client: FlaskClient) -> None:
    made = scene.post()
    official = bearer("official")
    assert client.post(f"{URL}/{made}/claim", json={}, headers=official).json["code"] == "not_checked_in"
    scene.checked_in(accepted=False), scene.checked_in(community="QS0111")
    assert client.post(f"{URL}/{made}/claim", json={}, headers=official).json["code"] == "not_checked_in"
    assert taken() == 0


def test_a_member_holds_several_posts_each_once(client: FlaskClient) -> None:
    first, second = scene.post(), scene.post(name="助老理发岗")
    scene.checked_in()
    official = bearer("official")
    assert client.post(f"{URL}/{first}/claim", json={}, headers=official).json["post"]["taken"] == 1
    assert client.post(f"{URL}/{second}/claim", json={}, headers=official).status_code == 201
    again = client.post(f"{URL}/{first}/claim", json={}, headers=official)
    assert (again.status_code, again.json["code"]) == (409, "held_already")
    assert client.get(f"{URL}/{first}", headers=official).json["taken"] == 1


def test_a_full_post_has_no_place(client: FlaskClient) -> None:
    made = scene.post(places=1)
    scene.checked_in("K001"), scene.checked_in("K002")
    scene.claimed(made, "K002")
    answer = client.post(f"{URL}/{made}/claim", json={}, headers=bearer("official"))
    assert (answer.status_code, answer.json["code"]) == (409, "no_place")


@pytest.mark.parametrize(
    ("step", "name", "status", "after"),
    [
        ("leave", "official", 200, "left"),
        ("leave", "home", 200, "left"),
        ("leave", "host", 403, "held"),
        ("leave", "other", 404, "held"),
        ("release", "host", 200, "ended"),
        ("release", "home", 403, "held"),
        ("release", "official", 403, "held"),
        ("release", "other", 404, "held"),
    ],
)
def test_who_ends_a_claim(client: FlaskClient, step: str, name: str, status: int, after: str) -> None:
    made = scene.post(places=1)
    scene.checked_in()
    scene.claimed(made)
    answer = client.post(f"{URL}/{made}/{step}", json={"member": "K001", "reason": "工作调动"}, headers=bearer(name))
    assert answer.status_code == status, answer.json
    assert db.session.scalars(select(Claim.status)).one() == after
    assert taken() == (after == "held")


def test_what_was_given_back_is_not_given_back_again_and_can_be_taken_again(client: FlaskClient) -> None:
    made = scene.post(places=1)
    scene.checked_in()
    scene.claimed(made)
    official = bearer("official")
    assert client.post(f"{URL}/{made}/leave", json={}, headers=official).json["post"]["taken"] == 0
    assert client.post(f"{URL}/{made}/leave", json={}, headers=official).json["code"] == "wrong_status"
    assert client.post(f"{URL}/{made}/claim", json={}, headers=official).status_code == 201
    assert client.post(f"{URL}/404404/leave", json={}, headers=official).status_code == 404
