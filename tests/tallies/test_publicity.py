"""Publicising: who, for how long, who is told; computed again only with a reason; when it may be sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import service as ledger
from pointsvc.notices.models import Notice
from pointsvc.people import reach, settings
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import PERMISSION_MAP, SYSTEM, Permission
from pointsvc.tallies import objections
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Publication, Tally
from pointsvc.tallies.objections import Objections
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import BY_ROLE, bearer
from tests.tallies import sheets, work
from workers import base, run

API = "/api/v1"
# The last working day before National Day: seven days off, and Saturday the 10th is worked.
EVE = datetime(2026, 9, 30, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


@pytest.fixture
def known() -> Iterator[list[Objections]]:
    """What the objections to each tally shall be: the last of the list."""
    said: list[Objections] = [Objections()]
    objections.objections_of(lambda tally: said[-1])
    yield said
    objections._tells.pop()


def decide(name: str, value: Any, organisation: str = "QS") -> None:
    with transaction():
        settings.decide(actor=SYSTEM, at=clock.now(), organisation=organisation, name=name, value=value)


def publicise(client: FlaskClient, found: Tally, body: Any = None, name: str = "admin", **headers: str) -> Any:
    address = f"{API}/tallies/{found.id}/publicise"
    return client.post(address, json=body or {}, headers={**bearer(name), **headers})


def ask_again(found: Tally) -> str | None:
    """Ask for the tally once more; the code of the refusal, if any."""
    owner = factories.organisation_id
    code = next(row[0] for row in factories.ORGANISATIONS if owner(row[0]) == found.organisation_id)
    try:
        with transaction():
            tallies.request(actor=SYSTEM, at=clock.now(), organisation=code, period=found.period)
    except Conflict as refusal:
        return refusal.code
    return None


# ---- POST /tallies/{id}/publicise, GET /tallies/{id}/publications


def test_a_computed_tally_is_publicised_for_the_working_days_that_are_set(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    decide("publicity_days", 3)
    decide("supervision_phone", "0000-2666000")
    found = work.tally("QS", "2026-Q3")
    frozen_clock.set(EVE)
    answer = publicise(client, found)
    assert answer.status_code == 201
    expected = {
        "version": 1,
        "published_on": "2026-09-30",
        "last_day": "2026-10-10",
        "working_days": 3,
        "days_left": 3,
        "phone": "0000-2666000",
        "root": answer.json["root"],
        "published_at": "2026-09-30T10:00:00.000+08:00",
    }
    assert answer.json == expected
    assert len(answer.json["root"]) == 64
    shown = client.get(f"{API}/tallies/{found.id}", headers=bearer("auditor")).json
    assert (shown["status"], shown["publication"]) == ("publicised", expected)
    frozen_clock.set(datetime(2026, 10, 9, 2, tzinfo=UTC))
    rows = client.get(f"{API}/tallies/{found.id}/publications", headers=bearer("overseer")).json["items"]
    assert rows == [expected | {"days_left": 1}]
    assert client.get(f"{API}/tallies", headers=bearer("admin")).json["items"][0]["publication"]["version"] == 1


def test_the_days_may_be_given_and_without_an_office_line_it_is_the_organisations(client: FlaskClient) -> None:
    with transaction():
        db.session.execute(db.update(Organisation).where(Organisation.code == "QS0101").values(phone="0000-2333444"))
    found = work.tally("QS0101", "2026-Q3")
    answer = publicise(client, found, {"days": 1}, "secretary")
    assert (answer.json["last_day"], answer.json["phone"]) == ("2026-08-17", "0000-2333444")


@pytest.mark.parametrize("days", [0, 31, 2.5, "5", True])
def test_days_that_are_none_are_refused(client: FlaskClient, days: Any) -> None:
    answer = publicise(client, work.tally("QS", "2026-Q3"), {"days": days})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["days"])


@pytest.mark.parametrize("role", list(BY_ROLE))
def test_who_may_publicise(client: FlaskClient, role: Any) -> None:
    found = work.tally("QS0101", "2026-Q3")
    right = role in PERMISSION_MAP[Permission.TALLIES_RUN]
    assert publicise(client, found, name=BY_ROLE[role]).status_code == (201 if right else 403)
    reads = role in PERMISSION_MAP[Permission.TALLIES_READ]
    for path in ("publications", "changes"):
        answer = client.get(f"{API}/tallies/{found.id}/{path}", headers=bearer(BY_ROLE[role]))
        assert answer.status_code == (200 if reads else 403)


def test_a_strangers_tally_is_not_there(client: FlaskClient) -> None:
    found = work.tally("QS01", "2026-Q3")
    for name, status in (("far", 404), ("secretary", 404), ("street", 201)):
        assert publicise(client, found, name=name).status_code == status
    for path in ("publications", "changes"):
        assert client.get(f"{API}/tallies/{found.id}/{path}", headers=bearer("far")).status_code == 404
    assert client.post(f"{API}/tallies/999999999/publicise", json={}, headers=bearer("admin")).status_code == 404


def test_only_a_computed_tally_is_publicised_and_only_once(client: FlaskClient) -> None:
    with transaction():
        found = tallies.request(actor=SYSTEM, at=clock.now(), organisation="QS", period="2026-Q3")
    assert publicise(client, found).json["code"] == "not_computed"
    work.compute(found)
    headers = {"Idempotency-Key": "once"}
    first, second = publicise(client, found, **headers), publicise(client, found, **headers)
    assert (first.status_code, second.json, second.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert publicise(client, found).json["code"] == "publicised"
    work.seal(found)
    assert publicise(client, found).json["code"] == "sealed"


# ---- who is told


def told(app: Flask) -> dict[str, list[str]]:
    """The notices of publicity of each sign-in, in English, by name."""
    assert run.HANDLERS
    while base.run_next(app):
        pass
    rows = db.session.execute(
        select(SignIn.name, Notice.message, Notice.link)
        .join(SignIn, SignIn.id == Notice.sign_in_id)
        .where(Notice.dedupe.like("publicity:%"))
        .order_by(Notice.id)
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        assert row.link.endswith("/list")
        found.setdefault(row.name, []).append("again" if "again" in row.message else "first")
    return found


def test_members_and_those_who_lead_them_are_told_of_each_publication_once(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    found = work.publicised("QS01", "2026-Q3")
    everybody = {"street", "secretary", "member", "neighbour"}
    assert told(app) == {name: ["first"] for name in everybody}
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    work.publicise(work.tally("QS01", "2026-Q3"))
    assert told(app) == {name: ["first", "again"] for name in everybody}
    assert db.session.scalars(select(Publication.version).where(Publication.tally_id == found.id)).all() == [1, 2]


# ---- computed again


def test_until_it_is_publicised_it_is_computed_again_freely() -> None:
    found = work.tally("QS", "2026-Q3")
    assert ask_again(found) is None


def test_publicised_and_unchanged_it_is_not_computed_again(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.record("M001", "talk", "2026-07-02")
    frozen_clock.advance(seconds=1)
    found = work.publicised("QS", "2026-Q3")
    assert ask_again(found) == "publicised"
    body = {"organisation": "QS", "period": "2026-Q3"}
    answer = client.post(f"{API}/tallies", json=body, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"]) == (409, "publicised")
    assert "publicised" in answer.json["detail"] or "公示" in answer.json["detail"]


@pytest.mark.parametrize(
    ("member", "day", "counts"),
    [
        ("M001", "2026-07-02", True),
        ("M001", "2026-01-01", True),
        ("M001", "2025-12-31", False),
        # Of another branch's member.
        ("M005", "2026-07-02", False),
    ],
)
def test_what_came_late_is_ground_to_compute_again(
    member: str, day: str, counts: bool, frozen_clock: FrozenClock
) -> None:
    found = work.publicised("QS01", "2026-Q3")
    frozen_clock.advance(seconds=1)
    import_old_paper(member, date.fromisoformat(day))
    assert ask_again(found) == (None if counts else "publicised")


def import_old_paper(member: str, day: date) -> None:
    """An entry of any day, as an import of old papers would bring it."""
    member_id = factories.member_id(member)
    branch_id = reach.branch_on([member_id], clock.today())[member_id]
    scheme_id = tallies.score(actor=SYSTEM, at=clock.now(), member=member).scheme.scheme_id
    row = ledger.NewEntry(member_id, branch_id, "talk", scheme_id, Decimal(8), day)
    with transaction():
        ledger.add(actor=SYSTEM, at=clock.now(), rows=[row], source="import")


def test_a_reversal_after_the_cutoff_is_ground_too(frozen_clock: FrozenClock) -> None:
    entry = sheets.record("M001", "talk", "2026-07-02")
    frozen_clock.advance(seconds=1)
    found = work.publicised("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.reverse(entry)
    assert ask_again(found) is None


def test_an_upheld_objection_is_ground_and_an_open_one_is_none(known: list[Objections]) -> None:
    found = work.publicised("QS", "2026-Q3")
    known.append(Objections(open=1))
    assert ask_again(found) == "publicised"
    known.append(Objections(upheld=1))
    assert ask_again(found) is None


def test_a_sealed_tally_is_never_computed_again(known: list[Objections], frozen_clock: FrozenClock) -> None:
    found = work.publicised("QS", "2026-Q3")
    work.seal(found)
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    known.append(Objections(upheld=1, changed=1))
    assert ask_again(found) == "sealed"


def test_corrected_it_is_publicised_again_and_the_days_begin_anew(frozen_clock: FrozenClock) -> None:
    found = work.publicised("QS", "2026-Q3")
    frozen_clock.advance(days=5)
    sheets.record("M001", "talk", "2026-07-02")
    again = work.tally("QS", "2026-Q3")
    assert (again.id, again.status, again.version) == (found.id, "computed", 2)
    # What is publicised stays so until the new version is.
    assert tallies.newest_publications([found.id])[found.id].version == 1
    work.publicise(again)
    rows = tallies.publications(actor=SYSTEM, tally_id=found.id)
    assert [(row.version, row.last_day) for row in rows] == [(1, date(2026, 8, 21)), (2, date(2026, 8, 27))]


def test_a_run_that_failed_may_be_asked_for_again(frozen_clock: FrozenClock) -> None:
    found = work.publicised("QS", "2026-Q3")
    frozen_clock.advance(seconds=1)
    sheets.record("M001", "talk", "2026-07-02")
    assert ask_again(found) is None
    db.session.refresh(found)
    with transaction():
        tallies.given_up(tally_id=found.id, job_id=found.job_id or 0)
    assert ask_again(found) is None


# ---- may it be sealed?


def test_it_may_be_sealed_when_the_last_day_is_over(frozen_clock: FrozenClock) -> None:
    found = work.tally("QS", "2026-Q3")
    assert "not been publicised" in str(tallies.may_be_sealed(found, clock.now()))
    work.publicise(found, 1)
    frozen_clock.set(datetime(2026, 8, 17, 15, 59, 59, tzinfo=UTC))
    assert "2026-08-17" in str(tallies.may_be_sealed(found, clock.now()))
    frozen_clock.advance(seconds=1)
    assert tallies.may_be_sealed(found, clock.now()) is None
    work.seal(found)
    assert "sealed" in str(tallies.may_be_sealed(found, clock.now()))


def test_objections_hold_the_sealing_up(known: list[Objections], frozen_clock: FrozenClock) -> None:
    found = work.publicised("QS", "2026-Q3", 1)
    frozen_clock.advance(days=7)
    known.append(Objections(open=2))
    assert "2 objections" in str(tallies.may_be_sealed(found, clock.now()))
    known.append(Objections(upheld=1, changed=1))
    assert "compute and publicise" in str(tallies.may_be_sealed(found, clock.now()))
    known.append(Objections(upheld=1))
    assert tallies.may_be_sealed(found, clock.now()) is None


def test_a_version_that_is_not_publicised_cannot_be_sealed(frozen_clock: FrozenClock) -> None:
    work.publicised("QS", "2026-Q3", 1)
    frozen_clock.advance(days=7)
    sheets.record("M001", "talk", "2026-07-02")
    again = work.tally("QS", "2026-Q3")
    assert "not been publicised" in str(tallies.may_be_sealed(again, clock.now()))
