"""Publicised results planted, tallies sealed: what a seal covers, when it may be pressed, interrupted, large."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from pointsvc import clock, queues
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, NotFound
from pointsvc.ledger.models import Entry
from pointsvc.permissions import SYSTEM
from pointsvc.seals import checking, reading, texts
from pointsvc.seals.models import ENTRY, RESULT, Seal, SealLeaf, SealTree
from pointsvc.tallies import fingerprint, leaves, proving, publicity, sealing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import STATUSES, Tally
from tests import factories
from tests.conftest import FrozenClock
from tests.tallies import sheets, work

KEPT = ("member_id", "branch_id", "rule_id", "scheme_id", "points", "quantity", "occurred_on", "recorded_at", "source")


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def seal(tally: Tally, **more: Any) -> Tally:
    with transaction():
        return sealing.seal(**({"actor": SYSTEM, "at": clock.now(), "tally_id": tally.id} | more))


def sealed_entries(tally: Tally) -> list[int]:
    """The entries that this tally's seal covers, in the order of their leaves."""
    mine = select(SealLeaf.ref_id).where(SealLeaf.kind == ENTRY, SealLeaf.tally_id == tally.id)
    return list(db.session.scalars(mine.order_by(SealLeaf.position)))


def pressed() -> list[Seal]:
    return list(db.session.scalars(select(Seal).order_by(Seal.n)))


def found_wrong() -> list[str]:
    """What ``pointsvc verify`` says of what is sealed."""
    return [str(fault) for fault in (*checking.faults(), *proving.faults())]


# ---- what it covers


def test_it_covers_the_results_and_their_members_entries(frozen_clock: FrozenClock) -> None:
    second = sheets.record("M002", "talk", "2026-07-03", note="讲了两节课")
    first = sheets.record("M001", "hours", "2026-07-02", quantity=Decimal(5))
    elsewhere = sheets.record("M004", "talk", "2026-07-02")
    back = sheets.reverse(first)
    found = work.sealed("QS0101", "2026-Q3")
    (one,) = pressed()
    assert found.status == "sealed"
    assert (one.n, one.organisation, one.period, one.version) == (1, "QS0101", "2026-Q3", 1)
    assert (one.entries_size, one.results_size, one.previous) == (3, 3, texts.FIRST)
    assert sealed_entries(found) == [first, back, second]
    assert elsewhere not in sealed_entries(found)
    assert found_wrong() == []


def test_an_entry_is_sealed_once_and_seals_follow_each_other(frozen_clock: FrozenClock) -> None:
    first = sheets.record("M001", "talk", "2026-05-02")
    branch = work.sealed("QS0101", "2026-Q2")
    frozen_clock.advance(days=1)
    second = sheets.record("M001", "talk", "2026-07-02")
    district = work.sealed("QS", "2026-Q3")
    empty = work.sealed("QS01", "2026-Q3")
    assert [sealed_entries(found) for found in (branch, district, empty)] == [[first], [second], []]
    one, two, three = pressed()
    assert (two.n, two.previous) == (2, one.chain)
    assert (three.n, three.previous, three.entries_size) == (3, two.chain, 0)
    assert found_wrong() == []


def test_what_is_recorded_after_the_cutoff_waits_for_the_next_seal(frozen_clock: FrozenClock) -> None:
    found = work.over("QS", "2026-Q2")
    frozen_clock.advance(seconds=1)
    late = sheets.record("M001", "talk", "2026-05-02")
    assert sealed_entries(seal(found)) == []
    assert found_wrong() == []
    assert sealed_entries(work.sealed("QS", "2026-Q3")) == [late]


def test_entries_that_came_in_out_of_order_are_not_missed(frozen_clock: FrozenClock) -> None:
    known = sheets.record("M001", "talk", "2026-05-02")
    row = db.session.get_one(Entry, known)
    values = {name: getattr(row, name) for name in KEPT}
    with transaction():
        db.session.execute(insert(Entry).values(**values, id=known + 100))
    first = work.sealed("QS", "2026-Q2")
    assert sealed_entries(first) == [known, known + 100]
    # A transaction that took its number early and committed late.
    frozen_clock.advance(days=1)
    with transaction():
        db.session.execute(insert(Entry).values(**values | {"recorded_at": clock.now()}, id=known + 50))
    assert sealed_entries(work.sealed("QS", "2026-Q3")) == [known + 50]
    assert found_wrong() == []


def test_the_leaf_says_all_of_the_result_and_no_name() -> None:
    sheets.record("M001", "hours", "2026-07-02", quantity=Decimal(5))
    found = work.sealed("QS", "2026-Q3")
    leaf = db.session.scalars(select(SealLeaf).where(SealLeaf.kind == RESULT, SealLeaf.position == 0)).one()
    row = leaves.results_by_member(found.id, 1, [leaf.ref_id])[leaf.ref_id]
    said = texts.of_result(row, leaves.head(found, 1, 5), 0, leaf.salt).decode()
    assert json.loads(said) == {
        "v": 1,
        "kind": "result",
        "position": 0,
        "of": 5,
        "organisation": "QS",
        "period": "2026-Q3",
        "version": 1,
        "member": "M001",
        "branch": "QS0101",
        "category": "regular",
        "scheme": pressed()[0].schemes[0],
        "raw": "6.00",
        "base": "60.00",
        "carried": "0.00",
        "rules": {"hours": "6.00"},
        "groups": {"study": "0.00", "serve": "6.00", "minus": "0.00"},
        "total": "66.00",
        "grade": "合格",
        "veto": 0,
        "salt": leaf.salt.hex(),
    }
    assert "欧阳凯敏" not in said


def test_what_was_written_freely_stands_in_the_leaf_only_as_a_hash() -> None:
    entry = sheets.record("M001", "talk", "2026-07-02", note="家里老人住院", matter="防汛")
    work.sealed("QS", "2026-Q3")
    leaf = db.session.scalars(select(SealLeaf).where(SealLeaf.kind == ENTRY)).one()
    row = reading.entries_by_id([entry])[entry]
    said = texts.of_entry(row, 0, leaf.salt, leaf.words).decode()
    assert "家里老人住院" not in said
    assert "防汛" not in said
    assert leaf.words is not None
    assert leaf.words[16:].hex() in said
    assert leaf.words[:16].hex() not in said


# ---- planting


def test_results_are_planted_once_and_then_frozen() -> None:
    found = work.tally("QS", "2026-Q3")
    with transaction():
        first = fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=1)
        assert fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=1) == first
    assert first[1] == 5
    for statement in ("UPDATE tally_result SET raw = 1", "DELETE FROM tally_result"):
        with pytest.raises(DatabaseError, match="tally_result is frozen"), transaction():
            db.session.execute(text(statement))


def test_each_version_has_a_tree_of_its_own(frozen_clock: FrozenClock) -> None:
    found = work.over("QS", "2026-Q3")
    with transaction():
        first = fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=1)
    frozen_clock.advance(minutes=1)
    sheets.record("M001", "talk", "2026-07-02")
    work.tally("QS", "2026-Q3")
    work.publicise_until(found, date(2026, 8, 14))
    with transaction():
        second = fingerprint.plant(actor=SYSTEM, at=clock.now(), tally=found, version=2)
    assert first != second
    seal(found)
    assert pressed()[0].results_root == second[0]
    assert found_wrong() == []


# ---- when it may be pressed


@pytest.mark.parametrize("status", STATUSES)
def test_only_a_publicised_tally_is_sealed(status: str) -> None:
    found = work.over("QS", "2026-Q3")
    with transaction():
        found.status = status
    if status == "publicised":
        assert seal(found).status == "sealed"
    elif status == "sealed":
        assert seal(found).status == "sealed"
        assert pressed() == []
    else:
        with pytest.raises(Conflict) as refusal:
            seal(found)
        assert refusal.value.code in ("not_publicised", "not_computed")


@pytest.mark.parametrize(("last_day", "over"), [("2026-08-14", True), ("2026-08-15", False), ("2026-08-16", False)])
def test_the_last_day_for_objections_must_be_over(last_day: str, over: bool) -> None:
    found = work.over("QS", "2026-Q3", date.fromisoformat(last_day))
    assert (publicity.may_be_sealed(found, clock.now()) is None) is over
    if over:
        seal(found)
        return
    with pytest.raises(Conflict) as refusal:
        seal(found)
    assert refusal.value.code == "publicity_runs"


def test_a_version_that_is_not_publicised_is_not_sealed() -> None:
    found = work.over("QS", "2026-Q3")
    with transaction():
        found.version = 2
    assert publicity.may_be_sealed(found, clock.now())


def test_who_does_not_reach_the_organisation_finds_no_tally() -> None:
    found = work.over("QS", "2026-Q3")
    with pytest.raises(NotFound):
        seal(found, actor=factories.actor("street"))
    with pytest.raises(NotFound):
        seal(found, tally_id=999)


def test_sealed_twice_it_is_one_seal() -> None:
    found = work.sealed("QS", "2026-Q3")
    assert seal(found).status == "sealed"
    assert len(pressed()) == 1


def test_nothing_changes_a_sealed_tally() -> None:
    work.sealed("QS", "2026-Q3")
    with pytest.raises(Conflict) as refusal, transaction():
        tallies.request(actor=SYSTEM, at=clock.now(), organisation="QS", period="2026-Q3")
    assert refusal.value.code == "sealed"


@pytest.mark.parametrize("verb", ["UPDATE {} SET tally_id = 9", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["seal", "seal_tree", "seal_leaf"])
def test_seals_are_never_changed_nor_lost(engine_name: str, table: str, verb: str) -> None:
    if verb.startswith("TRUNCATE") and engine_name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    work.sealed("QS", "2026-Q3")
    sheets.record("M001", "talk", "2026-07-02")
    with pytest.raises(DatabaseError, match=f"{table} is append-only"), transaction():
        db.session.execute(text(verb.format(table)))


@pytest.mark.parametrize("statement", ["UPDATE tally SET members = 4", "DELETE FROM tally"])
def test_the_database_refuses_to_change_a_sealed_tally(statement: str) -> None:
    work.sealed("QS", "2026-Q3")
    with pytest.raises(DatabaseError, match="tally is frozen"), transaction():
        db.session.execute(text(statement))


def test_it_is_noted_and_told_once() -> None:
    found = work.sealed("QS", "2026-Q3")
    (one,) = pressed()
    note = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "tally:seal")).one()
    assert note.details == {"organisation": "QS", "n": 1, "chain": one.chain}
    told = db.session.scalars(select(queues.Job.payload).where(queues.Job.topic == queues.NOTICE_DELIVER))
    (payload,) = (one for one in told if one["dedupe_prefix"] == "seal:1")
    assert payload["params"] == {"organisation": "青石区委", "period": "2026-Q3", "n": 1}
    assert payload["link"] == f"/tallies/{found.id}"


# ---- large ones


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "AT_ONCE", 3)
    monkeypatch.setattr(leaves, "CHUNK", {"sqlite": 2, "postgresql": 2})


def begun() -> Tally:
    """A large tally whose sealing a worker has claimed; each member has an entry."""
    for number in ("M001", "M002", "M003", "M004", "M005"):
        sheets.record(number, "talk", "2026-07-02")
    return seal(work.over("QS", "2026-Q3"))


def seal_in_parts(tally: Tally, token: int) -> None:
    sealing.seal_in_parts(tally_id=tally.id, by_id=None, job_id=tally.job_id or 0, token=token)
    db.session.refresh(tally)


@pytest.mark.usefixtures("_small_parts")
def test_a_large_one_is_left_to_a_worker_and_asked_for_once() -> None:
    found = begun()
    assert (found.status, sealing.being_sealed(found)) == ("publicised", True)
    job = found.job_id
    assert seal(found).job_id == job
    seal_in_parts(found, work.claim(found))
    assert found.status == "sealed"
    assert len(sealed_entries(found)) == pressed()[0].entries_size == 5
    assert found_wrong() == []


@pytest.mark.usefixtures("_small_parts")
def test_a_worker_that_died_is_followed_by_one_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, frozen_clock: FrozenClock
) -> None:
    found = begun()
    true, calls = leaves.sow_entries, []

    def dies(tally: Tally, after: int) -> int | None:
        calls.append(after)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return true(tally, after)

    monkeypatch.setattr(leaves, "sow_entries", dies)
    with pytest.raises(KeyboardInterrupt):
        seal_in_parts(found, work.claim(found))
    assert len(sealed_entries(found)) == 4
    frozen_clock.advance(minutes=5)
    seal_in_parts(found, work.claim(found))
    assert sorted(sealed_entries(found)) == sorted(db.session.scalars(select(Entry.id)))
    assert found_wrong() == []


@pytest.mark.usefixtures("_small_parts")
def test_whoever_has_lost_the_job_seals_nothing(frozen_clock: FrozenClock) -> None:
    found = begun()
    token = work.claim(found)
    frozen_clock.advance(minutes=5)
    work.claim(found)
    with pytest.raises(queues.Fenced):
        seal_in_parts(found, token)
    assert (found.status, pressed(), sealed_entries(found)) == ("publicised", [], [])


@pytest.mark.usefixtures("_small_parts")
def test_publicised_anew_meanwhile_it_is_not_sealed_and_later_goes_on(frozen_clock: FrozenClock) -> None:
    found = begun()
    token = work.claim(found)
    with transaction():
        leaves.sow_entries(found, 0)
    sheets.record("M001", "class", "2026-07-03")
    with transaction():
        found.status = "computed"
    with pytest.raises(Conflict):
        seal_in_parts(found, token)
    frozen_clock.advance(minutes=5)
    work.tally("QS", "2026-Q3")
    work.publicise_until(found, clock.today() - timedelta(days=1))
    again = seal(found)
    seal_in_parts(again, work.claim(again))
    assert pressed()[0].version == 2
    assert sorted(sealed_entries(found)) == sorted(db.session.scalars(select(Entry.id)))
    assert found_wrong() == []


def test_the_trees_say_when_they_were_planted() -> None:
    work.sealed("QS", "2026-Q3")
    assert {tree.planted_at for tree in db.session.scalars(select(SealTree))} == {clock.now()}
