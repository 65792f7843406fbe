"""A scheme that comes as a file: the JSON document, adopted at once."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from pointsvc import clock
from pointsvc.db import db
from pointsvc.errors import N_, Conflict, Invalid, Problem
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from pointsvc.strict_json import parse_json

_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


def parse(content: bytes) -> dict[str, Any]:
    """The document in the file. Raises Invalid under ``file`` or under the document's own paths."""
    try:
        document = parse_json(content.removeprefix(b"\xef\xbb\xbf"))
    except Problem as error:
        raise Invalid({"file": N_("The file is not a scheme document (JSON, UTF-8)")}) from error
    if not isinstance(document, dict):
        raise Invalid({"file": N_("The file is not a scheme document (JSON, UTF-8)")})
    faults = documents.validate(document)
    if faults:
        raise Invalid(faults)
    return document


def adopt(*, actor: Actor, at: datetime, document: dict[str, Any], options: dict[str, Any]) -> None:
    """Create and publish the document as the organisation's next version.

    Without an organisation it is the actor's own node; without a day it holds from the first day of
    the cycle of the year that its title names, or of the present cycle. The version in force being
    the very same document, nothing is added.
    """
    code = options.get("organisation") or _own_code(actor)
    starts_on = date.fromisoformat(options["from"]) if options.get("from") else _first_day(document, at)
    organisation_id = db.session.scalars(select(Organisation.id).where(Organisation.code == code)).one()
    newest = db.session.scalar(
        select(Scheme)
        .where(Scheme.organisation_id == organisation_id, Scheme.status == "published")
        .order_by(Scheme.starts_on.desc(), Scheme.version.desc())
        .limit(1)
    )
    if newest and newest.digest == documents.digest(document):
        return
    scheme = schemes.create(actor=actor, at=at, organisation=code, starts_on=starts_on, document=document)
    schemes.publish(actor=actor, at=at, scheme_id=scheme.id)


def _own_code(actor: Actor) -> str:
    if actor.organisation_id is not None:
        return db.session.scalars(select(Organisation.code).where(Organisation.id == actor.organisation_id)).one()
    roots = db.session.scalars(select(Organisation.code).where(Organisation.parent_id.is_(None))).all()
    if len(roots) != 1:
        raise Conflict(N_("Say which organisation the scheme is for"), code="organisation_needed")
    return roots[0]


def _first_day(document: dict[str, Any], at: datetime) -> date:
    month = documents.starts_month(document)
    named = _YEAR.search(document["name"])
    return date(int(named[1]), month, 1) if named else periods.cycle_start(clock.local(at).date(), month)
