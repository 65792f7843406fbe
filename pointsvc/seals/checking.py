"""Proving seals and trees by making every hash again, for ``pointsvc verify``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.errors import N_, Message
from pointsvc.schemes import document as documents
from pointsvc.schemes.models import Scheme
from pointsvc.seals import merkle, reading, texts
from pointsvc.seals.models import ENTRY, OF_NO_VERSION, Seal, SealLeaf, SealTree
from pointsvc.seals.planting import Bed, block_roots, tree

_AT_ONCE = 5000

SEAL = N_("Seal %(n)s (%(period)s)")
_ENTRY = N_("entry %(entry)s")
_ALTERED = N_("%(where)s: %(what)s is not what was sealed")
_WORDS = N_("%(where)s: the note or matter of %(what)s is not what was sealed")
_GONE = N_("%(where)s: %(what)s was sealed and is gone")
_ADDED = N_("%(where)s: %(what)s was added to the tree afterwards")
_NO_LEAF = N_("%(where)s: leaf %(place)s is missing")
_ROOT = N_("%(where)s: the leaves do not give the root")
_NO_TREE = N_("%(where)s: the tree is missing")
_OTHER_TREE = N_("%(where)s: the tree is not the one that was sealed")
_NO_SEAL = N_("Seal %(n)s is missing")
_LINK = N_("%(where)s: it does not follow the seal before it")
_CHAIN = N_("%(where)s: it is not what its fingerprint was made of")
_SHEET = N_("Rule sheet %(scheme)s is not what its digest was made of")
_STRAY = N_("The seal of tally %(tally)s is missing; its entries are there")


@dataclass(frozen=True)
class Grown:
    """What a tree grew from: how its rows are read, how a row's text is made again, what a row is called."""

    rows: Callable[[Collection[int]], Mapping[int, Any]]
    text: Callable[[Any, SealLeaf], bytes]
    called: Callable[[int], Message]


def faults() -> Iterator[Message]:
    """Each seal, leaf and entry that is not as it was sealed. The trees of results: see tallies."""
    pressed = db.session.scalars(select(Seal).order_by(Seal.n)).all()
    yield from _chain_faults(pressed)
    for seal in pressed:
        where = named(seal)
        found = tree(Bed(ENTRY, seal.tally_id, OF_NO_VERSION))
        yield from sealed_faults(found, where, seal.entries_size, seal.entries_root)
        if found is not None:
            yield from tree_faults(found, where, OF_ENTRIES)
    for tally_id in _without_seal({seal.tally_id for seal in pressed}):
        yield Message(_STRAY, tally=tally_id)
    for scheme in db.session.scalars(select(Scheme).where(Scheme.status == "published").order_by(Scheme.id)):
        if documents.digest(scheme.document) != scheme.digest:
            yield Message(_SHEET, scheme=scheme.id)


def named(seal: Seal) -> Message:
    """The seal as a fault names it."""
    return Message(SEAL, n=seal.n, period=seal.period)


def _chain_faults(pressed: Sequence[Seal]) -> Iterator[Message]:
    number, before = 0, texts.FIRST
    for seal in pressed:
        for missing in range(number + 1, seal.n):
            yield Message(_NO_SEAL, n=missing)
        if seal.previous != before:
            yield Message(_LINK, where=named(seal))
        if seal.chain != texts.chain(seal):
            yield Message(_CHAIN, where=named(seal))
        number, before = seal.n, seal.chain


def _without_seal(sealed: set[int]) -> list[int]:
    planted = db.session.scalars(select(SealTree.tally_id).where(SealTree.kind == ENTRY))
    return sorted(set(planted) - sealed)


def sealed_faults(found: SealTree | None, where: Message, size: int, root: str) -> Iterator[Message]:
    """Whether a tree is the one whose size and root were sealed or printed."""
    if found is None:
        yield Message(_NO_TREE, where=where)
    elif (found.size, found.root) != (size, root):
        yield Message(_OTHER_TREE, where=where)


def tree_faults(found: SealTree, where: Message, grown: Grown) -> Iterator[Message]:
    """Each row that is not what its leaf says, each leaf that is missing or too many, and a wrong root."""
    hashes: list[bytes] = []
    place = 0
    while leaves := _leaves(found, place):
        rows = grown.rows([leaf.ref_id for leaf in leaves])
        for leaf in leaves:
            for missing in range(place, leaf.position):
                yield Message(_NO_LEAF, where=where, place=missing)
            place = leaf.position + 1
            hashes.append(leaf.hash)
            fault = _leaf_fault(leaf, rows.get(leaf.ref_id), found.size, grown)
            if fault:
                yield Message(fault, where=where, what=grown.called(leaf.ref_id))
    for missing in range(place, found.size):
        yield Message(_NO_LEAF, where=where, place=missing)
    blocks = list(merkle.blocks(hashes))
    if blocks != block_roots(found) or merkle.root(blocks).hex() != found.root:
        yield Message(_ROOT, where=where)


def _leaf_fault(leaf: SealLeaf, row: Any, size: int, grown: Grown) -> str | None:
    if leaf.position >= size:
        return _ADDED
    if row is None:
        return _GONE
    if merkle.leaf_hash(grown.text(row, leaf)) != leaf.hash:
        return _ALTERED
    return _WORDS if leaf.kind == ENTRY and not texts.same_words(row, leaf.words) else None


def _leaves(found: SealTree, place: int) -> Sequence[Any]:
    table = SealLeaf
    bed = Bed(found.kind, found.tally_id, found.version)
    columns = (table.kind, table.position, table.ref_id, table.salt, table.hash, table.words)
    query = select(*columns).where(*bed.among(table), table.position >= place).order_by(table.position)
    return db.session.execute(query.limit(_AT_ONCE)).all()


def _entry_text(row: Any, leaf: SealLeaf) -> bytes:
    return texts.of_entry(row, leaf.position, leaf.salt, leaf.words)


def entry_called(entry_id: int) -> Message:
    """An entry as a fault names it."""
    return Message(_ENTRY, entry=entry_id)


OF_ENTRIES = Grown(reading.entries_by_id, _entry_text, entry_called)
