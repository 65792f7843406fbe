"""Pages of publicity: publicise, the publicised tallies, the list to be printed, the honour roll."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, workdays
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, at_cursor, id_at, one_page, requires
from pointsvc.people import settings
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.tallies import comparing, late, objections, ordering
from pointsvc.tallies import service as tallies
from pointsvc.tallies.models import Publication, Tally
from pointsvc.wording import period_words

bp = Blueprint("publicity", __name__)
ON_A_PAGE = 50
# A branch fits on a list; whoever sees more branches chooses one.
LONGEST_LIST = 1000


@bp.post("/tallies/<tally_id>/publicise")
@requires(Permission.TALLIES_RUN)
def publicise(tally_id: str) -> Any:
    """Publicise the newest version, for as many working days as the form says."""
    days = request.form.get("days", "").strip()
    if days and not (days.isascii() and days.isdigit()):
        raise errors.Invalid({"days": errors.N_("A whole number of working days is needed")})
    with transaction():
        tallies.publicise(
            actor=actor(), at=clock.now(), tally_id=ref_id(tally_id), days=int(days[:9]) if days else None
        )
    flash(gettext("The tally is publicised, and those concerned are told."), "good")
    return redirect(url_for("tallies.tally", tally_id=tally_id))


@bp.get("/publicity", endpoint="publicity")
@requires(Permission.PUBLICITY_READ)
def list_publicity() -> str:
    """The publicised tallies that concern the reader, the latest first."""
    who, place = actor(), id_at(request.args.get("after"))
    rows = tallies.postings(actor=who, at=clock.now(), limit=ON_A_PAGE + 1, before_id=place)
    shown, after = one_page(rows, ON_A_PAGE, "Publication.id")
    following = after and url_for("publicity.publicity", after=after)
    return render_template(
        "tallies/publicity.html",
        postings=[
            {"id": found.id, "period": found.period, "organisation": owner, **publication_shown(found, publication)}
            for found, owner, publication in shown
        ],
        pager={"next": following},
        may_order=ordering.may_order_own(who, clock.today()),
    )


@bp.get("/tallies/<tally_id>/list")
@requires(Permission.PUBLICITY_READ)
def posted(tally_id: str) -> str:
    """The publicised list of one branch, to be read or printed; of several the reader chooses one."""
    who = actor()
    found = tallies.posting(actor=who, at=clock.now(), tally_id=ref_id(tally_id))
    branches = tallies.branches_of_posting(found)
    code = request.args.get("branch") or (branches[0].code if branches else "")
    branch = next((row for row in branches if row.code == code), None)
    if branches and branch is None:
        raise errors.NotFound()
    rows = tallies.listed(posted=found, branch=code, limit=LONGEST_LIST)
    contested = objections.disputed(found.tally, [row.id for row in rows])
    shown = publication_shown(found.tally, found.publication)
    return render_template(
        "tallies/list.html",
        tally={"id": found.tally.id, "period": found.tally.period, "organisation": found.organisation},
        publication=shown,
        branch=branch or found.organisation,
        branches=[(row.code, row.name) for row in branches],
        rows=[
            {**row._mapping, "disputed": row.id in contested, "may_object": shown["open"] and _may_object(who, row.id)}
            for row in rows
        ],
        changes=_changes(found, code),
        own=who.role == Role.MEMBER,
    )


def _may_object(who: Actor, member_id: int) -> bool:
    return allowed(who, Permission.DISPUTES_RAISE) and (who.role != Role.MEMBER or who.member_id == member_id)


def _changes(found: tallies.Posting, branch: str) -> list[Any]:
    """What was corrected in this branch since the publication before this one."""
    before = tallies.publication_before(found.publication)
    if before is None:
        return []
    after = found.publication.version
    return list(comparing.changes(found.tally, before.version, after, branches=found.branches, branch=branch))


@bp.get("/honour-roll")
@requires(Permission.PUBLICITY_READ)
def honour_roll() -> str:
    """Who has the best grade in a period's publicised tally, by name and without totals."""
    who, at = actor(), clock.now()
    asked = {name: request.args.get(name) or None for name in ("organisation", "period")}
    place = at_cursor(request.args.get("after"), str, str)
    known = tallies.postings(actor=who, at=at, limit=ON_A_PAGE)
    try:
        found, rows = tallies.honours(actor=who, at=at, limit=ON_A_PAGE + 1, place=place, **asked)
    except errors.Conflict:
        found, rows = None, []
    shown, after = one_page(rows, ON_A_PAGE, "place", "number")
    current = found.tally.period if found else asked["period"]
    following = after and url_for(
        "publicity.honour_roll", organisation=asked["organisation"], period=current, after=after
    )
    return render_template(
        "tallies/honours.html",
        posting=found,
        period=current,
        periods=[
            {
                "href": url_for("publicity.honour_roll", organisation=asked["organisation"], period=name),
                "words": period_words(name),
                "current": name == current,
            }
            for name in dict.fromkeys(row[0].period for row in known)
        ],
        members=shown,
        pager={"next": following},
    )


def life_shown(who: Actor, found: Tally, owner: Organisation) -> dict[str, Any]:
    """Where a tally stands in its life, and what may be done next, as the tally's page shows it."""
    publications = tallies.publications(actor=who, tally_id=found.id)
    known = objections.objections(found)
    may_run, publicised = allowed(who, Permission.TALLIES_RUN), found.status == "publicised"
    refusal = tallies.may_be_sealed(found, clock.now()) if publicised else None
    return {
        "publication": publication_shown(found, publications[-1]) if publications else None,
        "versions": [row.version for row in publications],
        "may_publicise": may_run and found.status == "computed",
        "days": settings.value(owner.id, "publicity_days"),
        "may_again": may_run and publicised and (known.upheld > 0 or late.since_cutoff(found)),
        "must_again": known.changed > 0,
        "open": known.open,
        "refusal": refusal.render(gettext) if refusal else "",
        "may_be_sealed": publicised and refusal is None,
        **_corrected(found, [row.version for row in publications]),
    }


def _corrected(found: Tally, publicised: list[int]) -> dict[str, Any]:
    """What the newest version changes of the one that was publicised before it."""
    earlier = [version for version in publicised if version < found.version]
    if not earlier:
        return {"changes": [], "change_count": 0, "changed_from": None}
    return {
        "changes": comparing.changes(found, earlier[-1], found.version, limit=ON_A_PAGE),
        "change_count": comparing.count(found, earlier[-1], found.version),
        "changed_from": earlier[-1],
    }


def publication_shown(tally: Tally, publication: Publication) -> dict[str, Any]:
    """A publication as the pages show it: ``open`` while objections are taken, and in words what is left of it."""
    today = clock.today()
    stands = tally.status == "publicised" and publication.version == tally.version
    fields = ("version", "published_on", "last_day", "working_days", "phone", "root")
    return {
        **{name: getattr(publication, name) for name in fields},
        "open": stands and today <= publication.last_day,
        "sealed": tally.status == "sealed",
        "left": _left(tally, publication),
    }


def _left(tally: Tally, publication: Publication) -> str:
    if tally.status == "sealed":
        return gettext("is sealed")
    if tally.status != "publicised":
        return gettext("being corrected; it will be publicised again")
    today = clock.today()
    if today > publication.last_day:
        return gettext("publicity is over")
    days = workdays.between(today, publication.last_day)
    return (
        ngettext("%(num)s working day left", "%(num)s working days left", days)
        if days
        else gettext("today is the last day")
    )
