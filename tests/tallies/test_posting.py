"""The publicised list and the honour roll: who reads what of them, and what they never say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.people import service as people
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission
from pointsvc.tallies.models import Publication, Tally
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.tallies import sheets, work

API = "/api/v1"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()
    sheets.record("M001", "duty", "2026-07-01", points=Decimal(-8), note="会议纪要未交")
    for number in ("M004", "M005"):
        for day in range(1, 4):
            sheets.record(number, "award", f"2026-07-0{day}", tier="city")
    frozen_clock.advance(seconds=1)


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


def listed(client: FlaskClient, found: Tally, name: str, query: str = "") -> Any:
    answer = get(client, f"/tallies/{found.id}/list?{query}", name)
    return [item["member"] for item in answer.json["items"]] if answer.status_code == 200 else answer.json["code"]


# ---- the list


def test_a_line_has_a_total_and_a_grade_and_no_reason(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q3")
    answer = get(client, f"/tallies/{found.id}/list", "member")
    assert answer.json["items"][1] == {
        "member": "M001",
        "name": "欧阳凯敏",
        "branch": "QS0101",
        "total": "52.00",
        "grade": "不合格",
        "disputed": False,
    }
    assert (answer.json["organisation"], answer.json["period"]) == ("QS", "2026-Q3")
    assert answer.json["publication"]["version"] == 1
    factories.browser(client, "member")
    page = client.get(f"/tallies/{found.id}/list")
    assert page.status_code == 200
    assert "52.00" in page.text
    for text in (answer.text, page.text):
        for reason in ("交办任务", "会议纪要未交", "duty", "-8.00", "−8.00", "扣分"):
            assert reason not in text


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_every_role_but_the_system_administrator_reads_it(client: FlaskClient, role: Any) -> None:
    found = work.publicised("QS", "2026-Q3")
    right = role in PERMISSION_MAP[Permission.PUBLICITY_READ]
    for path in (f"/tallies/{found.id}/list", "/publications", "/honour-roll"):
        assert get(client, path, BY_ROLE[role]).status_code == (200 if right else 403), path


def test_each_reads_of_the_own_node_and_a_member_of_the_own_branch(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q3")
    # By name: 阿里木·江, 欧阳凯敏, 曾晓岚; never by total.
    own = ["M003", "M001", "M002"]
    for name, expected in (
        ("member", own),
        ("secretary", own),
        ("neighbour", ["M004"]),
        ("street", ["M003", "M001", "M004", "M002"]),
        ("far", ["M005"]),
        ("auditor", ["M003", "M005", "M001", "M004", "M002"]),
    ):
        assert listed(client, found, name) == expected, name
    assert listed(client, found, "admin", "branch=QS0102") == ["M004"]
    assert listed(client, found, "secretary", "branch=QS0102") == []


def test_it_comes_page_by_page(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q3")
    seen, after = [], ""
    while after is not None:
        page = get(client, f"/tallies/{found.id}/list?limit=2&after={after}").json
        seen += [item["member"] for item in page["items"]]
        after = page["next"]
    assert seen == ["M003", "M005", "M001", "M004", "M002"]


def test_a_tally_of_another_tree_is_not_there(client: FlaskClient) -> None:
    found = work.publicised("QS0102", "2026-Q3")
    for name, expected in (
        ("neighbour", ["M004"]),
        ("street", ["M004"]),
        ("admin", ["M004"]),
        ("member", "not_found"),
        ("secretary", "not_found"),
        ("far", "not_found"),
    ):
        assert listed(client, found, name) == expected, name
        shown = [item["tally"] for item in get(client, "/publications", name).json["items"]]
        assert shown == ([str(found.id)] if isinstance(expected, list) else [])


def test_before_publicity_there_is_no_list(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    found = work.tally("QS", "2026-Q3")
    for name in ("member", "secretary", "admin"):
        assert listed(client, found, name) == "not_found"
    work.publicise(found)
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    work.tally("QS", "2026-Q3")
    # The corrected version is not publicised yet: the first one is still what everybody may read.
    totals = {
        item["member"]: item["total"] for item in get(client, f"/tallies/{found.id}/list", "member").json["items"]
    }
    assert totals["M001"] == "52.00"
    work.publicise(found)
    work.seal(found)
    totals = {
        item["member"]: item["total"] for item in get(client, f"/tallies/{found.id}/list", "member").json["items"]
    }
    assert totals["M001"] == "60.00"


def test_whoever_moved_reads_where_the_own_result_stands(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q2")
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0201", on=date(2026, 8, 1))
    assert listed(client, found, "member") == ["M003", "M001", "M002"]
    assert listed(client, work.publicised("QS", "2026-Q3"), "member") == ["M005", "M001"]
    # Of a branch's own tally as well, and of one above the branch of today.
    assert listed(client, work.publicised("QS0101", "2026-Q2"), "member") == ["M003", "M001", "M002"]
    assert listed(client, work.publicised("QS02", "2026-Q2"), "member") == ["M005"]


def test_publications_come_latest_first(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    first, second = work.publicised("QS", "2026-Q2"), work.publicised("QS01", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-06-02")
    work.publicise(work.tally("QS", "2026-Q2"))
    seen, after = [], ""
    while after is not None:
        page = get(client, f"/publications?limit=1&after={after}", "member").json
        seen += [(item["tally"], item["period"], item["publication"]["version"]) for item in page["items"]]
        after = page["next"]
    assert seen == [(str(first.id), "2026-Q2", 2), (str(second.id), "2026-Q3", 1)]


# ---- the honour roll


def honoured(client: FlaskClient, query: str = "", name: str = "admin") -> Any:
    answer = get(client, f"/honour-roll?{query}", name)
    return [item["member"] for item in answer.json["items"]] if answer.status_code == 200 else answer.json["code"]


def test_the_honour_roll_has_those_of_the_best_grade_by_name_without_totals(client: FlaskClient) -> None:
    work.publicised("QS", "2026-Q3")
    answer = get(client, "/honour-roll", "admin")
    assert answer.json["items"] == [
        {"member": "M005", "name": "林小满", "branch": "QS0201", "grade": "优秀"},
        {"member": "M004", "name": "单文博", "branch": "QS0102", "grade": "优秀"},
    ]
    assert "total" not in answer.text
    assert (answer.json["period"], answer.json["version"]) == ("2026-Q3", 1)


def test_the_best_grade_is_that_of_each_rule_sheet(client: FlaskClient) -> None:
    sheets.publish("QS02", name="柳河镇积分办法", grades=[{"name": "五星", "min": "100"}, {"name": "优秀"}])
    work.publicised("QS", "2026-Q3")
    assert honoured(client) == ["M004"]
    sheets.publish("QS02", name="柳河镇积分办法", grades=[])
    work.publicised("QS02", "2026-Q2")
    assert honoured(client, "organisation=QS02&period=2026-Q2", "far") == []


def test_it_is_not_shown_before_publicity(client: FlaskClient) -> None:
    found = work.tally("QS", "2026-Q3")
    for name in ("admin", "secretary", "member"):
        assert honoured(client, name=name) == "not_publicised"
    work.publicise(found)
    assert honoured(client) == ["M005", "M004"]
    assert honoured(client, "period=2026-Q2") == "not_publicised"


def test_whose_honour_roll_one_may_read(client: FlaskClient) -> None:
    work.publicised("QS", "2026-Q3")
    for name, query, expected in (
        ("neighbour", "", ["M004"]),
        ("member", "", []),
        ("street", "", ["M004"]),
        ("street", "organisation=QS0101", []),
        ("street", "organisation=QS02", "not_found"),
        ("member", "organisation=QS0102", "not_found"),
        ("member", "organisation=QS0101", []),
    ):
        assert honoured(client, query, name) == expected, (name, query)


def test_the_latest_period_is_shown_unless_another_is_asked_for(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    work.publicised("QS", "2026-Q3")
    work.publicised("QS", "2026-Q1")
    assert get(client, "/honour-roll").json["period"] == "2026-Q3"
    assert get(client, "/honour-roll?period=2026-Q1").json["items"] == []


# ---- pages


def test_the_list_says_what_was_corrected_and_shows_its_fingerprint(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    found = work.publicised("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    sheets.record("M005", "talk", "2026-07-02")
    work.publicise(work.tally("QS", "2026-Q3"))
    with transaction():
        db.session.execute(db.update(Publication).values(root="ab" * 32))
    factories.browser(client, "member")
    page = client.get(f"/tallies/{found.id}/list").text
    assert "第 2 版" in page
    assert "更正 1 处" in page
    assert "52.00 不合格" in page
    assert "60.00 合格" in page
    assert "林小满" not in page
    assert "ab" * 32 in page


def test_a_reader_of_several_branches_chooses_one(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q3")
    factories.browser(client, "street")
    assert "曾晓岚" in client.get(f"/tallies/{found.id}/list").text
    page = client.get(f"/tallies/{found.id}/list?branch=QS0102").text
    assert "单文博" in page
    assert "曾晓岚" not in page
    assert client.get(f"/tallies/{found.id}/list?branch=QS0201").status_code == 404


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-08-15", "还剩 5 个工作日"),
        ("2026-08-20", "还剩 1 个工作日"),
        ("2026-08-21", "最后一天"),
        ("2026-08-22", "公示期已满"),
    ],
)
def test_what_is_left_is_said_in_working_days(
    client: FlaskClient, frozen_clock: FrozenClock, instant: str, words: str
) -> None:
    found = work.publicised("QS", "2026-Q3")
    frozen_clock.set(datetime.fromisoformat(instant).replace(hour=4, tzinfo=UTC))
    factories.browser(client, "secretary")
    for path in ("/publicity", f"/tallies/{found.id}/list"):
        assert words in client.get(path).text


def test_a_tally_is_publicised_by_its_page(client: FlaskClient) -> None:
    found = work.tally("QS0101", "2026-Q3")
    token = factories.browser(client, "secretary")
    assert f'action="/tallies/{found.id}/publicise"' in client.get(f"/tallies/{found.id}").text
    address = f"/tallies/{found.id}/publicise"
    for days in ("0", "x", "99"):
        assert client.post(address, data={"csrf_token": token, "days": days}).status_code == 422
    assert client.post(address, data={"csrf_token": token, "days": "3"}).status_code == 302
    page = client.get(f"/tallies/{found.id}").text
    assert "还剩 3 个工作日" in page
    assert "/publicise" not in page
    assert client.post(address, data={"csrf_token": token, "days": "3"}).status_code == 409


def test_the_tallys_page_shows_corrections_before_they_are_publicised(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    found = work.publicised("QS0101", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    factories.browser(client, "secretary")
    assert "重新汇总" in client.get(f"/tallies/{found.id}").text
    work.tally("QS0101", "2026-Q3")
    page = client.get(f"/tallies/{found.id}").text
    assert "52.00 不合格" in page
    assert "60.00 合格" in page
    older = client.get(f"/tallies/{found.id}?version=1")
    assert (older.status_code, "第 1 版" in older.text) == (200, True)
    assert client.get(f"/tallies/{found.id}?version=7").status_code == 422


def test_the_pages_have_something_to_say_when_there_is_nothing(client: FlaskClient) -> None:
    factories.browser(client, "member")
    for path in ("/publicity", "/honour-roll"):
        assert client.get(path).status_code == 200
    work.publicised("QS", "2026-Q3")
    assert "没有" in client.get("/honour-roll").text or "暂无" in client.get("/honour-roll").text
