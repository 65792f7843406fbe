"""A draw takes as long as what is drawn, not as what might have been."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc.db import db
from pointsvc.spotchecks import framing, planning, service
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.spotchecks import scene
from tests.spotchecks.vector import DIGITS

DUE = date(2026, 9, 11)
INSPECTORS = [planning.NewInspector(name, name, "区纪委", name) for name in ("overseer", "admin")]


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


@pytest.mark.parametrize("announced", [True, False])
def test_many_units_take_as_many_statements_as_few(announced: bool) -> None:
    codes = [f"QS03{n:02}" for n in range(40)]
    for code in codes:
        factories.organisation(code, parent="QS02")
    taken = []
    for n in (2, 40):
        part = framing.Part("支部", n=n, units=[(code, None) for code in codes])
        plan = scene.frozen(f"DC-{n}", part, inspectors=INSPECTORS, due_on=DUE, announced=announced)
        with counted() as statements:
            scene.do(service.draw, plan, digits=DIGITS)
            scene.do(service.open_units, plan)
        taken.append(len(statements))
    assert taken[0] == taken[1]


def test_sqlite_does_not_go_through_the_whole_list_for_each_drawn_unit(engine_name: str) -> None:
    if engine_name != "sqlite":
        pytest.skip("PostgreSQL does not say how many steps it took")
    inspectors = [planning.NewInspector(f"I{n}", f"I{n}", "区纪委") for n in range(20)]
    taken = []
    for count in (100, 2000):
        part = framing.Part("支部", "other", n=20, units=[(f"U{n}", None) for n in range(count)])
        taken.append(steps_of(scene.frozen(f"DC-{count}", part, inspectors=inspectors, due_on=DUE)))
    assert taken[1] < 2 * taken[0]


def steps_of(plan: int) -> int:
    """Thousands of instructions that SQLite's machine takes to draw this plan."""
    raw = db.session.connection().connection.driver_connection
    assert raw is not None
    ticks: list[None] = []
    raw.set_progress_handler(lambda: ticks.append(None), 1000)
    scene.do(service.draw, plan, digits=DIGITS)
    raw.set_progress_handler(None, 0)
    return len(ticks)
