"""What the public says to a board: taken without a name, seen first, answered in public."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect, select

from pointsvc.boards import answering
from pointsvc.boards.brake import TRIES, Brake
from pointsvc.boards.models import BoardComment
from pointsvc.db import db
from pointsvc.errors import Conflict, Invalid, TooMany
from pointsvc.pledges import service as pledges
from tests.boards import scene
from tests.boards.scene import get, post
from tests.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("district")


def test_a_comment_stands_on_the_board_once_it_was_let_through(client: FlaskClient, district: FrozenClock) -> None:
    number = scene.hung()
    comment = scene.said()
    assert scene.public(client)["answers"] == []
    waiting = get(client, f"/boards/{number}/comments?status=waiting").json["items"]
    assert [(one["text"], one["status"]) for one in waiting] == [("路灯修好了，谢谢", "waiting")]
    answer = post(client, f"/comments/{comment}/approve", {"answer": "谢谢监督"}, "secretary")
    assert (answer.json["status"], answer.json["answer"]) == ("approved", "谢谢监督")
    district.advance(seconds=2)
    assert scene.public(client)["answers"] == [
        {"text": "路灯修好了，谢谢", "rating": None, "pledge": None, "answer": "谢谢监督", "on": "2026-08-15"}
    ]


def test_a_refused_comment_never_stands_there(client: FlaskClient, district: FrozenClock) -> None:
    scene.hung()
    comment = scene.said()
    assert post(client, f"/comments/{comment}/refuse", {}, "secretary").json["status"] == "refused"
    district.advance(seconds=2)
    assert scene.public(client)["answers"] == []
    for act, body in (("approve", {}), ("refuse", {})):
        assert post(client, f"/comments/{comment}/{act}", body, "secretary").json["code"] == "decided"
    assert post(client, f"/comments/{comment}/answer", {"answer": "好"}, "secretary").json["code"] == "wrong_state"


def test_an_answer_may_come_later_and_holds_no_private_number(client: FlaskClient) -> None:
    scene.hung()
    comment = scene.said()
    scene.let_through(comment)
    wrong = post(client, f"/comments/{comment}/answer", {"answer": "打13812341234"}, "secretary")
    assert list(wrong.json["errors"]) == ["answer"]
    assert post(client, f"/comments/{comment}/answer", {"answer": ""}, "secretary").status_code == 422
    assert post(client, f"/comments/{comment}/answer", {"answer": "已转办"}, "secretary").json["answer"] == "已转办"


def test_others_do_not_decide(client: FlaskClient) -> None:
    number = scene.hung()
    comment = scene.said()
    for act, body in (("approve", {}), ("refuse", {}), ("answer", {"answer": "好"})):
        assert post(client, f"/comments/{comment}/{act}", body, "neighbour").status_code == 404
        assert post(client, f"/comments/{comment}/{act}", body, "overseer").status_code == 403
        assert post(client, f"/comments/999/{act}", body, "secretary").status_code == 404
    assert get(client, f"/boards/{number}/comments", "auditor").status_code == 200
    assert get(client, f"/boards/{number}/comments", "member").status_code == 403


def test_a_rating_goes_with_its_pledge(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    pledge = scene.pledge()
    kept = scene.pledge(status="fulfilled", settled_on=date(2026, 8, 1))
    scene.hung()
    comment = scene.said(text="", pledge_id=pledge, rating="good")
    scene.let_through(comment)
    scene.let_through(scene.said(text="", pledge_id=kept, rating="fair"))
    # Only what is settled has been kept or not.
    assert pledges.ratings([pledge, kept]) == {kept: {"masses": {4: 0, 3: 0, 2: 1, 1: 0}}}
    district.advance(seconds=2)
    assert scene.public(client)["answers"][-1]["pledge"] == "每月走访两户困难群众"
    # When the member is no longer shown, what was said of the member's pledge is not either.
    scene.refuse("M001")
    district.advance(seconds=2)
    assert scene.public(client)["answers"] == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "好" * 501}, "text"),
        ({"pledge_id": 999}, "pledge"),
        ({"rating": "good"}, "pledge"),
        ({"rating": "great"}, "rating"),
    ],
)
def test_what_is_not_right_is_refused_by_field(given: dict[str, object], field: str) -> None:
    scene.hung()
    with pytest.raises(Invalid) as refused:
        scene.said(**{"text": "好", **given})  # type: ignore[arg-type] # wrong on purpose
    assert field in refused.value.errors


def test_a_board_may_take_none(client: FlaskClient) -> None:
    scene.hung(comments=False)
    with pytest.raises(Conflict) as refused:
        scene.said()
    assert refused.value.code == "not_open"


def test_a_flooded_board_waits(district: FrozenClock) -> None:
    scene.hung()
    for _ in range(answering.MOST_AN_HOUR):
        scene.said()
    with pytest.raises(TooMany):
        scene.said()
    district.advance(minutes=61)
    scene.said()


def test_one_address_waits_and_nothing_is_kept_of_it(district: FrozenClock) -> None:
    brake, at = Brake(), district.instant
    assert [brake.take("10.0.0.7", at) for _ in range(TRIES + 1)] == [True] * TRIES + [False]
    assert brake.take("10.0.0.8", at)
    assert "10.0.0.7" not in repr(vars(brake))
    district.advance(minutes=10)
    assert brake.take("10.0.0.7", district.instant)


def test_no_column_could_say_who_it_was(client: FlaskClient) -> None:
    columns = {column["name"] for column in inspect(db.engine).get_columns("board_comment")}
    assert columns == {
        "id", "board_id", "pledge_id", "rating", "text", "status", "received_at", "decided_at", "decided_by_id",
        "answer", "answered_at",
    }  # fmt: skip
    assert db.session.scalar(select(BoardComment.id)) is None
