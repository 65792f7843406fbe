"""Declaring by form, reviewing by ticking, typing in from paper: without scripts, as a browser sends it."""

from __future__ import annotations

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests import factories
from tests.conftest import FrozenClock
from tests.declarations.work import act, count, declared, district, entries, seen, status
from tests.evidence import files
from tests.schemes.sheets import published, sheet


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def hidden(client: FlaskClient, address: str) -> dict[str, str]:
    """The hidden fields of the page's last form, its key and token among them."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text))


def form(client: FlaskClient, rule: str = "volunteer", **more: Any) -> dict[str, Any]:
    found = hidden(client, f"/declarations/new?rule={rule}")
    return {**found, "occurred_on": "2026-07-05", **more}


# ---- declaring


def test_the_first_step_offers_what_may_be_declared_and_what_is_still_open(client: FlaskClient) -> None:
    factories.browser(client, "member")
    page = client.get("/declarations/new").text
    assert re.findall(r"rule=(\w+)", page) == ["volunteer", "advice", "award"]
    assert "服务群众" in page
    assert "参加主题党日" not in page
    assert "+1.2 / 小时" in page


def test_the_limit_is_told_before_sending(client: FlaskClient) -> None:
    changed = sheet()
    rule = next(rule for rule in changed["rules"] if rule["code"] == "advice")
    rule["caps"] = [{"per": "year", "points": "3"}]
    published(document=changed)
    factories.browser(client, "member")
    assert "本项今年还可以得 3 分" in client.get("/declarations/new").text
    act("approve", "secretary", declared(rule="advice", points=Decimal(3)))
    assert "目前已到封顶" in client.get("/declarations/new").text
    assert "目前已到封顶" in client.get("/declarations/new?rule=advice").text


@pytest.mark.parametrize(
    ("rule", "fields"),
    [("volunteer", {"quantity"}), ("advice", {"points"}), ("award", {"tier", "matter"})],
)
def test_the_second_step_asks_only_what_the_rule_needs(client: FlaskClient, rule: str, fields: set[str]) -> None:
    factories.browser(client, "member")
    page = client.get(f"/declarations/new?rule={rule}").text
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', page.split("<main")[1]))
    assert names & {"quantity", "points", "tier", "matter"} == fields
    assert {"occurred_on", "note", "photo", "file"} <= names
    assert 'value="2026-08-15"' in page
    assert 'capture="environment"' in page


def test_a_member_declares_with_a_photo(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, quantity="2", note="河边", photo=(BytesIO(files.photo()), "合影.jpg"))
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "申报已提交，审核通过后计分。" in page
    [address] = re.findall(r'src="(/declarations/\d+/evidence/\d+\?preview=1)"', page)
    small = client.get(address)
    assert (small.status_code, small.mimetype) == (200, "image/jpeg")
    assert Image.open(BytesIO(small.data)).size == (60, 40)
    assert client.get(address.split("?")[0]).headers["Content-Security-Policy"].endswith("sandbox")
    own = client.get("/declarations/own").text
    assert "待审核" in own
    assert "2 小时" in own


def test_the_same_form_twice_declares_once(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, quantity="2")
    assert [client.post("/declarations/new", data=data).status_code for _ in range(2)] == [302, 302]
    assert count() == 1


def test_a_wrong_form_is_shown_again_with_reasons(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = form(client, "advice", points="9", note="写过的话", photo=(BytesIO(files.photo()), "a.jpg"))
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 422
    assert 'href="#points"' in answer.text
    assert "写过的话" in answer.text
    assert "请重新选择照片" in answer.text
    bad = client.post("/declarations/new", data=form(client, quantity="1", photo=(BytesIO(b"MZ"), "a.jpg")))
    assert bad.status_code == 422
    assert 'href="#file"' in bad.text
    assert "“a.jpg”不是照片" in bad.text
    six = [
        (BytesIO(files.photo(colour)), f"{colour}.jpg") for colour in ("red", "blue", "green", "gray", "pink", "tan")
    ]
    many = client.post("/declarations/new", data=form(client, quantity="1", file=six))
    assert (many.status_code, count()) == (422, 0)


def test_too_much_at_once_is_told_in_words(client: FlaskClient) -> None:
    factories.browser(client, "member")
    much = b"x" * 21 * 1024**2
    answer = client.post("/declarations/new", data=much, content_type="multipart/form-data; boundary=b")
    assert (answer.status_code, "内容过大" in answer.text) == (413, True)


def test_a_rule_that_is_not_offered_leads_back_to_the_first_step(client: FlaskClient) -> None:
    factories.browser(client, "member")
    data = {**form(client, quantity="1"), "rule": "meeting"}
    answer = client.post("/declarations/new", data=data)
    assert answer.status_code == 422
    assert "这一项由支部登记，不能自主申报" in answer.text
    assert "rule=volunteer" in answer.text


def test_a_secretary_declares_for_one_member_or_goes_to_the_lines(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/declarations/new").location == "/declarations/lines"
    page = client.get("/declarations/new?member=M003&rule=volunteer").text
    assert "由您为阿里木·江代录" in page
    data = {**hidden(client, "/declarations/new?member=M003&rule=volunteer"), "occurred_on": "2026-07-05"}
    assert client.post("/declarations/new", data={**data, "quantity": "1"}).status_code == 302
    assert client.get("/declarations/new?member=M004").status_code == 404
    assert client.post("/declarations/new", data={**data, "member": "M004", "key": "x"}).status_code == 404


def test_who_has_no_record_has_no_own_list(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    assert client.get("/declarations/own").status_code == 404


def test_a_returned_one_is_amended_with_other_photos(client: FlaskClient) -> None:
    factories.browser(client, "member")
    location = client.post(
        "/declarations/new", data=form(client, quantity="2", photo=(BytesIO(files.photo()), "旧.jpg"))
    ).location
    made = int(location.rsplit("/", 1)[1])
    act("return", "secretary", made, reason="照片不清楚")
    own = client.get("/declarations/own").text
    assert "照片不清楚" in own
    page = client.get(f"/declarations/{made}/amend").text
    assert "照片不清楚" in page
    assert 'value="2"' in page
    [old] = re.findall(r'name="leave_out" value="(\d+)"><span>去掉 旧.jpg', page)
    data = {
        **hidden(client, f"/declarations/{made}/amend"),
        "occurred_on": "2026-07-06",
        "quantity": "3",
        "leave_out": old,
        "photo": (BytesIO(files.photo("blue")), "新.jpg"),
    }
    assert client.post(f"/declarations/{made}/amend", data=data).status_code == 302
    page = client.get(location).text
    [address] = re.findall(r"(/declarations/\d+/evidence/\d+)\?preview", page)
    assert "filename*=UTF-8''%E6%96%B0.jpg" in client.get(address).headers["Content-Disposition"]
    assert (status(made), f"{seen(made).points:.2f}") == ("pending", "3.60")


def test_another_rule_may_be_chosen_when_amending(client: FlaskClient) -> None:
    factories.browser(client, "member")
    made = declared()
    act("return", "secretary", made)
    assert f"/declarations/{made}/amend?rule=award" in client.get(f"/declarations/{made}/amend?rule=").text
    data = {**hidden(client, f"/declarations/{made}/amend?rule=award"), "occurred_on": "2026-07-05"}
    wrong = client.post(f"/declarations/{made}/amend", data=data)
    assert (wrong.status_code, 'href="#tier"' in wrong.text) == (422, True)
    assert client.post(f"/declarations/{made}/amend", data={**data, "tier": "city"}).status_code == 302
    assert seen(made).rule == "award"


def test_a_photo_is_added_later_and_a_declaration_withdrawn(client: FlaskClient) -> None:
    token = factories.browser(client, "member")
    made = declared()
    nothing = client.post(f"/declarations/{made}/evidence", data={"csrf_token": token})
    assert (nothing.status_code, "请选择文件" in nothing.text) == (422, True)
    data = {"csrf_token": token, "file": (BytesIO(files.pdf()), "证明.pdf")}
    assert client.post(f"/declarations/{made}/evidence", data=data).status_code == 302
    assert "证明.pdf" in client.get(f"/declarations/{made}").text
    assert client.post(f"/declarations/{made}/withdraw", data={"csrf_token": token}).status_code == 302
    page = client.get(f"/declarations/{made}").text
    assert "已撤回" in page
    assert "/withdraw" not in page
    assert client.post(f"/declarations/{made}/withdraw", data={"csrf_token": token}).status_code == 409


def test_an_entry_taken_back_later_shows_with_its_declaration(client: FlaskClient) -> None:
    made = declared()
    act("approve", "secretary", made)
    token = factories.browser(client, "secretary")
    page = client.get("/members/M001").text
    assert "自主申报" in page
    client.post(f"/entries/{seen(made).entry}/reverse", data={"csrf_token": token, "reason": "重复"})
    assert "积分已冲销" in client.get("/declarations?show=approved").text
    assert "后来已冲销" in client.get(f"/declarations/{made}").text


# ---- reviewing


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


# ---- paper


def sheet_of(client: FlaskClient, token: str, copies: int = 1) -> str:
    answer = client.post(
        "/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": str(copies)}
    )
    assert answer.status_code == 302
    return str(re.findall(r"sheet=(\d+)", answer.location)[0])


def test_sheets_are_made_and_printed(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    answer = client.post("/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": "2"})
    codes = re.findall(r"sheet=(\d+)", answer.location)
    assert len(set(codes)) == 2
    page = client.get(answer.location).text
    assert page.count('<article class="paper-sheet">') == 2
    for words in (*codes, "松岭街道第一党支部", "志愿服务 +1.2 / 小时", "街道 +3、市 +10", "本人签名"):
        assert words in page
    assert "0 / 15" in client.get("/declarations/sheets").text
    for copies in ("0", "x", "", "99"):
        wrong = client.post(
            "/declarations/sheets", data={"csrf_token": token, "organisation": "QS0101", "copies": copies}
        )
        assert (wrong.status_code, 'href="#copies"' in wrong.text) == (422, True)
    assert client.post("/declarations/sheets", data={"csrf_token": token, "organisation": "QS02"}).status_code in (
        404,
        422,
    )
    for address in ("/declarations/paper", "/declarations/paper?sheet=99999", "/declarations/lines?sheet=99999"):
        assert client.get(address).status_code == 404


def test_lines_are_typed_in_from_a_sheet(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    code = sheet_of(client, token)
    address = f"/declarations/lines?sheet={code}"
    data = {
        **hidden(client, address),
        "member-1": "欧阳凯敏", "rule-1": "volunteer", "occurred_on-1": "2026-07-05", "amount-1": "2", "note-1": "巡河",
        "member-3": "almj", "rule-3": "award", "occurred_on-3": "2026-07-06", "amount-3": "市", "note-3": "防汛先进",
    }  # fmt: skip
    answer = client.post("/declarations/lines", data=data)
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert "已录入 2 项申报" in page
    assert page.count('name="member-') == 13
    first, second = client.get("/api/v1/declarations", headers=factories.bearer("secretary")).json["items"]
    assert (second["member"], second["sheet"], second["line"], second["quantity"]) == ("M001", code, 1, "2.00")
    assert (first["member"], first["tier"], first["matter"], first["line"]) == ("M003", "city", "防汛先进", 3)
    again = client.post("/declarations/lines", data=data)
    assert (again.status_code, count()) == (302, 2)
    key = hidden(client, address)["key"]
    other = client.post("/declarations/lines", data={**data, "key": key})
    assert (other.status_code, count()) == (422, 2)
    assert f"{code} 号表第 1 行已经录入过" in other.text


def test_wrong_lines_are_shown_again_by_cell_and_none_is_kept(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    data = {
        **hidden(client, "/declarations/lines"),
        "member-1": "M001", "rule-1": "volunteer", "occurred_on-1": "2026-07-05", "amount-1": "2",
        "member-2": "王五", "rule-2": "volunteer", "occurred_on-2": "2026-07-05",
        "member-4": "M001", "rule-4": "", "occurred_on-4": "2026-07-05",
        "member-5": "M001", "rule-5": "volunteer", "occurred_on-5": "",
        "member-6": "M001", "rule-6": "volunteer", "occurred_on-6": "2026-07-05", "amount-6": "two",
    }  # fmt: skip
    answer = client.post("/declarations/lines", data=data)
    assert (answer.status_code, count()) == (422, 0)
    for cell in ("member-2", "rule-4", "occurred_on-5", "amount-6"):
        assert f'href="#{cell}"' in answer.text
    assert 'value="王五"' in answer.text
    data = {name: value for name, value in data.items() if not name.endswith(("-2", "-4", "-5"))}
    later = client.post("/declarations/lines", data={**data, "amount-6": "0"})
    assert (later.status_code, 'href="#amount-6"' in later.text) == (422, True)
    nothing = client.post("/declarations/lines", data=hidden(client, "/declarations/lines"))
    assert nothing.status_code == 422


def test_who_does_not_review_types_nothing_in(client: FlaskClient) -> None:
    token = factories.browser(client, "member")
    for address in ("/declarations/lines", "/declarations/sheets", "/declarations/paper"):
        assert client.get(address).status_code == 403
    assert client.post("/declarations/lines", data={"csrf_token": token}).status_code == 403
    assert client.post("/declarations/approve", data={"csrf_token": token}).status_code == 403
