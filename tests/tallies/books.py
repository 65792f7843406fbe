"""Rows put straight into the tables, and the reckoning's statements asked about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from pointsvc.db import db, from_hundredths
from pointsvc.ledger.models import Entry
from pointsvc.people.models import Member, Organisation
from pointsvc.schemes.models import Rule, Scheme
from pointsvc.tallies import statements
from pointsvc.tallies.models import PreviousTotal

AT = datetime(2026, 1, 1, tzinfo=UTC)
BRANCH, SCHEME = 1, 1


def open_book(codes: Iterable[str], members: Iterable[str]) -> dict[str, int]:
    """One branch, one scheme row, these rules and members; the answer is the rules' ids by code."""
    rule_ids = {code: number for number, code in enumerate(codes, 1)}
    db.session.execute(
        insert(Organisation).values(id=BRANCH, code="B", name="B", kind="branch", created_at=AT),
    )
    db.session.execute(
        insert(Scheme).values(
            id=SCHEME,
            organisation_id=BRANCH,
            version=1,
            name="S",
            status="published",
            starts_on=date(2020, 1, 1),
            document={},
            digest="",
            created_at=AT,
        )
    )
    db.session.execute(insert(Rule), [{"id": number, "code": code} for code, number in rule_ids.items()])
    rows = [
        {"id": number, "number": name, "name": name, "initials": "", "created_at": AT}
        for number, name in enumerate(members, 1)
    ]
    db.session.execute(insert(Member), rows)
    return rule_ids


def add(entries: Iterable[Mapping[str, Any]], rule_ids: Mapping[str, int]) -> None:
    """Entries of the oracle's kind, each with ``member`` (its id) besides."""
    rows = [
        {
            "id": entry["id"],
            "member_id": entry["member"],
            "branch_id": BRANCH,
            "scheme_id": SCHEME,
            "rule_id": rule_ids[entry["rule"]],
            "points": entry["points"],
            "quantity": Decimal(1),
            "matter": entry.get("matter"),
            "occurred_on": entry["occurred_on"],
            "recorded_at": entry["recorded_at"],
            "source": "single" if entry.get("reverses") is None else "reversal",
            "reverses_id": entry.get("reverses"),
        }
        for entry in entries
    ]
    if rows:
        db.session.execute(insert(Entry), rows)


def declare(totals: Mapping[int, Decimal], cycle: date) -> None:
    """Previous totals by member id."""
    rows = [
        {"member_id": key, "cycle_starts_on": cycle, "total": value, "source": "declared"}
        for key, value in totals.items()
    ]
    if rows:
        db.session.execute(insert(PreviousTotal), rows)


def figures(
    sheet: statements.Sheet, who: Mapping[int, str], through_on: date, cutoff: datetime | None
) -> dict[int, dict[str, Any]]:
    """What the product reckons, by member id, in the oracle's words."""
    made = statements.statement(statements.score_at if cutoff else statements.score, sheet)
    rows = made.rows(who=_who(who), through_on=through_on, cutoff_at=cutoff)
    return {row.member_id: _plain(row) for row in rows}


def lines(sheet: statements.Sheet, who: Mapping[int, str], through_on: date, cutoff: datetime | None) -> list[Any]:
    """What the product says of each entry."""
    made = statements.statement(statements.lines_at if cutoff else statements.lines, sheet)
    return made.rows(who=_who(who), through_on=through_on, cutoff_at=cutoff)


def _who(who: Mapping[int, str]) -> str:
    return json.dumps([[key, BRANCH, category] for key, category in who.items()])


def _plain(row: Any) -> dict[str, Any]:
    return {
        "raw": from_hundredths(row.raw),
        "base": from_hundredths(row.base),
        "carried": from_hundredths(row.carried),
        "total": None if row.total is None else from_hundredths(row.total),
        "grade": row.grade,
        "veto": row.veto,
        "groups": _points(row.groups),
        "rules": _points(row.rules),
    }


def _points(value: Any) -> dict[str, Decimal]:
    return {code: from_hundredths(points) for code, points in value.items()}
