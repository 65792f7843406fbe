"""Find the headings of a sheet and say what each column means.

A sheet may begin with titles, carry its headings in one row or in two with joined cells, and name
its year and its branch only in the title. What is certain is taken, what is doubtful is asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pointsvc.imports.days import dated, year_in
from pointsvc.imports.headers import find, shown
from pointsvc.imports.headings import IGNORE, Kind, Match, heading_key, match, synonyms
from pointsvc.imports.texts import CellError
from pointsvc.imports.workbook import Cell, Sheet

# So many rows show whether a column holds attendance marks.
SAMPLE_ROWS = 50

_PLACE = re.compile(
    r"[^\s:：,，、.。;；()（）]{2,60}?(?:党支部|支部|党总支|党工委|党委|工委|[区县市旗]委)(?!书记|委员|大会)"
)
_LABELLED = re.compile(r"(?:支部|组织|单位)(?:名称|全称)?(?:[(（].{0,6}[)）])?\s*[:：]\s*([^\s:：]{2,60})")


_LONG_FORM = frozenset({"occurred_on", "kind", "mark"})


class Meeting(NamedTuple):
    """A column of marks: where it stands, when the meeting was, and what it is called (may be "")."""

    column: int
    day: date | None
    kind: str


class Doubt(NamedTuple):
    """A column that must be asked about. ``candidates`` are fields, likeliest first."""

    column: int
    heading: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a sheet's columns mean. Rows and columns count from 0.

    ``header_row`` is None when no headings were found; ``data_row`` is the first row of data.
    ``missing`` names required fields without a column; for attendance also ``year``,
    ``meetings`` and ``meeting_kind``. ``place`` is what the title says about the organisation;
    ``meeting_kind`` the kind of meeting that the title names.
    """

    sheet: str
    kind: Kind
    header_row: int | None = None
    data_row: int = 0
    columns: dict[int, str] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)
    doubtful: list[Doubt] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    title: str = ""
    place: str | None = None
    year_hint: int | None = None
    meeting_kind: str = ""

    @property
    def complete(self) -> bool:
        """True when the rows can be read without asking anything."""
        return self.header_row is not None and not self.doubtful and not self.missing


def recognise(
    sheet: Sheet, kind: Kind, remembered: Mapping[str, str] | None = None, year_hint: int | None = None
) -> Recognition:
    """Say what the columns of a sheet mean in a file of this kind.

    ``remembered`` maps headings to a field or to ``ignore`` and wins over the dictionary.
    ``year_hint`` is the year of the file's name; a year in the sheet's own title goes first.
    """
    known = {heading_key(heading): answer for heading, answer in (remembered or {}).items()}
    header = find(sheet, kind, known)
    if header is None:
        return Recognition(sheet.name, kind, missing=_required(kind, set(), None))
    named = [*header.titles, sheet.name]
    year = next((year for year in map(year_in, named) if year), year_hint)
    place = next((place for place in map(place_in, named) if place), None)
    reading = _Reading(kind, known, header.headings, year, _meeting_kind(named))
    reading.settle(place)
    if kind == "attendance":
        reading.settle_meetings(header.titles, sheet.rows[header.data_row :][:SAMPLE_ROWS])
    return Recognition(
        sheet=sheet.name,
        kind=kind,
        header_row=header.row,
        data_row=header.data_row,
        columns=reading.columns,
        headings={index: shown(heading) for index, heading in header.headings.items()},
        doubtful=sorted(reading.doubtful),
        missing=reading.missing,
        meetings=reading.meetings,
        title=header.titles[0] if header.titles else "",
        place=place,
        year_hint=year,
        meeting_kind=reading.meeting_kind,
    )


class _Reading:
    """The columns of one sheet while they are being settled."""

    def __init__(
        self, kind: Kind, known: Mapping[str, str], headings: dict[int, Cell], year: int | None, meeting_kind: str
    ) -> None:
        self.kind = kind
        self.headings = headings
        self.year = year
        self.meeting_kind = meeting_kind
        self.known = known
        self.matches = {index: match(heading, kind, known) for index, heading in headings.items()}
        self.columns: dict[int, str] = {}
        self.doubtful: list[Doubt] = []
        self.missing: list[str] = []
        self.meetings: list[Meeting] = []
        if kind == "attendance":
            self._take_meetings()

    def settle(self, place: str | None) -> None:
        """Decide every column: taken, ignored, or asked about."""
        self._take(((index, found.field) for index, found in self.matches.items() if found.field not in (None, IGNORE)))
        taken = set(self.columns.values())
        self._take(((index, found.weak) for index, found in self.matches.items() if found.weak not in taken))
        taken = set(self.columns.values()) | {field for doubt in self.doubtful for field in doubt.candidates}
        for index, found in self.matches.items():
            if candidates := tuple(field for field in found.candidates if field not in taken):
                self._ask(index, candidates)
        asked = {field for doubt in self.doubtful for field in doubt.candidates}
        self.missing = _required(self.kind, taken | asked, place)
        if self.missing and not asked:
            for index, found in self.matches.items():
                if found == Match():
                    self._ask(index, tuple(self.missing))

    def settle_meetings(self, titles: list[str], sample: list[list[Cell]]) -> None:
        """Attendance: either one column a meeting, or one row a member and meeting (long form)."""
        if not self.meetings:
            self._meeting_of_title(titles)
        if self.meetings:
            self._settle_wide(sample)
            return
        found = set(self.columns.values()) | {field for doubt in self.doubtful for field in doubt.candidates}
        if "mark" not in found or "occurred_on" not in found:
            self.missing.append("meetings")
        elif "kind" not in found and not self.meeting_kind:
            self.missing.append("meeting_kind")

    def _settle_wide(self, sample: list[list[Cell]]) -> None:
        self.columns = {i: name for i, name in self.columns.items() if name not in _LONG_FORM}
        self.doubtful = [doubt for doubt in self.doubtful if not _LONG_FORM & set(doubt.candidates)]
        if any(meeting.day is None for meeting in self.meetings):
            self.missing.append("year")
        if not all(meeting.kind for meeting in self.meetings):
            self.missing.append("meeting_kind")
        settled = {*self.columns, *(m.column for m in self.meetings), *(d.column for d in self.doubtful)}
        for index, found in self.matches.items():
            # Marks under a heading without a day would be lost without a word.
            if index not in settled and found.field is None and _holds_marks(row[index] for row in sample):
                self._ask(index, (IGNORE,))

    def _take_meetings(self) -> None:
        for index, heading in self.headings.items():
            if self.matches[index].field is not None:
                continue
            try:
                found = dated(heading, self.year)
            except CellError:
                self._ask(index, (IGNORE,))
                self.matches[index] = Match(field=IGNORE)
                continue
            if found is not None:
                self.meetings.append(Meeting(index, found.day, found.words or self.meeting_kind))
                self.matches[index] = Match(field=IGNORE)

    def _meeting_of_title(self, titles: list[str]) -> None:
        """A sheet of one meeting: the marks have a column, the day stands in the title."""
        marks = [index for index, field in self.columns.items() if field == "mark"]
        if len(marks) != 1 or "occurred_on" in self.columns.values():
            return
        for title in titles:
            try:
                found = dated(title, self.year)
            except CellError:
                continue
            if found is not None:
                self.meetings.append(Meeting(marks[0], found.day, self.meeting_kind))
                return

    def _take(self, found: Iterable[tuple[int, str | None]]) -> None:
        by_field: dict[str, list[int]] = defaultdict(list)
        for index, name in found:
            if name is not None:
                by_field[name].append(index)
        for name, indexes in by_field.items():
            answered = [i for i in indexes if heading_key(self.headings[i]) in self.known]
            chosen = answered if len(answered) == 1 else indexes
            if len(chosen) == 1:
                self.columns[chosen[0]] = name
            else:
                for index in chosen:
                    self._ask(index, (name,))

    def _ask(self, index: int, candidates: tuple[str, ...]) -> None:
        self.doubtful.append(Doubt(index, shown(self.headings[index]), candidates))


def place_in(title: str) -> str | None:
    """The organisation that a title names: 青山街道第1党支部 in 青山街道第1党支部2026年签到表."""
    if labelled := _LABELLED.search(title):
        return labelled[1]
    found = _PLACE.search("".join(title.split()))
    return found[0] if found else None


def _meeting_kind(titles: list[str]) -> str:
    return next((kind for title in titles for kind in synonyms.meeting_kinds if kind in title), "")


def _required(kind: Kind, found: set[str], place: str | None) -> list[str]:
    if kind == "organisations":
        return [name for name in ("code", "name") if name not in found]
    if kind == "lists":
        return [] if "matter" in found else ["matter"]
    missing = [] if "name" in found or ("number" in found and kind != "members") else ["name"]
    if kind == "members" and "organisation" not in found and place is None:
        missing.append("organisation")
    if kind == "entries":
        missing += [name for name in ("occurred_on", "rule") if name not in found]
    return missing


def _holds_marks(cells: Iterable[Cell]) -> bool:
    return any(
        heading_key(cell) in synonyms.marks and not str(cell).isdigit() for cell in cells if isinstance(cell, str)
    )
