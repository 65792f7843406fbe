"""The statements of a rehearsal: the same reckoning as of every tally, once by the sheet in force and
once by the draft with each entry valued anew, and what it was that held points back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ClauseElement,
    ColumnElement,
    Select,
    bindparam,
    case,
    cast,
    false,
    func,
    insert,
    select,
    true,
    union_all,
)

from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.prepared import Statement
from pointsvc.rehearsals import valuing
from pointsvc.rehearsals.models import RehearsalResult
from pointsvc.tallies import explanation, reckoning, stages, statements
from pointsvc.tallies import expressions as sql
from pointsvc.tallies.stages import Reach
from pointsvc.tallies.statements import Sheet
from pointsvc.tallies.terms import Terms, terms

# Why an entry would have no effect under the draft.
NO_RULE, NOT_FOR_CATEGORY, NO_TIER = 1, 2, 3

_COLUMNS = ("rehearsal_id", "under_draft", "member_id", "branch_id", "category", "summed", "total", "grade", "veto")


@dataclass(frozen=True)
class Side:
    """One of the two reckonings of a rehearsal."""

    sheet: Sheet
    under_draft: bool

    @property
    def terms(self) -> Terms:
        """What its document says about the reckoning."""
        return terms(self.sheet.document, self.sheet.rule_ids)

    def reach(self, who: CTE, *, dense: bool) -> Reach:
        """Whose entries are looked at, and what each is worth here."""
        worth = valuing.worth(self.sheet.document, self.sheet.rule_ids) if self.under_draft else None
        return Reach(who, self.sheet.cycle_starts_on, cutoff=True, interval=dense, worth=worth)


@dataclass
class Statements:
    """Those of one rehearsal, each built once: parameters are those of a tally's chunk, and ``rehearsal_id``."""

    before: Side
    draft: Side
    kept: dict[tuple[str, bool, bool], Statement] = field(default_factory=dict)

    def results(self, *, under_draft: bool, dense: bool) -> Statement:
        """Write what each member has on this side."""
        return self._statement("results", under_draft, dense)

    def held(self, *, under_draft: bool, dense: bool) -> Statement:
        """What held how much back on this side, and for how many."""
        return self._statement("held", under_draft, dense)

    def lost(self, *, dense: bool) -> Statement:
        """Entries that count under the sheet in force and would have no effect under the draft."""
        return self._statement("lost", False, dense)

    def _statement(self, kind: str, under_draft: bool, dense: bool) -> Statement:
        key = (kind, under_draft, dense)
        if key not in self.kept:
            dialect = db.session.get_bind().dialect
            side = self.draft if under_draft else self.before
            who = statements.members(dialect.name)
            if kind == "lost":
                made: ClauseElement = lost(self.before, self.draft, who, dense=dense)
            elif kind == "held":
                made = held(side, who, dense=dense)
            else:
                made = results(side, who, dialect.name, dense=dense)
            self.kept[key] = Statement(made, dialect)
        return self.kept[key]


def results(side: Side, who: CTE, dialect: str, *, dense: bool) -> ClauseElement:
    """Insert the results of everybody in ``who``."""
    found = side.terms
    figures = reckoning.figures(found, side.reach(who, dense=dense), dialect=dialect).cte("figures")
    c = figures.c
    parts = [c.base, c.carried, *(_figure(c.groups, group.code, dialect) for group in found.groups)]
    query = select(
        bindparam("rehearsal_id", type_=BigInteger),
        true() if side.under_draft else false(),
        c.member_id,
        c.branch_id,
        c.category,
        sql.folded(parts, lambda a, b: a + b),
        c.total,
        c.grade,
        c.veto,
    )
    return insert(RehearsalResult.__table__).from_select(_COLUMNS, query)  # type: ignore[arg-type] # a table


def _figure(groups: Any, code: str, dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return cast(func.json_extract(groups, sql.words(f'$."{code}"')), BigInteger)
    return cast(groups.op("->>")(sql.words(code)), BigInteger)


# ---- what held points back


def held(side: Side, who: CTE, *, dense: bool) -> Select[*tuple[Any, ...]]:
    """Rows of ``kind, key, size, members, points`` (hundredths), whoever is not scored left out.

    ``kind``: 'highest_only' and 'times' (``size``: months of the window) of the rule ``key``,
    'points' (``size``: which round of caps), 'cap' and 'floor' of the group with the number ``key``.
    """
    found = side.terms
    if found.exempt:
        who = select(*who.c).where(~sql.one_of(who.c.category, found.exempt)).cte("scored")
    lines = explanation.lines(found, side.reach(who, dense=dense)).order_by(None).cte("lines")
    rounds = len(found.rounds("points"))
    parts = [*_of_rules(found, lines, rounds), *_of_groups(found, lines, rounds)]
    every = union_all(*parts).subquery()
    return select(*every.c)


def _of_rules(found: Terms, lines: CTE, rounds: int) -> list[Select[*tuple[Any, ...]]]:
    """Counted are members for whom anything was held back; within a window gains and losses are one sum."""
    c = lines.c
    sizes = sorted({size for rule in found.rules for size in rule.times})
    marks = {("highest_only", 0): stages.HIGHEST_ONLY} if any(rule.highest_only for rule in found.rules) else {}
    marks |= {("times", size): stages.TIMES_CAP + size for size in sizes}
    columns: dict[tuple[str, int], tuple[Any, Any]] = {}
    for key, mark in marks.items():
        is_held = c.held == sql.number(mark)
        columns[key] = (sql.total(_if(is_held, sql.number(1))), sql.total(_if(is_held, c.points)))
    for n in range(rounds):
        difference = sql.total(c[f"part_{n}"] - c[f"part_{n + 1}"])
        columns["points", n] = (difference, difference)
    named = [
        label for n, pair in enumerate(columns.values()) for label in (pair[0].label(f"n{n}"), pair[1].label(f"p{n}"))
    ]
    own = select(c.member_id, c.rule_id, *named).group_by(c.member_id, c.rule_id).cte("of_rules")
    return [
        _counted(kind, own.c.rule_id, size, own.c[f"n{n}"] != sql.number(0), own.c[f"p{n}"])
        for n, (kind, size) in enumerate(columns)
    ]


def _of_groups(found: Terms, lines: CTE, rounds: int) -> list[Select[*tuple[Any, ...]]]:
    c = lines.c
    numbers = {group.code: n for n, group in enumerate(found.groups)}
    number = sql.chosen(c.rule_id, {rule.id: sql.number(numbers[rule.group]) for rule in found.rules}, sql.number(-1))
    net = sql.total(c[f"part_{rounds}"] - c.counted).label("net")
    own = select(c.member_id, number.label("number"), net).group_by(c.member_id, number).cte("of_groups")
    none = sql.number(0)
    return [
        _counted("cap", own.c.number, 0, own.c.net > none, own.c.net),
        _counted("floor", own.c.number, 0, own.c.net < none, own.c.net),
    ]


def _counted(kind: str, key: Any, size: int, binds: Any, points: Any) -> Select[*tuple[Any, ...]]:
    columns = {
        "kind": sql.words(kind),
        "key": key,
        "size": sql.number(size),
        "members": func.count(),
        "points": sql.total(points),
    }
    return select(*(column.label(name) for name, column in columns.items())).where(binds).group_by(key)


def _if(condition: Any, value: Any) -> Any:
    return case((condition, value), else_=sql.number(0))


# ---- what would have no effect


def lost(before: Side, draft: Side, who: CTE, *, dense: bool) -> Select[*tuple[Any, ...]]:
    """Rows of ``rule_id, tier, reason, entries, points`` (as recorded, in hundredths)."""
    reach, c = before.reach(who, dense=dense), who.c
    known, new = before.terms.rules, draft.terms.rules
    ids = [rule.id for rule in new]
    worth = valuing.worth(draft.sheet.document, draft.sheet.rule_ids)
    branches = (
        (~sql.one_of(Entry.rule_id, ids), NO_RULE),
        (~sql.applies(new, Entry.rule_id, c.category), NOT_FOR_CATEGORY),
        (worth.is_(None), NO_TIER),
    )
    reason = case(*((condition, sql.number(code)) for condition, code in branches), else_=sql.number(0))
    entries = (
        select(Entry.rule_id, Entry.tier, stages.points().label("points"), reason.label("reason"))
        .join(who, c.member_id == Entry.member_id)
        .where(sql.one_of(Entry.rule_id, [rule.id for rule in known]), sql.applies(known, Entry.rule_id, c.category))
        .where(reach.entries(), Entry.reverses_id.is_(None), Entry.id.not_in(reach.taken_back()))
        .subquery()
    )
    e = entries.c
    tier = case((e.reason == sql.number(NO_TIER), e.tier), else_=None)
    return (
        select(
            e.rule_id,
            tier.label("tier"),
            e.reason,
            func.count().label("entries"),
            sql.total(e.points).label("points"),
        )
        .where(e.reason != sql.number(0))
        .group_by(e.rule_id, tier, e.reason)
    )
