"""What an entry is worth under a draft, on which days and for which members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.tallies import service as tallies
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.rehearsals.drafts import draft, rule, setting, total, without
from tests.tallies import sheets


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


# ---- what an entry is worth under the draft


def test_the_very_sheet_in_force_changes_nobody() -> None:
    sheets.record("M001", "class", "2026-01-10")
    sheets.record("M001", "award", "2026-02-10", tier="city", matter="m")
    sheets.record("M004", "duty", "2026-03-10", points=Decimal("-2.5"))
    sheets.reverse(sheets.record("M004", "hours", "2026-03-10", quantity=Decimal("2.5")))
    found = work.rehearse(draft())
    assert work.results(found, under_draft=False) == work.results(found, under_draft=True)
    report = found.report
    assert report is not None
    assert (report["members"], report["compared"], report["up"], report["down"], report["other_grade"]) == (
        5,
        4,
        0,
        0,
        0,
    )
    assert (report["mean_change"], report["median_change"]) == ("0.00", "0.00")
    assert report["lost"] == report["new_rules"] == report["gone_rules"] == []
    assert all(item["before"] == item["after"] for item in report["limits"])


def test_fixed_points_are_taken_times_the_quantity_half_up() -> None:
    sheets.record("M001", "hours", "2026-01-10", quantity=Decimal("2.5"))
    # 0.99 × 2.5 is 2.475.
    assert total("M001", draft(setting("hours", points="0.99"))) == ("63.00", "62.48")
    assert total("M001", draft(setting("hours", points="-0.99"))) == ("63.00", "57.52")
    assert total("M001", draft(setting("hours", points="0"))) == ("63.00", "60.00")


def test_a_tier_is_looked_up_by_its_code() -> None:
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    tiers = [{"code": "city", "name": "市级", "points": "7.5"}, {"code": "town", "name": "镇", "points": "9"}]
    assert total("M001", draft(setting("award", tiers=tiers))) == ("70.00", "67.50")


def test_a_chosen_value_is_brought_into_the_new_range() -> None:
    sheets.record("M001", "duty", "2026-01-10", points=Decimal("-8"))
    sheets.record("M004", "duty", "2026-01-10", points=Decimal("-1"))
    scheme_id = draft(setting("duty", range=["-5", "-2"]))
    assert total("M001", scheme_id) == ("52.00", "55.00")
    assert total("M004", scheme_id) == ("59.00", "58.00")


def test_what_was_taken_back_stays_so() -> None:
    for code, more in (
        ("hours", {"quantity": Decimal(3)}),
        ("duty", {"points": Decimal(-8)}),
        ("award", {"tier": "city"}),
    ):
        sheets.reverse(sheets.record("M001", code, "2026-01-10", **more))
    change = [setting("hours", points="7"), setting("duty", range=["-3", "-2"]), setting("award", highest_only=False)]
    assert total("M001", draft(lambda document: [one(document) for one in change])) == ("60.00", "60.00")


@pytest.mark.parametrize(
    ("change", "after", "reason", "tier"),
    [
        (without("award"), "60.00", "no_rule", None),
        (setting("award", tiers=[{"code": "town", "name": "镇", "points": "3"}]), "60.00", "no_tier", "city"),
        (setting("award", applies_to=["floating"]), "60.00", "not_for_category", None),
    ],
    ids=["no rule", "no tier", "not for the category"],
)
def test_what_could_not_have_been_recorded_is_listed(
    change: Callable[[dict[str, Any]], Any], after: str, reason: str, tier: str | None
) -> None:
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    sheets.reverse(sheets.record("M001", "award", "2026-01-11", tier="city", matter="n"))
    found = work.rehearse(draft(change))
    assert work.results(found, under_draft=True)["M001"][0] == after
    assert found.report is not None
    assert found.report["lost"] == [
        {"code": "award", "name": "受表彰", "tier": tier, "reason": reason, "entries": 1, "points": "10.00"}
    ]


def test_a_rule_of_another_kind_values_what_it_can() -> None:
    sheets.record("M001", "class", "2026-01-10")
    sheets.record("M001", "award", "2026-01-10", tier="city", matter="m")
    fixed = {"code": "award", "group": "serve", "name": "受表彰", "points": "4"}

    def change(document: dict[str, Any]) -> None:
        document["rules"][document["rules"].index(rule(document, "award"))] = fixed
        document["rules"][0] = {"code": "class", "group": "study", "name": "集中学习", "range": ["3", "5"]}

    assert total("M001", draft(change)) == ("72.00", "67.00")


def test_new_rules_have_no_data_and_are_listed() -> None:
    def change(document: dict[str, Any]) -> None:
        document["rules"].append({"code": "brandnew", "group": "serve", "name": "新细则", "points": "5"})
        document["rules"].remove(rule(document, "note"))

    found = work.rehearse(draft(change))
    assert found.report is not None
    assert found.report["new_rules"] == [{"code": "brandnew", "name": "新细则"}]
    assert found.report["gone_rules"] == [{"code": "note", "name": "学习笔记"}]
    assert found.report["up"] == found.report["down"] == 0


# ---- which days, which members


def test_only_what_was_known_and_lies_in_the_cycle_counts() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    sheets.record("M001", "hours", "2026-05-10", quantity=Decimal(10))
    scheme_id = draft(setting("talk", points="5"))
    assert total("M001", scheme_id, period="2026-Q1") == ("68.00", "65.00")
    assert total("M001", scheme_id, period="2026-H1") == ("80.00", "77.00")
    assert total("M001", scheme_id, cycle=date(2026, 1, 1)) == ("80.00", "77.00")


def test_a_draft_whose_year_begins_elsewhere_is_tried_on_the_same_days() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    found = work.rehearse(draft(lambda document: document["cycle"].update(starts_month=7)), period="2026-Q3")
    assert (found.starts_on, found.through_on) == (date(2026, 1, 1), date(2026, 9, 30))
    assert work.results(found, under_draft=True)["M001"][0] == "68.00"


def test_carry_over_is_reckoned_by_each_sheets_own_share() -> None:
    with transaction():
        tallies.set_previous_total(
            actor=factories.SYSTEM, at=clock.now(), member="M001", cycle=date(2026, 1, 1), total=Decimal("80")
        )
    assert total("M001", draft(lambda document: document.update(carry_over="0.2"))) == ("86.67", "76.00")


def test_those_with_a_nearer_sheet_stay_apart() -> None:
    sheets.publish("QS01")
    found = work.rehearse(draft())
    assert set(work.results(found, under_draft=True)) == {"M005"}
    assert (found.members, found.apart) == (1, 4)
    of_street = work.rehearse(draft(organisation="QS01"))
    assert set(work.results(of_street, under_draft=False)) == {"M001", "M002", "M003", "M004"}
    assert of_street.in_force_id != found.in_force_id
