"""Filing, claiming, working, confirming; closing by two and the look back; who sees what."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc import brake, clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from pointsvc.lists import privacy
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item, ItemContact, ItemLog, ListSet
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import SECRET, act, claim, done, filed, from_resident, problem, rows, status, told, work


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def seen(name: str, item_id: int) -> lists.ItemView | None:
    try:
        return lists.item(actor=factories.actor(name), item_id=item_id)
    except NotFound:
        return None


# ---- sets


def test_a_district_begins_with_its_sets_and_nobody_else_does(app: Flask) -> None:
    assert [one.template for one in lists.sets(actor=SYSTEM)] == ["exchange", "problems", "weak", "villages"]
    assert rows(ListSet) == 4
    assert [one.template for one in lists.sets(actor=factories.actor("secretary"))] == ["exchange", "problems"]
    assert [one.template for one in lists.sets(actor=factories.actor("member"))] == ["exchange"]


def test_another_district_has_its_own_and_sees_nothing_of_this_one(app: Flask) -> None:
    factories.organisation("ZZ", kind="district")
    factories.sign_in("other", factories.Role.DISTRICT_ADMIN, "ZZ")
    need = filed()
    assert rows(ListSet) == 8
    assert seen("other", need) is None
    assert [one.organisation_id for one in lists.sets(actor=factories.actor("other"))] == [
        factories.organisation_id("ZZ")
    ] * 4


# ---- an exchange


def test_a_need_is_claimed_in_parts_and_the_last_part_is_the_last(app: Flask) -> None:
    need = filed(quota=3)
    claim(need, "neighbour", amount=2)
    with pytest.raises(Conflict) as refusal:
        claim(need, "far", amount=2)
    assert refusal.value.code == "full"
    claim(need, "far")
    assert (status(need), db.session.get_one(Item, need).taken) == ("claimed", 3)
    with pytest.raises(Conflict) as refusal:
        claim(need, "neighbour")
    assert refusal.value.code == "full"


def test_the_same_organisation_claims_once_and_never_its_own(app: Flask) -> None:
    need = filed(quota=3)
    claim(need)
    with pytest.raises(Conflict) as refusal:
        claim(need)
    assert refusal.value.code == "claimed_already"
    db.session.rollback()
    with pytest.raises(Forbidden) as own:
        claim(need, "secretary")
    assert own.value.code == "own_item"


def test_giving_back_wants_a_reason_and_opens_the_need_again(app: Flask) -> None:
    need = filed(quota=2)
    first = claim(need, "neighbour")
    claim(need, "far")
    neighbour = factories.actor("neighbour")
    with pytest.raises(Invalid), transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason=" ")
    with transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason="人手不足")
    assert (status(need), db.session.get_one(Item, need).taken) == ("claimed", 1)
    with pytest.raises(Forbidden), transaction():
        lists.unclaim(actor=neighbour, at=clock.now(), item_id=need, reason="人手不足", claim_id=first)
    far = factories.actor("far")
    with transaction():
        lists.unclaim(actor=far, at=clock.now(), item_id=need, reason="另有安排")
    assert status(need) == "open"
    held = lists.claims([need])[need]
    assert [(one.organisation, one.reason) for one in held] == [("QS0102", "人手不足"), ("QS02", "另有安排")]
    claim(need, "neighbour")


def test_a_need_of_a_unit_goes_all_the_way(app: Flask) -> None:
    need = filed()
    done(need)
    with pytest.raises(Forbidden) as refusal:
        act(need, "confirm", "neighbour", rating="satisfied")
    assert refusal.value.code == "not_yours"
    with pytest.raises(Invalid):
        act(need, "confirm")
    found = act(need, "confirm", rating="satisfied", note="灯都亮了")
    assert (found.status, found.rating, found.thanks, found.confirmed_how) == (
        "confirmed",
        "satisfied",
        "灯都亮了",
        "unit",
    )
    assert act(need, "publicise").status == "publicised"
    steps = [(step.act, step.new, step.by) for step in lists.history(need)]
    assert steps == [
        ("file", "open", "secretary"),
        ("claim", "claimed", "neighbour"),
        ("agree", "agreed", "secretary"),
        ("start", "under_way", "neighbour"),
        ("finish", "done", "neighbour"),
        ("confirm", "confirmed", "secretary"),
        ("publicise", "publicised", "secretary"),
    ]


def test_whoever_called_it_done_does_not_confirm_it_even_from_above(app: Flask) -> None:
    need = filed()
    claim(need)
    act(need, "agree")
    act(need, "start", "street")
    act(need, "finish", "street")
    with pytest.raises(Forbidden) as refusal:
        act(need, "confirm", "street", rating="fair")
    assert refusal.value.code == "own_work"
    assert act(need, "confirm", rating="fair").status == "confirmed"


def test_of_an_offer_those_who_claimed_it_confirm(app: Flask) -> None:
    made = filed("neighbour", "resources", "普法讲座一场")
    claim(made, "secretary")
    act(made, "agree", "neighbour")
    act(made, "start", "neighbour")
    act(made, "finish", "neighbour")
    with pytest.raises(Forbidden):
        act(made, "confirm", "neighbour", rating="fair")
    assert act(made, "confirm", "secretary", rating="satisfied").status == "confirmed"


def test_not_done_yet_goes_back_with_the_reason(app: Flask) -> None:
    need = filed()
    done(need)
    with pytest.raises(Invalid):
        act(need, "return")
    found = act(need, "return", note="二楼还没有装")
    assert (found.status, found.done_at) == ("under_way", None)


def test_supervision_closes_problems_but_does_not_work_on_needs(app: Flask) -> None:
    need = filed()
    claim(need)
    act(need, "agree")
    with pytest.raises(Forbidden):
        act(need, "start", "overseer")


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


# ---- closing


def test_one_asks_for_closing_and_another_closes(app: Flask) -> None:
    made = problem(measure="补齐记录", responsible="高建国", due_on=date(2026, 8, 31))
    act(made, "start")
    act(made, "cancel_off", note="记录已补齐")
    for way in ("cancel_off", "confirm"):
        with pytest.raises(Forbidden) as refusal:
            act(made, way)
        assert refusal.value.code == "own_work"
    assert act(made, "cancel_off", "street").status == "closed"


def test_supervision_confirms_a_closing_and_looks_back(app: Flask) -> None:
    made = problem()
    act(made, "finish")
    assert act(made, "confirm", "overseer").status == "closed"
    number = db.session.get_one(Item, made).number
    found = act(made, "reopen", "overseer", note="又出现缺记", due_on=date(2026, 9, 30))
    assert (found.status, found.round, found.number, found.due_on) == ("open", 2, number, date(2026, 9, 30))
    assert (found.ended_at, found.finished_by_id, found.confirmed_by_id) == (None, None, None)
    assert [step.round for step in lists.history(made)] == [1, 1, 1, 2]


def test_long_work_goes_by_stages(app: Flask) -> None:
    steps = (lists.Stage("选定书记人选", date(2026, 9, 1)), lists.Stage("完成补选", date(2026, 11, 1)))
    made = problem(stages=steps)
    secretary = factories.actor("secretary")
    with transaction():
        lists.stage_done(actor=secretary, at=clock.now(), item_id=made, place=1)
    with pytest.raises(Conflict) as refusal:
        act(made, "finish")
    assert refusal.value.code == "stages_open"
    with transaction():
        lists.stage_done(actor=secretary, at=clock.now(), item_id=made, place=2)
    with pytest.raises(Conflict), transaction():
        lists.stage_done(actor=secretary, at=clock.now(), item_id=made, place=2)
    with pytest.raises(NotFound), transaction():
        lists.stage_done(actor=secretary, at=clock.now(), item_id=made, place=3)
    assert act(made, "finish").status == "asked"


def test_a_problem_is_seen_by_those_who_reach_it(app: Flask) -> None:
    made = problem()
    reaching = ("admin", "overseer", "street", "secretary", "auditor")
    assert [name for name in reaching if not seen(name, made)] == []
    assert [name for name in ("neighbour", "far", "member") if seen(name, made)] == []


def test_another_noun_opens_a_problem_once(app: Flask) -> None:
    def opened() -> int:
        with transaction():
            return lists.open_problem(
                actor=factories.actor("overseer"),
                at=clock.now(),
                organisation_id=factories.organisation_id("QS0101"),
                title="会议记录缺签字",
                measure="补签并自查",
                responsible="支部书记",
                due_on=date(2026, 9, 1),
                source="inspection",
                source_id=17,
            ).id

    assert opened() == opened()
    found = seen("secretary", opened())
    assert found is not None
    assert (found.source, found.side, found.due_on) == ("inspection", "problem", date(2026, 9, 1))


# ---- ledgers that are confidential


@pytest.mark.parametrize("template", ["weak", "villages"])
def test_a_confidential_ledger_is_for_those_alone_who_answer_for_the_district(app: Flask, template: str) -> None:
    made = problem("admin", template=template, organisation="QS0102", kind="书记长期缺位", title="某支部整顿")
    assert [name for name in factories.BY_ROLE.values() if seen(name, made)] == ["admin", "overseer", "auditor"]
    assert seen("neighbour", made) is None
    with pytest.raises(Forbidden):
        act(made, "start", "auditor")
    act(made, "start", "admin")
    act(made, "finish", "admin")
    assert act(made, "confirm", "overseer").status == "closed"
    work(app)
    assert told("neighbour") == told("street") == []
    with pytest.raises(NotFound):
        problem("secretary", template=template)


# ---- reminders


def test_what_nobody_claims_and_what_is_overdue_is_told_one_level_up_once(
    app: Flask, frozen_clock: FrozenClock
) -> None:
    filed(title="无人认领")
    problem(due_on=date(2026, 8, 20))
    frozen_clock.advance(days=6)
    for days, expected in ((0, 1), (1, 1), (1, 0), (30, 0)):
        frozen_clock.advance(days=days)
        with transaction():
            assert lists.remind(at=clock.now()) == expected
    work(app)
    assert len(told("street")) == 2
    assert told("secretary") == told("admin") == []


def test_the_history_is_never_rewritten(app: Flask) -> None:
    filed()
    with pytest.raises(Exception, match="append-only"):
        db.session.execute(db.update(ItemLog).values(note="anders"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"quota": 0}, "quota"),
        ({"starts_on": date(2026, 8, 2), "ends_on": date(2026, 8, 1)}, "ends_on"),
        ({"tags": ("一" * 21,)}, "tags"),
        ({"skills": tuple("一二三四五六七八九")}, "skills"),
        ({"key": "problems"}, "list"),
    ],
)
def test_a_wrong_item_is_refused_by_field(app: Flask, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        filed(**wrong)  # type: ignore[arg-type] # each a field of its own
    assert list(refusal.value.errors) == [field]
    assert rows(Item) == 0
