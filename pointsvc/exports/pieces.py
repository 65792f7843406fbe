"""How a table is cut into pieces that are each read at once. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

Pause = Callable[[], object]


def in_pieces(counted: Iterable[tuple[int, int]], most: int) -> list[list[int]]:
    """Ids, each with how many rows it has, put together in their order to pieces of at most so many rows.

    One that has more rows by itself is a piece by itself.
    """
    pieces: list[list[int]] = []
    size = most
    for number, rows in counted:
        if size + rows > most:
            pieces.append([])
            size = 0
        pieces[-1].append(number)
        size += rows
    return pieces
