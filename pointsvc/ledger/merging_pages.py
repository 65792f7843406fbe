"""Pages of merges: who may be one person, two records side by side, and what was merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from pointsvc import clock, errors
from pointsvc.api import ref_id
from pointsvc.db import transaction
from pointsvc.errors import N_
from pointsvc.http import actor, at_cursor, one_page, requires
from pointsvc.ledger import merging, moving
from pointsvc.people import carrying, listing, reach
from pointsvc.people import merging as records
from pointsvc.people.door import words
from pointsvc.people.models import Member
from pointsvc.people.pages import beside_the_register, on_member_page
from pointsvc.permissions import Actor, Permission, allowed

bp = Blueprint("merges", __name__)

beside_the_register("merges.merges", N_("Members with two records"), Permission.MEMBERS_MERGE)
ON_A_PAGE = 30


@bp.get("/merges", endpoint="merges")
@requires(Permission.MEMBERS_MERGE)
def merges_page() -> str:
    return _list({}, {})


def _list(form: Mapping[str, str], wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    rows = records.suggestions(actor=who, limit=ON_A_PAGE + 1, after=at_cursor(request.args.get("after"), str, str))
    shown, after = one_page(rows, ON_A_PAGE, "number_1", "number_2")
    following = after and url_for("merges.merges", after=after)
    return render_template(
        "ledger/merges.html",
        suggestions=shown,
        pager={"next": following},
        merges=records.listing(actor=who, limit=ON_A_PAGE),
        form=form,
        errors=wrong,
    )


@bp.get("/merges/new")
@requires(Permission.MEMBERS_MERGE)
def compare() -> Any:
    """The two records side by side, before anything is decided."""
    numbers = [request.args.get(name, "").strip() for name in ("first", "second")]
    reached = reach.members(actor(), numbers)
    missing = [number for number in numbers if number not in reached]
    if not missing and reached[numbers[0]].id != reached[numbers[1]].id:
        return _side_by_side(numbers, {})
    text = gettext("These are one record already")
    if missing:
        text = gettext("There is no member %(number)s within your reach", number=missing[0])
    return _list({"first": numbers[0], "second": numbers[1]}, {"second": [text]}), 422


def _side_by_side(numbers: list[str], wrong: Mapping[str, list[str]]) -> str:
    who = actor()
    rows = [listing.member(actor=who, number=number) for number in numbers]
    counts = moving.live_counts([row.id for row in rows])
    return render_template(
        "ledger/merge.html",
        records=[{**row._mapping, "entries": counts.get(row.id, 0)} for row in rows],
        form=request.values,
        errors=wrong,
    )


@bp.post("/merges/new")
@requires(Permission.MEMBERS_MERGE)
def merge() -> Any:
    numbers = [request.form.get(name, "") for name in ("first", "second")]
    keep = request.form.get("keep", "")
    duplicate = numbers[1] if keep == numbers[0] else numbers[0]
    try:
        if keep not in numbers:
            raise errors.Invalid({"keep": errors.N_("Please choose the record to keep")})
        with transaction():
            merging.merge(
                actor=actor(), at=clock.now(), keep=keep, duplicate=duplicate, reason=request.form.get("reason", "")
            )
    except errors.Invalid as problem:
        return _side_by_side(numbers, words(problem)), 422
    except errors.Conflict as problem:
        # Somebody waits, ends something else or chooses the other record: here, where both stand.
        return _side_by_side(numbers, {"keep": [problem.detail.render(gettext)] if problem.detail else []}), 409
    flash(gettext("The two records are one now. The merge can be undone at any time."), "good")
    return redirect(url_for("people.member", number=keep))


@bp.post("/merges/<merge_id>/undo")
@requires(Permission.MEMBERS_MERGE)
def undo(merge_id: str) -> Any:
    with transaction():
        found = merging.undo(actor=actor(), at=clock.now(), merge_id=ref_id(merge_id))
    flash(gettext("The merge has been undone; both records stand for themselves again."), "good")
    return redirect(url_for("people.member", number=records.shown(found).duplicate))


@on_member_page
def merged_records(who: Actor, member: Member) -> dict[str, Any]:
    """The records that were merged into this one, what came along with each, and what stayed."""
    rows = records.listing(actor=who, member_id=member.id, limit=ON_A_PAGE)
    return {
        "merged": [
            {**row._mapping, "along": carrying.along(row.moved), "behind": carrying.behind(row.duplicate_id)}
            for row in rows
            if row.undone_at is None
        ],
        "may_merge": allowed(who, Permission.MEMBERS_MERGE),
    }
