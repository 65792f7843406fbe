"""The pages of boards: what everybody sees, and those by which boards are kept."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pointsvc.boards.models import BoardComment
from pointsvc.db import db
from tests import factories
from tests.boards import scene
from tests.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("district")


@pytest.mark.parametrize("address", ["/b/first", "/b/first/screen", "/b/first/print/a4", "/b/first/print/a3"])
def test_everybody_reads_a_board(client: FlaskClient, address: str) -> None:
    scene.profiles()
    scene.pledge()
    scene.hung()
    page = client.get(address)
    assert page.status_code == 200
    for text in (
        "欧阳凯敏",
        "支部书记",
        "主持支部全面工作",
        "每月走访两户困难群众",
        scene.PHONE,
        "2026年8月15日",
        "2026年11月15日",
    ):
        assert text in page.text
    assert "csrf" not in page.text
    assert "Set-Cookie" not in page.headers
    assert client.get("/b/first/print/a5").status_code == 404
    assert client.get("/b/other").status_code == 404


def test_a_board_past_its_day_says_so_on_each_page(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    scene.hung()
    district.advance(days=93)
    for address in ("/b/first", "/b/first/screen", "/b/first/print/a4"):
        assert "已超过更新期限" in client.get(address).text


def test_a_screen_has_at_most_eight_people_a_page(client: FlaskClient) -> None:
    for n in range(10, 27):
        factories.member(f"M0{n}", "QS0101", f"沈{n}")
        scene.consent(f"M0{n}")
    scene.hung()
    page = client.get("/b/first/screen").text
    sizes = [part.count('<article class="person">') for part in page.split("data-page>")[1:]]
    assert sizes == [8, 8, 1]


def test_anybody_says_something_with_the_pages_token(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    pledge = scene.pledge()
    scene.hung()
    token = factories.csrf_token(client, "/b/first/say")
    form = {"text": "说到做到", "pledge": str(pledge), "rating": "good"}
    assert client.post("/b/first/say", data=form).status_code == 403
    assert db.session.scalar(select(BoardComment.id)) is None
    answer = client.post("/b/first/say", data={**form, "csrf_token": token}, follow_redirects=True)
    assert "谢谢您的留言" in answer.text
    row = db.session.scalars(select(BoardComment)).one()
    assert (row.text, row.pledge_id, row.rating, row.status) == ("说到做到", pledge, "good", "waiting")
    wrong = client.post("/b/first/say", data={"csrf_token": token, "rating": "good"})
    assert wrong.status_code == 422
    assert "请选择要评议的承诺" in wrong.text


def test_a_program_that_fills_everything_in_is_left_alone(client: FlaskClient) -> None:
    scene.hung()
    token = factories.csrf_token(client, "/b/first/say")
    client.post("/b/first/say", data={"csrf_token": token, "text": "买药", "website": "http://x"})
    assert db.session.scalar(select(BoardComment.id)) is None


def test_one_address_is_slowed_down(client: FlaskClient) -> None:
    scene.hung()
    token = factories.csrf_token(client, "/b/first/say")
    codes = [client.post("/b/first/say", data={"csrf_token": token, "text": f"{n}"}).status_code for n in range(6)]
    assert codes == [302] * 5 + [429]


# ---- those who keep them


def test_a_board_goes_through_its_pages(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    token = factories.browser(client, "secretary")
    form = {
        "csrf_token": token,
        "organisation": "QS0101",
        "kind": "honour",
        "code": "glory",
        "title": "光荣榜",
        "people": "阿里木·江 优秀共产党员\nM001",
        "fields": "photo",
        "seconds": "20",
        "below": "1",
    }
    wrong = client.post("/boards/new", data={**form, "code": "光", "people": "无此人"})
    assert wrong.status_code == 422
    assert "无此人" in wrong.text
    made = client.post("/boards/new", data=form)
    assert made.status_code == 302
    here = made.location
    assert "2 人，0 项承诺" in client.get(here).text
    assert "优秀共产党员" in client.get(f"{here}/edit").text
    assert "优秀共产党员" in client.get(f"{here}/preview").text
    client.post(f"{here}/keep", data={"csrf_token": token, "act": "submit"})
    other = client.application.test_client()
    theirs = factories.browser(other, "street")
    assert "待保密审查" in other.get("/", follow_redirects=True).text
    other.post(f"{here}/review", data={"csrf_token": theirs, "act": "approve"})
    client.post(f"{here}/keep", data={"csrf_token": token, "act": "publish"})
    assert "光荣榜" in client.application.test_client().get("/b/glory").text
    changed = client.post(f"{here}/edit", data={**form, "title": "新光荣榜"})
    assert changed.status_code == 302
    assert "新光荣榜" in client.get("/boards").text
    assert client.post(f"{here}/keep", data={"csrf_token": token, "act": "burn"}).status_code == 404


def test_comments_are_decided_on_the_boards_page(client: FlaskClient) -> None:
    number = scene.hung()
    first, second = scene.said(text="很好"), scene.said(text="广告")
    token = factories.browser(client, "secretary")
    assert "2 条群众留言待处理" in client.get("/", follow_redirects=True).text
    here = f"/boards/{number}"
    client.post(f"{here}/comments/{first}", data={"csrf_token": token, "decision": "approve", "answer": "谢谢"})
    client.post(f"{here}/comments/{second}", data={"csrf_token": token, "decision": "refuse"})
    rows = db.session.execute(select(BoardComment.status, BoardComment.answer).order_by(BoardComment.id)).all()
    assert [tuple(row) for row in rows] == [("approved", "谢谢"), ("refused", None)]
    wrong = client.post(
        f"{here}/comments/{first}", data={"csrf_token": token, "decision": "answer", "answer": "13812341234"}
    )
    assert wrong.status_code == 422


def test_profiles_photos_and_consents_have_their_page(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    here = "/boards/profiles/M002"
    assert "不公示" in client.get("/boards/profiles").text
    client.post(here, data={"csrf_token": token, "post": "宣传委员", "duties": "负责宣传", "place": "2"})
    client.post(f"{here}/consents", data={"csrf_token": token, "kinds": ["display", "photo"], "act": "give"})
    file = (BytesIO(scene.drawn(secret="家住杏园里")), "me.jpg")
    client.post(f"{here}/photo", data={"csrf_token": token, "file": file})
    page = client.get("/boards/profiles").text
    assert "宣传委员" in page
    assert "含照片" in page
    kept = client.get(f"{here}/photo.jpg").data
    assert kept.startswith(b"\xff\xd8")
    assert "家住杏园里".encode() not in kept
    wrong = client.post(f"{here}/photo", data={"csrf_token": token, "file": (BytesIO(b"hello"), "me.jpg")})
    assert wrong.status_code == 422
    client.post(
        f"{here}/consents", data={"csrf_token": token, "kinds": ["display"], "act": "withdraw", "reason": "本人意愿"}
    )
    assert "本人意愿" in client.get(here).text


def test_a_member_consents_on_the_own_page(client: FlaskClient) -> None:
    token = factories.browser(client, "member")
    assert "我同意" in client.get("/boards/mine").text
    client.post("/boards/mine", data={"csrf_token": token, "kinds": ["display"], "act": "give"})
    assert "撤回同意" in client.get("/boards/mine").text
    assert client.get("/boards/profiles").status_code == 403


def test_badges_are_ticked_and_the_register_is_taken_away(client: FlaskClient) -> None:
    token = factories.browser(client, "secretary")
    assert "还没有登记" in client.get("/insignia").text
    form = {"csrf_token": token, "kind": "badge", "members": ["M001", "M002"], "issued_on": "2026-07-01", "signed": "1"}
    assert client.post("/insignia", data=form).status_code == 302
    wrong = client.post("/insignia", data={**form, "kind": "plate", "members": ["M001"]})
    assert wrong.status_code == 422
    page = client.get("/insignia").text
    assert "党徽" in page
    table = client.get("/insignia.xlsx")
    assert table.data.startswith(b"PK")
    table.close()
    client.post("/insignia/1/take-back", data={"csrf_token": token})
