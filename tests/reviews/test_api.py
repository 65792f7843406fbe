"""The routes of reviews, walked like a checklist: works, wrong role, another branch, bad body, missing, repeated."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.permissions import PERMISSION_MAP, Permission, Role
from pointsvc.reviews.models import Review, ReviewCode, ReviewTurnout
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.reviews import steps

BODY = {"organisation": "QS0101", "year": 2026, "held_on": "2026-08-20"}
PAPER = {
    "part": "peers",
    "given_out": 1,
    "returned": 1,
    "valid": 1,
    "counters": ["丁计票", "监票人"],
    "members": {number: {"qualified": 1} for number in steps.GRADED},
}


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


def call(
    client: FlaskClient, method: str, address: str, body: Any = None, who: str = "secretary", **headers: str
) -> Any:
    return client.open(f"/api/v1/reviews{address}", method=method, json=body, headers={**bearer(who), **headers})


# ---- prepare, list, read


def test_a_review_is_prepared_for_one_branch(client: FlaskClient) -> None:
    answer = call(client, "POST", "", BODY)
    assert answer.status_code == 201
    assert answer.json["made"] == 1
    [item] = answer.json["items"]
    assert (item["organisation"], item["year"], item["status"], item["held_on"]) == (
        "QS0101",
        2026,
        "prepared",
        "2026-08-20",
    )
    assert (item["closes_on"], item["reviewed"], item["took_part"]) == (None, 0, 0)


def test_a_street_prepares_all_its_branches_at_once_and_leaves_what_is_there(client: FlaskClient) -> None:
    call(client, "POST", "", BODY)
    answer = call(client, "POST", "", {**BODY, "organisation": "QS01"}, "street")
    assert (answer.status_code, answer.json["made"]) == (201, 1)
    assert [item["organisation"] for item in answer.json["items"]] == ["QS0102"]
    again = call(client, "POST", "", {**BODY, "organisation": "QS01"}, "street")
    assert (again.status_code, again.json["code"]) == (409, "review_exists")
    assert db.session.scalar(select(func.count()).select_from(Review)) == 2


def test_after_a_withdrawn_one_another_can_be_prepared(client: FlaskClient) -> None:
    review_id = call(client, "POST", "", BODY).json["items"][0]["id"]
    call(client, "POST", f"/{review_id}/withdraw", {"reason": "误建"})
    assert call(client, "POST", "", BODY).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"year": 2024}, "year"),
        ({"year": 2027}, "year"),
        ({"year": "2026"}, "year"),
        ({"held_on": "2025-12-31"}, "held_on"),
        ({"held_on": "20 August"}, "held_on"),
        ({"held_on": None}, "held_on"),
        ({"more": 1}, "more"),
        ({"organisation": "QS03"}, "organisation"),
    ],
)
def test_a_wrong_preparation_is_told_its_field(client: FlaskClient, change: Any, field: str) -> None:
    factories.organisation("QS03", kind="township", parent="QS")
    answer = call(client, "POST", "", {**BODY, **change}, "admin")
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_the_same_key_prepares_once(client: FlaskClient) -> None:
    first = call(client, "POST", "", BODY, **{"Idempotency-Key": "one"})
    second = call(client, "POST", "", BODY, **{"Idempotency-Key": "one"})
    assert (second.status_code, second.json) == (201, first.json)
    assert second.headers["Idempotency-Replayed"] == "true"


def test_reviews_are_listed_by_node_year_and_state(client: FlaskClient) -> None:
    mine = steps.opened()
    steps.prepared("QS02")
    steps.prepared("QS0102", 2025)
    whole = call(client, "GET", "?limit=2", who="admin")
    assert [item["organisation"] for item in whole.json["items"]] == ["QS0102", "QS0201"]
    rest = call(client, "GET", f"?limit=2&after={whole.json['next']}", who="admin")
    assert ([item["id"] for item in rest.json["items"]], rest.json["next"]) == ([str(mine)], None)
    for query, found in (("year=2025", ["QS0102"]), ("status=open", ["QS0101"]), ("organisation=QS02", ["QS0201"])):
        items = call(client, "GET", f"?{query}", who="admin").json["items"]
        assert [item["organisation"] for item in items] == found
    assert call(client, "GET", "", who="neighbour").json["items"][0]["organisation"] == "QS0102"
    for query in ("status=closed_up", "year=26", "after=x"):
        assert call(client, "GET", f"?{query}").status_code == 422
    assert call(client, "GET", "?organisation=QS02").status_code == 404


def test_a_review_is_read_with_its_roster_and_what_was_done(client: FlaskClient) -> None:
    review_id = steps.opened()
    found = call(client, "GET", f"/{review_id}", who="auditor").json
    assert (found["status"], found["reviewed"], found["voters"]) == ("open", 7, 7)
    assert {seat["member"]: seat["reviewed"] for seat in found["roster"]} == {
        "M002": False,
        **dict.fromkeys(steps.GRADED, True),
    }
    assert [event["act"] for event in found["events"]] == ["prepare", "open"]
    assert "ballot" in found["possible"]
    assert "decide" not in found["possible"]


@pytest.mark.parametrize("address", ["", "/results", "/codes"])
def test_another_branchs_review_is_not_there(client: FlaskClient, address: str) -> None:
    review_id = steps.opened()
    assert call(client, "GET", f"/{review_id}{address}", who="neighbour").status_code == 404
    assert call(client, "GET", f"/999999999{address}").status_code == 404
    assert call(client, "GET", f"/x{address}").status_code == 404


CALLS: tuple[tuple[str, str, Any, Permission], ...] = (
    ("GET", "", None, Permission.REVIEWS_READ),
    ("GET", "/{id}", None, Permission.REVIEWS_READ),
    ("GET", "/{id}/results", None, Permission.REVIEWS_READ),
    ("GET", "/figures", None, Permission.REVIEWS_READ),
    (
        "PUT",
        "/{id}/roster",
        {"members": {"M015": {"reviewed": True, "votes": True, "on_paper": True}}},
        Permission.REVIEWS_MANAGE,
    ),
    ("POST", "/{id}/extend", {"closes_on": "2026-08-25"}, Permission.REVIEWS_MANAGE),
    ("PUT", "/{id}/members/M003/self", {"grade": "qualified"}, Permission.REVIEWS_MANAGE),
    ("POST", "/{id}/codes", {"number": 3}, Permission.REVIEWS_MANAGE),
    ("GET", "/{id}/codes", None, Permission.REVIEWS_MANAGE),
    ("PUT", "/{id}/counts", PAPER, Permission.REVIEWS_MANAGE),
)


@pytest.mark.parametrize(("method", "address", "body", "permission"), CALLS)
def test_who_may_call_what(client: FlaskClient, method: str, address: str, body: Any, permission: Permission) -> None:
    where = address.format(id=steps.opened(on_paper=("M003",)))
    for role in Role:
        answer = call(client, method, where, body, factories.BY_ROLE[role])
        assert (answer.status_code in (200, 201)) == (role in PERMISSION_MAP[permission]), (role, answer.json)
        assert answer.status_code in (200, 201, 403)
    if permission == Permission.REVIEWS_MANAGE:
        assert call(client, method, where, body, "neighbour").status_code == 404


# ---- the ballot and the self-assessment


def test_a_member_reads_the_paper_and_votes_once(client: FlaskClient) -> None:
    review_id = steps.opened()
    paper = call(client, "GET", f"/{review_id}/ballot", who="m011").json
    assert {one["member"] for one in paper["comrades"]} == set(steps.GRADED) - {"M011"}
    assert paper["hindrance"] is None
    body = {"grades": steps.ballot_of("M011", "excellent")}
    assert call(client, "POST", f"/{review_id}/ballot", body, "m011").status_code == 201
    assert call(client, "GET", f"/{review_id}/ballot", who="m011").json["hindrance"] == "voted"
    again = call(client, "POST", f"/{review_id}/ballot", body, "m011")
    assert (again.status_code, again.json["code"]) == (409, "voted")
    assert db.session.scalar(select(func.count()).select_from(ReviewTurnout)) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"M012": "superb"}, "grades.M012"),
        ({"M012": None}, "grades.M012.value"),
        ({"M011": "excellent"}, "grades.M011"),
        ({"M002": "excellent"}, "grades.M002"),
        ({"M004": "excellent"}, "grades.M004"),
    ],
)
def test_a_wrong_ballot_is_told_its_field_and_does_not_count(client: FlaskClient, change: Any, field: str) -> None:
    review_id = steps.opened()
    grades = {**steps.ballot_of("M011"), **change}
    answer = call(client, "POST", f"/{review_id}/ballot", {"grades": grades}, "m011")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(func.count()).select_from(ReviewTurnout)) == 0


def test_a_ballot_must_be_whole(client: FlaskClient) -> None:
    review_id = steps.opened()
    grades = {number: choice for number, choice in steps.ballot_of("M011").items() if number != "M015"}
    answer = call(client, "POST", f"/{review_id}/ballot", {"grades": grades}, "m011")
    assert list(answer.json["errors"]) == ["grades.M015"]
    for body in ({}, {"grades": {}}, {"grades": []}):
        assert call(client, "POST", f"/{review_id}/ballot", body, "m011").status_code == 422


def test_who_cannot_vote_is_told_why(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.sign_in("probationer", Role.MEMBER, "QS0101", "M002")
    factories.sign_in("outsider", Role.MEMBER, "QS0102", "M004")
    review_id = steps.opened(on_paper=("M012",))
    everybody = dict.fromkeys(steps.GRADED, "qualified")

    def refusal(who: str, number: str = "") -> tuple[int, str]:
        grades = {one: choice for one, choice in everybody.items() if one != number}
        answer = call(client, "POST", f"/{review_id}/ballot", {"grades": grades}, who)
        return answer.status_code, answer.json["code"]

    assert refusal("probationer") == (409, "no_vote")
    assert refusal("m012", "M012") == (409, "on_paper")
    assert refusal("outsider") == (404, "not_found")
    assert refusal("secretary") == (404, "not_found")
    assert refusal("operator") == (404, "not_found")
    frozen_clock.advance(days=6)
    assert refusal("m011", "M011") == (409, "over")
    frozen_clock.advance(days=-6)
    steps.closed_ballot(review_id)
    assert refusal("m011", "M011") == (409, "over")


def test_before_the_opening_there_is_no_ballot(client: FlaskClient) -> None:
    review_id = steps.prepared()
    assert call(client, "GET", f"/{review_id}/ballot", who="m011").status_code == 404
    assert call(client, "PUT", f"/{review_id}/self", {"grade": "qualified"}, "m011").status_code == 404
    assert call(client, "GET", "/mine", who="m011").json == {"items": []}


def test_a_self_assessment_is_written_by_the_member_or_from_paper(client: FlaskClient) -> None:
    review_id = steps.opened()
    body = {"grade": "qualified", "text": "学习还不够"}
    own = call(client, "PUT", f"/{review_id}/self", body, "m011")
    assert own.json == {**body, "on_paper": False}
    typed = call(client, "PUT", f"/{review_id}/members/M003/self", {"grade": "basic"})
    assert typed.json == {"grade": "basic", "text": "", "on_paper": True}
    assert call(client, "GET", f"/{review_id}").json["assessed"] == 2
    for address, who in (("/self", "m011"), ("/members/M003/self", "secretary")):
        for wrong, field in (
            ({"grade": "abstain"}, "grade"),
            ({"text": "x"}, "grade"),
            ({**body, "text": "x" * 1001}, "text"),
        ):
            answer = call(client, "PUT", f"/{review_id}{address}", wrong, who)
            assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    for number in ("M002", "M004", "M999"):
        assert call(client, "PUT", f"/{review_id}/members/{number}/self", body).status_code == 404
    steps.closed_ballot(review_id)
    assert call(client, "PUT", f"/{review_id}/self", body, "m012").status_code == 200
    steps.decided(review_id)
    for address, who in (("/self", "m011"), ("/members/M003/self", "secretary")):
        assert call(client, "PUT", f"/{review_id}{address}", body, who).json["code"] == "wrong_state"


def test_ones_own_reviews(client: FlaskClient) -> None:
    review_id = steps.opened()
    [one] = call(client, "GET", "/mine", who="m011").json["items"]
    assert (one["id"], one["vote"], one["voted"], one["may_assess"], one["told"]) == (
        str(review_id),
        True,
        False,
        True,
        None,
    )
    for number in ("M011", "M012", "M013", "M014", "M015"):
        steps.vote(review_id, number)
    steps.closed_ballot(review_id)
    steps.decided(review_id, M011="excellent")
    steps.publicised(review_id)
    [one] = call(client, "GET", "/mine", who="m011").json["items"]
    assert one["told"]["grade"] == "excellent"
    assert one["told"]["counts"] == {"peers": steps.line(qualified=4)}
    assert one["told"]["decision"]["last_day"] == "2026-08-21"
    assert {other["name"] for other in one["told"]["others"]} >= {"同志2"}
    assert all(set(other) == {"name", "grade"} for other in one["told"]["others"])


# ---- opening, extending, paper, slips, decision


def test_opening_needs_a_day_that_can_be(client: FlaskClient) -> None:
    review_id = steps.prepared()
    for body, field in (
        ({"closes_on": "2026-08-14"}, "closes_on"),
        ({"closes_on": "2026-11-01"}, "closes_on"),
        ({}, "closes_on"),
        ({"closes_on": "2026-08-20", "held_on": "2025-08-20"}, "held_on"),
    ):
        answer = call(client, "POST", f"/{review_id}/open", body)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    answer = call(client, "POST", f"/{review_id}/open", {"closes_on": "2026-08-20", "held_on": "2026-08-21"})
    assert (answer.json["status"], answer.json["held_on"]) == ("open", "2026-08-21")


def test_a_running_ballot_gets_another_last_day(client: FlaskClient) -> None:
    review_id = steps.opened()
    assert call(client, "POST", f"/{review_id}/extend", {"closes_on": "2026-08-14"}).status_code == 422
    assert call(client, "POST", f"/{review_id}/extend", {"closes_on": "2026-08-30"}).json["closes_on"] == "2026-08-30"
    steps.closed_ballot(review_id)
    assert call(client, "POST", f"/{review_id}/extend", {"closes_on": "2026-08-30"}).json["code"] == "wrong_state"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"valid": -1}, "valid"),
        ({"valid": 1.5}, "valid"),
        ({"valid": "1"}, "valid"),
        ({"valid": True}, "valid"),
        ({"counters": ["丁计票"]}, "counters"),
        ({"counters": ["丁计票", ""]}, "counters.1"),
        ({"counters": ["丁计票", "丁计票"]}, "second_counter"),
        ({"part": "friends"}, "part"),
        ({"members": {}}, "members"),
        ({"given_out": 2}, "given_out"),
    ],
)
def test_wrong_paper_counts_are_told_their_field(client: FlaskClient, change: Any, field: str) -> None:
    review_id = steps.opened(on_paper=("M003",))
    answer = call(client, "PUT", f"/{review_id}/counts", {**PAPER, **change})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_paper_counts_are_part_of_the_result(client: FlaskClient) -> None:
    review_id = steps.opened(on_paper=("M003",))
    assert call(client, "PUT", f"/{review_id}/counts", PAPER).json["took_part"] == 1
    steps.closed_ballot(review_id)
    found = call(client, "GET", f"/{review_id}/results").json
    assert found["cast"] == {"peers": {"phone": 0, "paper": 1}, "masses": {"phone": 0, "paper": None}}
    assert found["lines"][0]["counts"] == {"peers": steps.line(qualified=1)}
    steps.decided(review_id)
    assert call(client, "PUT", f"/{review_id}/counts", PAPER).json["code"] == "wrong_state"


@pytest.mark.parametrize("number", [0, 501, "3", 1.5, None])
def test_a_wrong_number_of_slips_is_refused(client: FlaskClient, number: Any) -> None:
    answer = call(client, "POST", f"/{steps.opened()}/codes", {"number": number})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["number"])


def test_the_same_key_makes_slips_once(client: FlaskClient) -> None:
    review_id = steps.opened()
    for _ in range(2):
        answer = call(client, "POST", f"/{review_id}/codes", {"number": 3}, **{"Idempotency-Key": "slips"})
        assert (answer.status_code, answer.json) == (201, {"codes": 3})
    assert db.session.scalar(select(func.count()).select_from(ReviewCode)) == 3


DECISION = {"body": "committee", "minute": "第 12 页", "decided_on": "2026-08-15"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": "secretary"}, "body"),
        ({"minute": ""}, "minute"),
        ({"decided_on": "2026-08-16"}, "decided_on"),
        (
            {"grades": {**{n: {"grade": "qualified"} for n in steps.GRADED}, "M001": {"grade": "abstain"}}},
            "grades.M001",
        ),
        ({"grades": {n: {"grade": "qualified"} for n in steps.GRADED[1:]}}, "grades.M001"),
        ({"grades": {n: {"grade": "qualified"} for n in (*steps.GRADED, "M002")}}, "grades.M002"),
    ],
)
def test_a_wrong_decision_is_told_its_field_and_decides_nothing(client: FlaskClient, change: Any, field: str) -> None:
    review_id = steps.in_state("counted")
    body = {**DECISION, "grades": {n: {"grade": "qualified"} for n in steps.GRADED}, **change}
    answer = call(client, "POST", f"/{review_id}/decide", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert call(client, "GET", f"/{review_id}").json["status"] == "counted"


def test_a_decision_is_read_with_a_suggestion_for_low_grades(client: FlaskClient) -> None:
    review_id = steps.in_state("counted")
    grades: dict[str, Any] = {n: {"grade": "qualified"} for n in steps.GRADED}
    grades |= {"M011": {"grade": "basic", "note": "改进方式方法"}, "M012": {"grade": "unqualified"}}
    assert call(client, "POST", f"/{review_id}/decide", {**DECISION, "grades": grades}).json["status"] == "decided"
    found = call(client, "GET", f"/{review_id}/results").json
    assert found["decision"]["minute"] == "第 12 页"
    lines = {line["member"]: line for line in found["lines"]}
    assert (lines["M011"]["grade"], lines["M011"]["note"]) == ("basic", "改进方式方法")
    assert [number for number, line in lines.items() if line["suggestion"]] == ["M011", "M012"]


def test_decided_anew_the_earlier_round_is_kept(client: FlaskClient) -> None:
    review_id = steps.in_state("publicised")
    assert call(client, "POST", f"/{review_id}/reconsider", {"reason": " "}).status_code == 422
    assert call(client, "POST", f"/{review_id}/reconsider", {"reason": "异议成立"}).json["round"] == 2
    assert call(client, "GET", "/mine", who="m011").json["items"][0]["told"] is None
    steps.decided(review_id, M011="excellent")
    lines = call(client, "GET", f"/{review_id}/results").json["lines"]
    assert {line["member"]: line["grade"] for line in lines}["M011"] == "excellent"
    rows = db.session.execute(db.text("SELECT round, count(*) FROM review_grade GROUP BY round ORDER BY round")).all()
    assert [tuple(row) for row in rows] == [(1, 7), (2, 7)]


def test_the_figures_of_the_own_node(client: FlaskClient) -> None:
    review_id = steps.opened()
    steps.vote(review_id, "M011")
    found = call(client, "GET", "/figures", who="overseer").json
    assert found == {
        "reviews": 1, "decided": 0, "reviewed": 7, "voters": 7, "took_part": 1, "rate": 14,
        "grades": {"excellent": 0, "qualified": 0, "basic": 0, "unqualified": 0},
    }  # fmt: skip
    assert call(client, "GET", "/figures?year=2025", who="overseer").json["rate"] is None
    assert call(client, "GET", "/figures?organisation=QS02").status_code == 404
    assert call(client, "GET", "/figures?year=x").status_code == 422
