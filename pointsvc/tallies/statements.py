"""The statements of the reckoning, built once for each scheme and kept: building costs more than running."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import (
    CTE,
    BigInteger,
    ClauseElement,
    Date,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from pointsvc.db import UtcTime, db
from pointsvc.people import merged, reach
from pointsvc.people.models import MemberCategory, Membership
from pointsvc.prepared import Statement
from pointsvc.schemes import service as schemes
from pointsvc.tallies import explanation, reckoning, stages
from pointsvc.tallies.models import Standing, TallyResult
from pointsvc.tallies.terms import Terms, terms
from pointsvc.tallies.wording import Explainer

Document = Mapping[str, Any]

# What a member without a dated category is taken for.
REGULAR = "regular"


@dataclass(frozen=True)
class Sheet:
    """What one reckoning goes by: a document, the ids of its rules, and the first day of the cycle."""

    document: Document
    rule_ids: Mapping[str, int]
    cycle_starts_on: date


# Of each database: what a rule sheet's versions call their rules, by id.
_rule_ids: WeakKeyDictionary[Engine, dict[tuple[int, ...], Mapping[str, int]]] = WeakKeyDictionary()


def sheet_of(found: schemes.Sheet, cycle_starts_on: date) -> Sheet:
    """What a reckoning by this rule sheet goes by, with the ids of its rules.

    A published version is never changed, nor are its rules' ids, so on PostgreSQL, which gives no id
    a second time, they are read once. SQLite may give an id again after a rollback.
    """
    engine = db.engine
    known = _rule_ids.setdefault(engine, {})
    ids = known.get(found.versions)
    if ids is None:
        ids = schemes.rule_ids(item["code"] for item in found.effective["rules"])
        if engine.dialect.name == "postgresql":
            known[found.versions] = ids
    return Sheet(found.effective, ids, cycle_starts_on)


Make = Callable[[Terms, Sheet, str], ClauseElement]

Made = TypeVar("Made")

# A document is kept with what is made of it, so that its identity cannot pass to another one.
_kept: OrderedDict[tuple[Any, ...], tuple[Document, Any]] = OrderedDict()
_KEPT_MOST = 200


def statement(make: Make, sheet: Sheet) -> Statement:
    """The statement that ``make`` builds for this sheet on the present engine, from the shelf if it is there."""
    dialect = db.engine.dialect
    return _from_shelf(
        (make.__name__, dialect.name), sheet, lambda found: Statement(make(found, sheet, dialect.name), dialect)
    )


def explainer(sheet: Sheet) -> Explainer:
    """Who puts the rows of ``lines`` by this sheet into words, from the shelf if it is there."""
    return _from_shelf(("explainer",), sheet, lambda found: Explainer(sheet.document, found))


def _from_shelf(name: tuple[str, ...], sheet: Sheet, make: Callable[[Terms], Made]) -> Made:
    key = (*name, id(sheet.document), sheet.cycle_starts_on, *sheet.rule_ids.items())
    found = _kept.get(key)
    if found is not None and found[0] is sheet.document:
        _kept.move_to_end(key)
        return found[1]
    made = make(terms(sheet.document, sheet.rule_ids))
    _kept[key] = (sheet.document, made)
    if len(_kept) > _KEPT_MOST:
        _kept.popitem(last=False)
    return made


def score(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """The figures of those in ``who``, as everything stands. Parameters: who, through_on."""
    return reckoning.figures(found, _given(sheet, dialect), dialect=dialect)


def score_at(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """As ``score``, as it was known at ``cutoff_at``."""
    return reckoning.figures(found, _given(sheet, dialect, cutoff=True), dialect=dialect)


def lines(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """Every entry of those in ``who``, and what counts of it. Parameters: who, through_on."""
    return explanation.lines(found, _given(sheet, dialect))


def lines_at(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """As ``lines``, as it was known at ``cutoff_at``."""
    return explanation.lines(found, _given(sheet, dialect, cutoff=True))


def _given(sheet: Sheet, dialect: str, *, cutoff: bool = False) -> stages.Reach:
    return stages.Reach(stages.given(dialect), sheet.cycle_starts_on, cutoff)


def standing(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """Write the standings of those in ``who``. Parameters: who, through_on, scheme_id, settled_at."""
    figures = reckoning.figures(found, _given(sheet, dialect), dialect=dialect).cte("figures")
    more = {
        "scheme_id": bindparam("scheme_id", type_=BigInteger),
        "cycle_starts_on": bindparam("cycle", sheet.cycle_starts_on, type_=Date),
        "settled_at": bindparam("settled_at", type_=UtcTime),
    }
    query = select(*figures.c, *more.values()).where(_always())
    insert = _insert(dialect)(Standing.__table__).from_select([*reckoning.COLUMNS, *more], query)
    changed = {name: insert.excluded[name] for name in (*reckoning.COLUMNS, *more) if name != "member_id"}
    return insert.on_conflict_do_update(index_elements=["member_id"], set_=changed)


def results(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """Write the results of a tally for the members of ``branches`` from ``first`` through ``last`` (ids).

    Parameters besides: tally_id, version, scheme_id, through_on, cutoff_at. For an interval in which
    most members are of these branches; ``sparse_results`` for any other.
    """
    return _results(found, sheet, dialect, interval=True)


def sparse_results(found: Terms, sheet: Sheet, dialect: str) -> ClauseElement:
    """As ``results``, where most ids in the interval are of other branches."""
    return _results(found, sheet, dialect, interval=False)


def _results(found: Terms, sheet: Sheet, dialect: str, *, interval: bool) -> ClauseElement:
    reach = stages.Reach(members(dialect), sheet.cycle_starts_on, cutoff=True, interval=interval)
    figures = reckoning.figures(found, reach, dialect=dialect).cte("figures")
    more = {name: bindparam(name, type_=BigInteger) for name in ("tally_id", "version", "scheme_id")}
    query = select(*figures.c, *more.values())
    return _insert(dialect)(TallyResult.__table__).from_select([*reckoning.COLUMNS, *more], query)


def members(dialect: str) -> CTE:
    """Who belongs to one of ``branches`` (JSON list of ids) on ``through_on``, of an interval of member ids."""
    member_id, day = Membership.member_id, stages.THROUGH
    of_branches = listed(bindparam("branches", type_=String), dialect)
    category = and_(MemberCategory.member_id == member_id, reach.on_day(MemberCategory, day))
    return (
        select(
            member_id,
            Membership.organisation_id.label("branch_id"),
            func.coalesce(MemberCategory.category, REGULAR).label("category"),
        )
        .outerjoin(MemberCategory, category)
        .where(Membership.organisation_id.in_(of_branches), *belongs(day))
        .where(member_id >= stages.FIRST, member_id <= stages.LAST)
        .cte("who")
    )


def listed(ids: Any, dialect: str) -> Any:
    """The ids in a JSON list, as a subquery for ``in_``."""
    if dialect == "sqlite":
        return select(func.json_each(ids).table_valued("value").c.value)
    texts = func.jsonb_array_elements_text(cast(ids, postgresql.JSONB)).table_valued("value")
    return select(cast(texts.c.value, BigInteger))


def belongs(day: Any) -> Sequence[Any]:
    """The conditions on a membership to make somebody one of those who are tallied on this day.

    A record that was merged into another is nobody of its own, however long it once was a member.
    """
    return (reach.on_day(Membership, day), Membership.member_id.not_in(merged.duplicates()))


def _insert(dialect: str) -> Any:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert


def _always() -> Any:
    # SQLite cannot tell the beginning of ON CONFLICT from that of a join without it.
    return literal_column("1") == literal_column("1")
