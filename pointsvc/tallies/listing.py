"""Tallies, their results and the standings as lists show them: codes for ids, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, Row, Select, String, bindparam, func, or_, select, tuple_, type_coerce

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor
from pointsvc.prepared import Prepared
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import finding, late, ordering
from pointsvc.tallies.expressions import BOUNDLESS
from pointsvc.tallies.models import Standing, Tally, TallyResult
from pointsvc.tallies.objections import disputed

Table = type[TallyResult] | type[Standing]

SORTS = ("number", "name", "branch", "total")


@dataclass(frozen=True)
class Asked:
    """Which rows of a list, in which order: from behind the place ``after`` on.

    ``within``: only these branches. Of results in the order of totals they are those that the reader
    may see so (``ordering.branches``).
    """

    sort: str = "number"
    down: bool = False
    limit: int = 50
    after: Sequence[Any] | None = None
    branch: str | None = None
    grade: str | None = None
    find: str | None = None
    within: Select[int] | None = None


HIGHEST_FIRST = Asked(sort="total", down=True)


class Ranked(NamedTuple):
    """A row of a page of standings and its place."""

    row: Any
    rank: int


def listing(*, actor: Actor, limit: int, before_id: int | None = None) -> Sequence[Row[Tally, Organisation]]:
    """The tallies within reach, newest first."""
    query = (
        select(Tally, Organisation)
        .join(Organisation, Organisation.id == Tally.organisation_id)
        .where(Tally.organisation_id.in_(reach.organisation_ids(actor)))
        .order_by(Tally.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Tally.id < before_id)
    return db.session.execute(query).all()


def results(*, tally: Tally, asked: Asked, version: int | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
    """The results of a version of the tally (the newest finished one); the caller has looked the tally up.

    Rows of the figures with ``number``, ``name``, ``branch`` and ``branch_name``, and ``place`` for
    the next page's ``after`` (with ``number``). Raises Invalid for a version that is not there.
    """
    if asked.sort == "total" and asked.within is None:
        raise ValueError("nobody has asked whether this order may be shown")
    number = tally.version if version is None else check_version(tally, "version", version)
    query = _figures(TallyResult, asked).where(TallyResult.tally_id == tally.id, TallyResult.version == number)
    if asked.sort != "total":
        return db.session.execute(_paged(query, TallyResult, asked)).all()
    return _by_total(query, TallyResult, asked)


@dataclass(frozen=True, slots=True)
class Marked:
    """A row of results, and whether it is ``disputed`` and ``adjusted`` (see late.py)."""

    row: Any
    disputed: bool
    adjusted: bool

    def shown(self) -> dict[str, Any]:
        """The row's figures and its marks, by name."""
        return {**self.row._asdict(), "disputed": self.disputed, "adjusted": self.adjusted}


def marked(tally: Tally, rows: Sequence[Any]) -> list[Marked]:
    """The rows of a page of results, each with its marks."""
    ids = [row.id for row in rows]
    contested, late_ones = disputed(tally, ids), late.adjusted(tally, ids)
    return [Marked(row, row.id in contested, row.id in late_ones) for row in rows]


def check_version(tally: Tally, field: str, version: int) -> int:
    """The version, if it is a finished one of this tally. Raises Invalid under ``field``."""
    if not 1 <= version <= tally.version:
        raise Invalid({field: N_("This tally has no such version")})
    return version


def standings(
    *, actor: Actor, at: datetime, organisation: str | None, period: str | None, asked: Asked
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The graded and ungraded totals of this organisation and below: kept ones, or a past period's tally.

    Rows as in ``results``. Raises NotFound, Forbidden 'order_not_shown', Invalid for a period that is
    none or has not begun, and Conflict 'no_tally' when a past period has not been tallied here or above.
    """
    today = clock.local(at).date()
    owner = reach.node(actor, organisation, today)
    shown = ordering.branches(actor, owner)
    if period is None or _running(owner, period, today):
        if asked == replace(HIGHEST_FIRST, limit=asked.limit, after=asked.after) and not shown.closed:
            return _highest(owner.id, asked)
        return db.session.execute(_kept(shown.ids(), asked)).all()
    found = _tally_over(owner.id, period)
    query = _figures(TallyResult, asked).where(
        TallyResult.tally_id == found.id,
        TallyResult.version == found.version,
        TallyResult.branch_id.in_(shown.ids()),
        TallyResult.total.is_not(None),
    )
    return db.session.execute(_paged(query, TallyResult, asked)).all()


def _kept(below: Any, asked: Asked) -> Select[*tuple[Any, ...]]:
    query = _figures(Standing, asked).where(Standing.branch_id.in_(below), Standing.total.is_not(None))
    return _paged(query, Standing, asked)


def _highest(owner_id: int, asked: Asked) -> list[Any]:
    """A page of the plain list, the one that is asked for again and again, where no branch is left out."""
    if asked.after is None:
        return _first_page.rows(owner=owner_id, most=asked.limit)
    total, number = asked.after
    return _further_page.rows(owner=owner_id, most=asked.limit, total=total, number=number)


@Prepared
def _first_page(dialect: str) -> Any:
    return _kept(reach.ids_below(_OWNER), replace(HIGHEST_FIRST, limit=_MOST))


@Prepared
def _further_page(dialect: str) -> Any:
    behind = (bindparam("total", type_=BigInteger), bindparam("number", type_=String))
    return _kept(reach.ids_below(_OWNER), replace(HIGHEST_FIRST, limit=_MOST, after=behind))


_OWNER: Any = bindparam("owner", type_=BigInteger)
_MOST: Any = bindparam("most", type_=Integer)


def _by_total(query: Select[*tuple[Any, ...]], table: Table, asked: Asked) -> list[Row[*tuple[Any, ...]]]:
    """By total, and behind all others, in the order of their numbers, those without one.

    Two questions, because one that asks for both must look at everybody before it can answer.
    """
    scored, rest = query.where(table.total.is_not(None)), query.where(table.total.is_(None))
    after, number = asked.after, ""
    rows: list[Row[*tuple[Any, ...]]] = []
    if after is None or after[0] != BOUNDLESS:
        rows += db.session.execute(_paged(scored, table, asked)).all()
    else:
        number = after[1]
    if len(rows) < asked.limit:
        rest = rest.where(Member.number > number).order_by(Member.number).limit(asked.limit - len(rows))
        rows += db.session.execute(rest).all()
    return rows


def ranked(rows: Sequence[Row[*tuple[Any, ...]]], place: Sequence[Any] | None) -> list[Ranked]:
    """The rows of a page of standings with their ranks; equal totals share one (1, 2, 2, 4).

    ``place`` is where the page before ended: its last total (in hundredths), number, how many rows
    were shown up to there, and the last one's rank.
    """
    total, _, seen, rank = place or (None, None, 0, 0)
    found = []
    for row in rows:
        seen += 1
        rank = rank if row.place == total else seen
        total = row.place
        found.append(Ranked(row, rank))
    return found


def _running(owner: Organisation, period: str, today: date) -> bool:
    sheet = schemes.sheets([owner.id], today).get(owner.id)
    when = periods.parse(period, documents.starts_month(sheet.document) if sheet else 1)
    if when.starts_on > today:
        raise Invalid({"period": N_("This period has not begun")})
    return today <= when.through_on


def _tally_over(organisation_id: int, period: str) -> Tally:
    found = finding.nearest(organisation_id, period)
    if found is None:
        raise Conflict(N_("This period has not been tallied yet"), code="no_tally")
    return found


def _figures(table: Table, asked: Asked) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Member.id,
            Member.number,
            Member.name,
            Organisation.code.label("branch"),
            Organisation.name.label("branch_name"),
            table.category,
            table.scheme_id,
            table.raw,
            table.base,
            table.carried,
            table.total,
            table.grade,
            table.veto,
            table.groups,
            table.rules,
            func.coalesce(_key(table, asked.sort), BOUNDLESS if asked.sort == "total" else "").label("place"),
        )
        .join(Member, Member.id == table.member_id)
        .join(Organisation, Organisation.id == table.branch_id)
    )
    if asked.within is not None:
        query = query.where(table.branch_id.in_(asked.within))
    if asked.branch:
        query = query.where(Organisation.code == asked.branch)
    if asked.grade:
        query = query.where(table.grade == asked.grade)
    if asked.find:
        words = asked.find.strip()
        query = query.where(
            or_(
                Member.number == words,
                Member.name.contains(words, autoescape=True),
                Member.initials.startswith(words.lower(), autoescape=True),
            )
        )
    return query


def _key(table: Table, sort: str) -> Any:
    keys: dict[str, Any] = {
        "number": Member.number,
        "name": Member.initials,
        "branch": Organisation.code,
        "total": type_coerce(table.total, BigInteger),
    }
    return keys[sort]


def _paged(query: Select[*tuple[Any, ...]], table: Table, asked: Asked) -> Select[*tuple[Any, ...]]:
    """In order, from behind ``asked.after`` on; within equals by member number."""
    key = _key(table, asked.sort)
    if asked.after is not None:
        value, number = asked.after
        if asked.down:
            # Said twice, so that the index leads straight to the place.
            query = query.where(key <= value, or_(key < value, Member.number > number))
        else:
            query = query.where(tuple_(key, Member.number) > tuple_(value, number))
    return query.order_by(key.desc() if asked.down else key, Member.number).limit(asked.limit)
