"""The JSON routes of the ballot and of self-assessments."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.permissions import Role
from pointsvc.reviews.models import ReviewTurnout
from tests import factories
from tests.conftest import FrozenClock
from tests.reviews import steps
from tests.reviews.calls import call


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


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
