"""The page of who did what: each act in words, the newest first. What it shows is kept by ``audit``."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from pointsvc.audit import service as audit
from pointsvc.audit.models import AuditEvent
from pointsvc.errors import N_
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.models import SignIn
from pointsvc.permissions import Permission

bp = Blueprint("trail", __name__)
ON_A_PAGE = 50

# An act is 'noun:verb'; here are the words for each half. A test holds that none is missing.
NOUNS = {
    "announcement": N_("announcement"),
    "bulletin": N_("bulletin"),
    "channel": N_("channel"),
    "checkin": N_("check-in"),
    "comment": N_("comment on a board"),
    "consent": N_("consent"),
    "declaration": N_("declaration"),
    "dispute": N_("objection"),
    "evidence": N_("evidence"),
    "exemption": N_("exemption"),
    "export": N_("export"),
    "import": N_("import"),
    "insignia": N_("badge or door plate"),
    "inspection": N_("inspection"),
    "item": N_("item of a list"),
    "job": N_("work of the service"),
    "letter": N_("message to the outside"),
    "list_set": N_("set of lists"),
    "member": N_("member"),
    "member_merge": N_("merging of members"),
    "members": N_("members"),
    "organisation": N_("organisation"),
    "organisations": N_("organisations"),
    "picture": N_("picture of a board"),
    "previous_total": N_("total of last year"),
    "profile": N_("what a board says of a member"),
    "receipt": N_("attendance elsewhere"),
    "reconciliation": N_("reconciliation"),
    "rehearsal": N_("rehearsal"),
    "review": N_("democratic review"),
    "scheme": N_("rule sheet"),
    "service": N_("the service"),
    "service_card": N_("service card"),
    "service_point": N_("service nearby"),
    "service_post": N_("service post"),
    "service_record": N_("hours of service"),
    "session": N_("session"),
    "setting": N_("setting"),
    "sign_in": N_("account"),
    "spot_check": N_("spot-check"),
    "tally": N_("tally"),
    "token": N_("program's key"),
}
VERBS = {
    "accept": N_("accepted"),
    "acknowledge": N_("acknowledged"),
    "add": N_("added"),
    "again": N_("tried again"),
    "agree": N_("agreed on"),
    "amend": N_("changed"),
    "answer": N_("answered"),
    "archive": N_("written as an archive"),
    "ask": N_("asked for"),
    "ask_seal": N_("sealing asked for"),
    "assess": N_("own assessment given"),
    "assess_from_paper": N_("own assessment typed in"),
    "attendance": N_("attendance downloaded"),
    "back_up": N_("backed up"),
    "ballot": N_("ballot cast"),
    "become": N_("went on"),
    "begin": N_("begun"),
    "cancel_off": N_("closing"),
    "card": N_("card downloaded"),
    "category": N_("category changed"),
    "change": N_("changed"),
    "claim": N_("claimed"),
    "close": N_("closed or ended"),
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
    "draft": N_("drafted"),
    "end": N_("ended"),
    "entries": N_("entries downloaded"),
    "exclude": N_("units left out"),
    "extend": N_("extended"),
    "file": N_("filed"),
    "finish": N_("said to be done"),
    "first_password": N_("first password given"),
    "give": N_("given"),
    "give_up": N_("given up"),
    "inspectors": N_("inspectors named"),
    "issue": N_("given out"),
    "judge": N_("gone through"),
    "keep": N_("kept"),
    "lapse": N_("lapsed"),
    "leave": N_("given back"),
    "make": N_("made"),
    "masses_ballot": N_("ballot of the masses cast"),
    "members": N_("members downloaded"),
    "open": N_("opened"),
    "organisations": N_("organisations downloaded"),
    "password": N_("password changed"),
    "plan": N_("planned"),
    "plant": N_("fingerprint made"),
    "pledges": N_("pledges downloaded"),
    "prepare": N_("prepared"),
    "propose": N_("proposed"),
    "publicise": N_("publicised"),
    "publish": N_("put in force"),
    "raise": N_("raised"),
    "reconsider": N_("taken up again"),
    "record": N_("recorded"),
    "refuse": N_("refused"),
    "release": N_("let go"),
    "remove": N_("removed"),
    "rename": N_("renamed"),
    "reopen": N_("opened again"),
    "request": N_("asked for"),
    "results": N_("results downloaded"),
    "return": N_("sent back: not done yet"),
    "reveal": N_("revealed"),
    "revise": N_("rewritten"),
    "revoke": N_("confirmation taken back"),
    "roster": N_("roster chosen"),
    "say": N_("word said"),
    "seal": N_("sealed"),
    "set": N_("declared"),
    "skip": N_("passed over"),
    "stage": N_("a stage is done"),
    "stand_down": N_("inspector stood down"),
    "start": N_("begun"),
    "submit": N_("submitted"),
    "take_back": N_("called back"),
    "transfer": N_("transferred"),
    "try": N_("tried out"),
    "unclaim": N_("given back"),
    "undo": N_("undone"),
    "units": N_("units put in"),
    "uphold": N_("upheld"),
    "upload": N_("uploaded"),
    "withdraw": N_("withdrawn"),
    "write": N_("written"),
}
# What the details are called; one without words is shown by its own name.
DETAILS = {
    "after": N_("after: %(value)s"),
    "before": N_("before: %(value)s"),
    "category": N_("category: %(value)s"),
    "chain": N_("chain %(value)s"),
    "claim": N_("claim %(value)s"),
    "closes_on": N_("until %(value)s"),
    "code": N_("code: %(value)s"),
    "commitment": N_("commitment %(value)s"),
    "count": N_("%(value)s of them"),
    "cycle": N_("cycle from %(value)s"),
    "digest": N_("fingerprint %(value)s"),
    "digits": N_("dice: %(value)s"),
    "duplicate": N_("double record %(value)s"),
    "format": N_("format: %(value)s"),
    "frame": N_("fingerprint of the list %(value)s"),
    "hours": N_("%(value)s hours"),
    "how": N_("how: %(value)s"),
    "inspectors": N_("%(value)s inspectors"),
    "kept": N_("kept record %(value)s"),
    "kind": N_("kind: %(value)s"),
    "last_day": N_("last day %(value)s"),
    "left": N_("left: %(value)s"),
    "list": N_("list: %(value)s"),
    "member": N_("member %(value)s"),
    "members": N_("%(value)s members"),
    "n": N_("no. %(value)s"),
    "name": N_("setting: %(value)s"),
    "names": N_("what: %(value)s"),
    "new": N_("then: %(value)s"),
    "number": N_("number %(value)s"),
    "old": N_("until then: %(value)s"),
    "on": N_("on %(value)s"),
    "organisation": N_("organisation %(value)s"),
    "part": N_("part: %(value)s"),
    "period": N_("period %(value)s"),
    "plan": N_("plan %(value)s"),
    "quarter": N_("quarter %(value)s"),
    "reviews": N_("%(value)s reviews"),
    "role": N_("role: %(value)s"),
    "root": N_("root %(value)s"),
    "rows": N_("%(value)s rows"),
    "scheme": N_("rule sheet %(value)s"),
    "sealed": N_("fingerprint of the sealed list %(value)s"),
    "size": N_("%(value)s bytes"),
    "starts_on": N_("from %(value)s"),
    "to": N_("to: %(value)s"),
    "topic": N_("topic: %(value)s"),
    "total": N_("total %(value)s"),
    "unit": N_("unit %(value)s"),
    "units": N_("%(value)s units"),
    "valid": N_("%(value)s valid"),
    "value": N_("value: %(value)s"),
    "version": N_("version %(value)s"),
    "year": N_("year %(value)s"),
}
VALUES = {
    "attendance": N_("attendance sheet"),
    "entries": N_("declared points"),
    "organisations": N_("organisations"),
    "members": N_("roster of members"),
    "scheme": N_("rule sheet"),
    "district_admin": N_("organisation department"),
    "supervisor": N_("supervision"),
    "secretary": N_("secretary"),
    "member": N_("member"),
    "auditor": N_("auditor"),
    "system_admin": N_("system administrator"),
}
# States of what was acted on, under the details ``old`` and ``new``.
STATES = {
    "draft": N_("it is being written"),
    "frozen": N_("its list is frozen"),
    "drawn": N_("it has been drawn"),
    "reported": N_("it has been reported"),
    "closed": N_("it is closed"),
    "void": N_("it is void"),
    "open": N_("it is open"),
    "pending": N_("it waits for a decision"),
    "proposed": N_("it waits to be confirmed"),
    "accepted": N_("it is accepted"),
    "confirmed": N_("it is confirmed"),
    "refused": N_("it is refused"),
    "revoked": N_("it is revoked"),
    "withdrawn": N_("it is withdrawn"),
    "lapsed": N_("it has lapsed"),
    "held": N_("it is held"),
    "left": N_("it was left"),
    "ended": N_("it has ended"),
}
# Of a fingerprint so much is enough to tell two apart.
LETTERS = 12
FINGERPRINTS = {"chain", "commitment", "digest", "frame", "root", "sealed"}


@bp.get("/audit")
@requires(Permission.AUDIT_READ)
def events() -> str:
    """The acts of the accounts within reach, newest first; of one ``account`` or ``about`` one noun if named."""
    who, name = actor(), request.args.get("account", "").strip()
    about = request.args.get("about", "")
    before = id_at(request.args.get("after"))
    accounts = reach.sign_in_ids(who)
    if name:
        accounts = accounts.where(SignIn.name == name)
    last = before
    rows = audit.events(
        sign_in_ids=accounts, limit=ON_A_PAGE + 1, before_id=last, about=about if about in NOUNS else ""
    )
    page, after = one_page(rows, ON_A_PAGE)
    following = after and url_for("trail.events", account=name or None, about=about or None, after=after)
    accounts_by_id = people.account_names({row.sign_in_id for row in page})
    return render_template(
        "audit.html",
        events=[shown(row, accounts_by_id) for row in page],
        query={"account": name, "about": about},
        nouns=sorted(((noun, gettext(words)) for noun, words in NOUNS.items()), key=lambda pair: pair[1]),
        pager={"next": following},
    )


def shown(row: AuditEvent, names: dict[int, str]) -> dict[str, Any]:
    """One act in the reader's words; ``names`` are those of the accounts."""
    noun, _, verb = row.action.partition(":")
    return {
        "at": row.at,
        "who": names.get(row.sign_in_id or 0, gettext("the service itself")),
        "noun": gettext(NOUNS[noun]) if noun in NOUNS else noun,
        "verb": gettext(VERBS[verb]) if verb in VERBS else verb,
        "object": row.object_id,
        "details": gettext(", ").join(_detail(key, value) for key, value in row.details.items() if value is not None),
    }


def _detail(key: str, value: Any) -> str:
    words = STATES if key in ("old", "new") else VALUES
    said = gettext(words[value]) if isinstance(value, str) and value in words else value
    if key in FINGERPRINTS:
        said = str(value)[:LETTERS]
    return gettext(DETAILS[key]) % {"value": said} if key in DETAILS else f"{key}: {said}"
