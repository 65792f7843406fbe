"""A rehearsal as it is asked for and carried out: it changes nothing, and a run that died is done again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.rehearsals import computing
from pointsvc.rehearsals import service as rehearsals
from pointsvc.rehearsals.models import Rehearsal, RehearsalResult
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from pointsvc.tallies import computing as tallying
from pointsvc.tallies.models import PreviousTotal, Standing, Tally, TallyResult
from tests import factories
from tests.conftest import FrozenClock
from tests.rehearsals import work
from tests.rehearsals.drafts import draft, setting, without
from tests.tallies import sheets
from tests.tallies import work as tallied


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


# ---- what it leaves alone


def test_it_changes_no_entry_standing_or_tally() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    sheets.record("M001", "award", "2026-01-10", tier="city")
    tallied.tally("QS", "2026-Q1")
    tables = (Entry, Standing, Tally, TallyResult, PreviousTotal, Scheme)

    def everything() -> list[Any]:
        db.session.expire_all()
        rows = [db.session.execute(select(*table.__table__.columns)).all() for table in tables]
        return [sorted(map(repr, some)) for some in rows]

    scheme_id = draft(lambda document: [setting("talk", points="1")(document), without("award")(document)])
    before = everything()
    found = work.rehearse(scheme_id)
    assert work.results(found, under_draft=True)["M001"][0] == "61.00"
    assert everything() == before


def test_the_draft_is_tried_as_it_was_when_it_was_asked_for() -> None:
    sheets.record("M001", "talk", "2026-01-10")
    scheme_id = draft(setting("talk", points="4"))
    found = work.ask(scheme_id)
    with transaction():
        schemes.revise(actor=factories.SYSTEM, at=clock.now(), scheme_id=scheme_id, revision=1, document=sheets.SHEET)
    work.do(found)
    assert work.results(found, under_draft=True)["M001"][0] == "64.00"
    assert found.digest != db.session.get_one(Scheme, scheme_id).digest


def test_after_the_cutoff_nothing_counts_and_a_run_that_died_is_done_again(frozen_clock: FrozenClock) -> None:
    sheets.record("M001", "talk", "2026-01-10")
    found = work.ask(draft())
    run = computing.begin(rehearsal_id=found.id, job_id=found.job_id or 0, token=work.claim(found))
    chunks, _ = computing.plan(run)
    computing.reckon(run, chunks[0], done=0, size=5)
    frozen_clock.advance(minutes=5)
    sheets.record("M002", "talk", "2026-01-10")
    work.do(found)
    assert found.cutoff_at == run.cutoff_at
    assert {number: total for number, (total, _) in work.results(found, under_draft=True).items()} == {
        "M001": "68.00",
        "M002": "60.00",
        "M003": None,
        "M004": "60.00",
        "M005": "50.00",
    }
    assert db.session.scalar(select(func.count()).select_from(RehearsalResult)) == 10
    with pytest.raises(queues.Fenced):
        computing.publish(run, computing.Told(), 0)


def test_many_chunks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("M001", "M002", "M004", "M005"):
        sheets.record(number, "talk", "2026-01-10")
        sheets.record(number, "class", "2026-01-10")
        sheets.record(number, "award", "2026-01-10", tier="city")
    scheme_id = draft(lambda document: [setting("talk", points="1")(document), without("award")(document)])
    one = work.rehearse(scheme_id)
    monkeypatch.setattr(tallying, "CHUNK", {"sqlite": 1, "postgresql": 1})
    many = work.rehearse(scheme_id)
    assert many.id != one.id
    assert many.report == one.report
    assert many.report is not None
    assert many.report["lost"][0]["entries"] == 4


def test_asked_for_twice_while_it_waits_it_is_one() -> None:
    scheme_id = draft()
    assert work.ask(scheme_id).id == work.ask(scheme_id).id
    assert work.ask(scheme_id, period="2026-Q1").id != work.ask(scheme_id).id
    assert db.session.scalar(select(func.count()).where(queues.Job.topic == queues.REHEARSE)) == 2


def test_whoever_asked_is_told() -> None:
    found = work.rehearse(draft(), actor=factories.actor("admin"))
    [job] = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.NOTICE_DELIVER))
    assert job.payload["link"] == f"/rehearsals/{found.id}"
    assert job.payload["sign_in_ids"] == [found.asked_by_id]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"period": "2026-Q5"}, "period"),
        ({"period": "2026-Q4"}, "period"),
        ({"cycle": date(2027, 1, 1)}, "cycle"),
        ({"cycle": date(2026, 2, 1)}, "cycle"),
        ({"cycle": date(2026, 1, 1), "period": "2026"}, "period"),
        ({"cycle": None}, "period"),
    ],
)
def test_which_days_must_be_right(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        work.ask(draft(), **more)
    assert list(refused.value.errors) == [field]


def test_only_a_draft_within_reach_and_something_to_compare_it_with() -> None:
    published = sheets.publish("QS01")
    with pytest.raises(Conflict) as refused:
        work.ask(published)
    assert refused.value.code == "published"
    with pytest.raises(Conflict) as refused:
        work.ask(draft(), period="2025")
    assert refused.value.code == "no_scheme"
    with pytest.raises(NotFound):
        work.ask(draft(), factories.actor("street"))
    with pytest.raises(NotFound):
        rehearsals.rehearsal(actor=factories.actor("far"), rehearsal_id=work.ask(draft(organisation="QS01")).id)
    with pytest.raises(NotFound):
        rehearsals.rehearsal(actor=factories.SYSTEM, rehearsal_id=999)


def test_one_that_is_given_up_says_so(frozen_clock: FrozenClock) -> None:
    found = work.ask(draft())
    with transaction():
        rehearsals.given_up(rehearsal_id=found.id, job_id=found.job_id or 0)
    assert db.session.get_one(Rehearsal, found.id).status == "failed"
    frozen_clock.advance(seconds=timedelta(hours=1).seconds)
    work.do(found)
    assert db.session.get_one(Rehearsal, found.id).status == "done"
