"""Adding many organisations and members at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid
from pointsvc.people import loading, reach
from pointsvc.people import service as people
from pointsvc.people.models import Member, MemberCategory, Membership, Organisation, OrganisationReach
from pointsvc.people.service import NewMember, NewOrganisation
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.factories import AT


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


def add_organisations(*rows: NewOrganisation, name: str | None = None) -> people.Added:
    with transaction():
        actor = factories.actor(name) if name else SYSTEM
        return people.add_organisations(actor=actor, at=AT, rows=rows)


def add_members(*rows: NewMember, name: str | None = None) -> people.Added:
    with transaction():
        actor = factories.actor(name) if name else SYSTEM
        return people.add_members(actor=actor, at=clock.now(), rows=rows)


def refused(add: Callable[..., people.Added], *rows: object, name: str | None = None) -> set[str]:
    """The paths that are named, after a look that nothing was written."""
    before = count(Organisation), count(Member)
    with pytest.raises(Invalid) as caught:
        add(*rows, name=name)
    assert (count(Organisation), count(Member)) == before
    return set(caught.value.errors)


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_tree_comes_in_whatever_the_order_of_its_rows() -> None:
    rows = [
        NewOrganisation(f"T{'x' * depth}", "a name", "street", f"T{'x' * (depth - 1)}") for depth in range(9, 0, -1)
    ]
    added = add_organisations(*rows, NewOrganisation("T", "a name", "district"))
    assert len(added.new) == 10
    depths = db.session.execute(
        select(OrganisationReach.above_id, OrganisationReach.depth).where(
            OrganisationReach.below_id == added.new["Txxxxxxxxx"]
        )
    ).all()
    assert sorted(tuple(row) for row in depths) == sorted((added.new["T" + "x" * (9 - n)], n) for n in range(10))
    assert count(OrganisationReach) == 55 + 6 + 5 + 3


def test_new_organisations_hang_below_those_that_are_there() -> None:
    added = add_organisations(NewOrganisation("QS0103", "第三支部", "branch", "QS01"), name="admin")
    assert reach.organisation(factories.actor("street"), "QS0103").id == added.new["QS0103"]


def test_the_same_organisations_again_add_nothing() -> None:
    same = NewOrganisation("QS01", "松岭街道党工委", "street", "QS")
    other = NewOrganisation("QS0101", "松岭街道第一支部", "branch", "QS", phone="0000-1")
    added = add_organisations(same, other, name="admin")
    assert added == people.Added({}, ["QS01"], {"QS0101": ["name", "parent", "phone"]})
    assert reach.organisation(SYSTEM, "QS0101").name == "松岭街道第一党支部"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (NewOrganisation("", "a name", "branch", "QS"), "code"),
        (NewOrganisation("a/b", "a name", "branch", "QS"), "code"),
        (NewOrganisation("x" * 65, "a name", "branch", "QS"), "code"),
        (NewOrganisation("N", "", "branch", "QS"), "name"),
        (NewOrganisation("N", "x" * 201, "branch", "QS"), "name"),
        (NewOrganisation("N", "a name", "club", "QS"), "kind"),
        (NewOrganisation("N", "a name", "branch", "NOWHERE"), "parent"),
        (NewOrganisation("N", "a name", "branch", "N"), "parent"),
        (NewOrganisation("N", "a name", "branch", None), "parent"),
        (NewOrganisation("N", "a name", "branch", "QS", phone="1" * 41), "phone"),
        (NewOrganisation("N", "a name", "branch", "QS", secretary=""), "secretary"),
    ],
)
def test_a_wrong_organisation_is_named_and_nothing_is_written(row: NewOrganisation, field: str) -> None:
    good = NewOrganisation("GOOD", "a name", "branch", "QS")
    assert refused(add_organisations, good, row, name="admin") == {f"rows.1.{field}"}


def test_circles_and_doubles_are_refused() -> None:
    a, b = NewOrganisation("A", "a", "branch", "B"), NewOrganisation("B", "b", "branch", "A")
    assert refused(add_organisations, a, b) == {"rows.0.parent", "rows.1.parent"}
    c = NewOrganisation("C", "c", "branch", "QS")
    assert refused(add_organisations, c, c) == {"rows.1.code"}


def test_a_strangers_tree_is_out_of_reach() -> None:
    below = NewOrganisation("N", "a name", "branch", "QS02")
    theirs = NewOrganisation("QS02", "柳河镇党委", "township", "QS01")
    assert refused(add_organisations, below, name="street") == {"rows.0.parent"}
    assert refused(add_organisations, theirs, name="street") == {"rows.0.code"}


def test_the_own_top_may_stand_in_the_rows_with_its_parent() -> None:
    top = NewOrganisation("QS01", "松岭街道党工委", "street", "QS")
    new = NewOrganisation("QS0103", "第三支部", "branch", "QS01")
    added = add_organisations(top, new, name="street")
    assert (added.unchanged, list(added.new)) == (["QS01"], ["QS0103"])


def test_members_come_with_branch_and_category_from_their_first_day() -> None:
    joined = date(2019, 7, 1)
    added = add_members(
        NewMember("N1", "欧阳　凯", "QS0101", "probationary", joined),
        NewMember("N2", "仇小雨", "QS0102"),
        name="street",
    )
    one, two = added.new["N1"], added.new["N2"]
    assert reach.branch_on([one, two], joined) == {
        one: factories.organisation_id("QS0101"),
        two: factories.organisation_id("QS0102"),
    }
    assert reach.branch_on([one, two], date(1990, 1, 1)).keys() == {two}
    assert reach.category_on([one, two], joined) == {one: "probationary", two: "regular"}
    member = reach.member(SYSTEM, "N1")
    assert (member.name, member.initials, member.joined_on) == ("欧阳凯", "oyk", joined)


def test_the_same_members_again_add_nothing() -> None:
    before = count(Member), count(Membership), count(MemberCategory)
    added = add_members(
        NewMember("M001", "欧阳 凯敏", "QS0101"),
        NewMember("M002", "曾小岚", "QS0102", "regular", date(2020, 1, 1)),
    )
    assert added == people.Added({}, ["M001"], {"M002": ["name", "organisation", "category", "joined_on"]})
    assert (count(Member), count(Membership), count(MemberCategory)) == before


NEW = NewMember("N", "林小满", "QS0101")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (replace(NEW, number=""), "number"),
        (replace(NEW, number="a b"), "number"),
        (replace(NEW, number="M004"), "number"),
        (replace(NEW, name="　"), "name"),
        (replace(NEW, name="x" * 101), "name"),
        (replace(NEW, organisation="QS0102"), "organisation"),
        (replace(NEW, organisation="NOWHERE"), "organisation"),
        (replace(NEW, category=""), "category"),
        (replace(NEW, category="x" * 41), "category"),
        (replace(NEW, joined_on=date(1921, 6, 30)), "joined_on"),
        (replace(NEW, joined_on=date(9999, 1, 1)), "joined_on"),
    ],
)
def test_a_wrong_member_is_named_and_nothing_is_written(row: NewMember, field: str) -> None:
    good = NewMember("GOOD", "林小满", "QS0101")
    assert refused(add_members, good, row, name="secretary") == {f"rows.1.{field}"}


def test_one_number_cannot_stand_twice() -> None:
    assert refused(add_members, NEW, replace(NEW, name="林大满")) == {"rows.1.number"}


def test_two_members_may_have_one_name() -> None:
    assert len(add_members(NEW, replace(NEW, number="N2")).new) == 2


def test_nothing_is_added_from_no_rows() -> None:
    assert add_members() == add_organisations() == people.Added()


def test_whoever_comes_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the other transaction had committed between our look and our writing.
    monkeypatch.setattr(loading.listing, "members_by_number", lambda numbers: {})
    with pytest.raises(Conflict):
        add_members(NewMember("M001", "欧阳凯敏", "QS0101"))
    assert count(Member) == 5


def test_new_members_totals_are_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[int] = []
    monkeypatch.setattr(loading, "touch", touched.extend)
    added = add_members(NEW)
    assert touched == list(added.new.values())
