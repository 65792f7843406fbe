"""The lives of inspections, rectifications and bulletins: every act from every status, by everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.errors import Conflict, Forbidden
from pointsvc.inspections import lifecycle
from pointsvc.inspections.models import BULLETIN_STATUSES, RECTIFICATION_STATUSES, STATUSES
from pointsvc.permissions import SYSTEM, Actor, Role

ACTS = ("answer", "sign", "reopen", "confirm", "contest", "maintain")
#                  answer    sign         reopen    confirm      contest      maintain
INSPECTION = {
    "open":        "open      half_signed  -         -            -            -",
    "half_signed": "-         signed       open      -            -            -",
    "signed":      "-         -            -         confirmed    contested    maintained",
    "contested":   "-         -            open      -            -            maintained",
    "confirmed":   "-         -            -         -            -            -",
    "maintained":  "-         -            -         -            -            -",
}  # fmt: skip
#                    answer      close     send_back   fail
RECTIFICATION = {
    "ordered":       "answered    -         -           not_rectified",
    "answered":      "-           closed    returned    not_rectified",
    "returned":      "answered    -         -           not_rectified",
    "closed":        "-           -         -           -",
    "not_rectified": "-           -         -           -",
}  # fmt: skip
#                change    issue     withdraw
BULLETIN = {
    "draft":     "draft     issued    -",
    "issued":    "-         -         withdrawn",
    "withdrawn": "-         -         -",
}  # fmt: skip
TABLES = (
    (lifecycle.INSPECTION, INSPECTION, ACTS),
    (lifecycle.RECTIFICATION, RECTIFICATION, ("answer", "close", "send_back", "fail")),
    (lifecycle.BULLETIN, BULLETIN, ("change", "issue", "withdraw")),
)


def code_of(check: Callable[[], object]) -> str:
    try:
        check()
    except (Conflict, Forbidden) as refusal:
        return refusal.code
    return "yes"


@pytest.mark.parametrize(("table", "written", "acts"), TABLES, ids=["inspection", "rectification", "bulletin"])
def test_every_act_from_every_status(table: lifecycle.Table, written: dict[str, str], acts: tuple[str, ...]) -> None:
    assert {act for leads in table.values() for act in leads} == set(acts)
    for status, line in written.items():
        for act, expected in zip(acts, line.split(), strict=True):
            if expected == "-":
                assert code_of(lambda: lifecycle.after(table, status, act)) == "not_now", (status, act)  # noqa: B023 - called at once
            else:
                assert lifecycle.after(table, status, act) == expected


def test_the_tables_know_every_status() -> None:
    assert set(INSPECTION) == set(STATUSES)
    assert set(RECTIFICATION) == set(RECTIFICATION_STATUSES)
    assert set(BULLETIN) == set(BULLETIN_STATUSES)


def somebody(role: Role, sign_in_id: int = 1) -> Actor:
    return Actor("token", "somebody", role, sign_in_id=sign_in_id, organisation_id=1)


@pytest.mark.parametrize("act", lifecycle.INSPECTORS_ACTS)
def test_only_who_serves_does_what_inspectors_do(act: str) -> None:
    for who in (*(somebody(role) for role in Role), SYSTEM):
        given = {"act": act, "actor": who}
        assert code_of(lambda: lifecycle.check_inspecting(**given, serves=False, signed=False)) == "not_serving"  # noqa: B023 - called at once
        lifecycle.check_inspecting(**given, serves=True, signed=False)


def test_nobody_signs_for_two() -> None:
    who = somebody(Role.SUPERVISOR)
    assert code_of(lambda: lifecycle.check_inspecting("sign", who, serves=True, signed=True)) == "signed_already"
    lifecycle.check_inspecting("reopen", who, serves=True, signed=True)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("serves", [True, False])
@pytest.mark.parametrize("here", [True, False])
def test_the_units_secretary_alone_confirms_the_facts(role: Role, serves: bool, here: bool) -> None:
    expected = "yes" if role == Role.SECRETARY and here and not serves else "not_the_unit"
    assert code_of(lambda: lifecycle.check_confirming(somebody(role), serves=serves, here=here)) == expected


DUE = date(2026, 8, 20)


@pytest.mark.parametrize(
    ("status", "today", "code"),
    [
        ("signed", date(2026, 8, 20), "not_yet"),
        ("signed", date(2026, 8, 21), "yes"),
        ("contested", date(2026, 8, 1), "yes"),
    ],
)
def test_facts_stand_without_the_unit_only_after_its_time(status: str, today: date, code: str) -> None:
    assert code_of(lambda: lifecycle.check_maintaining(status, due_on=DUE, today=today)) == code


ORDERED_BY, ANSWERED_BY = 7, 8


@pytest.mark.parametrize("act", lifecycle.RECHECKS)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("who", "code"), [(ORDERED_BY, "own_order"), (ANSWERED_BY, "own_answer"), (9, "yes")])
def test_somebody_else_looks_again(act: str, role: Role, who: int, code: str) -> None:
    actor = somebody(role, who)
    assert code == code_of(
        lambda: lifecycle.check_rechecking(
            act, actor, ordered_by_id=ORDERED_BY, answered_by_id=ANSWERED_BY, status="answered", due_on=DUE, today=DUE
        )
    )


@given(st.sampled_from(RECTIFICATION_STATUSES), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_only_what_is_overdue_is_given_up_unanswered(status: str, today: date) -> None:
    code = code_of(
        lambda: lifecycle.check_rechecking(
            "fail", SYSTEM, ordered_by_id=None, answered_by_id=None, status=status, due_on=DUE, today=today
        )
    )
    assert (code == "not_due") == (status in ("ordered", "returned") and today <= DUE)
