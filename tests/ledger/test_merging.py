"""Two records of one person: merged, looked up by either number, and parted again."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from pointsvc import clock, queues
from pointsvc.activities import service as activities
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict
from pointsvc.ledger import checking, merging
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import listing, reach
from pointsvc.people import service as people
from pointsvc.people.models import MemberMerge, Membership, SignIn
from pointsvc.permissions import SYSTEM, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.factories import bearer, browser
from tests.schemes.sheets import published

API = "/api/v1"
# M004 of the second branch is M001 of the first once more.
BODY = {"keep": "M001", "duplicate": "M004", "reason": "同一人重复建档，身份证件核对一致"}


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()
    published()


def record(member: str, day: str = "2026-07-05", rule: str = "volunteer", **more: Any) -> int:
    with transaction():
        return ledger.record(
            actor=SYSTEM, at=clock.now(), member=member, rule=rule, occurred_on=date.fromisoformat(day), **more
        ).id


def merge(keep: str = "M001", duplicate: str = "M004") -> MemberMerge:
    with transaction():
        return merging.merge(actor=SYSTEM, at=clock.now(), keep=keep, duplicate=duplicate, reason="重复")


def undo(merge_id: int) -> MemberMerge:
    with transaction():
        return merging.undo(actor=SYSTEM, at=clock.now(), merge_id=merge_id)


def live(number: str) -> list[tuple[str, str, str]]:
    """The live entries of this very record, as rule, points and source."""
    rows = db.session.scalars(
        select(Entry).where(Entry.member_id == factories.member_id(number)).order_by(Entry.id)
    ).all()
    back = {row.reverses_id for row in rows}
    views = {view.id: view for one in rows if (view := ledger.entry(actor=SYSTEM, entry_id=one.id))}
    return [
        (views[row.id].rule, str(row.points), row.source)
        for row in rows
        if row.reverses_id is None and row.id not in back
    ]


def branch(number: str, day: date) -> int | None:
    return reach.branch_on([one := factories.member_id(number)], day).get(one)


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


# ---- what is refused


@pytest.mark.parametrize("name", ["street", "secretary", "overseer", "auditor", "operator", "member"])
def test_other_roles_merge_nothing(client: FlaskClient, name: str) -> None:
    found = merge()
    headers = bearer(name)
    assert client.post(f"{API}/merges", json=BODY, headers=headers).status_code == 403
    assert client.post(f"{API}/merges/{found.id}/undo", headers=headers).status_code == 403
    for address in ("merges", "merges/suggestions"):
        assert client.get(f"{API}/{address}", headers=headers).status_code == 403


@pytest.mark.parametrize("field", ["keep", "duplicate"])
def test_a_stranger_is_not_found(client: FlaskClient, field: str) -> None:
    factories.sign_in("lord", Role.DISTRICT_ADMIN, "QS01")
    for number in ("M005", "M404"):
        answer = client.post(f"{API}/merges", json={**BODY, field: number}, headers=bearer("lord"))
        assert answer.status_code == 404
    found = merge("M005", "M002")
    assert client.post(f"{API}/merges/{found.id}/undo", headers=bearer("lord")).status_code == 404
    assert client.post(f"{API}/merges/x/undo", headers=bearer("lord")).status_code == 404
    assert client.get(f"{API}/merges", headers=bearer("lord")).json["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"duplicate": "M001"}, "duplicate"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"keep": ""}, "keep"),
        ({"more": 1}, "more"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post(f"{API}/merges", json={**BODY, **change}, headers=bearer("admin"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert db.session.scalar(select(func.count()).select_from(MemberMerge)) == 0


@pytest.mark.parametrize(
    ("keep", "duplicate", "code"),
    [
        ("M002", "M004", "merged_already"),
        ("M004", "M002", "merged_already"),
        ("M002", "M001", "has_merged"),
    ],
)
def test_one_step_leads_to_the_kept_record(keep: str, duplicate: str, code: str) -> None:
    merge()
    with pytest.raises(Conflict) as refused:
        merge(keep, duplicate)
    assert refused.value.code == code


def test_a_third_record_goes_into_the_same_one() -> None:
    record("M004")
    record("M005")
    first, second = merge(), merge("M001", "M005")
    assert len(live("M001")) == 2
    undo(first.id)
    assert (len(live("M001")), len(live("M004"))) == (1, 1)
    undo(second.id)
    assert (len(live("M001")), len(live("M005"))) == (0, 1)


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


# ---- marks at meetings


def test_a_person_stands_once_on_the_roll_and_is_marked_once(client: FlaskClient) -> None:
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS01", kind="三会一课", held_on=date(2026, 8, 3)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "present"})
    found = merge()
    board = activities.board(actor=SYSTEM, meeting_id=meeting.id)
    assert [(seat.number, seat.mark) for seat in board.roll] == [("M001", "present"), ("M002", None), ("M003", None)]
    [summary] = activities.meetings(actor=SYSTEM, organisation="QS01")
    assert (summary.counts.expected, summary.counts.present) == (3, 1)
    # The mark that the duplicate had is changed by either number; its points go with it.
    with transaction():
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "absent"})
    assert live("M001") == [("absent", "-2.00", "meeting")]
    board = activities.board(actor=SYSTEM, meeting_id=meeting.id)
    assert [seat.mark for seat in board.roll] == ["absent", None, None]
    undo(found.id)
    assert (live("M001"), live("M004")) == ([("absent", "-2.00", "meeting")], [])


def test_after_the_undoing_a_mark_can_be_changed_as_ever() -> None:
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS0102", kind="三会一课", held_on=date(2026, 8, 3)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "present"})
    undo(merge().id)
    with transaction():
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "absent"})
    assert live("M004") == [("absent", "-2.00", "meeting")]


# ---- who may be one person


def test_a_pair_is_suggested_by_name_and_day_or_name_and_branch(client: FlaskClient) -> None:
    day = date(2010, 7, 1)
    factories.member("D1", "QS0101", name="林小满", joined_on=day)
    factories.member("D2", "QS0201", name="林小满", joined_on=day)
    factories.member("D3", "QS0102", name="单文博", joined_on=day)
    factories.member("D4", "QS0102", name="林小满", joined_on=date(2011, 7, 1))
    items = client.get(f"{API}/merges/suggestions", headers=bearer("admin")).json["items"]
    pairs = [(item["number_1"], item["number_2"]) for item in items]
    assert pairs == [("D1", "D2"), ("M004", "D3"), ("M005", "D2")]
    merge("D1", "D2")
    items = client.get(f"{API}/merges/suggestions?limit=1", headers=bearer("admin")).json
    assert [item["name"] for item in items["items"]] == ["单文博"]
    assert items["next"] is None


def test_the_suggestions_and_merges_come_in_pages(client: FlaskClient) -> None:
    for n in range(3):
        factories.member(f"E{n}", "QS0102", name="单文博")
    headers = bearer("admin")

    def all_of(address: str) -> int:
        seen, after = 0, ""
        while after is not None:
            page = client.get(f"{API}/{address}?limit=2&after={after}", headers=headers).json
            seen += len(page["items"])
            after = page["next"]
        return seen

    assert all_of("merges/suggestions") == 6
    for n in range(3):
        merge("M004", f"E{n}")
    assert (all_of("merges/suggestions"), all_of("merges")) == (0, 3)


# ---- the pages


def test_two_records_are_compared_merged_and_parted_by_form(client: FlaskClient) -> None:
    record("M004")
    factories.member("D3", "QS0102", name="单文博")
    token = browser(client, "admin")
    page = client.get("/merges").text
    found = re.search(r'href="(/merges/new\?first=M004&amp;second=D3)"', page)
    assert found is not None
    assert client.get(found[1].replace("&amp;", "&")).status_code == 200
    form = {"first": "M004", "second": "D3", "reason": "", "keep": "D3", "csrf_token": token}
    assert 'id="reason-error"' in client.post("/merges/new", data=form).text
    assert 'id="keep-error"' in client.post("/merges/new", data={**form, "reason": "x", "keep": "M001"}).text
    assert client.post("/merges/new", data={**form, "reason": "重复建档"}).location == "/members/D3"
    assert len(live("D3")) == 1
    one = db.session.scalars(select(MemberMerge.id)).one()
    assert f"/merges/{one}/undo" in client.get("/members/D3").text
    assert client.post(f"/merges/{one}/undo", data={"csrf_token": token}).location == "/members/M004"
    assert "已撤销" in client.get("/merges").text
    for first, second in (("M001", "M001"), ("M001", "M404")):
        wrong = client.get("/merges/new", query_string={"first": first, "second": second})
        assert wrong.status_code == 422
        assert 'id="second-error"' in wrong.text


@pytest.mark.parametrize("name", ["street", "auditor", "operator"])
def test_the_pages_are_for_nobody_else(client: FlaskClient, name: str) -> None:
    merge()
    browser(client, name)
    assert client.get("/merges").status_code == 403
    assert "/undo" not in client.get("/members/M001").text
