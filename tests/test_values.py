"""Values of any number that travel to the database as one parameter."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import BigInteger, Date, String, select

from pointsvc.db import among, db, given
from pointsvc.people.models import Organisation
from tests import factories


@pytest.fixture(autouse=True)
def _district(app: Flask) -> None:
    factories.district()


def codes(values: list[str]) -> set[str]:
    return set(db.session.scalars(select(Organisation.code).where(among(Organisation.code, values))))


def test_among_finds_what_is_there() -> None:
    assert codes([]) == set()
    assert codes(["QS", "QS", "NOWHERE"]) == {"QS"}
    assert codes(["'; --", '"', "\\", "{", "小", "QS01"]) == {"QS01"}
    assert codes([f"X{number}" for number in range(50_000)] + ["QS02"]) == {"QS02"}


def test_among_numbers() -> None:
    one = factories.organisation_id("QS")
    query = select(Organisation.code).where(among(Organisation.id, range(one, one + 100_000)))
    assert len(db.session.scalars(query).all()) == 6


def test_given_rows_come_back_as_they_were() -> None:
    columns = {"word": String(), "number": BigInteger(), "day": Date()}
    rows = [("it's {\"}\\", 2**53 + 1, date(2026, 7, 5)), ("小", -1, None), (None, None, date(1921, 7, 1))]
    table = given(columns, rows)
    assert [tuple(row) for row in db.session.execute(select(*table.c))] == rows
    assert db.session.execute(select(*given(columns, []).c)).all() == []


def test_given_rows_join_what_is_there() -> None:
    table = given({"code": String(), "number": BigInteger()}, [("QS", 7), ("NOWHERE", 8)])
    query = select(Organisation.name, table.c.number).join(table, table.c.code == Organisation.code)
    assert [tuple(row) for row in db.session.execute(query)] == [("青石区委", 7)]
