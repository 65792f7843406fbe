"""The routes of pledges, walked like a checklist."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.permissions import Role
from pointsvc.pledges.models import Pledge
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.pledges.work import MINUTE, act, at_status, decide, district, made, points, row

ONE: dict[str, Any] = {
    "kind": "practical",
    "text": "每月上门看望独居老人两次",
    "indicator": "上门次数",
    "baseline": "去年6次",
    "target": "24次",
    "due_on": "2026-09-30",
}
MAKERS = (Role.DISTRICT_ADMIN, Role.SECRETARY, Role.MEMBER)
REVIEWERS = (Role.DISTRICT_ADMIN, Role.SECRETARY)
READERS = (*MAKERS, Role.SUPERVISOR, Role.AUDITOR)
BODIES: dict[str, Any] = {
    "submit": {},
    "amend": ONE,
    "approve": {"minute": MINUTE},
    "return": {"reason": "请写明基数"},
    "publish": {},
    "progress": {"text": "已上门4次"},
    "change": {**ONE, "due_on": "2026-11-30", "reason": "住院"},
    "fulfil": {"text": "走访记录已核对"},
    "fail": {"text": "未开展"},
    "settle": {"outcome": "unfulfilled_cause", "text": "洪水"},
    "unsettle": {"reason": "有误"},
    "rate": {"grade": 4},
    "close": {},
    "withdraw": {"reason": "调离"},
}
FROM = {
    "submit": "draft",
    "amend": "draft",
    "approve": "submitted",
    "return": "submitted",
    "publish": "approved",
    "unsettle": "fulfilled",
    "rate": "fulfilled",
    "close": "fulfilled",
}
LEADS_TO = {
    "submit": "submitted",
    "amend": "draft",
    "approve": "approved",
    "return": "returned",
    "change": "changing",
    "fulfil": "fulfilled",
    "fail": "unfulfilled",
    "settle": "unfulfilled_cause",
    "rate": "fulfilled",
    "close": "closed",
    "withdraw": "withdrawn",
}
WRITERS = ("submit", "amend", "progress", "change")


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def post(client: FlaskClient, who: str, address: str = "", body: Any = None, **headers: str) -> Any:
    return client.post(
        f"/api/v1/pledges{address}", json=ONE if body is None else body, headers={**bearer(who), **headers}
    )


def get(client: FlaskClient, who: str, address: str = "") -> Any:
    return client.get(f"/api/v1/pledges{address}", headers=bearer(who))


def count() -> int:
    return db.session.scalar(select(func.count(Pledge.id))) or 0


def test_a_pledge_is_answered_whole(client: FlaskClient) -> None:
    answer = post(client, "member", body={**ONE, "member": "M001", "submit": True})
    assert answer.status_code == 201
    shown = answer.json
    assert isinstance(shown.pop("id"), str)
    assert shown == {
        **ONE,
        "member": "M001",
        "organisation": "QS0101",
        "by": "欧阳凯敏",
        "horizon": "yearly",
        "beneficiary": "",
        "witness": "",
        "status": "submitted",
        "outcome": None,
        "overdue": False,
        "minute": None,
        "published_on": None,
        "settled_on": None,
        "created_at": "2026-08-15T10:00:00.000+08:00",
        "created_by": "member",
        "proposed": None,
        "advice": {},
    }


def test_what_can_hardly_be_checked_is_taken_with_advice(client: FlaskClient) -> None:
    answer = post(client, "member", body={"kind": "common", "text": "进一步加强学习", "due_on": "2026-12-31"})
    assert answer.status_code == 201
    assert set(answer.json["advice"]) == {"indicator", "baseline", "target", "text"}


@pytest.mark.parametrize("role", list(Role))
def test_who_may_make_one(client: FlaskClient, role: Role) -> None:
    answer = post(client, factories.BY_ROLE[role], body={**ONE, "member": "M001"})
    assert answer.status_code == (201 if role in MAKERS else 403)
    assert (count() > 0) == (role in MAKERS)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "好" * 501}, "text"),
        ({"text": None}, "text"),
        ({"kind": "other"}, "kind"),
        ({"horizon": "weekly"}, "horizon"),
        ({"due_on": "2026-02-30"}, "due_on"),
        ({"due_on": 20260930}, "due_on"),
        ({"baseline": "x" * 101}, "baseline"),
        ({"witness": "王阿姨13800001234"}, "witness"),
        ({"text": "看望110105194912310021"}, "text"),
        ({"colour": "red"}, "colour"),
        ({"submit": "perhaps"}, "submit"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, "member", body={**ONE, **changes})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert count() == 0


@pytest.mark.parametrize("field", ["kind", "text", "due_on"])
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    body = {name: value for name, value in ONE.items() if name != field}
    answer = post(client, "member", body=body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_with_a_key_it_is_made_once(client: FlaskClient) -> None:
    first = post(client, "member", **{"Idempotency-Key": "one"})
    again = post(client, "member", **{"Idempotency-Key": "one"})
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count() == 1
    other = post(client, "member", body={**ONE, "target": "30次"}, **{"Idempotency-Key": "one"})
    assert other.json["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("step", list(BODIES))
def test_each_step_by_a_leader_by_others_and_twice(client: FlaskClient, step: str) -> None:
    number = at_status(FROM.get(step, "published"))
    # Rating is open to readers and refused by how they stand.
    assert post(client, "overseer", f"/{number}/{step}", BODIES[step]).status_code == 403
    for who in ("neighbour", "far"):
        assert post(client, who, f"/{number}/{step}", BODIES[step]).status_code == 404
    own = post(client, "member", f"/{number}/{step}", BODIES[step])
    assert own.status_code == (200 if step in WRITERS else 403)
    if own.status_code == 403:
        answer = post(client, "secretary", f"/{number}/{step}", BODIES[step])
        assert (answer.status_code, answer.json.get("status")) == (200, LEADS_TO.get(step, "published"))
    again = post(client, "secretary", f"/{number}/{step}", BODIES[step])
    assert again.status_code == (200 if step in ("amend", "progress", "rate") else 409)
    assert again.status_code == 200 or again.json["code"] == "wrong_status"


@pytest.mark.parametrize("step", list(BODIES))
def test_a_step_with_what_is_not_there(client: FlaskClient, step: str) -> None:
    assert post(client, "secretary", f"/999999/{step}", BODIES[step]).status_code == 404
    assert post(client, "secretary", f"/x/{step}", BODIES[step]).status_code == 404


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("approve", {}, "minute"),
        ("approve", {"minute": ""}, "minute"),
        ("return", {}, "reason"),
        ("progress", {"text": " "}, "text"),
        ("change", {**ONE, "due_on": "2026-11-30"}, "reason"),
        ("change", {**ONE, "reason": "x"}, "text"),
        ("fail", {}, "text"),
        ("settle", {"outcome": "perhaps"}, "outcome"),
        ("settle", {"outcome": "unfulfilled"}, "text"),
        ("fulfil", {"on": "2026-08-16"}, "on"),
        ("fulfil", {"points": "1"}, "points"),
        ("unsettle", {}, "reason"),
        ("rate", {}, "grade"),
        ("rate", {"grade": 5}, "grade"),
        ("rate", {"grade": 4, "counts": {"4": 1}}, "grade"),
        ("rate", {"counts": {"4": -1}}, "counts.4.value"),
        ("withdraw", {}, "reason"),
    ],
)
def test_a_bad_body_of_a_step_is_named(client: FlaskClient, step: str, body: Any, field: str) -> None:
    number = at_status(FROM.get(step, "published"))
    if step == "change":
        body = {**body, "beneficiary": "松岭街道独居老人", "witness": "社区网格员"}
    answer = post(client, "secretary", f"/{number}/{step}", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_settling_with_a_key_posts_once(client: FlaskClient) -> None:
    number = at_status("published")
    for _ in range(2):
        answer = post(client, "secretary", f"/{number}/fulfil", {}, **{"Idempotency-Key": "once"})
        assert answer.status_code == 200
    assert points() == ["10.00"]


def test_an_objective_cause_is_no_blame(client: FlaskClient) -> None:
    number = at_status("published")
    answer = post(client, "secretary", f"/{number}/fail", {"text": "洪水", "objective": True})
    assert (answer.json["status"], points()) == ("unfulfilled_cause", [])


def test_several_are_approved_and_published_in_one_request(client: FlaskClient) -> None:
    ids = [str(made()), str(made("secretary", member="M003"))]
    answer = post(client, "secretary", "/approve", {"pledges": ids, "minute": MINUTE})
    assert [(one["id"], one["status"]) for one in answer.json["pledges"]] == [(one, "approved") for one in ids]
    answer = post(client, "secretary", "/publish", {"pledges": ids})
    assert [one["published_on"] for one in answer.json["pledges"]] == ["2026-08-15"] * 2
    again = post(client, "secretary", "/publish", {"pledges": ids})
    assert (again.status_code, again.json["code"]) == (422, "none_taken")
    assert list(again.json["errors"]) == ["pledges.0", "pledges.1"]
    assert post(client, "secretary", "/approve", {"pledges": [], "minute": MINUTE}).status_code == 422
    assert post(client, "member", "/approve", {"pledges": ids, "minute": MINUTE}).status_code == 403
    assert post(client, "neighbour", "/publish", {"pledges": ids}).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_them(client: FlaskClient, role: Role) -> None:
    number = at_status("published")
    expected = 200 if role in READERS else 403
    assert get(client, factories.BY_ROLE[role]).status_code == expected
    assert get(client, factories.BY_ROLE[role], f"/{number}").status_code == expected
    assert get(client, factories.BY_ROLE[role], "/figures").status_code == expected


def test_one_pledge_comes_with_all_that_became_of_it(client: FlaskClient) -> None:
    number = at_status("fulfilled")
    act("rate", "secretary", number, grade=3)
    post(client, "secretary", f"/{number}/rate", {"counts": {"4": 20, "2": 1}})
    shown = get(client, "member", f"/{number}").json
    assert [step["step"] for step in shown["steps"]] == ["make", "approve", "publish", "fulfil"]
    assert shown["steps"][1]["text"] == MINUTE
    assert shown["ratings"] == {
        "masses": {"4": 20, "3": 0, "2": 1, "1": 0},
        "organisation": {"4": 0, "3": 1, "2": 0, "1": 0},
    }
    assert [one["points"] for one in shown["entries"]] == ["10.00"]
    assert get(client, "neighbour", f"/{number}").status_code == 404


def test_the_list_pages_and_filters(client: FlaskClient) -> None:
    ids = [made(), made(), made("secretary", member="M003")]
    act("approve", "secretary", ids[0])
    page = get(client, "secretary", "?limit=2").json
    assert [one["id"] for one in page["items"]] == [str(ids[2]), str(ids[1])]
    rest = get(client, "secretary", f"?limit=2&after={page['next']}").json
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([str(ids[0])], None)
    assert [one["id"] for one in get(client, "secretary", "?status=approved").json["items"]] == [str(ids[0])]
    assert [one["id"] for one in get(client, "street", "?organisation=QS0101&member=M003").json["items"]] == [
        str(ids[2])
    ]
    assert get(client, "secretary", "?organisation=QS0201").status_code == 404
    assert get(client, "secretary", "?after=nonsense").status_code == 422
    assert get(client, "secretary", "?status=done").status_code == 422
    assert get(client, "neighbour").json["items"] == []


def test_figures_say_how_many_of_how_many(client: FlaskClient) -> None:
    at_status("fulfilled")
    decide("pledge_rule_fulfilled", None)
    shown = get(client, "admin", "/figures?organisation=QS&on=2026-10-31").json
    assert shown["kept"] == {"part": 1, "whole": 1, "percent": 100}
    # M003 is retired: of the four others, M001 has one.
    assert shown["coverage"] == {"part": 1, "whole": 4, "percent": 25}
    assert get(client, "secretary", "/figures?organisation=QS").status_code == 404


def test_what_a_change_would_make_of_it_is_shown_and_holds_after_its_approval(client: FlaskClient) -> None:
    number = at_status("changing")
    shown = get(client, "secretary", f"/{number}").json
    assert (shown["due_on"], shown["proposed"]["due_on"]) == ("2026-09-30", "2026-11-30")
    answer = post(client, "secretary", f"/{number}/approve", BODIES["approve"])
    assert (answer.json["due_on"], answer.json["status"]) == ("2026-11-30", "published")
    assert row(number).proposed is None
