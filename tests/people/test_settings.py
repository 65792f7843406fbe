"""What an organisation decides holds for it and all below, until a nearer one decides otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from pointsvc.db import transaction
from pointsvc.errors import Invalid, NotFound
from pointsvc.people import settings
from tests import factories
from tests.counting import counted


def decide(who: str, organisation: str, name: str, value: Any) -> None:
    actor = factories.actor(who)
    with transaction():
        settings.decide(actor=actor, at=factories.AT, organisation=organisation, name=name, value=value)


def test_the_nearest_decision_above_holds(app: Flask) -> None:
    factories.district()
    branch, other = factories.organisation_id("QS0101"), factories.organisation_id("QS0201")
    assert settings.values(branch)["publicity_days"] == (5, None)
    decide("admin", "QS", "publicity_days", 7)
    decide("admin", "QS01", "publicity_days", 3)
    assert settings.values(branch)["publicity_days"] == (3, "QS01")
    assert settings.value(other, "publicity_days") == 7
    decide("admin", "QS01", "publicity_days", None)
    assert settings.values(branch)["publicity_days"] == (7, "QS")


def test_what_holds_for_several_is_told_at_once(app: Flask) -> None:
    factories.district()
    branch, other = factories.organisation_id("QS0101"), factories.organisation_id("QS0201")
    decide("admin", "QS", "review_days", 7)
    decide("admin", "QS01", "review_days", 3)
    with counted() as statements:
        assert settings.by_organisation([branch, other], "review_days") == {branch: 3, other: 7}
    assert len(statements) == 1
    assert settings.by_organisation([branch], "reply_days") == {branch: 5}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("publicity_days", 0),
        ("publicity_days", "5"),
        ("publicity_days", True),
        ("order_shown_to", "everybody"),
        ("supervision_phone", "1" * 41),
        ("supervision_phone", "0910\n1"),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_is_refused_by_name(app: Flask, name: str, value: Any) -> None:
    factories.district()
    with pytest.raises(Invalid) as refused:
        decide("admin", "QS", name, value)
    assert list(refused.value.errors) == [name]


def test_a_stranger_decides_nothing(app: Flask) -> None:
    factories.district()
    with pytest.raises(NotFound):
        decide("far", "QS0101", "publicity_days", 3)
