"""Merkle trees as RFC 9162 (Certificate Transparency, section 2.1) has them, with SHA-256. Pure.

Leaves and nodes are hashed with different first bytes, so that neither can be passed off as the
other. A tree is split at the largest power of two below its size; that is the same as pairing
neighbours level by level and letting one without a neighbour move up unchanged, which is how it is
done here.

Every 256 neighbours are a tree of their own whose root stands at one place of the whole tree. With
these roots (``blocks``) kept, a path needs the hashes of one block, not of all leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

BLOCK = 256


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node from those of its two children."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes: of leaves, or of whole blocks."""
    if not hashes:
        return sha256(b"").digest()
    level = list(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """What leads from the hash at ``index`` to the root: its neighbour on each level, the lowest first."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    found = []
    level = list(hashes)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        level, index = _above(level), index // 2
    return found


def blocks(hashes: Iterable[bytes]) -> Iterator[bytes]:
    """The roots of each ``BLOCK`` leaves, the last ones fewer. Their root and paths are the tree's."""
    source = iter(hashes)
    while part := list(islice(source, BLOCK)):
        yield root(part)


def verify(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether ``path`` proves that the leaf with this hash is number ``index`` of ``size`` under ``root``.

    RFC 9162, 2.1.3.2. A path does not always tell one size from another: where the size matters, it
    must be fixed beside the root.
    """
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(beside, found)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            found = node_hash(found, beside)
        place, last = place // 2, last // 2
    return last == 0 and found == root


def _above(level: Sequence[bytes]) -> list[bytes]:
    found = [node_hash(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
    if len(level) % 2:
        found.append(level[-1])
    return found
