"""Two at the same moment: each fact once, and the second is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.people import service as people
from pointsvc.people.models import Member, MemberCategory, Membership, SignIn
from pointsvc.permissions import SYSTEM
from tests import factories

AT_ONCE = 4


@pytest.fixture(autouse=True)
def _district(live_app: Flask) -> Iterator[None]:
    with live_app.app_context():
        factories.district()
        factories.give_password("secretary")
        yield


def at_once(app: Flask, request: Callable[[int], int]) -> Counter[int]:
    """The statuses of several requests that start together."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> int:
        barrier.wait(30)
        return request(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, range(AT_ONCE)))


def test_one_number_is_given_once(live_app: Flask) -> None:
    headers = factories.bearer("secretary")
    body = {"number": "N001", "name": "林小满", "organisation": "QS0101"}
    statuses = at_once(
        live_app,
        lambda _: live_app.test_client().post("/api/v1/members", json=body, headers=headers).status_code,
    )
    assert statuses == {201: 1, 409: AT_ONCE - 1}
    member_id = db.session.scalars(select(Member.id).where(Member.number == "N001")).one()
    for table in (Membership, MemberCategory):
        assert db.session.scalar(select(func.count()).where(table.member_id == member_id)) == 1


def test_one_key_has_one_effect(live_app: Flask) -> None:
    headers = {**factories.bearer("secretary"), "Idempotency-Key": "one"}
    body = {"number": "N001", "name": "林小满", "organisation": "QS0101"}
    statuses = at_once(
        live_app,
        lambda _: live_app.test_client().post("/api/v1/members", json=body, headers=headers).status_code,
    )
    assert statuses == {201: AT_ONCE}
    assert db.session.scalar(select(func.count()).where(Member.number == "N001")) == 1


def test_a_member_goes_one_way(live_app: Flask) -> None:
    headers = factories.bearer("admin")
    body = {"to": "QS0102", "on": clock.today().isoformat()}
    address = "/api/v1/members/M001/transfer"
    statuses = at_once(live_app, lambda _: live_app.test_client().post(address, json=body, headers=headers).status_code)
    assert statuses == {200: 1, 422: AT_ONCE - 1}
    query = select(Membership.ends_on).where(Membership.member_id == factories.member_id("M001"))
    assert sorted(db.session.scalars(query).all(), key=str) == [clock.today(), None]


def test_wrong_passwords_at_once_are_all_counted(live_app: Flask) -> None:
    attempt = people.check_password(name="secretary", password="wrong")

    def count(_: int) -> int:
        with live_app.app_context(), transaction():
            assert people.sign_in(at=clock.now(), attempt=attempt) is None
        return 0

    at_once(live_app, count)
    db.session.rollback()
    assert db.session.scalars(select(SignIn.failures).where(SignIn.name == "secretary")).one() == AT_ONCE


def test_a_right_guess_among_many_does_not_open_a_locked_account(live_app: Flask) -> None:
    wrong = people.check_password(name="secretary", password="wrong")
    right = people.check_password(name="secretary", password=factories.PASSWORD)
    with transaction():
        for _ in range(8):
            people.sign_in(at=clock.now(), attempt=wrong)
        # Guessed while the account was still open, counted after it was locked.
        assert people.sign_in(at=clock.now(), attempt=right) is None


def test_organisations_added_at_once_are_added_once(live_app: Flask) -> None:
    rows = [people.NewOrganisation("QS0103", "第三支部", "branch", "QS01")]

    def add(_: int) -> int:
        try:
            with live_app.app_context(), transaction():
                return len(people.add_organisations(actor=SYSTEM, at=clock.now(), rows=rows).new)
        except Conflict:
            return 0

    assert at_once(live_app, add)[1] == 1
