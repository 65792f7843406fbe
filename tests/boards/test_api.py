"""The routes by which boards are kept, each walked like a checklist."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.boards import lifecycle
from pointsvc.boards.models import BoardLog
from pointsvc.db import db
from tests.boards import scene
from tests.boards.scene import API, get, post, put
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE

pytestmark = pytest.mark.usefixtures("district")

NEW = {"organisation": "QS0101", "code": "first", "kind": "board", **scene.CONTENT}


def test_a_secretary_makes_a_board(client: FlaskClient) -> None:
    answer = post(client, "/boards", NEW, "secretary")
    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "code": "first",
        "kind": "board",
        "status": "draft",
        "organisation": "QS0101",
        "title": "第一支部党员公示栏",
        "introduction": "亮身份、作承诺、当先锋",
        "below": True,
        "people": None,
        "fields": [],
        "seconds": 15,
        "comments": True,
        "hangs": False,
        "published_on": None,
        "expires_on": None,
        "waiting": 0,
        "may": ["change", "submit"],
    }
    assert get(client, f"/boards/{answer.json['id']}/draft").json == answer.json
    assert get(client, "/boards").json["items"] == [answer.json]


def test_the_same_key_makes_one_board(client: FlaskClient) -> None:
    first, second = (post(client, "/boards", NEW, "secretary", **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status_code, second.headers["Idempotency-Replayed"]) == (201, "true")
    assert first.json == second.json


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "First"}, "code"),
        ({"code": "a b"}, "code"),
        ({"kind": "poster"}, "kind"),
        ({"title": ""}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"fields": ["phone"]}, "fields.0"),
        ({"seconds": 2}, "seconds"),
        ({"people": [{"member": "M005"}]}, "people"),
        ({"people": [{"member": "nobody"}]}, "people"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_board_that_is_not_right_is_refused_by_field(client: FlaskClient, change: Any, field: str) -> None:
    answer = post(client, "/boards", {**NEW, **change}, "secretary")
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_an_address_belongs_to_one_board(client: FlaskClient) -> None:
    scene.board()
    answer = post(client, "/boards", NEW, "secretary")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["code"])


def test_another_branchs_board_is_not_found(client: FlaskClient) -> None:
    number = scene.board()
    assert post(client, "/boards", {**NEW, "organisation": "QS0102"}, "secretary").status_code == 404
    assert get(client, f"/boards/{number}/draft", "neighbour").status_code == 404
    assert put(client, f"/boards/{number}", scene.CONTENT, "neighbour").status_code == 404
    assert get(client, f"/boards/{number}/comments", "neighbour").status_code == 404
    for act in ("submit", "approve", "return", "publish", "renew", "withdraw"):
        assert post(client, f"/boards/{number}/{act}", {}, "neighbour").status_code == 404, act
    assert get(client, "/boards", "neighbour").json["items"] == []
    assert get(client, "/boards/999/draft").status_code == 404


#                    submit return approve publish renew withdraw   by: the secretary who submitted, the street
STATES = {
    "draft":         ("x-", "--", "--", "--", "--", "--"),
    "submitted":     ("--", "-x", "-x", "--", "--", "--"),
    "approved":      ("--", "--", "--", "xx", "--", "--"),
    "published":     ("--", "--", "--", "--", "xx", "xx"),
    "withdrawn":     ("xx", "--", "--", "--", "--", "--"),
}  # fmt: skip
WAYS = {
    "draft": (),
    "submitted": ("submit",),
    "approved": ("submit", "approve"),
    "published": ("submit", "approve", "publish"),
    "withdrawn": ("submit", "approve", "publish", "withdraw"),
}


def brought(client: FlaskClient, status: str) -> int:
    """A board in this state; the secretary submits, the street reviews."""
    number = scene.board()
    for act in WAYS[status]:
        assert (
            post(client, f"/boards/{number}/{act}", {}, "street" if act == "approve" else "secretary").status_code
            == 200
        )
    return number


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize(
    ("place", "act"), list(enumerate(("submit", "return", "approve", "publish", "renew", "withdraw")))
)
def test_each_act_in_each_state_by_each_of_the_two(client: FlaskClient, status: str, place: int, act: str) -> None:
    number = brought(client, status)
    for name, mark in zip(("secretary", "street"), STATES[status][place], strict=True):
        if status == "draft" and act == "submit" and name == "street":
            continue
        answer = post(client, f"/boards/{number}/{act}", {}, name)
        if mark == "x":
            assert answer.status_code == 200, (name, answer.json)
            return
        code = "own_board" if name == "secretary" and act in lifecycle.REVIEWS and status != "draft" else "wrong_state"
        assert answer.json["code"] == code, (name, answer.json)


@pytest.mark.parametrize("role", BY_ROLE)
def test_who_may_take_a_board_through(client: FlaskClient, role: str) -> None:
    number, name = scene.board(), BY_ROLE[role]  # type: ignore[index] # a role by its name
    answer = post(client, f"/boards/{number}/submit", {}, name)
    assert answer.status_code == (200 if name in ("admin", "secretary") else 403)
    read = get(client, f"/boards/{number}/draft", name)
    assert read.status_code == (200 if name in ("admin", "overseer", "auditor", "secretary") else 403)


def test_each_change_leaves_its_row(client: FlaskClient) -> None:
    number = brought(client, "withdrawn")
    rows = db.session.execute(select(BoardLog.act, BoardLog.old, BoardLog.new).where(BoardLog.board_id == number))
    assert [tuple(row) for row in rows] == [
        ("create", None, "draft"),
        ("submit", "draft", "submitted"),
        ("approve", "submitted", "approved"),
        ("publish", "approved", "published"),
        ("withdraw", "published", "withdrawn"),
    ]


def test_what_hangs_stays_while_a_change_is_reviewed(client: FlaskClient, district: FrozenClock) -> None:
    number = brought(client, "published")
    changed = {**scene.CONTENT, "title": "新的公示栏"}
    answer = put(client, f"/boards/{number}", changed, "secretary")
    assert (answer.json["status"], answer.json["hangs"], answer.json["title"]) == ("draft", True, "新的公示栏")
    district.advance(seconds=2)
    assert scene.public(client)["title"] == "第一支部党员公示栏"
    post(client, f"/boards/{number}/submit", {}, "secretary")
    assert put(client, f"/boards/{number}", changed, "secretary").json["code"] == "wrong_state"
    post(client, f"/boards/{number}/approve", {}, "street")
    post(client, f"/boards/{number}/publish", {}, "secretary")
    district.advance(seconds=2)
    assert scene.public(client)["title"] == "新的公示栏"


def test_a_board_that_was_taken_down_is_gone(client: FlaskClient, district: FrozenClock) -> None:
    number = brought(client, "published")
    assert client.get(f"{API}/boards/first").status_code == 200
    post(client, f"/boards/{number}/withdraw", {}, "secretary")
    district.advance(seconds=2)
    assert client.get(f"{API}/boards/first").status_code == 404
    assert client.get("/b/first").status_code == 404


def test_a_board_is_renewed_for_as_long_as_the_organisation_says(client: FlaskClient, district: FrozenClock) -> None:
    number = brought(client, "published")
    scene.decide("QS0101", "board_days", 30)
    district.advance(days=10)
    assert post(client, f"/boards/{number}/renew", {}, "secretary").json["expires_on"] == "2026-09-24"


@pytest.mark.parametrize("where", ["title", "introduction", "people", "profile", "pledge"])
def test_private_numbers_keep_a_board_from_its_review(client: FlaskClient, where: str) -> None:
    number, content = "13812341234", {**scene.CONTENT}
    scene.profiles()
    if where in ("title", "introduction"):
        content[where] = f"联系电话{number}"
    elif where == "people":
        content["people"] = [{"member": "M001", "words": number}]  # type: ignore[assignment] # a list among texts
    elif where == "profile":
        answer = put(client, "/members/M001/profile", {"post": "书记", "duties": number}, "secretary")
        assert list(answer.json["errors"]) == ["duties"]
        return
    else:
        scene.pledge(text=number)
    made = post(client, "/boards", {**NEW, **content}, "secretary").json["id"]
    answer = post(client, f"/boards/{made}/submit", {}, "secretary")
    assert (answer.status_code, answer.json["code"]) == (422, "not_fit")
    assert number in str(answer.json["errors"])


def test_a_board_needs_the_offices_telephone(client: FlaskClient) -> None:
    scene.decide("QS", "supervision_phone", None)
    number = scene.board()
    answer = post(client, f"/boards/{number}/submit", {}, "secretary")
    assert list(answer.json["errors"]) == ["phone"]


def test_lists_go_on_where_they_ended(client: FlaskClient) -> None:
    for code in ("a", "b", "c"):
        scene.board(code)
    first = get(client, "/boards?limit=2").json
    second = get(client, f"/boards?limit=2&after={first['next']}").json
    assert [one["code"] for one in first["items"] + second["items"]] == ["a", "b", "c"]
    assert second["next"] is None
