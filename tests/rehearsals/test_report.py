"""The report of a rehearsal: grades, limits, who gains and who loses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from pointsvc.rehearsals import service as rehearsals
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.rehearsals.drafts import draft, rule, setting
from tests.tallies import sheets


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


# ---- the report


def test_grades_before_and_after_stand_in_a_matrix() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(20))
    sheets.record("M004", "duty", "2026-01-10", points=Decimal(-1))
    change = lambda document: document.update(base={"default": "50", "by_category": {"floating": "50"}})  # noqa: E731 - short
    found = work.rehearse(draft(change), actor=factories.actor("admin"))
    report = found.report
    assert report is not None
    # M001 84 → 74, M002 60 → 50 (not graded), M003 is not scored, M004 59 → 49, M005 50 → 50.
    assert report["matrix"] == [
        {"before": None, "after": None, "members": 2},
        {"before": "不合格", "after": "不合格", "members": 2},
        {"before": "优秀", "after": "合格", "members": 1},
    ]
    assert (report["compared"], report["up"], report["down"], report["other_grade"]) == (4, 0, 3, 1)
    assert (report["mean_change"], report["median_change"]) == ("-7.50", "-10.00")
    [row] = rehearsals.changed(rehearsal=found, limit=10)
    assert (row["number"], row["branch"], row["grade_before"], row["grade_after"]) == ("M001", "QS0101", "优秀", "合格")
    assert (row["total_before"], row["total_after"]) == (Decimal("84.00"), Decimal("74.00"))
    assert rehearsals.changed(rehearsal=found, limit=10, after="M001") == []


def test_who_begins_or_ceases_to_be_scored_is_counted_apart() -> None:
    found = work.rehearse(draft(lambda document: document.update(exempt=["floating", "probationary"])))
    report = found.report
    assert report is not None
    assert (report["compared"], report["newly_scored"], report["no_longer_scored"]) == (2, 1, 2)


def test_each_limit_says_for_how_many_it_held_how_much_back() -> None:
    for day in ("2026-01-10", "2026-01-11", "2026-02-10"):
        sheets.record("M001", "class", day)
    for day in ("2026-01-10", "2026-01-20"):
        sheets.record("M001", "note", day)
        sheets.record("M002", "note", day)
    sheets.record("M001", "talk", "2026-03-10")
    for tier in ("town", "city"):
        sheets.record("M001", "award", "2026-03-10", tier=tier, matter="m")
    for day in ("2026-03-10", "2026-03-11"):
        sheets.record("M004", "duty", day, points=Decimal(-8))
    # One who is not scored is not counted.
    for day in ("2026-01-10", "2026-01-11", "2026-02-10"):
        sheets.record("M003", "class", day)

    def change(document: dict[str, Any]) -> None:
        rule(document, "class")["caps"] = [{"per": "quarter", "points": "4"}, {"per": "year", "points": "3"}]
        rule(document, "note")["caps"] = []
        document["groups"][0]["cap"] = "20"
        del document["groups"][2]["floor"]

    found = work.rehearse(draft(change))
    side = {"members": 1, "points": "1.00"}
    # Classes come to 6: the quarter lets 5 through, the draft's quarter 4 and its year 3.
    points = [item for item in found.report["limits"] if item["kind"] == "points"]  # type: ignore[index] # it is done
    assert [(item["code"], item["before"], item["after"]) for item in points] == [
        (
            "class",
            {"limit": "5", "per": "quarter", **side},
            {"limit": "4", "per": "quarter", "members": 1, "points": "2.00"},
        ),
        ("class", None, {"limit": "3", "per": "year", **side}),
    ]
    assert work.limit(found, "times", "note")["before"] == {
        "limit": "1",
        "per": "month",
        "members": 2,
        "points": "2.00",
    }
    assert work.limit(found, "times", "note")["after"] is None
    assert work.limit(found, "highest_only", "award")["before"] == {
        "limit": "",
        "per": "",
        "members": 1,
        "points": "3.00",
    }
    # 5 + 1 + 8 is 14, and the group lets 12 through; in the draft 3 + 2 + 8 is 13, and it lets 20 through.
    assert work.limit(found, "cap", "study")["before"] == {"limit": "12", "per": "", "members": 1, "points": "2.00"}
    assert work.limit(found, "cap", "study")["after"] == {"limit": "20", "per": "", "members": 0, "points": "0.00"}
    # 16 were taken off, the floor lets 10.
    assert work.limit(found, "floor", "minus")["before"] == {"limit": "-10", "per": "", "members": 1, "points": "6.00"}
    assert work.limit(found, "floor", "minus")["after"] is None


def test_the_ends_of_the_total_are_counted_and_a_veto_is_none_of_them() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal(25))
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="a")
    sheets.record("M004", "crime", "2026-01-10")
    found = work.rehearse(draft(lambda document: document.update(ceiling="80", floor="55")))
    assert work.limit(found, "total_ceiling")["before"] == {"limit": "120", "per": "", "members": 0, "points": "0.00"}
    assert work.limit(found, "total_ceiling")["after"] == {"limit": "80", "per": "", "members": 1, "points": "10.00"}
    # M005 has 50; M004's total is 0 by the veto.
    assert work.limit(found, "total_floor")["after"] == {"limit": "55", "per": "", "members": 1, "points": "5.00"}
    assert found.report is not None
    assert (found.report["vetoes_before"], found.report["vetoes_after"]) == (1, 1)
    assert work.results(found, under_draft=True)["M004"] == ("0.00", "不合格")


def test_who_gains_and_who_loses_is_told_by_kinds_of_members() -> None:
    factories.member("M006", "QS0101", joined_on=date(1970, 7, 1))
    factories.member("M007", "QS02", joined_on=date(2020, 12, 31))
    sheets.record("M006", "talk", "2026-08-10")
    found = work.rehearse(draft(setting("talk", points="4")), period="2026-Q3")
    by = found.report["by"]  # type: ignore[index] # it is done
    assert {item["key"]: item["members"] for item in by["category"]} == {"floating": 1, "probationary": 1, "regular": 4}
    assert [(item["key"], item["members"], item["down"]) for item in by["years"]] == [
        (5, 1, 0),
        (50, 1, 1),
        (None, 4, 0),
    ]
    assert {item["key"]: item["members"] for item in by["kind"]} == {"street": 4, "township": 2}
    first = next(item for item in by["branch"] if item["key"] == "QS0101")
    assert first == {
        "key": "QS0101",
        "name": "松岭街道第一党支部",
        "members": 3,
        "mean_before": "62.67",
        "mean_after": "61.33",
        "mean_change": "-1.33",
        "up": 0,
        "down": 1,
    }
