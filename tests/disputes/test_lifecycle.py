"""The life of an objection: every act from every status, by everybody; and which entries are not too old."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.disputes import lifecycle
from pointsvc.disputes.models import STATUSES
from pointsvc.errors import Conflict, Forbidden
from pointsvc.permissions import SYSTEM, Actor, Role
from pointsvc.schemes import periods

#                 uphold      dismiss      withdraw
TABLE = {
    "open":      "upheld      dismissed    withdrawn",
    "upheld":    "-           -            -",
    "dismissed": "-           -            -",
    "withdrawn": "-           -            -",
}  # fmt: skip


def test_the_table_knows_every_status() -> None:
    assert set(TABLE) == set(STATUSES) == set(lifecycle.TRANSITIONS)


@pytest.mark.parametrize("status", STATUSES)
def test_every_act_from_every_status(status: str) -> None:
    for act, expected in zip(lifecycle.ACTS, TABLE[status].split(), strict=True):
        if expected != "-":
            assert lifecycle.after(status, act) == expected
            continue
        with pytest.raises(Conflict) as refusal:
            lifecycle.after(status, act)
        assert refusal.value.code == ("withdrawn" if status == "withdrawn" else "decided")


MEMBER, RAISER, RECORDER = 1, 12, 13
# Who they are to the objection: by their own record, by having taken it down, by having recorded the entry.
WHO = {
    "a stranger to it": Actor("token", "a", Role.SECRETARY, sign_in_id=10, member_id=9),
    "nobody's record": Actor("token", "b", Role.SECRETARY, sign_in_id=11),
    "the member": Actor("token", "c", Role.SECRETARY, sign_in_id=14, member_id=MEMBER),
    "who took it down": Actor("token", "d", Role.SECRETARY, sign_in_id=RAISER),
    "the recorder": Actor("token", "e", Role.SECRETARY, sign_in_id=RECORDER),
    "the service": SYSTEM,
}
#                       uphold          dismiss         withdraw
MAY = {
    "a stranger to it": "yes            yes             not_yours",
    "nobody's record":  "yes            yes             not_yours",
    "the member":       "own_record     own_record      yes",
    "who took it down": "own_objection  own_objection   yes",
    "the recorder":     "yes            recorder        not_yours",
    "the service":      "yes            yes             yes",
}  # fmt: skip


@pytest.mark.parametrize("name", list(WHO))
def test_who_may_end_it_how(name: str) -> None:
    for act, expected in zip(lifecycle.ACTS, MAY[name].split(), strict=True):
        code = "yes"
        try:
            lifecycle.check_actor(act, WHO[name], member_id=MEMBER, raised_by_id=RAISER, recorded_by_id=RECORDER)
        except Forbidden as refusal:
            code = refusal.code
        assert code == expected, act


def test_what_nobody_recorded_anybody_may_dismiss() -> None:
    for recorded_by_id in (None, RECORDER):
        lifecycle.check_actor(
            lifecycle.DISMISS, SYSTEM, member_id=MEMBER, raised_by_id=None, recorded_by_id=recorded_by_id
        )


@pytest.mark.parametrize(
    ("today", "month", "earliest"),
    [
        (date(2026, 8, 15), 1, date(2025, 1, 1)),
        (date(2026, 1, 1), 1, date(2025, 1, 1)),
        (date(2025, 12, 31), 1, date(2024, 1, 1)),
        (date(2026, 6, 30), 7, date(2024, 7, 1)),
        (date(2026, 7, 1), 7, date(2025, 7, 1)),
    ],
)
def test_entries_of_the_present_and_the_preceding_cycle_may_be_objected_to(
    today: date, month: int, earliest: date
) -> None:
    assert lifecycle.earliest_day(today, month) == earliest


@given(st.dates(date(2002, 1, 1), date(2100, 1, 1)), st.sampled_from(periods.STARTS))
def test_the_earliest_day_begins_a_cycle_one_to_two_years_ago(today: date, month: int) -> None:
    earliest = lifecycle.earliest_day(today, month)
    assert periods.cycle_start(earliest, month) == earliest
    assert 365 <= (today - earliest).days <= 731
