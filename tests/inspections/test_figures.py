"""N22, N23 and I13: units that were inspected beside those that were drawn, and what became of findings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.inspections import figures
from tests import factories
from tests.conftest import FrozenClock
from tests.inspections import scene

OFFICE = (("机关", "QSJ"), ("机关", "QSJ01"))


@pytest.fixture
def plan(app: Flask, frozen_clock: FrozenClock) -> int:
    """A township, a street's branch, a committee of offices and a branch of it have been drawn."""
    scene.district()
    factories.organisation("QSJ", "青石区直机关工委", "office", "QS")
    factories.organisation("QSJ01", "区财政局党支部", "branch", "QSJ")
    return scene.plan(drawn=(*scene.DRAWN, *OFFICE))


def test_drawn_is_not_inspected(plan: int) -> None:
    scene.opened(plan, "QS02")
    scene.answered(scene.opened(plan, "QSJ01"))
    found = figures.of_plan(plan, clock.today())
    assert (found.drawn, found.inspected, found.findings) == (4, 0, 0)
    assert (found.drawn_towns, found.towns, found.drawn_offices, found.offices) == (1, 0, 2, 0)
    scene.answered(scene.opened(plan, "QS02"))
    for unit in ("QS02", "QSJ01"):
        scene.signed(scene.opened(plan, unit))
    found = figures.of_plan(plan, clock.today())
    assert (found.inspected, found.towns, found.offices, found.findings) == (2, 1, 1, 2)


def test_what_became_of_findings(plan: int, frozen_clock: FrozenClock) -> None:
    first, second = scene.settled(plan), scene.settled(plan, "QS02", "far")
    assert figures.of_plan(plan, clock.today()).rate is None
    done, late = scene.ordered(first, days=5), scene.ordered(second, days=5)
    scene.rechecked(scene.replied(done))
    frozen_clock.advance(days=10)
    found = figures.of_plan(plan, clock.today())
    assert (found.findings, found.ordered, found.rectified, found.overdue, found.rate) == (2, 2, 1, 1, 50)
    scene.rechecked(late, "fail", words="逾期未整改")
    found = figures.of_plan(plan, clock.today())
    assert (found.rectified, found.overdue, found.rate) == (1, 0, 50)


def test_a_finding_that_was_taken_back_counts_for_nothing(plan: int) -> None:
    number = scene.opened(plan)
    scene.answered(number)
    scene.answered(number, {"item": "meetings", "answer": "conforms"})
    scene.signed(number)
    found = figures.of_plan(plan, clock.today())
    assert (found.inspected, found.findings) == (1, 0)


def test_of_a_window_each_unit_counts_once_whatever_the_plans(plan: int, frozen_clock: FrozenClock) -> None:
    scene.settled(plan, "QS02", "far")
    again = scene.plan("DC-2026-04", drawn=(("乡镇", "QS02"),))
    scene.settled(again, "QS02", "far")
    frozen_clock.set(datetime(2026, 10, 9, 2, tzinfo=UTC))
    later = scene.plan("DC-2026-05", drawn=(("街道", "QS01"),))
    scene.settled(later, "QS01", "street")
    top = factories.organisation_id("QS")

    def window(first: date, behind: date) -> figures.Figures:
        begins, ends = (clock.begins(one) for one in (first, behind))
        return figures.in_window(top, begins, ends, clock.today())

    third = window(date(2026, 7, 1), date(2026, 10, 1))
    assert (third.towns, third.inspected, third.findings, third.drawn) == (1, 1, 2, 4)
    fourth = window(date(2026, 10, 1), date(2027, 1, 1))
    assert (fourth.towns, fourth.drawn_towns, fourth.drawn) == (1, 1, 1)
    elsewhere = figures.in_window(
        factories.organisation_id("QS02"), clock.begins(date(2026, 1, 1)), clock.begins(date(2027, 1, 1)), clock.today()
    )
    assert (elsewhere.drawn, elsewhere.inspected) == (0, 0)
