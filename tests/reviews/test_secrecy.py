"""Nobody learns who voted what: looked for in every table, in every hidden column, in log and answers."""

from __future__ import annotations

import itertools
import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import DateTime, inspect, select, text

from pointsvc.api import IdempotencyKey
from pointsvc.audit.models import AuditEvent
from pointsvc.db import Json, db
from pointsvc.reviews.counting import CHOICES
from pointsvc.reviews.models import ReviewBox, ReviewCode, ReviewCount, ReviewTurnout
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.reviews import steps

VOTERS = ("M011", "M012", "M013", "M014", "M015")


@pytest.fixture(autouse=True)
def _branch(app: Flask, frozen_clock: FrozenClock) -> None:
    steps.ruled_branch()


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    names = inspect(db.engine).get_table_names()
    return {name: [dict(row._mapping) for row in db.session.execute(text(f'SELECT * FROM "{name}"'))] for name in names}


def told(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """The rows that were added, by table, and the tables in which rows were changed."""
    return {
        name: [row for row in rows if row not in before[name]] for name, rows in after.items() if rows != before[name]
    }


def test_turnout_says_who_and_nothing_else() -> None:
    assert set(ReviewTurnout.__table__.columns.keys()) == {"review_id", "member_id"}


def test_what_holds_choices_names_no_voter_and_no_time() -> None:
    """The only tables with choices are sums by graded member; none refers to a sign-in, a code or a time."""
    voters = {"sign_in", "review_turnout", "review_code", "audit_event", "browser_session", "token"}
    for table, meaning in (
        (ReviewBox, {"review_id", "part", "sums"}),
        (ReviewCount, {"review_id", "part", "source", "member_id", *CHOICES}),
    ):
        columns = table.__table__.columns
        assert set(columns.keys()) == meaning
        assert not [column for column in columns if isinstance(column.type, DateTime)]
        assert not {key.column.table.name for column in columns for key in column.foreign_keys} & voters


def test_no_other_table_of_the_ballot_has_room_for_a_choice() -> None:
    assert set(ReviewCode.__table__.columns.keys()) == {"review_id", "number", "code_hash", "used"}
    for table in (ReviewTurnout, ReviewCode):
        assert not [column for column in table.__table__.columns if isinstance(column.type, type(Json))]


def test_two_who_chose_otherwise_leave_the_same_traces(frozen_clock: FrozenClock) -> None:
    """All that a ballot writes, but for the sums, is the same whatever was chosen."""
    traces = []
    review_id = steps.opened()
    for number, choice in (("M011", "excellent"), ("M012", "unqualified")):
        frozen_clock.advance(minutes=7)
        before = everything()
        steps.vote(review_id, number, choice)
        new = told(before, everything())
        assert set(new) == {"review_turnout", "review_box", "audit_event"}
        assert len(new["review_turnout"]) == 1
        traces.append(new)
    for first, second in zip(traces[0]["audit_event"], traces[1]["audit_event"], strict=True):
        assert {name for name in first if first[name] != second[name]} == {"id", "at", "sign_in_id"}
    words = json.dumps([trace["audit_event"] + trace["review_turnout"] for trace in traces], default=str)
    assert not [choice for choice in CHOICES if choice in words]


def test_the_same_ballots_by_other_voters_leave_the_same_sums() -> None:
    """Given the sums, every way of giving the ballots to the voters is as likely as any other."""
    choices = ("excellent", "qualified", "unqualified")
    seen = set()
    for order in itertools.permutations(choices):
        review_id = steps.opened(steps.prepared(year=2026))
        for number, choice in zip(("M011", "M012", "M013"), order, strict=True):
            steps.vote(review_id, number, "abstain", M001=choice)
        box = db.session.scalars(
            select(ReviewBox.sums).where(ReviewBox.review_id == review_id, ReviewBox.part == "peers")
        ).one()
        turnout = db.session.scalars(select(ReviewTurnout.member_id).where(ReviewTurnout.review_id == review_id))
        seen.add((json.dumps(box, sort_keys=True), tuple(sorted(turnout))))
        db.session.execute(text(f"UPDATE review SET status = 'withdrawn' WHERE id = {review_id}"))
        db.session.commit()
    assert len(seen) == 1


def test_hidden_columns_join_no_voter_with_a_choice(engine_name: str) -> None:
    """On PostgreSQL every row carries the number of its transaction: what holds sums must not be told apart by it."""
    if engine_name == "sqlite":
        pytest.skip("SQLite keeps no transaction with a row; its row ids are looked at below")
    review_id = steps.opened()
    for number, choice in zip(VOTERS, CHOICES, strict=True):
        steps.vote(review_id, number, choice)
    boxes = db.session.execute(text("SELECT xmin, part FROM review_box")).all()
    # One row a part: its number tells who was the last, and of the sums nothing.
    assert len(boxes) == 2
    steps.closed_ballot(review_id)
    assert db.session.execute(text("SELECT count(*) FROM review_box")).scalar() == 0
    assert db.session.execute(text("SELECT count(DISTINCT xmin::text) FROM review_count")).scalar() == 1


def test_the_order_of_the_counts_is_that_of_the_graded_not_of_the_ballots() -> None:
    place = "ctid" if db.engine.dialect.name == "postgresql" else "rowid"
    review_id = steps.opened()
    for number in reversed(VOTERS):
        steps.vote(review_id, number)
    steps.closed_ballot(review_id)
    rows = db.session.execute(text(f"SELECT part, member_id FROM review_count ORDER BY {place}")).all()
    for part in ("peers", "masses"):
        ids = [row.member_id for row in rows if row.part == part]
        assert ids == sorted(ids)


def test_a_code_and_its_ballot_share_nothing(frozen_clock: FrozenClock) -> None:
    review_id = steps.opened()
    code = steps.slips(review_id, 3)[1]
    before = everything()
    steps.vote_by_code(code, "basic")
    new = told(before, everything())
    assert set(new) == {"review_code", "review_box", "audit_event"}
    assert [(row["number"], bool(row["used"])) for row in new["review_code"]] == [(2, True)]
    [event] = new["audit_event"]
    assert (event["action"], event["sign_in_id"]) == ("review:masses_ballot", None)
    assert code not in json.dumps(everything(), default=str)


def test_a_ballot_leaves_no_digest_even_when_a_key_is_sent(client: FlaskClient) -> None:
    """The digest of a ballot over a few names is soon guessed, and would stand beside its voter."""
    review_id = steps.opened()
    headers = {**bearer("m011"), "Idempotency-Key": "mine"}
    answer = client.post(
        f"/api/v1/reviews/{review_id}/ballot", json={"grades": steps.ballot_of("M011")}, headers=headers
    )
    assert answer.status_code == 201
    assert answer.json == {"cast": True}
    assert db.session.scalars(select(IdempotencyKey)).all() == []


def test_codes_are_in_no_kept_answer(client: FlaskClient) -> None:
    review_id = steps.opened()
    headers = {**bearer("secretary"), "Idempotency-Key": "slips"}
    assert client.post(f"/api/v1/reviews/{review_id}/codes", json={"number": 2}, headers=headers).json == {"codes": 2}
    codes = client.get(f"/api/v1/reviews/{review_id}/codes", headers=headers).json["codes"]
    kept = json.dumps(everything(), default=str)
    assert len(codes) == 2
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_nothing_of_a_ballot_is_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    review_id = steps.opened()
    wrong = {**steps.ballot_of("M011", "unqualified"), "M012": "terrible"}
    with caplog.at_level(logging.DEBUG):
        for grades in (wrong, steps.ballot_of("M011", "unqualified")):
            answer = client.post(f"/api/v1/reviews/{review_id}/ballot", json={"grades": grades}, headers=bearer("m011"))
            assert "terrible" not in answer.text
            assert "unqualified" not in answer.text.replace("qualified, basic, unqualified", "")
    assert not [record for record in caplog.records if "unqualified" in record.getMessage()]


def test_before_the_ballot_is_closed_nobody_reads_how_it_goes(client: FlaskClient) -> None:
    review_id = steps.opened(on_paper=("M003",))
    steps.vote(review_id, "M011", "excellent")
    # Nor what was typed in from paper meanwhile.
    steps.paper_counts(review_id, "peers", 1)
    for who in ("admin", "overseer", "auditor", "secretary"):
        for address in ("", "/results"):
            answer = client.get(f"/api/v1/reviews/{review_id}{address}", headers=bearer(who))
            assert answer.status_code == 200
            assert "excellent" not in answer.text.replace('"excellent":0', "")
            assert all(line["counts"] == {} for line in answer.json.get("lines", []))


def test_the_audit_note_says_only_that_a_ballot_was_cast() -> None:
    review_id = steps.opened()
    steps.vote(review_id, "M011", "excellent")
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "review:ballot")).one()
    assert (event.object_id, event.details) == (str(review_id), {})
