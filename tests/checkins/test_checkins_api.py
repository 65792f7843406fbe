"""Checking in with a community over HTTP: who asks, who accepts, what a stranger learns."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.checkins.models import CheckIn, Claim, Post
from pointsvc.db import db
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import bearer
from workers import base, run

API = "/api/v1"
URL = f"{API}/checkins"
BODY = {"community": "QS0110", "requested_on": "2026-08-01", "skills": "水电维修"}


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def work(app: Any) -> None:
    assert run.HANDLERS
    while base.run_next(app):
        pass


def told(account: str) -> list[str]:
    query = select(Notice.message).join(SignIn, SignIn.id == Notice.sign_in_id).where(SignIn.name == account)
    return list(db.session.scalars(query.order_by(Notice.id)))


# ---- asking


@pytest.mark.parametrize(
    ("name", "member"), [("official", None), ("official", "K001"), ("home", "K001"), ("admin", "K001")]
)
def test_the_member_or_the_home_unit_asks_and_the_community_is_waited_for(
    client: FlaskClient, name: str, member: str | None
) -> None:
    answer = client.post(URL, json={**BODY, "member": member}, headers=bearer(name))
    assert answer.status_code == 201
    wanted = {
        **BODY,
        "member": "K001",
        "organisation": "QS0301",
        "status": "pending",
        "paper": False,
        "accepted_on": None,
        "created_by": name,
        "posts": 0,
    }
    assert answer.json.items() >= wanted.items()


def test_a_community_types_in_a_signed_slip_and_it_is_accepted(app: Any, client: FlaskClient) -> None:
    body = {**BODY, "member": "K001", "name": "高远山"}
    answer = client.post(URL, json=body, headers=bearer("host"))
    assert answer.status_code == 201
    assert (answer.json["status"], answer.json["paper"], answer.json["accepted_on"]) == ("accepted", True, "2026-08-01")
    work(app)
    assert told("official") == ["%(community)s has accepted your check-in"]


@pytest.mark.parametrize(("member", "name"), [("K001", "高远川"), ("K001", None), ("K999", "高远山")])
def test_a_community_learns_nothing_by_trying_numbers(client: FlaskClient, member: str, name: str | None) -> None:
    answer = client.post(URL, json={**BODY, "member": member, "name": name}, headers=bearer("host"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["member"])
    assert answer.json["errors"]["member"] == ["没有编号与姓名都相符的党员"]


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("overseer", {"member": "K001"}, 403),
        ("auditor", {"member": "K001"}, 403),
        ("operator", {"member": "K001"}, 403),
        ("official", {"member": "K002"}, 404),
        ("secretary", {"member": "K001"}, 404),
        ("other", {"member": "K001", "name": "高远山"}, 404),
        ("home", {}, 422),
    ],
)
def test_nobody_else_asks(client: FlaskClient, name: str, body: dict[str, Any], status: int) -> None:
    assert client.post(URL, json={**BODY, **body}, headers=bearer(name)).status_code == status
    assert db.session.scalars(select(CheckIn)).all() == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"community": "QS0101"}, "community"),
        ({"community": "QS404"}, "community"),
        ({"requested_on": "2026-08-16"}, "requested_on"),
        ({"requested_on": "2010-01-01"}, "requested_on"),
        ({"requested_on": "yesterday"}, "requested_on"),
        ({"skills": "长" * 201}, "skills"),
        ({"photo": "x"}, "photo"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, more: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, **more}, headers=bearer("official"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_nobody_checks_in_with_the_own_community(client: FlaskClient) -> None:
    factories.member("C001", "QS0110", "于南")
    answer = client.post(URL, json={"community": "QS0110", "member": "C001"}, headers=bearer("host"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["community"])


def test_one_has_one_active_check_in_with_a_community_and_may_have_several_communities(client: FlaskClient) -> None:
    official = bearer("official")
    first = client.post(URL, json=BODY, headers=official).json["id"]
    again = client.post(URL, json=BODY, headers=official)
    assert (again.status_code, again.json["code"]) == (409, "checked_in_already")
    assert client.post(URL, json={**BODY, "community": "QS0111"}, headers=official).status_code == 201
    assert client.post(f"{URL}/{first}/withdraw", headers=official).json["status"] == "withdrawn"
    assert client.post(URL, json=BODY, headers=official).status_code == 201


def test_the_same_request_twice_is_one_check_in(client: FlaskClient) -> None:
    headers = {**bearer("official"), "Idempotency-Key": "slip-1"}
    first = client.post(URL, json=BODY, headers=headers)
    second = client.post(URL, json=BODY, headers=headers)
    assert first.json == second.json
    assert len(db.session.scalars(select(CheckIn)).all()) == 1


# ---- deciding

WHO = ("official", "home", "host", "other", "secretary", "admin", "overseer", "member")
# step -> who succeeds, and what those hear who do not: 403 by role or side, 404 for strangers
STEPS = {
    "accept": ({"host", "admin"}, {"official": 403, "home": 403, "overseer": 403, "member": 403}),
    "refuse": ({"host", "admin"}, {"official": 403, "home": 403, "overseer": 403, "member": 403}),
    "withdraw": ({"official", "home", "admin"}, {"host": 403, "overseer": 403}),
    "end": ({"official", "home", "host", "admin"}, {"overseer": 403}),
}


@pytest.mark.parametrize("name", WHO)
@pytest.mark.parametrize("step", STEPS)
def test_each_step_by_each_person(client: FlaskClient, step: str, name: str) -> None:
    made = scene.checked_in(accepted=step == "end")
    allowed, refused = STEPS[step]
    body = {"reason": "名额已满"} if step in ("refuse", "end") else None
    answer = client.post(f"{URL}/{made}/{step}", json=body, headers=bearer(name))
    assert answer.status_code == (200 if name in allowed else refused.get(name, 404)), answer.json


@pytest.mark.parametrize("step", STEPS)
def test_a_decided_check_in_is_not_decided_again(client: FlaskClient, step: str) -> None:
    made = scene.checked_in(accepted=step != "end")
    body = {"reason": "名额已满"} if step in ("refuse", "end") else None
    answer = client.post(f"{URL}/{made}/{step}", json=body, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_status")
    assert client.post(f"{URL}/404404/{step}", json=body, headers=bearer("admin")).status_code == 404


def test_accepted_it_holds_from_today(app: Any, client: FlaskClient) -> None:
    made = scene.checked_in(accepted=False)
    assert client.post(f"{URL}/{made}/accept", headers=bearer("host")).json["accepted_on"] == "2026-08-15"
    work(app)
    assert told("official") == ["%(community)s has accepted your check-in"]


def test_refused_it_says_why(app: Any, client: FlaskClient) -> None:
    made = scene.checked_in(accepted=False)
    assert client.post(f"{URL}/{made}/refuse", json={}, headers=bearer("host")).status_code == 422
    answer = client.post(f"{URL}/{made}/refuse", json={"reason": "非本社区居民"}, headers=bearer("host"))
    assert (answer.json["status"], answer.json["reason"]) == ("refused", "非本社区居民")
    work(app)
    assert told("official") == ["%(community)s has not accepted your check-in: %(reason)s"]


def test_its_end_sets_its_posts_free(client: FlaskClient) -> None:
    made, post = scene.checked_in(), scene.post(places=1)
    scene.claimed(post)
    wrong = client.post(f"{URL}/{made}/end", json={"ended_on": "2026-08-20"}, headers=bearer("official"))
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["ended_on"])
    answer = client.post(f"{URL}/{made}/end", json={"ended_on": "2026-08-15"}, headers=bearer("official"))
    assert (answer.json["status"], answer.json["ended_on"], answer.json["posts"]) == ("ended", "2026-08-15", 0)
    assert db.session.scalars(select(Post.taken)).one() == 0
    assert db.session.scalars(select(Claim.status)).one() == "ended"


# ---- reading


def test_each_sees_what_concerns_them(client: FlaskClient) -> None:
    mine, theirs = scene.checked_in("K001"), scene.checked_in("K002", "QS0111")
    seen = {
        name: {row["id"] for row in client.get(URL, headers=bearer(name)).json["items"]}
        for name in ("official", "home", "host", "other", "street", "overseer", "member", "far")
    }
    both = {str(mine), str(theirs)}
    assert seen == {
        "official": {str(mine)},
        "home": both,
        "host": {str(mine)},
        "other": {str(theirs)},
        "street": both,
        "overseer": both,
        "member": set(),
        "far": set(),
    }
    assert client.get(f"{URL}/{mine}", headers=bearer("other")).status_code == 404
    assert client.get(URL, headers=bearer("operator")).status_code == 403


def test_the_list_is_narrowed_and_paged(client: FlaskClient) -> None:
    first, second = scene.checked_in("K001"), scene.checked_in("K002", accepted=False)
    admin = bearer("admin")

    def ids(query: str) -> list[str]:
        return [row["id"] for row in client.get(f"{URL}?{query}", headers=admin).json["items"]]

    assert ids("status=pending") == [str(second)]
    assert ids("member=K001") == [str(first)]
    assert ids("community=QS0111") == []
    assert ids("organisation=QS03") == [str(second), str(first)]
    page = client.get(f"{URL}?limit=1", headers=admin).json
    assert ids(f"limit=1&after={page['next']}") == [str(first)]
    assert client.get(f"{URL}?status=odd", headers=admin).status_code == 422
    assert client.get(f"{URL}?organisation=QS01", headers=bearer("home")).status_code == 404


def test_all_communities_can_be_chosen_from(client: FlaskClient) -> None:
    answer = client.get(f"{API}/communities", headers=bearer("official"))
    assert [row["code"] for row in answer.json["items"]] == ["QS0110", "QS0111"]


def test_coverage_says_how_many_and_puts_nobody_in_order(client: FlaskClient) -> None:
    scene.checked_in("K001"), scene.checked_in("K001", "QS0111"), scene.checked_in("K002", accepted=False)
    factories.member("K004", "QS0301", "老同志", category="retired")
    home = bearer("home")
    assert client.get(f"{URL}/coverage", headers=home).json == {"members": 3, "checked_in": 1}
    assert client.get(f"{URL}/coverage?organisation=QS01", headers=home).status_code == 404
    assert client.get(f"{URL}/coverage", headers=bearer("official")).status_code == 403
