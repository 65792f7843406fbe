"""The page of who did what: each act in words, the newest first. What it shows is kept by ``audit``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from pointsvc.audit import service as audit
from pointsvc.audit.models import AuditEvent
from pointsvc.db import among, db
from pointsvc.errors import N_
from pointsvc.http import actor, at_cursor, cursor, requires
from pointsvc.people import reach
from pointsvc.people.models import SignIn
from pointsvc.permissions import Permission

bp = Blueprint("trail", __name__)
ON_A_PAGE = 50

# An act is 'noun:verb'; here are the words for each half. A test holds that none is missing.
NOUNS = {
    "declaration": N_("declaration"),
    "dispute": N_("objection"),
    "evidence": N_("evidence"),
    "exemption": N_("exemption"),
    "export": N_("export"),
    "import": N_("import"),
    "item": N_("item of a list"),
    "list_set": N_("set of lists"),
    "member": N_("member"),
    "member_merge": N_("merging of members"),
    "members": N_("members"),
    "organisation": N_("organisation"),
    "organisations": N_("organisations"),
    "previous_total": N_("total of last year"),
    "receipt": N_("attendance elsewhere"),
    "reconciliation": N_("reconciliation"),
    "rehearsal": N_("rehearsal"),
    "review": N_("democratic review"),
    "scheme": N_("rule sheet"),
    "session": N_("session"),
    "setting": N_("setting"),
    "sign_in": N_("account"),
    "tally": N_("tally"),
    "token": N_("program's key"),
}
VERBS = {
    "add": N_("added"),
    "agree": N_("agreed on"),
    "archive": N_("written as an archive"),
    "ask": N_("asked for"),
    "ask_seal": N_("sealing asked for"),
    "assess": N_("own assessment given"),
    "assess_from_paper": N_("own assessment typed in"),
    "attendance": N_("attendance downloaded"),
    "ballot": N_("ballot cast"),
    "begin": N_("begun"),
    "cancel_off": N_("closing"),
    "card": N_("card downloaded"),
    "category": N_("category changed"),
    "claim": N_("claimed"),
    "close": N_("closed"),
    "close_ballot": N_("ballot closed"),
    "codes": N_("codes made"),
    "commit": N_("taken in"),
    "confirm": N_("confirmed"),
    "counts": N_("paper ballots counted"),
    "create": N_("added"),
    "decide": N_("decided"),
    "describe": N_("described"),
    "disable": N_("closed"),
    "dismiss": N_("not upheld"),
    "end": N_("ended"),
    "entries": N_("entries downloaded"),
    "extend": N_("extended"),
    "file": N_("filed"),
    "finish": N_("said to be done"),
    "first_password": N_("first password given"),
    "keep": N_("kept"),
    "lapse": N_("lapsed"),
    "make": N_("made"),
    "masses_ballot": N_("ballot of the masses cast"),
    "members": N_("members downloaded"),
    "open": N_("opened"),
    "organisations": N_("organisations downloaded"),
    "password": N_("password changed"),
    "plant": N_("fingerprint made"),
    "prepare": N_("prepared"),
    "publicise": N_("publicised"),
    "publish": N_("put in force"),
    "raise": N_("raised"),
    "reconsider": N_("taken up again"),
    "record": N_("recorded"),
    "release": N_("let go"),
    "remove": N_("removed"),
    "rename": N_("renamed"),
    "reopen": N_("opened again after the look back"),
    "request": N_("asked for"),
    "results": N_("results downloaded"),
    "return": N_("sent back: not done yet"),
    "revise": N_("rewritten"),
    "roster": N_("roster chosen"),
    "seal": N_("sealed"),
    "set": N_("declared"),
    "stage": N_("a stage is done"),
    "start": N_("begun"),
    "submit": N_("submitted"),
    "transfer": N_("transferred"),
    "unclaim": N_("given back"),
    "undo": N_("taken back"),
    "uphold": N_("upheld"),
    "upload": N_("uploaded"),
    "withdraw": N_("withdrawn"),
}


@bp.get("/audit")
@requires(Permission.AUDIT_READ)
def events() -> str:
    """The acts of the accounts within reach, newest first, of one ``account`` if it is named."""
    who, name = actor(), request.args.get("account", "").strip()
    before = at_cursor(request.args.get("after"), int)
    accounts = reach.sign_in_ids(who)
    if name:
        accounts = accounts.where(SignIn.name == name)
    rows = audit.events(sign_in_ids=accounts, limit=ON_A_PAGE + 1, before_id=before[0] if before else None)
    shown = rows[:ON_A_PAGE]
    following = None
    if len(rows) > len(shown):
        following = url_for("trail.events", account=name or None, after=cursor(shown[-1].id))
    names = _names({row.sign_in_id for row in shown})
    return render_template(
        "audit.html",
        events=[_shown(row, names) for row in shown],
        query={"account": name},
        pager={"next": following},
    )


def _names(ids: set[int | None]) -> dict[int, str]:
    rows = db.session.execute(select(SignIn.id, SignIn.name).where(among(SignIn.id, [one for one in ids if one])))
    return {row.id: row.name for row in rows}


def _shown(row: AuditEvent, names: dict[int, str]) -> dict[str, Any]:
    noun, _, verb = row.action.partition(":")
    return {
        "at": row.at,
        "who": names.get(row.sign_in_id or 0, gettext("the service itself")),
        "noun": gettext(NOUNS[noun]) if noun in NOUNS else noun,
        "verb": gettext(VERBS[verb]) if verb in VERBS else verb,
        "object": row.object_id,
        "details": ", ".join(f"{key}: {value}" for key, value in row.details.items() if value is not None),
    }
