"""Pages of a member's own service: the check-ins, finding a post, and the hours. Other pages have their own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.checkins import awaiting, card_pages, circle_pages, community_pages, listing, posts, records
from pointsvc.checkins.checkin_pages import bp, filled, said
from pointsvc.checkins.lifecycle import ACCEPTED, RECORD, Standing, may
from pointsvc.checkins.listing import Asked
from pointsvc.checkins.records_schemas import ServiceRecordIn
from pointsvc.checkins.service_card import quarter_of
from pointsvc.checkins.worth import kinds
from pointsvc.db import transaction
from pointsvc.http import actor, cursor, id_at, one_page, requires
from pointsvc.people import settings
from pointsvc.people.models import Member
from pointsvc.people.pages import on_member_page
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.waiting import Waiting, waits

__all__ = ["bp", "card_pages", "circle_pages", "community_pages"]

ON_A_PAGE = 30
MOST_ON_A_MEMBER = 10
FIELDS = ("post", "member", "served_on", "hours", "deed")


@bp.get("/my-service")
@requires(Permission.CHECKINS_READ)
def mine() -> Any:
    who = actor()
    if who.member_id is None:
        return redirect(url_for("checkins.community"))
    place = id_at(request.args.get("after"))
    rows = listing.records(actor=who, asked=Asked(own=True, after=place, limit=ON_A_PAGE + 1))
    shown = rows[:ON_A_PAGE]
    stood = Standing(own=True)
    return render_template(
        "checkins/mine.html",
        checkins=listing.checkins(actor=who, asked=Asked(own=True)),
        posts=listing.posts_held(who.member_id),
        hours=[{**row._mapping, "may_withdraw": may(RECORD, "withdraw", row.status, stood)} for row in shown],
        quarter=quarter_of(None, clock.today()).name,
        number=listing.number_of(who.member_id),
        pager={"next": url_for("checkins.mine", after=cursor(shown[-1].id)) if len(rows) > ON_A_PAGE else None},
    )


@bp.get("/posts", endpoint="posts")
@requires(Permission.CHECKINS_READ)
def find_posts() -> str:
    who, asked = actor(), request.args
    place = id_at(asked.get("after"))
    query: dict[str, Any] = {name: asked.get(name, "").strip() for name in ("find", "kind", "community", "free")}
    rows = listing.posts(
        community=query["community"] or None,
        kind=query["kind"] or None,
        find=query["find"] or None,
        free=bool(query["free"]),
        after=place,
        limit=ON_A_PAGE + 1,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("checkins.posts", **query, after=after)
    return render_template(
        "checkins/posts.html",
        posts=shown,
        query=query,
        kinds=kinds(settings.value(who.organisation_id or 0, "service_kinds")),
        communities=[(row.code, row.name) for row in listing.communities()],
        own=who.member_id is not None and allowed(who, Permission.CHECKINS_REQUEST),
        **_own_places(who),
        pager={"next": following},
    )


@bp.post("/posts/<post_id>/claim")
@requires(Permission.CHECKINS_REQUEST)
def claim(post_id: str) -> Any:
    with transaction():
        posts.claim(actor=actor(), at=clock.now(), post_id=ref_id(post_id), member=request.form.get("member") or None)
    flash(gettext("The post is yours. Thank you."), "good")
    return redirect(url_for("checkins.mine"))


@bp.post("/posts/<post_id>/leave")
@requires(Permission.CHECKINS_REQUEST)
def leave(post_id: str) -> Any:
    with transaction():
        posts.leave(actor=actor(), at=clock.now(), post_id=ref_id(post_id))
    flash(gettext("The place has been given back."), "good")
    return redirect(url_for("checkins.mine"))


@bp.route("/service/new", methods=["GET", "POST"])
@requires(Permission.CHECKINS_REQUEST)
def new_record() -> Any:
    if request.method == "GET":
        return _form({**request.args}, {})
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    # The community chooses who and where in one: 'post of member'.
    typed["post"], _, chosen = typed["post"].partition(":")
    typed["member"] = chosen or typed["member"]
    try:
        data = filled(ServiceRecordIn(), typed)
        post_id = ref_id(data.pop("post"))
        with transaction():
            made = records.propose(actor=actor(), at=clock.now(), post_id=post_id, **data)
    except (errors.Invalid, errors.Conflict) as problem:
        return _form(typed, said(problem, "served_on")), 422
    if made.member_id == actor().member_id:
        flash(gettext("Sent; it counts once the community has confirmed it."), "good")
        return redirect(url_for("checkins.mine"))
    flash(gettext("Recorded; please confirm it with the others."), "good")
    return redirect(url_for("checkins.community", community=listing.post(post_id).community))


@bp.post("/service/<record_id>/withdraw")
@requires(Permission.CHECKINS_REQUEST)
def withdraw_record(record_id: str) -> Any:
    with transaction():
        records.withdraw(actor=actor(), at=clock.now(), record_id=ref_id(record_id))
    flash(gettext("The hours have been withdrawn."), "good")
    return redirect(url_for("checkins.mine"))


@waits
def waiting(who: Actor) -> list[Waiting]:
    """Check-ins and hours that wait for the actor's communities, cards for the home units."""
    if not allowed(who, Permission.CHECKINS_DECIDE):
        return []
    found = []
    asking, hours = awaiting.waiting(who)
    href = url_for("checkins.community")
    if asking:
        text = ngettext("%(num)s member checks in and waits", "%(num)s members check in and wait", asking)
        found.append(Waiting(text, href))
    if hours:
        text = ngettext(
            "%(num)s record of service waits to be confirmed", "%(num)s records of service wait to be confirmed", hours
        )
        found.append(Waiting(text, href))
    unseen = awaiting.cards_waiting(who)
    if unseen:
        text = ngettext("%(num)s service card has come back", "%(num)s service cards have come back", unseen)
        found.append(Waiting(text, url_for("checkins.cards")))
    return found


@on_member_page
def service(who: Actor, member: Member) -> dict[str, Any]:
    """The member's check-ins on the member's page, for whoever may see them."""
    if not allowed(who, Permission.CHECKINS_READ):
        return {"service": []}
    return {"service": listing.checkins(actor=who, asked=Asked(member=member.number, limit=MOST_ON_A_MEMBER))}


# ---- inside


def _own_places(who: Actor) -> dict[str, Any]:
    """With which communities the actor has checked in, and which posts are the own already."""
    if who.member_id is None:
        return {"checked_in": [], "held": []}
    mine = listing.checkins(actor=who, asked=Asked(own=True, status=ACCEPTED))
    return {
        "checked_in": [row.community for row in mine],
        "held": [row.id for row in listing.posts_held(who.member_id)],
    }


def _form(typed: Mapping[str, str], wrong: Mapping[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    own = who.role == Role.MEMBER
    if own:
        offered = [
            (str(row.id), f"{row.name} · {row.community_name}") for row in listing.posts_held(who.member_id or 0)
        ]
    else:
        offered = [(f"{row.post_id}:{row.member}", f"{row.member_name} · {row.post}") for row in listing.places(who)]
    chosen = typed.get("post", "")
    if not own and typed.get("member"):
        chosen = f"{chosen}:{typed['member']}"
    return render_template(
        "checkins/hours_form.html",
        own=own,
        offered=offered,
        today=today.isoformat(),
        form={"served_on": today.isoformat(), **typed, "post": chosen or (offered[0][0] if len(offered) == 1 else "")},
        errors=wrong,
    )
