"""The pages of spot-checks: what they show, to whom, and what their forms do."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc.db import transaction
from pointsvc.errors import Invalid
from pointsvc.people import settings
from pointsvc.spotchecks import choosing, framing, pasted
from tests import factories
from tests.conftest import FrozenClock
from tests.spotchecks import scene
from tests.spotchecks.vector import DIGITS, PLAN, SECRET, C, F, S
from tests.tallies import sheets


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    """The supervisor at a browser."""
    return Desk(client, "overseer")


class Desk:
    """Somebody at a browser."""

    def __init__(self, client: FlaskClient, name: str) -> None:
        self.client = client
        self.token = factories.browser(client, name)

    def get(self, address: str, status: int = 200) -> str:
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, address: str, status: int = 302, **form: Any) -> Any:
        answer = self.client.post(address, data={"csrf_token": self.token, **form})
        assert answer.status_code == status, answer.text
        return answer


HEAD = {
    "title": "四季度抽查",
    "plan": PLAN,
    "announced": "yes",
    "due_days": "20",
    "checklist": "A1，三会一课有记录，条例第十二条\n公示栏按期更新",
}


def test_a_plan_is_written_frozen_and_drawn_by_forms(desk: Desk) -> None:
    assert "尚无抽查方案" in desk.get("/spot-checks")
    desk.get("/spot-checks/new")
    path = desk.post("/spot-checks/new", **HEAD).location
    number = int(path.rsplit("/", 1)[1])
    assert scene.row(number).checklist == [
        {"code": "A1", "text": "三会一课有记录", "article": "条例第十二条"},
        {"code": "2", "text": "公示栏按期更新", "article": ""},
    ]
    desk.get(f"{path}/strata")
    tree = {"from": "tree", "under": "QS", "organisation_kind": "branch", "size": "2", "unit": "units"}
    desk.post(f"{path}/strata", name="支部", **tree)
    people = "区委组织部，甲一\n区纪委，乙二，QS0101、QS0102，overseer"
    desk.post(f"{path}/inspectors", inspectors=people)
    assert "区纪委, 乙二, QS0101、QS0102" in desk.get(f"{path}/inspectors")
    page = desk.get(path)
    assert "松岭街道第一党支部" in desk.get(f"{path}/units")
    assert "若有10%" in page.replace(" ", "")
    desk.post(f"{path}/freeze")
    wall = f"{path}/wall"
    assert "3" in desk.get(wall)
    assert (scene.row(number).commitment or "")[:8] in desk.get(wall + "?step=commitment")
    assert "不足" not in desk.get(wall + "?step=dice")
    # What comes after the dice is not to be reached before.
    assert scene.row(number).secret not in desk.get(wall + "?step=seed")
    assert 'aria-invalid="true"' in desk.post(f"{path}/draw", 422, digits="123").text
    assert desk.post(f"{path}/draw", digits=DIGITS).location.endswith("step=seed")
    assert (scene.row(number).seed or "")[:8] in desk.get(wall + "?step=seed")
    assert "党支部" in desk.get(wall + "?step=drawn")
    assert f"/draws/{PLAN}" in desk.get(wall + "?step=check")


def test_a_wrong_head_is_told_its_field(desk: Desk) -> None:
    answer = desk.post("/spot-checks/new", 422, **{**HEAD, "plan": "a|b"})
    assert 'id="plan-error"' in answer.text
    answer = desk.post("/spot-checks/new", 422, **{**HEAD, "due_days": "soon"})
    assert 'id="due_days-error"' in answer.text
    answer = desk.post("/spot-checks/new", 422, **{**HEAD, "due_days": ""})
    assert 'id="due_days-error"' in answer.text


def test_a_head_is_changed(desk: Desk) -> None:
    path = f"/spot-checks/{scene.planned()}"
    assert "四季度抽查" in desk.get(f"{path}/head")
    form = {**HEAD, "title": "改名", "due_on": "2026-10-01", "due_days": "", "cover_quarters": "4", "announced": "no"}
    desk.post(f"{path}/head", **form)
    found = scene.row(int(path.rsplit("/", 1)[1]))
    assert (found.title, found.announced, found.cover_quarters) == ("改名", False, 4)
    desk.post(f"{path}/head", 422, **{**form, "title": ""})


def test_units_come_from_a_list_or_a_file(desk: Desk) -> None:
    number = scene.planned("P-1", framing.Part("支部", n=1, source=choosing.Source("QS", "branch")))
    path = f"/spot-checks/{number}"
    more = {"from": "list", "size": "50", "unit": "percent"}
    desk.post(f"{path}/strata", name="单位", units="A1\t甲单位\nA2，乙单位\n\nA3", **more)
    content = io.BytesIO("代码甲,丙单位\n".encode("gb18030"))
    desk.post(f"{path}/strata", name="文件", file=(content, "名单.csv"), **more)
    page = desk.get(f"{path}/units")
    assert all(name in page for name in ("甲单位", "乙单位", "A3", "丙单位"))
    for wrong, field in (
        ({"size": "x"}, "size"),
        ({"size": "101"}, "size"),
        ({"from": ""}, "from"),
        ({"name": ""}, "name"),
    ):
        answer = desk.post(f"{path}/strata", 422, **{"name": "甲", "units": "B", **more, **wrong})
        assert f'href="#{field}"' in answer.text
    desk.post(f"{path}/strata/change", name="单位", act="resize", n="3")
    desk.post(f"{path}/strata/change", 422, name="单位", act="resize", n="9")
    desk.post(f"{path}/strata/change", name="单位", act="remove")
    assert "甲单位" not in desk.get(f"{path}/units")


def test_units_are_left_out_with_a_reason(desk: Desk) -> None:
    with transaction():
        settings.decide(
            actor=factories.actor("admin"), at=factories.AT, organisation="QS", name="inspections_a_year", value=1
        )
    scene.drawn("P-0", framing.Part("支部", percent=100, units=[("QS0101", None)]))
    number = scene.planned("P-1", framing.Part("支部", n=1, source=choosing.Source("QS", "branch")))
    path = f"/spot-checks/{number}"
    assert "P-0" in desk.get(path)
    desk.post(f"{path}/exclude-often", code="QS0101")
    assert "P-0" in (scene.unit(number, "QS0101").excluded or "")
    desk.post(f"{path}/exclude", code="QS0102", reason="在整改期内")
    desk.post(f"{path}/exclude", 422, code="QS0201", reason="")
    assert "在整改期内" in desk.get(path)
    desk.post(f"{path}/exclude", code="QS0102", act="back")
    assert scene.unit(number, "QS0102").excluded is None


def test_of_an_unannounced_check_the_wall_and_the_public_name_nobody(desk: Desk, client: FlaskClient) -> None:
    number = scene.vector(announced=False)
    path = f"/spot-checks/{number}"
    for step in ("seed", "drawn", "check"):
        wall = desk.get(f"{path}/wall?step={step}")
        assert "第03乡镇" not in wall
        assert SECRET[:8] not in wall
    assert "第03乡镇" in desk.get(path)
    public = client.get(f"/draws/{PLAN}").text
    assert S[:8] not in public
    assert "第03乡镇" not in public.split("<pre")[0]
    assert "第03乡镇" not in client.get(f"/draws/{PLAN}/certificate").text
    desk.post(f"{path}/open", unit=str(scene.unit(number, "X03").id))
    assert "第03乡镇" in client.get(f"/draws/{PLAN}").text.split("<pre")[0]
    desk.post(f"{path}/open")
    assert S[:8] in client.get(f"/draws/{PLAN}").text


def test_the_wall_shows_eight_at_a_time(desk: Desk) -> None:
    units = [(f"U{n:02}", f"第{n:02}单位") for n in range(20)]
    wall = f"/spot-checks/{scene.drawn('P-1', framing.Part('单位', n=17, units=units))}/wall"
    shown = [desk.get(f"{wall}?step=drawn&screen={screen}").count("<strong>") for screen in (1, 2, 3, 9)]
    assert shown == [8, 8, 1, 1]
    assert 'screen=2"' in desk.get(f"{wall}?step=drawn")
    assert 'rel="next"' not in desk.get(f"{wall}?step=check")


def test_a_drawn_unit_is_passed_over_and_an_inspector_replaced(desk: Desk) -> None:
    number = scene.vector()
    path = f"/spot-checks/{number}"
    unit = scene.unit(number, "X03").id
    desk.post(f"{path}/units/{unit}/skip", 422, reason="")
    desk.post(f"{path}/units/{unit}/skip", reason="已撤并")
    assert "已撤并" in desk.get(path)
    unit = scene.unit(number, "X10").id
    desk.post(f"{path}/units/{unit}/stand-down", 422, inspector="nobody", reason="住院")
    assert "已撤并" in desk.client.get(f"/draws/{PLAN}").text


def test_a_plan_is_given_up_and_drawn_anew(desk: Desk) -> None:
    path = f"/spot-checks/{scene.frozen()}"
    desk.post(f"{path}/void", 422, reason="")
    desk.post(f"{path}/void", reason="会议改期")
    assert "会议改期" in desk.client.get(f"/draws/{PLAN}").text
    assert PLAN in desk.get(f"/spot-checks/new?again={PLAN}")
    desk.post("/spot-checks/new", **{**HEAD, "plan": "DC-2026Q4-02", "again_of": PLAN, "reason": "会议改期"})
    assert desk.client.get(f"{path}/wall").status_code == 302


# ---- for everybody


def test_everybody_reads_the_draw_and_takes_its_proof(client: FlaskClient) -> None:
    assert "尚无公开抽签" in client.get("/draws").text
    scene.planned("P-1")
    assert client.get("/draws/P-1").status_code == 404
    assert client.get("/draws/P-1/proof.json").status_code == 404
    scene.vector()
    assert PLAN in client.get("/draws").text
    page = client.get(f"/draws/{PLAN}").text
    for value in (F, C, SECRET, S):
        assert " ".join(value[place : place + 8] for place in range(0, 64, 8)) in page
    proof = json.loads(client.get(f"/draws/{PLAN}/proof.json").text)
    assert (proof["seed"], [one["code"] for one in proof["drawn"]]) == (S, ["X03", "X10", "X04"])
    certificate = client.get(f"/draws/{PLAN}/certificate").text
    assert "<svg" in certificate
    assert "第10乡镇" in certificate
    assert client.get("/check-draw").status_code == 200
    assert b"sha256" in client.get("/check_draw.py").data


def test_there_is_no_certificate_before_the_dice(client: FlaskClient) -> None:
    scene.frozen()
    assert client.get(f"/draws/{PLAN}").status_code == 200
    assert client.get(f"/draws/{PLAN}/certificate").status_code == 404


def test_an_auditor_reads_and_a_secretary_does_not(client: FlaskClient) -> None:
    number = scene.vector()
    auditor = Desk(client, "auditor")
    assert "第03乡镇" in auditor.get(f"/spot-checks/{number}")
    auditor.get(f"/spot-checks/{number}/wall", 403)
    auditor.get("/spot-checks/new", 403)
    client.delete_cookie("pointsvc")
    secretary = Desk(client, "secretary")
    secretary.get("/spot-checks", 403)
    secretary.get(f"/draws/{PLAN}")


# ---- entries


def entries_drawn() -> int:
    sheets.publish()
    for number in ("M001", "M002", "M003", "M004"):
        sheets.record(number, "class", "2026-07-05")
    part = framing.Part("积分", "entry", percent=50, source=choosing.Source("QS01", period="2026-Q3"))
    return scene.drawn("P-E", part)


def test_a_share_of_a_quarters_entries_is_drawn_without_names(client: FlaskClient) -> None:
    number = entries_drawn()
    frame = scene.row(number).frame or ""
    assert len(frame.splitlines()) == 4
    assert "欧阳凯敏" not in frame
    assert "松岭街道第一党支部 2026-07-05" in frame
    found = scene.get(client, f"/spot-checks/{number}/entries").json
    assert (len(found["items"]), found["progress"]) == (2, {"in_order": 0, "not_in_order": 0, "waiting": 2})


def test_drawn_entries_are_gone_through(desk: Desk, client: FlaskClient) -> None:
    number = entries_drawn()
    path = f"/spot-checks/{number}/entries"
    first, second = (one["unit"] for one in scene.get(client, path).json["items"])
    assert "待核对" in desk.get(path)
    desk.post(f"{path}/{first}", found="in_order")
    desk.post(f"{path}/{second}", 422, found="not", note="")
    desk.post(f"{path}/{second}", found="not", note="签到表缺签名")
    assert "签到表缺签名" in desk.get(path)
    body = {"in_order": True}
    answer = scene.put(client, f"{path}/{second}", body)
    assert answer.json["progress"] == {"in_order": 2, "not_in_order": 0, "waiting": 0}
    assert scene.put(client, f"{path}/0", body).status_code == 404
    assert scene.put(client, f"{path}/{second}", body, "secretary").status_code == 403


def test_what_is_taken_back_before_is_not_drawn(client: FlaskClient) -> None:
    sheets.publish()
    sheets.record("M001", "class", "2026-07-05")
    with pytest.raises(Invalid):
        scene.planned("P-1", framing.Part("积分", "entry", n=1, source=choosing.Source("QS02", period="2026-Q3")))


# ---- pasted text


def test_pasted_lines_are_understood() -> None:
    assert pasted.units("A1\t甲\r\nA2, 乙\nA3") == [("A1", "甲"), ("A2", "乙"), ("A3", None)]
    (one,) = pasted.inspectors("区纪委，林某，QY01、QY02")
    assert (one.body, one.name, one.conflicts, one.sign_in) == ("区纪委", "林某", ("QY01", "QY02"), None)
    with pytest.raises(Invalid):
        pasted.inspectors("林某")
    with pytest.raises(Invalid):
        pasted.decoded(b"\xff\xff\xff")
    assert pasted.inspector_line("区纪委", "林某", ["QY01"], "lin") == "区纪委, 林某, QY01, lin"
