"""JSON routes of people: the caller, organisations, members, and who did what."""

from __future__ import annotations

from typing import Any

from flask import jsonify, url_for
from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates
from pointsvc.audit import service as audit
from pointsvc.http import actor, at_cursor, id_at, one_page, requires
from pointsvc.people import listing, reach
from pointsvc.people import service as people
from pointsvc.people.schemas import (
    AuditOut,
    MemberIn,
    MemberOut,
    MembersArgs,
    MembersOut,
    MeOut,
    MergedOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationsArgs,
    OrganisationsOut,
)
from pointsvc.permissions import Permission

bp = Blueprint("people", __name__, description="Organisations, members and accounts")


@bp.route("/me")
@requires(Permission.SELF)
@bp.response(200, MeOut)
def me() -> dict[str, Any]:
    """Who the caller is."""
    who = actor()
    return {**listing.me(actor=who)._mapping, "name": who.name, "role": who.role, "language": who.language}


@bp.route("/organisations", methods=["POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
@creates
@bp.arguments(OrganisationIn)
@bp.response(201, OrganisationOut)
def create_organisation(data: dict[str, Any]) -> Row[*tuple[Any, ...]]:
    """Add an organisation."""
    people.create_organisation(actor=actor(), at=clock.now(), **data)
    return listing.organisation(actor=actor(), code=data["code"])


@bp.route("/organisations")
@requires(Permission.ORGANISATIONS_READ)
@bp.arguments(OrganisationsArgs, location="query")
@bp.response(200, OrganisationsOut)
def list_organisations(args: dict[str, Any]) -> dict[str, Any]:
    """The organisations within reach, or one and those below it."""
    after = at_cursor(args["after"], str)
    rows = listing.organisations(
        actor=actor(), under=args["under"], after=after[0] if after else None, limit=args["limit"] + 1
    )
    items, following = one_page(rows, args["limit"], "code")
    return {"items": items, "next": following}


@bp.route("/members", methods=["POST"])
@requires(Permission.MEMBERS_MANAGE)
@creates
@bp.arguments(MemberIn)
@bp.response(201, MemberOut)
def create_member(data: dict[str, Any]) -> Row[*tuple[Any, ...]]:
    """Add a member to an organisation within reach."""
    people.create_member(actor=actor(), at=clock.now(), **data)
    return listing.member(actor=actor(), number=data["number"])


@bp.route("/members")
@requires(Permission.MEMBERS_READ)
@bp.arguments(MembersArgs, location="query")
@bp.response(200, MembersOut)
def list_members(args: dict[str, Any]) -> dict[str, Any]:
    """The present members of an organisation and all below it, or of all within reach."""
    rows = listing.members(
        actor=actor(),
        organisation=args["organisation"],
        find=args["find"],
        after=at_cursor(args["after"], str, str),
        limit=args["limit"] + 1,
    )
    items, following = one_page(rows, args["limit"], "place", "number")
    return {"items": items, "next": following}


@bp.route("/members/<number>")
@requires(Permission.MEMBERS_READ)
@bp.response(200, MemberOut)
@bp.alt_response(301, schema=MergedOut)
def get_member(number: str) -> Any:
    """One member; for the number of a record that was merged into another, the way to that other."""
    found = listing.member(actor=actor(), number=number)
    if found.number == number:
        return found
    answer = jsonify({"merged_into": found.number})
    answer.status_code = 301
    answer.headers["Location"] = url_for("people_api.get_member", number=found.number)
    return answer


@bp.route("/audit")
@requires(Permission.AUDIT_READ)
@bp.arguments(PageArgs, location="query")
@bp.response(200, AuditOut)
def list_events(args: dict[str, Any]) -> dict[str, Any]:
    """Who did what, newest first: the acts of the accounts within reach."""
    before = id_at(args["after"])
    rows = audit.events(sign_in_ids=reach.sign_in_ids(actor()), limit=args["limit"] + 1, before_id=before)
    items, following = one_page(rows, args["limit"])
    return {"items": items, "next": following}
