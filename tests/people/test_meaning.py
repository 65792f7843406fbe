"""Whom a number, a name or pinyin initials mean, among those whom the actor reaches."""

from __future__ import annotations

import pytest
from flask import Flask

from pointsvc.errors import Invalid
from pointsvc.people import meaning
from tests import factories


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


@pytest.mark.parametrize("text", ["M001", "m001", "欧阳凯敏", " 欧阳 凯敏 ", "oykm", "OYKM", "Ｍ００１"])
def test_one_is_meant(text: str) -> None:
    assert meaning.number_of(factories.actor("secretary"), text) == "M001"


def test_several_are_named_so_that_one_can_be_chosen() -> None:
    factories.member("M009", "QS0101", name="欧阳凯明")
    with pytest.raises(Invalid) as refused:
        meaning.number_of(factories.actor("secretary"), "oykm")
    assert "M001" in str(refused.value)
    assert "M009" in str(refused.value)


def test_an_exact_name_comes_before_longer_ones() -> None:
    for n in range(60):
        factories.member(f"X{n:02}", "QS0101", name="曾晓岚岚")
    assert meaning.number_of(factories.actor("secretary"), "zxl") == "M002"


@pytest.mark.parametrize("text", ["M005", "林小满", "lxm", "", "%"])
def test_nobody_out_of_reach_is_found(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        meaning.number_of(factories.actor("secretary"), text)
    assert list(refused.value.errors) == ["member"]
