"""Residents' needs: filed, confirmed, private, and forgotten in the end."""

from __future__ import annotations

import pytest
from flask import Flask

from pointsvc import brake, clock
from pointsvc.db import db, transaction
from pointsvc.errors import Invalid, NotFound, Problem
from pointsvc.lists import privacy
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item, ItemContact
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import SECRET, act, done, filed, from_resident, rows, seen


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


# ---- residents


def test_a_residents_need_ends_with_the_residents_thanks(app: Flask) -> None:
    need, code = from_resident()
    done(need)
    with pytest.raises(NotFound), transaction():
        lists.resident_act(at=clock.now(), code="2222-2222-2222", act="confirm", rating="satisfied")
    with transaction():
        found = lists.resident_act(
            at=clock.now(), code=code.lower(), act="confirm", rating="satisfied", note="谢谢师傅"
        )
    assert (found.status, found.confirmed_how, found.confirmed_by_id) == ("confirmed", "code", None)
    last = lists.history(need)[-1]
    assert (last.by, last.actor) == (None, "resident")


def test_the_secretary_confirms_for_a_resident_who_telephones(app: Flask) -> None:
    need, _ = from_resident()
    done(need)
    assert act(need, "confirm", rating="fair").confirmed_how == "phone"


def test_the_same_form_sent_twice_is_one_need_with_one_code(app: Flask) -> None:
    assert from_resident("form-1") == from_resident("form-1") != from_resident("form-2")
    assert rows(Item) == 2


@pytest.mark.parametrize("code", ["QS", "NOWHERE"])
def test_a_district_has_no_page_for_residents(app: Flask, code: str) -> None:
    with pytest.raises(NotFound):
        from_resident(organisation=code)


def test_a_residents_name_is_for_the_secretary_of_that_very_place(app: Flask) -> None:
    need, _ = from_resident()
    for name in ("admin", "overseer", "auditor", "street", "neighbour", "far", "member"):
        found = seen(name, need)
        assert found is not None
        assert lists.contact(actor=factories.actor(name), found=found) is None
    own = seen("secretary", need)
    assert own is not None
    kept = lists.contact(actor=factories.actor("secretary"), found=own)
    assert kept is not None
    assert (kept.name, kept.phone) == ("周大娘", "13800001234")
    assert not {"name", "phone"} & {column.name for column in Item.__table__.columns}


def test_a_need_taken_down_on_the_telephone_has_a_code_too(app: Flask) -> None:
    need = filed(contact=lists.Contact("吴大爷", "021-5550123"))
    with transaction():
        code = lists.give_code(db.session.get_one(Item, need), secret=SECRET)
    found = lists.by_code(code=code)
    assert found is not None
    assert (found.id, found.source) == (need, "phone")
    assert rows(ItemContact) == 1


def test_the_brake_holds_after_many_filings_and_lets_go_after_a_while(app: Flask, frozen_clock: FrozenClock) -> None:
    for _ in range(brake.MOST):
        brake.check(at=clock.now(), purpose=brake.FILE, address="10.0.0.1")
        with transaction():
            brake.note(at=clock.now(), purpose=brake.FILE, address="10.0.0.1")
    with pytest.raises(Problem) as refusal:
        brake.check(at=clock.now(), purpose=brake.FILE, address="10.0.0.1")
    assert refusal.value.code == "too_many"
    brake.check(at=clock.now(), purpose=brake.FILE, address="10.0.0.2")
    brake.check(at=clock.now(), purpose=brake.CODE, address="10.0.0.1")
    frozen_clock.advance(minutes=11)
    brake.check(at=clock.now(), purpose=brake.FILE, address="10.0.0.1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("请打13800001234", True),
        ("138 0000 1234", True),
        ("350102199003071234", True),
        ("35010219900307123X。", True),
        ("电话 0571-5550123", False),
        ("订单号 202608150001", False),
        ("三号楼 12 层", False),
    ],
)
def test_numbers_of_persons_do_not_go_onto_the_lists(app: Flask, text: str, told: bool) -> None:
    assert privacy.tells(text) == told
    if told:
        with pytest.raises(Invalid) as refusal:
            from_resident(text=text)
        assert list(refusal.value.errors) == ["text"]


def test_who_filed_is_forgotten_long_after_the_end(app: Flask, frozen_clock: FrozenClock) -> None:
    (ended, _), _ = from_resident(), from_resident("form-2")
    act(ended, "withdraw", note="已自行解决")
    for days, left in ((170, 2), (11, 1)):
        frozen_clock.advance(days=days)
        with transaction():
            lists.forget(at=clock.now())
        assert rows(ItemContact) == left
