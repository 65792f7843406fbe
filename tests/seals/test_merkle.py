"""The tree against Certificate Transparency's own vectors, the RFC's recursive definition, and forgers."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsvc.seals import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATH_OF_THE_FIRST = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
HASHES = [merkle.leaf_hash(bytes(number.to_bytes(2, "big"))) for number in range(1100)]
BIT = st.integers(0, 7)


def split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def defined_root(data: list[bytes]) -> bytes:
    """MTH of RFC 9162, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return sha256(b"\x01" + defined_root(data[:k]) + defined_root(data[k:])).digest()


def defined_path(index: int, data: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162, word for word."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if index < k:
        return [*defined_path(index, data[:k]), defined_root(data[k:])]
    return [*defined_path(index - k, data[k:]), defined_root(data[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


def test_a_path_is_that_of_certificate_transparency() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    assert [one.hex() for one in merkle.path(hashes, 0)] == PATH_OF_THE_FIRST


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_roots_and_paths_are_those_of_the_definition(data: list[bytes], draw: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(one) for one in data]
    index = draw.draw(st.integers(0, len(data) - 1))
    found = merkle.path(hashes, index)
    root = defined_root(data)
    assert merkle.root(hashes) == root
    assert found == defined_path(index, data)
    assert merkle.verify(leaf=hashes[index], index=index, size=len(data), path=found, root=root)


@given(st.integers(1, len(HASHES)), st.data())
def test_with_the_roots_of_blocks_one_block_is_enough(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    hashes = HASHES[:size]
    blocks = list(merkle.blocks(hashes))
    number, place = divmod(index, merkle.BLOCK)
    block = hashes[number * merkle.BLOCK :][: merkle.BLOCK]
    assert merkle.root(blocks) == merkle.root(hashes)
    assert merkle.path(block, place) + merkle.path(blocks, number) == merkle.path(hashes, index)


@given(st.integers(1, 300), st.data())
def test_a_forged_path_proves_nothing(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    hashes = HASHES[:size]
    root, found = merkle.root(hashes), merkle.path(hashes, index)

    def holds(**forged: object) -> bool:
        true = {"leaf": hashes[index], "index": index, "size": size, "path": found, "root": root}
        return merkle.verify(**(true | forged))  # type: ignore[arg-type] # forged on purpose

    assert holds()
    assert not holds(leaf=merkle.leaf_hash(b"another"))
    assert not holds(index=draw.draw(st.integers(-2, size + 2).filter(lambda other: other != index)))
    assert not holds(root=flipped(root, draw))
    assert not holds(path=[*found, root])
    if found:
        which = draw.draw(st.integers(0, len(found) - 1))
        assert not holds(path=found[:which] + found[which + 1 :])
        assert not holds(path=[*found[:which], flipped(found[which], draw), *found[which + 1 :]])


def flipped(value: bytes, draw: st.DataObject) -> bytes:
    """The same bytes with one bit turned over."""
    place, bit = draw.draw(st.integers(0, len(value) - 1)), draw.draw(BIT)
    return value[:place] + bytes([value[place] ^ 1 << bit]) + value[place + 1 :]


def test_a_node_is_no_leaf() -> None:
    left, right = HASHES[:2]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_nothing_is_a_tree_without_leaves_to_prove() -> None:
    assert not merkle.verify(leaf=HASHES[0], index=0, size=0, path=[], root=merkle.root([]))
    with pytest.raises(IndexError):
        merkle.path(HASHES[:3], 3)
