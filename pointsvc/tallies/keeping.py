"""The standings: each member's score of the present cycle, kept current with every entry."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Date, and_, bindparam, delete, select

from pointsvc import clock
from pointsvc.db import db, settles, transaction
from pointsvc.people import reach
from pointsvc.people.models import Member, MemberCategory, Membership
from pointsvc.prepared import Among, Several
from pointsvc.queues import hold
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import statements
from pointsvc.tallies.models import Standing

AT_ONCE = 500


@settles
def settle(member_ids: Collection[int]) -> None:
    """Bring the standings of these members up to date, within the present transaction.

    A member who belongs nowhere today, or whose branch has no rule sheet, has no standing.
    """
    today = clock.today()
    # In the order of ids, so that two transactions with members in common cannot block each other.
    for part in _parts(sorted(member_ids)):
        _settle_part(part, today)


def _parts(ids: Sequence[int], size: int = AT_ONCE) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _settle_part(member_ids: Sequence[int], today: date) -> None:
    rows = _places(member_ids, today)
    sheets = schemes.sheets({row.branch_id for row in rows}, today)
    by_scheme: dict[int, list[Any]] = {}
    for row in rows:
        if row.branch_id in sheets:
            by_scheme.setdefault(sheets[row.branch_id].scheme_id, []).append(row)
    for members in by_scheme.values():
        _write(sheets[members[0].branch_id], members, today)
    gone = set(member_ids) - {row.id for members in by_scheme.values() for row in members}
    if gone:
        db.session.execute(delete(Standing).where(Standing.member_id.in_(gone)))


def _places(member_ids: Sequence[int], today: date) -> Sequence[Any]:
    """Where these members belong today, and as what; their rows are locked.

    Of two transactions that write entries of one member, the second must reckon after the first has
    committed, or it would miss the first one's entry. The lock leaves foreign keys alone.
    """
    return _placing.rows(member_ids, today=today)


@Several
def _placing(dialect: str, among: Among) -> Any:
    today = bindparam("today", type_=Date())
    category = and_(MemberCategory.member_id == Member.id, reach.on_day(MemberCategory, today))
    return (
        select(Member.id, Membership.organisation_id.label("branch_id"), MemberCategory.category)
        .join(Membership, and_(Membership.member_id == Member.id, reach.on_day(Membership, today)))
        .outerjoin(MemberCategory, category)
        .where(among(Member.id))
        .order_by(Member.id)
        .with_for_update(of=Member, key_share=True)
    )


def _write(sheet: schemes.Sheet, members: Sequence[Any], today: date) -> None:
    month = documents.starts_month(sheet.effective)
    made = statements.statement(statements.standing, statements.sheet_of(sheet, periods.cycle_start(today, month)))
    who = [[row.id, row.branch_id, row.category or statements.REGULAR] for row in members]
    made.run(
        who=orjson.dumps(who).decode(),
        through_on=periods.cycle_end(today, month),
        scheme_id=sheet.scheme_id,
        settled_at=clock.now(),
    )


def settle_all(*, organisation_id: int | None, job_id: int, token: int) -> None:
    """Settle everybody of this organisation and below (None: everybody), in short transactions.

    Raises Fenced when the job has passed to another worker.
    """
    ids = _everybody(organisation_id)
    done = 0
    # On SQLite nobody else writes meanwhile.
    size = AT_ONCE if db.session.get_bind().dialect.name == "postgresql" else AT_ONCE // 5
    for part in _parts(ids, size):
        with transaction():
            hold(job_id=job_id, token=token, at=clock.now(), progress=done, size=len(ids))
            settle(set(part))
        done += len(part)


def _everybody(organisation_id: int | None) -> Sequence[int]:
    query = select(Membership.member_id).distinct()
    if organisation_id is not None:
        query = query.where(Membership.organisation_id.in_(reach.ids_below(organisation_id)))
    found = db.session.scalars(query.order_by(Membership.member_id)).all()
    db.session.rollback()
    return found
