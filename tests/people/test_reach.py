"""An actor reaches its own node and all below it; a member, only the own record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import NotFound
from pointsvc.people import reach
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.usefixtures("app")

EVERYTHING = {"QS", "QS01", "QS0101", "QS0102", "QS02", "QS0201"}
EVERYBODY = {"M001", "M002", "M003", "M004", "M005"}


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


@pytest.mark.parametrize(
    ("name", "codes", "numbers"),
    [
        ("admin", EVERYTHING, EVERYBODY),
        ("overseer", EVERYTHING, EVERYBODY),
        ("auditor", EVERYTHING, EVERYBODY),
        ("operator", EVERYTHING, EVERYBODY),
        ("street", {"QS01", "QS0101", "QS0102"}, {"M001", "M002", "M003", "M004"}),
        ("secretary", {"QS0101"}, {"M001", "M002", "M003"}),
        ("neighbour", {"QS0102"}, {"M004"}),
        ("far", {"QS02", "QS0201"}, {"M005"}),
        ("member", {"QS0101"}, {"M001"}),
    ],
)
def test_who_reaches_what(name: str, codes: set[str], numbers: set[str]) -> None:
    actor = factories.actor(name)
    assert set(reach.organisations(actor, EVERYTHING)) == codes
    assert set(reach.members(actor, EVERYBODY)) == numbers
    for code in EVERYTHING:
        assert _found(reach.organisation, actor, code) == (code in codes)
        assert _found(reach.organisation_by_id, actor, factories.organisation_id(code)) == (code in codes)
        assert reach.reaches(actor, factories.organisation_id(code)) == (code in codes)
    for number in EVERYBODY:
        assert _found(reach.member, actor, number) == (number in numbers)
        assert _found(reach.member_by_id, actor, factories.member_id(number)) == (number in numbers)


def _found(load: object, *args: object) -> bool:
    try:
        load(*args)  # type: ignore[operator]
    except NotFound:
        return False
    return True


def test_the_system_reaches_all() -> None:
    assert set(reach.organisations(SYSTEM, EVERYTHING)) == EVERYTHING
    assert set(reach.members(SYSTEM, EVERYBODY)) == EVERYBODY
    assert len(db.session.scalars(reach.organisation_ids(SYSTEM)).all()) == len(EVERYTHING)


def test_what_is_unknown_is_left_out_or_not_found() -> None:
    actor = factories.actor("admin")
    assert reach.members(actor, ["M001", "NOBODY"]).keys() == {"M001"}
    assert reach.members(actor, []) == {}
    with pytest.raises(NotFound):
        reach.member(actor, "NOBODY")
    with pytest.raises(NotFound):
        reach.organisation(actor, "NOWHERE")


def test_a_past_member_can_be_read_but_belongs_elsewhere() -> None:
    moved = date(2026, 3, 1)
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=moved)
    secretary, neighbour = factories.actor("secretary"), factories.actor("neighbour")
    one = factories.member_id("M001")
    first, second = factories.organisation_id("QS0101"), factories.organisation_id("QS0102")
    assert reach.member(secretary, "M001").id == reach.member(neighbour, "M001").id == one
    assert reach.branch_on([one], moved - timedelta(days=1)) == {one: first}
    assert reach.branch_on([one], moved) == {one: second}
    assert reach.branch_on([one], moved, actor=secretary) == {}
    assert reach.branch_on([one], moved, actor=neighbour) == {one: second}
    assert reach.branch_on([one], moved - timedelta(days=1), actor=secretary) == {one: first}


def test_nobody_belongs_anywhere_before_the_party_was_founded() -> None:
    one = factories.member_id("M001")
    assert reach.branch_on([one], date(1921, 6, 30)) == {}
    assert reach.category_on([one], date(1921, 6, 30)) == {}
    assert reach.category_on([one], date(1921, 7, 1)) == {one: "regular"}


def test_a_members_own_sign_in_moves_with_the_member() -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0201", on=AT.date())
    assert factories.actor("member").organisation_id == factories.organisation_id("QS0201")
    assert factories.actor("secretary").organisation_id == factories.organisation_id("QS0101")
