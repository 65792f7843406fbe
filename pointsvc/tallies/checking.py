"""Proving kept totals and finished tallies by reckoning them again, for ``pointsvc verify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import and_, func, select

from pointsvc import clock, queues
from pointsvc.db import db, hundredths
from pointsvc.errors import N_, Message
from pointsvc.people import reach
from pointsvc.people.models import Member, MemberCategory, Membership
from pointsvc.schemes import document as documents
from pointsvc.schemes import periods
from pointsvc.schemes import service as schemes
from pointsvc.tallies import statements
from pointsvc.tallies.models import Standing, Tally, TallyResult

AT_ONCE = 1000


def faults(*, at: datetime, pause: Callable[[], object]) -> Iterator[Message]:
    """Each kept total and each tally's result that reckoning it again does not give.

    An account may be written to meanwhile, so whoever differs is looked at a second time. ``pause``
    is called between two short reads, and may write.
    """
    yield from _standing_faults(clock.local(at).date(), pause)
    for tally_id in db.session.scalars(select(Tally.id).where(Tally.version > 0).order_by(Tally.id)).all():
        yield from _tally_faults(tally_id, pause)


# ---- standings


def _standing_faults(today: date, pause: Callable[[], object]) -> Iterator[Message]:
    pending = db.session.scalar(
        select(queues.Job.id).where(queues.Job.topic == queues.STANDINGS_SETTLE, queues.Job.done_at.is_(None)).limit(1)
    )
    if pending:
        # A new sheet or month has not reached everybody yet; that is no fault.
        return
    last = 0
    while ids := db.session.scalars(select(Member.id).where(Member.id > last).order_by(Member.id).limit(AT_ONCE)).all():
        last = ids[-1]
        if wrong := _wrong_standings(ids, today):
            for number in _numbers(_wrong_standings(sorted(wrong), today)):
                yield Message(N_("The kept total of member %(number)s is not what the entries give"), number=number)
        pause()


def _wrong_standings(member_ids: Sequence[int], today: date) -> set[int]:
    places = _places(member_ids, today)
    sheets = schemes.sheets({place[1] for place in places}, today)
    due: dict[int, Any] = {}
    for scheme_id in {sheet.scheme_id for sheet in sheets.values()}:
        who = [place for place in places if place[1] in sheets and sheets[place[1]].scheme_id == scheme_id]
        sheet = sheets[who[0][1]]
        month = documents.starts_month(sheet.effective)
        by = statements.sheet_of(sheet, periods.cycle_start(today, month))
        due |= _reckoned(statements.score, by, who, through_on=periods.cycle_end(today, month))
    kept = {row.member_id: row for row in db.session.scalars(_kept(member_ids)).all()}
    return {
        member_id
        for member_id in due.keys() | kept.keys()
        if member_id not in due or member_id not in kept or _differs(kept[member_id], due[member_id])
    }


def _kept(member_ids: Sequence[int]) -> Any:
    return select(Standing).where(Standing.member_id.in_(member_ids)).execution_options(populate_existing=True)


def _places(member_ids: Sequence[int], today: date) -> list[tuple[int, int, str]]:
    category = and_(MemberCategory.member_id == Membership.member_id, reach.on_day(MemberCategory, today))
    rows = db.session.execute(
        select(Membership.member_id, Membership.organisation_id, MemberCategory.category)
        .outerjoin(MemberCategory, category)
        .where(Membership.member_id.in_(member_ids), reach.on_day(Membership, today))
    )
    return [(member_id, branch_id, kind or statements.REGULAR) for member_id, branch_id, kind in rows]


# ---- tallies


def _tally_faults(tally_id: int, pause: Callable[[], object]) -> Iterator[Message]:
    tally = db.session.get_one(Tally, tally_id)
    last = 0
    while rows := db.session.scalars(_results(tally).where(TallyResult.member_id > last).limit(AT_ONCE)).all():
        last = rows[-1].member_id
        for number in _numbers(_wrong_results(tally, rows)):
            yield Message(
                N_("Tally %(tally)s (%(period)s): the result of member %(number)s is not what the entries give"),
                period=tally.period,
                tally=tally.id,
                number=number,
            )
        pause()
    written = db.session.scalar(select(func.count()).select_from(_results(tally).subquery())) or 0
    if written != tally.members:
        yield Message(
            N_("Tally %(tally)s (%(period)s) has %(written)s results instead of %(members)s"),
            period=tally.period,
            tally=tally.id,
            written=written,
            members=tally.members,
        )


def _results(tally: Tally) -> Any:
    own = (TallyResult.tally_id == tally.id, TallyResult.version == tally.version)
    return select(TallyResult).where(*own).order_by(TallyResult.member_id)


def _wrong_results(tally: Tally, rows: Sequence[TallyResult]) -> set[int]:
    """Results of a sheet that has since got a newer version for those days cannot be reckoned again."""
    sheets = schemes.sheets({row.branch_id for row in rows}, tally.through_on)
    wrong: set[int] = set()
    for scheme_id in {row.scheme_id for row in rows}:
        same = [row for row in rows if row.scheme_id == scheme_id and row.branch_id in sheets]
        same = [row for row in same if sheets[row.branch_id].scheme_id == scheme_id]
        if not same:
            continue
        sheet = sheets[same[0].branch_id]
        cycle = periods.cycle_start(tally.through_on, documents.starts_month(sheet.effective))
        who = [(row.member_id, row.branch_id, row.category) for row in same]
        days = {"through_on": tally.through_on, "cutoff_at": tally.cutoff_at}
        due = _reckoned(statements.score_at, statements.sheet_of(sheet, cycle), who, **days)
        wrong |= {row.member_id for row in same if _differs(row, due[row.member_id])}
    return wrong


# ---- both


def _reckoned(make: Any, by: statements.Sheet, who: Sequence[tuple[int, int, str]], **days: Any) -> dict[int, Any]:
    rows = statements.statement(make, by).rows(who=orjson.dumps(who).decode(), **days)
    return {row.member_id: row for row in rows}


def _differs(kept: Standing | TallyResult, due: Any) -> bool:
    if hundredths(kept.raw) != due.raw or kept.veto != due.veto or kept.rules != due.rules:
        return True
    if isinstance(kept, TallyResult) and hundredths(kept.carried) != due.carried:
        # A previous total was declared after the tally: it had been right.
        return False
    total = None if kept.total is None else hundredths(kept.total)
    return bool(total != due.total or kept.grade != due.grade)


def _numbers(member_ids: set[int]) -> Sequence[str]:
    return db.session.scalars(select(Member.number).where(Member.id.in_(member_ids)).order_by(Member.number)).all()
