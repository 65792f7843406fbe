"""JSON routes of publicity: publicise, what changed, the publicised list, the honour roll."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.http import actor, at_cursor, id_at, one_page, requires
from pointsvc.permissions import Permission
from pointsvc.tallies import objections
from pointsvc.tallies import service as tallies
from pointsvc.tallies.api import publication_shown
from pointsvc.tallies.publicity_schemas import (
    ChangesArgs,
    ChangesOut,
    HonoursArgs,
    HonoursOut,
    ListArgs,
    ListOut,
    PostingsOut,
    PublicationsOut,
    PubliciseIn,
)
from pointsvc.tallies.schemas import PublicationOut

bp = Blueprint("publicity", __name__, description="Tallies publicised, and what may be read of them")


@bp.route("/tallies/<tally_id>/publicise", methods=["POST"])
@requires(Permission.TALLIES_RUN)
@creates
@bp.arguments(PubliciseIn)
@bp.response(201, PublicationOut)
def publicise_tally(data: dict[str, Any], tally_id: str) -> Any:
    """Publicise the newest version of a computed tally; objections are taken until the last day's end."""
    return publication_shown(tallies.publicise(actor=actor(), at=clock.now(), tally_id=ref_id(tally_id), **data))


@bp.route("/tallies/<tally_id>/publications")
@requires(Permission.TALLIES_READ)
@bp.response(200, PublicationsOut)
def list_publications(tally_id: str) -> dict[str, Any]:
    """Each time that the tally was publicised."""
    rows = tallies.publications(actor=actor(), tally_id=ref_id(tally_id))
    return {"items": [publication_shown(row) for row in rows]}


@bp.route("/tallies/<tally_id>/changes")
@requires(Permission.TALLIES_READ)
@bp.arguments(ChangesArgs, location="query")
@bp.response(200, ChangesOut)
def list_changes(args: dict[str, Any], tally_id: str) -> dict[str, Any]:
    """Whose total or grade differs between two versions, and from what to what."""
    who, limit = actor(), args["limit"]
    found, _ = tallies.tally(actor=who, tally_id=ref_id(tally_id))
    after = found.version if args["to"] is None else args["to"]
    before = args["from_"]
    if before is None:
        earlier = [row.version for row in tallies.publications(actor=who, tally_id=found.id) if row.version < after]
        before = earlier[-1] if earlier else after
    rows = tallies.compare(
        actor=who,
        tally_id=found.id,
        before=before,
        after=after,
        limit=limit + 1,
        place=at_cursor(args["after"], str, str),
    )
    return _page(rows, limit)


@bp.route("/tallies/<tally_id>/list")
@requires(Permission.PUBLICITY_READ)
@bp.arguments(ListArgs, location="query")
@bp.response(200, ListOut)
def list_publicised(args: dict[str, Any], tally_id: str) -> dict[str, Any]:
    """The publicised list, by name: totals and grades of whom the reader may see, and nothing more."""
    limit = args["limit"]
    found = tallies.posting(actor=actor(), at=clock.now(), tally_id=ref_id(tally_id))
    rows = tallies.listed(
        posted=found, branch=args["branch"], limit=limit + 1, place=at_cursor(args["after"], str, str)
    )
    page = _page(rows, limit)
    contested = objections.disputed(found.tally, [row.id for row in page["items"]])
    items = [{**row._mapping, "disputed": row.id in contested} for row in page["items"]]
    return {**_posting(found), **page, "items": items}


@bp.route("/publications")
@requires(Permission.PUBLICITY_READ)
@bp.arguments(PageArgs, location="query")
@bp.response(200, PostingsOut)
def list_postings(args: dict[str, Any]) -> dict[str, Any]:
    """The publicised tallies that concern the reader, the latest first."""
    place = id_at(args["after"])
    rows = tallies.postings(actor=actor(), at=clock.now(), limit=args["limit"] + 1, before_id=place)
    shown, following = one_page(rows, args["limit"], "Publication.id")
    items = [
        {
            "tally": found.id,
            "organisation": owner.code,
            "period": found.period,
            "publication": publication_shown(publication),
        }
        for found, owner, publication in shown
    ]
    return {"items": items, "next": following}


@bp.route("/honour-roll")
@requires(Permission.PUBLICITY_READ)
@bp.arguments(HonoursArgs, location="query")
@bp.response(200, HonoursOut)
def honour_roll(args: dict[str, Any]) -> dict[str, Any]:
    """Who has the best grade in the publicised tally of a period, by name."""
    limit = args["limit"]
    found, rows = tallies.honours(
        actor=actor(),
        at=clock.now(),
        organisation=args["organisation"],
        period=args["period"],
        limit=limit + 1,
        place=at_cursor(args["after"], str, str),
    )
    return {**_posting(found), "version": found.publication.version, **_page(rows, limit)}


def _posting(found: tallies.Posting) -> dict[str, Any]:
    return {
        "organisation": found.organisation.code,
        "period": found.tally.period,
        "publication": publication_shown(found.publication),
    }


def _page(rows: Any, limit: int) -> dict[str, Any]:
    shown, following = one_page(rows, limit, "place", "number")
    return {"items": shown, "next": following}
