"""What one import makes of its rows: those to take, those refused and why, and the counts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pointsvc.errors import Message
from pointsvc.imports.columns import Meeting, Recognition
from pointsvc.imports.rows import Row
from pointsvc.imports.texts import CellError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one row is not taken. ``column`` is the heading as the office wrote it, or empty."""

    sheet: str
    row: int
    column: str
    message: Message
    cells: tuple[tuple[str, Any], ...] = ()


@dataclass
class Batch:
    """The rows of a file on their way into the service.

    ``wanted`` are the rows that can be taken, as the kind's own values, each with its Row; ``kept``
    says for how many of them there is nothing to do because they are known already.
    """

    rows: int = 0
    wanted: list[tuple[Row, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unchanged: int = 0
    entries: int = 0

    @property
    def accepted(self) -> int:
        """The rows that were taken or known already."""
        return self.rows - self.rejected

    @property
    def rejected(self) -> int:
        """The rows that were refused, each counted once."""
        return len({(refusal.sheet, refusal.row) for refusal in self.refusals})


class Headings:
    """From a field back to the heading that the office gave it, for messages and for what is sent back."""

    def __init__(self, recognitions: Mapping[str, Recognition]) -> None:
        self._sheets = recognitions
        self._names = {
            (found.sheet, name): found.headings.get(index, "")
            for found in recognitions.values()
            for index, name in found.columns.items()
        }

    def refusal(self, row: Row, name: str, message: Message) -> Refusal:
        """Refuse a row because of this field (or, for a mark, because of the meeting's heading)."""
        heading = self._names.get((row.sheet, name), name)
        return Refusal(row.sheet, row.number, heading, message, tuple(self._cells(row)))

    def _cells(self, row: Row) -> Iterator[tuple[str, Any]]:
        """What the row says, under headings that are understood without the sheet's own title."""
        found = self._sheets[row.sheet]
        if "organisation" not in row.cells and found.place:
            yield BRANCH, found.place
        for name, value in row.cells.items():
            yield self._names.get((row.sheet, name), name), value
        for meeting, value in row.marks:
            yield meeting_heading(meeting), value


BRANCH = "所在党支部"


def meeting_heading(meeting: Meeting) -> str:
    """A meeting's heading with its year: 2026年7月5日主题党日."""
    day = meeting.day
    return f"{day.year}年{day.month}月{day.day}日{meeting.kind}" if day else meeting.kind


def understand(row: Row, readers: Mapping[str, Callable[[Any], Any]]) -> tuple[dict[str, Any], dict[str, Message]]:
    """The row's cells through their readers: the values, and what is wrong by field."""
    values: dict[str, Any] = {}
    faults: dict[str, Message] = {}
    cells = row.cells
    for name, read in readers.items():
        try:
            values[name] = read(cells[name]) if name in cells else _of_nothing(read)
        except CellError as error:
            faults[name] = error.message
    return values, faults


@cache
def _of_nothing(read: Callable[[Any], Any]) -> Any:
    # For a column that the sheet does not have it is the same in each row.
    return read(None)


def packed(message: Message) -> dict[str, Any]:
    """A message as it is kept: the msgid and its values, to be told later in the reader's language."""
    params = {
        key: {"msgid": value.text} if isinstance(value, Message) else str(value)
        for key, value in message.params.items()
    }
    return {"message": message.text[:500], "params": params}


def unpacked(message: str, params: dict[str, Any]) -> Message:
    """The message that was kept by ``packed``."""
    values = {
        key: Message(value["msgid"]) if isinstance(value, dict) else value for key, value in (params or {}).items()
    }
    return Message(message, **values)
