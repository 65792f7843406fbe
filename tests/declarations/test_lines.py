"""Lines from paper: several at once, all or none, and each line of a sheet once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.declarations import service as declarations
from pointsvc.declarations import sheetcode, sheets
from pointsvc.errors import Conflict, Invalid, NotFound
from pointsvc.people import meaning
from pointsvc.permissions import SYSTEM
from tests import factories
from tests.conftest import FrozenClock
from tests.counting import counted
from tests.declarations.work import act, count, declared, deed, district, refusal, seen


@pytest.fixture(autouse=True)
def _district(app: Flask, frozen_clock: FrozenClock) -> None:
    district()


def printed(who: str = "secretary", organisation: str = "QS0101", copies: int = 1) -> list[str]:
    """The codes of new sheets."""
    with transaction():
        made = sheets.print_sheets(actor=factories.actor(who), at=clock.now(), organisation=organisation, copies=copies)
        return [sheetcode.code(row.id) for row in made]


def typed(*deeds: Any, who: str = "secretary", once: str | None = None) -> list[int]:
    actor = factories.actor(who)
    with transaction():
        return declarations.declare_several(actor=actor, at=clock.now(), deeds=deeds, once=once)


def test_lines_are_typed_in_for_several_members_at_once() -> None:
    (code,) = printed()
    made = typed(
        deed(sheet=code, line=1),
        deed("M003", "advice", points=Decimal(2), sheet=code, line=4),
        deed("M002", "award", tier="city", matter="防汛", occurred_on=date(2026, 8, 1)),
    )
    views = [seen(number) for number in made]
    assert [(view.member, view.sheet, view.line, view.proxy) for view in views] == [
        ("M001", code, 1, True),
        ("M003", code, 4, True),
        ("M002", None, None, True),
    ]
    assert {view.status for view in views} == {"pending"}
    assert refusal("approve", "secretary", *made) == "none_approved"
    act("approve", "deputy", *made)


def test_all_or_none_is_typed_in_and_each_line_says_what_is_wrong() -> None:
    (code,) = printed()
    with pytest.raises(Invalid) as refused:
        typed(deed(sheet=code, line=1), deed(rule="meeting"), deed("M003", "award"))
    assert list(refused.value.errors) == ["lines.1.rule", "lines.2.tier"]
    assert count() == 0
    with pytest.raises(NotFound):
        typed(deed(), deed("M005"))
    with pytest.raises(Invalid):
        typed()


def test_a_line_of_a_sheet_is_typed_in_once_until_it_is_withdrawn() -> None:
    (code,) = printed()
    (made,) = typed(deed(sheet=code, line=3))
    for again in (deed(sheet=code, line=3), deed("M003", sheet=code, line=3)):
        with pytest.raises(Invalid) as refused:
            typed(deed(), again)
        assert list(refused.value.errors) == ["lines.1.line"]
    with pytest.raises(Invalid):
        typed(deed(sheet=code, line=5), deed(sheet=code, line=5))
    act("withdraw", "secretary", made)
    typed(deed("M003", sheet=code, line=3))
    assert sheets.typed_lines([sheetcode.number(code) or 0]) == {sheetcode.number(code): {3}}


@pytest.mark.parametrize(("line", "field"), [(0, "line"), (16, "line"), (-1, "line"), (None, "line")])
def test_a_sheet_has_only_its_lines(line: int | None, field: str) -> None:
    (code,) = printed()
    with pytest.raises(Invalid) as refused:
        declared("secretary", sheet=code, line=line)
    assert list(refused.value.errors) == [field]


def test_a_sheet_of_another_branch_is_none() -> None:
    (code,) = printed("neighbour", "QS0102")
    for wrong in (code, sheetcode.code(999_999), "12345678", "nonsense"):
        with pytest.raises(Invalid) as refused:
            declared("secretary", sheet=wrong, line=1)
        assert list(refused.value.errors) == ["sheet"]
    with pytest.raises(NotFound):
        sheets.sheet(actor=factories.actor("secretary"), code=code)
    assert sheets.sheet(actor=factories.actor("street"), code=code).lines == sheets.LINES


def test_sheets_are_listed_with_how_much_of_them_is_typed_in() -> None:
    first, second = printed(copies=2)
    typed(deed(sheet=first, line=1), deed(sheet=first, line=2))
    with counted() as statements:
        found = sheets.printed(actor=SYSTEM, limit=10)
    assert [(sheetcode.code(row.id), lines) for row, lines in found] == [(second, set()), (first, {1, 2})]
    assert len(statements) == 2
    assert sheets.printed(actor=factories.actor("neighbour"), limit=10) == []


@pytest.mark.parametrize("copies", [0, 21, -1])
def test_so_many_sheets_are_not_printed(copies: int) -> None:
    with pytest.raises(Invalid) as refused:
        printed(copies=copies)
    assert list(refused.value.errors) == ["copies"]


def test_a_form_of_lines_that_is_sent_twice_counts_once_and_one_that_has_grown_is_refused() -> None:
    made = typed(deed(), deed("M003"), once="1:k")
    assert typed(deed(), deed("M003"), once="1:k") == made
    assert count() == 2
    with pytest.raises(Conflict) as refused:
        typed(deed(), deed("M003"), deed("M002"), once="1:k")
    assert refused.value.code == "form_sent_already"


def test_many_lines_of_many_days_take_few_statements() -> None:
    (code,) = printed()
    actor, at = factories.actor("secretary"), clock.now()
    sizes = []
    for first, last in ((1, 2), (3, 15)):
        deeds = [deed(occurred_on=date(2026, 7, n), sheet=code, line=n) for n in range(first, last + 1)]
        with counted() as statements, transaction():
            declarations.declare_several(actor=actor, at=at, deeds=deeds)
        sizes.append(len([one for one in statements if not one.startswith("INSERT INTO declaration ")]))
    assert sizes[1] == sizes[0]


# ---- whom a name means

PEOPLE = (
    {"number": "M001", "name": "欧阳凯敏", "initials": "oykm"},
    {"number": "M002", "name": "曾晓岚", "initials": "zxl"},
    {"number": "M006", "name": "张小莉", "initials": "zxl"},
    {"number": "m7", "name": "阿里木·江", "initials": "alm"},
    {"number": "M008", "name": "曾晓岚", "initials": "zxl"},
)


@pytest.mark.parametrize(
    ("text", "number"),
    [("M001", "M001"), ("m001", "M001"), ("欧阳凯敏", "M001"), (" 欧阳 凯敏 ", "M001"), ("OYKM", "M001"),
     ("Ｍ００１", "M001"), ("阿里木·江", "m7"), ("张小莉", "M006"), ("M7", "m7")],
)  # fmt: skip
def test_a_number_a_name_or_initials_mean_somebody(text: str, number: str) -> None:
    assert meaning.who(text, PEOPLE) == number


@pytest.mark.parametrize(
    ("text", "words"), [("zxl", "M002"), ("曾晓岚", "M008"), ("王五", "Nobody"), ("", "Nobody"), ("M00", "Nobody")]
)
def test_nobody_or_several_are_asked_about(text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        meaning.who(text, PEOPLE)
    assert list(refused.value.errors) == ["member"]
    assert words in str(refused.value)
