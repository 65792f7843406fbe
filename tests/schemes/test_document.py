"""The scheme document: what is refused and under which path, what an entry is worth."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.errors import Invalid
from pointsvc.schemes import document
from tests.schemes.sheets import SHEET, sheet

Change = Callable[[dict[str, Any]], Any]


def put(*path: str | int, to: Any) -> Change:
    """A change of one place in the document; DROP removes it."""

    def change(value: Any) -> None:
        for step in path[:-1]:
            value = value[step]
        if to is DROP:
            del value[path[-1]]
        else:
            value[path[-1]] = to

    return change


DROP = object()
NAMES = {rule["code"]: n for n, rule in enumerate(SHEET["rules"])}
THEMEDAY, ADVICE, AWARD, CRIME = (NAMES[code] for code in ("themeday", "advice", "award", "crime"))

FAULTS: list[tuple[str, Change]] = [
    ("name", put("name", to="")),
    ("name", put("name", to=DROP)),
    ("name", put("name", to="x" * 201)),
    ("cycle", put("cycle", to=None)),
    ("cycle.starts_month", put("cycle", "starts_month", to=2)),
    ("cycle.starts_month", put("cycle", "starts_month", to="1")),
    ("cycle.starts_month", put("cycle", "starts_month", to=True)),
    ("base", put("base", to=[])),
    ("base.default", put("base", "default", to=60)),
    ("base.by_category.floating", put("base", "by_category", "floating", to="1.234")),
    ("carry_over", put("carry_over", to="1.5")),
    ("carry_over", put("carry_over", to="2/1")),
    ("carry_over", put("carry_over", to="1/0")),
    ("carry_over", put("carry_over", to="-0.1")),
    ("floor", put("floor", to="none")),
    ("ceiling", put("ceiling", to="-1")),
    ("exempt", put("exempt", to="retired")),
    ("exempt.1", put("exempt", to=["retired", "retired"])),
    ("ungraded.0", put("ungraded", to=[1])),
    ("ungraded.1", put("ungraded", to=["probationary", "exempt"])),
    ("base.by_category.exempt", put("base", "by_category", "exempt", to="10")),
    ("groups", put("groups", to=DROP)),
    ("groups.0", put("groups", 0, to="life")),
    ("groups.0.code", put("groups", 0, "code", to="a b")),
    ("groups.1.code", put("groups", 1, "code", to="life")),
    ("groups.0.name", put("groups", 0, "name", to=DROP)),
    ("groups.0.cap", put("groups", 0, "floor", to="21")),
    ("groups.0.base", put("groups", 0, "base", to="NaN")),
    ("rules", put("rules", to={})),
    ("rules", put("rules", to=[{}] * 501)),
    ("rules.1.code", put("rules", 1, "code", to="meeting")),
    ("rules.0.code", put("rules", 0, "code", to="x" * 65)),
    ("rules.0.code", put("rules", 0, "code", to=" meeting")),
    ("rules.0.name", put("rules", 0, "name", to=None)),
    ("rules.0.group", put("rules", 0, "group", to="nowhere")),
    ("rules.0.points", put("rules", 0, "points", to=DROP)),
    ("rules.0.points", put("rules", 0, "points", to="1.005")),
    ("rules.0.points", put("rules", 0, "points", to="１")),
    ("rules.0.points", put("rules", 0, "points", to="1000000")),
    ("rules.0.points", put("rules", 0, "points", to=1.5)),
    ("rules.0.range", put("rules", 0, "range", to=["1", "2"])),
    ("rules.0.unit", put("rules", 0, "unit", to=5)),
    (f"rules.{ADVICE}.range", put("rules", ADVICE, "range", to=["2", "1"])),
    (f"rules.{ADVICE}.range", put("rules", ADVICE, "range", to=["1"])),
    (f"rules.{ADVICE}.range.1", put("rules", ADVICE, "range", to=["1", 2])),
    (f"rules.{AWARD}.tiers", put("rules", AWARD, "tiers", to=[])),
    (f"rules.{AWARD}.tiers.1.code", put("rules", AWARD, "tiers", 1, "code", to="street")),
    (f"rules.{AWARD}.tiers.0.points", put("rules", AWARD, "tiers", 0, "points", to=DROP)),
    (f"rules.{AWARD}.highest_only", put("rules", AWARD, "highest_only", to="yes")),
    (f"rules.{CRIME}.kind", put("rules", CRIME, "kind", to="Veto")),
    ("rules.0.declare", put("rules", 0, "declare", to="no")),
    (f"rules.{CRIME}.declare", put("rules", CRIME, "declare", to=True)),
    ("rules.0.evidence", put("rules", 0, "evidence", to="required")),
    ("rules.0.evidence", put("rules", 0, "evidence", to=["asked"])),
    ("rules.0.applies_to", put("rules", 0, "applies_to", to=[])),
    ("rules.0.applies_to.0", put("rules", 0, "applies_to", to=[""])),
    ("rules.0.applies_to.0", put("rules", 0, "applies_to", to=["exempt"])),
    (f"rules.{THEMEDAY}.caps.0.per", put("rules", THEMEDAY, "caps", 0, "per", to="week")),
    (f"rules.{THEMEDAY}.caps.0.per", put("rules", THEMEDAY, "caps", 0, "per", to=[])),
    (f"rules.{THEMEDAY}.caps.0.times", put("rules", THEMEDAY, "caps", 0, "times", to=DROP)),
    (f"rules.{THEMEDAY}.caps.0.times", put("rules", THEMEDAY, "caps", 0, "points", to="1")),
    (f"rules.{THEMEDAY}.caps.0.times", put("rules", THEMEDAY, "caps", 0, "times", to=0)),
    (f"rules.{THEMEDAY}.caps.0.times", put("rules", THEMEDAY, "caps", 0, "times", to=True)),
    (f"rules.{THEMEDAY}.caps.1.points", put("rules", THEMEDAY, "caps", 1, "points", to="0")),
    (f"rules.{THEMEDAY}.caps.1.per", put("rules", THEMEDAY, "caps", to=[{"per": "year", "times": n} for n in (1, 2)])),
    ("activities", put("activities", to=[])),
    ("activities.主题党日.present", put("activities", "主题党日", "present", to="nothing")),
    ("activities.主题党日.late", put("activities", "主题党日", "late", to="advice")),
    ("activities.主题党日.leave", put("activities", "主题党日", "leave", to="meeting")),
    ("grades.0.min", put("grades", 0, "min", to=DROP)),
    ("grades.1.min", put("grades", 1, "min", to="90")),
    ("grades.0.quota", put("grades", 0, "quota", to="4/3")),
    ("grades.2.name", put("grades", 2, "name", to="合格")),
    ("own.deep.0", put("own", to={"deep": [1.5]})),
    ("own", put("own", to=2**60)),
]


@pytest.mark.parametrize(("path", "change"), FAULTS, ids=[f"{n}-{path}" for n, (path, _) in enumerate(FAULTS)])
def test_a_fault_stands_under_its_path(path: str, change: Change) -> None:
    changed = sheet()
    change(changed)
    # Others may follow from it: without its group a rule has none.
    assert next(iter(document.validate(changed))) == path


@pytest.mark.parametrize("value", [None, [], "text", 1])
def test_what_is_no_object_is_refused(value: Any) -> None:
    assert list(document.validate(value)) == [""]


def test_a_district_may_add_fields_of_its_own() -> None:
    changed = sheet(basis="清源组〔2026〕1号")
    changed["rules"][0]["proof"] = {"needed": True, "kinds": ["photo"]}
    assert document.validate(changed) == {}


def test_a_rule_says_whether_it_may_be_declared_and_what_is_asked_for() -> None:
    changed = sheet()
    changed["rules"][0] |= {"declare": False, "evidence": "optional"}
    changed["rules"][ADVICE] |= {"declare": True, "evidence": "asked"}
    changed["rules"][CRIME] |= {"declare": False}
    assert document.validate(changed) == {}


@pytest.mark.parametrize("name", ["base", "floor", "ceiling", "exempt", "ungraded", "activities", "grades"])
def test_what_is_optional_may_be_missing(name: str) -> None:
    changed = sheet()
    del changed[name]
    assert document.validate(changed) == {}


def test_a_sheet_may_say_itself_that_the_exempt_are_exempt() -> None:
    assert document.validate(sheet(exempt=["retired", "exempt"])) == {}


def test_the_last_grade_may_have_a_minimum() -> None:
    assert document.validate(sheet(grades=[{"name": "优秀", "min": "90"}, {"name": "合格", "min": "0"}])) == {}


def test_several_faults_are_told_at_once() -> None:
    assert len(document.validate({"cycle": {}, "groups": [{}], "rules": [{}]})) >= 6


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([(), ("rules",), ("rules", 0), ("groups", 0), ("rules", AWARD, "tiers", 0),
                        ("rules", THEMEDAY, "caps", 0), ("activities",), ("grades", 0), ("base",), ("cycle",)]),
       st.data())  # fmt: skip
def test_no_document_whatever_makes_the_check_fall_over(path: tuple[str | int, ...], data: st.DataObject) -> None:
    changed = sheet()
    place: Any = changed
    for step in path:
        place = place[step]
    key = data.draw(st.sampled_from(list(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1))
    place[key] = data.draw(json_values)
    document.validate(changed)


def test_the_digest_is_of_the_content() -> None:
    turned = dict(reversed(list(sheet().items())))
    assert document.digest(turned) == document.digest(SHEET)
    changed = copy.deepcopy(SHEET)
    changed["rules"][0]["points"] = "1.0"
    assert document.digest(changed) != document.digest(SHEET)


# ---- worth

cents = st.decimals(Decimal("-9999"), Decimal("9999"), places=2)
quantities = st.decimals(Decimal("0.01"), Decimal("99"), places=2)


@given(cents, quantities)
def test_a_fixed_rule_is_points_times_quantity_rounded_half_up(points: Decimal, quantity: Decimal) -> None:
    rule = {"points": str(points), "unit": "小时"}
    worth = document.worth(rule, quantity)
    assert worth == (points * quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert abs(worth - points * quantity) <= Decimal("0.005")
    assert document.worth({"points": str(-points)}, quantity) == -worth


@pytest.mark.parametrize(
    ("points", "quantity", "worth"),
    [("1.2", "2.5", "3.00"), ("0.5", "0.01", "0.01"), ("-0.5", "0.01", "-0.01"), ("1.15", "0.5", "0.58"),
     ("-1.15", "0.5", "-0.58"), ("1.2", "2.25", "2.70")],
)  # fmt: skip
def test_halves_are_rounded_away_from_nothing(points: str, quantity: str, worth: str) -> None:
    assert document.worth({"points": points}, Decimal(quantity)) == Decimal(worth)


@given(cents, cents, cents)
def test_a_range_takes_its_ends_and_what_lies_between(one: Decimal, other: Decimal, points: Decimal) -> None:
    low, high = sorted((one, other))
    rule = {"range": [str(low), str(high)]}
    assert document.worth(rule, points=low) == low
    assert document.worth(rule, points=high) == high
    if low <= points <= high:
        assert document.worth(rule, points=points) == points
    else:
        with pytest.raises(Invalid):
            document.worth(rule, points=points)


AWARD_RULE = SHEET["rules"][AWARD]


@given(st.sampled_from(AWARD_RULE["tiers"]), quantities)
def test_a_tier_is_its_points_times_quantity(tier: dict[str, str], quantity: Decimal) -> None:
    expected = (Decimal(tier["points"]) * quantity).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert document.worth(AWARD_RULE, quantity, tier["code"]) == expected


@pytest.mark.parametrize(
    ("code", "given", "field"),
    [
        ("meeting", {"quantity": "0"}, "quantity"),
        ("meeting", {"quantity": "-1"}, "quantity"),
        ("meeting", {"quantity": "1.5"}, "quantity"),
        ("volunteer", {"quantity": "999999"}, "quantity"),
        ("advice", {"quantity": "2", "points": "1"}, "quantity"),
        ("crime", {"quantity": "2"}, "quantity"),
        ("meeting", {"points": "1"}, "points"),
        ("award", {"points": "3", "tier": "city"}, "points"),
        ("advice", {}, "points"),
        ("advice", {"points": "3.51"}, "points"),
        ("advice", {"points": "1.001"}, "points"),
        ("advice", {"points": "2", "tier": "city"}, "tier"),
        ("meeting", {"tier": "city"}, "tier"),
        ("award", {}, "tier"),
        ("award", {"tier": "moon"}, "tier"),
    ],
)
def test_what_a_rule_does_not_take_is_refused_by_field(code: str, given: dict[str, str], field: str) -> None:
    rule = document.rule(SHEET, code)
    assert rule is not None
    values: dict[str, Any] = {key: value if key == "tier" else Decimal(value) for key, value in given.items()}
    with pytest.raises(Invalid) as refused:
        document.worth(rule, **values)
    assert list(refused.value.errors) == [field]


def test_a_quantity_of_one_is_always_allowed() -> None:
    for code, more in (("advice", {"points": Decimal(2)}), ("crime", {}), ("meeting", {}), ("award", {"tier": "city"})):
        rule = document.rule(SHEET, code)
        assert rule is not None
        assert document.worth(rule, Decimal(1), **more) == document.worth(rule, None, **more)  # type: ignore[arg-type] # of several kinds


# ---- merged


def test_rules_that_only_earlier_sheets_have_are_added_with_their_groups() -> None:
    newest, older = sheet(), sheet()
    newest["rules"] = newest["rules"][:1]
    newest["groups"] = newest["groups"][:1]
    older["rules"][0]["points"] = "7"
    merged = document.merged(newest, [older])
    assert [rule["code"] for rule in merged["rules"]] == [rule["code"] for rule in older["rules"]]
    assert merged["rules"][0]["points"] == "1"
    assert {group["code"] for group in merged["groups"]} == {"life", "serve", "minus"}
    assert len(newest["rules"]) == 1


def test_nothing_to_add_gives_the_newest_itself() -> None:
    newest = sheet()
    assert document.merged(newest, [sheet()]) is newest
