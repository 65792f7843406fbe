"""The home unit's pages: coverage and the quarter's cards; and one member's card, to be printed on A4."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock
from pointsvc.checkins import cards as verbs
from pointsvc.checkins import coverage, service_card
from pointsvc.checkins.checkin_pages import bp
from pointsvc.checkins.service_card import quarter_of, recent_quarters
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import reach
from pointsvc.permissions import Permission, Role, allowed

ON_A_PAGE = 60
MISSING_SHOWN = 200


@bp.get("/service-cards", endpoint="cards")
@requires(Permission.CHECKINS_OVERSEE)
def cards_page() -> str:
    who, today = actor(), clock.today()
    quarters = recent_quarters(today)
    quarter = quarter_of(request.args.get("quarter") or quarters[1], today).name
    place = id_at(request.args.get("after"))
    rows = service_card.several(actor=who, quarter=quarter, after=place, limit=ON_A_PAGE + 1)
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("checkins.cards", quarter=quarter, after=after)
    return render_template(
        "checkins/cards.html",
        organisation=reach.own_node(who),
        quarter=quarter,
        quarters=quarters,
        cards=shown,
        coverage=coverage.coverage(actor=who),
        missing=coverage.members(actor=who, missing=True, limit=MISSING_SHOWN),
        may_request=allowed(who, Permission.CHECKINS_REQUEST),
        pager={"next": following},
    )


@bp.get("/members/<number>/service-card")
@requires(Permission.CHECKINS_READ)
def card(number: str) -> str:
    who, today = actor(), clock.today()
    found = service_card.card(actor=who, at=clock.now(), member=number, quarter=request.args.get("quarter") or None)
    own = found.member_id == who.member_id
    home = reach.branch_on([found.member_id], found.through_on, actor=who)
    unseen = found.acknowledged_hours != found.hours and bool(found.places)
    return render_template(
        "checkins/card.html",
        card=found,
        own=own and who.role == Role.MEMBER,
        quarters=recent_quarters(today),
        runs=found.through_on >= today,
        may_acknowledge=(
            unseen
            and found.through_on < today
            and not own
            and found.member_id in home
            and allowed(who, Permission.CHECKINS_DECIDE)
        ),
        made_at=clock.now(),
    )


@bp.post("/members/<number>/service-card/acknowledge")
@requires(Permission.CHECKINS_DECIDE)
def acknowledge(number: str) -> Any:
    quarter = request.form.get("quarter", "")
    with transaction():
        verbs.acknowledge(actor=actor(), at=clock.now(), member=number, quarter=quarter)
    flash(gettext("Acknowledged."), "good")
    return redirect(url_for("checkins.cards", quarter=quarter))
