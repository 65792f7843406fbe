"""The reckoning: one statement that turns live entries into results, for one member or a hundred thousand.

Live score, kept standing, tally and explanation are all made here, from the same stages. Nothing is
looped over in Python: a scheme becomes one statement, which is built once and kept.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from pointsvc.ledger.models import Entry
from pointsvc.tallies import expressions as sql
from pointsvc.tallies import stages
from pointsvc.tallies.models import PreviousTotal
from pointsvc.tallies.stages import Reach
from pointsvc.tallies.terms import Group, Rule, Terms

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]

# The columns of a result, in the order in which ``figures`` gives them.
COLUMNS = (
    "member_id",
    "branch_id",
    "category",
    "raw",
    "base",
    "carried",
    "total",
    "grade",
    "veto",
    "groups",
    "rules",
)


def figures(terms: Terms, reach: Reach, *, dialect: str) -> Select[*tuple[Any, ...]]:
    """One row with ``COLUMNS`` for everybody in ``reach.who`` (``member_id, branch_id, category``).

    Parameters: ``through_on``, with a cutoff ``cutoff_at``, and what ``reach`` takes. Points are
    hundredths; ``groups`` and ``rules`` are JSON objects of them by code.
    """
    ruled = stages.capped(_sums(terms, reach), terms)
    totalled = _totalled(terms, reach, _grouped(terms, reach.who, ruled))
    return _result(terms, totalled, dialect)


def _sums(terms: Terms, reach: Reach) -> CTE:
    """What counts of each rule in its smallest window, before caps of points."""
    plain = [rule for rule in terms.rules if not rule.ranked]
    ranked = [rule for rule in terms.rules if rule.ranked]
    parts = [_plain_sums(plain, reach)] if plain or not ranked else []
    if ranked:
        parts.append(_ranked_sums(terms, stages.compared(_live(ranked, reach), terms)))
    return (union_all(*parts) if len(parts) > 1 else parts[0]).cte("sums")


def _plain_sums(rules: list[Rule], reach: Reach) -> Select[*tuple[Any, ...]]:
    """Where entries need no comparing, the two halves of a reversal cancel in the plain sum."""
    points = sql.total(reach.points())
    windows = {size: sql.month_of(Entry.occurred_on, reach.cycle_starts_on, size) for size in (1, 3, 6)}
    window = _first_window(rules, Entry.rule_id, windows)
    return (
        select(
            Entry.member_id,
            Entry.rule_id,
            (sql.number(0) if window is None else window).label("window"),
            points.label("points"),
            points.label("raw"),
            # An entry that was taken back and the entry that does so: one less one.
            (func.count() - sql.number(2) * func.count(Entry.reverses_id)).label("live"),
        )
        .where(sql.one_of(Entry.rule_id, [rule.id for rule in rules]), reach.entries())
        .group_by(Entry.member_id, Entry.rule_id, *([] if window is None else [window]))
    )


def _first_window(rules: list[Rule], rule_id: Expression, windows: dict[int, Expression]) -> Expression | None:
    return sql.by_window(rule_id, {rule.id: rule.steps("points")[0][0] for rule in rules}, windows)


def _live(rules: list[Rule], reach: Reach) -> CTE:
    """Step 1 for the rules whose entries must be compared one by one."""
    query = select(
        Entry.id,
        Entry.member_id,
        Entry.rule_id,
        reach.points().label("points"),
        Entry.occurred_on,
        (stages.matter() if any(rule.highest_only for rule in rules) else sql.words("")).label("matter"),
        sql.month_of(Entry.occurred_on, reach.cycle_starts_on).label("month"),
        sql.number(stages.COUNTS).label("held"),
    )
    if any(rule.applies_to is not None for rule in rules):
        who = reach.who
        query = query.join(who, who.c.member_id == Entry.member_id)
        query = query.where(sql.applies(rules, Entry.rule_id, who.c.category))
    return query.where(
        sql.one_of(Entry.rule_id, [rule.id for rule in rules]),
        reach.entries(),
        Entry.reverses_id.is_(None),
        Entry.id.not_in(reach.taken_back()),
    ).cte("live")


def _ranked_sums(terms: Terms, compared: CTE) -> Select[*tuple[Any, ...]]:
    c = compared.c
    rules = [rule for rule in terms.rules if rule.ranked]
    window = _first_window(rules, c.rule_id, sql.months_to(c.month))
    counts = case((c.held == sql.number(stages.COUNTS), c.points), else_=sql.number(0))
    return select(
        c.member_id,
        c.rule_id,
        (sql.number(0) if window is None else window).label("window"),
        sql.total(counts).label("points"),
        sql.total(c.points).label("raw"),
        func.count().label("live"),
    ).group_by(c.member_id, c.rule_id, *([] if window is None else [window]))


def _grouped(terms: Terms, who: CTE, ruled: CTE) -> CTE:
    """Step 5: one row for each member that has entries, with what the rules of each group come to."""
    c = ruled.c
    vetoes = [rule.id for rule in terms.rules if rule.veto]
    veto = func.max(case((sql.one_of(c.rule_id, vetoes), sql.number(1)), else_=sql.number(0)))
    columns = [
        _share(c, [rule.id for rule in terms.rules if rule.group == group.code]).label(f"group_{n}")
        for n, group in enumerate(terms.groups)
    ]
    query = select(
        c.member_id,
        sql.total(c.raw).label("raw"),
        (veto if vetoes else sql.number(0)).label("veto"),
        _rules_text(terms, c.rule_id, c.points).label("rules"),
        *columns,
    ).where(c.live > sql.number(0))
    plain = [rule for rule in terms.rules if not rule.ranked]
    if any(rule.applies_to is not None for rule in plain):
        query = query.join_from(ruled, who, who.c.member_id == c.member_id)
        query = query.where(sql.applies(plain, c.rule_id, who.c.category))
    return query.group_by(c.member_id).cte("grouped")


def _share(c: Any, ids: list[int]) -> Expression:
    if not ids:
        return sql.number(0)
    return sql.total(case((sql.one_of(c.rule_id, ids), c.points), else_=sql.number(0)))


def figure(group: Group, summed: Expression) -> Expression:
    """A group's base and its rules' sum, clipped to the group's floor and cap."""
    value = sql.number(group.base) + summed if group.base else summed
    if group.floor is not None:
        value = func.higher_of(value, sql.number(group.floor))
    return value if group.cap is None else func.lower_of(value, sql.number(group.cap))


def _rules_text(terms: Terms, rule_id: Expression, counted: Expression) -> Expression:
    """Each rule with a live entry and its counted figure, as the inside of a JSON object."""
    if not terms.rules:
        return sql.words("")
    key = sql.chosen(rule_id, {rule.id: sql.json_key(rule.code) for rule in terms.rules})
    return func.joined(key + cast(counted, String), sql.words(","))


def _totalled(terms: Terms, reach: Reach, grouped: CTE) -> CTE:
    """Steps 5 and 6 for everybody: the groups' figures, base and carry-over, before floor and ceiling."""
    who, c = reach.who.c, grouped.c
    none = sql.number(0)
    columns = [
        figure(group, func.coalesce(c[f"group_{n}"], none)).label(f"group_{n}") for n, group in enumerate(terms.groups)
    ]
    query = select(
        *who,
        func.coalesce(c.raw, none).label("raw"),
        func.coalesce(c.veto, none).label("veto"),
        func.coalesce(c.rules, sql.words("")).label("rules"),
        _base(terms, who.category).label("base"),
        _carried(terms).label("carried"),
        *columns,
    ).outerjoin_from(reach.who, grouped, c.member_id == who.member_id)
    if terms.carry_over:
        mine = (
            PreviousTotal.member_id == who.member_id,
            PreviousTotal.cycle_starts_on == sql.day(reach.cycle_starts_on),
        )
        query = query.outerjoin(PreviousTotal, and_(*mine))
    return _once(query, "totalled")


def _once(query: Select[*tuple[Any, ...]], name: str) -> CTE:
    # PostgreSQL would write the expressions out wherever they are used, and reckon them each time.
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _base(terms: Terms, category: Expression) -> Expression:
    if not terms.by_category:
        return sql.number(terms.base)
    branches = [(category == sql.words(name), sql.number(value)) for name, value in terms.by_category.items()]
    return case(*branches, else_=sql.number(terms.base))


def _carried(terms: Terms) -> Expression:
    """Last cycle's total times the share, half up (away from zero), in whole numbers only."""
    share = terms.carry_over
    if not share:
        return sql.number(0)
    before = type_coerce(PreviousTotal.total, BigInteger)
    double, one = sql.number(2 * share.numerator), sql.number(share.denominator)
    rounded = (func.abs(before) * double + one) // (one * sql.number(2))
    return func.coalesce(case((before < sql.number(0), -rounded), else_=rounded), sql.number(0))


def _result(terms: Terms, totalled: CTE, dialect: str) -> Select[*tuple[Any, ...]]:
    """Steps 7 and 8, and the columns of a result."""
    c = totalled.c
    veto = c.veto == sql.number(1)
    low = sql.number(-sql.BOUNDLESS if terms.floor is None else terms.floor)
    high = sql.number(sql.BOUNDLESS if terms.ceiling is None else terms.ceiling)
    parts = [c.base, c.carried, *(c[f"group_{n}"] for n in range(len(terms.groups)))]
    summed = sql.folded(parts, lambda a, b: a + b)
    total = case((sql.one_of(c.category, terms.exempt), None), (veto, sql.number(0)), else_=sql.clip(summed, low, high))
    scored = _once(select(*c, total.label("total")), "scored").c
    return select(
        scored.member_id,
        scored.branch_id,
        scored.category,
        scored.raw,
        scored.base,
        scored.carried,
        scored.total,
        _grade(terms, scored, scored.veto == sql.number(1)).label("grade"),
        type_coerce(scored.veto == sql.number(1), Boolean).label("veto"),
        _json(_groups_text(terms, scored), dialect).label("groups"),
        _json(scored.rules, dialect).label("rules"),
    )


def _grade(terms: Terms, c: Any, veto: Expression) -> Expression:
    if not terms.grades:
        return cast(None, String)
    none = cast(None, String)
    branches: list[Any] = [(sql.one_of(c.category, (*terms.exempt, *terms.ungraded)), none)]
    branches.append((veto, sql.words(terms.grades[-1][0])))
    for name, least in terms.grades:
        branches.append((true() if least is None else c.total >= sql.number(least), sql.words(name)))
    return case(*branches, else_=none)


def _groups_text(terms: Terms, c: Any) -> Expression:
    parts = [
        sql.json_key(group.code, first=not n) + cast(c[f"group_{n}"], String) for n, group in enumerate(terms.groups)
    ]
    return sql.folded(parts, lambda a, b: a + b) if parts else sql.words("")


def _json(inside: Expression, dialect: str) -> Expression:
    text = sql.words("{") + inside + sql.words("}")
    return type_coerce(text, JSON) if dialect == "sqlite" else cast(text, JSONB)
