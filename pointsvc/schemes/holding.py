"""Which version of which rule sheet holds where and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from pointsvc.db import db
from pointsvc.people.models import OrganisationReach
from pointsvc.prepared import Among, Several
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes.models import Scheme

Document = Mapping[str, Any]

# By digest, so that a document can never be taken for another, whatever happens to ids. What is in
# force is never kept here: a publication must be seen at once by every process.
_KEPT: dict[str | tuple[str, ...], Document] = {}
_KEPT_MOST = 500


@dataclass(frozen=True)
class Sheet:
    """The rule sheet that governs an organisation on a day.

    ``document`` is the version's own; ``effective`` has in addition the rules that earlier versions
    had within the cycle. Both are shared between callers and must not be changed. ``versions`` are
    the ids of all versions whose rules may stand in ``effective``, all of them published.
    """

    scheme_id: int
    organisation_id: int
    version: int
    digest: str
    document: Document
    effective: Document
    versions: tuple[int, ...]


def sheets(organisation_ids: Collection[int] | Select[*tuple[Any, ...]], on: date) -> dict[int, Sheet]:
    """The sheet that governs each of these organisations on this day; without one it is left out.

    It is that of the nearest node at or above with a published version that has started: of its
    versions the one with the latest start, then the highest number. One statement, and one more for
    documents that this process has not seen yet.
    """
    versions = _versions(organisation_ids, on)
    _keep_documents({row.digest: row.id for rows in versions.values() for row in rows})
    return {organisation_id: _sheet(rows, on) for organisation_id, rows in versions.items()}


def governing(organisation_ids: Collection[int] | Select[*tuple[Any, ...]], on: date) -> dict[int, Scheme]:
    """As ``sheets``, but the rows of the versions in force."""
    first = {organisation_id: rows[0].id for organisation_id, rows in _versions(organisation_ids, on).items()}
    found = db.session.scalars(select(Scheme).where(Scheme.id.in_(set(first.values()))))
    by_id = {row.id: row for row in found}
    return {organisation_id: by_id[scheme_id] for organisation_id, scheme_id in first.items()}


def in_force(organisation_id: int, on: date) -> Scheme | None:
    """The version that governs this organisation on this day, or None."""
    return governing([organisation_id], on).get(organisation_id)


def effective(scheme: Scheme, through: date) -> Document:
    """The document for a reckoning through this day.

    Rules that earlier versions of the same organisation had within the cycle, and that this one
    lacks, stay in force for the entries that were recorded by them.
    """
    rows = db.session.execute(
        select(Scheme.id, Scheme.digest, Scheme.starts_on)
        .where(
            Scheme.organisation_id == scheme.organisation_id,
            Scheme.status == "published",
            Scheme.starts_on <= through,
            Scheme.id != scheme.id,
        )
        .order_by(Scheme.starts_on.desc(), Scheme.version.desc())
    ).all()
    _keep_documents({row.digest: row.id for row in rows})
    return _merged(scheme.document, scheme.digest, scheme.starts_on, rows, through)


def document_of(scheme_id: int, digest: str) -> Document:
    """The document with this digest, read from this version the first time."""
    _keep_documents({digest: scheme_id})
    return _KEPT[digest]


def governing_id(organisation_id: Any, on: Any) -> Any:
    """As ``in_force``, a subquery for the id within another statement (columns or parameters)."""
    return (
        select(Scheme.id)
        .join(OrganisationReach, OrganisationReach.above_id == Scheme.organisation_id)
        .where(OrganisationReach.below_id == organisation_id, Scheme.status == "published", Scheme.starts_on <= on)
        .order_by(OrganisationReach.depth, Scheme.starts_on.desc(), Scheme.version.desc())
        .limit(1)
        .scalar_subquery()
    )


def _versions(organisation_ids: Collection[int] | Select[*tuple[Any, ...]], on: date) -> dict[int, list[Any]]:
    """For each organisation the started versions of the node that governs it, the one in force first."""
    rows: Iterable[Any]
    if isinstance(organisation_ids, Select):
        rows = db.session.execute(_started().where(OrganisationReach.below_id.in_(organisation_ids)), {"on": on})
    else:
        rows = _started_at.rows(list(organisation_ids), on=on)
    found: dict[int, list[Any]] = {}
    for row in rows:
        nearest = found.setdefault(row.below_id, [])
        if not nearest or nearest[0].depth == row.depth:
            nearest.append(row)
    return found


@cache
def _started() -> Select[*tuple[Any, ...]]:
    # Built once: every request that records or reckons asks it.
    return (
        select(
            OrganisationReach.below_id,
            OrganisationReach.depth,
            Scheme.id,
            Scheme.organisation_id,
            Scheme.version,
            Scheme.digest,
            Scheme.starts_on,
        )
        .join(Scheme, Scheme.organisation_id == OrganisationReach.above_id)
        .where(Scheme.status == "published", Scheme.starts_on <= bindparam("on"))
        .order_by(OrganisationReach.depth, Scheme.starts_on.desc(), Scheme.version.desc())
    )


@Several
def _started_at(dialect: str, among: Among) -> Any:
    return _started().where(among(OrganisationReach.below_id))


def _keep_documents(ids: Mapping[str, int]) -> None:
    missing = {scheme_id for digest, scheme_id in ids.items() if digest not in _KEPT}
    if not missing:
        return
    if len(_KEPT) + len(missing) > _KEPT_MOST:
        _KEPT.clear()
        missing = set(ids.values())
    for row in db.session.execute(select(Scheme.digest, Scheme.document).where(Scheme.id.in_(missing))):
        _KEPT[row.digest] = row.document


def _sheet(rows: Sequence[Any], on: date) -> Sheet:
    newest, *earlier = rows
    own = _KEPT[newest.digest]
    whole = _merged(own, newest.digest, newest.starts_on, earlier, on)
    versions = tuple(row.id for row in rows)
    return Sheet(newest.id, newest.organisation_id, newest.version, newest.digest, own, whole, versions)


def _merged(own: Document, digest: str, starts_on: date, earlier: Sequence[Any], through: date) -> Document:
    """``earlier``: the other started versions, the latest start first."""
    cycle = periods.cycle_start(through, documents.starts_month(own))
    # Of the versions from before the cycle, the last start's are those that still held on its first day.
    before = max((day for day in (starts_on, *(row.starts_on for row in earlier)) if day <= cycle), default=date.min)
    digests = [row.digest for row in earlier if row.starts_on >= before]
    if not digests:
        return own
    key = (digest, *digests)
    if key not in _KEPT:
        _KEPT[key] = documents.merged(own, [_KEPT[item] for item in digests])
    return _KEPT[key]
