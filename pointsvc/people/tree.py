"""The organisation tree as pages draw it. Pure: made of rows, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Node:
    """An organisation with what is below it; ``members`` counts its own and all below."""

    code: str
    name: str
    kind: str
    secretary: str | None
    phone: str | None
    members: int
    path: str = ""
    children: list[Node] = field(default_factory=list)


def grow(rows: Sequence[Any], headcounts: Mapping[int, int]) -> tuple[list[Node], dict[str, Node]]:
    """The topmost nodes, and all nodes by code, from rows as ``listing.organisations`` gives them."""
    nodes = {
        row.code: Node(row.code, row.name, row.kind, row.secretary, row.phone, headcounts.get(row.id, 0))
        for row in rows
    }
    tops: list[Node] = []
    for row in rows:
        above = nodes.get(row.parent)
        (above.children if above else tops).append(nodes[row.code])
    for top in tops:
        _finish(top)
    return tops, nodes


def _finish(top: Node) -> None:
    """Add up the members from below, and say of each node where it stands."""
    order, waiting = [], [top]
    while waiting:
        node = waiting.pop()
        order.append(node)
        for child in node.children:
            child.path = f"{node.path} · {node.name}" if node.path else node.name
            waiting.append(child)
    for node in reversed(order):
        node.members += sum(child.members for child in node.children)
