"""Pages of the organisation tree, the members' register and one member; the door is in door.py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.db import db
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import listing, reach, settings, tree
from pointsvc.people.categories import CATEGORIES, EXEMPT
from pointsvc.people.door import bp
from pointsvc.people.models import Member, Organisation
from pointsvc.permissions import Actor, Permission, allowed

ON_A_PAGE = 50
# A list to choose from; whoever reaches more organisations narrows it down in the tree.
LONGEST_CHOICE = 1000

__all__ = ["beside_the_register", "bp", "choices", "member_page", "on_member_page", "totals_of"]

Part = Callable[[Actor, Member], dict[str, Any]]
Totals = Callable[[Collection[int]], dict[int, Decimal]]
_parts: list[Part] = []
_totals: list[Totals] = []
_ways: list[tuple[str, str, Permission]] = []


def on_member_page(part: Part) -> Part:
    """Register what a noun that knows people shows on a member's page: the template's variables."""
    _parts.append(part)
    return part


def totals_of(totals: Totals) -> Totals:
    """Register who knows the present totals of these members, by member id, for the register."""
    _totals.append(totals)
    return totals


def beside_the_register(endpoint: str, words: str, needs: Permission) -> None:
    """Register a list that the members' register leads to: its page, what it is called, who may open it."""
    _ways.append((endpoint, words, needs))


@bp.get("/organisations")
@requires(Permission.ORGANISATIONS_READ)
def organisations() -> str:
    who, query = actor(), request.args.get("q", "").strip()
    rows = listing.organisations(actor=who, limit=None)
    tops, nodes = tree.grow(rows, listing.headcounts(actor=who))
    found = None
    if query:
        folded = query.casefold()
        found = [node for node in nodes.values() if folded in node.name.casefold() or folded in node.code.casefold()]
    return render_template(
        "people/organisations.html",
        top=tops[0] if tops else None,
        query={"q": query},
        found=found,
        may_import=allowed(who, Permission.IMPORTS_RUN),
        may_export=allowed(who, Permission.EXPORTS_READ),
    )


@bp.get("/secretary")
@requires(Permission.SELF)
def secretary() -> str:
    """Whom to call: the secretary of the own branch, and the supervision telephone."""
    who = actor()
    branch = db.session.get(Organisation, reach.own_branch(who, clock.today()) or _own_id(who))
    return render_template(
        "people/secretary.html",
        organisation=branch,
        supervision=settings.value(branch.id, "supervision_phone") if branch else "",
    )


@bp.get("/members")
@requires(Permission.MEMBERS_READ)
def members() -> str:
    who, asked = actor(), request.args
    sort = asked.get("sort", "name")
    by, down = sort.removeprefix("-"), sort.startswith("-")
    if by not in listing.SORTS:
        by = "name"
    code = asked.get("organisation") or None
    rows = listing.members(
        actor=who,
        organisation=code,
        find=asked.get("q", "").strip() or None,
        category=asked.get("category") or None,
        sort=by,
        down=down,
        after=at_cursor(asked.get("after"), str, str),
        limit=ON_A_PAGE + 1,
    )
    shown, after = one_page(rows, ON_A_PAGE, "place", "number")
    query: dict[str, Any] = {name: asked.get(name, "") for name in ("q", "organisation", "category")}
    following = after and url_for("people.members", **query, sort=sort, after=after)
    return render_template(
        "people/members.html",
        organisation=reach.organisation(who, code) if code else reach.organisation_by_id(who, _own_id(who)),
        query=query,
        categories=(*CATEGORIES, EXEMPT),
        branches=choices(who),
        sort={"by": by, "down": down},
        sort_links={name: _sort_link(query, name, by, down) for name in listing.SORTS},
        members=_with_totals(shown),
        pager={"next": following},
        may_import=allowed(who, Permission.IMPORTS_RUN),
        may_export=allowed(who, Permission.EXPORTS_READ),
        ways=[(url_for(endpoint), gettext(words)) for endpoint, words, needs in _ways if allowed(who, needs)],
    )


def _own_id(who: Actor) -> int:
    if who.organisation_id is None:
        raise errors.NotFound()
    return who.organisation_id


def _sort_link(query: dict[str, Any], name: str, by: str, down: bool) -> str:
    turned = name == by and not down
    return url_for("people.members", **query, sort=f"-{name}" if turned else name)


def choices(who: Actor) -> list[tuple[str, str]]:
    """The organisations within reach to choose from: code and name."""
    rows = listing.organisations(actor=who, limit=LONGEST_CHOICE)
    return [(row.code, row.name) for row in rows]


def _with_totals(rows: Any) -> list[dict[str, Any]]:
    known: dict[int, Decimal] = {}
    for totals in _totals:
        known.update(totals([row.id for row in rows]))
    return [{**_shown(row), "total": known.get(row.id)} for row in rows]


def _shown(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "branch": row.organisation_name,
        "category": row.category,
        "joined_on": row.joined_on,
    }


@bp.get("/members/<number>")
@requires(Permission.MEMBERS_READ)
def member(number: str) -> Any:
    kept = reach.member(actor(), number).number
    # One that was merged into another leads to that; not for ever, because a merge can be undone.
    return member_page(number) if kept == number else redirect(url_for("people.member", number=kept))


def member_page(number: str, wrong: Mapping[str, list[str]] | None = None) -> str:
    """One member's page, with what was wrong in the form that was sent from it, by field."""
    who = actor()
    row = listing.member(actor=who, number=number)
    variables: dict[str, Any] = {
        "member": _shown(row),
        "may_record": allowed(who, Permission.LEDGER_RECORD),
        "may_export": allowed(who, Permission.EXPORTS_READ),
        "may_see_score": allowed(who, Permission.SCORE_READ),
        "today": clock.today().isoformat(),
        "errors": wrong or {},
        "standing": None,
        "entries": [],
    }
    for part in _parts:
        variables.update(part(who, reach.member(who, number)))
    return render_template("people/member.html", **variables)
