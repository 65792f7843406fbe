"""Pledges on their way into files, in the shape in which imports take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select

from pointsvc.db import db
from pointsvc.exports.columns import PLEDGE_HORIZONS, PLEDGE_KINDS, PLEDGE_STATES
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation
from pointsvc.pledges.models import Pledge


def rows(organisation_id: int) -> Iterator[list[Any]]:
    """The pledges of the node and below, but those withdrawn, as rows of ``columns.PLEDGES``."""
    found = db.session.execute(
        select(
            Pledge, Member.number, func.coalesce(Member.name, Organisation.name), Organisation.code, Organisation.name
        )
        .join(Organisation, Organisation.id == Pledge.organisation_id)
        .outerjoin(Member, Member.id == Pledge.member_id)
        .where(Pledge.organisation_id.in_(reach.ids_below(organisation_id)), Pledge.status != "withdrawn")
        .order_by(Organisation.code, Pledge.id)
    )
    for n, (row, number, by, code, place) in enumerate(found, 1):
        yield [
            n,
            number,
            by,
            code,
            place,
            PLEDGE_KINDS[row.kind],
            PLEDGE_HORIZONS[row.horizon],
            row.text,
            row.indicator,
            row.baseline,
            row.target,
            row.due_on,
            row.beneficiary,
            row.witness,
            row.minute,
            PLEDGE_STATES[row.status],
            row.published_on,
            row.settled_on,
        ]
