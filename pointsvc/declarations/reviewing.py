"""Pages of reviewing: what waits, approve what is ticked, send back with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.declarations import hints
from pointsvc.declarations import service as declarations
from pointsvc.declarations.lifecycle import STATUSES
from pointsvc.declarations.reading import returned_to
from pointsvc.declarations.shown import shown
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("declarations", __name__)

ON_A_PAGE = 30
# What the list shows: the reader's own share of the reviewing, or all of one status.
SHARE = "share"


@waits
def waiting(who: Actor) -> list[Waiting]:
    """Declarations that wait for this actor: to be reviewed, or to be amended."""
    found = []
    if allowed(who, Permission.DECLARATIONS_REVIEW):
        n = declarations.count(actor=who, asked=declarations.Asked(share=True))
        text = ngettext("%(num)s declaration waits for your review", "%(num)s declarations wait for your review", n)
        found += [Waiting(text, url_for("declarations.declarations"))] if n else []
    if allowed(who, Permission.DECLARATIONS_DECLARE):
        n = returned_to(who)
        text = ngettext("%(num)s declaration has been returned", "%(num)s declarations have been returned", n)
        leads = who.role != Role.MEMBER
        href = url_for("declarations.declarations", show="returned") if leads else url_for("declarations.own")
        found += [Waiting(text, href)] if n else []
    return found


@bp.get("/declarations", endpoint="declarations")
@requires(Permission.DECLARATIONS_READ)
def list_() -> Any:
    if actor().role == Role.MEMBER:
        return redirect(url_for("declarations.own"))
    return _list({}, [])


@bp.post("/declarations/approve")
@requires(Permission.DECLARATIONS_REVIEW)
def approve() -> Any:
    ids = [ref_id(text) for text in request.form.getlist("declaration")]
    try:
        with transaction():
            declarations.approve(actor=actor(), at=clock.now(), declaration_ids=ids)
    except (errors.Invalid, errors.Forbidden, errors.Conflict) as problem:
        return _list(_refused(problem, ids), ids), 422
    flash(
        ngettext("%(num)s declaration has been approved.", "%(num)s declarations have been approved.", len(ids)), "good"
    )
    return _back()


@bp.post("/declarations/<declaration_id>/return")
@requires(Permission.DECLARATIONS_REVIEW)
def send_back(declaration_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    if not 1 <= len(reason) <= 500:
        raise errors.Invalid({"reason": errors.N_("Please write the reason; the member reads it")})
    with transaction():
        declarations.send_back(actor=actor(), at=clock.now(), declaration_id=ref_id(declaration_id), reason=reason)
    flash(gettext("The declaration has been returned. The member reads your reason."), "good")
    return _back()


# ---- inside


def _list(wrong: dict[str, list[str]], ticked: Sequence[int]) -> str:
    who, asked = actor(), request.values
    reviews = allowed(who, Permission.DECLARATIONS_REVIEW)
    show = asked.get("show", SHARE if reviews else "pending")
    if show not in (SHARE, *STATUSES):
        show = "pending"
    code = asked.get("organisation") or None
    place = id_at(asked.get("after"))
    rows = declarations.declarations(
        actor=who,
        asked=declarations.Asked(
            status=None if show == SHARE else show,
            share=show == SHARE,
            organisation=code,
            oldest=show in (SHARE, "pending"),
            after=place,
            limit=ON_A_PAGE + 1,
        ),
    )
    views, after = one_page(rows, ON_A_PAGE)
    query: dict[str, Any] = {"show": show, "organisation": code}
    following = after and url_for("declarations.declarations", **query, after=after)
    return render_template(
        "declarations/review.html",
        organisation=reach.named_or_own(who, code),
        shows=_shows(show, code, reviews),
        show=show,
        declarations=_hinted(who, views) if reviews else shown(who, views),
        ticked=ticked,
        errors=wrong,
        query=query,
        pager={"next": following},
        may_declare=allowed(who, Permission.DECLARATIONS_DECLARE),
    )


def _shows(show: str, code: str | None, reviews: bool) -> list[dict[str, Any]]:
    names = {
        SHARE: gettext("for me to review"),
        "pending": gettext("all that wait"),
        "returned": gettext("returned"),
        "approved": gettext("approved"),
        "withdrawn": gettext("withdrawn"),
    }
    return [
        {
            "href": url_for("declarations.declarations", show=name, organisation=code),
            "words": text,
            "current": name == show,
        }
        for name, text in names.items()
        if reviews or name != SHARE
    ]


def _hinted(who: Actor, views: Sequence[declarations.View]) -> list[dict[str, Any]]:
    twins, recorded = hints.twins(who, views), hints.recorded(views)
    return [
        {**item, "twins": twins.get(item["id"], []), "recorded": recorded.get(item["id"], 0)}
        for item in shown(who, views)
    ]


def _refused(problem: errors.Problem, ids: Sequence[int]) -> dict[str, list[str]]:
    """Why nothing was approved, by the id of the tick box that each sentence is about."""
    if not isinstance(problem, errors.Invalid):
        detail = problem.detail or errors.Message(problem.title)
        return {f"declaration-{ids[0]}": [detail.render(gettext)]}
    found = {}
    for name, messages in words(problem).items():
        n = name.removeprefix("declarations.")
        found[f"declaration-{ids[int(n)]}" if n.isdigit() else f"declaration-{ids[0]}" if ids else "several"] = messages
    return found


def _back() -> Any:
    query: dict[str, Any] = {name: request.form[name] for name in ("show", "organisation") if request.form.get(name)}
    return redirect(url_for("declarations.declarations", **query))
