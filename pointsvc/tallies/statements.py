"""The statements of the reckoning, built once for each scheme and kept: building costs more than running."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ClauseElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult, Dialect

from pointsvc.db import UtcTime, db
from pointsvc.people import merged
from pointsvc.people.models import MemberCategory, Membership
from pointsvc.schemes import service as schemes
from pointsvc.tallies import explanation, reckoning, stages
from pointsvc.tallies.models import Standing, TallyResult
from pointsvc.tallies.terms import Terms, terms

Document = Mapping[str, Any]

# What a member without a dated category is taken for.
REGULAR = "regular"


@dataclass(frozen=True)
class Sheet:
    """What one reckoning goes by: a document, the ids of its rules, and the first day of the cycle."""

    document: Document
    rule_ids: Mapping[str, int]
    cycle_starts_on: date


def sheet_of(document: Document, cycle_starts_on: date) -> Sheet:
    """The sheet of this document, its rules' ids read from the database."""
    return Sheet(document, schemes.rule_ids(item["code"] for item in document["rules"]), cycle_starts_on)


class Statement:
    """A statement as the driver takes it: what SQLAlchemy does for each call is done once, here."""

    def __init__(self, element: Any, dialect: Dialect) -> None:
        if dialect.name == "sqlite":
            # The driver takes names as well as question marks, and ours are given by name.
            dialect = sqlite.dialect(paramstyle="named")
        compiled: Any = element.compile(dialect=dialect)
        self.sql = str(compiled)
        self.constants = {name: value for name, value in compiled.params.items() if value is not None}
        self.given = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) or _same
            for name, bind in compiled.binds.items()
        }
        columns = element.selected_columns if isinstance(element, Select) else ()
        self.taken = [column.type.dialect_impl(dialect).result_processor(dialect, None) or _same for column in columns]
        self.row: Any = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc] # names of the query

    def run(self, **values: Any) -> CursorResult[Any]:
        """Run it in the present transaction."""
        db.session.flush()
        every = {**self.constants, **values}
        given = {name: process(every.get(name)) for name, process in self.given.items()}
        return db.session.connection().exec_driver_sql(self.sql, given)

    def rows(self, **values: Any) -> list[Any]:
        """Run it and read what it selects."""
        return [
            self.row(*[process(value) for process, value in zip(self.taken, row, strict=True)])
            for row in self.run(**values)
        ]


def _same(value: Any) -> Any:
    return value


Make = Callable[[Terms, Sheet, str], ClauseElement]

# A document is kept with its statements, so that its identity cannot pass to another one.
_kept: OrderedDict[tuple[Any, ...], tuple[Document, Statement]] = OrderedDict()
_KEPT_MOST = 200


def statement(make: Make, sheet: Sheet) -> Statement:
    """The statement that ``make`` builds for this sheet on the present engine, from the shelf if it is there."""
    dialect = db.session.get_bind().dialect
    ids = tuple(sorted(sheet.rule_ids.items()))
    key = (make.__name__, dialect.name, id(sheet.document), sheet.cycle_starts_on, ids)
    found = _kept.get(key)
    if found is not None and found[0] is sheet.document:
        _kept.move_to_end(key)
        return found[1]
    made = Statement(make(terms(sheet.document, sheet.rule_ids), sheet, dialect.name), dialect)
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
    category = and_(MemberCategory.member_id == member_id, *holds(MemberCategory, day))
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


def holds(table: type[Membership] | type[MemberCategory], day: Any) -> Sequence[Any]:
    """The conditions on a dated row to hold on this day."""
    return (table.starts_on <= day, or_(table.ends_on.is_(None), table.ends_on > day))


def belongs(day: Any) -> Sequence[Any]:
    """The conditions on a membership to make somebody one of those who are tallied on this day.

    A record that was merged into another is nobody of its own, however long it once was a member.
    """
    return (*holds(Membership, day), Membership.member_id.not_in(merged.duplicates()))


def _insert(dialect: str) -> Any:
    return sqlite.insert if dialect == "sqlite" else postgresql.insert


def _always() -> Any:
    # SQLite cannot tell the beginning of ON CONFLICT from that of a join without it.
    return literal_column("1") == literal_column("1")
