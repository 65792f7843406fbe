"""Statements that are asked at every turn, as the driver takes them.

What SQLAlchemy does for each call (build, compile, find in its cache, wrap the rows) costs more than
most of these statements run. Here it is done once for each engine.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import BindParameter, ColumnElement, String, any_, bindparam, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.types import TypeDecorator

from pointsvc.db import db


class Statement:
    """A statement as the driver takes it: what SQLAlchemy does for each call is done once, here."""

    def __init__(self, element: Any, dialect: Dialect) -> None:
        if dialect.name == "sqlite":
            # The driver takes names as well as question marks, and ours are given by name.
            dialect = sqlite.dialect(paramstyle="named")
        compiled: Any = element.compile(dialect=dialect)
        self.sql = str(compiled)
        self.constants = {name: value for name, value in compiled.params.items() if value is not None}
        processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self.given = dict.fromkeys(processors)
        self.processed = {name: process for name, process in processors.items() if process is not None}
        columns = getattr(element, "exported_columns", ())
        self.row: Any = namedtuple("Row", [column.key or "" for column in columns], rename=True)  # type: ignore[misc] # names of the query
        taken = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self.taken = [(place, process) for place, process in enumerate(taken) if process is not None]

    def run(self, **values: Any) -> CursorResult[Any]:
        """Run it in the present transaction."""
        session = db.session()
        session.flush()
        given = {**self.given, **self.constants, **values}
        for name, process in self.processed.items():
            given[name] = process(given[name])
        return session.connection().exec_driver_sql(self.sql, given)

    def rows(self, **values: Any) -> list[Any]:
        """Run it and read what it selects or returns."""
        found = self.run(**values).cursor.fetchall()
        if not self.taken:
            return [self.row._make(row) for row in found]
        return [self._row(list(row)) for row in found]

    def _row(self, values: list[Any]) -> Any:
        for place, process in self.taken:
            values[place] = process(values[place])
        return self.row._make(values)


class Prepared:
    """One statement for each engine, made when it is first asked: ``make`` is given the engine's name."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self.make = make
        self.made: dict[str, Statement] = {}

    def statement(self) -> Statement:
        """The statement for the present engine."""
        dialect = db.engine.dialect
        if dialect.name not in self.made:
            self.made[dialect.name] = Statement(self.make(dialect.name), dialect)
        return self.made[dialect.name]

    def run(self, **values: Any) -> CursorResult[Any]:
        """Run it in the present transaction."""
        return self.statement().run(**values)

    def rows(self, **values: Any) -> list[Any]:
        """Run it and read what it selects or returns."""
        return self.statement().rows(**values)

    def first(self, **values: Any) -> Any:
        """The first row, or None."""
        return next(iter(self.rows(**values)), None)


Among = Callable[[Any], ColumnElement[bool]]


class Several:
    """A statement about the values of a list, and one of its own for a list of one.

    PostgreSQL plans a statement once for lists of any length and takes each for one of ten, which
    makes it read whole tables where a single value leads it straight to one row.
    ``make`` is given the engine's name and what says that a column is among the list's values.
    """

    def __init__(self, make: Callable[[str, Among], Any]) -> None:
        self.single = Prepared(lambda dialect: make(dialect, _the_one))
        self.many = Prepared(lambda dialect: make(dialect, lambda column: one_of(column, "several", dialect)))

    def rows(self, among: Sequence[Any], **values: Any) -> list[Any]:
        """Run it for these values and read what it selects."""
        if len(among) == 1:
            return self.single.rows(one=among[0], **values)
        return self.many.rows(several=among, **values)


def _the_one(column: Any) -> ColumnElement[bool]:
    return column == bindparam("one", type_=column.type)


class _Listed(TypeDecorator[Any]):
    """A list of values as JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return orjson.dumps(list(value)).decode()


def one_of(column: Any, name: str, dialect: str) -> ColumnElement[bool]:
    """``column IN`` the list that is given as the parameter ``name``, of any length."""
    if dialect == "sqlite":
        listed = func.json_each(bindparam(name, type_=_Listed)).table_valued("value")
        return column.in_(select(listed.c.value))
    given: BindParameter[Any] = bindparam(name, type_=ARRAY(column.type))
    return column == any_(given)
