"""Who is told of a spot-check and when: nobody early, nobody twice, whoever leads by then."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.notices import reminders
from pointsvc.notices.models import Notice, Outgoing, Reminder
from pointsvc.notices.schemas import words
from pointsvc.people.models import SignIn
from pointsvc.permissions import Role
from pointsvc.queues import Job
from pointsvc.spotchecks import framing, planning, service
from pointsvc.spotchecks.models import Assignment, Inspector, Unit
from tests import factories
from tests.conftest import FrozenClock
from tests.notices import reminded
from tests.notices.receivers import MailServer
from tests.notices.scene import mail_server_of, wish
from tests.spotchecks import scene
from workers import base

BRANCHES = ("QS0101", "QS0102", "QS0201")
NAMES = ("松岭街道第一党支部", "松岭街道第二党支部", "柳河镇柳河村党支部")
# 柳河村's nearest secretary sits at the township.
SECRETARIES = {"secretary", "neighbour", "far"}
CREW = ("overseer", "second", "third")
INSPECTORS = [planning.NewInspector(name, name, "区纪委", name) for name in CREW]
DUE = date(2026, 9, 11)
# Three working days before it.
AHEAD = date(2026, 9, 8)
DAY = date(2026, 8, 26)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()
    for name in CREW[1:]:
        factories.sign_in(name, Role.SUPERVISOR, "QS")


def drawn(n: int = 3, **head: Any) -> int:
    """A plan of the three branches, drawn."""
    part = framing.Part("支部", n=n, units=[(code, None) for code in BRANCHES])
    return scene.drawn("DC-2026-09", part, inspectors=INSPECTORS, **{"due_on": DUE, **head})


def told(app: Flask, number: int, kind: str) -> list[str]:
    """Who was told at once of this plan, by the kind of telling."""
    reminded.work(app)
    rows = db.session.execute(
        select(SignIn.name)
        .join(Notice, Notice.sign_in_id == SignIn.id)
        .where(Notice.dedupe.startswith(f"spot_check:{number}:{kind}"))
        .order_by(Notice.id)
    )
    return [row.name for row in rows]


def units(number: int, *, drawn: bool = True) -> list[Unit]:
    query = select(Unit).where(Unit.spot_check_id == number, Unit.drawn == drawn).order_by(Unit.code)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def secretary_of(unit: Unit) -> str:
    return {"QS0101": "secretary", "QS0102": "neighbour", "QS0201": "far"}[unit.code]


def serving(unit: Unit) -> set[str]:
    query = select(Inspector.code).join(Assignment, Assignment.inspector_id == Inspector.id)
    return set(db.session.scalars(query.where(Assignment.unit_id == unit.id, Assignment.serves)))


def crew(number: int) -> set[str]:
    """Who serves at all: of three, one may have been drawn for no unit."""
    return {name for unit in units(number) for name in serving(unit)}


# ---- the units of an announced check


def test_without_a_day_the_drawn_units_are_told_at_once_and_once(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn()
    assert set(told(app, number, "drawn")) == SECRETARIES
    frozen_clock.advance(days=40)
    assert len(told(app, number, "drawn")) == 3
    assert [kind for _, kind in reminded.told(f"spot_check:{number}") if kind == "units"] == []
    notice = db.session.scalars(select(Notice).where(Notice.dedupe.startswith(f"spot_check:{number}:drawn"))).first()
    assert notice is not None
    assert (notice.link, notice.topic) == ("/draws/DC-2026-09", "check")
    with app.test_request_context():
        assert words(notice) == (
            "“四季度抽查”（DC-2026-09）：您单位或所辖单位被抽中，将于2026年9月11日前接受检查。抽取过程见公示页面。"
        )


def test_with_a_day_nobody_is_told_before_that_morning(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(notice_on=DAY)
    subject = f"spot_check:{number}"
    assert told(app, number, "drawn") == []
    frozen_clock.set(reminders.morning(DAY))
    frozen_clock.advance(seconds=-1)
    reminded.work(app)
    assert reminded.told(subject) == []
    assert set(reminded.on(app, frozen_clock, DAY, subject)) == {(name, "units") for name in SECRETARIES}
    frozen_clock.advance(days=-3)
    reminded.work(app)
    assert len(reminded.on(app, frozen_clock, DAY, subject)) == 3
    assert told(app, number, "drawn") == []


def test_drawn_after_that_morning_they_are_told_at_once(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(notice_on=clock.today())
    assert set(told(app, number, "drawn")) == SECRETARIES
    assert told(app, number, "drawn") == told(app, number, "drawn")


def test_whoever_is_secretary_by_that_morning_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(notice_on=DAY)
    reminded.succeeded("secretary", "successor", "QS0101")
    found = reminded.on(app, frozen_clock, DAY, f"spot_check:{number}")
    assert {name for name, _ in found} == SECRETARIES - {"secretary"} | {"successor"}


def test_what_takes_the_place_of_a_unit_is_told_on_the_same_morning(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(n=1, notice_on=DAY)
    (gone,) = units(number)
    following = scene.do(service.skip, number, unit_id=gone.id, reason="已撤并")
    found = reminded.on(app, frozen_clock, DAY, f"spot_check:{number}")
    assert found == [(secretary_of(following), "units")]
    assert told(app, number, "drawn") == []


def test_after_that_morning_it_is_told_at_once_and_nobody_else_again(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(n=2, notice_on=DAY)
    subject = f"spot_check:{number}"
    before = reminded.on(app, frozen_clock, DAY, subject)
    # A clock that has gone back in between changes nothing.
    frozen_clock.advance(days=-5)
    following = scene.do(service.skip, number, unit_id=units(number)[0].id, reason="已撤并")
    assert told(app, number, "drawn") == [secretary_of(following)]
    assert reminded.on(app, frozen_clock, DAY, subject) == before
    assert told(app, number, "drawn") == [secretary_of(following)]


def test_where_no_unit_is_left_nobody_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(notice_on=DAY)
    for unit in units(number):
        assert scene.do(service.skip, number, unit_id=unit.id, reason="已撤并") is None
    assert reminded.on(app, frozen_clock, date(2026, 10, 1), f"spot_check:{number}") == []


# ---- those who inspect


def test_inspectors_are_told_how_many_units_are_theirs(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn()
    assert set(told(app, number, "visits")) == crew(number)
    counts = Counter(name for unit in units(number) for name in serving(unit))
    rows = db.session.execute(
        select(SignIn.name, Notice.params)
        .join(Notice, Notice.sign_in_id == SignIn.id)
        .where(Notice.dedupe.startswith(f"spot_check:{number}:visits"))
    )
    assert {row.name: row.params["count"] for row in rows} == counts


def test_inspectors_are_reminded_before_the_last_day_and_on_it(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn()
    many = len(crew(number))
    days = [date(2026, 9, 7), AHEAD, date(2026, 9, 10), DUE, date(2026, 10, 20)]
    told_by = [len(reminded.on(app, frozen_clock, day, f"spot_check:{number}")) for day in days]
    assert told_by == [0, many, many, 2 * many, 2 * many]


def test_an_account_that_is_closed_is_told_nothing(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn()
    gone, *others = sorted(crew(number))
    reminded.succeeded(gone, "fourth", "QS")
    found = reminded.on(app, frozen_clock, AHEAD, f"spot_check:{number}")
    assert {name for name, _ in found} == set(others)


def test_who_takes_over_is_told_and_reminded_and_who_has_no_unit_left_is_not(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    number = drawn(n=1)
    (unit,) = units(number)
    before = serving(unit)
    away = sorted(before)[0]
    (other,) = set(CREW) - before
    assert set(told(app, number, "visits")) == before
    scene.do(service.stand_down, number, unit_id=unit.id, inspector=away, reason="生病")
    assert told(app, number, "further") == [other]
    found = reminded.on(app, frozen_clock, DUE, f"spot_check:{number}")
    assert {name for name, _ in found} == before - {away} | {other}


def test_who_goes_to_the_unit_in_anothers_place_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(n=1)
    following = scene.do(service.skip, number, unit_id=units(number)[0].id, reason="已撤并")
    assert set(told(app, number, "further")) == serving(following)


def test_drawn_entries_are_nobodys_visit(app: Flask, frozen_clock: FrozenClock) -> None:
    part = framing.Part("积分条目", kind="entry", n=1, units=[("1", None), ("2", None)])
    number = scene.drawn("DC-2026-10", part, inspectors=INSPECTORS, due_on=DUE)
    assert told(app, number, "") == []
    assert reminded.on(app, frozen_clock, DUE, f"spot_check:{number}") == []


# ---- an unannounced check


def everything_said() -> str:
    """All that stands in inboxes, in messages to the outside, in reminders and in jobs."""
    db.session.rollback()
    rows = [
        *db.session.execute(select(Notice.message, Notice.params, Notice.link)),
        *db.session.execute(select(Outgoing.lines, Outgoing.recipient)),
        *db.session.execute(select(Reminder.message, Reminder.params, Reminder.link)),
        *db.session.scalars(select(Job.payload)),
    ]
    return json.dumps(rows, ensure_ascii=False, default=list)


def test_nobody_of_a_unit_hears_of_it_before_the_inspectors_have_arrived(app: Flask, frozen_clock: FrozenClock) -> None:
    server = MailServer()
    mail_server_of(server)
    for name in (*SECRETARIES, *CREW, "street", "admin"):
        wish(name)
    number = drawn(announced=False)
    for day in (clock.today(), AHEAD, DUE):
        reminded.on(app, frozen_clock, day, f"spot_check:{number}")
    said = everything_said()
    server.close()
    assert not [part for part in (*BRANCHES, *NAMES) if part in said]
    readers = set(db.session.scalars(select(SignIn.name).join(Notice, Notice.sign_in_id == SignIn.id)))
    inspecting = crew(number)
    assert readers == inspecting
    mailed = {row.recipient for row in db.session.scalars(select(Outgoing))}
    assert mailed == {f"{one}@example.org" for one in inspecting}
    assert [row.organisation_ids for row in db.session.scalars(select(Reminder))] == [[], []]


def test_a_unit_is_told_on_arrival_when_and_how_it_was_sealed(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(announced=False)
    frozen_clock.advance(days=3)
    first = units(number)[0]
    scene.do(service.open_units, number, unit_ids=[first.id])
    assert told(app, number, "opened") == [secretary_of(first)]
    notice = db.session.scalars(select(Notice).where(Notice.dedupe.startswith(f"spot_check:{number}:opened"))).one()
    sealed = scene.row(number).sealed_sha256 or ""
    assert (notice.link, notice.params["sealed"]) == ("/draws/DC-2026-09", sealed[:12])
    with app.test_request_context():
        assert f"名单于2026年8月15日 10:00抽取并封存，指纹前12位为{sealed[:12]}" in words(notice)
    # Again: nothing. The rest at the end: they alone.
    scene.do(service.open_units, number, unit_ids=[first.id])
    scene.do(service.open_units, number)
    scene.do(service.open_units, number)
    assert sorted(told(app, number, "opened")) == sorted(SECRETARIES)


def test_the_unit_in_anothers_place_is_told_when_it_is_opened(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(n=1, announced=False)
    following = scene.do(service.skip, number, unit_id=units(number)[0].id, reason="已撤并")
    assert (told(app, number, "opened"), told(app, number, "drawn")) == ([], [])
    scene.do(service.open_units, number, unit_ids=[following.id])
    assert told(app, number, "opened") == [secretary_of(following)]
    # All is public by now, so whoever takes the place of that one is public at once.
    last = scene.do(service.skip, number, unit_id=following.id, reason="已撤并")
    assert told(app, number, "opened") == [secretary_of(following), secretary_of(last)]


def test_of_a_plan_that_is_void_nobody_hears_more(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(announced=False)
    scene.do(service.void, number, reason="名单泄露")
    assert reminded.on(app, frozen_clock, date(2026, 10, 20), f"spot_check:{number}") == []
    assert told(app, number, "opened") == []


def test_a_list_that_was_never_opened_lapses_without_a_word(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn(announced=False)
    reminded.on(app, frozen_clock, DUE, f"spot_check:{number}")
    with transaction():
        service.lapse(at=clock.now(), spot_check_id=number)
    assert told(app, number, "opened") == []


# ---- once


def test_a_worker_that_dies_and_a_job_that_is_done_again_tell_once(app: Flask, frozen_clock: FrozenClock) -> None:
    number = drawn()
    jobs = [job.id for job in db.session.scalars(select(Job).where(Job.topic == "notice_deliver"))]
    assert len(told(app, number, "drawn")) == 3
    with transaction():
        for job in db.session.scalars(select(Job).where(Job.id.in_(jobs))):
            job.status, job.done_at, job.lease_until = "queued", None, None
    while base.run_next(app):
        pass
    assert (len(told(app, number, "drawn")), len(told(app, number, "visits"))) == (3, len(crew(number)))
