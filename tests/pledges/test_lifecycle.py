"""The life of a pledge: every step from every status, and who takes it."""

from __future__ import annotations

import pytest

from pointsvc.errors import Conflict, Forbidden
from pointsvc.pledges.lifecycle import NAMES, OUTCOMES, SETTLING, SHOWN, STATUSES, Standing, following, may, take
from pointsvc.pledges.models import PledgeStep

WRITER, LEADER, OWN_LEADER = Standing(own=True), Standing(leads=True), Standing(own=True, leads=True)
FELLOW, STRANGER = Standing(fellow=True), Standing()

# From where each step leads where; from anywhere else it leads nowhere.
SETTLED = ("fulfilled", "unfulfilled_cause", "unfulfilled")
TABLE = {
    "amend": {"draft": "draft", "returned": "returned"},
    "submit": {"draft": "submitted", "returned": "submitted"},
    "approve": {"submitted": "approved", "changing": "published"},
    "return": {"submitted": "returned", "changing": "published"},
    "publish": {"approved": "published"},
    "progress": {"published": "published", "changing": "changing"},
    "change": {"published": "changing"},
    "fulfil": {"published": "fulfilled"},
    "excuse": {"published": "unfulfilled_cause"},
    "fail": {"published": "unfulfilled"},
    "rate": {status: status for status in SETTLED},
    "close": dict.fromkeys(SETTLED, "closed"),
    "unsettle": dict.fromkeys((*SETTLED, "closed"), "published"),
    "withdraw": dict.fromkeys(("draft", "submitted", "returned", "approved", "published"), "withdrawn"),
}


def test_the_table_has_every_step() -> None:
    assert set(TABLE) == set(NAMES)
    assert {status for row in TABLE.values() for status in (*row, *row.values())} == set(STATUSES)


@pytest.mark.parametrize("step", NAMES)
def test_each_step_leads_where_the_table_says(step: str) -> None:
    for status in STATUSES:
        expected = TABLE[step].get(status)
        if expected is None:
            with pytest.raises(Conflict) as refused:
                following(step, status)
            assert refused.value.code == "wrong_status"
        else:
            assert following(step, status) == expected


#  step        from          writer leader own+leader fellow stranger
WHO = (
    ("amend", "draft", "x x x - -"),
    ("submit", "draft", "x x x - -"),
    ("approve", "submitted", "- x - - -"),
    ("return", "submitted", "- x - - -"),
    ("publish", "approved", "- x x - -"),
    ("progress", "published", "x x x - -"),
    ("change", "published", "x x x - -"),
    ("approve", "changing", "- x - - -"),
    ("return", "changing", "- x - - -"),
    ("fulfil", "published", "- x - - -"),
    ("excuse", "published", "- x - - -"),
    ("fail", "published", "- x - - -"),
    ("rate", "fulfilled", "x x x x x"),
    ("close", "fulfilled", "- x - - -"),
    ("unsettle", "fulfilled", "- x - - -"),
    ("unsettle", "closed", "- x - - -"),
    ("withdraw", "draft", "x x x - -"),
    ("withdraw", "approved", "x x x - -"),
    ("withdraw", "published", "- x - - -"),
)


@pytest.mark.parametrize(("step", "status", "marks"), WHO)
def test_each_step_is_taken_by_whom_the_table_names(step: str, status: str, marks: str) -> None:
    everybody = (WRITER, LEADER, OWN_LEADER, FELLOW, STRANGER)
    assert [may(step, status, one) for one in everybody] == [mark == "x" for mark in marks.split()]


@pytest.mark.parametrize("step", ["approve", "return", "fulfil", "excuse", "fail", "close", "unsettle"])
def test_nobody_decides_on_the_own(step: str) -> None:
    for status in STATUSES:
        assert not may(step, status, OWN_LEADER)
        assert not may(step, status, WRITER)
    with pytest.raises(Forbidden) as refused:
        take(step, "draft", OWN_LEADER)
    assert refused.value.code == "own_pledge"


def test_who_may_not_take_a_step_is_not_told_of_the_status() -> None:
    with pytest.raises(Forbidden) as refused:
        take("approve", "closed", FELLOW)
    assert refused.value.code == "forbidden"


def test_every_outcome_has_its_step_and_every_step_fits_its_column() -> None:
    assert set(SETTLING) == set(OUTCOMES)
    assert all(following(step, "published") == outcome for outcome, step in SETTLING.items())
    assert set(SHOWN) < set(STATUSES)
    assert max(map(len, NAMES)) <= PledgeStep.step.type.length
