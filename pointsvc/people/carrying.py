"""What goes along when two records of one person are merged, and what stays with the record that goes.

Every table that names a member says here which it is, beside its model: ``goes``, ``stays`` or
``by_itself`` (docs/decisions/0018). What goes along comes back when the merge is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, func, select, true, update

from pointsvc.db import Model, among, db
from pointsvc.errors import N_, Conflict
from pointsvc.people import merged
from pointsvc.people.models import Exemption, MemberCategory, MemberMerge, Membership, SignIn

Condition = Callable[[Any], ColumnElement[bool]]
_TWICE = N_("The other record of this person has the same already; it counts once")
_DOUBLED = N_("the kept record has the same, which counts")


def _always(columns: Any) -> ColumnElement[bool]:
    return true()


@dataclass(frozen=True, slots=True)
class Carried:
    """A table that names a member, and what a merge does with its rows.

    ``going``: they go to the kept record, but those that ``but`` names. Else they stay, and ``where``
    says how they are read (None: too many to be looked through for one member, the results of tallies).

    ``once``: columns of which a person has one row while it is ``standing``. Where both records have
    it, the kept one's holds; the other stays behind, and the entries of this ``source`` that it has
    count no more. With ``refusal`` the merge waits instead, or as long as rows are ``busy``.
    """

    table: Table
    words: str
    going: bool
    where: str | None = None
    once: tuple[str, ...] | None = None
    standing: Condition = _always
    source: str | None = None
    but: Callable[[Any, int], ColumnElement[bool]] | None = None
    busy: Condition | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """So many rows of one kind that went along, or that stayed; then ``where`` they are read."""

    words: str
    many: int
    where: str | None = None


CARRIED: dict[str, Carried] = {}
BY_ITSELF: set[str] = set()


def goes(model: type[Model], words: str, **how: Any) -> None:
    """Say that the rows of this table go to the kept record (see ``Carried``)."""
    table = _table(model)
    CARRIED[table.name] = Carried(table, words, going=True, **how)


def stays(model: type[Model], words: str, **how: Any) -> None:
    """Say that the rows of this table stay with the record that they were written for (see ``Carried``)."""
    table = _table(model)
    CARRIED[table.name] = Carried(table, words, going=False, **how)


def by_itself(model: type[Model]) -> None:
    """Say that merging looks after this table in a way of its own."""
    BY_ITSELF.add(_table(model).name)


def check_free(kept_id: int, duplicate_id: int) -> None:
    """See that nothing stands in the way of a merge. Raises Conflict 'not_now'."""
    for carried in CARRIED.values():
        columns = carried.table.c
        if carried.refusal is None:
            continue
        if carried.busy is not None:
            mine = among(columns.member_id, [kept_id, duplicate_id]) & carried.busy(columns)
        else:
            mine = (columns.member_id == duplicate_id) & _doubled(carried, kept_id)
        if db.session.scalar(select(select(columns.member_id).where(mine).exists())):
            raise Conflict(carried.refusal, code="not_now")


def move(merge: MemberMerge) -> None:
    """Let what goes along go to the kept record, and remember which rows those were.

    Called again it moves what has become free since.
    """
    moved = {name: list(ids) for name, ids in merge.moved.items()}
    for name, carried in CARRIED.items():
        if not carried.going:
            continue
        table = carried.table
        mine = [table.c.member_id == merge.duplicate_id]
        if carried.once is not None:
            mine.append(~_doubled(carried, merge.kept_id))
        if carried.but is not None:
            mine.append(~carried.but(table.c, merge.kept_id))
        statement = update(table).where(*mine).values(member_id=merge.kept_id).returning(table.c.id)
        if ids := db.session.scalars(statement).all():
            moved[name] = sorted([*moved.get(name, []), *ids])
    merge.moved = moved
    db.session.flush()
    db.session.expire_all()


def move_back(merge: MemberMerge) -> None:
    """Let what ``move`` moved be the duplicate's again."""
    for name, ids in merge.moved.items():
        table = CARRIED[name].table
        mine = (among(table.c.id, ids), table.c.member_id == merge.kept_id)
        db.session.execute(update(table).where(*mine).values(member_id=merge.duplicate_id))
    db.session.expire_all()


def sources_of(merge: MemberMerge) -> Iterator[tuple[str, list[int]]]:
    """The entries that belong to what was moved: the source, and the ids of the rows."""
    for name, ids in merge.moved.items():
        if (source := CARRIED[name].source) is not None:
            yield source, ids


def doubles(merge: MemberMerge) -> Iterator[tuple[str, list[int]]]:
    """The entries that belong to what both records have: as ``sources_of``, of the duplicate's rows."""
    yield from _left(merge, lambda carried: _doubled(carried, merge.kept_id))


def left(merge: MemberMerge) -> Iterator[tuple[str, list[int]]]:
    """The entries that belong to what stands with the duplicate itself, whether the kept record has it or not."""
    yield from _left(merge, lambda carried: carried.standing(carried.table.c))


def gone(member_ids: Collection[int]) -> set[int]:
    """Those of these records that are merged into another."""
    return set(db.session.scalars(merged.duplicates().where(among(MemberMerge.duplicate_id, member_ids))))


def check_counts(member_id: int, gone_ids: Collection[int]) -> None:
    """See that nothing which stayed behind is made to count. Raises Conflict 'counts_once'."""
    if member_id in gone_ids:
        raise Conflict(_TWICE, code="counts_once")


def along(moved: Mapping[str, Sequence[int]]) -> list[Part]:
    """What a merge has moved, of its ``moved``."""
    return [Part(CARRIED[name].words, len(ids)) for name, ids in moved.items() if ids]


def behind(member_id: int) -> list[Part]:
    """What stayed with this record, as far as there is any."""
    tables = [carried for carried in CARRIED.values() if carried.going or carried.where]
    counts = [
        select(func.count()).select_from(one.table).where(one.table.c.member_id == member_id).scalar_subquery()
        for one in tables
    ]
    row = db.session.execute(select(*counts)).one()
    return [Part(one.words, many, one.where or _DOUBLED) for one, many in zip(tables, row, strict=True) if many]


# ---- inside


def _table(model: type[Model]) -> Table:
    return cast(Table, model.__table__)


def _doubled(carried: Carried, kept_id: int) -> ColumnElement[bool]:
    """The condition that the kept record has the same as this row, and both stand."""
    mine, other = carried.table.c, carried.table.alias().c
    same = [other[name] == mine[name] for name in carried.once or ()]
    its = select(other.id).where(other.member_id == kept_id, carried.standing(other), *same)
    return carried.standing(mine) & its.exists()


def _left(merge: MemberMerge, which: Callable[[Carried], ColumnElement[bool]]) -> Iterator[tuple[str, list[int]]]:
    for carried in CARRIED.values():
        if carried.source is not None and carried.once is not None:
            columns = carried.table.c
            mine = select(columns.id).where(columns.member_id == merge.duplicate_id, which(carried))
            if ids := db.session.scalars(mine).all():
                yield carried.source, list(ids)


by_itself(Membership)
by_itself(SignIn)
stays(MemberCategory, N_("spans of categories"), where=N_("the kept record's category is what counts"))
stays(
    Exemption,
    N_("decisions on exemption"),
    where=N_("they do not pass to the kept record; one that shall hold for it is recorded there"),
)
