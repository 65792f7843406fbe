"""Two records of one person: merged, looked up by either number, and parted again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.activities import service as activities
from pointsvc.db import db, transaction
from pointsvc.ledger import checking
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import listing, reach
from pointsvc.people import service as people
from pointsvc.people.models import MemberMerge, Membership, SignIn
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.ledger.merges import API, BODY, branch, live, merge, record, undo
from tests.schemes.sheets import published


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()
    published()


# ---- merging


def test_the_kept_record_gets_the_entries_as_they_were(client: FlaskClient) -> None:
    record("M001")
    record("M004", quantity=Decimal("2.5"), note="植树")
    record("M004", "2026-07-06", "award", tier="city", matter="防汛")
    taken_back = record("M004", "2026-07-07")
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=taken_back, reason="登记有误")
    answer = client.post(f"{API}/merges", json=BODY, headers=bearer("admin"))
    assert answer.status_code == 201
    assert {**answer.json, "id": "", "merged_at": ""} == {
        "id": "",
        "kept": "M001",
        "duplicate": "M004",
        "reason": BODY["reason"],
        "entries": 2,
        "merged_at": "",
        "undone_at": None,
    }
    assert live("M001") == [
        ("volunteer", "1.20", "single"),
        ("volunteer", "3.00", "merge"),
        ("award", "10.00", "merge"),
    ]
    assert live("M004") == []
    copies = db.session.scalars(select(Entry).where(Entry.source == "merge").order_by(Entry.id)).all()
    second = factories.organisation_id("QS0102")
    assert [(copy.branch_id, copy.quantity, copy.note, copy.tier, copy.matter) for copy in copies] == [
        (second, Decimal("2.50"), "植树", None, None),
        (second, Decimal("1.00"), None, "city", "防汛"),
    ]
    originals = db.session.scalars(select(Entry.id).where(Entry.source == "single", Entry.branch_id == second)).all()
    keys = {copy.natural_key for copy in copies}
    assert keys == {f"merge:{answer.json['id']}:{one}" for one in originals if one != taken_back}
    assert list(checking.faults()) == []


def test_the_duplicate_belongs_nowhere_and_is_in_no_list(client: FlaskClient) -> None:
    merge()
    today = clock.today()
    assert branch("M004", today) is None
    assert branch("M004", today - timedelta(days=1)) == factories.organisation_id("QS0102")
    numbers = [item["number"] for item in client.get(f"{API}/members", headers=bearer("admin")).json["items"]]
    assert numbers == ["M001", "M002", "M003", "M005"]
    assert client.get(f"{API}/members/without-branch", headers=bearer("admin")).json["items"] == []


def test_both_numbers_lead_to_the_kept_record(client: FlaskClient) -> None:
    record("M004")
    merge()
    answer = client.get(f"{API}/members/M004", headers=bearer("admin"))
    assert (answer.status_code, answer.json) == (301, {"merged_into": "M001"})
    assert client.get(answer.headers["Location"], headers=bearer("admin")).json["number"] == "M001"
    items = client.get(f"{API}/members/M004/entries", headers=bearer("admin")).json["items"]
    assert [item["member"] for item in items] == ["M001"]
    browser(client, "admin")
    assert client.get("/members/M004").location == "/members/M001"
    page = client.get("/members/M001").text
    assert "并入本档案的记录" in page
    assert reach.members(SYSTEM, ["M004", "M001"])["M004"].number == "M001"
    assert listing.members_by_number(["M004"])["M004"].number == "M001"


def test_what_is_recorded_for_the_duplicate_later_is_the_kept_ones(client: FlaskClient) -> None:
    merge()
    body = {"member": "M004", "rule": "volunteer", "occurred_on": "2026-08-01"}
    made = client.post(f"{API}/entries", json=body, headers=bearer("admin"))
    assert (made.status_code, made.json["member"]) == (201, "M001")
    batch = {**body, "members": ["M004", "M001"]}
    del batch["member"]
    twice = client.post(f"{API}/entries/batch", json=batch, headers=bearer("admin"))
    assert (twice.status_code, list(twice.json["errors"])) == (422, ["members"])
    # Whoever held the record before it was merged adds to the kept one all the same.
    sheet = ledger.entries(actor=SYSTEM, member="M001")[0]
    row = ledger.NewEntry(
        member_id=factories.member_id("M004"),
        branch_id=sheet.branch_id,
        rule_code="volunteer",
        scheme_id=sheet.scheme_id,
        points=Decimal(1),
        occurred_on=date(2026, 8, 2),
    )
    with transaction():
        [written] = ledger.add(actor=SYSTEM, at=clock.now(), rows=[row], source="single")
    assert written.member_id == factories.member_id("M001")
    assert live("M004") == []


def test_whoever_signed_in_as_the_duplicate_is_the_kept_member(client: FlaskClient) -> None:
    factories.sign_in("double", Role.MEMBER, "QS0102", "M004")
    record("M004")
    found = merge()
    me = client.get(f"{API}/me", headers=bearer("double")).json
    assert (me["member"], me["organisation"]) == ("M001", "QS0101")
    assert client.get(f"{API}/members/M004/score", headers=bearer("double")).json["total"] == "61.20"
    undo(found.id)
    me = client.get(f"{API}/me", headers=bearer("double")).json
    assert (me["member"], me["organisation"]) == ("M004", "QS0102")


def test_both_branches_are_told_once(client: FlaskClient) -> None:
    found = merge()
    undo(found.id)
    undo(found.id)
    jobs = db.session.scalars(select(queues.Job).where(queues.Job.topic == queues.NOTICE_DELIVER)).all()
    ids = {
        db.session.scalars(select(SignIn.id).where(SignIn.name == name)).one() for name in ("secretary", "neighbour")
    }
    assert [set(job.payload["sign_in_ids"]) for job in jobs] == [ids, ids]


# ---- again and again


def test_merged_again_it_is_the_same_merge(client: FlaskClient) -> None:
    record("M004")
    headers = bearer("admin")
    first, second = (client.post(f"{API}/merges", json=BODY, headers=headers) for _ in range(2))
    assert (second.status_code, second.json) == (201, first.json)
    assert len(live("M001")) == 1


def test_undone_each_has_what_was_its_own_and_what_it_was(client: FlaskClient) -> None:
    record("M001")
    record("M004")
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS0102", kind="主题党日", held_on=date(2026, 8, 3)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "present"})
    before = live("M001"), live("M004")
    found = merge()
    headers = bearer("admin")
    answer = client.post(f"{API}/merges/{found.id}/undo", headers=headers)
    assert (answer.status_code, answer.json["undone_at"] is None) == (200, False)
    again = client.post(f"{API}/merges/{found.id}/undo", headers=headers)
    assert (again.status_code, again.json) == (200, answer.json)
    assert (live("M001"), live("M004")) == before
    assert branch("M004", clock.today()) == factories.organisation_id("QS0102")
    assert client.get(f"{API}/members/M004", headers=headers).json["number"] == "M004"
    merge()
    undo(merge_id=db.session.scalars(select(func.max(MemberMerge.id))).one())
    assert (live("M001"), live("M004")) == before
    assert list(checking.faults()) == []


def test_what_was_taken_back_or_recorded_meanwhile_stays_so(client: FlaskClient) -> None:
    record("M004")
    record("M004", "2026-07-06")
    found = merge()
    copy = db.session.scalars(select(Entry.id).where(Entry.source == "merge").order_by(Entry.id)).first()
    with transaction():
        ledger.reverse(actor=SYSTEM, at=clock.now(), entry_id=copy or 0, reason="登记有误")
    record("M004", "2026-07-08")
    undo(found.id)
    assert live("M004") == [("volunteer", "1.20", "single")]
    assert live("M001") == [("volunteer", "1.20", "single")]


def test_an_entry_that_was_moved_is_reversed_already(client: FlaskClient) -> None:
    one = record("M004")
    merge()
    answer = client.post(f"{API}/entries/{one}/reverse", json={"reason": "x"}, headers=bearer("admin"))
    assert (answer.status_code, answer.json["code"]) == (409, "already_reversed")
    assert len(live("M001")) == 1


def test_a_record_of_today_and_one_on_the_way_come_back_as_they_were() -> None:
    with transaction():
        people.create_member(
            actor=SYSTEM,
            at=clock.now(),
            number="N1",
            name="单文博",
            organisation="QS0102",
            joined_on=clock.today(),
        )
        people.release(actor=SYSTEM, at=clock.now(), number="M005", on=date(2026, 8, 1))
    spans = select(Membership.organisation_id, Membership.starts_on, Membership.ends_on).where(
        Membership.member_id.in_([factories.member_id("N1"), factories.member_id("M005")])
    )
    spans = spans.order_by(Membership.member_id)
    before = db.session.execute(spans).all()
    for one in (merge("M001", "N1"), merge("M001", "M005")):
        undo(one.id)
    assert db.session.execute(spans).all() == before
