"""Which rules may be declared by, what a cell of paper means, and codes of sheets."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.declarations import rules, sheetcode
from pointsvc.errors import Invalid
from pointsvc.schemes import document
from tests.schemes.sheets import SHEET, sheet


def rule(code: str, value: Any = SHEET) -> dict[str, Any]:
    return next(item for item in value["rules"] if item["code"] == code)


def codes(value: Any, category: str | None = None) -> list[str]:
    return [item["code"] for item in rules.declarable(value, category)]


def test_what_gives_points_and_is_not_recorded_with_a_meeting_may_be_declared() -> None:
    assert codes(SHEET) == ["volunteer", "advice", "award"]


def test_the_sheet_itself_may_say_otherwise_but_for_a_veto() -> None:
    changed = sheet()
    rule("volunteer", changed)["declare"] = False
    rule("themeday", changed)["declare"] = True
    rule("late", changed)["declare"] = True
    rule("crime", changed)["declare"] = False
    assert codes(changed) == ["themeday", "advice", "award", "late"]
    assert not rules.may_be_declared({**changed, "activities": {}}, {**rule("crime"), "declare": True})


def test_only_rules_of_the_category_are_offered() -> None:
    changed = sheet()
    rule("award", changed)["applies_to"] = ["regular", "probationary"]
    assert codes(changed, "floating") == ["volunteer", "advice"]
    assert codes(changed, "regular") == ["volunteer", "advice", "award"]


def test_a_range_that_reaches_above_nothing_can_give_points() -> None:
    changed = sheet()
    for ends, offered in ((["-3", "0"], False), (["-3", "0.01"], True)):
        rule("advice", changed)["range"] = ends
        assert ("advice" in codes(changed)) == offered


@pytest.mark.parametrize(
    ("code", "text", "meant"),
    [
        ("volunteer", "", {}),
        ("volunteer", " 2.5 ", {"quantity": Decimal("2.50")}),
        ("volunteer", "２．５", {"quantity": Decimal("2.50")}),
        ("advice", "1.5", {"points": Decimal("1.50")}),
        ("advice", "", {}),
        ("award", "市", {"tier": "city"}),
        ("award", "city", {"tier": "city"}),
        ("award", "moon", {"tier": "moon"}),
        ("award", "", {"tier": None}),
    ],
)
def test_a_cell_means_what_its_rule_needs(code: str, text: str, meant: dict[str, Any]) -> None:
    assert rules.amount(rule(code), text) == meant


@pytest.mark.parametrize("text", ["two", "1.234", "1e9", "NaN", "Infinity", "9" * 30, "1000000", "--1"])
def test_a_cell_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.amount(rule("volunteer"), text)
    assert list(refused.value.errors) == ["amount"]


@given(st.text(max_size=25))
def test_any_cell_is_understood_or_refused_and_never_fails(text: str) -> None:
    for code in ("volunteer", "advice", "award"):
        with suppress(Invalid):
            document.worth(rule(code), **rules.amount(rule(code), text))


# ---- codes of sheets


@given(st.integers(1, 10**9))
def test_a_code_leads_back_to_its_sheet(sheet_id: int) -> None:
    code = sheetcode.code(sheet_id)
    assert len(code) >= 5
    assert sheetcode.number(code) == sheet_id
    assert sheetcode.number(f" {code[:2]} {code[2:]}") == sheet_id


@given(st.integers(1, 10**6), st.data())
def test_one_wrong_digit_is_found(sheet_id: int, data: st.DataObject) -> None:
    code = sheetcode.code(sheet_id)
    at = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != code[at]]))
    assert sheetcode.number(code[:at] + other + code[at + 1 :]) is None


@pytest.mark.parametrize("text", ["", "17", "0017", "abcde", "1" * 30, "-0017", "٠٠٠١٨"])
def test_what_is_no_code_is_none(text: str) -> None:
    assert sheetcode.number(text) is None
