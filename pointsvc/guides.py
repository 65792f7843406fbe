"""Help where it is needed: a sentence for each unusual term, and a one-page guide for each role.

The tour of the first day, the guide to print and the sentence beside a term are the same texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock
from pointsvc.db import transaction
from pointsvc.errors import N_
from pointsvc.http import actor, requires
from pointsvc.people import service as people
from pointsvc.people.door import tours
from pointsvc.permissions import Actor, Permission, Role

bp = Blueprint("guides", __name__)

# How many steps the tour of the first day shows.
FIRST = 3


@dataclass(frozen=True)
class Step:
    """One thing that a role does: what it is called, how it goes, and the page on which it is done."""

    title: str
    words: str
    endpoint: str


TERMS: dict[str, tuple[str, str]] = {
    "raw": (N_("Before limits"), N_("All entries added up, before any limit has been applied.")),
    "base": (N_("Base points"), N_("What everybody of a category begins the year with.")),
    "carried": (
        N_("Carried over from last year"),
        N_("The share of last year's total that the rule sheet takes along."),
    ),
    "cap": (N_("Limit"), N_("The most that counts of an item or group; what goes beyond stays in the record.")),
    "veto": (N_("Veto"), N_("One such entry makes the total nothing, until it is taken back.")),
    "reversal": (
        N_("Taking back"),
        N_("A wrong entry is never changed: a second one takes it back, and both stay to be seen."),
    ),
    "cutoff": (N_("Entries recorded until"), N_("What was recorded later counts in the next tally.")),
    "quota": (
        N_("Guide for the best grade"),
        N_("A share that the meeting bears in mind; the service takes nobody off."),
    ),
    "tally": (N_("Tally"), N_("The reckoning of everybody's points at the end of a period.")),
    "scheme": (N_("Rule sheet"), N_("The district's own rules: what gives how many points, and up to which limit.")),
}

_SCORE = Step(
    N_("See your score and why it is so"),
    N_("The first page shows the total, each group and every entry. What a limit held back says so beside it."),
    "tallies.score",
)
_RULES = Step(
    N_("Look up what gives points"),
    N_("The rule sheet in force lists each item, its points and its limit in plain words."),
    "schemes.schemes",
)
_NOTICES = Step(
    N_("Read what the branch tells you"),
    N_("Notices wait until you have read them; nothing needs an answer within the hour."),
    "notices.notices",
)
_MEETING = Step(
    N_("Record a meeting"),
    N_("Date and kind first, then ‘all present’, then those who were late, on leave or absent. Ticking saves."),
    "activities.new_meeting",
)
_BRANCH = Step(
    N_("See what waits for the branch"),
    N_("The first page lists what waits for you, who has had no entry for long, and each member's total."),
    "activities.branch",
)
_WORKBOOKS = Step(
    N_("Bring in what the office keeps in Excel"),
    N_("Choose the file; the service looks it through first and says what it would take and what not, row by row."),
    "imports.imports",
)
_TALLIES = Step(
    N_("Run the tally of the quarter"),
    N_("It goes on when you leave the page. Run again it gives another version; the first one is kept."),
    "tallies.tallies",
)
_WHOLE = Step(
    N_("Look at the whole district"),
    N_("Coverage, silent branches, tallies and imports stand on the first page; every number opens."),
    "home.home",
)
_VISITED = Step(
    N_("See whom to visit"),
    N_("Silent branches and replies that are overdue stand on the first page; every line opens."),
    "home.home",
)
_UNUSUAL = Step(
    N_("See what is unusual"),
    N_("Entries taken back, accounts and rules changed, tables carried out: the first page counts and lists them."),
    "home.home",
)
_RUNS = Step(
    N_("See whether everything runs"),
    N_("The first page says what runs, which jobs were given up and when the last backup was written."),
    "home.home",
)
_MEMBERS = Step(
    N_("Find a member"),
    N_("Type the name, the number or the pinyin initials; the card shows every entry and who recorded it."),
    "people.members",
)
_CHARTS = Step(
    N_("See the branch as a picture"),
    N_("Grades, who came, and where limits are reached, each with its table. Nobody is put in order."),
    "charts.charts",
)
_AUDIT = Step(
    N_("See who did what"),
    N_("Every act of every account is noted, with its object and time; nobody can change or remove a note."),
    "trail.events",
)
_DECLARE = Step(
    N_("Declare a deed yourself"),
    N_("Choose the item, say when and what; a photo may be added but need not be. The branch approves or returns it."),
    "declarations.own",
)
_REVIEW = Step(
    N_("Approve what members declare"),
    N_("Tick several and approve them in one go, or return one with a reason. Nobody approves the own."),
    "declarations.declarations",
)
_OBJECT = Step(
    N_("Object to an entry or a result"),
    N_("Each entry has a way to object beside it. You get a reply within the days that the organisation has set."),
    "disputes.disputes",
)
_ACCOUNTS = Step(
    N_("Look after the accounts"),
    N_("Add an account, give a new first password, close one. Passwords are shown once and never again."),
    "accounts.accounts",
)
_ORGANISATIONS = Step(
    N_("Keep the tree of organisations"),
    N_("The tree comes in from a workbook; each node shows who leads it and how many belong to it."),
    "people.organisations",
)

_PROMISE = Step(
    N_("Make a pledge and keep it"),
    N_("Say what you promise, by what it is checked and until when; the branch reviews it, you note how it goes."),
    "pledges.own",
)
_PLEDGES = Step(
    N_("Review and settle pledges"),
    N_("Approve several with the minute of the meeting; when the day has come say whether each was kept."),
    "pledges.pledges",
)
_BOARDS = Step(
    N_("Hang up a display board"),
    N_("Choose what it shows, let somebody else look it over, print it or turn it on a screen. Consent comes first."),
    "boards.boards",
)
_LISTS = Step(
    N_("Work on the three lists"),
    N_("Needs and resources find each other; a problem is closed by one and confirmed by another."),
    "lists.lists",
)
_SERVE = Step(
    N_("Serve in your community"),
    N_("Check in, take a post, write down your hours; the community confirms them. No photo and no place is asked."),
    "checkins.mine",
)
_DRAW = Step(
    N_("Draw who is inspected"),
    N_("Freeze the list, throw the dice in front of everybody, and the units stand there. Anybody can repeat it."),
    "spotchecks.spot_checks",
)
_INSPECT = Step(
    N_("Inspect with a phone"),
    N_("Tick the checklist on the spot, also without a connection; two inspectors and the unit sign."),
    "inspections.inspections",
)
_RECTIFY = Step(
    N_("Follow what is to be put right"),
    N_("An order has a day and an answer; somebody else looks again before it is closed."),
    "rectifications.rectifications",
)

GUIDES: dict[Role, tuple[Step, ...]] = {
    Role.MEMBER: (_SCORE, _DECLARE, _OBJECT, _PROMISE, _SERVE, _RULES, _NOTICES),
    Role.SECRETARY: (
        _BRANCH,
        _MEETING,
        _REVIEW,
        _MEMBERS,
        _PLEDGES,
        _BOARDS,
        _LISTS,
        _RECTIFY,
        _WORKBOOKS,
        _TALLIES,
        _CHARTS,
    ),
    Role.DISTRICT_ADMIN: (_WHOLE, _WORKBOOKS, _TALLIES, _PLEDGES, _LISTS, _DRAW, _RULES, _CHARTS),
    Role.SUPERVISOR: (_VISITED, _DRAW, _INSPECT, _RECTIFY, _LISTS, _MEMBERS, _CHARTS, _RULES),
    Role.AUDITOR: (_UNUSUAL, _AUDIT, _MEMBERS, _RULES),
    Role.SYSTEM_ADMIN: (_RUNS, _ACCOUNTS, _ORGANISATIONS, _MEMBERS, _AUDIT, _NOTICES),
}


def steps(who: Actor) -> list[dict[str, str]]:
    """The steps of the actor's role in the reader's language."""
    found = GUIDES[who.role] if who.role else ()
    return [
        {"title": gettext(step.title), "words": gettext(step.words), "href": url_for(step.endpoint)} for step in found
    ]


def term(code: str) -> str:
    """The sentence that says what this term means, in the reader's language."""
    return gettext(TERMS[code][1])


@bp.app_context_processor
def helping() -> dict[str, Any]:
    """For every page: ``term(code)``, the sentence beside an unusual term."""
    return {"term": term}


@tours
def tour(who: Actor) -> list[dict[str, str]]:
    """The first steps of the guide."""
    return steps(who)[:FIRST]


@bp.get("/guide")
@requires(Permission.SELF)
def guide() -> str:
    """The one-page guide of the reader's role, made to be printed."""
    terms = [(gettext(name), gettext(words)) for name, words in TERMS.values()]
    return render_template("guide.html", steps=steps(actor()), terms=terms, today=clock.today())


@bp.post("/tour")
@requires(Permission.SELF)
def end_tour() -> Any:
    """Show the tour no more; the guide stays where it is."""
    with transaction():
        people.end_tour(actor=actor())
    return redirect(url_for("home.home") if request.form.get("then") != "guide" else url_for("guides.guide"))
