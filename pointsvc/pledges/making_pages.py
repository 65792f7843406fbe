"""Pages of making a pledge: the form in the order of the paper, amending a draft, asking for a change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, requires
from pointsvc.people import listing, reach
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.pledges import saying
from pointsvc.pledges import service as pledges
from pointsvc.pledges.deciding_pages import bp
from pointsvc.pledges.models import HORIZONS, KINDS
from pointsvc.pledges.reading import View
from pointsvc.pledges.saying import NAMES, Said
from pointsvc.pledges.schemas import PromiseIn, said

MOST_MEMBERS = 500


@bp.route("/pledges/new", methods=["GET", "POST"])
@requires(Permission.PLEDGES_MAKE)
def new() -> Any:
    """The form, and what it says; with ``submit`` handed in at once, else kept as a draft."""
    if request.method == "GET":
        return _form(_blank(clock.today()), {}, None)
    hands_in = "submit" in request.form
    try:
        loaded = _load(request.form)
        loaded.check()
        if hands_in and (advice := loaded.advice()) and "advised" not in request.form:
            return _form(request.form, {}, None, advice)
        with transaction():
            made = pledges.make(
                actor=actor(), at=clock.now(), said=loaded, submit=hands_in, once=_once(), **_whose(request.form)
            )
    except errors.Invalid as problem:
        return _form(request.form, words(problem), None), 422
    done = gettext("Handed in. The meeting of the branch decides on it.")
    flash(done if hands_in else gettext("Kept as a draft. Only you and the branch see it."), "good")
    return redirect(url_for("pledges.pledge", pledge_id=made))


@bp.route("/pledges/<pledge_id>/amend", methods=["GET", "POST"])
@requires(Permission.PLEDGES_MAKE)
def amend(pledge_id: str) -> Any:
    """Write a draft or a returned pledge anew."""
    view = _open(pledge_id, "amend")
    if request.method == "GET":
        return _form(_of(view), {}, view, saying.of(view).advice())
    hands_in = "submit" in request.form
    try:
        loaded = _load(request.form)
        if hands_in and (advice := loaded.advice()) and "advised" not in request.form:
            return _form(request.form, {}, view, advice)
        with transaction():
            pledges.amend(actor=actor(), at=clock.now(), pledge_id=view.id, said=loaded)
            if hands_in:
                pledges.submit(actor=actor(), at=clock.now(), pledge_id=view.id)
    except errors.Invalid as problem:
        return _form(request.form, words(problem), view), 422
    done = gettext("Handed in. The meeting of the branch decides on it.")
    flash(done if hands_in else gettext("The draft has been kept."), "good")
    return redirect(url_for("pledges.pledge", pledge_id=view.id))


@bp.route("/pledges/<pledge_id>/change", methods=["GET", "POST"])
@requires(Permission.PLEDGES_MAKE)
def change(pledge_id: str) -> Any:
    """Ask for a change of a published pledge."""
    view = _open(pledge_id, "change")
    if request.method == "GET":
        return _form(_of(view), {}, view)
    reason = request.form.get("reason", "").strip()
    try:
        if not 1 <= len(reason) <= 500:
            raise errors.Invalid({"reason": errors.N_("Please write why it is to be changed")})
        with transaction():
            pledges.change(actor=actor(), at=clock.now(), pledge_id=view.id, said=_load(request.form), reason=reason)
    except errors.Invalid as problem:
        return _form(request.form, words(problem), view), 422
    flash(gettext("The change waits for its review; until then the pledge stands as it is."), "good")
    return redirect(url_for("pledges.pledge", pledge_id=view.id))


# ---- inside


def _open(pledge_id: str, step: str) -> View:
    """The pledge, when the reader may take this step with it now; else the pledge's own refusal."""
    who, today = actor(), clock.today()
    view = pledges.pledge(actor=who, pledge_id=ref_id(pledge_id), today=today)
    pledges.take(step, view.status, pledges.standings(who, [view], today)[view.id])
    return view


def _form(
    form: Mapping[str, str], wrong: Mapping[str, list[str]], view: View | None, advice: Mapping[str, str] | None = None
) -> str:
    who = actor()
    promisers = [] if view else _promisers(who, clock.today())
    return render_template(
        "pledges/form.html",
        pledge=view,
        changing=view is not None and view.status == "published",
        promisers=promisers,
        form={
            **{name: form.get(name) or "" for name in (*NAMES, "reason")},
            "by": form.get("by") or (promisers[0][0] if promisers else ""),
            "key": form.get("key") or secrets.token_urlsafe(12),
        },
        kinds=KINDS,
        horizons=HORIZONS,
        advice={name: gettext(text) for name, text in (advice or {}).items()},
        advised=advice is not None and request.method == "POST",
        errors=wrong,
    )


def _blank(today: date) -> dict[str, str]:
    """A year's pledge, unless somebody says otherwise; in its last weeks, the next year's."""
    year = today.year + (today.month == 12)
    return {"kind": "practical", "horizon": "yearly", "due_on": date(year, 12, 31).isoformat()}


def _promisers(who: Actor, today: date) -> list[tuple[str, str]]:
    """For whom the reader may write: whom the address names, else the own record, the members of the
    node, and the node itself.
    """
    mine = reach.own_member(who)
    if named := request.args.get("member"):
        member = mine if mine is not None and mine.number == named else reach.member(who, named)
        return [(f"member:{member.number}", member.name)]
    own = [(f"member:{mine.number}", gettext("%(name)s (myself)", name=mine.name))] if mine else []
    if not allowed(who, Permission.PLEDGES_REVIEW):
        return own
    node = reach.node(who, None, today)
    rows = listing.members(actor=who, organisation=node.code, sort="name", limit=MOST_MEMBERS)
    others = [(f"member:{row.number}", row.name) for row in rows if mine is None or row.number != mine.number]
    return [*own, *others, (f"organisation:{node.code}", gettext("%(name)s itself", name=node.name))]


def _whose(form: Mapping[str, str]) -> dict[str, Any]:
    kind, _, code = form.get("by", "").partition(":")
    return {kind: code} if kind in ("member", "organisation") and code else {}


def _once() -> str | None:
    """The key of the form, made one person's."""
    key = request.form.get("key", "")
    return f"form:{actor().sign_in_id}:{key}" if 0 < len(key) <= 64 else None


def _of(view: View) -> dict[str, str]:
    """What a pledge says, as its form would."""
    return {name: str(getattr(view, name)) for name in NAMES}


def _load(form: Mapping[str, str]) -> Said:
    """The form as a JSON body would say it: what was left empty is not there."""
    filled = {name: form[name].strip() for name in NAMES if form.get(name, "").strip()}
    return said(forms.load(PromiseIn(), filled))
