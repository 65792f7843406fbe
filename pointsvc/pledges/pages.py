"""Pages of pledges: the branch's list and ledger, the member's own, the papers to sign, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import ngettext

from pointsvc import clock
from pointsvc.api import ref_id
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.people.models import Member, Organisation
from pointsvc.people.pages import choices, on_member_page
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.pledges import figures, making_pages
from pointsvc.pledges import service as pledges
from pointsvc.pledges.deciding_pages import WAITING, bp
from pointsvc.pledges.lifecycle import SHOWN, STATUSES
from pointsvc.pledges.models import KINDS
from pointsvc.pledges.shown import promised, shown
from pointsvc.waiting import Waiting, waits

__all__ = ["bp", "making_pages"]

ON_A_PAGE = 30
ON_PAPER = 200
LACKING = 60
SOON = timedelta(days=30)
NEAR = timedelta(days=7)


@waits
def waiting(who: Actor) -> list[Waiting]:
    """Pledges that wait for this actor: to be decided, published, settled; or amended and kept."""
    if not allowed(who, Permission.PLEDGES_MAKE):
        return []
    found = _leading(who) if allowed(who, Permission.PLEDGES_REVIEW) else []
    return found + (_own(who) if who.member_id is not None else [])


@on_member_page
def _promised(who: Actor, member: Member) -> dict[str, Any]:
    if not allowed(who, Permission.PLEDGES_READ):
        return {}
    return {"promised": promised(who, member, clock.today())}


@bp.get("/pledges", endpoint="pledges")
@requires(Permission.PLEDGES_READ)
def list_() -> str:
    """The pledges of a node and below."""
    who, today, asked = actor(), clock.today(), request.args
    node = reach.node(who, asked.get("organisation") or None, today)
    query: dict[str, Any] = {name: asked.get(name, "") for name in ("organisation", "status", "kind", "due")}
    place = id_at(asked.get("after"))
    rows = pledges.pledges(actor=who, asked=_asked(query, node, today, place), today=today)
    views, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("pledges.pledges", **query, after=after)
    return render_template(
        "pledges/pledges.html",
        organisation=node,
        organisations=choices(who) if who.role != Role.MEMBER else [],
        query=query,
        statuses=STATUSES if who.role != Role.MEMBER else SHOWN,
        kinds=KINDS,
        pledges=shown(who, views, today),
        coverage=figures.coverage(organisation_id=node.id, day=today),
        kept=figures.kept(organisation_id=node.id, first=date(today.year, 1, 1), last=today),
        lacking=figures.lacking(organisation_id=node.id, day=today, limit=LACKING) if who.role != Role.MEMBER else [],
        may_make=allowed(who, Permission.PLEDGES_MAKE),
        may_review=allowed(who, Permission.PLEDGES_REVIEW),
        may_export=allowed(who, Permission.EXPORTS_READ),
        pager={"next": following},
    )


@bp.get("/pledges/own")
@requires(Permission.PLEDGES_READ)
def own() -> Any:
    """The reader's own pledges."""
    who, today = actor(), clock.today()
    if reach.own_member(who) is None:
        return redirect(url_for("pledges.pledges"))
    place = id_at(request.args.get("after"))
    asked = pledges.Asked(own=True, after=place, limit=ON_A_PAGE + 1)
    rows = pledges.pledges(actor=who, asked=asked, today=today)
    views, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("pledges.own", after=after)
    return render_template(
        "pledges/own.html",
        pledges=shown(who, views, today),
        may_make=allowed(who, Permission.PLEDGES_MAKE),
        pager={"next": following},
    )


@bp.get("/pledges/paper")
@requires(Permission.PLEDGES_READ)
def paper() -> str:
    """Papers to be signed, one a promiser: of one pledge, or of all of a node that are not drafts."""
    who, today = actor(), clock.today()
    if "pledge" in request.args:
        views = [pledges.pledge(actor=who, pledge_id=ref_id(request.args["pledge"]), today=today)]
    else:
        views = _of_node(who, today, ("submitted", "approved", *SHOWN[:2]))
    views.sort(key=lambda view: (view.organisation, view.member_id is not None, view.member or "", view.id))
    papers = groupby(shown(who, views, today), key=lambda item: (item["organisation"], item["member"]))
    one = views[0].id if "pledge" in request.args else None
    return render_template(
        "pledges/paper.html",
        papers=[list(several) for _, several in papers],
        back=url_for("pledges.pledge", pledge_id=one) if one else url_for("pledges.pledges"),
    )


@bp.get("/pledges/ledger")
@requires(Permission.PLEDGES_READ)
def ledger() -> str:
    """The table of a node's pledges of one year, to be printed."""
    who, today = actor(), clock.today()
    text = request.args.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else today.year
    node = reach.node(who, request.args.get("organisation") or None, today)
    views = [view for view in _of_node(who, today, ("approved", *SHOWN)) if view.due_on.year == year]
    ratings = pledges.ratings([view.id for view in views])
    items = [{**item, "ratings": ratings.get(item["id"], {})} for item in shown(who, views, today)]
    return render_template("pledges/ledger.html", organisation=node, year=year, today=today, pledges=items[::-1])


# ---- inside


def _asked(query: dict[str, str], node: Organisation, today: date, place: int | None) -> pledges.Asked:
    return pledges.Asked(
        statuses=(query["status"],) if query["status"] in STATUSES else (),
        kind=query["kind"] if query["kind"] in KINDS else None,
        organisation=node.code,
        overdue=query["due"] == "overdue",
        due_by=today + SOON if query["due"] == "soon" else None,
        after=place,
        limit=ON_A_PAGE + 1,
    )


def _of_node(who: Actor, today: date, statuses: Sequence[str]) -> list[pledges.View]:
    node = reach.node(who, request.args.get("organisation") or None, today)
    asked = pledges.Asked(statuses=statuses, organisation=node.code, limit=ON_PAPER)
    return pledges.pledges(actor=who, asked=asked, today=today)


def _leading(who: Actor) -> list[Waiting]:
    today, node = clock.today(), _node(who)
    found = []
    n = pledges.count(actor=who, asked=pledges.Asked(statuses=WAITING, share=True), today=today)
    if n:
        text = ngettext("%(num)s pledge waits for its review", "%(num)s pledges wait for their review", n)
        found.append(Waiting(text, url_for("pledges.review")))
    if node is None or node.kind == "district":
        return found
    n = pledges.count(actor=who, asked=pledges.Asked(statuses=("approved",), organisation=node.code), today=today)
    if n:
        text = ngettext("%(num)s approved pledge is to be published", "%(num)s approved pledges are to be published", n)
        found.append(Waiting(text, url_for("pledges.review", _anchor="approved")))
    n = pledges.count(actor=who, asked=pledges.Asked(overdue=True, share=True), today=today)
    if n:
        text = ngettext(
            "%(num)s pledge is past its day and not settled", "%(num)s pledges are past their day and not settled", n
        )
        found.append(Waiting(text, url_for("pledges.pledges", due="overdue"), "now"))
    return found


def _own(who: Actor) -> list[Waiting]:
    today = clock.today()
    found = []
    n = pledges.count(actor=who, asked=pledges.Asked(own=True, statuses=("returned",)), today=today)
    if n:
        text = ngettext("%(num)s pledge of yours has been returned", "%(num)s pledges of yours have been returned", n)
        found.append(Waiting(text, url_for("pledges.own")))
    n = pledges.count(actor=who, asked=pledges.Asked(own=True, due_by=today + NEAR), today=today)
    if n:
        text = ngettext("%(num)s pledge of yours is due", "%(num)s pledges of yours are due", n)
        found.append(Waiting(text, url_for("pledges.own")))
    return found


def _node(who: Actor) -> Organisation | None:
    return None if who.organisation_id is None else reach.organisation_by_id(who, who.organisation_id)
