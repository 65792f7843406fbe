"""A tally as it runs: once, twice, interrupted, taken over, late entries, the end of a cycle."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.people import service as people
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import computing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked
from pointsvc.tallies.models import PreviousTotal, Standing, Tally, TallyResult
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import sheets, work


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def totals(tally: Tally) -> dict[str, Decimal | None]:
    return {row.number: row.total for row in tallies.results(tally=tally, asked=Asked(limit=200))}


def request(organisation: str = "QS", period: str = "2026-Q3") -> Tally:
    with transaction():
        return tallies.request(actor=SYSTEM, at=clock.now(), organisation=organisation, period=period)


def test_everybody_is_in_it_also_those_without_entries() -> None:
    sheets.record("M001", "hours", "2026-07-02", quantity=Decimal(5))
    found = work.tally("QS", "2026-Q3")
    assert (found.status, found.version, found.members, found.unreckoned) == ("computed", 1, 5, 0)
    assert totals(found) == {
        "M001": Decimal("66.00"),
        "M002": Decimal("60.00"),
        "M003": None,
        "M004": Decimal("60.00"),
        "M005": Decimal("50.00"),
    }


def test_run_again_it_is_another_version_and_both_are_kept() -> None:
    first = work.tally("QS", "2026-Q3")
    sheets.record("M001", "talk", "2026-07-02")
    second = work.tally("QS", "2026-Q3")
    assert (second.id, second.version) == (first.id, 2)
    assert totals(second)["M001"] == Decimal("68.00")
    kept = select(TallyResult.version, func.count()).group_by(TallyResult.version).order_by(TallyResult.version)
    assert db.session.execute(kept).all() == [(1, 5), (2, 5)]


def test_asked_for_twice_while_it_waits_it_is_one() -> None:
    assert request().job_id == request().job_id
    assert db.session.scalar(select(func.count()).where(queues.Job.topic == queues.TALLY_COMPUTE)) == 1


def test_it_is_told_once_for_each_version() -> None:
    work.tally("QS", "2026-Q3")
    work.tally("QS", "2026-Q3")
    told = db.session.scalars(select(queues.Job.payload).where(queues.Job.topic == queues.NOTICE_DELIVER)).all()
    assert len({payload["dedupe_prefix"] for payload in told}) == len(told) == 2


def test_a_run_that_died_is_done_again_with_the_same_cutoff(frozen_clock: FrozenClock) -> None:
    sheets.record("M001", "talk", "2026-07-02")
    tally = request()
    run = computing.begin(tally_id=tally.id, job_id=tally.job_id or 0, token=work.claim(tally))
    chunks, _ = computing.plan(run)
    computing.reckon(run, chunks[0], done=0, size=5)
    frozen_clock.advance(minutes=5)
    sheets.record("M002", "talk", "2026-07-02")
    work.compute(tally)
    assert tally.cutoff_at == run.cutoff_at
    assert totals(tally)["M001"] == Decimal("68.00")
    assert totals(tally)["M002"] == Decimal("60.00")
    assert db.session.scalar(select(func.count()).select_from(TallyResult)) == 5


@pytest.mark.parametrize("step", ["clear", "reckon", "carry", "publish", "begin"])
def test_whoever_has_lost_the_job_changes_nothing(step: str, frozen_clock: FrozenClock) -> None:
    tally = request(period="2026")
    token = work.claim(tally)
    run = computing.begin(tally_id=tally.id, job_id=tally.job_id or 0, token=token)
    chunks, unreckoned = computing.plan(run)
    frozen_clock.advance(minutes=5)
    work.claim(tally)
    steps = {
        "begin": lambda: computing.begin(tally_id=tally.id, job_id=tally.job_id or 0, token=token),
        "clear": lambda: computing.clear(run),
        "reckon": lambda: computing.reckon(run, chunks[0], done=0, size=5),
        "carry": lambda: computing.carry(run, chunks[0]),
        "publish": lambda: computing.publish(run, unreckoned),
    }
    with pytest.raises(queues.Fenced):
        steps[step]()
    db.session.refresh(tally)
    assert tally.version == 0
    assert db.session.scalar(select(func.count()).select_from(TallyResult)) == 0


def test_many_chunks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    sheets.record("M004", "talk", "2026-07-02")
    whole = totals(work.tally("QS", "2026-Q3"))
    monkeypatch.setattr(computing, "CHUNK", {"sqlite": 2, "postgresql": 2})
    assert totals(work.tally("QS", "2026-Q3")) == whole
    assert totals(work.tally("QS0102", "2026-Q3")) == {"M004": whole["M004"]}


def test_branches_may_have_rule_sheets_of_their_own() -> None:
    sheets.publish("QS02", name="柳河镇积分办法", base={"default": "70"}, cycle={"starts_month": 7})
    sheets.record("M005", "talk", "2026-05-02")
    found = work.tally("QS", "2026-Q3")
    # M005's cycle begins in July, so May does not count.
    assert totals(found)["M005"] == Decimal("70.00")
    assert totals(found)["M001"] == Decimal("60.00")


def test_members_without_a_rule_sheet_are_counted_apart() -> None:
    with transaction():
        people.create_organisation(actor=SYSTEM, at=clock.now(), code="XX", name="外区", kind="district", parent=None)
    factories.organisation("XX01", parent="XX")
    factories.organisation("XX02", parent="XX")
    factories.member("X1", "XX01", joined_on=date(2020, 1, 1))
    factories.member("X2", "XX02", joined_on=date(2020, 1, 1))
    with pytest.raises(Conflict) as refusal:
        request("XX")
    assert refusal.value.code == "no_scheme"
    sheets.publish("XX01")
    found = work.tally("XX", "2026-Q3")
    assert (found.members, found.unreckoned) == (1, 1)


def test_the_branch_and_category_are_those_of_the_last_day() -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0201", on=date(2026, 7, 1))
    before, after = work.tally("QS0101", "2026-Q2"), work.tally("QS0101", "2026-Q3")
    assert "M001" in totals(before)
    assert "M001" not in totals(after)
    assert "M001" in totals(work.tally("QS02", "2026-Q3"))


def test_the_end_of_a_cycle_is_carried_into_the_next(frozen_clock: FrozenClock) -> None:
    declare("M004", "90.00")
    sheets.record("M001", "talk", "2026-07-02")
    frozen_clock.set(factories.AT.replace(year=2027, month=1, day=3))
    work.tally("QS", "2026")
    rows = db.session.execute(
        select(Member.number, PreviousTotal.total, PreviousTotal.source).join(Member).order_by(Member.number)
    ).all()
    assert rows == [
        ("M001", Decimal("68.00"), "tally"),
        ("M002", Decimal("60.00"), "tally"),
        ("M004", Decimal("90.00"), "declared"),
        ("M005", Decimal("50.00"), "tally"),
    ]
    # 68 / 3 is 22.666…, half up.
    assert tallies.score(actor=SYSTEM, at=clock.now(), member="M001").carried == Decimal("22.67")
    kept = db.session.scalar(select(Standing.carried).join(Member).where(Member.number == "M001"))
    assert kept == Decimal("22.67")


def declare(member: str, total: str) -> None:
    with transaction():
        tallies.set_previous_total(
            actor=SYSTEM, at=clock.now(), member=member, cycle=date(2027, 1, 1), total=Decimal(total)
        )


def test_a_veto_comes_and_goes() -> None:
    entry = sheets.record("M001", "crime", "2026-07-02")
    found = tallies.score(actor=SYSTEM, at=clock.now(), member="M001")
    assert (found.total, found.grade, found.veto) == (Decimal("0.00"), "不合格", True)
    sheets.reverse(entry)
    found = tallies.score(actor=SYSTEM, at=clock.now(), member="M001")
    assert (found.total, found.grade, found.veto) == (Decimal("60.00"), "合格", False)


def test_the_standing_follows_every_entry_and_transfer() -> None:
    def standing() -> tuple[Decimal | None, str] | None:
        db.session.expire_all()
        row = db.session.scalar(select(Standing).join(Member).where(Member.number == "M001"))
        return row and (row.total, row.grade)

    entry = sheets.record("M001", "talk", "2026-07-02")
    assert standing() == (Decimal("68.00"), "合格")
    sheets.reverse(entry)
    assert standing() == (Decimal("60.00"), "合格")


def test_settling_everybody_writes_what_settling_each_does() -> None:
    with transaction():
        job = queues.enqueue(topic=queues.STANDINGS_SETTLE, payload={}, at=clock.now())
    with transaction():
        claimed = queues.claim(at=clock.now(), only=job.id)
        assert claimed is not None
        token = claimed.token
    tallies.settle_all(organisation_id=None, job_id=job.id, token=token)
    assert db.session.scalar(select(func.count()).select_from(Standing)) == 5
    with pytest.raises(queues.Fenced):
        tallies.settle_all(organisation_id=None, job_id=job.id, token=token - 1)


def test_what_cannot_be_tallied_is_refused(frozen_clock: FrozenClock) -> None:
    with pytest.raises(Invalid) as refusal:
        request(period="2026-Q9")
    assert list(refusal.value.errors) == ["period"]
    with pytest.raises(Invalid):
        request(period="2027-Q1")
    with pytest.raises(NotFound):
        request("nowhere")


def test_a_job_that_is_given_up_leaves_the_earlier_results() -> None:
    found = work.tally("QS", "2026-Q3")
    request()
    with transaction():
        tallies.given_up(tally_id=found.id, job_id=found.job_id or 0)
    db.session.refresh(found)
    assert (found.status, found.version) == ("failed", 1)
    assert len(totals(found)) == 5


def test_the_quota_is_advice_for_each_branch() -> None:
    for day in range(1, 5):
        sheets.record("M004", "award", f"2026-07-0{day}", tier="city")
    found = {(item.grade): item for item in tallies.advice(tally=work.tally("QS0102", "2026-Q3"))}
    assert (found["优秀"].count, found["优秀"].quota, found["优秀"].over) == (1, 0, True)
    assert tallies.counts(tally_id=work.tally("QS", "2026-Q3").id) == [
        ("优秀", 1),
        ("合格", 1),
        ("不合格", 1),
        (None, 2),
    ]


def test_an_entry_after_the_cutoff_waits_for_the_next_version(frozen_clock: FrozenClock) -> None:
    found = work.tally("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    late = sheets.record("M001", "talk", "2026-07-02")
    assert totals(found)["M001"] == Decimal("60.00")
    frozen_clock.advance(seconds=1)
    found = work.tally("QS", "2026-Q3")
    assert totals(found)["M001"] == Decimal("68.00")
    # A reversal after the cutoff does not count yet either.
    frozen_clock.advance(seconds=1)
    sheets.reverse(late)
    assert totals(found)["M001"] == Decimal("68.00")
    assert found.cutoff_at is not None
    assert clock.now() - found.cutoff_at == timedelta(seconds=1)
