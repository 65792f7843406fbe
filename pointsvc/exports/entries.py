"""Entries on their way into a file: read in pieces, with words in place of codes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, func, select, tuple_, type_coerce
from sqlalchemy.orm import aliased

from pointsvc import clock
from pointsvc.db import among, db
from pointsvc.exports.columns import SOURCES, STATUS, SYSTEM
from pointsvc.exports.pieces import Pause, in_pieces
from pointsvc.ledger.models import Entry
from pointsvc.ledger.numbering import written
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation, SignIn
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule, Scheme

AT_ONCE = 20_000
# So much of a rule sheet's digest tells it from every other.
CHECK = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries: of this node and below, or of one member; between these days, both included.

    ``through_id`` leaves out what is recorded while the file is being written.
    """

    organisation_id: int | None = None
    member_id: int | None = None
    since: date | None = None
    until: date | None = None
    through_id: int = 0


def newest_id() -> int:
    """The id of the entry that was recorded last."""
    return db.session.scalar(select(func.max(Entry.id))) or 0


def rows(asked: Asked, pause: Pause | None = None) -> Iterator[list[Any]]:
    """The entries as rows of ``columns.ENTRIES``, by branch, day and number; of one member by day.

    ``pause`` is called between two pieces: a moment at which the caller may write.
    """
    words = _Words()
    for group in _groups(asked) if asked.member_id is None else [None]:
        if pause:
            pause()
        yield from _read(asked, group, words)


def _groups(asked: Asked) -> list[list[int]]:
    """The branches with such entries, so many together as make one piece.

    Each piece is then read along the index of branch and day, however big the ledger is.
    """
    below = reach.ids_below(asked.organisation_id or 0)
    counted = db.session.execute(
        select(Entry.branch_id, func.count())
        .where(Entry.branch_id.in_(below), *_days(asked))
        .group_by(Entry.branch_id)
        .order_by(Entry.branch_id)
    ).all()
    return in_pieces([(row[0], row[1]) for row in counted], AT_ONCE)


def _days(asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.since:
        yield Entry.occurred_on >= asked.since
    if asked.until:
        yield Entry.occurred_on <= asked.until


def _read(asked: Asked, group: Sequence[int] | None, words: _Words) -> Iterator[list[Any]]:
    order: list[Any] = [Entry.branch_id, Entry.occurred_on, Entry.id]
    if group is None:
        own: ColumnElement[bool] = Entry.member_id == asked.member_id
        order = order[1:]
    else:
        own = among(Entry.branch_id, group)
    query = _query(asked.through_id).where(own, Entry.id <= asked.through_id, *_days(asked)).order_by(*order)
    place: tuple[Any, ...] | None = None
    while found := db.session.execute(_from(query, order, place).limit(AT_ONCE)).all():
        yield from map(words.row, found)
        last = found[-1]
        place = (last.occurred_on, last.id) if group is None else (last.branch_id, last.occurred_on, last.id)
        if len(found) < AT_ONCE:
            return


def _from(query: Any, order: Sequence[Any], place: tuple[Any, ...] | None) -> Any:
    return query if place is None else query.where(tuple_(*order) > tuple_(*place))


def _query(through_id: int) -> Any:
    later, earlier = aliased(Entry), aliased(Entry)
    return (
        select(
            Entry.id,
            Member.number,
            Member.name,
            Entry.branch_id,
            Entry.occurred_on,
            Entry.rule_id,
            type_coerce(Entry.quantity, BigInteger).label("quantity"),
            Entry.tier,
            type_coerce(Entry.points, BigInteger).label("points"),
            Entry.matter,
            Entry.note,
            Entry.recorded_at,
            SignIn.name.label("recorded_by"),
            Entry.source,
            Entry.scheme_id,
            Entry.reverses_id,
            later.id.label("reversed_by"),
            func.coalesce(later.recorded_at, earlier.recorded_at).label("other_at"),
        )
        .join(Member, Member.id == Entry.member_id)
        .outerjoin(SignIn, SignIn.id == Entry.recorded_by_id)
        .outerjoin(later, and_(later.reverses_id == Entry.id, later.id <= through_id))
        .outerjoin(earlier, earlier.id == Entry.reverses_id)
    )


class _Words:
    """Codes and names for ids; the few that all entries share are read once."""

    def __init__(self) -> None:
        self._places = {row.id: row for row in _all(Organisation.id, Organisation.code, Organisation.name)}
        self._rules = {row.id: row.code for row in _all(Rule.id, Rule.code)}
        self._digests = {row.id: row.digest for row in _all(Scheme.id, Scheme.digest)}
        self._names: dict[str, dict[str, str]] = {}

    def row(self, entry: Any) -> list[Any]:
        """One entry as its file has it."""
        place, digest = self._places[entry.branch_id], self._digests[entry.scheme_id]
        if digest not in self._names:
            self._names[digest] = _names(schemes.document_of(entry.scheme_id, digest))
        names, rule = self._names[digest], self._rules[entry.rule_id]
        other = entry.reverses_id or entry.reversed_by
        status = "reversal" if entry.reverses_id else "reversed" if entry.reversed_by else "recorded"
        return [
            written(entry.id, entry.recorded_at),
            entry.number,
            entry.name,
            place.code,
            place.name,
            entry.occurred_on,
            names.get(rule, rule),
            entry.quantity,
            names.get(f"{rule}/{entry.tier}", entry.tier),
            entry.points,
            entry.matter,
            entry.note,
            _instant(entry.recorded_at),
            entry.recorded_by or SYSTEM,
            STATUS[status],
            written(other, entry.other_at) if other else None,
            SOURCES[entry.source],
            digest[:CHECK],
        ]


def _all(*columns: Any) -> Sequence[Any]:
    return db.session.execute(select(*columns)).all()


@lru_cache(maxsize=1 << 12)
def _instant(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M:%S")


def _names(document: documents.Document) -> dict[str, str]:
    """What rules (by code) and tiers (by rule/tier) are called in a file, where the name can mean no other."""
    found = _clear({rule["code"]: rule["name"] for rule in document["rules"]})
    for rule in document["rules"]:
        tiers = _clear({tier["code"]: tier["name"] for tier in rule.get("tiers", ())})
        found.update({f"{rule['code']}/{code}": name for code, name in tiers.items()})
    return found


def _clear(names: Mapping[str, str]) -> dict[str, str]:
    """Those of these names that an import cannot take for another's, nor for a code, nor for a formula."""
    keys = {code: _key(name) for code, name in names.items()}
    counted = Counter(keys.values())
    codes = {_key(code) for code in names}
    return {
        code: name
        for code, name in names.items()
        if keys[code] and counted[keys[code]] == 1 and (keys[code] not in codes or name == code) and name[0] != "="
    }


def _key(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())
