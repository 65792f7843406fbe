"""Pages of channels to the outside, and of what could not be delivered or done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from pointsvc import clock, errors, queues
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.notices import addresses, channels, wishes
from pointsvc.notices import letters as dead
from pointsvc.notices.schemas import lines_said
from pointsvc.notices.topics import KINDS, MAIL, TOPICS
from pointsvc.people import door
from pointsvc.people.pages import choices
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.waiting import Waiting, waits
from pointsvc.wording import job_words

bp = Blueprint("channels", __name__)

ON_A_PAGE = 30


@bp.get("/channels", endpoint="channels")
@requires(Permission.CHANNELS_MANAGE)
def list_channels() -> str:
    """The open channels within reach."""
    return _list({})


def _list(wrong: dict[str, list[str]]) -> str:
    who = actor()
    own = wishes.wish(actor=who)
    items = [
        {
            **row._mapping,
            "kind_words": gettext(KINDS[row.kind]),
            "topic_words": [gettext(TOPICS[name]) for name in row.topics],
            "error": gettext(row.error) if row.error else None,
            "needs_recipient": row.kind == MAIL,
            "may_close": row.kind in channels.kinds(who),
        }
        for row in channels.channels(actor=who)
    ]
    return render_template(
        "notices/channels.html", channels=items, recipient=own.mail or "" if own else "", errors=wrong
    )


@bp.route("/channels/new", methods=["GET", "POST"])
@requires(Permission.CHANNELS_MANAGE)
def new() -> Any:
    """First the kind, then what it needs."""
    values = request.form if request.method == "POST" else request.args
    kind = values.get("kind", "")
    if kind not in channels.kinds(actor()):
        return render_template(
            "notices/channel_kind.html", kinds=[(one, gettext(KINDS[one])) for one in channels.kinds(actor())]
        )
    form: dict[str, Any] = {name: values.get(name, "").strip() for name in ("organisation", "name")}
    if request.method == "GET":
        return _form(kind, {**form, "topics": ["announcement"], "port": "465", "security": "ssl"}, {})
    given = {name: request.form.get(name, "").strip() for name in addresses.FIELDS[kind]}
    topics = request.form.getlist("topics")
    try:
        _add(kind, form, topics, given)
    except errors.Invalid as problem:
        # What must not be seen is typed again; a page would keep it.
        kept = {name: value for name, value in given.items() if name not in ("url", "secret", "password")}
        return _form(kind, {**form, **kept, "topics": topics}, door.words(problem)), 422
    flash(gettext("The channel has been added. Send a test message through it."), "good")
    return redirect(url_for("channels.channels"))


def _add(kind: str, form: dict[str, Any], topics: list[str], given: dict[str, str]) -> None:
    if not 1 <= len(form["name"]) <= 100:
        words = errors.Message(errors.N_("Between %(min)s and %(max)s characters"), min=1, max=100)
        raise errors.Invalid({"name": words})
    with transaction():
        channels.add(actor=actor(), at=clock.now(), kind=kind, topics=topics, given=given, **form)


def _form(kind: str, form: dict[str, Any], wrong: dict[str, list[str]]) -> str:
    return render_template(
        "notices/channel_form.html",
        kind=kind,
        kind_words=gettext(KINDS[kind]),
        form=form,
        errors=wrong,
        organisations=choices(actor()),
        topics=[(name, gettext(text)) for name, text in TOPICS.items()],
        securities=[(name, gettext(text)) for name, text in addresses.SECURITIES.items()],
    )


@bp.post("/channels/<channel_id>/test")
@requires(Permission.CHANNELS_MANAGE)
def test(channel_id: str) -> Any:
    """Send a test message; the list says what came of it."""
    recipient = request.form.get("recipient", "").strip() or None
    try:
        with transaction():
            channels.test(actor=actor(), at=clock.now(), channel_id=ref_id(channel_id), recipient=recipient)
    except errors.Invalid as problem:
        return _list({f"recipient-{channel_id}": door.words(problem)["recipient"]}), 422
    flash(gettext("The test message is on its way. Look at this page again in a moment."), "good")
    return redirect(url_for("channels.channels"))


@bp.post("/channels/<channel_id>/close")
@requires(Permission.CHANNELS_MANAGE)
def close(channel_id: str) -> Any:
    """Close it for good."""
    with transaction():
        channels.close(actor=actor(), at=clock.now(), channel_id=ref_id(channel_id))
    flash(gettext("The channel is closed and its address forgotten."), "good")
    return redirect(url_for("channels.channels"))


# ---- what could not be delivered or done


@bp.get("/dead-letters", endpoint="letters")
@requires(Permission.LETTERS_MANAGE)
def list_letters() -> str:
    """Messages and jobs that wait for a decision."""
    return _letters({})


def _letters(wrong: dict[str, list[str]]) -> str:
    who, before = actor(), id_at(request.args.get("after"))
    rows = dead.letters(actor=who, limit=ON_A_PAGE + 1, before_id=before)
    shown, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("channels.letters", after=after)
    return render_template(
        "notices/letters.html",
        letters=[
            {**row._mapping, "words": lines_said(row.lines), "error": gettext(row.error) if row.error else ""}
            for row in shown
        ],
        jobs=[
            {
                "id": job.id,
                "words": job_words(job.topic),
                "attempts": job.attempts,
                "error": job.error,
                "created_at": job.created_at,
                "elsewhere": job.topic in queues.ASKED_FOR,
            }
            for job in dead.jobs(actor=who, limit=ON_A_PAGE)
        ],
        errors=wrong,
        pager={"next": following},
    )


@bp.post("/dead-letters/<letter_id>/again")
@requires(Permission.LETTERS_MANAGE)
def letter_again(letter_id: str) -> Any:
    with transaction():
        dead.again(actor=actor(), at=clock.now(), letter_id=ref_id(letter_id))
    flash(gettext("The message is sent again."), "good")
    return redirect(url_for("channels.letters"))


@bp.post("/dead-letters/<letter_id>/give-up")
@requires(Permission.LETTERS_MANAGE)
def letter_give_up(letter_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    if not 1 <= len(reason) <= 500:
        return _letters({f"reason-{letter_id}": [gettext("Say in a few words why.")]}), 422
    with transaction():
        dead.give_up(actor=actor(), at=clock.now(), letter_id=ref_id(letter_id), reason=reason)
    flash(gettext("The message is given up."), "good")
    return redirect(url_for("channels.letters"))


@bp.post("/dead-jobs/<job_id>/again")
@requires(Permission.LETTERS_MANAGE)
def job_again(job_id: str) -> Any:
    with transaction():
        dead.job_again(actor=actor(), at=clock.now(), job_id=ref_id(job_id))
    flash(gettext("The work is begun again."), "good")
    return redirect(url_for("channels.letters"))


@bp.post("/dead-jobs/<job_id>/give-up")
@requires(Permission.LETTERS_MANAGE)
def job_give_up(job_id: str) -> Any:
    reason = request.form.get("reason", "").strip()
    if not 1 <= len(reason) <= 500:
        return _letters({f"job-reason-{job_id}": [gettext("Say in a few words why.")]}), 422
    with transaction():
        dead.job_give_up(actor=actor(), at=clock.now(), job_id=ref_id(job_id), reason=reason)
    flash(gettext("The work is given up."), "good")
    return redirect(url_for("channels.letters"))


@waits
def _waiting(who: Actor) -> Iterator[Waiting]:
    if allowed(who, Permission.LETTERS_MANAGE) and (count := dead.count(actor=who)):
        words = ngettext(
            "%(num)s message or job could not be done; please decide",
            "%(num)s messages or jobs could not be done; please decide",
            count,
        )
        yield Waiting(words, url_for("channels.letters"), "now")
