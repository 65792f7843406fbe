"""The auditors' first page: what was done lately, by whom, and what of it is unusual?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import func, select

from pointsvc import clock, trail, wording
from pointsvc.audit import service as audit
from pointsvc.audit.models import AuditEvent
from pointsvc.db import db
from pointsvc.firstpages import Action, Figure, Line, Part, first_page
from pointsvc.ledger.models import Entry
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.models import Organisation, SignIn
from pointsvc.permissions import Actor, Role

DAYS = 30
SHOWN = 8
# Rights that changed hands, rules and settings that changed, what was carried out of the service.
ACCOUNTS = ("sign_in:add", "sign_in:disable", "sign_in:end", "sign_in:first_password", "token:add")
RULES = ("scheme:publish", "setting:decide", "import:undo")
EXPORTS = (
    "export:archive",
    "export:attendance",
    "export:card",
    "export:entries",
    "export:members",
    "export:organisations",
    "export:results",
)


@first_page(Role.AUDITOR, place=60)
def audited(who: Actor) -> Iterator[Figure | Part | Action]:
    """Counts of what is unusual, then its latest lines, then the latest of everything."""
    since = clock.now() - timedelta(days=DAYS)
    accounts = reach.sign_in_ids(who)
    counts = audit.counts(sign_in_ids=accounts, since=since, actions=(*ACCOUNTS, *RULES, *EXPORTS))
    number, reversals = _reversals(who, since)
    yield from _figures(counts, number)
    unusual = audit.events(sign_in_ids=accounts, limit=SHOWN, actions=(*ACCOUNTS, *RULES, *EXPORTS))
    # Coming and going would fill the whole list; it stands on the page of all acts.
    latest = audit.events(sign_in_ids=accounts, limit=SHOWN, leave_out="session")
    names = people.account_names({row.sign_in_id for row in (*unusual, *latest)})
    yield Part(
        gettext("Rights, rules and exports"),
        [_act(row, names) for row in unusual],
        nothing=gettext("Nothing of this kind yet"),
        hint=gettext("Accounts added and closed, rules and settings changed, tables carried out stand here."),
    )
    yield _taken_back(reversals)
    yield Part(
        gettext("Done lately"),
        [_act(row, names) for row in latest],
        nothing=gettext("Nothing has been done yet"),
        hint=gettext("Each act of each account stands here, the newest first."),
        more=(url_for("trail.events"), gettext("All")),
    )
    yield Action(gettext("Who did what"), url_for("trail.events"))


def _figures(counts: dict[str, int], reversals: int) -> Iterator[Figure]:
    def of(actions: tuple[str, ...]) -> int:
        return sum(counts.get(action, 0) for action in actions)

    yield Figure(gettext("Entries taken back"), reversals, gettext("in %(n)s days", n=DAYS), href="#reversals")
    for words, actions, about in (
        (gettext("Changes of accounts"), ACCOUNTS, "sign_in"),
        (gettext("Changes of rules and settings"), RULES, "setting"),
        (gettext("Tables carried out"), EXPORTS, "export"),
    ):
        yield Figure(words, of(actions), gettext("in %(n)s days", n=DAYS), href=url_for("trail.events", about=about))


def _act(row: AuditEvent, names: dict[int, str]) -> Line:
    shown = trail.shown(row, names)
    when = wording.moment(row.at)
    return Line(
        f"{shown['noun']} · {shown['verb']}",
        small=f"{shown['who']} · {shown['object']}" if shown["object"] else shown["who"],
        tail=when,
    )


def _reversals(who: Actor, since: datetime) -> tuple[int, Any]:
    """How many entries were taken back since, and the latest of all."""
    mine = (Entry.source == "reversal", Entry.branch_id.in_(reach.organisation_ids(who)))
    number = db.session.scalar(select(func.count()).select_from(Entry).where(*mine, Entry.recorded_at >= since)) or 0
    rows = db.session.execute(
        select(
            Entry.id,
            Entry.reverses_id,
            Entry.recorded_at,
            Entry.note,
            Organisation.name.label("branch"),
            Entry.points,
            SignIn.name.label("by"),
        )
        .join(Organisation, Organisation.id == Entry.branch_id)
        .outerjoin(SignIn, SignIn.id == Entry.recorded_by_id)
        .where(*mine)
        .order_by(Entry.id.desc())
        .limit(SHOWN)
    ).all()
    return number, rows


def _signed(points: Decimal) -> str:
    return f"{points:+.2f}".replace("-", "−")


def _taken_back(rows: Any) -> Part:
    return Part(
        gettext("Entries taken back"),
        [
            Line(
                row.branch,
                small=" · ".join(word for word in (row.by or gettext("the service itself"), row.note) if word),
                tail=f"{_signed(row.points)} · {wording.day(clock.local(row.recorded_at).date())}",
                href=url_for("seals.slip", entry_id=row.reverses_id),
            )
            for row in rows
        ],
        nothing=gettext("No entry has been taken back"),
        hint=gettext("A wrong entry is never changed; what takes it back stands here with its reason."),
        anchor="reversals",
    )
