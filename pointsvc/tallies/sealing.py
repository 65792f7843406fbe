"""Sealing: the seal over a publicised tally's results and the entries that they stand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, select

from pointsvc import clock, queues
from pointsvc.audit import service as audit
from pointsvc.db import LEDGER_LOCK, db, lock_writers, transaction
from pointsvc.errors import N_, Conflict, NotFound
from pointsvc.notices import service as notices
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import SYSTEM, Actor
from pointsvc.schemes.models import Scheme
from pointsvc.seals import planting
from pointsvc.seals import service as seals
from pointsvc.seals.models import RESULT, Seal, SealTree
from pointsvc.tallies import leaves, lifecycle, publicity
from pointsvc.tallies.computing import readers
from pointsvc.tallies.fingerprint import plant
from pointsvc.tallies.models import Publication, Tally, TallyResult

SEALING = N_("Sealing the entries")
SEALED = N_("The tally of %(organisation)s for %(period)s is sealed as no. %(n)s")
# More leaves than this are planted by a worker, in short transactions.
AT_ONCE = 10_000
# How many that wait for sealing are named on a first page.
SHOWN = 5


# ---- sealing


def ready(*, actor: Actor, today: date) -> Sequence[Tally]:
    """The tallies within reach that may be sealed, the oldest first."""
    within = Tally.organisation_id.in_(reach.organisation_ids(actor))
    return db.session.scalars(_over(today).where(within).order_by(Tally.id).limit(SHOWN)).all()


def _over(today: date) -> Select[Tally]:
    printed = (Publication.tally_id == Tally.id) & (Publication.version == Tally.version)
    query = select(Tally).join(Publication, printed)
    return query.where(Tally.status == "publicised", Publication.last_day < today)


def seal(*, actor: Actor, at: datetime, tally_id: int) -> Tally:
    """Seal a publicised tally; when it is large, a worker does. Sealing it again changes nothing.

    Raises NotFound, Conflict 'not_publicised', or 'publicity_runs' before the last day for
    objections is over.
    """
    # First of all: whoever is recording an entry now is waited for.
    lock_writers(LEDGER_LOCK, exclusive=True)
    tally = _locked(tally_id)
    owner = reach.organisation_by_id(actor, tally.organisation_id)
    if tally.status == "sealed" or being_sealed(tally):
        return tally
    _check(tally, at)
    if _size(tally) > AT_ONCE:
        job = queues.enqueue(topic=queues.TALLY_SEAL, payload={"tally": tally.id, "by": actor.sign_in_id}, at=at)
        tally.job_id = job.id
        audit.note(actor=actor, at=at, action="tally:ask_seal", object_id=str(tally.id), organisation=owner.code)
        return tally
    _close(tally, owner, actor, actor.sign_in_id, at)
    return tally


def seal_in_parts(*, tally_id: int, by_id: int | None, job_id: int, token: int) -> None:
    """Seal a large tally, as its job. Raises Fenced, and Conflict as ``seal`` does.

    Outside of any transaction; opens its own. Killed anywhere, it goes on where it was.
    """
    after: int | None = 0
    done = 0
    while after is not None:
        with transaction():
            lock_writers(LEDGER_LOCK, exclusive=True)
            tally = _locked(tally_id)
            queues.hold(job_id=job_id, token=token, at=clock.now(), progress=done, size=tally.members, doing=SEALING)
            _check(tally, clock.now())
            after = leaves.sow_entries(tally, after)
            done += leaves.chunk()
    with transaction():
        lock_writers(LEDGER_LOCK, exclusive=True)
        at = clock.now()
        queues.finish(job_id=job_id, token=token, at=at)
        tally = _locked(tally_id)
        _check(tally, at)
        owner = reach.organisation_by_id(SYSTEM, tally.organisation_id)
        _close(tally, owner, SYSTEM, by_id, at)


def being_sealed(tally: Tally) -> bool:
    """Whether a worker is about to seal it."""
    job = queues.job(tally.job_id)
    return job is not None and job.topic == queues.TALLY_SEAL and job.alive


def _locked(tally_id: int) -> Tally:
    tally = db.session.get(Tally, tally_id, populate_existing=True, with_for_update=True)
    if tally is None:
        raise NotFound()
    return tally


def _check(tally: Tally, at: datetime) -> None:
    lifecycle.after(tally.status, lifecycle.SEAL)
    if refusal := publicity.may_be_sealed(tally, at):
        raise Conflict(refusal, code="publicity_runs")


def _size(tally: Tally) -> int:
    """How many leaves are still to be planted, counted until they are too many."""
    planted = planting.tree(leaves.bed_of_results(tally.id, tally.version))
    return leaves.unsealed_count(tally, AT_ONCE + 1) + (0 if planted else tally.members)


def _close(tally: Tally, owner: Organisation, actor: Actor, by_id: int | None, at: datetime) -> None:
    """Plant what is left, press the seal, say so, and let nothing change any more."""
    after = 0 if leaves.unsealed_count(tally, 1) else None
    while after is not None:
        after = leaves.sow_entries(tally, after)
    plant(actor=actor, at=at, tally=tally, version=tally.version)
    used = select(TallyResult.scheme_id).where(TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
    pressed = seals.press(
        at=at,
        by_id=by_id,
        organisation=owner.code,
        period=tally.period,
        cutoff_at=tally.cutoff_at or at,
        schemes=db.session.scalars(select(Scheme.digest).where(Scheme.id.in_(used)).distinct()).all(),
        entries=planting.grow(leaves.bed_of_entries(tally.id), at),
        results=db.session.get_one(SealTree, (RESULT, tally.id, tally.version)),
    )
    tally.status = "sealed"
    db.session.flush()
    audit.note(
        actor=actor,
        at=at,
        action="tally:seal",
        object_id=str(tally.id),
        organisation=owner.code,
        n=pressed.n,
        chain=pressed.chain,
    )
    _tell(tally, owner, pressed, at)


def _tell(tally: Tally, owner: Organisation, pressed: Seal, at: datetime) -> None:
    notices.send_soon(
        at=at,
        sign_in_ids=readers(tally),
        message=SEALED,
        params={"organisation": owner.name, "period": tally.period, "n": pressed.n},
        link=f"/tallies/{tally.id}",
        dedupe_prefix=f"seal:{pressed.n}",
    )
