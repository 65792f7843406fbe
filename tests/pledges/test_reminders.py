"""The due day of a pledge: told before, told after, told one level up, each once; and the end of a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from pointsvc.db import db
from pointsvc.notices.models import Notice
from pointsvc.people.models import SignIn
from pointsvc.pledges.models import PledgeStep
from tests.conftest import FrozenClock
from tests.pledges.work import act, at_status, changed, decide, district, log, made, row
from workers import base, run, schedule


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock, periodic: Callable[..., None]) -> None:
    periodic("pledges_remind", "pledges_close")
    district()
    frozen_clock.set(datetime(2026, 8, 17, 6, tzinfo=UTC))
    schedule.ask_for_due()
    work(app)


def work(app: Flask) -> None:
    assert "workers.pledges" in run.HANDLERS
    while base.run_next(app):
        pass


def on(app: Flask, clock: FrozenClock, day: date) -> list[tuple[str, str]]:
    """What the morning of this day, and of whatever mornings were missed, told: who, and how it begins."""
    before = db.session.scalar(select(db.func.coalesce(db.func.max(Notice.id), 0)))
    clock.set(datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC))
    schedule.ask_for_due()
    work(app)
    rows = db.session.execute(
        select(SignIn.name, Notice.message)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.id > before, Notice.link.startswith("/pledges/"))
        .order_by(Notice.id)
    )
    return [(row.name, row.message.split("%")[0].strip()) for row in rows]


def due(day: date = date(2026, 8, 31)) -> int:
    return at_status("published", said=changed(due_on=day))


def test_it_is_brought_to_mind_twice_before_its_day(app: Flask, frozen_clock: FrozenClock) -> None:
    due()
    work(app)
    assert on(app, frozen_clock, date(2026, 8, 23)) == []
    assert on(app, frozen_clock, date(2026, 8, 24)) == [("member", "Your pledge “")]
    assert on(app, frozen_clock, date(2026, 8, 25)) == []
    assert on(app, frozen_clock, date(2026, 8, 30)) == [("member", "Your pledge “")]
    assert on(app, frozen_clock, date(2026, 8, 31)) == []


def test_after_its_day_the_branch_is_told_and_later_who_is_above(app: Flask, frozen_clock: FrozenClock) -> None:
    number = due()
    on(app, frozen_clock, date(2026, 8, 31))
    late = on(app, frozen_clock, date(2026, 9, 1))
    assert [who for who, _ in late] == ["member", "secretary", "leader"]
    assert log(number)[-1] == ("overdue", "published", "published")
    # Five working days after Monday, 31 August: the next Monday is the fifth, Tuesday the sixth.
    assert on(app, frozen_clock, date(2026, 9, 7)) == []
    assert [who for who, _ in on(app, frozen_clock, date(2026, 9, 8))] == ["street"]
    assert on(app, frozen_clock, date(2026, 9, 30)) == []
    assert [step for step, _, _ in log(number)].count("overdue") == 1


def test_after_a_long_absence_only_what_still_helps_is_told(app: Flask, frozen_clock: FrozenClock) -> None:
    due()
    work(app)
    told = on(app, frozen_clock, date(2026, 9, 20))
    assert [who for who, _ in told] == ["member", "secretary", "leader", "street"]
    assert on(app, frozen_clock, date(2026, 9, 21)) == []


def test_a_change_of_the_day_is_told_anew(app: Flask, frozen_clock: FrozenClock) -> None:
    number = due()
    on(app, frozen_clock, date(2026, 8, 24))
    act("change", "member", number, said=changed(due_on=date(2026, 10, 30)))
    act("approve", "secretary", number)
    work(app)
    assert on(app, frozen_clock, date(2026, 10, 22)) == []
    assert on(app, frozen_clock, date(2026, 10, 23)) == [("member", "Your pledge “")]


def test_the_days_are_the_organisations(app: Flask, frozen_clock: FrozenClock) -> None:
    decide("pledge_remind_first", 3)
    decide("pledge_remind_last", 0)
    due()
    work(app)
    assert on(app, frozen_clock, date(2026, 8, 27)) == []
    assert on(app, frozen_clock, date(2026, 8, 28)) != []
    assert on(app, frozen_clock, date(2026, 8, 30)) == []
    assert on(app, frozen_clock, date(2026, 8, 31)) != []


def test_what_is_settled_or_not_published_is_left_alone(app: Flask, frozen_clock: FrozenClock) -> None:
    act("fulfil", "secretary", due())
    made(said=changed(due_on=date(2026, 8, 31)))
    work(app)
    for day in (date(2026, 8, 30), date(2026, 9, 20)):
        assert on(app, frozen_clock, day) == []


def test_a_branchs_own_pledge_is_told_to_who_leads_it_and_above(app: Flask, frozen_clock: FrozenClock) -> None:
    number = made("secretary", said=changed(due_on=date(2026, 8, 31)), organisation="QS0101")
    act("approve", "street", number)
    act("publish", "secretary", number)
    work(app)
    assert [who for who, _ in on(app, frozen_clock, date(2026, 8, 30))] == ["secretary", "leader"]
    told = on(app, frozen_clock, date(2026, 9, 20))
    assert [who for who, _ in told] == ["secretary", "leader", "street", "admin"]


def test_decisions_are_told_to_whose_pledge_it_is(app: Flask, frozen_clock: FrozenClock) -> None:
    number = made()
    act("return", "secretary", number, reason="请写明基数")
    act("submit", "member", number)
    act("approve", "secretary", number)
    act("publish", "secretary", number)
    act("fulfil", "secretary", number)
    act("unsettle", "secretary", number)
    work(app)
    work(app)
    ours = select(Notice.message).where(Notice.link == f"/pledges/{number}").order_by(Notice.id)
    found = db.session.scalars(ours).all()
    begin = [message.split("“%(pledge)s”")[1] for message in found]
    assert begin == [
        " has been returned: %(reason)s",
        " has been approved",
        " has been found fulfilled",
        " was taken back: %(reason)s",
    ]


def test_the_year_is_closed_once_its_ratings_have_had_their_days(app: Flask, frozen_clock: FrozenClock) -> None:
    kept, open_ = due(date(2026, 8, 31)), due(date(2026, 9, 30))
    of_next_year = due(date(2027, 3, 1))
    frozen_clock.set(datetime(2026, 12, 20, 2, tzinfo=UTC))
    act("fulfil", "secretary", kept)
    act("fulfil", "secretary", of_next_year)
    on(app, frozen_clock, date(2027, 1, 19))
    assert row(kept).status == "fulfilled"
    # Asked for at night, so by the morning of the 21st the thirty days are over.
    on(app, frozen_clock, date(2027, 1, 21))
    assert (row(kept).status, row(kept).outcome) == ("closed", "fulfilled")
    assert (row(open_).status, row(of_next_year).status) == ("published", "fulfilled")
    on(app, frozen_clock, date(2027, 1, 22))
    closings = db.session.scalars(select(PledgeStep.pledge_id).where(PledgeStep.step == "close")).all()
    assert closings == [kept]
