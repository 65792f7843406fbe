"""Members in the order of their totals: only where role and setting allow it, on every surface."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import lives, settings
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM, Role
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.tallies import sheets, work

API = "/api/v1"
LEADERS = (Role.DISTRICT_ADMIN, Role.SUPERVISOR, Role.SECRETARY, Role.AUDITOR)


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()
    sheets.record("M004", "talk", "2026-07-02")
    for number in ("M001", "M002", "M005"):
        sheets.record(number, "note", "2026-07-02")


def decide(organisation: str, value: str | None) -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation=organisation, name="order_shown_to", value=value)


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


def standing(client: FlaskClient, query: str = "", name: str = "admin") -> Any:
    answer = get(client, f"/standings?{query}", name)
    return [item["member"] for item in answer.json["items"]] if answer.status_code == 200 else answer.json["code"]


@pytest.mark.parametrize("role", list(BY_ROLE))
@pytest.mark.parametrize("shown_to", ["nobody", "leaders", "members"])
def test_role_and_setting_must_both_allow_it(client: FlaskClient, role: Role, shown_to: str) -> None:
    decide("QS", shown_to)
    allowed = (role in LEADERS and shown_to != "nobody") or (role == Role.MEMBER and shown_to == "members")
    answer = get(client, "/standings", BY_ROLE[role])
    if role == Role.SYSTEM_ADMIN:
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    elif allowed:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json["code"]) == (403, "order_not_shown")
        assert "青石区委" in answer.json["detail"] or "松岭街道" in answer.json["detail"]


def test_a_member_sees_only_the_own_branch_in_order(client: FlaskClient) -> None:
    decide("QS", "members")
    assert standing(client, name="member") == ["M001", "M002"]
    assert standing(client, "organisation=QS0101", "member") == ["M001", "M002"]
    for code in ("QS", "QS01", "QS0102", "nowhere"):
        assert standing(client, f"organisation={code}", "member") == "not_found"
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=clock.today())
    assert standing(client, "organisation=QS0101", "member") == "not_found"
    assert standing(client, name="member") == ["M004", "M001"]


def test_a_branch_that_has_decided_against_it_is_left_out_of_the_lists_above(client: FlaskClient) -> None:
    assert standing(client) == ["M004", "M001", "M002", "M005"]
    decide("QS01", "nobody")
    assert standing(client) == ["M005"]
    assert standing(client, "organisation=QS0102") == "order_not_shown"
    decide("QS0102", "leaders")
    assert standing(client) == ["M004", "M005"]
    assert standing(client, "organisation=QS0102", "neighbour") == ["M004"]
    assert standing(client, "organisation=QS01", "street") == "order_not_shown"


def test_a_past_periods_standings_ask_too(client: FlaskClient) -> None:
    work.tally("QS", "2026-Q2")
    address = "organisation=QS01&period=2026-Q2"
    assert standing(client, address, "street") == ["M001", "M002", "M004"]
    decide("QS0101", "nobody")
    assert standing(client, address, "street") == ["M004"]


@pytest.mark.parametrize("sort", ["total", "-total"])
def test_results_are_sorted_by_total_only_where_an_order_is_shown(client: FlaskClient, sort: str) -> None:
    found = work.tally("QS", "2026-Q3")
    address = f"/tallies/{found.id}/results"
    assert len(get(client, f"{address}?sort={sort}").json["items"]) == 5
    decide("QS01", "nobody")
    assert [item["member"] for item in get(client, f"{address}?sort={sort}").json["items"]] == ["M005"]
    decide("QS", "nobody")
    answer = get(client, f"{address}?sort={sort}")
    assert (answer.status_code, answer.json["code"]) == (403, "order_not_shown")
    for other in ("number", "-name", "branch"):
        assert len(get(client, f"{address}?sort={other}").json["items"]) == 5


def test_nobody_sorts_by_total_without_having_asked() -> None:
    found = work.tally("QS", "2026-Q3")
    with pytest.raises(ValueError, match="order"):
        tallies.results(tally=found, asked=Asked(sort="total"))


def test_the_pages_keep_to_it(client: FlaskClient) -> None:
    found = work.tally("QS", "2026-Q3")
    factories.browser(client, "admin")
    assert "sort=-total" in client.get(f"/tallies/{found.id}").text
    assert client.get("/standings").status_code == 200
    decide("QS", "nobody")
    page = client.get(f"/tallies/{found.id}")
    assert (page.status_code, "sort=-total" in page.text) == (200, False)
    assert client.get(f"/tallies/{found.id}?sort=-total").status_code == 403
    refused = client.get("/standings")
    assert refused.status_code == 403
    assert "青石区委" in refused.text


def test_publicity_leads_to_an_order_only_where_there_is_one(client: FlaskClient) -> None:
    for shown_to, name, led in (
        ("leaders", "secretary", True),
        ("leaders", "member", False),
        ("members", "member", True),
        ("nobody", "secretary", False),
    ):
        decide("QS", shown_to)
        other = client.application.test_client()
        factories.browser(other, name)
        assert ('href="/standings"' in other.get("/publicity").text) is led, (shown_to, name)
        assert (other.get("/standings").status_code == 200) is led, (shown_to, name)


def test_publicity_opens_for_a_member_between_two_branches(client: FlaskClient) -> None:
    with transaction():
        lives.release(actor=SYSTEM, at=clock.now(), number="M001", on=clock.today())
    factories.browser(client, "member")
    page = client.get("/publicity")
    assert (page.status_code, 'href="/standings"' in page.text) == (200, False)


def test_a_members_page_of_standings_leads_to_nobodys_score(client: FlaskClient) -> None:
    decide("QS", "members")
    factories.browser(client, "member")
    page = client.get("/standings?sort=-total")
    assert page.status_code == 200
    assert "曾晓岚" in page.text
    assert "/score?" not in page.text
    assert "单文博" not in page.text


def test_ties_share_a_place_on_every_page(client: FlaskClient) -> None:
    decide("QS", "members")
    items = get(client, "/standings", "member").json["items"]
    assert [(item["rank"], item["total"]) for item in items] == [(1, "61.00"), (1, "61.00")]
