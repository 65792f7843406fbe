"""The routes of rectifications, each walked like a checklist; and who may look again."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from pointsvc.db import db, transaction
from pointsvc.errors import NotFound
from pointsvc.inspections import service as inspections
from pointsvc.inspections.models import InspectionLog
from pointsvc.lists.models import Item
from pointsvc.people import settings
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.evidence.files import photo
from tests.factories import BY_ROLE, bearer
from tests.inspections import scene
from tests.inspections.scene import FINDING, REST, get, post

DEMAND = {"demand": "立即补开并建立台账"}


@pytest.fixture
def inspection(client: FlaskClient, frozen_clock: FrozenClock) -> int:
    scene.district()
    return scene.settled(scene.plan())


# ---- POST /findings/{id}/rectification


def test_a_finding_is_to_be_put_right_within_working_days(app: Flask, client: FlaskClient, inspection: int) -> None:
    finding = scene.finding(inspection)
    answer = post(client, f"/findings/{finding}/rectification", {**DEMAND, "days": 10}, "overseer")
    assert answer.status_code == 201
    found = answer.json
    assert (found["number"], found["status"], found["due_on"]) == ("DC-2026-03-01", "ordered", "2026-08-28")
    assert (found["text"], found["unit"], found["organisation"]) == (scene.SAID, "松岭街道第一党支部", "QS0101")
    assert (found["overdue"], found["may"]) == (False, [])
    assert scene.told(app, f"rectification:{found['id']}") == [("secretary", "ordered")]
    assert get(client, f"/rectifications/{found['id']}", "secretary").json["may"] == ["answer"]
    assert get(client, f"/inspections/{inspection}").json["items"][0]["finding"]["rectification"] == found["id"]


def test_what_is_ordered_stands_on_the_units_list_of_problems_once(client: FlaskClient, inspection: int) -> None:
    order = scene.ordered(inspection)
    (item,) = db.session.scalars(select(Item)).all()
    assert (item.source, item.source_ref) == ("inspection", str(order))
    assert (item.title, item.due_on) == (scene.SAID, scene.order_row(order).due_on)
    assert item.organisation_id == factories.organisation_id("QS0101")


def test_the_days_are_as_the_organisation_has_set(
    client: FlaskClient, inspection: int, frozen_clock: FrozenClock
) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=frozen_clock(), organisation="QS", name="rectification_days", value=5)
    answer = post(client, f"/findings/{scene.finding(inspection)}/rectify", DEMAND, "admin")
    assert (answer.status_code, answer.json["due_on"]) == (201, "2026-08-21")


def test_nothing_is_ordered_twice(client: FlaskClient, inspection: int) -> None:
    path = f"/findings/{scene.finding(inspection)}/rectification"
    first = post(client, path, DEMAND, "overseer", **{"Idempotency-Key": "k"})
    assert post(client, path, DEMAND, "overseer", **{"Idempotency-Key": "k"}).json == first.json
    again = post(client, path, DEMAND, "admin")
    assert (again.status_code, again.json["code"]) == (409, "ordered")


def test_the_numbers_of_a_plan_go_on(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan()
    first = scene.ordered(scene.settled(plan))
    second = scene.ordered(scene.settled(plan, "QS02", "far"))
    assert [scene.order_row(one).number for one in (first, second)] == ["DC-2026-03-01", "DC-2026-03-02"]


def test_orders_that_are_given_together_are_of_one_plan(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    first = scene.settled(scene.plan())
    second = scene.settled(scene.plan("DC-2026-04"), "QS02", "far")
    demands = {scene.finding(first): "补开", scene.finding(second): "补开"}
    who = factories.actor("overseer")
    with pytest.raises(NotFound), transaction():
        inspections.order(actor=who, at=frozen_clock(), demands=demands)


def test_facts_stand_before_anything_is_ordered(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    number = scene.opened(scene.plan())
    scene.answered(number)
    scene.signed(number)
    answer = post(client, f"/findings/{scene.finding(number)}/rectification", DEMAND, "overseer")
    assert (answer.status_code, answer.json["code"]) == (409, "facts_open")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "demand"),
        ({"demand": ""}, "demand"),
        ({**DEMAND, "days": 0}, "days"),
        ({**DEMAND, "days": 251}, "days"),
        ({**DEMAND, "days": "5"}, "days"),
        ({**DEMAND, "more": 1}, "more"),
    ],
)
def test_a_wrong_order_is_told_its_field(client: FlaskClient, inspection: int, body: Any, field: str) -> None:
    answer = post(client, f"/findings/{scene.finding(inspection)}/rectification", body, "overseer")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_who_orders(client: FlaskClient, inspection: int) -> None:
    path = f"/findings/{scene.finding(inspection)}/rectification"
    for role in set(BY_ROLE) - PERMISSION_MAP[Permission.RECTIFICATIONS_ORDER]:
        assert post(client, path, DEMAND, BY_ROLE[role]).status_code == 403
    assert post(client, "/findings/999/rectification", DEMAND, "overseer").status_code == 404
    assert post(client, path, DEMAND, "other").status_code == 201


def test_another_organisations_plan_is_not_there(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    factories.sign_in("townsman", Role.SUPERVISOR, "QS02")
    number = scene.settled(scene.plan())
    assert post(client, f"/findings/{scene.finding(number)}/rectification", DEMAND, "townsman").status_code == 404


# ---- POST answer


def test_the_unit_answers(app: Flask, client: FlaskClient, inspection: int) -> None:
    order = scene.ordered(inspection)
    answer = post(client, f"/rectifications/{order}/answer", {"answer": "已补开"}, "secretary")
    assert (answer.status_code, answer.json["status"], answer.json["answer"]) == (200, "answered", "已补开")
    # Whoever ordered it does not look again, so it is no use to tell that account.
    told = {name for name, kind in scene.told(app, f"rectification:{order}") if kind == "answered"}
    assert told == {"admin", "second", "other"}
    again = post(client, f"/rectifications/{order}/answer", {"answer": "又补开"}, "secretary")
    assert (again.status_code, again.json["code"]) == (409, "not_now")


@pytest.mark.parametrize(("name", "status"), [("neighbour", 404), ("far", 404), ("overseer", 403), ("street", 200)])
def test_who_answers(client: FlaskClient, inspection: int, name: str, status: int) -> None:
    order = scene.ordered(inspection)
    assert post(client, f"/rectifications/{order}/answer", {"answer": "已补开"}, name).status_code == status


@pytest.mark.parametrize("body", [{}, {"answer": ""}, {"answer": "x" * 2001}, {"answer": "已补开", "more": 1}])
def test_a_wrong_answer(client: FlaskClient, inspection: int, body: Any) -> None:
    assert post(client, f"/rectifications/{scene.ordered(inspection)}/answer", body, "secretary").status_code == 422


def test_the_unit_may_show_what_it_has_put_right(
    client: FlaskClient, inspection: int, frozen_clock: FrozenClock
) -> None:
    order = scene.ordered(inspection)
    frozen_clock.advance(days=1)
    path, sent = f"/api/v1/rectifications/{order}/evidence", {"file": (BytesIO(photo()), "补开.jpg")}
    assert client.post(path, data=sent, headers=bearer("secretary")).status_code == 201
    # It stands with the answer, not among what the inspectors saw.
    assert get(client, f"/inspections/{inspection}").json["items"][0]["finding"]["evidence"] == []
    scene.replied(order)
    sent = {"file": (BytesIO(photo("blue")), "补开.jpg")}
    assert client.post(path, data=sent, headers=bearer("secretary")).status_code == 409


# ---- POST close, return, recheck


def test_somebody_else_looks_again_and_closes_it(app: Flask, client: FlaskClient, inspection: int) -> None:
    order = scene.replied(scene.ordered(inspection))
    own = post(client, f"/rectifications/{order}/close", {"outcome": "属实"}, "overseer")
    assert (own.status_code, own.json["code"]) == (403, "own_order")
    answer = post(client, f"/rectifications/{order}/close", {"outcome": "属实"}, "second")
    assert (answer.status_code, answer.json["status"], answer.json["rechecked_by"]) == (200, "closed", "second")
    assert ("secretary", "closed") in scene.told(app, f"rectification:{order}")
    again = post(client, f"/rectifications/{order}/close", {"outcome": "属实"}, "second")
    assert (again.status_code, again.json["code"]) == (409, "not_now")


def test_the_database_holds_four_eyes_too(client: FlaskClient, inspection: int) -> None:
    order = scene.replied(scene.ordered(inspection))
    for by in ("ordered_by_id", "answered_by_id"):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(db.text(f"UPDATE rectification SET rechecked_by_id = {by} WHERE id = {order}"))


def test_what_is_not_enough_goes_back_with_a_new_deadline(
    client: FlaskClient, inspection: int, frozen_clock: FrozenClock
) -> None:
    order = scene.replied(scene.ordered(inspection, days=5))
    frozen_clock.advance(days=10)
    body = {"outcome": "台账仍缺签字", "days": 3}
    answer = post(client, f"/rectifications/{order}/return", body, "other")
    assert (answer.status_code, answer.json["status"], answer.json["due_on"]) == (200, "returned", "2026-08-28")
    scene.replied(order, text="签字已补齐")
    scene.rechecked(order)
    rows = db.session.execute(
        select(InspectionLog.old, InspectionLog.new, InspectionLog.words)
        .where(InspectionLog.rectification_id == order)
        .order_by(InspectionLog.id)
    )
    assert [tuple(row) for row in rows] == [
        (None, "ordered", "立即补开并建立台账"),
        ("ordered", "answered", "已于9月补开支部党员大会"),
        ("answered", "returned", "台账仍缺签字"),
        ("returned", "answered", "签字已补齐"),
        ("answered", "closed", "现场复核属实"),
    ]


def test_it_is_closed_as_not_rectified(client: FlaskClient, inspection: int, frozen_clock: FrozenClock) -> None:
    order = scene.ordered(inspection, days=5)
    body = {"outcome": "逾期未整改", "rectified": False}
    early = post(client, f"/rectifications/{order}/close", body, "other")
    assert (early.status_code, early.json["code"]) == (409, "not_due")
    frozen_clock.advance(days=7)
    answer = post(client, f"/rectifications/{order}/close", body, "other")
    assert (answer.status_code, answer.json["status"]) == (200, "not_rectified")


def test_looking_again_by_the_finding(client: FlaskClient, inspection: int) -> None:
    order = scene.replied(scene.ordered(inspection))
    path = f"/findings/{scene.finding(inspection)}/recheck"
    wrong = post(client, path, {"act": "praise", "outcome": "属实"}, "other")
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["act"])
    answer = post(client, path, {"act": "close", "outcome": "属实"}, "other")
    assert (answer.status_code, answer.json["id"], answer.json["status"]) == (200, str(order), "closed")
    assert post(client, "/findings/999/recheck", {"act": "close", "outcome": "属实"}, "other").status_code == 404


@pytest.mark.parametrize("act", ["close", "return"])
@pytest.mark.parametrize(("name", "status"), [("secretary", 403), ("auditor", 403), ("member", 403), ("admin", 200)])
def test_who_looks_again(client: FlaskClient, inspection: int, act: str, name: str, status: int) -> None:
    order = scene.replied(scene.ordered(inspection))
    assert post(client, f"/rectifications/{order}/{act}", {"outcome": "已看"}, name).status_code == status
    assert post(client, f"/rectifications/999/{act}", {"outcome": "已看"}, "admin").status_code == 404
    assert post(client, f"/rectifications/{order}/{act}", {"outcome": ""}, "admin").status_code == 422


# ---- GET lists


def test_the_list_is_narrowed_and_turned(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    plan = scene.plan()
    first = scene.ordered(scene.settled(plan), days=5)
    second = scene.ordered(scene.settled(plan, "QS02", "far"), days=20)

    def listed(query: str, name: str = "overseer") -> list[str]:
        return [item["id"] for item in get(client, f"/rectifications?{query}", name).json["items"]]

    assert listed("") == [str(second), str(first)]
    assert listed("", "secretary") == [str(first)]
    assert listed("", "neighbour") == []
    assert listed("organisation=QS02") == [str(second)]
    assert listed(f"spot_check={plan}") == [str(second), str(first)]
    assert listed("spot_check=999") == []
    assert listed("status=overdue") == []
    frozen_clock.advance(days=7)
    assert listed("status=overdue") == [str(first)]
    assert listed("status=unfinished") == [str(second), str(first)]
    scene.rechecked(scene.replied(first))
    assert (listed("status=overdue"), listed("status=closed")) == ([], [str(first)])
    page = get(client, "/rectifications?limit=1").json
    assert get(client, f"/rectifications?limit=1&after={page['next']}").json["items"][0]["id"] == str(first)
    assert get(client, "/rectifications?status=nothing").status_code == 422
    assert get(client, "/rectifications?organisation=QS01", "far").status_code == 404
    assert get(client, f"/rectifications/{second}", "secretary").status_code == 404


def test_what_happened_is_never_rewritten(client: FlaskClient, inspection: int) -> None:
    for verb in ("UPDATE inspection_log SET new = 'open'", "DELETE FROM inspection_log"):
        with pytest.raises(DBAPIError), db.session.begin_nested():
            db.session.execute(db.text(verb))


def test_a_unit_where_nothing_was_found_has_nothing_to_rectify(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()
    number = scene.settled(scene.plan(), "QS0101", "secretary", {**FINDING, "answer": "conforms"}, *REST)
    assert get(client, f"/inspections/{number}").json["findings"] == 0
    assert get(client, "/rectifications").json["items"] == []
