"""The JSON routes from the opening to the decision: days, papers, slips and grades."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.reviews.models import ReviewCode
from tests.conftest import FrozenClock
from tests.reviews import steps
from tests.reviews.calls import PAPER, call


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


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
