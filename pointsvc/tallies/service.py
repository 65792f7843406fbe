"""Verbs of tallies: ask for one, compute it, read it; score, standings and totals from before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock, queues
from pointsvc.audit import service as audit
from pointsvc.db import db, touch
from pointsvc.errors import N_, Conflict, Invalid
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import lifecycle
from pointsvc.tallies.comparing import compare
from pointsvc.tallies.computing import compute
from pointsvc.tallies.finding import newest_publications, publication_before, publications, tally
from pointsvc.tallies.grades import Advice, advice, counts
from pointsvc.tallies.keeping import settle, settle_all
from pointsvc.tallies.listing import listing, ranked, results, standings
from pointsvc.tallies.models import PreviousTotal, Tally
from pointsvc.tallies.posting import Posting, branches_of_posting, honours, listed, posting, postings
from pointsvc.tallies.publicity import check_again, may_be_sealed, publicise, tell
from pointsvc.tallies.scoring import Score, score

__all__ = [
    "Advice",
    "Posting",
    "Score",
    "advice",
    "branch_of",
    "branches_of_posting",
    "compare",
    "compute",
    "counts",
    "given_up",
    "honours",
    "listed",
    "listing",
    "may_be_sealed",
    "newest_publications",
    "posting",
    "postings",
    "publication_before",
    "publications",
    "publicise",
    "ranked",
    "request",
    "request_quarter",
    "results",
    "score",
    "set_previous_total",
    "settle",
    "settle_all",
    "standings",
    "tally",
    "tell",
]


def request(*, actor: Actor, at: datetime, organisation: str, period: str) -> Tally:
    """Ask for a tally of this organisation's period; a worker computes it.

    While one is waiting or being computed, asking again changes nothing; afterwards it is computed
    anew, as another version. Raises NotFound for an organisation out of reach, Invalid for a period
    that is none or has not begun, Conflict 'no_scheme' when no branch has a rule sheet, 'publicised'
    when it is publicised and nothing has changed since, 'sealed'.
    """
    owner = reach.organisation(actor, organisation)
    when = _period(owner, period, clock.local(at).date())
    if not schemes.sheets(reach.ids_below(owner.id), when.through_on):
        raise Conflict(N_("No rule sheet is in force here; publish one first"), code="no_scheme")
    found = _row(owner, when, at)
    if found.status in ("queued", "running") and _alive(found):
        return found
    check_again(found)
    found.status, found.cutoff_at = lifecycle.after(found.status, lifecycle.ASK), None
    found.through_on, found.requested_at, found.requested_by_id = when.through_on, at, actor.sign_in_id
    job = queues.enqueue(topic=queues.TALLY_COMPUTE, payload={"tally": found.id}, at=at)
    found.job_id = job.id
    db.session.flush()
    audit.note(
        actor=actor, at=at, action="tally:request", object_id=str(found.id), organisation=owner.code, period=when.name
    )
    return found


def request_quarter(*, at: datetime, before: date) -> list[Tally]:
    """Ask for the tally of the quarter that ended before this day, of each tree that has a rule sheet.

    One that has been computed already is left as it is.
    """
    period = periods.containing(before - timedelta(days=1), "quarter", 1)
    roots = db.session.scalars(select(Organisation).where(Organisation.parent_id.is_(None)).order_by(Organisation.id))
    found = []
    for root in roots.all():
        known = db.session.scalar(
            select(Tally.id).where(Tally.organisation_id == root.id, Tally.period == period.name, Tally.version > 0)
        )
        if known is None and schemes.sheets(reach.ids_below(root.id), period.through_on):
            found.append(request(actor=SYSTEM, at=at, organisation=root.code, period=period.name))
    return found


def _period(owner: Organisation, name: str, today: date) -> periods.Period:
    sheet = schemes.sheets([owner.id], today).get(owner.id)
    when = periods.parse(name, documents.starts_month(sheet.document) if sheet else 1)
    if when.starts_on > today:
        raise Invalid({"period": N_("This period has not begun")})
    return when


def _row(owner: Organisation, when: periods.Period, at: datetime) -> Tally:
    """The one row of this organisation's period, locked; of two that ask at once, one makes it."""
    dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    values = {
        "organisation_id": owner.id,
        "period": when.name,
        "status": "failed",
        "version": 0,
        "through_on": when.through_on,
        "members": 0,
        "unreckoned": 0,
        "requested_at": at,
    }
    db.session.execute(dialect.insert(Tally.__table__).values(**values).on_conflict_do_nothing())
    return db.session.scalars(
        select(Tally)
        .where(Tally.organisation_id == owner.id, Tally.period == when.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _alive(tally: Tally) -> bool:
    job = queues.job(tally.job_id)
    return job is not None and job.alive


def branch_of(found: Score) -> Organisation:
    """The branch by which a score was reckoned."""
    return db.session.get_one(Organisation, found.branch_id)


def given_up(*, tally_id: int, job_id: int) -> None:
    """Say on the tally that its job was given up; earlier results still stand."""
    found = db.session.get(Tally, tally_id, with_for_update=True)
    if found is not None and found.job_id == job_id:
        found.status = lifecycle.after(found.status, lifecycle.GIVE_UP)


def set_previous_total(*, actor: Actor, at: datetime, member: str, cycle: date, total: Decimal) -> PreviousTotal:
    """Declare the total that is carried into the cycle which begins on the day ``cycle``.

    It replaces one that a tally found, and a tally never replaces it. Raises NotFound for a member
    out of reach, Invalid when no cycle can begin on this day.
    """
    found = reach.member(actor, member)
    if cycle.day != 1 or cycle.month not in periods.STARTS:
        raise Invalid({"cycle": N_("A cycle begins on the first of January, April, July or October")})
    row = db.session.get(PreviousTotal, (found.id, cycle), with_for_update=True)
    before = None if row is None else str(row.total)
    if row is None:
        row = PreviousTotal(member_id=found.id, cycle_starts_on=cycle)
        db.session.add(row)
    row.total, row.source = total, "declared"
    db.session.flush()
    touch({found.id})
    audit.note(
        actor=actor,
        at=at,
        action="previous_total:set",
        object_id=found.number,
        cycle=cycle.isoformat(),
        total=str(total),
        before=before,
    )
    return row
