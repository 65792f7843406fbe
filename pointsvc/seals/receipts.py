"""Receipts (积分回执): what whoever holds an entry's code may see of it, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from pointsvc.db import db
from pointsvc.ledger import service as ledger
from pointsvc.people.models import Member
from pointsvc.permissions import SYSTEM
from pointsvc.seals.models import Seal
from pointsvc.seals.proofs import of_sealed_entry


@dataclass(frozen=True)
class Receipt:
    """An entry as its receipt says it: no matter, no note, no branch.

    ``status`` is the entry's; ``fingerprint`` that of its leaf, once it is sealed.
    """

    entry: int
    name: str
    rule_name: str
    points: Decimal
    occurred_on: date
    recorded_at: datetime
    status: str
    fingerprint: str | None
    seal: Seal | None

    @property
    def masked(self) -> str:
        """The name as strangers may see it: its first character; not even its length."""
        return self.name[:1] + "**"


def receipt(entry_id: int) -> Receipt:
    """The receipt of this entry, for whoever has its code or may read the entry. Raises NotFound."""
    entry = ledger.entry(actor=SYSTEM, entry_id=entry_id)
    leaf, seal = of_sealed_entry(entry_id)
    return Receipt(
        entry=entry.id,
        name=db.session.scalars(select(Member.name).where(Member.number == entry.member)).one(),
        rule_name=entry.rule_name,
        points=entry.points,
        occurred_on=entry.occurred_on,
        recorded_at=entry.recorded_at,
        status=entry.status,
        fingerprint=leaf.hash.hex() if leaf and seal else None,
        seal=seal,
    )
