"""Proofs (存证证明): what a member takes away to show, to anybody and without the service, what was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Message, NotFound
from pointsvc.ledger import service as ledger
from pointsvc.permissions import Actor
from pointsvc.seals import merkle, planting, reading, texts
from pointsvc.seals.models import ENTRY, Seal, SealLeaf, SealTree
from pointsvc.seals.planting import Bed

FORMAT = "pointsvc-proof-1"
OF_ENTRY = N_("Entry %(entry)s stands at place %(place)s of %(size)s entries in seal no. %(n)s")


@dataclass(frozen=True)
class Proof:
    """That ``leaf`` is number ``index`` of ``size`` under ``root``, and in which seal, once there is one.

    ``words`` are for people; nothing that is checked rests on them.
    """

    kind: str
    leaf: str
    index: int
    size: int
    path: list[str]
    root: str
    seal: Seal | None
    words: Message

    @property
    def document(self) -> dict[str, Any]:
        """The proof as its checkers read it (see verify.py), without the words."""
        sealed = self.seal and {"text": texts.of_seal(self.seal).decode(), "chain": self.seal.chain}
        names = ("kind", "leaf", "index", "size", "path", "root")
        return {"format": FORMAT, **{name: getattr(self, name) for name in names}, "seal": sealed}


def of_entry(*, actor: Actor, entry_id: int) -> Proof:
    """The proof of a sealed entry.

    Raises NotFound, Conflict 'not_sealed', and Conflict 'broken_seal' when the entry is not what
    was sealed: no proof is better than one that proves nothing.
    """
    ledger.entry(actor=actor, entry_id=entry_id)
    leaf, seal = of_sealed_entry(entry_id)
    if leaf is None or seal is None:
        raise Conflict(N_("This entry is not sealed yet"), code="not_sealed")
    row = reading.entries_by_id([entry_id])[entry_id]
    words = Message(OF_ENTRY, entry=entry_id, place=leaf.position + 1, size=seal.entries_size, n=seal.n)
    return made(leaf, texts.of_entry(row, leaf.position, leaf.salt, leaf.words), seal, words)


def of_sealed_entry(entry_id: int) -> tuple[SealLeaf | None, Seal | None]:
    """The leaf and the seal of an entry, as far as there are any."""
    leaf = db.session.scalar(select(SealLeaf).where(SealLeaf.kind == ENTRY, SealLeaf.ref_id == entry_id))
    return leaf, None if leaf is None else reading.of_tallies([leaf.tally_id]).get(leaf.tally_id)


def leaf_of(bed: Bed, ref_id: int) -> SealLeaf:
    """The leaf of this row in a tree. Raises NotFound."""
    found = db.session.scalar(select(SealLeaf).where(*bed.among(SealLeaf), SealLeaf.ref_id == ref_id))
    if found is None:
        raise NotFound()
    return found


def made(leaf: SealLeaf, text: bytes, seal: Seal | None, words: Message) -> Proof:
    """The proof of this leaf with the text made again from its row. Raises Conflict 'broken_seal'."""
    bed = Bed(leaf.kind, leaf.tally_id, leaf.version)
    tree = planting.tree(bed)
    path = planting.path(bed, tree, leaf.position) if tree else []
    if tree is None or not _holds(leaf, text, path, tree, seal):
        raise Conflict(N_("This record no longer agrees with its seal; tell the district office"), code="broken_seal")
    return Proof(
        kind=leaf.kind,
        leaf=text.decode(),
        index=leaf.position,
        size=tree.size,
        path=[one.hex() for one in path],
        root=tree.root,
        seal=seal,
        words=words,
    )


def _holds(leaf: SealLeaf, text: bytes, path: Any, tree: SealTree, seal: Seal | None) -> bool:
    sealed = seal is None or sha256(texts.of_seal(seal)).hexdigest() == seal.chain
    made_again = merkle.leaf_hash(text)
    root = bytes.fromhex(tree.root)
    return sealed and merkle.verify(leaf=made_again, index=leaf.position, size=tree.size, path=path, root=root)
