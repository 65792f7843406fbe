"""JSON routes of channels to the outside, and of what could not be done."""

from __future__ import annotations

from typing import Any

from pointsvc import clock
from pointsvc.api import Blueprint, PageArgs, creates, ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.notices import channels, letters
from pointsvc.notices.schemas import (
    ChannelIn,
    ChannelOut,
    ChannelsOut,
    ChannelTestIn,
    DeadJobsOut,
    DeadLettersOut,
    GivingUpIn,
)
from pointsvc.permissions import Permission

bp = Blueprint("channels", __name__, description="Channels to the outside, and what could not be done")


@bp.route("/channels")
@requires(Permission.CHANNELS_MANAGE)
@bp.response(200, ChannelsOut)
def list_channels() -> dict[str, Any]:
    """The open channels of the organisations within reach; never their addresses."""
    return {"items": channels.channels(actor=actor())}


@bp.route("/channels", methods=["POST"])
@requires(Permission.CHANNELS_MANAGE)
@creates
@bp.arguments(ChannelIn)
@bp.response(201, ChannelOut)
def add_channel(data: dict[str, Any]) -> Any:
    """Open a channel; its address goes in here and never comes out again."""
    made = channels.add(actor=actor(), at=clock.now(), given=data.pop("address"), **data)
    return channels.channel(actor=actor(), channel_id=made.id)


@bp.route("/channels/<channel_id>/test", methods=["POST"])
@requires(Permission.CHANNELS_MANAGE)
@creates
@bp.arguments(ChannelTestIn)
@bp.response(202, ChannelOut)
def test_channel(data: dict[str, Any], channel_id: str) -> Any:
    """Send a test message; ``sent_at`` or ``error`` of the channel soon say what came of it."""
    number = ref_id(channel_id)
    channels.test(actor=actor(), at=clock.now(), channel_id=number, **data)
    return channels.channel(actor=actor(), channel_id=number)


@bp.route("/channels/<channel_id>/close", methods=["POST"])
@requires(Permission.CHANNELS_MANAGE)
@bp.response(204)
def close_channel(channel_id: str) -> None:
    """Close a channel and forget its address; what still waited is given up."""
    with transaction():
        channels.close(actor=actor(), at=clock.now(), channel_id=ref_id(channel_id))


# ---- dead letters


@bp.route("/dead-letters")
@requires(Permission.LETTERS_MANAGE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, DeadLettersOut)
def list_letters(args: dict[str, Any]) -> dict[str, Any]:
    """Messages to the outside that were tried in vain."""
    return _page(letters.letters, args)


@bp.route("/dead-jobs")
@requires(Permission.LETTERS_MANAGE)
@bp.arguments(PageArgs, location="query")
@bp.response(200, DeadJobsOut)
def list_jobs(args: dict[str, Any]) -> dict[str, Any]:
    """Jobs that were tried in vain; for who reaches the whole service."""
    return _page(letters.jobs, args)


def _page(ask: Any, args: dict[str, Any]) -> dict[str, Any]:
    before = id_at(args["after"])
    rows = ask(actor=actor(), limit=args["limit"] + 1, before_id=before)
    items, following = one_page(rows, args["limit"])
    return {"items": items, "next": following}


@bp.route("/dead-letters/<letter_id>/again", methods=["POST"])
@requires(Permission.LETTERS_MANAGE)
@bp.response(204)
def letter_again(letter_id: str) -> None:
    """Try a message anew."""
    with transaction():
        letters.again(actor=actor(), at=clock.now(), letter_id=ref_id(letter_id))


@bp.route("/dead-letters/<letter_id>/give-up", methods=["POST"])
@requires(Permission.LETTERS_MANAGE)
@bp.arguments(GivingUpIn)
@bp.response(204)
def letter_give_up(data: dict[str, Any], letter_id: str) -> None:
    """Give a message up for good."""
    with transaction():
        letters.give_up(actor=actor(), at=clock.now(), letter_id=ref_id(letter_id), **data)


@bp.route("/dead-jobs/<job_id>/again", methods=["POST"])
@requires(Permission.LETTERS_MANAGE)
@bp.response(204)
def job_again(job_id: str) -> None:
    """Begin a job anew."""
    with transaction():
        letters.job_again(actor=actor(), at=clock.now(), job_id=ref_id(job_id))


@bp.route("/dead-jobs/<job_id>/give-up", methods=["POST"])
@requires(Permission.LETTERS_MANAGE)
@bp.arguments(GivingUpIn)
@bp.response(204)
def job_give_up(data: dict[str, Any], job_id: str) -> None:
    """Say that a job will not be done."""
    with transaction():
        letters.job_give_up(actor=actor(), at=clock.now(), job_id=ref_id(job_id), **data)
