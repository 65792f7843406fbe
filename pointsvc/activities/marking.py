"""Marks into the database: who stood how at which meeting, and the entries that follow. Set-based."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, Integer, and_, bindparam, select, text, update

from pointsvc.activities import away
from pointsvc.activities.models import Attendance
from pointsvc.db import UtcTime, among, db, given
from pointsvc.ledger import service as ledger
from pointsvc.ledger.models import Entry
from pointsvc.people import merged, reach
from pointsvc.people.models import MemberMerge
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes

SOURCE = "meeting"

# Who came late came: both rules apply. Leave gives nothing.
RULES_OF = {"present": ("present",), "late": ("present", "late"), "absent": ("absent",)}


@dataclass(frozen=True, slots=True)
class Mark:
    """One member's mark at one meeting; branch and rule sheet are those of the meeting's day."""

    meeting_id: int
    kind: str
    held_on: date
    member_id: int
    branch_id: int
    scheme_id: int | None
    digest: str | None
    mark: str | None


@dataclass
class Marked:
    """What became of the marks: ``changed`` holds each new or changed mark's id and revision."""

    changed: dict[int, int] = field(default_factory=dict)
    unchanged: int = 0
    entries: int = 0


def put(*, actor: Actor, at: datetime, marks: Iterable[Mark]) -> Marked:
    """Write these marks; entries of a changed mark are reversed and the new mark's added.

    A mark that stands already changes nothing. Of two marks for one member the later one counts.
    """
    # In one order, so that two at once cannot block each other.
    wanted = sorted({(mark.meeting_id, mark.member_id): mark for mark in marks}.items())
    done = Marked()
    for part in reach.in_parts([mark for _, mark in wanted]):
        rows = _write(actor, at, part)
        outdated = [row.id for row in rows if row.revision > 1]
        if rows and merged.happened():
            outdated += _set_aside(actor, at, rows)
        _take_back(actor, at, outdated, ledger.MARK_CHANGED)
        entries = list(_entries(part, rows, _elsewhere(part)))
        added = ledger.add(actor=actor, at=at, rows=entries, source=SOURCE)
        done.changed.update((row.id, row.revision) for row in rows)
        done.unchanged += len(part) - len(rows)
        done.entries += len(added)
    return done


def take_back(*, actor: Actor, at: datetime, changed: Mapping[int, int], reason: str) -> int:
    """Undo marks by id and revision, as ``put`` answered them; the number of those undone.

    A mark that was changed since is left alone.
    """
    undone = 0
    for part in reach.in_parts(sorted(changed.items())):
        values = {"rows": orjson.dumps(part).decode(), "at": at, "by": actor.sign_in_id}
        ids = [row.id for row in db.session.execute(_on_engine(_CLEARING), values)]
        _take_back(actor, at, ids, reason)
        undone += len(ids)
    return undone


def _write(actor: Actor, at: datetime, marks: Sequence[Mark]) -> Sequence[Any]:
    rows = [{"meeting_id": m.meeting_id, "member_id": m.member_id, "mark": m.mark} for m in marks]
    values = {"rows": orjson.dumps(rows).decode(), "at": at, "by": actor.sign_in_id}
    return db.session.execute(_on_engine(_WRITING), values).all()


def _set_aside(actor: Actor, at: datetime, rows: Sequence[Any]) -> Sequence[int]:
    """Whoever is marked is marked once: what a record that was merged into theirs had at the meeting goes."""
    columns = {"meeting_id": Attendance.meeting_id.type, "member_id": Attendance.member_id.type}
    marked = given(columns, [(row.meeting_id, row.member_id) for row in rows])
    ids = db.session.scalars(
        select(Attendance.id)
        .join(MemberMerge, MemberMerge.duplicate_id == Attendance.member_id)
        .join(
            marked,
            and_(marked.c.meeting_id == Attendance.meeting_id, marked.c.member_id == MemberMerge.kept_id),
        )
        .where(MemberMerge.undone_at.is_(None), Attendance.mark.is_not(None))
    ).all()
    values = {"mark": None, "revision": Attendance.revision + 1, "marked_at": at, "marked_by_id": actor.sign_in_id}
    changed = update(Attendance).where(among(Attendance.id, ids)).values(values)
    db.session.execute(changed.execution_options(synchronize_session=False))
    return ids


def _take_back(actor: Actor, at: datetime, attendance_ids: Sequence[int], reason: str) -> None:
    if not attendance_ids:
        return
    # Those that were reversed already too: a merge may have moved them to another record.
    entries = select(Entry.id).where(Entry.source == SOURCE, Entry.source_id.in_(attendance_ids))
    ledger.reverse_many(actor=actor, at=at, entry_ids=entries, reason=reason)


def _elsewhere(marks: Sequence[Mark]) -> set[tuple[int, str, date]]:
    """Member, kind and day of what counts as attendance elsewhere already: being present counts once."""
    came = [mark for mark in marks if "present" in RULES_OF.get(mark.mark or "", ())]
    return away.counted([mark.member_id for mark in came], {mark.held_on for mark in came}) if came else set()


def _entries(
    marks: Sequence[Mark], rows: Sequence[Any], elsewhere: set[tuple[int, str, date]]
) -> Iterator[ledger.NewEntry]:
    by_key = {(mark.meeting_id, mark.member_id): mark for mark in marks}
    for row in rows:
        mark = by_key[row.meeting_id, row.member_id]
        counted = (mark.member_id, mark.kind, mark.held_on) in elsewhere
        for rule in _rules(mark, counted=counted):
            yield ledger.NewEntry(
                member_id=mark.member_id,
                branch_id=mark.branch_id,
                rule_code=rule["code"],
                scheme_id=mark.scheme_id or 0,
                points=documents.worth(rule),
                occurred_on=mark.held_on,
                source_id=row.id,
                natural_key=f"meeting:{row.id}:{row.revision}:{rule['code']}",
            )


def _rules(mark: Mark, *, counted: bool) -> Iterator[Mapping[str, Any]]:
    if mark.scheme_id is None or mark.digest is None:
        return
    document = schemes.document_of(mark.scheme_id, mark.digest)
    codes = document.get("activities", {}).get(mark.kind, {})
    for name in RULES_OF.get(mark.mark or "", ()):
        if name == "present" and counted:
            continue
        rule = documents.rule(document, codes[name]) if name in codes else None
        if rule is not None:
            yield rule


def _statements(sqlite: str, postgresql: str, **types: Any) -> dict[str, Any]:
    bound: list[Any] = [bindparam("at", type_=UtcTime()), bindparam("by", type_=BigInteger())]
    return {
        "sqlite": text(sqlite).bindparams(*bound).columns(**types),
        "postgresql": text(postgresql).bindparams(*bound).columns(**types),
    }


def _on_engine(statements: dict[str, Any]) -> Any:
    return statements[db.session.get_bind().dialect.name]


_UPSERT = (
    "INSERT INTO attendance (meeting_id, member_id, mark, revision, marked_at, marked_by_id) "
    "SELECT {columns}, 1, :at, :by FROM {rows} WHERE true "
    "ON CONFLICT (meeting_id, member_id) DO UPDATE SET mark = excluded.mark, revision = attendance.revision + 1, "
    "marked_at = excluded.marked_at, marked_by_id = excluded.marked_by_id "
    "WHERE attendance.mark {differs} excluded.mark RETURNING id, meeting_id, member_id, revision"
)
_FIELDS = ("meeting_id", "member_id", "mark")
_WRITING = _statements(
    _UPSERT.format(
        columns=", ".join(f"json_extract(value, '$.{name}')" for name in _FIELDS),
        rows="json_each(:rows)",
        differs="IS NOT",
    ),
    _UPSERT.format(
        columns=", ".join(_FIELDS),
        rows="json_to_recordset(CAST(:rows AS json)) AS r(meeting_id bigint, member_id bigint, mark text)",
        differs="IS DISTINCT FROM",
    ),
    id=Integer,
    meeting_id=Integer,
    member_id=Integer,
    revision=Integer,
)
_CLEAR = (
    "UPDATE attendance SET mark = NULL, revision = revision + 1, marked_at = :at, marked_by_id = :by "
    "WHERE mark IS NOT NULL AND (id, revision) IN (SELECT {pair} FROM {rows}) RETURNING id"
)
_CLEARING = _statements(
    _CLEAR.format(pair="json_extract(value, '$[0]'), json_extract(value, '$[1]')", rows="json_each(:rows)"),
    _CLEAR.format(
        pair="CAST(pair->>0 AS bigint), CAST(pair->>1 AS bigint)",
        rows="json_array_elements(CAST(:rows AS json)) AS pair",
    ),
    id=Integer,
)
