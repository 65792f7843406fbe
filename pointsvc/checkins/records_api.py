"""JSON routes of hours and of the quarter's cards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.checkins import cards, listing, records, service_card
from pointsvc.checkins import records_schemas as schemas
from pointsvc.checkins.listing import Asked
from pointsvc.checkins.schemas import ServiceReasonIn
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.permissions import Permission

bp = Blueprint("service_records", __name__, description="Hours of service, confirmed by the community, and the cards")

Found = Row[*tuple[Any, ...]]


@bp.route("/service-records", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@creates
@bp.arguments(schemas.ServiceRecordIn)
@bp.response(201, schemas.ServiceRecordOut)
def propose(data: dict[str, Any]) -> Found:
    """Say which hours were served, as the member or the community. They count once the community confirms them."""
    post_id = ref_id(data.pop("post"))
    return _one(records.propose(actor=actor(), at=clock.now(), post_id=post_id, **data).id)


@bp.route("/service-records", methods=["GET"])
@requires(Permission.CHECKINS_READ)
@bp.arguments(schemas.ServiceRecordsArgs, location="query")
@bp.response(200, schemas.ServiceRecordsOut)
def list_records(args: dict[str, Any]) -> dict[str, Any]:
    """The own hours; those of members and in communities within reach."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    asked = Asked(limit=limit + 1, after=after, **args)
    rows = listing.records(actor=actor(), asked=asked)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


@bp.route("/service-records/confirm", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@creates
@bp.arguments(schemas.ConfirmHoursIn)
@bp.response(200, schemas.ConfirmedHoursOut)
def confirm(data: dict[str, Any]) -> dict[str, Any]:
    """Confirm several, all or none; what cannot be confirmed is named under ``records.<n>``."""
    ids = [ref_id(text) for text in data["records"]]
    records.confirm(actor=actor(), at=clock.now(), record_ids=ids)
    return {"records": listing.several_records(actor=actor(), record_ids=ids)}


@bp.route("/service-records/<record_id>/refuse", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(ServiceReasonIn)
@bp.response(200, schemas.ServiceRecordOut)
def refuse(data: dict[str, Any], record_id: str) -> Found:
    """Do not confirm these hours, and say why."""
    with transaction():
        records.refuse(actor=actor(), at=clock.now(), record_id=ref_id(record_id), **data)
    return _one(ref_id(record_id))


@bp.route("/service-records/<record_id>/withdraw", methods=["POST"])
@requires(Permission.CHECKINS_REQUEST)
@bp.response(200, schemas.ServiceRecordOut)
def withdraw(record_id: str) -> Found:
    """Take back what is not confirmed."""
    with transaction():
        records.withdraw(actor=actor(), at=clock.now(), record_id=ref_id(record_id))
    return _one(ref_id(record_id))


@bp.route("/service-records/<record_id>/revoke", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(ServiceReasonIn)
@bp.response(200, schemas.ServiceRecordOut)
def revoke(data: dict[str, Any], record_id: str) -> Found:
    """Take a confirmation back, and say why; its points are taken back too."""
    with transaction():
        records.revoke(actor=actor(), at=clock.now(), record_id=ref_id(record_id), **data)
    return _one(ref_id(record_id))


# ---- cards


@bp.route("/members/<number>/service-card")
@requires(Permission.CHECKINS_READ)
@bp.arguments(schemas.ServiceCardArgs, location="query")
@bp.response(200, schemas.ServiceCardOut)
def get_card(args: dict[str, Any], number: str) -> service_card.Whole:
    """A member's posts and hours of a quarter, and the communities' words."""
    return service_card.card(actor=actor(), at=clock.now(), member=number, quarter=args["quarter"])


@bp.route("/members/<number>/service-card/acknowledge", methods=["POST"])
@requires(Permission.CHECKINS_DECIDE)
@bp.arguments(schemas.AcknowledgeCardIn)
@bp.response(200, schemas.ServiceCardOut)
def acknowledge(data: dict[str, Any], number: str) -> service_card.Whole:
    """Say as the home unit that the card has been seen."""
    with transaction():
        cards.acknowledge(actor=actor(), at=clock.now(), member=number, **data)
    return service_card.card(actor=actor(), at=clock.now(), member=number, quarter=data["quarter"])


@bp.route("/service-cards")
@requires(Permission.CHECKINS_OVERSEE)
@bp.arguments(schemas.ServiceCardsArgs, location="query")
@bp.response(200, schemas.ServiceCardsOut)
def list_cards(args: dict[str, Any]) -> dict[str, Any]:
    """The quarter's cards of the home units within reach."""
    limit, after = args.pop("limit"), id_at(args.pop("after"))
    rows = service_card.several(actor=actor(), limit=limit + 1, after=after, **args)
    items, following = one_page(rows, limit)
    return {"items": items, "next": following}


# ---- inside


def _one(record_id: int) -> Found:
    return listing.several_records(actor=actor(), record_ids=[record_id])[0]
