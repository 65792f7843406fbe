"""Marks at meetings of somebody with two records."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from pointsvc import clock
from pointsvc.activities import service as activities
from pointsvc.db import transaction
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.ledger.merges import live, merge, undo
from tests.schemes.sheets import published


@pytest.fixture(autouse=True)
def _district(client: FlaskClient, frozen_clock: FrozenClock) -> None:
    factories.district()
    published()


def test_a_person_stands_once_on_the_roll_and_is_marked_once(client: FlaskClient) -> None:
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS01", kind="三会一课", held_on=date(2026, 8, 3)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "present"})
    found = merge()
    board = activities.board(actor=SYSTEM, meeting_id=meeting.id)
    assert [(seat.number, seat.mark) for seat in board.roll] == [("M001", "present"), ("M002", None), ("M003", None)]
    [summary] = activities.meetings(actor=SYSTEM, organisation="QS01")
    assert (summary.counts.expected, summary.counts.present) == (3, 1)
    # The mark that the duplicate had is changed by either number; its points go with it.
    with transaction():
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "absent"})
    assert live("M001") == [("absent", "-2.00", "meeting")]
    board = activities.board(actor=SYSTEM, meeting_id=meeting.id)
    assert [seat.mark for seat in board.roll] == ["absent", None, None]
    undo(found.id)
    assert (live("M001"), live("M004")) == ([("absent", "-2.00", "meeting")], [])


def test_after_the_undoing_a_mark_can_be_changed_as_ever() -> None:
    with transaction():
        meeting = activities.open_meeting(
            actor=SYSTEM, at=clock.now(), organisation="QS0102", kind="三会一课", held_on=date(2026, 8, 3)
        )
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "present"})
    undo(merge().id)
    with transaction():
        activities.mark(actor=SYSTEM, at=clock.now(), meeting_id=meeting.id, marks={"M004": "absent"})
    assert live("M004") == [("absent", "-2.00", "meeting")]
