"""The stages of the reckoning, each a step of SQL on top of the one before.

The stages that look at single entries (highest only, caps of times) mark in ``held`` what held an
entry back; an entry that still counts has an empty mark. The figures and the explanation both stand
on them, so an explanation cannot tell another story than the total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.functions import GenericFunction

from pointsvc.db import UtcTime
from pointsvc.ledger.models import Entry
from pointsvc.tallies import expressions as sql
from pointsvc.tallies.terms import Terms

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]
Steps = Mapping[int, tuple[int, int | None]]

# What holds an entry back, as the number in ``held``. TIMES_CAP stands for a window of no months.
COUNTS = 0
HIGHEST_ONLY = 1
REVERSAL = 2
REVERSED = 3
LATER = 4
NOT_IN_SCHEME = 5
NOT_APPLICABLE = 6
TIMES_CAP = 100

THROUGH = bindparam("through_on", type_=Date)
CUTOFF = bindparam("cutoff_at", type_=UtcTime)
FIRST = bindparam("first", type_=BigInteger)
LAST = bindparam("last", type_=BigInteger)
WHO = bindparam("who", type_=String)


def given(dialect: str) -> CTE:
    """Who is reckoned, as the parameter ``who``: JSON of [member id, branch id, category] each."""
    if dialect == "sqlite":
        rows = func.json_each(WHO).table_valued("value")
        fields: list[Any] = [func.json_extract(rows.c.value, sql.words(f"$[{n}]")) for n in range(3)]
    else:
        rows = func.jsonb_array_elements(cast(WHO, JSONB)).table_valued(column("value", JSONB))
        texts = [rows.c.value.op("->>")(sql.number(n)) for n in range(3)]
        fields = [cast(texts[0], BigInteger), cast(texts[1], BigInteger), texts[2]]
    names = ("member_id", "branch_id", "category")
    kinds = (BigInteger, BigInteger, String)
    return select(
        *(type_coerce(field, kind).label(name) for field, kind, name in zip(fields, kinds, names, strict=True))
    ).cte("who")


def points() -> Expression:
    """An entry's points as the whole hundredths that the database keeps."""
    return type_coerce(Entry.points, BigInteger)


class looked_up(GenericFunction[bool]):  # noqa: N801 - functions of SQL are written small
    """Whether a value is among those that a small query gives: each of them is looked up in the index.

    PostgreSQL is told so, because before it has counted a ledger that has just been filled it takes
    that for empty, and would compare every entry with everybody.
    """

    type = Boolean()
    inherit_cache = True


@compiles(looked_up)
def _looked_up(element: Any, compiler: Any, **kwargs: Any) -> str:
    value, query = (compiler.process(part, **kwargs) for part in element.clauses)
    return f"{value} IN {query}" if compiler.dialect.name == "sqlite" else f"{value} = ANY (ARRAY{query})"


@dataclass(frozen=True)
class Reach:
    """Whose entries are looked at: of those in ``who``, by default one member at a time.

    ``interval``: of everybody whose id lies from the parameter ``first`` through ``last``. Where
    most of them are in ``who``, reading the index in one sweep is far quicker, and what is read of
    others is dropped at the end.

    ``worth``: what each entry is taken to be worth, in place of what was recorded; where it is NULL
    the entry is left out.
    """

    who: CTE
    cycle_starts_on: date
    cutoff: bool
    interval: bool = False
    worth: Expression | None = None

    def points(self) -> Expression:
        """What an entry is worth, in hundredths."""
        return points() if self.worth is None else self.worth

    def entries(self, entry: Any = Entry) -> Expression:
        """The condition on an entry to lie in the window and to be known at the cutoff."""
        conditions = [self.members(entry), entry.occurred_on >= sql.day(self.cycle_starts_on)]
        conditions.append(entry.occurred_on <= THROUGH)
        if self.worth is not None:
            conditions.append(self.worth.is_not(None))
        return and_(*conditions, self.known(entry))

    def members(self, entry: Any) -> Expression:
        """The condition on an entry to be of somebody who may be in ``who``."""
        if self.interval:
            return and_(entry.member_id >= FIRST, entry.member_id <= LAST)
        return looked_up(entry.member_id, select(self.who.c.member_id).scalar_subquery())

    def known(self, entry: Any) -> Expression:
        """The condition on an entry to be recorded by the cutoff."""
        return entry.recorded_at <= CUTOFF if self.cutoff else true()

    def taken_back(self) -> Select[*tuple[Any, ...]]:
        """The ids of entries that were reversed, as known at the cutoff.

        For ``not_in``: looked up entry by entry, or joined with all reversals that there are, it
        would cost more than all the rest.
        """
        reversing = aliased(Entry, name="reversing")
        return select(reversing.reverses_id).where(
            self.members(reversing), reversing.reverses_id.is_not(None), self.known(reversing)
        )


def matter() -> Expression:
    """The matter, or NULL when none was named."""
    return func.nullif(Entry.matter, sql.words(""))


def compared(live: CTE, terms: Terms) -> CTE:
    """Steps 2 and 3 on live entries (``id, member_id, rule_id, points, occurred_on, matter, month, held``)."""
    stage = live
    highest = [rule.id for rule in terms.rules if rule.highest_only]
    if highest:
        stage = _highest_only(stage, highest)
    for n, steps in enumerate(terms.rounds("times")):
        stage = _times(stage, steps, f"times_{n}")
    return stage


def _highest_only(stage: CTE, ids: Sequence[int]) -> CTE:
    c = stage.c
    shared = case((c.held == sql.number(COUNTS), c.matter))
    place = func.row_number().over(partition_by=(c.member_id, shared), order_by=(c.points.desc(), c.occurred_on, c.id))
    held = case((and_(shared.is_not(None), place > sql.number(1)), sql.number(HIGHEST_ONLY)), else_=c.held)
    mine = sql.one_of(c.rule_id, ids)
    # The others need not be sorted for it.
    return union_all(_with_held(stage, held).where(mine), _with_held(stage, c.held).where(~mine)).cte("highest_only")


def _times(stage: CTE, steps: Steps, name: str) -> CTE:
    c = stage.c
    sizes = {key: size for key, (size, _) in steps.items()}
    window = sql.by_window(c.rule_id, sizes, sql.months_to(c.month))
    place = func.row_number().over(
        partition_by=[c.member_id, c.rule_id, c.held, *([] if window is None else [window])],
        order_by=(func.abs(c.points).desc(), c.occurred_on, c.id),
    )
    limit = sql.chosen(c.rule_id, {key: sql.number(times or 0) for key, (_, times) in steps.items()})
    code = sql.chosen(c.rule_id, {key: sql.number(TIMES_CAP + size) for key, size in sizes.items()})
    over = and_(c.held == sql.number(COUNTS), place > limit)
    return _with_held(stage, case((over, code), else_=c.held)).cte(name)


def _with_held(stage: CTE, held: Expression) -> Select[*tuple[Any, ...]]:
    return select(*(item for item in stage.c if item.key != "held"), held.label("held"))


def clipped(value: Expression, rule_id: Expression, steps: Steps) -> Expression:
    """The value, clipped to its rule's limit on both sides."""
    limits = {key: limit for key, (_, limit) in steps.items() if limit is not None}
    if not limits:
        return value
    high = sql.chosen(rule_id, {key: sql.number(limit) for key, limit in limits.items()}, sql.number(sql.BOUNDLESS))
    low = sql.chosen(rule_id, {key: sql.number(-limit) for key, limit in limits.items()}, sql.number(-sql.BOUNDLESS))
    return sql.clip(value, low, high)


def capped(sums: FromClause, terms: Terms) -> CTE:
    """Step 4 on sums by first window (``member_id, rule_id, window, points, raw, live``).

    The answer has one row for each member and rule: ``member_id, rule_id, points, raw, live``.
    """
    rounds = terms.rounds("points")
    stage = sums
    for n, steps in enumerate(rounds[1:], 1):
        stage = _wider(stage, rounds[n - 1], steps).cte(f"points_{n}")
    c = stage.c
    counted = clipped(c.points, c.rule_id, rounds[-1] if rounds else {})
    return select(c.member_id, c.rule_id, counted.label("points"), c.raw, c.live).cte("ruled")


def _wider(stage: FromClause, before: Steps, steps: Steps) -> Select[*tuple[Any, ...]]:
    """Clip the sums in their windows, and sum what is left in each rule's next larger window."""
    c = stage.c
    window = sql.by_window(c.rule_id, {key: size for key, (size, _) in steps.items()}, sql.months_to(c.window))
    columns = [
        c.member_id,
        c.rule_id,
        (sql.number(0) if window is None else window).label("window"),
        sql.total(clipped(c.points, c.rule_id, before)).label("points"),
        sql.total(c.raw).label("raw"),
        sql.total(c.live).label("live"),
    ]
    return select(*columns).group_by(c.member_id, c.rule_id, *([] if window is None else [window]))
