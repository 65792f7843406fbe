"""Two at the same moment, with real commits: one arrival, one answer, two signatures, one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Problem
from pointsvc.inspections import bulletins
from pointsvc.inspections import service as inspections
from pointsvc.inspections.models import Finding, Inspection, InspectionAnswer, Rectification
from tests import factories
from tests.conftest import FrozenClock
from tests.inspections import scene

FINDING = inspections.Given("meetings", "finding", 0, "minor", "", scene.SAID)


@pytest.fixture(autouse=True)
def _plan(live_app: Flask, frozen_clock: FrozenClock) -> Iterator[None]:
    with live_app.app_context():
        scene.district()
        yield


def at_once(app: Flask, *acts: Callable[[], Any]) -> Counter[str]:
    """What becomes of acts that start together: 'done', or the code of the refusal."""
    barrier = Barrier(len(acts))
    # Whatever this session has read would keep a transaction open.
    db.session.rollback()

    def one(act: Callable[[], Any]) -> str:
        with app.app_context():
            barrier.wait(30)
            try:
                with transaction():
                    act()
            except Problem as problem:
                return problem.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(one, acts))


def count(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_two_who_arrive_together_begin_one_inspection(live_app: Flask) -> None:
    plan = scene.plan()
    who = [factories.actor(name) for name in ("overseer", "second") * 2]
    arrive = partial(inspections.open_inspection, at=clock.now(), spot_check_id=plan, unit="QS0101")
    acts = [partial(arrive, actor=one) for one in who]
    assert at_once(live_app, *acts) == {"done": 4}
    assert count(Inspection) == 1


def test_an_answer_that_is_sent_four_times_counts_once(live_app: Flask) -> None:
    number, who = scene.opened(scene.plan()), factories.actor("overseer")
    acts = [
        lambda: inspections.answer(actor=who, at=clock.now(), inspection_id=number, answers=[FINDING]) for _ in range(4)
    ]
    assert at_once(live_app, *acts) == {"done": 4}
    assert (count(Finding), db.session.scalars(select(InspectionAnswer.revision)).all()) == (1, [1])


def test_two_who_sign_together_have_signed_and_nobody_twice(live_app: Flask) -> None:
    number = scene.opened(scene.plan())
    scene.answered(number)
    who = [factories.actor(name) for name in ("overseer", "second") * 2]
    acts = [partial(inspections.sign, actor=one, at=clock.now(), inspection_id=number) for one in who]
    found = at_once(live_app, *acts)
    assert found["done"] == 2
    assert set(found) <= {"done", "signed_already", "not_now"}
    assert scene.row(number).status == "signed"


def test_a_finding_is_ordered_once_and_no_number_is_given_twice(live_app: Flask) -> None:
    plan = scene.plan()
    findings = [scene.finding(scene.settled(plan)), scene.finding(scene.settled(plan, "QS02", "far"))]
    who = factories.actor("admin")
    acts = [partial(inspections.order, actor=who, at=clock.now(), demands={one: "整改"}) for one in findings * 2]
    assert at_once(live_app, *acts) == {"done": 2, "ordered": 2}
    assert sorted(db.session.scalars(select(Rectification.number))) == ["DC-2026-03-01", "DC-2026-03-02"]


def test_a_plan_has_one_bulletin_that_is_issued_once(live_app: Flask) -> None:
    plan, who = scene.plan(), factories.actor("admin")
    scene.settled(plan)
    explained = {"QS02": "防汛"}
    acts = [
        lambda: bulletins.draft(actor=who, at=clock.now(), spot_check_id=plan, explained=explained) for _ in range(3)
    ]
    assert at_once(live_app, *acts) == {"done": 1, "draft": 2}
    number = bulletins.bulletins(actor=who)[0][0].id
    acts = [lambda: bulletins.issue(actor=who, at=clock.now(), bulletin_id=number) for _ in range(3)]
    assert at_once(live_app, *acts) == {"done": 1, "not_now": 2}
