"""The day on which the units of an announced check are told: in programs, in the form, and on the plan's page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.spotchecks import service
from tests import factories
from tests.conftest import FrozenClock
from tests.notices import reminded
from tests.spotchecks import scene
from tests.spotchecks.scene import get, post, put
from tests.spotchecks.vector import DIGITS

PLAN = {"plan": "DC-2026-11", "title": "四季度抽查", "due_on": "2026-09-30"}
DAY = "2026-09-15"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()


def test_a_plan_has_it_or_none(client: FlaskClient) -> None:
    made = post(client, "/spot-checks", {**PLAN, "notice_on": DAY}).json
    assert made["notice_on"] == DAY
    path = f"/spot-checks/{made['id']}"
    assert put(client, path, {"notice_on": None}).json["notice_on"] is None
    assert put(client, path, {"notice_on": "2026-09-30"}).json["notice_on"] == "2026-09-30"
    assert get(client, path).json["notice_on"] == "2026-09-30"
    assert post(client, "/spot-checks", {**PLAN, "plan": "DC-2"}).json["notice_on"] is None


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ({"notice_on": "2026-08-14"}, "notice_on"),
        ({"notice_on": "2026-10-01"}, "notice_on"),
        ({"notice_on": "soon"}, "notice_on"),
        ({"notice_on": DAY, "announced": False}, "notice_on"),
        ({"notice_on": DAY, "due_on": "2026-09-01"}, "notice_on"),
        ({"notice_on": "2026-08-14", "due_on": "2026-08-14"}, "due_on"),
    ],
)
def test_a_wrong_day_is_told_its_field(client: FlaskClient, head: Any, field: str) -> None:
    answer = post(client, "/spot-checks", {**PLAN, **head})
    assert (answer.status_code, field in answer.json["errors"]) == (422, True)


@pytest.mark.parametrize("head", [{"due_on": "2026-09-01"}, {"announced": False}])
def test_what_is_changed_later_must_fit_it_too(client: FlaskClient, head: Any) -> None:
    number = scene.planned(notice_on=date(2026, 9, 15))
    answer = put(client, f"/spot-checks/{number}", head)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["notice_on"])
    assert put(client, f"/spot-checks/{number}", {**head, "notice_on": None}).status_code == 200


def test_a_frozen_plan_keeps_it(client: FlaskClient) -> None:
    number = scene.frozen(notice_on=date(2026, 9, 15))
    answer = put(client, f"/spot-checks/{number}", {"notice_on": None})
    assert (answer.status_code, answer.json["code"]) == (409, "not_draft")


def test_the_form_takes_it_and_gives_it_up(client: FlaskClient) -> None:
    token = factories.browser(client, "overseer")
    number = scene.planned()
    path = f"/spot-checks/{number}/head"
    form = {"csrf_token": token, "title": "四季度抽查", "announced": "yes", "due_on": "2026-09-30", "notice_on": DAY}
    assert client.post(path, data=form).status_code == 302
    assert scene.row(number).notice_on == date(2026, 9, 15)
    assert f'value="{DAY}"' in client.get(path).text
    wrong = client.post(path, data={**form, "notice_on": "2026-10-01"})
    assert (wrong.status_code, 'id="notice_on-error"' in wrong.text) == (422, True)
    assert client.post(path, data={**form, "notice_on": ""}).status_code == 302
    assert scene.row(number).notice_on is None


def told(client: FlaskClient, number: int) -> str:
    """What the plan's page says of it."""
    page = client.get(f"/spot-checks/{number}").text
    return page.split("<dt>通知抽中单位</dt>")[1].split("</dd>")[0]


def test_the_page_says_when_the_units_are_told_or_were(
    app: Flask, client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    factories.browser(client, "overseer")
    entries = scene.framing.Part("积分条目", kind="entry", n=1, units=[("1", None)])
    assert "<dt>通知抽中单位</dt>" not in client.get(f"/spot-checks/{scene.planned('DC-0', entries)}").text
    assert "抽取后立即通知" in told(client, scene.planned("DC-1"))
    assert "检查人员到达后逐个通知" in told(client, scene.planned("DC-2", announced=False))
    part = scene.framing.Part("支部", n=1, units=[("QS0101", None)])
    number = scene.frozen("DC-3", part, notice_on=date(2026, 9, 15))
    assert "2026年9月15日 08:00" in told(client, number)
    scene.do(service.draw, number, digits=DIGITS)
    assert "已通知" not in told(client, number)
    reminded.on(app, frozen_clock, date(2026, 9, 15), f"spot_check:{number}")
    factories.browser(client, "overseer")
    assert "已通知" in told(client, number)
