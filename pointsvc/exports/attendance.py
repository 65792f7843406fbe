"""Attendance on its way into a file: one row a member and meeting, as imports take it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from pointsvc.activities.models import Attendance, Meeting
from pointsvc.db import among, db
from pointsvc.exports.columns import MARKS
from pointsvc.exports.pieces import Pause, in_pieces
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation

AT_ONCE = 20_000
_ORDER = (Organisation.code, Meeting.held_on, Meeting.kind, Meeting.title)


def rows(
    organisation_id: int, since: date | None = None, until: date | None = None, pause: Pause | None = None
) -> Iterator[list[Any]]:
    """Every mark at the meetings of the node and below, as rows of ``columns.ATTENDANCE``."""
    held: list[ColumnElement[bool]] = [Attendance.mark.is_not(None)]
    if since:
        held.append(Meeting.held_on >= since)
    if until:
        held.append(Meeting.held_on <= until)
    query = (
        select(
            Organisation.code,
            Organisation.name.label("place"),
            Meeting.held_on,
            Meeting.kind,
            Meeting.title,
            Member.number,
            Member.name,
            Attendance.mark,
        )
        .join(Meeting, Meeting.id == Attendance.meeting_id)
        .join(Organisation, Organisation.id == Meeting.organisation_id)
        .join(Member, Member.id == Attendance.member_id)
        .where(*held)
        .order_by(*_ORDER, Member.number)
    )
    n = 0
    for meetings in _pieces(organisation_id, held):
        if pause:
            pause()
        for row in db.session.execute(query.where(among(Meeting.id, meetings))).all():
            n += 1
            yield [n, *row[:4], row.title or None, row.number, row.name, MARKS[row.mark]]


def _pieces(organisation_id: int, held: list[ColumnElement[bool]]) -> list[list[int]]:
    counted = db.session.execute(
        select(Meeting.id, func.count())
        .join(Organisation, Organisation.id == Meeting.organisation_id)
        .join(Attendance, Attendance.meeting_id == Meeting.id)
        .where(Meeting.organisation_id.in_(reach.ids_below(organisation_id)), *held)
        .group_by(Meeting.id, Organisation.code)
        .order_by(*_ORDER)
    ).all()
    return in_pieces([(row[0], row[1]) for row in counted], AT_ONCE)
