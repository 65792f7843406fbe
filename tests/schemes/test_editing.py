"""Drafts by form: what a form shows of a sheet makes the same sheet again, and each fault finds its field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.schemes import document as documents
from pointsvc.schemes import editing, framing, starting
from pointsvc.schemes.changes import changes
from pointsvc.schemes.filling import Edited, Fields, Form
from pointsvc.schemes.naming import code_for
from tests.schemes.sheets import sheet

PARTS: dict[str, tuple[Callable[..., Fields], Callable[..., Edited]]] = {
    "title": (framing.title_fields, framing.with_title),
    "totals": (framing.total_fields, framing.with_totals),
    "grades": (framing.grade_fields, framing.with_grades),
    "activities": (framing.activity_fields, framing.with_activities),
}


def form(fields: Fields, **changes: Any) -> Form:
    """The fields as a browser sends them: what is empty or not ticked may be missing."""
    sent: dict[str, list[str]] = {}
    for name, value in (fields | changes).items():
        if value is True:
            sent[name] = ["1"]
        elif isinstance(value, list):
            sent[name] = value
        elif value is not False:
            sent[name] = [str(value)]
    return Form(sent)


def in_order(document: Any) -> Any:
    """The document with caps and categories in one order: any order means the same."""
    found = copy.deepcopy(dict(document))
    for rule in found["rules"]:
        rule["caps"] = sorted(rule.get("caps", ()), key=repr)
    for name in framing.TREATED:
        found[name] = sorted(found.get(name, ()))
    return found


@pytest.mark.parametrize("code", starting.CODES)
def test_saving_a_form_unchanged_changes_nothing(code: str) -> None:
    document = starting.templates()[code]
    for fields, change in PARTS.values():
        assert in_order(change(document, form(fields(document)), None).document) == in_order(document)
    for group in document["groups"]:
        edited = editing.with_group(document, form(editing.group_fields(document, group["code"])), group["code"])
        assert edited.document == document
    for rule in document["rules"]:
        edited = editing.with_rule(document, form(editing.rule_fields(document, rule["code"])), rule["code"])
        assert in_order(edited.document) == in_order(document)


points = st.decimals(-99, 99, places=2).map(str)
names = st.text("优良加分甲乙ABC１", min_size=1, max_size=6)
pers = st.sampled_from(["month", "quarter", "half", "year", "cycle"])
caps = st.lists(
    st.builds(lambda per, value: {"per": per, "points": value}, pers, st.sampled_from(["1", "2.50"]))
    | st.builds(lambda per, value: {"per": per, "times": value}, pers, st.integers(1, 9)),
    max_size=4,
    unique_by=lambda cap: (cap["per"], "times" in cap),
)
worths = (
    st.builds(lambda value: {"points": value}, points)
    | st.builds(lambda one, other: {"range": sorted((one, other), key=float)}, points, points)
    | st.builds(
        lambda rows: {
            "tiers": [{"code": f"t{n}", "name": name, "points": value} for n, (name, value) in enumerate(rows)]
        },
        st.lists(st.tuples(names, points), min_size=1, max_size=5),
    )
)
flags = st.fixed_dictionaries(
    {},
    optional={
        "unit": st.just("次"),
        "caps": caps.filter(bool),
        "highest_only": st.just(True),
        "declare": st.booleans(),
        "evidence": st.sampled_from(["asked", "optional"]),
        "kind": st.just("veto"),
        "applies_to": st.lists(st.sampled_from(["regular", "A类"]), min_size=1, unique=True),
        "own": st.just({"kept": ["as", "it", "is"]}),
    },
)


@given(names, worths, flags)
def test_any_rule_comes_through_its_form_unchanged(name: str, worth: dict[str, Any], more: dict[str, Any]) -> None:
    rule = {"code": "r", "group": "life", "name": name, **worth, **more}
    document = sheet(rules=[rule], activities={})
    edited = editing.with_rule(document, form(editing.rule_fields(document, "r")), "r")
    assert in_order(edited.document) == in_order(document)
    assert documents.validate(edited.document) == documents.validate(document)


@given(st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=5), max_size=2), max_size=8), st.data())
def test_no_form_whatever_makes_it_fall_over(values: dict[str, list[str]], data: st.DataObject) -> None:
    document = sheet()
    known = list(editing.rule_fields(document, "award")) + list(framing.total_fields(document))
    typed = Form(values | data.draw(st.dictionaries(st.sampled_from(known), st.lists(st.text(max_size=5), max_size=2))))
    for change in (*(change for _, change in PARTS.values()), editing.with_group, editing.with_rule):
        for code in (None, "award", "life"):
            edited = change(document, typed, code)
            for path in documents.validate(edited.document):
                edited.field_of(path)


RULE_FAULTS = [
    ("name", {"name": " "}, "name"),
    ("points", {"points": "三分"}, "points"),
    ("points", {"points": ""}, "points"),
    ("range", {"shape": "range", "low": "5", "high": "1"}, "low"),
    ("high", {"shape": "range", "low": "5", "high": "x"}, "high"),
    ("no tier", {"shape": "tiers"}, "tier-0-name"),
    ("tier", {"shape": "tiers", "tier-1-name": "市", "tier-1-points": "x"}, "tier-1-points"),
    ("cap", {"cap-year-points": "0"}, "cap-year-points"),
    ("times", {"cap-month-times": "两次"}, "cap-month-times"),
    ("group", {"group": "nowhere"}, "group"),
    ("unit", {"unit": "很长很长很长很长很长很长很长很长的单位名称"}, "unit"),
]


@pytest.mark.parametrize(
    ("typed", "name"), [fault[1:] for fault in RULE_FAULTS], ids=[fault[0] for fault in RULE_FAULTS]
)
def test_a_fault_of_a_rule_stands_at_its_field(typed: dict[str, str], name: str) -> None:
    document = sheet()
    edited = editing.with_rule(document, form(editing.rule_fields(document, "volunteer"), **typed), "volunteer")
    assert {edited.field_of(path) for path in documents.validate(edited.document)} == {name}


FRAME_FAULTS = [
    ("title", {"name": ""}, "name"),
    ("title", {"starts_month": "2"}, "starts_month"),
    ("totals", {"base": "x"}, "base"),
    ("totals", {"carry_over": "120%"}, "carry_over"),
    ("totals", {"floor": "200"}, "ceiling"),
    ("totals", {"category-0-base": "x"}, "category-0-base"),
    ("totals", {"category-5-base": "3"}, "category-5-name"),
    ("totals", {"category-5-how": "exempt"}, "category-5-name"),
    ("totals", {"category-5-name": "retired", "category-5-how": "exempt"}, "category-5-name"),
    ("grades", {"grade-1-min": "95"}, "grade-1-min"),
    ("grades", {"grade-0-quota": "两成"}, "grade-0-quota"),
    ("grades", {"grade-1-name": "优秀"}, "grade-1-name"),
    ("grades", {"grade-4-name": "更差"}, "grade-2-min"),
    ("activities", {"activity-0-present": "advice"}, "activity-0-present"),
    ("activities", {"activity-2-present": "meeting"}, "activity-2-kind"),
]


@pytest.mark.parametrize(("part", "typed", "name"), FRAME_FAULTS)
def test_a_fault_of_the_frame_stands_at_its_field(part: str, typed: dict[str, str], name: str) -> None:
    document = sheet()
    fields, change = PARTS[part]
    edited = change(document, form(fields(document), **typed), None)
    assert {edited.field_of(path) for path in documents.validate(edited.document)} == {name}


@pytest.mark.parametrize(
    ("typed", "number"), [("３分", "3"), ("+2", "2"), ("−0.5", "-0.5"), (" 1.2 ", "1.2"), ("－5", "-5"), ("", "")]
)
def test_points_are_read_as_an_office_types_them(typed: str, number: str) -> None:
    assert Form({"points": [typed]}).number("points") == number


@pytest.mark.parametrize(
    ("typed", "share"), [("20%", "0.2"), ("２０％", "0.2"), ("1/3", "1/3"), ("33.3%", "0.333"), ("x%", "x%")]
)
def test_shares_are_read_as_an_office_types_them(typed: str, share: str) -> None:
    assert Form({"share": [typed]}).share("share") == share


def test_a_new_rule_stands_last_and_gets_its_code_from_its_name() -> None:
    document = sheet()
    edited = editing.with_rule(
        document, form(editing.rule_fields(document, None, "serve"), name="讲微型党课", points="3"), None
    )
    assert documents.validate(edited.document) == {}
    assert edited.document["rules"][-1] == {
        "code": "jiangweixingdangke",
        "group": "serve",
        "name": "讲微型党课",
        "unit": "次",
        "points": "3",
    }
    assert changes(document, edited.document).rules.added[0].code == "jiangweixingdangke"
    assert document == sheet()


def test_two_of_one_name_get_two_codes() -> None:
    assert code_for("讲党课", []) == "jiangdangke"
    assert code_for("讲党课", ["jiangdangke", "jiangdangke-2"]) == "jiangdangke-3"
    assert code_for("！！", []) == "item"


def test_an_emptied_tier_is_gone_and_a_new_one_has_its_own_code() -> None:
    document = sheet()
    fields = editing.rule_fields(document, "award")
    typed = {"tier-0-name": "", "tier-0-points": "", "tier-2-name": "省", "tier-2-points": "15"}
    edited = editing.with_rule(document, form(fields, **typed), "award")
    assert editing.found(edited.document, "rules", "award")["tiers"] == [
        {"code": "city", "name": "市", "points": "10"},
        {"code": "sheng", "name": "省", "points": "15"},
    ]


def test_a_no_to_declaring_stays_a_no() -> None:
    document = sheet()
    document["rules"][0]["declare"] = False
    edited = editing.with_rule(document, form(editing.rule_fields(document, "meeting")), "meeting")
    assert edited.document == document


def test_what_a_district_keeps_of_its_basis_stays() -> None:
    document = sheet(basis={"number": "〔2026〕1号"})
    edited = framing.with_title(document, form(framing.title_fields(document), adopted_on="2026-01-10"))
    assert edited.document == document | {"adopted_on": "2026-01-10"}


def test_rules_move_within_their_group_and_groups_among_themselves() -> None:
    document = sheet()
    moved = editing.with_move(document, "rules", "award", up=True)
    assert [rule["code"] for rule in moved["rules"] if rule["group"] == "serve"] == ["volunteer", "award", "advice"]
    assert editing.with_move(document, "rules", "volunteer", up=True) == document
    assert editing.with_move(document, "rules", "nothing", up=True) == document
    groups = editing.with_move(document, "groups", "life", up=False)["groups"]
    assert [group["code"] for group in groups] == ["serve", "life", "minus"]


def test_what_is_needed_is_told() -> None:
    document = sheet()
    assert editing.needed_by(document, "groups", "life") == ["参加三会一课", "参加主题党日"]
    assert editing.needed_by(document, "rules", "meeting") == ["三会一课"]
    assert editing.needed_by(document, "rules", "advice") == []
    assert documents.validate(editing.without(document, "rules", "advice")) == {}
