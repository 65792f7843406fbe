"""Publicity (公示): a computed tally is shown to those concerned for some working days, then sealed.

An objection that is upheld changes the ledger, never a result: the tally is computed and publicised
again as another version, and the days begin anew. Every version and every publication is kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from pointsvc import clock, queues, workdays
from pointsvc.audit import service as audit
from pointsvc.db import db, transaction
from pointsvc.errors import N_, Conflict, Invalid, Message
from pointsvc.notices import service as notices
from pointsvc.people import reach, settings
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import Actor, Role
from pointsvc.tallies import fingerprint, late, lifecycle
from pointsvc.tallies.finding import newest_publications, publication_before, tally
from pointsvc.tallies.models import Publication, Tally, TallyResult
from pointsvc.tallies.objections import objections

FIRST = N_("The results of %(organisation)s for %(for_period)s are publicised; objections until %(last_on)s")
AGAIN = N_(
    "The results of %(organisation)s for %(for_period)s were corrected and are publicised again until %(last_on)s"
)

_UNCHANGED = N_(
    "This tally is publicised. It is computed again only when something has changed: no objection was upheld, "
    "and nothing was recorded or taken back for its days since it was computed"
)
_RUNS = N_("It is publicised until %(day)s 24:00; only then can it be sealed")
_OPEN = N_("%(count)s objections to it still wait for a reply")
_CHANGED = N_("An objection was upheld after it was computed; compute and publicise it again first")

AT_ONCE = 500


def publicise(*, actor: Actor, at: datetime, tally_id: int, days: int | None = None) -> Publication:
    """Publicise the newest version of a computed tally, for so many working days (as the organisation has set).

    Those concerned are told. Raises NotFound, Invalid for ``days``, Conflict 'not_computed',
    'publicised' or 'sealed'.
    """
    found, owner = tally(actor=actor, tally_id=tally_id, lock=True)
    found.status = lifecycle.after(found.status, lifecycle.PUBLICISE)
    decided = settings.values(owner.id)
    count = decided["publicity_days"][0] if days is None else days
    if fault := settings.KNOWN["publicity_days"].fault(count):
        raise Invalid({"days": fault})
    today = clock.local(at).date()
    made = Publication(
        tally_id=found.id,
        version=found.version,
        published_on=today,
        last_day=workdays.after(today, count),
        working_days=count,
        phone=decided["supervision_phone"][0] or owner.phone or "",
        published_at=at,
        published_by_id=actor.sign_in_id,
    )
    made.root, _ = fingerprint.plant(actor=actor, at=at, tally=found, version=found.version)
    db.session.add(made)
    db.session.flush()
    audit.note(
        actor=actor,
        at=at,
        action="tally:publicise",
        object_id=str(found.id),
        version=made.version,
        last_day=made.last_day.isoformat(),
    )
    queues.enqueue(topic=queues.PUBLICITY_TELL, payload={"publication": made.id}, at=at, dedupe=f"publicity:{made.id}")
    return made


def check_again(found: Tally) -> None:
    """Raises Conflict 'publicised' for a publicised tally to whose entries nothing has happened since."""
    if found.status == "publicised" and not objections(found).upheld and not late.since_cutoff(found):
        raise Conflict(_UNCHANGED, code="publicised")


def may_be_sealed(tally: Tally, at: datetime) -> Message | None:
    """Why this tally cannot be sealed at this instant, or None when it can."""
    try:
        lifecycle.after(tally.status, lifecycle.SEAL)
    except Conflict as refusal:
        return refusal.detail
    publication = newest_publications([tally.id])[tally.id]
    if publication.version != tally.version:
        return Message(_CHANGED)
    if clock.local(at).date() <= publication.last_day:
        return Message(_RUNS, day=publication.last_day)
    known = objections(tally)
    if known.open:
        return Message(_OPEN, count=known.open)
    return Message(_CHANGED) if known.changed else None


# ---- telling


def tell(*, publication_id: int, job_id: int, token: int) -> None:
    """Put a notice of this publication into the inboxes of the members in it and of those who lead them.

    In short transactions of its own; whoever was told by an earlier run is not told again. Raises Fenced.
    """
    publication = db.session.get_one(Publication, publication_id)
    found = db.session.get_one(Tally, publication.tally_id)
    owner = db.session.get_one(Organisation, found.organisation_id)
    message = AGAIN if publication_before(publication) else FIRST
    params = {"organisation": owner.name, "for_period": found.period, "last_on": publication.last_day.isoformat()}
    ids = _concerned(found, publication)
    db.session.rollback()
    for start in range(0, len(ids), AT_ONCE):
        with transaction():
            queues.hold(job_id=job_id, token=token, at=clock.now(), progress=start, size=len(ids))
            notices.send(
                at=clock.now(),
                sign_in_ids=ids[start : start + AT_ONCE],
                message=message,
                params=params,
                link=f"/tallies/{found.id}/list",
                dedupe_prefix=f"publicity:{publication.id}",
                topic="result",
            )
    with transaction():
        queues.finish(job_id=job_id, token=token, at=clock.now())


def _concerned(found: Tally, publication: Publication) -> list[int]:
    members = select(TallyResult.member_id).where(
        TallyResult.tally_id == found.id, TallyResult.version == publication.version
    )
    leads = SignIn.role.in_([Role.DISTRICT_ADMIN, Role.SECRETARY])
    leaders = leads & SignIn.organisation_id.in_(reach.ids_below(found.organisation_id))
    query = select(SignIn.id).where(SignIn.disabled_at.is_(None), SignIn.member_id.in_(members) | leaders)
    return list(db.session.scalars(query.order_by(SignIn.id)))
