"""The one table of steps: every step from every state, on every side."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.checkins import lifecycle
from pointsvc.checkins.lifecycle import CHECKIN, CLAIM, POST, RECORD, Standing
from pointsvc.errors import Conflict, Forbidden

# what, step: from -> to; taken by m(ember), h(ome), c(ommunity)
WRITTEN_OUT = {
    (CHECKIN, "accept"): ({"pending": "accepted"}, "c"),
    (CHECKIN, "refuse"): ({"pending": "refused"}, "c"),
    (CHECKIN, "withdraw"): ({"pending": "withdrawn"}, "mh"),
    (CHECKIN, "end"): ({"accepted": "ended"}, "mhc"),
    (POST, "close"): ({"open": "closed"}, "c"),
    (POST, "reopen"): ({"closed": "open"}, "c"),
    (CLAIM, "leave"): ({"held": "left"}, "mh"),
    (CLAIM, "release"): ({"held": "ended"}, "c"),
    (RECORD, "confirm"): ({"proposed": "confirmed"}, "c"),
    (RECORD, "refuse"): ({"proposed": "refused"}, "c"),
    (RECORD, "withdraw"): ({"proposed": "withdrawn"}, "mc"),
    (RECORD, "revoke"): ({"confirmed": "revoked"}, "c"),
}
BEGINNINGS = {(CHECKIN, "request"): "mhc", (CLAIM, "claim"): "mhc", (RECORD, "propose"): "mc"}
SIDES = {"m": Standing(own=True), "h": Standing(home=True), "c": Standing(community=True), "-": Standing()}
CASES = [
    (what, step, status)
    for (what, step), _ in WRITTEN_OUT.items()
    for status in lifecycle.STATUSES[what]
]  # fmt: skip


def test_the_table_has_every_step() -> None:
    assert set(lifecycle.TAKEN_BY) == set(WRITTEN_OUT) | set(BEGINNINGS)
    assert {(what, step) for what, step, _ in lifecycle.STEPS} == set(WRITTEN_OUT)


@pytest.mark.parametrize(("what", "step", "status"), CASES)
def test_each_step_leads_where_it_is_written(what: str, step: str, status: str) -> None:
    after = WRITTEN_OUT[what, step][0].get(status)
    if after is not None:
        assert lifecycle.following(what, step, status) == after
        return
    with pytest.raises(Conflict) as refused:
        lifecycle.following(what, step, status)
    assert refused.value.code == "wrong_status"


@pytest.mark.parametrize(("key", "side"), list(product([*WRITTEN_OUT, *BEGINNINGS], SIDES)))
def test_each_step_is_taken_by_whom_it_is_written(key: tuple[str, str], side: str) -> None:
    letters = BEGINNINGS.get(key) or WRITTEN_OUT[key][1]
    if side in letters:
        lifecycle.check(*key, SIDES[side])
    else:
        with pytest.raises(Forbidden):
            lifecycle.check(*key, SIDES[side])


@pytest.mark.parametrize("key", sorted(lifecycle.NOT_OF_ONESELF))
def test_nobody_decides_on_the_own_service_whatever_else_they_lead(key: tuple[str, str]) -> None:
    with pytest.raises(Forbidden) as refused:
        lifecycle.check(*key, Standing(own=True, home=True, community=True))
    assert refused.value.code == "own_service"


@given(st.sampled_from(CASES), st.builds(Standing, st.booleans(), st.booleans(), st.booleans()))
def test_a_button_is_shown_exactly_when_it_works(case: tuple[str, str, str], standing: Standing) -> None:
    what, step, status = case
    try:
        lifecycle.check(what, step, standing)
        lifecycle.following(what, step, status)
        works = True
    except (Conflict, Forbidden):
        works = False
    assert lifecycle.may(what, step, status, standing) == works
    assert (step in lifecycle.steps(what, status, standing)) == works
