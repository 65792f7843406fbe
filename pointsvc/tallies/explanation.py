"""Each entry's part in a score, by the same stages, so that the lines add up exactly to the figures.

What a cap lets through is given to the entries in the order of their days: each gets the difference
that it makes to the clipped running sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Select, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from pointsvc.ledger.models import Entry
from pointsvc.tallies import expressions as sql
from pointsvc.tallies import reckoning, stages
from pointsvc.tallies.stages import Reach, Steps
from pointsvc.tallies.terms import Terms

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]


def lines(terms: Terms, reach: Reach) -> Select[*tuple[Any, ...]]:
    """One row for each entry in the window, in the order of day and id.

    ``id``, ``member_id``, ``held`` (0, or the number of what kept the whole entry back), ``part_0``, ``part_1``…
    (what is left after each round of caps of points), ``group_before`` (its group's sum before it)
    and ``counted`` (after the group's ends), all in hundredths. Parameters as for ``figures``.
    """
    stage = stages.compared(_entries(terms, reach), terms)
    counts = case((stage.c.held == sql.number(stages.COUNTS), stage.c.points), else_=sql.number(0))
    stage = select(*stage.c, counts.label("part_0")).cte("parts_0")
    for n, steps in enumerate(terms.rounds("points")):
        stage = _capped(stage, steps, n)
    c = stage.c
    part = c[f"part_{len(terms.rounds('points'))}"]
    before = _running(part, c, [c.group_number]) - part
    counted = _in_group(terms, c.group_number, before + part) - _in_group(terms, c.group_number, before)
    kept = [item for item in c if item.key not in ("month", "group_number")]
    return select(*kept, before.label("group_before"), counted.label("counted")).order_by(c.occurred_on, c.id)


def _entries(terms: Terms, reach: Reach) -> CTE:
    who = reach.who
    # Also what was recorded after the cutoff, to say so.
    everything = replace(reach, cutoff=False)
    return (
        select(
            Entry.id,
            Entry.member_id,
            Entry.rule_id,
            reach.points().label("points"),
            Entry.occurred_on,
            stages.matter().label("matter"),
            sql.month_of(Entry.occurred_on, reach.cycle_starts_on).label("month"),
            _standing(terms, reach).label("held"),
            _group_number(terms, Entry.rule_id).label("group_number"),
        )
        .join(who, who.c.member_id == Entry.member_id)
        .where(everything.entries())
        .cte("live")
    )


def _standing(terms: Terms, reach: Reach) -> Expression:
    """Step 1: whether it is a live entry, otherwise why it is none."""
    branches = [
        (~reach.known(Entry), stages.LATER),
        (Entry.reverses_id.is_not(None), stages.REVERSAL),
        (Entry.id.in_(reach.taken_back()), stages.REVERSED),
        (~sql.one_of(Entry.rule_id, [rule.id for rule in terms.rules]), stages.NOT_IN_SCHEME),
        (~sql.applies(terms.rules, Entry.rule_id, reach.who.c.category), stages.NOT_APPLICABLE),
    ]
    return case(*((condition, sql.number(code)) for condition, code in branches), else_=sql.number(stages.COUNTS))


def _group_number(terms: Terms, rule_id: Expression) -> Expression:
    numbers = {group.code: n for n, group in enumerate(terms.groups)}
    return sql.chosen(rule_id, {rule.id: sql.number(numbers[rule.group]) for rule in terms.rules})


def _capped(stage: CTE, steps: Steps, n: int) -> CTE:
    """Round ``n`` of the caps of points: the difference each entry makes to its window's clipped sum."""
    c = stage.c
    sizes = {key: size for key, (size, _) in steps.items()}
    window = sql.by_window(c.rule_id, sizes, sql.months_to(c.month))
    before = c[f"part_{n}"]
    running = _running(before, c, [c.rule_id] if window is None else [c.rule_id, window])
    part = stages.clipped(running, c.rule_id, steps) - stages.clipped(running - before, c.rule_id, steps)
    return select(*c, part.label(f"part_{n + 1}")).cte(f"parts_{n + 1}")


def _in_group(terms: Terms, number: Expression, summed: Expression) -> Expression:
    ends: Mapping[int, Expression] = {
        n: reckoning.figure(group, summed)
        for n, group in enumerate(terms.groups)
        if group.base or group.floor is not None or group.cap is not None
    }
    return sql.chosen(number, ends, summed)


def _running(value: Expression, c: Any, keys: list[Expression]) -> Expression:
    """The sum of the value over this entry and all before it, in the order of day and id."""
    summed = func.sum(value).over(partition_by=[c.member_id, *keys], order_by=(c.occurred_on, c.id), rows=(None, 0))
    return summed.cast(BigInteger)
