"""The first page of each role: what needs me now, in a fixed number of statements, and what nouns add to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import clock, firstpages, queues
from pointsvc.audit import reconciliations
from pointsvc.audit import service as audit
from pointsvc.db import db, transaction
from pointsvc.disputes.models import Dispute
from pointsvc.firstpages import Action, Figure, Line, Part, first_page
from pointsvc.permissions import SYSTEM, Actor, Role
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.factories import bearer
from tests.schemes.sheets import ruled_district

NAMES = factories.BY_ROLE


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    ruled_district()


@pytest.fixture
def shares() -> Iterator[None]:
    """What a test registers is forgotten after it."""
    before = list(firstpages._shares)
    yield
    firstpages._shares[:] = before


def record(client: FlaskClient, number: str, name: str = "secretary") -> int:
    body = {"member": number, "rule": "volunteer", "quantity": "2", "occurred_on": "2026-08-03"}
    answer = client.post("/api/v1/entries", json=body, headers=bearer(name))
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])


def figure(page: str, words: str) -> str:
    """The numeral below these words."""
    found = re.search(rf'class="what">{words}</div>\s*<div class="numeral">(?:<a[^>]*>)?([^<]+)', page)
    assert found, words
    return found[1]


# ---- each role


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_first_page_with_at_most_one_primary_action(client: FlaskClient, role: Role) -> None:
    factories.browser(client, NAMES[role])
    page = client.get("/", follow_redirects=True)
    assert page.status_code == 200
    actions = page.text.split('class="page-action"')[1].split("</div>")[0]
    assert actions.count("button primary") == (0 if role == Role.MEMBER else 1)


@pytest.mark.parametrize("role", list(Role))
def test_a_first_page_takes_as_many_statements_for_many_as_for_few(client: FlaskClient, role: Role) -> None:
    factories.browser(client, NAMES[role])
    record(client, "M001")
    client.get("/", follow_redirects=True)
    with counted() as few:
        client.get("/", follow_redirects=True)
    for _ in range(6):
        record(client, "M002")
        record(client, "M004", "neighbour")
    with counted() as many:
        client.get("/", follow_redirects=True)
    assert len(many) == len(few)
    assert len(many) <= 45


def test_a_supervisor_sees_who_is_silent_and_whose_reply_is_overdue(client: FlaskClient) -> None:
    entry = record(client, "M001")
    body = {"entry": str(entry), "text": "当天我在外地"}
    assert client.post("/api/v1/disputes", json=body, headers=bearer("member")).status_code == 201
    factories.browser(client, "overseer")
    page = client.get("/").text
    assert (figure(page, "本月有记录的支部"), figure(page, "逾期未答复的异议")) == ("1", "0")
    assert "柳河镇柳河村党支部" in page.split('id="silent"')[1]
    assert "第一党支部" not in page.split('id="silent"')[1].split("</section>")[0]

    with transaction():
        db.session.execute(db.update(Dispute).values(reply_due_on=clock.today() - timedelta(days=3)))
    page = client.get("/").text
    assert figure(page, "逾期未答复的异议") == "1"
    assert "第一党支部" in page.split('id="overdue"')[1].split("</section>")[0]


def test_the_district_sees_its_coverage_of_this_month(client: FlaskClient) -> None:
    record(client, "M001")
    factories.browser(client, "admin")
    page = client.get("/").text
    assert figure(page, "本月有记录的支部") == "1"
    assert 'id="silent"' in page


def test_an_auditor_sees_what_was_done_and_what_of_it_is_unusual(client: FlaskClient) -> None:
    entry = record(client, "M001")
    body = {"reason": "登记时选错了人"}
    answer = client.post(f"/api/v1/entries/{entry}/reverse", json=body, headers=bearer("secretary"))
    assert answer.status_code == 201, answer.text
    csrf = factories.browser(client, "operator")
    account = {"name": "fresh", "role": "auditor", "organisation": "QS", "csrf_token": csrf}
    assert client.post("/accounts/new", data=account).status_code == 201

    auditor = client.application.test_client()
    factories.browser(auditor, "auditor")
    page = auditor.get("/").text
    assert figure(page, "撤回的积分") == "1"
    assert "登记时选错了人" in page.split('id="reversals"')[1]
    assert "账号 · 新增" in page
    assert auditor.get("/audit?about=sign_in").text.count("账号 · 新增") >= 1
    assert "账号 · 新增" not in auditor.get("/audit?about=export").text.split("<table")[-1]


def test_the_system_administrator_sees_dead_work_and_the_last_backup(client: FlaskClient) -> None:
    factories.browser(client, "operator")
    page = client.get("/").text
    assert figure(page, "已放弃的任务") == "0"
    assert "尚未做过备份" in page
    assert "调度程序未运行" in page
    with transaction():
        job = queues.enqueue(topic=queues.NOTICE_DELIVER, payload={}, at=clock.now())
        job.status, job.error = "dead", "SMTP refused\nmore"
        audit.note(actor=SYSTEM, at=clock.now(), action="service:back_up", size=2_500_000)
        queues.lead(name="scheduler", holder="here", at=clock.now(), until=clock.now() + timedelta(seconds=60))
    page = client.get("/").text
    assert figure(page, "已放弃的任务") == "1"
    assert "SMTP refused" in page
    assert "2.5 MB" in page
    assert "调度程序运行正常" in page
    assert figure(page, "距上次备份天数") == "0"


@pytest.mark.parametrize("name", ["overseer", "auditor", "operator"])
def test_whoever_watches_sees_whether_everything_agrees(client: FlaskClient, name: str) -> None:
    factories.browser(client, name)
    assert "尚未核对" in client.get("/").text
    with transaction():
        reconciliations.begin(period="2026-08-15", at=clock.now())
        reconciliations.keep(period="2026-08-15", at=clock.now(), checked={"entries": 7, "standings": 5}, faults=[])
    page = client.get("/").text
    assert "尚未核对" not in page
    assert "账实相符" in page


def test_a_member_knows_whom_to_call(client: FlaskClient) -> None:
    factories.browser(client, "member")
    assert "尚未登记支部电话" in client.get("/secretary").text
    body = {"secretary": "何静安", "phone": "0000-5551234"}
    answer = client.patch("/api/v1/organisations/QS0101", json=body, headers=bearer("admin"))
    assert answer.status_code == 200, answer.text
    page = client.get("/secretary").text
    assert 'href="tel:0000-5551234"' in page
    assert "何静安" in page


# ---- what nouns register


@pytest.mark.usefixtures("shares")
def test_a_noun_adds_its_share_and_the_lowest_place_stands_first(client: FlaskClient) -> None:
    @first_page(Role.SUPERVISOR, Role.MEMBER, place=5)
    def plans(who: Actor) -> Iterator[Figure | Part | Action]:
        yield Figure("整改逾期", 3, now=True)
        yield Part("抽查计划", [Line("第三季度抽查", small="12 个单位", href="/notices")], nothing="暂无计划")
        yield Action("新建抽查", "/notices")

    factories.browser(client, "overseer")
    page = client.get("/").text
    assert figure(page, "整改逾期") == "3"
    assert page.index("抽查计划") < page.index('id="silent"')
    assert "新建抽查" in page.split('class="page-action"')[1].split("</div>")[0]
    member = client.application.test_client()
    factories.browser(member, "member")
    assert "第三季度抽查" in member.get("/score").text
    admin = client.application.test_client()
    factories.browser(admin, "admin")
    assert "抽查计划" not in admin.get("/").text
