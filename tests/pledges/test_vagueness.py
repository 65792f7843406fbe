"""Advice on pledges that can hardly be checked: gentle, and never where it is not due."""

from __future__ import annotations

import pytest

from pointsvc.pledges.vagueness import advice, empty


@pytest.mark.parametrize("text", ["进一步加强学习", "努力服务群众", "认真做好本职工作，切实转变作风"])
def test_words_of_intention_alone_are_noticed(text: str) -> None:
    assert empty(text)
    assert "text" in advice({"text": text, "indicator": "", "baseline": "无", "target": "更好"})


@pytest.mark.parametrize("text", ["每月上门看望独居老人2次", "加强河道巡查，每周一次", "修好村口路灯"])
def test_what_can_be_counted_or_seen_is_left_alone(text: str) -> None:
    assert not empty(text)


def test_a_figure_in_the_target_answers_for_the_words() -> None:
    said = {"text": "努力做好矛盾调解", "indicator": "调解成功数", "baseline": "去年6件", "target": "12件"}
    assert advice(said) == {}


def test_what_is_missing_is_named_by_field() -> None:
    said = {"text": "修好村口路灯", "indicator": "路灯亮", "baseline": " ", "target": ""}
    assert set(advice(said)) == {"baseline", "target"}
