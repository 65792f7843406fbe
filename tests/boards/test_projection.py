"""What is public of a board, and what never is."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.boards import scene
from tests.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("district")


def names(client: FlaskClient, clock: FrozenClock) -> list[str]:
    clock.advance(seconds=2)
    return [one["name"] for one in scene.public(client)["people"]]


def test_a_board_says_name_post_duties_pledges_and_phone(client: FlaskClient) -> None:
    scene.profiles()
    number = scene.pledge()
    scene.hung()
    found = scene.public(client)
    assert found["people"][0] == {
        "name": "欧阳凯敏",
        "post": "支部书记",
        "duties": "主持支部全面工作",
        "words": "",
        "photo": None,
        "branch": None,
        "category": None,
        "years": None,
        "pledges": [
            {
                "id": str(number),
                "text": "每月走访两户困难群众",
                "indicator": "走访户数",
                "baseline": "每月0户",
                "target": "每月2户",
                "due_on": "2026-12-31",
                "status": "published",
            }
        ],
    }
    assert {name: found[name] for name in ("title", "phone", "as_of", "renew_by", "stale", "organisation")} == {
        "title": "第一支部党员公示栏",
        "phone": scene.PHONE,
        "as_of": "2026-08-15",
        "renew_by": "2026-11-15",
        "stale": False,
        "organisation": "松岭街道第一党支部",
    }
    assert [one["name"] for one in found["people"]] == ["欧阳凯敏", "曾晓岚", "阿里木·江"]


def test_without_consent_nobody_is_shown(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles(consenting=False)
    scene.hung()
    assert names(client, district) == []
    scene.consent("M002")
    assert names(client, district) == ["曾晓岚"]
    scene.refuse("M002")
    assert names(client, district) == []


def test_who_has_left_the_branch_is_gone(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    scene.hung()
    assert "曾晓岚" in names(client, district)
    answer = scene.post(client, "/members/M002/transfer", {"to": "QS0102", "on": "2026-08-15"}, "admin")
    assert answer.status_code < 300, answer.json
    assert "曾晓岚" not in names(client, district)


def test_a_board_above_shows_all_below_or_only_its_own(client: FlaskClient) -> None:
    scene.profiles()
    scene.consent("M004")
    scene.consent("M005")
    scene.hung("all", organisation="QS01", by="street")
    scene.hung("own", organisation="QS01", by="street", below=False)
    assert [one["name"] for one in scene.public(client, "all")["people"]][3:] == ["单文博"]
    assert scene.public(client, "own")["people"] == []


@pytest.mark.parametrize(
    ("status", "shown"),
    [("draft", False), ("submitted", False), ("returned", False), ("approved", False), ("withdrawn", False)]
    + [(status, True) for status in ("published", "changing", "fulfilled", "unfulfilled_cause", "unfulfilled")]
    + [("closed", True)],
)
def test_only_public_states_of_a_pledge_are_shown(client: FlaskClient, status: str, shown: bool) -> None:
    scene.profiles()
    scene.pledge(status=status)
    scene.hung()
    assert bool(scene.public(client)["people"][0]["pledges"]) is shown


def test_a_pledge_settled_long_ago_is_no_longer_shown(client: FlaskClient) -> None:
    scene.profiles()
    scene.pledge(status="closed", settled_on=date(2025, 8, 14))
    kept = scene.pledge(status="closed", settled_on=date(2025, 8, 15))
    scene.hung()
    assert [one["id"] for one in scene.public(client)["people"][0]["pledges"]] == [str(kept)]


def test_the_branchs_own_pledges_stand_apart(client: FlaskClient) -> None:
    scene.profiles()
    scene.pledge(None, "全年开放式组织生活不少于四次")
    scene.hung()
    found = scene.public(client)
    assert [one["text"] for one in found["pledges"]] == ["全年开放式组织生活不少于四次"]
    assert found["people"][0]["pledges"] == []


def test_further_fields_are_off_until_chosen_consented_and_allowed(client: FlaskClient, district: FrozenClock) -> None:
    factories.member("M009", "QS0101", "韩立春", joined_on=date(1996, 8, 16))
    scene.consent("M009")
    scene.photo("M009")
    number = scene.hung(fields=["photo", "branch", "category", "years"])

    def first() -> dict[str, object]:
        district.advance(seconds=2)
        one = scene.public(client)["people"][0]
        return {name: one[name] for name in ("photo", "branch", "category", "years")}

    plain = {"photo": None, "branch": "松岭街道第一党支部", "category": "regular", "years": None}
    assert first() == plain
    scene.consent("M009", "details")
    assert first() == plain
    scene.decide("QS", "board_years", "yes")
    assert first() == {**plain, "years": 29}
    scene.consent("M009", "photo")
    assert first()["photo"] is not None
    scene.refuse("M009", "photo")
    assert first() == {**plain, "years": 29}
    answer = scene.put(client, f"/boards/{number}", {**scene.CONTENT}, "secretary")
    assert answer.status_code == 200
    # What hangs is what was published, until the change is published too.
    assert first() == {**plain, "years": 29}
    scene.republish(number)
    assert first() == {"photo": None, "branch": None, "category": None, "years": None}


def test_a_list_of_honour_keeps_its_order_and_words(client: FlaskClient) -> None:
    scene.profiles()
    people = [{"member": "M003", "words": "2026年优秀共产党员"}, {"member": "M001", "words": "优秀党务工作者"}]
    scene.hung(kind="honour", people=people)
    found = scene.public(client)["people"]
    assert [(one["name"], one["words"]) for one in found] == [
        ("阿里木·江", "2026年优秀共产党员"),
        ("欧阳凯敏", "优秀党务工作者"),
    ]


def test_private_numbers_in_a_pledge_that_came_later_are_masked(client: FlaskClient) -> None:
    scene.profiles()
    scene.hung()
    scene.pledge(text="有事请打13812341234，证号110101199001011237")
    text = scene.public(client)["people"][0]["pledges"][0]["text"]
    assert text == "有事请打138****1234，证号11*************237"


def test_a_mobile_is_never_the_supervision_phone(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    scene.hung()
    scene.decide("QS", "supervision_phone", "13812341234")
    district.advance(seconds=2)
    assert scene.public(client)["phone"] == ""


def test_a_board_past_its_day_says_so(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    scene.hung()
    district.advance(days=92)
    assert scene.public(client)["stale"] is False
    district.advance(days=1)
    assert scene.public(client)["stale"] is True


def test_a_group_portrait_needs_everybodys_consent(client: FlaskClient, district: FrozenClock) -> None:
    scene.profiles()
    people = [{"member": number, "words": ""} for number in ("M001", "M002")]
    number = scene.hung(kind="portrait", people=people)
    scene.portrait(number)
    scene.consent("M001", "photo")
    district.advance(seconds=2)
    assert scene.public(client)["picture"] is None
    scene.consent("M002", "photo")
    district.advance(seconds=2)
    assert scene.public(client)["picture"] is not None
