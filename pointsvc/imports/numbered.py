"""Rows that were exported: known again by their number, or to be taken in by another service.

A row whose number is one of this ledger's adds nothing, and is refused when it says something else
than its entry. A row of another ledger is a row like any other, but of a pair that was taken back
neither half says anything.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Message
from pointsvc.imports.headings import heading_key
from pointsvc.ledger.models import Entry
from pointsvc.ledger.numbering import id_in, written
from pointsvc.people import reach
from pointsvc.people.models import Member, OrganisationReach
from pointsvc.permissions import Actor
from pointsvc.schemes import document as documents
from pointsvc.schemes import service as schemes
from pointsvc.schemes.models import Rule, Scheme

REVERSED, REVERSAL, RECORDED = "已冲销", "冲销", "正常"
FROM_MEETING = "会议签到"
CHANGED = Message(
    N_("This is not what the entry of this number says. Entries are never changed: take it back and record it anew")
)
# Fewer letters of a digest might be another rule sheet's.
SHORTEST_CHECK = 12

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of this ledger that a row names."""

    number: str
    member_id: int
    member: str
    occurred_on: date
    rule: str
    quantity: Decimal
    tier: str | None
    points: Decimal
    matter: str | None
    note: str | None
    scheme_id: int
    digest: str
    status: str

    def difference(self, values: Values, columns: Collection[str]) -> str | None:
        """The first of these columns in which the row says something else, or None."""
        return next((name for name in _COMPARED if name in columns and not self._agrees(name, values)), None)

    def _agrees(self, name: str, values: Values) -> bool:
        value = values[name]
        if name == "status":
            # A file from before the entry was taken back is old, not wrong.
            return value not in (REVERSED, REVERSAL, RECORDED) or value in (self.status, RECORDED)
        if name in ("rule", "tier"):
            return self._is_called(name, value)
        if name in ("matter", "note"):
            # The reason of a reversal is told in the reader's language.
            return self.status == REVERSAL or _plain(value) == _plain(getattr(self, name))
        return bool(value == getattr(self, "member" if name == "number" else name))

    def _is_called(self, name: str, text: str) -> bool:
        code = getattr(self, name) or ""
        if text == code:
            return True
        rule = documents.rule(schemes.document_of(self.scheme_id, self.digest), self.rule)
        if rule is None:
            return False
        named = rule["name"] if name == "rule" else {t["code"]: t["name"] for t in rule.get("tiers", ())}.get(code, "")
        return bool(text) and heading_key(text) == heading_key(named)


_COMPARED = ("number", "occurred_on", "rule", "quantity", "tier", "points", "matter", "note", "status")


def _plain(text: str | None) -> str:
    """What is left of a text when it has gone through a spreadsheet program."""
    return " ".join(unicodedata.normalize("NFC", text or "").split())


class KnownEntries:
    """The entries that the numbers of a file name, as far as the actor may see them."""

    def __init__(self, actor: Actor, numbers: Iterable[str]) -> None:
        ids = {number for text in numbers if (number := id_in(text)) is not None}
        self._by_number = {one.number: one for one in _known(actor, ids)} if ids else {}

    def of(self, text: str) -> Known | None:
        """The entry of this number; None for what is no number, another ledger's, or out of reach."""
        return self._by_number.get(text)


def _known(actor: Actor, ids: Collection[int]) -> Iterable[Known]:
    later = aliased(Entry)
    rows = db.session.execute(
        select(Entry, Member.number, Rule.code, Scheme.digest, later.id)
        .join(Member, Member.id == Entry.member_id)
        .join(Rule, Rule.id == Entry.rule_id)
        .join(Scheme, Scheme.id == Entry.scheme_id)
        .outerjoin(later, later.reverses_id == Entry.id)
        .where(among(Entry.id, ids), reach.visible(actor))
    )
    for entry, member, rule, digest, reversed_by in rows:
        yield Known(
            number=written(entry.id, entry.recorded_at),
            member_id=entry.member_id,
            member=member,
            occurred_on=entry.occurred_on,
            rule=rule,
            quantity=entry.quantity,
            tier=entry.tier,
            points=entry.points,
            matter=entry.matter,
            note=entry.note,
            scheme_id=entry.scheme_id,
            digest=digest,
            status=REVERSAL if entry.reverses_id else REVERSED if reversed_by else RECORDED,
        )


class Meetings:
    """Points of meetings that are in this ledger already, because the attendance came in first."""

    def __init__(self, member_ids: Collection[int]) -> None:
        later = aliased(Entry)
        rows = db.session.execute(
            select(Entry.member_id, Rule.code, Entry.occurred_on, func.count())
            .join(Rule, Rule.id == Entry.rule_id)
            .where(among(Entry.member_id, member_ids), Entry.source == "meeting")
            .where(~select(later.id).where(later.reverses_id == Entry.id).exists())
            .group_by(Entry.member_id, Rule.code, Entry.occurred_on)
        )
        self._left = Counter({(row[0], row[1], row[2]): row[3] for row in rows})

    def take(self, member_id: int, rule: str, day: date) -> bool:
        """Whether one of them is this one; each is taken once."""
        key = (member_id, rule, day)
        if self._left[key] < 1:
            return False
        self._left[key] -= 1
        return True


class EarlierSheets:
    """The rule sheets by which exported entries were reckoned, where another is in force by now."""

    def __init__(self, branches: Collection[int]) -> None:
        self._branches = branches
        self._sheets: dict[int, list[Any]] | None = None

    def of(self, sheet: schemes.Sheet, branch_id: int, day: date, check: str) -> schemes.Sheet:
        """The published version that this check names, when it held above the branch by this day; else ``sheet``."""
        if len(check) < SHORTEST_CHECK or sheet.digest.startswith(check):
            return sheet
        if self._sheets is None:
            self._sheets = _published(self._branches)
        for row in self._sheets.get(branch_id, ()):
            if row.digest.startswith(check) and row.starts_on <= day:
                own = schemes.document_of(row.id, row.digest)
                return replace(sheet, scheme_id=row.id, digest=row.digest, version=row.version, document=own)
        return sheet


def _published(branches: Collection[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in db.session.execute(
        select(OrganisationReach.below_id, Scheme.id, Scheme.digest, Scheme.version, Scheme.starts_on)
        .join(Scheme, Scheme.organisation_id == OrganisationReach.above_id)
        .where(among(OrganisationReach.below_id, branches), Scheme.status == "published")
        .order_by(OrganisationReach.depth, Scheme.starts_on.desc(), Scheme.version.desc())
    ):
        found.setdefault(row.below_id, []).append(row)
    return found
