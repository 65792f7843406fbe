"""The report of a rehearsal, made of its results by the database; points in it are texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, func, select, type_coerce
from sqlalchemy.orm import aliased

from pointsvc.db import db, from_hundredths
from pointsvc.people.models import Member, Organisation
from pointsvc.rehearsals import binding
from pointsvc.rehearsals.comparing import NO_RULE, NO_TIER, NOT_FOR_CATEGORY, Statements
from pointsvc.rehearsals.models import RehearsalResult
from pointsvc.tallies import expressions as sql

# (rule id, tier, reason) -> entries and hundredths
Lost = dict[tuple[int, str | None, int], tuple[int, int]]

REASONS = {NO_RULE: "no_rule", NOT_FOR_CATEGORY: "not_for_category", NO_TIER: "no_tier"}
# Years in the Party, each band up to before the next.
BANDS = (0, 5, 10, 20, 30, 40, 50)

CENT = Decimal("0.01")
_BEFORE = aliased(RehearsalResult, name="before")
_AFTER = aliased(RehearsalResult, name="after")
_OLD, _NEW = (type_coerce(side.total, BigInteger) for side in (_BEFORE, _AFTER))


def report(
    rehearsal_id: int,
    statements: Statements,
    through_on: date,
    *,
    held: tuple[binding.Counts, binding.Counts],
    lost: Lost,
) -> dict[str, Any]:
    """All that the report says. ``held`` and ``lost`` are what was counted chunk by chunk."""
    before, draft = statements.before.sheet.document, statements.draft.sheet.document
    counts = (held[0] | _of_total(rehearsal_id, before, _BEFORE), held[1] | _of_total(rehearsal_id, draft, _AFTER))
    rules = [{item["code"]: item["name"] for item in document["rules"]} for document in (before, draft)]
    return {
        **_summary(rehearsal_id),
        "grades": {"before": _names(before), "after": _names(draft)},
        "matrix": _matrix(rehearsal_id),
        "limits": binding.told(before, draft, counts),
        "by": {name: _by(rehearsal_id, name, key) for name, key in _keys(through_on).items()},
        "lost": _lost(lost, rules[0], statements.before.sheet.rule_ids),
        "new_rules": [{"code": code, "name": name} for code, name in rules[1].items() if code not in rules[0]],
        "gone_rules": [{"code": code, "name": name} for code, name in rules[0].items() if code not in rules[1]],
    }


def pairs(rehearsal_id: int, *columns: Any) -> Select[*tuple[Any, ...]]:
    """These columns of each member's two results."""
    return (
        select(*columns)
        .select_from(_BEFORE)
        .join(_AFTER, and_(_AFTER.rehearsal_id == _BEFORE.rehearsal_id, _AFTER.member_id == _BEFORE.member_id))
        .where(_BEFORE.rehearsal_id == rehearsal_id, _BEFORE.under_draft.is_(False), _AFTER.under_draft.is_(True))
    )


def changed(rehearsal_id: int, *, limit: int, after: str | None = None) -> list[dict[str, Any]]:
    """Who would have another grade, by member number from behind ``after`` on."""
    query = (
        pairs(
            rehearsal_id,
            Member.number,
            Member.name,
            Organisation.code.label("branch"),
            Organisation.name.label("branch_name"),
            _BEFORE.total.label("total_before"),
            _AFTER.total.label("total_after"),
            _BEFORE.grade.label("grade_before"),
            _AFTER.grade.label("grade_after"),
        )
        .join(Member, Member.id == _BEFORE.member_id)
        .join(Organisation, Organisation.id == _BEFORE.branch_id)
        .where(_other_grade())
        .order_by(Member.number)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Member.number > after)
    return [dict(row._mapping) for row in db.session.execute(query)]


# ---- the whole


def _summary(rehearsal_id: int) -> dict[str, Any]:
    change = _NEW - _OLD
    row = db.session.execute(
        pairs(
            rehearsal_id,
            func.count().label("members"),
            func.count(change).label("compared"),
            _number(change > 0).label("up"),
            _number(change < 0).label("down"),
            _number(_other_grade()).label("other_grade"),
            _number(and_(_OLD.is_(None), _NEW.is_not(None))).label("newly_scored"),
            _number(and_(_OLD.is_not(None), _NEW.is_(None))).label("no_longer_scored"),
            _number(_BEFORE.veto).label("vetoes_before"),
            _number(_AFTER.veto).label("vetoes_after"),
            func.coalesce(sql.total(change), 0).label("change"),
        )
    ).one()
    return {
        **{name: int(value) for name, value in row._mapping.items() if name != "change"},
        "mean_change": _mean(row.change, row.compared),
        "median_change": _median(rehearsal_id, change, row.compared),
    }


def _median(rehearsal_id: int, change: Any, compared: int) -> str | None:
    if not compared:
        return None
    query = pairs(rehearsal_id, change).where(change.is_not(None)).order_by(change)
    middle = db.session.scalars(query.offset((compared - 1) // 2).limit(2 - compared % 2)).all()
    return _mean(sum(middle), len(middle))


def _matrix(rehearsal_id: int) -> list[dict[str, Any]]:
    """How many came from which grade to which; None: without a grade."""
    rows = db.session.execute(
        pairs(rehearsal_id, _BEFORE.grade, _AFTER.grade, func.count()).group_by(_BEFORE.grade, _AFTER.grade)
    )
    found = [{"before": old, "after": new, "members": number} for old, new, number in rows]
    return sorted(found, key=lambda item: (item["before"] or "", item["after"] or ""))


def _names(document: Mapping[str, Any]) -> list[str]:
    return [grade["name"] for grade in document.get("grades", ())]


def _of_total(rehearsal_id: int, document: Mapping[str, Any], side: Any) -> binding.Counts:
    """How often the sheet's own floor and ceiling held the total back; a veto is no floor."""
    summed, total = (type_coerce(column, BigInteger) for column in (side.summed, side.total))
    held = summed - total
    found: binding.Counts = {}
    for kind, binds in (("total_ceiling", held > 0), ("total_floor", held < 0)):
        if kind.removeprefix("total_") in document:
            query = pairs(rehearsal_id, func.count(), func.coalesce(sql.total(func.abs(held)), 0))
            row = db.session.execute(query.where(binds, side.veto.is_(False))).one()
            found[kind, "", 0] = (row[0], row[1])
    return found


# ---- who gains and who loses


def _keys(through_on: date) -> dict[str, Any]:
    """By what members are looked at together. Their age is not known, the day of joining is."""
    above = aliased(Organisation)
    kind = select(above.kind).where(above.id == Organisation.parent_id).scalar_subquery()
    return {
        "category": _AFTER.category,
        "years": _band(through_on),
        # Of a branch, what it is a branch of.
        "kind": case((Organisation.kind == "branch", func.coalesce(kind, Organisation.kind)), else_=Organisation.kind),
        "branch": Organisation.code,
    }


def _band(through_on: date) -> ColumnElement[Any]:
    """The first year of the band in which the member's years in the Party lie; NULL: not known."""
    branches: list[Any] = []
    for years in reversed(BANDS[1:]):
        # Who joined on 29 February has the year full on 1 March.
        month, day = (3, 1) if (through_on.month, through_on.day) == (2, 29) else (through_on.month, through_on.day)
        branches.append((Member.joined_on <= date(through_on.year - years, month, day), sql.number(years)))
    return case((Member.joined_on.is_(None), None), *branches, else_=sql.number(0))


def _by(rehearsal_id: int, name: str, key: Any) -> list[dict[str, Any]]:
    each = (
        pairs(rehearsal_id, key.label("key"), Organisation.name, _OLD.label("old"), _NEW.label("new"))
        .join(Member, Member.id == _BEFORE.member_id)
        .join(Organisation, Organisation.id == _BEFORE.branch_id)
        .where(_OLD.is_not(None), _NEW.is_not(None))
        .subquery()
        .c
    )
    rows = db.session.execute(
        select(
            each.key,
            func.max(each.name if name == "branch" else each.key).label("name"),
            func.count().label("members"),
            sql.total(each.old).label("before"),
            sql.total(each.new).label("after"),
            _number(each.new > each.old).label("up"),
            _number(each.new < each.old).label("down"),
        )
        .group_by(each.key)
        .order_by(each.key.is_(None), each.key)
    )
    return [
        {
            "key": row.key,
            "name": row.name,
            "members": row.members,
            "mean_before": _mean(row.before, row.members),
            "mean_after": _mean(row.after, row.members),
            "mean_change": _mean(row.after - row.before, row.members),
            "up": int(row.up),
            "down": int(row.down),
        }
        for row in rows
    ]


# ---- what would have no effect


def _lost(lost: Lost, names: Mapping[str, str], rule_ids: Mapping[str, int]) -> list[dict[str, Any]]:
    codes = {number: code for code, number in rule_ids.items()}
    found = [
        {
            "code": codes[rule_id],
            "name": names[codes[rule_id]],
            "tier": tier,
            "reason": REASONS[reason],
            "entries": entries,
            "points": _text(points),
        }
        for (rule_id, tier, reason), (entries, points) in lost.items()
    ]
    return sorted(found, key=lambda item: (-item["entries"], item["code"], item["tier"] or ""))


# ---- both


def _other_grade() -> ColumnElement[bool]:
    return func.coalesce(_BEFORE.grade, "") != func.coalesce(_AFTER.grade, "")


def _number(condition: Any) -> ColumnElement[Any]:
    return func.coalesce(sql.total(case((condition, sql.number(1)), else_=sql.number(0))), 0)


def _mean(points: int, number: int) -> str | None:
    """The mean of hundredths as points, half up; None of nobody."""
    return f"{(Decimal(points) / number / 100).quantize(CENT, ROUND_HALF_UP):.2f}" if number else None


def _text(points: int) -> str:
    return f"{from_hundredths(points):.2f}"
