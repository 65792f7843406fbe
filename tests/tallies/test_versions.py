"""Versions of a tally: each can be read, two can be compared; entries that came after a sealed period are marked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import comparing
from pointsvc.tallies.models import Tally
from tests.conftest import FrozenClock
from tests.factories import bearer
from tests.tallies import sheets, work

API = "/api/v1"


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def get(client: FlaskClient, path: str, name: str = "admin") -> Any:
    return client.get(API + path, headers=bearer(name))


@pytest.fixture
def corrected(frozen_clock: FrozenClock) -> Tally:
    """Of version 2, M001 has another total, M002 (whose category has no grade) too, M004 another grade."""
    sheets.record("M004", "hours", "2026-07-02", quantity=Decimal(15))
    frozen_clock.advance(seconds=1)
    work.publicised("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-03")
    sheets.record("M002", "talk", "2026-07-03")
    sheets.record("M004", "award", "2026-07-03", tier="city")
    # Over the limit of its item: the sum of entries changes, the total does not.
    for day in range(1, 4):
        sheets.record("M005", "note", f"2026-07-0{day}")
    return work.tally("QS", "2026-Q3")


# ---- one version


def test_results_are_read_of_any_finished_version(client: FlaskClient, corrected: Tally) -> None:
    def totals(query: str) -> list[str | None]:
        items = get(client, f"/tallies/{corrected.id}/results?{query}").json["items"]
        return [item["total"] for item in items]

    assert totals("version=1") == ["60.00", "60.00", None, "78.00", "50.00"]
    assert totals("version=2") == totals("") == ["68.00", "68.00", None, "88.00", "51.00"]
    for version in ("0", "3", "-1", "x", "99999999999999999999"):
        answer = get(client, f"/tallies/{corrected.id}/results?version={version}")
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["version"])


# ---- two versions


def test_a_comparison_says_who_changed_and_from_what_to_what(client: FlaskClient, corrected: Tally) -> None:
    items = get(client, f"/tallies/{corrected.id}/changes").json["items"]
    assert [(item["member"], item["before_total"], item["after_total"]) for item in items] == [
        ("M005", "50.00", "51.00"),
        ("M001", "60.00", "68.00"),
        ("M004", "78.00", "88.00"),
        ("M002", "60.00", "68.00"),
    ]
    assert items[2] == {
        "member": "M004",
        "name": "单文博",
        "branch": "QS0102",
        "before_total": "78.00",
        "before_grade": "合格",
        "after_total": "88.00",
        "after_grade": "优秀",
        "joined": False,
        "gone": False,
    }
    assert comparing.count(corrected, 1, 2) == 4
    assert comparing.count(corrected, 1, 1) == 0


def test_a_comparison_comes_page_by_page_in_both_directions(client: FlaskClient, corrected: Tally) -> None:
    seen: list[Any] = []
    after = ""
    while after is not None:
        page = get(client, f"/tallies/{corrected.id}/changes?from=2&to=1&limit=3&after={after}").json
        seen += [(item["member"], item["before_total"]) for item in page["items"]]
        after = page["next"]
    assert seen == [("M005", "51.00"), ("M001", "68.00"), ("M004", "88.00"), ("M002", "68.00")]


@pytest.mark.parametrize(("query", "field"), [("from=0", "from"), ("from=3", "from"), ("to=9", "to")])
def test_versions_that_are_not_there_cannot_be_compared(
    client: FlaskClient, corrected: Tally, query: str, field: str
) -> None:
    answer = get(client, f"/tallies/{corrected.id}/changes?{query}")
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_tally_that_was_publicised_once_has_no_corrections(client: FlaskClient) -> None:
    found = work.publicised("QS", "2026-Q3")
    assert get(client, f"/tallies/{found.id}/changes").json == {"items": [], "next": None}


def test_whoever_is_in_only_one_version_is_told_apart(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    work.publicised("QS01", "2026-Q3")
    frozen_clock.advance(seconds=1)
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M004", to="QS0201", on=date(2026, 8, 1))
        people.transfer(actor=SYSTEM, at=clock.now(), number="M005", to="QS0101", on=date(2026, 8, 1))
    sheets.record("M001", "talk", "2026-07-03")
    found = work.tally("QS01", "2026-Q3")
    items = get(client, f"/tallies/{found.id}/changes").json["items"]
    assert [(item["member"], item["branch"], item["joined"], item["gone"]) for item in items] == [
        ("M005", "QS0101", True, False),
        ("M001", "QS0101", False, False),
        ("M004", "QS0102", False, True),
    ]
    assert (items[0]["before_total"], items[2]["after_total"]) == (None, None)


# ---- after the sealing


@pytest.fixture
def sealed(frozen_clock: FrozenClock) -> Tally:
    """The second quarter, sealed on 5 July."""
    frozen_clock.set(datetime(2026, 7, 5, 2, tzinfo=UTC))
    sheets.record("M001", "class", "2026-06-01")
    found = work.publicised("QS", "2026-Q2")
    work.seal(found)
    frozen_clock.advance(seconds=1)
    return found


def lines(client: FlaskClient, period: str, number: str = "M001") -> list[tuple[str, bool]]:
    found = get(client, f"/members/{number}/score?period={period}").json["lines"]
    return [(line["occurred_on"], line["adjustment"]) for line in found]


def test_what_comes_late_for_a_sealed_period_is_marked_in_the_next(
    client: FlaskClient, sealed: Tally, frozen_clock: FrozenClock
) -> None:
    late = sheets.record("M001", "talk", "2026-06-20")
    sheets.record("M001", "note", "2026-07-02")
    frozen_clock.set(datetime(2026, 10, 3, 2, tzinfo=UTC))
    assert lines(client, "2026-Q3") == [("2026-06-01", False), ("2026-06-20", True), ("2026-07-02", False)]
    found = work.tally("QS", "2026-Q3")
    items = get(client, f"/tallies/{found.id}/results").json["items"]
    assert [(item["member"], item["total"]) for item in items if item["adjusted"]] == [("M001", "71.00")]
    # The sealed result stays, and says nothing of what it does not count.
    items = get(client, f"/tallies/{sealed.id}/results").json["items"]
    assert [item["total"] for item in items[:1]] == ["62.00"]
    assert not any(item["adjusted"] for item in items)
    # Taken back late, it is an adjustment as well.
    sheets.reverse(late)
    assert lines(client, "2026-Q3")[1:3] == [("2026-06-20", True), ("2026-06-20", True)]


def test_without_a_sealed_period_nothing_is_late(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    work.publicised("QS", "2026-Q2")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-06-20")
    assert lines(client, "2026-Q3") == [("2026-06-20", False)]
    found = work.tally("QS", "2026-Q3")
    assert not any(item["adjusted"] for item in get(client, f"/tallies/{found.id}/results").json["items"])


def test_an_adjustment_is_none_in_another_cycle(client: FlaskClient, sealed: Tally, frozen_clock: FrozenClock) -> None:
    sheets.record("M001", "talk", "2026-06-20")
    frozen_clock.set(datetime(2027, 4, 3, 2, tzinfo=UTC))
    found = work.tally("QS", "2027-Q1")
    assert not any(item["adjusted"] for item in get(client, f"/tallies/{found.id}/results").json["items"])
