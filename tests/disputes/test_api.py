"""The routes of objections, each walked like a checklist."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import service as people
from pointsvc.people import settings
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission
from tests.conftest import FrozenClock
from tests.disputes.scene import get, post, raised, record
from tests.factories import BY_ROLE
from tests.tallies import sheets
from tests.tallies import work as tally_work


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


# ---- POST /disputes


def test_a_member_objects_to_the_own_entry(client: FlaskClient) -> None:
    entry = record()
    answer = post(client, "/disputes", {"entry": str(entry), "text": " 当天我请了假 "}, "member")
    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "member": "M001",
        "name": "欧阳凯敏",
        "branch": "QS0101",
        "entry": str(entry),
        "tally": None,
        "version": None,
        "period": None,
        "text": "当天我请了假",
        "how": "online",
        "status": "open",
        "raised_by": "member",
        "raised_at": "2026-08-15T10:00:00.000+08:00",
        # Five working days after Saturday the 15th.
        "reply_due_on": "2026-08-21",
        "overdue": False,
        "reply": None,
        "decided_by": None,
        "decided_at": None,
        "reversed": [],
        "recorded": [],
        "may": ["withdraw"],
    }
    assert get(client, f"/disputes/{answer.json['id']}", "member").json == answer.json


def test_a_member_objects_to_the_own_result(client: FlaskClient) -> None:
    found = tally_work.publicised("QS", "2026-Q3")
    answer = post(client, "/disputes", {"tally": str(found.id), "text": "少算了一次"}, "member")
    assert answer.status_code == 201
    assert (answer.json["tally"], answer.json["version"], answer.json["period"]) == (str(found.id), 1, "2026-Q3")
    assert (answer.json["member"], answer.json["branch"], answer.json["entry"]) == ("M001", "QS0101", None)


@pytest.mark.parametrize("how", ["phone", "paper"])
def test_a_secretary_takes_down_what_came_by_telephone_or_on_paper(client: FlaskClient, how: str) -> None:
    entry = record("M002")
    body = {"entry": str(entry), "text": "他来电话说已交", "how": how}
    answer = post(client, "/disputes", body, "secretary")
    assert (answer.status_code, answer.json["how"], answer.json["raised_by"]) == (201, how, "secretary")
    found = tally_work.publicised("QS", "2026-Q3")
    body = {"tally": str(found.id), "member": "M004", "text": "请复核", "how": how}
    answer = post(client, "/disputes", body, "street")
    assert (answer.status_code, answer.json["member"], answer.json["branch"]) == (201, "M004", "QS0102")


@pytest.mark.parametrize(
    ("name", "more", "field"),
    [
        ("secretary", {}, "how"),
        ("secretary", {"how": "online"}, "how"),
        ("secretary", {"how": "pigeon"}, "how"),
        ("member", {"how": "phone"}, "how"),
        ("member", {"text": ""}, "text"),
        ("member", {"text": "x" * 2001}, "text"),
        ("member", {"tally": "1"}, "entry"),
        ("member", {"entry": None}, "entry"),
        ("member", {"more": 1}, "more"),
    ],
)
def test_a_wrong_body_is_told_its_field(client: FlaskClient, name: str, more: Any, field: str) -> None:
    answer = post(client, "/disputes", {"entry": str(record()), "text": "有误", **more}, name)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_tally_needs_a_member(client: FlaskClient) -> None:
    found = tally_work.publicised("QS0101", "2026-Q3")
    body = {"tally": str(found.id), "text": "有误", "how": "phone"}
    assert list(post(client, "/disputes", body, "secretary").json["errors"]) == ["member"]
    with transaction():
        people.create_member(actor=SYSTEM, at=clock.now(), number="M009", name="后来人", organisation="QS0101")
    answer = post(client, "/disputes", {**body, "member": "M009"}, "secretary")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["member"])


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_who_may_do_what(client: FlaskClient, role: Any) -> None:
    name = BY_ROLE[role]
    own = raised(entry_id=record(by="street"))

    def status(permission: Permission, right: int) -> int:
        return right if role in PERMISSION_MAP[permission] else 403

    body = {"entry": str(record(by="street")), "text": "有误", **({} if name == "member" else {"how": "paper"})}
    assert post(client, "/disputes", body, name).status_code == status(Permission.DISPUTES_RAISE, 201)
    for path in ("/disputes", f"/disputes/{own}"):
        assert get(client, path, name).status_code == status(Permission.DISPUTES_READ, 200)
    dismissed = post(client, f"/disputes/{own}/dismiss", {"reply": "查无此事"}, name)
    assert dismissed.status_code == status(Permission.DISPUTES_DECIDE, 200)


def test_a_strangers_entry_or_result_cannot_be_objected_to(client: FlaskClient) -> None:
    entry, found = record("M002"), tally_work.publicised("QS0102", "2026-Q3")
    for name in ("member", "neighbour", "far"):
        body = {"entry": str(entry), "text": "有误", "how": "online" if name == "member" else "phone"}
        assert post(client, "/disputes", body, name).status_code == 404
    body = {"tally": str(found.id), "text": "有误", "how": "phone", "member": "M004"}
    assert post(client, "/disputes", body, "far").status_code == 404
    del body["how"]
    assert post(client, "/disputes", body, "member").status_code == 404
    mine = tally_work.publicised("QS0101", "2026-Q3")
    assert post(client, "/disputes", {**body, "tally": str(mine.id), "member": "M002"}, "member").status_code == 404
    for wrong in ("999", "x"):
        assert post(client, "/disputes", {"entry": wrong, "text": "有误"}, "member").status_code == 404


def test_the_same_key_gives_the_first_answer_again(client: FlaskClient) -> None:
    body = {"entry": str(record()), "text": "有误"}
    first = post(client, "/disputes", body, "member", **{"Idempotency-Key": "one"})
    second = post(client, "/disputes", body, "member", **{"Idempotency-Key": "one"})
    assert (second.json, second.headers["Idempotency-Replayed"]) == (first.json, "true")


def test_one_waits_at_a_time_and_after_its_reply_another_may_come(client: FlaskClient) -> None:
    entry, found = record(by="street"), tally_work.publicised("QS", "2026-Q3")
    for body in ({"entry": str(entry), "text": "有误"}, {"tally": str(found.id), "text": "有误"}):
        first = post(client, "/disputes", body, "member")
        again = post(client, "/disputes", body, "member")
        assert (first.status_code, again.status_code, again.json["code"]) == (201, 409, "disputed")
        post(client, f"/disputes/{first.json['id']}/dismiss", {"reply": "查无此事"}, "secretary")
        assert post(client, "/disputes", body, "member").status_code == 201
    # Another member's objection to the same tally is another one.
    body = {"tally": str(found.id), "member": "M002", "text": "有误", "how": "paper"}
    assert post(client, "/disputes", body, "secretary").status_code == 201


# ---- until when


def test_a_reversed_entry_and_a_reversal_cannot_be_objected_to(client: FlaskClient) -> None:
    entry = record()
    back = sheets.reverse(entry)
    for number, code in ((entry, "already_reversed"), (back, "is_reversal")):
        answer = post(client, "/disputes", {"entry": str(number), "text": "有误"}, "member")
        assert (answer.status_code, answer.json["code"]) == (409, code)


def test_an_entry_may_be_objected_to_until_the_cycle_after_it_ends(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    entry = record(day="2026-01-01")
    frozen_clock.set(datetime(2027, 12, 31, 15, 59, 59, tzinfo=UTC))
    first = post(client, "/disputes", {"entry": str(entry), "text": "有误"}, "member")
    assert first.status_code == 201
    post(client, f"/disputes/{first.json['id']}/withdraw", {}, "member")
    frozen_clock.advance(seconds=1)
    answer = post(client, "/disputes", {"entry": str(entry), "text": "有误"}, "member")
    assert (answer.status_code, answer.json["code"]) == (409, "too_late")


def test_a_result_may_be_objected_to_until_the_last_days_midnight(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    frozen_clock.set(datetime(2026, 9, 30, 2, tzinfo=UTC))
    found = tally_work.publicised("QS", "2026-Q3", 3)
    body = {"tally": str(found.id), "text": "有误"}
    # Seven days off, and Saturday the 10th is worked: it is the last day.
    frozen_clock.set(datetime(2026, 10, 10, 15, 59, 59, tzinfo=UTC))
    first = post(client, "/disputes", body, "member")
    assert first.status_code == 201
    post(client, f"/disputes/{first.json['id']}/withdraw", {}, "member")
    frozen_clock.advance(seconds=1)
    answer = post(client, "/disputes", body, "member")
    assert (answer.status_code, answer.json["code"]) == (409, "too_late")


def test_a_result_is_objected_to_only_while_it_is_publicised(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    found = tally_work.tally("QS", "2026-Q3")
    body = {"tally": str(found.id), "text": "有误"}
    assert post(client, "/disputes", body, "member").status_code == 404
    tally_work.publicise(found)
    frozen_clock.advance(seconds=1)
    record()
    tally_work.tally("QS", "2026-Q3")
    assert post(client, "/disputes", body, "member").json["code"] == "not_publicised"
    tally_work.publicise(found)
    assert post(client, "/disputes", body, "member").json["version"] == 2
    tally_work.seal(found)
    assert post(client, "/disputes", body, "member").json["code"] == "sealed"


@pytest.mark.parametrize(("days", "due"), [(1, "2026-10-08"), (3, "2026-10-10"), (4, "2026-10-12")])
def test_the_reply_is_due_after_the_working_days_that_are_set(
    client: FlaskClient, frozen_clock: FrozenClock, days: int, due: str
) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation="QS01", name="reply_days", value=days)
    frozen_clock.set(datetime(2026, 9, 30, 2, tzinfo=UTC))
    answer = post(client, "/disputes", {"entry": str(record()), "text": "有误"}, "member")
    assert answer.json["reply_due_on"] == due
    frozen_clock.set(datetime.fromisoformat(due).replace(hour=15, minute=59, tzinfo=UTC))
    assert get(client, f"/disputes/{answer.json['id']}").json["overdue"] is False
    frozen_clock.advance(minutes=1)
    assert get(client, f"/disputes/{answer.json['id']}").json["overdue"] is True


# ---- GET /disputes


def test_the_list_comes_in_pages_and_is_filtered(client: FlaskClient) -> None:
    found = tally_work.publicised("QS", "2026-Q3")
    ids = [str(raised(entry_id=record(by="street"))) for _ in range(3)]
    ids.append(str(raised(tally_id=found.id)))
    post(client, f"/disputes/{ids[0]}/dismiss", {"reply": "查无此事"}, "secretary")
    seen: list[str] = []
    after = ""
    while after is not None:
        page = get(client, f"/disputes?limit=2&after={after}", "secretary").json
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert seen == ids[::-1]
    for query, expected in (
        ("status=dismissed", ids[:1]),
        ("status=open", ids[:0:-1]),
        (f"tally={found.id}", ids[3:]),
        ("status=upheld", []),
    ):
        assert [item["id"] for item in get(client, f"/disputes?{query}", "admin").json["items"]] == expected
    assert get(client, "/disputes?status=lost").status_code == 422
    assert get(client, "/disputes?tally=x").status_code == 404


def test_a_strangers_objection_is_not_there(client: FlaskClient) -> None:
    number = raised(entry_id=record())
    other = raised("secretary", entry_id=record("M002"), how="paper")
    for name, sees in (
        ("member", {number}),
        ("secretary", {number, other}),
        ("street", {number, other}),
        ("auditor", {number, other}),
        ("overseer", {number, other}),
        ("neighbour", set()),
        ("far", set()),
    ):
        assert {int(item["id"]) for item in get(client, "/disputes", name).json["items"]} == sees, name
        for one in (number, other):
            assert get(client, f"/disputes/{one}", name).status_code == (200 if one in sees else 404)
    for act in ("uphold", "dismiss"):
        body = {"reply": "查无此事"}
        assert post(client, f"/disputes/{number}/{act}", body, "neighbour").status_code == 404
        assert post(client, f"/disputes/999999999/{act}", body, "secretary").status_code == 404
    assert post(client, f"/disputes/{other}/withdraw", {}, "member").status_code == 404


def test_whoever_took_a_member_over_reads_but_does_not_decide_what_the_old_branch_recorded(
    client: FlaskClient,
) -> None:
    number = raised(entry_id=record())
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 8, 15))
    assert get(client, f"/disputes/{number}", "neighbour").json["may"] == []
    answer = post(client, f"/disputes/{number}/uphold", {"reply": "确有误", "reverse": True}, "neighbour")
    assert (answer.status_code, answer.json["code"]) == (403, "elsewhere")
    assert (
        post(client, f"/disputes/{number}/uphold", {"reply": "确有误", "reverse": True}, "secretary").status_code == 200
    )
