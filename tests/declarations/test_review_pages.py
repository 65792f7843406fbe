"""Reviewing on pages: tick and approve, return with a reason, quiet hints, what waits."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import act, declared, district, entries, status
from tests.evidence import files


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def test_what_is_ticked_is_approved_in_one_go(client: FlaskClient) -> None:
    first, second, third = declared(), declared(rule="award", tier="city"), declared("leader", member="M003")
    token = factories.browser(client, "secretary")
    page = client.get("/declarations").text
    assert re.findall(r'name="declaration" value="(\d+)"', page) == [str(first), str(second), str(third)]
    assert page.count('class="badge ">代录') == 1
    answer = client.post("/declarations/approve", data={"csrf_token": token, "declaration": [first, third]})
    assert answer.location == "/declarations"
    assert "已通过 2 项申报。" in client.get("/declarations").text
    assert [status(number) for number in (first, second, third)] == ["approved", "pending", "approved"]


def test_of_ticked_ones_that_cannot_all_be_approved_none_is(client: FlaskClient) -> None:
    good, own = declared(), declared("leader", member="M002")
    token = factories.browser(client, "leader")
    data = {"csrf_token": token, "declaration": [good, own], "show": "pending"}
    answer = client.post("/declarations/approve", data=data)
    assert (answer.status_code, entries()) == (422, 0)
    assert f'href="#declaration-{own}"' in answer.text
    assert "不能审核本人的申报" in answer.text
    assert re.search(rf'value="{good}" checked', answer.text)
    one = client.post("/declarations/approve", data={"csrf_token": token, "declaration": [own]})
    assert (one.status_code, "不能审核本人的申报" in one.text) == (422, True)
    nothing = client.post("/declarations/approve", data={"csrf_token": token})
    assert (nothing.status_code, "请至少选择一项" in nothing.text) == (422, True)


def test_one_is_returned_with_its_reason(client: FlaskClient) -> None:
    made = declared()
    token = factories.browser(client, "secretary")
    empty = client.post(f"/declarations/{made}/return", data={"csrf_token": token, "reason": " "})
    assert (empty.status_code, "请填写退回原因" in empty.text) == (422, True)
    answer = client.post(
        f"/declarations/{made}/return", data={"csrf_token": token, "reason": "请写明地点", "show": "pending"}
    )
    assert answer.location == "/declarations?show=pending"
    assert "请写明地点" in client.get("/declarations?show=returned").text


def test_the_same_photo_and_the_same_deed_are_hinted_at_quietly(client: FlaskClient) -> None:
    factories.sign_in("third", "member", "QS0101", member="M003")  # type: ignore[arg-type] # as the column has it
    one, other, gone = declared(), declared("third", member="M003"), declared()
    for who, made in (("member", one), ("third", other), ("member", gone)):
        client.post(
            f"/api/v1/declarations/{made}/evidence",
            data={"file": (BytesIO(files.photo()), "a.jpg")},
            headers=factories.bearer(who),
        )
    act("withdraw", "member", gone)
    factories.browser(client, "secretary")
    page = client.get("/declarations").text
    assert ("阿里木·江的一项申报" in page, "欧阳凯敏的一项申报" in page) == (True, True)
    assert page.count("同一张照片还用于") == 2
    assert "同一天的这一项已经有积分记录" not in page
    act("approve", "secretary", declared())
    assert client.get("/declarations").text.count("同一天的这一项已经有积分记录") == 1
    member = client.application.test_client()
    factories.browser(member, "member")
    assert "同一张照片" not in member.get(f"/declarations/{one}").text


def test_a_photo_of_another_branch_is_hinted_at_without_a_name(client: FlaskClient) -> None:
    one, far = declared(), declared("far", member="M005")
    for who, made in (("member", one), ("far", far)):
        client.post(
            f"/api/v1/declarations/{made}/evidence",
            data={"file": (BytesIO(files.photo()), "a.jpg")},
            headers=factories.bearer(who),
        )
    factories.browser(client, "secretary")
    page = client.get(f"/declarations/{one}").text
    assert "同一张照片还用于其他支部的一项申报" in page
    assert "林小满" not in page


def test_who_only_reads_sees_no_form_and_a_member_is_led_to_the_own(client: FlaskClient) -> None:
    made = declared()
    factories.browser(client, "auditor")
    for address in ("/declarations", f"/declarations/{made}"):
        page = client.get(address)
        assert page.status_code == 200
        assert "欧阳凯敏" in page.text
        assert "/declarations/approve" not in page.text
        assert "/return" not in page.text
    member = client.application.test_client()
    factories.browser(member, "member")
    assert member.get("/declarations").location == "/declarations/own"


def test_pages_turn_and_narrow_down(client: FlaskClient) -> None:
    made = [declared() for _ in range(32)]
    factories.browser(client, "admin")
    page = client.get("/declarations?show=pending&organisation=QS0101").text
    [following] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = client.get(following.replace("&amp;", "&")).text
    assert re.findall(r'name="declaration" value="(\d+)"', rest) == [str(number) for number in made[30:]]
    assert client.get("/declarations?show=pending&organisation=QS02").text.count('name="declaration"') == 0


def test_what_waits_stands_on_the_first_pages(client: FlaskClient) -> None:
    made = declared()
    typed = declared("secretary", member="M003")
    act("return", "deputy", typed)
    factories.browser(client, "secretary")
    branch = client.get("/branch").text
    assert "有 1 项自主申报等待审核" in branch
    assert "有 1 项申报被退回，请修改" in branch
    act("return", "secretary", made)
    member = client.application.test_client()
    factories.browser(member, "member")
    assert "有 1 项申报被退回，请修改" in member.get("/score").text
    street = client.application.test_client()
    factories.browser(street, "street")
    assert "项自主申报" not in street.get("/").text
