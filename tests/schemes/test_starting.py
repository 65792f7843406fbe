"""The templates: whole sheets, right in every field, without the yardsticks that are forbidden by now."""

from __future__ import annotations

import json

import pytest

from pointsvc.schemes import document as documents
from pointsvc.schemes import starting

# No points for notes, log-ins, pictures, likes or time on line, and no league tables.
FORBIDDEN = (
    "笔记", "心得", "打卡", "登录", "签到次数", "截图", "照片", "拍照", "视频", "APP", "App", "下载", "安装",
    "点赞", "转发", "浏览", "在线时长", "学习强国", "排名", "定位", "轨迹",
)  # fmt: skip


@pytest.mark.parametrize("code", starting.CODES)
def test_a_template_is_a_whole_valid_sheet(code: str) -> None:
    document = starting.templates()[code]
    assert documents.validate(document) == {}
    assert len(document["about"]) > 40
    assert {rule["group"] for rule in document["rules"]} == {group["code"] for group in document["groups"]}
    assert document["activities"]
    assert "min" not in document["grades"][-1]


@pytest.mark.parametrize("code", starting.CODES)
def test_a_template_asks_for_no_fingertip_formalism(code: str) -> None:
    text = json.dumps(starting.templates()[code], ensure_ascii=False)
    assert [word for word in FORBIDDEN if word in text] == []


def test_a_rule_in_several_templates_means_the_same() -> None:
    """A member who moves takes entries along: one code must not be a talk here and a fine there."""
    gains: dict[str, set[bool]] = {}
    for document in starting.templates().values():
        for rule in document["rules"]:
            values = [rule.get("points"), *rule.get("range", ()), *(tier["points"] for tier in rule.get("tiers", ()))]
            gains.setdefault(rule["code"], set()).add(any(value and value.startswith("-") for value in values))
    assert [code for code, signs in gains.items() if len(signs) > 1] == []


def test_those_who_have_retired_lose_nothing() -> None:
    document = starting.templates()["retirees"]
    worths = [{name: rule.get(name) for name in ("points", "range", "tiers")} for rule in document["rules"]]
    assert not [worth for worth in worths if '"-' in json.dumps(worth)]
    assert not [rule for rule in document["rules"] if rule.get("kind") == "veto"]


def test_an_empty_sheet_is_one_too() -> None:
    assert documents.validate(starting.empty("新办法")) == {}
