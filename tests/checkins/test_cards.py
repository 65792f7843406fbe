"""The quarter's card: made once, read from the records, acknowledged by the home unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock, queues
from pointsvc.checkins import cards, records
from pointsvc.checkins.models import Card
from pointsvc.db import db, transaction
from pointsvc.notices.models import Notice
from pointsvc.people import service as people
from pointsvc.people.models import SignIn
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import bearer
from workers import base, run, schedule

URL = "/api/v1/members/K001/service-card"
OCTOBER = datetime(2026, 10, 8, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def make(before: date = date(2026, 10, 1)) -> None:
    with transaction():
        cards.make(at=clock.now(), before=before)


def acknowledge(client: FlaskClient, name: str, quarter: str = "2026-Q3", url: str = URL) -> tuple[int, str | None]:
    answer = client.post(f"{url}/acknowledge", json={"quarter": quarter}, headers=bearer(name))
    return answer.status_code, answer.json.get("code")


def test_a_card_tells_posts_hours_and_the_communitys_word(client: FlaskClient) -> None:
    checkin, post = scene.checked_in(), scene.post()
    scene.claimed(post)
    scene.confirmed(post), scene.confirmed(post, day=date(2026, 8, 9), hours="1")
    scene.proposed(post, day=date(2026, 8, 10))
    word = {"quarter": "2026-Q3", "text": "热心负责，老人们都认得他"}
    answer = client.post(f"/api/v1/checkins/{checkin}/word", json=word, headers=bearer("host"))
    assert answer.status_code == 204
    card = client.get(f"{URL}?quarter=2026-Q3", headers=bearer("home")).json
    assert card == {
        "member": "K001",
        "member_name": "高远山",
        "organisation": "QS0301",
        "quarter": "2026-Q3",
        "hours": "3.50",
        "communities": [
            {
                "checkin": str(checkin),
                "community": "QS0110",
                "community_name": "清泉社区党委",
                "status": "accepted",
                "since": "2026-08-15",
                "until": None,
                "word": "热心负责，老人们都认得他",
                "hours": "3.50",
                "posts": [
                    {"post": "水电义务维修岗", "kind": "帮困助老", "hours": "3.50", "days": 2, "last_on": "2026-08-09"}
                ],
            }
        ],
        "acknowledged_at": None,
        "acknowledged_by": None,
        "acknowledged_hours": None,
    }
    assert client.get(URL, headers=bearer("official")).json == card
    assert client.get(f"{URL}?quarter=2026-Q2", headers=bearer("home")).json["communities"] == []


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("official", 200),
        ("home", 200),
        ("admin", 200),
        ("overseer", 200),
        ("host", 404),
        ("secretary", 404),
        ("operator", 403),
    ],
)
def test_who_reads_a_card(client: FlaskClient, name: str, status: int) -> None:
    scene.served()
    assert client.get(URL, headers=bearer(name)).status_code == status


@pytest.mark.parametrize("quarter", ["2026-07", "2026", "2026-Q5", "third"])
def test_a_quarter_is_needed(client: FlaskClient, quarter: str) -> None:
    answer = client.get(f"{URL}?quarter={quarter}", headers=bearer("official"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["quarter"])


@pytest.mark.parametrize(
    ("name", "status"), [("host", 204), ("street", 204), ("home", 403), ("official", 403), ("other", 404)]
)
def test_only_the_community_says_its_word(client: FlaskClient, name: str, status: int) -> None:
    made = scene.checked_in()
    word = {"quarter": "2026-Q3", "text": "按时到岗"}
    assert client.post(f"/api/v1/checkins/{made}/word", json=word, headers=bearer(name)).status_code == status


def test_a_word_said_again_stands_in_place_of_the_first(client: FlaskClient) -> None:
    made, host = scene.checked_in(), bearer("host")
    for text in ("按时到岗", "按时到岗，群众满意"):
        word = {"quarter": "2026-Q3", "text": text}
        assert client.post(f"/api/v1/checkins/{made}/word", json=word, headers=host).status_code == 204
    card = client.get(URL, headers=bearer("official")).json
    assert [place["word"] for place in card["communities"]] == ["按时到岗，群众满意"]
    waiting = scene.checked_in("K002", accepted=False)
    answer = client.post(f"/api/v1/checkins/{waiting}/word", json=word, headers=host)
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_status")


# ---- made once


def test_cards_are_made_once_of_whoever_was_checked_in_then(frozen_clock: FrozenClock) -> None:
    (
        scene.served("K001"),
        scene.checked_in("K002"),
        scene.checked_in("K002", "QS0111"),
        scene.checked_in("K003", accepted=False),
    )
    frozen_clock.set(OCTOBER)
    make(), make()
    made = db.session.execute(select(Card.member_id, Card.home_id, Card.quarter).order_by(Card.member_id)).all()
    home = factories.organisation_id("QS0301")
    assert [tuple(row) for row in made] == [(factories.member_id(n), home, "2026-Q3") for n in ("K001", "K002")]
    make(date(2026, 7, 1))
    assert len(db.session.scalars(select(Card)).all()) == 2


def test_the_home_unit_of_the_quarters_last_day_gets_the_card(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.served("K001")
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="K001", to="QS0101", on=date(2026, 8, 12))
    frozen_clock.set(OCTOBER)
    make()
    assert db.session.scalars(select(Card.home_id)).one() == factories.organisation_id("QS0101")
    assert acknowledge(client, "home")[0] == 403
    assert acknowledge(client, "secretary") == (200, None)


def test_missed_quarters_are_made_up_for_each_once(
    app: Flask, frozen_clock: FrozenClock, periodic: Callable[..., None]
) -> None:
    assert run.HANDLERS
    periodic("service_cards", "service_remind")
    scene.served()
    schedule.ask_for_due()
    frozen_clock.set(datetime(2027, 1, 20, 1, 0, tzinfo=UTC))
    schedule.ask_for_due()
    schedule.ask_for_due()
    while base.run_next(app):
        pass
    assert list(db.session.scalars(select(Card.quarter).order_by(Card.id))) == ["2026-Q3", "2026-Q4"]
    told = select(Notice.params).join(SignIn, SignIn.id == Notice.sign_in_id).where(SignIn.name == "home")
    told = told.where(Notice.link.like("/service-cards%")).order_by(Notice.id)
    assert [row["card_period"] for row in db.session.scalars(told)] == ["2026-Q3", "2026-Q4"]
    assert db.session.scalar(select(queues.Job.id).where(queues.Job.status == "dead")) is None


# ---- acknowledged


def test_the_home_unit_acknowledges_once_the_quarter_is_over(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.served()
    assert acknowledge(client, "home") == (409, "quarter_runs")
    frozen_clock.set(OCTOBER)
    make()
    assert acknowledge(client, "home") == (200, None)
    assert acknowledge(client, "home") == (409, "acknowledged_already")
    card = client.get(f"{URL}?quarter=2026-Q3", headers=bearer("official")).json
    assert (card["acknowledged_by"], card["acknowledged_hours"]) == ("home", "2.50")


@pytest.mark.parametrize(
    ("name", "status"), [("admin", 200), ("host", 404), ("official", 403), ("overseer", 403), ("secretary", 404)]
)
def test_nobody_else_acknowledges(client: FlaskClient, frozen_clock: FrozenClock, name: str, status: int) -> None:
    scene.served()
    frozen_clock.set(OCTOBER)
    assert acknowledge(client, name)[0] == status


def test_hours_that_change_afterwards_can_be_acknowledged_anew(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    made = scene.served()
    frozen_clock.set(OCTOBER)
    assert acknowledge(client, "home") == (200, None)
    with transaction():
        records.revoke(actor=SYSTEM, at=clock.now(), record_id=made, reason="重复登记")
    card = client.get(f"{URL}?quarter=2026-Q3", headers=bearer("home")).json
    assert (card["hours"], card["acknowledged_hours"]) == ("0.00", "2.50")
    assert acknowledge(client, "home") == (200, None)


def test_without_a_check_in_there_is_no_card(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    frozen_clock.set(OCTOBER)
    assert acknowledge(client, "home") == (409, "no_card")


def test_the_cards_of_a_quarter_are_listed(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.served("K001"), scene.checked_in("K002")
    frozen_clock.set(OCTOBER)
    make()
    acknowledge(client, "home")
    url = "/api/v1/service-cards?quarter=2026-Q3"
    rows = client.get(url, headers=bearer("home")).json["items"]
    assert [(row["member"], row["hours"], row["communities"], row["acknowledged_hours"]) for row in rows] == [
        ("K001", "2.50", 1, "2.50"),
        ("K002", "0.00", 1, None),
    ]
    assert client.get(url, headers=bearer("host")).json["items"] == []
    page = client.get(f"{url}&limit=1", headers=bearer("admin")).json
    following = client.get(f"{url}&limit=1&after={page['next']}", headers=bearer("admin")).json
    assert [row["member"] for row in following["items"]] == ["K002"]
    assert client.get(f"{url}&organisation=QS03", headers=bearer("admin")).json["items"] == rows
    assert client.get(url, headers=bearer("official")).status_code == 403
