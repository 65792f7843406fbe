"""Pages of tallies: the tallies and their results, and the totals to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, queues
from pointsvc.api import ref_id
from pointsvc.audit import service as audit
from pointsvc.db import transaction
from pointsvc.downloads import as_xlsx
from pointsvc.http import actor, at_cursor, id_at, one_page, requires
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.people.models import Organisation
from pointsvc.permissions import Actor, Permission, allowed
from pointsvc.schemes import periods
from pointsvc.seals.pages import proof_file
from pointsvc.tallies import ordering, sealing
from pointsvc.tallies import service as tallies
from pointsvc.tallies.listing import Asked, marked
from pointsvc.tallies.models import Tally
from pointsvc.tallies.publicity_pages import life_shown
from pointsvc.tallies.score_pages import bp, quarters
from pointsvc.tallies.sealed import proof
from pointsvc.tallies.sheet import results_table
from pointsvc.tallies.shown import seal_shown
from pointsvc.waiting import Waiting, waits
from pointsvc.wording import job_shown, period_words

__all__ = ["bp"]

ON_A_PAGE = 50
PERIODS_OFFERED = 8


# ---- tallies


@bp.get("/tallies", endpoint="tallies")
@requires(Permission.TALLIES_READ)
def tallies_page() -> str:
    """The tallies within reach, and the form that asks for one."""
    return _tallies({}, {})


def _tallies(form: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    who = actor()
    place = id_at(request.args.get("after"))
    rows = tallies.listing(actor=who, limit=ON_A_PAGE + 1, before_id=place)
    shown, after = one_page(rows, ON_A_PAGE, "Tally.id")
    following = after and url_for("tallies.tallies", after=after)
    choices = [(row.code, row.name) for row in people.organisations(actor=who, limit=1000)]
    own = reach.own_node(who)
    offered = _offered(clock.today())
    return render_template(
        "tallies/tallies.html",
        organisation=own,
        may_run=allowed(who, Permission.TALLIES_RUN),
        organisations=choices,
        periods=offered,
        form={"organisation": form.get("organisation", own.code), "period": form.get("period", offered[1][0])},
        errors=wrong,
        query={},
        tallies=[_tally_shown(found, organisation) for found, organisation in shown],
        pager={"next": following},
    )


@bp.post("/tallies")
@requires(Permission.TALLIES_RUN)
def run() -> Any:
    """Ask for a tally, or for its next version."""
    form = {name: request.form.get(name, "") for name in ("organisation", "period")}
    try:
        with transaction():
            found = tallies.request(actor=actor(), at=clock.now(), **form)
    except errors.Invalid as problem:
        return _tallies(form, {name: several[0].render(gettext) for name, several in problem.errors.items()}), 422
    return redirect(url_for("tallies.tally", tally_id=found.id))


@bp.get("/tallies/<tally_id>")
@requires(Permission.TALLIES_READ)
def tally(tally_id: str) -> str:
    """One tally: its progress, its grades, its results page by page."""
    who = actor()
    found, organisation = tallies.tally(actor=who, tally_id=ref_id(tally_id))
    query, asked = _asked("number")
    query["version"] = request.args.get("version", "")
    version = ref_id(query["version"]) if query["version"] else found.version
    may_order = ordering.may_order(who, organisation)
    if asked.sort == "total":
        asked = replace(asked, within=ordering.branches(who, organisation).ids())
    rows = tallies.results(tally=found, asked=asked, version=version) if found.version else []
    job = queues.job(found.job_id)
    return render_template(
        "tallies/tally.html",
        tally=_tally_shown(found, organisation),
        life=life_shown(who, found, organisation),
        version=version,
        may_order=may_order,
        job=job_shown(job) if found.status in ("queued", "running") else None,
        problem=job.error if job and found.status == "failed" else None,
        may_run=allowed(who, Permission.TALLIES_RUN),
        **seal_shown(who, found, job),
        grades=_grades(found) if 0 < version == found.version else [],
        query=query,
        branches=[(row.code, row.name) for row in people.organisations(actor=who, under=organisation.code, limit=1000)],
        grade_names=[name for name, _ in tallies.counts(tally_id=found.id) if name],
        results=[{**item.shown(), "branch": item.row.branch_name} for item in marked(found, rows[:ON_A_PAGE])],
        **_order("tallies.tally", {"tally_id": tally_id, **query}, asked, rows),
    )


@bp.post("/tallies/<tally_id>/seal")
@requires(Permission.TALLIES_SEAL)
def seal(tally_id: str) -> Any:
    """Seal a publicised tally."""
    with transaction():
        found = sealing.seal(actor=actor(), at=clock.now(), tally_id=ref_id(tally_id))
    if found.status == "sealed":
        flash(gettext("The tally is sealed. Print its fingerprint or send it on, so that others keep it too."), "good")
    return redirect(url_for("tallies.tally", tally_id=found.id, _anchor="seal"))


@bp.get("/tallies/<tally_id>/proof.json")
@requires(Permission.SCORE_READ)
def member_proof(tally_id: str) -> Response:
    """The proof of a member's result as a file."""
    number = request.args.get("member", "")
    found = proof(actor=actor(), tally_id=ref_id(tally_id), member=number)
    return proof_file(found, f"tally-{tally_id}-{quote(number)}")


@bp.get("/tallies/<tally_id>/results.xlsx")
@requires(Permission.TALLIES_READ)
def export(tally_id: str) -> Response:
    """All results of the newest finished version as a workbook."""
    found, organisation = tallies.tally(actor=actor(), tally_id=ref_id(tally_id))
    answer, rows = as_xlsx([results_table(found, organisation)], f"tally-{organisation.code}-{found.period}")
    with transaction():
        audit.note(actor=actor(), at=clock.now(), action="export:results", object_id=str(found.id), rows=rows)
    return answer


def _grades(found: Tally) -> list[dict[str, Any]]:
    """How many have each grade; the quota is the sum of what each branch's rule sheet suggests."""
    quotas: dict[str | None, int] = {}
    over: set[str | None] = set()
    for one in tallies.advice(tally=found):
        if one.quota is not None:
            quotas[one.grade] = quotas.get(one.grade, 0) + one.quota
        if one.over:
            over.add(one.grade)
    return [
        {
            "words": grade or gettext("not graded"),
            "count": number,
            "href": url_for("tallies.tally", tally_id=found.id, grade=grade) if grade else "",
            "over": grade in over,
            "quota": quotas.get(grade),
        }
        for grade, number in tallies.counts(tally_id=found.id)
    ]


def _tally_shown(found: Tally, organisation: Organisation) -> dict[str, Any]:
    fields = ("id", "period", "status", "version", "members", "unreckoned", "through_on", "cutoff_at", "computed_at")
    return {**{name: getattr(found, name) for name in fields}, "organisation": organisation}


# ---- totals to date


@bp.get("/standings")
@requires(Permission.PUBLICITY_READ)
def standings() -> str:
    """The kept totals of a branch or node, where its setting shows an order; by name unless another is asked for."""
    who = actor()
    owner = reach.node(who, request.args.get("organisation"), clock.today())
    query, asked = _asked("name")
    name = request.args.get("period") or periods.containing(clock.today(), "quarter", 1).name
    rows = tallies.standings(actor=who, at=clock.now(), organisation=owner.code, period=name, asked=asked)
    return render_template(
        "tallies/standings.html",
        organisation=owner,
        period=name,
        query=query,
        standings=[{**row._asdict(), "branch": row.branch_name} for row in rows[:ON_A_PAGE]],
        as_of=clock.now(),
        may_open=allowed(who, Permission.TALLIES_READ),
        **_order("tallies.standings", {"organisation": owner.code, "period": name, **query}, asked, rows),
    )


def _asked(first: str) -> tuple[dict[str, str], Asked]:
    """The filters of the address, and the rows that they ask for."""
    query = {name: request.args.get(name, "").strip() for name in ("q", "branch", "grade")}
    text = request.args.get("sort", first)
    by = text.removeprefix("-")
    if by not in ("number", "name", "branch", "total"):
        by, text = first, first
    return query, Asked(
        sort=by,
        down=text.startswith("-"),
        limit=ON_A_PAGE + 1,
        after=at_cursor(request.args.get("after"), int if by == "total" else str, str),
        branch=query["branch"] or None,
        grade=query["grade"] or None,
        find=query["q"] or None,
    )


def _order(endpoint: str, values: Mapping[str, Any], asked: Asked, rows: Sequence[Any]) -> dict[str, Any]:
    """The order shown, the addresses of the others, and the next page."""
    present = f"-{asked.sort}" if asked.down else asked.sort

    def link(by: str) -> str:
        turned = by if present == f"-{by}" or (by != asked.sort and by != "total") else f"-{by}"
        return url_for(endpoint, **values, sort=turned)

    _, after = one_page(rows, ON_A_PAGE, "place", "number")
    following = after and url_for(endpoint, **values, sort=present, after=after)
    links = {name: link(name) for name in ("number", "name", "branch", "total")}
    return {
        "sort": {"by": asked.sort, "down": asked.down},
        "sort_links": {**links, "grade": links["total"]},
        "pager": {"next": following},
    }


def _offered(today: date) -> list[tuple[str, str]]:
    names = [name for name, _ in quarters(today, 4)]
    halves = [periods.containing(today, "half", 1).name, str(today.year), str(today.year - 1)]
    return [(name, period_words(name)) for name in (*names, *halves)][:PERIODS_OFFERED]


# ---- on the first pages


@waits
def _to_seal(who: Actor) -> Iterator[Waiting]:
    """Publicised tallies whose time for objections is over."""
    if not allowed(who, Permission.TALLIES_SEAL):
        return
    for found in sealing.ready(actor=who, today=clock.today()):
        words = gettext("The tally of %(period)s can be sealed", period=period_words(found.period))
        yield Waiting(words, url_for("tallies.tally", tally_id=found.id, _anchor="seal"))
