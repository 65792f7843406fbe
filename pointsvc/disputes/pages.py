"""Pages of disputes: raise one, the list of them, one with its reply; and what waits for whoever decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from pointsvc import clock, errors, forms, wording
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.disputes import lifecycle
from pointsvc.disputes import service as disputes
from pointsvc.disputes.models import STATUSES
from pointsvc.disputes.schemas import DismissIn, DisputeIn, UpholdIn
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.ledger import choosing
from pointsvc.people import reach
from pointsvc.people.door import words
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.tallies import service as tallies
from pointsvc.tallies.shown import score_shown
from pointsvc.waiting import Waiting, waits

bp = Blueprint("disputes", __name__)

ON_A_PAGE = 50
ABOUT = ("entry", "tally", "member")
INSTEAD = ("occurred_on", "quantity", "points", "matter")


@bp.get("/disputes", endpoint="disputes")
@requires(Permission.DISPUTES_READ)
def list_disputes() -> str:
    """The objections that concern the reader: of a member the own ones, else first those that wait."""
    who, asked = actor(), request.args
    own = who.role == Role.MEMBER
    status = asked.get("status", "all" if own else "open")
    tally, place = asked.get("tally", ""), id_at(asked.get("after"))
    rows = disputes.disputes(
        actor=who,
        status=status if status in STATUSES else None,
        tally_id=ref_id(tally) if tally else None,
        limit=ON_A_PAGE + 1,
        before_id=place,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("disputes.disputes", status=status, tally=tally or None, after=after)
    return render_template(
        "disputes/disputes.html",
        own=own,
        disputes=shown,
        today=clock.today(),
        kinds=[
            {
                "href": url_for("disputes.disputes", status=name, tally=tally or None),
                "words": text,
                "current": name == status,
            }
            for name, text in (("open", gettext("waiting for a reply")), ("all", gettext("all objections")))
        ],
        pager={"next": following},
    )


@bp.route("/disputes/new", methods=["GET", "POST"])
@requires(Permission.DISPUTES_RAISE)
def new() -> Any:
    """The form that takes an objection down."""
    if request.method == "GET":
        return _form(request.args, {})
    form = request.form
    try:
        given = (*ABOUT, "text", "how")
        data = forms.load(DisputeIn(), {name: form[name].strip() for name in given if form.get(name, "").strip()})
        about = _about(data)
        with transaction():
            made = disputes.raise_dispute(actor=actor(), at=clock.now(), text=data["text"], how=data["how"], **about)
    except errors.Invalid as problem:
        return _form(form, words(problem)), 422
    flash(gettext("The objection has been taken down."), "good")
    return redirect(url_for("disputes.dispute", dispute_id=made.id))


@bp.get("/disputes/<dispute_id>")
@requires(Permission.DISPUTES_READ)
def dispute(dispute_id: str) -> str:
    """One objection: what it is about, its reply, or the form for the reply."""
    return _page(ref_id(dispute_id), MultiDict(), {})


@bp.post("/disputes/<dispute_id>/decide")
@requires(Permission.DISPUTES_DECIDE)
def decide(dispute_id: str) -> Any:
    """Uphold or dismiss, as the form says."""
    number, form = ref_id(dispute_id), request.form
    try:
        with transaction():
            _decide(number, form)
    except errors.Invalid as problem:
        wrong = {name.removeprefix("entry."): messages for name, messages in words(problem).items()}
        return _page(number, form, wrong), 422
    flash(gettext("The reply has been given, and the member is told."), "good")
    return redirect(url_for("disputes.dispute", dispute_id=number))


@bp.post("/disputes/<dispute_id>/withdraw")
@requires(Permission.DISPUTES_RAISE)
def withdraw(dispute_id: str) -> Any:
    """Take the objection back."""
    with transaction():
        disputes.withdraw(actor=actor(), at=clock.now(), dispute_id=ref_id(dispute_id))
    flash(gettext("The objection has been withdrawn."), "good")
    return redirect(url_for("disputes.dispute", dispute_id=dispute_id))


# ---- inside


def _about(data: dict[str, Any]) -> dict[str, Any]:
    entry, tally = data.get("entry"), data.get("tally")
    return {
        "entry_id": ref_id(entry) if entry else None,
        "tally_id": ref_id(tally) if tally else None,
        "member": data.get("member"),
    }


def _form(form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    who = actor()
    about = {name: form.get(name, "").strip() for name in ABOUT}
    found = disputes.about(actor=who, at=clock.now(), **_about({name: value or None for name, value in about.items()}))
    return render_template(
        "disputes/new.html",
        member=found.member,
        entry=found.entry,
        result=found.result,
        period=found.posting.tally.period if found.posting else None,
        last_day=found.posting.publication.last_day if found.posting else None,
        own=found.member.id == who.member_id,
        form={**about, "text": form.get("text", ""), "how": form.get("how", "phone")},
        errors=wrong,
    )


def _page(dispute_id: int, form: MultiDict[str, str], wrong: dict[str, list[str]]) -> str:
    who = actor()
    found = disputes.dispute(actor=who, dispute_id=dispute_id)
    may = disputes.rights(who, [found])[found.id]
    here = allowed(who, Permission.DISPUTES_DECIDE) and reach.reaches(who, found.branch_id)
    why = disputes.hindrance(who, found, lifecycle.DISMISS, here=here)
    return render_template(
        "disputes/dispute.html",
        dispute=found,
        rule=found.terms,
        overdue=found.status == "open" and found.reply_due_on < clock.today(),
        outcome=disputes.outcomes([found.id]).get(found.id, ([], [])),
        may=may,
        why=why.render(gettext) if why and found.status == "open" and here else "",
        instead=_instead(who, found) if lifecycle.UPHOLD in may else [],
        lines=_lines(who, found) if lifecycle.UPHOLD in may and found.tally else [],
        form={
            **{name: form.get(name, "") for name in ("decision", "reply", "rule", *INSTEAD)},
            "reverse": "reverse" in form or "reply" not in form,
            "take_back": form.getlist("take_back"),
        },
        errors=wrong,
    )


def _instead(who: Actor, found: disputes.DisputeView) -> list[tuple[str, str]]:
    """The rules by which another entry may be recorded; of one with tiers, each of them."""
    groups = choosing.rules(who, [found.member], clock.today())
    return [choice for group in groups for rule in group["rules"] for choice in _choices(rule)]


def _choices(rule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if rule["tiers"]:
        yield from ((f"{rule['code']}|{code}", f"{rule['name']} · {text}") for code, text in rule["tiers"])
    else:
        yield rule["code"], f"{rule['name']} {rule['worth']}"


def _lines(who: Actor, found: disputes.DisputeView) -> list[dict[str, Any]]:
    """The member's entries that stand behind the disputed result."""
    try:
        score = tallies.score(actor=who, at=clock.now(), member=found.member, period=found.period)
    except errors.Conflict:
        return []
    return [line for line in score_shown(score)["lines"] if not line["reversed"]]


def _decide(dispute_id: int, form: MultiDict[str, str]) -> None:
    who, at, reply = actor(), clock.now(), form.get("reply", "").strip()
    decision = form.get("decision")
    if decision == lifecycle.DISMISS:
        disputes.dismiss(actor=who, at=at, dispute_id=dispute_id, **forms.load(DismissIn(), {"reply": reply}))
    elif decision == lifecycle.UPHOLD:
        data = forms.load(UpholdIn(), {"reply": reply, **_effects(form)})
        data["take_back"] = [ref_id(text) for text in data["take_back"]]
        disputes.uphold(actor=who, at=at, dispute_id=dispute_id, **data)
    else:
        raise errors.Invalid({"decision": errors.N_("Say whether the objection is upheld")})


def _effects(form: MultiDict[str, str]) -> dict[str, Any]:
    """What the form changes, as a JSON body would say it: what was left empty is not there."""
    effects: dict[str, Any] = {"reverse": "reverse" in form, "take_back": form.getlist("take_back")}
    rule, _, tier = form.get("rule", "").partition("|")
    if rule:
        filled = {name: form[name].strip() for name in INSTEAD if form.get(name, "").strip()}
        effects["entry"] = {"rule": rule, **({"tier": tier} if tier else {}), **filled}
    return effects


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.DISPUTES_DECIDE):
        return
    count, first = disputes.waiting_for(who)
    if count and first:
        text = ngettext("%(num)s objection waits for a reply", "%(num)s objections wait for a reply", count)
        due = gettext("the first until %(day)s", day=wording.day(first))
        tone = "now" if first <= clock.today() else "watch"
        yield Waiting(f"{text} · {due}", url_for("disputes.disputes", status="open"), tone)
    for one in disputes.corrections_for(who):
        yield Waiting(
            gettext(
                "An objection was upheld: the tally of %(period)s is to be run again",
                period=wording.period_words(one.period),
            ),
            url_for("tallies.tally", tally_id=one.tally_id),
            "now",
        )
