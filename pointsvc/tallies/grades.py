"""The grades of a tally: how many members have each, and how many the quotas of the rule sheets suggest."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme
from pointsvc.tallies.models import Tally, TallyResult


@dataclass(frozen=True)
class Advice:
    """How many members of a branch have this grade, of how many that its quota suggests."""

    branch_id: int
    grade: str | None
    count: int
    quota: int | None

    @property
    def over(self) -> bool:
        """Whether there are more than the quota suggests. Nobody is taken off for that."""
        return self.quota is not None and self.count > self.quota


def advice(*, tally: Tally) -> list[Advice]:
    """Each branch's members by grade, against the quotas of its rule sheet."""
    rows = db.session.execute(
        select(TallyResult.branch_id, TallyResult.scheme_id, TallyResult.grade, func.count().label("number"))
        .where(TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
        .group_by(TallyResult.branch_id, TallyResult.scheme_id, TallyResult.grade)
    ).all()
    quotas = _quotas({row.scheme_id for row in rows})
    graded: dict[tuple[int, int], int] = {}
    for row in rows:
        if row.grade is not None:
            key = (row.branch_id, row.scheme_id)
            graded[key] = graded.get(key, 0) + row.number
    found = []
    for row in rows:
        share = quotas[row.scheme_id].get(row.grade)
        quota = None if share is None else int(share * graded[row.branch_id, row.scheme_id])
        found.append(Advice(row.branch_id, row.grade, row.number, quota))
    return found


def _quotas(scheme_ids: set[int]) -> dict[int, dict[str | None, Fraction]]:
    rows = db.session.execute(select(Scheme.id, Scheme.digest).where(Scheme.id.in_(scheme_ids)))
    return {
        row.id: {
            grade["name"]: documents.share(grade["quota"])
            for grade in schemes.document_of(row.id, row.digest).get("grades", ())
            if "quota" in grade
        }
        for row in rows.all()
    }


def counts(*, tally_id: int) -> list[tuple[str | None, int]]:
    """How many members have each grade, best grade first, those without one last."""
    tally = db.session.get_one(Tally, tally_id, populate_existing=True)
    total = func.max(TallyResult.total)
    rows = db.session.execute(
        select(TallyResult.grade, func.count())
        .where(TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
        .group_by(TallyResult.grade)
        .order_by(TallyResult.grade.is_(None), total.desc(), TallyResult.grade)
    )
    return [(grade, number) for grade, number in rows]


def group_names(tally: Tally) -> dict[str, str]:
    """The groups of the rule sheets that this tally went by, code -> name."""
    ids = select(TallyResult.scheme_id).where(TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
    rows = db.session.execute(select(Scheme.id, Scheme.digest).where(Scheme.id.in_(ids)).order_by(Scheme.id)).all()
    documents_ = [schemes.document_of(row.id, row.digest) for row in rows]
    return {group["code"]: group["name"] for document in documents_ for group in document["groups"]}
