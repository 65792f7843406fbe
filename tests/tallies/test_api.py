"""The routes of tallies, scores, standings and previous totals, each walked like a checklist."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc.permissions import PERMISSION_MAP, Permission
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.tallies import sheets, work

API = "/api/v1"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


# ---- POST /tallies, GET /tallies/{id}


def test_a_tally_is_asked_for_and_polled(client: FlaskClient) -> None:
    body = {"organisation": "QS01", "period": "2026-Q3"}
    answer = client.post(f"{API}/tallies", json=body, headers=bearer("street"))
    assert answer.status_code == 202
    assert answer.json["status"] == "queued"
    assert answer.headers["Location"] == f"{API}/tallies/{answer.json['id']}"
    again = client.post(f"{API}/tallies", json=body, headers=bearer("street"))
    assert again.json["id"] == answer.json["id"]
    polled = get(client, f"/tallies/{answer.json['id']}")
    assert polled.json | {"requested_at": ""} == {
        "id": answer.json["id"],
        "organisation": "QS01",
        "period": "2026-Q3",
        "status": "queued",
        "version": 0,
        "through": "2026-09-30",
        "cutoff": None,
        "members": 0,
        "unreckoned": 0,
        "requested_at": "",
        "computed_at": None,
        "progress": 0,
        "size": 0,
        "error": None,
        "publication": None,
        "seal": None,
    }


def test_the_same_key_gives_the_first_answer_again(client: FlaskClient) -> None:
    headers = bearer("admin") | {"Idempotency-Key": "one"}
    body = {"organisation": "QS", "period": "2026-Q3"}
    first = client.post(f"{API}/tallies", json=body, headers=headers)
    second = client.post(f"{API}/tallies", json=body, headers=headers)
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"organisation": "QS", "period": "2026-Q5"}, 422, "period"),
        ({"organisation": "QS", "period": "2027"}, 422, "period"),
        ({"organisation": "QS"}, 422, "period"),
        ({"organisation": "QS", "period": "2026-Q3", "more": 1}, 422, "more"),
        ({"organisation": "elsewhere", "period": "2026-Q3"}, 404, None),
    ],
)
def test_a_wrong_request_is_told_its_field(client: FlaskClient, body: Any, status: int, field: str | None) -> None:
    answer = client.post(f"{API}/tallies", json=body, headers=bearer("admin"))
    assert answer.status_code == status
    assert field is None or list(answer.json["errors"]) == [field]


def test_a_strangers_tally_is_not_there(client: FlaskClient) -> None:
    body = {"organisation": "QS0101", "period": "2026-Q3"}
    assert client.post(f"{API}/tallies", json=body, headers=bearer("neighbour")).status_code == 404
    found = work.tally("QS0101", "2026-Q3")
    for name, status in (("secretary", 200), ("street", 200), ("auditor", 200), ("neighbour", 404), ("far", 404)):
        assert get(client, f"/tallies/{found.id}", name).status_code == status
        assert get(client, f"/tallies/{found.id}/results", name).status_code == status
    for path in ("/tallies/0", "/tallies/x", "/tallies/99999999999999999999/results"):
        assert get(client, path).status_code == 404
    assert [item["id"] for item in get(client, "/tallies", "neighbour").json["items"]] == []
    assert [item["id"] for item in get(client, "/tallies", "street").json["items"]] == [str(found.id)]


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_who_may_do_what(client: FlaskClient, role: Any) -> None:
    name = BY_ROLE[role]
    found = work.tally("QS0101", "2026-Q3")

    def status(permission: Permission, right: int) -> int:
        return right if role in PERMISSION_MAP[permission] else 403

    body = {"organisation": "QS0101", "period": "2026-Q3"}
    posted = client.post(f"{API}/tallies", json=body, headers=bearer(name))
    assert posted.status_code == status(Permission.TALLIES_RUN, 202)
    assert get(client, f"/tallies/{found.id}", name).status_code == status(Permission.TALLIES_READ, 200)
    assert get(client, "/members/M001/score", name).status_code == status(Permission.SCORE_READ, 200)
    assert get(client, "/standings", name).status_code == status(Permission.STANDINGS_READ, 200)
    put = client.put(
        f"{API}/members/M001/previous-total", json={"cycle": "2026-01-01", "total": "9"}, headers=bearer(name)
    )
    assert put.status_code == status(Permission.MEMBERS_MANAGE, 200)


# ---- results


def test_results_come_page_by_page_in_any_order(client: FlaskClient) -> None:
    sheets.record("M004", "talk", "2026-07-02")
    found = work.tally("QS", "2026-Q3")
    for sort, expected in (
        ("number", ["M001", "M002", "M003", "M004", "M005"]),
        ("-number", ["M005", "M004", "M003", "M002", "M001"]),
        ("-total", ["M004", "M001", "M002", "M005", "M003"]),
        ("total", ["M005", "M001", "M002", "M004", "M003"]),
        ("branch", ["M001", "M002", "M003", "M004", "M005"]),
    ):
        seen: list[str] = []
        after = ""
        while after is not None:
            page = get(client, f"/tallies/{found.id}/results?limit=2&sort={sort}&after={after}").json
            seen += [item["member"] for item in page["items"]]
            after = page["next"]
        assert seen == expected, sort
    assert get(client, f"/tallies/{found.id}/results?sort=age").status_code == 422
    assert get(client, f"/tallies/{found.id}/results?after=nowhere").status_code == 422


def test_a_result_holds_all_figures(client: FlaskClient) -> None:
    sheets.record("M001", "hours", "2026-07-02", quantity=Decimal("2.5"))
    found = work.tally("QS0101", "2026-Q3")
    assert get(client, f"/tallies/{found.id}/results").json["items"][0] == {
        "member": "M001",
        "name": "欧阳凯敏",
        "branch": "QS0101",
        "category": "regular",
        "raw": "3.00",
        "base": "60.00",
        "carried": "0.00",
        "rules": {"hours": "3.00"},
        "groups": {"study": "0.00", "serve": "3.00", "minus": "0.00"},
        "total": "63.00",
        "grade": "合格",
        "veto": False,
        "disputed": False,
        "adjusted": False,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [("branch=QS0102", ["M004"]), ("grade=合格", ["M001", "M004"]), ("find=林", ["M005"]), ("find=%25", [])],
)
def test_results_are_filtered(client: FlaskClient, query: str, expected: list[str]) -> None:
    found = work.tally("QS", "2026-Q3")
    items = get(client, f"/tallies/{found.id}/results?{query}").json["items"]
    assert [item["member"] for item in items] == expected


# ---- GET /members/{number}/score


def test_a_score_is_live_and_explained(client: FlaskClient) -> None:
    ids = [str(sheets.record("M001", "class", f"2026-07-0{day}")) for day in range(1, 5)]
    score = get(client, "/members/M001/score", "member").json
    assert {key: score[key] for key in ("raw", "base", "carried", "rules", "groups", "total", "grade", "veto")} == {
        "raw": "8.00",
        "base": "60.00",
        "carried": "0.00",
        "rules": {"class": "5.00"},
        "groups": {"study": "5.00", "serve": "0.00", "minus": "0.00"},
        "total": "65.00",
        "grade": "合格",
        "veto": False,
    }
    assert [(line["entry"], line["counted"], line["why"], line["words"]) for line in score["lines"]] == [
        (ids[0], "2.00", "counted", None),
        (ids[1], "2.00", "counted", None),
        (ids[2], "1.00", "points_cap:quarter", "第 3 次部分计分：本项每季度最多 5 分"),
        (ids[3], "0.00", "points_cap:quarter", "第 4 次未计分：本项每季度已满 5 分"),
    ]
    open_ = {item["rule"]: item["points"] for item in score["missing"]}
    assert "class" not in open_
    assert open_["note"] == "1.00"
    assert open_["talk"] == "7.00"


def test_every_reason_is_said(client: FlaskClient) -> None:
    sheets.record("M001", "note", "2026-07-01")
    sheets.record("M001", "note", "2026-07-02")
    sheets.record("M001", "award", "2026-07-03", tier="town", matter="防汛")
    sheets.record("M001", "award", "2026-07-04", tier="city", matter="防汛")
    taken = sheets.record("M001", "talk", "2026-07-05")
    sheets.reverse(taken)
    sheets.record("M001", "talk", "2026-07-06")
    sheets.record("M001", "talk", "2026-07-07")
    sheets.record("M001", "duty", "2026-07-08", points=Decimal(-8))
    sheets.record("M001", "duty", "2026-07-09", points=Decimal(-8))
    lines = get(client, "/members/M001/score").json["lines"]
    assert [(line["rule"], line["why"], line["counted"], line["words"]) for line in lines] == [
        ("note", "counted", "1.00", None),
        ("note", "times_cap:month", "0.00", "第 2 次未计分：本项每月最多计 1 次"),
        ("award", "highest_only", "0.00", "“防汛”就高不重复，只计最高的一次"),
        ("award", "counted", "10.00", None),
        ("talk", "reversed", "0.00", "已冲销，不计分"),
        ("talk", "reversal", "0.00", "冲销前一条记录，两条都不计分"),
        ("talk", "counted", "8.00", None),
        ("talk", "group_cap", "3.00", "部分计分：“学习教育”类最多 12 分"),
        ("duty", "counted", "-8.00", None),
        ("duty", "group_floor", "-2.00", "部分计分：“扣分”类最低扣到 -10 分"),
    ]


def test_whose_score_one_may_read(client: FlaskClient) -> None:
    for name, number, status in (
        ("member", "M001", 200),
        ("member", "M002", 404),
        ("secretary", "M002", 200),
        ("secretary", "M004", 404),
        ("overseer", "M005", 200),
        ("admin", "M999", 404),
    ):
        assert get(client, f"/members/{number}/score", name).status_code == status, (name, number)


@pytest.mark.parametrize(("period", "status"), [("2026-Q1", 200), ("2026", 200), ("2026-Q4", 422), ("soon", 422)])
def test_the_period_of_a_score(client: FlaskClient, period: str, status: int) -> None:
    sheets.record("M001", "talk", "2026-07-02")
    answer = get(client, f"/members/M001/score?period={period}")
    assert answer.status_code == status
    if period == "2026-Q1":
        assert (answer.json["total"], answer.json["lines"], answer.json["missing"]) == ("60.00", [], [])


def test_a_score_without_a_rule_sheet_says_so(client: FlaskClient) -> None:
    factories.organisation("XX", kind="district")
    factories.member("X1", "XX")
    answer = client.get(f"{API}/members/X1/score", headers=_foreign())
    assert (answer.status_code, answer.json["code"]) == (409, "no_scheme")


def _foreign() -> dict[str, str]:
    factories.sign_in("foreign", "district_admin", "XX")  # type: ignore[arg-type] # a role's value
    return bearer("foreign")


def test_an_exempt_member_has_no_total(client: FlaskClient) -> None:
    score = get(client, "/members/M003/score").json
    assert (score["total"], score["grade"], score["missing"]) == (None, None, [])


# ---- standings


def test_standings_share_ranks_across_pages(client: FlaskClient) -> None:
    for number in ("M001", "M002"):
        sheets.record(number, "talk", "2026-07-02")
    sheets.record("M004", "hours", "2026-07-02")
    sheets.record("M005", "hours", "2026-07-02")
    seen: list[Any] = []
    after = ""
    while after is not None:
        page = get(client, f"/standings?limit=1&after={after}").json
        seen += [(item["rank"], item["member"], item["total"]) for item in page["items"]]
        after = page["next"]
    assert seen == [(1, "M001", "68.00"), (1, "M002", "68.00"), (3, "M004", "61.20"), (4, "M005", "51.20")]


def test_standings_of_a_past_period_are_its_tally(client: FlaskClient) -> None:
    address = "/standings?organisation=QS0101&period=2026-Q2"
    assert get(client, address, "secretary").json["code"] == "no_tally"
    work.tally("QS", "2026-Q2")
    sheets.record("M001", "talk", "2026-07-02")
    items = get(client, address, "secretary").json["items"]
    assert [(item["rank"], item["member"], item["total"]) for item in items] == [
        (1, "M001", "60.00"),
        (1, "M002", "60.00"),
    ]


@pytest.mark.parametrize(
    ("query", "status"), [("period=2026-Q4", 422), ("period=x", 422), ("organisation=QS0102", 404)]
)
def test_standings_that_are_not_there(client: FlaskClient, query: str, status: int) -> None:
    assert get(client, f"/standings?{query}", "secretary").status_code == status


# ---- PUT /members/{number}/previous-total


def test_a_previous_total_is_declared_and_carried_over(client: FlaskClient) -> None:
    url = f"{API}/members/M001/previous-total"
    answer = client.put(url, json={"cycle": "2026-01-01", "total": "100.00"}, headers=bearer("secretary"))
    assert answer.json == {"member": "M001", "cycle": "2026-01-01", "total": "100.00", "source": "declared"}
    assert get(client, "/members/M001/score").json["carried"] == "33.33"
    assert get(client, "/standings").json["items"][0]["total"] == "93.33"
    client.put(url, json={"cycle": "2026-01-01", "total": "-0.50"}, headers=bearer("secretary"))
    assert get(client, "/members/M001/score").json["carried"] == "-0.17"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cycle": "2026-02-01", "total": "1"}, "cycle"),
        ({"cycle": "2026-01-02", "total": "1"}, "cycle"),
        ({"cycle": "2026-01-01"}, "total"),
        ({"cycle": "2026-01-01", "total": "1.005"}, "total"),
    ],
)
def test_a_wrong_previous_total_is_told_its_field(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.put(f"{API}/members/M001/previous-total", json=body, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_strangers_previous_total_cannot_be_set(client: FlaskClient) -> None:
    body = {"cycle": "2026-01-01", "total": "1"}
    url = f"{API}/members/M001/previous-total"
    assert client.put(url, json=body, headers=bearer("neighbour")).status_code == 404
