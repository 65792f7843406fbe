"""Whom a row means, where they belonged on a day, and by which rule sheet: read once for a whole file."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Message
from pointsvc.people import merged, reach
from pointsvc.people.models import Member, Membership, Organisation, OrganisationReach
from pointsvc.people.names import normal_name
from pointsvc.permissions import Actor
from pointsvc.schemes import holding
from pointsvc.schemes.models import Scheme


@dataclass(frozen=True, slots=True)
class Person:
    """A member as a row can mean one.

    ``record_id`` is that of the record which the row names; it may have been merged into that of ``id``.
    """

    id: int
    number: str
    name: str
    record_id: int


class Directory:
    """The members of a file within the actor's reach, with their branches by day."""

    def __init__(self, actor: Actor, numbers: Collection[str], names: Collection[str]) -> None:
        self._by_number: dict[str, Person] = {}
        self._by_name: dict[str, list[Person]] = defaultdict(list)
        self._spans: dict[int, list[tuple[date, date | None, int]]] = defaultdict(list)
        self._visible = reach.visible(actor)
        named = aliased(Member)
        self._load(named, among(named.number, numbers))
        self._load(named, among(named.name, names))
        for person in sorted(self._by_number.values(), key=lambda person: person.id != person.record_id):
            if person.id not in [other.id for other in self._by_name[person.name]]:
                self._by_name[person.name].append(person)
        self._load_spans(actor)
        self.codes = {
            row.id: (row.code, row.name)
            for row in db.session.execute(
                select(Organisation.id, Organisation.code, Organisation.name).where(
                    Organisation.id.in_(reach.organisation_ids(actor))
                )
            )
        }

    def _load(self, named: Any, condition: Any) -> None:
        rows = db.session.execute(
            select(Member.id, named.number, named.name, named.id.label("record_id"))
            .select_from(named)
            .join(Member, Member.id == merged.kept(named.id))
            .where(condition, self._visible)
        )
        self._by_number.update((row.number, Person(*row)) for row in rows)

    def _load_spans(self, actor: Actor) -> None:
        ids = [person.id for person in self._by_number.values()]
        within = reach.organisation_ids(actor)
        rows = db.session.execute(
            select(Membership.member_id, Membership.starts_on, Membership.ends_on, Membership.organisation_id).where(
                among(Membership.member_id, ids), Membership.organisation_id.in_(within)
            )
        )
        for member_id, starts_on, ends_on, organisation_id in rows:
            self._spans[member_id].append((starts_on, ends_on, organisation_id))

    def person(self, number: str, name: str, place: str) -> Person | tuple[str, Message]:
        """Whom number, name and branch (code or name) mean, or the field at fault and why."""
        if number:
            found = self._by_number.get(number)
            if found is None:
                return "number", Message(N_("There is no member %(number)s within your reach"), number=number)
            # A name as it is kept need not be made so.
            if name and name != found.name and normal_name(name) != found.name:
                return "name", Message(
                    N_("Member %(number)s is called otherwise here; number and name do not fit"), number=number
                )
            return found
        if not name:
            return "name", Message(N_("Neither a number nor a name is given"))
        several = self._by_name.get(normal_name(name), [])
        if place and len(several) > 1:
            several = [person for person in several if self._ever_in(person.id, place)]
        if len(several) == 1:
            return several[0]
        if several:
            return "name", Message(N_("Several members are called %(name)s; give the number"), name=name)
        return "name", Message(N_("There is no member called %(name)s within your reach"), name=name)

    def branches(self) -> set[int]:
        """All organisations that the file's members ever belonged to, within reach."""
        return {organisation_id for spans in self._spans.values() for _, _, organisation_id in spans}

    def branch(self, member_id: int, day: date) -> int | None:
        """The organisation that the member belonged to on this day, when within reach."""
        for starts_on, ends_on, organisation_id in self._spans.get(member_id, ()):
            if starts_on <= day and (ends_on is None or day < ends_on):
                return organisation_id
        return None

    def _ever_in(self, member_id: int, place: str) -> bool:
        return any(place in self.codes.get(span[2], ()) for span in self._spans.get(member_id, ()))


class RuleSheets:
    """The rule sheet of each branch on each day of a file, asked once for each day a version starts."""

    def __init__(self, branches: Collection[int], first: date, last: date) -> None:
        starts = db.session.scalars(
            select(Scheme.starts_on)
            .join(OrganisationReach, OrganisationReach.above_id == Scheme.organisation_id)
            .where(OrganisationReach.below_id.in_(branches), Scheme.status == "published")
            .where(Scheme.starts_on > first, Scheme.starts_on <= last)
            .distinct()
        ).all()
        self._days = [first, *sorted(starts)]
        self._sheets = [holding.sheets(branches, day) for day in self._days]

    def of(self, branch_id: int, day: date) -> holding.Sheet | None:
        """The sheet that governs this branch on this day, or None."""
        return self._sheets[bisect_right(self._days, day) - 1].get(branch_id)
