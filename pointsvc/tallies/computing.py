"""A tally as a job: many short transactions, each of which checks that the job is still its own.

Killed anywhere, it is begun again: what an unfinished version left is removed, the cutoff that was
drawn stays, and only the last transaction lets the new results be read. So it publishes once,
however often and by however many workers it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Date, delete, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock, queues
from pointsvc.db import LEDGER_LOCK, db, lock_writers, touch, transaction
from pointsvc.errors import N_
from pointsvc.notices import service as notices
from pointsvc.people import reach
from pointsvc.people.models import Membership, SignIn
from pointsvc.permissions import SYSTEM, Role
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import lifecycle, statements
from pointsvc.tallies.models import PreviousTotal, Tally, TallyResult

RECKONING = N_("Reckoning the members")
CARRYING = N_("Carrying the totals over to the next cycle")
READY = N_("The tally of %(organisation)s for %(period)s is ready: %(members)s members")

# On SQLite nobody else can write while a chunk is written.
CHUNK = {"postgresql": 2000, "sqlite": 100}
NOBODY_BEYOND = 2**62


@dataclass(frozen=True)
class Chunk:
    """The members of one rule sheet's branches whose ids lie from ``first`` through ``last``.

    ``dense`` when most of all members with such ids are among them.
    """

    sheet: schemes.Sheet
    branches: str
    first: int
    last: int
    members: int
    dense: bool


@dataclass(frozen=True)
class Run:
    """One run of a tally's next version, under one claim of its job."""

    tally_id: int
    organisation_id: int
    version: int
    through_on: date
    cutoff_at: datetime
    job_id: int
    token: int

    def hold(self, **progress: Any) -> None:
        """Raises Fenced when another worker has taken the job over."""
        queues.hold(job_id=self.job_id, token=self.token, at=clock.now(), **progress)


def compute(*, tally_id: int, job_id: int, token: int) -> None:
    """Compute the next version of a tally and let it be read. Raises Fenced.

    Outside of any transaction; opens its own.
    """
    run = begin(tally_id=tally_id, job_id=job_id, token=token)
    clear(run)
    chunks, unreckoned = plan(run)
    size = sum(chunk.members for chunk in chunks)
    done = 0
    for chunk in chunks:
        reckon(run, chunk, done=done, size=size)
        done += chunk.members
    for chunk in chunks:
        carry(run, chunk)
    publish(run, unreckoned)


def begin(*, tally_id: int, job_id: int, token: int) -> Run:
    """Draw the cutoff of the next version, unless an earlier run of it has."""
    with transaction():
        # First of all: whoever is recording an entry now is waited for, and records before the cutoff.
        lock_writers(LEDGER_LOCK, exclusive=True)
        queues.hold(job_id=job_id, token=token, at=clock.now(), doing=RECKONING)
        tally = db.session.get_one(Tally, tally_id, populate_existing=True)
        tally.status = lifecycle.after(tally.status, lifecycle.BEGIN)
        tally.cutoff_at = tally.cutoff_at or clock.now()
        version, cutoff_at = tally.version + 1, tally.cutoff_at
        return Run(tally_id, tally.organisation_id, version, tally.through_on, cutoff_at, job_id, token)


def clear(run: Run) -> None:
    """Remove what an earlier run of this version left."""
    left = (TallyResult.tally_id == run.tally_id, TallyResult.version == run.version)
    while True:
        with transaction():
            run.hold()
            some = select(TallyResult.member_id).where(*left).limit(_chunk_size())
            gone: Any = db.session.execute(
                delete(TallyResult)
                .where(*left, TallyResult.member_id.in_(some))
                .execution_options(synchronize_session=False)
            )
        if not gone.rowcount:
            return


def plan(run: Run) -> tuple[list[Chunk], int]:
    """The chunks of the work, and how many members have no rule sheet."""
    below = reach.ids_below(run.organisation_id)
    sheets = schemes.sheets(below, run.through_on)
    by_scheme: dict[int, list[int]] = {}
    for branch_id, sheet in sheets.items():
        by_scheme.setdefault(sheet.scheme_id, []).append(branch_id)
    chunks: list[Any] = []
    for branches in by_scheme.values():
        chunks += chunks_of(sheets[branches[0]], sorted(branches), run.through_on)
    everybody = (
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id.in_(below), *statements.belongs(run.through_on))
    )
    unreckoned = (db.session.scalar(everybody) or 0) - sum(chunk.members for chunk in chunks)
    db.session.rollback()
    return chunks, unreckoned


def chunks_of(sheet: schemes.Sheet, branches: list[int], through_on: date) -> Iterator[Chunk]:
    """The members of these branches, all of which this sheet governs on this day, in chunks."""
    text = orjson.dumps(branches).decode()
    number = (func.row_number().over(order_by=Membership.member_id) - 1) // _chunk_size()
    ordered = (
        select(Membership.member_id, number.label("number"))
        .where(Membership.organisation_id.in_(statements.listed(literal(text), _dialect())))
        .where(*statements.belongs(through_on))
        .subquery()
    )
    c = ordered.c
    rows = db.session.execute(
        select(func.min(c.member_id).label("first"), func.max(c.member_id).label("last"), func.count().label("members"))
        .group_by(c.number)
        .order_by(c.number)
    ).all()
    first = 0
    for place, row in enumerate(rows, 1):
        # Nobody falls between two chunks, nor behind the last one, who joins in meanwhile.
        last = NOBODY_BEYOND if place == len(rows) else row.last
        dense = 2 * row.members > row.last - row.first
        yield Chunk(sheet, text, first, last, row.members, dense)
        first = last + 1


def reckon(run: Run, chunk: Chunk, *, done: int, size: int) -> None:
    """Write the results of one chunk. Raises Fenced."""
    cycle = periods.cycle_start(run.through_on, documents.starts_month(chunk.sheet.effective))
    with transaction():
        run.hold(progress=done, size=size, doing=RECKONING)
        make = statements.results if chunk.dense else statements.sparse_results
        made = statements.statement(make, statements.sheet_of(chunk.sheet, cycle))
        made.run(
            branches=chunk.branches,
            first=chunk.first,
            last=chunk.last,
            tally_id=run.tally_id,
            version=run.version,
            scheme_id=chunk.sheet.scheme_id,
            through_on=run.through_on,
            cutoff_at=run.cutoff_at,
        )


def carry(run: Run, chunk: Chunk) -> None:
    """When the period ends a cycle: let the totals be the previous totals of the next. Raises Fenced.

    One that the office has declared stays.
    """
    month = documents.starts_month(chunk.sheet.effective)
    if run.through_on != periods.cycle_end(run.through_on, month):
        return
    following = run.through_on + timedelta(days=1)
    result = (
        TallyResult.tally_id == run.tally_id,
        TallyResult.version == run.version,
        TallyResult.scheme_id == chunk.sheet.scheme_id,
        TallyResult.member_id.between(chunk.first, chunk.last),
    )
    members = select(TallyResult.member_id).where(*result)
    with transaction():
        run.hold(doing=CARRYING)
        db.session.execute(
            delete(PreviousTotal)
            .where(PreviousTotal.cycle_starts_on == following, PreviousTotal.source == "tally")
            .where(PreviousTotal.member_id.in_(members))
            .execution_options(synchronize_session=False)
        )
        totals = select(TallyResult.member_id, literal(following, Date), TallyResult.total, literal("tally"))
        names = ["member_id", "cycle_starts_on", "total", "source"]
        db.session.execute(
            _insert(PreviousTotal.__table__)
            .from_select(names, totals.where(*result, TallyResult.total.is_not(None)))
            .on_conflict_do_nothing()
        )
        if following <= clock.today():
            touch(db.session.scalars(members).all())


def publish(run: Run, unreckoned: int) -> None:
    """Let the new version be read, end the job and have it told, all in one transaction. Raises Fenced."""
    with transaction():
        at = clock.now()
        queues.finish(job_id=run.job_id, token=run.token, at=at)
        tally = db.session.get_one(Tally, run.tally_id, populate_existing=True)
        written = (TallyResult.tally_id == run.tally_id, TallyResult.version == run.version)
        tally.members = db.session.scalar(select(func.count()).select_from(TallyResult).where(*written)) or 0
        tally.status = lifecycle.after(tally.status, lifecycle.FINISH)
        tally.unreckoned, tally.version, tally.computed_at = unreckoned, run.version, at
        _tell(tally, at)


def _tell(tally: Tally, at: datetime) -> None:
    organisation = reach.organisation_by_id(SYSTEM, tally.organisation_id)
    notices.send_soon(
        at=at,
        sign_in_ids=readers(tally),
        message=READY,
        params={"organisation": organisation.name, "period": tally.period, "members": tally.members},
        link=f"/tallies/{tally.id}",
        dedupe_prefix=f"tally:{tally.id}:{tally.version}",
        topic="result",
    )


def readers(tally: Tally) -> Sequence[int]:
    """Who runs the organisation, and who asked for the tally."""
    own = (SignIn.organisation_id == tally.organisation_id) & SignIn.role.in_([Role.DISTRICT_ADMIN, Role.SECRETARY])
    query = select(SignIn.id).where(SignIn.disabled_at.is_(None), or_(own, SignIn.id == tally.requested_by_id))
    return db.session.scalars(query.order_by(SignIn.id)).all()


def _chunk_size() -> int:
    return CHUNK[_dialect()]


def _dialect() -> str:
    return db.session.get_bind().dialect.name


def _insert(table: Any) -> Any:
    return (postgresql if _dialect() == "postgresql" else sqlite).insert(table)
