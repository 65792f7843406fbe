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

# The table and not the class: so many rows are spared the hands of the object mapper.
_ENTRY: Any = Entry.__table__

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
        yield _ENTRY.c.occurred_on >= asked.since
    if asked.until:
        yield _ENTRY.c.occurred_on <= asked.until


def _read(asked: Asked, group: Sequence[int] | None, words: _Words) -> Iterator[list[Any]]:
    c = _ENTRY.c
    order: list[Any] = [c.branch_id, c.occurred_on, c.id]
    if group is None:
        own: ColumnElement[bool] = c.member_id == asked.member_id
        order = order[1:]
    else:
        own = among(c.branch_id, group)
    query = _query(asked.through_id).where(own, c.id <= asked.through_id, *_days(asked)).order_by(*order)
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
    entry = _ENTRY
    later, earlier = entry.alias("later"), entry.alias("earlier")
    member: Any = Member.__table__
    sign_in: Any = SignIn.__table__
    c = entry.c
    source = (
        entry.join(member, member.c.id == c.member_id)
        .outerjoin(sign_in, sign_in.c.id == c.recorded_by_id)
        .outerjoin(later, and_(later.c.reverses_id == c.id, later.c.id <= through_id))
        .outerjoin(earlier, earlier.c.id == c.reverses_id)
    )
    return select(
        c.id,
        member.c.number,
        member.c.name,
        c.branch_id,
        c.occurred_on,
        c.rule_id,
        type_coerce(c.quantity, BigInteger),
        c.tier,
        type_coerce(c.points, BigInteger),
        c.matter,
        c.note,
        c.recorded_at,
        sign_in.c.name.label("recorded_by"),
        c.source,
        c.scheme_id,
        c.reverses_id,
        later.c.id.label("reversed_by"),
        func.coalesce(later.c.recorded_at, earlier.c.recorded_at),
    ).select_from(source)


class _Words:
    """Codes and names for ids; the few that all entries share are read once."""

    def __init__(self) -> None:
        self._places = {row[0]: row[1:] for row in _all(Organisation.id, Organisation.code, Organisation.name)}
        self._rules = {row.id: row.code for row in _all(Rule.id, Rule.code)}
        self._digests = {row.id: row.digest for row in _all(Scheme.id, Scheme.digest)}
        self._sheets: dict[int, tuple[dict[str, str], str]] = {}

    def row(self, entry: Any) -> list[Any]:
        """One entry as its file has it. Unpacked at once: each line here is paid for by every entry."""
        (number, member, name, branch_id, day, rule_id, quantity, tier, points, matter, note) = entry[:11]
        (at, by, source, scheme_id, reverses, reversed_by, other_at) = entry[11:]
        code, place = self._places[branch_id]
        names, check = self._sheets.get(scheme_id) or self._sheet(scheme_id)
        rule, other = self._rules[rule_id], reverses or reversed_by
        return [
            written(number, at),
            member,
            name,
            code,
            place,
            day,
            names.get(rule, rule),
            quantity,
            tier and names.get(f"{rule}/{tier}", tier),
            points,
            matter,
            note,
            _instant(at),
            by or SYSTEM,
            STATUS["reversal" if reverses else "reversed" if other else "recorded"],
            other and written(other, other_at),
            SOURCES[source],
            check,
        ]

    def _sheet(self, scheme_id: int) -> tuple[dict[str, str], str]:
        digest = self._digests[scheme_id]
        self._sheets[scheme_id] = _names(schemes.document_of(scheme_id, digest)), digest[:CHECK]
        return self._sheets[scheme_id]


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
