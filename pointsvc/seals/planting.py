"""Planting a tree: its leaves first, in parts if need be, then the tree over all of them.

Nothing planted is ever changed. Leaves without a tree are those of a planting that was interrupted;
it goes on behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Integer, LargeBinary, Select, func, insert, literal, select
from sqlalchemy.types import TypeEngine

from pointsvc.db import db, given, on_postgresql
from pointsvc.seals import merkle
from pointsvc.seals.models import SealLeaf, SealTree

_AT_ONCE = 5000
_COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "position": Integer(),
    "ref_id": BigInteger(),
    "salt": LargeBinary(),
    "hash": LargeBinary(),
    "words": LargeBinary(),
}


@dataclass(frozen=True, slots=True)
class Bed:
    """Where a tree stands: its kind, the tally, and the version of the results (see OF_NO_VERSION)."""

    kind: str
    tally_id: int
    version: int

    @property
    def key(self) -> dict[str, Any]:
        """As the tables name it."""
        return {"kind": self.kind, "tally_id": self.tally_id, "version": self.version}

    def among(self, table: type[SealLeaf] | type[SealTree]) -> tuple[Any, ...]:
        """The condition that a row belongs here."""
        return (table.kind == self.kind, table.tally_id == self.tally_id, table.version == self.version)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf to plant: of which row, and what is hashed (see texts.py)."""

    ref_id: int
    salt: bytes
    text: bytes
    words: bytes | None = None


def sow(bed: Bed, leaves: Iterable[Leaf], place: int) -> None:
    """Plant these leaves from this place on."""
    source = iter(leaves)
    while part := list(islice(source, _AT_ONCE)):
        rows = [
            (place + n, leaf.ref_id, leaf.salt, merkle.leaf_hash(leaf.text), leaf.words) for n, leaf in enumerate(part)
        ]
        _insert(bed, rows)
        place += len(part)


def _insert(bed: Bed, rows: Sequence[tuple[Any, ...]]) -> None:
    table: Any = SealLeaf.__table__
    if on_postgresql():
        # One statement: row by row it would take three times as long.
        source = select(*(literal(value).label(name) for name, value in bed.key.items()), given(_COLUMNS, rows))
        db.session.execute(insert(table).from_select([*bed.key, *_COLUMNS], source))
    else:
        values = [{**bed.key, **dict(zip(_COLUMNS, row, strict=True))} for row in rows]
        db.session.execute(insert(table), values)


def sown(bed: Bed) -> int:
    """How many leaves are there already. They have no gaps, so the last place says it."""
    last = db.session.scalar(select(func.max(SealLeaf.position)).where(*bed.among(SealLeaf)))
    return 0 if last is None else last + 1


def grow(bed: Bed, at: datetime) -> SealTree:
    """The tree over all leaves that were planted here."""
    # Read as they are needed: of a large tally there are millions. Only within a transaction.
    hashes = db.session.scalars(_hashes(bed).execution_options(yield_per=_AT_ONCE))
    blocks = list(merkle.blocks(hashes))
    tree = SealTree(**bed.key, size=sown(bed), root=merkle.root(blocks).hex(), blocks=b"".join(blocks), planted_at=at)
    db.session.add(tree)
    db.session.flush()
    return tree


def tree(bed: Bed) -> SealTree | None:
    """The finished tree, if there is one."""
    return db.session.get(SealTree, (bed.kind, bed.tally_id, bed.version))


def path(bed: Bed, found: SealTree, position: int) -> Sequence[bytes]:
    """What leads from the leaf at this place to the root."""
    number, place = divmod(position, merkle.BLOCK)
    first = number * merkle.BLOCK
    block = db.session.scalars(_hashes(bed).where(SealLeaf.position.between(first, first + merkle.BLOCK - 1))).all()
    return merkle.path(block, place) + merkle.path(block_roots(found), number)


def _hashes(bed: Bed) -> Select[bytes]:
    return select(SealLeaf.hash).where(*bed.among(SealLeaf)).order_by(SealLeaf.position)


def block_roots(found: SealTree) -> list[bytes]:
    """The roots of the tree's blocks."""
    return [found.blocks[at : at + 32] for at in range(0, len(found.blocks), 32)]
