"""The few SQL expressions that the stages of the reckoning are made of, alike on both engines.

Constants of a scheme are written into the statement, so that it can be prepared once and planned
well; what differs from call to call (who, days, the cutoff) are parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, String, case, cast, func, literal_column, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.functions import GenericFunction

from pointsvc.schemes import periods
from pointsvc.tallies.terms import Rule

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]

# More than anybody can have, so that 'no cap' needs no branch of its own.
BOUNDLESS = 10**15


class lower_of(GenericFunction[int]):  # noqa: N801 - functions of SQL are written small
    """The lower of two numbers."""

    type = BigInteger()
    inherit_cache = True


class higher_of(GenericFunction[int]):  # noqa: N801 - functions of SQL are written small
    """The higher of two numbers."""

    type = BigInteger()
    inherit_cache = True


class joined(GenericFunction[str]):  # noqa: N801 - functions of SQL are written small
    """The texts of a group, one after the other with a separator."""

    type = String()
    inherit_cache = True


class bracketed(GenericFunction[Any]):  # noqa: N801 - functions of SQL are written small
    """An expression in brackets that stay."""

    inherit_cache = True


_NAMES = {
    "bracketed": ("", ""),
    "lower_of": ("LEAST", "MIN"),
    "higher_of": ("GREATEST", "MAX"),
    "joined": ("STRING_AGG", "GROUP_CONCAT"),
}


@compiles(lower_of)
@compiles(higher_of)
@compiles(joined)
@compiles(bracketed)
def _own_name(element: Any, compiler: Any, **kwargs: Any) -> str:
    name = _NAMES[type(element).__name__][compiler.dialect.name == "sqlite"]
    return f"{name}{compiler.process(element.clause_expr, **kwargs)}"


def number(value: int) -> Expression:
    """A whole number written into the statement."""
    return literal_column(str(int(value)), BigInteger)


def words(value: str) -> Expression:
    """A text written into the statement."""
    return literal_column("'" + value.replace("'", "''") + "'", String)


def day(value: date) -> Expression:
    """A day written into the statement."""
    return literal_column(f"'{value.isoformat()}'", String)


def total(value: Expression) -> Expression:
    """The sum of whole numbers as a whole number (PostgreSQL would make it a numeric)."""
    return cast(func.sum(value), BigInteger)


def one_of(column: Expression, values: Sequence[int | str]) -> Expression:
    """Whether the column is one of these constants."""
    if not values:
        return literal_column("1") == literal_column("0")
    return column.in_([words(value) if isinstance(value, str) else number(value) for value in values])


def chosen(column: Expression, values: Mapping[int, Expression], otherwise: Expression | None = None) -> Expression:
    """For each rule id its own value, else ``otherwise`` (NULL without it)."""
    if not values:
        return number(0) if otherwise is None else otherwise
    return case({number(key): value for key, value in values.items()}, value=column, else_=otherwise)


def clip(value: Expression, low: Expression, high: Expression) -> Expression:
    """The value, brought between the two ends."""
    return func.lower_of(func.higher_of(value, low), high)


def applies(rules: Sequence[Rule], rule_id: Expression, category: Expression) -> Expression:
    """Whether the rule holds for the category."""
    limited: dict[tuple[str, ...], list[int]] = {}
    for rule in rules:
        if rule.applies_to is not None:
            limited.setdefault(rule.applies_to, []).append(rule.id)
    if not limited:
        return true()
    branches = [(one_of(rule_id, ids), one_of(category, names)) for names, ids in limited.items()]
    return case(*branches, else_=literal_column("1") == literal_column("1"))


def month_of(occurred_on: Expression, cycle_starts_on: date, size: int = 1) -> Expression:
    """The window of ``size`` months in which the day lies, named by its first month (0 to 11)."""
    firsts = [(months, periods.last_day(cycle_starts_on, months)) for months in range(size, 12, size)]
    return _halve(occurred_on, [(0, None), *firsts])


def _halve(occurred_on: Expression, starts: Sequence[tuple[int, date | None]]) -> Expression:
    """Binary search: a third of the comparisons of one after the other, on millions of entries."""
    if len(starts) == 1:
        return literal_column(str(starts[0][0]), Integer)
    middle = len(starts) // 2
    last_before = starts[middle][1]
    assert last_before is not None  # noqa: S101 - only the first has none, and the middle is not the first
    return case(
        (occurred_on <= day(last_before), _halve(occurred_on, starts[:middle])),
        else_=_halve(occurred_on, starts[middle:]),
    )


def by_window(rule_id: Expression, sizes: Mapping[int, int], windows: Mapping[int, Expression]) -> Expression | None:
    """For each rule the window of its own size; all others are in the one window of the whole cycle.

    None when all rules are: nothing then needs to be told apart.
    """
    branches: list[Any] = []
    for size, window in windows.items():
        ids = [key for key, own in sizes.items() if own == size]
        if ids:
            branches.append((one_of(rule_id, ids), window))
    return case(*branches, else_=number(0)) if branches else None


def months_to(first: Expression) -> dict[int, Expression]:
    """From a month (0 to 11): the first month of its window, by the window's size."""
    return {1: first, 3: (first // number(3)) * number(3), 6: (first // number(6)) * number(6)}


def folded(items: Sequence[Expression], join: Callable[[Expression, Expression], Expression]) -> Expression:
    """All items joined in pairs of pairs: SQLite refuses expressions that are nested too deeply."""
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    half, rest = folded(items[:middle], join), folded(items[middle:], join)
    # In brackets, or it would be read from the left all the same.
    return join(func.bracketed(half, type_=half.type), func.bracketed(rest, type_=rest.type))


def json_key(code: str, *, first: bool = True) -> Expression:
    """The beginning of one member of a JSON object, up to its value."""
    return words(("" if first else ",") + json.dumps(code, ensure_ascii=False) + ":")
