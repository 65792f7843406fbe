"""A superuser changes, removes, adds or reorders a sealed row: ``verify`` finds it and names period and row."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from pointsvc import create_app
from pointsvc.db import db
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.schemes.models import Rule, Scheme
from pointsvc.seals import checking
from pointsvc.seals.models import ENTRY, RESULT, Seal, SealLeaf, SealTree
from pointsvc.tallies import proving
from pointsvc.tallies.models import Tally, TallyResult
from tests.conftest import Databases, settings
from tests.seals import sealed

TAMPERS = 100
Needles = list[str]
entry, leaf, result, tree, seal, tally = (
    one.__table__ for one in (Entry, SealLeaf, TallyResult, SealTree, Seal, Tally)
)


@pytest.fixture(scope="module")
def district(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The sealed district, without its triggers. Whatever a test does to it, it must undo."""
    url, remove = databases.new()
    app = create_app(settings(url, tmp_path_factory.mktemp("sealed")))
    sealed.build(app)
    with app.app_context():
        sealed.disarm()
        yield app
        db.session.remove()
        db.engine.dispose()
    remove()


def found() -> list[str]:
    return [str(fault) for fault in (*checking.faults(), *proving.faults())]


def execute(statement: Any) -> Any:
    return db.session.execute(statement)


def flipped(rng: random.Random, value: bytes) -> bytes:
    place = rng.randrange(len(value))
    return value[:place] + bytes([value[place] ^ (1 << rng.randrange(8))]) + value[place + 1 :]


def flipped_hex(rng: random.Random, value: str) -> str:
    return flipped(rng, bytes.fromhex(value)).hex()


class Tamperer:
    """Does one harm after another. Each answers with what must stand together in one of the faults."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def one(self, query: Any) -> Any:
        """One of the rows of this query."""
        return self.rng.choice(execute(query).all())

    def leaf(self, kind: str) -> Any:
        return self.one(select(leaf).where(leaf.c.kind == kind))

    def period(self, tally_id: int) -> str:
        return str(db.session.scalar(select(tally.c.period).where(tally.c.id == tally_id)))

    def number(self, member_id: int) -> str:
        return str(db.session.scalar(select(Member.number).where(Member.id == member_id)))

    def named(self, row: Any) -> Needles:
        """How a fault names the row of this leaf."""
        what = f"entry {row.ref_id} " if row.kind == ENTRY else f"member {self.number(row.ref_id)} "
        return [self.period(row.tally_id), what]

    def other(self, column: Any, present: Any) -> Any:
        """Another value for this column of an entry or a result."""
        lists = {
            "member_id": select(Member.id),
            "branch_id": select(Organisation.id),
            "rule_id": select(Rule.id),
            "scheme_id": select(Scheme.id),
        }
        if column.name in lists:
            return self.rng.choice([one for one in db.session.scalars(lists[column.name]) if one != present])
        if column.name == "source":
            return "single" if present != "single" else "batch"
        if column.name in ("rules", "groups"):
            return {**present, "talk": present.get("talk", 0) + 100}
        if isinstance(present, bool):
            return not present
        if isinstance(present, Decimal):
            return present + self.rng.choice((Decimal("0.01"), Decimal(-8), Decimal(100)))
        if hasattr(present, "year"):
            return present + self.rng.choice((timedelta(days=1), timedelta(days=-30)))
        return None if present is not None and column.nullable else f"{present or ''}改"

    # ---- change

    def changes_an_entry(self) -> Needles:
        row = self.leaf(ENTRY)
        was = execute(select(entry).where(entry.c.id == row.ref_id)).one()
        names = ["member_id", "branch_id", "rule_id", "points", "quantity", "tier", "matter", "note"]
        names += ["occurred_on", "recorded_at"]
        if was.reverses_id is None:
            names.append("source")
        name = self.rng.choice(names)
        value = self.other(entry.c[name], getattr(was, name))
        execute(update(entry).where(entry.c.id == row.ref_id).values({name: value}))
        return self.named(row)

    def changes_a_result(self) -> Needles:
        row = self.leaf(RESULT)
        mine = (
            result.c.tally_id == row.tally_id,
            result.c.version == row.version,
            result.c.member_id == row.ref_id,
        )
        was = execute(select(result).where(*mine)).one()
        names = ["branch_id", "category", "raw", "base", "carried", "total", "grade", "veto", "rules", "groups"]
        name = self.rng.choice(names)
        execute(update(result).where(*mine).values({name: self.other(result.c[name], getattr(was, name))}))
        return self.named(row)

    def changes_a_leaf(self) -> Needles:
        row = self.leaf(self.rng.choice((ENTRY, RESULT)))
        name = self.rng.choice(["salt", "hash"] + ["words"] * (row.words is not None))
        value = flipped(self.rng, getattr(row, name))
        execute(update(leaf).where(*self.same(row)).values({name: value}))
        return self.named(row)

    def changes_a_tree(self) -> Needles:
        row = self.one(select(tree))
        name = self.rng.choice(("size", "root", "blocks"))
        value = {
            "size": row.size + self.rng.choice((-1, 1)),
            "root": flipped_hex(self.rng, row.root),
            "blocks": flipped(self.rng, row.blocks),
        }[name]
        mine = (tree.c.kind == row.kind, tree.c.tally_id == row.tally_id)
        execute(update(tree).where(*mine).values({name: value}))
        return [self.period(row.tally_id)]

    def changes_a_seal(self) -> Needles:
        row = self.one(select(seal))
        name = self.rng.choice([one.name for one in seal.c if one.name not in ("n", "tally_id", "sealed_by_id")])
        was = getattr(row, name)
        value: Any = {int: lambda: was + 1, list: lambda: [*was, was[0]]}.get(type(was), lambda: was)()
        if isinstance(was, str):
            value = flipped_hex(self.rng, was) if len(was) == 64 else was + "X"
        elif hasattr(was, "year"):
            value = was + timedelta(microseconds=1)
        execute(update(seal).where(seal.c.n == row.n).values({name: value}))
        return [f"Seal {row.n}"]

    def changes_a_tally(self) -> Needles:
        row = self.one(select(seal))
        name, value = self.rng.choice(
            (
                ("status", "computed"),
                ("period", "2026-H1"),
                ("version", row.version + 1),
                ("cutoff_at", row.cutoff_at - timedelta(days=1)),
            )
        )
        execute(update(tally).where(tally.c.id == row.tally_id).values({name: value}))
        return [f"Seal {row.n}", row.period]

    # ---- remove

    def removes_an_entry(self) -> Needles:
        taken_back = select(entry.c.reverses_id).where(entry.c.reverses_id.is_not(None))
        row = self.one(select(leaf).where(leaf.c.kind == ENTRY, leaf.c.ref_id.not_in(taken_back)))
        execute(delete(entry).where(entry.c.id == row.ref_id))
        return self.named(row)

    def removes_a_result(self) -> Needles:
        row = self.leaf(RESULT)
        mine = (result.c.tally_id == row.tally_id, result.c.member_id == row.ref_id)
        execute(delete(result).where(*mine))
        return self.named(row)

    def removes_a_leaf(self) -> Needles:
        row = self.leaf(self.rng.choice((ENTRY, RESULT)))
        execute(delete(leaf).where(*self.same(row)))
        return [self.period(row.tally_id), f"leaf {row.position} "]

    def removes_an_entry_and_its_leaf(self) -> Needles:
        taken_back = select(entry.c.reverses_id).where(entry.c.reverses_id.is_not(None))
        row = self.one(select(leaf).where(leaf.c.kind == ENTRY, leaf.c.ref_id.not_in(taken_back)))
        execute(delete(entry).where(entry.c.id == row.ref_id))
        execute(delete(leaf).where(*self.same(row)))
        return [self.period(row.tally_id), f"leaf {row.position} "]

    def removes_a_tree(self) -> Needles:
        row = self.one(select(tree))
        execute(delete(tree).where(tree.c.kind == row.kind, tree.c.tally_id == row.tally_id))
        return [self.period(row.tally_id), "tree is missing"]

    def removes_a_seal(self) -> Needles:
        row = self.one(select(seal))
        execute(delete(seal).where(seal.c.n == row.n))
        return [f"tally {row.tally_id}"]

    # ---- add

    def adds_an_entry(self) -> Needles:
        row = self.leaf(ENTRY)
        was = execute(select(entry).where(entry.c.id == row.ref_id)).one()._asdict()
        if was["reverses_id"] is not None:
            was |= {"reverses_id": None, "source": "single"}
        was |= {"id": 900_000 + row.ref_id, "natural_key": None}
        execute(insert(entry).values(was))
        return [f"entry {was['id']} ", "2026-Q"]

    def adds_a_result(self) -> Needles:
        row = self.leaf(RESULT)
        mine = (result.c.tally_id == row.tally_id, result.c.member_id == row.ref_id)
        was = execute(select(result).where(*mine)).one()._asdict()
        execute(
            insert(Member.__table__).values(
                id=77_777, number="STRANGER", name="无名", initials="wm", created_at=seal_time()
            )
        )
        execute(insert(result).values(was | {"member_id": 77_777}))
        return [self.period(row.tally_id), "member STRANGER "]

    def adds_a_leaf(self) -> Needles:
        row = self.leaf(ENTRY)
        last = execute(select(leaf).where(leaf.c.kind == ENTRY, leaf.c.tally_id == row.tally_id)).all()
        unsealed = select(leaf.c.ref_id).where(leaf.c.kind == ENTRY)
        stray = db.session.scalars(select(entry.c.id).where(entry.c.id.not_in(unsealed))).first()
        execute(insert(leaf).values(row._asdict() | {"position": len(last), "ref_id": stray}))
        return [self.period(row.tally_id), f"entry {stray} "]

    # ---- reorder

    def swaps_two_leaves(self) -> Needles:
        row = self.leaf(self.rng.choice((ENTRY, RESULT)))
        tree_of = (leaf.c.kind == row.kind, leaf.c.tally_id == row.tally_id, leaf.c.version == row.version)
        other = self.one(select(leaf).where(*tree_of, leaf.c.position != row.position))
        for where, place in ((self.same(row), -1), (self.same(other), row.position)):
            execute(update(leaf).where(*where).values(position=place))
        execute(update(leaf).where(*tree_of, leaf.c.position == -1).values(position=other.position))
        return self.named(self.rng.choice((row, other)))

    def swaps_what_two_leaves_are_of(self) -> Needles:
        row = self.leaf(RESULT)
        tree_of = (leaf.c.kind == row.kind, leaf.c.tally_id == row.tally_id, leaf.c.version == row.version)
        other = self.one(select(leaf).where(*tree_of, leaf.c.position != row.position))
        for where, ref in ((self.same(row), -1), (self.same(other), row.ref_id), (self.same(row), other.ref_id)):
            execute(update(leaf).where(*where).values(ref_id=ref))
        return self.named(row)

    def swaps_the_points_of_two_entries(self) -> Needles:
        row, other = self.leaf(ENTRY), self.leaf(ENTRY)
        points = {one.id: one.points for one in execute(select(entry.c.id, entry.c.points)).all()}
        while points[row.ref_id] == points[other.ref_id]:
            other = self.leaf(ENTRY)
        for one, value in ((row, points[other.ref_id]), (other, points[row.ref_id])):
            execute(update(entry).where(entry.c.id == one.ref_id).values(points=value))
        return self.named(self.rng.choice((row, other)))

    @staticmethod
    def same(row: Any) -> tuple[Any, ...]:
        return tuple(leaf.c[name] == getattr(row, name) for name in ("kind", "tally_id", "version", "position"))


def seal_time() -> Any:
    return db.session.scalar(select(seal.c.sealed_at).limit(1))


HARMS: dict[str, Callable[[Tamperer], Needles]] = {
    name: harm for name, harm in vars(Tamperer).items() if name.split("_")[0] in ("changes", "removes", "adds", "swaps")
}


def missed(needles: Needles) -> list[str] | None:
    """What was found, when no fault says all of these; None when one does."""
    said = found()
    return None if any(all(needle in fault for needle in needles) for fault in said) else said


def test_as_it_was_sealed_all_is_well(district: Flask) -> None:
    assert found() == []
    assert len(db.session.scalars(select(leaf.c.position).where(leaf.c.kind == ENTRY)).all()) > 2000
    assert len(db.session.scalars(select(seal.c.n)).all()) == 3


@pytest.mark.parametrize("name", HARMS)
def test_each_kind_of_harm_is_found_and_named(district: Flask, name: str) -> None:
    for turn in range(3):
        with sealed.for_now():
            needles = HARMS[name](Tamperer(random.Random(f"{name} {turn}")))
            assert missed(needles) is None, (needles, found()[:5])


@pytest.mark.slow
def test_a_hundred_random_harms_are_all_found(district: Flask) -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    print(f"SEED={seed}")
    rng = random.Random(seed)
    for n in range(TAMPERS):
        name = rng.choice(list(HARMS))
        with sealed.for_now():
            needles = HARMS[name](Tamperer(rng))
            assert missed(needles) is None, (f"SEED={seed}", n, name, needles, found()[:5])


def test_a_rule_sheet_that_was_changed_is_found(district: Flask) -> None:
    with sealed.for_now():
        row = execute(select(Scheme.id, Scheme.document)).one()
        execute(update(Scheme).where(Scheme.id == row.id).values(document=row.document | {"name": "另一份"}))
        assert f"Rule sheet {row.id} is not what its digest was made of" in found()
