"""The two statements that write entries, however many: the one that adds and the one that reverses.

The rows travel as one JSON value, so the statement is the same for one entry and for a hundred
thousand, and is planned once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, Select, String, bindparam, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock
from pointsvc.db import LEDGER_LOCK, UtcTime, db, hundredths, lock_writers, touch
from pointsvc.ledger.heirs import heirs
from pointsvc.ledger.models import Entry
from pointsvc.people import merged, reach
from pointsvc.permissions import Actor
from pointsvc.prepared import Prepared

_ONE = Decimal(1)

_COLUMNS = {
    "member_id": "bigint",
    "branch_id": "bigint",
    "scheme_id": "bigint",
    "points": "bigint",
    "quantity": "bigint",
    "tier": "text",
    "matter": "text",
    "note": "text",
    "occurred_on": "date",
    "source_id": "bigint",
    "natural_key": "text",
}


# Not frozen: an import makes a hundred thousand, and freezing triples what each of them costs.
@dataclass(slots=True)
class NewEntry:
    """An entry to add, checked and reckoned. ``natural_key`` says what it is of, once and for ever."""

    member_id: int
    branch_id: int
    rule_code: str
    scheme_id: int
    points: Decimal
    occurred_on: date
    quantity: Decimal = _ONE
    tier: str | None = None
    matter: str | None = None
    note: str | None = None
    source_id: int | None = None
    natural_key: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that is now in the ledger."""

    id: int
    member_id: int
    natural_key: str | None
    recorded_at: datetime


def add(
    *, actor: Actor, at: datetime, rows: Sequence[NewEntry], source: str, source_id: int | None = None
) -> list[Written]:
    """Add these entries; one whose ``natural_key`` is there already is left out.

    Ids are given in the order of the rows; the answer is in no order.
    ``recorded_at`` is taken once the ledger's lock is held, so that nothing is recorded before a
    cutoff that has been drawn already; ``at`` is when it was asked for. ``source_id`` is that of all
    rows that have none of their own. What is of a record that was merged into another is recorded
    for that other. The members are touched.
    """
    found: list[Written] = []
    if not rows:
        return found
    recorded_at = lock(at)
    for part in reach.in_parts(rows):
        values = {
            "rows": orjson.dumps([_plain(n, row, source_id) for n, row in enumerate(part)]).decode(),
            "at": recorded_at,
            "by": actor.sign_in_id,
            "source": source,
        }
        for row in _adding.rows(**values):
            found.append(Written(row.id, row.member_id, row.natural_key, recorded_at))
    touch({item.member_id for item in found})
    return found


def reverse_many(
    *, actor: Actor, at: datetime, entry_ids: Collection[int] | Select[*tuple[Any, ...]], reason: str
) -> list[Written]:
    """Reverse these entries: the opposite points of each, with the reason as note.

    Those that are reversals or reversed already are left out; of one that a merge has moved to
    another record, what has taken its place is reversed. The members are touched.
    """
    parts: Any = [entry_ids] if isinstance(entry_ids, Select) else list(reach.in_parts(list(entry_ids)))
    if merged.happened():
        parts.append([row for part in parts for row in db.session.scalars(heirs(part))])
    return [item for part in parts for item in take_back(actor=actor, at=at, entry_ids=part, reason=reason)]


def take_back(
    *, actor: Actor, at: datetime, entry_ids: Collection[int] | Select[*tuple[Any, ...]], reason: str
) -> list[Written]:
    """As ``reverse_many``, in one statement, and these very entries alone."""
    recorded_at = lock(at)
    rows = db.session.execute(_reversing(entry_ids, recorded_at, actor, reason))
    found = [Written(row.id, row.member_id, None, recorded_at) for row in rows]
    touch({item.member_id for item in found})
    return found


def lock(at: datetime) -> datetime:
    """The instant at which what is written now is recorded, once no cutoff can be drawn before it."""
    lock_writers(LEDGER_LOCK, exclusive=False)
    # The caller's instant may lie before a wait for the lock.
    return max(at, clock.now())


def _plain(n: int, row: NewEntry, source_id: int | None) -> dict[str, Any]:
    return {
        "n": n,
        "member_id": row.member_id,
        "branch_id": row.branch_id,
        "rule": row.rule_code,
        "scheme_id": row.scheme_id,
        "points": hundredths(row.points),
        "quantity": hundredths(row.quantity),
        "tier": row.tier,
        "matter": row.matter,
        "note": row.note,
        "occurred_on": row.occurred_on,
        "source_id": source_id if row.source_id is None else row.source_id,
        "natural_key": row.natural_key,
    }


def _statement(rows: str) -> Any:
    names = ", ".join(_COLUMNS)
    # Whatever is of a record that was merged into another goes to that other, by whichever way it comes.
    own = {"member_id": "COALESCE(merged.kept_id, r.member_id)"}
    values = ", ".join(own.get(name, f"r.{name}") for name in _COLUMNS)
    return (
        text(
            f"INSERT INTO entry ({names}, rule_id, recorded_at, recorded_by_id, source) "  # noqa: S608 - constants
            f"SELECT {values}, rule.id, :at, :by, :source FROM {rows} JOIN rule ON rule.code = r.rule "
            "LEFT JOIN member_merge AS merged ON merged.duplicate_id = r.member_id AND merged.undone_at IS NULL "
            "WHERE true ORDER BY r.n "
            "ON CONFLICT (natural_key) DO NOTHING RETURNING id, member_id, natural_key"
        )
        .bindparams(
            bindparam("at", type_=UtcTime()),
            bindparam("by", type_=BigInteger()),
            bindparam("source", type_=String()),
        )
        .columns(id=Integer, member_id=Integer, natural_key=String)
    )


_TYPED = ", ".join(f"{name} {kind}" for name, kind in (("n", "int"), ("rule", "text"), *_COLUMNS.items()))
_TAKEN = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in ("n", "rule", *_COLUMNS))


@Prepared
def _adding(dialect: str) -> Any:
    if dialect == "postgresql":
        return _statement(f"json_to_recordset(CAST(:rows AS json)) AS r({_TYPED})")
    return _statement(f"(SELECT {_TAKEN} FROM json_each(:rows)) AS r")  # noqa: S608 - constants


_KEPT = ("member_id", "branch_id", "rule_id", "scheme_id", "quantity", "tier", "matter", "occurred_on")


def _reversing(ids: Collection[int] | Select[*tuple[Any, ...]], at: datetime, actor: Actor, reason: str) -> Any:
    table: Any = Entry.__table__
    kept = [table.c[name] for name in _KEPT]
    opposite = select(
        *kept,
        -table.c.points,
        literal(reason, String()),
        literal(at, UtcTime()),
        literal(actor.sign_in_id, BigInteger()),
        literal("reversal", String()),
        table.c.id,
    ).where(table.c.id.in_(ids), table.c.reverses_id.is_(None))
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    names = [*_KEPT, "points", "note", "recorded_at", "recorded_by_id", "source", "reverses_id"]
    # Of two that reverse one entry at once, the second waits here and then adds nothing.
    return (
        dialect.insert(table)
        .from_select(names, opposite)
        .on_conflict_do_nothing()
        .returning(table.c.id, table.c.member_id)
    )
