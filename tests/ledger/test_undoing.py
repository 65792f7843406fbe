"""One step back after recording points: own, by hand, within the hour."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc.db import db
from pointsvc.ledger.models import Entry
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.schemes.sheets import ruled_district


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


def recorded(client: FlaskClient, csrf: str, *members: str) -> str:
    """The page after recording two hours of service for these members."""
    form = {"rule": "volunteer", "occurred_on": "2026-08-03", "quantity": "2", "csrf_token": csrf, "key": "once"}
    answer = client.post("/entries/new", data={**form, "member": list(members)}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def undo_of(page: str) -> list[str]:
    """The entries that the page offers to take back."""
    form = page.split('action="/entries/undo"')[1].split("</form>")[0]
    return re.findall(r'name="entry" value="(\d+)"', form)


def reversals() -> int:
    return db.session.scalar(db.select(db.func.count()).select_from(Entry).where(Entry.source == "reversal")) or 0


def undo(client: FlaskClient, csrf: str, ids: list[str]) -> int:
    return client.post("/entries/undo", data={"entry": ids, "csrf_token": csrf}).status_code


def test_several_are_undone_in_one_go_and_stay_to_be_seen(client: FlaskClient) -> None:
    csrf = factories.browser(client, "secretary")
    ids = undo_of(recorded(client, csrf, "M001", "M002"))
    assert len(ids) == 2
    answer = client.post("/entries/undo", data={"entry": ids, "csrf_token": csrf}, follow_redirects=True)
    assert "已撤回 2 条积分记录。" in answer.text
    assert reversals() == 2
    assert "登记有误，当即撤回" in client.get("/members/M001").text
    assert undo(client, csrf, ids) == 409
    assert reversals() == 2


def test_the_offer_is_made_once(client: FlaskClient) -> None:
    csrf = factories.browser(client, "secretary")
    assert "/entries/undo" in recorded(client, csrf, "M001")
    assert "/entries/undo" not in client.get("/members/M001").text


def test_after_an_hour_a_reason_is_wanted(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    csrf = factories.browser(client, "secretary")
    ids = undo_of(recorded(client, csrf, "M001"))
    frozen_clock.instant += timedelta(minutes=61)
    assert undo(client, factories.browser(client, "secretary"), ids) == 409
    assert reversals() == 0


@pytest.mark.parametrize(("name", "status"), [("neighbour", 409), ("admin", 409), ("member", 403), ("auditor", 403)])
def test_nobody_undoes_what_another_recorded(client: FlaskClient, name: str, status: int) -> None:
    ids = undo_of(recorded(client, factories.browser(client, "secretary"), "M001"))
    other = client.application.test_client()
    assert undo(other, factories.browser(other, name), ids) == status
    assert reversals() == 0


@pytest.mark.parametrize("ids", [[], ["999999"], ["x"]])
def test_what_is_not_there_is_not_undone(client: FlaskClient, ids: list[str]) -> None:
    assert undo(client, factories.browser(client, "secretary"), ids) in (404, 409)


def test_what_came_from_a_meeting_is_changed_there(client: FlaskClient) -> None:
    body = {"organisation": "QS0101", "kind": "主题党日", "held_on": "2026-08-05"}
    meeting = client.post("/api/v1/meetings", json=body, headers=bearer("secretary")).json["id"]
    csrf = factories.browser(client, "secretary")
    answer = client.post(f"/meetings/{meeting}/marks", data={"mark-M001": "present", "csrf_token": csrf})
    assert answer.status_code == 302, answer.text
    (entry,) = db.session.scalars(db.select(Entry.id)).all()
    assert undo(client, csrf, [str(entry)]) == 409


def test_the_rules_used_last_stand_first(client: FlaskClient) -> None:
    csrf = factories.browser(client, "secretary")
    assert "最近使用" not in client.get("/entries/new").text
    recorded(client, csrf, "M001")
    page = client.get("/entries/new").text
    assert "rule=volunteer" in page.split("最近使用")[1].split("</section>")[0]
