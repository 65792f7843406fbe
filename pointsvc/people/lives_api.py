"""JSON routes of members' lives: branches and categories over time, exemptions."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import exemptions, gaps, listing
from pointsvc.people import service as people
from pointsvc.people.models import Exemption
from pointsvc.people.schemas import (
    CategoryIn,
    ExemptionEndIn,
    ExemptionIn,
    ExemptionOut,
    ExemptionsOut,
    GapsOut,
    HistoryOut,
    MemberOut,
    ReleaseIn,
    TransferIn,
)
from pointsvc.permissions import Permission

bp = Blueprint("lives", __name__, description="Members' branches and categories over time, and exemptions")


@bp.route("/members/<number>/transfer", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(TransferIn)
@bp.response(200, MemberOut)
def transfer_member(data: dict[str, Any], number: str) -> Row[*tuple[Any, ...]]:
    """Let a member belong to another organisation within reach from a day on."""
    people.transfer(actor=actor(), at=clock.now(), number=number, **data)
    return listing.member(actor=actor(), number=number)


@bp.route("/members/<number>/release", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(ReleaseIn)
@bp.response(200, MemberOut)
def release_member(data: dict[str, Any], number: str) -> Row[*tuple[Any, ...]]:
    """Let a member belong to no branch from a day on, until a transfer takes the member up."""
    people.release(actor=actor(), at=clock.now(), number=number, **data)
    return listing.member(actor=actor(), number=number)


@bp.route("/members/<number>/category", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(CategoryIn)
@bp.response(200, MemberOut)
def set_category(data: dict[str, Any], number: str) -> Row[*tuple[Any, ...]]:
    """Let a member be of another category from a day on."""
    people.set_category(actor=actor(), at=clock.now(), number=number, **data)
    return listing.member(actor=actor(), number=number)


@bp.route("/members/<number>/history")
@requires(Permission.MEMBERS_READ)
@bp.response(200, HistoryOut)
def get_history(number: str) -> dict[str, Any]:
    """Where a member belonged and as what."""
    return {
        "memberships": listing.branches_of(actor=actor(), number=number),
        "categories": listing.categories_of(actor=actor(), number=number),
    }


@bp.route("/members/without-branch")
@requires(Permission.MEMBERS_MANAGE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, GapsOut)
def list_gaps(args: dict[str, Any]) -> dict[str, Any]:
    """The members who belong to no branch today."""
    limit = args["limit"]
    rows = gaps.listing(actor=actor(), limit=limit + 1, after=at_cursor(args["after"], date, str))
    items, following = one_page(rows, limit, "since", "number")
    return {"items": items, "next": following}


@bp.route("/members/<number>/exemptions", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(ExemptionIn)
@bp.response(201, ExemptionOut)
def record_exemption(data: dict[str, Any], number: str) -> Exemption:
    """Write down a decision that a member is not scored."""
    return exemptions.record(actor=actor(), at=clock.now(), number=number, **data)


@bp.route("/members/<number>/exemptions")
@requires(Permission.EXEMPTIONS_READ)
@bp.response(200, ExemptionsOut)
def list_exemptions(number: str) -> dict[str, Any]:
    """A member's exemptions, for the member and those who answer for the branch."""
    return {"items": exemptions.listing(actor=actor(), number=number)}


@bp.route("/exemptions/<exemption_id>/end", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(ExemptionEndIn)
@bp.response(200, ExemptionOut)
def end_exemption(data: dict[str, Any], exemption_id: str) -> Exemption:
    """Let the former category hold again from a day on."""
    return exemptions.end(actor=actor(), at=clock.now(), exemption_id=ref_id(exemption_id), **data)
