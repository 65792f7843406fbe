"""Consents, profiles, and the register of badges and door plates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from pointsvc.boards.figures import n18
from tests import factories
from tests.boards import scene
from tests.boards.scene import get, post, put

pytestmark = pytest.mark.usefixtures("district")


def test_a_member_consents_and_withdraws(client: FlaskClient) -> None:
    answer = post(client, "/members/M001/consents", {"kinds": ["display", "photo"]}, "member")
    assert answer.status_code == 201
    assert [(one["kind"], one["how"], one["recorded_by"]) for one in answer.json["items"]] == [
        ("photo", "self", "member"),
        ("display", "self", "member"),
    ]
    again = post(client, "/members/M001/consents", {"kinds": ["display"]}, "member")
    assert len(again.json["items"]) == 2
    gone = post(client, "/members/M001/consents/withdraw", {"kinds": ["display"], "reason": "单位要求"}, "member")
    # Whoever is not to be shown at all is not to be shown in a photo either.
    assert all(one["withdrawn_at"] for one in gone.json["items"])
    anew = post(client, "/members/M001/consents", {"kinds": ["display"]}, "member")
    assert [one["kind"] for one in anew.json["items"] if not one["withdrawn_at"]] == ["display"]


def test_for_somebody_else_it_must_lie_there_on_paper(client: FlaskClient) -> None:
    refused = post(client, "/members/M002/consents", {"kinds": ["display"]}, "secretary")
    assert list(refused.json["errors"]) == ["how"]
    answer = post(client, "/members/M002/consents", {"kinds": ["display"], "how": "paper"}, "secretary")
    assert answer.json["items"][0]["how"] == "paper"


def test_only_the_member_and_the_own_secretary_read_the_reason(client: FlaskClient) -> None:
    scene.consent("M001")
    post(client, "/members/M001/consents/withdraw", {"kinds": ["display"], "reason": "家中原因"}, "secretary")
    told = {
        name: get(client, "/members/M001/consents", name).json["items"][0]["reason"]
        for name in ("member", "secretary", "street", "admin")
    }
    assert told == {"member": "家中原因", "secretary": "家中原因", "street": None, "admin": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/members/M001/consents", {"kinds": ["display"], "how": "paper"}),
        ("/members/M001/consents/withdraw", {"kinds": ["display"]}),
    ],
)
def test_others_neither_give_nor_take_consent(client: FlaskClient, path: str, body: Any) -> None:
    assert post(client, path, body, "neighbour").status_code == 404
    assert post(client, path.replace("M001", "M002"), body, "member").status_code == 404
    for name in ("overseer", "auditor", "operator"):
        assert post(client, path, body, name).status_code == 403
    wrong = post(client, path, {**body, "kinds": ["fame"]}, "secretary")
    assert wrong.status_code == 422
    none = post(client, path, {**body, "kinds": []}, "secretary")
    assert list(none.json["errors"]) == ["kinds"]


def test_a_secretary_writes_post_and_duties(client: FlaskClient) -> None:
    body = {"post": "支部书记", "duties": "主持全面工作", "place": 1}
    answer = put(client, "/members/M001/profile", body, "secretary")
    assert answer.json == {
        "member": "M001",
        "name": "欧阳凯敏",
        "branch": "QS0101",
        **body,
        "photo": False,
        "consents": [],
    }
    assert put(client, "/members/M001/profile", body, "neighbour").status_code == 404
    assert put(client, "/members/M001/profile", body, "member").status_code == 403
    assert put(client, "/members/M001/profile", {"post": ""}, "secretary").status_code == 422
    assert get(client, "/members/M001/profile", "member").json == answer.json


# ---- badges and plates


def badge(*numbers: str, day: str = "2026-07-01", **more: Any) -> dict[str, Any]:
    return {"kind": "badge", "members": list(numbers), "issued_on": day, "signed": True, **more}


def plate(number: str, household: str, day: str = "2026-07-01") -> dict[str, Any]:
    return {"kind": "plate", "members": [number], "household": household, "issued_on": day}


def test_badges_and_plates_are_written_down(client: FlaskClient) -> None:
    answer = post(client, "/insignia", badge("M001", "M002"), "secretary")
    assert answer.status_code == 201
    post(client, "/insignia", plate("M001", "杏园里3号楼2单元"), "secretary")
    items = get(client, "/insignia").json["items"]
    assert [(one["kind"], one["member"], one["household"], one["signed"]) for one in items] == [
        ("plate", "M001", "杏园里3号楼2单元", False),
        ("badge", "M002", "", True),
        ("badge", "M001", "", True),
    ]
    assert len(get(client, "/insignia?kind=plate").json["items"]) == 1
    assert get(client, "/insignia", "neighbour").json["items"] == []
    assert get(client, "/insignia?organisation=QS0101", "neighbour").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (badge("M004"), "members"),
        (badge(), "members"),
        (badge("M001", day="2026-08-16"), "issued_on"),
        (plate("M001", ""), "household"),
        ({**plate("M001", "一号"), "members": ["M001", "M002"]}, "members"),
        ({**badge("M001"), "kind": "medal"}, "kind"),
        ({"kind": "badge"}, "members"),
    ],
)
def test_a_line_that_is_not_right_is_refused_by_field(client: FlaskClient, body: Any, field: str) -> None:
    answer = post(client, "/insignia", body, "secretary")
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_household_has_one_plate(client: FlaskClient) -> None:
    first = post(client, "/insignia", plate("M001", "杏园里3号"), "secretary").json["ids"][0]
    again = post(client, "/insignia", plate("M002", "杏园里3号"), "secretary")
    assert list(again.json["errors"]) == ["household"]
    assert post(client, f"/insignia/{first}/take-back", {}, "neighbour").status_code == 404
    assert post(client, f"/insignia/{first}/take-back", {}, "secretary").status_code == 200
    assert post(client, f"/insignia/{first}/take-back", {}, "secretary").json["code"] == "taken_back"
    assert post(client, "/insignia", plate("M002", "杏园里3号"), "secretary").status_code == 201


def test_only_those_who_answer_for_a_branch_read_the_households(client: FlaskClient) -> None:
    for name in ("overseer", "auditor", "member", "operator"):
        assert get(client, "/insignia", name).status_code == 403


def test_n18_counts_persons_and_plates(client: FlaskClient) -> None:
    post(client, "/insignia", badge("M001", "M002"), "secretary")
    # The badge was lost, and another was given.
    post(client, "/insignia", badge("M001", day="2026-08-01"), "secretary")
    post(client, "/insignia", badge("M004", day="2026-08-10"), "neighbour")
    wrong = post(client, "/insignia", badge("M003"), "secretary").json["ids"][0]
    post(client, f"/insignia/{wrong}/take-back", {}, "secretary")
    post(client, "/insignia", plate("M001", "杏园里3号"), "secretary")
    street, branch = factories.organisation_id("QS01"), factories.organisation_id("QS0101")
    found = n18(organisation_id=street, through=date(2026, 9, 30))
    assert (found.persons, found.plates) == (3, 1)
    assert n18(organisation_id=branch, through=date(2026, 9, 30)).persons == 2
    assert n18(organisation_id=street, through=date(2026, 7, 31)).persons == 2
    assert n18(organisation_id=street, first=date(2026, 8, 1), through=date(2026, 9, 30)).persons == 2
    assert n18(organisation_id=factories.organisation_id("QS02"), through=date(2026, 9, 30)).persons == 0
