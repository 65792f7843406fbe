"""Problems and tasks: who closes them, ledgers that are confidential, reminders and history."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import db, transaction
from pointsvc.errors import Conflict, Forbidden, Invalid, NotFound
from pointsvc.lists import service as lists
from pointsvc.lists.models import Item, ItemLog
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import act, filed, problem, rows, seen, told, work


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


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
