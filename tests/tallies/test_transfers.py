"""A member changes the branch: who may record what, totals that stay, and the letter that goes along."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.ledger import service as ledger
from pointsvc.people import exemptions
from pointsvc.people import service as people
from pointsvc.permissions import SYSTEM
from pointsvc.tallies import service as tallies
from pointsvc.tallies.letter import letter
from pointsvc.tallies.listing import Asked
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.tallies import sheets, work

ON = date(2026, 8, 1)


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    sheets.ruled_district()


def transfer(number: str = "M001", to: str = "QS0102", on: date = ON) -> None:
    with transaction():
        people.transfer(actor=SYSTEM, at=clock.now(), number=number, to=to, on=on)


def record(client: FlaskClient, who: str, day: str) -> Any:
    body = {"member": "M001", "rule": "talk", "occurred_on": day}
    return client.post("/api/v1/entries", json=body, headers=bearer(who))


def totals(organisation: str, period: str) -> dict[str, Decimal | None]:
    rows = tallies.results(tally=work.tally(organisation, period), asked=Asked(limit=200))
    return {row.number: row.total for row in rows}


@pytest.mark.parametrize(
    ("who", "day", "status"),
    [
        ("secretary", "2026-07-31", 201),
        ("secretary", "2026-08-01", 422),
        ("neighbour", "2026-07-31", 422),
        ("neighbour", "2026-08-01", 201),
        ("street", "2026-07-31", 201),
        ("street", "2026-08-01", 201),
    ],
)
def test_each_branch_records_only_of_its_own_days(client: FlaskClient, who: str, day: str, status: int) -> None:
    transfer()
    answer = record(client, who, day)
    assert answer.status_code == status
    if status == 422:
        assert list(answer.json["errors"]) == ["occurred_on"]


@pytest.mark.parametrize(
    ("who", "day"), [("secretary", "2026-07-31"), ("secretary", "2026-07-20"), ("street", "2026-07-25")]
)
def test_nobody_records_of_the_days_between(client: FlaskClient, who: str, day: str) -> None:
    with transaction():
        people.release(actor=SYSTEM, at=clock.now(), number="M001", on=date(2026, 7, 20))
    transfer()
    assert list(record(client, who, day).json["errors"]) == ["occurred_on"]


def test_what_a_branch_came_to_does_not_change_by_a_transfer() -> None:
    sheets.record("M001", "talk", "2026-05-02")
    before = {code: totals(code, "2026-Q2") for code in ("QS0101", "QS0102", "QS01")}
    transfer()
    sheets.record("M001", "hours", "2026-08-02")
    assert {code: totals(code, "2026-Q2") for code in before} == before
    assert "M001" in totals("QS0102", "2026-Q3")
    assert "M001" not in totals("QS0101", "2026-Q3")


def test_the_ledger_follows_the_person_and_each_entry_keeps_its_branch() -> None:
    sheets.record("M001", "talk", "2026-05-02")
    transfer()
    sheets.record("M001", "hours", "2026-08-02")
    entries = ledger.entries(actor=SYSTEM, member="M001")
    assert [entry.branch_id for entry in entries] == [
        factories.organisation_id("QS0102"),
        factories.organisation_id("QS0101"),
    ]
    # A yearly limit is the person's, not the branch's.
    assert tallies.score(actor=SYSTEM, at=clock.now(), member="M001").groups["study"] == Decimal("8.00")


# ---- the letter


def test_the_letter_says_what_was_reached_through_the_day_before() -> None:
    sheets.record("M001", "talk", "2026-05-02")
    taken_back = sheets.record("M001", "talk", "2026-05-03")
    sheets.reverse(taken_back)
    for quantity in ("2", "1.5"):
        sheets.record("M001", "hours", "2026-07-31", quantity=Decimal(quantity))
    transfer()
    sheets.record("M001", "hours", "2026-08-01", quantity=Decimal(9))
    found = letter(actor=SYSTEM, number="M001", on=ON)
    assert (found.left, found.to, found.through_on) == (
        "松岭街道第一党支部",
        "松岭街道第二党支部",
        date(2026, 7, 31),
    )
    assert found.total == Decimal("72.20")
    assert [(share.entries, share.figure) for share in found.shares] == [
        (1, Decimal("8.00")),
        (2, Decimal("4.20")),
        (0, Decimal("0.00")),
    ]


def test_the_letter_of_somebody_who_is_exempt_has_no_total() -> None:
    with transaction():
        exemptions.record(
            actor=SYSTEM,
            at=clock.now(),
            number="M001",
            starts_on=date(2026, 7, 1),
            ground="age",
            decided_on=date(2026, 6, 30),
            decided_by="支部党员大会",
        )
    transfer()
    assert letter(actor=SYSTEM, number="M001", on=ON).total is None


def test_the_letter_is_printed_from_the_members_page(client: FlaskClient) -> None:
    sheets.record("M001", "talk", "2026-05-02")
    with transaction():
        people.release(actor=SYSTEM, at=clock.now(), number="M001", on=ON)
    address = f"/members/M001/letters/{ON}"
    browser(client, "secretary")
    assert f'href="{address}"' in client.get("/members/M001").text
    page = client.get(address).text
    assert "68.00" in page
    assert "尚未接收" in page
    transfer(on=date(2026, 8, 10))
    assert "松岭街道第二党支部" in client.get(address).text
    for wrong in ("/members/M001/letters/2026-08-02", "/members/M001/letters/x", "/members/M004/letters/2026-08-01"):
        assert client.get(wrong).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("neighbour", 200), ("member", 200), ("far", 404), ("operator", 403)])
def test_who_may_read_the_letter(client: FlaskClient, who: str, status: int) -> None:
    transfer()
    browser(client, who)
    assert client.get(f"/members/M001/letters/{ON}").status_code == status


def test_without_a_rule_sheet_the_letter_says_so(client: FlaskClient) -> None:
    for code in ("XX", "XY"):
        factories.organisation(code, kind="district")
    factories.member("X1", "XX")
    transfer("X1", "XY")
    found = letter(actor=SYSTEM, number="X1", on=ON)
    assert (found.scheme, found.total, list(found.shares)) == (None, None, [])
