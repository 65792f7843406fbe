"""Pages of exports: what can be taken away, the archives, and a member's card."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors, queues
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.downloads import as_xlsx
from pointsvc.exports import service as exports
from pointsvc.exports.api import archive_answer, table_answer
from pointsvc.exports.card import Card, card, card_tables
from pointsvc.exports.schemas import ENCODINGS, FORMATS
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.people import listing as people
from pointsvc.people import reach
from pointsvc.permissions import Permission
from pointsvc.schemes import periods
from pointsvc.wording import job_shown, period_words

bp = Blueprint("exports", __name__)
ON_A_PAGE = 20
LONGEST_CHOICE = 1000
QUARTERS = 5


@bp.get("/exports", endpoint="exports")
@requires(Permission.EXPORTS_READ)
def exports_page() -> str:
    """What can be taken away, and the archives so far."""
    who = actor()
    place = id_at(request.args.get("after"))
    rows = exports.listing(actor=who, limit=ON_A_PAGE + 1, before=place)
    shown, after = one_page(rows, ON_A_PAGE, "Export.id")
    names = people.account_names({row.created_by_id for row, _ in shown})
    own = reach.own_node(who)
    asked = {name: request.args.get(name, "") for name in ("kind", "organisation", "period")}
    return render_template(
        "exports/exports.html",
        organisation=own,
        kinds=list(exports.KINDS),
        organisations=[(row.code, row.name) for row in people.organisations(actor=who, limit=LONGEST_CHOICE)],
        periods=_offered(clock.today()),
        form={**asked, "kind": asked["kind"] or "entries", "organisation": asked["organisation"] or own.code},
        archives=[_shown(row, owner, names) for row, owner in shown],
        pager={"next": after and url_for("exports.exports", after=after)},
    )


@bp.get("/exports/table")
@requires(Permission.EXPORTS_READ)
def table() -> Response:
    """A table as a file."""
    asked = {name: request.args.get(name, "").strip() for name in ("kind", "organisation", "period", "member")}
    # One choice on the page is both: a workbook, or a text file in one of two encodings.
    form, _, encoding = request.args.get("format", "xlsx").partition(":")
    if form not in FORMATS or (encoding and encoding not in ENCODINGS):
        raise errors.Invalid({"format": errors.Message(_ONE_OF, choices=", ".join(FORMATS))})
    return table_answer(
        asked["kind"],
        organisation=asked["organisation"] or None,
        period=asked["period"] or None,
        member=asked["member"] or None,
        format=form,
        encoding=encoding or "utf-8",
    )


_ONE_OF = errors.N_("One of %(choices)s is needed")


@bp.post("/exports")
@requires(Permission.EXPORTS_READ)
def request_archive() -> Any:
    """Ask for an archive."""
    with transaction():
        row = exports.request(
            actor=actor(), at=clock.now(), organisation=request.form.get("organisation", "").strip() or None
        )
    return redirect(url_for("exports.archive", export_id=row.id))


@bp.get("/exports/<export_id>")
@requires(Permission.EXPORTS_READ)
def archive(export_id: str) -> str:
    """One archive: how far it is, what is in it, and where to fetch it."""
    row, owner = exports.find(actor=actor(), export_id=ref_id(export_id))
    job = queues.job(row.job_id)
    return render_template(
        "exports/archive.html",
        archive=_shown(row, owner, people.account_names({row.created_by_id})),
        job=job_shown(job) if row.status in ("queued", "running") else None,
        problem=job.error if job and row.status == "failed" else None,
        files=sorted(row.counts.items()),
    )


@bp.get("/exports/<export_id>/content")
@requires(Permission.EXPORTS_READ)
def content(export_id: str) -> Any:
    """The archive itself."""
    try:
        return archive_answer(export_id)
    except errors.Conflict as problem:
        flash((problem.detail or errors.Message(problem.title)).render(gettext), "watch")
        return redirect(url_for("exports.archive", export_id=export_id))


# ---- a member's card


@bp.get("/members/<number>/card", endpoint="card")
@requires(Permission.SCORE_READ)
def card_page(number: str) -> str:
    """A member's card, to be printed."""
    made = _card(number)
    return render_template(
        "exports/card.html",
        member=made.member,
        branch=made.branch,
        category=made.found.category,
        own=made.member.id == actor().member_id,
        scheme=made.scheme,
        period=made.found.period.name,
        as_of=made.found.counted_through,
        made_at=clock.now(),
        score=made.score,
        stages=[{"words": period_words(name), "total": total, "grade": grade} for name, total, grade in made.stages],
    )


@bp.get("/members/<number>/card.xlsx")
@requires(Permission.SCORE_READ)
def card_file(number: str) -> Response:
    """A member's card as a workbook."""
    made = _card(number)
    answer, rows = as_xlsx(card_tables(made), f"{gettext('Points card')}-{made.member.name}")
    with transaction():
        exports.note_taken(
            actor=actor(), at=clock.now(), kind="card", object_id=number, rows=rows, period=made.found.period.name
        )
    return answer


def _card(number: str) -> Card:
    return card(actor=actor(), at=clock.now(), member=number, period=request.args.get("period") or None)


# ---- inside


def _offered(today: date) -> list[tuple[str, str]]:
    """The running quarter and those before it, the halves of the year, the years."""
    names, day = [], today
    for _ in range(QUARTERS):
        quarter = periods.containing(day, "quarter", 1)
        names.append(quarter.name)
        day = quarter.starts_on - timedelta(days=1)
    names += [f"{today.year}-H1", f"{today.year}-H2", str(today.year), str(today.year - 1)]
    return [(name, period_words(name)) for name in names]


def _shown(row: Any, organisation: Any, names: dict[int, str]) -> dict[str, Any]:
    fields = ("id", "status", "size", "sha256", "created_at", "done_at", "expires_at")
    return {
        **{name: getattr(row, name) for name in fields},
        "organisation": {"code": organisation.code, "name": organisation.name},
        "created_by": names.get(row.created_by_id or 0, "—"),
        "rows": sum(row.counts.values()),
    }
