"""Pages of the three lists: the sets, three lists side by side, an item with all that can be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import ngettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.downloads import as_xlsx
from pointsvc.http import actor, id_at, one_page, requires
from pointsvc.lists import figures, filing, sheet, waits
from pointsvc.lists import service as lists
from pointsvc.lists.models import ListSet
from pointsvc.lists.shown import items_shown, set_shown
from pointsvc.people import reach
from pointsvc.people.pages import choices
from pointsvc.permissions import Actor, Permission, Role, allowed
from pointsvc.scanning import scan
from pointsvc.schemes import periods
from pointsvc.waiting import Waiting
from pointsvc.waiting import waits as waits_for

bp = Blueprint("lists", __name__)

ON_A_PAGE = 50
# So many stand in each of three lists side by side; the rest on the list's own page.
AT_A_GLANCE = 12
MOST_PRINTED = 500


@bp.get("/lists", endpoint="lists")
@requires(Permission.LISTS_READ)
def list_sets() -> str:
    """The sets that the reader may see, and this quarter's figures."""
    who = actor()
    found = lists.sets(actor=who)
    numbers = lists.counts(actor=who, set_ids=[one.id for one in found])
    leads = who.role != Role.MEMBER
    quarter = periods.containing(clock.today(), "quarter", 1)
    window: Any = {"organisation_id": who.organisation_id or 0, "first": quarter.starts_on, "last": quarter.through_on}
    return render_template(
        "lists/lists.html",
        sets=[set_shown(one, numbers) for one in found],
        period=quarter.name,
        figures=figures.by_list(actor=who, **window) if leads else [],
        nodes=figures.by_node(actor=who, **window) if leads else [],
        may_manage=allowed(who, Permission.LISTS_MANAGE),
        filing=_filing_place(who),
    )


@bp.get("/lists/<set_id>", endpoint="one_set")
@requires(Permission.LISTS_READ)
def one_set(set_id: str) -> str:
    """A set's three lists side by side, or one of them with all its pages."""
    who = actor()
    found = lists.one_set(actor=who, set_id=ref_id(set_id))
    shown = set_shown(found, lists.counts(actor=who, set_ids=[found.id]))
    only = next((one for one in shown["lists"] if one["key"] == request.args.get("list")), None)
    query = {name: request.args.get(name, "").strip() for name in ("status", "organisation", "word", "overdue")}
    page: dict[str, Any] = {
        "set": shown,
        "only": only,
        "query": query,
        "filtered": any(query.values()),
        "organisations": choices(who),
        "may_file": _may_file(who, found),
        "may_manage": allowed(who, Permission.LISTS_MANAGE),
        "pager": {},
    }
    if only:
        rows, page["pager"] = _one_list(who, found, only["key"], query)
        return render_template("lists/set.html", columns=[{**only, "rows": rows}], **page)
    columns = [{**one, "rows": _glance(who, found, one["key"], query)} for one in shown["lists"]]
    return render_template("lists/set.html", columns=columns, **page)


@bp.get("/lists/<set_id>/print", endpoint="print_set")
@requires(Permission.LISTS_READ)
def print_set(set_id: str) -> str:
    """The sheet for the wall and the binder: what runs, list by list."""
    who = actor()
    found = lists.one_set(actor=who, set_id=ref_id(set_id))
    running = {
        one["key"]: items_shown(
            lists.items(
                actor=who,
                set_id=found.id,
                filters=lists.Filters(list=one["key"], status="running"),
                limit=MOST_PRINTED,
            )
        )
        for one in found.lists
    }
    return render_template(
        "lists/print.html",
        set=set_shown(found, {}),
        running=running,
        place=reach.own_node(who).name,
        today=clock.today(),
    )


@bp.get("/lists/<set_id>/download")
@requires(Permission.LISTS_READ)
def download(set_id: str) -> Any:
    """The set as a workbook; what it holds comes in again by import."""
    who = actor()
    found = lists.one_set(actor=who, set_id=ref_id(set_id))
    return as_xlsx(sheet.tables(who, found), found.name)[0]


@bp.get("/lists/poster")
@requires(Permission.LISTS_FILE)
def poster() -> str:
    """A sheet for the notice board: scan it, and say what is needed."""
    place = _filing_place(actor())
    if place is None:
        raise errors.NotFound()
    address = url_for("needs.file_need", code=place.code, _external=True)
    picture = scan(address, look="qr", border=2)
    return render_template("lists/poster.html", place=place, address=address, picture=picture)


# ---- inside


def _filing_place(who: Actor) -> Any:
    """The reader's own organisation, where residents may file at it."""
    if who.organisation_id is None or who.role != Role.SECRETARY:
        return None
    place = reach.organisation_by_id(who, who.organisation_id)
    return place if place.kind in filing.FILED_AT else None


def _may_file(who: Actor, found: ListSet) -> bool:
    if found.confidential and not allowed(who, Permission.LEDGERS_WORK):
        return False
    return allowed(who, Permission.LISTS_FILE)


def _filters(who: Actor, key: str, query: dict[str, str]) -> lists.Filters:
    code = query["organisation"]
    return lists.Filters(
        list=key,
        status=query["status"] or None,
        organisation_id=reach.organisation(who, code).id if code else None,
        word=query["word"] or None,
        overdue_on=clock.today() if query["overdue"] else None,
    )


def _glance(who: Actor, found: ListSet, key: str, query: dict[str, str]) -> list[dict[str, Any]]:
    filters = _filters(who, key, {**query, "status": query["status"] or "running"})
    return items_shown(lists.items(actor=who, set_id=found.id, filters=filters, limit=AT_A_GLANCE))


def _one_list(
    who: Actor, found: ListSet, key: str, query: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    place = id_at(request.args.get("after"))
    rows = lists.items(
        actor=who,
        set_id=found.id,
        filters=_filters(who, key, query),
        limit=ON_A_PAGE + 1,
        before_id=place,
    )
    shown, after = one_page(rows, ON_A_PAGE)
    asked: Any = {name: value for name, value in query.items() if value}
    following = after and url_for("lists.one_set", set_id=found.id, list=key, after=after, **asked)
    return items_shown(shown), {"next": following}


@waits_for
def _waiting(who: Actor) -> Iterator[Waiting]:
    if not allowed(who, Permission.LISTS_WORK):
        return
    found = waits.waiting_for(who, clock.today())
    address = url_for("lists.lists")
    if found.claimed:
        text = ngettext("%(num)s claim waits to be agreed on", "%(num)s claims wait to be agreed on", found.claimed)
        yield Waiting(text, _at(found.exchange_id, "claimed") or address)
    if found.done:
        text = ngettext(
            "%(num)s need is said to be done: confirm it with whoever needed it",
            "%(num)s needs are said to be done: confirm them with whoever needed them",
            found.done,
        )
        yield Waiting(text, _at(found.exchange_id, "done") or address, "now")
    if found.asked:
        text = ngettext(
            "%(num)s closing waits for somebody else to confirm it",
            "%(num)s closings wait for somebody else to confirm them",
            found.asked,
        )
        yield Waiting(text, _at(found.closing_id, "asked") or address, "now")
    if found.overdue:
        text = ngettext("%(num)s item of the lists is overdue", "%(num)s items of the lists are overdue", found.overdue)
        yield Waiting(text, address, "now")


def _at(set_id: int | None, status: str) -> str | None:
    return url_for("lists.one_set", set_id=set_id, status=status) if set_id else None
