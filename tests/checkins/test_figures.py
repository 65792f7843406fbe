"""N19 and N20: offices' members who checked in, and the posts that they claimed."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.checkins import figures, posts, service
from pointsvc.checkins.figures import CheckedIn, Claimed
from pointsvc.db import transaction
from pointsvc.ledger import merging
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.checkins import scene
from tests.conftest import FrozenClock
from tests.counting import counted

TODAY = date(2026, 8, 15)


@pytest.fixture(autouse=True)
def _scene(app: Flask, frozen_clock: FrozenClock) -> None:
    scene.district()


def n19(until: date = TODAY, since: date | None = None, organisation: str = "QS") -> CheckedIn:
    return figures.checked_in(organisation_id=factories.organisation_id(organisation), until=until, since=since)


def n20(until: date = TODAY, since: date | None = None, organisation: str = "QS") -> Claimed:
    return figures.claimed(organisation_id=factories.organisation_id(organisation), until=until, since=since)


def test_a_person_counts_once_whatever_the_communities(app: Flask) -> None:
    ended = scene.checked_in("K001")
    scene.checked_in("K001", "QS0111"), scene.checked_in("K002", accepted=False), scene.checked_in("M001")
    with transaction():
        service.end(actor=SYSTEM, at=clock.now(), check_in_id=ended)
    assert n19() == CheckedIn(persons=1, members=3, covered=1)
    assert n19(organisation="QS01") == CheckedIn(persons=0, members=0, covered=0)


def test_only_the_days_that_are_asked_for_count(frozen_clock: FrozenClock) -> None:
    scene.checked_in("K001")
    frozen_clock.advance(days=30)
    scene.checked_in("K002")
    assert n19().persons == 1
    assert n19(date(2026, 9, 14)).persons == 2
    assert n19(date(2026, 9, 14), since=date(2026, 9, 1)).persons == 1


def test_whoever_has_retired_is_not_asked(app: Flask) -> None:
    factories.member("K004", "QS0301", "老同志", category="retired")
    scene.checked_in("K001"), scene.checked_in("K004")
    assert n19() == CheckedIn(persons=2, members=3, covered=1)


def test_one_person_with_two_records_counts_once(app: Flask) -> None:
    scene.checked_in("K001"), scene.checked_in("K002", "QS0111")
    post = scene.post(community="QS0110")
    scene.claimed(post, "K001")
    with transaction():
        merging.merge(actor=SYSTEM, at=clock.now(), keep="K001", duplicate="K002", reason="同一人")
    assert n19().persons == 1


def test_claims_count_by_person_and_post_but_those_given_back(frozen_clock: FrozenClock) -> None:
    first, second = scene.post(), scene.post(name="助老理发岗")
    for member in ("K001", "K002", "M001"):
        scene.checked_in(member)
    scene.claimed(first, "K001"), scene.claimed(first, "K002"), scene.claimed(second, "K001")
    scene.claimed(second, "M001")
    assert n20() == Claimed(claims=3, posts=2)
    with transaction():
        posts.leave(actor=SYSTEM, at=clock.now(), post_id=first, member="K002")
        posts.let_go(actor=SYSTEM, at=clock.now(), post_id=second, member="K001")
    assert n20() == Claimed(claims=2, posts=2)
    scene.claimed(second, "K001")
    assert n20() == Claimed(claims=2, posts=2)
    frozen_clock.advance(days=30)
    scene.claimed(first, "K002")
    assert n20() == Claimed(claims=2, posts=2)
    assert n20(date(2026, 9, 14), since=date(2026, 9, 1)) == Claimed(claims=1, posts=1)


def test_what_is_given_back_later_stood_then(frozen_clock: FrozenClock) -> None:
    post = scene.post()
    scene.checked_in("K001")
    scene.claimed(post)
    frozen_clock.advance(days=1)
    with transaction():
        posts.leave(actor=SYSTEM, at=clock.now(), post_id=post, member="K001")
    assert (n20().claims, n20(date(2026, 8, 16)).claims) == (1, 0)


def test_each_figure_is_a_fixed_number_of_statements(app: Flask) -> None:
    for member in ("K001", "K002", "K003"):
        scene.checked_in(member)
    node = factories.organisation_id("QS")
    with counted() as asked:
        figures.checked_in(organisation_id=node, until=TODAY)
        figures.claimed(organisation_id=node, until=TODAY)
    assert len(asked) == 4


def test_each_figure_opens_into_what_it_is_made_of(app: Flask) -> None:
    scene.checked_in("K001"), scene.checked_in("K001", "QS0111"), scene.checked_in("M001")
    first, second = scene.post(), scene.post(name="助老理发岗")
    scene.claimed(first), scene.claimed(second)
    with transaction():
        posts.leave(actor=SYSTEM, at=clock.now(), post_id=second, member="K001")
    asked = {"organisation_id": factories.organisation_id("QS"), "until": TODAY}
    came = figures.who(**asked)
    assert [(row.member, row.unit, row.community) for row in came] == [
        ("K001", "区水务局党支部", "清泉社区党委"),
        ("K001", "区水务局党支部", "南门社区党委"),
    ]
    assert [row.id for row in figures.who(**asked, after=came[0].id)] == [came[1].id]
    assert [(row.member, row.post) for row in figures.what(**asked)] == [("K001", "水电义务维修岗")]
    assert figures.what(**asked, after=10_000) == []
