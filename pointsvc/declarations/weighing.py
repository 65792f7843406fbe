"""What a deed is worth: where its member stood on its day, and the rule that was in force there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, String, and_, or_, select

from pointsvc.db import among, db, given
from pointsvc.declarations.rules import may_be_declared
from pointsvc.errors import N_, Invalid
from pointsvc.ledger import service as ledger
from pointsvc.ledger.placing import Place
from pointsvc.people.models import MemberCategory, Membership, OrganisationReach
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Scheme

# As a member is reckoned whose category nobody has written down.
REGULAR = "regular"

_BY_BRANCH = N_("This is recorded by the branch; it cannot be declared")
_NOT_FOR = N_("This item does not hold for the member's category")


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody declares of one member: the number, the rule, the day, and what the rule needs.

    ``sheet`` and ``line`` say where it stands on paper.
    """

    member: str
    rule: str
    occurred_on: date
    quantity: Decimal | None = None
    tier: str | None = None
    points: Decimal | None = None
    matter: str | None = None
    note: str | None = None
    sheet: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a member stood on the day: branch and rule sheet (as the ledger has them), and category."""

    place: Place
    category: str

    @property
    def document(self) -> Mapping[str, Any]:
        """The rule sheet; without one, a sheet of no rules."""
        if self.place.scheme_id is None or self.place.digest is None:
            return {"rules": []}
        return schemes.document_of(self.place.scheme_id, self.place.digest)

    def rule(self, code: str) -> Mapping[str, Any]:
        """The rule of this code as it stood there then; an empty one when there was none."""
        return documents.rule(self.document, code) or {}

    def ranged(self, code: str) -> bool:
        """Whether the declarer chooses the points of this rule."""
        return "range" in self.rule(code)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a deed gives, in which branch, by which version of which sheet."""

    points: Decimal
    branch_id: int
    scheme_id: int


def grounds(rows: Sequence[tuple[str, int, date]], *, actor: Actor | None) -> list[Ground]:
    """For each (number, member id, day) where the member stood, whatever their number: two statements.

    With ``actor`` a branch beyond the actor's reach is as if there were none.
    """
    found = {row.n: row for row in db.session.execute(_asked(rows))}
    branches = {row.branch_id for row in found.values() if row.branch_id is not None}
    reached = branches if actor is None or actor.is_system else _reached(actor, branches)
    return [
        Ground(_place(number, member_id, found[n], reached), found[n].category or REGULAR)
        for n, (number, member_id, _) in enumerate(rows)
    ]


def _place(number: str, member_id: int, row: Any, reached: Collection[int]) -> Place:
    if row.branch_id not in reached:
        return Place(number, member_id, None, None, None)
    return Place(number, member_id, row.branch_id, row.scheme_id, row.digest)


def _asked(rows: Sequence[tuple[str, int, date]]) -> Any:
    kinds: Any = {"n": Integer(), "number": String(), "member_id": BigInteger(), "day": Date()}
    asked = given(kinds, [(n, *row) for n, row in enumerate(rows)]).c
    placed = (
        select(asked.n, asked.day, Membership.organisation_id.label("branch_id"), MemberCategory.category)
        .outerjoin(Membership, _holds(Membership, asked))
        .outerjoin(MemberCategory, _holds(MemberCategory, asked))
        .subquery("placed")
    )
    governed = select(placed, schemes.governing_id(placed.c.branch_id, placed.c.day).label("scheme_id")).subquery()
    return select(governed, Scheme.digest).outerjoin(Scheme, Scheme.id == governed.c.scheme_id)


def _holds(table: Any, asked: Any) -> Any:
    until = or_(table.ends_on.is_(None), table.ends_on > asked.day)
    return and_(table.member_id == asked.member_id, table.starts_on <= asked.day, until)


def _reached(actor: Actor, branches: Collection[int]) -> set[int]:
    above = OrganisationReach.above_id == actor.organisation_id
    return set(
        db.session.scalars(select(OrganisationReach.below_id).where(above, among(OrganisationReach.below_id, branches)))
    )


def weigh(deed: Deed, ground: Ground, at: datetime) -> Worth:
    """What the deed is worth by the rule in force on its day. Raises Invalid by field, as the ledger does."""
    wrong = ledger.check_day(deed.occurred_on, at)
    if wrong:
        raise Invalid({"occurred_on": wrong})
    place = ground.place
    ledger.check_places([deed.member], {place.number: place})
    _check_rule(deed.rule, ground)
    options: Mapping[str, Any] = {"quantity": deed.quantity, "tier": deed.tier, "points": deed.points}
    points = ledger.worth(place, deed.rule, deed.occurred_on, options)
    return Worth(points, place.branch_id or 0, place.scheme_id or 0)


def _check_rule(code: str, ground: Ground) -> None:
    """A rule that is not there, or no sheet at all, is the ledger's to refuse."""
    rule = ground.rule(code)
    if rule and not may_be_declared(ground.document, rule):
        raise Invalid({"rule": _BY_BRANCH})
    if ground.category not in rule.get("applies_to", (ground.category,)):
        raise Invalid({"rule": _NOT_FOR})
