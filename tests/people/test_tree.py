"""The organisation tree as pages draw it."""

from __future__ import annotations

from types import SimpleNamespace

from pointsvc.people import tree


def row(number: int, code: str, parent: str | None) -> SimpleNamespace:
    return SimpleNamespace(
        id=number, code=code, name=f"name of {code}", kind="branch", parent=parent, secretary=None, phone=None
    )


def test_members_add_up_from_below() -> None:
    rows = [row(1, "A", None), row(2, "AA", "A"), row(3, "AAA", "AA"), row(4, "AB", "A")]
    tops, nodes = tree.grow(rows, {1: 1, 3: 20, 4: 300})
    assert [top.code for top in tops] == ["A"]
    assert {code: node.members for code, node in nodes.items()} == {"A": 321, "AA": 20, "AAA": 20, "AB": 300}
    assert nodes["AAA"].path == "name of A · name of AA"


def test_the_readers_own_node_is_the_top() -> None:
    tops, _ = tree.grow([row(3, "AA", "A"), row(4, "AAA", "AA")], {})
    assert [(top.code, [child.code for child in top.children]) for top in tops] == [("AA", ["AAA"])]


def test_without_rows_there_is_no_tree() -> None:
    assert tree.grow([], {}) == ([], {})
