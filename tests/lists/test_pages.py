"""Pages of the three lists, and the public ones: what they show, take, refuse, and never say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pointsvc import brake
from pointsvc.lists.models import Item, ListSet
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import act, claim, done, filed, from_resident, problem, rows, set_id, status


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def send(client: FlaskClient, token: str, path: str, **form: Any) -> Any:
    return client.post(path, data={"csrf_token": token, **form})


# ---- signed in


def test_the_lists_stand_side_by_side_and_say_in_words_what_waits(
    client: FlaskClient, frozen_clock: FrozenClock
) -> None:
    filed(title="楼道照明")
    frozen_clock.advance(days=9)
    filed("far", "resources", "普法讲座")
    factories.browser(client, "secretary")
    page = client.get("/lists").text
    assert "需求清单" in page
    assert "软弱涣散" not in page
    shown = client.get(f"/lists/{set_id()}").text
    assert all(words in shown for words in ("需求清单", "资源清单", "项目清单", "楼道照明", "普法讲座"))
    one = client.get(f"/lists/{set_id()}?list=needs&word=x").text
    assert "楼道照明" not in one
    assert "已等待 9 天" in client.get(f"/lists/{set_id()}?list=needs").text


@pytest.mark.parametrize("path", ["", "?list=problems&status=open", "/print", "/download"])
def test_the_confidential_ledger_opens_for_few(client: FlaskClient, path: str) -> None:
    problem("admin", template="weak", organisation="QS0101", title="某支部整顿")
    address = f"/lists/{set_id('weak')}{path}"
    for name, expected in (("secretary", 404), ("overseer", 200)):
        factories.browser(client, name)
        assert client.get(address).status_code == expected
        client.post("/sign-out", data={"csrf_token": factories.csrf_token(client, "/password")})


def test_an_item_is_filed_from_the_form_and_a_wrong_one_comes_back(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    path = f"/lists/{set_id()}/new"
    assert client.get(f"{path}?list=resources").status_code == 200
    wrong = send(client, token, path, list="needs", title="", quota="x")
    assert wrong.status_code == 422
    right = send(client, token, path, list="needs", title="上门理发", tags="助老、便民 理发", quota="2")
    assert right.status_code == 302
    page = client.get(right.location).text
    assert "上门理发" in page
    assert "便民" in page


def test_a_need_by_telephone_shows_its_code_to_the_secretary_alone(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    sent = {
        "list": "needs",
        "title": "代买药品",
        "quota": "1",
        "contact_name": "吴大爷",
        "contact_phone": "021-5550123",
    }
    answer = send(client, token, f"/lists/{set_id()}/new", **sent)
    page = client.get(answer.location).text
    assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page)
    assert "吴大爷" in page
    client.post("/sign-out", data={"csrf_token": token})
    factories.browser(client, "far")
    other = client.get(answer.location).text
    assert "代买药品" in other
    assert "吴大爷" not in other
    assert "5550123" not in other


def test_claiming_and_working_from_the_page(client: FlaskClient) -> None:
    need = filed(quota=2)
    token = factories.browser(client, "neighbour")
    assert "claim" in client.get(f"/items/{need}").text
    assert send(client, token, f"/items/{need}/claim", amount="5").status_code == 422
    assert send(client, token, f"/items/{need}/claim", amount="2", note="周六去").status_code == 302
    assert send(client, token, f"/items/{need}/do", act="unclaim").status_code == 422
    assert send(client, token, f"/items/{need}/do", act="odd").status_code == 422
    act(need, "agree")
    assert send(client, token, f"/items/{need}/do", act="start").status_code == 302
    assert send(client, token, f"/items/{need}/do", act="finish", note="装好了").status_code == 302
    assert send(client, token, f"/items/{need}/do", act="confirm", rating="fair").status_code == 403
    assert status(need) == "done"
    assert "装好了" in client.get(f"/items/{need}").text


def test_a_need_and_an_offer_are_joined_as_a_project(client: FlaskClient) -> None:
    need = filed(tags=("助老",))
    offer = filed("neighbour", "resources", "老年理发队", tags=("助老",))
    token = factories.browser(client, "secretary")
    page = client.get(f"/items/{need}").text
    assert f"link={need}&amp;link={offer}" in page
    path = f"/lists/{set_id()}/new"
    assert "老年理发队" in client.get(f"{path}?list=projects&link={need}&link={offer}").text
    sent = {"list": "projects", "title": "理发进楼栋", "quota": "1", "link": [need, offer]}
    made = client.get(send(client, token, path, **sent).location).text
    assert "楼道照明" in made
    assert "老年理发队" in made


def test_a_problem_with_stages_is_closed_by_two(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    path = f"/lists/{set_id('problems')}/new"
    wrong = send(client, token, path, list="problems", title="班子不全", stages="bald 选人")
    assert wrong.status_code == 422
    sent = {
        "list": "problems",
        "title": "班子不全",
        "measure": "补选",
        "stages": "2026-09-01 选定人选\n2026-11-01 补选",
    }
    here = send(client, token, path, **sent).location
    page = client.get(here).text
    assert "选定人选" in page
    for place in (1, 2):
        assert send(client, token, f"{here}/stages/{place}").status_code == 302
    assert send(client, token, f"{here}/do", act="cancel_off", note="已补选").status_code == 302
    assert send(client, token, f"{here}/do", act="cancel_off").status_code == 403
    client.post("/sign-out", data={"csrf_token": token})
    token = factories.browser(client, "overseer")
    assert send(client, token, f"{here}/do", act="cancel_off").status_code == 302
    assert send(client, token, f"{here}/do", act="reopen").status_code == 422
    assert send(client, token, f"{here}/do", act="reopen", note="又缺一人", due_on="2026-12-01").status_code == 302
    assert "第 2 轮" in client.get(here).text


def test_a_district_names_its_sets(client: FlaskClient) -> None:
    token = factories.browser(client, "admin")
    names = {"name": "双报到清单", "first": "服务需求", "second": "志愿活动", "third": "结对关爱"}
    assert send(client, token, "/lists/add", **{**names, "third": "志愿活动", "life": "exchange"}).status_code == 422
    made = send(client, token, "/lists/add", life="exchange", **names)
    assert made.status_code == 302
    assert "结对关爱" in client.get(made.location).text
    path = f"/lists/{set_id()}/edit"
    assert client.get(path).status_code == 200
    assert send(client, token, path, **{**names, "name": ""}).status_code == 422
    assert send(client, token, path, **{**names, "name": "三清单"}).status_code == 302
    assert rows(ListSet) == 5


def test_what_waits_stands_on_the_first_page(client: FlaskClient) -> None:
    need, other = filed(), filed(title="另一件")
    claim(need)
    done(other)
    problem(due_on=factories.date(2026, 8, 1))
    factories.browser(client, "secretary")
    page = client.get("/branch").text
    for words in ("1 项认领待对接确认", "1 项需求已办完", "1 项清单事项已逾期"):
        assert words in page


def test_the_sheet_for_residents_holds_the_way_to_their_page(client: FlaskClient) -> None:
    factories.browser(client, "secretary")
    page = client.get("/lists/poster").text
    assert "/need/at/QS0101" in page
    assert "<svg" in page
    client.post("/sign-out", data={"csrf_token": factories.csrf_token(client, "/password")})
    factories.browser(client, "admin")
    assert client.get("/lists/poster").status_code == 404


def test_a_member_reads_the_exchange_and_nothing_else(client: FlaskClient) -> None:
    need, hidden = filed(), problem()
    factories.browser(client, "member")
    assert client.get(f"/items/{need}").status_code == 200
    assert client.get(f"/items/{hidden}").status_code == 404
    assert client.get(f"/lists/{set_id()}/new").status_code == 403
    assert "问题清单" not in client.get("/lists").text


# ---- for everybody


def form_of(client: FlaskClient, place: str = "QS0101") -> dict[str, str]:
    page = client.get(f"/need/at/{place}").text
    once = re.search(r'name="once" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert once
    assert token
    filled = {"title": "家中灯坏了", "name": "周大娘", "phone": "13800001234"}
    return {"once": once[1], "csrf_token": token[1], **filled}


def test_a_resident_files_without_an_account_and_follows_it(client: FlaskClient) -> None:
    form = form_of(client)
    assert client.post("/need/at/QS0101", data={**form, "phone": "keine"}).status_code == 422
    first = client.post("/need/at/QS0101", data=form)
    again = client.post("/need/at/QS0101", data=form)
    assert first.status_code == 302
    assert again.location == first.location
    assert rows(Item) == 1
    page = client.get(first.location).text
    assert "家中灯坏了" in page
    assert "周大娘" not in page
    assert "13800001234" not in page


def test_a_resident_confirms_with_the_code(client: FlaskClient) -> None:
    need, code = from_resident()
    token = form_of(client)["csrf_token"]
    # The page derives codes from the service's own secret; this one was made with a test's, so it is typed.
    done(need)
    page = client.get(f"/need/{code}").text
    assert "confirm" in page
    assert client.post(f"/need/{code}", data={"csrf_token": token, "act": "confirm"}).status_code == 422
    assert client.post(f"/need/{code}", data={"csrf_token": token, "act": "agree"}).status_code == 422
    sent = {"csrf_token": token, "act": "confirm", "rating": "satisfied", "note": "谢谢"}
    assert client.post(f"/need/{code}", data=sent).status_code == 302
    assert client.post(f"/need/{code}", data=sent).status_code == 302
    assert status(need) == "confirmed"
    assert "谢谢" in client.get(f"/need/{code.lower()}").text


def test_a_resident_says_that_it_is_not_done_or_no_longer_needed(client: FlaskClient) -> None:
    need, code = from_resident()
    token = form_of(client)["csrf_token"]
    done(need)
    assert client.post(f"/need/{code}", data={"csrf_token": token, "act": "return"}).status_code == 422
    client.post(f"/need/{code}", data={"csrf_token": token, "act": "return", "note": "还差一半"})
    assert status(need) == "under_way"
    other, key = from_resident("form-2")
    client.post(f"/need/{key}", data={"csrf_token": token, "act": "withdraw", "note": "不用了"})
    assert status(other) == "withdrawn"


def test_a_resident_finds_the_own_place_by_a_part_of_its_name(client: FlaskClient) -> None:
    assert 'href="/need/at/QS0101"' in client.get("/need").text
    assert 'href="/need/at/QS0101"' in client.get("/need?place=第一党").text
    assert 'href="/need/at/QS"' not in client.get("/need").text
    nowhere = client.get("/need?place=100%25_")
    assert (nowhere.status_code, "/need/at/" in nowhere.text) == (200, False)


def test_wrong_codes_are_braked(client: FlaskClient) -> None:
    for _ in range(brake.MOST):
        assert client.get("/need/2222-2222-2222").status_code == 404
    assert client.get("/need/2222-2222-2222").status_code == 429
    assert client.get("/need?code=abcd-efgh").location.endswith("/need/ABCDEFGH")
    assert client.get("/need").status_code == 200


def test_a_flood_of_filings_is_braked(client: FlaskClient) -> None:
    form = form_of(client)
    for number in range(brake.MOST):
        client.post("/need/at/QS0101", data={**form, "once": f"o{number}"})
    assert client.post("/need/at/QS0101", data={**form, "once": "last"}).status_code == 429
    assert rows(Item) == brake.MOST


def test_where_nothing_is_filed_there_is_no_page(client: FlaskClient) -> None:
    assert client.get("/need/at/QS").status_code == 404
    assert client.get("/need/at/NIRGENDS").status_code == 404
