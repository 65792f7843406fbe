"""Verbs of imports: take a file, look it through, ask about columns, take it in, take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from pointsvc import queues
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Forbidden, Invalid, Message, NotFound
from pointsvc.imports import attendance as attendance_rows
from pointsvc.imports import entries as entry_rows
from pointsvc.imports.headings import heading_key
from pointsvc.imports.models import KINDS, ColumnChoice, Import, RejectedRow
from pointsvc.lists import taking_back as items
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.pledges import taking_in as pledges

MAX_REFUSALS = 20_000
NEEDS = {
    "organisations": Permission.ORGANISATIONS_MANAGE,
    "members": Permission.MEMBERS_MANAGE,
    "scheme": Permission.SCHEMES_MANAGE,
    "attendance": Permission.MEETINGS_RECORD,
    "entries": Permission.LEDGER_RECORD,
    "pledges": Permission.PLEDGES_REVIEW,
    "lists": Permission.LISTS_FILE,
}
UNDOABLE = ("attendance", "entries", "pledges", "lists")
MAX_STAYING = 200


def upload(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    filename: str,
    content: bytes,
    dry_run: bool = False,
    organisation: str | None = None,
    starts_on: date | None = None,
) -> Import:
    """Keep the file and ask a worker to take it in (or, with ``dry_run``, only to look it through).

    ``organisation`` (a code) and ``starts_on`` are for a scheme: whose it is and from when it holds.
    Raises Invalid for the kind or an empty file, Forbidden when the role may not import this kind.
    """
    if kind not in KINDS:
        raise Invalid({"kind": Message(N_("One of %(choices)s is needed"), choices=", ".join(KINDS))})
    if not allowed(actor, NEEDS[kind]):
        raise Forbidden()
    if not content:
        raise Invalid({"file": N_("The file is empty")})
    options: dict[str, Any] = {}
    if organisation:
        options["organisation"] = reach.organisation(actor, organisation).code
    if starts_on:
        options["from"] = starts_on.isoformat()
    row = Import(
        kind=kind,
        filename=filename[-255:] or "file",
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
        organisation_id=actor.organisation_id,
        dry_run=dry_run,
        status="queued",
        options=options,
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    db.session.add(row)
    db.session.flush()
    _ask(row, at)
    audit.note(actor=actor, at=at, action="import:upload", object_id=str(row.id), kind=kind, digest=row.digest)
    return row


def answer(*, actor: Actor, at: datetime, import_id: int, choices: dict[str, str]) -> Import:
    """Say what the doubtful columns are (heading -> field or 'ignore'); remembered for the next file.

    Raises NotFound, Conflict when nothing is asked, Invalid by heading for a missing or odd answer.
    """
    row = find(actor=actor, import_id=import_id, lock=True)
    if row.status != "mapping":
        raise Conflict(N_("This import asks nothing"))
    faults: dict[str, Message] = {}
    for question in row.doubtful:
        chosen = choices.get(question["heading"])
        if not chosen or chosen not in fields_of(row.kind):
            faults[question["heading"]] = Message(N_("Please say what this column holds"))
    if faults:
        raise Invalid(faults)
    for question in row.doubtful:
        _remember(actor, at, row.kind, question["heading"], choices[question["heading"]])
    row.status, row.doubtful = "queued", []
    _ask(row, at)
    return row


def commit(*, actor: Actor, at: datetime, import_id: int) -> Import:
    """Take in what a dry run has looked through. Raises NotFound, or Conflict when it was not one."""
    row = find(actor=actor, import_id=import_id, lock=True)
    if row.status in ("queued", "running", "done") and not row.dry_run:
        return row
    if row.status != "checked":
        raise Conflict(N_("Only a file that has been looked through can be taken in"))
    row.dry_run, row.status = False, "queued"
    _ask(row, at)
    audit.note(actor=actor, at=at, action="import:commit", object_id=str(row.id))
    return row


def undo(*, actor: Actor, at: datetime, import_id: int, reason: str) -> Import:
    """Take an import back: entries are reversed, marks put back, pledges withdrawn that nobody has
    decided since, and items of lists on which nobody has acted. Doing it again changes nothing.

    Raises NotFound, Conflict for a kind that cannot be taken back or an import that is not done.
    """
    row = find(actor=actor, import_id=import_id, lock=True)
    if row.status == "undone":
        return row
    if row.kind not in UNDOABLE:
        raise Conflict(
            N_("Only imports of attendance, points, pledges and lists can be taken back"), code="not_undoable"
        )
    if row.status != "done":
        raise Conflict(N_("Only an import that is done can be taken back"))
    if row.kind == "attendance":
        attendance_rows.undo_attendance(actor=actor, at=at, marks=row.marks, reason=reason)
    elif row.kind == "pledges":
        pledges.take_back(actor=actor, at=at, import_id=row.id, reason=reason)
    elif row.kind == "lists":
        items.take_back(actor=actor, at=at, import_id=row.id, reason=reason)
    else:
        entry_rows.undo_entries(actor=actor, at=at, import_id=row.id, reason=reason)
    row.status, row.undone_at, row.undo_reason = "undone", at, reason
    db.session.flush()
    audit.note(actor=actor, at=at, action="import:undo", object_id=str(row.id))
    return row


def find(*, actor: Actor, import_id: int, lock: bool = False) -> Import:
    """The import, when the actor reaches the node of whoever uploaded it. Raises NotFound."""
    query = select(Import).where(Import.id == import_id)
    if not actor.is_system:
        query = query.where(Import.organisation_id.in_(reach.organisation_ids(actor)))
    row = db.session.scalar(query.with_for_update() if lock else query)
    if row is None or not allowed(actor, NEEDS[row.kind]):
        raise NotFound()
    return row


def listing(*, actor: Actor, limit: int, before: int | None = None) -> Sequence[Import]:
    """The imports within reach, newest first, from before this id on."""
    kinds = [kind for kind in KINDS if allowed(actor, NEEDS[kind])]
    query = select(Import).where(Import.kind.in_(kinds)).order_by(Import.id.desc()).limit(limit)
    if not actor.is_system:
        query = query.where(Import.organisation_id.in_(reach.organisation_ids(actor)))
    if before:
        query = query.where(Import.id < before)
    return db.session.scalars(query).all()


def refusals(*, import_id: int, limit: int, after: int = 0) -> Sequence[RejectedRow]:
    """The refused rows in the order of the file, from after this id on."""
    return db.session.scalars(
        select(RejectedRow)
        .where(RejectedRow.import_id == import_id, RejectedRow.id > after)
        .order_by(RejectedRow.id)
        .limit(limit)
    ).all()


def staying(*, actor: Actor, row: Import) -> Sequence[Row[*tuple[Any, ...]]]:
    """What of an import of lists stays when it is taken back, as far as a page shows: see ``lists.taking_back``."""
    if row.kind != "lists" or row.status not in ("done", "undone"):
        return []
    return items.staying(actor=actor, import_id=row.id, limit=MAX_STAYING)


def fields_of(kind: str) -> tuple[str, ...]:
    """What a column of this kind of file may be said to hold, 'ignore' included."""
    return (*FIELDS.get(kind, ()), "ignore")


FIELD_WORDS = {
    "code": N_("Code"),
    "name": N_("Name or title"),
    "kind": N_("Kind in the file"),
    "parent": N_("Organisation above"),
    "secretary": N_("Secretary"),
    "phone": N_("Supervision phone"),
    "number": N_("Member number"),
    "organisation": N_("Branch"),
    "category": N_("Category"),
    "joined_on": N_("Joined on"),
    "occurred_on": N_("Day"),
    "mark": N_("Mark"),
    "rule": N_("Rule"),
    "quantity": N_("Quantity"),
    "tier": N_("Tier"),
    "points": N_("Points"),
    "deducted": N_("Points deducted"),
    "matter": N_("Matter"),
    "note": N_("Note"),
    "text": N_("What is promised"),
    "horizon": N_("For how long"),
    "indicator": N_("By what it is checked"),
    "baseline": N_("How it stands today"),
    "target": N_("How far it is to come"),
    "due_on": N_("Until when"),
    "beneficiary": N_("Who has the good of it"),
    "witness": N_("Who can confirm it"),
    "serial": N_("Number on the list"),
    "set": N_("Set of lists"),
    "list": N_("List"),
    "details": N_("More about it"),
    "place": N_("Place"),
    "starts_on": N_("It begins on"),
    "ends_on": N_("Until"),
    "deadline": N_("Due"),
    "quota": N_("How many parts can be claimed"),
    "tags": N_("Tags"),
    "skills": N_("Skills"),
    "cause": N_("Cause"),
    "measure": N_("Measure"),
    "responsible": N_("Responsible"),
    "reviewer": N_("Reviewer"),
    "acceptance": N_("What must be seen at acceptance"),
}
FIELDS = {
    "organisations": ("code", "name", "kind", "parent", "secretary", "phone"),
    "members": ("number", "name", "organisation", "category", "joined_on"),
    "attendance": ("number", "name", "organisation", "occurred_on", "kind", "mark"),
    "entries": (
        "number",
        "name",
        "organisation",
        "occurred_on",
        "rule",
        "quantity",
        "tier",
        "points",
        "deducted",
        "matter",
        "note",
    ),
    "pledges": (
        "number",
        "name",
        "organisation",
        "kind",
        "horizon",
        "text",
        "indicator",
        "baseline",
        "target",
        "due_on",
        "beneficiary",
        "witness",
    ),
    "lists": (
        "serial",
        "set",
        "list",
        "organisation",
        "matter",
        "details",
        "place",
        "starts_on",
        "ends_on",
        "deadline",
        "quota",
        "tags",
        "skills",
        "kind",
        "cause",
        "measure",
        "responsible",
        "reviewer",
        "acceptance",
    ),
}


def _ask(row: Import, at: datetime) -> None:
    job = queues.enqueue(topic=queues.IMPORT_RUN, payload={"import": row.id}, at=at)
    row.job_id = job.id
    db.session.flush()


def _remember(actor: Actor, at: datetime, kind: str, heading: str, field: str) -> None:
    key = heading_key(heading)
    row = db.session.scalar(select(ColumnChoice).where(ColumnChoice.kind == kind, ColumnChoice.heading == key))
    if row is None:
        row = ColumnChoice(kind=kind, heading=key, field=field, chosen_at=at, chosen_by_id=actor.sign_in_id)
        db.session.add(row)
    row.field, row.chosen_at, row.chosen_by_id = field, at, actor.sign_in_id
    db.session.flush()
