"""The routes of declarations, walked like a checklist."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from pointsvc.permissions import Role
from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import act, count, declared, district, entries, status
from tests.evidence import files
from tests.factories import bearer

ONE: dict[str, Any] = {"member": "M001", "rule": "volunteer", "occurred_on": "2026-07-05", "quantity": "2.5"}
DECLARERS = (Role.DISTRICT_ADMIN, Role.SECRETARY, Role.MEMBER)
REVIEWERS = (Role.DISTRICT_ADMIN, Role.SECRETARY)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def post(client: FlaskClient, who: str = "member", address: str = "", body: Any = None, **headers: str) -> Any:
    body = ONE if body is None else body
    return client.post(f"/api/v1/declarations{address}", json=body, headers={**bearer(who), **headers})


def get(client: FlaskClient, who: str, address: str = "") -> Any:
    return client.get(f"/api/v1/declarations{address}", headers=bearer(who))


def upload(
    client: FlaskClient, made: Any, content: bytes, name: str = "合影.jpg", who: str = "member", **more: str
) -> Any:
    return client.post(
        f"/api/v1/declarations/{made}/evidence",
        data={"file": (BytesIO(content), name)},
        headers={**bearer(who), **more},
    )


# ---- declaring


def test_a_declaration_is_answered_whole(client: FlaskClient) -> None:
    answer = post(client, body={**ONE, "note": "河边"})
    assert answer.status_code == 201
    shown = answer.json
    assert isinstance(shown.pop("id"), str)
    assert shown == {
        "member": "M001",
        "organisation": "QS0101",
        "rule": "volunteer",
        "occurred_on": "2026-07-05",
        "quantity": "2.50",
        "tier": None,
        "points": "3.00",
        "matter": None,
        "note": "河边",
        "status": "pending",
        "proxy": False,
        "sheet": None,
        "line": None,
        "declared_by": "member",
        "created_at": "2026-08-15T10:00:00.000+08:00",
        "sent_at": "2026-08-15T10:00:00.000+08:00",
        "decided_by": None,
        "decided_at": None,
        "reason": None,
        "entry": None,
        "reversed_by": None,
        "evidence": [],
    }


def test_without_a_member_it_is_the_own(client: FlaskClient) -> None:
    own = {key: value for key, value in ONE.items() if key != "member"}
    assert post(client, body=own).json["member"] == "M001"
    answer = post(client, "secretary", body=own)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["member"])


@pytest.mark.parametrize("role", list(Role))
def test_who_may_declare(client: FlaskClient, role: Role) -> None:
    answer = post(client, factories.BY_ROLE[role])
    assert answer.status_code == (201 if role in DECLARERS else 403)
    assert (count() > 0) == (role in DECLARERS)
    if role in DECLARERS:
        assert answer.json["proxy"] == (role != Role.MEMBER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"member": ""}, "member"),
        ({"member": ["M001"]}, "member"),
        ({"rule": "nothing"}, "rule"),
        ({"rule": "meeting"}, "rule"),
        ({"rule": "x" * 65}, "rule"),
        ({"occurred_on": "2026-02-30"}, "occurred_on"),
        ({"occurred_on": "2026-08-16"}, "occurred_on"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": "1.234"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"points": "1"}, "points"),
        ({"tier": "city"}, "tier"),
        ({"note": "x" * 1001}, "note"),
        ({"matter": "x" * 201}, "matter"),
        ({"line": "1"}, "line"),
        ({"line": 1.5}, "line"),
        ({"line": 10**6, "sheet": "00018"}, "sheet"),
        ({"sheet": "00018", "line": 1}, "sheet"),
        ({"status": "approved"}, "status"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_body_names_the_field(client: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = post(client, body={**ONE, **changes})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert count() == 0


@pytest.mark.parametrize("name", ["rule", "occurred_on"])
def test_what_is_needed_is_named(client: FlaskClient, name: str) -> None:
    answer = post(client, body={key: value for key, value in ONE.items() if key != name})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [name])


def test_a_stranger_is_not_found(client: FlaskClient) -> None:
    for who, member in (("member", "M002"), ("neighbour", "M001"), ("admin", "M999")):
        assert post(client, who, body={**ONE, "member": member}).status_code == 404
    assert count() == 0


# ---- reading


def test_who_reads_which(client: FlaskClient) -> None:
    mine, other, far = declared(), declared("secretary", member="M003"), declared("admin", member="M005")
    seen = {
        "member": {mine},
        "secretary": {mine, other},
        "street": {mine, other},
        "far": {far},
        "neighbour": set(),
        "admin": {mine, other, far},
        "overseer": {mine, other, far},
        "auditor": {mine, other, far},
    }
    for who, ids in seen.items():
        items = get(client, who).json["items"]
        assert (who, {int(item["id"]) for item in items}) == (who, ids)
        for number in (mine, other, far):
            assert get(client, who, f"/{number}").status_code == (200 if number in ids else 404)
    assert get(client, "operator").status_code == 403


def test_lists_are_narrowed_down_and_turned_page_by_page(client: FlaskClient) -> None:
    made = [declared() for _ in range(3)]
    other = declared("secretary", member="M003")
    act("return", "secretary", made[0])

    def ids(query: str, who: str = "admin") -> list[int]:
        return [int(item["id"]) for item in get(client, who, query).json["items"]]

    assert ids("") == [other, *made[::-1]]
    assert ids("?status=returned") == [made[0]]
    assert ids("?member=M003") == [other]
    assert ids("?organisation=QS02") == []
    assert ids("?share=true", "secretary") == made[:0:-1]
    assert ids("?share=true", "admin") == []
    found, place = [], ""
    while place is not None:
        answer = get(client, "admin", f"?limit=2&after={place}").json
        found += [int(item["id"]) for item in answer["items"]]
        place = answer["next"]
    assert found == ids("")
    for query in ("?status=lost", "?limit=0", "?after=x"):
        assert get(client, "admin", query).status_code == 422
    assert get(client, "secretary", "?organisation=QS02").status_code == 404
    assert get(client, "secretary", "?member=M005").status_code == 404


def test_one_comes_with_its_log(client: FlaskClient) -> None:
    made = declared()
    act("return", "secretary", made, reason="请写明地点")
    shown = get(client, "member", f"/{made}").json
    assert [(row["old"], row["new"], row["by"], row["reason"]) for row in shown["changes"]] == [
        (None, "pending", "member", None),
        ("pending", "returned", "secretary", "请写明地点"),
    ]
    assert (shown["status"], shown["reason"]) == ("returned", "请写明地点")


# ---- steps


def test_approving_answers_the_entry(client: FlaskClient) -> None:
    made = declared()
    answer = post(client, "secretary", f"/{made}/approve", {})
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["decided_by"]) == ("approved", "secretary")
    entry = client.get(f"/api/v1/entries/{answer.json['entry']}", headers=bearer("member")).json
    assert (entry["points"], entry["source"]) == ("2.40", "declaration")
    again = post(client, "secretary", f"/{made}/approve", {})
    assert (again.status_code, again.json["code"]) == (409, "wrong_status")


def test_the_points_show_in_the_score_only_when_approved(client: FlaskClient) -> None:
    made = declared()

    def total() -> str:
        answer = client.get("/api/v1/members/M001/score?period=2026-Q3", headers=bearer("member"))
        return str(answer.json["total"])

    before = total()
    act("approve", "secretary", made)
    assert (before, total()) == ("60.00", "62.40")


@pytest.mark.parametrize("step", ["approve", "reject"])
@pytest.mark.parametrize("role", list(Role))
def test_who_may_decide(client: FlaskClient, role: Role, step: str) -> None:
    made = declared()
    answer = post(client, factories.BY_ROLE[role], f"/{made}/{step}", {"reason": "不符"} if step == "reject" else {})
    assert answer.status_code == (200 if role in REVIEWERS else 403)
    assert (status(made) != "pending") == (role in REVIEWERS)


def test_nobody_decides_on_the_own(client: FlaskClient) -> None:
    for made, who in ((declared("leader", member="M002"), "leader"), (declared("secretary"), "secretary")):
        for step, body in (("approve", {}), ("reject", {"reason": "x"})):
            answer = post(client, who, f"/{made}/{step}", body)
            assert (answer.status_code, answer.json["code"]) == (403, "own_declaration")
        assert status(made) == "pending"


def test_a_return_needs_a_reason(client: FlaskClient) -> None:
    made = declared()
    for body in ({}, {"reason": "  "}, {"reason": "x" * 501}, {"reason": "x", "colour": "red"}):
        answer = post(client, "secretary", f"/{made}/reject", body)
        assert answer.status_code == 422
    answer = post(client, "secretary", f"/{made}/reject", {"reason": "请写明地点"})
    assert (answer.json["status"], answer.json["reason"]) == ("returned", "请写明地点")


def test_a_returned_one_is_amended_and_sent_again(client: FlaskClient) -> None:
    made = declared()
    body = {"rule": "volunteer", "occurred_on": "2026-07-06", "quantity": "1"}
    assert post(client, "member", f"/{made}/resend", body).status_code == 409
    act("return", "secretary", made)
    assert post(client, "neighbour", f"/{made}/resend", body).status_code == 404
    assert post(client, "deputy", f"/{made}/resend", body).status_code == 403
    assert post(client, "member", f"/{made}/resend", {**body, "member": "M002"}).status_code == 422
    answer = post(client, "member", f"/{made}/resend", body)
    assert (answer.status_code, answer.json["status"], answer.json["points"]) == (200, "pending", "1.20")


def test_withdrawing_is_the_declarers(client: FlaskClient) -> None:
    made = declared()
    assert post(client, "deputy", f"/{made}/withdraw", {}).status_code == 403
    assert post(client, "auditor", f"/{made}/withdraw", {}).status_code == 403
    answer = post(client, "member", f"/{made}/withdraw", {})
    assert (answer.status_code, answer.json["status"]) == (200, "withdrawn")
    assert post(client, "member", f"/{made}/withdraw", {}).status_code == 409


@pytest.mark.parametrize("number", ["0", "999999", "x", "-1", "1" * 30])
def test_missing_ones_are_not_found(client: FlaskClient, number: str) -> None:
    assert get(client, "admin", f"/{number}").status_code == 404
    for step, body in (("approve", {}), ("reject", {"reason": "x"}), ("withdraw", {}), ("resend", ONE)):
        body = {key: value for key, value in body.items() if key != "member"}
        assert post(client, "admin", f"/{number}/{step}", body).status_code == 404
    assert upload(client, number, files.photo(), who="admin").status_code == 404
    assert get(client, "admin", f"/{number}/evidence/1").status_code == 404


def test_several_are_approved_all_or_none(client: FlaskClient) -> None:
    good, other = declared(), declared("secretary", member="M003")
    own = declared("leader", member="M002")
    answer = post(client, "leader", "/approve", {"declarations": [str(good), str(own)]})
    assert (answer.status_code, answer.json["code"]) == (422, "none_approved")
    assert list(answer.json["errors"]) == ["declarations.1"]
    assert (status(good), entries()) == ("pending", 0)
    answer = post(client, "leader", "/approve", {"declarations": [str(other), str(good)]})
    assert answer.status_code == 200
    assert [(int(item["id"]), item["status"]) for item in answer.json["declarations"]] == [
        (other, "approved"),
        (good, "approved"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 422),
        ({"declarations": []}, 422),
        ({"declarations": "1"}, 422),
        ({"declarations": ["1"] * 201}, 422),
        ({"declarations": [1]}, 422),
        ({"declarations": ["x"]}, 404),
        ({"declarations": ["999999"]}, 404),
    ],
)
def test_a_wrong_list_approves_nothing(client: FlaskClient, body: Any, code: int) -> None:
    declared()
    assert post(client, "secretary", "/approve", body).status_code == code
    assert entries() == 0


def test_the_same_key_acts_once(client: FlaskClient) -> None:
    first = post(client, **{"Idempotency-Key": "k1"})
    again = post(client, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    other = post(client, body={**ONE, "note": "x"}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert count() == 1
    made = first.json["id"]
    for address, body in ((f"/{made}/approve", {}), ("/approve", {"declarations": [str(declared())]})):
        key = {"Idempotency-Key": f"key {address}"}
        first = post(client, "secretary", address, body, **key)
        again = post(client, "secretary", address, body, **key)
        assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
    assert entries() == 2


# ---- evidence


def test_a_photo_is_kept_made_anew_and_given_out_to_whom_it_concerns(client: FlaskClient) -> None:
    made = declared()
    answer = upload(client, made, files.photo())
    assert answer.status_code == 201
    (piece,) = answer.json["evidence"]
    assert (piece["filename"], piece["media_type"]) == ("合影.jpg", "image/jpeg")
    got = get(client, "secretary", f"/{made}/evidence/{piece['id']}")
    assert got.status_code == 200
    assert Image.open(BytesIO(got.data)).size == (60, 40)
    assert b"SECRET" not in got.data
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert got.headers["Cache-Control"] == "private, no-store"
    assert got.headers["Content-Disposition"].startswith("inline; filename=")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert "ETag" not in got.headers
    for who in ("auditor", "overseer", "street", "member"):
        assert get(client, who, f"/{made}/evidence/{piece['id']}").status_code == 200
    for who in ("neighbour", "far"):
        assert get(client, who, f"/{made}/evidence/{piece['id']}").status_code == 404
    other = declared("secretary", member="M003")
    assert get(client, "secretary", f"/{other}/evidence/{piece['id']}").status_code == 404
    assert get(client, "member", f"/{other}/evidence/{piece['id']}").status_code == 404


def test_a_paper_is_given_out_to_be_saved(client: FlaskClient) -> None:
    made = declared()
    (piece,) = upload(client, made, files.pdf(armed=True), "证明.pdf").json["evidence"]
    got = get(client, "secretary", f"/{made}/evidence/{piece['id']}")
    assert (got.mimetype, got.data[:5]) == ("application/pdf", b"%PDF-")
    assert got.headers["Content-Disposition"].startswith("attachment; filename=")
    assert b"SECRET" not in got.data


def test_who_adds_evidence_and_until_when(client: FlaskClient) -> None:
    made = declared()
    for who, code in (("deputy", 403), ("auditor", 403), ("neighbour", 404)):
        assert upload(client, made, files.photo(), who=who).status_code == code
    act("return", "secretary", made)
    assert upload(client, made, files.photo()).status_code == 201
    act("resend", "member", made)
    act("approve", "secretary", made)
    answer = upload(client, made, files.photo("blue"))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_status")


def test_bad_evidence_is_refused_by_name(client: FlaskClient) -> None:
    made = declared()
    answer = upload(client, made, b"<script>", "photo.jpg")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["file"])
    assert "photo.jpg" in answer.json["detail"]
    nothing = client.post(f"/api/v1/declarations/{made}/evidence", data={}, headers=bearer("member"))
    assert (nothing.status_code, list(nothing.json["errors"])) == (422, ["file"])


def test_the_same_upload_twice_is_kept_once(client: FlaskClient) -> None:
    made = declared()
    first = upload(client, made, files.photo(), **{"Idempotency-Key": "p1"})
    again = upload(client, made, files.photo(), **{"Idempotency-Key": "p1"})
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert len(upload(client, made, files.photo()).json["evidence"]) == 1
    other = upload(client, made, files.photo("blue"), **{"Idempotency-Key": "p1"})
    assert other.json["code"] == "idempotency_key_reused"


def test_other_methods_are_not_taken(client: FlaskClient) -> None:
    made = declared()
    for method in (client.put, client.patch, client.delete):
        assert method(f"/api/v1/declarations/{made}", headers=bearer("admin")).status_code == 405
