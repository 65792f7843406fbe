"""JSON routes of the three lists."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import current_app
from flask_babel import gettext

from pointsvc import clock
from pointsvc.api import Blueprint, creates, ref_id
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.lists import closing, exchange
from pointsvc.lists import service as lists
from pointsvc.lists.schemas import (
    ItemActIn,
    ItemAgainIn,
    ItemClaimIn,
    ItemConfirmIn,
    ItemHistoryOut,
    ItemIn,
    ItemMatchesOut,
    ItemOut,
    ItemsArgs,
    ItemsOut,
    ItemWithdrawIn,
    ListSetIn,
    ListSetNamesIn,
    ListSetOut,
    ListSetsOut,
    as_filed,
)
from pointsvc.lists.shown import items_shown, set_shown
from pointsvc.people import reach
from pointsvc.permissions import Actor, Permission

bp = Blueprint("lists", __name__, description="The three lists: needs, resources, projects; problems, tasks, duties")


# ---- sets


@bp.route("/lists", methods=["POST"])
@requires(Permission.LISTS_MANAGE)
@creates
@bp.arguments(ListSetIn)
@bp.response(201, ListSetOut)
def make_set(data: dict[str, Any]) -> dict[str, Any]:
    """Add a set of three lists."""
    who = actor()
    made = lists.make_set(actor=who, at=clock.now(), **data)
    return set_shown(made, {})


@bp.route("/lists")
@requires(Permission.LISTS_READ)
@bp.response(200, ListSetsOut)
def list_sets() -> dict[str, Any]:
    """The sets that the reader may see, with how many items stand in each list."""
    who = actor()
    found = lists.sets(actor=who)
    numbers = lists.counts(actor=who, set_ids=[one.id for one in found])
    return {"items": [set_shown(one, numbers) for one in found], "next": None}


@bp.route("/lists/<set_id>")
@requires(Permission.LISTS_READ)
@bp.response(200, ListSetOut)
def get_set(set_id: str) -> dict[str, Any]:
    """One set of lists."""
    who = actor()
    found = lists.one_set(actor=who, set_id=ref_id(set_id))
    return set_shown(found, lists.counts(actor=who, set_ids=[found.id]))


@bp.route("/lists/<set_id>/rename", methods=["POST"])
@requires(Permission.LISTS_MANAGE)
@creates
@bp.arguments(ListSetNamesIn)
@bp.response(200, ListSetOut)
def rename_set(data: dict[str, Any], set_id: str) -> dict[str, Any]:
    """Give a set and its lists other names."""
    return set_shown(lists.rename_set(actor=actor(), at=clock.now(), set_id=ref_id(set_id), **data), {})


# ---- items


@bp.route("/lists/<set_id>/items", methods=["POST"])
@requires(Permission.LISTS_FILE)
@creates
@bp.arguments(ItemIn)
@bp.response(201, ItemOut)
def file_item(data: dict[str, Any], set_id: str) -> dict[str, Any]:
    """File an item; one that a resident asked for on the telephone gets a tracking code."""
    who = actor()
    options = as_filed(data)
    made = lists.file_item(actor=who, at=clock.now(), set_id=ref_id(set_id), **options)
    code = lists.give_code(made, secret=current_app.config["SECRET_KEY"]) if options["contact"] else None
    return _one(who, made.id) | {"code": code}


@bp.route("/lists/<set_id>/items")
@requires(Permission.LISTS_READ)
@bp.arguments(ItemsArgs, location="query")
@bp.response(200, ItemsOut)
def list_items(args: dict[str, Any], set_id: str) -> dict[str, Any]:
    """The items of a set, the latest first."""
    who, place = actor(), id_at(args["after"])
    found = lists.one_set(actor=who, set_id=ref_id(set_id))
    code = args["organisation"]
    filters = lists.Filters(
        list=args["list"],
        status=args["status"],
        organisation_id=reach.organisation(who, code).id if code else None,
        word=args["word"],
        overdue_on=clock.today() if args["overdue"] else None,
    )
    rows = lists.items(
        actor=who,
        set_id=found.id,
        filters=filters,
        limit=args["limit"] + 1,
        before_id=place,
    )
    shown, following = one_page(rows, args["limit"])
    return {"items": items_shown(shown), "next": following}


@bp.route("/items/<item_id>")
@requires(Permission.LISTS_READ)
@bp.response(200, ItemOut)
def get_item(item_id: str) -> dict[str, Any]:
    """One item."""
    return _one(actor(), ref_id(item_id))


@bp.route("/items/<item_id>/history")
@requires(Permission.LISTS_READ)
@bp.response(200, ItemHistoryOut)
def history(item_id: str) -> dict[str, Any]:
    """What was done with an item, the first first."""
    found = lists.item(actor=actor(), item_id=ref_id(item_id))
    return {"items": lists.history(found.id), "next": None}


@bp.route("/items/<item_id>/matches")
@requires(Permission.LISTS_READ)
@bp.response(200, ItemMatchesOut)
def matches(item_id: str) -> dict[str, Any]:
    """What fits a need, or an offer, each with the reason."""
    who = actor()
    found = lists.suggestions(actor=who, found=lists.item(actor=who, item_id=ref_id(item_id)))
    rows = [{"id": one.id, "title": title, "why": one.why.render(gettext)} for one, title in found]
    return {"items": rows, "next": None}


@bp.route("/items/<item_id>/claim", methods=["POST"])
@requires(Permission.LISTS_FILE)
@creates
@bp.arguments(ItemClaimIn)
@bp.response(201, ItemOut)
def claim(data: dict[str, Any], item_id: str) -> dict[str, Any]:
    """Claim parts of an item."""
    who, number = actor(), ref_id(item_id)
    lists.claim(actor=who, at=clock.now(), item_id=number, **data)
    return _one(who, number)


@bp.route("/items/<item_id>/withdraw", methods=["POST"])
@requires(Permission.LISTS_FILE)
@creates
@bp.arguments(ItemWithdrawIn)
@bp.response(200, ItemOut)
def withdraw(data: dict[str, Any], item_id: str) -> dict[str, Any]:
    """Give a claim back, with the reason; without one, take the own item back."""
    who, number, at = actor(), ref_id(item_id), clock.now()
    claim_id = ref_id(data["claim"]) if data["claim"] else None
    if claim_id is not None or lists.holds(actor=who, item_id=number):
        lists.unclaim(actor=who, at=at, item_id=number, reason=data["reason"], claim_id=claim_id)
    else:
        lists.act(actor=who, at=at, item_id=number, act=exchange.WITHDRAW, note=data["reason"])
    return _one(who, number)


@bp.route("/items/<item_id>/stages/<place>/done", methods=["POST"])
@requires(Permission.LISTS_WORK)
@creates
@bp.arguments(ItemActIn)
@bp.response(200, ItemOut)
def stage_done(data: dict[str, Any], item_id: str, place: str) -> dict[str, Any]:
    """Note that a stage of long work is done."""
    who, number = actor(), ref_id(item_id)
    lists.stage_done(actor=who, at=clock.now(), item_id=number, place=ref_id(place), note=data["note"] or None)
    return _one(who, number)


def _one(who: Actor, item_id: int) -> dict[str, Any]:
    return items_shown([lists.item(actor=who, item_id=item_id)])[0]


def _act(data: dict[str, Any], item_id: str, act: str) -> dict[str, Any]:
    who, number = actor(), ref_id(item_id)
    lists.act(actor=who, at=clock.now(), item_id=number, act=act, **data)
    return _one(who, number)


for name, permission, takes, act, does in (
    ("agree", Permission.LISTS_FILE, ItemActIn, exchange.AGREE, "Agree with those who claimed."),
    ("start", Permission.LISTS_WORK, ItemActIn, exchange.START, "Begin the work."),
    ("finish", Permission.LISTS_WORK, ItemActIn, exchange.FINISH,
     "Say that it is done; of a problem this asks for closing."),
    ("return", Permission.LISTS_WORK, ItemAgainIn, exchange.RETURN, "Say that it is not done yet, and why."),
    ("confirm", Permission.LISTS_WORK, ItemConfirmIn, exchange.CONFIRM,
     "Confirm it, by somebody else: of a need with the rating, of a problem its closing."),
    ("publicise", Permission.LISTS_FILE, ItemActIn, exchange.PUBLICISE, "Let what was confirmed be told to everybody."),
    ("cancel_off", Permission.LISTS_WORK, ItemActIn, closing.CANCEL_OFF,
     "Ask for the closing of a problem; said by somebody else after that, it closes it."),
    ("reopen", Permission.LISTS_WORK, ItemAgainIn, closing.REOPEN,
     "Open it again after the look back: the same number, a new round."),
):  # fmt: skip
    bp.step(f"/items/<item_id>/{name}", permission, does, partial(_act, act=act), gives=ItemOut, takes=takes)
