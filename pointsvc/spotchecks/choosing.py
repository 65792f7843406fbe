"""Units out of what is here already: organisations of the tree, a period's entries, pledges. Set-based.

Names of members are no part of a unit's name, because the list is public: an entry is told by its
number, branch and day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, cast, null, select
from sqlalchemy.orm import aliased

from pointsvc.db import Id
from pointsvc.errors import N_, Invalid
from pointsvc.ledger.models import Entry
from pointsvc.people import reach
from pointsvc.people.models import KINDS, Organisation
from pointsvc.permissions import Actor
from pointsvc.pledges.models import Pledge
from pointsvc.schemes import periods

# Public, or what became of one that was.
PLEDGES = ("published", "changing", "fulfilled", "unfulfilled_cause", "unfulfilled", "rated", "closed")


@dataclass(frozen=True)
class Source:
    """What lies below ``under`` (a code): organisations of this kind, or what is of this period."""

    under: str
    organisation_kind: str | None = None
    period: str | None = None


_NOWHERE = cast(null(), Id)
Rows = Select[*tuple[Any, ...]]


def chosen(actor: Actor, kind: str, source: Source) -> Rows:
    """Code, name and organisation (or NULL) of each unit. Raises NotFound for the node, Invalid."""
    if kind not in _CHOOSE:
        raise Invalid({"kind": N_("Units of this kind are given as a list")})
    return _CHOOSE[kind](reach.ids_below(reach.organisation(actor, source.under).id), source)


def _organisations(below: Any, source: Source) -> Rows:
    if source.organisation_kind not in KINDS:
        raise Invalid({"organisation_kind": N_("Say which kind of organisation is drawn")})
    return select(Organisation.code, Organisation.name, Organisation.id).where(
        Organisation.id.in_(below), Organisation.kind == source.organisation_kind
    )


def _entries(below: Any, source: Source) -> Rows:
    when = _period(source)
    reversal = aliased(Entry)
    name = Organisation.name + " " + cast(Entry.occurred_on, String)
    return (
        select(cast(Entry.id, String), name, _NOWHERE)
        .join(Organisation, Organisation.id == Entry.branch_id)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
        .where(
            Entry.branch_id.in_(below),
            Entry.occurred_on.between(when.starts_on, when.through_on),
            Entry.reverses_id.is_(None),
            reversal.id.is_(None),
        )
    )


def _pledges(below: Any, source: Source) -> Rows:
    when = _period(source)
    name = Organisation.name + " " + cast(Pledge.due_on, String)
    return (
        select(cast(Pledge.id, String), name, _NOWHERE)
        .join(Organisation, Organisation.id == Pledge.organisation_id)
        .where(
            Pledge.organisation_id.in_(below),
            Pledge.due_on.between(when.starts_on, when.through_on),
            Pledge.status.in_(PLEDGES),
        )
    )


def _period(source: Source) -> periods.Period:
    return periods.parse(source.period or "", 1)


_CHOOSE: dict[str, Callable[[Any, Source], Rows]] = {
    "organisation": _organisations,
    "entry": _entries,
    "pledge": _pledges,
}
