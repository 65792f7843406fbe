"""The figures of lists: counted over the window, the median of days, by node, and N3 without a name."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc.lists import figures
from tests import factories
from tests.conftest import FrozenClock
from tests.lists.scene import act, claim, done, filed, problem

FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    factories.district()


def test_items_claims_completions_and_the_median(app: Flask, frozen_clock: FrozenClock) -> None:
    needs = [filed(title=f"需求{n}") for n in range(4)]
    for days, need in ((1, needs[0]), (2, needs[1])):
        frozen_clock.advance(days=days)
        done(need)
        act(need, "confirm", rating="satisfied")
    claim(needs[2])
    filed("far", "resources", "普法讲座")
    who, top = factories.actor("admin"), factories.organisation_id("QS")
    found = figures.by_list(actor=who, organisation_id=top, first=FIRST, last=LAST)
    assert [(one.key, one.items, one.claimed, one.done, one.median_days) for one in found] == [
        ("needs", 4, 3, 2, 2.0),
        ("resources", 1, 0, 0, None),
    ]
    assert found[0].link.endswith("?list=needs&organisation=QS")
    nodes = figures.by_node(actor=who, organisation_id=top, first=FIRST, last=LAST)
    assert nodes == [("QS01", "松岭街道党工委", 4, 3, 2), ("QS02", "柳河镇党委", 1, 0, 0)]
    below = figures.by_list(actor=who, organisation_id=factories.organisation_id("QS02"), first=FIRST, last=LAST)
    assert [(one.key, one.items) for one in below] == [("resources", 1)]
    assert figures.by_list(actor=who, organisation_id=top, first=date(2026, 1, 1), last=date(2026, 6, 30)) == []


def test_a_day_of_the_window_is_a_day_of_the_wall_clock(app: Flask, frozen_clock: FrozenClock) -> None:
    # Half past midnight of 1 July in Shanghai is still June in UTC.
    frozen_clock.set(factories.datetime(2026, 6, 30, 16, 30, tzinfo=factories.UTC))
    filed()
    who, top = factories.actor("admin"), factories.organisation_id("QS")
    assert len(figures.by_list(actor=who, organisation_id=top, first=FIRST, last=LAST)) == 1
    assert figures.by_list(actor=who, organisation_id=top, first=date(2026, 4, 1), last=date(2026, 6, 30)) == []


def test_weak_branches_are_counted_once_and_never_named(app: Flask, frozen_clock: FrozenClock) -> None:
    first = problem("admin", template="weak", organisation="QS0101", title="书记长期缺位")
    problem("admin", template="weak", organisation="QS0101", title="制度虚设")
    problem("admin", template="weak", organisation="QS0102", title="软弱涣散")
    problem("admin", template="villages", organisation="QS0201", title="重点村")
    act(first, "finish", "admin")
    act(first, "confirm", "overseer")
    top = factories.organisation_id("QS")
    found = figures.weak_branches(organisation_id=top, first=FIRST, last=LAST)
    assert (found.open_in_window, found.closed, found.going_on, found.new) == (2, 1, 2, 2)
    later = figures.weak_branches(organisation_id=top, first=date(2026, 10, 1), last=date(2026, 12, 31))
    assert (later.open_in_window, later.new) == (2, 0)
    who = factories.actor("admin")
    shown = figures.by_list(actor=who, organisation_id=top, first=FIRST, last=LAST)
    assert shown == []
