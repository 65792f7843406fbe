"""A rehearsal as a job, in short transactions each of which checks that the job is still its own.

Killed anywhere, it is begun again with the same cutoff; only the last transaction lets the report be
read. It writes its own two tables and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select

from pointsvc import clock, queues
from pointsvc.db import LEDGER_LOCK, db, lock_writers, transaction
from pointsvc.errors import N_, Conflict
from pointsvc.notices import service as notices
from pointsvc.people import reach
from pointsvc.people.models import Membership
from pointsvc.rehearsals import binding, reporting
from pointsvc.rehearsals.comparing import Side, Statements
from pointsvc.rehearsals.models import Rehearsal, RehearsalResult
from pointsvc.schemes import service as schemes
from pointsvc.tallies import statements
from pointsvc.tallies.computing import Chunk, chunks_of

RECKONING = N_("Reckoning the members under both sheets")
WRITING = N_("Writing the report")
READY = N_("The rehearsal of “%(scheme)s” for %(period)s is ready: %(members)s members")

AT_ONCE = 5000


@dataclass(frozen=True)
class Run:
    """One run of a rehearsal, under one claim of its job."""

    rehearsal_id: int
    organisation_id: int
    through_on: date
    cutoff_at: datetime
    sheet: schemes.Sheet
    statements: Statements
    job_id: int
    token: int

    def hold(self, **progress: Any) -> None:
        """Raises Fenced when another worker has taken the job over."""
        queues.hold(job_id=self.job_id, token=self.token, at=clock.now(), **progress)

    def given(self, chunk: Chunk) -> dict[str, Any]:
        """The parameters of the statements for one chunk."""
        days = {"through_on": self.through_on, "cutoff_at": self.cutoff_at}
        return {"branches": chunk.branches, "first": chunk.first, "last": chunk.last, **days}


@dataclass(frozen=True)
class Told:
    """What the chunks have told so far: what held points back on each side, and what would be lost."""

    held: tuple[binding.Counts, binding.Counts] = ({}, {})
    lost: reporting.Lost = field(default_factory=dict)


def compute(*, rehearsal_id: int, job_id: int, token: int) -> None:
    """Reckon everybody under both sheets and keep the report. Raises Fenced.

    Outside of any transaction; opens its own.
    """
    run = begin(rehearsal_id=rehearsal_id, job_id=job_id, token=token)
    clear(run)
    chunks, apart = plan(run)
    size, done, told = sum(chunk.members for chunk in chunks), 0, Told()
    for chunk in chunks:
        reckon(run, chunk, done=done, size=size)
        told = ask(run, chunk, told)
        done += chunk.members
    publish(run, told, apart)


def begin(*, rehearsal_id: int, job_id: int, token: int) -> Run:
    """Draw the cutoff, unless an earlier run has, and find the sheet that was in force."""
    with transaction():
        # First of all: whoever is recording an entry now is waited for, and records before the cutoff.
        lock_writers(LEDGER_LOCK, exclusive=True)
        queues.hold(job_id=job_id, token=token, at=clock.now(), doing=RECKONING)
        found = db.session.get_one(Rehearsal, rehearsal_id, populate_existing=True)
        found.status, found.cutoff_at = "running", found.cutoff_at or clock.now()
        sheet = schemes.sheets([found.organisation_id], found.through_on).get(found.organisation_id)
        if sheet is None:
            raise Conflict(N_("No rule sheet was in force here then"), code="no_scheme")
        found.in_force_id = sheet.scheme_id
        return Run(
            rehearsal_id=rehearsal_id,
            organisation_id=found.organisation_id,
            through_on=found.through_on,
            cutoff_at=found.cutoff_at,
            sheet=sheet,
            statements=Statements(
                Side(statements.sheet_of(sheet, found.starts_on), under_draft=False),
                # The same days for both: a draft whose year begins elsewhere is tried on this one.
                Side(_drafted(found), under_draft=True),
            ),
            job_id=job_id,
            token=token,
        )


def _drafted(found: Rehearsal) -> statements.Sheet:
    ids = schemes.rule_ids(item["code"] for item in found.document["rules"])
    return statements.Sheet(found.document, ids, found.starts_on)


def clear(run: Run) -> None:
    """Remove what an earlier run left."""
    left = RehearsalResult.rehearsal_id == run.rehearsal_id
    while True:
        with transaction():
            run.hold()
            some = select(RehearsalResult.member_id).where(left).limit(AT_ONCE)
            gone: Any = db.session.execute(
                delete(RehearsalResult)
                .where(left, RehearsalResult.member_id.in_(some))
                .execution_options(synchronize_session=False)
            )
        if not gone.rowcount:
            return


def plan(run: Run) -> tuple[list[Chunk], int]:
    """The chunks of the work, and how many members another sheet is nearer to, or none at all."""
    below = reach.ids_below(run.organisation_id)
    sheets = schemes.sheets(below, run.through_on)
    branches = sorted(key for key, sheet in sheets.items() if sheet.scheme_id == run.sheet.scheme_id)
    chunks = list(chunks_of(run.sheet, branches, run.through_on))
    everybody = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id.in_(below), reach.on_day(Membership, run.through_on))
    )
    apart = (db.session.scalar(everybody) or 0) - sum(chunk.members for chunk in chunks)
    db.session.rollback()
    return chunks, apart


def reckon(run: Run, chunk: Chunk, *, done: int, size: int) -> None:
    """Write the results of one chunk on both sides. Raises Fenced."""
    with transaction():
        run.hold(progress=done, size=size, doing=RECKONING)
        for under_draft in (False, True):
            made = run.statements.results(under_draft=under_draft, dense=chunk.dense)
            made.run(rehearsal_id=run.rehearsal_id, **run.given(chunk))


def ask(run: Run, chunk: Chunk, told: Told) -> Told:
    """Add what held this chunk's points back on both sides, and what it would lose."""
    given = run.given(chunk)
    before, after = (
        binding.counted(side.terms, run.statements.held(under_draft=side.under_draft, dense=chunk.dense).rows(**given))
        for side in (run.statements.before, run.statements.draft)
    )
    rows = run.statements.lost(dense=chunk.dense).rows(**given)
    db.session.rollback()
    lost = {(row.rule_id, row.tier, row.reason): (row.entries, row.points) for row in rows}
    held = (binding.added(told.held[0], before), binding.added(told.held[1], after))
    return Told(held, binding.added(told.lost, lost))


def publish(run: Run, told: Told, apart: int) -> None:
    """Keep the report, end the job and have it told. Raises Fenced."""
    with transaction():
        run.hold(doing=WRITING)
    report = reporting.report(run.rehearsal_id, run.statements, run.through_on, held=told.held, lost=told.lost)
    db.session.rollback()
    with transaction():
        at = clock.now()
        queues.finish(job_id=run.job_id, token=run.token, at=at)
        found = db.session.get_one(Rehearsal, run.rehearsal_id, populate_existing=True)
        found.members, found.apart, found.report = report["members"], apart, report
        found.status, found.done_at = "done", at
        _tell(found, at)


def _tell(found: Rehearsal, at: datetime) -> None:
    if found.asked_by_id is None:
        return
    notices.send_soon(
        at=at,
        sign_in_ids=[found.asked_by_id],
        message=READY,
        params={"scheme": found.document["name"], "period": found.period, "members": found.members},
        link=f"/rehearsals/{found.id}",
        dedupe_prefix=f"rehearsal:{found.id}",
    )
