"""Pages of the ledger: record points, take an entry back, and the entries on a member's page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from pointsvc import clock, errors, forms
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.ledger import choosing, undoing
from pointsvc.ledger import service as ledger
from pointsvc.ledger.schemas import BatchIn, ReverseIn
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.people.models import Member
from pointsvc.people.pages import on_member_page
from pointsvc.permissions import SYSTEM, Actor, Permission, allowed

bp = Blueprint("ledger", __name__)

ON_A_PAGE = 50
MOST_UNDONE = 500
FIELDS = ("occurred_on", "quantity", "tier", "points", "matter", "note")


@bp.route("/entries/new", methods=["GET", "POST"])
@requires(Permission.LEDGER_RECORD)
def new_entry() -> Any:
    if request.method == "GET":
        return _form(request.args, {})
    form = request.form
    try:
        data = forms.load(BatchIn(), _filled(form))
        with transaction():
            made = ledger.record_batch(actor=actor(), at=clock.now(), once=forms.once(form.get("key", "")), **data)
    except errors.Invalid as problem:
        return _form(form, _by_field(words(problem))), 422
    _offer_undo(made)
    if len(data["members"]) == 1:
        return redirect(url_for("people.member", number=data["members"][0]))
    return redirect(url_for("ledger.new_entry"))


def _offer_undo(made: Sequence[ledger.EntryView]) -> None:
    """Say once what has been recorded, with the button that takes it back."""
    words = ngettext("%(num)s entry has been recorded.", "%(num)s entries have been recorded.", len(made))
    offer = {"words": words, "undo": url_for("ledger.undo"), "values": [("entry", one.id) for one in made]}
    flash(offer, "good")  # type: ignore[arg-type] # the session keeps any JSON, and base.html knows this one


@bp.post("/entries/undo")
@requires(Permission.LEDGER_RECORD)
def undo() -> Any:
    """One step back: take back what was recorded a moment ago."""
    ids = [ref_id(text) for text in request.form.getlist("entry")[:MOST_UNDONE]]
    with transaction():
        number = undoing.undo(actor=actor(), at=clock.now(), entry_ids=ids)
    flash(ngettext("%(num)s entry has been taken back.", "%(num)s entries have been taken back.", number), "good")
    return redirect(url_for("ledger.new_entry"))


@bp.post("/entries/<entry_id>/reverse")
@requires(Permission.LEDGER_RECORD)
def reverse(entry_id: str) -> Any:
    data = forms.load(ReverseIn(), {"reason": request.form.get("reason", "")})
    with transaction():
        made = ledger.reverse(actor=actor(), at=clock.now(), entry_id=ref_id(entry_id), **data)
    flash(gettext("The entry has been taken back."), "good")
    return redirect(url_for("people.member", number=made.member, _anchor=f"entry-{entry_id}"))


@on_member_page
def entries(who: Actor, member: Member) -> dict[str, Any]:
    """The member's entries, for the member's page."""
    if not allowed(who, Permission.LEDGER_READ):
        return {"entries": [], "pager": None, "query": {}, "rules": []}
    place = id_at(request.args.get("after"))
    query: dict[str, Any] = {name: request.args.get(name, "").strip() for name in ("since", "until", "rule")}
    rows = ledger.entries(
        actor=who,
        member=member.number,
        limit=ON_A_PAGE + 1,
        after=place,
        since=forms.day("since", query["since"]) if query["since"] else None,
        until=forms.day("until", query["until"]) if query["until"] else None,
        rule=query["rule"] or None,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("people.member", number=member.number, **query, after=after)
    branches = _branches(who, shown)
    return {
        "entries": [_shown(row, branches) for row in shown],
        "pager": {"next": following},
        "query": query,
        "rules": [
            (rule["code"], rule["name"])
            for group in choosing.rules(who, [member.number], clock.today())
            for rule in group["rules"]
        ],
    }


def _branches(who: Actor, rows: Sequence[ledger.EntryView]) -> set[int]:
    """Those of the entries' branches in which the actor may take entries back."""
    if not allowed(who, Permission.LEDGER_RECORD):
        return set()
    return {branch_id for branch_id in {row.branch_id for row in rows} if reach.reaches(who, branch_id)}


def _shown(row: ledger.EntryView, branches: set[int]) -> dict[str, Any]:
    return {
        "id": row.id,
        "rule": row.rule_name,
        "points": row.points,
        "occurred_on": row.occurred_on,
        "recorded_at": row.recorded_at,
        "recorded_by": gettext("the service itself") if row.recorded_by == SYSTEM.name else row.recorded_by,
        "source": row.source,
        "note": gettext(row.note) if row.note in ledger.OWN_REASONS else row.note,
        "reverses": row.reverses is not None,
        "reversed": row.reversed_by is not None,
        "disputed": row.disputed,
        "may_reverse": row.status == "recorded" and row.branch_id in branches,
    }


def _form(form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    who, today = actor(), clock.today()
    chosen = form.getlist("member")
    groups = choosing.rules(who, chosen, today)
    rule = choosing.chosen(groups, form.get("rule"))
    return render_template(
        "ledger/entry_form.html",
        members=choosing.members(who, chosen) if rule else [],
        chosen=chosen,
        rules=groups,
        recent=[] if rule else choosing.recent(who, groups),
        rule=rule,
        highest_only=bool(rule and rule["highest_only"]),
        today=today.isoformat(),
        form={
            **{name: form.get(name, "") for name in FIELDS},
            "occurred_on": form.get("occurred_on") or today.isoformat(),
            "key": form.get("key") or secrets.token_urlsafe(12),
        },
        errors=wrong,
    )


def _filled(form: MultiDict[str, str]) -> dict[str, Any]:
    """The form as a JSON body would say it: what was left empty is not there."""
    filled: dict[str, Any] = {name: form[name].strip() for name in (*FIELDS, "rule") if form.get(name, "").strip()}
    return {**filled, "members": form.getlist("member")}


def _by_field(wrong: dict[str, list[str]]) -> dict[str, list[str]]:
    """The form calls the list of members ``member``."""
    return {"member" if name.startswith("members") else name: messages for name, messages in wrong.items()}
