"""What a member's page shows and changes of a life: branches, categories, exemptions; and who is on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.errors import N_
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.people import exemptions, gaps, listing, lives
from pointsvc.people import service as people
from pointsvc.people.categories import CATEGORIES, EXEMPT
from pointsvc.people.door import words
from pointsvc.people.models import GROUNDS, Member
from pointsvc.people.pages import beside_the_register, choices, member_page, on_member_page
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits

bp = Blueprint("lives", __name__)

beside_the_register("lives.without_branch", N_("Of no branch"), Permission.MEMBERS_MANAGE)
ON_A_PAGE = 50


@on_member_page
def life(who: Actor, member: Member) -> dict[str, Any]:
    """Branches, categories and exemptions over time, and what the reader may change of them."""
    spans = listing.branches_of(actor=who, number=member.number)
    kinds = listing.categories_of(actor=who, number=member.number)
    may_change = allowed(who, Permission.MEMBERS_MANAGE) and lives.answers_for(actor=who, member=member)
    known = exemptions.may_know(actor=who, member=member)
    found = exemptions.listing(actor=who, number=member.number) if known else ()
    present = spans[0].code if spans[0].ends_on is None else None
    return {
        "memberships": spans,
        "categories": kinds,
        "may_change": may_change,
        "on_the_way": present is None,
        "organisations": [choice for choice in choices(who) if choice[0] != present] if may_change else [],
        "category_choices": _category_choices(kinds[0].category),
        "grounds": GROUNDS,
        "exemptions": found,
        "running": next((one for one in found if one.ended_on is None), None),
        "exempt": kinds[0].category == EXEMPT,
        "form": request.form,
    }


def _category_choices(present: str) -> list[str]:
    return [code for code in CATEGORIES if code != present]


# ---- the forms of the page


@bp.post("/members/<number>/transfer")
@requires(Permission.MEMBERS_MANAGE)
def transfer(number: str) -> Any:
    def act(form: Mapping[str, str]) -> None:
        people.transfer(actor=actor(), at=clock.now(), number=number, to=form.get("to", ""), on=_day(form, "on"))

    return _changed(number, act, {}, gettext("The member has been transferred."))


@bp.post("/members/<number>/release")
@requires(Permission.MEMBERS_MANAGE)
def release(number: str) -> Any:
    def act(form: Mapping[str, str]) -> None:
        people.release(actor=actor(), at=clock.now(), number=number, on=_day(form, "released_on"))

    return _changed(
        number, act, {"on": "released_on"}, gettext("The letter is on its way; the next branch takes it up.")
    )


@bp.post("/members/<number>/category")
@requires(Permission.MEMBERS_MANAGE)
def category(number: str) -> Any:
    def act(form: Mapping[str, str]) -> None:
        chosen = form.get("own_category", "").strip() or form.get("category", "")
        people.set_category(
            actor=actor(),
            at=clock.now(),
            number=number,
            category=chosen,
            on=_day(form, "category_on"),
            decision=form.get("decision", "").strip() or None,
        )

    return _changed(number, act, {"on": "category_on"}, gettext("The category has been changed."))


@bp.post("/members/<number>/exemptions")
@requires(Permission.MEMBERS_MANAGE)
def exempt(number: str) -> Any:
    def act(form: Mapping[str, str]) -> None:
        exemptions.record(
            actor=actor(),
            at=clock.now(),
            number=number,
            starts_on=_day(form, "starts_on"),
            ends_on=_day(form, "ends_on") if form.get("ends_on") else None,
            ground=form.get("ground", ""),
            decided_on=_day(form, "decided_on"),
            decided_by=form.get("decided_by", ""),
            own_wish=bool(form.get("own_wish")),
        )

    return _changed(number, act, {}, gettext("The decision has been recorded."))


@bp.post("/members/<number>/exemptions/<exemption_id>/end")
@requires(Permission.MEMBERS_MANAGE)
def end_exemption(number: str, exemption_id: str) -> Any:
    def act(form: Mapping[str, str]) -> None:
        day = _day(form, "ended_on")
        exemptions.end(actor=actor(), at=clock.now(), exemption_id=ref_id(exemption_id), on=day)

    return _changed(number, act, {"on": "ended_on"}, gettext("The exemption has ended."))


def _changed(number: str, act: Any, names: Mapping[str, str], done: str) -> Any:
    """Do it and say so, or show the page again; ``names``: what the form calls the verb's fields."""
    try:
        with transaction():
            act(request.form)
    except errors.Invalid as problem:
        wrong = {names.get(name, name): messages for name, messages in words(problem).items()}
        return member_page(number, wrong), 422
    flash(done, "good")
    return redirect(url_for("people.member", number=number))


def _day(form: Mapping[str, str], name: str) -> date:
    return forms.day(name, form.get(name, ""))


# ---- who is on the way


@bp.get("/members/without-branch")
@requires(Permission.MEMBERS_MANAGE)
def without_branch() -> str:
    who = actor()
    rows = gaps.listing(actor=who, limit=ON_A_PAGE + 1, after=at_cursor(request.args.get("after"), date, str))
    shown, after = one_page(rows, ON_A_PAGE, "since", "number")
    following = after and url_for("lives.without_branch", after=after)
    today = clock.today()
    return render_template(
        "people/without_branch.html",
        members=[{**row._mapping, "days": (today - row.since).days} for row in shown],
        pager={"next": following},
    )


@waits
def gaps_wait(who: Actor) -> list[Waiting]:
    """Members who belong to no branch: somebody should ask after the letter."""
    number = gaps.count(actor=who) if allowed(who, Permission.MEMBERS_MANAGE) else 0
    if not number:
        return []
    text = ngettext("%(num)s member belongs to no branch", "%(num)s members belong to no branch", number)
    return [Waiting(text, url_for("lives.without_branch"))]
