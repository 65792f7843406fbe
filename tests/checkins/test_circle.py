"""The fifteen-minute circle: public to read, entered by the community, with no person's number."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.db import db, transaction
from pointsvc.lists.models import Item, ListSet
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.factories import AT, bearer, browser

URL = "/api/v1/service-points"
CIRCLE = "/api/v1/communities/QS0110/circle"
BODY = {
    "community": "QS0110",
    "name": "清泉社区卫生服务站",
    "kind": "医疗卫生",
    "place": "泉北路 12 号",
    "opening": "周一至周六 8:00—18:00",
    "phone": "0000-2345678",
    "minutes": 6,
}


@pytest.fixture(autouse=True)
def _scene(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    scene.district()


def item(side: str, status: str = "open", organisation: str = "QS0110", **more: Any) -> int:
    """A line of the exchange lists."""
    with transaction():
        exchange = db.session.scalar(select(ListSet).where(ListSet.code == "circle")) or _set()
        exchange.last_number += 1
        made = Item(
            set_id=exchange.id,
            list={"need": "needs", "offer": "resources"}[side],
            life="exchange",
            side=side,
            number=exchange.last_number,
            organisation_id=factories.organisation_id(organisation),
            title="共享会议室",
            place="区水务局一楼",
            status=status,
            source="unit",
            opened_at=AT,
            **more,
        )
        db.session.add(made)
    return made.id


def _set() -> ListSet:
    made = ListSet(
        organisation_id=factories.organisation_id("QS"),
        code="circle",
        name="需求、资源、项目三张清单",
        life="exchange",
        lists=[],
        links=[],
        template="exchange",
        confidential=False,
        last_number=0,
        created_at=AT,
    )
    db.session.add(made)
    db.session.flush()
    return made


def test_everybody_reads_the_circle_without_signing_in(client: FlaskClient) -> None:
    made = client.post(URL, json=BODY, headers=bearer("host"))
    assert made.status_code == 201
    client.post(URL, json={**BODY, "name": "南巷老年食堂", "kind": "养老助餐", "minutes": 3}, headers=bearer("host"))
    answer = client.get(CIRCLE).json
    assert [(point["name"], point["minutes"]) for point in answer["points"]] == [("南巷老年食堂", 3), (BODY["name"], 6)]
    assert answer["requests"] == {"all": 0, "answered": 0, "overdue": 0}
    assert [point["name"] for point in client.get(f"{CIRCLE}?minutes=5").json["points"]] == ["南巷老年食堂"]
    assert [point["name"] for point in client.get(f"{CIRCLE}?kind=医疗卫生").json["points"]] == [BODY["name"]]
    assert client.get("/api/v1/communities/QS0111/circle").json["points"] == []
    assert client.get("/api/v1/communities/QS0101/circle").status_code == 404
    assert client.get(f"{CIRCLE}?minutes=99").status_code == 422


@pytest.mark.parametrize(
    ("name", "status"),
    [("host", 201), ("street", 201), ("other", 404), ("home", 404), ("official", 403), ("overseer", 403)],
)
def test_the_community_enters_what_serves_it(client: FlaskClient, name: str, status: int) -> None:
    assert client.post(URL, json=BODY, headers=bearer(name)).status_code == status


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"phone": "13800001234"}, "phone"),
        ({"place": "找王老师 138 0000 1234"}, "place"),
        ({"minutes": 16}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"kind": "娱乐"}, "kind"),
        ({"opening": ""}, "opening"),
        ({"item": "404404"}, "item"),
    ],
)
def test_what_is_wrong_is_named(client: FlaskClient, more: dict[str, Any], field: str) -> None:
    answer = client.post(URL, json={**BODY, **more}, headers=bearer("host"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_point_is_amended_and_shown_no_more(client: FlaskClient) -> None:
    made = client.post(URL, json=BODY, headers=bearer("host")).json["id"]
    host = bearer("host")
    assert client.patch(f"{URL}/{made}", json={"minutes": 9}, headers=host).json["minutes"] == 9
    assert client.patch(f"{URL}/{made}", json={"phone": "13800001234"}, headers=host).status_code == 422
    assert client.patch(f"{URL}/{made}", json={"minutes": 9}, headers=bearer("other")).status_code == 404
    assert client.post(f"{URL}/{made}/close", headers=bearer("other")).status_code == 404
    assert client.post(f"{URL}/{made}/close", headers=host).status_code == 204
    assert client.post(f"{URL}/{made}/close", headers=host).status_code == 404
    assert client.get(CIRCLE).json["points"] == []


def test_a_resource_of_the_lists_is_a_point_once_while_it_is_offered(client: FlaskClient) -> None:
    offer = item("offer", organisation="QS0301")
    host = bearer("host")
    body = {**BODY, "item": str(offer), "kind": "其他服务"}
    assert client.post(URL, json=body, headers=host).status_code == 201
    assert client.post(URL, json=body, headers=host).status_code == 422
    assert [point["unit"] for point in client.get(CIRCLE).json["points"]] == ["区水务局党支部"]
    with transaction():
        db.session.get_one(Item, offer).ended_at = datetime(2026, 8, 10, tzinfo=UTC)
    assert client.get(CIRCLE).json["points"] == []


def test_requests_are_counted_as_answered_or_overdue(client: FlaskClient) -> None:
    item("need", due_on=date(2026, 8, 1)), item("need", "confirmed", due_on=date(2026, 8, 1)), item("need")
    item("need", "withdrawn"), item("need", organisation="QS0111"), item("offer")
    assert client.get(CIRCLE).json["requests"] == {"all": 3, "answered": 1, "overdue": 1}


def test_the_public_page_asks_nobody_else_for_anything(client: FlaskClient) -> None:
    client.post(URL, json=BODY, headers=bearer("host"))
    page = client.get("/circle/QS0110")
    assert page.status_code == 200
    assert BODY["name"] in page.text
    assert "0000-2345678" in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "清泉社区党委" in client.get("/circle").text
    assert client.get("/circle/QS0101").status_code == 404


def test_the_community_enters_a_resource_by_its_form(client: FlaskClient) -> None:
    offer = item("offer", organisation="QS0301")
    csrf = browser(client, "host")
    page = client.get(f"/circle/QS0110/new?item={offer}")
    assert 'value="共享会议室"' in page.text
    form = {**BODY, "item": str(offer), "kind": "其他服务", "csrf_token": csrf}
    wrong = client.post("/circle/QS0110/new", data={**form, "minutes": "远"})
    assert wrong.status_code == 422
    assert client.post("/circle/QS0110/new", data=form).status_code == 302
    made = client.get(CIRCLE).json["points"][0]["id"]
    assert client.get(f"/circle/points/{made}").status_code == 200
    assert client.post(f"/circle/points/{made}", data={**form, "minutes": "2"}).status_code == 302
    assert client.get(CIRCLE).json["points"][0]["minutes"] == 2
    assert client.post(f"/circle/points/{made}/close", data=form).status_code == 302
    assert client.get(CIRCLE).json["points"] == []
