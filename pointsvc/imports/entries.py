"""Declared points: from rows to entries of the ledger, by the same rules as any other entry."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from pointsvc.db import among, db
from pointsvc.errors import N_, Invalid, Message
from pointsvc.imports import cells, days, texts
from pointsvc.imports.batch import Batch, Headings, understand
from pointsvc.imports.columns import Recognition
from pointsvc.imports.directory import Directory, RuleSheets
from pointsvc.imports.headings import heading_key
from pointsvc.imports.numbered import (
    CHANGED,
    FROM_MEETING,
    RECORDED,
    REVERSAL,
    REVERSED,
    EarlierSheets,
    Known,
    KnownEntries,
    Meetings,
)
from pointsvc.imports.rows import Row
from pointsvc.ledger import service as ledger
from pointsvc.ledger.heirs import replaced
from pointsvc.ledger.models import Entry
from pointsvc.ledger.service import NewEntry
from pointsvc.people import merged
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.schemes import document as documents
from pointsvc.schemes.holding import Sheet

ONE = Decimal(1)
Found = tuple[Row, dict[str, Any]]
Fault = tuple[str, Message]


def read_entries(*, actor: Actor, at: datetime, rows: Iterable[Row], recognitions: Mapping[str, Recognition]) -> Batch:
    """Check the rows of a sheet of points against members, branches and the rule in force on the day."""
    batch, headings = Batch(), Headings(recognitions)
    found = [pair for row in rows if (pair := _understood(batch, headings, row, recognitions[row.sheet]))]
    if any("entry" in sheet.columns.values() for sheet in recognitions.values()):
        found = _without_known(actor, batch, headings, found, recognitions)
    directory = Directory(
        actor,
        {values["number"] for _, values in found if values["number"]},
        {values["name"] for _, values in found if not values["number"]},
    )
    placed = []
    for row, values in found:
        fault = _place(directory, values, at, recognitions[row.sheet].place)
        if fault:
            batch.refusals.append(headings.refusal(row, *fault))
        else:
            placed.append((row, values))
    # From here on each row is let go of when it has been priced.
    found.clear()
    if placed:
        _price(actor, batch, headings, placed)
    return batch


def _without_known(
    actor: Actor, batch: Batch, headings: Headings, found: list[Found], recognitions: Mapping[str, Recognition]
) -> list[Found]:
    """The rows that are neither entries of this ledger nor halves of a pair that was taken back elsewhere."""
    known = KnownEntries(actor, (values["entry"] for _, values in found if values.get("entry")))
    left = []
    for row, values in found:
        entry = known.of(values.get("entry", ""))
        if entry is None:
            if values.get("status") in (REVERSED, REVERSAL):
                batch.left_out += 1
            else:
                left.append((row, values))
        elif name := entry.difference(values, recognitions[row.sheet].columns.values()):
            batch.refusals.append(headings.refusal(row, name, CHANGED))
        else:
            batch.known += 1
            if entry.status == RECORDED:
                batch.said[_said(entry, entry.rule)] += 1
    return left


def _understood(batch: Batch, headings: Headings, row: Row, found: Recognition) -> Found | None:
    batch.rows += 1
    values, faults = understand(row, _readers(found.year_hint, "entry" in found.columns.values()))
    if row.problem:
        faults["name"] = row.problem
    elif values.get("occurred_on", 1) is None:
        faults["occurred_on"] = _NO_DAY
    elif values.get("rule", 1) == "":
        faults["rule"] = _NO_RULE
    batch.refusals += [headings.refusal(row, name, message) for name, message in faults.items()]
    return None if faults else (row, values)


_NO_DAY = Message(N_("The day is missing"))
_NO_RULE = Message(N_("The rule is missing"))


@cache
def _readers(year: int | None, exported: bool) -> dict[str, Any]:
    free = texts.exact_text if exported else texts.free_text
    own = dict.fromkeys(("entry", "status", "source", "scheme"), texts.text) if exported else {}
    return {
        **own,
        "number": texts.text,
        "name": texts.person_name,
        "organisation": texts.text,
        "occurred_on": partial(days.day, year_hint=year, first_of_month=False),
        "rule": texts.text,
        "quantity": cells.quantity,
        "tier": texts.text,
        "points": cells.points,
        "deducted": cells.deduction,
        "matter": partial(free, longest=200),
        "note": partial(free, longest=1000),
    }


def _place(directory: Directory, values: dict[str, Any], at: datetime, title_place: str | None) -> Fault | None:
    wrong = ledger.check_day(values["occurred_on"], at)
    if wrong:
        return "occurred_on", wrong
    who = directory.person(values["number"], values["name"], values["organisation"] or title_place or "")
    if isinstance(who, tuple):
        return who
    branch = directory.branch(who.id, values["occurred_on"])
    if branch is None:
        text = N_("On this day %(member)s belonged to no organisation within your reach")
        return "occurred_on", Message(text, member=who.number)
    # The record that the row names: its key stays the same when that is merged, and the ledger knows where it goes.
    values.update(member_id=who.record_id, branch_id=branch)
    return None


def _price(actor: Actor, batch: Batch, headings: Headings, placed: list[Found]) -> None:
    on = [values["occurred_on"] for _, values in placed]
    branches = {values["branch_id"] for _, values in placed}
    sheets, earlier = RuleSheets(branches, min(on), max(on)), EarlierSheets(branches)
    # Who sets the rules may bring entries back as they were; anybody else goes by what is in force.
    faithful = allowed(actor, Permission.SCHEMES_MANAGE)
    prices = _Prices()
    sources = {id(row): values.get("source") for row, values in placed}
    placed.reverse()
    while placed:
        row, values = placed.pop()
        sheet = sheets.of(values["branch_id"], values["occurred_on"])
        if sheet is None:
            text = N_("No rule sheet is in force here on %(day)s")
            batch.refusals.append(headings.refusal(row, "rule", Message(text, day=values["occurred_on"])))
            continue
        if faithful and values.get("scheme"):
            sheet = earlier.of(sheet, values["branch_id"], values["occurred_on"], values["scheme"])
        try:
            batch.wanted.append((row, prices.entry(sheet, values)))
            # It is taken, so that nothing of it will be told.
            row.cells = {}
        except Invalid as error:
            name, messages = next(iter(error.errors.items()))
            batch.refusals.append(headings.refusal(row, name, messages[0]))
    _leave_out_meetings(batch, sources)


def _leave_out_meetings(batch: Batch, sources: Mapping[int, str | None]) -> None:
    """Points of meetings whose attendance came in before are in the ledger already."""
    held = [(row, new) for row, new in batch.wanted if sources[id(row)] == FROM_MEETING]
    if not held:
        return
    meetings = Meetings({new.member_id for _, new in held})
    known = {id(row) for row, new in held if meetings.take(new.member_id, new.rule_code, new.occurred_on)}
    batch.known += len(known)
    batch.wanted = [pair for pair in batch.wanted if id(pair[0]) not in known]


class _Prices:
    """What rows are worth; equal rows are reckoned once."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._worth: dict[tuple[Any, ...], tuple[str, str | None, Decimal]] = {}

    def entry(self, sheet: Sheet, values: dict[str, Any]) -> NewEntry:
        """The entry that this row is. Raises Invalid by field."""
        quantity = values["quantity"]
        points = values["points"] if values["points"] is not None else values["deducted"]
        key = (sheet.digest, values["rule"], quantity, values["tier"], points)
        if key not in self._worth:
            self._worth[key] = self._reckon(sheet, values, quantity, points)
        code, tier, worth = self._worth[key]
        return NewEntry(
            member_id=values["member_id"],
            branch_id=values["branch_id"],
            rule_code=code,
            scheme_id=sheet.scheme_id,
            points=worth,
            occurred_on=values["occurred_on"],
            quantity=quantity or ONE,
            tier=tier,
            matter=values["matter"] or None,
            note=values["note"] or None,
        )

    def _reckon(
        self, sheet: Sheet, values: dict[str, Any], quantity: Decimal | None, points: Decimal | None
    ) -> tuple[str, str | None, Decimal]:
        if sheet.digest not in self._rules:
            named = {heading_key(rule["name"]): rule for rule in sheet.document["rules"]}
            self._rules[sheet.digest] = {**named, **{rule["code"]: rule for rule in sheet.document["rules"]}}
        rules = self._rules[sheet.digest]
        rule = rules.get(values["rule"]) or rules.get(heading_key(values["rule"]))
        if rule is None:
            text = N_("There is no rule %(rule)s in the rule sheet that is in force on %(day)s")
            raise Invalid({"rule": Message(text, rule=values["rule"], day=values["occurred_on"])})
        tier = _tier(rule, values["tier"])
        if "range" in rule:
            return rule["code"], tier, documents.worth(rule, quantity, tier, points)
        worth = documents.worth(rule, quantity, tier, None)
        # Offices write the points beside a rule that fixes them; that is no fault when they agree.
        if points is not None and points not in (worth, documents.worth(rule, None, tier, None)):
            text = N_("The rule gives %(worth)s points, the row says %(points)s")
            raise Invalid({"points": Message(text, worth=worth, points=points)})
        return rule["code"], tier, worth


def _tier(rule: Mapping[str, Any], text: str) -> str | None:
    if not text:
        return None
    for tier in rule.get("tiers", ()):
        if text == tier["code"] or heading_key(text) == heading_key(tier["name"]):
            return str(tier["code"])
    return text


def write_entries(*, actor: Actor, at: datetime, import_id: int, batch: Batch) -> None:
    """Add the entries that are not there yet; the same file again adds nothing."""
    rows = [new for _, new in batch.wanted]
    _give_keys(rows, batch.said)
    written = ledger.add(actor=actor, at=at, rows=rows, source="import", source_id=import_id)
    batch.entries = len(written)
    batch.unchanged = batch.known + len(batch.wanted) - len(written)


def undo_entries(*, actor: Actor, at: datetime, import_id: int, reason: str) -> None:
    """Reverse every entry of this import that has not been reversed since."""
    ids = select(Entry.id).where(Entry.source == "import", Entry.source_id == import_id)
    ledger.reverse_many(actor=actor, at=at, entry_ids=ids, reason=reason)


def _give_keys(rows: list[NewEntry], before: Mapping[str, int]) -> None:
    """Give each row the key of what it says and its number among its equals (docs/decisions/0007).

    ``before``: how many equals of each stand in the file as known entries. A key whose entry was
    reversed is free again: the row then gets the next generation of it.
    """
    seen: Counter[str] = Counter(before)
    keys: list[str] = []
    for row in rows:
        said = _said(row, row.rule_code)
        seen[said] += 1
        keys.append(f"{said}:{seen[said]}")
    generation = dict.fromkeys(keys, 1)
    open_keys = keys
    while open_keys:
        reversed_keys = _reversed({f"{key}@{generation[key]}" for key in open_keys})
        open_keys = [key for key in open_keys if f"{key}@{generation[key]}" in reversed_keys]
        for key in open_keys:
            generation[key] += 1
    for row, key in zip(rows, keys, strict=True):
        row.natural_key = f"{key}@{generation[key]}"


def _said(row: NewEntry | Known, rule: str) -> str:
    said = (row.member_id, rule, row.occurred_on, row.quantity, row.tier, row.points, row.matter, row.note)
    return hashlib.sha256("\x1f".join(map(str, said)).encode()).hexdigest()[:40]


def _reversed(keys: set[str]) -> set[str]:
    """Those of these keys whose entry was reversed, unless a merge only moved it."""
    later = aliased(Entry)
    query = select(Entry.id, Entry.natural_key).join(later, later.reverses_id == Entry.id)
    found = {row.id: row.natural_key for row in db.session.execute(query.where(among(Entry.natural_key, keys)))}
    moved = set(db.session.scalars(replaced(found.keys()))) if found and merged.happened() else set()
    return {key for entry_id, key in found.items() if entry_id not in moved}
