"""JSON routes of pledges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission
from pointsvc.pledges import figures, saying, schemas, settling
from pointsvc.pledges import service as pledges
from pointsvc.pledges.schemas import said

bp = Blueprint("pledges", __name__, description="What members and organisations promise, and what comes of it")


@bp.route("/pledges", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@creates
@bp.arguments(schemas.PledgeIn)
@bp.response(201, schemas.PledgeOut)
def make(data: dict[str, Any]) -> dict[str, Any]:
    """Make a pledge, one's own, a member's in reach, or an organisation's."""
    whose = {name: data[name] for name in ("member", "organisation", "submit")}
    return _one(pledges.make(actor=actor(), at=clock.now(), said=said(data), **whose))


@bp.route("/pledges", methods=["GET"])
@requires(Permission.PLEDGES_READ)
@bp.arguments(schemas.PledgesArgs, location="query")
@bp.response(200, schemas.PledgesOut)
def list_pledges(args: dict[str, Any]) -> dict[str, Any]:
    """Pledges, newest first: those of organisations in reach, or a member's own and the branch's published."""
    limit, after, status = args.pop("limit"), id_at(args.pop("after")), args.pop("status")
    asked = pledges.Asked(statuses=(status,) if status else (), limit=limit + 1, after=after, **args)
    rows = pledges.pledges(actor=actor(), asked=asked, today=clock.today())
    items, following = one_page(rows, limit)
    return {"items": _shown(items), "next": following}


@bp.route("/pledges/figures")
@requires(Permission.PLEDGES_READ)
@bp.arguments(schemas.PledgeFiguresArgs, location="query")
@bp.response(200, schemas.PledgeFiguresOut)
def get_figures(args: dict[str, Any]) -> dict[str, Any]:
    """How many members have a published pledge, and how many of those due in the year so far were kept."""
    day: date = args["on"] or clock.today()
    node = reach.node(actor(), args["organisation"], clock.today())
    return {
        "organisation": node.code,
        "on": day,
        "coverage": figures.coverage(organisation_id=node.id, day=day),
        "kept": figures.kept(organisation_id=node.id, first=date(day.year, 1, 1), last=day),
    }


@bp.route("/pledges/approve", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@creates
@bp.arguments(schemas.ApprovePledgesIn)
@bp.response(200, schemas.SeveralPledgesOut)
def approve_several(data: dict[str, Any]) -> dict[str, Any]:
    """Approve several by one minute, all or none; what cannot be approved is named under ``pledges.<n>``."""
    ids = [ref_id(text) for text in data["pledges"]]
    pledges.approve(actor=actor(), at=clock.now(), pledge_ids=ids, minute=data["minute"])
    return _several(ids)


@bp.route("/pledges/publish", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@creates
@bp.arguments(schemas.SeveralPledgesIn)
@bp.response(200, schemas.SeveralPledgesOut)
def publish_several(data: dict[str, Any]) -> dict[str, Any]:
    """Publish several approved ones, all or none; what cannot be published is named under ``pledges.<n>``."""
    ids = [ref_id(text) for text in data["pledges"]]
    pledges.publish(actor=actor(), at=clock.now(), pledge_ids=ids)
    return _several(ids)


@bp.route("/pledges/<pledge_id>")
@requires(Permission.PLEDGES_READ)
@bp.response(200, schemas.WholePledgeOut)
def get_pledge(pledge_id: str) -> dict[str, Any]:
    """One pledge with its log, its ratings and the points of its settlement."""
    number, who, today = ref_id(pledge_id), actor(), clock.today()
    view = pledges.pledge(actor=who, pledge_id=number, today=today)
    standing = pledges.standings(who, [view], today)[number]
    return {
        **_shown([view])[0],
        "steps": [row._mapping for row in pledges.steps(number, standing)],
        "ratings": pledges.ratings([number]).get(number, {}),
        "entries": [{"entry": entry, "points": points} for entry, points in settling.entries(number)],
    }


@bp.route("/pledges/<pledge_id>/amend", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@bp.arguments(schemas.PromiseIn)
@bp.response(200, schemas.PledgeOut)
def amend(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Write a draft or a returned pledge anew."""
    with transaction():
        pledges.amend(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), said=said(data))
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/submit", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@bp.response(200, schemas.PledgeOut)
def submit(pledge_id: str) -> dict[str, Any]:
    """Hand a pledge in for its review."""
    with transaction():
        pledges.submit(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id))
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/return", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@bp.arguments(schemas.PledgeReasonIn)
@bp.response(200, schemas.PledgeOut)
def send_back(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Return a pledge, or the change that it waits with, with the reason."""
    with transaction():
        pledges.send_back(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), **data)
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/approve", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@bp.arguments(schemas.PledgeMinuteIn)
@bp.response(200, schemas.PledgeOut)
def approve(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Approve a pledge, or the change that it waits with."""
    with transaction():
        pledges.approve(actor=actor(), at=clock.now(), pledge_ids=[ref_id(pledge_id)], **data)
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/publish", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@bp.response(200, schemas.PledgeOut)
def publish(pledge_id: str) -> dict[str, Any]:
    """Let an approved pledge be seen by the branch and on its boards."""
    with transaction():
        pledges.publish(actor=actor(), at=clock.now(), pledge_ids=[ref_id(pledge_id)])
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/progress", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@creates
@bp.arguments(schemas.ProgressIn)
@bp.response(200, schemas.PledgeOut)
def progress(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Add a note on how it goes. Nobody has to, and no photo is asked for."""
    pledges.progress(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), **data)
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/change", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@bp.arguments(schemas.PledgeChangeIn)
@bp.response(200, schemas.PledgeOut)
def change(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Ask to change a published pledge; it stands as it is until that is approved."""
    with transaction():
        pledges.change(
            actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), said=said(data), reason=data["reason"]
        )
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/fulfil", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@creates
@bp.arguments(schemas.FulfilIn)
@bp.response(200, schemas.PledgeOut)
def fulfil(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Find a pledge fulfilled; its points are posted by the organisation's rule."""
    return _settled(pledge_id, {**data, "outcome": "fulfilled"})


@bp.route("/pledges/<pledge_id>/fail", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@creates
@bp.arguments(schemas.FailIn)
@bp.response(200, schemas.PledgeOut)
def fail(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Find a pledge not fulfilled, for an objective cause or without one."""
    outcome = "unfulfilled_cause" if data.pop("objective") else "unfulfilled"
    return _settled(pledge_id, {**data, "outcome": outcome})


@bp.route("/pledges/<pledge_id>/settle", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@creates
@bp.arguments(schemas.SettleIn)
@bp.response(200, schemas.PledgeOut)
def settle(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Say what came of a pledge."""
    return _settled(pledge_id, data)


@bp.route("/pledges/<pledge_id>/unsettle", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@bp.arguments(schemas.PledgeReasonIn)
@bp.response(200, schemas.PledgeOut)
def unsettle(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Take a settlement back; its points are reversed."""
    with transaction():
        pledges.unsettle(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), **data)
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/rate", methods=["POST"])
@requires(Permission.PLEDGES_READ)
@bp.arguments(schemas.RatingIn)
@bp.response(200, schemas.WholePledgeOut)
def rate(data: dict[str, Any], pledge_id: str) -> Any:
    """Give a settled pledge a grade, or type in the counts of a paper vote of the masses."""
    grade, counts, number = data["grade"], data["counts"], ref_id(pledge_id)
    if (grade is None) == (counts is None):
        raise errors.Invalid({"grade": errors.N_("Either a grade or counts are needed")})
    with transaction():
        if counts is None:
            pledges.rate(actor=actor(), at=clock.now(), pledge_id=number, grade=grade)
        else:
            by_grade = {int(text): count for text, count in counts.items()}
            pledges.rate_on_paper(actor=actor(), at=clock.now(), pledge_id=number, counts=by_grade)
    return {**_one(number), "ratings": pledges.ratings([number]).get(number, {})}


@bp.route("/pledges/<pledge_id>/close", methods=["POST"])
@requires(Permission.PLEDGES_REVIEW)
@bp.response(200, schemas.PledgeOut)
def close(pledge_id: str) -> dict[str, Any]:
    """End the ratings of a settled pledge."""
    with transaction():
        pledges.close(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id))
    return _one(ref_id(pledge_id))


@bp.route("/pledges/<pledge_id>/withdraw", methods=["POST"])
@requires(Permission.PLEDGES_MAKE)
@bp.arguments(schemas.WithdrawPledgeIn)
@bp.response(200, schemas.PledgeOut)
def withdraw(data: dict[str, Any], pledge_id: str) -> dict[str, Any]:
    """Take a pledge back; a published one with the reason, and never one's own."""
    with transaction():
        pledges.withdraw(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), **data)
    return _one(ref_id(pledge_id))


# ---- inside


def _settled(pledge_id: str, data: dict[str, Any]) -> dict[str, Any]:
    pledges.settle(actor=actor(), at=clock.now(), pledge_id=ref_id(pledge_id), **data)
    return _one(ref_id(pledge_id))


def _one(pledge_id: int) -> dict[str, Any]:
    return _shown([pledges.pledge(actor=actor(), pledge_id=pledge_id, today=clock.today())])[0]


def _several(ids: Sequence[int]) -> dict[str, Any]:
    return {"pledges": _shown(pledges.several(actor=actor(), pledge_ids=ids, today=clock.today()))}


def _shown(views: Sequence[pledges.View]) -> list[dict[str, Any]]:
    today = clock.today()
    return [
        {
            **asdict(view),
            "by": view.by,
            "overdue": view.overdue(today),
            "advice": {name: gettext(words) for name, words in saying.of(view).advice().items()},
        }
        for view in views
    ]
