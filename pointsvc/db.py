"""The database: the session, exact column types, and ``transaction()``, the one commit.

Services never commit. An edge (a route, a job, a command) opens ``transaction()``, calls verbs in
it, and leaves it; then, in this order: what the touched rows owe is settled (kept totals), the
commit is made, and the nudges to the workers are sent. Nothing is enqueued before it is a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Subquery,
    any_,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables share one naming convention, so that migrations can name what they change."""

    metadata = MetaData(naming_convention=NAMING)


# expire_on_commit off: the answer is made of what was just written, without reading it back.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    # Flask-SQLAlchemy makes its Model at run time; to the type checker it is what it is made of.
    Model = Base
else:
    Model = db.Model

Id = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")
CENT = Decimal("0.01")


class Points(TypeDecorator[Decimal]):
    """Exact points with two decimals, kept as whole hundredths so that every engine adds them alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else hundredths(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else from_hundredths(value)


class UtcTime(TypeDecorator[datetime]):
    """An instant in UTC, timezone-aware on both sides on every engine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a timezone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def hundredths(value: Decimal) -> int:
    """Points as whole hundredths. Raises ValueError rather than round a third decimal away."""
    scaled = Decimal(value).scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{value} has more than two decimals")
    return int(scaled)


def from_hundredths(value: int | Decimal) -> Decimal:
    """Whole hundredths as points with two decimals."""
    return Decimal(int(value)).scaleb(-2)


def on_postgresql() -> bool:
    """Whether the session's database is PostgreSQL (else it is SQLite)."""
    return db.session.get_bind().dialect.name == "postgresql"


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """``column IN values`` for any number of values: they travel as one parameter, not as one each."""
    if on_postgresql():
        return column == any_(literal(list(values), ARRAY(column.type)))
    listed = func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
    return column.in_(select(listed.c.value))


def given(columns: Mapping[str, TypeEngine[Any]], rows: Collection[Sequence[Any]]) -> Subquery:
    """Rows of Python values as a table to select from, whatever their number: one parameter a column.

    The values are texts, whole numbers, dates or None. For INSERT … SELECT of many rows, and for
    joins with what is there.
    """
    if on_postgresql():
        values = zip(*rows, strict=True) if rows else [()] * len(columns)
        arrays = [literal(list(v), ARRAY(kind)) for kind, v in zip(columns.values(), values, strict=True)]
        names = [sql_column(name, kind) for name, kind in columns.items()]
        table = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
        return select(*table.c).subquery()
    listed = func.json_each(orjson.dumps([list(row) for row in rows]).decode()).table_valued("value")
    cells = [
        type_coerce(func.json_extract(listed.c.value, f"$[{place}]"), kind).label(name)
        for place, (name, kind) in enumerate(columns.items())
    ]
    return select(*cells).subquery()


Settler = Callable[[set[int]], None]
_settlers: list[Settler] = []


def settles(function: Settler) -> Settler:
    """Register what must be brought up to date for the touched members before each commit."""
    _settlers.append(function)
    return function


def touch(member_ids: Any) -> None:
    """Say that these members' kept totals must be settled before this transaction commits."""
    db.session.info.setdefault("touched", set()).update(member_ids)


def after_commit(key: str, action: Callable[[], object]) -> None:
    """Do ``action`` once after this transaction has committed; never if it is rolled back."""
    db.session.info.setdefault("after", {})[key] = action


# Said of a connection before it begins: what follows is one transaction and may write.
WRITES = {"writes": True}


@contextmanager
def transaction() -> Iterator[None]:
    """The one commit. Re-entrant: an inner one joins the outer, and only the outermost commits.

    On SQLite the write lock is taken at once: a read transaction that turns into a writer later
    fails with 'database is locked' however long it waits. On PostgreSQL what reads outside of a
    transaction is spared BEGIN and ROLLBACK: see ``prepare_engine``.
    """
    session = db.session
    if session.info.get("open"):
        yield
        return
    session.rollback()
    session.info.update(open=True, touched=set(), after={})
    try:
        session.connection(execution_options=WRITES)
        yield
        _settle()
        session.commit()
    except BaseException:
        session.rollback()
        session.info.update(after={})
        raise
    finally:
        session.info.update(open=False, touched=set())
    actions, session.info["after"] = session.info["after"], {}
    for action in actions.values():
        action()


@contextmanager
def rehearsal() -> Iterator[None]:
    """Within a transaction: do everything as if it counted, then leave nothing of it."""
    info = db.session.info
    touched, after = set(info["touched"]), dict(info["after"])
    savepoint = db.session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        info.update(touched=touched, after=after)


def _settle() -> None:
    db.session.flush()
    touched = db.session.info["touched"]
    if touched:
        for settler in _settlers:
            settler(touched)


def lock_writers(name: int, *, exclusive: bool) -> None:
    """Keep ledger writers (shared) and whoever closes a period or sets a cutoff (exclusive) apart.

    Held to the end of the transaction. On SQLite a transaction that writes is alone anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        verb = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
        db.session.connection().exec_driver_sql(f"SELECT {verb}({int(name)})")


LEDGER_LOCK = 7101
