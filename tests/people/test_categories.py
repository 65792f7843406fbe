"""A member's dated category."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Forbidden, Invalid, NotFound
from pointsvc.people import reach
from pointsvc.people import service as people
from pointsvc.people.models import MemberCategory
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock

TODAY = date(2026, 8, 15)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def set_category(category: str, on: date = TODAY, *, name: str = "secretary", number: str = "M002") -> None:
    actor = factories.actor(name)
    with transaction():
        people.set_category(actor=actor, at=clock.now(), number=number, category=category, on=on)


def test_a_category_holds_from_its_day_on() -> None:
    set_category("regular", date(2026, 8, 1))
    one = factories.member_id("M002")
    assert reach.category_on([one], date(2026, 7, 31)) == {one: "probationary"}
    assert reach.category_on([one], date(2026, 8, 1)) == {one: "regular"}


def test_the_same_category_again_changes_nothing() -> None:
    set_category("probationary")
    rows = db.session.scalars(
        select(MemberCategory).where(MemberCategory.member_id == factories.member_id("M002"))
    ).all()
    assert [row.ends_on for row in rows] == [None]


def test_on_the_day_of_the_last_it_is_corrected() -> None:
    set_category("regular")
    set_category("retired")
    one = factories.member_id("M002")
    assert reach.category_on([one], TODAY) == {one: "retired"}


@pytest.mark.parametrize("on", [date(1921, 6, 30), date(2026, 8, 16)])
def test_a_day_ahead_or_before_the_last_is_refused(on: date) -> None:
    with pytest.raises(Invalid) as caught:
        set_category("regular", on)
    assert list(caught.value.errors) == ["on"]


@pytest.mark.parametrize("category", ["", "x" * 41])
def test_a_category_needs_a_name_of_some_length(category: str) -> None:
    with pytest.raises(Invalid) as caught:
        set_category(category)
    assert list(caught.value.errors) == ["category"]


def test_a_stranger_is_not_found_and_who_has_left_is_not_ours_to_change() -> None:
    with pytest.raises(NotFound):
        set_category("regular", number="M004")
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M002", to="QS0102", on=TODAY)
    with pytest.raises(Forbidden):
        set_category("regular")
