"""Upholding goes through the ledger, dismissing is not for the recorder alone, withdrawing only for who raised it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from pointsvc import clock, trail
from pointsvc.db import db, transaction
from pointsvc.disputes import service as disputes
from pointsvc.disputes.models import STATUSES, Dispute, DisputeEntry, DisputeLog
from pointsvc.disputes.raising import ACTIONS
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.disputes.scene import get, post, raised, record, row
from tests.racing import outcomes
from tests.tallies import sheets
from tests.tallies import work as tally_work

INSTEAD = {"rule": "talk", "occurred_on": "2026-07-01"}


@pytest.fixture
def scene(client: FlaskClient, frozen_clock: FrozenClock) -> FlaskClient:
    sheets.ruled_district()
    return client


def total(client: FlaskClient, number: str = "M001") -> str:
    return str(get(client, f"/members/{number}/score").json["total"])


def entries(client: FlaskClient, number: str = "M001") -> list[tuple[str, str, str, str | None]]:
    found = get(client, f"/members/{number}/entries").json["items"]
    return [(item["rule"], item["points"], item["status"], item["note"]) for item in found]


def log(dispute_id: int) -> list[tuple[str | None, str, int | None]]:
    rows = db.session.scalars(select(DisputeLog).where(DisputeLog.dispute_id == dispute_id).order_by(DisputeLog.id))
    return [(row.old, row.new, row.sign_in_id) for row in rows]


# ---- uphold


def test_upheld_the_entry_is_reversed_and_never_changed(scene: FlaskClient) -> None:
    entry = record()
    number = raised(entry_id=entry)
    assert total(scene) == "52.00"
    answer = post(scene, f"/disputes/{number}/uphold", {"reply": "已请假，登记有误", "reverse": True}, "secretary")
    assert answer.status_code == 200
    [reversal] = answer.json["reversed"]
    assert (answer.json["status"], answer.json["recorded"], answer.json["may"]) == ("upheld", [], [])
    assert (answer.json["reply"], answer.json["decided_by"]) == ("已请假，登记有误", "secretary")
    assert entries(scene) == [
        ("duty", "8.00", "reversal", "已请假，登记有误"),
        ("duty", "-8.00", "reversed", None),
    ]
    assert get(scene, f"/entries/{reversal}").json["reverses"] == str(entry)
    assert total(scene) == "60.00"
    ids = [factories.actor(name).sign_in_id for name in ("member", "secretary")]
    assert log(number) == [(None, "open", ids[0]), ("open", "upheld", ids[1])]


def test_another_entry_may_be_recorded_instead_or_besides(scene: FlaskClient) -> None:
    first = raised(entry_id=record())
    body = {
        "reply": "应扣 2 分",
        "reverse": True,
        "entry": {"rule": "duty", "occurred_on": "2026-07-01", "points": "-2"},
    }
    answer = post(scene, f"/disputes/{first}/uphold", body, "secretary")
    assert (len(answer.json["reversed"]), len(answer.json["recorded"])) == (1, 1)
    assert entries(scene)[0] == ("duty", "-2.00", "recorded", "应扣 2 分")
    assert total(scene) == "58.00"
    second = raised(entry_id=record(rule="note"))
    body = {"reply": "另有一次", "entry": {**INSTEAD, "note": "讲党课一次"}}
    answer = post(scene, f"/disputes/{second}/uphold", body, "secretary")
    assert (answer.json["reversed"], len(answer.json["recorded"])) == ([], 1)
    assert entries(scene)[0] == ("talk", "8.00", "recorded", "讲党课一次")
    assert total(scene) == "67.00"


def test_of_a_result_the_entries_behind_it_are_named(scene: FlaskClient) -> None:
    mine, others = record(), record("M002")
    found = tally_work.publicised("QS", "2026-Q3")
    number = raised(tally_id=found.id)
    address = f"/disputes/{number}/uphold"
    for take_back in ([str(others)], ["999"], [str(mine), str(others)]):
        answer = post(scene, address, {"reply": "确有误", "take_back": take_back}, "secretary")
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["take_back"])
    answer = post(scene, address, {"reply": "确有误", "take_back": [str(mine)]}, "secretary")
    assert len(answer.json["reversed"]) == 1
    assert total(scene) == "60.00"


def test_a_result_may_be_put_right_without_any_entry_but_not_without_explanation(scene: FlaskClient) -> None:
    found = tally_work.publicised("QS", "2026-Q3")
    number = raised(tally_id=found.id)
    answer = post(scene, f"/disputes/{number}/uphold", {"reply": "有理"}, "secretary")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["reply"])
    body = {"reply": "类别登记有误，已改为正式党员，请重新汇总"}
    answer = post(scene, f"/disputes/{number}/uphold", body, "secretary")
    assert (answer.json["status"], answer.json["reversed"], answer.json["recorded"]) == ("upheld", [], [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reply": ""}, "reply"),
        ({}, "reply"),
        ({"reply": "有理"}, "reverse"),
        ({"reply": "x" * 1001, "reverse": True}, "reply"),
        ({"reply": "有理", "take_back": ["1"]}, "take_back"),
        ({"reply": "有理", "reverse": "yes"}, "reverse"),
        ({"reply": "有理", "entry": {"rule": "talk"}}, "entry.occurred_on"),
        ({"reply": "有理", "entry": {**INSTEAD, "rule": "none"}}, "entry.rule"),
        ({"reply": "有理", "entry": {**INSTEAD, "occurred_on": "2026-08-16"}}, "entry.occurred_on"),
        ({"reply": "有理", "entry": {**INSTEAD, "points": "9"}}, "entry.points"),
        ({"reply": "有理", "more": 1}, "more"),
    ],
)
def test_a_wrong_body_is_told_its_field_and_leaves_all_as_it_was(scene: FlaskClient, body: Any, field: str) -> None:
    number = raised(entry_id=record())
    answer = post(scene, f"/disputes/{number}/uphold", body, "secretary")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert row(number).status == "open"
    assert len(entries(scene)) == 1


def test_what_fails_at_the_end_undoes_the_reversal_too(scene: FlaskClient) -> None:
    number = raised(entry_id=record())
    body = {"reply": "有理", "reverse": True, "entry": {**INSTEAD, "tier": "city"}}
    assert post(scene, f"/disputes/{number}/uphold", body, "secretary").status_code == 422
    assert [item[2] for item in entries(scene)] == ["recorded"]


def test_an_entry_that_was_taken_back_meanwhile_counts_as_put_right(scene: FlaskClient) -> None:
    entry = record()
    number = raised(entry_id=entry)
    back = sheets.reverse(entry)
    answer = post(scene, f"/disputes/{number}/uphold", {"reply": "已经冲销", "reverse": True}, "secretary")
    assert answer.json["reversed"] == [str(back)]
    assert db.session.scalar(select(func.count(Entry.id))) == 2


def test_of_a_result_a_flag_alone_names_nothing(scene: FlaskClient) -> None:
    number = raised(tally_id=tally_work.publicised("QS", "2026-Q3").id)
    answer = post(scene, f"/disputes/{number}/uphold", {"reply": "确有误", "reverse": True}, "secretary")
    assert list(answer.json["errors"]) == ["reverse"]


# ---- who


def test_the_recorder_does_not_dismiss_it_alone(scene: FlaskClient) -> None:
    number = raised(entry_id=record(by="secretary"))
    assert get(scene, f"/disputes/{number}", "secretary").json["may"] == ["uphold"]
    answer = post(scene, f"/disputes/{number}/dismiss", {"reply": "查无此事"}, "secretary")
    assert (answer.status_code, answer.json["code"]) == (403, "recorder")
    assert "登记" in answer.json["detail"]
    assert get(scene, f"/disputes/{number}", "street").json["may"] == ["uphold", "dismiss"]
    answer = post(scene, f"/disputes/{number}/dismiss", {"reply": "签到表上没有"}, "street")
    assert (answer.status_code, answer.json["status"], answer.json["reply"]) == (200, "dismissed", "签到表上没有")
    assert entries(scene)[0][2] == "recorded"


def test_nobody_decides_on_the_own_record_or_what_he_took_down(scene: FlaskClient) -> None:
    factories.sign_in("deputy", Role.SECRETARY, "QS0101", "M001")
    own = raised(entry_id=record(by="street"))
    taken = raised("secretary", entry_id=record("M002", by="street"), how="phone")
    for name, number, code in (("deputy", own, "own_record"), ("secretary", taken, "own_objection")):
        for act, body in (("uphold", {"reply": "确有误", "reverse": True}), ("dismiss", {"reply": "查无此事"})):
            answer = post(scene, f"/disputes/{number}/{act}", body, name)
            assert (answer.status_code, answer.json["code"]) == (403, code)
    for name, number in (("secretary", own), ("deputy", taken)):
        assert post(scene, f"/disputes/{number}/dismiss", {"reply": "查无此事"}, name).status_code == 200


def test_the_database_itself_keeps_four_eyes_and_one_that_waits(scene: FlaskClient) -> None:
    entry = record("M002")
    number = raised("secretary", entry_id=entry, how="phone")
    by = factories.actor("secretary").sign_in_id
    values = {"status": "dismissed", "decided_by_id": by, "decided_at": clock.now()}
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(db.update(Dispute).where(Dispute.id == number).values(**values))
    before = row(number)
    copied = {name: getattr(before, name) for name in ("member_id", "branch_id", "raised_at", "reply_due_on", "how")}
    another = db.insert(Dispute).values(entry_id=entry, text="再来一次", status="open", **copied)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(another)


@pytest.mark.parametrize("change", ["UPDATE dispute_log SET new = 'open'", "DELETE FROM dispute_log"])
def test_the_log_is_never_changed(scene: FlaskClient, change: str) -> None:
    raised(entry_id=record())
    with pytest.raises(DatabaseError, match="append-only"), transaction():
        db.session.execute(text(change))


# ---- withdraw


def test_the_member_or_whoever_took_it_down_withdraws_it(scene: FlaskClient) -> None:
    own = raised(entry_id=record())
    taken = raised("secretary", entry_id=record("M002"), how="phone")
    for name in ("secretary", "street", "admin"):
        answer = post(scene, f"/disputes/{own}/withdraw", {}, name)
        assert (answer.status_code, answer.json["code"]) == (403, "not_yours")
    for name, number in (("member", own), ("secretary", taken)):
        answer = post(scene, f"/disputes/{number}/withdraw", {}, name)
        assert (answer.status_code, answer.json["status"], answer.json["reply"]) == (200, "withdrawn", None)
    assert [item[2] for item in entries(scene)] == ["recorded"]


# ---- each act from each status, once


@pytest.mark.parametrize("ended", ["upheld", "dismissed", "withdrawn"])
def test_what_has_ended_does_not_end_again(scene: FlaskClient, ended: str) -> None:
    number = raised(entry_id=record(by="street"))
    bodies = {
        "upheld": ("uphold", {"reply": "确有误", "reverse": True}, "secretary"),
        "dismissed": ("dismiss", {"reply": "查无此事"}, "secretary"),
        "withdrawn": ("withdraw", {}, "member"),
    }
    act, body, name = bodies[ended]
    assert post(scene, f"/disputes/{number}/{act}", body, name).status_code == 200
    code = "withdrawn" if ended == "withdrawn" else "decided"
    for act, body, name in bodies.values():
        answer = post(scene, f"/disputes/{number}/{act}", body, name)
        assert (answer.status_code, answer.json["code"]) == (409, code)
    assert [item[1] for item in log(number)] == ["open", ended]


def test_the_same_key_gives_the_first_answer_again(scene: FlaskClient) -> None:
    number = raised(entry_id=record())
    body, key = {"reply": "确有误", "reverse": True}, {"Idempotency-Key": "one"}
    first = post(scene, f"/disputes/{number}/uphold", body, "secretary", **key)
    second = post(scene, f"/disputes/{number}/uphold", body, "secretary", **key)
    assert (second.json, second.headers["Idempotency-Replayed"]) == (first.json, "true")


# ---- two at once


@pytest.fixture
def live(live_app: Flask, frozen_clock: FrozenClock) -> Flask:
    with live_app.app_context():
        sheets.ruled_district()
    return live_app


def test_two_who_decide_at_once_have_one_effect(live: Flask) -> None:
    with live.app_context():
        number = raised(entry_id=record(by="admin"))
        first, second = factories.actor("secretary"), factories.actor("street")
        more = {"rule": "duty", "occurred_on": clock.today(), "points": Decimal(-1)}

    def uphold() -> None:
        disputes.uphold(actor=first, at=clock.now(), dispute_id=number, reply="确有误", reverse=True, entry=more)

    def other() -> None:
        disputes.uphold(actor=second, at=clock.now(), dispute_id=number, reply="确有误", reverse=True, entry=more)

    def dismiss() -> None:
        disputes.dismiss(actor=second, at=clock.now(), dispute_id=number, reply="查无此事")

    assert sorted(outcomes(live, uphold, other, dismiss)) == ["decided", "decided", "done"]
    with live.app_context():
        upheld = row(number).status == "upheld"
        assert db.session.scalar(select(func.count(Entry.id))) == (3 if upheld else 1)
        assert db.session.scalar(select(func.count()).select_from(DisputeEntry)) == (2 if upheld else 0)
        assert len(log(number)) == 2


def test_two_who_raise_it_at_once_raise_it_once(live: Flask) -> None:
    with live.app_context():
        entry = record()
        member, secretary = factories.actor("member"), factories.actor("street")

    def by_member() -> None:
        disputes.raise_dispute(actor=member, at=clock.now(), entry_id=entry, text="有误")

    def by_secretary() -> None:
        disputes.raise_dispute(actor=secretary, at=clock.now(), entry_id=entry, text="有误", how="phone")

    assert sorted(outcomes(live, by_member, by_secretary)) == ["disputed", "done"]
    with live.app_context():
        assert db.session.scalar(select(func.count(Dispute.id))) == 1


def test_the_trail_has_words_for_each_act() -> None:
    acts = [action.split(":") for action in ACTIONS.values()]
    assert [(noun, verb) for noun, verb in acts if noun not in trail.NOUNS or verb not in trail.VERBS] == []
    assert set(ACTIONS) == set(STATUSES)


def test_the_service_itself_may_decide(scene: FlaskClient) -> None:
    number = raised(entry_id=record())
    with transaction():
        disputes.dismiss(actor=SYSTEM, at=clock.now(), dispute_id=number, reply="查无此事")
    assert get(scene, f"/disputes/{number}").json["decided_by"] is None
