"""What a sheet changes against another, and every rule as a sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from pointsvc.schemes import sentences, starting
from pointsvc.schemes.changes import RULE_FIELDS, SHEET_FIELDS, changes, said
from tests.schemes.sheets import sheet, without


def rule(**more: Any) -> dict[str, Any]:
    return {"code": "r", "group": "g", "name": "n", **more}


SENTENCES = [
    (rule(points="3", unit="件"), "3 points for each 件"),
    (rule(points="-0.50"), "0.5 points off for each occasion"),
    (rule(points="0"), "no points"),
    (rule(range=["1", "3.5"]), "1 to 3.5 points for each occasion"),
    (rule(range=["-5", "-1"]), "1 to 5 points off for each occasion"),
    (rule(range=["-10", "5"]), "between 10 points off and 5 points for each occasion"),
    (
        rule(tiers=[{"code": "a", "name": "区", "points": "6"}, {"code": "b", "name": "通报", "points": "-2"}]),
        "by level: 区 6 points / 通报 2 points off",
    ),
    (
        rule(points="2", caps=[{"per": "year", "points": "12"}, {"per": "month", "times": 1}]),
        "2 points for each occasion, counted at most 1 times each month, at most 12 points in the whole year",
    ),
    (
        rule(points="-2", caps=[{"per": "cycle", "points": "8"}]),
        "2 points off for each occasion, at most 8 points off in the whole cycle",
    ),
    (
        rule(points="1", declare=False),
        "1 points for each occasion, recorded by the branch, not declared by members",
    ),
    (rule(points="0", kind="veto"), "veto: the total becomes 0 and the grade the lowest"),
    (
        rule(points="1", highest_only=True, applies_to=["floating", "A类"], declare=True),
        "1 points for each occasion, for one matter only the highest counts, "
        "only for member working elsewhere / A类, a member may declare it",
    ),
]


@pytest.mark.parametrize(("item", "words"), SENTENCES, ids=[words for _, words in SENTENCES])
def test_a_rule_is_one_sentence(item: dict[str, Any], words: str) -> None:
    assert str(sentences.rule(item)) == words


GROUPS = [
    ({"cap": "20"}, "at most 20 points"),
    ({"base": "10", "cap": "10", "floor": "0"}, "begins with 10 points, at most 10 points, down to nothing"),
    ({"floor": "-60"}, "at most 60 points off"),
    ({"floor": "5"}, "not below 5 points"),
    ({}, "without limit"),
]


@pytest.mark.parametrize(("group", "words"), GROUPS, ids=[words for _, words in GROUPS])
def test_a_group_is_one_sentence(group: dict[str, Any], words: str) -> None:
    assert str(sentences.group({"code": "g", "name": "n", **group})) == words


def test_hundreds_of_levels_are_no_matter() -> None:
    tiers = [{"code": f"t{n}", "name": "级", "points": "1"} for n in range(500)]
    assert str(sentences.rule(rule(tiers=tiers))).count("级") == 500


@pytest.mark.parametrize("code", starting.CODES)
def test_every_template_can_be_read_out(code: str) -> None:
    document = starting.templates()[code]
    assert all(str(sentences.rule(item)) for item in document["rules"])
    assert all(str(sentences.group(item)) for item in document["groups"])
    assert all(str(said(document, name)) for name in SHEET_FIELDS)


def test_the_same_sheet_changes_nothing_whatever_its_order() -> None:
    turned = sheet()
    turned["rules"].reverse()
    turned["groups"].reverse()
    turned["rules"][0]["caps"] = []
    for item in turned["rules"]:
        item.get("caps", []).reverse()
    turned["floor"] = "0.00"
    assert not changes(sheet(), turned)


def test_rules_come_and_go_and_change() -> None:
    after = without("advice")
    after["rules"][0]["points"] = "1.5"
    after["rules"][1]["caps"][1]["points"] = "20"
    after["rules"].append(rule(code="new", group="serve", name="新细则", points="2"))
    found = changes(sheet(), after)
    assert [item.code for item in found.rules.added] == ["new"]
    assert [item.code for item in found.rules.removed] == ["advice"]
    assert {item.code: item.fields for item in found.rules.changed} == {"meeting": ("points",), "themeday": ("caps",)}
    assert [str(words) for words in (found.rules.changed[0].before, found.rules.changed[0].after)] == [
        "1 points for each 次",
        "1.5 points for each 次",
    ]
    assert not found.groups
    assert found.sheet == {}


RULE_CHANGES: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("name", lambda item: item.update(name="另一名称"), "name"),
    ("group", lambda item: item.update(group="minus"), "group"),
    ("kind", lambda item: item.update(kind="veto"), "kind"),
    ("unit", lambda item: item.update(unit="场"), "unit"),
    ("declare", lambda item: item.update(declare=True), "declare"),
    ("evidence", lambda item: item.update(evidence="asked"), "evidence"),
    ("declare not", lambda item: item.update(declare=False), "declare"),
    ("highest_only", lambda item: item.update(highest_only=True), "highest_only"),
    ("applies_to", lambda item: item.update(applies_to=["regular"]), "applies_to"),
]


@pytest.mark.parametrize(("change", "name"), [row[1:] for row in RULE_CHANGES], ids=[row[0] for row in RULE_CHANGES])
def test_each_field_of_a_rule_is_noticed_and_said(change: Callable[[dict[str, Any]], Any], name: str) -> None:
    after = copy.deepcopy(sheet())
    change(after["rules"][0])
    [item] = changes(sheet(), after).rules.changed
    assert item.fields == (name,)
    assert name in RULE_FIELDS
    assert str(item.before) != str(item.after)


def test_the_sheet_itself_is_compared_field_by_field() -> None:
    after = sheet(ceiling="150", exempt=[], carry_over="1/3", base={"default": "70"})
    after["cycle"] = {"starts_month": 7}
    after["grades"][0]["quota"] = "1/4"
    after["activities"]["主题党日"]["late"] = "absent"
    found = {name: (str(old), str(new)) for name, (old, new) in changes(sheet(), after).sheet.items()}
    assert list(found) == ["cycle", "base", "carry_over", "ceiling", "exempt", "grades", "activities"]
    assert found["base"] == ("60 points / member working elsewhere 50 points", "70 points")
    assert found["carry_over"] == ("None", "1/3")
    assert found["ceiling"] == ("120 points", "150 points")
    assert found["exempt"] == ("retired member", "None")
    assert all(old != new for old, new in found.values())
