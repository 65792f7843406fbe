"""Verbs of schemes: write a version, rewrite a draft, publish it, and find which one holds where and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from pointsvc import clock, queues
from pointsvc.audit import service as audit
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Message, NotFound
from pointsvc.people import reach
from pointsvc.people.models import Organisation, OrganisationReach
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.prepared import Prepared, one_of
from pointsvc.schemes import changes as comparison
from pointsvc.schemes import document as documents
from pointsvc.schemes.changes import Changes
from pointsvc.schemes.holding import Sheet, document_of, effective, governing, governing_id, in_force, sheets
from pointsvc.schemes.models import Rule, Scheme

__all__ = [
    "CHANGED_MEANWHILE",
    "Changes",
    "Sheet",
    "changes",
    "create",
    "document_of",
    "effective",
    "governing",
    "governing_id",
    "in_force",
    "intern",
    "listing",
    "publish",
    "revise",
    "rule_ids",
    "scheme",
    "sheets",
]

Document = Mapping[str, Any]

CHANGED_MEANWHILE = N_("Somebody else has changed this draft since you opened it")
# What the first sheet of all is compared with.
NOTHING: Document = {"groups": [], "rules": []}

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)


def create(*, actor: Actor, at: datetime, organisation: str, starts_on: date, document: Document) -> Scheme:
    """Add a version as a draft, to hold from ``starts_on`` once it is published.

    Raises NotFound for an organisation out of reach, Invalid for a faulty document (paths under
    ``scheme.``) or day (``from``).
    """
    _check_document(document)
    owner = reach.organisation(actor, organisation)
    # Two drafts at once must not take the same version.
    db.session.execute(select(Organisation.id).where(Organisation.id == owner.id).with_for_update())
    _check_day(owner.id, starts_on)
    intern(item["code"] for item in document["rules"])
    latest = db.session.scalar(select(func.max(Scheme.version)).where(Scheme.organisation_id == owner.id))
    scheme = Scheme(
        organisation_id=owner.id,
        version=(latest or 0) + 1,
        name=document["name"],
        status="draft",
        starts_on=starts_on,
        document=document,
        digest=documents.digest(document),
        created_at=at,
        created_by_id=actor.sign_in_id,
    )
    db.session.add(scheme)
    db.session.flush()
    audit.note(actor=actor, at=at, action="scheme:create", object_id=str(scheme.id), organisation=owner.code)
    return scheme


def revise(
    *,
    actor: Actor,
    at: datetime,
    scheme_id: int,
    revision: int,
    document: Document,
    starts_on: date | None = None,
) -> Scheme:
    """Write this document (and first day) in place of the draft's, which the actor saw at ``revision``.

    What stands there already is left alone, so that the same request sent twice is no conflict.
    Raises NotFound, Invalid as ``create``, Conflict 'published', and 'changed_meanwhile' when somebody
    else has written since.
    """
    _check_document(document)
    found = _locked(actor, scheme_id)
    if found.status == "published":
        raise Conflict(N_("A published version is never changed; write a new draft"), code="published")
    day, digest = starts_on or found.starts_on, documents.digest(document)
    if (found.digest, found.starts_on) == (digest, day):
        return found
    if found.revision != revision:
        raise Conflict(CHANGED_MEANWHILE, code="changed_meanwhile")
    _check_day(found.organisation_id, day)
    intern(item["code"] for item in document["rules"])
    before = found.digest
    found.document, found.digest, found.name = dict(document), digest, document["name"]
    found.starts_on, found.revision = day, found.revision + 1
    db.session.flush()
    audit.note(actor=actor, at=at, action="scheme:revise", object_id=str(found.id), before=before, after=digest)
    return found


def publish(*, actor: Actor, at: datetime, scheme_id: int, revision: int | None = None) -> Scheme:
    """Put a draft in force; from then on it is never changed. Publishing it again changes nothing.

    The members it governs are settled by a job. Raises NotFound, Conflict 'starts_too_early' when a
    version that starts later has been published since, and 'changed_meanwhile' when the draft is no
    longer as the actor saw it at ``revision``.
    """
    found = _locked(actor, scheme_id)
    if found.status == "published":
        return found
    if revision is not None and found.revision != revision:
        raise Conflict(CHANGED_MEANWHILE, code="changed_meanwhile")
    newest = _newest_start(found.organisation_id)
    if newest and found.starts_on < newest:
        raise Conflict(_too_early(newest), code="starts_too_early")
    found.status, found.published_at, found.published_by_id = "published", at, actor.sign_in_id
    db.session.flush()
    audit.note(actor=actor, at=at, action="scheme:publish", object_id=str(found.id), digest=found.digest)
    queues.enqueue(
        topic=queues.STANDINGS_SETTLE,
        payload={"organisation": found.organisation_id},
        at=at,
        dedupe=f"settle:scheme:{found.id}",
    )
    return found


def changes(*, actor: Actor, at: datetime, scheme_id: int) -> tuple[Changes, Scheme | None]:
    """What this version changes, and against which: for a draft the one that it would replace, for a
    published one the one before it. Against nothing, all of it is new. Raises NotFound.
    """
    found, _ = scheme(actor=actor, scheme_id=scheme_id)
    before = _replaced(found, clock.local(at).date())
    return comparison.changes(before.document if before else NOTHING, found.document), before


def scheme(*, actor: Actor, scheme_id: int) -> tuple[Scheme, Organisation]:
    """A version of the actor's own tree, or a published one that holds from above. Raises NotFound."""
    found = db.session.execute(
        select(Scheme, Organisation)
        .join(Organisation, Organisation.id == Scheme.organisation_id)
        .where(Scheme.id == scheme_id, _readable(actor))
    ).first()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def listing(
    *, actor: Actor, organisation: str | None = None, limit: int = 50, after: Sequence[Any] | None = None
) -> Sequence[Row[Scheme, Organisation]]:
    """The versions of this organisation and those it inherits from, the latest start first.

    Without ``organisation``: of the actor's own node. ``after`` is the last one's (starts_on, id).
    Raises NotFound for an organisation out of reach.
    """
    node = reach.organisation(actor, organisation).id if organisation else actor.organisation_id
    query = (
        select(Scheme, Organisation)
        .join(Organisation, Organisation.id == Scheme.organisation_id)
        .where(_readable(actor))
        .order_by(Scheme.starts_on.desc(), Scheme.id.desc())
        .limit(limit)
    )
    if node is not None:
        above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == node)
        query = query.where(Scheme.organisation_id.in_(above))
    if after:
        day, last = after
        query = query.where(or_(Scheme.starts_on < day, and_(Scheme.starts_on == day, Scheme.id < last)))
    return db.session.execute(query).all()


# ---- rules' codes


def intern(codes: Iterable[str]) -> None:
    """See that each of these codes has its row. Sorted, so that two at once cannot block each other."""
    values = [{"code": code} for code in sorted(set(codes))]
    if values:
        dialect: Any = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        db.session.execute(dialect.insert(Rule).values(values).on_conflict_do_nothing())


def rule_ids(codes: Iterable[str]) -> dict[str, int]:
    """The ids of these rules by code. Not kept between calls: an id may be rolled back."""
    return dict(_with_codes.rows(codes=sorted(set(codes))))


@Prepared
def _with_codes(dialect: str) -> Any:
    return select(Rule.code, Rule.id).where(one_of(Rule.code, "codes", dialect))


# ---- inside


def _locked(actor: Actor, scheme_id: int) -> Scheme:
    """A version of the actor's own tree, locked. Raises NotFound."""
    found: Scheme | None = db.session.scalar(
        select(Scheme)
        .where(Scheme.id == scheme_id, Scheme.organisation_id.in_(reach.organisation_ids(actor)))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound()
    return found


def _replaced(found: Scheme, today: date) -> Scheme | None:
    if found.status == "draft":
        return in_force(found.organisation_id, max(found.starts_on, today))
    before = db.session.scalar(
        select(Scheme)
        .where(Scheme.organisation_id == found.organisation_id, Scheme.status == "published")
        .where(tuple_(Scheme.starts_on, Scheme.version) < tuple_(found.starts_on, found.version))
        .order_by(Scheme.starts_on.desc(), Scheme.version.desc())
        .limit(1)
    )
    return before or in_force(found.organisation_id, found.starts_on - timedelta(days=1))


def _check_document(document: Document) -> None:
    faults = documents.validate(document)
    if faults:
        raise Invalid({f"scheme.{path}".rstrip("."): messages for path, messages in faults.items()})


def _check_day(organisation_id: int, starts_on: date) -> None:
    if not EARLIEST <= starts_on <= LATEST:
        raise Invalid({"from": N_("This day lies too far away")})
    newest = _newest_start(organisation_id)
    if newest and starts_on < newest:
        raise Invalid({"from": _too_early(newest)})


def _newest_start(organisation_id: int) -> date | None:
    return db.session.scalar(
        select(func.max(Scheme.starts_on)).where(
            Scheme.organisation_id == organisation_id, Scheme.status == "published"
        )
    )


def _too_early(newest: date) -> Message:
    return Message(N_("A version that starts on %(day)s is published; a later one cannot start before it"), day=newest)


def _readable(actor: Actor) -> ColumnElement[bool]:
    own: ColumnElement[bool] = Scheme.organisation_id.in_(reach.organisation_ids(actor))
    if actor.is_system:
        return own
    if not allowed(actor, Permission.SCHEMES_MANAGE):
        own = and_(own, Scheme.status == "published")
    above = select(OrganisationReach.above_id).where(OrganisationReach.below_id == actor.organisation_id)
    return or_(own, and_(Scheme.organisation_id.in_(above), Scheme.status == "published"))
