"""Coverage (I9) and the share of pledges that were kept (I10)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.people import lives
from pointsvc.permissions import SYSTEM
from pointsvc.pledges.figures import Share, coverage, kept, lacking
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.pledges.work import act, at_status, changed, district, made

DAY = date(2026, 10, 31)


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def test_members_with_a_published_pledge_are_covered_each_once() -> None:
    district_id, branch_id = factories.organisation_id("QS"), factories.organisation_id("QS0101")
    assert coverage(organisation_id=branch_id, day=DAY) == Share(0, 2)
    at_status("published")
    at_status("fulfilled")
    at_status("approved", member="M002", who="secretary")
    # Retired members pledge by their own wish and are counted on neither side.
    act("approve", "secretary", number := made("secretary", member="M003"))
    act("publish", "secretary", number)
    assert coverage(organisation_id=branch_id, day=DAY) == Share(1, 2)
    assert coverage(organisation_id=district_id, day=DAY) == Share(1, 4)
    assert coverage(organisation_id=branch_id, day=date(2026, 8, 14)) == Share(0, 2)
    # A pledge of last year covers nobody.
    assert coverage(organisation_id=branch_id, day=date(2027, 1, 1)) == Share(0, 2)


def test_who_has_none_can_be_named() -> None:
    at_status("published")
    found = lacking(organisation_id=factories.organisation_id("QS"), day=DAY, limit=10)
    assert sorted(row.number for row in found) == ["M002", "M004", "M005"]
    assert len(lacking(organisation_id=factories.organisation_id("QS"), day=DAY, limit=2)) == 2


def test_a_transferred_member_is_counted_where_the_member_is() -> None:
    at_status("published")
    with transaction():
        lives.transfer(actor=SYSTEM, at=clock.now(), number="M001", to="QS0102", on=date(2026, 8, 15))
    assert coverage(organisation_id=factories.organisation_id("QS0101"), day=DAY) == Share(0, 1)
    assert coverage(organisation_id=factories.organisation_id("QS0102"), day=DAY) == Share(1, 2)


def test_kept_are_those_fulfilled_of_those_due() -> None:
    node = factories.organisation_id("QS01")
    for status in ("fulfilled", "closed", "unfulfilled", "unfulfilled_cause", "published", "approved", "withdrawn"):
        at_status(status)
    at_status("fulfilled", said=changed(due_on=date(2026, 12, 1)))
    assert kept(organisation_id=node, first=date(2026, 1, 1), last=DAY) == Share(2, 5)
    assert kept(organisation_id=node, first=date(2026, 10, 1), last=DAY) == Share(0, 0)
    assert kept(organisation_id=factories.organisation_id("QS02"), first=date(2026, 1, 1), last=DAY) == Share(0, 0)


def test_a_share_is_rounded_down_and_of_nothing_is_none() -> None:
    assert (Share(199, 200).percent, Share(2, 2).percent, Share(0, 0).percent) == (99, 100, None)


def test_each_figure_is_one_statement() -> None:
    node = factories.organisation_id("QS")
    with counted() as statements:
        coverage(organisation_id=node, day=DAY)
        kept(organisation_id=node, first=date(2026, 1, 1), last=DAY)
    assert len(statements) == 2
